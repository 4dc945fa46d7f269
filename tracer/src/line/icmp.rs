//! ICMP (RFC 792).

use super::checksum::{checksum, should_be};
use super::ip::{MAX_DEPTH, Payload, TCP, UDP};
use super::text::{Append, Cut, array, be16, be32, byte, from, upto};
use super::{Printer, icmp_extension, ip};

/// Where the IP header stands that an error message quotes.
const QUOTED: usize = 8;

pub(super) fn icmp(p: &mut Printer<'_>, payload: &Payload<'_>) -> Result<(), Cut> {
    p.protocol = "icmp";
    let Payload { bytes, len, .. } = *payload;
    let start = p.out.len();
    p.text("ICMP ");
    if let Err(Cut) = message(p, bytes) {
        // tcpdump has the whole text before it prints any of it.
        p.out.truncate(start);
        if is_checked_as_a_whole(bytes) {
            p.truncated();
            return Ok(());
        }
        return Err(Cut);
    }
    p.text(", length ");
    p.dec(len);
    if p.verbose() == 0 {
        return Ok(());
    }
    if let (false, Some(whole)) = (payload.fragmented, bytes.get(..len as usize)) {
        let sum = checksum(&[whole]);
        if sum != 0 {
            let field = be16(bytes, 2)?;
            p.text(" (wrong icmp cksum ");
            p.out.hex(u32::from(field), 1);
            p.text(" (->");
            p.out.hex(u32::from(should_be(field, sum)), 1);
            p.text(")!)");
        }
    }
    let kind = byte(bytes, 0)?;
    if matches!(kind, 3 | 4 | 5 | 11 | 12) {
        p.text("\n\t");
        let quoted = from(bytes, QUOTED);
        let total = u32::from(be16(quoted, 2)?);
        if total < 4 {
            // tcpdump reads the length again when it has already cut the packet by it.
            return Err(Cut);
        }
        p.depth += 1;
        if p.depth > MAX_DEPTH {
            return Err(Cut);
        }
        ip::v4(p, upto(quoted, total), total)?;
    }
    p.protocol = "icmp";
    if matches!(kind, 3 | 11 | 12) && len > icmp_extension::START {
        return icmp_extension::extension(p, bytes, len);
    }
    Ok(())
}

/// Of some messages tcpdump looks first whether they are there: then it does not leave all its
/// printers when they are not.
fn is_checked_as_a_whole(bytes: &[u8]) -> bool {
    match bytes {
        // The quoted packet's protocol.
        [3, 3, ..] => bytes.len() < QUOTED + 10,
        [9 | 11 | 14, _, ..] => true,
        _ => false,
    }
}

/// What a message says, from its first byte on.
pub(super) fn message(p: &mut Printer<'_>, bytes: &[u8]) -> Result<(), Cut> {
    let (kind, code) = (byte(bytes, 0)?, byte(bytes, 1)?);
    match kind {
        0 | 8 => {
            p.text(if kind == 8 {
                "echo request, id "
            } else {
                "echo reply, id "
            });
            p.dec(be16(bytes, 4)?);
            p.text(", seq ");
            p.dec(be16(bytes, 6)?);
        }
        3 => unreachable(p, bytes, code)?,
        5 => redirect(p, bytes, code)?,
        9 => router_advertisement(p, bytes)?,
        11 => {
            be32(bytes, QUOTED + 16)?;
            match code {
                0 => p.text("time exceeded in-transit"),
                1 => p.text("ip reassembly time exceeded"),
                _ => {
                    p.text("time exceeded-#");
                    p.dec(code);
                }
            }
        }
        12 => {
            p.text("parameter problem - ");
            if code == 0 {
                p.text("octet ");
                p.dec(byte(bytes, 4)?);
            } else {
                p.text("code ");
                p.dec(code);
            }
        }
        13 | 14 => time_stamp(p, bytes, kind)?,
        18 => {
            p.text("address mask is 0x");
            p.out.hex(be32(bytes, QUOTED)?, 8);
        }
        4 => p.text("source quench"),
        10 => p.text("router solicitation"),
        15 => p.text("information request"),
        16 => p.text("information reply"),
        17 => p.text("address mask request"),
        _ => {
            p.text("type-#");
            p.dec(kind);
        }
    }
    Ok(())
}

fn unreachable(p: &mut Printer<'_>, bytes: &[u8], code: u8) -> Result<(), Cut> {
    if code == 3 {
        return port_unreachable(p, bytes);
    }
    // (before the address, after it)
    let (before, after) = match code {
        0 => ("net ", " unreachable"),
        1 => ("host ", " unreachable"),
        2 => ("", " protocol "),
        4 => ("", " unreachable - need to frag"),
        5 => ("", " unreachable - source route failed"),
        6 => ("net ", " unreachable - unknown"),
        7 => ("host ", " unreachable - unknown"),
        8 => ("", " unreachable - source host isolated"),
        9 => ("net ", " unreachable - admin prohibited"),
        10 => ("host ", " unreachable - admin prohibited"),
        11 => ("net ", " unreachable - tos prohibited"),
        12 => ("host ", " unreachable - tos prohibited"),
        13 => ("host ", " unreachable - admin prohibited filter"),
        14 => ("host ", " unreachable - host precedence violation"),
        15 => ("host ", " unreachable - precedence cutoff"),
        _ => ("", " unreachable - #"),
    };
    p.text(before);
    p.ipv4(array(bytes, QUOTED + 16)?);
    p.text(after);
    match code {
        2 => {
            p.dec(byte(bytes, QUOTED + 9)?);
            p.text(" unreachable");
        }
        4 => {
            let mtu = be16(bytes, 6)?;
            if mtu != 0 {
                p.text(" (mtu ");
                p.dec(mtu);
                p.text(")");
            }
        }
        16.. => p.dec(code),
        _ => {}
    }
    Ok(())
}

fn port_unreachable(p: &mut Printer<'_>, bytes: &[u8]) -> Result<(), Cut> {
    let protocol = byte(bytes, QUOTED + 9)?;
    let header_len = usize::from(byte(bytes, QUOTED)? & 0xf) * 4;
    let port = be16(bytes, QUOTED + header_len + 2)?;
    p.ipv4(array(bytes, QUOTED + 16)?);
    match protocol {
        TCP => {
            p.text(" tcp port ");
            p.tcp_port(port);
        }
        UDP => {
            p.text(" udp port ");
            p.udp_port(port);
        }
        _ => {
            p.text(" protocol ");
            p.dec(protocol);
            p.text(" port ");
            p.dec(port);
        }
    }
    p.text(" unreachable");
    Ok(())
}

fn redirect(p: &mut Printer<'_>, bytes: &[u8], code: u8) -> Result<(), Cut> {
    let what = match code {
        0 | 1 => "redirect ",
        2 | 3 => "redirect-tos ",
        _ => {
            p.text("redirect-#");
            p.dec(code);
            " "
        }
    };
    p.text(what);
    p.ipv4(array(bytes, QUOTED + 16)?);
    p.text(match code {
        0 | 2 => " to net ",
        1 | 3 => " to host ",
        _ => " to ",
    });
    p.ipv4(array(bytes, 4)?);
    Ok(())
}

/// RFC 1256.
fn router_advertisement(p: &mut Printer<'_>, bytes: &[u8]) -> Result<(), Cut> {
    p.text("router advertisement lifetime ");
    let (count, size, lifetime) = (byte(bytes, 4)?, byte(bytes, 5)?, be16(bytes, 6)?);
    let (hours, minutes, seconds) = (lifetime / 3600, lifetime % 3600 / 60, lifetime % 60);
    if hours > 0 {
        p.dec(hours);
        p.text(":");
    }
    if hours > 0 && minutes < 10 {
        p.text("0");
    }
    if lifetime >= 60 {
        p.dec(minutes);
        p.text(":");
    }
    if lifetime >= 60 && seconds < 10 {
        p.text("0");
    }
    p.dec(seconds);
    p.text(" ");
    p.dec(count);
    p.text(":");
    if size != 2 {
        p.text(" [size ");
        p.dec(size);
        p.text("]");
        return Ok(());
    }
    for entry in 0..usize::from(count) {
        let at = 8 + entry * 8;
        p.text(" {");
        p.ipv4(array(bytes, at)?);
        p.text(" ");
        p.dec(be32(bytes, at + 4)?);
        p.text("}");
    }
    Ok(())
}

fn time_stamp(p: &mut Printer<'_>, bytes: &[u8], kind: u8) -> Result<(), Cut> {
    p.text(if kind == 13 {
        "time stamp query id "
    } else {
        "time stamp reply id "
    });
    p.dec(be16(bytes, 4)?);
    p.text(" seq ");
    p.dec(be16(bytes, 6)?);
    if kind == 14 {
        for (what, at) in [(": org ", 8), (", recv ", 12), (", xmit ", 16)] {
            p.text(what);
            since_midnight(p, be32(bytes, at)?);
        }
    }
    Ok(())
}

fn since_midnight(p: &mut Printer<'_>, millis: u32) {
    let seconds = millis / 1000;
    for (part, separator) in [
        (seconds / 3600, ":"),
        (seconds / 60 % 60, ":"),
        (seconds % 60, "."),
    ] {
        if part < 10 {
            p.text("0");
        }
        p.dec(part);
        p.text(separator);
    }
    let millis = millis % 1000;
    for limit in [100, 10] {
        if millis < limit {
            p.text("0");
        }
    }
    p.dec(millis);
}
