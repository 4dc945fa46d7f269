//! The end of a TLS connection that we close first. The client's own `close_notify` is still to
//! come (RFC 8446 §6.1), and would meet a socket that is gone, which answers with a reset.

use std::time::Duration;

use rustix::net::Shutdown;
use tokio::net::TcpStream;
use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::linger;

/// Connections at the same time; more are closed at once, as if there were no TLS.
static LINGERING: Semaphore = Semaphore::const_new(256);

/// How long a client may take nothing of the last replies.
pub(crate) const REPLIES: Duration = Duration::from_mins(1);

/// The most that a client may still say.
const MOST: usize = 64 * 1024;

/// The longest that it may take for that.
const LONGEST: Duration = Duration::from_secs(1);

/// Sends our FIN, and closes the connection when the client has closed its side too. The caller
/// does not wait for that: a client may wait for a reply before it closes.
///
/// `patience` is how long the client may take nothing of what the kernel still holds.
pub(crate) fn close(stream: TcpStream, patience: Duration) {
    linger::allow(&stream, patience);
    let (Ok(room), Ok(runtime)) = (LINGERING.try_acquire(), Handle::try_current()) else {
        return;
    };
    // It may be gone already.
    let _ = rustix::net::shutdown(&stream, Shutdown::Write);
    runtime.spawn(async move {
        let _room = room;
        let _ = timeout(LONGEST, until_closed(&stream)).await;
    });
}

/// Reads and drops what comes, to its end.
async fn until_closed(stream: &TcpStream) {
    let mut dropped = 0;
    while dropped < MOST && stream.readable().await.is_ok() {
        // Not held over a wait, so that the task stays small.
        let mut bytes = [0; 4096];
        match stream.try_read(&mut bytes) {
            Ok(0) => return,
            Ok(count) => dropped += count,
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
            Err(_) => return,
        }
    }
}
