//! The control connection: commands out, replies in, within bounds and time.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use proto::{Command, CommandLine, LineBuffer, LineEvent, Reply, ReplyParser};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tracing::debug;

use crate::error::ClientError;

/// The longest line of a reply.
const MAX_LINE: usize = 8192;
/// How many preliminary replies one command may get: RFC 959 knows of one, and of 110 markers.
const MAX_PRELIMINARY: usize = 1000;

/// The client's end of a control connection.
#[derive(Debug)]
pub(crate) struct Control {
    stream: TcpStream,
    lines: LineBuffer,
    replies: ReplyParser,
    /// A reply that was read before its time.
    early: Option<Reply>,
    reply_timeout: Duration,
    pub(crate) peer: SocketAddr,
    pub(crate) local: SocketAddr,
}

impl Control {
    pub(crate) fn new(stream: TcpStream, reply_timeout: Duration) -> io::Result<Self> {
        // One segment a command, at once.
        stream.set_nodelay(true)?;
        Ok(Self {
            peer: stream.peer_addr()?,
            local: stream.local_addr()?,
            stream,
            lines: LineBuffer::new(MAX_LINE),
            replies: ReplyParser::default(),
            early: None,
            reply_timeout,
        })
    }

    pub(crate) async fn send(&mut self, command: &Command) -> Result<(), ClientError> {
        let mut bytes = Vec::new();
        command.encode(&mut bytes);
        self.write(&bytes).await
    }

    /// Sends a line as it is, without understanding it. CR, LF and IAC within are escaped.
    pub(crate) async fn send_line(&mut self, line: &[u8]) -> Result<(), ClientError> {
        let mut bytes = Vec::new();
        proto::escape(line, &mut bytes);
        bytes.extend_from_slice(b"\r\n");
        self.write(&bytes).await
    }

    async fn write(&mut self, bytes: &[u8]) -> Result<(), ClientError> {
        let line = bytes.strip_suffix(b"\r\n").unwrap_or(bytes);
        debug!(
            target: "ftplab::client",
            line = %CommandLine::split(line).masked(),
            "command"
        );
        timeout(self.reply_timeout, self.stream.write_all(bytes))
            .await
            .map_err(|_| ClientError::ReplyTimeout(self.reply_timeout))?
            .map_err(ClientError::Control)
    }

    /// The next reply, preliminary or not. Losing the future loses no byte.
    pub(crate) async fn reply(&mut self) -> Result<Reply, ClientError> {
        if let Some(reply) = self.early.take() {
            return Ok(reply);
        }
        let limit = self.reply_timeout;
        let reading = async {
            loop {
                if let Some(reply) = self.pull()? {
                    return Ok(reply);
                }
                self.stream.readable().await.map_err(ClientError::Control)?;
                self.fill()?;
            }
        };
        timeout(limit, reading)
            .await
            .map_err(|_| ClientError::ReplyTimeout(limit))?
    }

    /// Keeps a reply for the next who asks.
    pub(crate) fn put_back(&mut self, reply: Reply) {
        self.early = Some(reply);
    }

    /// The reply that ends a command: preliminary ones are passed over.
    pub(crate) async fn last_reply(&mut self) -> Result<Reply, ClientError> {
        let mut reply = self.reply().await?;
        for _ in 0..MAX_PRELIMINARY {
            if !reply.code.is_preliminary() {
                break;
            }
            reply = self.reply().await?;
        }
        Ok(reply)
    }

    fn fill(&mut self) -> Result<(), ClientError> {
        let mut bytes = [0; MAX_LINE];
        let room = self.lines.room().min(MAX_LINE);
        match self.stream.try_read(&mut bytes[..room]) {
            Ok(0) => Err(ClientError::Closed),
            Ok(read) => {
                self.lines.push(&bytes[..read]);
                Ok(())
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(()),
            Err(error) => Err(ClientError::Control(error)),
        }
    }

    fn pull(&mut self) -> Result<Option<Reply>, ClientError> {
        while let Some(event) = self.lines.pull() {
            match event {
                LineEvent::Line { bytes, .. } => {
                    if let Some(reply) = self.replies.push(bytes)? {
                        debug!(
                            target: "ftplab::client",
                            code = reply.code.value(),
                            text = %String::from_utf8_lossy(reply.text()),
                            "reply"
                        );
                        return Ok(Some(reply));
                    }
                }
                LineEvent::TooLong { length } => return Err(ClientError::LineTooLong(length)),
                LineEvent::Telnet(telnet) => {
                    if let Some(refusal) = telnet.refusal() {
                        // A courtesy; a connection that cannot take it fails at the next command.
                        let _ = self.stream.try_write(&refusal);
                    }
                }
            }
        }
        Ok(None)
    }

    /// Waits for the server's FIN, so that it closes first; then closes.
    pub(crate) async fn close_after_peer(self) {
        let closed = async {
            let mut bytes = [0; 512];
            // Whatever comes after the goodbye is thrown away; the time-out bounds it.
            while self.stream.readable().await.is_ok() {
                match self.stream.try_read(&mut bytes) {
                    Ok(1..) => {}
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                    Ok(0) | Err(_) => break,
                }
            }
        };
        // A server that does not close is left all the same.
        let _ = timeout(self.reply_timeout, closed).await;
        debug!(target: "ftplab::client", "close()");
    }
}
