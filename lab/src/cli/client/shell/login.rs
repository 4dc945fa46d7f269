//! Connecting, and logging in.

use std::io::{self, IsTerminal};

use client::{ClientError, FtpUrl, Session};

use super::state::{Flow, Shell, Trouble, say};
use crate::Failure;
use crate::cli::client::fix::Asked;
use crate::cli::client::how::Credentials;
use crate::cli::client::remote::failure;
use crate::cli::client::shown::shown;
use crate::cli::prompt;

/// What a login that was refused leaves to do.
const STILL_THERE: &str = "still connected; `user NAME` logs in";

impl Shell {
    /// The words after open.
    pub(super) async fn open_by_hand(
        &mut self,
        first: &str,
        port: Option<&str>,
    ) -> Result<(), Trouble> {
        match self.open(&target(first, port)?).await? {
            None => Ok(()),
            Some(refusal) => {
                let said = format!("{}\n  {STILL_THERE}", refusal.message());
                Err(Failure::failed(said).into())
            }
        }
    }

    /// Connects and logs in. A server that refuses the login may let somebody else in: it stays
    /// connected, and the refusal is given back.
    pub(super) async fn open(&mut self, url: &FtpUrl) -> Result<Option<Failure>, Failure> {
        self.close().await;
        let mut options = self.how.options(url)?;
        options.mode = self.mode;
        let credentials = self.how.credentials(url)?;
        let opened = async {
            let mut session = Session::connect((url.host.as_str(), url.port), options).await?;
            let Credentials { user, password } = &credentials;
            let welcome = match session.login(user, password).await {
                Ok(welcome) => welcome,
                // The server is there, and may let somebody else in.
                Err(error @ ClientError::LoginRefused { .. }) if !error.is_transient() => {
                    return Ok((session, None, Some(error)));
                }
                Err(error) => return Err(error),
            };
            if io::stdin().is_terminal() {
                for line in welcome.to_string().lines() {
                    message!("{}", shown(line.as_bytes()));
                }
            }
            let home = session.pwd().await.ok();
            if !url.path.is_empty() {
                session.cwd(&url.path).await?;
            }
            Ok((session, home, None))
        };
        let asked = self.how.asked(url, &credentials.user);
        let (session, home, refused) = opened.await.map_err(|error| failure(url, asked, &error))?;
        self.stop.watch(&session);
        self.host.clone_from(&url.host);
        self.session = Some(session);
        self.here = home.clone().filter(|_| url.path.is_empty());
        self.home = home;
        self.last = None;
        self.waiting = refused.is_some().then(|| url.clone());
        let Some(error) = refused else {
            return Ok(None);
        };
        // That nobody was named is mended by naming one, here and now.
        let named = Asked {
            user: true,
            ..asked
        };
        let refusal = failure(url, named, &error);
        if asked.user {
            return Ok(Some(refusal));
        }
        // Nobody asked for that login.
        message!("{}\n{STILL_THERE}", refusal.message());
        Ok(None)
    }

    /// USER and PASS by hand; the first time that they succeed, on to where the URL led.
    pub(super) async fn log_in(
        &mut self,
        name: &str,
        password: Option<&str>,
    ) -> Result<Flow, Trouble> {
        let password = match password {
            Some(password) => password.to_owned(),
            None => prompt::known(&format!("{name} at {}", shown(self.host.as_bytes())), None)?,
        };
        let reply = self.session()?.login(name, password).await?;
        if let Some(url) = self.waiting.take() {
            let session = self.session()?;
            let home = session.pwd().await.ok();
            if !url.path.is_empty() {
                session.cwd(&url.path).await?;
            }
            self.home = home;
        }
        say(&reply)
    }
}

/// `ftp://…`, or a host and a port.
fn target(first: &str, port: Option<&str>) -> Result<FtpUrl, Failure> {
    let text = match (first.contains("://"), port) {
        (true, _) => first.to_owned(),
        (false, Some(port)) => format!("ftp://{first}:{port}"),
        (false, None) => format!("ftp://{first}"),
    };
    text.parse()
        .map_err(|error| Failure::usage(format!("{text}: {error}")))
}
