//! What one line says.

use super::dns::Dns;
use super::segment::Segment;
use super::stamp::Stamp;
use crate::Timestamp;

/// A line of a printed trace, understood.
#[derive(Clone, Debug)]
pub struct Record {
    /// The line's number in the text, from 1; of a line that was wrapped the first one's.
    pub line: u64,
    /// When the packet was captured.
    pub time: Timestamp,
    pub(crate) stamp: Option<Stamp>,
    pub(crate) form: Form,
    /// What stands before the addresses, as it was printed: the link layer (`-e`), `IP`, and
    /// what `-v` says.
    pub(crate) before: String,
    /// The length of the frame, with `-e`.
    pub(crate) frame_len: Option<u32>,
    /// The addresses of the link layer, with `-e`: source and destination.
    pub(crate) link: Option<[crate::MacAddr; 2]>,
    pub(crate) header: Header,
    pub(crate) ends: Option<[End; 2]>,
    pub(crate) body: Body,
}

/// Whose words they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// tcpdump 3, `WinDump` and OpenBSD.
    Classic,
    /// tcpdump 4.
    Modern,
}

/// What is known of an IP header.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Header {
    pub(crate) dont_fragment: bool,
    pub(crate) ttl: Option<u8>,
    pub(crate) id: Option<u16>,
    pub(crate) len: Option<u32>,
}

/// A host and a port, as they were written and as they are understood.
#[derive(Clone, Debug)]
pub(crate) struct End {
    pub(crate) host: String,
    /// A number or a service's name; nothing where the protocol has no ports.
    pub(crate) port_text: Option<String>,
    pub(crate) port: u16,
    pub(crate) address: std::net::IpAddr,
}

/// What follows the addresses.
#[derive(Clone, Debug)]
pub(crate) enum Body {
    /// A TCP segment.
    Tcp(Segment),
    /// Another protocol, in its printer's words.
    Text {
        text: String,
        /// The payload's length, of what looks like a UDP datagram.
        udp: Option<u32>,
        dns: Option<Dns>,
    },
}

impl Record {
    /// A host as the line has it: its address or its name.
    pub fn host(&self, end: usize) -> Option<&str> {
        Some(&self.ends.as_ref()?.get(end)?.host)
    }

    /// Whether the sequence number was printed.
    pub fn has_seq(&self) -> bool {
        matches!(&self.body, Body::Tcp(tcp) if tcp.seq.is_some())
    }
}
