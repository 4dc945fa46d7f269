//! A control connection as a script needs it: every byte counts, nothing is smoothed over.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;

use client::Tls;
use proto::{LineBuffer, LineEnding, LineEvent, Reply, ReplyParser};
use tokio::time::{Instant, timeout_at};

use crate::check::channel::{Channel, Secure, is_end};
use crate::check::data::socket_for;
use crate::check::shown::Shown;

/// The longest line of a reply, the most lines, the most bytes.
const MAX_LINE: usize = 64 * 1024;
const MAX_LINES: usize = 10_000;
const MAX_REPLY: usize = 4 << 20;

/// How often what has come is read before something is sent.
const MAX_READS: usize = 64;

/// What came.
#[derive(Debug)]
pub(super) enum Heard {
    Reply(Reply),
    /// A line that belongs to no reply, or breaks the rules of replies: why.
    Wrong(String),
    /// The connection ended: how.
    Closed(String),
    /// It ended inside of a reply: how.
    Torn(String),
    /// Nothing, in the time there was.
    Nothing,
}

/// The script's end of a control connection.
#[derive(Debug)]
#[allow(clippy::struct_excessive_bools)] // one a fact
pub(super) struct Control {
    channel: Option<Channel>,
    lines: LineBuffer,
    replies: ReplyParser,
    heard: VecDeque<Heard>,
    pub(super) local: SocketAddr,
    pub(super) peer: SocketAddr,
    /// Where the last 227 or 229 said that the server listens.
    pub(super) passive: Option<SocketAddr>,
    /// The code of the last reply; none before the greeting.
    pub(super) code: Option<[u8; 3]>,
    /// The server hung up, or said 421.
    pub(super) gone: bool,
    /// Whether PASV, EPSV or a relative of theirs was sent.
    pub(super) asked_passive: bool,
    /// Whether something was sent that is no plain line.
    pub(super) raw: bool,
    /// The half line that was told last.
    shown_half: Vec<u8>,
    /// TLS on this connection: its data connections resume the session of it.
    pub(super) tls: Option<Tls>,
    /// Behind `login tls`: whether its data connections are under TLS.
    pub(super) protects: Option<bool>,
    /// PROT was sent: whether with P, and how many replies are to come up to its own.
    asked_prot: Option<(bool, i64)>,
    /// A transfer has begun and has not ended.
    transfers: bool,
    /// The data connection that was opened last.
    pub(super) data: String,
    /// How many replies are still to come: the greeting, and one for each line.
    awaited: i64,
}

impl Control {
    /// Connects; `from` is the address to come from.
    pub(super) async fn connect(server: SocketAddr, deadline: Instant) -> io::Result<Self> {
        let socket = socket_for(server.ip())?;
        let stream = timeout_at(deadline, socket.connect(server))
            .await
            .map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
        stream.set_nodelay(true)?;
        Ok(Self {
            local: stream.local_addr()?,
            peer: server,
            channel: Some(Channel::Plain(stream)),
            lines: LineBuffer::new(MAX_LINE),
            replies: ReplyParser::new(MAX_LINES, MAX_REPLY),
            heard: VecDeque::new(),
            passive: None,
            code: None,
            gone: false,
            asked_passive: false,
            raw: false,
            shown_half: Vec::new(),
            tls: None,
            protects: None,
            asked_prot: None,
            transfers: false,
            data: String::new(),
            awaited: 1,
        })
    }

    /// Whether the script has not closed it.
    pub(super) fn is_open(&self) -> bool {
        self.channel.is_some()
    }

    pub(super) async fn send(&mut self, bytes: &[u8], deadline: Instant) -> Result<(), String> {
        let upper = bytes.to_ascii_uppercase();
        let lines = upper.split(|&byte| byte == b'\n');
        for (number, line) in (1..).zip(lines.clone()) {
            if let [b'P', b'R', b'O', b'T', b' ', level @ (b'P' | b'C'), ..] = line {
                self.asked_prot = Some((*level == b'P', self.awaited + number));
            }
        }
        self.awaited += i64::try_from(lines.count() - 1).unwrap_or(i64::MAX / 2);
        self.asked_passive |= [b"PASV", b"EPSV", b"SPSV", b"LPSV"]
            .iter()
            .any(|verb| upper.windows(verb.len()).any(|window| window == *verb));
        let Some(channel) = &mut self.channel else {
            return Err("the connection is closed".into());
        };
        match timeout_at(deadline, channel.write_all(bytes)).await {
            Ok(Ok(())) => Ok(()),
            // That the server hung up is told by who reads next: how much of what is sent is taken
            // until then depends on the system's buffers.
            Ok(Err(error)) if is_end(&error) => Ok(()),
            Ok(Err(error)) => Err(format!("the connection failed: {error}")),
            Err(_) => Err("the server did not read it".into()),
        }
    }

    /// The last byte as TCP's urgent data (RFC 959 §4.1.3 asks for it before ABOR).
    pub(super) fn send_urgent(&mut self, bytes: &[u8]) -> Result<(), String> {
        let Some(Channel::Plain(stream)) = &self.channel else {
            return Err("there is no plain connection to send urgent data on".into());
        };
        let flags = rustix::net::SendFlags::OOB | rustix::net::SendFlags::NOSIGNAL;
        let sent = rustix::net::send(stream, bytes, flags);
        match sent {
            Ok(sent) if sent == bytes.len() => Ok(()),
            Ok(sent) => Err(format!(
                "only {sent} of {} bytes could be sent",
                bytes.len()
            )),
            Err(error) => Err(format!("the connection failed: {error}")),
        }
    }

    /// What comes next; `say` hears each line as it comes.
    pub(super) async fn hear(&mut self, deadline: Instant, mut say: impl FnMut(&[u8])) -> Heard {
        loop {
            self.pull(&mut say);
            if let Some(heard) = self.heard.pop_front() {
                if let Heard::Reply(reply) = &heard {
                    self.heed(reply.code.value());
                }
                return heard;
            }
            let Some(channel) = &mut self.channel else {
                return Heard::Closed("closed by the script".into());
            };
            let mut bytes = [0; 8192];
            let room = self.lines.room().min(bytes.len());
            match timeout_at(deadline, channel.read(&mut bytes[..room])).await {
                Err(_) => return Heard::Nothing,
                Ok(Ok(0)) => return self.ended("closed", " in order"),
                Ok(Ok(read)) => {
                    self.lines.push(&bytes[..read]);
                }
                Ok(Err(error)) if error.kind() == io::ErrorKind::Interrupted => {}
                Ok(Err(error)) => return self.ended(&format!("ended by {error}"), ""),
            }
        }
    }

    /// What a reply says of the session.
    fn heed(&mut self, code: u16) {
        self.gone |= code == 421;
        // What STAT is answered with ends no transfer.
        self.transfers = code / 100 == 1 || self.transfers && matches!(code, 211..=213);
        if code / 100 == 1 {
            // A preliminary reply is followed by another one (RFC 959 §4.2).
            return;
        }
        self.awaited -= 1;
        if let Some((private, before)) = self.asked_prot.take() {
            match before {
                ..=1 if code == 200 => self.protects = self.protects.and(Some(private)),
                ..=1 => {}
                _ => self.asked_prot = Some((private, before - 1)),
            }
        }
    }

    /// Whether it is under TLS.
    pub(super) fn is_secure(&self) -> bool {
        self.channel.as_ref().is_some_and(Channel::is_secure)
    }

    /// Whether a transfer goes on, on the data connection of this name.
    pub(super) fn carries(&self, data: &str) -> bool {
        self.transfers && self.data == data
    }

    /// What has come of a line or a reply whose end has not.
    pub(super) fn begun(&self) -> Option<&'static str> {
        if self.lines.is_mid_line() {
            return Some("line");
        }
        self.replies.is_open().then_some("reply")
    }

    /// The same in words.
    pub(super) fn unfinished(&self) -> Option<String> {
        if self.lines.is_mid_line() {
            let line = short(self.lines.begun());
            return Some(format!("a line without an end: `{line}`"));
        }
        let reply = self.replies.begun()?;
        let first = reply.lines.first().map_or(&[][..], Vec::as_slice);
        let more = match reply.lines.len().saturating_sub(1) {
            0 => String::new(),
            more => format!(" and {}", tracer::plural(more as u64, "more line")),
        };
        let (code, first) = (reply.code, short(first));
        Some(format!(
            "a reply without an end: `{code}-{first}`{more}, but no line `{code} …`"
        ))
    }

    /// The line that has no end yet, once.
    pub(super) fn half_line(&mut self) -> Option<Vec<u8>> {
        let half = self.lines.begun().to_vec();
        let new = !half.is_empty() && self.shown_half != half;
        self.shown_half.clone_from(&half);
        new.then_some(half)
    }

    /// Takes what has come already, so that it is told before what is sent now.
    pub(super) async fn catch_up(&mut self, mut say: impl FnMut(&[u8])) {
        // What the system has is seen when others had their turn.
        tokio::task::yield_now().await;
        // Who sends without end is not waited for.
        for _ in 0..MAX_READS {
            self.pull(&mut say);
            let (Some(channel), true) = (&mut self.channel, self.heard.len() < MAX_LINES) else {
                return;
            };
            let mut bytes = [0; 8192];
            let room = self.lines.room().min(bytes.len());
            // The end, in order or not, is told by who reads next.
            match timeout_at(Instant::now(), channel.read(&mut bytes[..room])).await {
                Ok(Ok(read)) if read > 0 => self.lines.push(&bytes[..read]),
                _ => return,
            };
        }
    }

    fn ended(&mut self, how: &str, in_order: &str) -> Heard {
        if let Some(begun) = self.begun() {
            return Heard::Torn(format!("{how} in the middle of a {begun}"));
        }
        self.gone = true;
        Heard::Closed(format!("{how}{in_order}"))
    }

    /// Whether every command that was sent has its answer, as far as that can be told: what was
    /// sent raw may be any number of commands.
    pub(super) fn is_settled(&self) -> bool {
        self.is_open() && !self.raw && self.awaited <= 0
    }

    /// Looks at what came and makes replies of it.
    fn pull(&mut self, say: &mut impl FnMut(&[u8])) {
        while let Some(event) = self.lines.pull() {
            let heard = match event {
                LineEvent::Line { bytes, ending } => {
                    say(bytes);
                    if ending == LineEnding::Lf {
                        let line = Shown(bytes);
                        self.heard.push_back(Heard::Wrong(format!(
                            "a line that ends in LF alone: `{line}`"
                        )));
                    }
                    match self.replies.push(bytes) {
                        Ok(None) => continue,
                        Ok(Some(reply)) => Heard::Reply(reply),
                        Err(error) => Heard::Wrong(error.to_string()),
                    }
                }
                LineEvent::TooLong { length } => Heard::Wrong(format!("a line of {length} bytes")),
                LineEvent::Telnet(_) => continue,
            };
            self.heard.push_back(heard);
        }
    }

    /// The handshake. What came before it must have been read.
    pub(super) async fn secure(&mut self, tls: Tls, deadline: Instant) -> Result<(), String> {
        self.pull(&mut |_| {});
        if !self.heard.is_empty() || self.lines.is_mid_line() {
            return Err("the server said something in clear text before the handshake".into());
        }
        let channel = self.channel.take().ok_or("the connection is closed")?;
        self.channel = Some(channel.secured(Secure::Client(&tls), deadline).await?);
        self.tls = Some(tls);
        Ok(())
    }

    /// Ends what the script left open: FIN, then what the server has still to say, TLS's goodbye for
    /// one. That would get a reset from a socket that is closed, and the reset would be told as the
    /// script's.
    pub(super) async fn leave(mut self) {
        if let Some(channel) = self.channel.take() {
            channel.leave().await;
        }
    }

    /// By FIN, under TLS with its goodbye before it, or by a reset.
    pub(super) async fn close(&mut self, reset: bool, deadline: Instant) -> Result<(), String> {
        let Some(mut channel) = self.channel.take() else {
            return Ok(());
        };
        if reset {
            rustix::net::sockopt::set_socket_linger(channel.tcp(), Some(std::time::Duration::ZERO))
                .map_err(|error| error.to_string())?;
        } else {
            // What cannot be said to the end is closed all the same.
            let _ = timeout_at(deadline, channel.shutdown()).await;
            channel.see_out().await;
        }
        Ok(())
    }
}

/// The begin of a line, for a report.
fn short(line: &[u8]) -> String {
    const SHOWN: usize = 80;
    let shown = Shown(line.get(..SHOWN).unwrap_or(line));
    let more = if line.len() > SHOWN { "…" } else { "" };
    format!("{shown}{more}")
}
