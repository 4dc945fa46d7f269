//! Ways to look at explained packets: one file each, and none knows of the others.

mod boxes;
mod classic;
mod connections;
mod decode;
mod json;
mod ladder;
mod narrated;
mod overview;
mod own_line;
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

use crate::{Explained, Frame, Packet, Summary, TcpdumpLine, Timestamp};

/// Writes what the analyzer found, packet by packet. Nothing waits for the end, so a live capture
/// can be read while it runs. It may do so on a thread of its own.
pub trait Render: Send {
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

    /// Whether it shows bytes that TCP segments carry, beyond what the notes and the tcpdump line
    /// tell of them. Where it does not, frames may be cut behind their TCP header.
    fn looks_into_segments(&self) -> bool {
        true
    }

    /// Gives away what writes the tcpdump line of each packet, where that is work that can be done
    /// beforehand; from then on [`Render::packet_of_line`] is called.
    fn take_line(&mut self) -> Option<TcpdumpLine> {
        None
    }

    /// One packet, and its line without the time stamp.
    ///
    /// # Errors
    /// As [`Render::packet`].
    fn packet_of_line(
        &mut self,
        frame: &Frame<'_>,
        packet: &Packet<'_>,
        explained: &Explained<'_>,
        text: &str,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let _ = text;
        self.packet(frame, packet, explained, out)
    }

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
