//! A server that is ours but for one deliberate defect: a proxy in front of the real one.
//!
//! It hands on lines and data as they are; addresses in PORT, EPRT, 227 and 229 it replaces by its
//! own, so that the data pass through it too. After AUTH TLS it sees nothing more, and hands on
//! all there is. The sessions by which `ftplab check` explores a server, and makes and looks at
//! files, meet no defect: the files are what they should be, and only the script is misled.

use std::collections::VecDeque;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use proto::HostPort;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::data::{Way, active, passive};
use super::lines::{behind_the_mark, split, transfers, whole_reply};
use super::ports::{listen_beside_a_free_port, next_in_turn};

/// A command that was sent on and has not got its last reply.
pub(super) struct Asked {
    pub(super) verb: String,
    /// Asked by the proxy: the client hears nothing of it.
    pub(super) hidden: bool,
    /// The last reply was given already; the server's own is not handed on.
    pub(super) answered: bool,
}

/// A session of the client's, and the one with the real server.
#[allow(clippy::struct_excessive_bools)] // each is known by itself
pub(super) struct Session {
    pub(super) defect: &'static str,
    server: SocketAddr,
    here: SocketAddr,
    pub(super) client: SocketAddr,
    pub(super) asked: VecDeque<Asked>,
    pub(super) to_server: Vec<u8>,
    pub(super) to_client: Vec<u8>,
    pub(super) way: Way,
    listening: Option<JoinHandle<()>>,
    others: Vec<JoinHandle<()>>,
    pub(super) commands: usize,
    pub(super) first: String,
    pub(super) before: String,
    pub(super) user: Vec<u8>,
    pub(super) inside: bool,
    pub(super) ascii: bool,
    pub(super) renaming: bool,
    pub(super) rest: Option<Vec<u8>>,
    pub(super) ports: usize,
    secure: bool,
}

/// Listens, with this defect or with none (""), until the runtime ends.
pub(super) async fn start(server: SocketAddr, defect: &'static str) -> SocketAddr {
    let listener = listen_beside_a_free_port().await;
    let here = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((client, from)) = listener.accept().await {
            tokio::spawn(async move {
                let session = Session::new(server, here, from, defect);
                // A side that is gone ends the session.
                let _ = session.serve(client).await;
            });
        }
    });
    here
}

impl Session {
    fn new(server: SocketAddr, here: SocketAddr, client: SocketAddr, defect: &'static str) -> Self {
        let greeting = Asked {
            verb: "connect".into(),
            hidden: false,
            answered: false,
        };
        Self {
            defect,
            server,
            here,
            client,
            asked: VecDeque::from([greeting]),
            to_server: Vec::new(),
            to_client: Vec::new(),
            way: Way {
                defect,
                verb: Arc::default(),
                done: Arc::new(watch::channel(true).0),
                failed: Arc::default(),
            },
            listening: None,
            others: Vec::new(),
            commands: 0,
            first: String::new(),
            before: String::new(),
            user: Vec::new(),
            inside: false,
            ascii: true,
            renaming: false,
            rest: None,
            ports: 0,
            secure: false,
        }
    }

    async fn serve(mut self, mut client: TcpStream) -> io::Result<()> {
        // Telnet's synch comes as urgent data, and belongs among the rest.
        rustix::net::sockopt::set_socket_oobinline(&client, true)?;
        let mut server = TcpStream::connect(self.server).await?;
        let (mut heard, mut said) = (Vec::new(), Vec::new());
        loop {
            tokio::select! {
                read = client.read_buf(&mut heard) => {
                    if read? == 0 {
                        return Ok(());
                    }
                    behind_the_mark(&client, &mut heard);
                    self.lines(&mut heard).await?;
                }
                read = server.read_buf(&mut said) => {
                    if read? == 0 {
                        client.write_all(&self.to_client).await?;
                        return Ok(());
                    }
                    while let Some(reply) = whole_reply(&mut said) {
                        self.reply(reply).await?;
                    }
                }
            }
            server
                .write_all(&std::mem::take(&mut self.to_server))
                .await?;
            client
                .write_all(&std::mem::take(&mut self.to_client))
                .await?;
            if self.secure {
                server.write_all(&heard).await?;
                client.write_all(&said).await?;
                copy_bidirectional(&mut client, &mut server).await?;
                return Ok(());
            }
        }
    }

    /// Every whole line that came.
    async fn lines(&mut self, heard: &mut Vec<u8>) -> io::Result<()> {
        if self.defect == "halves" && self.inside && !heard.ends_with(b"\n") {
            heard.extend_from_slice(b"\r\n");
        }
        let mut first = true;
        while let Some(end) = heard.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = heard.drain(..=end).collect();
            if first || self.defect != "one-a-segment" {
                self.line(line).await?;
            }
            first = false;
        }
        Ok(())
    }

    async fn line(&mut self, line: Vec<u8>) -> io::Result<()> {
        let (verb, argument) = split(&line);
        self.commands += 1;
        if self.commands == 1 {
            self.first.clone_from(&verb);
        }
        self.recognise(&verb, &argument);
        if !self.misheard(&verb, &argument, &line) {
            match verb.as_str() {
                "PORT" | "EPRT" => self.port(&verb, &argument, line).await?,
                _ => self.ask(&verb, &line),
            }
        }
        self.before = verb;
        Ok(())
    }

    /// Sends a line to the real server.
    pub(super) fn ask(&mut self, verb: &str, line: &[u8]) {
        if matches!(
            verb,
            "RETR" | "STOR" | "STOU" | "APPE" | "LIST" | "NLST" | "MLSD"
        ) {
            verb.clone_into(&mut self.way.verb.lock().unwrap());
        }
        self.to_server.extend_from_slice(line);
        // A line of telnet alone, or an empty one, may get no reply.
        if !verb.is_empty() {
            self.asked.push_back(Asked {
                verb: verb.to_owned(),
                hidden: false,
                answered: false,
            });
        }
    }

    /// The same, with the reply kept from the client.
    pub(super) fn ask_hidden(&mut self, line: &str) {
        self.to_server.extend_from_slice(line.as_bytes());
        self.to_server.extend_from_slice(b"\r\n");
        self.asked.push_back(Asked {
            verb: split(line.as_bytes()).0,
            hidden: true,
            answered: false,
        });
    }

    /// Says a line to the client.
    pub(super) fn say(&mut self, line: &str) {
        let end = if self.defect == "reply-lf" {
            "\n"
        } else {
            "\r\n"
        };
        self.to_client.extend_from_slice(line.as_bytes());
        self.to_client.extend_from_slice(end.as_bytes());
    }

    async fn port(&mut self, verb: &str, argument: &[u8], line: Vec<u8>) -> io::Result<()> {
        let to = match verb {
            "PORT" => HostPort::parse_port(argument)
                .ok()
                .map(|to| SocketAddr::V4(to.addr())),
            _ => proto::parse_eprt(argument).ok(),
        };
        let own = to.filter(|to| to.ip() == self.client.ip() && to.port() >= 1024);
        let Some(to) = own else {
            // The real server says what is wrong with it.
            self.ask(verb, &line);
            return Ok(());
        };
        let (listener, at) = self.listen().await?;
        let mut from = self.here;
        from.set_port(self.here.port() - 1);
        let way = self.way.clone();
        if self.defect == "port-dials-at-once" {
            let early = super::data::dial(from, to, self.defect).await;
            self.others.push(tokio::spawn(async move {
                std::future::pending::<()>().await;
                drop(early);
            }));
        }
        self.listening = Some(tokio::spawn(active(listener, from, to, way)));
        let line = match verb {
            "PORT" => match at {
                SocketAddr::V4(at) => format!("PORT {}\r\n", HostPort::from(at)),
                SocketAddr::V6(_) => return Err(io::ErrorKind::Unsupported.into()),
            },
            _ => format!("EPRT {}\r\n", proto::encode_eprt(at)),
        };
        self.ask(verb, line.as_bytes());
        Ok(())
    }

    /// A place for the next data connection; nobody waits at the one before any more.
    async fn listen(&mut self) -> io::Result<(TcpListener, SocketAddr)> {
        if let Some(before) = self.listening.take() {
            // A transfer that runs goes on.
            if *self.way.done.borrow() {
                self.others.push(before);
            } else {
                before.abort();
            }
        }
        self.way.verb = Arc::default();
        self.way.done = Arc::new(watch::channel(false).0);
        self.way.failed = Arc::default();
        let listener = match self.defect {
            "pasv-counts" => next_in_turn().await?,
            _ => TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?,
        };
        let at = listener.local_addr()?;
        Ok((listener, at))
    }

    async fn reply(&mut self, mut reply: Vec<u8>) -> io::Result<()> {
        let mut code: [u8; 3] = reply[..3].try_into().unwrap_or_default();
        // STAT is answered while a transfer runs.
        let status = matches!(&code, b"211" | b"212" | b"213");
        let stat = self.asked.iter().position(|asked| asked.verb == "STAT");
        let place = stat.filter(|_| status).unwrap_or(0);
        let Some(asked) = self.asked.remove(place) else {
            self.to_client.extend_from_slice(&reply);
            return Ok(());
        };
        self.learn(&asked.verb, code);
        match &code {
            b"227" | b"229" if !asked.hidden => {
                let text = reply[4..].to_vec();
                let told = match code[2] {
                    b'7' => HostPort::parse_227(&text).map(|at| at.addr().port()).ok(),
                    _ => proto::parse_229(&text).ok(),
                };
                if let Some(port) = told {
                    let at = SocketAddr::new(self.server.ip(), port);
                    reply = self.pass(code, at).await?;
                }
            }
            b"234" => self.secure = asked.verb == "AUTH",
            _ => {}
        }
        let preliminary = code[0] == b'1';
        // What the transfer ended with is said when the data are through here as well.
        let late = preliminary && self.defect == "preliminary-late";
        if transfers(&asked.verb) && (code[0] == b'2' || late) {
            let mut done = self.way.done.subscribe();
            // A client that keeps its end open hears it later.
            let _ = timeout(Duration::from_secs(20), done.wait_for(|done| *done)).await;
            // The real server reached the proxy, and may have been content with that.
            if !late && self.way.failed.load(Ordering::SeqCst) {
                code = *b"425";
                reply = b"425 The client cannot be reached.\r\n".to_vec();
            }
        }
        if !asked.hidden && !asked.answered {
            self.hand_on(&asked.verb, code, &reply);
        }
        if preliminary {
            let early = match asked.verb.as_str() {
                "RETR" => self.defect == "final-early",
                "STOR" => self.defect == "final-early-upload",
                _ => false,
            };
            if early {
                self.say("226 Transfer complete.");
            }
            self.asked.push_front(Asked {
                answered: asked.answered || early,
                ..asked
            });
        }
        Ok(())
    }

    /// The reply to PASV or EPSV, with an address of ours in it.
    async fn pass(&mut self, code: [u8; 3], server: SocketAddr) -> io::Result<Vec<u8>> {
        let (listener, at) = self.listen().await?;
        let way = self.way.clone();
        if self.defect == "pasv-nobody" {
            drop(listener);
        } else {
            self.listening = Some(tokio::spawn(passive(listener, server, way)));
        }
        let port = at.port();
        let [high, low] = port.to_be_bytes();
        let host = match self.defect {
            "pasv-other-host" => "127,0,0,9",
            _ => "127,0,0,1",
        };
        Ok(match (&code, self.defect) {
            (b"227", "pasv-no-brackets") => {
                format!("227 Entering Passive Mode {host},{high},{low}\r\n")
            }
            (b"227", "pasv-five") => format!("227 Entering Passive Mode ({host},{low})\r\n"),
            (b"227", _) => format!("227 Entering Passive Mode ({host},{high},{low}).\r\n"),
            (_, "epsv-form") => format!("229 Entering Extended Passive Mode ({port})\r\n"),
            _ => format!("229 Entering Extended Passive Mode (|||{port}|)\r\n"),
        }
        .into_bytes())
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        for task in self.listening.iter().chain(&self.others) {
            task.abort();
        }
    }
}
