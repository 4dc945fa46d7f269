//! The server that scripts are played against, and what it can do.

mod asked;
mod explore;

use std::io::Write;
use std::net::SocketAddr;
use std::time::Duration;

use client::{ClientError, Options, Session, Tls, Trust};
use script::{Need, Piece, Script, Step, StepKind, Template};

use super::secured;
use super::shown::{Secrets, Shown};
use crate::Failure;

/// Who may log in.
#[derive(Clone, Debug)]
pub(crate) struct Account {
    pub(crate) name: String,
    pub(crate) password: String,
}

/// A server, and what was found out about it.
#[derive(Clone, Debug)]
#[allow(clippy::struct_excessive_bools)] // one a fact
pub(crate) struct Target {
    pub(crate) server: SocketAddr,
    /// Who logs in; anonymous unless the user says otherwise.
    pub(crate) account: Account,
    /// A second user.
    pub(crate) second: Option<Account>,
    /// Whether the server offers AUTH TLS.
    pub(crate) tls: bool,
    /// Where the scripts' folders are made: an absolute path.
    pub(crate) base: Vec<u8>,
    /// Whether that is elsewhere than a login leads.
    pub(crate) elsewhere: bool,
    /// Whether folders can be made there.
    pub(crate) writable: bool,
    /// Why anonymous users cannot log in, when they cannot.
    pub(super) no_anonymous: Option<String>,
    /// The lines of FEAT's reply, in upper case.
    pub(crate) features: Vec<String>,
    /// Why nobody can log in, when nobody can.
    pub(crate) no_login: Option<String>,
    /// Why nobody can log in without TLS, when somebody can with it.
    pub(super) no_clear_login: Option<String>,
    /// Whether every plain `login` is one under TLS.
    pub(super) secured: bool,
    /// How long the server may take for what is not the script itself.
    patience: Duration,
    /// What the folders of this run have in their names, and no others.
    run: String,
}

impl Target {
    /// A failure that repeats what a server says, each line of it harmless.
    fn failed(&self, text: &str) -> Failure {
        let secrets = self.secrets();
        let lines: Vec<String> = text.lines().map(|line| secrets.clean(line)).collect();
        Failure::failed(format!("{}: {}", self.server, lines.join("\n")))
    }

    /// What no report has: the passwords, except those that everybody knows.
    pub(super) fn secrets(&self) -> Secrets {
        let accounts = std::iter::once(&self.account).chain(&self.second);
        Secrets::new(
            accounts
                .filter(|account| !matches!(account.name.as_str(), "anonymous" | "ftp"))
                .map(|account| account.password.as_str()),
        )
    }

    /// Tells of a folder that this run made and cannot remove.
    pub(super) fn stays(&self, folder: &[u8], why: &str) {
        self.tell_of(folder, "stays", why);
    }

    /// Tells of a folder, of which nobody knows whether it was made, or removed.
    fn may_stay(&self, folder: &[u8], why: &str) {
        self.tell_of(folder, "may stay", why);
    }

    fn tell_of(&self, folder: &[u8], stays: &str, why: &str) {
        let why = self.secrets().clean(why);
        let folder = Shown(folder);
        // Where nobody reads that, there is nobody to tell.
        let _ = writeln!(
            std::io::stderr(),
            "ftplab: the folder {folder} {stays} on the server: {why}"
        );
    }

    /// A session for what the scripts need around them. Not logged in.
    async fn connect(&self, secured: bool) -> Result<Session, ClientError> {
        let trust = Tls::new(&Trust::Anybody, &self.server.ip().to_string());
        let options = Options {
            // Less than all of it: then it is told that nothing answers there.
            connect_timeout: self.patience / 2,
            reply_timeout: self.patience,
            data_timeout: self.patience,
            tls: trust.ok().filter(|_| secured),
            ..Options::default()
        };
        Session::connect(self.server, options).await
    }

    /// The same, logged in.
    pub(crate) async fn log_in(&self) -> Result<Session, ClientError> {
        let mut session = self.connect(self.secured).await?;
        session
            .login(&self.account.name, &self.account.password)
            .await?;
        session.type_(proto::TypeCode::Image).await?;
        Ok(session)
    }

    /// A folder of this run, which nobody else uses.
    pub(crate) fn folder(&self, name: &str) -> Vec<u8> {
        let mut path = self.base.clone();
        if path.last() != Some(&b'/') {
            path.push(b'/');
        }
        path.extend_from_slice(format!("ftplab-{}-{name}", self.run).as_bytes());
        path
    }

    /// TLS with the server: its certificate is not what is tested.
    pub(crate) fn tls(&self) -> Result<Tls, String> {
        Tls::new(&Trust::Anybody, &self.server.ip().to_string()).map_err(|error| error.to_string())
    }

    /// What the script needs and is not there.
    pub(crate) fn lacks(&self, script: &Script) -> Option<String> {
        let header = &script.header;
        if self.server.is_ipv6() && !header.needs.contains(&Need::Ipv6) && says_port(&script.steps)
        {
            return Some("PASV and PORT are for IPv4".into());
        }
        if let Some(why) = secured::lacks(self, script) {
            return Some(why);
        }
        header.needs.iter().find_map(|need| match need {
            Need::Login => self
                .no_login
                .as_ref()
                .map(|why| format!("nobody can log in ({why})")),
            Need::Password => matches!(self.account.name.as_str(), "anonymous" | "ftp")
                .then(|| "an anonymous user has no password (--user)".into()),
            Need::SecondUser => self
                .second
                .is_none()
                .then(|| "there is no second user (--second-user)".into()),
            Need::Anonymous => self.no_anonymous.clone(),
            Need::Write => (!self.writable).then(|| "the user may not write".into()),
            Need::Tls => (!self.tls).then(|| "the server does not offer AUTH TLS".into()),
            Need::Ipv6 => {
                (!self.server.is_ipv6()).then(|| "the server is not reached over IPv6".into())
            }
            Need::Ipv4 => {
                (!self.server.is_ipv4()).then(|| "the server is not reached over IPv4".into())
            }
            Need::Active => None,
            Need::Feature(name) => {
                (!self.offers(name)).then(|| format!("FEAT does not name {name}"))
            }
        })
    }

    fn offers(&self, name: &str) -> bool {
        let name = name.to_ascii_uppercase();
        self.features.iter().any(|line| {
            line.strip_prefix(&name)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', ';']))
        })
    }
}

/// Whether the server did not answer at all: nothing is known of it, not even that it says no.
pub(super) fn is_silent(error: &ClientError) -> bool {
    matches!(
        error,
        ClientError::ReplyTimeout { .. }
            | ClientError::NoDataConnection(_)
            | ClientError::Stalled(_)
    )
}

/// Whether it did not answer, or not as servers do.
pub(super) fn is_broken(error: &ClientError) -> bool {
    is_silent(error)
        || matches!(
            error,
            ClientError::Closed
                | ClientError::Control(_)
                | ClientError::BadReply(_)
                | ClientError::LineTooLong(_)
                | ClientError::OutOfStep
        )
}

/// Whether the server takes nobody at the moment (RFC 959 §4.2).
fn is_421(error: &ClientError) -> bool {
    match error {
        ClientError::Refused { reply, .. }
        | ClientError::Unexpected { reply, .. }
        | ClientError::LoginRefused { reply, .. } => reply.code.value() == 421,
        _ => false,
    }
}

/// Whether a script sends PASV or PORT, whose addresses have room for IPv4 alone.
fn says_port(steps: &[Step]) -> bool {
    let port = |line: &Template| match line.pieces.first() {
        Some(Piece::Bytes(bytes)) => {
            let verb = bytes.get(..4).unwrap_or_default();
            verb.eq_ignore_ascii_case(b"PASV") || verb.eq_ignore_ascii_case(b"PORT")
        }
        _ => false,
    };
    steps.iter().any(|step| match &step.kind {
        StepKind::Send(line) => port(line),
        StepKind::Together(lines) => lines.iter().any(port),
        StepKind::Repeat { steps, .. } | StepKind::When { steps, .. } => says_port(steps),
        _ => false,
    })
}
