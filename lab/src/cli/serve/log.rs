//! `-v`: each login, command and transfer in a line that people read.

use std::collections::{HashMap, VecDeque};
use std::fmt::{Debug, Write as _};
use std::io::{self, Write as _};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::{Context, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

/// What the server calls its events.
const SERVER: &str = "ftplab::server";

/// What the server does goes to stderr: with -v what its users do; `RUST_LOG` and -vv ask for
/// every event.
pub(super) fn log(verbose: u8) {
    if verbose != 1 || std::env::var_os("RUST_LOG").is_some() {
        return super::log(verbose);
    }
    let targets = Targets::new()
        .with_target(SERVER, Level::DEBUG)
        .with_default(Level::WARN);
    tracing_subscriber::registry()
        .with(Talks::default())
        .with(targets)
        .init();
}

/// The event that is logged without -v too.
const REFUSED: &str = "login refused";

/// The day and the time, here.
pub(super) fn time() -> impl std::fmt::Display {
    jiff::Zoned::now().strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// The sessions that are open.
#[derive(Default)]
struct Talks(Mutex<HashMap<u64, Talk>>);

/// What is known of a session.
#[derive(Default)]
struct Talk {
    peer: String,
    /// Who it says it is.
    user: String,
    is_in: bool,
    /// The commands that have no last reply yet, with their numbers, and when they came.
    asked: VecDeque<(u64, String, Instant)>,
    /// Bytes of the transfer, and what went wrong with it.
    moved: Option<u64>,
    trouble: Option<String>,
}

impl<S: Subscriber> Layer<S> for Talks {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let mut talks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let line = if *event.metadata().level() <= Level::WARN {
            let Fields { message, rest, .. } = &fields;
            Some(format!("{message}{rest}"))
        } else {
            line(&mut talks, &fields)
        };
        let Some(line) = line else { return };
        if fields.message == REFUSED {
            // The reply tells of it.
            return;
        }
        let time = time();
        let session = match fields.session {
            Some(session) => format!(" #{session}"),
            None => String::new(),
        };
        // One call, so that lines stay whole; nobody is left to tell if it fails.
        let _ = io::stderr().write_all(format!("{time}{session} {line}\n").as_bytes());
    }
}

/// What is to be said of an event, if anything is.
fn line(talks: &mut HashMap<u64, Talk>, fields: &Fields) -> Option<String> {
    let session = fields.session?;
    if fields.message == "close()" {
        let talk = talks.remove(&session)?;
        let why = [&fields.reason, &fields.error];
        let why = why.into_iter().find(|why| !why.is_empty());
        let why = why.map_or("", String::as_str);
        return Some(
            format!("{}: closed: {why}", talk.name())
                .trim_end_matches(": ")
                .to_owned(),
        );
    }
    let talk = talks.entry(session).or_default();
    match fields.message.as_str() {
        "accept()" => {
            talk.peer.clone_from(&fields.peer);
            return Some(format!("{}: connected", talk.peer));
        }
        "command" => {
            let number = fields.number.unwrap_or_default();
            let command = (number, fields.line.clone(), Instant::now());
            talk.asked.push_back(command);
        }
        "data closed" => talk.moved = fields.bytes,
        "transfer failed" => talk.trouble = Some(fields.error.clone()),
        "reply" => return talk.replied(fields),
        _ => {}
    }
    None
}

impl Talk {
    fn name(&self) -> &str {
        if self.is_in { &self.user } else { &self.peer }
    }

    fn replied(&mut self, fields: &Fields) -> Option<String> {
        let code = fields.code?;
        let (hundreds, text) = (code / 100, &fields.text);
        if hundreds == 1 {
            return None;
        }
        let mut asked = self.asked.iter();
        let at = asked.position(|(number, ..)| Some(*number) == fields.answers);
        let Some((_, command, since)) = at.and_then(|at| self.asked.remove(at)) else {
            // The greeting is no news.
            return (hundreds != 2).then(|| format!("{}: {code} {text}", self.name()));
        };
        let (verb, rest) = command.split_once(' ').unwrap_or((&command, ""));
        let is = |name: &str| verb.eq_ignore_ascii_case(name);
        if is("USER") {
            rest.clone_into(&mut self.user);
            self.is_in = false;
        }
        if is("USER") || is("PASS") {
            let (peer, user) = (&self.peer, &self.user);
            return match hundreds {
                2 => {
                    self.is_in = true;
                    Some(format!("{peer}: {user} logged in"))
                }
                3 => None,
                _ => Some(format!("{peer}: login refused for {user}: {code} {text}")),
            };
        }
        let mut line = format!("{}: {command} → {code} {text}", self.name());
        if let Some(bytes) = self.moved.take() {
            let took = tracer::span(since.elapsed());
            // Writing to a String cannot fail.
            let _ = write!(line, " ({} in {took})", tracer::plural(bytes, "byte"));
        }
        if let Some(trouble) = self.trouble.take() {
            let _ = write!(line, " ({trouble})");
        }
        Some(line)
    }
}

/// The fields of an event.
#[derive(Default)]
struct Fields {
    session: Option<u64>,
    code: Option<u64>,
    bytes: Option<u64>,
    /// Of a command, and of the one that a reply answers.
    number: Option<u64>,
    answers: Option<u64>,
    message: String,
    peer: String,
    line: String,
    text: String,
    reason: String,
    error: String,
    /// All but the session and the message, for what is only passed on.
    rest: String,
}

impl Visit for Fields {
    fn record_u64(&mut self, field: &Field, value: u64) {
        match field.name() {
            "session" => return self.session = Some(value),
            "code" => self.code = Some(value),
            "bytes" => self.bytes = Some(value),
            "number" => self.number = Some(value),
            "answers" => self.answers = Some(value),
            _ => {}
        }
        let _ = write!(self.rest, ", {} {value}", field.name());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let value = format!("{value:?}");
        let place = match field.name() {
            "message" => return self.message = value,
            "peer" => &mut self.peer,
            "line" => &mut self.line,
            "text" => &mut self.text,
            "reason" => &mut self.reason,
            "error" => &mut self.error,
            _ => &mut String::new(),
        };
        place.clone_from(&value);
        let _ = write!(self.rest, ", {} {value}", field.name());
    }
}
