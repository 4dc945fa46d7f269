//! A process namespace for a program, so that nothing it starts outlives it or this process.

use std::io;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use rustix::thread::UnshareFlags;
use tokio::process::{Child, ChildStdin, Command};
use tokio::runtime::Handle;
use tokio::time::timeout;

use super::rehearsal::unshare;

/// How long the kernel may take to end what is left in a namespace.
const PATIENCE: Duration = Duration::from_secs(2);

/// The first process of a namespace: it waits for the end of its standard input, which comes with
/// the end of this process, removes the program's folder and ends, and with it the kernel ends all
/// others of the namespace, whatever session or group they are in.
#[derive(Debug)]
pub(crate) struct Keeper {
    first: Child,
    _open: Option<ChildStdin>,
}

impl Keeper {
    /// Makes a namespace for the processes that this thread starts from now on.
    fn begin(folder: &Path) -> io::Result<Self> {
        unshare(UnshareFlags::NEWPID)?;
        let mut first = Command::new("sh")
            .args(["-c", "read -r never; rm -rf -- \"$0\""])
            .arg(folder)
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .kill_on_drop(true)
            .spawn()?;
        Ok(Self {
            _open: first.stdin.take(),
            first,
        })
    }

    /// Ends all that is left of the program. It must have been waited for itself: the kernel waits
    /// until it was.
    pub(crate) async fn end(mut self) {
        // Where it is gone already, so is the rest.
        let _ = self.first.start_kill();
        let _ = timeout(PATIENCE, self.first.wait()).await;
    }
}

/// Starts a program in a process namespace of its own where that is allowed, and as it is
/// elsewhere. `folder` is removed when this process is killed.
///
/// # Errors
/// When the program cannot be started.
pub(crate) fn start(mut command: Command, folder: &Path) -> io::Result<(Child, Option<Keeper>)> {
    let runtime = Handle::current();
    // A thread of its own: what it does to itself holds for all that it starts, for ever.
    let started = std::thread::scope(|scope| {
        let thread = scope.spawn(|| {
            let _inside = runtime.enter();
            match Keeper::begin(folder) {
                Ok(keeper) => Some(command.spawn().map(|child| (child, Some(keeper)))),
                Err(error) => {
                    tracing::debug!(%error, "no process namespace");
                    None
                }
            }
        });
        thread.join()
    });
    match started {
        Ok(Some(started)) => started,
        Ok(None) => Ok((command.spawn()?, None)),
        Err(_) => Err(io::Error::other(
            "the thread that starts programs broke off",
        )),
    }
}
