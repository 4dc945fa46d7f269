//! From a frame's bytes to its layers.
//!
//! Decoding never fails, allocates or panics: whatever does not parse becomes a
//! [`Malformed`](crate::Malformed) layer. A layer is read from the part of the frame that the
//! layer below says is its own, so Ethernet padding is never taken for payload.

mod arp;
mod ip;
mod ppp;
mod transport;
pub(crate) mod wireless;

#[cfg(test)]
mod tests;

use pnet::packet::ethernet::EthernetPacket;

use crate::{Frame, Link, LinkType, MacAddr, Malformed, Network, Packet, Sighting, Way};
use wireless::Radio;

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
    let (link, payload) = link_layer(frame);
    let network = match payload {
        Ok((ETHERTYPE_IPV4, part)) => ip::v4(part),
        Ok((ETHERTYPE_IPV6, part)) => ip::v6(part),
        Ok((ETHERTYPE_ARP, part)) => arp::decode(part),
        Ok((ethertype, _)) => Network::Other { ethertype },
        Err(malformed) => Network::Malformed(malformed),
    };
    Packet {
        time: frame.time,
        wire_len: frame.wire_len,
        link,
        network,
        sighting: sighting(frame),
        printed: None,
    }
}

/// What the cooked header tells of the interface.
fn sighting<'a>(frame: &Frame<'_>) -> Sighting<'a> {
    let (interface, kind) = match frame.link {
        LinkType::LinuxSll => (None, frame.bytes.get(1)),
        LinkType::LinuxSll2 => {
            let index = frame.bytes.get(4..).and_then(<[u8]>::first_chunk);
            (index.map(|b| u32::from_be_bytes(*b)), frame.bytes.get(10))
        }
        _ => return Sighting::default(),
    };
    Sighting {
        interface,
        name: None,
        way: match kind {
            Some(0..=2) => Some(Way::In),
            Some(3) => Some(Way::By),
            Some(4) => Some(Way::Out),
            _ => None,
        },
    }
}

/// The captured bytes of the network layer's packet, for who needs header fields that
/// [`Ip`](crate::Ip) does not keep; nothing when there is no such layer.
pub(crate) fn network_bytes<'a>(frame: &Frame<'a>) -> &'a [u8] {
    match link_layer(frame) {
        (_, Ok((_, part))) => part.captured,
        (_, Err(_)) => &[],
    }
}

/// A frame as if Ethernet had brought what it carries.
pub(crate) fn as_ethernet(frame: &Frame<'_>) -> Vec<u8> {
    let (link, payload) = link_layer(frame);
    let (src, dst) = match link {
        Link::Ethernet { src, dst, .. } => (src, dst),
        _ => Default::default(),
    };
    let (ethertype, bytes) = payload.map_or((0, &[][..]), |(kind, part)| (kind, part.captured));
    let parts = [&dst.0[..], &src.0, &ethertype.to_be_bytes(), bytes];
    parts.concat()
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

/// The `EtherType` of what a link layer carries (0 when it does not say), and its bytes.
type Payload<'a> = Result<(u16, Part<'a>), Malformed>;

const fn malformed<'a>(layer: &'static str, problem: &'static str) -> Network<'a> {
    Network::Malformed(Malformed { layer, problem })
}

const CUT_SHORT: &str = "header cut short";

fn link_layer<'a>(frame: &Frame<'a>) -> (Link, Payload<'a>) {
    let part = Part::whole(frame);
    match frame.link {
        LinkType::Ethernet => ethernet(part),
        LinkType::LinuxSll => (Link::Cooked, cooked(part, 16, 14)),
        LinkType::LinuxSll2 => (Link::Cooked, cooked(part, 20, 0)),
        LinkType::Null | LinkType::Loop => (Link::Loopback, loopback(part)),
        LinkType::Raw => (Link::None, raw(part)),
        LinkType::Ppp => (Link::None, ppp::ppp(part)),
        LinkType::PppSerial => (Link::None, ppp::serial(part)),
        LinkType::Pppoe => (Link::None, ppp::pppoe(part)),
        LinkType::CiscoHdlc => (Link::None, ppp::cisco(part)),
        LinkType::Ieee80211 => wireless::frame(part, Some(Radio::default())),
        LinkType::Prism => wireless::frame(part, wireless::prism(part.captured)),
        LinkType::Radiotap => wireless::frame(part, wireless::radiotap(part.captured)),
        LinkType::Avs => wireless::frame(part, wireless::avs(part.captured)),
        LinkType::Other(_) => (Link::None, Ok((0, part))),
    }
}

fn ethernet(part: Part<'_>) -> (Link, Payload<'_>) {
    let Some(header) = EthernetPacket::new(part.captured) else {
        let malformed = Malformed {
            layer: "Ethernet",
            problem: CUT_SHORT,
        };
        return (Link::None, Err(malformed));
    };
    let (payload, vlan) = tagged(part.skip(14), header.get_ethertype().0);
    let link = Link::Ethernet {
        src: mac(header.get_source()),
        dst: mac(header.get_destination()),
        vlan,
    };
    (link, payload)
}

fn mac(address: pnet::util::MacAddr) -> MacAddr {
    MacAddr(address.octets())
}

/// What follows an `EtherType` field, past any 802.1Q or 802.1ad tags; and the outermost tag.
fn tagged(mut part: Part<'_>, mut ethertype: u16) -> (Payload<'_>, Option<u16>) {
    let mut outermost = None;
    // Each tag takes four bytes, so the frame itself bounds the loop.
    while matches!(ethertype, 0x8100 | 0x88a8 | 0x9100 | 0x9200) {
        let (Some(tci), Some(inner)) = (part.be16(0), part.be16(2)) else {
            let malformed = Malformed {
                layer: "VLAN",
                problem: "tag cut short",
            };
            return (Err(malformed), outermost);
        };
        outermost = outermost.or(Some(tci));
        ethertype = inner;
        part = part.skip(4);
    }
    let payload = match ethertype {
        0x8864 => ppp::pppoe(part),
        0x8847 | 0x8848 => ppp::mpls(part),
        0..=MAX_802_3_LENGTH => Ok((0, part)),
        _ => Ok((ethertype, part)),
    };
    (payload, outermost)
}

/// Linux cooked capture: the two versions differ in size and in where the protocol field is.
fn cooked(part: Part<'_>, header: u32, protocol_at: usize) -> Payload<'_> {
    let whole = part.captured.len() >= header as usize;
    match part.be16(protocol_at) {
        Some(ethertype) if whole => tagged(part.skip(header), ethertype).0,
        _ => Err(Malformed {
            layer: "Linux cooked",
            problem: CUT_SHORT,
        }),
    }
}

/// BSD NULL and LOOP: an address family, in the byte order of the machine that captured.
fn loopback(part: Part<'_>) -> Payload<'_> {
    let Some(field) = part.captured.first_chunk() else {
        return Err(Malformed {
            layer: "loopback",
            problem: CUT_SHORT,
        });
    };
    // Families are small numbers, so the right byte order is the one that gives a small number.
    let family = u32::from_le_bytes(*field).min(u32::from_be_bytes(*field));
    let ethertype = match family {
        2 => ETHERTYPE_IPV4,
        // Linux, NetBSD and OpenBSD, FreeBSD, Darwin.
        10 | 24 | 28 | 30 => ETHERTYPE_IPV6,
        _ => 0,
    };
    Ok((ethertype, part.skip(4)))
}

fn raw(part: Part<'_>) -> Payload<'_> {
    let problem = match part.captured.first().map(|byte| byte >> 4) {
        Some(4) => return Ok((ETHERTYPE_IPV4, part)),
        Some(6) => return Ok((ETHERTYPE_IPV6, part)),
        Some(_) => "version neither 4 nor 6",
        None => CUT_SHORT,
    };
    let layer = "IP";
    Err(Malformed { layer, problem })
}
