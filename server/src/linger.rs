//! What the kernel has still to send when a download is over: for how long, and for how many
//! downloads of one session at a time.

use std::net::TcpStream;
use std::os::fd::AsFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rustix::net::sockopt;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, sleep};

/// Downloads of one session whose last bytes the client has not taken. A client that does not
/// read could have the kernel hold megabytes for each; one that does is seldom behind by two.
const DOWNLOADS: usize = 8;

/// What a download has sent that is not worth a place: its connection ends by itself, in the time
/// that it is given.
const SMALL: u64 = 64 * 1024;

/// How soon, and later how often, it is looked whether all was taken.
const SOONEST: Duration = Duration::from_millis(1);
const LATEST: Duration = Duration::from_millis(100);

/// The places of one session.
#[derive(Debug, Default)]
pub(crate) struct Lingering(Option<Arc<Semaphore>>);

impl Lingering {
    /// A place for one more download. Waits while all of them are taken by clients that do not
    /// read, each for no longer than twice the time that [`let_go`] was told.
    pub(crate) async fn place(&mut self) -> Option<OwnedSemaphorePermit> {
        let places = self
            .0
            .get_or_insert_with(|| Arc::new(Semaphore::new(DOWNLOADS)));
        // It is never closed.
        Arc::clone(places).acquire_owned().await.ok()
    }
}

/// Closes our side of a data connection that `moved` so many bytes towards the client, which has
/// `patience` to take what the kernel still holds, each time that it takes none of it. The
/// connection keeps its `place` until all is taken.
pub(crate) fn let_go(
    socket: TcpStream,
    moved: &AtomicU64,
    patience: Duration,
    place: Option<OwnedSemaphorePermit>,
) {
    allow(&socket, patience);
    let Some(place) = place.filter(|_| moved.load(Ordering::Relaxed) > SMALL) else {
        return;
    };
    // Refused when the client was first, and all is over.
    if rustix::net::shutdown(&socket, rustix::net::Shutdown::Write).is_err() || is_over(&socket) {
        return;
    }
    tokio::spawn(async move {
        // A client that takes nothing is dropped by the kernel well before.
        let end = Instant::now() + 2 * patience;
        let mut pause = SOONEST;
        while !is_over(&socket) && Instant::now() < end {
            sleep(pause).await;
            pause = (pause * 2).min(LATEST);
        }
        // Closed before another may begin.
        drop(socket);
        drop(place);
    });
}

/// Gives the peer so long, each time that it takes nothing of what the kernel still holds.
pub(crate) fn allow(socket: impl AsFd, patience: Duration) {
    // Otherwise a window that stays closed is asked after for ever, or for as long as the kernel's
    // settings for a connection without a process say. Where it is refused, they hold.
    let milliseconds = u32::try_from(patience.as_millis()).unwrap_or(u32::MAX);
    let _ = sockopt::set_tcp_user_timeout(socket, milliseconds.max(1));
}

/// Whether both sides have ended and all was acknowledged, or the connection is gone. Nothing
/// but the state tells: `poll` takes a client's FIN for that though it has read nothing.
fn is_over(socket: &TcpStream) -> bool {
    socket.peer_addr().is_err()
}
