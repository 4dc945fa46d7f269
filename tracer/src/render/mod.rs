//! Ways to look at explained packets: one file each, and none knows of the others.

mod boxes;
mod classic;
mod connections;
mod decode;
mod json;
mod ladder;
mod narrated;
mod overview;
mod paint;
mod tcpdump;

use std::io::{self, Write};

pub use boxes::Boxes;
pub use classic::Classic;
pub use decode::Decode;
pub use json::Json;
pub use ladder::Ladder;
pub use narrated::{Narrated, NarratedOptions};
pub use overview::Overview;
pub use tcpdump::Tcpdump;

use crate::{Explained, Frame, Packet, Summary, Timestamp};

/// Writes what the analyzer found, packet by packet. Nothing waits for the end, so a live capture
/// can be read while it runs.
pub trait Render {
    /// One packet.
    ///
    /// # Errors
    /// What the writer says; a closed pipe is the usual case.
    fn packet(
        &mut self,
        frame: &Frame<'_>,
        packet: &Packet<'_>,
        explained: &Explained<'_>,
        out: &mut dyn Write,
    ) -> io::Result<()>;

    /// Something that a program did, on the clock of the packets. Ignored by the styles whose
    /// format has no room for it.
    ///
    /// # Errors
    /// What the writer says.
    fn aside(&mut self, aside: &Aside<'_>, out: &mut dyn Write) -> io::Result<()> {
        let _ = (aside, out);
        Ok(())
    }

    /// The capture has ended.
    ///
    /// # Errors
    /// What the writer says.
    fn finish(&mut self, summary: &Summary, out: &mut dyn Write) -> io::Result<()> {
        let _ = (summary, out);
        Ok(())
    }
}

/// What a program said it did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Aside<'a> {
    /// When it said so.
    pub time: Timestamp,
    /// Which program: `client`, `server`.
    pub who: &'a str,
    /// What: `connect() 10.0.0.2:21`.
    pub what: &'a str,
}
