//! Files on our side: a download has its name only when it is whole.

use std::fs::File;
use std::io::{self, Seek, SeekFrom};
use std::path::Path;

use tempfile::Builder;

use crate::error::ClientError;
use crate::session::Session;
use crate::transfer::Transfer;

impl Session {
    /// RETR into the file `local`: under a temporary name beside it until the server has said
    /// 226, then in its place. When anything fails, a file that was there before is untouched.
    ///
    /// # Errors
    /// As [`retrieve`](Self::retrieve), and [`ClientError::LocalFile`].
    pub async fn download(
        &mut self,
        path: impl AsRef<[u8]>,
        local: &Path,
    ) -> Result<Transfer, ClientError> {
        let at_local = |source: io::Error| ClientError::LocalFile {
            path: local.to_path_buf(),
            source,
        };
        let directory = match local.parent() {
            Some(parent) if parent != Path::new("") => parent,
            _ => Path::new("."),
        };
        // Readable by whom the user's umask allows, like any file that a program makes.
        let permissions = std::os::unix::fs::PermissionsExt::from_mode(0o666);
        let temporary = Builder::new()
            .prefix(".ftplab-download-")
            .permissions(permissions)
            .tempfile_in(directory)
            .map_err(at_local)?;
        let transfer = self.retrieve_file(path, 0, temporary.as_file()).await?;
        temporary
            .persist(local)
            .map_err(|error| at_local(error.error))?;
        Ok(transfer)
    }

    /// Goes on with a download that left the first bytes in `local`: RETR from their end on,
    /// appended. What comes stays there, whole or not, so that it can be resumed again.
    ///
    /// # Errors
    /// As [`download`](Self::download).
    pub async fn resume_download(
        &mut self,
        path: impl AsRef<[u8]>,
        local: &Path,
    ) -> Result<Transfer, ClientError> {
        let at_local = |source: io::Error| ClientError::LocalFile {
            path: local.to_path_buf(),
            source,
        };
        let mut file = File::options().write(true).open(local).map_err(at_local)?;
        let offset = file.seek(SeekFrom::End(0)).map_err(at_local)?;
        self.retrieve_file(path, offset, &file).await
    }

    /// STOR of the file `local`.
    ///
    /// # Errors
    /// As [`store`](Self::store), and [`ClientError::LocalFile`].
    pub async fn upload(
        &mut self,
        local: &Path,
        path: impl AsRef<[u8]>,
    ) -> Result<Transfer, ClientError> {
        let file = File::open(local).map_err(|source| ClientError::LocalFile {
            path: local.to_path_buf(),
            source,
        })?;
        self.store_file(path, 0, &file).await
    }
}
