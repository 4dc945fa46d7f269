//! One control connection: lines in, a handler or the usual answer out.

use std::net::SocketAddr;
use std::sync::Arc;

use proto::{LineBuffer, LineEnding, LineEvent};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};

use super::stage::Stage;
use super::{fault, register};
use crate::check::data::Data;
use crate::check::shown::Shown;

/// The longest command line.
const MAX_LINE: usize = 64 * 1024;

/// Whether a session goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flow {
    On,
    /// The connection is closed.
    Over,
}

/// A session, from the greeting to its end.
pub(super) struct Session {
    pub(super) stage: Arc<Stage>,
    pub(super) stream: TcpStream,
    lines: LineBuffer,
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
            stream,
            lines: LineBuffer::new(MAX_LINE),
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

    /// Serves the client until one of the two hangs up.
    pub(super) async fn serve(mut self) {
        // What a client that has gone makes of it, the judge sees.
        let _ = self.stream.set_nodelay(true);
        // Telnet's Synch comes as urgent data (RFC 959 §4.1.3): it has its place between the rest.
        let _ = rustix::net::sockopt::set_socket_oobinline(&self.stream, true);
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
            self.stage.hear(&verb, &bytes);
            if self.answer(&verb, argument, &bytes).await == Flow::Over {
                return;
            }
        }
    }

    /// A handler of the script, or the usual.
    async fn answer(&mut self, verb: &str, argument: &[u8], line: &[u8]) -> Flow {
        let stage = Arc::clone(&self.stage);
        let flow = match stage.handler(verb, line) {
            Some(handler) => {
                self.set("argument", argument.to_vec());
                self.handle(handler).await
            }
            None => self.usual(verb, argument).await,
        };
        register(&mut stage.said().ends, self.server, &self.data);
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
            match self.stream.read(bytes.get_mut(..room)?).await {
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
        self.stage.said().dialogue.say(&self.name, "S", line);
        if line.starts_with(b"230 ") {
            self.logged_in = true;
        }
        let deadline = Instant::now() + self.stage.limit;
        let whole = [line, b"\r\n"].concat();
        match timeout_at(deadline, self.stream.write_all(&whole)).await {
            Ok(Ok(())) => Flow::On,
            _ => Flow::Over,
        }
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
        register(&mut self.stage.said().ends, self.server, &self.data);
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
        if self.data.is_open() {
            return Ok(());
        }
        let deadline = Instant::now() + self.stage.limit;
        if self.data.listening().is_some() {
            self.data.accept(deadline).await.map(drop)
        } else if let Some(to) = self.active.take() {
            let dialled = self.data.dial(to, deadline).await;
            register(&mut self.stage.said().ends, self.server, &self.data);
            dialled
        } else {
            Err("the client set up no data connection".into())
        }
    }
}
