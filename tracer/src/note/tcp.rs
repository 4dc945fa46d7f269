//! What happened to a TCP connection up to its end (RFC 9293).

use std::time::Duration;

use serde::Serialize;

use super::parts::{Covered, Numbers, Offers, Party, Purpose, TransferRef, seconds, seconds_opt};

/// Opening a connection (RFC 9293 §3.5). Sequence numbers are absolute here: this is where the
/// relative ones get their zero.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum HandshakeNote {
    /// Step 1.
    Syn {
        /// Who dials.
        by: Party,
        /// Who is dialled.
        to: Party,
        /// The port dialled from.
        from_port: u16,
        /// The port dialled.
        to_port: u16,
        /// Its initial sequence number.
        isn: u32,
        /// What it offers.
        offers: Offers,
        /// Why it dials.
        #[serde(flatten)]
        purpose: Purpose,
    },
    /// Step 2.
    SynAck {
        /// Who answers.
        by: Party,
        /// Its own initial sequence number.
        isn: u32,
        /// The number it acknowledges: the dialler's plus one.
        ack: u32,
        /// What it offers.
        offers: Offers,
        /// Time since the SYN.
        #[serde(rename = "after_s", serialize_with = "seconds_opt")]
        after: Option<Duration>,
    },
    /// Step 3.
    Established {
        /// Who dialled.
        by: Party,
        /// Time since the SYN/ACK.
        #[serde(rename = "after_s", serialize_with = "seconds_opt")]
        after: Option<Duration>,
        /// Time since the SYN: with `after`, the round trip split at the place of capture.
        #[serde(rename = "total_s", serialize_with = "seconds_opt")]
        total: Option<Duration>,
        /// Sequence numbers are printed relative from here on.
        relative: bool,
    },
    /// The SYN/ACK again: step 3 did not arrive in time.
    SynAckAgain {
        /// Who answers.
        by: Party,
        /// Time since the SYN.
        #[serde(rename = "after_s", serialize_with = "seconds_opt")]
        after: Option<Duration>,
    },
    /// The SYN again: no answer came in time.
    SynAgain {
        /// Who dials.
        by: Party,
        /// How many SYNs so far.
        attempt: u32,
        /// Time since the first one.
        #[serde(rename = "after_s", serialize_with = "seconds")]
        after: Duration,
    },
    /// Both ends dialled each other at the same time.
    Simultaneous {
        /// Who sent this SYN.
        by: Party,
    },
    /// After a simultaneous open: the other's SYN is acknowledged, together with one's own SYN again.
    SimultaneousAck {
        /// Who acknowledges.
        by: Party,
        /// Both have done so: the connection is open.
        opens: bool,
    },
    /// The SYN was answered with RST: nobody listens there.
    Refused {
        /// Who refused.
        by: Party,
        /// The port that is closed.
        port: u16,
        /// The packet with the SYN.
        syn: u64,
        /// Time since the SYN.
        #[serde(rename = "after_s", serialize_with = "seconds_opt")]
        after: Option<Duration>,
    },
    /// The capture began when the connection was open already.
    MidStream,
    /// The connection was seen before; it had to make room for newer ones.
    Forgotten,
    /// The SYN was answered by a bare acknowledgement of other numbers: that end believes that an
    /// older connection between the same ports is open, and asks (RFC 9293 §3.5.1, RFC 5961 §4).
    ChallengeAck {
        /// Who answers.
        by: Party,
        /// The number that it waits for.
        ack: u32,
        /// The packet with the SYN.
        syn: u64,
    },
}

/// Bytes on a connection that is not a control connection.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum DataNote {
    /// A segment with new bytes.
    Data {
        /// Who sends.
        by: Party,
        /// Place of the first byte in the stream, from 1.
        first: u64,
        /// Place of the last byte.
        last: u64,
        /// The transfer they belong to.
        transfer: Option<TransferRef>,
        /// The PSH bit: deliver at once.
        push: bool,
    },
    /// The sender's FIN and everything before it were seen, or acknowledged unseen.
    DataComplete {
        /// Who sent the bytes.
        by: Party,
        /// How many were captured.
        bytes: u64,
        /// How many more the receiver acknowledged.
        missing: u64,
        /// The capture has the beginning of the connection.
        from_start: bool,
        /// In how many segments with data.
        segments: u64,
        /// From the first of these segments to this packet.
        #[serde(rename = "duration_s", serialize_with = "seconds")]
        duration: Duration,
        /// The transfer.
        transfer: Option<TransferRef>,
    },
    /// The connection has ended, and this is what it carried.
    Hashed {
        /// Bytes of the file.
        bytes: u64,
        /// Its SHA-256 in hexadecimal.
        sha256: String,
    },
    /// The connection has ended, and what it carried is saved.
    Saved {
        /// The file.
        #[serde(flatten)]
        file: SavedFile,
    },
}

/// A file that a data connection carried, as `--extract` saved it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SavedFile {
    /// Its name in the folder.
    pub name: String,
    /// Bytes that the capture has of it.
    pub bytes: u64,
    /// Bytes are missing: there are holes in it, or its beginning or end is not there.
    pub partial: bool,
    /// SHA-256 in hexadecimal, of a file that is whole.
    pub sha256: Option<String>,
}

/// Acknowledgements (RFC 9293 §3.10.7.4).
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum AckNote {
    /// A segment without data that acknowledges something new.
    Ack {
        /// Who acknowledges.
        by: Party,
        /// What.
        #[serde(flatten)]
        covered: Covered,
        /// Time since the last acknowledged packet was captured.
        #[serde(rename = "after_s", serialize_with = "seconds_opt")]
        after: Option<Duration>,
        /// That is longer than the way to the sender of the ACK and back takes: it was held back.
        delayed: bool,
    },
    /// A segment with data (or FIN) acknowledges on the way.
    AckPiggybacked {
        /// What.
        #[serde(flatten)]
        covered: Covered,
    },
    /// The same acknowledgement again: something after it is missing.
    DuplicateAck {
        /// Who repeats it.
        by: Party,
        /// The relative sequence number it still waits for.
        waits_for: u32,
        /// How many times in a row.
        count: u32,
        /// The packet that said it first.
        first: Option<u64>,
    },
    /// What the other side has beyond a gap, or received twice.
    Sack {
        /// Who says it.
        by: Party,
        /// What it has beyond the number it waits for: relative sequence numbers, four pairs at
        /// most, the newest first (RFC 2018 §4).
        has: Vec<Numbers>,
        /// What came although it had it already (D-SACK, RFC 2883).
        twice: Option<Numbers>,
    },
    /// The same acknowledgement again, with nothing missing: a segment came twice.
    AckAgain {
        /// Who repeats it.
        by: Party,
    },
    /// Only the window changed.
    WindowUpdate {
        /// Whose.
        by: Party,
        /// Bytes it can take now, scaled.
        window: u32,
        /// The packet that had closed the window.
        reopens: Option<u64>,
    },
    /// The window is closed: send nothing more.
    ZeroWindow {
        /// Whose.
        by: Party,
    },
    /// An acknowledgement of bytes that this capture has not shown so far.
    UnseenData {
        /// Who sent the bytes.
        by: Party,
        /// How many the capture has not shown.
        bytes: u32,
    },
}

/// Order and repetition.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum SequenceNote {
    /// Everything in it was captured before.
    Retransmission {
        /// Who sends it again.
        by: Party,
        /// Payload bytes.
        bytes: u32,
        /// The packet that had its first byte, as far as that is remembered.
        of: Option<u64>,
        /// Why it is sent again.
        why: Resend,
        /// The same acknowledgements that asked for it.
        duplicate_acks: u32,
    },
    /// Some of its bytes were captured before, others are new.
    Overlap {
        /// Who sends.
        by: Party,
        /// Payload bytes that were captured before.
        old: u32,
        /// Payload bytes that are new.
        new: u32,
    },
    /// It fills the receiver's window: nothing more may be sent until that says so.
    WindowFull {
        /// Who sends.
        by: Party,
        /// Bytes of the window.
        window: u32,
    },
    /// It comes before bytes that should precede it.
    Ahead {
        /// Who sends.
        by: Party,
        /// Bytes still missing before it.
        missing: u32,
        /// It carries the FIN.
        fin: bool,
    },
    /// It fills a gap that later segments left open.
    FillsGap {
        /// Who sends.
        by: Party,
        /// Payload bytes.
        bytes: u32,
        /// The packet that came first of those behind the gap.
        gap: Option<u64>,
        /// Why it comes so late.
        why: Late,
    },
    /// One byte (or none) before the next one: are you still there?
    KeepAlive {
        /// Who asks.
        by: Party,
    },
    /// The same from a sender that met a closed window: is there room again?
    WindowProbe {
        /// Who asks.
        by: Party,
    },
    /// The answer to a window probe.
    WindowProbeAck {
        /// Who answers.
        by: Party,
        /// Bytes it can take now.
        window: u32,
        /// The packet with the probe.
        probe: u64,
    },
    /// The answer to a keep-alive.
    KeepAliveAck {
        /// Who answers.
        by: Party,
        /// The packet with the keep-alive.
        probe: u64,
    },
}

/// Why bytes are sent again (RFC 5681 §3.2, RFC 6298).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Resend {
    /// No acknowledgement came in time.
    Timeout,
    /// The third duplicate acknowledgement asked for it.
    Fast,
    /// They were acknowledged already: it was not necessary.
    Spurious,
}

/// Why a segment comes after those behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Late {
    /// The network delivered it later than what was sent after it.
    OutOfOrder,
    /// Sent again after duplicate acknowledgements; the first copy never reached the capture.
    Fast,
    /// Sent again after a time-out; the first copy never reached the capture.
    Timeout,
}
