//! Moving the bytes of one transfer under TLS.

use std::io::{self, Read, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::client::TlsStream;

use crate::error::ClientError;
use crate::local::{Giving, Taking};
use crate::transfer::CHUNK;

/// Everything up to TLS's own close; a FIN without it is no end of a file.
pub(crate) async fn receive_all_tls(
    stream: &mut TlsStream<TcpStream>,
    stall: Duration,
    text: bool,
    writer: &mut (impl Write + Send),
    total: &AtomicU64,
) -> Result<(), ClientError> {
    let mut bytes = vec![0; CHUNK];
    let mut taking = Taking::new(writer, text);
    loop {
        let read = timeout(stall, stream.read(&mut bytes)).await;
        let count = match read.map_err(|_| ClientError::Stalled(stall))? {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) => return Err(broken(error)),
        };
        total.fetch_add(count as u64, Ordering::Relaxed);
        taking.take(&bytes[..count])?;
    }
    // The answer to the server's close; one that no longer listens lacks nothing.
    let _ = timeout(stall, stream.shutdown()).await;
    taking.finish()
}

/// Everything that `reader` gives, then TLS's close, and the server's.
pub(crate) async fn send_all_tls(
    stream: &mut TlsStream<TcpStream>,
    stall: Duration,
    text: bool,
    reader: &mut (impl Read + Send),
    total: &AtomicU64,
) -> Result<(), ClientError> {
    let mut giving = Giving::new(reader, text);
    loop {
        let mut rest = giving.give()?;
        if rest.is_empty() {
            break;
        }
        while !rest.is_empty() {
            let written = timeout(stall, stream.write(rest)).await;
            let sent = written
                .map_err(|_| ClientError::Stalled(stall))?
                .map_err(ClientError::Data)?;
            rest = &rest[sent..];
            total.fetch_add(sent as u64, Ordering::Relaxed);
        }
    }
    timeout(stall, stream.shutdown())
        .await
        .map_err(|_| ClientError::Stalled(stall))?
        .map_err(ClientError::Data)?;
    // Reads the tickets, too, by which the next connection resumes the TLS session. However the
    // server closes its side, its reply says whether it has the file.
    let mut bytes = vec![0; CHUNK];
    let answer = async { while matches!(stream.read(&mut bytes).await, Ok(1..)) {} };
    let _ = timeout(stall, answer).await;
    Ok(())
}

fn broken(error: io::Error) -> ClientError {
    if error.kind() == io::ErrorKind::UnexpectedEof {
        ClientError::TruncatedTls
    } else {
        ClientError::Data(error)
    }
}
