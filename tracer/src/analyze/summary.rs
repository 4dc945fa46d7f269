//! What is left when the capture has ended: one row a connection, and the counts.

use std::net::SocketAddr;
use std::time::Duration;

use proto::Verb;
use serde::Serialize;

use super::connection::{Connection, DIALLER, Ending, Role};
use super::verdict::Verdict;
use crate::StandIn;
use crate::note::{ConnectionName, Party, Purpose, SavedFile, Text};

/// Rows kept, half of them for connections that are not FTP; those beyond are only counted.
const ROWS: usize = 10_000;

/// A whole capture in figures.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Summary {
    /// Packets pushed.
    pub packets: u64,
    /// Packets that got an explanation.
    pub explained: u64,
    /// Packets that were copies of others, for sure.
    pub copies: u64,
    /// The connections, in order of appearance.
    pub connections: Vec<ConnectionSummary>,
    /// Connections beyond the first ten thousand.
    pub omitted: u64,
    /// What the connections together mean.
    pub verdicts: Vec<Verdict>,
    /// Why a file was not saved that should have been: the first reason.
    pub unsaved: Option<String>,
    /// Of a printed trace: the hosts that it has names for only, and what stands for them here.
    #[serde(skip)]
    pub names: Vec<StandIn>,
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
    /// Packets in both directions, without copies.
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
    /// Of a data connection: which way the data went.
    pub direction: Option<Direction>,
    /// Payload bytes that were acknowledged and are not in the capture, both ways.
    pub missing: u64,
    /// From the first segment with data to the last.
    #[serde(rename = "duration_s", serialize_with = "crate::note::seconds_opt")]
    pub duration: Option<Duration>,
    /// The file that was saved of it.
    pub saved: Option<SavedFile>,
    /// The SHA-256 of the file that it carried, in hexadecimal, when it is whole and was asked for.
    pub sha256: Option<String>,
}

/// Which way a transfer goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// To the server.
    Up,
    /// To the client.
    Down,
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
        let first = [dialler, acceptor].into_iter().filter_map(|h| h.first_data);
        let last = [dialler, acceptor].into_iter().filter_map(|h| h.last_data);
        let duration = first.min().zip(last.max()).map(|(from, to)| to.since(from));
        let direction = match connection.role {
            Role::Data { client, .. } if connection.halves[client].bytes > 0 => Some(Direction::Up),
            Role::Data { client, .. } if connection.halves[1 - client].bytes > 0 => {
                Some(Direction::Down)
            }
            _ => None,
        };
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
            direction,
            missing: dialler.missing + acceptor.missing,
            duration,
            saved: connection.saved,
            sha256: connection.sha256,
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
