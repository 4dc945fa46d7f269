//! What the sessions of a script share: files, handlers, what was heard.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use script::{Given, Handler, Location, Script, StepKind, Template, Variables};

use super::certificates::Certificates;
use super::files::Files;
use crate::check::content::{fill, matches};
use crate::check::data::filling;
use crate::check::verdict::{Dialogue, Fault};
use crate::check::watch::Ends;

/// The most command lines that are kept.
const MAX_HEARD: usize = 10_000;

/// A command that the client sent.
#[derive(Clone, Debug)]
pub(super) struct Heard {
    /// Its first word, in upper case.
    pub(super) verb: String,
    /// All of it, without its end.
    pub(super) line: Vec<u8>,
    /// Whether it came under TLS.
    pub(super) secure: bool,
}

/// What changes while a script is played.
#[derive(Debug, Default)]
pub(super) struct Said {
    pub(super) heard: Vec<Heard>,
    pub(super) dialogue: Dialogue,
    pub(super) files: Files,
    pub(super) ends: Ends,
    /// Whether the client has connected.
    pub(super) connected: bool,
    pub(super) variables: Variables,
    /// The first thing that was wrong.
    pub(super) fault: Option<Fault>,
    /// How often each handler was used.
    used: Vec<u32>,
}

/// Whether what a script names is this command: `any` is every one, but not the greeting.
pub(super) fn fits(named: &str, verb: &str) -> bool {
    named.eq_ignore_ascii_case(verb) || (named == "any" && verb != "connect")
}

/// The server of one script.
pub(super) struct Stage {
    handlers: Vec<Handler>,
    pub(super) limit: Duration,
    /// The line `task:`, for faults that belong to no other line.
    pub(super) at: Location,
    /// What it shows to a client that is to speak TLS; to others it does not offer that.
    pub(super) certificates: Option<Arc<Certificates>>,
    said: Mutex<Said>,
}

impl Stage {
    /// Makes what is given.
    pub(super) fn prepare(
        script: &Script,
        at: Location,
        certificates: Option<Arc<Certificates>>,
    ) -> Result<Self, String> {
        let mut said = Said::default();
        let variables = Variables::new();
        let mut handlers = Vec::new();
        for step in &script.steps {
            match &step.kind {
                StepKind::On(handler) => handlers.push(handler.clone()),
                StepKind::Given(given) => {
                    let text = |template: &Template| fill(template, &variables);
                    match given {
                        Given::File { name, bytes } => {
                            said.files.store(&text(name)?, text(bytes)?)?;
                        }
                        Given::Filled { name, size } => {
                            said.files.store(&text(name)?, filling(0, *size))?;
                        }
                        Given::Folder(name) => said.files.make_folder(&text(name)?)?,
                        // Nothing is there that was not given.
                        Given::Nothing(_) => {}
                    }
                }
                _ => {}
            }
        }
        said.used = vec![0; handlers.len()];
        Ok(Self {
            handlers,
            limit: script.header.limit,
            at,
            certificates,
            said: Mutex::new(said),
        })
    }

    pub(super) fn said(&self) -> MutexGuard<'_, Said> {
        self.said.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn listens_at(&self, server: SocketAddr) {
        let mut said = self.said();
        let mut set = |name: &str, value: String| {
            said.variables.insert(name.to_owned(), value.into_bytes());
        };
        set("server", server.ip().to_string());
        set("server_port", server.port().to_string());
        set("client", server.ip().to_string());
        set("argument", String::new());
    }

    /// A line of the dialogue that is of no session.
    pub(super) fn say(&self, mark: &'static str, text: &[u8]) {
        self.said().dialogue.say("", mark, text);
    }

    /// Remembers the first fault; what follows from it is of less interest.
    pub(super) fn wrong(&self, fault: Fault) {
        self.said().fault.get_or_insert(fault);
    }

    /// The client sent a command.
    pub(super) fn hear(&self, verb: &str, line: &[u8], secure: bool) {
        let mut said = self.said();
        if said.heard.len() < MAX_HEARD {
            said.heard.push(Heard {
                verb: verb.to_owned(),
                line: line.to_vec(),
                secure,
            });
        }
    }

    /// The handler that answers: the first for this verb whose patterns fit and whose times are
    /// not used up.
    pub(super) fn handler(&self, verb: &str, line: &[u8]) -> Option<&Handler> {
        let mut said = self.said();
        let Said {
            used, variables, ..
        } = &mut *said;
        for (handler, used) in self.handlers.iter().zip(used) {
            let here = handler.verbs.iter().any(|one| fits(one, verb));
            let left = handler.times.is_none_or(|times| *used < times);
            let mut patterns = handler.patterns.iter();
            if here && left && patterns.all(|pattern| matches(line, pattern, variables).is_ok()) {
                *used = used.saturating_add(1);
                return Some(handler);
            }
        }
        None
    }
}
