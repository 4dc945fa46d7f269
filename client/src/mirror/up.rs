//! Making a directory of the server like the folder here.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use proto::{EntryKind, Modified, TimeVal, TypeCode};

use super::{Done, Mirror, MirrorEvent, WalkedTree, ready, report};
use crate::crew::share;
use crate::error::ClientError;
use crate::folder::{Folder, LocalKind};
use crate::local_tree::{LocalTree, TreeHere, folder_below, is_unread, tree_here};
use crate::session::Session;
use crate::tree::{TreeEntry, join};

impl Session {
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
}

/// The names that lead to the directory that an entry is in.
fn above(names: &[Vec<u8>]) -> &[Vec<u8>] {
    names.split_last().map_or(names, |(_, above)| above)
}
