//! `ICMPv6` (RFC 4443), neighbour discovery (RFC 4861) and multicast listeners (RFC 3810).

use super::ip::{AH, ICMPV6, Payload, TCP, UDP};
use super::text::{Append, Cut, array, be16, be32, byte, hex_only, upto};
use super::{Printer, icmp6_options, mld};

/// Where the IPv6 header stands that an error message quotes.
const QUOTED: usize = 8;
const QUOTED_SRC: usize = QUOTED + 8;
const QUOTED_DST: usize = QUOTED + 24;

pub(super) fn icmp6(p: &mut Printer<'_>, payload: &Payload<'_>) -> Result<(), Cut> {
    p.protocol = "icmp6";
    let Payload { bytes, len, .. } = *payload;
    if len == 0 {
        p.text("ICMP6, length 0");
        p.invalid();
        return Ok(());
    }
    // -K is not asked here.
    let verbose = p.verbose() > 0;
    if verbose && !payload.fragmented {
        p.bracketed_checksum(payload, (ICMPV6, "icmp6"), len, 2);
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
    if verbose && matches!(kind, 133..=137 | 145 | 147) {
        p.text(", length ");
        p.dec(len);
    }
    let code = byte(bytes, 1)?;
    let ending = match kind {
        1..=4 => error(p, bytes, kind, code)?,
        128 | 129 => {
            let (id, seq) = (be16(bytes, 4)?, be16(bytes, 6)?);
            p.text(", id ");
            p.dec(id);
            p.text(", seq ");
            p.dec(seq);
            Ending::Length
        }
        130 => mld::query(p, bytes, len)?,
        131 | 132 => mld::listener(p, bytes)?,
        133..=137 => discovery(p, bytes, len, kind)?,
        141 | 142 => Ending::Length,
        143 => mld::report(p, bytes, len)?,
        144 | 146 => {
            let id = be16(bytes, 4)?;
            p.text(", id 0x");
            p.out.hex(u32::from(id), 4);
            Ending::Length
        }
        145 | 147 => {
            if verbose {
                mobility(p, bytes, len, kind)?
            } else {
                Ending::Length
            }
        }
        _ => {
            p.text(", length ");
            p.dec(len);
            Ending::Dump
        }
    };
    match ending {
        Ending::Truncated => p.truncated(),
        Ending::Dump if p.verbose() < 2 => hex_only(p.out, upto(bytes, len)),
        Ending::Length if !verbose => {
            p.text(", length ");
            p.dec(len);
        }
        Ending::Length | Ending::Dump => {}
    }
    Ok(())
}

/// How a message's line ends.
pub(super) enum Ending {
    /// With its length.
    Length,
    /// With the bytes of what is not understood.
    Dump,
    /// With the sign that something is missing.
    Truncated,
}

/// Messages about a packet that they quote.
fn error(p: &mut Printer<'_>, bytes: &[u8], kind: u8, code: u8) -> Result<Ending, Cut> {
    match kind {
        1 => return unreachable(p, bytes, code),
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
        _ => return parameter_problem(p, bytes, code),
    }
    Ok(Ending::Length)
}

/// Neighbour discovery; its options are shown with `-v`.
fn discovery(p: &mut Printer<'_>, bytes: &[u8], len: u32, kind: u8) -> Result<Ending, Cut> {
    let options_at = match kind {
        133 => 8,
        134 => 16,
        135 => {
            address(p, ", who has ", bytes, 8)?;
            24
        }
        136 => {
            address(p, ", tgt is ", bytes, 8)?;
            24
        }
        _ => {
            address(p, ", ", bytes, 24)?;
            address(p, " to ", bytes, 8)?;
            40
        }
    };
    if p.verbose() == 0 {
        return Ok(Ending::Length);
    }
    match kind {
        134 => router_advertisement(p, bytes)?,
        136 => {
            let flags = be32(bytes, 4)?;
            p.text(", Flags [");
            let names = [
                (0x8000_0000, "router"),
                (0x4000_0000, "solicited"),
                (0x2000_0000, "override"),
            ];
            p.flags(flags, &names);
            p.text("]");
        }
        _ => {}
    }
    icmp6_options::options(p, bytes, len, options_at)
}

fn router_advertisement(p: &mut Printer<'_>, bytes: &[u8]) -> Result<(), Cut> {
    let (limit, flags) = (byte(bytes, 4)?, byte(bytes, 5)?);
    let (lifetime, reachable, retransmit) = (be16(bytes, 6)?, be32(bytes, 8)?, be32(bytes, 12)?);
    p.text("\n\thop limit ");
    p.dec(limit);
    p.text(", Flags [");
    let names = [
        (0x80, "managed"),
        (0x40, "other stateful"),
        (0x20, "home agent"),
        (0x02, "ipv6 only"),
    ];
    p.flags(u32::from(flags), &names);
    p.text("], pref ");
    p.text(icmp6_options::preference(flags));
    p.text(", router lifetime ");
    p.dec(lifetime);
    p.text("s, reachable time ");
    p.dec(reachable);
    p.text("ms, retrans timer ");
    p.dec(retransmit);
    p.text("ms");
    Ok(())
}

/// Mobile IPv6 (RFC 6275 §6.6, §6.8).
fn mobility(p: &mut Printer<'_>, bytes: &[u8], len: u32, kind: u8) -> Result<Ending, Cut> {
    let id = be16(bytes, 4)?;
    p.text(", id 0x");
    p.out.hex(u32::from(id), 4);
    if kind == 145 {
        let mut at = 8;
        while at < len as usize {
            address(p, ", ", bytes, at)?;
            at += 16;
        }
        return Ok(Ending::Length);
    }
    let flags = be16(bytes, 6)?;
    if flags & 0xc000 != 0 {
        p.text(" ");
    }
    for (bit, letter) in [(0x8000, "M"), (0x4000, "O")] {
        if flags & bit != 0 {
            p.text(letter);
        }
    }
    icmp6_options::options(p, bytes, len, 8)
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
    p.ipv6(address);
    Ok(())
}

fn unreachable(p: &mut Printer<'_>, bytes: &[u8], code: u8) -> Result<Ending, Cut> {
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
            return Ok(if p.verbose() > 1 {
                Ending::Length
            } else {
                Ending::Dump
            });
        }
    });
    match code {
        2 => {
            let source = array(bytes, QUOTED_SRC)?;
            address(p, " ", bytes, QUOTED_DST)?;
            p.text(", source address ");
            p.ipv6(source);
        }
        4 => {
            let Some((protocol, header)) = quoted_transport(bytes) else {
                return Ok(Ending::Truncated);
            };
            let port = be16(header, 2)?;
            address(p, ", ", bytes, QUOTED_DST)?;
            if protocol == TCP {
                p.text(" tcp port ");
                p.tcp_port(port);
            } else {
                p.text(" udp port ");
                p.udp_port(port);
            }
        }
        _ => address(p, " ", bytes, QUOTED_DST)?,
    }
    Ok(Ending::Length)
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

fn parameter_problem(p: &mut Printer<'_>, bytes: &[u8], code: u8) -> Result<Ending, Cut> {
    if bytes.len() < QUOTED_DST + 16 {
        return Ok(Ending::Truncated);
    }
    p.text(match code {
        0 => ", erroneous - octet ",
        1 => ", next header - octet ",
        2 => ", option - octet ",
        3 => ", incomplete header chain - octet ",
        _ => {
            p.text(", code-#");
            p.dec(code);
            return Ok(Ending::Length);
        }
    });
    p.dec(be32(bytes, 4)?);
    Ok(Ending::Length)
}
