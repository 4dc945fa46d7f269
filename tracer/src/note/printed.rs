//! What the lines of a printed trace tell without the bytes of the packets: by lengths, by numbers
//! that are missing, and by windows.

use proto::Verb;
use serde::Serialize;

use super::parts::{Party, verb};

/// What can be said of a printed trace (tcpdump's text) beyond what is said of a capture.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum PrintedNote {
    /// Bytes on a control connection that the line does not show, and what has their length.
    Unprinted {
        /// Who sends them.
        by: Party,
        /// How many.
        bytes: u32,
        /// FTP lines of that length, by inference: likeliest first.
        fits: Vec<Fit>,
    },
    /// Packets of both directions are missing from the trace before this one.
    Omitted {
        /// Who sent this packet.
        by: Party,
        /// Bytes of this direction that are missing.
        own: u32,
        /// Bytes of the other direction that are missing.
        peer: u32,
        /// What of the dialogue they must be, by what came before.
        stage: OmittedStage,
    },
    /// The window is smaller by just what is acknowledged: it is not read yet.
    WindowShrank {
        /// Whose window.
        by: Party,
        /// Bytes of the window before.
        from: u32,
        /// Bytes acknowledged since.
        bytes: u32,
        /// The window now.
        to: u32,
        /// How many of these bytes the trace omits: the window confirms them.
        omitted: u32,
    },
    /// The window is larger than what was acknowledged would leave: a program has read.
    WindowGrew {
        /// Whose window.
        by: Party,
        /// Bytes of the window before.
        from: u32,
        /// The window now.
        to: u32,
        /// Bytes that must have been read.
        read: u32,
    },
    /// A data connection is opened, and an earlier packet has the length of its announcement.
    AnnouncedByLength {
        /// What announces it.
        #[serde(serialize_with = "verb")]
        announced_by: Verb,
        /// The packet that has the length.
        announced_in: u64,
        /// The line, with `…` for an address that the trace has no numbers of.
        line: String,
        /// Characters of that address.
        hole: Option<u32>,
    },
}

/// A line that has the length of what is not shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fit {
    /// The line, without its end; `…` stands for what may be anything.
    pub line: String,
    /// How many characters stand for `…`.
    pub hole: Option<u32>,
}

/// Where in the dialogue packets are missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OmittedStage {
    /// The server has asked for the password.
    Password,
    /// The server has greeted.
    Login,
    /// Anywhere else.
    Later,
}
