//! Which variables a line may use.

use std::collections::BTreeSet;

use regex::bytes::Regex;

use super::faults::Faults;
use super::line::Line;
use crate::header::Plays;
use crate::network::Network;
use crate::script_error::Fault;
use crate::template::Template;

/// What every script that plays the client knows from the start.
const CLIENT: &[&str] = &[
    "user",
    "password",
    "second_user",
    "second_password",
    "dir",
    "server",
    "server_port",
    "client",
    "client_commas",
    "default_data_port",
];
/// What every script that plays the server knows from the start.
const SERVER: &[&str] = &[
    "server",
    "server_port",
    "client",
    "argument",
    "port_arg",
    "port",
];
/// What a line sets beside its named groups.
pub(super) const REPLY: &[&str] = &["code", "text", "host", "port"];
pub(super) const LISTEN: &[&str] = &[
    "port_arg",
    "eprt_arg",
    "port",
    "port_high",
    "port_low",
    "host",
];

/// The most regular expressions of a script.
const MAX_REGEXES: usize = 500;

/// The variables that have been set above a line, and the hosts that there are.
pub(super) struct Names {
    known: BTreeSet<String>,
    /// The sessions and the data connections that were named above.
    sessions: BTreeSet<String>,
    data: BTreeSet<String>,
    plays: Plays,
    /// The hosts of a scenario's network.
    hosts: Vec<String>,
    regexes: usize,
    /// What was wrong with the lines above.
    pub(super) faults: Faults,
    /// Whether a scenario's hosts have a router between them.
    pub(super) has_router: bool,
}

impl Names {
    pub(super) fn new(plays: Plays) -> Self {
        let known = match plays {
            Plays::Client => CLIENT,
            Plays::Server => SERVER,
            Plays::Lab => &[],
        };
        Self {
            known: known.iter().map(|&name| name.to_owned()).collect(),
            sessions: BTreeSet::new(),
            data: BTreeSet::new(),
            plays,
            hosts: Vec::new(),
            regexes: 0,
            faults: Faults::default(),
            has_router: false,
        }
    }

    /// The hosts of the network that a scenario plays in, and whether it has a router.
    pub(super) fn know_network(&mut self, network: &Network) {
        self.has_router = network.is_routed();
        self.hosts = network.hosts.iter().map(|host| host.name.clone()).collect();
    }

    /// The next word, which must be the name of a host.
    pub(super) fn host(&self, line: &mut Line) -> Result<String, Fault> {
        let known: Vec<&str> = self.hosts.iter().map(String::as_str).collect();
        line.one_of("host", &known)
    }

    pub(super) fn add(&mut self, names: &[&str]) {
        self.known.extend(names.iter().map(|&name| name.to_owned()));
    }

    /// A session of this name begins.
    pub(super) fn add_session(&mut self, name: &str) {
        self.sessions.insert(name.to_owned());
    }

    /// A data connection of this name is spoken of.
    pub(super) fn add_data(&mut self, name: &str) {
        self.data.insert(name.to_owned());
    }

    /// There must be a session of this name.
    pub(super) fn check_session(&self, name: &str, column: u32) -> Result<(), Fault> {
        self.check_name(&self.sessions, name, column, ["session", "session two"])
    }

    /// There must be a data connection of this name.
    pub(super) fn check_data(&self, name: &str, column: u32) -> Result<(), Fault> {
        let words = ["data connection", "data one: dial"];
        self.check_name(&self.data, name, column, words)
    }

    fn check_name(
        &self,
        known: &BTreeSet<String>,
        name: &str,
        column: u32,
        [what, such]: [&str; 2],
    ) -> Result<(), Fault> {
        let fault = Fault::new(column, format!("the script has no {what} `{name}`"));
        if self.plays == Plays::Server {
            return Err(fault.hint("only a script that plays the client gives names"));
        }
        if known.contains(name) {
            return Ok(());
        }
        if known.is_empty() {
            return Err(fault.hint(format!("expected a line such as `{such}` above")));
        }
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        Err(fault.one_of(name, &known))
    }

    /// Counts a regular expression: each takes memory that its length does not show.
    pub(super) fn count_regex(&mut self, column: u32) -> Result<(), Fault> {
        self.regexes += 1;
        if self.regexes > MAX_REGEXES {
            return Err(Fault::new(column, "too many regular expressions")
                .hint(format!("expected at most {MAX_REGEXES} in a script")));
        }
        Ok(())
    }

    /// The named groups of a regular expression become variables.
    pub(super) fn add_groups(&mut self, regex: &Regex) {
        let names = regex.capture_names().flatten();
        self.known.extend(names.map(str::to_owned));
    }

    /// The next text in quotes, or word, all of whose variables have been set.
    pub(super) fn value(&self, line: &mut Line, what: &str) -> Result<Template, Fault> {
        let column = line.column();
        let value = line.value(what)?;
        self.check(&value, column)?;
        Ok(value)
    }

    /// The next texts in quotes, one behind the other, all of whose variables have been set.
    pub(super) fn texts(&self, line: &mut Line, what: &str) -> Result<Template, Fault> {
        let column = line.column();
        let texts = line.texts(what)?;
        self.check(&texts, column)?;
        Ok(texts)
    }

    /// Every variable of the text must have been set.
    pub(super) fn check(&self, template: &Template, column: u32) -> Result<(), Fault> {
        for name in template.variables() {
            if !self.known.contains(name) {
                let known: Vec<&str> = self.known.iter().map(String::as_str).collect();
                let what = format!("nothing above this line sets ${name}");
                let fault = Fault::new(column, what).about(name);
                if self.plays == Plays::Client && matches!(name, "code" | "text") {
                    return Err(fault.hint(
                        "expected a line `S:` above; the replies that `login` awaits set nothing",
                    ));
                }
                return Err(fault.one_of(name, &known));
            }
        }
        Ok(())
    }
}
