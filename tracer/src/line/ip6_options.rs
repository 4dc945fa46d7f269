//! The options in IPv6's hop-by-hop and destination headers (RFC 8200 §4.2).

use super::Printer;
use super::ip6::Extensions;
use super::text::{Append, Cut, array, be16, be32, from};

/// Reads the options of a hop-by-hop header, whose payload length is given, or of a destination
/// header. Without `-v` tcpdump prints only what is wrong.
pub(super) fn options_are_sound(
    p: &mut Printer<'_>,
    options: &[u8],
    mut hop_by_hop: Option<(u32, &mut Extensions)>,
) -> Result<bool, Cut> {
    let mut rest = options;
    let mut seen = false;
    while let Some((&kind, after)) = rest.split_first() {
        if kind == 0 {
            if p.verbose() > 0 {
                p.text("(pad1)");
            }
            rest = after;
            continue;
        }
        let Some(&len) = after.first() else {
            return Ok(false);
        };
        let Some(data) = after.get(1..1 + usize::from(len)) else {
            return Ok(false);
        };
        // (name, the length of its data, which home addresses may exceed)
        let expected = match kind {
            ROUTER_ALERT => Some(("rtalert", 2)),
            JUMBO => Some(("jumbo", 4)),
            HOME_ADDRESS => Some(("homeaddr", 16)),
            _ => None,
        };
        if let Some((name, expected)) = expected {
            let wrong = if kind == HOME_ADDRESS {
                data.len() < expected
            } else {
                data.len() != expected
            };
            let short = rest.len() < expected + 2;
            if short || wrong {
                p.text("(");
                p.text(name);
                if short {
                    p.text(": trunc)");
                } else {
                    p.text(": invalid len ");
                    p.dec(len);
                    p.text(")");
                }
                return Ok(false);
            }
        }
        let judgement = if kind == JUMBO {
            let len = be32(data, 0)?;
            let judgement = match &mut hop_by_hop {
                _ if seen => " - already seen",
                None => " - not a hop-by-hop option",
                // RFC 2675 §2: only with a payload length of 0, and only for what needs it.
                Some((payload_len, state)) if *payload_len != 0 || state.jumbo.is_some() => {
                    " - payload len != 0"
                }
                Some(_) if len < 0x1_0000 => " - < 65536",
                Some((_, state)) => {
                    state.jumbo = Some(len);
                    ""
                }
            };
            seen = true;
            judgement
        } else {
            ""
        };
        if p.verbose() > 0 && !option(p, kind, data, judgement)? {
            return Ok(false);
        }
        rest = from(after, 1 + data.len());
    }
    if p.verbose() > 0 && !options.is_empty() {
        p.text(" ");
    }
    Ok(true)
}

const ROUTER_ALERT: u8 = 0x05;
const JUMBO: u8 = 0xc2;
const HOME_ADDRESS: u8 = 0xc9;

/// `false` when a sub-option is cut.
fn option(p: &mut Printer<'_>, kind: u8, data: &[u8], judgement: &str) -> Result<bool, Cut> {
    match kind {
        1 => p.text("(padn)"),
        ROUTER_ALERT => {
            p.text("(rtalert: 0x");
            p.out.hex(u32::from(be16(data, 0)?), 4);
            p.text(") ");
        }
        JUMBO => {
            p.text("(jumbo: ");
            p.dec(be32(data, 0)?);
            p.text(judgement);
            p.text(") ");
        }
        HOME_ADDRESS => {
            p.text("(homeaddr: ");
            p.ipv6(array(data, 0)?);
            if !sub_options(p, from(data, 16)) {
                return Ok(false);
            }
            p.text(")");
        }
        _ => {
            p.text("(opt_type 0x");
            p.out.hex(u32::from(kind), 2);
            p.text(": len=");
            p.dec(data.len() as u64);
            p.text(")");
        }
    }
    Ok(true)
}

fn sub_options(p: &mut Printer<'_>, mut rest: &[u8]) -> bool {
    while let Some((&kind, after)) = rest.split_first() {
        if kind == 0 {
            p.text(", pad1");
            rest = after;
            continue;
        }
        let Some((&len, data)) = after.split_first() else {
            return false;
        };
        let Some(next) = data.get(usize::from(len)..) else {
            return false;
        };
        if kind == 1 {
            p.text(", padn");
        } else {
            p.text(", sopt_type 0x");
            p.out.hex(u32::from(kind), 2);
            p.text(": len=");
            p.dec(len);
        }
        rest = next;
    }
    true
}
