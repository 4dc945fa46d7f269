//! From a file to a connection.

use std::fs::File;
use std::io;
use std::net::SocketAddr;
use std::os::fd::AsFd;
use std::os::unix::fs::FileExt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use rustix::net::{SendFlags, sockopt};
use tokio::io::Interest;
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::error::{BulkError, is_of_connection, is_refusal, is_retry};
use crate::{AT_ONCE, CHUNK, LARGE};

/// Sends the bytes of `file` from offset `from` up to `to`, or to its end if there is no `to`;
/// the file's own position is not used. Each wait for the peer is bounded by `stall`, and
/// `moved` counts the bytes that the kernel has taken. The file may grow meanwhile.
///
/// # Errors
/// [`BulkError::Shortened`] when the file ends before `to`; all others but `Write` as they say.
pub async fn send(
    stream: &TcpStream,
    file: &File,
    from: u64,
    to: Option<u64>,
    stall: Duration,
    moved: &AtomicU64,
) -> Result<(), BulkError> {
    let large = to.is_none_or(|to| to.saturating_sub(from) > LARGE);
    if large {
        set_up(stream, stream.local_addr(), stream.peer_addr());
    }
    let (mut offset, mut first) = (from, Some(()));
    while to.is_none_or(|to| offset < to) {
        let count = left(offset, to, AT_ONCE);
        let call = || give(stream, file, offset, count);
        let sent = match first.take().map(|()| call()) {
            // A new connection has room, though the runtime has not heard of it yet.
            Some(sent) if !sent.as_ref().is_err_and(is_retry) => sent,
            _ => unless_stalled(stream, stall, call).await?,
        };
        match sent {
            Ok(0) if to.is_none() => break,
            Ok(0) => return Err(BulkError::Shortened),
            Ok(sent) => {
                offset += sent as u64;
                moved.fetch_add(sent as u64, Ordering::Relaxed);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if is_refusal(&error) => {
                copy(stream, file, offset, to, stall, moved).await?;
                break;
            }
            Err(error) => return Err(blamed(error)),
        }
    }
    if large {
        // What is less than a segment goes out now, whatever the caller does next.
        let _ = sockopt::set_tcp_cork(stream, false);
    }
    Ok(())
}

/// Sends the bytes of `file` from offset `from` up to `to` if they are few, as far as the
/// connection has room, without waiting; says how many the kernel took. 0 when there are
/// many, when the connection has no room, or when the kernel wants them to be copied: then
/// [`send`] is to be used. The last of them may wait for what follows, more bytes or the FIN, to
/// go out with it in one segment.
///
/// # Errors
/// [`BulkError::Connection`] and [`BulkError::Read`] as they say.
pub fn send_at_once(
    socket: &std::net::TcpStream,
    file: &File,
    from: u64,
    to: u64,
) -> Result<u64, BulkError> {
    let count = to.saturating_sub(from);
    if count == 0 || count > LARGE {
        return Ok(0);
    }
    let sent = if count <= COPIED as u64 {
        let mut bytes = [0; COPIED];
        let bytes = &mut bytes[..left(from, Some(to), COPIED)];
        let read = match file.read_at(bytes, from) {
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Ok(0),
            Err(error) => return Err(BulkError::Read(error)),
        };
        let flags = SendFlags::DONTWAIT | SendFlags::NOSIGNAL | SendFlags::MORE;
        rustix::net::send(socket, &bytes[..read], flags).map_err(io::Error::from)
    } else {
        let _ = sockopt::set_tcp_cork(socket, true);
        give(socket, file, from, left(from, Some(to), AT_ONCE))
    };
    match sent {
        Ok(sent) => Ok(sent as u64),
        Err(error) if is_retry(&error) || is_refusal(&error) => Ok(0),
        Err(error) => Err(blamed(error)),
    }
}

/// Does what [`send`] does in a thread of its own, which the kernel keeps waiting for the peer
/// without any event loop between: the fastest way to a peer that is fast. Goes on until the end
/// or until the peer was slow once, or `is_over` says so; says which offset was reached.
///
/// # Errors
/// As [`send`], but never `Stalled`.
pub fn send_while_fast(
    socket: &std::net::TcpStream,
    file: &File,
    from: u64,
    to: u64,
    moved: &AtomicU64,
    is_over: impl Fn() -> bool,
) -> Result<u64, BulkError> {
    let connection = BulkError::Connection;
    set_up(socket, socket.local_addr(), socket.peer_addr());
    socket.set_nonblocking(false).map_err(connection)?;
    socket.set_write_timeout(Some(FAST)).map_err(connection)?;
    let mut offset = from;
    while offset < to && !is_over() {
        let begun = Instant::now();
        let count = left(offset, Some(to), AT_ONCE);
        match give(socket, file, offset, count) {
            Ok(0) => return Err(BulkError::Shortened),
            Ok(sent) => {
                offset += sent as u64;
                moved.fetch_add(sent as u64, Ordering::Relaxed);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if is_retry(&error) || is_refusal(&error) => break,
            Err(error) => return Err(blamed(error)),
        }
        if begun.elapsed() > FAST {
            break;
        }
    }
    if offset == to {
        // What is less than a segment goes out now, whatever the caller does next.
        let _ = sockopt::set_tcp_cork(socket, false);
    } else {
        socket.set_nonblocking(true).map_err(connection)?;
    }
    Ok(offset)
}

/// Up to so many bytes a copy costs less than what `sendfile` sets up.
pub(crate) const COPIED: usize = 16 * 1024;

/// A peer that takes this long for [`AT_ONCE`] bytes is not worth a thread.
const FAST: Duration = Duration::from_millis(50);

/// Full segments only, and on one machine a send buffer that stays in the CPU's cache: more
/// only means more cache misses there. Over a network the kernel finds the right size itself,
/// which setting one would end. All of it is for speed alone, so a refusal changes nothing.
fn set_up<S: AsFd>(stream: &S, local: io::Result<SocketAddr>, peer: io::Result<SocketAddr>) {
    const SEND_BUFFER: usize = 400 * 1024;
    let _ = sockopt::set_tcp_cork(stream, true);
    let (Ok(local), Ok(peer)) = (local, peer) else {
        return;
    };
    if local.ip() == peer.ip() || peer.ip().to_canonical().is_loopback() {
        let _ = sockopt::set_socket_send_buffer_size(stream, SEND_BUFFER);
    }
}

/// One call of `sendfile`; the file's own position is not used.
fn give(socket: &impl AsFd, file: &File, offset: u64, count: usize) -> io::Result<usize> {
    // A copy, as the kernel counts it up.
    let mut at = offset;
    rustix::fs::sendfile(socket, file, Some(&mut at), count).map_err(io::Error::from)
}

/// Whose fault a failed `sendfile` is.
fn blamed(error: io::Error) -> BulkError {
    if is_of_connection(&error) {
        BulkError::Connection(error)
    } else {
        BulkError::Read(error)
    }
}

/// How many bytes from `offset` on are to be moved at a time.
fn left(offset: u64, to: Option<u64>, at_once: usize) -> usize {
    let left = to.map_or(u64::MAX, |to| to.saturating_sub(offset));
    usize::try_from(left).unwrap_or(usize::MAX).min(at_once)
}

/// The same for files that `sendfile` does not take.
async fn copy(
    stream: &TcpStream,
    file: &File,
    mut offset: u64,
    to: Option<u64>,
    stall: Duration,
    moved: &AtomicU64,
) -> Result<(), BulkError> {
    let mut bytes = vec![0; CHUNK];
    while to.is_none_or(|to| offset < to) {
        let count = left(offset, to, CHUNK);
        let read = match file.read_at(&mut bytes[..count], offset) {
            Ok(0) if to.is_none() => return Ok(()),
            Ok(0) => return Err(BulkError::Shortened),
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(BulkError::Read(error)),
        };
        offset += read as u64;
        send_bytes(stream, &bytes[..read], stall, moved).await?;
    }
    Ok(())
}

/// Sends `bytes`. Each wait for the peer is bounded by `stall`, and `moved` counts the bytes that
/// the kernel has taken.
///
/// # Errors
/// `Stalled` and `Connection` as they say.
pub async fn send_bytes(
    stream: &TcpStream,
    mut bytes: &[u8],
    stall: Duration,
    moved: &AtomicU64,
) -> Result<(), BulkError> {
    while !bytes.is_empty() {
        let call = || {
            let flags = SendFlags::DONTWAIT | SendFlags::NOSIGNAL;
            rustix::net::send(stream, bytes, flags).map_err(io::Error::from)
        };
        match unless_stalled(stream, stall, call).await? {
            Ok(sent) => {
                bytes = &bytes[sent..];
                moved.fetch_add(sent as u64, Ordering::Relaxed);
            }
            Err(error) if is_retry(&error) => {}
            Err(error) => return Err(BulkError::Connection(error)),
        }
    }
    Ok(())
}

/// Makes a call that sends, once the connection has room. The kernel tells of room only when
/// there is much of it, which a slow peer may take longer to make than `stall`: so the call is
/// tried in between all the same, and only a connection that takes nothing has stalled.
async fn unless_stalled(
    stream: &TcpStream,
    stall: Duration,
    mut call: impl FnMut() -> io::Result<usize>,
) -> Result<io::Result<usize>, BulkError> {
    /// How often it is tried within `stall`: room that was left there at the beginning makes a
    /// dead peer seem alive for no longer than a part of it.
    const TRIES: u32 = 8;
    for _ in 0..TRIES {
        let told = timeout(
            stall / TRIES,
            stream.async_io(Interest::WRITABLE, &mut call),
        );
        match told.await {
            Ok(sent) => return Ok(sent),
            Err(_) => match call() {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                sent => return Ok(sent),
            },
        }
    }
    Err(BulkError::Stalled)
}
