//! Who may log in, and what they may do.

use std::fmt;
use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use crate::password::PasswordHash;
use crate::path::VirtualPath;
use crate::root::Root;

/// A user with a password, who may write unless told otherwise.
#[derive(Clone)]
pub struct User {
    pub(crate) name: Vec<u8>,
    pub(crate) secret: Secret,
    pub(crate) root: Option<PathBuf>,
    pub(crate) write: bool,
}

impl User {
    /// A user who sees the server's root and may write there.
    pub fn new(name: impl Into<Vec<u8>>, password: impl Into<Vec<u8>>) -> Self {
        Self::with_secret(name.into(), Secret::Password(password.into()))
    }

    /// The same for a user whose password is known by its hash only.
    pub fn hashed(name: impl Into<Vec<u8>>, hash: PasswordHash) -> Self {
        Self::with_secret(name.into(), Secret::Hash(hash))
    }

    const fn with_secret(name: Vec<u8>, secret: Secret) -> Self {
        Self {
            name,
            secret,
            root: None,
            write: true,
        }
    }

    /// Gives the user a root directory of their own.
    #[must_use]
    pub fn root(mut self, root: impl Into<PathBuf>) -> Self {
        self.root = Some(root.into());
        self
    }

    /// Takes the right to write away.
    #[must_use]
    pub const fn read_only(mut self) -> Self {
        self.write = false;
        self
    }
}

impl fmt::Debug for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "User({:?})", String::from_utf8_lossy(&self.name))
    }
}

/// What a login gives: a root and the right to write in it.
#[derive(Clone, Debug)]
pub(crate) struct Account {
    pub(crate) name: Vec<u8>,
    pub(crate) root: Arc<Root>,
    pub(crate) write: bool,
    pub(crate) secret: Secret,
    /// A directory in which this account, which may not write otherwise, may make new files,
    /// and may not see what is there.
    pub(crate) drop_box: Option<VirtualPath>,
}

impl Account {
    /// Whether `path` lies in the drop box, or is the drop box itself, under this name or by a
    /// link. What cannot be found out is hidden.
    pub(crate) fn hides(&self, path: &VirtualPath) -> bool {
        self.drop_box.as_ref().is_some_and(|drop_box| {
            path == drop_box
                || path.is_below(drop_box)
                || self.root.leads_into(path, drop_box).unwrap_or(true)
        })
    }

    /// Opens a regular file for reading, and says how many bytes it has; `None` if it is hidden.
    pub(crate) fn read(&self, path: &VirtualPath) -> io::Result<Option<(File, u64)>> {
        // What most downloads are: no link in the way, so the directories named are all there are.
        if let Some(drop_box) = &self.drop_box
            && path != drop_box
            && !path.is_below(drop_box)
            && let Ok(opened) = self.root.read_without_links(path)
        {
            let passes = self.root.has_on_the_way(path.parent(), drop_box);
            return Ok((!passes.unwrap_or(true)).then_some(opened));
        }
        if self.hides(path) {
            return Ok(None);
        }
        self.root.read(path).map(Some)
    }

    /// How a file may be stored at `path`.
    pub(crate) fn storing(&self, path: &VirtualPath) -> Storing {
        if self.write {
            Storing::Any
        } else if self.drop_box.as_ref() == Some(&path.parent()) && !path.is_root() {
            Storing::NewOnly
        } else {
            Storing::Refused
        }
    }
}

/// How a file may be stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Storing {
    /// A new one, or over an old one.
    Any,
    /// Under a name that no file has.
    NewOnly,
    Refused,
}

/// What proves that a user is who they say.
#[derive(Clone)]
pub(crate) enum Secret {
    /// Anything will do.
    Anonymous,
    /// These bytes.
    Password(Vec<u8>),
    /// Bytes with this hash.
    Hash(PasswordHash),
}

impl Secret {
    /// Whether `password` is right; takes the same time for every wrong one of its length.
    pub(crate) async fn admits(&self, password: &[u8]) -> bool {
        match self {
            Self::Anonymous => true,
            Self::Password(expected) => {
                let difference = expected
                    .iter()
                    .zip(password)
                    .fold(0, |difference, (a, b)| difference | (a ^ b));
                std::hint::black_box(difference) == 0 && expected.len() == password.len()
            }
            Self::Hash(hash) => hash.is_of(password).await,
        }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Anonymous => "Anonymous",
            Self::Password(_) => "Password(****)",
            Self::Hash(_) => "Hash(****)",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Secret;

    #[tokio::test]
    async fn only_the_whole_password_admits() {
        let secret = Secret::Password(b"secret".to_vec());
        assert!(secret.admits(b"secret").await);
        for wrong in [&b""[..], b"secre", b"secrets", b"Secret"] {
            assert!(!secret.admits(wrong).await);
        }
        assert!(Secret::Anonymous.admits(b"").await);
    }
}
