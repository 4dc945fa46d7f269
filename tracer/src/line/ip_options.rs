//! The options of an IPv4 header (RFC 791), which tcpdump shows with `-v`.

use super::Printer;
use super::text::{Cut, array, be16, be32, byte, from};

const END: u8 = 0;
const NOP: u8 = 1;
const RECORD_ROUTE: u8 = 7;
const TIME_STAMP: u8 = 68;
const LOOSE_ROUTE: u8 = 131;
const STRICT_ROUTE: u8 = 137;
const ROUTER_ALERT: u8 = 148;

/// Prints `len` bytes of options; `false` when one of them goes beyond the capture.
pub(super) fn options(p: &mut Printer<'_>, bytes: &[u8], len: usize) -> Result<bool, Cut> {
    let mut at = 0;
    while at < len {
        if at > 0 {
            p.text(",");
        }
        let kind = byte(bytes, at)?;
        match kind {
            END => p.text("EOL"),
            NOP => p.text("NOP"),
            RECORD_ROUTE => p.text("RR"),
            TIME_STAMP => p.text("timestamp"),
            82 => p.text("traceroute"),
            130 => p.text("security"),
            LOOSE_ROUTE => p.text("LSRR"),
            STRICT_ROUTE => p.text("SSRR"),
            ROUTER_ALERT => p.text("RA"),
            _ => {
                p.text("unknown ");
                p.dec(kind);
            }
        }
        let mut option_len = 1;
        if !matches!(kind, END | NOP) {
            option_len = usize::from(byte(bytes, at + 1)?);
            if option_len < 2 {
                bad_length(p, option_len);
                return Ok(true);
            }
        }
        if option_len > len - at {
            bad_length(p, option_len);
            return Ok(true);
        }
        if bytes.len() < at + option_len {
            return Ok(false);
        }
        // Lists whose length is no multiple of an entry's are read beyond their end.
        let option = from(bytes, at);
        let whole = match kind {
            END => return Ok(true),
            TIME_STAMP => time_stamps(p, option, option_len)?,
            RECORD_ROUTE | LOOSE_ROUTE | STRICT_ROUTE => route(p, option, option_len)?,
            _ => true,
        };
        if !whole {
            return Ok(false);
        }
        match kind {
            ROUTER_ALERT if option_len < 4 => bad_length(p, option_len),
            ROUTER_ALERT => {
                let value = be16(option, 2)?;
                if value != 0 {
                    p.text(" value ");
                    p.dec(value);
                }
            }
            _ => {}
        }
        at += option_len;
    }
    Ok(true)
}

fn bad_length(p: &mut Printer<'_>, len: usize) {
    p.text(" [bad length ");
    p.dec(len as u64);
    p.text("]");
}

/// Addresses; `false` when one is not in the capture. Those before the pointer have a comma
/// behind: there the packet has been.
fn route(p: &mut Printer<'_>, option: &[u8], len: usize) -> Result<bool, Cut> {
    if len < 3 {
        bad_length(p, len);
        return Ok(true);
    }
    if !(len + 1).is_multiple_of(4) {
        bad_length(p, len);
    }
    let pointer = byte(option, 2)?;
    // Counted from 1; of 0 tcpdump makes a very large number.
    let next = usize::from(pointer).wrapping_sub(1);
    if next < 3 || !next.wrapping_add(1).is_multiple_of(4) || next > len + 1 {
        p.text(" [bad ptr ");
        p.dec(pointer);
        p.text("]");
    }
    for at in (3..len).step_by(4) {
        let Ok(address) = array(option, at) else {
            return Ok(false);
        };
        p.text(" ");
        p.ipv4(address);
        if next > at {
            p.text(",");
        }
    }
    Ok(true)
}

fn time_stamps(p: &mut Printer<'_>, option: &[u8], len: usize) -> Result<bool, Cut> {
    if len < 4 {
        p.text("[bad length ");
        p.dec(len as u64);
        p.text("]");
        return Ok(true);
    }
    p.text(" TS{");
    let (pointer, flags) = (byte(option, 2)?, byte(option, 3)?);
    let kind = flags & 0xf;
    let hop_len = if kind == 0 { 4 } else { 8 };
    if !(len - 4).is_multiple_of(hop_len) {
        p.text("[bad length ");
        p.dec(len as u64);
        p.text("]");
    }
    let next = usize::from(pointer).wrapping_sub(1);
    if next < 4 || !next.wrapping_sub(4).is_multiple_of(hop_len) || next > len + 1 {
        p.text("[bad ptr ");
        p.dec(pointer);
        p.text("]");
    }
    let known = match kind {
        0 => "TSONLY",
        1 => "TS+ADDR",
        3 => "PRESPEC",
        _ => {
            p.text("[bad ts type ");
            p.dec(kind);
            p.text("]");
            ""
        }
    };
    p.text(known);
    let mut at = if known.is_empty() { 0 } else { 4 };
    while !known.is_empty() && at < len {
        if option.len() < at + hop_len {
            return Ok(false);
        }
        p.text(if next == at { " ^ " } else { " " });
        p.dec(be32(option, at + hop_len - 4)?);
        p.text("@");
        if hop_len == 8 {
            p.ipv4(array(option, at)?);
        }
        at += hop_len;
    }
    if next == at {
        p.text(" ^ ");
    }
    let missed = flags >> 4;
    if missed > 0 {
        p.text(" [");
        p.dec(missed);
        p.text(" hops not recorded]} ");
    } else {
        p.text("}");
    }
    Ok(true)
}
