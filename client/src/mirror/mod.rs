//! Making one tree like another, down or up.

mod down;
mod up;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use proto::{TimeVal, TypeCode};

use crate::error::ClientError;
use crate::filter::Filter;
use crate::session::Session;
use crate::tree::TreeEntry;

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
