//! Moving the bytes of one transfer.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bulk::BulkError;
use proto::{Code, Command, Reply, TypeCode};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};
use tracing::debug;

use crate::channel::Channel;
use crate::data::refusal;
use crate::error::ClientError;
use crate::local::{Giving, Taking};
use crate::session::{Session, pathname};
use crate::tls_transfer::{receive_all_tls, send_all_tls};

/// A transfer that went well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transfer {
    /// Bytes on the data connection.
    pub bytes: u64,
    /// From the opened data connection to its end.
    pub duration: Duration,
    /// The 226 or 250.
    pub reply: Reply,
}

/// How much is read or written at a time.
pub(crate) const CHUNK: usize = 128 * 1024;

impl Session {
    /// RETR from byte `offset` on, into `writer`. In TYPE A the line ends become LF; then
    /// `offset` counts bytes on the wire.
    ///
    /// # Errors
    /// When the server refuses or reports a failure, a connection fails or stands still, or
    /// `writer` fails. What was written by then stays written.
    pub async fn retrieve(
        &mut self,
        path: impl AsRef<[u8]>,
        offset: u64,
        writer: &mut (impl Write + Send),
    ) -> Result<Transfer, ClientError> {
        let command = Command::Retr(pathname(path)?);
        let text = self.is_ascii();
        self.receive(&command, offset, text, writer).await
    }

    /// STOR of everything that `reader` gives, from byte `offset` of the file on.
    ///
    /// # Errors
    /// As [`retrieve`](Self::retrieve).
    pub async fn store(
        &mut self,
        path: impl AsRef<[u8]>,
        offset: u64,
        reader: &mut (impl Read + Send),
    ) -> Result<Transfer, ClientError> {
        let command = Command::Stor(pathname(path)?);
        self.send_data(&command, offset, reader).await
    }

    /// APPE of everything that `reader` gives.
    ///
    /// # Errors
    /// As [`retrieve`](Self::retrieve).
    pub async fn append(
        &mut self,
        path: impl AsRef<[u8]>,
        reader: &mut (impl Read + Send),
    ) -> Result<Transfer, ClientError> {
        let command = Command::Appe(pathname(path)?);
        self.send_data(&command, 0, reader).await
    }

    /// As [`retrieve`](Self::retrieve), into a file from its position on. In TYPE I without a
    /// copy through this program, which takes a fraction of the time.
    pub(crate) async fn retrieve_file(
        &mut self,
        path: impl AsRef<[u8]>,
        offset: u64,
        mut file: &File,
    ) -> Result<Transfer, ClientError> {
        if self.is_ascii() || self.is_data_secured() {
            return self.retrieve(path, offset, &mut file).await;
        }
        let command = Command::Retr(pathname(path)?);
        let mut asked = self.aborter.listen()?;
        let stream = self.begin_transfer(&command, offset).await?;
        let began = Instant::now();
        let (stall, bytes) = (self.options.data_timeout, Arc::clone(&self.moved));
        let moving = async {
            let moved = bulk::receive(stream.tcp(), file, stall, &bytes).await;
            moved.map(drop).map_err(|error| of_bulk(error, stall))
        };
        let moved = asked.or(moving).await;
        self.drained(&stream).await;
        self.end_transfer(&command, stream, began, moved).await
    }

    /// As [`store`](Self::store), out of a file from byte `offset` to its end. In TYPE I without
    /// a copy through this program.
    pub(crate) async fn store_file(
        &mut self,
        path: impl AsRef<[u8]>,
        offset: u64,
        mut file: &File,
    ) -> Result<Transfer, ClientError> {
        /// Up to here one write is as fast, and its segments go out together.
        const SMALL: u64 = 64 * 1024;
        let metadata = file.metadata().map_err(ClientError::Local)?;
        let small = metadata.len().saturating_sub(offset) <= SMALL;
        if self.is_ascii() || self.is_data_secured() || !metadata.is_file() || small {
            if metadata.is_file() {
                file.seek(SeekFrom::Start(offset))
                    .map_err(ClientError::Local)?;
            }
            return self.store(path, offset, &mut file).await;
        }
        let command = Command::Stor(pathname(path)?);
        let mut asked = self.aborter.listen()?;
        let stream = self.begin_transfer(&command, offset).await?;
        let began = Instant::now();
        let (stall, bytes) = (self.options.data_timeout, Arc::clone(&self.moved));
        let moving = async {
            let moved = bulk::send(stream.tcp(), file, offset, None, stall, &bytes).await;
            moved.map_err(|error| of_bulk(error, stall))
        };
        let moved = asked.or(moving).await;
        self.end_transfer(&command, stream, began, moved).await
    }

    /// Whether data connections are encrypted, so that the kernel cannot move their bytes.
    fn is_data_secured(&self) -> bool {
        self.options.tls.is_some() && self.data_protected
    }

    /// A transfer from the server: the data to its end, then the reply.
    pub(crate) async fn receive(
        &mut self,
        command: &Command,
        offset: u64,
        text: bool,
        writer: &mut (impl Write + Send),
    ) -> Result<Transfer, ClientError> {
        let mut asked = self.aborter.listen()?;
        let mut stream = self.begin_transfer(command, offset).await?;
        let began = Instant::now();
        let (stall, bytes) = (self.options.data_timeout, Arc::clone(&self.moved));
        let moving = async {
            match &mut stream {
                Channel::Plain(tcp) => receive_all(tcp, stall, text, writer, &bytes).await,
                Channel::Tls(tls) => receive_all_tls(tls, stall, text, writer, &bytes).await,
            }
        };
        let moved = asked.or(moving).await;
        self.drained(&stream).await;
        self.end_transfer(command, stream, began, moved).await
    }

    /// Tells whoever opened the connection that nothing more comes.
    async fn drained(&self, stream: &Channel) {
        if let Some(sockets) = &self.options.sockets {
            sockets.drained(stream.tcp()).await;
        }
    }

    async fn send_data(
        &mut self,
        command: &Command,
        offset: u64,
        reader: &mut (impl Read + Send),
    ) -> Result<Transfer, ClientError> {
        let text = self.is_ascii();
        let mut asked = self.aborter.listen()?;
        let mut stream = self.begin_transfer(command, offset).await?;
        let began = Instant::now();
        let (stall, bytes) = (self.options.data_timeout, Arc::clone(&self.moved));
        let moving = async {
            match &mut stream {
                Channel::Plain(tcp) => send_all(tcp, stall, text, reader, &bytes).await,
                Channel::Tls(tls) => send_all_tls(tls, stall, text, reader, &bytes).await,
            }
        };
        let moved = asked.or(moving).await;
        self.end_transfer(command, stream, began, moved).await
    }

    /// PASV or PORT, the command, its 1yz, and the data connection.
    async fn begin_transfer(
        &mut self,
        command: &Command,
        offset: u64,
    ) -> Result<Channel, ClientError> {
        self.moved.store(0, Ordering::Relaxed);
        let prepared = self.prepare().await?;
        if offset > 0 {
            self.restart(offset).await?;
        }
        self.control.send(command).await?;
        let reply = self.control.reply().await?;
        if !reply.code.is_preliminary() {
            return Err(refusal(command, reply));
        }
        let stream = self.open(prepared, command).await?;
        match &self.options.tls {
            Some(tls) if self.data_protected => {
                let limit = self.options.data_timeout;
                let secured = timeout(limit, tls.handshake(stream)).await;
                match secured.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())) {
                    Ok(stream) => Ok(Channel::Tls(Box::new(stream))),
                    // The server's own word on it (a 425 or 522) says more.
                    Err(error) => match self.control.last_reply().await? {
                        reply if reply.code.is_negative() => Err(refusal(command, reply)),
                        _ => Err(ClientError::Handshake(error)),
                    },
                }
            }
            _ => Ok(Channel::Plain(stream)),
        }
    }

    /// Closes the data connection, which ends a file that we send, and hears how it went. After
    /// a failure the server's reply is heard too, so that the session can go on; a refusal in it
    /// says more than the broken connection does.
    async fn end_transfer(
        &mut self,
        command: &Command,
        stream: Channel,
        began: Instant,
        moved: Result<(), ClientError>,
    ) -> Result<Transfer, ClientError> {
        if matches!(moved, Err(ClientError::Aborted)) {
            return Err(self.abort_transfer(stream).await);
        }
        if moved.is_err() {
            // A FIN would tell the server that this was the whole file; a reset does not.
            let _ = stream.tcp().set_zero_linger();
        }
        let bytes = self.moved.load(Ordering::Relaxed);
        debug!(target: "ftplab::client", bytes, "data closed");
        drop(stream);
        let duration = began.elapsed();
        let reply = self.control.last_reply().await;
        match (moved, reply) {
            (Ok(()), Ok(reply)) if reply.code.is_completion() => Ok(Transfer {
                bytes,
                duration,
                reply,
            }),
            (Ok(()) | Err(ClientError::Data(_)), Ok(reply)) if reply.code.is_negative() => {
                Err(refusal(command, reply))
            }
            (Err(error), _) | (Ok(()), Err(error)) => Err(error),
            (Ok(()), Ok(reply)) => Err(refusal(command, reply)),
        }
    }

    const fn is_ascii(&self) -> bool {
        matches!(self.type_code, TypeCode::Ascii(_))
    }

    /// Whether the server does not know the command at all.
    pub(crate) fn is_unknown(error: &ClientError) -> bool {
        matches!(
            error.code(),
            Some(Code::SYNTAX_ERROR | Code::NOT_IMPLEMENTED | Code::PARAMETER_NOT_IMPLEMENTED)
        )
    }
}

fn of_bulk(error: BulkError, stall: Duration) -> ClientError {
    match error {
        BulkError::Stalled => ClientError::Stalled(stall),
        BulkError::Connection(error) => ClientError::Data(error),
        BulkError::Read(error) | BulkError::Write(error) => ClientError::Local(error),
        BulkError::Shortened => ClientError::Local(io::ErrorKind::UnexpectedEof.into()),
    }
}

async fn receive_all(
    stream: &TcpStream,
    stall: Duration,
    text: bool,
    writer: &mut (impl Write + Send),
    total: &AtomicU64,
) -> Result<(), ClientError> {
    let mut bytes = vec![0; CHUNK];
    let mut taking = Taking::new(writer, text);
    loop {
        let readable = timeout(stall, stream.readable()).await;
        readable
            .map_err(|_| ClientError::Stalled(stall))?
            .map_err(ClientError::Data)?;
        let count = match stream.try_read(&mut bytes) {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) if is_retry(&error) => continue,
            Err(error) => return Err(ClientError::Data(error)),
        };
        total.fetch_add(count as u64, Ordering::Relaxed);
        taking.take(&bytes[..count])?;
    }
    taking.finish()
}

async fn send_all(
    stream: &TcpStream,
    stall: Duration,
    text: bool,
    reader: &mut (impl Read + Send),
    total: &AtomicU64,
) -> Result<(), ClientError> {
    let mut giving = Giving::new(reader, text);
    loop {
        let bytes = giving.give()?;
        if bytes.is_empty() {
            return Ok(());
        }
        let sent = bulk::send_bytes(stream, bytes, stall, total).await;
        sent.map_err(|error| of_bulk(error, stall))?;
    }
}

fn is_retry(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted
    )
}
