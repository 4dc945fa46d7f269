//! English.

mod arp;
mod command;
mod control;
mod copy;
mod data;
mod handshake;
mod order;
mod other;
pub(super) mod overview;
mod printed;
mod reply;
mod teardown;
mod translation;
mod verdict;

pub(super) use command::verb;
pub(super) use reply::code;
pub(super) use verdict::verdict;

use std::borrow::Cow;

use super::figures::{endpoint, plural};
use crate::note::{Note, Party, Section, Undelivered, Unexplained};
use crate::{Ending, Summary};

pub(super) const TABLE: [&str; 8] = [
    "connection",
    "dialled by",
    "from",
    "to",
    "used for",
    "bytes →",
    "bytes ←",
    "how it closed",
];

pub(super) fn note(note: &Note) -> String {
    match note {
        Note::Arp(note) => arp::note(note),
        Note::Handshake(note) => handshake::note(note),
        Note::Control(note) => control::note(note),
        Note::Data(note) => data::data(note),
        Note::Ack(note) => data::ack(note),
        Note::Sequence(note) => order::note(note),
        Note::Teardown(note) => teardown::note(note),
        Note::Translation(note) => translation::note(note),
        Note::Copy(note) => copy::note(note),
        Note::Other(note) => other::note(note),
        Note::Printed(note) => printed::note(note),
        Note::Unexplained(why) => unexplained(why),
    }
}

pub(super) fn section(section: Section) -> String {
    match section {
        Section::AddressResolution => "Address resolution: who has which Ethernet address".into(),
        Section::NameResolution => "Name resolution: which address a name has".into(),
        Section::Handshake => "Handshake: the control connection opens".into(),
        Section::Login => "Login".into(),
        Section::Commands => "Commands on the control connection".into(),
        Section::Transfer { number } => format!("Transfer {number}"),
        Section::Goodbye => "Goodbye".into(),
        Section::Others => "Outside the FTP sessions".into(),
    }
}

pub(super) fn party(party: &Party) -> Cow<'static, str> {
    match party {
        Party::Client => "the client".into(),
        Party::Server => "the server".into(),
        Party::Endpoint(addr) => endpoint(*addr).into(),
    }
}

/// The same at the beginning of a sentence.
fn party_first(who: &Party) -> Cow<'static, str> {
    match who {
        Party::Client => "The client".into(),
        Party::Server => "The server".into(),
        Party::Endpoint(addr) => endpoint(*addr).into(),
    }
}

fn unexplained(why: &Unexplained) -> String {
    match why {
        Unexplained::Protocol { protocol } => {
            format!("NOT EXPLAINED: {protocol} is not a protocol that this tracer explains.")
        }
        Unexplained::Malformed { layer, problem } => {
            format!("NOT EXPLAINED: the {layer} layer cannot be read: {problem}.")
        }
        Unexplained::Segment => {
            "NOT EXPLAINED: this segment fits nothing that was captured before it.".into()
        }
    }
}

pub(super) fn ending(ending: &Ending) -> String {
    match ending {
        Ending::Closed {
            simultaneous: true,
            segments,
            ..
        } => {
            format!("both at once, {}", plural((*segments).into(), "segment"))
        }
        Ending::Closed {
            first, segments, ..
        } => {
            format!(
                "{} first, {}",
                party(first),
                plural((*segments).into(), "segment")
            )
        }
        Ending::Reset { by } => format!("reset by {}", party(by)),
        Ending::Refused { by } => format!("refused by {}", party(by)),
        Ending::Unreachable { by, why } => {
            let what = match why {
                Undelivered::Port => "nobody listens on the port",
                Undelivered::Prohibited => "a firewall does not let it pass",
                Undelivered::Protocol => "no TCP there",
                Undelivered::Network => "no way to the network",
                _ => "the host does not answer",
            };
            format!("unreachable: {what}, says {by}")
        }
        Ending::Unanswered => "SYN never answered".into(),
        Ending::Open => "still open".into(),
    }
}

pub(super) fn purpose(control: bool) -> &'static str {
    if control { "commands, replies" } else { "?" }
}

pub(super) fn tally(summary: &Summary) -> String {
    let copies = match summary.copies {
        0 => String::new(),
        count => format!(", {count} of them captured before"),
    };
    format!(
        "{} of {} explained{copies}",
        summary.explained,
        plural(summary.packets, "packet")
    )
}

/// `1 byte`, `2 bytes`.
fn bytes(count: u64) -> String {
    plural(count, "byte")
}

/// A word that agrees with a number: the one for 1, or the one for all others.
fn agree(count: u32, one: &'static str, others: &'static str) -> &'static str {
    if count == 1 { one } else { others }
}

/// `packet 7`, `packets 7 to 9`.
fn packets(first: Option<u64>, last: Option<u64>) -> Option<String> {
    match (first?, last?) {
        (first, last) if first == last => Some(format!("packet {first}")),
        (first, last) => Some(format!("packets {first} to {last}")),
    }
}
