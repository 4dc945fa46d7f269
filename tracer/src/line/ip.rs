//! IPv4, and what either version of IP hands to the layer above.

use super::checksum::{checksum, should_be};
use super::names::protocol_name;
use super::text::{Append, Cut, array, be16, byte, from, len32, upto};
use super::{Printer, icmp, icmp6, igmp, ip_options, ip6, ipsec, routing, sctp, tcp, tunnel, udp};

pub(super) const ICMP: u8 = 1;
const IGMP: u8 = 2;
const GRE: u8 = 47;
pub(super) const IPV4: u8 = 4;
pub(super) const TCP: u8 = 6;
pub(super) const UDP: u8 = 17;
pub(super) const DCCP: u8 = 33;
pub(super) const IPV6: u8 = 41;
pub(super) const ESP: u8 = 50;
pub(super) const AH: u8 = 51;
pub(super) const ICMPV6: u8 = 58;
pub(super) const NO_NEXT_HEADER: u8 = 59;
const EIGRP: u8 = 88;
const OSPF: u8 = 89;
const PIM: u8 = 103;
pub(super) const SCTP: u8 = 132;

/// IP in IP deeper than this is no tunnel any more; it bounds the recursion.
pub(super) const MAX_DEPTH: u32 = 32;

/// The IP header that a transport printer looks back at.
#[derive(Clone, Copy, Debug)]
pub(super) enum Addresses {
    /// The protocol field says whether the transport follows at once.
    V4 {
        src: [u8; 4],
        dst: [u8; 4],
        protocol: u8,
    },
    /// Likewise the next header field.
    V6 {
        src: [u8; 16],
        dst: [u8; 16],
        protocol: u8,
    },
}

impl Addresses {
    pub(super) const fn protocol(&self) -> u8 {
        match *self {
            Self::V4 { protocol, .. } | Self::V6 { protocol, .. } => protocol,
        }
    }

    /// Whether a packet of `other` goes back to where one of these came from.
    pub(super) fn is_answered_by(&self, other: &Self) -> bool {
        match (self, other) {
            (
                Self::V4 { src, dst, .. },
                Self::V4 {
                    src: back, dst: to, ..
                },
            ) => (src, dst) == (to, back),
            (
                Self::V6 { src, dst, .. },
                Self::V6 {
                    src: back, dst: to, ..
                },
            ) => (src, dst) == (to, back),
            _ => false,
        }
    }
}

impl Printer<'_> {
    pub(super) fn source(&mut self, addresses: &Addresses) {
        match *addresses {
            Addresses::V4 { src, .. } => self.ipv4(src),
            Addresses::V6 { src, .. } => self.ipv6(src),
        }
    }

    pub(super) fn destination(&mut self, addresses: &Addresses) {
        match *addresses {
            Addresses::V4 { dst, .. } => self.ipv4(dst),
            Addresses::V6 { dst, .. } => self.ipv6(dst),
        }
    }

    /// `10.0.0.1 > 10.0.0.2`
    pub(super) fn hosts(&mut self, addresses: &Addresses) {
        self.source(addresses);
        self.text(" > ");
        self.destination(addresses);
    }

    /// `10.0.0.1.3171 > 10.0.0.2.21: `, or the ports alone behind an extension header, for
    /// then the addresses stand before that.
    pub(super) fn endpoints(&mut self, addresses: &Addresses, own: u8, ports: (u16, u16)) {
        let with_address = addresses.protocol() == own;
        if with_address {
            self.source(addresses);
            self.text(".");
        }
        self.port(own, ports.0);
        self.text(" > ");
        if with_address {
            self.destination(addresses);
            self.text(".");
        }
        self.port(own, ports.1);
        self.text(": ");
    }

    fn port(&mut self, protocol: u8, port: u16) {
        if protocol == UDP {
            self.udp_port(port);
        } else {
            self.tcp_port(port);
        }
    }
}

/// An IP packet of whichever version its first bits say.
pub(super) fn either(p: &mut Printer<'_>, bytes: &[u8], len: u32) -> Result<(), Cut> {
    p.protocol = "ipn";
    if len < 1 {
        p.text("truncated-ip 0");
        return Ok(());
    }
    match byte(bytes, 0)? >> 4 {
        4 => v4(p, bytes, len),
        6 => ip6::v6(p, bytes, len),
        version => {
            p.text("unknown ip ");
            p.dec(version);
            Ok(())
        }
    }
}

pub(super) fn v4(p: &mut Printer<'_>, bytes: &[u8], len: u32) -> Result<(), Cut> {
    p.protocol = "ip";
    let first = byte(bytes, 0)?;
    match first >> 4 {
        4 => {}
        version => {
            p.text("IP");
            p.dec(version);
            if version == 6 {
                p.text(", wrong link-layer encapsulation");
            }
            p.invalid();
            return Ok(());
        }
    }
    if !p.style.link_header {
        p.text("IP ");
    }
    if bytes.len() < 20 {
        p.truncated();
        return Ok(());
    }
    if len < 20 {
        p.text("truncated-ip ");
        p.dec(len);
        return Ok(());
    }
    let header_len = u32::from(first & 0xf) * 4;
    if header_len < 20 {
        p.text("bad-hlen ");
        p.dec(header_len);
        return Ok(());
    }
    let total = u32::from(be16(bytes, 2)?);
    if len < total {
        p.text("truncated-ip - ");
        p.dec(total - len);
        p.text(" bytes missing! ");
    }
    if total < header_len {
        // Also of 0, which segmentation offload leaves behind: distributions build tcpdump
        // without its guess that the frame's length is meant.
        p.text("bad-len ");
        p.dec(total);
        return Ok(());
    }
    let bytes = upto(bytes, total);
    let protocol = byte(bytes, 9)?;
    let fragment = be16(bytes, 6)?;
    let mut options = Options::Sound;
    if p.verbose() > 0 {
        options = header_fields(p, bytes, header_len as usize, fragment)?;
    }
    let addresses = Addresses::V4 {
        src: array(bytes, 12)?,
        dst: array(bytes, 16)?,
        protocol,
    };
    if options == Options::Truncated {
        p.hosts(&addresses);
        p.text(": ");
        p.truncated();
        return Ok(());
    }
    if fragment & 0x1fff != 0 {
        // A later fragment: the transport header is in the first one.
        p.hosts(&addresses);
        p.text(":");
        p.protocol_number(protocol);
        return Ok(());
    }
    if !matches!(protocol, TCP | UDP | SCTP | DCCP) {
        p.hosts(&addresses);
        p.text(": ");
    }
    if len32(bytes) < header_len {
        p.missing_header(bytes, header_len);
        return Err(Cut);
    }
    let payload = Payload {
        bytes: from(bytes, header_len as usize),
        len: total - header_len,
        fragmented: fragment & 0x2000 != 0,
        addresses,
        header: bytes,
    };
    upper(p, payload, protocol)
}

/// Whether the options of a header were captured as far as they go.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Options {
    Sound,
    Truncated,
}

/// `(tos 0x0, ttl 64, id 1, offset 0, flags [DF], proto TCP (6), length 60)`
fn header_fields(
    p: &mut Printer<'_>,
    header: &[u8],
    header_len: usize,
    fragment: u16,
) -> Result<Options, Cut> {
    let tos = byte(header, 1)?;
    p.text("(tos 0x");
    p.out.hex(u32::from(tos), 1);
    p.text(match tos & 3 {
        0 => "",
        1 => ",ECT(1)",
        2 => ",ECT(0)",
        _ => ",CE",
    });
    let ttl = byte(header, 8)?;
    if ttl > 0 {
        p.text(", ttl ");
        p.dec(ttl);
    }
    p.text(", id ");
    p.dec(be16(header, 4)?);
    p.text(", offset ");
    p.dec((fragment & 0x1fff) << 3);
    p.text(", flags [");
    let flags = [(0x2000, "+"), (0x4000, "DF"), (0x8000, "rsvd")];
    p.flags(u32::from(fragment), &flags);
    let protocol = byte(header, 9)?;
    p.text("], proto ");
    p.text(protocol_name(protocol));
    p.text(" (");
    p.dec(protocol);
    p.text("), length ");
    p.dec(be16(header, 2)?);
    let mut options = Options::Sound;
    if header_len > 20 {
        p.text(", options (");
        if !ip_options::options(p, from(header, 20), header_len - 20)? {
            p.text(" [truncated-option]");
            options = Options::Truncated;
        }
        p.text(")");
    }
    if let (true, Some(whole)) = (p.style.checksums, header.get(..header_len)) {
        let sum = checksum(&[whole]);
        if sum != 0 {
            let field = be16(header, 10)?;
            p.text(", bad cksum ");
            p.out.hex(u32::from(field), 1);
            p.text(" (->");
            p.out.hex(u32::from(should_be(field, sum)), 1);
            p.text(")!");
        }
    }
    p.text(")\n    ");
    Ok(options)
}

impl Printer<'_> {
    pub(super) fn missing_header(&mut self, captured: &[u8], header_len: u32) {
        self.text(" [remaining caplen(");
        self.dec(len32(captured));
        self.text(") < header length(");
        self.dec(header_len);
        self.text(")]");
    }
}

/// What an IP header carries.
#[derive(Clone, Copy)]
pub(super) struct Payload<'a> {
    /// The captured part.
    pub(super) bytes: &'a [u8],
    /// The length that the IP header gives it.
    pub(super) len: u32,
    /// More fragments follow, or an IPv6 fragment header preceded.
    pub(super) fragmented: bool,
    pub(super) addresses: Addresses,
    /// From the IP header on.
    pub(super) header: &'a [u8],
}

/// The layer above IP.
pub(super) fn upper(
    p: &mut Printer<'_>,
    mut payload: Payload<'_>,
    mut protocol: u8,
) -> Result<(), Cut> {
    // An authentication header is at least eight bytes, so the packet bounds the loop.
    while protocol == AH {
        p.protocol = "ah";
        let Ok(next) = byte(payload.bytes, 0) else {
            p.truncated();
            return Ok(());
        };
        protocol = next;
        let len = ipsec::authentication_header(p, payload.bytes)?;
        payload.bytes = from(payload.bytes, len as usize);
        payload.len = payload.len.wrapping_sub(len);
    }
    let v4 = matches!(payload.addresses, Addresses::V4 { .. });
    match protocol {
        TCP => tcp::tcp(p, &payload),
        UDP => udp::udp(p, &payload),
        SCTP => sctp::sctp(p, &payload),
        ICMP if v4 => icmp::icmp(p, &payload),
        ICMPV6 if !v4 => icmp6::icmp6(p, &payload),
        IGMP if v4 => igmp::igmp(p, payload.bytes, payload.len),
        OSPF if v4 => routing::ospf(p, payload.bytes, payload.len),
        OSPF => routing::ospf_v6(p, payload.bytes, payload.len),
        EIGRP if p.verbose() == 0 => routing::eigrp(p, payload.bytes, payload.len),
        PIM if p.verbose() == 0 => routing::pim(p, payload.bytes, payload.len),
        GRE => tunnel::gre(p, payload.bytes, payload.len),
        IGMP => {
            p.text("[IGMP requires IPv4]");
            p.invalid();
            Ok(())
        }
        ICMP | ICMPV6 => {
            p.text(if v4 {
                "[ICMPv6 requires IPv6]"
            } else {
                "[ICMP requires IPv4]"
            });
            p.invalid();
            Ok(())
        }
        IPV4 | IPV6 => tunnel(p, &payload, protocol),
        ESP => ipsec::encrypted(p, payload.bytes, payload.len),
        NO_NEXT_HEADER => {
            p.text("no next header");
            Ok(())
        }
        _ => {
            if protocol == DCCP {
                // tcpdump would print ports here, and leaves the addresses to that printer.
                p.hosts(&payload.addresses);
                p.text(":");
            }
            p.protocol_number(protocol);
            p.text(" ");
            p.dec(payload.len);
            Ok(())
        }
    }
}

fn tunnel(p: &mut Printer<'_>, payload: &Payload<'_>, protocol: u8) -> Result<(), Cut> {
    p.depth += 1;
    if p.depth > MAX_DEPTH {
        return Err(Cut);
    }
    if protocol == IPV4 {
        v4(p, payload.bytes, payload.len)
    } else {
        ip6::v6(p, payload.bytes, payload.len)
    }
}
