//! Logging in and out: USER, PASS, ACCT, REIN, QUIT (RFC 959 §4.1.1).

use proto::{Password, Text};
use tokio::time::sleep;

use crate::account::Secret;
use crate::control::Ended;
use crate::replies::Answer;
use crate::session::{Login, Protection, Session};

impl Session {
    /// A new USER also logs the old one out (RFC 959 §4.1.1).
    pub(super) async fn user(&mut self, name: Text) -> Result<(), Ended> {
        if self.config.require_tls && !self.control.is_secure() {
            return self.reply(Answer::TlsRequired).await;
        }
        if !matches!(self.login, Login::Nobody | Login::Named(_)) {
            self.reinitialize();
        }
        let account = self.config.account(name.as_bytes()).cloned();
        let anonymous = account
            .as_ref()
            .is_some_and(|account| matches!(account.secret, Secret::Anonymous));
        self.login = Login::Named(account);
        if anonymous {
            self.reply(Answer::NeedPasswordAnonymous).await
        } else {
            self.reply(Answer::NeedPassword).await
        }
    }

    pub(super) async fn pass(&mut self, password: Password) -> Result<(), Ended> {
        let account = match &self.login {
            Login::Named(account) => account.clone(),
            Login::Nobody | Login::In(_) => return self.reply(Answer::UserFirst).await,
        };
        let admitted = match (&account, &self.config.decoy) {
            (Some(account), _) => account.secret.admits(password.as_bytes()).await,
            (None, decoy) => {
                if let Some(decoy) = decoy {
                    decoy.admits(password.as_bytes()).await;
                }
                false
            }
        };
        match account {
            Some(account) if admitted => {
                let anonymous = matches!(account.secret, Secret::Anonymous);
                self.login = Login::In(account);
                let answer = if anonymous {
                    Answer::LoggedInAnonymous
                } else {
                    Answer::LoggedIn
                };
                self.reply(answer).await
            }
            _ => self.wrong_password().await,
        }
    }

    /// Each wrong password costs more time than the one before, and too many cost the session
    /// (RFC 2577 §5). That a user does not exist looks no different.
    async fn wrong_password(&mut self) -> Result<(), Ended> {
        self.login = Login::Nobody;
        self.failures += 1;
        let doublings = (self.failures - 1).min(6);
        let delay = self.config.login_delay.saturating_mul(1 << doublings);
        tokio::select! {
            () = sleep(delay) => {}
            () = self.shutdown.cancelled() => {}
        }
        if self.failures >= self.config.max_login_failures {
            self.reply(Answer::TooManyFailures).await?;
            return Err(Ended::Said);
        }
        self.reply(Answer::LoginIncorrect).await
    }

    pub(super) async fn acct(&mut self) -> Result<(), Ended> {
        match self.login {
            Login::In(_) => self.reply(Answer::AccountSuperfluous).await,
            Login::Nobody | Login::Named(_) => self.reply(Answer::UserFirst).await,
        }
    }

    pub(super) async fn rein(&mut self) -> Result<(), Ended> {
        self.reinitialize();
        self.protection = Protection::None;
        self.reply(Answer::Reinitialized).await
    }

    pub(super) async fn quit(&mut self) -> Result<(), Ended> {
        self.reply(Answer::Goodbye).await?;
        Err(Ended::Said)
    }
}
