//! A decoded frame: the layers, each a plain value that borrows only payload bytes.
//!
//! Decoding cannot fail: what does not parse is a layer of its own, [`Malformed`], so that the
//! packet is still counted, printed and shown as what it is.

mod options;

use std::fmt;
use std::net::IpAddr;

pub use options::{TcpOption, TcpOptions};

use crate::{Printed, Seq, Sighting, Timestamp};

/// One frame, decoded.
#[derive(Clone, Copy, Debug)]
pub struct Packet<'a> {
    /// When the capture saw it.
    pub time: Timestamp,
    /// Its length on the wire, link header included.
    pub wire_len: u32,
    /// The link layer.
    pub link: Link,
    /// What the link layer carries.
    pub network: Network<'a>,
    /// Where it was captured, as far as that is known.
    pub sighting: Sighting<'a>,
    /// The line that is all there is of it, in a printed trace: payloads have a length and no
    /// bytes, and what the line does not say is zero in the layers.
    pub printed: Option<Printed<'a>>,
}

impl<'a> Packet<'a> {
    /// The IP layer, if there is one.
    pub const fn ip(&self) -> Option<&Ip<'a>> {
        match &self.network {
            Network::Ip(ip) => Some(ip),
            _ => None,
        }
    }

    /// The IP and TCP layers, if the packet carries a TCP header.
    pub const fn tcp(&self) -> Option<(&Ip<'a>, &Tcp<'a>)> {
        match &self.network {
            Network::Ip(ip) => match &ip.transport {
                Transport::Tcp(tcp) => Some((ip, tcp)),
                _ => None,
            },
            _ => None,
        }
    }
}

/// An Ethernet address.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct MacAddr(pub [u8; 6]);

impl MacAddr {
    /// `ff:ff:ff:ff:ff:ff`.
    pub const BROADCAST: Self = Self([0xff; 6]);
}

impl fmt::Display for MacAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, byte) in self.0.iter().enumerate() {
            let separator = if i == 0 { "" } else { ":" };
            write!(f, "{separator}{byte:02x}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for MacAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The link layer's header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    /// Ethernet II. `vlan` is the outermost 802.1Q/802.1ad tag's control information.
    Ethernet {
        /// The sender.
        src: MacAddr,
        /// The receiver.
        dst: MacAddr,
        /// The outermost VLAN tag's TCI, when tagged.
        vlan: Option<u16>,
    },
    /// Linux cooked capture (either version).
    Cooked,
    /// BSD NULL or LOOP.
    Loopback,
    /// No link header.
    None,
}

/// The network layer.
#[derive(Clone, Copy, Debug)]
pub enum Network<'a> {
    /// Address resolution (RFC 826).
    Arp(Arp),
    /// IPv4 or IPv6.
    Ip(Ip<'a>),
    /// Anything else, by its `EtherType` (0 when the link layer has none).
    Other {
        /// The `EtherType`.
        ethertype: u16,
    },
    /// A header that cannot be read.
    Malformed(Malformed),
}

/// Which header could not be read, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// The protocol: `"Ethernet"`, `"IPv4"`, `"TCP"`…
    pub layer: &'static str,
    /// What is wrong, as a noun phrase: `"header cut short"`.
    pub problem: &'static str,
}

/// An ARP packet for IPv4 over Ethernet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arp {
    /// Request, reply or another.
    pub operation: ArpOperation,
    /// The sender's Ethernet address.
    pub sender_mac: MacAddr,
    /// The sender's IP address.
    pub sender_ip: std::net::Ipv4Addr,
    /// The target's Ethernet address: zero in a request.
    pub target_mac: MacAddr,
    /// The target's IP address.
    pub target_ip: std::net::Ipv4Addr,
}

/// What an ARP packet asks or says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArpOperation {
    /// Who has this address?
    Request,
    /// I have it.
    Reply,
    /// Another operation, by number.
    Other(u16),
}

/// An IP header and what it carries.
#[derive(Clone, Copy, Debug)]
pub struct Ip<'a> {
    /// Source address; its variant tells the version.
    pub src: IpAddr,
    /// Destination address.
    pub dst: IpAddr,
    /// Time to live, or hop limit.
    pub ttl: u8,
    /// IPv4 identification; 0 for IPv6 without a fragment header.
    pub id: u32,
    /// The DF bit (IPv4 only).
    pub dont_fragment: bool,
    /// Set when this is a part of a fragmented datagram.
    pub fragment: Option<Fragment>,
    /// The layer above.
    pub transport: Transport<'a>,
}

/// Where a fragment belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fragment {
    /// Offset in bytes.
    pub offset: u32,
    /// Bytes of the datagram in this one.
    pub len: u32,
    /// Whether more follow.
    pub more: bool,
    /// The IP protocol number of what is in pieces.
    pub protocol: u8,
}

/// The transport layer.
#[derive(Clone, Copy, Debug)]
pub enum Transport<'a> {
    /// TCP.
    Tcp(Tcp<'a>),
    /// UDP.
    Udp(Udp<'a>),
    /// `ICMP` or `ICMPv6`.
    Icmp(Icmp<'a>),
    /// The captured bytes of a later fragment: its transport header is in the first one.
    Fragment(&'a [u8]),
    /// Another protocol, by number.
    Other {
        /// The IP protocol number.
        protocol: u8,
    },
    /// A header that cannot be read.
    Malformed(Malformed),
}

/// A TCP segment.
#[derive(Clone, Copy, Debug)]
pub struct Tcp<'a> {
    /// Source port.
    pub src_port: u16,
    /// Destination port.
    pub dst_port: u16,
    /// Sequence number of the first byte (or of the SYN).
    pub seq: Seq,
    /// Acknowledgement number; meaningful when `ACK` is set.
    pub ack: Seq,
    /// The control bits.
    pub flags: TcpFlags,
    /// The window field as sent, unscaled.
    pub window: u16,
    /// The checksum field.
    pub checksum: u16,
    /// The urgent pointer.
    pub urgent: u16,
    /// The options.
    pub options: TcpOptions<'a>,
    /// The captured part of the payload.
    pub payload: &'a [u8],
    /// The payload's length on the wire, from the IP length: Ethernet padding does not count,
    /// bytes that a snap length cut off do.
    pub len: u32,
}

impl Tcp<'_> {
    /// Sequence numbers that the segment takes: its bytes, and one each for SYN and FIN
    /// (RFC 9293 §3.4).
    pub const fn seq_len(&self) -> u32 {
        self.len
            + self.flags.contains(TcpFlags::SYN) as u32
            + self.flags.contains(TcpFlags::FIN) as u32
    }

    /// The sequence number after the segment: what an acknowledgement of all of it says.
    pub fn seq_end(&self) -> Seq {
        self.seq + self.seq_len()
    }
}

/// The TCP control bits, with the ECN bits (RFC 9293 §3.1, RFC 3168) and AE (RFC 9768).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct TcpFlags(pub u16);

impl TcpFlags {
    /// No more data from the sender.
    pub const FIN: Self = Self(0x001);
    /// Synchronise sequence numbers.
    pub const SYN: Self = Self(0x002);
    /// Reset the connection.
    pub const RST: Self = Self(0x004);
    /// Push.
    pub const PSH: Self = Self(0x008);
    /// The acknowledgement field is valid.
    pub const ACK: Self = Self(0x010);
    /// The urgent pointer is valid.
    pub const URG: Self = Self(0x020);
    /// ECN echo.
    pub const ECE: Self = Self(0x040);
    /// Congestion window reduced.
    pub const CWR: Self = Self(0x080);
    /// Accurate ECN; once the nonce sum.
    pub const AE: Self = Self(0x100);

    /// Whether all bits of `other` are set.
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether any bit of `other` is set.
    pub const fn intersects(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// The bits of both.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// A UDP datagram.
#[derive(Clone, Copy, Debug)]
pub struct Udp<'a> {
    /// Source port.
    pub src_port: u16,
    /// Destination port.
    pub dst_port: u16,
    /// The captured part of the payload.
    pub payload: &'a [u8],
    /// The payload's length on the wire.
    pub len: u32,
    /// The payload's length as the header has it: in a first fragment that of the whole datagram.
    pub whole: u32,
    /// The checksum field.
    pub checksum: u16,
}

/// An `ICMP` or `ICMPv6` message.
#[derive(Clone, Copy, Debug)]
pub struct Icmp<'a> {
    /// Type.
    pub kind: u8,
    /// Code.
    pub code: u8,
    /// What follows the 4-byte header.
    pub body: &'a [u8],
}
