//! Scenarios: scripts of what happens in a run. Those that are built in lie in `lab/scenarios/`.

mod expect;
mod persona;
mod play;
mod probe;
mod router;
mod sockets;

use std::fs::File;
use std::io::Read;
use std::path::Path;

use script::{
    ClientStep, Datagram, LabStep, Location, MAX_SCRIPT, Network, OpenPort, Plays, Script,
    ScriptError, Step, StepKind, Takes, step_in_words,
};
use tracer::Language;

use crate::Failure;

pub(crate) use play::{Ground, Progress, play};
pub(crate) use router::{Router, rules};
pub(crate) use sockets::ServerSockets;

/// A scenario that needs no file.
#[derive(Clone, Copy, Debug)]
pub struct BuiltIn {
    /// What the user types.
    pub name: &'static str,
    /// The script.
    pub text: &'static str,
}

macro_rules! built_in {
    ($($name:literal)+) => {
        &[$(BuiltIn {
            name: $name,
            text: include_str!(concat!("../../scenarios/", $name, ".ftp")),
        },)+]
    };
}

/// All scenarios that need no file, in the order in which they are listed.
pub const ALL: &[BuiltIn] = built_in! {
    "active"
    "passive"
    "article-active"
    "article-passive"
    "etherpeek-port"
    "etherpeek-pasv"
    "login-11-frames"
    "wireshark-login-pasv"
    "handshake-options"
    "close-three"
    "close-four"
    "close-rst"
    "half-close"
    "fin-before-data"
    "udp-datagram"
    "bounce"
    "bounce-refused"
    "port-zero-address"
    "port-scan-lookalike"
    "firewall-active"
    "firewall-passive"
    "nat-alg"
};

/// The scenario of this name.
pub fn named(name: &str) -> Option<&'static BuiltIn> {
    ALL.iter().find(|scenario| scenario.name == name)
}

impl BuiltIn {
    /// What it shows, in one line: its purpose.
    pub fn about(&self) -> &'static str {
        self.line("purpose:").unwrap_or_default()
    }

    /// The same in a language, where the script has it.
    pub(crate) fn about_in(&self, language: Language) -> &'static str {
        let told = match language {
            Language::En => None,
            Language::Zh => self.line("purpose zh:"),
        };
        told.unwrap_or_else(|| self.about())
    }

    /// What stands in the head behind this key.
    fn line(&self, key: &str) -> Option<&'static str> {
        let line = |line: &'static str| line.strip_prefix(key).map(str::trim);
        self.text.lines().find_map(line)
    }
}

/// A scenario that can be played.
#[derive(Debug)]
pub(crate) struct Scenario {
    /// Its text as it was written.
    pub(crate) text: String,
    pub(crate) network: Network,
    pub(crate) script: Script,
}

impl Scenario {
    /// Reads the scenario of this name, or the file.
    ///
    /// # Errors
    /// Exit code 2: there is neither, or the script has an error.
    pub(crate) fn load(name: &str) -> Result<Self, Failure> {
        if let Some(built_in) = named(name) {
            return Self::read(&format!("{name}.ftp"), built_in.text.as_bytes());
        }
        if !is_file_name(name) {
            let near =
                nearest(name).map_or_else(String::new, |near| format!("; did you mean {near}?"));
            return Err(Failure::usage(format!(
                "no scenario {name}{near}\n  `ftplab list` shows them, and FILE.ftp is one of your \
                 own"
            )));
        }
        let mut text = Vec::new();
        // One byte more than a script may have shows that there is more.
        File::open(Path::new(name))
            .and_then(|file| file.take(MAX_SCRIPT as u64 + 1).read_to_end(&mut text))
            .map_err(|error| {
                let built_in = Path::new(name).file_stem().and_then(|stem| stem.to_str());
                let near = built_in.and_then(nearest).map_or_else(String::new, |near| {
                    format!("\n  {near} is built in: `ftplab run {near}` needs no file")
                });
                Failure::usage(format!("{name}: {error}{near}"))
            })?;
        Self::read(name, &text)
    }

    /// What it shows, in a language, or in English where the script has no other.
    pub(crate) fn about(&self, language: Language) -> &str {
        let header = &self.script.header;
        match language {
            Language::Zh => header.purpose_zh.as_ref(),
            Language::En => None,
        }
        .unwrap_or(&header.purpose)
    }

    /// What is to be said of one of its steps, with its place in the file and that line.
    pub(crate) fn at(&self, step: &Step, what: String) -> String {
        let hint = match step.kind {
            // What was expected has been said.
            StepKind::Expect(_) => String::new(),
            _ => format!("here {}", step_in_words(&step.kind)),
        };
        ScriptError {
            file: self.script.file.clone(),
            at: step.at,
            text: self.line(step.at).to_owned(),
            what,
            hint,
        }
        .to_string()
    }

    /// The line of its text at this place.
    pub(crate) fn line(&self, at: Location) -> &str {
        let number = usize::try_from(at.line).unwrap_or(usize::MAX);
        let line = self.text.lines().nth(number.saturating_sub(1));
        line.unwrap_or_default()
    }

    fn read(file: &str, text: &[u8]) -> Result<Self, Failure> {
        let script = Script::parse(file, text).map_err(Failure::usage)?;
        let Some(network) = script.network.clone() else {
            let what = match script.header.plays {
                Plays::Client => "a server",
                _ => "a client",
            };
            return Err(Failure::usage(format!(
                "{file}: this script tests {what}: `ftplab check {file}` plays it; a scenario \
                 says `plays: lab`"
            )));
        };
        let scenario = Self {
            text: String::from_utf8_lossy(text).into_owned(),
            network,
            script,
        };
        scenario.persona()?;
        Ok(scenario)
    }

    /// The files that are to be the same on both sides at the end, and whether they came down.
    pub(crate) fn moved(&self) -> Vec<(&str, bool)> {
        let appended = |name: &str| {
            let appends = |step: &script::Step| {
                matches!(&step.kind, StepKind::Lab(LabStep::Client(ClientStep::Append(other)))
                    if other == name)
            };
            self.script.steps.iter().any(appends)
        };
        let mut moved = Vec::new();
        for step in &self.script.steps {
            let file = match &step.kind {
                StepKind::Lab(LabStep::Client(ClientStep::Get { name, from: 0 })) => (name, true),
                StepKind::Lab(LabStep::Client(ClientStep::Put(name))) => (name, false),
                _ => continue,
            };
            let file = (file.0.as_str(), file.1);
            if !moved.contains(&file) && !appended(file.0) {
                moved.push(file);
            }
        }
        moved
    }

    /// Whether somebody answers a datagram.
    fn answers(&self, datagram: &Datagram) -> bool {
        let answers = |open: &OpenPort| {
            open.port == datagram.port && matches!(open.takes, Takes::Datagrams { answer: Some(_) })
        };
        let host = self.network.host(&datagram.host);
        host.is_some_and(|host| host.ports.iter().any(answers))
    }

    /// What of it takes a private network, if anything does.
    pub(crate) fn needs_private(&self) -> Option<&'static str> {
        let Network {
            hosts,
            cable,
            server,
            client,
            ..
        } = &self.network;
        let chosen = server.data_sequence.is_some()
            || server.passive_ports.is_some()
            || client.control_port.is_some()
            || client.data_port.is_some()
            || client.control_sequence.is_some()
            || client.data_sequence.is_some()
            || client.also.is_some();
        let told = !self.network.capture_at.is_empty()
            || hosts.iter().any(|host| {
                host.ttl.is_some()
                    || host.mss.is_some()
                    || host.window.is_some()
                    || host.dont_fragment.is_some()
                    || host.udp_dont_fragment.is_some()
                    || !host.ports.is_empty()
            });
        if self.network.is_routed() {
            Some("more than one network")
        } else if !cable.is_plain() {
            Some("a cable of its own")
        } else if chosen {
            Some("ports and sequence numbers of its choice")
        } else {
            told.then_some("hosts that send as it wants")
        }
    }
}

/// The scenario whose name is like this one.
fn nearest(name: &str) -> Option<&'static str> {
    ALL.iter()
        .map(|scenario| (strsim::damerau_levenshtein(name, scenario.name), scenario))
        .filter(|(distance, scenario)| *distance <= 1 + scenario.name.len() / 4)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, scenario)| scenario.name)
}

/// Whether a word is meant as a file.
pub(crate) fn is_file_name(word: &str) -> bool {
    word.contains('/')
        || Path::new(word)
            .extension()
            .is_some_and(|extension| extension == "ftp")
}

#[cfg(test)]
mod tests {
    use tracer::Language;

    use super::{ALL, Scenario};

    #[test]
    fn those_that_are_built_in_have_no_error() {
        for scenario in ALL {
            let [english, chinese] =
                [Language::En, Language::Zh].map(|language| scenario.about_in(language));
            assert!(!english.is_empty(), "{}", scenario.name);
            assert_ne!(english, chinese, "{}", scenario.name);
            if let Err(error) = Scenario::load(scenario.name) {
                panic!("{}", error.message());
            }
        }
    }
}
