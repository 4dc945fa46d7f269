//! A download that is not whole yet: it has another name until it is.

use std::ffi::OsStr;
use std::fs::File;
use std::hash::{BuildHasher, RandomState};
use std::io::{Seek, SeekFrom};
use std::os::unix::ffi::OsStrExt;
use std::time::{Duration, SystemTime};

use cap_std::fs::{OpenOptions, OpenOptionsExt};
use proto::{TimeVal, TypeCode};

use crate::error::ClientError;
use crate::folder::{Folder, LocalEntry, LocalKind, UNFOLLOWED};
use crate::session::Session;
use crate::transfer::Transfer;

/// What the name of a kept part ends with.
const KEPT: &[u8] = b".ftplab-part";
/// The longest name that file systems take, in bytes.
const MAX_NAME: usize = 255;

/// A file on its way. Dropped before [`finish`](Self::finish), it is removed, unless it is to be
/// kept for another time.
#[derive(Debug)]
pub struct Part {
    folder: Folder,
    file: File,
    /// Its name now.
    name: Vec<u8>,
    /// Its name when it is whole.
    target: Vec<u8>,
    keep: bool,
    /// How many bytes the file had that lost its name to this one, if there was such a file.
    taken: Option<u64>,
    finished: bool,
}

impl Part {
    pub(crate) fn open(folder: Folder, target: &[u8], keep: bool) -> Result<Self, ClientError> {
        let mut options = OpenOptions::new();
        options
            .read(true)
            .write(true)
            .mode(0o666)
            .custom_flags(UNFOLLOWED);
        let name = if keep {
            kept_name(target)
        } else {
            let random = RandomState::new().hash_one(target);
            format!(".ftplab-download-{random:016x}").into_bytes()
        };
        let cut = if keep {
            take_cut(&folder, target, &name, &options)?
        } else {
            None
        };
        let (file, taken) = if let Some((file, size)) = cut {
            (file, Some(size))
        } else {
            options.create(keep).create_new(!keep);
            let file = folder.file(&name, &options).map_err(|error| match error {
                // The user knows the file by the name that it will have.
                ClientError::LocalFile { source, .. } => ClientError::LocalFile {
                    path: folder.path().join(OsStr::from_bytes(target)),
                    source,
                },
                error => error,
            })?;
            (file, None)
        };
        Ok(Self {
            folder,
            file,
            name,
            target: target.to_vec(),
            keep,
            taken,
            finished: false,
        })
    }

    /// Bytes that are here.
    ///
    /// # Errors
    /// When the file cannot be asked.
    pub fn len(&self) -> Result<u64, ClientError> {
        let metadata = self.file.metadata().map_err(ClientError::Local)?;
        Ok(metadata.len())
    }

    /// Whether nothing is here yet.
    ///
    /// # Errors
    /// As [`len`](Self::len).
    pub fn is_empty(&self) -> Result<bool, ClientError> {
        self.len().map(|len| len == 0)
    }

    /// Forgets what is here: it belongs to another version of the file.
    ///
    /// # Errors
    /// When the file cannot be cut.
    pub fn restart(&mut self) -> Result<(), ClientError> {
        self.taken = None;
        self.file.set_len(0).map_err(ClientError::Local)
    }

    /// Whether what is here was written before the server's file changed.
    ///
    /// # Errors
    /// When the file cannot be asked.
    pub fn is_older_than(&self, modified: TimeVal) -> Result<bool, ClientError> {
        let metadata = self.file.metadata().map_err(ClientError::Local)?;
        let written = metadata.modified().map_err(ClientError::Local)?;
        Ok(time_of(modified).is_some_and(|modified| written < modified))
    }

    /// The file is whole: it gets its name, and the server's time if there is one.
    ///
    /// # Errors
    /// [`ClientError::LocalFile`] when it cannot be renamed.
    pub fn finish(mut self, modified: Option<TimeVal>) -> Result<(), ClientError> {
        if let Some(time) = modified.and_then(time_of) {
            self.file.set_modified(time).map_err(ClientError::Local)?;
        }
        self.folder.rename(&self.name, &self.target)?;
        self.finished = true;
        Ok(())
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        if self.finished {
            return;
        }
        let len = self.len().ok();
        // Nothing came: then it is what it was before.
        let is_untouched = self.taken.is_some() && self.taken == len;
        let is_free = || matches!(self.folder.entry(&self.target), Ok(None));
        if is_untouched && is_free() && self.folder.rename(&self.name, &self.target).is_ok() {
            return;
        }
        if !self.keep || len == Some(0) {
            // There is nobody to tell.
            let _ = self.folder.remove(&self.name);
        }
    }
}

/// Another program's cut download has the final name `target`: it is not whole, so it loses it to
/// `name`, unless there is something kept already. Gives the file, open, and how many bytes it has.
fn take_cut(
    folder: &Folder,
    target: &[u8],
    name: &[u8],
    options: &OpenOptions,
) -> Result<Option<(File, u64)>, ClientError> {
    let is_file = |entry: LocalEntry| entry.kind == LocalKind::File;
    if folder.entry(name)?.is_some() || !folder.entry(target)?.is_some_and(is_file) {
        return Ok(None);
    }
    // Opened before it has another name: one that cannot be opened keeps its own.
    let file = folder.file(target, options)?;
    let size = file.metadata().map_err(ClientError::Local)?.len();
    folder.rename(target, name)?;
    Ok(Some((file, size)))
}

fn kept_name(target: &[u8]) -> Vec<u8> {
    let room = MAX_NAME - KEPT.len();
    [&target[..target.len().min(room)], KEPT].concat()
}

fn time_of(time: TimeVal) -> Option<SystemTime> {
    let seconds = time.to_unix();
    let span = Duration::from_secs(seconds.unsigned_abs());
    if seconds < 0 {
        SystemTime::UNIX_EPOCH.checked_sub(span)
    } else {
        SystemTime::UNIX_EPOCH.checked_add(span)
    }
}

impl Session {
    /// RETR into `part`, from where it ends. In TYPE A, where offsets mean other things here and
    /// there, from the beginning. What came stays in `part`, whatever happens.
    ///
    /// `expected` is the size that the whole file should have, if it is known: a server that
    /// says 226 after fewer bytes is not believed.
    ///
    /// # Errors
    /// As [`retrieve`](Self::retrieve); [`ClientError::NotWhole`].
    pub async fn continue_download(
        &mut self,
        path: impl AsRef<[u8]>,
        part: &mut Part,
        expected: Option<u64>,
    ) -> Result<Transfer, ClientError> {
        if self.type_code != TypeCode::Image {
            part.restart()?;
        }
        let offset = part.len()?;
        part.file
            .seek(SeekFrom::Start(offset))
            .map_err(ClientError::Local)?;
        let transfer = self.retrieve_file(path, offset, &part.file).await?;
        let actual = offset + transfer.bytes;
        match expected {
            Some(expected) if actual < expected && self.type_code == TypeCode::Image => {
                Err(ClientError::NotWhole { expected, actual })
            }
            _ => Ok(transfer),
        }
    }

    /// STOR of `file` from byte `offset` on, which the server has already; 0 for all of it.
    ///
    /// # Errors
    /// As [`store`](Self::store); [`ClientError::NotWhole`] when the server then has another
    /// number of bytes.
    pub async fn continue_upload(
        &mut self,
        file: &mut File,
        path: impl AsRef<[u8]>,
        offset: u64,
    ) -> Result<Transfer, ClientError> {
        let path = path.as_ref();
        file.seek(SeekFrom::Start(offset))
            .map_err(ClientError::Local)?;
        let transfer = self.store_file(path, offset, file).await?;
        if self.type_code == TypeCode::Image {
            let expected = offset + transfer.bytes;
            // A server that cannot tell is believed.
            if let Ok(actual) = self.size(path).await
                && actual != expected
            {
                return Err(ClientError::NotWhole { expected, actual });
            }
        }
        Ok(transfer)
    }
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;
    use std::io::{ErrorKind, Write};
    use std::os::unix::fs::{PermissionsExt, chown};
    use std::thread;

    use rustix::process::{Uid, geteuid};
    use rustix::thread::set_thread_res_uid;

    use crate::error::ClientError;
    use crate::folder::Folder;

    #[test]
    fn a_file_keeps_its_name_when_it_may_not_be_written_to() {
        const NOBODY: u32 = 65534;
        let local = tempfile::tempdir().unwrap();
        let file = local.path().join("x");
        std::fs::write(&file, "half").unwrap();
        std::fs::set_permissions(&file, Permissions::from_mode(0o444)).unwrap();
        let folder = Folder::open(local.path()).unwrap();
        let is_root = geteuid().is_root();
        if is_root {
            chown(local.path(), Some(NOBODY), Some(NOBODY)).unwrap();
            chown(&file, Some(NOBODY), Some(NOBODY)).unwrap();
        }
        let refused = thread::scope(|scope| {
            let asking = scope.spawn(|| {
                if is_root {
                    // Root may write to everything; this is of the one thread alone.
                    let nobody = Uid::from_raw(NOBODY);
                    set_thread_res_uid(nobody, nobody, nobody).unwrap();
                }
                folder.part(b"x", true).unwrap_err()
            });
            asking.join().unwrap()
        });
        let ClientError::LocalFile { path, source } = refused else {
            panic!("{refused}");
        };
        assert_eq!(
            (path, source.kind()),
            (file.clone(), ErrorKind::PermissionDenied)
        );
        let entries = folder.entries().unwrap();
        assert_eq!(entries.len(), 1, "{entries:?}");
        assert_eq!(std::fs::read(&file).unwrap(), b"half");
    }

    #[test]
    fn a_file_keeps_its_name_when_nothing_came() {
        let local = tempfile::tempdir().unwrap();
        let folder = Folder::open(local.path()).unwrap();
        let names = || {
            let entries = folder.entries().unwrap().into_iter();
            let names = entries.map(|entry| String::from_utf8(entry.name).unwrap());
            names.collect::<Vec<_>>()
        };
        for content in ["half", ""] {
            std::fs::write(local.path().join("x"), content).unwrap();
            drop(folder.part(b"x", true).unwrap());
            assert_eq!(names(), ["x"]);
            assert_eq!(
                std::fs::read(local.path().join("x")).unwrap(),
                content.as_bytes()
            );
        }
        // Something came.
        let mut part = folder.part(b"x", true).unwrap();
        part.file.write_all(b"more").unwrap();
        drop(part);
        assert_eq!(names(), ["x.ftplab-part"]);
        // What was kept for another time is no other file's.
        drop(folder.part(b"x", true).unwrap());
        assert_eq!(names(), ["x.ftplab-part"]);
    }
}
