//! A folder for temporary files, which goes also when this process is killed.

use std::io;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

/// A folder with all that is in it; gone when this is dropped, and when this process ends in any
/// other way: a shell waits for that. Where there is none, the folder is an ordinary one.
#[derive(Debug)]
pub(crate) struct Swept {
    // First, so that the shell goes when nothing is left for it to do.
    folder: TempDir,
    _sweeper: Option<Sweeper>,
}

impl Swept {
    /// Makes a folder whose name begins so.
    ///
    /// # Errors
    /// When there is no place for it.
    pub(crate) fn new(prefix: &str) -> io::Result<Self> {
        let folder = tempfile::Builder::new().prefix(prefix).tempdir()?;
        let sweeper = Sweeper::of(folder.path());
        if let Err(error) = &sweeper {
            tracing::debug!(%error, "nobody removes the folder when this process is killed");
        }
        Ok(Self {
            folder,
            _sweeper: sweeper.ok(),
        })
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }
}

/// It waits for the end of its standard input, which comes with the end of this process.
#[derive(Debug)]
struct Sweeper(Child);

impl Sweeper {
    fn of(folder: &Path) -> io::Result<Self> {
        Command::new("sh")
            .args(["-c", "read -r never; rm -rf -- \"$0\""])
            .arg(folder)
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // Ctrl-C is not meant for it.
            .process_group(0)
            .spawn()
            .map(Self)
    }
}

impl Drop for Sweeper {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
