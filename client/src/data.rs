//! Opening a data connection: we dial after PASV, the server dials after PORT.

use std::collections::VecDeque;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::pin;

use proto::{Code, Command, CommandLine, HostPort, Reply, parse_229};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::time::timeout;
use tracing::debug;

use crate::error::ClientError;
use crate::options::{DataMode, Options};
use crate::session::Session;
use crate::sockets::{Connection, Pending, Sockets};

/// A data connection before the transfer command goes out.
#[derive(Debug)]
pub(crate) enum Prepared {
    /// We have dialled.
    Connected(TcpStream),
    /// The server will dial.
    Listening(TcpListener),
}

impl Session {
    /// Agrees with the server on a data connection.
    pub(crate) async fn prepare(&mut self) -> Result<Prepared, ClientError> {
        match self.options.mode {
            DataMode::Passive if !self.epsv_refused => self.extended_passive().await,
            DataMode::Passive | DataMode::Pasv => self.passive().await,
            DataMode::Active if self.control.local.ip().to_canonical().is_ipv4() => {
                self.active(false).await
            }
            DataMode::Active | DataMode::Eprt => self.active(true).await,
        }
    }

    async fn extended_passive(&mut self) -> Result<Prepared, ClientError> {
        let reply = self.command(&Command::Epsv(None)).await?;
        if reply.code.is_negative() && self.control.peer.ip().to_canonical().is_ipv4() {
            self.epsv_refused = true;
            return self.passive().await;
        }
        let reply = require(
            &Command::Epsv(None),
            reply,
            Code::ENTERING_EXTENDED_PASSIVE_MODE,
        )?;
        let port = parse_229(reply.text()).map_err(ClientError::BadExtendedPassive)?;
        let mut addr = self.control.peer;
        addr.set_port(port);
        self.dial(addr).await
    }

    async fn passive(&mut self) -> Result<Prepared, ClientError> {
        let IpAddr::V4(peer) = self.control.peer.ip().to_canonical() else {
            return Err(ClientError::NeedsIpv4(self.control.peer));
        };
        let reply = self.command(&Command::Pasv).await?;
        let reply = require(&Command::Pasv, reply, Code::ENTERING_PASSIVE_MODE)?;
        let named = HostPort::parse_227(reply.text())
            .map_err(ClientError::BadPassive)?
            .addr();
        let ip = if self.options.trust_passive_address {
            *named.ip()
        } else {
            peer
        };
        self.dial(SocketAddr::new(ip.into(), named.port())).await
    }

    async fn dial(&mut self, addr: SocketAddr) -> Result<Prepared, ClientError> {
        // From any port, unless a certain one or a certain address was asked for.
        let port = self.next_data_port();
        let from = (port != 0 || self.options.local_address.is_some()).then(|| {
            let mut from = self.control.local;
            if addr.is_ipv4() != from.is_ipv4() {
                from = SocketAddr::new(from.ip().to_canonical(), 0);
            }
            from.set_port(port);
            from
        });
        connect(addr, from, &self.options, Connection::Data)
            .await
            .map(Prepared::Connected)
    }

    async fn active(&mut self, extended: bool) -> Result<Prepared, ClientError> {
        let mut on = self.control.local;
        on.set_port(self.next_data_port());
        debug!(target: "ftplab::client", local = %on, "listen()");
        let sockets = self.options.sockets.as_deref();
        let open = |on| sockets.map_or_else(|| listen(on), |sockets| sockets.listen(on));
        let listener = self.named_ports.listen(on, open);
        let listener = listener.map_err(ClientError::Listen)?;
        let addr = listener.local_addr().map_err(ClientError::Listen)?;
        let addr = SocketAddr::new(addr.ip().to_canonical(), addr.port());
        let command = match addr {
            SocketAddr::V4(addr) if !extended => Command::Port(HostPort::from(addr)),
            _ => Command::Eprt(addr),
        };
        let reply = self.command(&command).await?;
        require(&command, reply, Code::OKAY)?;
        Ok(Prepared::Listening(listener))
    }

    /// The data connection itself, once the server has said 1yz. A server that gives up says so
    /// on the control connection, which ends the waiting.
    pub(crate) async fn open(
        &mut self,
        prepared: Prepared,
        command: &Command,
    ) -> Result<TcpStream, ClientError> {
        let listener = match prepared {
            Prepared::Connected(stream) => return Ok(stream),
            Prepared::Listening(listener) => listener,
        };
        let limit = self.options.data_timeout;
        let peer = self.control.peer.ip().to_canonical();
        let sockets = self.options.sockets.clone();
        let mut accepting = pin!(timeout(limit, accept(&listener, peer, sockets.as_deref())));
        let accepted = tokio::select! {
            biased;
            accepted = &mut accepting => accepted,
            reply = self.control.reply() => {
                let reply = reply?;
                if !reply.code.is_completion() {
                    return Err(refusal(command, reply));
                }
                // All is sent, and the connection that it came by waits to be accepted.
                self.control.put_back(reply);
                accepting.await
            }
        };
        match accepted {
            Ok(accepted) => accepted.map_err(ClientError::Data),
            Err(_) => Err(ClientError::NoDataConnection(limit)),
        }
    }

    /// Our next port for data, 0 for any.
    fn next_data_port(&mut self) -> u16 {
        match self.data_port {
            Some(port) => {
                self.data_port = port.checked_add(1);
                port
            }
            None => 0,
        }
    }
}

/// The ports that were named to the server last, which it may not be able to dial again yet: from
/// its port 20 that would be the connection that it still holds in TIME-WAIT (RFC 959 §3.2).
#[derive(Debug, Default)]
pub(crate) struct NamedPorts(VecDeque<u16>);

impl NamedPorts {
    const KEPT: usize = 16;

    /// Listens on `addr`; with port 0, on one that was not named lately.
    fn listen(
        &mut self,
        addr: SocketAddr,
        open: impl Fn(SocketAddr) -> io::Result<TcpListener>,
    ) -> io::Result<TcpListener> {
        let mut listener = open(addr)?;
        // Each is held while the next is asked for, so that the same does not come again.
        let mut held = Vec::new();
        while addr.port() == 0
            && held.len() < Self::KEPT
            && self.0.contains(&listener.local_addr()?.port())
        {
            held.push(std::mem::replace(&mut listener, open(addr)?));
        }
        self.0.push_back(listener.local_addr()?.port());
        if self.0.len() > Self::KEPT {
            self.0.pop_front();
        }
        Ok(listener)
    }
}

/// The reply, if its code is `expected`.
fn require(command: &Command, reply: Reply, expected: Code) -> Result<Reply, ClientError> {
    if reply.code == expected {
        Ok(reply)
    } else {
        Err(refusal(command, reply))
    }
}

/// The error that an unexpected reply to `command` makes.
pub(crate) fn refusal(command: &Command, reply: Reply) -> ClientError {
    let line = command.to_string();
    let command = CommandLine::split(line.as_bytes()).masked().to_string();
    if reply.code.is_negative() {
        ClientError::Refused { command, reply }
    } else {
        ClientError::Unexpected { command, reply }
    }
}

/// The first connection from the server's own address; a stranger's is closed.
async fn accept(
    listener: &TcpListener,
    server: IpAddr,
    sockets: Option<&dyn Sockets>,
) -> io::Result<TcpStream> {
    loop {
        let (stream, peer) = listener.accept().await?;
        if peer.ip().to_canonical() == server {
            debug!(target: "ftplab::client", %peer, "accept()");
            sockets.map_or(Ok(()), |sockets| sockets.accepted(&stream))?;
            return Ok(stream);
        }
        debug!(target: "ftplab::client", %peer, "data refused");
    }
}

fn listen(addr: SocketAddr) -> io::Result<TcpListener> {
    let socket = if addr.is_ipv4() {
        TcpSocket::new_v4()?
    } else {
        TcpSocket::new_v6()?
    };
    socket.set_reuseaddr(addr.port() != 0)?;
    socket.bind(addr)?;
    // Room for a stranger's connection beside the server's.
    socket.listen(4)
}

/// Dials `addr`, within the time allowed.
pub(crate) async fn connect(
    addr: SocketAddr,
    from: Option<SocketAddr>,
    options: &Options,
    purpose: Connection,
) -> Result<TcpStream, ClientError> {
    let failed = |source| ClientError::Connect { addr, source };
    let connection = purpose.name();
    let connecting: Pending<'_, io::Result<TcpStream>> = if let Some(sockets) = &options.sockets {
        debug!(target: "ftplab::client", connection, peer = %addr, "connect()");
        sockets.connect(purpose, from, addr)
    } else {
        let socket = if addr.is_ipv4() {
            TcpSocket::new_v4()
        } else {
            TcpSocket::new_v6()
        };
        let socket = socket.map_err(failed)?;
        if let Some(from) = from {
            socket.set_reuseaddr(from.port() != 0).map_err(failed)?;
            socket.bind(from).map_err(failed)?;
        }
        debug!(target: "ftplab::client", connection, peer = %addr, "connect()");
        Box::pin(socket.connect(addr))
    };
    let stream = match timeout(options.connect_timeout, connecting).await {
        Ok(connected) => connected.map_err(failed)?,
        Err(_) => return Err(failed(io::ErrorKind::TimedOut.into())),
    };
    let local = stream.local_addr().map_err(failed)?;
    debug!(target: "ftplab::client", connection, %local, peer = %addr, "connected");
    Ok(stream)
}

#[cfg(test)]
mod tests {
    use super::NamedPorts;

    #[tokio::test]
    async fn a_port_is_not_named_again_at_once() {
        let mut ports = NamedPorts::default();
        let any = "127.0.0.1:0".parse().unwrap();
        let lately: Vec<u16> = (0..NamedPorts::KEPT)
            .map(|_| {
                ports
                    .listen(any, super::listen)
                    .unwrap()
                    .local_addr()
                    .unwrap()
                    .port()
            })
            .collect();
        assert_eq!(ports.0, lately);
        let mut sorted = lately.clone();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(sorted.len(), lately.len());
    }
}
