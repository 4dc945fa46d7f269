//! What LDP's messages carry.

use super::super::Printer;
use super::super::bgp::prefix::{Prefix, ipv4, ipv6};
use super::super::names::ADDRESS_FAMILIES;
use super::super::text::{Append, Cut, array, be16, be32, byte, from, hex_lines, named, upto};

const TLVS: [(u32, &str); 21] = [
    (0x0100, "FEC"),
    (0x0101, "Address List"),
    (0x0103, "Hop Count"),
    (0x0104, "Path Vector"),
    (0x0200, "Generic Label"),
    (0x0201, "ATM Label"),
    (0x0202, "Frame-Relay Label"),
    (0x0300, "Status"),
    (0x0301, "Extended Status"),
    (0x0302, "Returned PDU"),
    (0x0303, "Returned Message"),
    (0x0400, "Common Hello Parameters"),
    (0x0401, "IPv4 Transport Address"),
    (0x0402, "Configuration Sequence Number"),
    (0x0403, "IPv6 Transport Address"),
    (0x0500, "Common Session Parameters"),
    (0x0501, "ATM Session Parameters"),
    (0x0502, "Frame-Relay Session Parameters"),
    (0x0503, "Fault-Tolerant Session Parameters"),
    (0x0600, "Label Request Message ID"),
    (0x0601, "MTU"),
];
const FECS: [(u32, &str); 4] = [
    (0x01, "Wildcard"),
    (0x02, "Prefix"),
    (0x03, "Host address"),
    (0x80, "Martini VC"),
];
const PSEUDOWIRES: [(u32, &str); 27] = [
    (0x00, "Reserved"),
    (0x01, "Frame Relay DLCI (Martini Mode)"),
    (0x02, "ATM AAL5 SDU VCC transport"),
    (0x03, "ATM transparent cell transport"),
    (0x04, "Ethernet VLAN"),
    (0x05, "Ethernet"),
    (0x06, "Cisco-HDLC"),
    (0x07, "PPP"),
    (0x08, "SONET/SDH Circuit Emulation Service over MPLS"),
    (0x09, "ATM n-to-one VCC cell transport"),
    (0x0a, "ATM n-to-one VPC cell transport"),
    (0x0b, "IP Layer2 Transport"),
    (0x0c, "ATM one-to-one VCC Cell Mode"),
    (0x0d, "ATM one-to-one VPC Cell Mode"),
    (0x0e, "ATM AAL5 PDU VCC transport"),
    (0x0f, "Frame-Relay Port mode"),
    (0x10, "SONET/SDH Circuit Emulation over Packet"),
    (0x11, "Structure-agnostic E1 over Packet"),
    (0x12, "Structure-agnostic T1 (DS1) over Packet"),
    (0x13, "Structure-agnostic E3 over Packet"),
    (0x14, "Structure-agnostic T3 (DS3) over Packet"),
    (0x15, "CESoPSN basic mode"),
    (0x16, "TDMoIP basic mode"),
    (0x17, "CESoPSN TDM with CAS"),
    (0x18, "TDMoIP TDM with CAS"),
    (0x19, "Frame Relay DLCI"),
    (0x40, "IP-interworking"),
];
const INTERFACE_PARAMETERS: [(u32, &str); 3] =
    [(0x01, "MTU"), (0x03, "Description"), (0x0c, "VCCV")];

/// Returns how long it is, or nothing when it is longer than the `left` bytes of the message.
pub(super) fn tlv(p: &mut Printer<'_>, bytes: &[u8], left: u32) -> Result<Option<u32>, Cut> {
    let header: [u8; 4] = array(bytes, 0)?;
    let (kind, len) = (be16(&header, 0)?, be16(&header, 2)?);
    let whole = u32::from(len) + 4;
    if whole > left {
        p.text("\n\t\t TLV contents go past end of message");
        return Ok(None);
    }
    let number = kind & 0x3fff;
    p.text("\n\t    ");
    p.text(named(&TLVS, number.into()).unwrap_or("Unknown"));
    p.text(" TLV (0x");
    p.out.hex(number.into(), 4);
    p.text("), length: ");
    p.dec(len);
    p.text(", Flags: [");
    p.text(if kind & 0x8000 != 0 {
        "continue processing"
    } else {
        "ignore"
    });
    p.text(" and ");
    p.text(if kind & 0x4000 != 0 { "do" } else { "don't" });
    p.text(" forward if unknown]");
    value(p, number, from(bytes, 4), len)?;
    Ok(Some(whole))
}

/// Says so when a value is shorter than its kind demands.
fn too_short(p: &mut Printer<'_>, len: u16, least: u16) -> bool {
    if len >= least {
        return false;
    }
    p.text(" [tlv length ");
    p.dec(len);
    p.text(" < ");
    p.dec(least);
    p.text("]");
    p.invalid();
    true
}

fn value(p: &mut Printer<'_>, kind: u16, bytes: &[u8], len: u16) -> Result<(), Cut> {
    let least = match kind {
        0x0100 => 1,
        0x0101 | 0x0601 => 2,
        0x0200 | 0x0400 | 0x0401 | 0x0402 => 4,
        0x0300 | 0x0500 => 8,
        0x0403 => 16,
        0x0503 => 12,
        _ => 0,
    };
    if too_short(p, len, least) {
        return Ok(());
    }
    match kind {
        0x0100 => return fec(p, bytes, len),
        0x0101 => return addresses(p, bytes, len),
        0x0200 => {
            let label = be32(bytes, 0)?;
            p.text("\n\t      Label: ");
            p.dec(label & 0xf_ffff);
        }
        0x0300 => status(p, bytes)?,
        0x0400 => {
            let (hold, flags) = (be16(bytes, 0)?, be16(bytes, 2)?);
            p.text("\n\t      Hold Time: ");
            p.dec(hold);
            p.text("s, Flags: [");
            p.text(if flags & 0x8000 != 0 {
                "Targeted"
            } else {
                "Link"
            });
            p.text(" Hello");
            if flags & 0x4000 != 0 {
                p.text(", Request for targeted Hellos");
            }
            p.text("]");
        }
        0x0401 => {
            let address = array(bytes, 0)?;
            p.text("\n\t      IPv4 Transport Address: ");
            p.ipv4(address);
        }
        0x0402 => {
            let number = be32(bytes, 0)?;
            p.text("\n\t      Sequence Number: ");
            p.dec(number);
        }
        0x0403 => {
            let address = array(bytes, 0)?;
            p.text("\n\t      IPv6 Transport Address: ");
            p.ipv6(address);
        }
        0x0500 => {
            let (version, keepalive) = (be16(bytes, 0)?, be16(bytes, 2)?);
            let flags = be16(bytes, 6)?;
            p.text("\n\t      Version: ");
            p.dec(version);
            p.text(", Keepalive: ");
            p.dec(keepalive);
            p.text("s, Flags: [Downstream ");
            p.text(if flags & 0x8000 != 0 {
                "On Demand"
            } else {
                "Unsolicited"
            });
            p.text(", Loop Detection ");
            p.text(if flags & 0x4000 != 0 {
                "Enabled]"
            } else {
                "Disabled]"
            });
        }
        0x0503 => fault_tolerance(p, bytes)?,
        0x0601 => {
            let mtu = be16(bytes, 0)?;
            p.text("\n\t      MTU: ");
            p.dec(mtu);
        }
        _ if p.verbose() <= 1 => hex_lines(p.out, "\n\t      ", upto(bytes, len.into())),
        _ => {}
    }
    Ok(())
}

fn status(p: &mut Printer<'_>, bytes: &[u8]) -> Result<(), Cut> {
    let status = be32(bytes, 0)?;
    p.text("\n\t      Status: 0x");
    p.out.hex(status & 0x3fff_ffff, 2);
    p.text(", Flags: [");
    p.text(if status >> 31 != 0 {
        "Fatal error"
    } else {
        "Advisory Notification"
    });
    p.text(" and ");
    p.text(if status & 0x4000_0000 != 0 {
        "do"
    } else {
        "don't"
    });
    p.text(" forward]");
    let cause = be32(bytes, 4)?;
    if cause != 0 {
        p.text(", causing Message ID: 0x");
        p.out.hex(cause, 8);
    }
    Ok(())
}

fn fault_tolerance(p: &mut Printer<'_>, bytes: &[u8]) -> Result<(), Cut> {
    let flags = be16(bytes, 0)?;
    let unless = |bit, text| if flags & bit != 0 { "" } else { text };
    p.text("\n\t      Flags: [");
    p.text(unless(0x8000, "No "));
    p.text("Reconnect, ");
    p.text(unless(0x8, "Don't "));
    p.text("Save State, ");
    p.text(unless(0x4, "No "));
    p.text("All-Label Protection, ");
    p.text(if flags & 0x2 != 0 {
        "Sequence Numbered Label"
    } else {
        "All Labels"
    });
    p.text(" Checkpoint, ");
    p.text(unless(0x1, "Don't "));
    p.text("Re-Learn State]");
    for (at, label) in [(4, ", Reconnect Timeout: "), (8, ", Recovery Time: ")] {
        let time = be32(bytes, at)?;
        if time != 0 {
            p.text(label);
            p.dec(time);
            p.text("ms");
        }
    }
    Ok(())
}

fn addresses(p: &mut Printer<'_>, bytes: &[u8], len: u16) -> Result<(), Cut> {
    let family = be16(bytes, 0)?;
    p.text("\n\t      Address Family: ");
    if let Some(name) = named(&ADDRESS_FAMILIES, family.into()) {
        p.text(name);
    } else {
        p.text("Unknown (");
        p.dec(family);
        p.text(")");
    }
    p.text(", addresses");
    let size = match family {
        1 => 4,
        2 => 16,
        _ => return Ok(()),
    };
    for i in 0..usize::from(len - 2) / size {
        let at = 2 + i * size;
        if family == 1 {
            let address = array(bytes, at)?;
            p.text(" ");
            p.ipv4(address);
        } else {
            let address = array(bytes, at)?;
            p.text(" ");
            p.ipv6(address);
        }
    }
    Ok(())
}

/// What a label is for: a forwarding equivalence class.
fn fec(p: &mut Printer<'_>, bytes: &[u8], len: u16) -> Result<(), Cut> {
    let kind = byte(bytes, 0)?;
    p.text("\n\t      ");
    p.text(named(&FECS, kind.into()).unwrap_or("Unknown"));
    p.text(" FEC (0x");
    p.out.hex(kind.into(), 2);
    p.text(")");
    let (bytes, len) = (from(bytes, 1), len - 1);
    match kind {
        0x02 => {
            if too_short(p, len, 2) {
                return Ok(());
            }
            let family = be16(bytes, 0)?;
            let (bytes, len) = (from(bytes, 2), u32::from(len - 2));
            let (name, prefix) = match family {
                1 => (": IPv4 prefix ", ipv4(bytes, len)?),
                2 => (": IPv6 prefix ", ipv6(bytes, len)?),
                _ => {
                    p.text(": Address family ");
                    p.dec(family);
                    p.text(" prefix");
                    return Ok(());
                }
            };
            match prefix {
                Prefix::Whole(prefix) => {
                    p.text(name);
                    prefix.print(p);
                }
                Prefix::TooLong => {
                    p.text(name);
                    p.text("(invalid length)");
                }
                Prefix::Unfinished => return Err(Cut),
            }
            Ok(())
        }
        0x80 => pseudowire(p, bytes, len),
        _ => Ok(()),
    }
}

fn pseudowire(p: &mut Printer<'_>, bytes: &[u8], len: u16) -> Result<(), Cut> {
    if too_short(p, len, 7) {
        return Ok(());
    }
    let mut left = byte(bytes, 2)?;
    if left != 0 && too_short(p, len, 11) {
        return Ok(());
    }
    let (kind, group) = (be16(bytes, 0)?, be32(bytes, 3)?);
    let circuit = if left == 0 { 0 } else { be32(bytes, 7)? };
    p.text(": ");
    p.text(named(&PSEUDOWIRES, (kind & 0x7fff).into()).unwrap_or("Unknown"));
    p.text(if kind & 0x8000 != 0 { ", " } else { ", no " });
    p.text("control word, group-ID ");
    p.dec(group);
    if left != 0 {
        p.text(", VC-ID ");
        p.dec(circuit);
    }
    p.text(", VC-info-length: ");
    p.dec(left);
    if left == 0 {
        return Ok(());
    }
    let Some(parameters) = left.checked_sub(4) else {
        p.text(" (invalid, < 4");
        return Ok(());
    };
    left = parameters;
    if too_short(p, len - 11, left.into()) {
        return Ok(());
    }
    let mut rest = from(bytes, 11);
    while left > 2 {
        let (kind, len) = (byte(rest, 0)?, byte(rest, 1)?);
        if len < 2 || left < len {
            break;
        }
        interface_parameter(p, kind, from(rest, 2), len)?;
        left -= len;
        rest = from(rest, len.into());
    }
    Ok(())
}

fn interface_parameter(p: &mut Printer<'_>, kind: u8, value: &[u8], len: u8) -> Result<(), Cut> {
    p.text("\n\t\tInterface Parameter: ");
    p.text(named(&INTERFACE_PARAMETERS, kind.into()).unwrap_or("Unknown"));
    p.text(" (0x");
    p.out.hex(kind.into(), 2);
    p.text("), len ");
    p.dec(len);
    match kind {
        0x01 => {
            let mtu = be16(value, 0)?;
            p.text(": ");
            p.dec(mtu);
        }
        0x03 => {
            p.text(": ");
            p.characters(value, 0, usize::from(len - 2))?;
        }
        0x0c => {
            let channels = byte(value, 0)?;
            p.text("\n\t\t  Control Channels (0x");
            p.out.hex(channels.into(), 2);
            p.text(") = [");
            let names = [
                (1, "PWE3 control word"),
                (2, "MPLS Router Alert Label"),
                (4, "MPLS inner label TTL = 1"),
            ];
            p.flags(channels.into(), &names);
            p.text("]");
            let kinds = byte(value, 1)?;
            p.text("\n\t\t  CV Types (0x");
            p.out.hex(kinds.into(), 2);
            p.text(") = [");
            p.flags(
                kinds.into(),
                &[(1, "ICMP Ping"), (2, "LSP Ping"), (4, "BFD")],
            );
            p.text("]");
        }
        _ => hex_lines(p.out, "\n\t\t  ", upto(value, u32::from(len - 2))),
    }
    Ok(())
}
