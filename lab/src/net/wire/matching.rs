//! Naming a packet on a cable: what a rule looks for, and what an event tells.

use std::fmt;
use std::net::IpAddr;

use tracer::{Frame, LinkType, Network, TcpFlags, Timestamp, Transport, decode};

/// What a frame carries, as far as a rule can tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
    /// `ICMP` or `ICMPv6`.
    Icmp,
    /// Address resolution.
    Arp,
    /// Anything else, and what cannot be read.
    Other,
}

/// Which packets a rule means. Everything that is said must hold; what is not said does not
/// matter.
///
/// ```
/// use lab::net::PacketMatch;
/// use tracer::TcpFlags;
/// // The first segment of 1167 bytes that the server sends from port 3668.
/// let data = PacketMatch::tcp().from("server").source_port(3668).payload(1167).nth(1);
/// // An acknowledgement and nothing else.
/// let ack = PacketMatch::tcp().only(TcpFlags::ACK).payload(0);
/// assert_eq!(ack.to_string(), "TCP with ACK alone of 0 bytes");
/// ```
#[derive(Clone, Debug, Default)]
pub struct PacketMatch {
    pub(super) from: Option<String>,
    pub(super) nth: Option<u32>,
    protocol: Option<Protocol>,
    source_port: Option<u16>,
    destination_port: Option<u16>,
    set: TcpFlags,
    unset: TcpFlags,
    least: Option<u32>,
    most: Option<u32>,
    begins: Vec<u8>,
}

/// The flags that [`PacketMatch::only`] looks at: not those of ECN, and not PSH on data.
const CONTROL: TcpFlags = TcpFlags(
    TcpFlags::FIN.0 | TcpFlags::SYN.0 | TcpFlags::RST.0 | TcpFlags::PSH.0 | TcpFlags::ACK.0,
);

impl PacketMatch {
    /// Every frame, ARP's too.
    pub fn any() -> Self {
        Self::default()
    }

    /// TCP segments.
    pub fn tcp() -> Self {
        Self::of(Protocol::Tcp)
    }

    /// UDP datagrams; of a fragmented one, the first fragment.
    pub fn udp() -> Self {
        Self::of(Protocol::Udp)
    }

    /// Packets of this protocol.
    pub fn of(protocol: Protocol) -> Self {
        Self {
            protocol: Some(protocol),
            ..Self::default()
        }
    }

    /// Only those that this host, at one end of the cable, puts on it. By default both directions.
    #[must_use]
    pub fn from(mut self, host: impl Into<String>) -> Self {
        self.from = Some(host.into());
        self
    }

    /// Only those from this TCP or UDP port.
    #[must_use]
    pub fn source_port(mut self, port: u16) -> Self {
        self.source_port = Some(port);
        self
    }

    /// Only those to this TCP or UDP port.
    #[must_use]
    pub fn destination_port(mut self, port: u16) -> Self {
        self.destination_port = Some(port);
        self
    }

    /// Only TCP segments with all of these flags.
    #[must_use]
    pub fn with(mut self, flags: TcpFlags) -> Self {
        self.set = self.set.union(flags);
        self
    }

    /// Only TCP segments with none of these flags.
    #[must_use]
    pub fn without(mut self, flags: TcpFlags) -> Self {
        self.unset = self.unset.union(flags);
        self
    }

    /// Only TCP segments with these of the flags FIN, SYN, RST, PSH and ACK, and no others of
    /// them.
    #[must_use]
    pub fn only(self, flags: TcpFlags) -> Self {
        self.with(flags).without(TcpFlags(CONTROL.0 & !flags.0))
    }

    /// Only TCP or UDP payloads of this many bytes, headers not counted.
    #[must_use]
    pub fn payload(mut self, bytes: u32) -> Self {
        (self.least, self.most) = (Some(bytes), Some(bytes));
        self
    }

    /// Only TCP or UDP payloads of this many bytes or more.
    #[must_use]
    pub fn payload_at_least(mut self, bytes: u32) -> Self {
        self.least = Some(bytes);
        self
    }

    /// Only TCP or UDP payloads that begin with these bytes: `b"226 "`.
    #[must_use]
    pub fn begins(mut self, bytes: impl AsRef<[u8]>) -> Self {
        self.begins = bytes.as_ref().to_vec();
        self
    }

    /// Only the n-th such packet since the network was built, counted from 1; by default each.
    #[must_use]
    pub fn nth(mut self, n: u32) -> Self {
        self.nth = Some(n);
        self
    }

    /// Whether it compares more bytes than these.
    pub(super) fn compares(&self, more_than: usize) -> bool {
        self.begins.len() > more_than
    }

    /// Whether everything but the host and the count holds.
    pub(super) fn fits(&self, packet: &Seen<'_>) -> bool {
        let is = |wanted: Option<u16>, port: Option<u16>| wanted.is_none() || wanted == port;
        let flags = packet.name.flags;
        let looks_at_flags = self.set.0 | self.unset.0 != 0;
        let length = packet.name.payload;
        let looks_at_payload =
            self.least.is_some() || self.most.is_some() || !self.begins.is_empty();
        self.protocol
            .is_none_or(|wanted| wanted == packet.name.protocol)
            && is(self.source_port, packet.name.source_port)
            && is(self.destination_port, packet.name.destination_port)
            && (!looks_at_flags
                || flags
                    .is_some_and(|flags| flags.contains(self.set) && !flags.intersects(self.unset)))
            && (!looks_at_payload
                || length.is_some_and(|length| {
                    self.least.is_none_or(|least| length >= least)
                        && self.most.is_none_or(|most| length <= most)
                        && packet.payload.starts_with(&self.begins)
                }))
    }
}

impl fmt::Display for PacketMatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(n) = self.nth {
            write!(f, "no. {n} of ")?;
        }
        match self.protocol {
            Some(protocol) => write!(f, "{protocol}")?,
            None => f.write_str("any packet")?,
        }
        if let Some(host) = &self.from {
            write!(f, " from {host}")?;
        }
        if let Some(port) = self.source_port {
            write!(f, " from port {port}")?;
        }
        if let Some(port) = self.destination_port {
            write!(f, " to port {port}")?;
        }
        let others = CONTROL.0 & !self.set.0;
        if self.set.0 != 0 {
            let alone = if self.unset.0 == others { " alone" } else { "" };
            write!(f, " with {}{alone}", names(self.set))?;
        }
        if self.unset.0 != 0 && (self.unset.0 != others || self.set.0 == 0) {
            write!(f, " without {}", names(self.unset))?;
        }
        match (self.least, self.most) {
            (Some(least), Some(_)) => write!(f, " of {least} bytes")?,
            (Some(least), None) => write!(f, " of {least} bytes or more")?,
            _ => {}
        }
        if !self.begins.is_empty() {
            write!(f, " that begins with \"{}\"", self.begins.escape_ascii())?;
        }
        Ok(())
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tcp => "TCP",
            Self::Udp => "UDP",
            Self::Icmp => "ICMP",
            Self::Arp => "ARP",
            Self::Other => "other",
        })
    }
}

/// What one packet on a cable was, for the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PacketName {
    /// What it carries.
    pub protocol: Protocol,
    /// The sender's IP address.
    pub source: Option<IpAddr>,
    /// The receiver's IP address.
    pub destination: Option<IpAddr>,
    /// The sender's TCP or UDP port.
    pub source_port: Option<u16>,
    /// The receiver's TCP or UDP port.
    pub destination_port: Option<u16>,
    /// TCP's flags.
    pub flags: Option<TcpFlags>,
    /// TCP's sequence number, absolute.
    pub sequence: Option<u32>,
    /// Bytes of TCP or UDP payload.
    pub payload: Option<u32>,
}

impl fmt::Display for PacketName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.protocol)?;
        let end = |f: &mut fmt::Formatter<'_>, address: Option<IpAddr>, port: Option<u16>| match (
            address, port,
        ) {
            (Some(address), Some(port)) => write!(f, " {address}.{port}"),
            (Some(address), None) => write!(f, " {address}"),
            _ => Ok(()),
        };
        end(f, self.source, self.source_port)?;
        if self.source.is_some() {
            f.write_str(" >")?;
        }
        end(f, self.destination, self.destination_port)?;
        if let Some(flags) = self.flags {
            write!(f, " {}", names(flags))?;
        }
        if let Some(bytes) = self.payload {
            write!(f, " ({bytes})")?;
        }
        Ok(())
    }
}

/// `SYN+ACK`.
fn names(flags: TcpFlags) -> String {
    let all = [
        (TcpFlags::SYN, "SYN"),
        (TcpFlags::FIN, "FIN"),
        (TcpFlags::RST, "RST"),
        (TcpFlags::PSH, "PSH"),
        (TcpFlags::ACK, "ACK"),
        (TcpFlags::URG, "URG"),
        (TcpFlags::ECE, "ECE"),
        (TcpFlags::CWR, "CWR"),
    ];
    let set = all.iter().filter(|(flag, _)| flags.contains(*flag));
    set.map(|(_, name)| *name).collect::<Vec<_>>().join("+")
}

/// A frame, as far as rules look at it.
pub(super) struct Seen<'a> {
    pub(super) name: PacketName,
    payload: &'a [u8],
}

impl<'a> Seen<'a> {
    /// Reads an Ethernet frame. There is an answer for all bytes.
    pub(super) fn read(bytes: &'a [u8]) -> Self {
        let packet = decode(&Frame {
            time: Timestamp::default(),
            odd_time: None,
            wire_len: u32::try_from(bytes.len()).unwrap_or(u32::MAX),
            link: LinkType::Ethernet,
            bytes,
        });
        let mut name = PacketName {
            protocol: Protocol::Other,
            source: None,
            destination: None,
            source_port: None,
            destination_port: None,
            flags: None,
            sequence: None,
            payload: None,
        };
        let mut payload: &[u8] = &[];
        match packet.network {
            Network::Arp(arp) => {
                name.protocol = Protocol::Arp;
                name.source = Some(arp.sender_ip.into());
                name.destination = Some(arp.target_ip.into());
            }
            Network::Ip(ip) => {
                (name.source, name.destination) = (Some(ip.src), Some(ip.dst));
                match ip.transport {
                    Transport::Tcp(tcp) => {
                        name.protocol = Protocol::Tcp;
                        name.source_port = Some(tcp.src_port);
                        name.destination_port = Some(tcp.dst_port);
                        name.flags = Some(tcp.flags);
                        name.sequence = Some(tcp.seq.0);
                        name.payload = Some(tcp.len);
                        payload = tcp.payload;
                    }
                    Transport::Udp(udp) => {
                        name.protocol = Protocol::Udp;
                        name.source_port = Some(udp.src_port);
                        name.destination_port = Some(udp.dst_port);
                        name.payload = Some(udp.len);
                        payload = udp.payload;
                    }
                    Transport::Icmp(_) => name.protocol = Protocol::Icmp,
                    _ => {}
                }
            }
            _ => {}
        }
        Self { name, payload }
    }

    /// Whether it is a packet of a user's: chance spares ARP, whose times are the kernel's own.
    pub(super) fn is_ip(&self) -> bool {
        self.name.protocol != Protocol::Arp && self.name.source.is_some()
    }
}
