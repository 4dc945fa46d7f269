//! What there is to say about a packet, as data: one enum a subject, no prose.
//!
//! The prose is in `explain/`, once a language; `render/json.rs` writes these values as they are.
//! A packet without a note is a packet that the tracer cannot explain, and is counted as such.

mod anomaly;
mod control;
mod copy;
mod other;
mod parts;
mod printed;
mod tcp;
mod teardown;
mod translation;

use std::net::Ipv4Addr;
use std::time::Duration;

use serde::Serialize;

pub use anomaly::Anomaly;
pub(crate) use control::digits_opt;
pub use control::{Announcement, CommandRef, ControlNote, Credential, Encoding, Text, Whose};
pub use copy::CopyNote;
pub use other::{IcmpMessage, OtherNote, Quoted, Undelivered};
pub use parts::{
    ConnectionName, Covered, Inference, Link, Numbers, Offers, Party, Purpose, Section, TransferRef,
};
pub(crate) use parts::{seconds_opt, verb_opt};
pub use printed::{Fit, OmittedStage, PrintedNote};
pub use tcp::{AckNote, DataNote, HandshakeNote, Late, Resend, SavedFile, SequenceNote};
pub use teardown::{Doubtful, FinOrder, ResetReason, TeardownNote};
pub use translation::{Changed, TranslationNote};

use crate::MacAddr;

/// One thing worth saying about a packet.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Note {
    /// Address resolution.
    Arp(ArpNote),
    /// The steps that open a connection.
    Handshake(HandshakeNote),
    /// Commands and replies.
    Control(ControlNote),
    /// Bytes on a data connection.
    Data(DataNote),
    /// What an acknowledgement covers.
    Ack(AckNote),
    /// Segments that come again, late or not at all.
    Sequence(SequenceNote),
    /// The steps that close a connection.
    Teardown(TeardownNote),
    /// The same packet on the other side of an address translator.
    Translation(TranslationNote),
    /// The same packet as one that was captured before.
    Copy(CopyNote),
    /// What goes on beside TCP.
    Other(OtherNote),
    /// What the lines of a printed trace tell without the bytes.
    Printed(PrintedNote),
    /// The packet is not explained, and this is why.
    Unexplained(Unexplained),
}

/// Address resolution (RFC 826).
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum ArpNote {
    /// Somebody asks for the Ethernet address behind an IP address.
    #[serde(rename = "arp_request")]
    Request {
        /// Who asks.
        asker: Ipv4Addr,
        /// Whose address is asked for.
        target: Ipv4Addr,
        /// Sent to everybody; otherwise to one host, to see if it is still there.
        broadcast: bool,
    },
    /// The answer to a request.
    #[serde(rename = "arp_reply")]
    Reply {
        /// Whose address it is.
        owner: Ipv4Addr,
        /// The Ethernet address.
        #[serde(serialize_with = "display")]
        mac: MacAddr,
        /// The request it answers, when that was captured.
        request: Option<u64>,
        /// Time since that request.
        #[serde(rename = "after_s", serialize_with = "seconds_opt")]
        after: Option<Duration>,
    },
    /// A host announces its own address, or probes that nobody has it (RFC 5227).
    #[serde(rename = "arp_announcement")]
    Announcement {
        /// The address.
        address: Ipv4Addr,
        /// A probe (sender address zero) rather than an announcement.
        probe: bool,
    },
}

/// Why a packet stays unexplained.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "snake_case", rename = "unexplained")]
pub enum Unexplained {
    /// Its protocol is not one that this tracer explains.
    #[serde(rename = "unexplained_protocol")]
    Protocol {
        /// The protocol's name or number.
        protocol: String,
    },
    /// A header is damaged.
    #[serde(rename = "unexplained_malformed")]
    Malformed {
        /// The layer.
        layer: &'static str,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// A TCP segment that fits nothing seen so far.
    #[serde(rename = "unexplained_segment")]
    Segment,
}

fn display<T: std::fmt::Display, S: serde::Serializer>(
    value: &T,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}
