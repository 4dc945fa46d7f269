//! Logging in and out: USER, PASS, ACCT, REIN, QUIT (RFC 959 §4.1.1), HOST (RFC 7151).

use std::net::{IpAddr, Ipv6Addr};

use proto::{CommandError, Password, Printable, Text, Verb};
use tokio::time::sleep;
use tracing::warn;

use crate::account::Secret;
use crate::answer::Answer;
use crate::control::Ended;
use crate::session::{Login, Protection, Session};

impl Session {
    /// A new USER also logs the old one out; the parameters of transfers stay (RFC 959 §4.1.1).
    pub(super) async fn user(&mut self, name: Text) -> Result<(), Ended> {
        if self.config.require_tls && !self.control.is_secure() {
            return self.reply(Answer::TlsRequired).await;
        }
        if !matches!(self.login, Login::Nobody | Login::Named(_)) {
            self.log_out();
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
            account => {
                let user = account
                    .as_ref()
                    .map_or(&b"(unknown)"[..], |account| &account.name);
                warn!(
                    target: "ftplab::server",
                    session = self.control.session,
                    peer = %self.control.peer,
                    user = %Printable(user),
                    "login refused"
                );
                self.wrong_password().await
            }
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

    /// Under TLS, 220 is the last that is encrypted (RFC 4217 §12).
    pub(super) async fn rein(&mut self) -> Result<(), Ended> {
        self.reinitialize();
        self.protection = Protection::None;
        if self.control.is_secure() {
            // What was sent encrypted must not be carried out in the clear.
            self.queue.clear();
        }
        self.reply(Answer::Reinitialized).await?;
        self.control.clear().await
    }

    /// One host has several names here: our end of the connection, the address that clients are
    /// told, the machine's own name, and `localhost` (RFC 7151 §3).
    pub(super) async fn host(&mut self, name: &Text) -> Result<(), Ended> {
        if !matches!(self.login, Login::Nobody) {
            return self.reply(Answer::HostTooLate).await;
        }
        let Some(host) = HostName::parse(name.as_bytes()) else {
            let error = CommandError::Syntax(Verb::Host);
            return self.reply(Answer::Refused(error)).await;
        };
        let masquerade = self.config.passive_address.map(IpAddr::V4);
        let is_here = match host {
            HostName::Address(ip) => ip == self.control.local.ip() || Some(ip) == masquerade,
            HostName::Domain(name) => {
                let own = rustix::system::uname();
                name.eq_ignore_ascii_case("localhost")
                    || name
                        .as_bytes()
                        .eq_ignore_ascii_case(own.nodename().to_bytes())
            }
        };
        let answer = if is_here {
            Answer::HostAccepted
        } else {
            Answer::HostUnknown
        };
        self.reply(answer).await
    }

    pub(super) async fn quit(&mut self) -> Result<(), Ended> {
        self.reply(Answer::Goodbye).await?;
        Err(Ended::Said)
    }
}

/// HOST's argument (RFC 7151 §3.1).
#[derive(Debug, PartialEq, Eq)]
enum HostName<'a> {
    Address(IpAddr),
    /// Without the dot that may end it.
    Domain(&'a str),
}

impl<'a> HostName<'a> {
    /// A domain name, an IPv4 address, or an IPv6 address in brackets; no port.
    fn parse(text: &'a [u8]) -> Option<Self> {
        let text = std::str::from_utf8(text).ok()?;
        if let Some(rest) = text.strip_prefix('[') {
            let address: Ipv6Addr = rest.strip_suffix(']')?.parse().ok()?;
            return Some(Self::Address(address.into()));
        }
        if let Ok(address) = text.parse() {
            return Some(Self::Address(IpAddr::V4(address)));
        }
        let name = text.strip_suffix('.').unwrap_or(text);
        let is_label = |label: &str| {
            let letters = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
            (1..=63).contains(&label.len()) && label.bytes().all(letters)
        };
        (name.len() <= 253 && name.split('.').all(is_label)).then_some(Self::Domain(name))
    }
}

#[cfg(test)]
mod tests {
    use super::HostName;

    #[test]
    fn hosts_are_told_from_nonsense() {
        assert_eq!(
            HostName::parse(b"Ftp.example."),
            Some(HostName::Domain("Ftp.example"))
        );
        for text in ["127.0.0.1", "[::1]", "a", "x-1.y_2"] {
            assert!(HostName::parse(text.as_bytes()).is_some(), "{text}");
        }
        for text in [
            "",
            ".",
            "a..b",
            "a b",
            "::1",
            "[::1",
            "[127.0.0.1]",
            "a:21",
            "\u{e9}",
            "-/",
        ] {
            assert_eq!(HostName::parse(text.as_bytes()), None, "{text}");
        }
    }
}
