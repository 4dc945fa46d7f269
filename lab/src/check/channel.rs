//! A connection of a script, control or data, in clear text or under TLS, on either end.

use std::io;

use client::Tls;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};
use tokio_rustls::{TlsAcceptor, TlsStream};

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

    /// No more is written: FIN, under TLS with its goodbye before it.
    pub(super) async fn shutdown(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(stream) => stream.shutdown().await,
            Self::Tls(stream) => stream.shutdown().await,
        }
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
    ) -> Result<Self, String> {
        let Self::Plain(stream) = self else {
            return Err("the connection is under TLS already".into());
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
            Ok(Err(error)) => Err(format!("the TLS handshake failed: {error}")),
            Err(_) => Err("the TLS handshake did not come to an end".into()),
        }
    }
}
