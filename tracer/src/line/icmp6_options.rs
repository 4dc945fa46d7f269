//! The options of neighbour discovery (RFC 4861 §4.6 and others), which `-v` shows.

use super::Printer;
use super::domain::name;
use super::icmp6::Ending;
use super::text::{Append, Cut, array, be16, be32, byte, from, hex_lines, upto};

/// From `at` to the end of a message of `len` bytes.
pub(super) fn options(
    p: &mut Printer<'_>,
    bytes: &[u8],
    len: u32,
    at: usize,
) -> Result<Ending, Cut> {
    let message = from(bytes, at);
    let mut rest = message;
    let mut left = (len as usize).saturating_sub(at);
    while !rest.is_empty() {
        let &[kind, units, ..] = rest else {
            return Ok(Ending::Truncated);
        };
        if left == 0 {
            break;
        }
        let option_len = usize::from(units) * 8;
        let Some(option) = rest.get(..option_len).filter(|option| !option.is_empty()) else {
            return Ok(Ending::Truncated);
        };
        p.text("\n\t  ");
        p.text(option_name(kind));
        p.text(" option (");
        p.dec(kind);
        p.text("), length ");
        p.dec(option_len as u64);
        p.text(" (");
        p.dec(units);
        p.text("): ");
        let data = from(option, 2);
        match one(p, message, rest, option)? {
            Shown::Unknown if p.verbose() < 2 => {
                hex_lines(p.out, "\n\t  ", data);
                break;
            }
            Shown::Yes | Shown::Unknown => {}
            Shown::Bad => return Ok(Ending::Truncated),
        }
        if p.verbose() > 1 {
            hex_lines(p.out, "\n\t    ", data);
        }
        rest = from(rest, option_len);
        left = left.saturating_sub(option_len);
    }
    Ok(Ending::Length)
}

enum Shown {
    Yes,
    Unknown,
    Bad,
}

const fn option_name(kind: u8) -> &'static str {
    match kind {
        1 => "source link-address",
        2 => "destination link-address",
        3 => "prefix info",
        4 => "redirected header",
        5 => "mtu",
        7 => "advertisement interval",
        8 => "homeagent information",
        24 => "route info",
        25 => "rdnss",
        31 => "dnssl",
        _ => "unknown",
    }
}

/// A router's preference (RFC 4191 §2.1).
pub(super) const fn preference(flags: u8) -> &'static str {
    match flags >> 3 & 3 {
        0 => "medium",
        1 => "high",
        2 => "rsv",
        _ => "low",
    }
}

/// Fields are read from `rest`, for an option that is too short for its kind runs into the next.
fn one(p: &mut Printer<'_>, message: &[u8], rest: &[u8], option: &[u8]) -> Result<Shown, Cut> {
    let units = byte(option, 1)?;
    match byte(option, 0)? {
        1 | 2 => p.out.link_address(from(option, 2)),
        3 => prefix(p, rest, units)?,
        4 => hex_lines(p.out, "\n\t    ", upto(message, u32::from(units) * 8)),
        5 => {
            let mtu = be32(rest, 4)?;
            p.text(" ");
            p.dec(mtu);
            if units != 1 {
                p.text("bad option length");
            }
        }
        7 => {
            let interval = be32(rest, 4)?;
            p.text(" ");
            p.dec(interval);
            p.text("ms");
        }
        8 => {
            let (preference, lifetime) = (be16(rest, 4)?, be16(rest, 6)?);
            p.text(" preference ");
            p.dec(preference);
            p.text(", lifetime ");
            p.dec(lifetime);
        }
        24 => return route(p, option),
        25 => {
            p.text(" lifetime ");
            p.dec(be32(rest, 4)?);
            p.text("s,");
            for server in 0..usize::from(units - 1) / 2 {
                let address = array(rest, 8 + server * 16)?;
                p.text(" addr: ");
                p.ipv6(address);
            }
        }
        31 => {
            p.text(" lifetime ");
            p.dec(be32(rest, 4)?);
            p.text("s, domain(s):");
            let start = message.len() - rest.len();
            let mut at = start + 8;
            while at < start + option.len() && byte(message, at)? != 0 {
                p.text(" ");
                match name(p, message, at) {
                    Ok(next) => at = next,
                    Err(Cut) => return Ok(Shown::Bad),
                }
            }
        }
        _ => return Ok(Shown::Unknown),
    }
    Ok(Shown::Yes)
}

fn prefix(p: &mut Printer<'_>, rest: &[u8], units: u8) -> Result<(), Cut> {
    let (address, len) = (array(rest, 16)?, byte(rest, 2)?);
    let (flags, valid) = (byte(rest, 3)?, be32(rest, 4)?);
    p.ipv6(address);
    p.text("/");
    p.dec(len);
    if units != 4 {
        p.text("badlen");
    }
    p.text(", Flags [");
    let names = [(0x80, "onlink"), (0x40, "auto"), (0x20, "router")];
    p.flags(u32::from(flags), &names);
    p.text("], valid time ");
    lifetime(p, valid);
    let preferred = be32(rest, 8)?;
    p.text(", pref. time ");
    lifetime(p, preferred);
    Ok(())
}

fn lifetime(p: &mut Printer<'_>, seconds: u32) {
    if seconds == u32::MAX {
        p.text("infinity");
    } else {
        p.dec(seconds);
        p.text("s");
    }
}

/// RFC 4191 §2.3: of the prefix as much as the length has room for.
fn route(p: &mut Printer<'_>, option: &[u8]) -> Result<Shown, Cut> {
    let mut address = [0; 16];
    let given = from(option, 8);
    let Some(room) = address.get_mut(..given.len()) else {
        return Ok(Shown::Bad);
    };
    room.copy_from_slice(given);
    p.text(" ");
    p.ipv6(address);
    p.text("/");
    p.dec(byte(option, 2)?);
    p.text(", pref=");
    p.text(preference(byte(option, 3)?));
    p.text(", lifetime=");
    lifetime(p, be32(option, 4)?);
    Ok(Shown::Yes)
}
