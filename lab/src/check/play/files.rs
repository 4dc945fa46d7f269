//! Files before and after a script, through a session of their own.

use std::time::Duration;

use client::{ClientError, Session};
use futures::future::join_all;
use script::{Content, Given, Need, Script, StepKind, Template, Then};
use tokio::time::timeout;

use super::control::Control;
use super::{Found, Got, Player};
use crate::check::content;
use crate::check::data::filling;
use crate::check::shown::Shown;
use crate::check::target::is_broken;

/// The largest file that is fetched to be looked at.
const LARGEST: usize = 64 << 20;

/// How long it may take to remove what a script made; whoever ends a run waits for it.
const CLEANING: Duration = Duration::from_secs(15);
/// How long the server may take for its farewell.
const FAREWELL: Duration = Duration::from_secs(2);

/// How many uploads a session under TLS may have that wants its data connections to resume it:
/// `ProFTPD` gives two tickets of TLS 1.3, each good for one, and another only with a download.
const UPLOADS: u32 = 2;

/// Whether a script needs a folder of its own: it has files, or it may write.
pub(super) fn wants_folder(script: &Script) -> bool {
    script.header.needs.contains(&Need::Write)
        || script
            .steps
            .iter()
            .any(|step| matches!(step.kind, StepKind::Given(_)))
}

impl Player<'_> {
    async fn helper(&mut self) -> Result<&mut Session, ClientError> {
        match &mut self.helper {
            Some(session) => Ok(session),
            none => Ok(none.insert(self.target.log_in().await?)),
        }
    }

    pub(super) async fn make_folder(&mut self, folder: &[u8]) -> Result<(), ClientError> {
        self.helper().await?.mkdir(folder).await.map(drop)
    }

    /// The name of a file, as the server knows it.
    pub(super) fn path(&self, name: &Template) -> Result<Vec<u8>, Got> {
        let name = self.fill(name)?;
        if name.starts_with(b"/") {
            return Ok(name);
        }
        let mut path = self
            .folder
            .clone()
            .unwrap_or_else(|| self.target.base.clone());
        if path.last() != Some(&b'/') {
            path.push(b'/');
        }
        path.extend_from_slice(&name);
        Ok(path)
    }

    pub(super) async fn given(&mut self, given: &Given) -> Found {
        self.stays_inside(given)?;
        let (name, bytes) = match given {
            Given::File { name, bytes } => (name, self.fill(bytes)?),
            Given::Filled { name, size } => (name, filling(0, *size)),
            Given::Folder(name) => {
                let path = self.path(name)?;
                return self.make_folder(&path).await.map_err(not_made);
            }
            Given::Nothing(name) => {
                let path = self.path(name)?;
                // It is not there, which is what is wanted, or it cannot be removed: then the
                // script says so in its own words.
                let _ = self.helper().await?.delete(&path).await;
                return Ok(());
            }
        };
        let path = self.path(name)?;
        let session = self.helper().await?;
        let stored = session.store(&path, 0, &mut bytes.as_slice()).await;
        stored.map(drop).map_err(not_made)?;
        self.stored += 1;
        if self.target.secured && self.stored.is_multiple_of(UPLOADS) {
            self.leave().await;
        }
        Ok(())
    }

    /// Ends the session for files; the next line that needs one begins another.
    async fn leave(&mut self) {
        if let Some(session) = self.helper.take() {
            // A farewell that fails changes nothing.
            let _ = timeout(FAREWELL, session.quit()).await;
        }
    }

    /// Nothing of the user's own is made, written over or removed: also where a variable stands
    /// in the name, and where it is written with `$dir`.
    fn stays_inside(&self, given: &Given) -> Found {
        let (Given::File { name, .. }
        | Given::Filled { name, .. }
        | Given::Folder(name)
        | Given::Nothing(name)) = given;
        let filled = self.fill(name)?;
        let folder = self.folder.as_deref();
        let relative = folder
            .and_then(|folder| filled.strip_prefix(folder)?.strip_prefix(b"/"))
            .unwrap_or(&filled);
        if given.stays_inside(relative) {
            return Ok(());
        }
        let filled = Shown(&filled);
        Err(Got::Mistake(format!(
            "`{filled}` leads out of the script's folder"
        )))
    }

    /// The bytes of a file on the server.
    pub(super) async fn fetch(&mut self, path: &[u8]) -> Result<Vec<u8>, Got> {
        let session = self.helper().await?;
        let mut bytes = Bounded(Vec::new());
        let fetched = session.retrieve(path, 0, &mut bytes).await;
        fetched.map_err(|error| Got::Instead(format!("the file cannot be read: {error}")))?;
        Ok(bytes.0)
    }

    pub(super) async fn then(&mut self, then: &Then) -> Found {
        match then {
            Then::Folder(name) => {
                let path = self.path(name)?;
                let entered = self.helper().await?.cwd(&path).await;
                entered.map_err(|error| Got::Instead(error.to_string()))
            }
            Then::Nothing(name) => {
                let path = self.path(name)?;
                if self.fetch(&path).await.is_ok() {
                    return Err("a file of that name".to_owned().into());
                }
                if self.helper().await?.cwd(&path).await.is_ok() {
                    return Err("a folder of that name".to_owned().into());
                }
                Ok(())
            }
            // Files are handled by the caller; the rest belongs to scripts that play the server.
            _ => Err("a line that has no place here".to_owned().into()),
        }
    }

    /// Whether bytes are all that is said of them.
    pub(super) async fn hold(&mut self, bytes: &[u8], contents: &[Content]) -> Found {
        for content in contents {
            let other = match content {
                Content::OfFile(name) => {
                    let path = self.path(name)?;
                    Some(self.fetch(&path).await?)
                }
                _ => None,
            };
            content::holds(bytes, content, other.as_deref(), &mut self.variables)?;
        }
        Ok(())
    }

    /// Closes what the script opened; the control connections together, once no transfer keeps the
    /// server from seeing that.
    pub(super) async fn hang_up(&mut self) {
        self.data.clear();
        let controls = std::mem::take(&mut self.controls).into_values();
        join_all(controls.map(Control::leave)).await;
    }

    /// Removes what the script made.
    pub(super) async fn clean_up(&mut self) {
        if let Some(folder) = self.folder.take() {
            let removed = timeout(CLEANING, self.remove(&folder)).await;
            let removed = removed
                .unwrap_or_else(|_| Err(format!("it took longer than {} s", CLEANING.as_secs())));
            if let Err(why) = removed {
                self.target.stays(&folder, &why);
            }
        }
        self.leave().await;
    }

    /// Removes a folder, through a new session where the one of before is lost.
    async fn remove(&mut self, folder: &[u8]) -> Result<(), String> {
        if let Ok(session) = self.helper().await
            && session.remove_tree(folder).await.is_ok()
        {
            return Ok(());
        }
        self.helper = None;
        let session = self.helper().await.map_err(|error| error.to_string())?;
        let removed = session.remove_tree(folder).await;
        removed.map_err(|error| error.to_string())
    }
}

/// A server that says no may do so; one that does not answer may not.
#[allow(clippy::needless_pass_by_value)] // as `map_err` gives it
fn not_made(error: ClientError) -> Got {
    if is_broken(&error) {
        return Got::Instead(error.to_string());
    }
    Got::Skip(format!("what the script is given cannot be made: {error}"))
}

/// Takes bytes up to a bound.
struct Bounded(Vec<u8>);

impl std::io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if self.0.len() + bytes.len() > LARGEST {
            return Err(std::io::Error::other("the file is larger than 64 MiB"));
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
