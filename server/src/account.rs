//! Who may log in, and what they may do.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use crate::root::Root;

/// A user with a password, who may write unless told otherwise.
#[derive(Clone)]
pub struct User {
    pub(crate) name: Vec<u8>,
    pub(crate) password: Vec<u8>,
    pub(crate) root: Option<PathBuf>,
    pub(crate) write: bool,
}

impl User {
    /// A user who sees the server's root and may write there.
    pub fn new(name: impl Into<Vec<u8>>, password: impl Into<Vec<u8>>) -> Self {
        Self {
            name: name.into(),
            password: password.into(),
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
}

/// What proves that a user is who they say.
#[derive(Clone)]
pub(crate) enum Secret {
    /// Anything will do.
    Anonymous,
    /// These bytes.
    Password(Vec<u8>),
}

impl Secret {
    /// Whether `password` is right; takes the same time for every wrong one of its length.
    pub(crate) fn admits(&self, password: &[u8]) -> bool {
        match self {
            Self::Anonymous => true,
            Self::Password(expected) => {
                let difference = expected
                    .iter()
                    .zip(password)
                    .fold(0, |difference, (a, b)| difference | (a ^ b));
                std::hint::black_box(difference) == 0 && expected.len() == password.len()
            }
        }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Anonymous => "Anonymous",
            Self::Password(_) => "Password(****)",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Secret;

    #[test]
    fn only_the_whole_password_admits() {
        let secret = Secret::Password(b"secret".to_vec());
        assert!(secret.admits(b"secret"));
        for wrong in [&b""[..], b"secre", b"secrets", b"Secret"] {
            assert!(!secret.admits(wrong));
        }
        assert!(Secret::Anonymous.admits(b""));
    }
}
