//! From a frame's bytes to its layers.
//!
//! Decoding never fails, allocates or panics: whatever does not parse becomes a
//! [`Malformed`](crate::Malformed) layer. A layer is read from the part of the frame that the
//! layer below says is its own, so Ethernet padding is never taken for payload.

mod arp;
mod ip;
mod transport;

#[cfg(test)]
mod tests;

use pnet::packet::ethernet::EthernetPacket;

use crate::{Frame, Link, LinkType, MacAddr, Malformed, Network, Packet};

pub(crate) const ETHERTYPE_IPV4: u16 = 0x0800;
pub(crate) const ETHERTYPE_ARP: u16 = 0x0806;
pub(crate) const ETHERTYPE_IPV6: u16 = 0x86dd;
/// Up to here the field after the addresses is an 802.3 length, not a type.
pub(crate) const MAX_802_3_LENGTH: u16 = 1500;

/// The layers of `frame`.
///
/// Every byte sequence has an answer; nothing is allocated. The packet borrows the frame's
/// bytes, not the frame.
pub fn decode<'a>(frame: &Frame<'a>) -> Packet<'a> {
    let rest = Part::whole(frame);
    let (link, network) = match frame.link {
        LinkType::Ethernet => ethernet(rest),
        LinkType::LinuxSll => cooked(rest, 16, 14),
        LinkType::LinuxSll2 => cooked(rest, 20, 0),
        LinkType::Null | LinkType::Loop => loopback(rest),
        LinkType::Raw => (Link::None, raw(rest)),
        LinkType::Other(_) => (Link::None, Network::Other { ethertype: 0 }),
    };
    Packet {
        time: frame.time,
        wire_len: frame.wire_len,
        link,
        network,
    }
}

/// A layer's bytes: what was captured of it, and how long it was on the wire.
#[derive(Clone, Copy)]
struct Part<'a> {
    captured: &'a [u8],
    /// At least `captured.len()`.
    len: u32,
}

impl<'a> Part<'a> {
    fn whole(frame: &Frame<'a>) -> Self {
        let captured = u32::try_from(frame.bytes.len()).unwrap_or(u32::MAX);
        Self {
            captured: frame.bytes,
            // A damaged record may claim to be shorter than what it holds.
            len: frame.wire_len.max(captured),
        }
    }

    /// Without its first `n` bytes; empty when it has fewer.
    fn skip(self, n: u32) -> Self {
        let at = usize::try_from(n).unwrap_or(usize::MAX);
        Self {
            captured: self.captured.get(at..).unwrap_or_default(),
            len: self.len.saturating_sub(n),
        }
    }

    /// Exactly `len` bytes on the wire: cuts padding off, and keeps counting what the capture
    /// does not hold.
    fn resize(self, len: u32) -> Self {
        let end = usize::try_from(len).unwrap_or(usize::MAX);
        Self {
            captured: self.captured.get(..end).unwrap_or(self.captured),
            len,
        }
    }

    fn be16(self, at: usize) -> Option<u16> {
        self.captured
            .get(at..)?
            .first_chunk()
            .map(|b| u16::from_be_bytes(*b))
    }
}

const fn malformed<'a>(layer: &'static str, problem: &'static str) -> Network<'a> {
    Network::Malformed(Malformed { layer, problem })
}

fn ethernet(part: Part<'_>) -> (Link, Network<'_>) {
    let Some(header) = EthernetPacket::new(part.captured) else {
        return (Link::None, malformed("Ethernet", "header cut short"));
    };
    let (network, vlan) = tagged(part.skip(14), header.get_ethertype().0);
    let link = Link::Ethernet {
        src: mac(header.get_source()),
        dst: mac(header.get_destination()),
        vlan,
    };
    (link, network)
}

fn mac(address: pnet::util::MacAddr) -> MacAddr {
    MacAddr(address.octets())
}

/// What follows an `EtherType` field, past any 802.1Q or 802.1ad tags.
fn tagged(mut part: Part<'_>, mut ethertype: u16) -> (Network<'_>, Option<u16>) {
    let mut outermost = None;
    // Each tag takes four bytes, so the frame itself bounds the loop.
    while matches!(ethertype, 0x8100 | 0x88a8 | 0x9100 | 0x9200) {
        let (Some(tci), Some(inner)) = (part.be16(0), part.be16(2)) else {
            return (malformed("VLAN", "tag cut short"), outermost);
        };
        outermost = outermost.or(Some(tci));
        ethertype = inner;
        part = part.skip(4);
    }
    (by_ethertype(part, ethertype), outermost)
}

fn by_ethertype(part: Part<'_>, ethertype: u16) -> Network<'_> {
    match ethertype {
        ETHERTYPE_IPV4 => ip::v4(part),
        ETHERTYPE_IPV6 => ip::v6(part),
        ETHERTYPE_ARP => arp::decode(part),
        0..=MAX_802_3_LENGTH => Network::Other { ethertype: 0 },
        _ => Network::Other { ethertype },
    }
}

/// Linux cooked capture: the two versions differ in size and in where the protocol field is.
fn cooked(part: Part<'_>, header: u32, protocol_at: usize) -> (Link, Network<'_>) {
    let whole = part.captured.len() >= header as usize;
    let network = match part.be16(protocol_at) {
        Some(ethertype) if whole => tagged(part.skip(header), ethertype).0,
        _ => malformed("Linux cooked", "header cut short"),
    };
    (Link::Cooked, network)
}

/// BSD NULL and LOOP: an address family, in the byte order of the machine that captured.
fn loopback(part: Part<'_>) -> (Link, Network<'_>) {
    let network = match part.captured.first_chunk() {
        // Families are small numbers, so the right byte order is the one that gives a small
        // number.
        Some(field) => match u32::from_le_bytes(*field).min(u32::from_be_bytes(*field)) {
            2 => ip::v4(part.skip(4)),
            // Linux, NetBSD and OpenBSD, FreeBSD, Darwin.
            10 | 24 | 28 | 30 => ip::v6(part.skip(4)),
            _ => Network::Other { ethertype: 0 },
        },
        None => malformed("loopback", "header cut short"),
    };
    (Link::Loopback, network)
}

fn raw(part: Part<'_>) -> Network<'_> {
    match part.captured.first().map(|byte| byte >> 4) {
        Some(4) => ip::v4(part),
        Some(6) => ip::v6(part),
        Some(_) => malformed("IP", "version neither 4 nor 6"),
        None => malformed("IP", "header cut short"),
    }
}
