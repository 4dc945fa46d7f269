//! From what a client writes to what is there, for commands about something that exists.

use std::io;

use proto::write_name;

use crate::account::Account;
use crate::answer::Answer;
use crate::control::Ended;
use crate::path::VirtualPath;
use crate::root::Root;
use crate::session::Session;
use crate::upload::is_temporary;

/// Entries of one directory that are looked through for a name.
const MAX_LOOKED_AT: usize = 10_000;

impl Session {
    /// The path of something that is there, or is to be reported as not there.
    ///
    /// Listings show a control character as `?`; what they show leads to the file all the same,
    /// if there is but one of that look (RFC 1123 §4.1.2.7: names are for use in commands).
    ///
    /// # Errors
    /// `NotADirectory` for a path that ends as a directory's and leads to something else.
    pub(crate) fn existing(&self, account: &Account, argument: &[u8]) -> io::Result<VirtualPath> {
        let path = self.directory.join(argument);
        // What most are, at no cost.
        if !is_of_directory(argument) && !path.components().any(is_masked) {
            return Ok(path);
        }
        // What is in there is not looked at, so that no reply can tell.
        if account.hides(&path) {
            return Ok(path);
        }
        let path = as_listed(account, path);
        if account.hides(&path) {
            return Ok(path);
        }
        if is_of_directory(argument) && !account.root.metadata(&path)?.is_dir() {
            return Err(io::ErrorKind::NotADirectory.into());
        }
        Ok(path)
    }

    /// The path of something that is to be made: the directories on the way are what listings
    /// show, the new name is as it was written.
    pub(crate) fn to_make(&self, account: &Account, argument: &[u8]) -> VirtualPath {
        let path = self.directory.join(argument);
        let parent = path.parent();
        if !parent.components().any(is_masked) || account.hides(&parent) {
            return path;
        }
        let real = as_listed(account, parent);
        if account.hides(&real) {
            return path;
        }
        real.child(path.name())
    }

    /// The path of something that is there; what is not there is answered with 550, and there is no path then.
    pub(crate) async fn existing_or_refuse(
        &mut self,
        account: &Account,
        argument: &[u8],
    ) -> Result<Option<VirtualPath>, Ended> {
        match self.existing(account, argument) {
            Ok(path) => Ok(Some(path)),
            Err(error) => {
                self.reply(Answer::Unavailable(&error)).await?;
                Ok(None)
            }
        }
    }
}

/// Whether only a directory can be meant: `a/`, `a/.` or `a/..`.
pub(crate) fn is_of_directory(argument: &[u8]) -> bool {
    [&b"/"[..], b"/.", b"/.."]
        .iter()
        .any(|end| argument.ends_with(end))
}

fn as_listed(account: &Account, path: VirtualPath) -> VirtualPath {
    let root = &account.root;
    if root.symlink_metadata(&path).is_ok() {
        return path;
    }
    let mut real = VirtualPath::default();
    for component in path.components() {
        let mut next = real.child(component);
        if is_masked(component) && !account.hides(&next) && root.symlink_metadata(&next).is_err() {
            match only_one(root, &real, component) {
                Ok(Some(name)) => next = real.child(&name),
                Ok(None) | Err(_) => return path.clone(),
            }
        }
        real = next;
    }
    real
}

fn is_masked(component: &[u8]) -> bool {
    component.contains(&b'?')
}

/// The name of the only entry of `directory` that a listing shows as `asked`.
fn only_one(root: &Root, directory: &VirtualPath, asked: &[u8]) -> io::Result<Option<Vec<u8>>> {
    let (mut found, mut listed, mut shown) = (None, Vec::new(), Vec::new());
    // MLSD masks less than the others.
    write_name(asked, &mut shown);
    let mut names = root.below(directory)?.names()?;
    let mut looked_at = 0;
    while let Some(name) = names.next()? {
        looked_at += 1;
        // Then nobody knows whether it is the only one.
        if looked_at > MAX_LOOKED_AT {
            return Ok(None);
        }
        listed.clear();
        write_name(name, &mut listed);
        if listed == shown && !is_temporary(name) && found.replace(name.to_vec()).is_some() {
            return Ok(None);
        }
    }
    Ok(found)
}
