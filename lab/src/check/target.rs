//! The server that scripts are played against, and what it can do.

use std::io::Write;
use std::net::SocketAddr;
use std::time::Duration;

use client::{ClientError, Options, Session, Tls, Trust};
use script::{Need, Piece, Script, Step, StepKind, Template};

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
    /// Whether anonymous users may log in.
    pub(crate) anonymous: bool,
    /// The lines of FEAT's reply, in upper case.
    pub(crate) features: Vec<String>,
    /// Why nobody can log in, when nobody can.
    pub(crate) no_login: Option<String>,
    /// Why nobody can log in without TLS, when somebody can with it.
    no_clear_login: Option<String>,
    /// What the folders of this run have in their names, and no others.
    run: String,
}

/// How long the server may take for anything that is not the script itself.
const PATIENCE: Duration = Duration::from_secs(20);

impl Target {
    /// Finds out what the server can do: logs in, asks for FEAT, makes and removes a folder.
    ///
    /// # Errors
    /// When nothing answers there. A server that lets nobody in is no error: scripts that need
    /// a login are then skipped.
    pub(crate) async fn explore(
        server: SocketAddr,
        account: Account,
        second: Option<Account>,
        base: Option<&str>,
        named: bool,
    ) -> Result<Self, Failure> {
        let mut target = Self {
            server,
            account,
            second,
            tls: false,
            base: Vec::new(),
            elsewhere: base.is_some(),
            writable: false,
            anonymous: false,
            features: Vec::new(),
            no_login: None,
            no_clear_login: None,
            run: format!("{}-{:012x}", std::process::id(), fastrand::u64(..1 << 48)),
        };
        let connected = target.connect(false).await;
        let mut session = connected
            .map_err(|error| target.failed(&format!("{error}{}", fix_of_greeting(&error))))?;
        let mut found = target.explore_login(&mut session).await;
        if let (Err(refused), true) = (&found, target.tls)
            && let Ok(mut secured) = target.connect(true).await
        {
            let refused = refused.to_string();
            found = target.explore_login(&mut secured).await;
            if found.is_ok() {
                target.no_clear_login = Some(refused);
            }
            let clear = std::mem::replace(&mut session, secured);
            let _ = clear.quit().await;
        }
        match found {
            Err(error) if is_silent(&error) => {
                return Err(target.failed(&format!("FEAT, USER or PASS: {error}")));
            }
            Ok(()) => {
                if let Some(base) = base {
                    session.cwd(base).await.map_err(|error| {
                        target.failed(&format!(
                            "--folder {base}: {error}\n  fix: name a folder that {} may enter",
                            target.account.name
                        ))
                    })?;
                }
                match target.explore_base(&mut session).await {
                    Err((what, error)) if is_silent(&error) => {
                        return Err(target.failed(&format!("{what}: {error}")));
                    }
                    Err((_, error)) => target.no_login = Some(error.to_string()),
                    Ok(()) => {}
                }
            }
            Err(error) if named => {
                let fix = match &error {
                    ClientError::LoginRefused { .. } if !is_421(&error) => {
                        "\n  fix: check --user and FTPLAB_PASSWORD"
                    }
                    _ => "",
                };
                return Err(target.failed(&format!("{error}{fix}")));
            }
            Err(error) => target.no_login = Some(error.to_string()),
        }
        if let Some(second) = target.second.clone()
            && target.no_login.is_none()
            && !target.lets_in(&second.name, &second.password).await?
        {
            return Err(target.failed(&format!(
                "login refused for {}\n  fix: check --second-user and FTPLAB_SECOND_PASSWORD",
                second.name
            )));
        }
        // A farewell that fails changes nothing.
        let _ = session.quit().await;
        target.anonymous = target.lets_in("anonymous", "ftplab@example.com").await?;
        Ok(target)
    }

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

    async fn explore_login(&mut self, session: &mut Session) -> Result<(), ClientError> {
        let features = session.quote("FEAT").await?;
        let text = features.to_string().to_ascii_uppercase();
        self.tls |= text.lines().any(|line| line.trim().starts_with("AUTH"));
        session
            .login(&self.account.name, &self.account.password)
            .await?;
        // Some servers tell their features only to those who are in.
        let again = session.quote("FEAT").await?;
        let again = again.to_string().to_ascii_uppercase();
        for line in text.lines().chain(again.lines()) {
            let line = line.trim().to_owned();
            if !self.features.contains(&line) {
                self.features.push(line);
            }
        }
        self.tls |= self.features.iter().any(|line| line.starts_with("AUTH"));
        Ok(())
    }

    /// Where it is, and whether folders can be made there; on an error, what was asked.
    async fn explore_base(
        &mut self,
        session: &mut Session,
    ) -> Result<(), (&'static str, ClientError)> {
        self.base = session.pwd().await.map_err(|error| ("PWD", error))?;
        let probe = self.folder("probe");
        match session.mkdir(&probe).await {
            Ok(()) => {
                self.writable = true;
                if let Err(error) = session.rmdir(&probe).await {
                    self.stays(&probe, &error.to_string());
                }
                Ok(())
            }
            Err(error) if is_silent(&error) => Err(("MKD", error)),
            // It may not write, which is for the scripts to know.
            Err(_) => Ok(()),
        }
    }

    /// Tells of a folder that this run made and cannot remove.
    pub(super) fn stays(&self, folder: &[u8], why: &str) {
        let why = self.secrets().clean(why);
        let folder = Shown(folder);
        // Where nobody reads that, there is nobody to tell.
        let _ = writeln!(
            std::io::stderr(),
            "ftplab: the folder {folder} stays on the server: {why}"
        );
    }

    async fn lets_in(&self, name: &str, password: &str) -> Result<bool, Failure> {
        let Ok(mut session) = self.connect(self.no_clear_login.is_some()).await else {
            return Ok(false);
        };
        let inside = session.login(name, password).await;
        if let Err(error) = &inside
            && is_silent(error)
        {
            return Err(self.failed(&format!("USER or PASS of {name}: {error}")));
        }
        let _ = session.quit().await;
        Ok(inside.is_ok())
    }

    /// A session for what the scripts need around them. Not logged in.
    async fn connect(&self, secured: bool) -> Result<Session, ClientError> {
        let trust = Tls::new(&Trust::Anybody, &self.server.ip().to_string());
        let options = Options {
            connect_timeout: PATIENCE,
            reply_timeout: PATIENCE,
            data_timeout: PATIENCE,
            tls: trust.ok().filter(|_| secured),
            ..Options::default()
        };
        Session::connect(self.server, options).await
    }

    /// The same, logged in.
    pub(crate) async fn log_in(&self) -> Result<Session, ClientError> {
        let mut session = self.connect(self.no_clear_login.is_some()).await?;
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
        if let Some(why) = &self.no_clear_login
            && header.needs.contains(&Need::Login)
            && !secures(&script.steps)
        {
            return Some(format!("nobody can log in without TLS ({why})"));
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
            Need::Anonymous => (!self.anonymous).then(|| "anonymous users are not let in".into()),
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
        ClientError::ReplyTimeout(_) | ClientError::NoDataConnection(_) | ClientError::Stalled(_)
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

/// What may help when no session begins.
fn fix_of_greeting(error: &ClientError) -> &'static str {
    match error {
        ClientError::ReplyTimeout(_) => {
            "\n  fix: is it FTP, in clear text at first? One under TLS from the first byte (port 990) \
             cannot be tested"
        }
        error if is_421(error) => "\n  fix: a server is there, but takes nobody now: try later",
        _ => "\n  fix: is an FTP server there?",
    }
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

/// Whether a script asks for TLS before it says who it is.
fn secures(steps: &[Step]) -> bool {
    let first = steps
        .iter()
        .find(|step| matches!(step.kind, StepKind::Login(_) | StepKind::Tls(_)));
    first.is_some_and(|step| matches!(step.kind, StepKind::Tls(_)))
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
