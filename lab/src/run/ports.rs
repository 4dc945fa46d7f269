//! What waits on a host's ports because the scenario says so: the third party of an attack, the
//! client's end of a PORT that was typed by hand, who takes datagrams.

use std::io;
use std::net::SocketAddr;

use script::{OpenPort, Takes};
use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpStream, UdpSocket};

use super::LIMIT;
use super::stage::Stage;
use crate::Failure;
use crate::scenario::Scenario;

/// Opens all of them, so that whoever comes finds them.
pub(super) fn open(stage: &Stage, scenario: &Scenario) -> Result<(), Failure> {
    let Stage::Private { network, .. } = stage else {
        return Ok(());
    };
    for said in &scenario.network.hosts {
        for &OpenPort { port, takes } in &said.ports {
            let name = &said.name;
            let failed = |error: &dyn std::fmt::Display| {
                Failure::failed(format!("port {port} of {name}: {error}"))
            };
            let host = network.host(name).ok_or_else(|| failed(&"no such host"))?;
            // Also on a second address.
            let at = SocketAddr::new([0, 0, 0, 0].into(), port);
            let opened = match takes {
                Takes::Connections => host.run(LIMIT, move || async move {
                    let listener = TcpListener::bind(at).await?;
                    tokio::task::spawn_local(accept(listener));
                    Ok::<_, io::Error>(())
                }),
                Takes::Datagrams { answer } => host.run(LIMIT, move || async move {
                    let socket = UdpSocket::bind(at).await?;
                    tokio::task::spawn_local(receive(socket, answer));
                    Ok::<_, io::Error>(())
                }),
            };
            opened
                .map_err(|error| failed(&error))?
                .map_err(|error| failed(&error))?;
        }
    }
    Ok(())
}

/// Reads each connection to its end, one after the other.
async fn accept(listener: TcpListener) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::task::spawn_local(read(stream));
    }
}

async fn read(mut stream: TcpStream) {
    let mut bytes = [0; 4096];
    while stream.read(&mut bytes).await.is_ok_and(|read| read > 0) {}
}

/// Takes datagrams, and answers each with so many bytes.
async fn receive(socket: UdpSocket, answer: Option<u16>) {
    // Of a longer datagram the rest is lost, and nobody misses it.
    let mut bytes = [0; 1];
    while let Ok((_, from)) = socket.recv_from(&mut bytes).await {
        if let Some(length) = answer {
            let answer = vec![b'.'; length.into()];
            // Whoever asked finds out that no answer came.
            let _ = socket.send_to(&answer, from).await;
        }
    }
}
