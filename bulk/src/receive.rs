//! From a connection to a file.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use rustix::pipe::{PipeFlags, SpliceFlags, fcntl_setpipe_size, pipe_with, splice};
use tokio::io::Interest;
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::error::{BulkError, is_refusal, is_retry};
use crate::{AT_ONCE, CHUNK, LARGE};

/// Writes what the peer sends, until it closes its side, into `file` from its position on. Each
/// wait for the peer is bounded by `stall`, and `moved` counts the bytes that came. Gives back
/// for how long the peer had sent nothing when it closed.
///
/// # Errors
/// `Stalled`, `Connection` and `Write` as they say. What came before is written.
pub async fn receive(
    stream: &TcpStream,
    file: &File,
    stall: Duration,
    moved: &AtomicU64,
) -> Result<Duration, BulkError> {
    // A pipe is worth its system calls only for a file that is not over at once.
    if let Next::End { silence } = copy(stream, file, stall, moved, LARGE).await? {
        return Ok(silence);
    }
    if let Ok(pipe) = Pipe::new()
        && let Next::End { silence } = through(&pipe, stream, file, stall, moved).await?
    {
        return Ok(silence);
    }
    loop {
        if let Next::End { silence } = copy(stream, file, stall, moved, u64::MAX).await? {
            return Ok(silence);
        }
    }
}

/// What follows the bytes that were moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    /// Nothing: the peer has closed its side, after it had sent nothing for so long.
    End { silence: Duration },
    /// More bytes, perhaps.
    More,
}

/// By reading and writing, until at least `limit` bytes have come.
async fn copy(
    stream: &TcpStream,
    mut file: &File,
    stall: Duration,
    moved: &AtomicU64,
    limit: u64,
) -> Result<Next, BulkError> {
    let mut bytes = vec![0; CHUNK];
    let mut came = 0;
    let mut since = Instant::now();
    while came < limit {
        let readable = timeout(stall, stream.readable()).await;
        readable
            .map_err(|_| BulkError::Stalled)?
            .map_err(BulkError::Connection)?;
        let count = match stream.try_read(&mut bytes) {
            Ok(0) => {
                let silence = since.elapsed();
                return Ok(Next::End { silence });
            }
            Ok(count) => count,
            Err(error) if is_retry(&error) => continue,
            Err(error) => return Err(BulkError::Connection(error)),
        };
        came += count as u64;
        moved.fetch_add(count as u64, Ordering::Relaxed);
        file.write_all(&bytes[..count]).map_err(BulkError::Write)?;
        since = Instant::now();
    }
    Ok(Next::More)
}

/// Through `pipe`, until the end, or until the kernel refuses to go on in this way.
async fn through(
    pipe: &Pipe,
    stream: &TcpStream,
    file: &File,
    stall: Duration,
    moved: &AtomicU64,
) -> Result<Next, BulkError> {
    let mut since = Instant::now();
    loop {
        let filling = stream.async_io(Interest::READABLE, || pipe.fill(stream));
        let count = match timeout(stall, filling).await {
            Err(_) => return Err(BulkError::Stalled),
            Ok(Ok(0)) => {
                let silence = since.elapsed();
                return Ok(Next::End { silence });
            }
            Ok(Ok(count)) => count,
            Ok(Err(error)) if error.kind() == io::ErrorKind::Interrupted => continue,
            Ok(Err(error)) if is_refusal(&error) => return Ok(Next::More),
            Ok(Err(error)) => return Err(BulkError::Connection(error)),
        };
        moved.fetch_add(count as u64, Ordering::Relaxed);
        if pipe.drain(file, count).map_err(BulkError::Write)? == Drained::ByCopying {
            return Ok(Next::More);
        }
        since = Instant::now();
    }
}

/// A pipe, empty between two calls of `fill`: the pages that it holds are the socket's own.
#[derive(Debug)]
struct Pipe {
    read: File,
    write: OwnedFd,
}

/// How a pipe was emptied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Drained {
    BySplice,
    /// The file does not take a splice, such as one that is opened for appending.
    ByCopying,
}

impl Pipe {
    fn new() -> io::Result<Self> {
        let (read, write) = pipe_with(PipeFlags::CLOEXEC)?;
        // A user who has many pipes is not given such large ones: then it stays at 64 KiB.
        let _ = fcntl_setpipe_size(&write, AT_ONCE);
        Ok(Self {
            read: read.into(),
            write,
        })
    }

    fn fill(&self, stream: &TcpStream) -> io::Result<usize> {
        let flags = SpliceFlags::MOVE | SpliceFlags::NONBLOCK;
        splice(stream, None, &self.write, None, AT_ONCE, flags).map_err(io::Error::from)
    }

    /// Writes the `left` bytes that are in the pipe into `file`.
    fn drain(&self, mut file: &File, mut left: usize) -> io::Result<Drained> {
        while left > 0 {
            match splice(&self.read, None, file, None, left, SpliceFlags::MOVE) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(count) => left -= count,
                Err(rustix::io::Errno::INTR) => {}
                Err(error) if is_refusal(&error.into()) => {
                    let copied = io::copy(&mut (&self.read).take(left as u64), &mut file)?;
                    return if copied == left as u64 {
                        Ok(Drained::ByCopying)
                    } else {
                        Err(io::ErrorKind::UnexpectedEof.into())
                    };
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(Drained::BySplice)
    }
}
