//! What is asked of a server before the first script, within the time that it has for all of it.

use std::net::SocketAddr;
use std::time::Duration;

use client::{ClientError, Session};

use super::asked::Asked;
use super::{Account, Target, is_421, is_broken, is_silent};
use crate::Failure;
use crate::check::secured::{self, Logins};

/// What the folder is called that shows whether folders can be made.
const PROBE: &str = "probe";

/// What may help when an answer comes too late.
const SLOW: &str = "give a slow server more time with --timeout";

impl Target {
    /// Finds out what the server can do: logs in, asks for FEAT, makes and removes a folder.
    /// `patience` is for all of that, and later for each reply that is awaited around a script.
    ///
    /// # Errors
    /// When nothing answers there, or something is not answered. A server that lets nobody in is
    /// no error: scripts that need a login are then skipped.
    pub(crate) async fn explore(
        server: SocketAddr,
        account: Account,
        second: Option<Account>,
        base: Option<&str>,
        named: bool,
        logins: Logins,
        patience: Duration,
    ) -> Result<Self, Failure> {
        let mut target = Self {
            server,
            account,
            second,
            tls: false,
            base: Vec::new(),
            elsewhere: base.is_some(),
            writable: false,
            no_anonymous: None,
            features: Vec::new(),
            no_login: None,
            no_clear_login: None,
            secured: logins != Logins::AsWritten,
            patience,
            run: format!("{}-{:012x}", std::process::id(), fastrand::u64(..1 << 48)),
        };
        let some_in_clear = logins
            == Logins::UnderTls {
                some_in_clear: true,
            };
        let asked = Asked::within(patience);
        target.explored(base, named, some_in_clear, &asked).await?;
        Ok(target)
    }

    async fn explored(
        &mut self,
        base: Option<&str>,
        named: bool,
        some_in_clear: bool,
        asked: &Asked,
    ) -> Result<(), Failure> {
        match self.enter(asked).await? {
            Ok(mut session) => {
                self.explore_folders(&mut session, base).await?;
                // Some servers take one session at a time.
                asked.farewell(session).await;
                if some_in_clear && self.no_login.is_none() {
                    self.no_clear_login = self.refused_in_clear(asked).await?;
                }
            }
            Err(error) if named => {
                let fix = match &error {
                    ClientError::LoginRefused { .. } if !is_421(&error) => {
                        "\n  fix: check --user and FTPLAB_PASSWORD"
                    }
                    _ => "",
                };
                return Err(self.failed(&format!("{error}{fix}")));
            }
            Err(error) => self.no_login = Some(error.to_string()),
        }
        if let Some(second) = self.second.clone()
            && self.no_login.is_none()
        {
            let why = "for the second user";
            self.lets_in(&second, why, asked).await?.map_err(|error| {
                if !is_refusal(&error) {
                    let fix = fix_of(&error);
                    return self.failed(&format!("no session {why}: {error}\n  fix: {fix}"));
                }
                self.failed(&format!(
                    "{error}\n  fix: check --second-user and FTPLAB_SECOND_PASSWORD"
                ))
            })?;
        }
        let anonymous = Account {
            name: "anonymous".into(),
            password: "ftplab@example.com".into(),
        };
        let why = "for anonymous";
        self.no_anonymous = match self.lets_in(&anonymous, why, asked).await? {
            Ok(()) => None,
            Err(error) if is_refusal(&error) => Some("anonymous users are not let in".into()),
            Err(error) => Some(format!("no session {why} ({error})")),
        };
        Ok(())
    }

    /// The first session, logged in; or why nobody is let in. Where that is for want of TLS, the
    /// session is one under TLS.
    async fn enter(&mut self, asked: &Asked) -> Result<Result<Session, ClientError>, Failure> {
        let wanted = self.secured;
        let why = if wanted { "under TLS" } else { "" };
        let connected = asked.connect(self, wanted).await;
        let mut session = connected.map_err(|error| self.no_session(&error, why))?;
        let refused = match self.explore_login(&mut session).await {
            Ok(()) => return Ok(Ok(session)),
            Err(error) if is_silent(&error) => return Err(self.silent(&error)),
            Err(error) => error,
        };
        asked.farewell(session).await;
        if !self.tls || wanted {
            return Ok(Err(refused));
        }
        let mut session = match asked.connect(self, true).await {
            Ok(session) => session,
            Err(error) if is_silent(&error) => return Err(self.none_begins("under TLS")),
            // What was refused in clear text is told.
            Err(_) => return Ok(Err(refused)),
        };
        match self.explore_login(&mut session).await {
            Ok(()) => {
                self.no_clear_login = Some(refused.to_string());
                self.secured = true;
                Ok(Ok(session))
            }
            Err(error) if is_silent(&error) => Err(self.silent(&error)),
            Err(error) => {
                asked.farewell(session).await;
                Ok(Err(error))
            }
        }
    }

    /// Why nobody may log in without TLS, if nobody may: USER or PASS is refused. 421 and a
    /// connection that fails say nothing of that.
    async fn refused_in_clear(&self, asked: &Asked) -> Result<Option<String>, Failure> {
        let mut session = match asked.connect(self, false).await {
            Err(error) if is_silent(&error) => return Err(self.none_begins("in clear text")),
            Err(_) => return Ok(None),
            Ok(session) => session,
        };
        let found = authenticate(&mut session, &self.account).await;
        if let Err(error) = &found
            && is_silent(error)
        {
            return Err(self.silent(error));
        }
        asked.farewell(session).await;
        let refused = found
            .err()
            .filter(|error| matches!(error, ClientError::LoginRefused { .. }) && !is_421(error));
        Ok(refused.map(|error| error.to_string()))
    }

    /// A command was not answered in time.
    fn silent(&self, error: &ClientError) -> Failure {
        self.too_late(&unanswered(error), SLOW)
    }

    /// A session did not begin in time; `why` is nothing for the first.
    fn none_begins(&self, why: &str) -> Failure {
        if why.is_empty() {
            return self.too_late(
                "no greeting",
                "is it FTP, in clear text at first? One under TLS from the first byte (port 990) \
                 cannot be tested",
            );
        }
        self.too_late(&format!("no session {why}"), SLOW)
    }

    fn too_late(&self, what: &str, fix: &str) -> Failure {
        let patience = self.patience;
        self.failed(&format!(
            "{what} within {patience:?}, which is for all that is asked before the first script\n  \
             fix: {fix}"
        ))
    }

    /// Why no session begins.
    fn no_session(&self, error: &ClientError, why: &str) -> Failure {
        if is_silent(error) {
            return self.none_begins(why);
        }
        self.failed(&format!("{error}\n  fix: {}", fix_of(error)))
    }

    async fn explore_login(&mut self, session: &mut Session) -> Result<(), ClientError> {
        let features = session.quote("FEAT").await?;
        let text = features.to_string().to_ascii_uppercase();
        self.tls |= text.lines().any(|line| line.trim().starts_with("AUTH"));
        authenticate(session, &self.account).await?;
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

    /// Where it is, and whether folders can be made there.
    async fn explore_folders(
        &mut self,
        session: &mut Session,
        base: Option<&str>,
    ) -> Result<(), Failure> {
        if let Some(base) = base {
            session.cwd(base).await.map_err(|error| {
                if is_silent(&error) {
                    return self.silent(&error);
                }
                self.failed(&format!(
                    "--folder {base}: {error}\n  fix: name a folder that {} may enter",
                    self.account.name
                ))
            })?;
        }
        match session.pwd().await {
            Err(error) if is_silent(&error) => return Err(self.silent(&error)),
            Err(error) => {
                self.no_login = Some(error.to_string());
                return Ok(());
            }
            Ok(base) => self.base = base,
        }
        let probe = self.folder(PROBE);
        if let Err(error) = session.mkdir(&probe).await {
            // It may not write, which is for the scripts to know.
            return self.left_open(&probe, &error);
        }
        self.writable = true;
        let Err(error) = session.rmdir(&probe).await else {
            return Ok(());
        };
        if !is_broken(&error) {
            self.stays(&probe, &error.to_string());
        }
        self.left_open(&probe, &error)
    }

    /// Tells of a folder that was to be made or removed, where no answer says whether it was.
    fn left_open(&self, folder: &[u8], error: &ClientError) -> Result<(), Failure> {
        if is_broken(error) {
            self.may_stay(folder, &unanswered(error));
        }
        if is_silent(error) {
            return Err(self.silent(error));
        }
        Ok(())
    }

    /// Whether somebody may log in, in a session of its own.
    async fn lets_in(
        &self,
        account: &Account,
        why: &str,
        asked: &Asked,
    ) -> Result<Result<(), ClientError>, Failure> {
        let mut session = match asked.connect(self, self.secured).await {
            Err(error) if is_silent(&error) => return Err(self.none_begins(why)),
            Err(error) => return Ok(Err(error)),
            Ok(session) => session,
        };
        match authenticate(&mut session, account).await {
            Err(error) if is_silent(&error) => Err(self.silent(&error)),
            inside => {
                asked.farewell(session).await;
                Ok(inside)
            }
        }
    }
}

/// USER and PASS alone: whether data may be protected is for the scripts to find out.
async fn authenticate(session: &mut Session, account: &Account) -> Result<(), ClientError> {
    let inside = session.authenticate(&account.name, &account.password).await;
    inside.map(drop)
}

/// Whether it is the user who is refused, and not the session.
fn is_refusal(error: &ClientError) -> bool {
    match error {
        ClientError::LoginRefused { .. } => !is_421(error),
        // An account is wanted, or what else there is beyond a password.
        ClientError::Unexpected { command, .. } => ["USER", "PASS"]
            .iter()
            .any(|verb| command.starts_with(verb)),
        _ => false,
    }
}

/// What may help when a session does not begin.
fn fix_of(error: &ClientError) -> &'static str {
    if secured::is_refusal(error) {
        secured::NO_TLS
    } else if is_421(error) {
        "a server is there, but takes nobody now: try later"
    } else {
        "is an FTP server there?"
    }
}

/// What the server did not answer.
fn unanswered(error: &ClientError) -> String {
    match error {
        ClientError::ReplyTimeout {
            command: Some(verb),
            ..
        } => format!("no answer to {verb}"),
        _ => error.to_string(),
    }
}
