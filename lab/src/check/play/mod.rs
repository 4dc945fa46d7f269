//! Plays a script that is the client, against a server.

mod control;
mod data_lines;
mod dialogue;
mod files;
mod found;
mod tls;
mod wires;
mod words;

use std::collections::BTreeMap;
use std::time::Duration;

use client::Session;
use script::{
    FillError, Location, Script, Step, StepKind, Template, Then, Variables, step_in_words,
};
use tokio::time::Instant;

use self::control::Control;
use self::found::{Found, Got};
use self::wires::{looks_elsewhere, wires_of};
use super::End;
use super::content;
use super::data::Data;
use super::secured;
use super::shown::Shown;
use super::target::{Target, is_broken};
use super::verdict::{Dialogue, Fault, Played, Stop, Verdict};
use super::watch::{Ends, Line, Part, Watch, seen};

/// How long a whole script may take: a guard against servers that send without end.
const LIMIT: Duration = Duration::from_mins(5);
/// The most lines about the wire, those that are repeated counted each time.
const MAX_WIRES: usize = 1000;
/// The most lines that are played, those that are repeated counted each time.
const MAX_PLAYED: u64 = 1_000_000;
/// After how many of them others have their turn, the watch over the time among them.
const TURN: u64 = 64;
/// The longest value of a variable that a script sets.
pub(super) const MAX_VALUE: usize = 64 << 10;

/// Plays one script; `watch` watches the wire, or says why nobody does.
pub(crate) async fn play(
    script: &Script,
    target: &Target,
    watch: &Result<Watch, String>,
    number: usize,
    end: &End,
) -> Played {
    if let Some(lack) = target.lacks(script) {
        return Played::skipped(lack);
    }
    let turn = match watch {
        Ok(watch) => Some(watch.turn(looks_elsewhere(&script.steps)).await),
        Err(_) => None,
    };
    let began = Instant::now();
    let mut player = Player::new(script, target, number);
    let mut broken_off = false;
    let played = tokio::select! {
        played = tokio::time::timeout(LIMIT, player.play(script)) => played,
        () = end.wait() => {
            broken_off = true;
            Ok(Err(Stop::Skipped("the run was ended".into())))
        }
    };
    let mut verdict = match played {
        Ok(Ok(())) => Verdict::Passed,
        Ok(Err(Stop::Skipped(why))) => Verdict::Skipped(why),
        Ok(Err(Stop::Failed(fault))) => Verdict::Failed(fault),
        Ok(Err(Stop::Mistaken(fault))) => Verdict::Mistaken(fault),
        Err(_) => Verdict::Failed(Fault {
            at: player.at,
            expected: format!("the script to end within {} s", LIMIT.as_secs()),
            got: "it went on".into(),
        }),
    };
    if matches!(verdict, Verdict::Failed(_)) {
        player.ends.fail();
    }
    if !broken_off {
        player.hang_up().await;
    }
    // After a failure only the packets are of interest, and not what they should have been.
    let lines = match verdict {
        Verdict::Passed => player.wires.as_slice(),
        _ => &[],
    };
    let seen = seen(watch, turn.as_ref(), &player.ends, Part::Client, lines).await;
    if let Some(fault) = seen.fault {
        verdict = Verdict::Failed(fault);
    }
    drop(turn);
    player.clean_up().await;
    let verdict = verdict.watched(&seen.unwatched, seen.why.as_deref());
    let mut unplayed = Vec::new();
    if matches!(verdict, Verdict::Passed | Verdict::Unchecked(_)) {
        wires_of(&script.steps, &mut unplayed);
        unplayed.retain(|at| player.wires.iter().all(|(played, _)| played != at));
    }
    Played {
        verdict,
        unplayed,
        unwatched: seen.unwatched,
        why: seen.why,
        packets: seen.packets,
        dialogue: player.dialogue,
        took: began.elapsed(),
        broken_off,
    }
}

struct Player<'a> {
    target: &'a Target,
    limit: Duration,
    /// Who speaks: the session's name, empty for the first.
    session: String,
    controls: BTreeMap<String, Control>,
    data: BTreeMap<String, Data>,
    variables: Variables,
    /// The script's own folder, when it has one.
    folder: Option<Vec<u8>>,
    /// The name of its folder, before that is made.
    planned: Option<Vec<u8>>,
    /// Whether a plain `login` is one under TLS.
    secured: bool,
    /// How many lines were played.
    played: u64,
    /// For files before and after; opened when it is needed.
    helper: Option<Session>,
    /// How many files it stored.
    stored: u32,
    /// The line that is being played.
    at: Location,
    dialogue: Dialogue,
    /// Which packets are this script's.
    ends: Ends,
    /// What they must show.
    wires: Vec<Line>,
}

impl<'a> Player<'a> {
    fn new(script: &Script, target: &'a Target, number: usize) -> Self {
        let mut variables = Variables::new();
        let mut set = |name: &str, value: &[u8]| {
            variables.insert(name.to_owned(), value.to_vec());
        };
        set("user", target.account.name.as_bytes());
        set("password", target.account.password.as_bytes());
        if let Some(second) = &target.second {
            set("second_user", second.name.as_bytes());
            set("second_password", second.password.as_bytes());
        }
        set("server", target.server.ip().to_string().as_bytes());
        set("server_port", target.server.port().to_string().as_bytes());
        let own = files::wants_folder(script).then(|| target.folder(&number.to_string()));
        set("dir", own.as_deref().unwrap_or(&target.base));
        Self {
            target,
            limit: script.header.limit,
            session: String::new(),
            controls: BTreeMap::new(),
            data: BTreeMap::new(),
            variables,
            folder: None,
            planned: own,
            secured: target.secured && secured::may_be(script),
            played: 0,
            helper: None,
            stored: 0,
            at: Location::default(),
            dialogue: Dialogue::hiding(target.secrets()),
            ends: Ends::default(),
            wires: Vec::new(),
        }
    }

    async fn play(&mut self, script: &Script) -> Result<(), Stop> {
        if let Some(folder) = self.planned.take() {
            self.make_folder(&folder).await.map_err(|error| {
                if is_broken(&error) {
                    return Stop::Failed(Fault {
                        at: script.steps.first().map_or(self.at, |step| step.at),
                        expected: "the server answers when a folder for the script is made".into(),
                        got: error.to_string(),
                    });
                }
                Stop::Skipped(format!("no folder for the script: {error}"))
            })?;
            // From here on it is the script's own, and is removed with all that is in it.
            self.folder = Some(folder);
        }
        self.steps(&script.steps).await?;
        let unread = self.nothing_unread().await;
        unread.map_err(|got| match got {
            Got::Skip(got) | Got::Mistake(got) | Got::Instead(got) => Stop::Failed(Fault {
                at: self.at,
                expected: "no reply that nothing asked for, when all is said".into(),
                got,
            }),
        })
    }

    /// One after the other; boxed, as blocks lie in blocks.
    fn steps<'s>(
        &'s mut self,
        steps: &'s [Step],
    ) -> futures::future::BoxFuture<'s, Result<(), Stop>> {
        Box::pin(async move {
            for step in steps {
                self.at = step.at;
                self.count(step).await?;
                match &step.kind {
                    StepKind::Repeat {
                        times,
                        until_closed,
                        steps,
                    } => {
                        // Of a block around this one.
                        let outer = self.variables.get("n").cloned();
                        for n in 1..=*times {
                            self.at = step.at;
                            self.count(step).await?;
                            self.set("n", n.to_string());
                            let played = self.steps(steps).await;
                            let gone = self.controls.get(&self.session).is_none_or(|c| c.gone);
                            if *until_closed && gone {
                                break;
                            }
                            played?;
                        }
                        if let Some(outer) = outer {
                            self.variables.insert("n".into(), outer);
                        }
                    }
                    StepKind::When { codes, steps } => {
                        let code = self.controls.get(&self.session).and_then(|c| c.code);
                        if code.is_some_and(|code| codes.fit(code)) {
                            self.steps(steps).await?;
                        }
                    }
                    kind => {
                        let played = self.step(kind).await;
                        let fault = |got| Fault {
                            at: step.at,
                            expected: words::expected(kind, &self.variables),
                            got,
                        };
                        played.map_err(|got| match got {
                            Got::Skip(why) => Stop::Skipped(why),
                            Got::Mistake(got) => Stop::Mistaken(fault(got)),
                            Got::Instead(got) => Stop::Failed(fault(got)),
                        })?;
                    }
                }
            }
            Ok(())
        })
    }

    /// One more line; ends a script that goes round and round.
    async fn count(&mut self, step: &Step) -> Result<(), Stop> {
        self.played += 1;
        if self.played > MAX_PLAYED {
            return Err(Stop::Mistaken(Fault {
                at: step.at,
                expected: format!("a script that plays at most {MAX_PLAYED} lines"),
                got: "one that plays more".into(),
            }));
        }
        if self.played.is_multiple_of(TURN) {
            tokio::task::yield_now().await;
        }
        Ok(())
    }

    async fn step(&mut self, kind: &StepKind) -> Found {
        let deadline = Instant::now() + self.limit;
        self.secure_transfer(kind, deadline).await?;
        match kind {
            StepKind::Given(given) => self.given(given).await,
            StepKind::Then(Then::File { name, contents }) => {
                let name = self.path(name)?;
                let bytes = self.fetch(&name).await?;
                self.hold(&bytes, contents).await
            }
            StepKind::Then(then) => self.then(then).await,
            StepKind::Connect => self.connect(deadline).await,
            StepKind::Session(name) => {
                self.session.clone_from(name);
                if self.controls.contains_key(name) {
                    return Ok(());
                }
                self.connect(deadline).await
            }
            StepKind::Login(how) => self.login(how, deadline).await,
            StepKind::Send(_)
            | StepKind::SendRaw { .. }
            | StepKind::Together(_)
            | StepKind::Tls(_)
            | StepKind::Hangup { .. }
                if !self.control()?.is_open() =>
            {
                let what = "the connection was closed by a line above";
                Err(Got::Mistake(what.into()))
            }
            StepKind::Send(line) => {
                let mut bytes = self.fill(line)?;
                self.catch_up().await;
                self.dialogue.say(&self.session, "C", &bytes);
                bytes.extend_from_slice(b"\r\n");
                self.control()?.send(&bytes, deadline).await?;
                Ok(())
            }
            StepKind::SendRaw { bytes, urgent } => {
                let bytes = self.fill(bytes)?;
                self.catch_up().await;
                let mark = if *urgent { "C urgent" } else { "C raw" };
                self.dialogue.say(&self.session, mark, &bytes);
                let control = self.control()?;
                control.raw = true;
                if *urgent {
                    control.send_urgent(&bytes)?;
                } else {
                    control.send(&bytes, deadline).await?;
                }
                Ok(())
            }
            StepKind::Together(lines) => {
                let mut together = Vec::new();
                self.catch_up().await;
                for line in lines {
                    let bytes = self.fill(line)?;
                    self.dialogue.say(&self.session, "C", &bytes);
                    together.extend_from_slice(&bytes);
                    together.extend_from_slice(b"\r\n");
                }
                self.control()?.send(&together, deadline).await?;
                Ok(())
            }
            StepKind::Expect(expected) => self.expect(expected).await,
            StepKind::Silence(within) => self.silence(*within).await,
            StepKind::Closed(within) => self.closed(within.unwrap_or(self.limit)).await,
            StepKind::Tls(_) => self.handshake(deadline).await,
            StepKind::Hangup { reset } => Ok(self.control()?.close(*reset, deadline).await?),
            StepKind::Data { name, step } => {
                self.data_step(name.as_deref().unwrap_or(""), step).await
            }
            StepKind::Set { name, value } => {
                let value = self.fill(value)?;
                if value.len() > MAX_VALUE {
                    let what = format!("a value of more than {MAX_VALUE} bytes");
                    return Err(Got::Mistake(what));
                }
                self.variables.insert(name.clone(), value);
                Ok(())
            }
            StepKind::Check(check) => {
                let (left, right) = (self.fill(&check.left)?, self.fill(&check.right)?);
                let right = check.shifted(right);
                if check.operator.holds(&left, &right) {
                    return Ok(());
                }
                let (left, right) = (Shown(&left), Shown(&right));
                Err(format!("`{left}` and `{right}`").into())
            }
            StepKind::Wait(duration) => {
                tokio::time::sleep(*duration).await;
                Ok(())
            }
            StepKind::Wire(wire) => {
                let filled = wire.filled(&self.variables);
                let filled = filled.map_err(|error| match error {
                    FillError::Meaningless(_) => Got::Mistake(error.to_string()),
                    error => error.to_string().into(),
                })?;
                if self.wires.len() == MAX_WIRES {
                    let what = format!("more than {MAX_WIRES} lines about the wire");
                    return Err(Got::Mistake(what));
                }
                self.wires.push((self.at, filled));
                Ok(())
            }
            // Blocks are played by `steps`, the rest belongs to scripts that play the server.
            other => Err(format!("a step that has no place here: {}", step_in_words(other)).into()),
        }
    }

    fn control(&mut self) -> Result<&mut Control, Got> {
        self.controls.get_mut(&self.session).ok_or_else(|| {
            Got::Mistake("no connection: `connect` or `login` must come first".into())
        })
    }

    fn fill(&self, template: &Template) -> Result<Vec<u8>, Got> {
        Ok(content::fill(template, &self.variables)?)
    }

    fn set(&mut self, name: &str, value: String) {
        self.variables.insert(name.to_owned(), value.into_bytes());
    }
}
