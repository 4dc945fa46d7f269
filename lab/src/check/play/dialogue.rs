//! What is said on the control connection.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use proto::{HostPort, Reply};
use script::{Lines, Login, ReplyExpected};
use tokio::time::Instant;

use super::control::{Control, Heard};
use super::{Found, Got, Player};
use crate::check::content;
use crate::check::shown::Shown;

impl Player<'_> {
    pub(super) async fn connect(&mut self, deadline: Instant) -> Found {
        let server = self.target.server;
        let control = Control::connect(server, deadline)
            .await
            .map_err(|error| format!("{server}: {error}"))?;
        self.ends
            .add_control(control.local, control.peer, &self.session);
        self.set("client", control.local.ip().to_string());
        if let IpAddr::V4(client) = control.local.ip() {
            self.set("client_commas", client.to_string().replace('.', ","));
        }
        let default = server.port().saturating_sub(1);
        self.set("default_data_port", default.to_string());
        self.controls.insert(self.session.clone(), control);
        Ok(())
    }

    /// Connects where that is not done, waits for the greeting, logs in, goes to the folder.
    pub(super) async fn login(&mut self, how: &Login, deadline: Instant) -> Found {
        if !self.controls.contains_key(&self.session) {
            self.connect(deadline).await?;
        }
        let (name, password) = if let Some((name, password)) = &how.who {
            (self.fill(name)?, self.fill(password)?)
        } else {
            let account = &self.target.account;
            (
                account.name.clone().into_bytes(),
                account.password.clone().into_bytes(),
            )
        };
        // A script may have read it, and have asked for TLS since.
        if self.control()?.code.is_none() {
            let greeting = self.reply("connecting: 220", deadline).await?;
            if greeting.code.value() != 220 {
                return Err(Got::Instead(format!("the greeting {}", shown(&greeting))));
            }
        }
        if how.tls || self.secured {
            self.begin_tls(deadline).await?;
            if !how.tls {
                self.ends.hide();
            }
        }
        let mut answer = self.ask(b"USER ", &name, deadline).await?;
        if answer.code.value() == 331 {
            answer = self.ask(b"PASS ", &password, deadline).await?;
        }
        if !matches!(answer.code.value(), 230 | 202) {
            return Err(Got::Instead(shown(&answer)));
        }
        if let Some(folder) = self.start(&name) {
            let answer = self.ask(b"CWD ", &folder, deadline).await?;
            if answer.code.value() / 100 != 2 {
                return Err(Got::Instead(shown(&answer)));
            }
        }
        Ok(())
    }

    /// The folder to go to: the script's own, or that of `--folder` when it is entered by who is
    /// at home there. Otherwise one is where `$dir` points to.
    fn start(&self, name: &[u8]) -> Option<Vec<u8>> {
        let target = self.target;
        let at_home = target.elsewhere && name == target.account.name.as_bytes();
        let base = at_home.then(|| target.base.clone());
        self.folder.clone().or(base)
    }

    pub(super) async fn ask(
        &mut self,
        command: &[u8],
        argument: &[u8],
        deadline: Instant,
    ) -> Result<Reply, Got> {
        let mut line = [command, argument].concat();
        self.catch_up().await;
        self.dialogue.say(&self.session, "C", &line);
        line.extend_from_slice(b"\r\n");
        self.control()?.send(&line, deadline).await?;
        let command = String::from_utf8_lossy(command);
        self.reply(command.trim_end(), deadline).await
    }

    /// A reply to this, and nothing else.
    async fn reply(&mut self, to: &str, deadline: Instant) -> Result<Reply, Got> {
        match self.hear(deadline).await? {
            Heard::Reply(reply) => Ok(reply),
            Heard::Wrong(why) => Err(Got::Instead(why)),
            Heard::Closed(how) | Heard::Torn(how) => {
                Err(Got::Instead(format!("a connection that was {how}")))
            }
            Heard::Nothing => Err(Got::Instead(
                self.late(&format!("no reply to {to} in time")),
            )),
        }
    }

    /// That there is no reply in time, and what came instead of a whole one.
    fn late(&self, what: &str) -> String {
        let control = self.controls.get(&self.session);
        match control.and_then(Control::unfinished) {
            Some(begun) => format!("{what}, but {begun}"),
            None => what.to_owned(),
        }
    }

    /// Tells what has come by now, before more is sent.
    pub(super) async fn catch_up(&mut self) {
        let session = self.session.clone();
        if let Some(control) = self.controls.get_mut(&session) {
            let dialogue = &mut self.dialogue;
            control
                .catch_up(|line| dialogue.say(&session, "S", line))
                .await;
        }
    }

    async fn hear(&mut self, deadline: Instant) -> Result<Heard, Got> {
        let session = self.session.clone();
        let Some(control) = self.controls.get_mut(&session) else {
            return Err(Got::Mistake(
                "no connection: `connect` or `login` must come first".into(),
            ));
        };
        let dialogue = &mut self.dialogue;
        let heard = control
            .hear(deadline, |line| dialogue.say(&session, "S", line))
            .await;
        match &heard {
            Heard::Reply(reply) => self.remember(reply)?,
            // What was said is told, though nobody can say whether it was said to the end.
            Heard::Nothing | Heard::Torn(_) => {
                if let Some(half) = control.half_line() {
                    dialogue.say(&session, "S, half a line", &half);
                }
            }
            _ => {}
        }
        Ok(heard)
    }

    /// What later lines may use: `$code`, `$text`, and where a 227 or 229 points to.
    fn remember(&mut self, reply: &Reply) -> Found {
        let value = reply.code.value();
        let digits = [value / 100, value / 10 % 10, value % 10].map(|digit| digit.to_le_bytes()[0]);
        let control = self.control()?;
        control.code = Some(digits);
        let text = reply.text();
        let passive = match value {
            227 => HostPort::parse_227(text)
                .ok()
                .map(|at| SocketAddr::V4(at.addr())),
            229 => proto::parse_229(text)
                .ok()
                .map(|port| SocketAddr::new(control.peer.ip(), port)),
            _ => None,
        };
        if let Some(at) = passive {
            control.passive = Some(at);
            self.set("host", at.ip().to_string());
            self.set("port", at.port().to_string());
        }
        self.set("code", value.to_string());
        self.variables.insert("text".into(), reply.text().to_vec());
        Ok(())
    }

    pub(super) async fn expect(&mut self, expected: &ReplyExpected) -> Found {
        let deadline = Instant::now() + expected.within.unwrap_or(self.limit);
        let reply = match self.hear(deadline).await? {
            Heard::Reply(reply) => reply,
            Heard::Closed(_) if expected.or_closed => return Ok(()),
            Heard::Closed(how) | Heard::Torn(how) => {
                return Err(format!("a connection that was {how}").into());
            }
            Heard::Wrong(why) => return Err(why.into()),
            Heard::Nothing if expected.or_nothing => return self.nothing_begun(),
            Heard::Nothing => return Err(self.late("no reply in time").into()),
        };
        let code = self.control()?.code.unwrap_or_default();
        if let Some(skip) = &expected.skip
            && skip.codes.fit(code)
        {
            return Err(Got::Skip(format!("the server answers {}", shown(&reply))));
        }
        if !expected.codes.fit(code) {
            return Err(shown(&reply).into());
        }
        let several = reply.lines.len() > 1;
        if (expected.lines == Lines::Single && several)
            || (expected.lines == Lines::Multi && !several)
        {
            return Err(format!(
                "{} in {}",
                shown(&reply),
                tracer::plural(reply.lines.len() as u64, "line")
            )
            .into());
        }
        let text = reply.lines.join(&b'\n');
        for pattern in &expected.patterns {
            content::matches(&text, pattern, &mut self.variables)
                .map_err(|_| Got::Instead(shown(&reply)))?;
        }
        Ok(())
    }

    pub(super) async fn silence(&mut self, within: Duration) -> Found {
        match self.hear(Instant::now() + within).await? {
            Heard::Nothing => self.nothing_begun(),
            Heard::Reply(reply) => Err(shown(&reply).into()),
            Heard::Wrong(why) => Err(why.into()),
            Heard::Closed(how) | Heard::Torn(how) => {
                Err(format!("a connection that was {how}").into())
            }
        }
    }

    /// Half a line is not nothing.
    fn nothing_begun(&mut self) -> Found {
        match self.control()?.unfinished() {
            None => Ok(()),
            Some(begun) => Err(begun.into()),
        }
    }

    /// When all lines are played: no session has a reply that nobody asked for. 421 may come at
    /// any time (RFC 959 §5.4).
    pub(super) async fn nothing_unread(&mut self) -> Found {
        let sessions = self.controls.iter();
        let settled = sessions.filter(|(_, control)| control.is_settled());
        let settled: Vec<String> = settled.map(|(name, _)| name.clone()).collect();
        for name in settled {
            self.session = name;
            // What has come is seen; nothing more is waited for.
            tokio::task::yield_now().await;
            match self.hear(Instant::now()).await? {
                Heard::Reply(reply) if reply.code.value() != 421 => {
                    return Err(shown(&reply).into());
                }
                Heard::Wrong(why) => return Err(why.into()),
                Heard::Torn(how) => return Err(format!("a connection that was {how}").into()),
                Heard::Nothing => self.nothing_begun()?,
                Heard::Reply(_) | Heard::Closed(_) => {}
            }
        }
        Ok(())
    }

    pub(super) async fn closed(&mut self, within: Duration) -> Found {
        match self.hear(Instant::now() + within).await? {
            Heard::Closed(_) => Ok(()),
            Heard::Torn(how) => Err(format!("a connection that was {how}").into()),
            Heard::Nothing => Err(self.late("a connection that is still open").into()),
            Heard::Reply(reply) => Err(shown(&reply).into()),
            Heard::Wrong(why) => Err(why.into()),
        }
    }
}

/// A reply as a report shows it: its first lines.
pub(super) fn shown(reply: &Reply) -> String {
    let mark = if reply.lines.len() > 1 { '-' } else { ' ' };
    let first = reply.lines.first().map_or(&[][..], Vec::as_slice);
    let first = format!("{}{mark}{}", reply.code, Shown(first));
    let first: String = first.chars().take(200).collect();
    match reply.lines.len().saturating_sub(1) {
        0 => format!("`{first}`"),
        more => format!("`{first}` and {}", tracer::plural(more as u64, "more line")),
    }
}
