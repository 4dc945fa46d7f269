//! Opening a data connection: we dial after PORT, the client dials after PASV.

use std::hash::{BuildHasher, RandomState};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketFlags, SocketType, acceptfrom_with, socket_with, sockopt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::time::timeout;
use tracing::debug;

use crate::config::{ActiveSource, Config};
use crate::control::canonical;
use crate::dial::Dial;
use crate::transfer::TransferError;

/// Where the next data connection will come from.
#[derive(Debug, Default)]
pub(crate) enum DataPort {
    /// Neither PORT nor PASV was sent since the last transfer.
    #[default]
    Unset,
    /// We dial this address.
    Active(SocketAddr),
    /// The client has dialled us, at the socket that still listens.
    Accepted(std::net::TcpStream, PassiveSocket),
    /// The client dials us.
    Passive(PassiveSocket),
}

/// What opening needs to know about the session.
#[derive(Clone, Debug)]
pub(crate) struct Opener {
    pub(crate) session: u64,
    /// Our end of the control connection.
    pub(crate) local: SocketAddr,
    /// The client; nobody else may connect (RFC 2577 §8).
    pub(crate) peer: IpAddr,
    pub(crate) source: ActiveSource,
    pub(crate) dialler: Option<Arc<dyn Dial>>,
    pub(crate) timeout: Duration,
}

impl DataPort {
    /// Takes the client's connection if it is there already.
    pub(crate) fn accept_ready(self, opener: &Opener) -> Self {
        let Self::Passive(socket) = self else {
            return self;
        };
        match opener.accept_waiting(&socket) {
            Ok(Some(stream)) => Self::Accepted(stream, socket),
            // An error will come again when it is waited for.
            Ok(None) | Err(_) => Self::Passive(socket),
        }
    }

    /// Opens the data connection that PORT or PASV prepared. No runtime knows of it yet: the
    /// transfer chooses its own. A socket that listened and had not to be waited for stays open
    /// here, for the caller to close when the client does not wait for it.
    pub(crate) async fn open(
        &mut self,
        opener: &Opener,
    ) -> Result<std::net::TcpStream, TransferError> {
        // Most clients have connected before they send the command.
        match std::mem::take(self).accept_ready(opener) {
            Self::Accepted(stream, socket) => {
                debug!(target: "ftplab::server", session = opener.session, "data open");
                *self = Self::Passive(socket);
                return Ok(stream);
            }
            port => *self = port,
        }
        let opening = async {
            match std::mem::take(self) {
                Self::Unset | Self::Accepted(..) => Err(io::ErrorKind::NotConnected.into()),
                Self::Active(addr) => opener.dial(addr).await.and_then(TcpStream::into_std),
                Self::Passive(socket) => opener.accept(socket).await,
            }
        };
        let stream = match timeout(opener.timeout, opening).await {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => return Err(TransferError::Open(error)),
            Err(_) => return Err(TransferError::OpenTimeout),
        };
        debug!(target: "ftplab::server", session = opener.session, "data open");
        Ok(stream)
    }
}

impl Opener {
    /// Dials from the port that RFC 959 §3.2 wants, or from any if that one cannot be had: it
    /// is privileged, taken, or its last connection to the same address is not forgotten yet.
    async fn dial(&self, addr: SocketAddr) -> io::Result<TcpStream> {
        let source = match self.source {
            ActiveSource::ControlMinusOne => self.local.port().saturating_sub(1),
            ActiveSource::Port(port) => port,
            ActiveSource::Ephemeral => 0,
        };
        if source != 0 {
            match self.dial_from(source, addr).await {
                Err(error)
                    if matches!(
                        error.kind(),
                        io::ErrorKind::AddrInUse
                            | io::ErrorKind::AddrNotAvailable
                            | io::ErrorKind::PermissionDenied
                    ) => {}
                dialled => return dialled,
            }
        }
        self.dial_from(0, addr).await
    }

    async fn dial_from(&self, port: u16, addr: SocketAddr) -> io::Result<TcpStream> {
        if let Some(dialler) = &self.dialler {
            let mut from = self.local;
            from.set_port(port);
            debug!(target: "ftplab::server", session = self.session, peer = %addr, "connect()");
            return dialler.dial(from, addr).await;
        }
        let socket = if addr.is_ipv4() {
            TcpSocket::new_v4()?
        } else {
            TcpSocket::new_v6()?
        };
        // Transfers follow one another from the same port, while the last one is in TIME-WAIT.
        socket.set_reuseaddr(port != 0)?;
        let mut from = self.local;
        from.set_port(port);
        socket.bind(from)?;
        debug!(target: "ftplab::server", session = self.session, peer = %addr, "connect()");
        socket.connect(addr).await
    }

    /// Takes the first connection that comes from the client's own address; others are closed.
    async fn accept(&self, socket: PassiveSocket) -> io::Result<std::net::TcpStream> {
        let listener = TcpListener::from_std(socket.0)?;
        loop {
            let (stream, peer) = listener.accept().await?;
            if self.is_expected(canonical(peer)) {
                return stream.into_std();
            }
        }
    }

    /// The same without waiting, and without going on for as long as strangers keep connecting.
    fn accept_waiting(&self, socket: &PassiveSocket) -> io::Result<Option<std::net::TcpStream>> {
        for _ in 0..=PassiveSocket::BACKLOG {
            let Some((stream, peer)) = socket.try_accept()? else {
                break;
            };
            if self.is_expected(canonical(peer)) {
                return Ok(Some(stream));
            }
        }
        Ok(None)
    }

    fn is_expected(&self, peer: SocketAddr) -> bool {
        let expected = peer.ip() == self.peer;
        if expected {
            debug!(target: "ftplab::server", session = self.session, %peer, "accept() data");
        } else {
            debug!(target: "ftplab::server", session = self.session, %peer, "data refused");
        }
        expected
    }
}

/// Listens for one data connection. The runtime knows nothing of it until it must be waited for.
#[derive(Debug)]
pub(crate) struct PassiveSocket(std::net::TcpListener);

impl PassiveSocket {
    /// A few connections may wait: a stranger's must not keep the client's out.
    const BACKLOG: i32 = 16;

    fn bind(addr: SocketAddr) -> io::Result<Self> {
        let family = if addr.is_ipv4() {
            AddressFamily::INET
        } else {
            AddressFamily::INET6
        };
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        let socket = socket_with(family, SocketType::STREAM, flags, None)?;
        if addr.port() != 0 {
            sockopt::set_socket_reuseaddr(&socket, true)?;
        }
        rustix::net::bind(&socket, &addr)?;
        rustix::net::listen(&socket, Self::BACKLOG)?;
        Ok(Self(socket.into()))
    }

    /// The port that it listens on.
    pub(crate) fn port(&self) -> io::Result<u16> {
        Ok(self.0.local_addr()?.port())
    }

    /// A connection that waits already.
    fn try_accept(&self) -> io::Result<Option<(std::net::TcpStream, SocketAddr)>> {
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        loop {
            match acceptfrom_with(&self.0, flags) {
                Ok((socket, Some(peer))) => {
                    return Ok(Some((socket.into(), SocketAddr::try_from(peer)?)));
                }
                // One that has no address any more is gone again.
                Ok((_, None)) | Err(Errno::INTR | Errno::CONNABORTED) => {}
                Err(Errno::AGAIN) => return Ok(None),
                Err(error) => return Err(error.into()),
            }
        }
    }
}

/// Listens for one data connection on the address of `on`, on a port of the configured range.
/// Where in the range the search begins nobody can tell (RFC 2577 §8).
pub(crate) fn listen(config: &Config, mut on: SocketAddr) -> io::Result<PassiveSocket> {
    on.set_port(0);
    let Some(range) = &config.passive_ports else {
        return PassiveSocket::bind(on);
    };
    let (first, count) = (*range.start(), range.len() as u64);
    // Keyed by the system's random bytes, differently each time.
    let turn = RandomState::new().hash_one(first) % count;
    for attempt in 0..count {
        let offset = u16::try_from((turn + attempt) % count).unwrap_or(0);
        on.set_port(first.saturating_add(offset));
        match PassiveSocket::bind(on) {
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => {}
            listening => return listening,
        }
    }
    Err(io::ErrorKind::AddrInUse.into())
}
