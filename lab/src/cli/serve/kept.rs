//! The files that the flags name, held open from before root's privileges were given up: what
//! only root may open can be read again at SIGHUP all the same, as long as it is the same file.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, ErrorKind, Read, Seek};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Files that stay open.
#[derive(Debug, Default)]
pub(super) struct Kept(Vec<(PathBuf, File)>);

impl Kept {
    /// Keeps a file open for reading, if it is one; what is wrong with it shows when it is read.
    pub(super) fn keep(&mut self, path: &Path) {
        // A pipe is read once, by whom it is for.
        if path.is_file()
            && let Ok(file) = File::open(path)
        {
            self.0.push((path.to_path_buf(), file));
        }
    }

    /// Keeps a log open, to be written to at its end; made if it is missing.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub(super) fn keep_log(&mut self, path: &Path) -> io::Result<()> {
        self.0.push((path.to_path_buf(), append_to(path)?));
        Ok(())
    }

    /// Everything in the file.
    ///
    /// # Errors
    /// When it can be read neither by its name nor as it was kept.
    pub(super) fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        match std::fs::read(path) {
            Err(error) if error.kind() == ErrorKind::PermissionDenied => {
                let mut file = self.same(path, error)?;
                let mut bytes = Vec::new();
                file.rewind()?;
                file.read_to_end(&mut bytes)?;
                Ok(bytes)
            }
            read => read,
        }
    }

    /// The file, to be written to at its end.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub(super) fn append(&self, path: &Path) -> io::Result<File> {
        match append_to(path) {
            Err(error) if error.kind() == ErrorKind::PermissionDenied => {
                self.same(path, error)?.try_clone()
            }
            opened => opened,
        }
    }

    /// The file as it was kept, if it still has its name; else why not.
    fn same(&self, path: &Path, error: io::Error) -> io::Result<&File> {
        let Some((_, file)) = self.0.iter().find(|(kept, _)| kept == path) else {
            return Err(error);
        };
        let kept = file.metadata()?;
        let is_same = match std::fs::metadata(path) {
            Ok(now) => is_one(&kept, &now),
            // Nobody but root may even look; a file that was replaced has no name any more.
            Err(error) if error.kind() == ErrorKind::PermissionDenied => kept.nlink() > 0,
            Err(error) => return Err(error),
        };
        if is_same {
            return Ok(file);
        }
        Err(io::Error::other(format!(
            "{error}: another file has taken its place since root's privileges were given up\n  \
             fix: let this server's user read it, change it in place, or start the server again"
        )))
    }
}

fn is_one(a: &Metadata, b: &Metadata) -> bool {
    (a.dev(), a.ino()) == (b.dev(), b.ino())
}

fn append_to(path: &Path) -> io::Result<File> {
    OpenOptions::new().append(true).create(true).open(path)
}
