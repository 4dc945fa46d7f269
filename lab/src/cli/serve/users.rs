//! Who may log in: the names of the command line, or the lines of a file.

use std::cell::RefCell;
use std::path::{Path, PathBuf};

use server::{PasswordHash, User};

use super::ServeOptions;
use super::kept::Kept;
use super::settings::read;
use crate::Failure;
use crate::cli::prompt;

/// Where the users come from.
pub(super) enum Users {
    /// --user, all with one password.
    Named(Vec<String>, String),
    /// The lines of a file.
    File(ListFile, Vec<String>),
}

/// A list of users.
pub(super) struct ListFile {
    path: PathBuf,
    /// What was read at the start, until it is used; for good when it cannot be read twice.
    text: RefCell<Option<String>>,
    /// A pipe: read to its end, it is empty.
    is_read_once: bool,
}

impl ListFile {
    fn text(&self, kept: &Kept) -> Result<String, Failure> {
        let mut text = self.text.borrow_mut();
        let known = if self.is_read_once {
            text.clone()
        } else {
            text.take()
        };
        known.map_or_else(|| read(kept, &self.path), Ok)
    }
}

/// A line of a list.
pub(super) struct Listed {
    name: String,
    pub(super) user: User,
    /// The user's own, in place of the served one.
    pub(super) folder: Option<PathBuf>,
    /// Where it says so, as `FILE:LINE`; nothing for a user of the command line.
    pub(super) place: Option<String>,
}

impl Users {
    /// Asks for the password if it has to be asked for.
    pub(super) fn of(options: &ServeOptions, kept: &Kept) -> Result<Self, Failure> {
        let names = options.user.clone();
        let password = match &options.password_file {
            None if names.is_empty() => String::new(),
            None => checked(prompt::new(&names.join(" and "), None)?)?,
            Some(path) => {
                let text = read(kept, path)?;
                if is_list(&text) {
                    let file = ListFile {
                        path: path.clone(),
                        text: RefCell::new(Some(text)),
                        is_read_once: !path.is_file(),
                    };
                    return Ok(Self::File(file, names));
                }
                // Served to anybody, it would not be what the file was given for.
                if names.is_empty() {
                    return Err(Failure::usage(format!(
                        "{} has no line that `ftplab passwd` made; a password alone needs --user NAME",
                        path.display()
                    )));
                }
                checked(prompt::first_line(&text))?
            }
        };
        Ok(Self::Named(names, password))
    }

    /// The folders that the list names, as far as it can be read; why it cannot is for
    /// [`read`](Self::read) to say.
    pub(super) fn folders(&self) -> Vec<PathBuf> {
        let Self::File(file, _) = self else {
            return Vec::new();
        };
        let text = file.text.borrow();
        let listed = parse(text.as_deref().unwrap_or_default()).unwrap_or_default();
        listed
            .into_iter()
            .filter_map(|(_, listed)| listed.folder)
            .collect()
    }

    /// The list, if it cannot be read again.
    pub(super) fn read_once(&self) -> Option<&Path> {
        match self {
            Self::File(file, _) if file.is_read_once => Some(&file.path),
            _ => None,
        }
    }

    pub(super) fn read(&self, kept: &Kept) -> Result<Vec<Listed>, Failure> {
        match self {
            Self::Named(names, password) => Ok(names
                .iter()
                .map(|name| Listed {
                    name: name.clone(),
                    user: User::new(name.as_str(), password.as_str()),
                    folder: None,
                    place: None,
                })
                .collect()),
            Self::File(file, names) => {
                let path = file.path.display();
                let users = parse(&file.text(kept)?).map_err(|(line, problem)| {
                    Failure::failed(format!("{path}:{line}: {problem}"))
                })?;
                if users.is_empty() {
                    return Err(Failure::failed(format!("{path} has no users")));
                }
                for name in names {
                    if !users.iter().any(|(_, listed)| listed.name == *name) {
                        return Err(Failure::failed(format!("{path} has no user {name:?}")));
                    }
                }
                let wanted = |(_, listed): &(usize, Listed)| {
                    names.is_empty() || names.contains(&listed.name)
                };
                let placed = |(line, listed)| Listed {
                    place: Some(format!("{path}:{line}")),
                    ..listed
                };
                Ok(users.into_iter().filter(wanted).map(placed).collect())
            }
        }
    }
}

/// A password that may protect something.
fn checked(password: String) -> Result<String, Failure> {
    if password.is_empty() {
        return Err(Failure::usage(
            "the password is empty: with it anybody who knows the name could write",
        ));
    }
    Ok(password)
}

fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let numbered = text.lines().enumerate();
    numbered.filter_map(|(index, line)| {
        let line = line.trim();
        (!line.is_empty() && !line.starts_with('#')).then_some((index + 1, line))
    })
}

/// Whether it is a list of users rather than a password.
fn is_list(text: &str) -> bool {
    lines(text).next().is_some_and(|(_, line)| {
        line.split_once(':')
            .is_some_and(|(_, hash)| hash.starts_with("$argon2"))
    })
}

/// Reads `NAME:HASH[:FOLDER[:read-only]]` lines, each with its number; an error has its line too.
fn parse(text: &str) -> Result<Vec<(usize, Listed)>, (usize, String)> {
    let mut users = Vec::new();
    for (number, line) in lines(text) {
        let expected = || {
            let form = "expected NAME:HASH, NAME:HASH:FOLDER or NAME:HASH:FOLDER:read-only";
            (number, form.to_owned())
        };
        let fields: Vec<_> = line.split(':').collect();
        let (name, hash, folder, write) = match fields[..] {
            [name, hash] => (name, hash, "", true),
            [name, hash, folder] => (name, hash, folder, true),
            [name, hash, folder, "read-only"] => (name, hash, folder, false),
            _ => return Err(expected()),
        };
        if name.is_empty() {
            return Err(expected());
        }
        let hash = PasswordHash::parse(hash).map_err(|error| (number, error.to_string()))?;
        let mut user = User::hashed(name, hash);
        let folder = (!folder.is_empty()).then(|| PathBuf::from(folder));
        if let Some(folder) = &folder {
            user = user.root(folder);
        }
        if !write {
            user = user.read_only();
        }
        let name = name.to_owned();
        let listed = Listed {
            name,
            user,
            folder,
            place: None,
        };
        users.push((number, listed));
    }
    Ok(users)
}

#[cfg(test)]
mod tests {
    use super::{is_list, parse};

    const HASH: &str = "$argon2id$v=19$m=16,t=2,p=1$c2FsdHNhbHQ$RbrhSYtIFBJUq0sOtf3Ccg";

    #[test]
    fn a_list_of_users_is_told_from_a_password() {
        assert!(is_list(&format!("# users\n\nann:{HASH}\n")));
        for password in ["secret\n", "a:b", "", "$argon2"] {
            assert!(!is_list(password), "{password}");
        }
        let users = parse(&format!(
            "ann:{HASH}\nbob:{HASH}:/srv/bob\neve:{HASH}::read-only\n"
        ));
        let names: Vec<_> = users
            .unwrap()
            .into_iter()
            .map(|(_, listed)| listed.name)
            .collect();
        assert_eq!(names, ["ann", "bob", "eve"]);
        for (text, line) in [
            (format!("ann:{HASH}\nbob"), 2),
            (format!(":{HASH}"), 1),
            (format!("# x\nann:{HASH}:/srv:readonly"), 2),
            ("ann:$argon2id$nonsense".to_owned(), 1),
        ] {
            assert_eq!(parse(&text).err().unwrap().0, line, "{text}");
        }
    }
}
