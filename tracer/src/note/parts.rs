//! The words that notes are made of: who, which connection, which act.

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use proto::Verb;
use serde::{Serialize, Serializer};

/// One end of a connection, by its part in the session where that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Party {
    /// The FTP client.
    Client,
    /// The FTP server.
    Server,
    /// An end of a connection that is not (yet) known to be FTP, or a third host that PORT named.
    #[serde(untagged)]
    Endpoint(SocketAddr),
}

/// What a connection is called in every output: `control`, `data 1`; from the second session on
/// with the session's number, `control 2`, `data 2.1`; `tcp 1` when it is not FTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ConnectionName {
    /// The control connection of a session; sessions count from 1.
    Control {
        /// The session.
        session: u32,
    },
    /// A data connection.
    Data {
        /// The session.
        session: u32,
        /// Its place among the session's data connections, from 1.
        number: u32,
    },
    /// Another TCP connection, or one not recognised yet.
    Tcp {
        /// Its place among the capture's connections, from 1.
        number: u32,
    },
}

impl ConnectionName {
    fn spell(self, out: &mut impl fmt::Write) -> fmt::Result {
        match self {
            Self::Control { session: 1 } => out.write_str("control"),
            Self::Control { session } => write!(out, "control {session}"),
            Self::Data { session: 1, number } => write!(out, "data {number}"),
            Self::Data { session, number } => write!(out, "data {session}.{number}"),
            Self::Tcp { number } => write!(out, "tcp {number}"),
        }
    }
}

impl fmt::Display for ConnectionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Only padding needs to know the length beforehand.
        if f.width().is_none() {
            return self.spell(f);
        }
        let mut name = String::new();
        self.spell(&mut name)?;
        f.pad(&name)
    }
}

impl Serialize for ConnectionName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// An act of the story. A section begins with the packet that carries it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "act", rename_all = "snake_case")]
pub enum Section {
    /// Who has which Ethernet address.
    AddressResolution,
    /// Which address a name has.
    NameResolution,
    /// The control connection is opened.
    Handshake,
    /// Greeting, user name and password.
    Login,
    /// Commands that move no data.
    Commands,
    /// From the transfer parameter commands (RFC 959 §4.1.2) to the end of the data connection.
    Transfer {
        /// Counted from 1 within the session.
        number: u32,
    },
    /// From QUIT to the last acknowledgement.
    Goodbye,
    /// What begins after the end of a session, or before the first, and is not FTP.
    Others,
}

/// What a SYN announces about its sender.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Offers {
    /// The largest segment it wants to receive, in bytes (RFC 9293 §3.7.1).
    pub mss: Option<u16>,
    /// The window field, never scaled in a SYN (RFC 7323 §2.2).
    pub window: u16,
    /// The shift for its later windows.
    pub window_scale: Option<u8>,
    /// Selective acknowledgements (RFC 2018).
    pub sack: bool,
    /// Time stamps (RFC 7323 §3).
    pub timestamps: bool,
}

/// Why a connection is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "purpose", rename_all = "snake_case")]
pub enum Purpose {
    /// To port 21: commands and replies will go here.
    Control,
    /// To the endpoint that a command or reply announced.
    Announced {
        /// `PORT`, `EPRT`, `PASV` or `EPSV`.
        // In JSON beside a note's own `by` and `packet`: these need names of their own.
        #[serde(rename = "announced_by", serialize_with = "verb")]
        by: Verb,
        /// The packet that carried the announcement.
        #[serde(rename = "announced_in")]
        packet: u64,
        /// The server dials (PORT, EPRT).
        active: bool,
        /// How well it fits the announcement.
        link: Link,
    },
    /// A data connection, though no announcement of its endpoint could be read: by the session's
    /// hosts, and by what the session needs.
    Inferred {
        /// The server dials.
        active: bool,
        /// Why it is taken for one.
        reason: Inference,
    },
    /// From port 20, but no captured command announced the endpoint.
    Unannounced,
    /// Not known to be FTP.
    Unknown,
}

/// How a data connection fits the announcement that it is tied to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Link {
    /// The party that was to dial dials the endpoint announced.
    Exact,
    /// The endpoint was announced once and is dialled again.
    Reused,
    /// The port is the announced one, the address is that of the announcer's control connection:
    /// what was announced was a private, a foreign or a zero address.
    Translated,
    /// The endpoint is the announced one, but another host dials it than was to.
    Stranger,
}

/// Why a connection is taken for a data connection that nothing announced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Inference {
    /// The session is encrypted: what it announces cannot be read.
    Encrypted,
    /// The session has a transfer that lacks its data connection, and whose announcement is not
    /// in the capture.
    AnnouncementMissing,
    /// The trace is printed: it has the lengths of what was said, and no words.
    Unprinted,
    /// Without PORT the server dials the port that the client's control connection comes from
    /// (RFC 959 §3.2).
    DefaultPort,
}

/// What an acknowledgement is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Covered {
    /// Payload bytes newly acknowledged.
    pub bytes: u32,
    /// First captured packet among those acknowledged.
    pub first: Option<u64>,
    /// Last captured packet among those acknowledged.
    pub last: Option<u64>,
    /// The peer's FIN is among them.
    pub fin: bool,
}

/// Sequence numbers in a row, both ends belonging to them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Numbers {
    /// The first.
    pub first: u32,
    /// The last.
    pub last: u32,
}

/// A transfer, by number and command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct TransferRef {
    /// Counted from 1 within the session.
    pub number: u32,
    /// `LIST`, `RETR`, `STOR`…; unknown while only the data connection was seen.
    #[serde(serialize_with = "verb_opt")]
    pub verb: Option<Verb>,
}

#[allow(clippy::trivially_copy_pass_by_ref)] // serde hands fields over by reference
pub(crate) fn verb<S: Serializer>(verb: &Verb, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(verb.as_str())
}

#[allow(clippy::ref_option, clippy::trivially_copy_pass_by_ref)] // as above
pub(crate) fn verb_opt<S: Serializer>(
    verb: &Option<Verb>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match verb {
        Some(verb) => serializer.serialize_str(verb.as_str()),
        None => serializer.serialize_none(),
    }
}

/// Seconds with the fraction, as scripts want durations.
pub(crate) fn seconds<S: Serializer>(value: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(value.as_secs_f64())
}

#[allow(clippy::ref_option)] // as above
pub(crate) fn seconds_opt<S: Serializer>(
    value: &Option<Duration>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match value {
        Some(value) => serializer.serialize_f64(value.as_secs_f64()),
        None => serializer.serialize_none(),
    }
}
