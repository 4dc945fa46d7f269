//! Making one tree like another, down or up.

use std::collections::{BTreeMap, BTreeSet};

use proto::{EntryKind, Modified, TimeVal, TypeCode};

use crate::error::ClientError;
use crate::folder::{Folder, LocalEntry, LocalKind};
use crate::session::Session;
use crate::tree::{TreeEntry, join};

/// How deep a local tree may be.
const MAX_DEPTH: usize = 100;

/// What a mirror does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mirror {
    /// Leave alone what has the same size and time already.
    pub skip_same: bool,
    /// Remove what the other side does not have.
    pub delete: bool,
}

/// What a mirror has done to one file; its path is relative to the tree's root.
#[derive(Debug)]
pub enum MirrorEvent<'a> {
    /// It was carried over.
    Transferred {
        /// The file.
        path: &'a [u8],
        /// Its bytes.
        bytes: u64,
    },
    /// It is the same on both sides.
    Same(&'a [u8]),
    /// It was removed, as the other side does not have it.
    Removed(&'a [u8]),
    /// It is neither file nor directory (a symbolic link, a device), or it stands where a
    /// directory belongs: left alone.
    Skipped(&'a [u8]),
    /// It could not be carried over; the others still are.
    Failed {
        /// The file.
        path: &'a [u8],
        /// Why.
        error: &'a ClientError,
    },
}

impl Session {
    /// Makes the folder here like the directory `remote`. Files have the server's times
    /// afterwards, by which the next mirror knows them.
    ///
    /// # Errors
    /// As [`walk`](Self::walk), and when the connection fails; what befalls a single file is an
    /// event.
    pub async fn mirror_down(
        &mut self,
        remote: &[u8],
        folder: &Folder,
        mirror: Mirror,
        tell: &mut dyn FnMut(&MirrorEvent<'_>),
    ) -> Result<(), ClientError> {
        self.require_directory(remote).await?;
        self.type_(TypeCode::Image).await?;
        let tree = self.walk(remote).await?;
        for found in &tree {
            let path = found.path();
            let done = self
                .one_down(&join(remote, &path), found, folder, mirror)
                .await;
            report(done, &path, tell)?;
        }
        if mirror.delete {
            let kept: BTreeSet<_> = tree.iter().map(|found| found.names.clone()).collect();
            prune(folder, &mut Vec::new(), &kept, tell)?;
        }
        Ok(())
    }

    async fn one_down(
        &mut self,
        path: &[u8],
        found: &TreeEntry,
        root: &Folder,
        mirror: Mirror,
    ) -> Result<Done, ClientError> {
        let Some((name, folders)) = found.names.split_last() else {
            return Ok(Done::Nothing);
        };
        let folder = folder_below(root, folders)?;
        match found.entry.kind {
            EntryKind::Directory => {
                folder.below(name)?;
                Ok(Done::Nothing)
            }
            EntryKind::File => {
                let modified = match found.entry.modified {
                    Some(Modified::Utc(time)) => Some(time),
                    // LIST's times are the server's own, to the minute.
                    _ => self.optional_mdtm(path).await?,
                };
                let local = folder.entry(name)?;
                if local
                    .as_ref()
                    .is_some_and(|local| local.kind == LocalKind::Folder)
                {
                    return Ok(Done::Skipped);
                }
                let same = mirror.skip_same
                    && local.is_some_and(|local| {
                        local.kind == LocalKind::File
                            && Some(local.size) == found.entry.size
                            && modified.is_some_and(|time| local.modified == Some(time.to_unix()))
                    });
                if same {
                    return Ok(Done::Same);
                }
                let mut part = folder.part(name, false)?;
                let transfer = self
                    .continue_download(path, &mut part, found.entry.size)
                    .await?;
                part.finish(modified)?;
                Ok(Done::Transferred(transfer.bytes))
            }
            _ => Ok(Done::Skipped),
        }
    }

    /// Makes the directory `remote` like the folder here.
    ///
    /// # Errors
    /// As [`mirror_down`](Self::mirror_down).
    pub async fn mirror_up(
        &mut self,
        folder: &Folder,
        remote: &[u8],
        mirror: Mirror,
        tell: &mut dyn FnMut(&MirrorEvent<'_>),
    ) -> Result<(), ClientError> {
        self.type_(TypeCode::Image).await?;
        if !remote.is_empty() {
            match self.mkdir(remote).await {
                // It may be there; if not, nothing can be listed or stored.
                Ok(()) | Err(ClientError::Refused { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        self.require_directory(remote).await?;
        let tree = self.walk(remote).await?;
        let there: BTreeMap<_, _> = tree
            .iter()
            .map(|found| (found.names.as_slice(), found))
            .collect();
        let mut here = BTreeSet::new();
        let mut open = vec![Vec::new()];
        while let Some(names) = open.pop() {
            if names.len() >= MAX_DEPTH {
                return Err(ClientError::TreeTooLarge("100 levels"));
            }
            let local = folder_below(folder, &names)?;
            for entry in local.entries()? {
                let names = [names.as_slice(), std::slice::from_ref(&entry.name)].concat();
                let path = names.join(&b'/');
                let known = there.get(names.as_slice()).copied();
                let done = self
                    .one_up(&local, &entry, &join(remote, &path), known, mirror)
                    .await;
                if entry.kind == LocalKind::Folder && done.is_ok() {
                    open.push(names.clone());
                }
                report(done, &path, tell)?;
                here.insert(names);
            }
        }
        if mirror.delete {
            for found in tree.iter().rev() {
                if here.contains(&found.names) {
                    continue;
                }
                let path = found.path();
                let full = join(remote, &path);
                let removed = if found.entry.kind == EntryKind::Directory {
                    self.rmdir(full).await
                } else {
                    self.delete(full).await
                };
                report(removed.map(|()| Done::Removed), &path, tell)?;
            }
        }
        Ok(())
    }

    async fn one_up(
        &mut self,
        folder: &Folder,
        entry: &LocalEntry,
        path: &[u8],
        known: Option<&TreeEntry>,
        mirror: Mirror,
    ) -> Result<Done, ClientError> {
        let known = known.map(|known| &known.entry);
        match entry.kind {
            LocalKind::Folder => {
                if !known.is_some_and(|known| known.kind == EntryKind::Directory) {
                    self.mkdir(path).await?;
                }
                Ok(Done::Nothing)
            }
            LocalKind::File => {
                let mut same = mirror.skip_same
                    && known.is_some_and(|known| {
                        known.kind == EntryKind::File && known.size == Some(entry.size)
                    });
                if same {
                    let modified = match known.and_then(|known| known.modified) {
                        Some(Modified::Utc(time)) => Some(time),
                        _ => self.optional_mdtm(path).await?,
                    };
                    // A server that does not know MFMT has the time of the last upload.
                    same = match (modified, entry.modified) {
                        (Some(there), Some(here)) => there.to_unix() >= here,
                        _ => false,
                    };
                }
                if same {
                    return Ok(Done::Same);
                }
                let mut file = folder.read(&entry.name)?;
                let transfer = self.continue_upload(&mut file, path, 0).await?;
                if let Some(time) = entry.modified {
                    match self.mfmt(TimeVal::from_unix(time), path).await {
                        // Its time is a nicety: the file is there.
                        Ok(()) | Err(ClientError::Refused { .. }) => {}
                        Err(error) => return Err(error),
                    }
                }
                Ok(Done::Transferred(transfer.bytes))
            }
            LocalKind::Other => Ok(Done::Skipped),
        }
    }

    /// CWD and back: some servers list what does not exist as if it were empty, and a mirror of
    /// that would remove everything.
    async fn require_directory(&mut self, path: &[u8]) -> Result<(), ClientError> {
        if path.is_empty() {
            return Ok(());
        }
        let home = self.pwd().await?;
        self.cwd(path).await?;
        self.cwd(home).await
    }

    /// MDTM, `None` when the server cannot tell.
    pub(crate) async fn optional_mdtm(
        &mut self,
        path: &[u8],
    ) -> Result<Option<TimeVal>, ClientError> {
        match self.mdtm(path).await {
            Ok(time) => Ok(Some(time)),
            Err(ClientError::Refused { .. } | ClientError::Unexpected { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// What became of one entry.
enum Done {
    Nothing,
    Transferred(u64),
    Same,
    Removed,
    Skipped,
}

/// Tells what became of an entry. Only what ends the session, or was asked for, ends the mirror.
fn report(
    done: Result<Done, ClientError>,
    path: &[u8],
    tell: &mut dyn FnMut(&MirrorEvent<'_>),
) -> Result<(), ClientError> {
    match done {
        Ok(Done::Nothing) => {}
        Ok(Done::Transferred(bytes)) => tell(&MirrorEvent::Transferred { path, bytes }),
        Ok(Done::Same) => tell(&MirrorEvent::Same(path)),
        Ok(Done::Removed) => tell(&MirrorEvent::Removed(path)),
        Ok(Done::Skipped) => tell(&MirrorEvent::Skipped(path)),
        Err(error) if error.is_transient() || matches!(error, ClientError::Aborted) => {
            return Err(error);
        }
        Err(error) => tell(&MirrorEvent::Failed {
            path,
            error: &error,
        }),
    }
    Ok(())
}

/// The folder that plain names lead to, made where it is missing.
fn folder_below(root: &Folder, names: &[Vec<u8>]) -> Result<Folder, ClientError> {
    let mut folder = root.again()?;
    for name in names {
        folder = folder.below(name)?;
    }
    Ok(folder)
}

/// Removes what is not in `kept`.
fn prune(
    folder: &Folder,
    names: &mut Vec<Vec<u8>>,
    kept: &BTreeSet<Vec<Vec<u8>>>,
    tell: &mut dyn FnMut(&MirrorEvent<'_>),
) -> Result<(), ClientError> {
    if names.len() >= MAX_DEPTH {
        return Err(ClientError::TreeTooLarge("100 levels"));
    }
    for entry in folder.entries()? {
        names.push(entry.name.clone());
        if !kept.contains(names) {
            let removed = folder.remove(&entry.name).map(|()| Done::Removed);
            report(removed, &names.join(&b'/'), tell)?;
        } else if entry.kind == LocalKind::Folder {
            prune(&folder.below(&entry.name)?, names, kept, tell)?;
        }
        names.pop();
    }
    Ok(())
}
