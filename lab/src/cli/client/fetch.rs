//! One file down: it has its name only when it is whole.

use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use client::{ClientError, Folder, LocalKind, Part, Session, Transfer};
use proto::TypeCode;

use super::made::Made;
use super::progress::Progress;

/// A download over one session or several: what one of them brought, the next goes on with.
pub(super) struct Fetch<'a> {
    folder: &'a Folder,
    name: &'a [u8],
    /// Go on with what an earlier command brought, and keep what this one does.
    resume: bool,
    part: Option<Part>,
}

/// What a download did.
pub(super) enum Fetched {
    Now(Transfer),
    /// It was here already.
    Before,
}

impl<'a> Fetch<'a> {
    pub(super) fn new(folder: &'a Folder, name: &'a [u8], resume: bool) -> Self {
        Self {
            folder,
            name,
            resume,
            part: None,
        }
    }

    /// Tries it. After an error it can be tried again.
    pub(super) async fn attempt(
        &mut self,
        session: &mut Session,
        path: &[u8],
        type_code: TypeCode,
    ) -> Result<Fetched, ClientError> {
        session.type_(type_code).await?;
        let size = if type_code == TypeCode::Image {
            known(session.size(path).await)?
        } else {
            None
        };
        let part = match &mut self.part {
            Some(part) => part,
            none => {
                if self.resume
                    && let Some(local) = self.folder.entry(self.name)?
                    && let Some(size) = size
                    && local.kind == LocalKind::File
                    && local.size >= size
                {
                    if local.size == size {
                        return Ok(Fetched::Before);
                    }
                    return Err(ClientError::NotWhole {
                        expected: size,
                        actual: local.size,
                    });
                }
                none.insert(self.folder.part(self.name, self.resume)?)
            }
        };
        let here = part.len()?;
        if here > 0 {
            let changed = match known(session.mdtm(path).await)? {
                Some(time) => part.is_older_than(time)?,
                None => false,
            };
            if changed || size.is_some_and(|size| size < here) {
                part.restart()?;
            }
        }
        let shown = super::shown::shown(self.name);
        let bar = Progress::of(&shown, session, part.len()?, size);
        let transfer = session.continue_download(path, part, size).await;
        drop(bar);
        let transfer = transfer.map_err(|error| self.writing(error))?;
        if let Some(part) = self.part.take() {
            part.finish(None)?;
        }
        Ok(Fetched::Now(transfer))
    }
}

impl Fetch<'_> {
    /// A failure to write says to what, and what stays of it.
    fn writing(&self, error: ClientError) -> ClientError {
        let ClientError::Local(source) = error else {
            return error;
        };
        let path = self.folder.path().join(as_path(self.name));
        let stays = if self.resume {
            let part = path.display();
            format!("; what came is kept in {part}.ftplab-part, and -c goes on with it")
        } else {
            String::new()
        };
        let text = format!("cannot write: {source}{stays}");
        ClientError::LocalFile {
            path,
            source: io::Error::new(source.kind(), text),
        }
    }
}

/// Whether it takes bytes as they come and is never replaced: a device, a FIFO, a socket.
pub(super) fn is_stream(local: &Path) -> bool {
    std::fs::metadata(local).is_ok_and(|there| !there.is_file() && !there.is_dir())
}

/// RETR into something that is no regular file (a device, a FIFO): as it comes.
pub(super) async fn pour(
    session: &mut Session,
    path: &[u8],
    type_code: TypeCode,
    into: &Path,
) -> Result<Transfer, ClientError> {
    session.type_(type_code).await?;
    let opened = File::options().write(true).open(into);
    let mut file = opened.map_err(|source| ClientError::LocalFile {
        path: into.to_path_buf(),
        source,
    })?;
    session.retrieve(path, 0, &mut file).await
}

/// What the server told; `None` when it cannot tell.
pub(super) fn known<T>(told: Result<T, ClientError>) -> Result<Option<T>, ClientError> {
    match told {
        Ok(value) => Ok(Some(value)),
        Err(error @ (ClientError::Refused { .. } | ClientError::Unexpected { .. }))
            if !error.is_transient() =>
        {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// The last part of a path, if it can be a file's name here.
pub(super) fn file_name(path: &[u8]) -> Option<&[u8]> {
    let path = path.strip_suffix(b"/").unwrap_or(path);
    let name = path.rsplit(|&byte| byte == b'/').next()?;
    proto::is_plain_name(name).then_some(name)
}

/// Whether the user wrote it as a folder's: with a slash at its end.
pub(super) fn means_folder(local: &Path) -> bool {
    local.as_os_str().as_bytes().ends_with(b"/")
}

/// Where a file called `name` goes that is sent to `local`: into it if that is a folder, which is
/// made if it is missing and was written as one.
pub(super) fn within(local: &Path, name: &[u8]) -> Result<(PathBuf, Made), ClientError> {
    let made = if means_folder(local) {
        Made::open(local)?.1
    } else {
        Made::default()
    };
    let whole = if local.is_dir() {
        local.join(as_path(name))
    } else {
        local.to_path_buf()
    };
    Ok((whole, made))
}

/// A local path as its folder and the name in it.
pub(super) fn split(local: &Path) -> Option<(&Path, &OsStr)> {
    Some((local.parent()?, local.file_name()?))
}

/// A name as a path.
pub(super) fn as_path(name: &[u8]) -> &Path {
    Path::new(OsStr::from_bytes(name))
}
