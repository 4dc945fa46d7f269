//! Around TCP: what follows it on an IP line, and ARP and ICMP.

use crate::line::domain::{Carrier, domain};
use crate::line::text::{Append, Cut, array, be16, be32};
use crate::line::{Memory, Printer, Style, icmp};
use crate::{Arp, ArpOperation, Icmp, Ip, Link, MacAddr, Packet, Udp};

/// `802.1Q vlan#201 P0 `; of stacked tags the outermost.
pub(super) fn vlan(packet: &Packet<'_>, out: &mut String) {
    let Link::Ethernet {
        vlan: Some(tag), ..
    } = packet.link
    else {
        return;
    };
    out.push_str("802.1Q vlan#");
    out.dec(tag & 0xfff);
    out.push_str(" P");
    out.dec(tag >> 13);
    out.push_str(if tag & 0x1000 == 0 { " " } else { " CFI " });
}

/// What follows the transport: `(DF)`, the place of a fragment, unusual header fields.
pub(super) fn suffix(ip: &Ip<'_>, header: &[u8], out: &mut String) {
    if ip.src.is_ipv6() {
        let flow = be32(header, 0).unwrap_or(0);
        for (name, value) in [
            (" [class 0x", flow >> 20 & 0xff),
            (" [flowlabel 0x", flow & 0xf_ffff),
        ] {
            if value != 0 {
                out.push_str(name);
                out.hex(value, 1);
                out.push(']');
            }
        }
        if ip.ttl <= 1 {
            out.push_str(" [hlim ");
            out.dec(ip.ttl);
            out.push(']');
        }
        return;
    }
    if let Some(fragment) = ip.fragment {
        let total = be16(header, 2).map_or(0, usize::from);
        out.push_str(" (frag ");
        out.dec(ip.id);
        out.push(':');
        out.dec(total.saturating_sub(header_len(header)) as u64);
        out.push('@');
        out.dec(fragment.offset);
        out.push_str(if fragment.more { "+)" } else { ")" });
    } else if ip.dont_fragment {
        out.push_str(" (DF)");
    }
    let tos = header.get(1).copied().unwrap_or(0);
    if tos != 0 {
        out.push_str(" [tos 0x");
        out.hex(u32::from(tos), 1);
        out.push_str(match tos & 3 {
            1 => ",ECT(1)",
            2 => ",ECT(0)",
            3 => ",CE",
            _ => "",
        });
        out.push_str("] ");
    }
    if ip.ttl <= 1 {
        out.push_str(" [ttl ");
        out.dec(ip.ttl);
        out.push(']');
    }
}

/// Of IPv4, in bytes.
pub(super) fn header_len(header: &[u8]) -> usize {
    header.first().map_or(0, |byte| usize::from(byte & 0xf) * 4)
}

pub(super) fn arp(arp: &Arp, out: &mut String) {
    match arp.operation {
        ArpOperation::Request => {
            out.push_str("arp who-has ");
            out.ipv4(arp.target_ip.octets());
            if arp.target_mac != MacAddr::default() {
                out.push_str(" (");
                link_address(arp.target_mac, out);
                out.push(')');
            }
            out.push_str(" tell ");
            out.ipv4(arp.sender_ip.octets());
        }
        ArpOperation::Reply => {
            out.push_str("arp reply ");
            out.ipv4(arp.sender_ip.octets());
            out.push_str(" is-at ");
            link_address(arp.sender_mac, out);
        }
        ArpOperation::Other(operation) => {
            out.push_str("arp-#");
            out.dec(operation);
        }
    }
}

/// Without leading zeros, as it was done then: `0:10:5a:4:0:1`.
fn link_address(address: MacAddr, out: &mut String) {
    for (i, byte) in address.0.into_iter().enumerate() {
        if i != 0 {
            out.push(':');
        }
        out.hex(u32::from(byte), 1);
    }
}

pub(super) fn icmp_message(ip: &Ip<'_>, message: &Icmp<'_>, header: &[u8], out: &mut String) {
    if ip.src.is_ipv6() {
        out.push_str("icmp6: ");
        match message.kind {
            128 => out.push_str("echo request"),
            129 => out.push_str("echo reply"),
            133 => out.push_str("router solicitation "),
            134 => out.push_str("router advertisement"),
            135 => neighbor("neighbor sol: who has ", message, out),
            136 => neighbor("neighbor adv: tgt is ", message, out),
            kind => {
                out.push_str("type-#");
                out.dec(kind);
            }
        }
        return;
    }
    out.push_str("icmp: ");
    match message.kind {
        0 => out.push_str("echo reply"),
        8 => out.push_str("echo request"),
        _ => {
            // Between the two versions only the words for an echo have changed.
            let mut memory = Memory::default();
            let mut printer = Printer::new(out, &mut memory, &Style::PLAIN);
            let bytes = header.get(header_len(header)..).unwrap_or_default();
            if let Err(Cut) = icmp::message(&mut printer, bytes) {
                out.push_str("[|icmp]");
            }
        }
    }
}

/// A DNS message: ` 54+ A? ftp.example.org. (33)`.
pub(super) fn name_service(udp: &Udp<'_>, out: &mut String) {
    let mut memory = Memory::default();
    let mut printer = Printer::new(out, &mut memory, &Style::PLAIN);
    if let Err(Cut) = domain(&mut printer, udp.payload, udp.len, Carrier::Classic) {
        out.push_str("[|domain]");
    }
}

fn neighbor(what: &str, message: &Icmp<'_>, out: &mut String) {
    out.push_str(what);
    match array(message.body, 4) {
        Ok(target) => out.ipv6(target),
        Err(Cut) => out.push_str("[|icmp6]"),
    }
}
