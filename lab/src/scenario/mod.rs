//! Scenarios: scripts of what happens in a run. Those that are built in lie in `lab/scenarios/`.

mod play;
mod probe;
mod router;
mod sockets;

use std::fs::File;
use std::io::Read;
use std::path::Path;

use script::{
    ClientStep, Datagram, LabStep, MAX_SCRIPT, Network, OpenPort, Plays, Script, StepKind, Takes,
};

use crate::Failure;

pub(crate) use play::{Ground, play};
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
        let line = |line: &'static str| line.strip_prefix("purpose:").map(str::trim);
        self.text.lines().find_map(line).unwrap_or_default()
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
            return Err(Failure::usage(format!(
                "no scenario {name}; `ftplab list` shows them, and FILE.ftp is one of your own"
            )));
        }
        let mut text = Vec::new();
        // One byte more than a script may have shows that there is more.
        File::open(Path::new(name))
            .and_then(|file| file.take(MAX_SCRIPT as u64 + 1).read_to_end(&mut text))
            .map_err(|error| Failure::usage(format!("{name}: {error}")))?;
        Self::read(name, &text)
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
        Ok(Self {
            text: String::from_utf8_lossy(text).into_owned(),
            network,
            script,
        })
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

/// Whether a word is meant as a file.
pub(crate) fn is_file_name(word: &str) -> bool {
    word.contains('/')
        || Path::new(word)
            .extension()
            .is_some_and(|extension| extension == "ftp")
}

#[cfg(test)]
mod tests {
    use super::{ALL, Scenario};

    #[test]
    fn those_that_are_built_in_have_no_error() {
        for scenario in ALL {
            assert!(!scenario.about().is_empty(), "{}", scenario.name);
            if let Err(error) = Scenario::load(scenario.name) {
                panic!("{}", error.message());
            }
        }
    }
}
