//! A packet that was captured before: on another interface, or twice on the same one.

use serde::Serialize;

use super::control::Text;
use crate::Way;

/// What makes a packet a copy of one that was captured before. It was not sent again, and tells
/// nothing that the first one did not tell.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum CopyNote {
    /// It is the same packet.
    Copy {
        /// The one that was captured first.
        of: u64,
        /// The number of the interface that it was seen on, when the capture tells.
        interface: Option<u32>,
        /// The name of that interface, when the capture tells.
        name: Option<Text>,
        /// Which way it went there.
        way: Option<Way>,
        /// Its time to live.
        ttl: u8,
        /// That of the one that was captured first: a router takes one from it.
        ttl_there: u8,
        /// Both were seen at the same place, as far as the capture tells.
        here: bool,
        /// IP's identification, when that shows it: it is the same, and another one in each segment
        /// that is sent.
        id: Option<u16>,
    },
}
