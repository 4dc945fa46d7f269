//! What is left when the capture has ended: one row a connection, and the counts.

use std::net::SocketAddr;

use proto::Verb;
use serde::Serialize;

use super::connection::{Connection, DIALLER, Ending};
use crate::note::{ConnectionName, Party, Purpose, Text};

/// Rows kept, half of them for connections that are not FTP; those beyond are only counted.
const ROWS: usize = 10_000;

/// A whole capture in figures.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Summary {
    /// Packets pushed.
    pub packets: u64,
    /// Packets that got an explanation.
    pub explained: u64,
    /// The connections, in order of appearance.
    pub connections: Vec<ConnectionSummary>,
    /// Connections beyond the first ten thousand.
    pub omitted: u64,
}

/// One connection.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ConnectionSummary {
    /// Order of appearance, from 1.
    pub number: u32,
    /// What every output calls it.
    pub connection: ConnectionName,
    /// Who dialled, when that was seen or announced.
    pub dialled_by: Option<Party>,
    /// Where from.
    pub from: SocketAddr,
    /// Where to.
    pub to: SocketAddr,
    /// Payload bytes from the dialler and to it.
    pub bytes: [u64; 2],
    /// Packets in both directions.
    pub packets: u64,
    /// Why it was opened.
    #[serde(flatten)]
    pub purpose: Purpose,
    /// The transfer command that used it.
    #[serde(serialize_with = "crate::note::verb_opt")]
    pub verb: Option<Verb>,
    /// That command's argument.
    pub argument: Option<Text>,
    /// How it ended.
    #[serde(flatten)]
    pub ending: Ending,
}

impl Summary {
    /// Adds a connection that ended, or was still open at the end.
    pub(crate) fn add(&mut self, connection: Connection) {
        // Other traffic must not push the sessions out.
        let other = matches!(connection.name, ConnectionName::Tcp { .. });
        if self.connections.len() >= if other { ROWS / 2 } else { ROWS } {
            self.omitted += 1;
            return;
        }
        let [dialler, acceptor] = &connection.halves;
        self.connections.push(ConnectionSummary {
            number: connection.number,
            connection: connection.name,
            dialled_by: dialled_by(&connection),
            from: dialler.addr,
            to: acceptor.addr,
            bytes: [dialler.bytes, acceptor.bytes],
            packets: connection.packets,
            purpose: connection.purpose,
            ending: connection.ending(),
            verb: connection.used_by.as_ref().map(|used| used.verb),
            argument: connection.used_by.and_then(|used| used.argument),
        });
    }
}

/// Who dialled: the sender of the SYN, or by the rule of PORT and PASV.
fn dialled_by(connection: &Connection) -> Option<Party> {
    if connection.halves.iter().any(|half| half.isn.is_some()) {
        return Some(connection.party(DIALLER));
    }
    match connection.purpose {
        Purpose::Announced { active: true, .. } | Purpose::Inferred { active: true, .. } => {
            Some(Party::Server)
        }
        Purpose::Announced { active: false, .. }
        | Purpose::Inferred { active: false, .. }
        | Purpose::Control => Some(Party::Client),
        Purpose::Unannounced | Purpose::Unknown => None,
    }
}
