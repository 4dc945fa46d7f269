//! `ICMPv6` (RFC 4443), neighbour discovery (RFC 4861) and multicast listeners (RFC 3810).

use super::Printer;
use super::ip::{AH, TCP, UDP};
use super::text::{Append, Cut, array, be16, be32, byte, from, hex_only, upto};

/// Where the IPv6 header stands that an error message quotes.
const QUOTED: usize = 8;
const QUOTED_SRC: usize = QUOTED + 8;
const QUOTED_DST: usize = QUOTED + 24;

pub(super) fn icmp6(p: &mut Printer<'_>, bytes: &[u8], len: u32) -> Result<(), Cut> {
    p.protocol = "icmp6";
    if len == 0 {
        p.text("ICMP6, length 0");
        p.invalid();
        return Ok(());
    }
    let kind = byte(bytes, 0)?;
    p.text("ICMP6, ");
    if let Some(name) = name(kind) {
        p.text(name);
    } else {
        p.text("unknown icmp6 type (");
        p.dec(kind);
        p.text(")");
    }
    let code = byte(bytes, 1)?;
    match kind {
        1 => {
            if !unreachable(p, bytes, code)? {
                hex_only(p.out, upto(bytes, len));
                return Ok(());
            }
        }
        2 => {
            let mtu = be32(bytes, 4)?;
            p.text(", mtu ");
            p.dec(mtu);
        }
        3 => match code {
            0 => address(p, " for ", bytes, QUOTED_DST)?,
            1 => p.text(" (reassembly)"),
            _ => {
                p.text(", unknown code (");
                p.dec(code);
                p.text(")");
            }
        },
        4 => parameter_problem(p, bytes, code)?,
        128 | 129 => {
            let (id, seq) = (be16(bytes, 4)?, be16(bytes, 6)?);
            p.text(", id ");
            p.dec(id);
            p.text(", seq ");
            p.dec(seq);
        }
        130 => query(p, bytes, len)?,
        131 | 132 => listener(p, bytes)?,
        135 => address(p, ", who has ", bytes, 8)?,
        136 => address(p, ", tgt is ", bytes, 8)?,
        137 => {
            address(p, ", ", bytes, 24)?;
            address(p, " to ", bytes, 8)?;
        }
        143 => {
            if len < 8 {
                p.text(" [invalid len ");
                p.dec(len);
                p.text("]");
            } else {
                let groups = be16(bytes, 6)?;
                p.text(", ");
                p.dec(groups);
                p.text(" group record(s)");
            }
        }
        144 | 146 => {
            let id = be16(bytes, 4)?;
            p.text(", id 0x");
            p.out.hex(u32::from(id), 4);
        }
        133 | 134 | 141 | 142 | 145 | 147 => {}
        _ => {
            p.text(", length ");
            p.dec(len);
            hex_only(p.out, upto(bytes, len));
            return Ok(());
        }
    }
    p.text(", length ");
    p.dec(len);
    Ok(())
}

const fn name(kind: u8) -> Option<&'static str> {
    Some(match kind {
        1 => "destination unreachable",
        2 => "packet too big",
        3 => "time exceeded in-transit",
        4 => "parameter problem",
        128 => "echo request",
        129 => "echo reply",
        130 => "multicast listener query",
        131 => "multicast listener report",
        132 => "multicast listener done",
        133 => "router solicitation",
        134 => "router advertisement",
        135 => "neighbor solicitation",
        136 => "neighbor advertisement",
        137 => "redirect",
        138 => "router renumbering",
        139 => "who-are-you request",
        140 => "who-are-you reply",
        141 => "inverse neighbor solicitation",
        142 => "inverse neighbor advertisement",
        143 => "multicast listener report v2",
        144 => "ha discovery request",
        145 => "ha discovery reply",
        146 => "mobile router solicitation",
        147 => "mobile router advertisement",
        155 => "RPL",
        200 => "mtrace response",
        201 => "mtrace message",
        _ => return None,
    })
}

fn address(p: &mut Printer<'_>, before: &str, bytes: &[u8], at: usize) -> Result<(), Cut> {
    let address = array(bytes, at)?;
    p.text(before);
    p.out.ipv6(address);
    Ok(())
}

/// `false` when the code is not known, and the message is to be dumped.
fn unreachable(p: &mut Printer<'_>, bytes: &[u8], code: u8) -> Result<bool, Cut> {
    p.text(", ");
    p.text(match code {
        0 => "unreachable route",
        1 => " unreachable prohibited",
        2 => "beyond scope",
        3 => "unreachable address",
        4 => "unreachable port",
        _ => {
            p.text("unknown unreach code (");
            p.dec(code);
            p.text(")");
            return Ok(false);
        }
    });
    match code {
        2 => {
            let source = array(bytes, QUOTED_SRC)?;
            address(p, " ", bytes, QUOTED_DST)?;
            p.text(", source address ");
            p.out.ipv6(source);
        }
        4 => {
            let (protocol, header) = quoted_transport(bytes).ok_or(Cut)?;
            let port = be16(header, 2)?;
            address(p, ", ", bytes, QUOTED_DST)?;
            p.text(if protocol == TCP {
                " tcp port "
            } else {
                " udp port "
            });
            p.dec(port);
        }
        _ => address(p, " ", bytes, QUOTED_DST)?,
    }
    Ok(true)
}

/// The quoted packet's TCP or UDP header, behind its extension headers.
fn quoted_transport(bytes: &[u8]) -> Option<(u8, &[u8])> {
    let quoted = bytes.get(QUOTED..)?;
    let mut next = *quoted.get(6)?;
    let mut rest = quoted.get(40..)?;
    // An extension header is at least eight bytes, so the packet bounds the loop.
    loop {
        let &[after, units, third, fourth, ..] = rest else {
            return None;
        };
        let len = match next {
            TCP | UDP => return Some((next, rest)),
            0 | 43 | 60 => (usize::from(units) + 1) * 8,
            44 if u16::from_be_bytes([third, fourth]) & 0xfff8 == 0 => 8,
            AH => (usize::from(units) + 2) * 4,
            _ => return None,
        };
        next = after;
        rest = rest.get(len..)?;
    }
}

fn parameter_problem(p: &mut Printer<'_>, bytes: &[u8], code: u8) -> Result<(), Cut> {
    array::<16>(bytes, QUOTED_DST)?;
    p.text(match code {
        0 => ", erroneous - octet ",
        1 => ", next header - octet ",
        2 => ", option - octet ",
        3 => ", incomplete header chain - octet ",
        _ => {
            p.text(", code-#");
            p.dec(code);
            return Ok(());
        }
    });
    p.dec(be32(bytes, 4)?);
    Ok(())
}

/// Version 1 (RFC 2710) by its length; of version 2 what tcpdump says without `-v`.
fn query(p: &mut Printer<'_>, bytes: &[u8], len: u32) -> Result<(), Cut> {
    match len {
        24 => listener(p, bytes),
        28.. => {
            p.text(" v2");
            be16(bytes, 4)?;
            query_sources(p, bytes, len)
        }
        _ => {
            p.text(" unknown-version (len ");
            p.dec(len);
            p.text(") ");
            Ok(())
        }
    }
}

fn query_sources(p: &mut Printer<'_>, bytes: &[u8], len: u32) -> Result<(), Cut> {
    address(p, " [gaddr ", bytes, 8)?;
    let sources = be16(bytes, 26)?;
    if sources > 0 {
        if len < 28 + u32::from(sources) * 16 {
            p.text(" [invalid number of sources]");
        } else {
            p.text(", ");
            p.dec(sources);
            p.text(" source(s)");
        }
    }
    p.text("]");
    Ok(())
}

/// A version 1 message: its delay and group, if it is whole.
fn listener(p: &mut Printer<'_>, bytes: &[u8]) -> Result<(), Cut> {
    if from(bytes, 23).is_empty() {
        return Ok(());
    }
    p.text("max resp delay: ");
    p.dec(be16(bytes, 4)?);
    p.text(" addr: ");
    p.out.ipv6(array(bytes, 8)?);
    Ok(())
}
