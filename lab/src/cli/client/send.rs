//! One file up.

use std::fs::File;
use std::path::Path;

use client::{ClientError, Session, Transfer};
use proto::TypeCode;

use super::fetch::known;
use super::progress::Progress;

/// How a file goes up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// From its first byte, in place of what is there.
    Whole,
    /// From where the server's file ends; what is there already stays.
    Resume,
    /// At the end of what is there.
    Append,
}

/// STOR or APPE of a local file; `None` when the server had all of it.
pub(super) async fn send(
    session: &mut Session,
    local: &Path,
    path: &[u8],
    type_code: TypeCode,
    way: Way,
) -> Result<Option<Transfer>, ClientError> {
    let at_local = |source| ClientError::LocalFile {
        path: local.to_path_buf(),
        source,
    };
    let mut file = File::open(local).map_err(at_local)?;
    let metadata = file.metadata().map_err(at_local)?;
    if metadata.is_dir() {
        return Err(at_local(std::io::ErrorKind::IsADirectory.into()));
    }
    session.type_(type_code).await?;
    let shown = local.display().to_string();
    let total = metadata.is_file().then_some(metadata.len());
    let bar = |session: &Session, from| Progress::of(&shown, session, from, total);
    let sent = match way {
        Way::Append => {
            let _bar = bar(session, 0);
            session.append(path, &mut file).await
        }
        // A pipe has no place to go back to.
        _ if !metadata.is_file() => {
            let _bar = bar(session, 0);
            session.store(path, 0, &mut file).await
        }
        Way::Whole => {
            let _bar = bar(session, 0);
            session.continue_upload(&mut file, path, 0).await
        }
        Way::Resume => {
            let there = known(session.size(path).await)?.unwrap_or(0);
            if there == metadata.len() {
                return Ok(None);
            }
            if there > metadata.len() {
                return Err(ClientError::NotWhole {
                    expected: metadata.len(),
                    actual: there,
                });
            }
            let _bar = bar(session, there);
            session.continue_upload(&mut file, path, there).await
        }
    };
    sent.map(Some)
}
