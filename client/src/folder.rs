//! A folder here that the names of a server cannot lead out of.

use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use cap_std::ambient_authority;
use cap_std::fs::{Dir, Metadata, OpenOptions, OpenOptionsExt};

use crate::error::ClientError;
use crate::part::Part;

/// A directory handle. Everything below it is reached by name through the handle, one plain
/// name at a time; neither `..` nor a symbolic link leads out.
#[derive(Debug)]
pub struct Folder {
    dir: Dir,
    /// For messages.
    path: PathBuf,
}

/// What an entry of a [`Folder`] is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalEntry {
    /// Its plain name.
    pub name: Vec<u8>,
    /// What it is.
    pub kind: LocalKind,
    /// Bytes.
    pub size: u64,
    /// When it was changed, in seconds since 1970-01-01 UTC, if the file system says.
    pub modified: Option<i64>,
}

/// What an entry of a folder is; a symbolic link counts as [`Other`](Self::Other).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LocalKind {
    /// A regular file.
    File,
    /// A directory.
    Folder,
    /// Neither: a symbolic link, a FIFO, a device, a socket.
    Other,
}

impl Folder {
    /// Opens a folder that the user named: here, links are followed.
    ///
    /// # Errors
    /// [`ClientError::LocalFile`], here and below.
    pub fn open(path: &Path) -> Result<Self, ClientError> {
        let named = if path.as_os_str().is_empty() {
            Path::new(".")
        } else {
            path
        };
        match Dir::open_ambient_dir(named, ambient_authority()) {
            Ok(dir) => Ok(Self {
                dir,
                path: path.to_path_buf(),
            }),
            Err(source) => Err(at(path, source)),
        }
    }

    /// Opens a folder that the user named, and makes it, and what leads to it, if it is missing.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_or_make(path: &Path) -> Result<Self, ClientError> {
        if !path.as_os_str().is_empty() {
            std::fs::create_dir_all(path).map_err(|source| at(path, source))?;
        }
        Self::open(path)
    }

    /// The folder's path, as it was named.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The folder `name` in this one, made if it is missing. A symbolic link is refused.
    ///
    /// # Errors
    /// As [`open`](Self::open); [`ClientError::UnsafeName`] when `name` is no plain name.
    pub fn below(&self, name: &[u8]) -> Result<Self, ClientError> {
        let name = plain(name)?;
        let path = self.path.join(name);
        match self.dir.create_dir(name) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                return Err(at(&path, error));
            }
            _ => {}
        }
        let found = self.dir.symlink_metadata(name);
        let found = found.map_err(|source| at(&path, source))?;
        if !found.is_dir() {
            return Err(at(&path, io::ErrorKind::NotADirectory.into()));
        }
        match self.dir.open_dir(name) {
            Ok(dir) => Ok(Self { dir, path }),
            Err(source) => Err(at(&path, source)),
        }
    }

    /// The folder `name` in this one, if it is there and no symbolic link.
    ///
    /// # Errors
    /// As [`below`](Self::below).
    pub(crate) fn find(&self, name: &[u8]) -> Result<Option<Self>, ClientError> {
        match self.entry(name)?.map(|entry| entry.kind) {
            Some(LocalKind::Folder) => self.below(name).map(Some),
            _ => Ok(None),
        }
    }

    /// Removes the folder `name`, which must be empty.
    pub(crate) fn remove_empty(&self, name: &[u8]) -> Result<(), ClientError> {
        let os = plain(name)?;
        let removed = self.dir.remove_dir(os);
        removed.map_err(|source| at(&self.path.join(os), source))
    }

    /// What is called `name` here, if anything is. Links are not followed.
    ///
    /// # Errors
    /// As [`below`](Self::below).
    pub fn entry(&self, name: &[u8]) -> Result<Option<LocalEntry>, ClientError> {
        let os = plain(name)?;
        match self.dir.symlink_metadata(os) {
            Ok(metadata) => Ok(Some(described(name, &metadata))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(at(&self.path.join(os), error)),
        }
    }

    /// Everything in this folder, sorted by name.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn entries(&self) -> Result<Vec<LocalEntry>, ClientError> {
        let failed = |source| at(&self.path, source);
        let mut entries = Vec::new();
        for entry in self.dir.entries().map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let metadata = entry.metadata().map_err(failed)?;
            entries.push(described(entry.file_name().as_bytes(), &metadata));
        }
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(entries)
    }

    /// Why no file can be called `name`: a folder is.
    pub(crate) fn in_the_way(&self, name: &[u8]) -> ClientError {
        let source = io::Error::other("a folder stands where the file belongs");
        at(&self.path.join(OsStr::from_bytes(name)), source)
    }

    /// Opens the regular file `name` for reading. A link, a FIFO or a device is refused.
    ///
    /// # Errors
    /// As [`below`](Self::below).
    pub fn read(&self, name: &[u8]) -> Result<File, ClientError> {
        let mut options = OpenOptions::new();
        options.read(true).custom_flags(UNFOLLOWED);
        self.file(name, &options)
    }

    /// Begins, or goes on with, a download that will be called `name`. A device, a FIFO or a
    /// socket of that name is not replaced: root would take `/dev/null` from everybody.
    ///
    /// # Errors
    /// As [`below`](Self::below).
    pub fn part(&self, name: &[u8], keep: bool) -> Result<Part, ClientError> {
        let os = plain(name)?;
        if let Ok(there) = self.dir.symlink_metadata(os)
            && !(there.is_file() || there.is_dir() || there.is_symlink())
        {
            let source = io::Error::other("it is no regular file, and stays what it is");
            return Err(at(&self.path.join(os), source));
        }
        Part::open(self.again()?, name, keep)
    }

    /// Another handle of the same folder.
    pub(crate) fn again(&self) -> Result<Self, ClientError> {
        match self.dir.try_clone() {
            Ok(dir) => Ok(Self {
                dir,
                path: self.path.clone(),
            }),
            Err(source) => Err(at(&self.path, source)),
        }
    }

    /// Removes `name`, and all that is in it.
    ///
    /// # Errors
    /// As [`below`](Self::below).
    pub fn remove(&self, name: &[u8]) -> Result<(), ClientError> {
        let os = plain(name)?;
        let found = self.entry(name)?;
        let removed = match found.map(|entry| entry.kind) {
            None => Ok(()),
            Some(LocalKind::Folder) => self.dir.remove_dir_all(os),
            Some(_) => self.dir.remove_file(os),
        };
        removed.map_err(|source| at(&self.path.join(os), source))
    }

    /// Gives the entry `from` the name `to`; what was called so is replaced.
    pub(crate) fn rename(&self, from: &[u8], to: &[u8]) -> Result<(), ClientError> {
        let renamed = self.dir.rename(plain(from)?, &self.dir, plain(to)?);
        renamed.map_err(|source| at(&self.path.join(OsStr::from_bytes(to)), source))
    }

    /// Opens `name` as the options say; it must be a regular file.
    pub(crate) fn file(&self, name: &[u8], options: &OpenOptions) -> Result<File, ClientError> {
        let os = plain(name)?;
        let failed = |source| at(&self.path.join(os), source);
        let file = self.dir.open_with(os, options).map_err(failed)?.into_std();
        if !file.metadata().map_err(failed)?.is_file() {
            return Err(failed(io::Error::other("it is no regular file")));
        }
        Ok(file)
    }
}

/// Neither a link is followed nor a FIFO's other end waited for.
#[expect(clippy::cast_possible_wrap, reason = "two low bits of an int")]
pub(crate) const UNFOLLOWED: i32 = rustix::fs::OFlags::NOFOLLOW
    .union(rustix::fs::OFlags::NONBLOCK)
    .bits() as i32;

fn plain(name: &[u8]) -> Result<&OsStr, ClientError> {
    if proto::is_plain_name(name) {
        Ok(OsStr::from_bytes(name))
    } else {
        let shown = String::from_utf8_lossy(name).into_owned();
        Err(ClientError::UnsafeName(shown))
    }
}

fn at(path: &Path, source: io::Error) -> ClientError {
    ClientError::LocalFile {
        path: path.to_path_buf(),
        source,
    }
}

fn described(name: &[u8], metadata: &Metadata) -> LocalEntry {
    let kind = if metadata.is_file() {
        LocalKind::File
    } else if metadata.is_dir() {
        LocalKind::Folder
    } else {
        LocalKind::Other
    };
    LocalEntry {
        name: name.to_vec(),
        kind,
        size: metadata.len(),
        modified: metadata
            .modified()
            .ok()
            .and_then(|time| seconds(time.into_std())),
    }
}

/// Whole seconds since 1970, rounded down.
fn seconds(time: SystemTime) -> Option<i64> {
    match time.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(after) => i64::try_from(after.as_secs()).ok(),
        Err(before) => {
            let before = before.duration();
            let whole = i64::try_from(before.as_secs()).ok()?;
            Some(-whole - i64::from(before.subsec_nanos() > 0))
        }
    }
}
