//! Names: labels, and pointers to labels that came before (RFC 1035 §4.1.4).

use crate::line::Printer;
use crate::line::text::{Append, Cut, byte};

/// Of a name, in characters.
const MAX_NAME: usize = 255;

/// Behind the name at `at`; nothing when that lies beyond the capture.
pub(super) fn skip_name(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        let first = usize::from(*bytes.get(at)?);
        at += 1;
        match first >> 6 {
            0 if first == 0 => return Some(at),
            0 => at += first,
            3 => return Some(at + 1),
            1 if first == BIT_LABEL => at += bit_label_len(*bytes.get(at)?),
            _ => return None,
        }
    }
}

/// A string of bits as a label (RFC 2673), tried for IPv6 and given up.
const BIT_LABEL: usize = 0x41;

/// Its length, from the byte that counts its bits on.
fn bit_label_len(bits: u8) -> usize {
    1 + bit_count(bits).div_ceil(8)
}

fn bit_count(bits: u8) -> usize {
    if bits == 0 { 256 } else { usize::from(bits) }
}

/// The byte that a label at `at` begins with, and the length of what follows it.
fn label(p: &mut Printer<'_>, bytes: &[u8], at: usize) -> Result<(usize, usize), Cut> {
    let first = usize::from(byte(bytes, at)?);
    let len = match first >> 6 {
        1 if first == BIT_LABEL => bit_label_len(byte(bytes, at + 1)?),
        1 => {
            p.text("<ELT ");
            p.dec(first as u64 & 0x3f);
            p.text(">");
            return Err(Cut);
        }
        2 => {
            p.text("<BAD LABEL TYPE>");
            return Err(Cut);
        }
        _ => first,
    };
    Ok((first, len))
}

/// Prints the name at `start`; returns where it ends there, wherever its parts were.
pub(in crate::line) fn name(p: &mut Printer<'_>, bytes: &[u8], start: usize) -> Result<usize, Cut> {
    name_within(p, bytes, start, 0)
}

/// Likewise, where pointers count from `base`. When the name stands before that, any of them
/// is a way back for tcpdump.
pub(super) fn name_within(
    p: &mut Printer<'_>,
    bytes: &[u8],
    start: usize,
    base: usize,
) -> Result<usize, Cut> {
    let (mut first, mut len) = label(p, bytes, start)?;
    if first == 0 {
        p.text(".");
        return Ok(start + 1);
    }
    let mut at = start + 1;
    // Behind the name, as long as no pointer has ended it.
    let mut end = at + len;
    let mut jumped = false;
    let mut limit = start.checked_sub(base).unwrap_or(usize::MAX);
    let mut printed = 0;
    while first != 0 && at < bytes.len() {
        if first >> 6 == 3 {
            if !jumped {
                end = at + 1;
                jumped = true;
            }
            let target = (first & 0x3f) << 8 | usize::from(byte(bytes, at)?);
            // Only backwards, or a name could go round in circles.
            if target >= limit {
                p.text("<BAD PTR>");
                return Err(Cut);
            }
            limit = target;
            let target = base + target;
            (first, len) = label(p, bytes, target)?;
            at = target + 1;
            continue;
        }
        if first == BIT_LABEL {
            bit_label(p, bytes, at)?;
        } else {
            if printed < MAX_NAME {
                p.characters(bytes, at, len.min(MAX_NAME - printed))?;
            }
            printed += len;
        }
        at += len;
        if printed <= MAX_NAME {
            p.text(".");
        }
        printed += 1;
        (first, len) = label(p, bytes, at)?;
        at += 1;
        if !jumped {
            end += len + 1;
        }
    }
    if at == start + 1 && first >> 6 == 3 {
        // A pointer alone, of which the second half is missing.
        return Err(Cut);
    }
    if printed > MAX_NAME {
        p.text("<DOMAIN NAME TOO LONG>");
    }
    Ok(end)
}

/// `\[x20/3]`
fn bit_label(p: &mut Printer<'_>, bytes: &[u8], at: usize) -> Result<(), Cut> {
    let bits = bit_count(byte(bytes, at)?);
    p.text("\\[x");
    for i in 0..bits / 8 {
        let digits = p.leaving(byte(bytes, at + 1 + i))?;
        p.out.hex(u32::from(digits), 2);
    }
    let rest = bits % 8;
    if rest > 0 {
        let last = p.leaving(byte(bytes, at + 1 + bits / 8))?;
        let masked = last & (0xff << (8 - rest));
        if rest > 4 {
            p.out.hex(u32::from(masked), 2);
        } else {
            p.out.hex(u32::from(masked >> 4), 1);
        }
    }
    p.text("/");
    p.dec(bits as u64);
    p.text("]");
    Ok(())
}
