//! Logical link control (802.2) behind an 802.3 length, and the SNAP header that may follow it.

use super::link::{by_ethertype, name};
use super::names::vendor;
use super::text::{Append, Cut, be16, byte, from, hex_and_ascii};
use super::{Printer, ip, stp};

/// The addresses of the frame around it: source, destination.
pub(super) type LinkAddresses = ([u8; 6], [u8; 6]);

const SNAP: u8 = 0xaa;
const IP: u8 = 0x06;
const STP: u8 = 0x42;
/// A control field: unnumbered information.
const UI: u16 = 0x03;
const XID: u16 = 0xaf;

/// What the header says.
struct Header {
    destination: u8,
    source: u8,
    control: u16,
    /// One byte of control field, not two.
    unnumbered: bool,
}

/// Prints the header's contents; returns how long the header is.
pub(super) fn llc(
    p: &mut Printer<'_>,
    bytes: &[u8],
    len: u32,
    addresses: Option<LinkAddresses>,
) -> Result<usize, Cut> {
    p.protocol = "llc";
    let &[destination, source, first, ..] = bytes else {
        return Ok(too_short(p, bytes));
    };
    let unnumbered = first & 3 == 3;
    let header_len = if unnumbered { 3 } else { 4 };
    if bytes.len() < header_len || (len as usize) < header_len {
        return Ok(too_short(p, bytes));
    }
    let control = if unnumbered {
        u16::from(first)
    } else {
        be16(bytes, 2)?.swap_bytes()
    };
    let header = Header {
        destination,
        source,
        control,
        unnumbered,
    };
    if p.style.link_header && (destination, source) != (0xff, 0xff) {
        access_points(p, &header);
    }
    let payload = from(bytes, header_len);
    let payload_len = len.saturating_sub(u32::try_from(header_len).unwrap_or(4));
    // The lowest bits are not part of the addresses.
    match (destination & !1, source & !1, control) {
        (SNAP, SNAP, UI) => {
            if !snap(p, payload, payload_len, addresses)? {
                p.unknown(bytes);
            }
            return Ok(header_len + 5);
        }
        (STP, STP, UI) => stp::stp(p, payload, payload_len)?,
        (IP, IP, UI) => ip::v4(p, payload, payload_len)?,
        _ => {
            if !summary(p, &header, addresses, payload, len)? {
                p.unknown(bytes);
            }
        }
    }
    Ok(header_len)
}

fn too_short(p: &mut Printer<'_>, bytes: &[u8]) -> usize {
    p.truncated();
    hex_and_ascii(p.out, bytes);
    bytes.len()
}

const fn access_point(address: u8) -> Option<&'static str> {
    Some(match address {
        0x00 => "Null",
        0xff => "Global",
        0x02 => "802.1B I",
        0x03 => "802.1B G",
        0x04 => "SNA",
        IP => "IP",
        0x0e => "ProWay NM",
        STP => "STP",
        0x4e => "RS511",
        0x7e => "ISO8208",
        0x8e => "ProWay",
        SNAP => "SNAP",
        0xe0 => "IPX",
        0xf0 => "NetBeui",
        0xfe => "OSI",
        _ => return None,
    })
}

/// `LLC, dsap SNAP (0xaa) Individual, ssap SNAP (0xaa) Command, ctrl 0x03: `
fn access_points(p: &mut Printer<'_>, header: &Header) {
    let kinds = [
        ("LLC, dsap ", header.destination, ["Individual", "Group"]),
        (", ssap ", header.source, ["Command", "Response"]),
    ];
    for (what, field, [even, odd]) in kinds {
        let address = field & !1;
        p.text(what);
        p.text(access_point(address).unwrap_or("Unknown"));
        p.text(" (0x");
        p.out.hex(u32::from(address), 2);
        p.text(") ");
        p.text(if field & 1 == 0 { even } else { odd });
    }
    p.text(", ctrl 0x");
    let width = if header.unnumbered { 2 } else { 4 };
    p.out.hex(u32::from(header.control), width);
    p.text(": ");
}

/// The encapsulated protocol (RFC 1042); `false` when there is no printer for it.
fn snap(
    p: &mut Printer<'_>,
    bytes: &[u8],
    len: u32,
    addresses: Option<LinkAddresses>,
) -> Result<bool, Cut> {
    p.protocol = "snap";
    let &[a, b, c, _, _, ..] = bytes else {
        p.truncated();
        return Ok(true);
    };
    let organization = u32::from_be_bytes([0, a, b, c]);
    let kind = be16(bytes, 3)?;
    let rest_len = len.saturating_sub(5);
    if p.style.link_header {
        snap_header(p, organization, kind);
        p.dec(rest_len);
        p.text(": ");
    }
    let payload = from(bytes, 5);
    let printed = match (organization, kind) {
        (0 | 0xf8, _) => by_ethertype(p, kind, payload, rest_len)?,
        (0x0c, 0x010b | 0x010c) | (0x80c2, 0x000e) => {
            // Per-VLAN spanning trees are like the common one.
            stp::stp(p, payload, rest_len)?;
            true
        }
        _ => false,
    };
    if !printed && !p.style.link_header {
        if let Some((source, destination)) = addresses {
            p.ethernet_address(source);
            p.text(" > ");
            p.ethernet_address(destination);
            p.text(" ");
        }
        p.text("SNAP, ");
        if organization == 0 {
            p.text("ethertype ");
            p.text(name(kind));
            p.text(" (0x");
            p.out.hex(u32::from(kind), 4);
            p.text("), length ");
        } else {
            snap_header(p, organization, kind);
        }
        p.dec(rest_len);
        p.text(": ");
    }
    Ok(printed)
}

/// `oui Cisco (0x00000c), pid CDP (0x2000), length `
fn snap_header(p: &mut Printer<'_>, organization: u32, kind: u16) {
    let [_, a, b, c] = organization.to_be_bytes();
    p.text("oui ");
    p.text(vendor([a, b, c, 0, 0, 0]));
    p.text(" (0x");
    p.out.hex(organization, 6);
    p.text(if organization == 0 {
        "), ethertype "
    } else {
        "), pid "
    });
    p.text(match organization {
        0 | 0xf8 | 0x08_0007 => name(kind),
        0x0c => cisco(kind),
        0x80c2 => bridged(kind),
        _ => "Unknown",
    });
    p.text(" (0x");
    p.out.hex(u32::from(kind), 4);
    p.text("), length ");
}

const fn cisco(kind: u16) -> &'static str {
    match kind {
        0x2000 => "CDP",
        0x2003 => "VTP",
        0x2004 => "DTP",
        0x0111 => "UDLD",
        0x010b => "PVST",
        0x010c => "VLAN Bridge",
        _ => "Unknown",
    }
}

const fn bridged(kind: u16) -> &'static str {
    match kind {
        0x01 => "Ethernet + FCS",
        0x02 => "802.4 + FCS",
        0x03 => "Token Ring + FCS",
        0x04 => "FDDI + FCS",
        0x05 => "802.6 + FCS",
        0x07 => "Ethernet w/o FCS",
        0x08 => "802.4 w/o FCS",
        0x09 => "Token Ring w/o FCS",
        0x0a => "FDDI w/o FCS",
        0x0b => "802.6 w/o FCS",
        0x0e => "BPDU",
        _ => "Unknown",
    }
}

/// A frame by its control field; `false` when what it carries is still to be shown.
fn summary(
    p: &mut Printer<'_>,
    header: &Header,
    addresses: Option<LinkAddresses>,
    payload: &[u8],
    len: u32,
) -> Result<bool, Cut> {
    if !p.style.link_header {
        let (destination, source) = (header.destination & !1, header.source & !1);
        if let Some((address, _)) = addresses {
            p.ethernet_address(address);
            p.text(" ");
        }
        if destination != source {
            point(p, "Unknown SSAP 0x", source);
            if addresses.is_none() {
                p.text("> ");
            }
        }
        if let Some((_, address)) = addresses {
            p.text("> ");
            p.ethernet_address(address);
            p.text(" ");
        }
        point(p, "Unknown DSAP 0x", destination);
    }
    let control = header.control;
    let response = header.source & 1 != 0;
    let poll = if header.unnumbered { 0x10 } else { 0x0100 };
    if header.unnumbered {
        p.text("Unnumbered, ");
        let command = match control & 0xef {
            0x03 => "ui",
            0xe3 => "test",
            XID => "xid",
            0x63 => "ua",
            0x43 => "disc",
            0x0f => "dm",
            0x6f => "sabme",
            0x87 => "frmr",
            command => {
                p.out.hex(u32::from(command), 2);
                ""
            }
        };
        p.text(command);
    } else if control & 3 == 1 {
        p.text("Supervisory, ");
        p.text(match control >> 2 & 3 {
            0 => "Receiver Ready",
            1 => "Receiver not Ready",
            2 => "Reject",
            _ => "?",
        });
    } else {
        p.text("Information, send seq ");
        p.dec(control >> 1 & 0x7f);
    }
    if !header.unnumbered {
        p.text(", rcv seq ");
        p.dec(control >> 9 & 0x7f);
    }
    p.text(", Flags [");
    p.text(match (response, control & poll != 0) {
        (false, false) => "Command",
        (true, false) => "Response",
        (false, true) => "Poll",
        (true, true) => "Final",
    });
    p.text("], length ");
    p.dec(len);
    if !header.unnumbered {
        return Ok(control & 3 == 1);
    }
    if control & 0xef != XID {
        return Ok(false);
    }
    let payload_len = len.saturating_sub(3);
    match payload {
        _ if payload_len == 0 => Ok(true),
        [] => {
            p.truncated();
            Ok(true)
        }
        [0x81, rest @ ..] => {
            if rest.len() < 2 || payload_len < 3 {
                p.truncated();
                hex_and_ascii(p.out, payload);
            } else {
                p.text(": ");
                p.out.hex(u32::from(byte(rest, 0)?), 2);
                p.text(" ");
                p.out.hex(u32::from(byte(rest, 1)?), 2);
            }
            Ok(true)
        }
        _ => Ok(false),
    }
}

fn point(p: &mut Printer<'_>, unknown: &str, address: u8) {
    if let Some(name) = access_point(address) {
        p.text(name);
    } else {
        p.text(unknown);
        p.out.hex(u32::from(address), 2);
    }
    p.text(" ");
}
