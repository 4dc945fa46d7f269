//! Link layers: what stands before the IP header, which tcpdump shows only when it must.

use super::text::{Append, Cut, be16, be32, byte, from, hex_and_ascii, len32, upto};
use super::{Printer, arp, ip, ip6};
use crate::decode::{ETHERTYPE_ARP, ETHERTYPE_IPV4, ETHERTYPE_IPV6, MAX_802_3_LENGTH};
use crate::{Frame, LinkType};

const ETHERTYPE_REVARP: u16 = 0x8035;
const ETHERTYPE_8021Q: u16 = 0x8100;
/// In a cooked header: an 802.2 (LLC) frame.
const SLL_802_2: u16 = 4;

impl Printer<'_> {
    pub(super) fn link(&mut self, frame: &Frame<'_>) -> Result<(), Cut> {
        let (bytes, len) = (frame.bytes, frame.wire_len);
        match frame.link {
            LinkType::Ethernet => ethernet(self, bytes, len),
            LinkType::Null | LinkType::Loop => loopback(self, bytes, len),
            LinkType::Raw => {
                self.protocol = "raw";
                ip::either(self, bytes, len)
            }
            LinkType::LinuxSll => cooked(self, bytes, len),
            LinkType::LinuxSll2 => cooked2(self, bytes, len),
            LinkType::Other(_) => {
                hex_and_ascii(self.out, bytes);
                Ok(())
            }
        }
    }
}

fn ethernet(p: &mut Printer<'_>, frame: &[u8], frame_len: u32) -> Result<(), Cut> {
    p.protocol = "ether";
    let mut ethertype = be16(frame, 12)?;
    let mut at = 14;
    while matches!(ethertype, ETHERTYPE_8021Q | 0x88a8 | 0x9100 | 0x9200) {
        if frame.len() < at + 4 {
            p.protocol = "vlan";
            return Err(Cut);
        }
        ethertype = be16(frame, at + 2)?;
        at += 4;
    }
    let bytes = from(frame, at);
    let len = frame_len.saturating_sub(len32(frame) - len32(bytes));
    if by_ethertype(p, ethertype, bytes, len)? {
        return Ok(());
    }
    // Nothing known about what is inside: show the header, then the bytes.
    for (address, after) in [(6..12, " > "), (0..6, ", ")] {
        p.out.link_address(frame.get(address).ok_or(Cut)?);
        p.text(after);
    }
    let mut bytes = bytes;
    if ethertype <= MAX_802_3_LENGTH {
        bytes = upto(bytes, u32::from(ethertype));
        p.text("802.3");
    } else {
        ethertype_name(p, ethertype);
    }
    p.text(", length ");
    p.dec(frame_len);
    p.text(": ");
    hex_and_ascii(p.out, bytes);
    Ok(())
}

/// Prints what is inside; `false` when there is no printer for it.
fn by_ethertype(p: &mut Printer<'_>, ethertype: u16, bytes: &[u8], len: u32) -> Result<bool, Cut> {
    match ethertype {
        ETHERTYPE_IPV4 => ip::v4(p, bytes, len)?,
        ETHERTYPE_IPV6 => ip6::v6(p, bytes, len)?,
        ETHERTYPE_ARP | ETHERTYPE_REVARP => arp::arp(p, bytes, len)?,
        _ => return Ok(false),
    }
    Ok(true)
}

fn loopback(p: &mut Printer<'_>, bytes: &[u8], len: u32) -> Result<(), Cut> {
    p.protocol = "null";
    let mut family = be32(bytes, 0)?.swap_bytes();
    if family > 0xffff {
        family = family.swap_bytes();
    }
    let payload = from(bytes, 4);
    match family {
        2 => ip::v4(p, payload, len - 4),
        24 | 28 | 30 => ip6::v6(p, payload, len - 4),
        _ => {
            p.text("AF Unknown (");
            p.dec(family);
            p.text("), length ");
            p.dec(len);
            p.text(": ");
            hex_and_ascii(p.out, payload);
            Ok(())
        }
    }
}

fn cooked(p: &mut Printer<'_>, frame: &[u8], len: u32) -> Result<(), Cut> {
    p.protocol = "sll";
    let ethertype = be16(frame, 14)?;
    let address = |p: &mut Printer<'_>| {
        let kind = packet_type(be16(frame, 0)?);
        for _ in kind.len()..3 {
            p.text(" ");
        }
        p.text(kind);
        p.text(" ");
        cooked_address(p, frame, 6, be16(frame, 4)?)
    };
    cooked_payload(p, (frame, len), 16, ethertype, address)
}

fn cooked2(p: &mut Printer<'_>, frame: &[u8], len: u32) -> Result<(), Cut> {
    p.protocol = "sll2";
    byte(frame, 19)?;
    let index = be32(frame, 4)?;
    let kind = packet_type(u16::from(byte(frame, 10)?));
    let name = p.memory.interfaces.name(index);
    for (text, width) in [(name, 5), (kind, 3)] {
        p.out.push_str(text);
        for _ in text.len()..width {
            p.out.push(' ');
        }
        p.out.push(' ');
    }
    let address = |p: &mut Printer<'_>| {
        p.text("ifindex ");
        p.dec(index);
        p.text(" ");
        cooked_address(p, frame, 12, u16::from(byte(frame, 11)?))
    };
    cooked_payload(p, (frame, len), 20, be16(frame, 0)?, address)
}

/// What both versions do with the protocol field; `address` prints the rest of the header.
fn cooked_payload(
    p: &mut Printer<'_>,
    (frame, frame_len): (&[u8], u32),
    header_len: u32,
    outer: u16,
    address: impl FnOnce(&mut Printer<'_>) -> Result<(), Cut>,
) -> Result<(), Cut> {
    let mut ethertype = outer;
    let mut bytes = from(frame, header_len as usize);
    let mut len = frame_len.saturating_sub(header_len);
    while ethertype == ETHERTYPE_8021Q {
        if bytes.len() < 4 {
            p.protocol = "vlan";
            return Err(Cut);
        }
        ethertype = match be16(bytes, 2)? {
            0..=MAX_802_3_LENGTH => SLL_802_2,
            ethertype => ethertype,
        };
        p.text("ethertype ");
        p.text(name(ethertype));
        p.text(", ");
        bytes = from(bytes, 4);
        len = len.saturating_sub(4);
    }
    if by_ethertype(p, ethertype, bytes, len)? {
        return Ok(());
    }
    if ethertype > MAX_802_3_LENGTH {
        address(p)?;
        ethertype_name(p, outer);
        p.text(", length ");
        // tcpdump does not count the tags that it has passed.
        p.dec(len + header_len);
        p.text(": ");
    }
    hex_and_ascii(p.out, bytes);
    Ok(())
}

fn cooked_address(p: &mut Printer<'_>, frame: &[u8], at: usize, len: u16) -> Result<(), Cut> {
    // tcpdump takes every six-byte address for an Ethernet one, and shows no other.
    if len == 6 {
        p.out.link_address(frame.get(at..at + 6).ok_or(Cut)?);
        p.text(" ");
    }
    Ok(())
}

const fn packet_type(value: u16) -> &'static str {
    match value {
        0 => "In",
        1 => "B",
        2 => "M",
        3 => "P",
        4 => "Out",
        _ => "?",
    }
}

/// The names that this machine has for interfaces, as tcpdump shows them even for a capture from
/// another machine; `?` for those that it has not.
#[derive(Debug, Default)]
pub(super) struct Interfaces {
    known: Vec<(u32, String)>,
}

impl Interfaces {
    /// More than this is no machine's set of interfaces, but a damaged capture.
    const MAX: usize = 64;

    fn name(&mut self, index: u32) -> &str {
        let found = self.known.iter().position(|(known, _)| *known == index);
        let at = found.unwrap_or_else(|| {
            if self.known.len() >= Self::MAX {
                self.known.clear();
            }
            self.known.push((index, Self::ask(index)));
            self.known.len() - 1
        });
        self.known.get(at).map_or("?", |(_, name)| name)
    }

    fn ask(index: u32) -> String {
        use rustix::net::{AddressFamily, SocketType, netdevice, socket};
        socket(AddressFamily::UNIX, SocketType::DGRAM, None)
            .and_then(|socket| netdevice::index_to_name(socket, index))
            .unwrap_or_else(|_| "?".to_owned())
    }
}

fn ethertype_name(p: &mut Printer<'_>, ethertype: u16) {
    p.text("ethertype ");
    p.text(name(ethertype));
    p.text(" (0x");
    p.out.hex(u32::from(ethertype), 4);
    p.text(")");
}

/// tcpdump's names for the types that occur.
pub(super) const fn name(ethertype: u16) -> &'static str {
    match ethertype {
        ETHERTYPE_IPV4 => "IPv4",
        ETHERTYPE_ARP => "ARP",
        ETHERTYPE_IPV6 => "IPv6",
        ETHERTYPE_REVARP => "Reverse ARP",
        ETHERTYPE_8021Q => "802.1Q",
        0x88a8 => "802.1Q-QinQ",
        0x9100 => "802.1Q-9100",
        0x9200 => "802.1Q-9200",
        0x00fe => "GRE-OSI",
        0x0200 => "PUP",
        0x0500 => "Sprite",
        0x0600 => "NS",
        0x0707 => "GeoNet (old)",
        0x1000 => "Trail",
        0x1111 => "CALM FAST",
        0x6001 => "MOP DL",
        0x6002 => "MOP RC",
        0x6003 => "DN",
        0x6004 => "LAT",
        0x6007 => "SCA",
        0x6558 => "TEB",
        0x8038 => "Lanbridge",
        0x803c => "DEC DNS",
        0x803e => "DEC DTS",
        0x805b => "VEXP",
        0x805c => "VPROD",
        0x809b => "Appletalk",
        0x80f3 => "Appletalk ARP",
        0x8137 => "IPX",
        0x8808 => "MPCP",
        0x8809 => "Slow Protocols",
        0x880b => "PPP",
        0x8847 => "MPLS unicast",
        0x8848 => "MPLS multicast",
        0x8863 => "PPPoE D",
        0x8864 => "PPPoE S",
        0x886f => "MS NLB heartbeat",
        0x8870 => "Jumbo",
        0x888e => "EAPOL",
        0x8899 => "Realtek protocols",
        0x88a2 => "AoE",
        0x88ca => "TIPC",
        0x88cc => "LLDP",
        0x88e5 => "802.1AE MACsec",
        0x88f7 => "PTP",
        0x8902 => "CFM",
        0x893a => "IEEE1905.1",
        0x8947 => "GeoNet",
        0x894f => "NSH",
        0x9000 => "Loopback",
        0xabcd => "CFM (old)",
        0xd28b => "Arista Vendor Specific Protocol",
        0xfefe => "OSI",
        _ => "Unknown",
    }
}
