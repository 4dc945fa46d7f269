//! IPv4, and what either version of IP hands to the layer above.

use super::text::{Append, Cut, array, be16, be32, byte, from, len32, upto};
use super::{Printer, icmp, icmp6, ip6, tcp, udp};

pub(super) const ICMP: u8 = 1;
pub(super) const IPV4: u8 = 4;
pub(super) const TCP: u8 = 6;
pub(super) const UDP: u8 = 17;
pub(super) const DCCP: u8 = 33;
pub(super) const IPV6: u8 = 41;
pub(super) const ESP: u8 = 50;
pub(super) const AH: u8 = 51;
pub(super) const ICMPV6: u8 = 58;
pub(super) const NO_NEXT_HEADER: u8 = 59;
pub(super) const SCTP: u8 = 132;

/// IP in IP deeper than this is no tunnel any more; it bounds the recursion.
const MAX_DEPTH: u32 = 32;

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
}

impl Printer<'_> {
    pub(super) fn source(&mut self, addresses: &Addresses) {
        match *addresses {
            Addresses::V4 { src, .. } => self.out.ipv4(src),
            Addresses::V6 { src, .. } => self.out.ipv6(src),
        }
    }

    pub(super) fn destination(&mut self, addresses: &Addresses) {
        match *addresses {
            Addresses::V4 { dst, .. } => self.out.ipv4(dst),
            Addresses::V6 { dst, .. } => self.out.ipv6(dst),
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
        self.dec(ports.0);
        self.text(" > ");
        if with_address {
            self.destination(addresses);
            self.text(".");
        }
        self.dec(ports.1);
        self.text(": ");
    }
}

/// An IP packet of whichever version its first bits say.
pub(super) fn either(p: &mut Printer<'_>, bytes: &[u8], len: u32) -> Result<(), Cut> {
    p.protocol = "ipn";
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
    p.text("IP ");
    byte(bytes, 19)?;
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
    let addresses = Addresses::V4 {
        src: array(bytes, 12)?,
        dst: array(bytes, 16)?,
        protocol,
    };
    let fragment = be16(bytes, 6)?;
    if fragment & 0x1fff != 0 {
        // A later fragment: the transport header is in the first one.
        p.hosts(&addresses);
        p.text(": ip-proto-");
        p.dec(protocol);
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
    };
    upper(p, payload, protocol)
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
        protocol = byte(payload.bytes, 0)?;
        let len = authentication_header(p, payload.bytes)?;
        payload.bytes = from(payload.bytes, len as usize);
        payload.len = payload.len.wrapping_sub(len);
    }
    let v4 = matches!(payload.addresses, Addresses::V4 { .. });
    match protocol {
        TCP => tcp::tcp(p, &payload),
        UDP => udp::udp(p, &payload),
        ICMP if v4 => icmp::icmp(p, payload.bytes, payload.len),
        ICMPV6 if !v4 => icmp6::icmp6(p, payload.bytes, payload.len),
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
        ESP => encrypted(p, payload.bytes, payload.len),
        NO_NEXT_HEADER => {
            p.text("no next header");
            Ok(())
        }
        _ => {
            if matches!(protocol, SCTP | DCCP) {
                // tcpdump would print ports here, and leaves the addresses to that printer.
                p.hosts(&payload.addresses);
                p.text(":");
            }
            p.text(" ip-proto-");
            p.dec(protocol);
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

/// RFC 4302. Returns its length.
fn authentication_header(p: &mut Printer<'_>, bytes: &[u8]) -> Result<u32, Cut> {
    p.text("AH");
    let len = (u32::from(byte(bytes, 1)?) + 2) * 4;
    p.text("(");
    let reserved = be16(bytes, 2)?;
    if reserved != 0 {
        p.text("reserved=0x");
        p.out.hex(u32::from(reserved), 1);
        p.text("[MustBeZero],");
    }
    let (spi, seq) = (be32(bytes, 4)?, be32(bytes, 8));
    p.text("spi=0x");
    p.out.hex(spi, 8);
    p.text(",");
    let seq = seq?;
    p.text("seq=0x");
    p.out.hex(seq, 1);
    p.text(",icv=0x");
    let icv = from(upto(bytes, len), 12);
    p.out.hex_bytes(icv);
    if len32(bytes) < len {
        return Err(Cut);
    }
    p.text("): ");
    Ok(len)
}

/// RFC 4303: without its key there is nothing more to say.
fn encrypted(p: &mut Printer<'_>, bytes: &[u8], len: u32) -> Result<(), Cut> {
    p.protocol = "esp";
    if bytes.len() <= 8 {
        return Err(Cut);
    }
    p.text("ESP(spi=0x");
    p.out.hex(be32(bytes, 0)?, 8);
    p.text(",seq=0x");
    p.out.hex(be32(bytes, 4)?, 1);
    p.text("), length ");
    p.dec(len);
    Ok(())
}
