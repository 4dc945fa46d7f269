//! The files and folders that the flags name, held open from before root's privileges were given
//! up: what only root may reach can be read again at SIGHUP all the same, as long as its name still
//! leads to it.

use std::cell::RefCell;
use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use super::way::{Leads, Way};
use crate::cli::prompt;

/// Files and folders that stay open.
#[derive(Debug, Default)]
pub(super) struct Kept {
    /// Whether they will be needed: root's privileges are there, and will not be.
    needed: bool,
    items: Vec<Item>,
    /// The log as it was last opened.
    log: RefCell<Option<File>>,
}

#[derive(Debug)]
struct Item {
    path: PathBuf,
    file: File,
    /// `None` when it is not known.
    way: Option<Way>,
}

impl Kept {
    /// Keeps nothing unless it is `needed`.
    pub(super) fn new(needed: bool) -> Self {
        Self {
            needed,
            ..Self::default()
        }
    }

    /// Keeps a file or a folder open for reading, if it is one; what is wrong with it shows when it
    /// is used.
    pub(super) fn keep(&mut self, path: &Path) {
        // A pipe is read once, by whom it is for.
        if self.needed
            && (path.is_file() || path.is_dir())
            && let Ok(file) = File::open(path)
        {
            self.push(path, file);
        }
    }

    /// Keeps a log open, to be written to at its end; made if it is missing.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub(super) fn keep_log(&mut self, path: &Path) -> io::Result<()> {
        let file = append_to(path)?;
        self.log = RefCell::new(Some(file.try_clone()?));
        if self.needed {
            self.push(path, file);
        }
        Ok(())
    }

    fn push(&mut self, path: &Path, file: File) {
        self.items.push(Item {
            path: path.to_path_buf(),
            way: Way::to(path).unwrap_or_default(),
            file,
        });
    }

    /// The text in the file.
    ///
    /// # Errors
    /// When it can be read neither by its name nor as it was kept, or is no text of a bearable
    /// length.
    pub(super) fn read(&self, path: &Path) -> io::Result<String> {
        match File::open(path) {
            Err(error) if error.kind() == ErrorKind::PermissionDenied => {
                prompt::text_from(self.same(path, &error)?)
            }
            opened => prompt::text_of(&opened?),
        }
    }

    /// The folder as it was kept, if it cannot be reached by its name any more.
    ///
    /// # Errors
    /// When it is out of reach and was not kept, or another one has its name.
    pub(super) fn folder(&self, path: &Path) -> io::Result<Option<File>> {
        match path.metadata() {
            Err(error) if error.kind() == ErrorKind::PermissionDenied => {
                self.same(path, &error)?.try_clone().map(Some)
            }
            // Any other error will come again where the folder is opened.
            _ => Ok(None),
        }
    }

    /// The log, to be written to at its end: when it cannot be opened again, as it was last, and
    /// what is to be said of that.
    ///
    /// # Errors
    /// When there is no log that was opened before.
    pub(super) fn append(&self, path: &Path) -> io::Result<(File, Option<io::Error>)> {
        let mut log = self.log.borrow_mut();
        match append_to(path) {
            Ok(file) => {
                *log = Some(file.try_clone()?);
                Ok((file, None))
            }
            Err(error) => {
                let Some(last) = &*log else {
                    return Err(error);
                };
                let is_same =
                    error.kind() == ErrorKind::PermissionDenied && self.same(path, &error).is_ok();
                Ok((last.try_clone()?, (!is_same).then_some(error)))
            }
        }
    }

    /// What was kept, if its name still leads to it; else why not, after the `error` of opening
    /// it by its name.
    fn same(&self, path: &Path, error: &io::Error) -> io::Result<&File> {
        let Some(item) = self.items.iter().find(|item| item.path == path) else {
            return Err(io::Error::new(error.kind(), error.to_string()));
        };
        let why = match item.way.as_ref().map_or(Leads::Nobody, Way::leads) {
            Leads::There => return Ok(&item.file),
            Leads::Elsewhere => {
                "another file has taken its place since root's privileges were given up"
            }
            Leads::Nobody => {
                "whether it is still the one that was opened at the start cannot be found out"
            }
        };
        Err(io::Error::other(format!(
            "{error}: {why}\n  \
             fix: let this server's user read it, change it in place, or start the server again"
        )))
    }
}

fn append_to(path: &Path) -> io::Result<File> {
    OpenOptions::new().append(true).create(true).open(path)
}
