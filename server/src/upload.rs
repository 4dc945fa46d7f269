//! A file on its way in: under a temporary name until it is whole.

use std::fs::{File, Permissions};
use std::io::{self, Seek, SeekFrom};
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use cap_std::fs::MetadataExt;

use crate::path::VirtualPath;
use crate::root::Root;

/// What every temporary name begins with; listings leave such names out.
const TEMPORARY_PREFIX: &[u8] = b".ftplab-upload-";

/// Whether a client may not give this name: what bears it is hidden, and ours to remove.
pub(crate) fn is_temporary(name: &[u8]) -> bool {
    name.starts_with(TEMPORARY_PREFIX)
}

/// An open upload. Dropping it without [`finish`](Self::finish) leaves no trace of a new file;
/// bytes appended to an existing one stay, so that the client can resume.
#[derive(Debug)]
pub(crate) struct Upload {
    pub(crate) file: File,
    root: Arc<Root>,
    /// Whether what came of a new file stays when the rest does not come.
    pub(crate) keep_partial: bool,
    /// For how long the client had sent nothing when it ended the data, if nothing but that end
    /// says that it is the end of the file.
    pub(crate) silence: Duration,
    /// Whether the final name may belong to an older file.
    overwrite: bool,
    /// Where an existing file is cut off once its new end begins to come.
    cut_at: Option<u64>,
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

    /// A new file, which replaces the one at `path` when it is whole. A link stays: what it
    /// leads to is replaced. What may not be written to is not replaced either, though its
    /// directory would let it.
    pub(crate) fn replace(root: &Arc<Root>, path: &VirtualPath) -> io::Result<Self> {
        let mut path = path.clone();
        let mode = match root.metadata(&path) {
            Ok(metadata) if metadata.is_dir() => return Err(io::ErrorKind::IsADirectory.into()),
            Ok(metadata) if !metadata.is_file() => {
                return Err(io::Error::other("not a regular file"));
            }
            Ok(metadata) => {
                path = root.behind_link(&path)?;
                root.require_writable(&path)?;
                Some(metadata.mode() & 0o777)
            }
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            // There may be a link all the same, to what is not there yet.
            Err(_) => {
                path = root.behind_link(&path)?;
                None
            }
        };
        let directory = path.parent();
        // A name is taken only if a process with our number died here before.
        for _ in 0..1000 {
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            let mut name = TEMPORARY_PREFIX.to_vec();
            name.extend(format!("{}-{number}", std::process::id()).bytes());
            let temporary = directory.child(&name);
            match root.create_new(&temporary) {
                Ok(file) => {
                    let upload = Self {
                        file,
                        root: Arc::clone(root),
                        keep_partial: false,
                        silence: Duration::ZERO,
                        overwrite: true,
                        cut_at: None,
                        rename: Some((temporary, path)),
                    };
                    // A file that only its owner could read stays so under its new content.
                    if let Some(mode) = mode {
                        upload.file.set_permissions(Permissions::from_mode(mode))?;
                    }
                    return Ok(upload);
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
            silence: Duration::ZERO,
            overwrite: true,
            cut_at: None,
            rename: None,
        })
    }

    /// The file at `path` from `offset` on; what was behind it is cut off when the upload
    /// [begins](Self::begin). `None` when the file is shorter than that.
    pub(crate) fn resume(
        root: &Arc<Root>,
        path: &VirtualPath,
        offset: u64,
    ) -> io::Result<Option<Self>> {
        let (mut file, size) = root.write(path, false)?;
        if offset > size {
            return Ok(None);
        }
        file.seek(SeekFrom::Start(offset))?;
        Ok(Some(Self {
            file,
            root: Arc::clone(root),
            keep_partial: false,
            silence: Duration::ZERO,
            overwrite: true,
            cut_at: Some(offset),
            rename: None,
        }))
    }

    /// The data connection is open. Not before: an upload that never comes must not cost the end
    /// of the file that it was to resume.
    pub(crate) fn begin(&self) -> io::Result<()> {
        self.cut_at
            .map_or(Ok(()), |offset| self.file.set_len(offset))
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
