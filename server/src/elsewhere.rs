//! A transfer in the runtime for long ones, or in a thread of its own, while the session listens.

use std::io;
use std::net::TcpStream as Socket;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::task::{JoinError, spawn_blocking};
use tokio_util::sync::CancellationToken;

use crate::farewell;
use crate::secure_transfer::SecureMover;
use crate::tls::Tls;
use crate::transfer::{Job, Mover, Progress, TransferError};
use crate::upload::Upload;

/// Downloads that have a thread of their own at the same time. Those of slow clients give theirs
/// back, and more than these go on without.
static THREADS: Semaphore = Semaphore::const_new(32);

/// What a transfer takes with it.
#[derive(Debug)]
pub(crate) struct Elsewhere {
    /// The data connection; the session keeps its twin, to reset it by.
    pub(crate) socket: Socket,
    /// How it is protected, if it is.
    pub(crate) tls: Option<Tls>,
    pub(crate) stall: Duration,
    pub(crate) progress: Arc<Progress>,
}

impl Elsewhere {
    /// Does the job; gives back the upload, which the session finishes or drops.
    pub(crate) async fn run(self, job: Job) -> Result<Option<Upload>, TransferError> {
        let Self {
            socket,
            tls,
            stall,
            progress,
        } = self;
        let Some(tls) = tls else {
            return in_the_clear(socket, job, stall, &progress).await;
        };
        let mut stream = TcpStream::from_std(socket).map_err(TransferError::Open)?;
        let mover = SecureMover {
            tls: &tls,
            stall,
            progress: &progress,
        };
        let carried = mover.run(&mut stream, job).await?;
        farewell::close(stream, stall);
        Ok(carried)
    }
}

async fn in_the_clear(
    socket: Socket,
    job: Job,
    stall: Duration,
    progress: &Arc<Progress>,
) -> Result<Option<Upload>, TransferError> {
    let (socket, job) = match (job, THREADS.try_acquire()) {
        (Job::Send { file, offset, size }, Ok(_thread)) => {
            // Dropped with this future, so that the thread does not outlive the session.
            let over = CancellationToken::new();
            let _over = over.clone().drop_guard();
            let progress = Arc::clone(progress);
            let sending = spawn_blocking(move || {
                let is_over = || over.is_cancelled();
                let moved = &progress.moved;
                let reached = bulk::send_while_fast(&socket, &file, offset, size, moved, is_over);
                reached.map(|offset| (socket, Job::Send { file, offset, size }))
            });
            let sent = sending.await.map_err(io::Error::other);
            let (socket, rest) = sent.map_err(TransferError::Connection)??;
            if !rest.is_left() {
                return Ok(None);
            }
            (socket, rest)
        }
        (job, _) => (socket, job),
    };
    let mover = Mover {
        stream: &TcpStream::from_std(socket).map_err(TransferError::Open)?,
        stall,
        moved: &progress.moved,
    };
    mover.run(job).await
}

/// A task that panicked has said so already; what it was to move is lost.
pub(crate) fn ended(
    task: Result<Result<Option<Upload>, TransferError>, JoinError>,
) -> Result<Option<Upload>, TransferError> {
    task.unwrap_or_else(|error| Err(TransferError::Connection(io::Error::other(error))))
}
