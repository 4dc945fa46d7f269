//! How a TCP connection ends (RFC 9293 §3.6).

use std::time::Duration;

use serde::Serialize;

use super::parts::{Party, seconds_opt};

/// Closing a connection (RFC 9293 §3.6).
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum TeardownNote {
    /// A FIN.
    Fin {
        /// Who has nothing more to send.
        by: Party,
        /// First, second, or both at the same time.
        order: FinOrder,
        /// The sequence number that the FIN takes, relative.
        seq: u32,
        /// It acknowledges the peer's FIN as well.
        acks_fin: bool,
    },
    /// An acknowledgement of the peer's FIN.
    FinAcknowledged {
        /// Who acknowledges.
        by: Party,
        /// The relative number: the FIN's plus one.
        ack: u32,
    },
    /// Both FINs are acknowledged.
    Closed {
        /// Who closed first.
        first: Party,
        /// Segments from the first FIN to the last ACK: 3 or 4.
        segments: u8,
        /// Both sent their FIN before they saw the other's.
        simultaneous: bool,
        /// From the SYN, when it was captured.
        #[serde(rename = "lasted_s", serialize_with = "seconds_opt")]
        lasted: Option<Duration>,
    },
    /// Data after the peer's FIN: that direction is still open.
    HalfClosed {
        /// Who still sends.
        by: Party,
    },
    /// The same FIN again.
    FinAgain {
        /// Who repeats it.
        by: Party,
        /// An acknowledgement of it was captured before.
        acknowledged: bool,
    },
    /// RST.
    Reset {
        /// Who resets.
        by: Party,
        /// Why, as far as the packets tell.
        reason: ResetReason,
        /// The peer's last packet with data or FIN, when that is what it answers.
        answers: Option<u64>,
        /// Why its receiver may not believe it.
        doubt: Option<Doubtful>,
    },
    /// The answer to a RST that did not have exactly the number that its receiver waits for: that
    /// one goes on, and asks for a RST with the right number (RFC 5961 §3.2). A RST by somebody
    /// who guesses has no effect.
    #[serde(rename = "rst_challenged")]
    ChallengeAck {
        /// Who asks.
        by: Party,
        /// The packet with the RST.
        rst: u64,
        /// The relative number that the RST should have had.
        waits_for: u32,
    },
    /// A packet for a connection that is closed already.
    AfterClose {
        /// Who sent it.
        by: Party,
    },
}

/// Whose FIN it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FinOrder {
    /// The first to close.
    First,
    /// Its peer follows.
    Second,
    /// Sent before the peer's FIN was acknowledged.
    Simultaneous,
}

/// What a reset answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ResetReason {
    /// The sender gave the connection up with data unsent or unread.
    Abort,
    /// The peer sent to an end that was closed already.
    DataAfterClose,
    /// The sender had sent its FIN, and does not wait for the peer's.
    AfterFin,
    /// Both directions were closed; nothing came since.
    AfterClose,
    /// The answer to a challenge: the sender knows nothing of the older connection.
    HalfOpen,
    /// Without the ACK bit, by an end that has sent nothing else: it has no such connection.
    Unknowing,
    /// By the dialler in place of the handshake's third step: it only wanted to know whether the
    /// port is open, it had given up waiting, or it never dialled.
    NotWanted,
    /// The peer did not answer what was sent again and again.
    Unanswered,
    /// The peer has sent its FIN, and this comes in place of the other FIN.
    InsteadOfFin,
    /// The capture does not tell: it is the first packet of the connection.
    Unknown,
}

/// Why a RST may have no effect (RFC 9293 §3.10.7.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Doubtful {
    /// Its number is in the window, and not the one that the receiver waits for: that may ask first
    /// (RFC 5961 §3.2).
    InWindow,
    /// Its number is outside the window: the receiver ignores it, unless the capture has lost what
    /// moved the window there.
    Outside,
}
