//! ARP and reverse ARP.

use super::Printer;
use super::link::name;
use super::text::{Append, Cut, be16, byte, from, hex_and_ascii};
use crate::decode::ETHERTYPE_IPV4;

const ETHERTYPE_TRAIL: u16 = 0x1000;
const FRAME_RELAY: u16 = 15;

/// The four addresses, whose sizes the header gives.
struct Addresses<'a> {
    sender_link: &'a [u8],
    sender: &'a [u8],
    target_link: &'a [u8],
    target: &'a [u8],
    /// The link addresses are those of frame relay.
    frame_relay: bool,
}

pub(super) fn arp(p: &mut Printer<'_>, bytes: &[u8], len: u32) -> Result<(), Cut> {
    p.protocol = "arp";
    byte(bytes, 7)?;
    let (hardware, protocol) = (be16(bytes, 0)?, be16(bytes, 2)?);
    let (link_len, protocol_len) = (usize::from(byte(bytes, 4)?), usize::from(byte(bytes, 5)?));
    let mut rest = from(bytes, 8);
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
        frame_relay: hardware == FRAME_RELAY,
    };
    if !p.style.link_header {
        p.text("ARP, ");
    }
    let ipv4 = matches!(protocol, ETHERTYPE_IPV4 | ETHERTYPE_TRAIL);
    let known = ipv4 && protocol_len == 4 && link_len != 0;
    if !known || p.verbose() > 0 {
        kinds(p, (hardware, link_len), (protocol, protocol_len));
    }
    if known || p.verbose() > 0 {
        if p.verbose() > 0 {
            p.text(", ");
        }
        if !operation(p, be16(bytes, 6)?, &addresses, ipv4) {
            hex_and_ascii(p.out, bytes);
            return Ok(());
        }
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
        FRAME_RELAY => "FrameRelay",
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
fn operation(p: &mut Printer<'_>, operation: u16, a: &Addresses<'_>, ipv4: bool) -> bool {
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
            protocol_address(p, a.target, ipv4);
            if a.target_link.iter().any(|&byte| byte != 0) {
                p.text(" (");
                link_address(p, a.target_link, a.frame_relay);
                p.text(")");
            }
            p.text(" tell ");
            protocol_address(p, a.sender, ipv4);
        }
        2 => {
            protocol_address(p, a.sender, ipv4);
            p.text(" is-at ");
            link_address(p, a.sender_link, a.frame_relay);
        }
        3 | 8 => {
            p.text("who-is ");
            link_address(p, a.target_link, a.frame_relay);
            p.text(" tell ");
            link_address(p, a.sender_link, a.frame_relay);
        }
        4 => {
            link_address(p, a.target_link, a.frame_relay);
            p.text(" at ");
            protocol_address(p, a.target, ipv4);
        }
        9 => {
            link_address(p, a.sender_link, a.frame_relay);
            p.text(" at ");
            protocol_address(p, a.sender, ipv4);
        }
        _ => return false,
    }
    true
}

fn protocol_address(p: &mut Printer<'_>, address: &[u8], ipv4: bool) {
    match <[u8; 4]>::try_from(address) {
        Ok(address) if ipv4 => p.ipv4(address),
        Ok(_) => p.text("<wrong proto type>"),
        Err(_) => p.text(if ipv4 {
            "<wrong len>"
        } else {
            "<wrong proto type>"
        }),
    }
}

fn link_address(p: &mut Printer<'_>, address: &[u8], frame_relay: bool) {
    match <[u8; 6]>::try_from(address) {
        _ if address.is_empty() => p.text("<empty>"),
        _ if frame_relay => match connection(address) {
            Ok(Some(number)) => {
                p.text("DLCI ");
                p.dec(number);
            }
            Ok(None) => p.text("<Invalid DLCI>"),
            Err(Cut) => p.text("<Truncated>"),
        },
        Ok(address) => p.ethernet_address(address),
        Err(_) => p.out.link_address(address),
    }
}

/// The number of a connection of frame relay, from an address of two to four bytes (ITU-T Q.922
/// §3.3); nothing when it does not end there.
fn connection(address: &[u8]) -> Result<Option<u32>, Cut> {
    let number = |at| byte(address, at).map(u32::from);
    let ends = |part: u32| part & 1 != 0;
    let first = number(0)?;
    if ends(first) {
        return Ok(None);
    }
    let second = number(1)?;
    let mut connection = (first & 0xfc) << 2 | second >> 4;
    if ends(second) {
        return Ok(Some(connection));
    }
    let mut last = number(2)?;
    if !ends(last) {
        connection = connection << 7 | last >> 1;
        last = number(3)?;
    }
    Ok(ends(last).then_some(connection << 6 | last >> 2))
}
