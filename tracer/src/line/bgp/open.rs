//! BGP's OPEN, and the capabilities in it (RFC 5492).

use super::super::Printer;
use super::super::text::{Append, Cut, array, be16, be32, byte, from, hex_lines, named, upto};
use super::names::{CAPABILITIES, OPTIONS};
use super::{Extent, family};

const OPEN_LEN: u32 = 29;
const CAPABILITIES_OPTION: u8 = 2;

pub(super) fn open(p: &mut Printer<'_>, bytes: &[u8], len: u32) -> Result<Extent, Cut> {
    if len < OPEN_LEN {
        return Ok(Extent::TooShort);
    }
    let left = len - OPEN_LEN;
    p.text("\n\t  Version ");
    p.dec(byte(bytes, 19)?);
    p.text(", my AS ");
    p.dec(be16(bytes, 20)?);
    p.text(", Holdtime ");
    p.dec(be16(bytes, 22)?);
    p.text("s, ID ");
    p.ipv4(array(bytes, 24)?);
    let options_len = usize::from(byte(bytes, 28)?);
    p.text("\n\t  Optional parameters, length: ");
    p.dec(options_len as u64);
    let options = from(bytes, OPEN_LEN as usize);
    let mut at = 0;
    while at < options_len {
        if options.len() < at + 2 || (left as usize) < at + 2 {
            return Ok(Extent::TooShort);
        }
        let (kind, len) = (byte(options, at)?, byte(options, at + 1)?);
        let end = at + 2 + usize::from(len);
        if end > options_len {
            p.text("\n\t     Option ");
            p.dec(kind);
            p.text(", length: ");
            p.dec(len);
            p.text(", goes past the end of the options");
            break;
        }
        p.text("\n\t    Option ");
        p.text(named(&OPTIONS, kind.into()).unwrap_or("Unknown"));
        p.text(" (");
        p.dec(kind);
        p.text("), length: ");
        p.dec(len);
        if kind == CAPABILITIES_OPTION {
            capabilities(p, from(options, at + 2), len)?;
        } else {
            p.text("\n\t      no decoder for option ");
            p.dec(kind);
        }
        at = end;
    }
    Ok(Extent::Whole)
}

fn capabilities(p: &mut Printer<'_>, bytes: &[u8], len: u8) -> Result<(), Cut> {
    let mut rest = bytes;
    let mut left = i32::from(len);
    while left > 0 {
        let (Ok(kind), Ok(len)) = (byte(rest, 0), byte(rest, 1)) else {
            p.truncated();
            return Ok(());
        };
        p.text("\n\t      ");
        p.text(named(&CAPABILITIES, kind.into()).unwrap_or("Unknown"));
        p.text(" (");
        p.dec(kind);
        p.text("), length: ");
        p.dec(len);
        let value = from(rest, 2);
        if value.len() < len.into() {
            p.truncated();
            return Ok(());
        }
        if !capability(p, kind, value, len)? {
            return Ok(());
        }
        if p.verbose() > 1 && len != 0 {
            hex_lines(p.out, "\n\t\t", upto(value, len.into()));
        }
        rest = from(value, len.into());
        left -= 2 + i32::from(len);
    }
    Ok(())
}

/// `false` when it is too short to go on.
fn capability(p: &mut Printer<'_>, kind: u8, value: &[u8], len: u8) -> Result<bool, Cut> {
    let least = match kind {
        1 | 65 => 4,
        64 => 2,
        _ => 0,
    };
    if len < least {
        p.text(" (too short, < ");
        p.dec(least);
        p.text(")");
        return Ok(false);
    }
    match kind {
        1 => {
            let (of, subsequent) = (be16(value, 0)?, byte(value, 3)?);
            p.text("\n\t\t");
            family(p, of, subsequent);
        }
        8 => each(p, "\n\t\t", value, len, |p, count| {
            p.text(", Count: ");
            p.dec(count);
        })?,
        64 => {
            let flags = be16(value, 0)?;
            p.text("\n\t\tRestart Flags: [");
            p.text(if flags & 0x8000 != 0 { "R" } else { "none" });
            p.text("], Restart Time ");
            p.dec(flags & 0xfff);
            p.text("s");
            each(p, "\n\t\t  ", from(value, 2), len - 2, |p, flags| {
                p.text(", Forwarding state preserved: ");
                p.text(if flags & 0x80 != 0 { "yes" } else { "no" });
            })?;
        }
        65 => {
            let number = be32(value, 0)?;
            p.text("\n\t\t 4 Byte AS ");
            p.dec(number);
        }
        69 if len == 0 => p.text(" (bogus)"),
        69 => {
            each(p, "\n\t\t", value, len, |p, way| {
                p.text(", Send/Receive: ");
                match way {
                    1 => p.text("Receive"),
                    2 => p.text("Send"),
                    3 => p.text("Both"),
                    _ => {
                        p.text("Bogus (0x");
                        p.out.hex(way.into(), 2);
                        p.text(")");
                    }
                }
            })?;
            if !len.is_multiple_of(4) {
                p.invalid();
            }
        }
        2 | 71 | 128 => {}
        _ => {
            p.text("\n\t\tno decoder for Capability ");
            p.dec(kind);
            if p.verbose() <= 1 {
                hex_lines(p.out, "\n\t\t", upto(value, len.into()));
            }
        }
    }
    Ok(true)
}

/// Address families, with a byte about each.
fn each(
    p: &mut Printer<'_>,
    indent: &str,
    value: &[u8],
    len: u8,
    mut about: impl FnMut(&mut Printer<'_>, u8),
) -> Result<(), Cut> {
    for i in 0..usize::from(len / 4) {
        let entry: [u8; 4] = array(value, i * 4)?;
        p.text(indent);
        let [.., subsequent, last] = entry;
        family(p, be16(&entry, 0)?, subsequent);
        about(p, last);
    }
    Ok(())
}
