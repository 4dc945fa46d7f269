//! Printed traces: the lines of tcpdump and `WinDump`, read back into packets that have headers and
//! no bytes.
//!
//! ```text
//! text → Record (what the line says) → Packet (what the analyzer needs)
//!             └→ the same line, or that of another tcpdump
//! ```
//!
//! What a line does not say stays unknown: a payload has a length and no bytes, a bare
//! acknowledgement of OpenBSD's tcpdump no sequence number.

mod cursor;
mod dns;
mod flows;
mod hosts;
mod line;
mod options;
mod packet;
mod reader;
mod record;
mod segment;
mod stamp;
mod write;

#[cfg(test)]
mod tests;

pub use cursor::Fault;
pub(crate) use dns::Dns;
pub use hosts::{Hosts, StandIn};
pub(crate) use hosts::{is_stand_in, with_names};
pub use reader::{PrintedError, PrintedReader, Repair, begins_packet};
pub(crate) use record::Body;
pub use record::Record;

/// A packet that is known from its printed line alone.
#[derive(Clone, Copy, Debug)]
pub struct Printed<'a> {
    /// What the line says.
    pub record: &'a Record,
    /// The addresses that stand for hosts which the trace calls by name.
    pub hosts: &'a Hosts,
}

impl Printed<'_> {
    /// Whether the line has the sequence number, or one can be told from the lines before it.
    pub(crate) fn knows_seq(&self) -> bool {
        match &self.record.body {
            Body::Tcp(tcp) => tcp.knows_seq,
            Body::Text { .. } => false,
        }
    }

    /// The first words of a line that is not of TCP.
    pub(crate) fn words(&self) -> String {
        const SHOWN: usize = 30;
        match &self.record.body {
            Body::Text { text, .. } => {
                let words = text.trim().split([':', ',']).next().unwrap_or_default();
                words
                    .chars()
                    .take(SHOWN)
                    .flat_map(char::escape_debug)
                    .collect()
            }
            Body::Tcp(_) => "TCP".into(),
        }
    }

    /// The names that a DNS message asks for or tells, when the line is one.
    pub(crate) fn dns(&self) -> Option<&Dns> {
        match &self.record.body {
            Body::Text { dns, .. } => dns.as_ref(),
            Body::Tcp(_) => None,
        }
    }
}
