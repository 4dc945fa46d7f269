//! What is asked of a server before the first script, within the time that it has for all of it.

use std::net::SocketAddr;
use std::time::Duration;

use client::{ClientError, Session};
use tokio::time::timeout;

use super::asked::Asked;
use super::{Account, Target, is_421, is_silent};
use crate::Failure;
use crate::check::secured::{self, Logins};

/// What the folder is called that shows whether folders can be made.
const PROBE: &str = "probe";

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
            anonymous: false,
            features: Vec::new(),
            no_login: None,
            no_clear_login: None,
            secured: logins != Logins::AsWritten,
            patience,
            run: format!("{}-{:012x}", std::process::id(), fastrand::u64(..1 << 48)),
        };
        let asked = Asked::session(if target.secured { "under TLS" } else { "" });
        let some_in_clear = logins
            == Logins::UnderTls {
                some_in_clear: true,
            };
        let explored = target.explored(base, named, some_in_clear, &asked);
        let explored = timeout(patience, explored).await;
        explored.unwrap_or_else(|_| Err(target.silent(&asked)))?;
        Ok(target)
    }

    async fn explored(
        &mut self,
        base: Option<&str>,
        named: bool,
        some_in_clear: bool,
        asked: &Asked,
    ) -> Result<(), Failure> {
        let wanted = self.secured;
        let connected = self.connect(wanted).await;
        let mut session = connected.map_err(|error| self.no_session(&error, asked))?;
        let mut found = self.explore_login(&mut session, asked).await;
        if let (Err(refused), true, false) = (&found, self.tls, wanted)
            && !is_silent(refused)
        {
            let refused = refused.to_string();
            asked.another("under TLS");
            match self.connect(true).await {
                Ok(mut secured) => {
                    found = self.explore_login(&mut secured, asked).await;
                    if found.is_ok() {
                        self.no_clear_login = Some(refused);
                        self.secured = true;
                    }
                    asked
                        .farewell(std::mem::replace(&mut session, secured))
                        .await;
                }
                Err(error) if is_silent(&error) => return Err(self.silent(asked)),
                // What was refused in clear text is told.
                Err(_) => {}
            }
        }
        match found {
            Err(error) if is_silent(&error) => return Err(self.silent(asked)),
            Ok(()) => self.explore_folders(&mut session, base, asked).await?,
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
            && !self.lets_in(&second, "for the second user", asked).await?
        {
            return Err(self.failed(&format!(
                "login refused for {}\n  fix: check --second-user and FTPLAB_SECOND_PASSWORD",
                second.name
            )));
        }
        asked.farewell(session).await;
        if some_in_clear && self.no_login.is_none() {
            self.no_clear_login = self.refused_in_clear(asked).await?;
        }
        let anonymous = Account {
            name: "anonymous".into(),
            password: "ftplab@example.com".into(),
        };
        self.anonymous = self.lets_in(&anonymous, "for anonymous", asked).await?;
        Ok(())
    }

    /// Why nobody may log in without TLS, if nobody may: USER or PASS is refused. 421 and a
    /// connection that fails say nothing of that.
    async fn refused_in_clear(&self, asked: &Asked) -> Result<Option<String>, Failure> {
        asked.another("in clear text");
        let mut session = match self.connect(false).await {
            Err(error) if is_silent(&error) => return Err(self.silent(asked)),
            Err(_) => return Ok(None),
            Ok(session) => session,
        };
        let found = asked.log_in(&mut session, &self.account).await;
        if found.as_ref().is_err_and(is_silent) {
            return Err(self.silent(asked));
        }
        asked.farewell(session).await;
        let refused = found
            .err()
            .filter(|error| matches!(error, ClientError::LoginRefused { .. }) && !is_421(error));
        Ok(refused.map(|error| error.to_string()))
    }

    /// What was not answered in time.
    fn silent(&self, asked: &Asked) -> Failure {
        if asked.is_removal() {
            self.stays(&self.folder(PROBE), &asked.to_string());
        }
        let fix = if asked.is_greeting() {
            "is it FTP, in clear text at first? One under TLS from the first byte (port 990) cannot \
             be tested"
        } else {
            "give a slow server more time with --timeout"
        };
        let patience = self.patience;
        self.failed(&format!(
            "{asked} within {patience:?}, which is for all that is asked before the first script\n  \
             fix: {fix}"
        ))
    }

    /// Why no session begins.
    fn no_session(&self, error: &ClientError, asked: &Asked) -> Failure {
        if is_silent(error) {
            return self.silent(asked);
        }
        let fix = if secured::is_refusal(error) {
            secured::NO_TLS
        } else if is_421(error) {
            "a server is there, but takes nobody now: try later"
        } else {
            "is an FTP server there?"
        };
        self.failed(&format!("{error}\n  fix: {fix}"))
    }

    async fn explore_login(
        &mut self,
        session: &mut Session,
        asked: &Asked,
    ) -> Result<(), ClientError> {
        asked.command("FEAT");
        let features = session.quote("FEAT").await?;
        let text = features.to_string().to_ascii_uppercase();
        self.tls |= text.lines().any(|line| line.trim().starts_with("AUTH"));
        asked.log_in(session, &self.account).await?;
        // Some servers tell their features only to those who are in.
        asked.command("FEAT");
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
        asked: &Asked,
    ) -> Result<(), Failure> {
        if let Some(base) = base {
            asked.command("CWD");
            session.cwd(base).await.map_err(|error| {
                if is_silent(&error) {
                    return self.silent(asked);
                }
                self.failed(&format!(
                    "--folder {base}: {error}\n  fix: name a folder that {} may enter",
                    self.account.name
                ))
            })?;
        }
        asked.command("PWD");
        match session.pwd().await {
            Err(error) if is_silent(&error) => return Err(self.silent(asked)),
            Err(error) => {
                self.no_login = Some(error.to_string());
                return Ok(());
            }
            Ok(base) => self.base = base,
        }
        let probe = self.folder(PROBE);
        asked.command("MKD");
        match session.mkdir(&probe).await {
            Err(error) if is_silent(&error) => Err(self.silent(asked)),
            // It may not write, which is for the scripts to know.
            Err(_) => Ok(()),
            Ok(()) => {
                self.writable = true;
                asked.command("RMD");
                match session.rmdir(&probe).await {
                    Err(error) if is_silent(&error) => return Err(self.silent(asked)),
                    Err(error) => self.stays(&probe, &error.to_string()),
                    Ok(()) => {}
                }
                Ok(())
            }
        }
    }

    async fn lets_in(
        &self,
        account: &Account,
        why: &'static str,
        asked: &Asked,
    ) -> Result<bool, Failure> {
        asked.another(why);
        let mut session = match self.connect(self.secured).await {
            Err(error) if is_silent(&error) => return Err(self.silent(asked)),
            Err(_) => return Ok(false),
            Ok(session) => session,
        };
        match asked.log_in(&mut session, account).await {
            Err(error) if is_silent(&error) => Err(self.silent(asked)),
            inside => {
                asked.farewell(session).await;
                Ok(inside.is_ok())
            }
        }
    }
}
