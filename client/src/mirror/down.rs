//! Making the folder here like a directory of the server.

use std::cell::RefCell;
use std::collections::BTreeSet;

use proto::{EntryKind, Modified, TimeVal, TypeCode};

use super::{Done, Mirror, MirrorEvent, WalkedTree, ready, report};
use crate::crew::share;
use crate::error::ClientError;
use crate::folder::{Folder, LocalKind};
use crate::local_tree::{existing_below, folder_below, prune};
use crate::session::Session;
use crate::tree::{TreeEntry, join};

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
}
