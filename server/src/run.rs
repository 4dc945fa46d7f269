//! Accepting control connections, within limits, until told to stop.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::answer::Answer;
use crate::control::{Control, canonical};
use crate::session::Session;
use crate::settings::Settings;

/// Why a server could not run.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// The listening socket is unusable.
    #[error("the listening socket failed: {0}")]
    Listener(#[source] io::Error),
}

/// Serves every connection that `listener` accepts, until `shutdown` is cancelled; then lets
/// transfers finish within the configured time and returns.
///
/// # Errors
/// [`ServerError::Listener`] when the listener never was usable. A failing accept is logged and
/// tried again: running out of descriptors passes.
pub async fn run(
    listener: TcpListener,
    settings: impl Into<Settings>,
    shutdown: CancellationToken,
) -> Result<(), ServerError> {
    let local = listener.local_addr().map_err(ServerError::Listener)?;
    let mut sessions = Sessions {
        settings: settings.into(),
        shutdown: shutdown.clone(),
        local: (!local.ip().is_unspecified()).then_some(canonical(local)),
        tasks: JoinSet::new(),
    };
    loop {
        tokio::select! {
            () = shutdown.cancelled() => break,
            Some(ended) = sessions.tasks.join_next() => {
                if let Err(error) = ended && error.is_panic() {
                    tracing::error!(target: "ftplab::server", %error, "a session panicked");
                }
            }
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => sessions.begin(stream, canonical(peer)),
                Err(error) => {
                    warn!(target: "ftplab::server", %error, "accept() failed");
                    if !is_of_one_connection(&error) {
                        // Out of descriptors or memory: give sessions time to end.
                        sleep(Duration::from_millis(50)).await;
                    }
                }
            },
        }
    }
    drop(listener);
    sessions.end().await;
    Ok(())
}

/// Whether `accept` failed because a client gave up, rather than because we cannot go on.
fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionRefused
            | io::ErrorKind::Interrupted
    )
}

/// The sessions that came in here and are running.
struct Sessions {
    settings: Settings,
    shutdown: CancellationToken,
    /// Our end of every connection, unless we listen on all addresses.
    local: Option<SocketAddr>,
    tasks: JoinSet<()>,
}

impl Sessions {
    fn begin(&mut self, stream: TcpStream, peer: SocketAddr) {
        let places = &self.settings.places;
        let number = places.number();
        info!(target: "ftplab::server", session = number, %peer, "accept()");
        let config = self.settings.current();
        let Some(place) = places.take(peer.ip(), &config) else {
            return refuse(&stream, number);
        };
        let local = self.local.map_or_else(|| stream.local_addr(), Ok);
        let timeout = config.data_timeout;
        let seen = config.dialler.as_ref();
        let seen = seen.map_or(Ok(()), |dialler| dialler.accepted(&stream));
        let control = seen
            .and(local)
            .and_then(|local| Control::new(stream, number, peer, canonical(local), timeout));
        let control = match control {
            Ok(control) => control,
            Err(error) => {
                // It was closed before we looked at it.
                info!(target: "ftplab::server", session = number, %error, "close()");
                return;
            }
        };
        let session = Session::new(control, config, self.shutdown.clone());
        self.tasks.spawn(session.run(place));
    }

    /// Every session has seen the shutdown: idle ones say 421, transfers go on for a while.
    async fn end(mut self) {
        let limit = self.settings.current().shutdown_timeout;
        let finished = async { while self.tasks.join_next().await.is_some() {} };
        if timeout(limit, finished).await.is_err() {
            warn!(target: "ftplab::server", sessions = self.tasks.len(), "sessions cut off");
            self.tasks.shutdown().await;
        }
    }
}

/// Says 421 to one client too many; a new connection's buffer has room for it.
fn refuse(stream: &TcpStream, number: u64) {
    let mut text = Vec::new();
    let code = Answer::TooManySessions.write(&mut text);
    let mut line = code.digits().to_vec();
    line.push(b' ');
    line.extend(text);
    line.extend_from_slice(b"\r\n");
    if let Err(error) = stream.try_write(&line) {
        info!(target: "ftplab::server", session = number, %error, "refusal not sent");
    }
    info!(target: "ftplab::server", session = number, "close()");
}
