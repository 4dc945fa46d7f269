//! Making one tree like another, down or up.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use proto::{EntryKind, Modified, TimeVal, TypeCode};

use crate::crew::share;
use crate::error::ClientError;
use crate::filter::Filter;
use crate::folder::{Folder, LocalKind};
use crate::local_tree::{
    LocalTree, TreeHere, existing_below, folder_below, is_unread, prune, tree_here,
};
use crate::session::Session;
use crate::tree::{TreeEntry, join};

/// What a mirror does.
#[derive(Clone, Debug, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a choice of the user's, free of the others"
)]
pub struct Mirror {
    /// Leave alone what has the same size and time already.
    pub skip_same: bool,
    /// Leave alone what is not older than the original, whatever its size; but for an upload to
    /// what is shorter there, as one that was cut off is.
    pub only_newer: bool,
    /// Remove what the other side does not have.
    pub delete: bool,
    /// Tell what would be done, and do nothing.
    pub dry_run: bool,
    /// What it is about.
    pub filter: Filter,
    /// What uploads it has begun and not ended. Its clones share it, so that one that goes on
    /// where another broke off knows what is cut off there, however new that looks.
    pub begun: Begun,
}

/// The files of the server that uploads are writing, or were when the connection broke.
#[derive(Clone, Debug, Default)]
pub struct Begun(Arc<Mutex<BTreeSet<Vec<u8>>>>);

impl Begun {
    fn paths(&self) -> MutexGuard<'_, BTreeSet<Vec<u8>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a mirror has done, most often to one file; its path is relative to the tree's root.
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
    /// It is neither file nor directory (a symbolic link, a device): left alone.
    Skipped(&'a [u8]),
    /// A helper was dropped; the other sessions do its work.
    SessionLost(&'a ClientError),
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
    /// The `helpers` are sessions with the same server, as the same user and in the same
    /// directory, that carry files at the same time; one that fails is dropped.
    ///
    /// # Errors
    /// As [`walk`](Self::walk), and when the connection fails; what befalls a single file is an
    /// event.
    pub async fn mirror_down(
        &mut self,
        remote: &[u8],
        folder: &Folder,
        mirror: &Mirror,
        helpers: &mut Vec<Self>,
        tell: &mut dyn FnMut(&MirrorEvent<'_>),
    ) -> Result<(), ClientError> {
        self.require_directory(remote).await?;
        self.type_(TypeCode::Image).await?;
        let WalkedTree {
            found: tree,
            left_out,
            unread,
        } = self.tree_there(remote, mirror, tell).await?;
        ready(helpers, tell).await;
        let telling = RefCell::new(&mut *tell);
        share(
            self,
            helpers,
            &tree,
            async |session, found: &&TreeEntry| {
                let path = found.path();
                let full = join(remote, &path);
                let done = session.one_down(&full, found, folder, mirror).await;
                report(done, &path, &mut **telling.borrow_mut())
            },
            |error| telling.borrow_mut()(&MirrorEvent::SessionLost(error)),
        )
        .await?;
        self.aborter.answer()?;
        if mirror.delete {
            let found = tree.iter().map(|found| found.names.clone());
            let kept: BTreeSet<_> = found.chain(left_out).collect();
            prune(folder, &mut Vec::new(), &kept, &unread, mirror, tell)?;
        }
        Ok(())
    }

    async fn one_down(
        &mut self,
        path: &[u8],
        found: &TreeEntry,
        root: &Folder,
        mirror: &Mirror,
    ) -> Result<Done, ClientError> {
        let Some((name, folders)) = found.names.split_last() else {
            return Ok(Done::Nothing);
        };
        let folder = if mirror.dry_run {
            existing_below(root, folders)?
        } else if mirror.filter.is_choosy() && found.entry.kind == EntryKind::Directory {
            // It comes with the first file that is wanted in it.
            None
        } else {
            Some(folder_below(root, folders)?)
        };
        match found.entry.kind {
            EntryKind::Directory => {
                if let Some(folder) = folder.filter(|_| !mirror.dry_run) {
                    folder.below(name)?;
                }
                Ok(Done::Nothing)
            }
            EntryKind::File => {
                let modified = match found.entry.modified {
                    Some(Modified::Utc(time)) => Some(time),
                    // LIST's times are the server's own, to the minute.
                    _ => self.optional_mdtm(path).await?,
                };
                let local = match &folder {
                    Some(folder) => folder.entry(name)?,
                    None => None,
                };
                if let Some(folder) = &folder
                    && local
                        .as_ref()
                        .is_some_and(|local| local.kind == LocalKind::Folder)
                {
                    return Err(folder.in_the_way(name));
                }
                let there = modified.map(TimeVal::to_unix);
                let same = local.is_some_and(|local| {
                    let is_same = mirror.skip_same
                        && Some(local.size) == found.entry.size
                        && local.modified == there;
                    let is_newer = mirror.only_newer && local.modified >= there;
                    local.kind == LocalKind::File && there.is_some() && (is_same || is_newer)
                });
                if same {
                    return Ok(Done::Same);
                }
                let Some(folder) = folder.filter(|_| !mirror.dry_run) else {
                    return Ok(Done::Transferred(found.entry.size.unwrap_or(0)));
                };
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
        mirror: &Mirror,
        helpers: &mut Vec<Self>,
        tell: &mut dyn FnMut(&MirrorEvent<'_>),
    ) -> Result<(), ClientError> {
        self.type_(TypeCode::Image).await?;
        if !remote.is_empty() && !mirror.dry_run {
            match self.mkdir(remote).await {
                // It may be there; if not, nothing can be listed or stored.
                Ok(()) | Err(ClientError::Refused { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        let WalkedTree {
            found: tree,
            left_out,
            mut unread,
        } = match self.require_directory(remote).await {
            // It would have been made.
            Err(ClientError::Refused { .. }) if mirror.dry_run => WalkedTree::default(),
            required => {
                required?;
                self.tree_there(remote, mirror, tell).await?
            }
        };
        let there: BTreeMap<_, _> = tree
            .iter()
            .map(|found| (found.names.as_slice(), found))
            .collect();
        let TreeHere {
            found: here,
            all: kept,
            unread: unread_here,
        } = tree_here(folder, &mirror.filter, tell)?;
        unread.extend(unread_here);
        // What cannot be made can hold nothing.
        let mut lost: BTreeSet<&[Vec<u8>]> = BTreeSet::new();
        for local in here.iter().filter(|local| local.is_folder()) {
            self.aborter.answer()?;
            let above = &local.names[..local.names.len() - 1];
            let known = there.get(local.names.as_slice());
            let is_there = known.is_some_and(|known| known.entry.kind == EntryKind::Directory);
            if lost.contains(above) {
                lost.insert(&local.names);
            } else if !is_there && !mirror.dry_run {
                let path = local.names.join(&b'/');
                let made = self.mkdir(join(remote, &path)).await;
                if made.is_err() {
                    lost.insert(&local.names);
                }
                report(made.map(|()| Done::Nothing), &path, tell)?;
            }
        }
        ready(helpers, tell).await;
        let telling = RefCell::new(&mut *tell);
        let files = here.iter().filter(|local| {
            !local.is_folder() && !lost.contains(&local.names[..local.names.len() - 1])
        });
        share(
            self,
            helpers,
            files,
            async |session, local: &&LocalTree| {
                let path = local.names.join(&b'/');
                let known = there.get(local.names.as_slice()).copied();
                let full = join(remote, &path);
                let done = session.one_up(folder, local, &full, known, mirror).await;
                report(done, &path, &mut **telling.borrow_mut())
            },
            |error| telling.borrow_mut()(&MirrorEvent::SessionLost(error)),
        )
        .await?;
        if mirror.delete {
            // Where something stays, what it is in does too.
            let mut holding: BTreeSet<&[Vec<u8>]> =
                left_out.iter().map(|names| above(names)).collect();
            for found in tree.iter().rev() {
                self.aborter.answer()?;
                let names = found.names.as_slice();
                let stays = kept.contains(names) || is_unread(&unread, names);
                if stays || holding.contains(names) {
                    holding.insert(above(names));
                    continue;
                }
                let path = found.path();
                let full = join(remote, &path);
                let removed = if mirror.dry_run {
                    Ok(Done::Removed)
                } else if found.entry.kind == EntryKind::Directory {
                    match self.rmdir(full).await {
                        // What is not even listed is in it.
                        Err(ClientError::Refused { .. }) if !mirror.filter.is_empty() => {
                            Ok(Done::Nothing)
                        }
                        removed => removed.map(|()| Done::Removed),
                    }
                } else {
                    self.delete(full).await.map(|()| Done::Removed)
                };
                if !matches!(removed, Ok(Done::Removed)) {
                    holding.insert(above(names));
                }
                report(removed, &path, tell)?;
            }
        }
        Ok(())
    }

    async fn one_up(
        &mut self,
        root: &Folder,
        local: &LocalTree,
        path: &[u8],
        known: Option<&TreeEntry>,
        mirror: &Mirror,
    ) -> Result<Done, ClientError> {
        let known = known.map(|known| &known.entry);
        let entry = &local.entry;
        match entry.kind {
            LocalKind::File => {
                let mut same = known.is_some_and(|known| {
                    let is_same = mirror.skip_same && known.size == Some(entry.size);
                    // An earlier upload that was cut off is new, but no copy; a download has no
                    // such file, as it has its name only when it is whole.
                    let is_whole = known.size.is_none_or(|size| size >= entry.size);
                    let may_be_newer = mirror.only_newer && is_whole;
                    known.kind == EntryKind::File && (is_same || may_be_newer)
                });
                // Where it was cut off it is new, but no copy.
                same &= !mirror.begun.paths().contains(path);
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
                if mirror.dry_run {
                    return Ok(Done::Transferred(entry.size));
                }
                let above = &local.names[..local.names.len() - 1];
                let mut file = folder_below(root, above)?.read(&entry.name)?;
                mirror.begun.paths().insert(path.to_vec());
                let transfer = self.continue_upload(&mut file, path, 0).await?;
                if let Some(time) = entry.modified {
                    match self.mfmt(TimeVal::from_unix(time), path).await {
                        // Its time is a nicety: the file is there.
                        Ok(()) | Err(ClientError::Refused { .. }) => {}
                        Err(error) => return Err(error),
                    }
                }
                mirror.begun.paths().remove(path);
                Ok(Done::Transferred(transfer.bytes))
            }
            LocalKind::Folder | LocalKind::Other => Ok(Done::Skipped),
        }
    }

    /// What is below a directory; a directory in it that cannot be listed is told of.
    async fn tree_there(
        &mut self,
        remote: &[u8],
        mirror: &Mirror,
        tell: &mut dyn FnMut(&MirrorEvent<'_>),
    ) -> Result<WalkedTree, ClientError> {
        let mut unread = BTreeSet::new();
        let pass_over = |names: &[Vec<u8>], error| {
            report(Err(error), &names.join(&b'/'), tell)?;
            unread.insert(names.to_vec());
            Ok(())
        };
        let mut left_out = BTreeSet::new();
        let leave_out = |names| {
            left_out.insert(names);
        };
        let found = self
            .walk_through(remote, &mirror.filter, leave_out, pass_over)
            .await?;
        Ok(WalkedTree {
            found,
            left_out,
            unread,
        })
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

/// What a directory of the server holds.
#[derive(Default)]
struct WalkedTree {
    /// What the filter lets through, each directory before what is in it.
    found: Vec<TreeEntry>,
    /// What it does not let through.
    left_out: BTreeSet<Vec<Vec<u8>>>,
    /// The directories that could not be listed.
    unread: BTreeSet<Vec<Vec<u8>>>,
}

/// The names that lead to the directory that an entry is in.
fn above(names: &[Vec<u8>]) -> &[Vec<u8>] {
    names.split_last().map_or(names, |(_, above)| above)
}

/// What became of one entry.
pub(crate) enum Done {
    Nothing,
    Transferred(u64),
    Same,
    Removed,
    Skipped,
}

/// Tells what became of an entry. Only what ends the session, or was asked for, ends the mirror.
pub(crate) fn report(
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

/// Makes the helpers ready to carry files as they are; those that cannot be are dropped.
async fn ready(helpers: &mut Vec<Session>, tell: &mut dyn FnMut(&MirrorEvent<'_>)) {
    for mut helper in std::mem::take(helpers) {
        match helper.type_(TypeCode::Image).await {
            Ok(()) => helpers.push(helper),
            Err(error) => tell(&MirrorEvent::SessionLost(&error)),
        }
    }
}
