//! `~/.netrc`: who one is on which host, as `ftp` and curl read it.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// The largest file that is read.
const MAX_SIZE: u64 = 1 << 20;

/// The entries of a `.netrc`. `Debug` does not show the passwords.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Netrc {
    entries: Vec<NetrcEntry>,
}

/// Who one is on a host.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct NetrcEntry {
    /// The host; `None` for `default`, which is any.
    machine: Option<String>,
    /// The user.
    pub login: Option<String>,
    /// The password.
    pub password: Option<String>,
}

impl std::fmt::Debug for NetrcEntry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "NetrcEntry({:?}, {:?})", self.machine, self.login)
    }
}

/// Why a `.netrc` is of no use.
#[derive(Debug, thiserror::Error)]
pub enum NetrcError {
    /// It cannot be read.
    #[error("{}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It holds passwords that others may read or change.
    #[error(
        "{}: others may read the passwords in it (mode {mode:03o})\n  fix: chmod 600 {}",
        path.display(), path.display()
    )]
    Permissions {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// It belongs to somebody else, who would choose who we are.
    #[error("{}: it belongs to user {owner}, not to you", path.display())]
    Owner {
        /// The file.
        path: PathBuf,
        /// The owner's number.
        owner: u32,
    },
    /// Not understood.
    #[error("{}: {reason}", path.display())]
    Syntax {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
}

impl Netrc {
    /// Reads the file; one that is not there has no entries.
    ///
    /// # Errors
    /// [`NetrcError`]. A file with passwords must be the user's own, and nobody else's to read.
    pub fn read(path: &Path) -> Result<Self, NetrcError> {
        let failed = |source| NetrcError::Read {
            path: path.to_path_buf(),
            source,
        };
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(failed(error)),
        };
        let metadata = file.metadata().map_err(failed)?;
        let mut text = String::new();
        file.take(MAX_SIZE)
            .read_to_string(&mut text)
            .map_err(failed)?;
        let netrc = Self::parse(&text).map_err(|reason| NetrcError::Syntax {
            path: path.to_path_buf(),
            reason,
        })?;
        let mode = metadata.permissions().mode() & 0o777;
        let secret = netrc.entries.iter().any(|entry| entry.password.is_some());
        if secret && mode & 0o077 != 0 {
            return Err(NetrcError::Permissions {
                path: path.to_path_buf(),
                mode,
            });
        }
        let owner = metadata.uid();
        if owner != rustix::process::geteuid().as_raw() && owner != 0 {
            return Err(NetrcError::Owner {
                path: path.to_path_buf(),
                owner,
            });
        }
        Ok(netrc)
    }

    /// The entry for `host`, and for `user` if one is given; else the default.
    pub fn find(&self, host: &str, user: Option<&[u8]>) -> Option<&NetrcEntry> {
        let fits = |entry: &&NetrcEntry| {
            let machine = entry.machine.as_deref();
            machine.is_none_or(|machine| machine.eq_ignore_ascii_case(host))
                && user.is_none_or(|user| {
                    entry
                        .login
                        .as_deref()
                        .is_some_and(|login| login.as_bytes() == user)
                })
        };
        self.entries.iter().find(fits)
    }

    fn parse(text: &str) -> Result<Self, String> {
        let mut words = Words { rest: text };
        let mut entries: Vec<NetrcEntry> = Vec::new();
        while let Some(word) = words.next()? {
            let mut value = |what: &str| {
                words
                    .next()?
                    .ok_or_else(|| format!("expected a word after {what}"))
            };
            match word.as_str() {
                "machine" => entries.push(NetrcEntry {
                    machine: Some(value("machine")?),
                    ..NetrcEntry::default()
                }),
                "default" => entries.push(NetrcEntry::default()),
                "login" | "password" | "account" => {
                    let value = value(&word)?;
                    let entry = entries
                        .last_mut()
                        .ok_or_else(|| format!("{word} before any machine"))?;
                    match word.as_str() {
                        "login" => entry.login = Some(value),
                        "password" => entry.password = Some(value),
                        _ => {}
                    }
                }
                "macdef" => words.skip_macro(),
                _ => {
                    // Not the word: it may be the rest of a password that has a space.
                    let read = text.len() - words.rest.len();
                    let line = 1 + text[..read].trim_end().matches('\n').count();
                    return Err(format!(
                        "line {line}: expected machine, default, login, password, account or \
                         macdef; a password with a space stands in double quotes"
                    ));
                }
            }
        }
        Ok(Self { entries })
    }
}

/// The words of the file: in double quotes they may hold spaces, and `\` takes the next
/// character as it is.
struct Words<'a> {
    rest: &'a str,
}

impl Words<'_> {
    fn next(&mut self) -> Result<Option<String>, String> {
        self.rest = self.rest.trim_start();
        while self.rest.starts_with('#') {
            let end = self.rest.find('\n').unwrap_or(self.rest.len());
            self.rest = self.rest[end..].trim_start();
        }
        if self.rest.is_empty() {
            return Ok(None);
        }
        let quoted = self.rest.starts_with('"');
        let mut word = String::new();
        let mut characters = self.rest.char_indices().skip(usize::from(quoted));
        while let Some((at, character)) = characters.next() {
            match character {
                '"' if quoted => {
                    self.rest = &self.rest[at + 1..];
                    return Ok(Some(word));
                }
                _ if !quoted && character.is_whitespace() => {
                    self.rest = &self.rest[at..];
                    return Ok(Some(word));
                }
                '\\' if quoted => word.extend(characters.next().map(|(_, next)| next)),
                _ => word.push(character),
            }
        }
        self.rest = "";
        if quoted {
            return Err("a quotation mark is not closed".to_owned());
        }
        Ok(Some(word))
    }

    /// A macro goes up to an empty line.
    fn skip_macro(&mut self) {
        let end = self.rest.find("\n\n");
        self.rest = end.map_or("", |end| &self.rest[end..]);
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::{Netrc, NetrcError};

    #[test]
    fn entries_are_found_by_host_and_user() {
        let netrc = Netrc::parse(
            "# hosts\nmachine a.example login ann password \"two words\"\n\
             machine a.example login bob\n  password b account x\n\
             macdef init\ncd /pub\nmachine trap\n\ndefault login anonymous password me@",
        )
        .unwrap();
        let login = |host, user| {
            let entry = netrc.find(host, user)?;
            Some((entry.login.as_deref()?, entry.password.as_deref()?))
        };
        assert_eq!(login("A.example", None), Some(("ann", "two words")));
        assert_eq!(login("a.example", Some(b"bob")), Some(("bob", "b")));
        assert_eq!(login("trap", None), Some(("anonymous", "me@")));
        assert_eq!(login("a.example", Some(b"eve")), None);
        assert!(!format!("{netrc:?}").contains("two words"));
    }

    #[test]
    fn what_is_wrong_is_said() {
        for bad in ["machine", "login x", "machine h login \"x", "host h"] {
            assert!(Netrc::parse(bad).is_err(), "{bad}");
        }
        // The rest of a password is not repeated.
        let wrong = Netrc::parse("machine a\n login b\n password two words\n\nmachine c");
        let wrong = wrong.unwrap_err();
        assert!(wrong.starts_with("line 3: expected"), "{wrong}");
        assert!(!wrong.contains("words"), "{wrong}");
    }

    #[test]
    fn passwords_that_others_can_read_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(".netrc");
        assert_eq!(Netrc::read(&path).unwrap(), Netrc::default());
        std::fs::write(&path, "machine h login a password b").unwrap();
        let set = |mode| std::fs::set_permissions(&path, PermissionsExt::from_mode(mode)).unwrap();
        set(0o640);
        assert!(matches!(
            Netrc::read(&path),
            Err(NetrcError::Permissions { mode: 0o640, .. })
        ));
        set(0o600);
        assert!(Netrc::read(&path).unwrap().find("h", None).is_some());
        std::fs::write(&path, "machine h login a").unwrap();
        set(0o644);
        assert!(Netrc::read(&path).is_ok());
    }
}
