//! What the client's host sends beside FTP: dials to ports that nobody told it, and datagrams.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::ops::RangeInclusive;
use std::time::Duration;

use script::Datagram;
use tokio::net::{TcpSocket, UdpSocket};
use tokio::time::timeout;

/// How long one port, or an answer, may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// Dials each port, one after the other, and closes what answers. That a port refuses is what one
/// finds out, and no error.
///
/// # Errors
/// When a port does not answer in time, or the host cannot be reached.
pub(super) async fn tries(
    local: Ipv4Addr,
    host: Ipv4Addr,
    ports: RangeInclusive<u16>,
) -> io::Result<()> {
    for port in ports {
        let socket = TcpSocket::new_v4()?;
        socket.bind(SocketAddr::new(local.into(), 0))?;
        let there = SocketAddr::new(host.into(), port);
        let dialled = timeout(PATIENCE, socket.connect(there)).await;
        match dialled.map_err(|_| silent(there))? {
            Err(error) if error.kind() != io::ErrorKind::ConnectionRefused => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

/// Sends a datagram, and waits for its answer where there will be one.
///
/// # Errors
/// When the answer does not come in time, and what the system says.
pub(super) async fn sends(
    local: Ipv4Addr,
    host: Ipv4Addr,
    datagram: &Datagram,
    answered: bool,
) -> io::Result<()> {
    let from = SocketAddr::new(local.into(), datagram.from_port.unwrap_or(0));
    let there = SocketAddr::new(host.into(), datagram.port);
    let socket = UdpSocket::bind(from).await?;
    let data = vec![b'.'; datagram.length.into()];
    socket.send_to(&data, there).await?;
    if answered {
        let mut answer = [0; 1];
        let waiting = timeout(PATIENCE, socket.recv_from(&mut answer)).await;
        waiting.map_err(|_| silent(there))??;
    }
    Ok(())
}

fn silent(there: SocketAddr) -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, format!("{there} is silent"))
}
