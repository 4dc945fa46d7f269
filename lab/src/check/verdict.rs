//! How a script ended.

use std::collections::VecDeque;
use std::fmt;
use std::time::Duration;

use script::Location;

use super::shown::{Secrets, brief, masked};

/// How many lines of a dialogue are kept.
const KEPT: usize = 400;
/// How many bytes of a line are kept, as they are shown.
const LONGEST: usize = 400;

/// What a script found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Everything was as expected.
    Passed,
    /// Something was not.
    Failed(Fault),
    /// The script does not apply: why.
    Skipped(String),
    /// Everything that could be seen was as expected, but the wire could not be seen: why.
    Unchecked(String),
    /// The script itself cannot be meant so: it says nothing about whom it tests.
    Mistaken(Fault),
}

impl Verdict {
    /// Nothing passes as long as lines of it were not checked.
    pub(crate) fn watched(self, unwatched: &[Location], why: Option<&str>) -> Self {
        match self {
            Self::Passed if !unwatched.is_empty() => {
                Self::Unchecked(why.unwrap_or("nobody watched the wire").to_owned())
            }
            verdict => verdict,
        }
    }

    /// As a report names it.
    pub(crate) const fn word(&self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed(_) => "failed",
            Self::Skipped(_) => "skipped",
            Self::Unchecked(_) => "not checked",
            Self::Mistaken(_) => "error",
        }
    }
}

/// What was not as expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    /// The line of the script.
    pub(crate) at: Location,
    /// What should have been, in words.
    pub(crate) expected: String,
    /// What was.
    pub(crate) got: String,
}

/// Why a script goes no further.
#[derive(Debug)]
pub(crate) enum Stop {
    /// Something was not as expected.
    Failed(Fault),
    /// The script does not apply.
    Skipped(String),
    /// The script itself is wrong.
    Mistaken(Fault),
}

/// A script that was played.
#[derive(Debug)]
pub(crate) struct Played {
    /// What it found.
    pub(crate) verdict: Verdict,
    /// What the wire should have shown and nobody could look at: the lines of the script.
    pub(crate) unwatched: Vec<Location>,
    /// Why nobody could.
    pub(crate) why: Option<String>,
    /// Lines about the wire in blocks that were not played: they were held against nothing.
    pub(crate) unplayed: Vec<Location>,
    /// The last packets before a failure, or those around it, as tcpdump prints them.
    pub(crate) packets: Vec<String>,
    /// What was said.
    pub(crate) dialogue: Dialogue,
    /// How long it took.
    pub(crate) took: Duration,
    /// The run ended before it did: it found nothing.
    pub(crate) broken_off: bool,
}

impl Played {
    /// One that was not.
    pub(crate) fn skipped(why: String) -> Self {
        Self {
            verdict: Verdict::Skipped(why),
            unwatched: Vec::new(),
            unplayed: Vec::new(),
            why: None,
            packets: Vec::new(),
            dialogue: Dialogue::default(),
            took: Duration::ZERO,
            broken_off: false,
        }
    }

    /// One that was broken off with the run.
    pub(super) fn broken_off() -> Self {
        Self {
            broken_off: true,
            ..Self::skipped("the run was ended".into())
        }
    }

    /// What was held against nothing: a sentence for all lines that nobody could look at, as they
    /// have one reason, and one for each that was not played.
    pub(super) fn remarks(&self) -> impl Iterator<Item = String> {
        let why = self.why.as_deref().unwrap_or("nobody watched it");
        let lines: Vec<String> = self
            .unwatched
            .iter()
            .map(|at| at.line.to_string())
            .collect();
        let unwatched = match lines.as_slice() {
            [] => None,
            [line] => Some(format!("line {line} is")),
            [first @ .., last] => Some(format!("lines {} and {last} are", first.join(", "))),
        };
        let unwatched = unwatched
            .map(|lines| format!("not checked: {lines} about the wire: {why}"))
            .into_iter();
        let unplayed = self.unplayed.iter().map(|at| {
            let line = at.line;
            format!("not played: line {line} is about the wire, in a block that was passed over")
        });
        unwatched.chain(unplayed)
    }

    /// The same without passwords and without what steers a terminal, whoever said it.
    pub(super) fn clean(mut self, secrets: &Secrets) -> Self {
        match &mut self.verdict {
            Verdict::Passed => {}
            Verdict::Failed(fault) | Verdict::Mistaken(fault) => {
                fault.expected = secrets.clean(&fault.expected);
                fault.got = secrets.clean(&fault.got);
            }
            Verdict::Skipped(why) | Verdict::Unchecked(why) => *why = secrets.clean(why),
        }
        self.why = self.why.map(|why| secrets.clean(&why));
        for packet in &mut self.packets {
            *packet = secrets.clean(packet);
        }
        self
    }
}

/// The last lines that were said, oldest first.
#[derive(Clone, Debug, Default)]
pub(crate) struct Dialogue {
    lines: VecDeque<Said>,
    /// How many more there were before.
    dropped: usize,
    secrets: Secrets,
}

/// A line that was said.
#[derive(Clone, Debug)]
struct Said {
    session: String,
    mark: &'static str,
    text: String,
}

impl Dialogue {
    /// One that has none of these passwords.
    pub(super) fn hiding(secrets: Secrets) -> Self {
        Self {
            secrets,
            ..Self::default()
        }
    }

    /// `mark` says who: `C`, `S`, or `data`.
    pub(crate) fn say(&mut self, session: &str, mark: &'static str, text: &[u8]) {
        if self.lines.len() == KEPT {
            self.lines.pop_front();
            self.dropped += 1;
        }
        // A report goes to places where a password should not.
        let text = &self.secrets.hide(text);
        let cut = text.get(..LONGEST).unwrap_or(text);
        let hidden = (mark == "C").then(|| masked(cut)).flatten();
        let shown = hidden.unwrap_or_else(|| brief(text, LONGEST));
        self.lines.push_back(Said {
            session: session.to_owned(),
            mark,
            text: shown,
        });
    }

    /// Its lines, as people write them down.
    pub(crate) fn lines(&self) -> impl Iterator<Item = String> {
        let dropped = (self.dropped > 0)
            .then(|| format!("({} before)", tracer::plural(self.dropped as u64, "line")));
        let lines = self.lines.iter().map(|said| {
            let Said {
                session,
                mark,
                text,
            } = said;
            if session.is_empty() {
                format!("{mark}: {text}")
            } else {
                format!("{session} {mark}: {text}")
            }
        });
        dropped.into_iter().chain(lines)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { at, expected, got } = self;
        write!(f, "line {}: expected {expected}; got {got}", at.line)
    }
}
