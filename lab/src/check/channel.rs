//! A connection of a script, control or data, in clear text or under TLS, on either end.

use std::io::{self, ErrorKind};
use std::time::Duration;

use client::Tls;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_rustls::{TlsAcceptor, TlsStream, rustls};

/// How long a server may take to end a connection that the script has ended.
const GOODBYE: Duration = Duration::from_secs(2);
/// Within which time the FIN of a server comes that sends it with its own goodbye.
const AT_ONCE: Duration = Duration::from_millis(50);

/// A connection.
#[derive(Debug)]
pub(super) enum Channel {
    /// In clear text.
    Plain(TcpStream),
    /// Under TLS.
    Tls(Box<TlsStream<TcpStream>>),
}

/// Which end of a handshake the script is.
#[derive(Clone, Copy)]
pub(super) enum Secure<'a> {
    Client(&'a Tls),
    Server(&'a TlsAcceptor),
}

impl Channel {
    /// What is there to read.
    pub(super) async fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.read(bytes).await,
            Self::Tls(stream) => stream.read(bytes).await,
        }
    }

    /// Writes everything; under TLS, and sends it.
    pub(super) async fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Plain(stream) => stream.write_all(bytes).await,
            Self::Tls(stream) => {
                stream.write_all(bytes).await?;
                stream.flush().await
            }
        }
    }

    /// No more is written: FIN, under TLS with its goodbye before it. To a peer that is gone
    /// there is nothing to say.
    pub(super) async fn shutdown(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(stream) => stream.shutdown().await,
            Self::Tls(stream) => match stream.shutdown().await {
                Err(error) if is_end(&error) => Ok(()),
                said => said,
            },
        }
    }

    /// After [`shutdown`](Self::shutdown), where the script is the client under TLS: waits for
    /// the server's end. The tickets with which the next connection resumes the TLS session would,
    /// unread, turn our FIN into a reset. What the server sends of a file is no such thing, and to
    /// read on would complete the download that the script ends: there it waits for nothing.
    pub(super) async fn see_out(&mut self) {
        if let Self::Tls(stream) = self
            && matches!(**stream, TlsStream::Client(_))
        {
            let _ = timeout(GOODBYE, stream.read(&mut [0])).await;
        }
    }

    /// Ends it by FIN, and waits for the peer's end, whatever comes before that.
    pub(super) async fn leave(mut self) {
        let end = async {
            let _ = self.shutdown().await;
            let mut stream = self.into_tcp();
            let mut bytes = vec![0; 16 * 1024];
            while matches!(stream.read(&mut bytes).await, Ok(1..)) {}
        };
        let _ = timeout(GOODBYE, end).await;
    }

    /// Answers the peer's goodbye under TLS where the script is the server: clients wait for it.
    pub(super) async fn say_goodbye(&mut self) -> io::Result<()> {
        match self {
            Self::Tls(stream) if matches!(**stream, TlsStream::Server(_)) => {
                stream.shutdown().await
            }
            _ => Ok(()),
        }
    }

    /// After the peer's goodbye under TLS, where the script is the client: leaves the first FIN to
    /// the server, as in clear text. Some servers send it only when their goodbye was answered; to
    /// one that waits for nothing an answer would come too late.
    pub(super) async fn leave_first_fin(&mut self) -> io::Result<()> {
        if let Self::Tls(stream) = self
            && matches!(**stream, TlsStream::Client(_))
            && !is_ended(stream.get_ref().0, AT_ONCE).await
        {
            stream.get_mut().1.send_close_notify();
            stream.flush().await?;
            is_ended(stream.get_ref().0, GOODBYE).await;
        }
        Ok(())
    }

    /// Whether it is under TLS.
    pub(super) fn is_secure(&self) -> bool {
        matches!(self, Self::Tls(_))
    }

    /// The TCP connection below.
    pub(super) fn tcp(&self) -> &TcpStream {
        match self {
            Self::Plain(stream) => stream,
            Self::Tls(stream) => stream.get_ref().0,
        }
    }

    /// The same, without the TLS above it.
    pub(super) fn into_tcp(self) -> TcpStream {
        match self {
            Self::Plain(stream) => stream,
            Self::Tls(stream) => match *stream {
                TlsStream::Client(stream) => stream.into_inner().0,
                TlsStream::Server(stream) => stream.into_inner().0,
            },
        }
    }

    /// The handshake on a connection in clear text.
    pub(super) async fn secured(
        self,
        secure: Secure<'_>,
        deadline: Instant,
    ) -> Result<Self, Unsecured> {
        let failed = |why: String| Unsecured { why, ended: false };
        let Self::Plain(stream) = self else {
            return Err(failed("the connection is under TLS already".into()));
        };
        let handshake = async {
            let stream: TlsStream<TcpStream> = match secure {
                Secure::Client(tls) => tls.handshake(stream).await?.into(),
                Secure::Server(acceptor) => acceptor.accept(stream).await?.into(),
            };
            io::Result::Ok(stream)
        };
        match timeout_at(deadline, handshake).await {
            Ok(Ok(stream)) => Ok(Self::Tls(Box::new(stream))),
            Ok(Err(error)) => Err(Unsecured {
                why: format!("the TLS handshake failed: {error}{}", hint(&error)),
                ended: is_end(&error),
            }),
            Err(_) => Err(failed("the TLS handshake did not come to an end".into())),
        }
    }
}

/// Whether the peer's FIN comes within this time, and nothing before it.
async fn is_ended(stream: &TcpStream, within: Duration) -> bool {
    let peeked = timeout(within, stream.peek(&mut [0])).await;
    matches!(peeked, Ok(Ok(0)))
}

/// Why there is no TLS.
#[derive(Debug)]
pub(super) struct Unsecured {
    why: String,
    /// The peer ended the connection instead.
    pub(super) ended: bool,
}

impl From<Unsecured> for String {
    fn from(unsecured: Unsecured) -> Self {
        unsecured.why
    }
}

/// What it means when bytes come that are no TLS.
fn hint(error: &io::Error) -> &'static str {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref());
    match inner {
        Some(rustls::Error::InvalidMessage(_)) => ": what came is no TLS, but clear text perhaps",
        _ => "",
    }
}

/// Whether the peer has ended the connection.
pub(super) fn is_end(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::UnexpectedEof
            | ErrorKind::ConnectionReset
            | ErrorKind::BrokenPipe
            | ErrorKind::NotConnected
    )
}
