//! A file on its way in: under a temporary name until it is whole.

use std::fs::File;
use std::io::{self, Seek, SeekFrom};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::path::VirtualPath;
use crate::root::Root;

/// What every temporary name begins with; listings leave such names out.
pub(crate) const TEMPORARY_PREFIX: &[u8] = b".ftplab-upload-";

/// An open upload. Dropping it without [`finish`](Self::finish) leaves no trace of a new file;
/// bytes appended to an existing one stay, so that the client can resume.
#[derive(Debug)]
pub(crate) struct Upload {
    pub(crate) file: File,
    root: Arc<Root>,
    /// Whether what came of a new file stays when the rest does not come.
    pub(crate) keep_partial: bool,
    /// Whether the final name may belong to an older file.
    overwrite: bool,
    /// The temporary and the final path; `None` when an existing file is written in place.
    rename: Option<(VirtualPath, VirtualPath)>,
}

/// Tells the temporary names of one process apart.
static NEXT: AtomicU64 = AtomicU64::new(0);

impl Upload {
    /// A new file at `path`, where there must be none, now and when it is whole.
    pub(crate) fn create(root: &Arc<Root>, path: &VirtualPath) -> io::Result<Self> {
        if root.symlink_metadata(path).is_ok() {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        Self::replace(root, path).map(|mut upload| {
            upload.overwrite = false;
            upload
        })
    }

    /// A new file, which replaces the one at `path` when it is whole.
    pub(crate) fn replace(root: &Arc<Root>, path: &VirtualPath) -> io::Result<Self> {
        match root.metadata(path) {
            Ok(metadata) if metadata.is_dir() => return Err(io::ErrorKind::IsADirectory.into()),
            Ok(metadata) if !metadata.is_file() => {
                return Err(io::Error::other("not a regular file"));
            }
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(_) | Err(_) => {}
        }
        let directory = path.parent();
        // A name is taken only if a process with our number died here before.
        for _ in 0..1000 {
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            let mut name = TEMPORARY_PREFIX.to_vec();
            name.extend(format!("{}-{number}", std::process::id()).bytes());
            let temporary = directory.child(&name);
            match root.create_new(&temporary) {
                Ok(file) => {
                    return Ok(Self {
                        file,
                        root: Arc::clone(root),
                        keep_partial: false,
                        overwrite: true,
                        rename: Some((temporary, path.clone())),
                    });
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
        Err(io::ErrorKind::AlreadyExists.into())
    }

    /// The end of the file at `path`, which is made if there is none.
    pub(crate) fn append(root: &Arc<Root>, path: &VirtualPath) -> io::Result<Self> {
        let (mut file, _) = root.write(path, true)?;
        file.seek(SeekFrom::End(0))?;
        Ok(Self {
            file,
            root: Arc::clone(root),
            keep_partial: false,
            overwrite: true,
            rename: None,
        })
    }

    /// The file at `path` from `offset` on; what was behind it is cut off. `None` when the file
    /// is shorter than that.
    pub(crate) fn resume(
        root: &Arc<Root>,
        path: &VirtualPath,
        offset: u64,
    ) -> io::Result<Option<Self>> {
        let (mut file, size) = root.write(path, false)?;
        if offset > size {
            return Ok(None);
        }
        file.set_len(offset)?;
        file.seek(SeekFrom::Start(offset))?;
        Ok(Some(Self {
            file,
            root: Arc::clone(root),
            keep_partial: false,
            overwrite: true,
            rename: None,
        }))
    }

    /// The file is whole: gives it its name.
    pub(crate) fn finish(mut self) -> io::Result<()> {
        let Some((temporary, path)) = self.rename.take() else {
            return Ok(());
        };
        let renamed = if self.overwrite {
            self.root.rename(&temporary, &path)
        } else {
            self.root.rename_new(&temporary, &path)
        };
        renamed.inspect_err(|_| self.discard(&temporary))
    }

    fn discard(&self, temporary: &VirtualPath) {
        if let Err(error) = self.root.remove_file(temporary) {
            tracing::warn!(
                target: "ftplab::server",
                path = %temporary.as_path().display(),
                %error,
                "cannot remove an unfinished upload"
            );
        }
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        let Some((temporary, path)) = self.rename.take() else {
            return;
        };
        let has_some = || self.file.metadata().is_ok_and(|file| file.len() > 0);
        if self.keep_partial && has_some() && self.root.rename_new(&temporary, &path).is_ok() {
            return;
        }
        self.discard(&temporary);
    }
}
