//! The data connections of the faulty server, and what can be wrong with them.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio::try_join;

/// What a data connection knows of its session.
#[derive(Clone)]
pub(super) struct Way {
    pub(super) defect: &'static str,
    /// The command that moves data, as soon as it is known.
    pub(super) verb: Arc<Mutex<String>>,
    /// Whether one side has ended it and the other was told.
    pub(super) done: Arc<watch::Sender<bool>>,
    /// Whether the client could not be reached.
    pub(super) failed: Arc<AtomicBool>,
}

/// Takes one connection of the client's, and dials the real server.
pub(super) async fn passive(listener: TcpListener, server: SocketAddr, way: Way) {
    let Ok((client, _)) = listener.accept().await else {
        return;
    };
    // `pasv-stays`: whoever else dials is kept.
    let kept = (way.defect == "pasv-stays").then_some(listener);
    if let Ok(server) = TcpStream::connect(server).await {
        pump(client, server, &way).await;
    }
    if let Some(kept) = kept {
        std::future::pending::<()>().await;
        drop(kept);
    }
}

/// Takes the real server's connection, and dials the client as that would have: from the port
/// before the one of the control connection.
pub(super) async fn active(listener: TcpListener, from: SocketAddr, to: SocketAddr, way: Way) {
    let Ok((server, _)) = listener.accept().await else {
        return;
    };
    if let Ok(client) = dial(from, to, way.defect).await {
        pump(client, server, &way).await;
    } else {
        reset(&server);
        way.failed.store(true, Ordering::SeqCst);
        way.done.send_replace(true);
    }
}

pub(super) async fn dial(
    mut from: SocketAddr,
    to: SocketAddr,
    defect: &str,
) -> std::io::Result<TcpStream> {
    match defect {
        "data-port" => from.set_port(0),
        "data-address" => from = "127.0.0.2:0".parse().unwrap(),
        _ => {}
    }
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    socket.bind(from)?;
    socket.connect(to).await
}

fn reset(stream: &TcpStream) {
    // It may be gone already.
    let _ = rustix::net::sockopt::set_socket_linger(stream, Some(Duration::ZERO));
}

/// Carries bytes both ways until both have ended; a reset on one side is one on the other.
async fn pump(mut client: TcpStream, mut server: TcpStream, way: &Way) {
    let carried = {
        let (mut from_client, mut to_client) = client.split();
        let (mut from_server, mut to_server) = server.split();
        let down = carry(&mut from_server, &mut to_client, way, true);
        let up = carry(&mut from_client, &mut to_server, way, false);
        try_join!(down, up)
    };
    if carried.is_err() || way.defect == "reset-at-end" {
        reset(&client);
        reset(&server);
    }
    way.done.send_replace(true);
}

async fn carry(
    from: &mut (impl AsyncReadExt + Unpin),
    to: &mut (impl AsyncWriteExt + Unpin),
    way: &Way,
    down: bool,
) -> std::io::Result<()> {
    let mut held = Vec::new();
    let mut titled = way.defect != "mlsd-title";
    let mut bytes = vec![0; 64 * 1024];
    loop {
        let count = from.read(&mut bytes).await?;
        let verb = way.verb.lock().unwrap().clone();
        let listing = down && matches!(verb.as_str(), "LIST" | "NLST" | "MLSD");
        if count == 0 {
            if listing && way.defect == "listing-cut" {
                let lines: Vec<&[u8]> = held.split_inclusive(|byte| *byte == b'\n').collect();
                let most = lines.len().saturating_sub(1);
                to.write_all(&lines[..most].concat()).await?;
            }
            match way.defect {
                "fin-never" if down && verb == "RETR" => {
                    way.done.send_replace(true);
                    return std::future::pending().await;
                }
                "reset-at-end" if down => return Err(std::io::ErrorKind::ConnectionReset.into()),
                _ => {}
            }
            to.shutdown().await?;
            way.done.send_replace(true);
            return Ok(());
        }
        let read = &bytes[..count];
        if down && verb == "MLSD" && !std::mem::replace(&mut titled, true) {
            to.write_all(b"Listing:\r\n").await?;
        }
        match way.defect {
            "listing-bare-lf" if listing => {
                let bare: Vec<u8> = read.iter().copied().filter(|byte| *byte != b'\r').collect();
                to.write_all(&bare).await?;
            }
            "listing-cut" if listing => held.extend_from_slice(read),
            "download-cut" if down && verb == "RETR" => all_but_one(&mut held, read, to).await?,
            "upload-cut" if !down => all_but_one(&mut held, read, to).await?,
            _ => to.write_all(read).await?,
        }
    }
}

/// The last byte stays behind, and is lost when it was the last of all.
async fn all_but_one(
    held: &mut Vec<u8>,
    read: &[u8],
    to: &mut (impl AsyncWriteExt + Unpin),
) -> std::io::Result<()> {
    held.extend_from_slice(read);
    let last = held.split_off(held.len() - 1);
    to.write_all(held).await?;
    *held = last;
    Ok(())
}
