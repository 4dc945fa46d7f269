//! ARP and reverse ARP.

use super::Printer;
use super::link::name;
use super::text::{Append, Cut, array, be16, byte, hex_and_ascii};
use crate::decode::ETHERTYPE_IPV4;

const ETHERTYPE_TRAIL: u16 = 0x1000;

/// The four addresses, whose sizes the header gives.
struct Addresses<'a> {
    sender_link: &'a [u8],
    sender: &'a [u8],
    target_link: &'a [u8],
    target: &'a [u8],
}

pub(super) fn arp(p: &mut Printer<'_>, bytes: &[u8], len: u32) -> Result<(), Cut> {
    p.protocol = "arp";
    byte(bytes, 7)?;
    let (hardware, protocol) = (be16(bytes, 0)?, be16(bytes, 2)?);
    let (link_len, protocol_len) = (usize::from(byte(bytes, 4)?), usize::from(byte(bytes, 5)?));
    let mut rest = bytes.get(8..).ok_or(Cut)?;
    let mut take = |n| {
        let (taken, after) = rest.split_at_checked(n).ok_or(Cut)?;
        rest = after;
        Ok(taken)
    };
    let addresses = Addresses {
        sender_link: take(link_len)?,
        sender: take(protocol_len)?,
        target_link: take(link_len)?,
        target: take(protocol_len)?,
    };
    p.text("ARP, ");
    let ipv4 = matches!(protocol, ETHERTYPE_IPV4 | ETHERTYPE_TRAIL) && protocol_len == 4;
    if !ipv4 || link_len == 0 {
        kinds(p, (hardware, link_len), (protocol, protocol_len));
    } else if !operation(p, be16(bytes, 6)?, &addresses) {
        hex_and_ascii(p.out, bytes);
        return Ok(());
    }
    p.text(", length ");
    p.dec(len);
    Ok(())
}

fn kinds(p: &mut Printer<'_>, hardware: (u16, usize), protocol: (u16, usize)) {
    let hardware_name = match hardware.0 {
        1 => "Ethernet",
        6 => "TokenRing",
        7 => "ArcNet",
        15 => "FrameRelay",
        19 => "ATM",
        23 => "Strip",
        24 => "IEEE 1394",
        32 => "InfiniBand",
        _ => "",
    };
    if hardware_name.is_empty() {
        p.text("Unknown Hardware (");
        p.dec(hardware.0);
        p.text(")");
    } else {
        p.text(hardware_name);
    }
    p.text(" (len ");
    p.dec(hardware.1 as u64);
    p.text("), ");
    match name(protocol.0) {
        "Unknown" => {
            p.text("Unknown Protocol (0x");
            p.out.hex(u32::from(protocol.0), 4);
            p.text(")");
        }
        name => p.text(name),
    }
    p.text(" (len ");
    p.dec(protocol.1 as u64);
    p.text(")");
}

/// `Request who-has 10.0.0.2 tell 10.0.0.1`; `false` when it is none that tcpdump knows.
fn operation(p: &mut Printer<'_>, operation: u16, a: &Addresses<'_>) -> bool {
    let what = match operation {
        1 => "Request ",
        2 => "Reply ",
        3 => "Reverse Request ",
        4 => "Reverse Reply ",
        8 => "Inverse Request ",
        9 => "Inverse Reply ",
        10 => "NACK Reply ",
        other => {
            p.text("Unknown (");
            p.dec(other);
            ") "
        }
    };
    p.text(what);
    match operation {
        1 => {
            p.text("who-has ");
            protocol_address(p, a.target);
            if a.target_link.iter().any(|&byte| byte != 0) {
                p.text(" (");
                p.out.link_address(a.target_link);
                p.text(")");
            }
            p.text(" tell ");
            protocol_address(p, a.sender);
        }
        2 => {
            protocol_address(p, a.sender);
            p.text(" is-at ");
            p.out.link_address(a.sender_link);
        }
        3 | 8 => {
            p.text("who-is ");
            p.out.link_address(a.target_link);
            p.text(" tell ");
            p.out.link_address(a.sender_link);
        }
        4 => {
            p.out.link_address(a.target_link);
            p.text(" at ");
            protocol_address(p, a.target);
        }
        9 => {
            p.out.link_address(a.sender_link);
            p.text(" at ");
            protocol_address(p, a.sender);
        }
        _ => return false,
    }
    true
}

/// Four bytes, as the caller has checked.
fn protocol_address(p: &mut Printer<'_>, address: &[u8]) {
    if let Ok(address) = array(address, 0) {
        p.out.ipv4(address);
    }
}
