//! One connection on both sides of an address translator (NAT, RFC 3022).

use std::net::SocketAddr;

use serde::Serialize;

use super::control::Text;
use super::parts::ConnectionName;

/// What ties a packet to its copy on the other side of a translator. Both are in the capture; the
/// notes are about the one that was captured second.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum TranslationNote {
    /// The same SYN with another address: two connections of the capture are one.
    #[serde(rename = "nat_connection")]
    Connection {
        /// The packet that was captured first.
        of: u64,
        /// What its connection is called.
        other: ConnectionName,
        /// Whose endpoint was changed.
        changed: Changed,
        /// That endpoint in the packet that was captured first.
        was: SocketAddr,
        /// The same in this packet.
        now: SocketAddr,
    },
    /// The same segment.
    #[serde(rename = "nat_segment")]
    Segment {
        /// The packet that was captured first.
        of: u64,
        /// By how much the sequence number is higher here than there.
        seq_shift: i32,
        /// By how much the acknowledgement number is higher here than there.
        ack_shift: i32,
        /// The packet whose text was rewritten to another length: since then it is so.
        since: Option<u64>,
    },
    /// The same segment, and the translator has rewritten what it says.
    #[serde(rename = "nat_rewritten")]
    Rewritten {
        /// The packet that was captured first.
        of: u64,
        /// What it says there.
        was: Text,
        /// What it says here.
        now: Text,
        /// By how many bytes that is longer; negative when it is shorter.
        longer: i32,
    },
}

/// Which of a packet's two endpoints a translator has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Changed {
    /// The sender's.
    Source,
    /// The receiver's.
    Destination,
}
