//! The control connection: lines in, replies out, each within bounds and time.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use proto::{Command, CommandError, CommandLine, LineBuffer, LineEvent, Printable, Reply};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::net::{RecvFlags, recv};
use tokio::io::{AsyncWriteExt, Interest};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tracing::debug;

use crate::answer::Answer;
use crate::farewell;
use crate::persona::{Context, Persona};
use crate::secure::{Leftover, Secure};
use crate::tls::Tls;

/// The longest command line: a path of `PATH_MAX` and its verb.
const MAX_LINE: usize = 4096 + 64;

/// How much of a word that is no command is kept, to be named in the refusal.
const MAX_WORD: usize = 40;

/// The server's end of a control connection.
#[derive(Debug)]
pub(crate) struct Control {
    stream: TcpStream,
    /// TLS between the socket and the lines, once AUTH asked for it.
    secure: Option<Box<Secure>>,
    /// What is left of TLS that was ended.
    leftover: Option<Box<Leftover>>,
    lines: LineBuffer,
    out: Vec<u8>,
    /// Words to use instead of ours, and what they are about.
    persona: Option<Box<(Arc<Persona>, Context)>>,
    write_timeout: Duration,
    /// The session's number, which its events carry.
    pub(crate) session: u64,
    /// How many command lines came.
    pub(crate) heard: u64,
    /// Which of them is being answered, from 1 on; 0 when none is.
    pub(crate) answering: u64,
    /// The client's address, in its plain IPv4 form if it is an IPv4 one.
    pub(crate) peer: SocketAddr,
    /// Our own address, likewise.
    pub(crate) local: SocketAddr,
}

/// What the client sent.
#[derive(Debug)]
pub(crate) enum Heard {
    Command(Command),
    /// The error, and the word that the line began with, cut to a few bytes.
    Refused(CommandError, Box<[u8]>),
    TooLong,
}

/// Why a session is over.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Ended {
    #[error("the client closed the control connection")]
    ClosedByPeer,
    #[error("the control connection failed: {0}")]
    Failed(#[from] io::Error),
    #[error("the client did not take a reply in time")]
    NotReading,
    /// A last reply was sent.
    #[error("the server closed the control connection")]
    Said,
}

impl Control {
    /// Not with options that the listening socket hands down: connections that came before they
    /// were set would lack them.
    pub(crate) fn new(
        stream: TcpStream,
        session: u64,
        peer: SocketAddr,
        local: SocketAddr,
        write_timeout: Duration,
    ) -> io::Result<Self> {
        // One segment a reply, at once: replies are what the client waits for.
        stream.set_nodelay(true)?;
        // An urgent ABOR (RFC 959 §4.1.3) puts its data mark where `LineBuffer` takes it out.
        rustix::net::sockopt::set_socket_oobinline(&stream, true)?;
        Ok(Self {
            peer,
            local,
            stream,
            secure: None,
            leftover: None,
            lines: LineBuffer::new(MAX_LINE),
            out: Vec::new(),
            persona: None,
            write_timeout,
            session,
            heard: 0,
            answering: 0,
        })
    }

    /// The next command. Losing the future loses no byte.
    pub(crate) async fn hear(&mut self) -> Result<Heard, Ended> {
        loop {
            if let Some(heard) = self.pull() {
                return Ok(heard);
            }
            if let Some(secure) = &mut self.secure {
                if secure.has_text() {
                    self.fill()?;
                    continue;
                }
                secure.flush(&self.stream).await?;
            }
            // Not by `AsyncRead`, which takes a short read for the last byte that is there: the
            // kernel also ends one at an urgent mark.
            self.stream.readable().await?;
            self.fill()?;
        }
    }

    /// Whether the client has closed its side, or is gone. The kernel is asked, and at once: the
    /// runtime may not have heard of it yet, and commands may stand before it unread.
    pub(crate) fn is_closed_by_peer(&self) -> bool {
        let mut asked = [PollFd::new(&self.stream, PollFlags::RDHUP)];
        let now = Timespec::default();
        // HUP and ERR are always told.
        poll(&mut asked, Some(&now)).is_ok_and(|ready| ready > 0)
    }

    /// Whether the connection was reset: what a client's kernel does when it closes the connection
    /// with replies unread.
    pub(crate) fn is_reset(&self) -> bool {
        // HUP and ERR are always told.
        let mut asked = [PollFd::new(&self.stream, PollFlags::empty())];
        poll(&mut asked, Some(&Timespec::default())).is_ok_and(|ready| ready > 0)
    }

    /// Waits until the client closes its side, for so long at most; says whether it has. A
    /// command that comes proves that it lives, and ends the waiting; it stays unread.
    pub(crate) async fn closes_within(&self, wait: Duration) -> bool {
        let peek = || {
            let flags = RecvFlags::PEEK | RecvFlags::DONTWAIT;
            recv(&self.stream, &mut [0; 1], flags).map_err(io::Error::from)
        };
        // What it says is asked for below, in either case.
        let _ = timeout(wait, self.stream.async_io(Interest::READABLE, peek)).await;
        self.is_closed_by_peer()
    }

    /// Whether TLS is on.
    pub(crate) const fn is_secure(&self) -> bool {
        self.secure.is_some()
    }

    /// Whether bytes came that no command has used.
    pub(crate) const fn has_unread(&self) -> bool {
        !self.lines.is_empty()
    }

    /// From now on everything is TLS; the next bytes must be the client's handshake.
    pub(crate) fn secure(&mut self, tls: &Tls) -> Result<(), Ended> {
        self.secure = Some(Box::new(Secure::new(tls)?));
        Ok(())
    }

    /// Ends TLS and leaves the connection open. What came encrypted and was not heard yet is
    /// dropped.
    pub(crate) async fn clear(&mut self) -> Result<(), Ended> {
        let Some(mut secure) = self.secure.take() else {
            return Ok(());
        };
        secure.close(&self.stream);
        let flushing = secure.flush(&self.stream);
        timeout(self.write_timeout, flushing)
            .await
            .map_err(|_| Ended::NotReading)??;
        self.lines = LineBuffer::new(MAX_LINE);
        self.leftover = Some(Box::default());
        Ok(())
    }

    /// Reads what is there, as far as there is room. Not async, so that the buffer is on the
    /// stack only while it is used: an idle session stays small.
    fn fill(&mut self) -> Result<(), Ended> {
        let mut bytes = [0; MAX_LINE];
        let room = self.lines.room();
        if room == 0 {
            return Ok(());
        }
        let bytes = &mut bytes[..room.min(MAX_LINE)];
        let read = match &mut self.secure {
            None => self.stream.try_read(bytes),
            Some(secure) => secure.try_read(&self.stream, bytes),
        };
        match read {
            Ok(0) => Err(Ended::ClosedByPeer),
            Ok(read) => {
                let mut bytes = &bytes[..read];
                if let Some(leftover) = &mut self.leftover {
                    let Some(text) = leftover.clear_text(bytes) else {
                        return Ok(());
                    };
                    bytes = text;
                    self.leftover = None;
                }
                self.lines.push(bytes);
                Ok(())
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    fn pull(&mut self) -> Option<Heard> {
        loop {
            match self.lines.pull()? {
                LineEvent::Line { bytes, .. } => {
                    let line = CommandLine::split(without_interrupt(bytes));
                    self.heard += 1;
                    debug!(
                        target: "ftplab::server",
                        session = self.session,
                        number = self.heard,
                        line = %line.masked(),
                        "command"
                    );
                    return Some(match Command::parse(&line) {
                        Ok(command) => Heard::Command(command),
                        Err(error) => {
                            let word = &line.word[..line.word.len().min(MAX_WORD)];
                            Heard::Refused(error, word.into())
                        }
                    });
                }
                LineEvent::TooLong { length } => {
                    self.heard += 1;
                    debug!(
                        target: "ftplab::server",
                        session = self.session,
                        number = self.heard,
                        line = %format_args!("({length} bytes)"),
                        "command"
                    );
                    return Some(Heard::TooLong);
                }
                LineEvent::Telnet(telnet) => {
                    if let Some(refusal) = telnet.refusal() {
                        // A courtesy: a client that does not even take these three bytes in
                        // will be missed at its next reply.
                        match &mut self.secure {
                            None => drop(self.stream.try_write(&refusal)),
                            Some(secure) => {
                                if secure.write(&refusal).is_ok() {
                                    secure.try_flush(&self.stream);
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    /// Speaks like `persona` from now on.
    pub(crate) fn speak_like(&mut self, persona: &Arc<Persona>) {
        self.persona = Some(Box::new((Arc::clone(persona), Context::default())));
    }

    /// A persona's words for replies, and the place to say what they are about.
    pub(crate) fn persona(&mut self) -> Option<(&Persona, &mut Context)> {
        let (persona, context) = self.persona.as_deref_mut()?;
        Some((persona, context))
    }

    /// Sends a reply, of one line unless a persona has more to say.
    pub(crate) async fn reply(&mut self, answer: Answer<'_>) -> Result<(), Ended> {
        if let Some((persona, context)) = self.persona.as_deref() {
            self.out.clear();
            if let Some(code) = persona.write(&answer, context, &mut self.out) {
                debug!(
                    target: "ftplab::server",
                    session = self.session,
                    answers = self.answering,
                    code = code.value(),
                    text = %Printable(self.out.get(4..).unwrap_or_default().trim_ascii_end()),
                    "reply"
                );
                return self.send().await;
            }
        }
        let mut text = Vec::with_capacity(80);
        let code = answer.write(&mut text);
        self.out.clear();
        self.out.extend(code.digits());
        self.out.push(b' ');
        proto::escape(&text, &mut self.out);
        self.out.extend_from_slice(b"\r\n");
        debug!(
            target: "ftplab::server",
            session = self.session,
            answers = self.answering,
            code = code.value(),
            text = %Printable(&text),
            "reply"
        );
        self.send().await
    }

    /// Sends a reply of any number of lines.
    pub(crate) async fn reply_lines(&mut self, reply: &Reply) -> Result<(), Ended> {
        self.out.clear();
        reply.encode(&mut self.out);
        debug!(
            target: "ftplab::server",
            session = self.session,
            answers = self.answering,
            code = reply.code.value(),
            text = %Printable(reply.text()),
            "reply"
        );
        self.send().await
    }

    async fn send(&mut self) -> Result<(), Ended> {
        let sending = async {
            match &mut self.secure {
                None => self.stream.write_all(&self.out).await,
                Some(secure) => {
                    secure.write(&self.out)?;
                    secure.flush(&self.stream).await
                }
            }
        };
        let sent = timeout(self.write_timeout, sending).await;
        if self.out.capacity() > MAX_LINE {
            self.out = Vec::new();
        }
        match sent {
            Ok(result) => Ok(result?),
            Err(_) => Err(Ended::NotReading),
        }
    }

    /// Closes the connection. Commands that came but will not be answered are read first:
    /// closing with bytes unread would reset the connection and could lose the last reply.
    pub(crate) fn close(mut self, reason: &Ended) {
        let is_secure = self.secure.is_some();
        if let Some(secure) = &mut self.secure {
            secure.close(&self.stream);
        }
        let mut bytes = [0; MAX_LINE];
        for _ in 0..16 {
            match self.stream.try_read(&mut bytes) {
                Ok(1..) => {}
                _ => break,
            }
        }
        tracing::info!(target: "ftplab::server", session = self.session, %reason, "close()");
        if is_secure {
            farewell::close(self.stream, farewell::REPLIES);
        }
    }
}

/// A line without the telnet commands that precede an urgent ABOR, where a client sent them
/// without their IAC or with one too many. No verb begins with such a byte.
fn without_interrupt(line: &[u8]) -> &[u8] {
    let start = line.iter().position(|&byte| byte < 240);
    &line[start.unwrap_or(line.len())..]
}

/// An IPv4 address that came through an IPv6 socket as IPv4.
pub(crate) fn canonical(addr: SocketAddr) -> SocketAddr {
    match addr.ip().to_canonical() {
        ip @ IpAddr::V4(_) => SocketAddr::new(ip, addr.port()),
        // As it is: a link-local address keeps its scope.
        IpAddr::V6(_) => addr,
    }
}
