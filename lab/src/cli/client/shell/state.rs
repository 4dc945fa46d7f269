//! The session, the modes, and the dispatch.

use std::io::{self, Write};

use client::{ClientError, DataMode, FtpUrl, Session};
use proto::{Code, Format, Reply, TypeCode};

use super::commands::{meant, named};
use super::here::{help, local_directory};
use crate::Failure;
use crate::cli::client::how::How;
use crate::cli::client::remote::Stop;
use crate::cli::client::shown::{self, shown};

/// What a command leaves to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flow {
    On,
    End,
}

/// Why a command was not carried out.
pub(super) enum Trouble {
    Client(ClientError),
    Other(Failure),
}

impl From<ClientError> for Trouble {
    fn from(error: ClientError) -> Self {
        Self::Client(error)
    }
}

impl From<Failure> for Trouble {
    fn from(failure: Failure) -> Self {
        Self::Other(failure)
    }
}

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        Self::Other(Failure::output(&error))
    }
}

/// The shell between two commands.
pub(super) struct Shell {
    pub(super) how: How,
    pub(super) session: Option<Session>,
    pub(super) host: String,
    pub(super) type_code: TypeCode,
    pub(super) mode: DataMode,
    pub(super) stop: Stop,
    /// Where the login led.
    pub(super) home: Option<Vec<u8>>,
    /// Where we are, for the prompt; empty where the server does not tell, and `None` when it may
    /// have changed.
    pub(super) here: Option<Vec<u8>>,
    /// Where the last cd was made.
    pub(super) last: Option<Vec<u8>>,
    /// The URL of a session that nobody is logged in to yet.
    pub(super) waiting: Option<FtpUrl>,
}

impl Shell {
    pub(super) fn new(how: How) -> Self {
        Self {
            mode: if how.active {
                DataMode::Active
            } else {
                DataMode::Passive
            },
            how,
            session: None,
            host: String::new(),
            type_code: TypeCode::Image,
            stop: Stop::default(),
            home: None,
            here: None,
            last: None,
            waiting: None,
        }
    }

    pub(super) fn stop(&self) -> Stop {
        self.stop.clone()
    }

    pub(super) fn prompt(&self) -> String {
        match &self.session {
            Some(_) => {
                let host = shown(self.host.as_bytes());
                match self.here.as_deref() {
                    Some(here) if !here.is_empty() => format!("ftplab {host}:{}> ", shown(here)),
                    _ => format!("ftplab {host}> "),
                }
            }
            None => "ftplab> ".to_owned(),
        }
    }

    /// Asks the server where we are, for the prompt, if that is not known.
    pub(super) async fn find_out_where(&mut self) {
        if let (Some(session), None, None) = (&mut self.session, &self.here, &self.waiting) {
            // What is wrong with the connection, the next command will say.
            self.here = Some(session.pwd().await.unwrap_or_default());
        }
    }

    /// The session, if there is one.
    pub(super) fn session(&mut self) -> Result<&mut Session, Trouble> {
        let none = || Failure::failed("not connected; open URL connects").into();
        self.session.as_mut().ok_or_else(none)
    }

    /// Drops the connection without a word.
    pub(super) fn lose(&mut self) {
        self.session = None;
    }

    pub(super) async fn close(&mut self) {
        if let Some(session) = self.session.take() {
            // We leave, whatever the server says to it.
            let _ = session.quit().await;
        }
    }

    /// Carries out a line.
    pub(super) async fn line(&mut self, line: &str) -> Result<Flow, Failure> {
        let done = self.carry_out(line).await;
        done.map_err(|failure| failure.hiding(line))
    }

    async fn carry_out(&mut self, line: &str) -> Result<Flow, Failure> {
        match self.command(line).await {
            Ok(flow) => Ok(flow),
            Err(Trouble::Other(failure)) => Err(failure),
            Err(Trouble::Client(error)) => {
                let text = shown::error(&error);
                if error.is_transient() && error.code().is_none_or(|code| code.value() == 421) {
                    self.lose();
                    return Err(Failure::failed(format!("{text}; the connection is closed")));
                }
                let is_out = self.waiting.is_some() && error.code() == Some(Code::NOT_LOGGED_IN);
                let hint = if is_out {
                    "\n  fix: `user NAME` logs in"
                } else {
                    ""
                };
                Err(Failure::failed(format!("{text}{hint}")))
            }
        }
    }

    async fn command(&mut self, line: &str) -> Result<Flow, Trouble> {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            return Ok(Flow::On);
        }
        // What these send is the server's to split.
        if let Some((name, text)) = line.split_once(char::is_whitespace)
            && let Ok(command) = meant(name)
            && let ["quote" | "site", ..] = command.names
        {
            let text = text.trim_start();
            let line = if command.names.first() == Some(&"site") {
                format!("SITE {text}")
            } else {
                text.to_owned()
            };
            self.here = None;
            return say(&self.session()?.quote(line).await?);
        }
        let words = shell_words::split(line).map_err(Failure::usage)?;
        let [name, words @ ..] = words.as_slice() else {
            return Ok(Flow::On);
        };
        let command = meant(name).map_err(Failure::usage)?;
        if !command.count.contains(&words.len()) {
            return Err(Failure::usage(format!("expected {}", command.usage())).into());
        }
        let name = command.names.first().copied().unwrap_or_default();
        if let "open" | "user" | "cd" | "cdup" = name {
            self.here = None;
        }
        self.dispatch(name, words).await
    }

    async fn dispatch(&mut self, name: &str, words: &[String]) -> Result<Flow, Trouble> {
        let first = words.first().map_or("", String::as_str);
        let second = words.get(1).map(String::as_str);
        match name {
            "open" => self.open_by_hand(first, second).await?,
            "user" => return self.log_in(first, second).await,
            "close" => self.close().await,
            "ls" | "nlist" => {
                // Options and all: the server splits them.
                let path = words.join(" ");
                let path = Some(path.as_bytes()).filter(|path| !path.is_empty());
                let session = self.session()?;
                let lines = if name == "ls" {
                    session.list(path).await?
                } else {
                    session.nlst(path).await?
                };
                let mut out = io::stdout().lock();
                for line in lines {
                    writeln!(out, "{}", shown(&line))?;
                }
            }
            "find" => {
                let found = self.session()?.walk(first.as_bytes()).await?;
                let mut out = io::stdout().lock();
                for found in found {
                    writeln!(out, "{}", shown(&found.path()))?;
                }
            }
            "cd" => self.change_directory(first).await?,
            "cdup" => self.session()?.cdup().await?,
            "pwd" => {
                let path = self.session()?.pwd().await?;
                writeln!(io::stdout(), "{}", shown(&path))?;
            }
            "lcd" => local_directory(first)?,
            "lpwd" => {
                let here = std::env::current_dir().map_err(Failure::failed)?;
                writeln!(io::stdout(), "{}", here.display())?;
            }
            "lls" => super::files::list_local(first)?,
            "rename" => {
                let to = second.unwrap_or_default();
                self.session()?.rename(first, to).await?;
            }
            "rm" if first == "-r" && words.len() > 1 => {
                for path in &words[1..] {
                    let session = self.session()?;
                    match session.delete(path).await {
                        Err(ClientError::Refused { .. }) => {
                            session.remove_tree(path.as_bytes()).await?;
                        }
                        removed => removed?,
                    }
                }
            }
            "rm" => {
                for path in words {
                    self.session()?.delete(path).await?;
                }
            }
            "mkdir" => {
                for path in words {
                    self.session()?.mkdir(path).await?;
                }
            }
            "rmdir" => {
                for path in words {
                    self.session()?.rmdir(path).await?;
                }
            }
            "size" => {
                let type_code = self.type_code;
                let session = self.session()?;
                session.type_(type_code).await?;
                let size = session.size(first).await?;
                writeln!(io::stdout(), "{size}")?;
            }
            "modtime" => {
                let time = self.session()?.mdtm(first).await?;
                writeln!(
                    io::stdout(),
                    "{:04}-{:02}-{:02} {:02}:{:02}:{:02} UTC",
                    time.year,
                    time.month,
                    time.day,
                    time.hour,
                    time.minute,
                    time.second
                )?;
            }
            "chmod" => {
                let line = format!("SITE CHMOD {first} {}", second.unwrap_or_default());
                return say(&self.session()?.quote(line).await?);
            }
            "passive" if first == "off" => self.switch(DataMode::Active),
            "passive" => self.switch(DataMode::Passive),
            "active" => self.switch(DataMode::Active),
            "type" => match first.to_ascii_lowercase().as_str() {
                "" => writeln!(io::stdout(), "{}", self.type_name())?,
                "binary" | "image" | "i" => self.type_code = TypeCode::Image,
                "ascii" | "a" => self.type_code = TypeCode::Ascii(Format::NonPrint),
                _ => return Err(Failure::usage("expected binary or ascii").into()),
            },
            "features" => return say(&self.session()?.quote("FEAT").await?),
            "remotehelp" => {
                let line = format!("HELP {first}");
                return say(&self.session()?.quote(line.trim_end()).await?);
            }
            "noop" => self.session()?.noop().await?,
            "prompt" | "hash" | "verbose" => {
                if let Some(command) = named(name) {
                    message!("{name}: {}", command.help);
                }
            }
            "binary" => self.type_code = TypeCode::Image,
            "ascii" => self.type_code = TypeCode::Ascii(Format::NonPrint),
            "status" => self.status()?,
            "system" => {
                let system = self.session()?.syst().await?;
                writeln!(io::stdout(), "{}", shown(system.as_bytes()))?;
            }
            "help" => help(first)?,
            "bye" => {
                self.close().await;
                return Ok(Flow::End);
            }
            _ => self.files(name, words).await?,
        }
        Ok(Flow::On)
    }

    fn switch(&mut self, mode: DataMode) {
        self.mode = mode;
        if let Some(session) = &mut self.session {
            session.set_mode(mode);
        }
    }

    fn status(&self) -> Result<(), Trouble> {
        let mut out = io::stdout().lock();
        match &self.session {
            Some(session) => writeln!(
                out,
                "connected to {} ({})",
                shown(self.host.as_bytes()),
                session.peer_addr()
            )?,
            None => writeln!(out, "not connected")?,
        }
        let mode = if self.mode == DataMode::Active {
            "active"
        } else {
            "passive"
        };
        writeln!(out, "{mode}, {}", self.type_name())?;
        Ok(())
    }

    const fn type_name(&self) -> &'static str {
        match self.type_code {
            TypeCode::Image => "binary",
            _ => "ascii",
        }
    }

    /// CWD; without a directory to where the login led, with - to where one was before.
    async fn change_directory(&mut self, to: &str) -> Result<(), Trouble> {
        let none = || Failure::failed("cd: there is no directory to go back to");
        let to = match to {
            "" => self.home.clone().ok_or_else(none)?,
            "-" => self.last.clone().ok_or_else(none)?,
            to => to.as_bytes().to_vec(),
        };
        let session = self.session()?;
        // A server that does not know where we are cannot take us back.
        let here = session.pwd().await.ok();
        session.cwd(to).await?;
        self.last = here;
        Ok(())
    }
}

/// A reply that is itself the answer; a refusal is a failure.
pub(super) fn say(reply: &Reply) -> Result<Flow, Trouble> {
    let text = reply.to_string();
    let lines: Vec<_> = text.lines().map(|line| shown(line.as_bytes())).collect();
    let text = lines.join("\n");
    if reply.code.is_negative() {
        return Err(Failure::failed(text).into());
    }
    writeln!(io::stdout(), "{text}")?;
    Ok(Flow::On)
}
