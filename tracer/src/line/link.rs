//! Link layers: what stands before the IP header, which tcpdump shows only when it must.

use super::text::{Append, Cut, array, be16, be32, from, len32, upto};
use super::{Printer, arp, brief, cooked, ip, ip6, llc, local, ppp, radio, tunnel, wireless};
use crate::decode::{ETHERTYPE_ARP, ETHERTYPE_IPV4, ETHERTYPE_IPV6, MAX_802_3_LENGTH};
use crate::{Frame, LinkType};

const ETHERTYPE_REVARP: u16 = 0x8035;
pub(super) const ETHERTYPE_8021Q: u16 = 0x8100;

impl Printer<'_> {
    pub(super) fn link(&mut self, frame: &Frame<'_>) -> Result<(), Cut> {
        let (bytes, len) = (frame.bytes, frame.wire_len);
        match frame.link {
            LinkType::Ethernet => ethernet(self, bytes, len),
            LinkType::Null | LinkType::Loop => loopback(self, bytes, len),
            LinkType::Raw => {
                self.protocol = "raw";
                if self.style.link_header {
                    self.text("ip: ");
                }
                ip::either(self, bytes, len)
            }
            LinkType::LinuxSll => cooked::cooked(self, bytes, len),
            LinkType::LinuxSll2 => cooked::cooked2(self, bytes, len),
            LinkType::Ppp => ppp::alone(self, bytes, len),
            LinkType::PppSerial => ppp::serial(self, bytes, len),
            LinkType::Pppoe => ppp::pppoe_alone(self, bytes, len),
            LinkType::CiscoHdlc => ppp::cisco(self, bytes, len),
            LinkType::Ieee80211 => wireless::frame(self, bytes, len),
            LinkType::Prism => radio::prism(self, bytes, len),
            LinkType::Radiotap => radio::radiotap(self, bytes, len),
            LinkType::Avs => radio::avs(self, bytes, len),
            LinkType::Other(_) => {
                self.unknown(bytes);
                Ok(())
            }
        }
    }
}

pub(super) fn ethernet(p: &mut Printer<'_>, frame: &[u8], frame_len: u32) -> Result<(), Cut> {
    p.protocol = "ether";
    let Ok(mut ethertype) = be16(frame, 12) else {
        p.truncated();
        p.header_len = frame.len();
        return Ok(());
    };
    if p.style.link_header {
        ethernet_addresses(p, frame)?;
    }
    let mut at = 14;
    let mut length_printed = false;
    while matches!(ethertype, ETHERTYPE_8021Q | 0x88a8 | 0x9100 | 0x9200) {
        if frame.len() < at + 4 {
            p.protocol = "vlan";
            p.truncated();
            p.header_len = frame.len();
            return Ok(());
        }
        if p.style.link_header {
            ethernet_type(p, ethertype);
            total_length(p, frame_len, &mut length_printed);
            tag(p, be16(frame, at)?);
        }
        ethertype = be16(frame, at + 2)?;
        at += 4;
    }
    let bytes = from(frame, at);
    let len = frame_len.saturating_sub(len32(frame) - len32(bytes));
    if ethertype <= MAX_802_3_LENGTH {
        let len = len.min(u32::from(ethertype));
        let bytes = upto(bytes, len);
        if p.style.link_header {
            p.text("802.3");
            if !length_printed {
                p.text(", length ");
                p.dec(len);
                p.text(": ");
            }
        }
        let addresses = (array(frame, 6)?, array(frame, 0)?);
        let llc_len = llc::llc(p, bytes, len, Some(addresses))?;
        p.header_len = at + llc_len;
        return Ok(());
    }
    if p.style.link_header {
        ethernet_type(p, ethertype);
        total_length(p, frame_len, &mut length_printed);
    }
    if !by_ethertype(p, ethertype, bytes, len)? {
        if !p.style.link_header {
            // Nothing known about what is inside: show the header, then the bytes.
            ethernet_addresses(p, frame)?;
            ethernet_type(p, ethertype);
            p.text(", length ");
            p.dec(frame_len);
            p.text(": ");
        }
        p.unknown(bytes);
    }
    p.header_len = at;
    Ok(())
}

fn ethernet_addresses(p: &mut Printer<'_>, frame: &[u8]) -> Result<(), Cut> {
    p.ethernet_address(array(frame, 6)?);
    p.text(" > ");
    p.ethernet_address(array(frame, 0)?);
    p.text(", ");
    Ok(())
}

/// The frame's length stands behind the first type only.
fn total_length(p: &mut Printer<'_>, len: u32, printed: &mut bool) {
    if *printed {
        p.text(", ");
        return;
    }
    *printed = true;
    p.text(", length ");
    p.dec(len);
    p.text(": ");
}

/// `vlan 5, p 0, `
pub(super) fn tag(p: &mut Printer<'_>, tag: u16) {
    p.text("vlan ");
    p.dec(tag & 0xfff);
    p.text(", p ");
    p.dec(tag >> 13);
    if tag & 0x1000 != 0 {
        p.text(", DEI");
    }
    p.text(", ");
}

fn ethernet_type(p: &mut Printer<'_>, ethertype: u16) {
    if !p.style.quiet {
        ethertype_name(p, ethertype);
        return;
    }
    match name(ethertype) {
        "Unknown" => {
            p.text("Unknown Ethertype (0x");
            p.out.hex(u32::from(ethertype), 4);
            p.text(")");
        }
        name => p.text(name),
    }
}

/// Prints what is inside; `false` when there is no printer for it.
pub(super) fn by_ethertype(
    p: &mut Printer<'_>,
    ethertype: u16,
    bytes: &[u8],
    len: u32,
) -> Result<bool, Cut> {
    match ethertype {
        ETHERTYPE_IPV4 => ip::v4(p, bytes, len)?,
        ETHERTYPE_IPV6 => ip6::v6(p, bytes, len)?,
        0x8847 | 0x8848 => tunnel::mpls(p, bytes, len)?,
        0x8863 | 0x8864 => {
            ppp::pppoe(p, bytes, len)?;
        }
        0x88cc if p.verbose() == 0 => brief::lldp(p, bytes, len)?,
        0x888e => local::eapol(p, bytes)?,
        0x8809 => local::slow(p, bytes, len)?,
        0x9000 => local::loopback(p, bytes, len)?,
        ETHERTYPE_ARP | ETHERTYPE_REVARP => arp::arp(p, bytes, len)?,
        _ => return Ok(false),
    }
    Ok(true)
}

fn loopback(p: &mut Printer<'_>, bytes: &[u8], len: u32) -> Result<(), Cut> {
    p.protocol = "null";
    let Ok(family) = be32(bytes, 0) else {
        p.truncated();
        return Ok(());
    };
    p.header_len = 4;
    let mut family = family.swap_bytes();
    if family > 0xffff {
        family = family.swap_bytes();
    }
    let payload = from(bytes, 4);
    if p.style.link_header {
        address_family(p, family, len);
    }
    match family {
        2 => ip::v4(p, payload, len - 4),
        24 | 28 | 30 => ip6::v6(p, payload, len - 4),
        _ => {
            if !p.style.link_header {
                address_family(p, family, len);
            }
            p.unknown(payload);
            Ok(())
        }
    }
}

/// `AF IPv4 (2), length 60: `
fn address_family(p: &mut Printer<'_>, family: u32, len: u32) {
    let name = match family {
        2 => "IPv4",
        6 => "NS",
        7 => "ISO",
        16 => "Appletalk",
        23 => "IPX",
        24 | 28 | 30 => "IPv6",
        _ => "Unknown",
    };
    if !p.style.quiet {
        p.text("AF ");
        p.text(name);
        p.text(" (");
        p.dec(family);
        p.text(")");
    } else if name == "Unknown" {
        p.text("Unknown AF ");
        p.dec(family);
    } else {
        p.text(name);
    }
    p.text(", length ");
    p.dec(len);
    p.text(": ");
}

pub(super) fn ethertype_name(p: &mut Printer<'_>, ethertype: u16) {
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
