//! The head of a script: what it tests, and on which rule it rests.

use std::fmt;
use std::time::Duration;

/// How binding the rule is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Grade {
    /// The RFC demands it.
    Must,
    /// The RFC recommends it, or every client relies on it.
    Should,
    /// No RFC demands it, but an open server is misused without it.
    Hardening,
}

impl Grade {
    pub(crate) const WORDS: &'static [&'static str] = &["MUST", "SHOULD", "HARDENING"];

    pub(crate) fn parse(word: &str) -> Option<Self> {
        Some(match word {
            "MUST" => Self::Must,
            "SHOULD" => Self::Should,
            "HARDENING" => Self::Hardening,
            _ => return None,
        })
    }
}

impl fmt::Display for Grade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Must => "MUST",
            Self::Should => "SHOULD",
            Self::Hardening => "HARDENING",
        })
    }
}

/// Whose part the script plays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Plays {
    /// The client's: it tests a server.
    #[default]
    Client,
    /// The server's: it tests a client.
    Server,
    /// Both, in a network of its own: a scenario, which tests nobody.
    Lab,
}

/// The section of an RFC that a script rests on: `RFC 959 section 4.1.2`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// As the script says it.
    pub text: String,
}

/// What must be there for the script to mean anything; where it is missing there is no verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Need {
    /// A user that may log in.
    Login,
    /// A user that may not log in with any password: not an anonymous one.
    Password,
    /// A second user.
    SecondUser,
    /// Anonymous users may log in.
    Anonymous,
    /// The user may write.
    Write,
    /// AUTH TLS is offered.
    Tls,
    /// Server and client speak IPv6.
    Ipv6,
    /// Server and client speak IPv4.
    Ipv4,
    /// FEAT names this feature.
    Feature(String),
    /// The script talks to the server through loopback or the lab, where ports are open both ways.
    Active,
}

/// The head of a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// What it tests, as a sentence.
    pub purpose: String,
    /// The same in Chinese.
    pub purpose_zh: Option<String>,
    /// On what it rests; at least one, unless it is a scenario.
    pub rules: Vec<Rule>,
    /// How binding that is; of no meaning in a scenario.
    pub grade: Grade,
    /// What a scenario shows: items of the list that it belongs to, such as `S0-3`.
    pub shows: Vec<String>,
    /// Whose part it plays.
    pub plays: Plays,
    /// What must be there.
    pub needs: Vec<Need>,
    /// How long each wait may take: from 10 ms to 10 minutes.
    pub limit: Duration,
}
