//! One control connection: lines in, a handler or the usual answer out.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use proto::{LineBuffer, LineEnding, LineEvent};
use script::Certificate;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};

use super::stage::Stage;
use super::{fault, register};
use crate::check::channel::{Channel, Secure};
use crate::check::data::Data;
use crate::check::shown::Shown;

/// The longest command line.
const MAX_LINE: usize = 64 * 1024;
/// How much is kept of a line that goes out in pieces.
const MAX_BEGUN: usize = 64;
/// How long a client may take to read the goodbye of TLS.
const GOODBYE: Duration = Duration::from_secs(1);

/// Whether a session goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flow {
    On,
    /// The connection is closed.
    Over,
}

/// What was agreed on for data connections (RFC 4217 §9).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Protection {
    /// Nothing: PBSZ has not come.
    Unsized,
    /// Clear text.
    Clear,
    /// TLS.
    Private,
}

/// A session, from the greeting to its end.
pub(super) struct Session {
    pub(super) stage: Arc<Stage>,
    /// `None` when the script hung up, or a handshake failed.
    pub(super) channel: Option<Channel>,
    lines: LineBuffer,
    /// What was sent of a line that has no end yet.
    begun: Vec<u8>,
    /// What the control connection showed, and its data connections will show.
    certificate: Certificate,
    pub(super) protection: Protection,
    /// What a report calls it: nothing for the first.
    name: String,
    pub(super) server: SocketAddr,
    pub(super) peer: SocketAddr,
    pub(super) data: Data,
    /// Where PORT or EPRT said that the client listens.
    pub(super) active: Option<SocketAddr>,
    pub(super) user: Option<Vec<u8>>,
    pub(super) logged_in: bool,
    pub(super) folder: Vec<u8>,
    pub(super) ascii: bool,
    pub(super) restart: u64,
    pub(super) rename: Option<Vec<u8>>,
}

/// A command line that came.
struct Line {
    bytes: Vec<u8>,
    ending: LineEnding,
}

impl Session {
    pub(super) fn new(
        stage: Arc<Stage>,
        stream: TcpStream,
        server: SocketAddr,
        peer: SocketAddr,
        number: usize,
    ) -> Self {
        Self {
            stage,
            channel: Some(Channel::Plain(stream)),
            lines: LineBuffer::new(MAX_LINE),
            begun: Vec::new(),
            certificate: Certificate::Good,
            protection: Protection::Unsized,
            name: if number == 1 {
                String::new()
            } else {
                format!("session {number}")
            },
            server,
            peer,
            data: Data::default(),
            active: None,
            user: None,
            logged_in: false,
            folder: b"/".to_vec(),
            ascii: true,
            restart: 0,
            rename: None,
        }
    }

    /// What the dialogue calls it: nothing, where it is the first.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Serves the client until one of the two hangs up.
    pub(super) async fn serve(mut self) {
        if let Some(channel) = &self.channel {
            // What a client that has gone makes of it, the judge sees.
            let _ = channel.tcp().set_nodelay(true);
            // Telnet's Synch comes as urgent data (RFC 959 §4.1.3): it has its place between the
            // rest.
            let _ = rustix::net::sockopt::set_socket_oobinline(channel.tcp(), true);
        }
        self.lines().await;
        if let Some(channel) = &mut self.channel {
            // A client that has gone does not hear it.
            let _ = timeout(GOODBYE, channel.say_goodbye()).await;
        }
    }

    /// Answers line after line.
    async fn lines(&mut self) {
        if self.answer("connect", b"", b"").await == Flow::Over {
            return;
        }
        while let Some(line) = self.next_line().await {
            let at = self.stage.at;
            if line.ending == LineEnding::Lf {
                let got = format!("`{}`, which ends in LF alone", Shown(&line.bytes));
                self.stage
                    .wrong(fault(at, "command lines that end in CR LF", got));
            }
            let bytes = line.bytes;
            let cut = bytes.iter().position(|&byte| byte == b' ');
            let (verb, argument) = bytes.split_at(cut.unwrap_or(bytes.len()));
            let argument = argument.strip_prefix(b" ").unwrap_or(argument);
            let verb = String::from_utf8_lossy(verb).to_ascii_uppercase();
            self.stage.said().dialogue.say(&self.name, "C", &bytes);
            self.stage.hear(&verb, &bytes, self.is_secure());
            if self.answer(&verb, argument, &bytes).await == Flow::Over {
                return;
            }
        }
    }

    /// A handler of the script, or the usual.
    async fn answer(&mut self, verb: &str, argument: &[u8], line: &[u8]) -> Flow {
        let stage = Arc::clone(&self.stage);
        if verb == "USER" {
            self.user = Some(argument.to_vec());
            self.logged_in = false;
        }
        let flow = match stage.handler(verb, line) {
            Some(handler) => {
                self.set("argument", argument.to_vec());
                self.handle(handler).await
            }
            None => self.usual(verb, argument).await,
        };
        register(&mut stage.said().ends, self.server, &self.data, &self.name);
        flow
    }

    /// The next line; `None` when the client has gone.
    async fn next_line(&mut self) -> Option<Line> {
        let at = self.stage.at;
        let wrong = |got: String| fault(at, "command lines that end in CR LF", got);
        loop {
            while let Some(event) = self.lines.pull() {
                match event {
                    LineEvent::Line { bytes, ending } => {
                        return Some(Line {
                            bytes: bytes.to_vec(),
                            ending,
                        });
                    }
                    LineEvent::TooLong { length } => {
                        self.stage.wrong(wrong(format!("a line of {length} bytes")));
                    }
                    LineEvent::Telnet(_) => {}
                }
            }
            let mut bytes = [0; 4096];
            let room = self.lines.room().min(bytes.len());
            match self.channel.as_mut()?.read(bytes.get_mut(..room)?).await {
                Ok(0) => {
                    if self.lines.is_mid_line() {
                        let got = "bytes without the end of a line, and then the end";
                        self.stage.wrong(wrong(got.into()));
                    }
                    return None;
                }
                Ok(read) => {
                    self.lines.push(bytes.get(..read)?);
                }
                // A client that is killed resets the connection.
                Err(_) => return None,
            }
        }
    }

    /// Sends a line; a client that has gone does not hear it.
    pub(super) async fn reply(&mut self, line: &[u8]) -> Flow {
        self.say("S", line);
        self.send(&[line, b"\r\n"].concat()).await
    }

    /// Sends bytes as they are.
    pub(super) async fn reply_raw(&mut self, bytes: &[u8]) -> Flow {
        self.say("S raw", bytes);
        self.send(bytes).await
    }

    async fn send(&mut self, bytes: &[u8]) -> Flow {
        for part in bytes.split_inclusive(|&byte| byte == b'\n') {
            let room = MAX_BEGUN.saturating_sub(self.begun.len()).min(part.len());
            self.begun
                .extend_from_slice(part.get(..room).unwrap_or(part));
            if part.ends_with(b"\n") {
                self.logged_in |= self.begun.starts_with(b"230 ");
                self.begun.clear();
            }
        }
        let deadline = Instant::now() + self.stage.limit;
        let Some(channel) = &mut self.channel else {
            return Flow::Over;
        };
        match timeout_at(deadline, channel.write_all(bytes)).await {
            Ok(Ok(())) => Flow::On,
            _ => Flow::Over,
        }
    }

    pub(super) fn is_secure(&self) -> bool {
        self.channel.as_ref().is_some_and(Channel::is_secure)
    }

    /// The handshake, after which the client has to say anew who it is (RFC 4217 §4).
    pub(super) async fn secure(&mut self, certificate: Certificate) -> Result<(), String> {
        if !self.lines.is_empty() {
            let got = "bytes behind AUTH".to_owned();
            let expected = "a client that waits for the reply to AUTH";
            self.stage.wrong(fault(self.stage.at, expected, got));
        }
        let Some(certificates) = self.stage.certificates.clone() else {
            return Err("nothing says whom the client is to trust".into());
        };
        let deadline = Instant::now() + self.stage.limit;
        let channel = self.channel.take().ok_or("the connection is closed")?;
        let secure = Secure::Server(certificates.control(certificate));
        self.channel = Some(channel.secured(secure, deadline).await?);
        self.lines = LineBuffer::new(MAX_LINE);
        self.certificate = certificate;
        self.user = None;
        self.logged_in = false;
        Ok(())
    }

    /// What goes over a data connection is a part of the dialogue too.
    pub(super) fn say(&self, mark: &'static str, text: &[u8]) {
        self.stage.said().dialogue.say(&self.name, mark, text);
    }

    pub(super) fn set(&self, name: &str, value: Vec<u8>) {
        self.stage.said().variables.insert(name.to_owned(), value);
    }

    /// Listens for a data connection, and tells the script where.
    pub(super) fn listen(&mut self, at: std::net::IpAddr) -> Result<SocketAddr, String> {
        self.active = None;
        let at = self.data.listen(at)?;
        register(
            &mut self.stage.said().ends,
            self.server,
            &self.data,
            &self.name,
        );
        if let SocketAddr::V4(at) = at {
            self.set(
                "port_arg",
                proto::HostPort::from(at).to_string().into_bytes(),
            );
        }
        self.set("eprt_arg", proto::encode_eprt(at).into_bytes());
        self.set("host", at.ip().to_string().into_bytes());
        self.set("port", at.port().to_string().into_bytes());
        Ok(at)
    }

    /// The data connection that the client set up: accepted or dialled when it is first used.
    pub(super) async fn open_data(&mut self) -> Result<(), String> {
        let deadline = Instant::now() + self.stage.limit;
        if self.data.is_open() {
        } else if self.data.listening().is_some() {
            self.data.accept(deadline).await?;
        } else if let Some(to) = self.active.take() {
            let dialled = self.data.dial(to, deadline).await;
            register(
                &mut self.stage.said().ends,
                self.server,
                &self.data,
                &self.name,
            );
            dialled?;
        } else {
            return Err("the client set up no data connection".into());
        }
        if self.protection != Protection::Private || self.data.is_secure() {
            return Ok(());
        }
        let Some(certificates) = self.stage.certificates.clone() else {
            return Ok(());
        };
        let secure = Secure::Server(certificates.data(self.certificate));
        self.data.secure(secure, deadline).await
    }
}
