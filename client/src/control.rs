//! The control connection: commands out, replies in, within bounds and time.

use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use proto::{Command, CommandLine, LineBuffer, LineEvent, Printable, Reply, ReplyParser};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tracing::{Level, debug, enabled, trace};

use crate::channel::Channel;
use crate::error::ClientError;
use crate::tls::Tls;

/// The longest line of a reply.
const MAX_LINE: usize = 8192;
/// How many preliminary replies one command may get: RFC 959 knows of one, and of 110 markers.
const MAX_PRELIMINARY: usize = 1000;

/// The target of the events that are the dialogue and nothing else.
const DIALOGUE: &str = "ftplab::dialogue";

/// The client's end of a control connection.
#[derive(Debug)]
pub(crate) struct Control {
    stream: Channel,
    lines: LineBuffer,
    replies: ReplyParser,
    /// A reply that was read before its time.
    early: Option<Reply>,
    reply_timeout: Duration,
    /// When nothing is awaited any more, however much of the time-out is left.
    pub(crate) deadline: Option<Instant>,
    /// The verb of the last command that was sent.
    asked: Option<String>,
    pub(crate) peer: SocketAddr,
    pub(crate) local: SocketAddr,
}

impl Control {
    /// `peer` is what was dialled: a connection that was reset since then has no address any more.
    pub(crate) fn new(
        stream: TcpStream,
        peer: SocketAddr,
        reply_timeout: Duration,
    ) -> io::Result<Self> {
        // One segment a command, at once.
        stream.set_nodelay(true)?;
        Ok(Self {
            peer,
            local: stream.local_addr()?,
            stream: Channel::Plain(stream),
            lines: LineBuffer::new(MAX_LINE),
            replies: ReplyParser::default(),
            early: None,
            reply_timeout,
            deadline: None,
            asked: None,
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
        let line = CommandLine::split(line);
        self.asked = Some(Printable(line.word).to_string());
        let line = line.masked();
        debug!(target: "ftplab::client", %line, "command");
        trace!(target: DIALOGUE, "> {line}");
        let limit = self.limit();
        timeout(limit, self.stream.write_all(bytes))
            .await
            .map_err(|_| self.silence(limit))?
            .map_err(ClientError::Control)
    }

    /// How long the next reply is waited for.
    fn limit(&self) -> Duration {
        self.deadline.map_or(self.reply_timeout, |deadline| {
            let left = deadline.saturating_duration_since(Instant::now());
            left.min(self.reply_timeout)
        })
    }

    fn silence(&self, limit: Duration) -> ClientError {
        ClientError::ReplyTimeout {
            command: self.asked.clone(),
            limit,
        }
    }

    /// The next reply, preliminary or not. Losing the future loses no byte.
    pub(crate) async fn reply(&mut self) -> Result<Reply, ClientError> {
        if let Some(reply) = self.early.take() {
            return Ok(reply);
        }
        let limit = self.limit();
        let reading = async {
            loop {
                if let Some(reply) = self.pull()? {
                    return Ok(reply);
                }
                self.fill().await?;
            }
        };
        timeout(limit, reading)
            .await
            .unwrap_or_else(|_| Err(self.silence(limit)))
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

    /// Waits for bytes and takes them. Losing the future loses none.
    async fn fill(&mut self) -> Result<(), ClientError> {
        let mut bytes = [0; MAX_LINE];
        let room = self.lines.room().min(MAX_LINE);
        match self.stream.read(&mut bytes[..room]).await {
            Ok(0) => Err(ClientError::Closed),
            Ok(read) => {
                self.lines.push(&bytes[..read]);
                Ok(())
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(()),
            Err(error) => Err(ClientError::Control(error)),
        }
    }

    /// Goes on under TLS. What came before the handshake was not protected, so there must be
    /// nothing left of it to be taken for a protected reply.
    pub(crate) async fn secure(mut self, tls: &Tls) -> Result<Self, ClientError> {
        if self.early.is_some() || self.lines.pull().is_some() || self.lines.is_mid_line() {
            return Err(ClientError::BytesBeforeTls);
        }
        let Channel::Plain(stream) = self.stream else {
            return Ok(self);
        };
        let limit = self.reply_timeout;
        let stream = timeout(limit, tls.handshake(stream))
            .await
            .map_err(|_| ClientError::ReplyTimeout {
                command: self.asked.clone(),
                limit,
            })?
            .map_err(ClientError::Handshake)?;
        debug!(target: "ftplab::client", "TLS");
        self.stream = Channel::Tls(Box::new(stream));
        Ok(self)
    }

    fn pull(&mut self) -> Result<Option<Reply>, ClientError> {
        while let Some(event) = self.lines.pull() {
            match event {
                LineEvent::Line { bytes, .. } => {
                    if let Some(reply) = self.replies.push(bytes)? {
                        debug!(
                            target: "ftplab::client",
                            code = reply.code.value(),
                            text = %Printable(reply.text()),
                            "reply"
                        );
                        // Nothing is made of it that nobody reads.
                        if enabled!(target: DIALOGUE, Level::TRACE) {
                            for line in reply.to_string().lines() {
                                trace!(target: DIALOGUE, "< {}", Printable(line.as_bytes()));
                            }
                        }
                        return Ok(Some(reply));
                    }
                }
                LineEvent::TooLong { length } => return Err(ClientError::LineTooLong(length)),
                LineEvent::Telnet(telnet) => {
                    if let (Some(refusal), Channel::Plain(stream)) =
                        (telnet.refusal(), &self.stream)
                    {
                        // A courtesy; a connection that cannot take it fails at the next command.
                        let _ = stream.try_write(&refusal);
                    }
                }
            }
        }
        Ok(None)
    }

    /// Waits for the server's FIN, so that it closes first; then closes.
    pub(crate) async fn close_after_peer(mut self) {
        let limit = self.limit();
        let closed = async {
            let mut bytes = [0; 512];
            // Whatever comes after the goodbye is thrown away; the time-out bounds it.
            while matches!(self.stream.read(&mut bytes).await, Ok(1..)) {}
        };
        // A server that does not close is left all the same.
        let _ = timeout(limit, closed).await;
        debug!(target: "ftplab::client", "close()");
    }
}
