//! What a server was asked last before the first script, for when it does not answer.

use std::cell::Cell;
use std::fmt;
use std::time::Duration;

use client::{ClientError, Session};
use proto::{Code, Command, Password, Reply, Text};
use tokio::time::timeout;

use super::Account;

/// How long the server may take for its farewell.
const FAREWELL: Duration = Duration::from_secs(2);

/// What is awaited of the server: its greeting at first.
#[derive(Debug)]
pub(super) struct Asked(Cell<Awaited>);

#[derive(Clone, Copy, Debug)]
enum Awaited {
    /// That a session begins, for this.
    Session(&'static str),
    /// A reply.
    Reply(&'static str),
}

impl Asked {
    /// A session is begun: `why` is nothing for the first.
    pub(super) const fn session(why: &'static str) -> Self {
        Self(Cell::new(Awaited::Session(why)))
    }

    /// Another session is begun.
    pub(super) fn another(&self, why: &'static str) {
        self.0.set(Awaited::Session(why));
    }

    /// This command is sent next.
    pub(super) fn command(&self, verb: &'static str) {
        self.0.set(Awaited::Reply(verb));
    }

    /// Whether nothing was heard of the server at all.
    pub(super) fn is_greeting(&self) -> bool {
        matches!(self.0.get(), Awaited::Session(""))
    }

    /// Whether a folder that was made is being removed.
    pub(super) fn is_removal(&self) -> bool {
        matches!(self.0.get(), Awaited::Reply("RMD"))
    }

    /// USER, and PASS where that is asked for.
    pub(super) async fn log_in(
        &self,
        session: &mut Session,
        account: &Account,
    ) -> Result<(), ClientError> {
        let refused = |verb: &str, reply: Reply| {
            if reply.code.is_negative() {
                return ClientError::LoginRefused {
                    user: account.name.clone(),
                    reply,
                };
            }
            ClientError::Unexpected {
                command: verb.to_owned(),
                reply,
            }
        };
        self.command("USER");
        let name = Text::new(account.name.as_bytes())?;
        let mut reply = session.command(&Command::User(name)).await?;
        if reply.code == Code::NEED_PASSWORD {
            self.command("PASS");
            let password = Password::new(account.password.as_bytes())?;
            reply = session.command(&Command::Pass(password)).await?;
            if !reply.code.is_completion() {
                return Err(refused("PASS", reply));
            }
        }
        if reply.code.is_completion() {
            return Ok(());
        }
        Err(refused("USER", reply))
    }

    /// QUIT; a farewell that fails changes nothing.
    pub(super) async fn farewell(&self, session: Session) {
        self.command("QUIT");
        let _ = timeout(FAREWELL, session.quit()).await;
    }
}

impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.get() {
            Awaited::Session("") => write!(f, "no greeting"),
            Awaited::Session(why) => write!(f, "no session {why}"),
            Awaited::Reply(verb) => write!(f, "no answer to {verb}"),
        }
    }
}
