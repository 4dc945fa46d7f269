//! TCP options.

use super::Printer;
use super::mptcp::mptcp;
use super::tcp::Header;
use super::text::{Append, Cut, be16, be32, byte, from};

/// Whether the line goes on behind the options.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// With the payload's length.
    Options,
    /// An option was bad: nothing follows it.
    Line,
}

/// Why the list is left.
enum Stop {
    /// A length that does not fit.
    Bad,
    /// An option's data lie beyond the capture, which tcpdump closes with a `>`.
    Missing,
    /// Any other field does.
    Cut,
}

impl From<Cut> for Stop {
    fn from(Cut: Cut) -> Self {
        Self::Cut
    }
}

/// The part of the header that is left, and how much of that is the header's.
#[derive(Clone, Copy)]
struct Rest<'a> {
    bytes: &'a [u8],
    len: usize,
}

impl Rest<'_> {
    /// The first `len` bytes are the header's and were captured.
    fn check(&self, len: usize) -> Result<(), Stop> {
        if len > self.len {
            Err(Stop::Bad)
        } else if len > self.bytes.len() {
            Err(Stop::Missing)
        } else {
            Ok(())
        }
    }
}

const END: u8 = 0;
const NOP: u8 = 1;

pub(super) fn options(p: &mut Printer<'_>, header: &Header<'_>) -> Result<Ending, Cut> {
    p.text(", options [");
    let mut any = false;
    match list(p, header, &mut any) {
        Ok(()) => {
            p.text("]");
            Ok(Ending::Options)
        }
        Err(Stop::Bad) => {
            p.text("[bad opt]");
            if any {
                p.text("]");
            }
            Ok(Ending::Line)
        }
        Err(Stop::Missing) => {
            p.truncated();
            if any {
                p.text(">");
            }
            Ok(Ending::Line)
        }
        Err(Stop::Cut) => Err(Cut),
    }
}

fn list(p: &mut Printer<'_>, header: &Header<'_>, any: &mut bool) -> Result<(), Stop> {
    let mut rest = Rest {
        bytes: from(header.bytes, 20),
        len: header.len as usize - 20,
    };
    while rest.len > 0 {
        if *any {
            p.text(",");
        }
        let kind = byte(rest.bytes, 0)?;
        // The length byte counts the kind and itself; the two shortest options have none.
        let (len, head) = if matches!(kind, END | NOP) {
            (1, 1)
        } else {
            (usize::from(byte(rest.bytes, 1)?), 2)
        };
        if head == 2 && (len < 2 || len > rest.len) {
            return Err(Stop::Bad);
        }
        rest = Rest {
            bytes: from(rest.bytes, head),
            len: rest.len - head,
        };
        let data_len = option(p, header, kind, len - head, rest)?;
        rest = Rest {
            bytes: from(rest.bytes, data_len),
            len: rest.len.saturating_sub(data_len),
        };
        if data_len + head != len {
            p.text("[len ");
            p.dec(len as u64);
            p.text("]");
        }
        *any = true;
        if kind == END {
            break;
        }
    }
    Ok(())
}

/// Prints one option; returns how much data it took, which for most is what its kind says and
/// not what its length byte says.
fn option(
    p: &mut Printer<'_>,
    header: &Header<'_>,
    kind: u8,
    len: usize,
    rest: Rest<'_>,
) -> Result<usize, Stop> {
    let bytes = rest.bytes;
    if let Some(name) = name(kind) {
        p.text(name);
    } else {
        p.text("unknown-");
        p.dec(kind);
    }
    match kind {
        END | NOP | 4 => Ok(0),
        2 => {
            rest.check(2)?;
            p.text(" ");
            p.dec(be16(bytes, 0)?);
            Ok(2)
        }
        3 => {
            rest.check(1)?;
            p.text(" ");
            p.dec(byte(bytes, 0)?);
            Ok(1)
        }
        5 => sack(p, header.base.sack, len, rest),
        6 | 7 | 11..=13 => {
            rest.check(4)?;
            p.text(" ");
            p.dec(be32(bytes, 0)?);
            Ok(4)
        }
        8 => {
            rest.check(8)?;
            p.text(" val ");
            p.dec(be32(bytes, 0)?);
            p.text(" ecr ");
            p.dec(be32(bytes, 4)?);
            Ok(8)
        }
        19 => signature(p, header, rest),
        20 => {
            rest.check(2)?;
            p.text(" cap ");
            p.out.hex_bytes(bytes.get(..1).ok_or(Cut)?);
            p.text(" id ");
            p.dec(byte(bytes, 1)?);
            Ok(2)
        }
        28 => {
            rest.check(2)?;
            let value = be16(bytes, 0)?;
            p.text(" 0x");
            p.out.hex(u32::from(value), 1);
            p.text(" ");
            // RFC 5482: the lowest bit says whether the rest counts minutes.
            let unit = if value & 1 != 0 { 60 } else { 1 };
            p.dec(u32::from(value >> 1) * unit);
            Ok(2)
        }
        29 => authentication(p, len, rest),
        30 => {
            rest.check(len)?;
            if mptcp(p, bytes.get(..len).ok_or(Cut)?, header.flags)? {
                Ok(len)
            } else {
                Err(Stop::Bad)
            }
        }
        34 => {
            rest.check(len)?;
            p.text(" ");
            fast_open(p, bytes.get(..len).ok_or(Cut)?);
            Ok(len)
        }
        254 => {
            rest.check(len)?;
            experiment(p, bytes.get(..len).ok_or(Cut)?)?;
            Ok(len)
        }
        _ => {
            if len > 0 {
                p.text(" 0x");
            }
            hex_each(p, 0..len, rest)?;
            Ok(len)
        }
    }
}

const fn name(kind: u8) -> Option<&'static str> {
    Some(match kind {
        END => "eol",
        NOP => "nop",
        2 => "mss",
        3 => "wscale",
        4 => "sackOK",
        5 => "sack",
        6 => "echo",
        7 => "echoreply",
        8 => "TS",
        11 => "cc",
        12 => "ccnew",
        13 => "",
        19 => "md5",
        20 => "scps",
        28 => "uto",
        29 => "tcp-ao",
        30 => "mptcp",
        34 => "tfo",
        254 => "exp",
        _ => return None,
    })
}

/// Prints byte after byte, so that what was captured shows before the cut.
fn hex_each(
    p: &mut Printer<'_>,
    range: std::ops::Range<usize>,
    rest: Rest<'_>,
) -> Result<(), Stop> {
    for i in range {
        rest.check(i + 1)?;
        p.out.hex(u32::from(byte(rest.bytes, i)?), 2);
    }
    Ok(())
}

fn sack(p: &mut Printer<'_>, base: u32, len: usize, rest: Rest<'_>) -> Result<usize, Stop> {
    if !len.is_multiple_of(8) {
        p.text(" invalid sack");
        return Ok(len);
    }
    p.text(" ");
    p.dec(len as u64 / 8);
    p.text(" ");
    for i in (0..len).step_by(8) {
        rest.check(i + 8)?;
        p.text("{");
        p.dec(be32(rest.bytes, i)?.wrapping_sub(base));
        p.text(":");
        p.dec(be32(rest.bytes, i + 4)?.wrapping_sub(base));
        p.text("}");
    }
    Ok(len)
}

/// RFC 2385. Without the secret only the digest can be shown.
fn signature(p: &mut Printer<'_>, header: &Header<'_>, rest: Rest<'_>) -> Result<usize, Stop> {
    rest.check(16)?;
    p.text(" ");
    let end = header.len as usize + header.payload_len as usize;
    p.text(if header.bytes.len() < end {
        "snaplen too short, "
    } else {
        "shared secret not supplied with -M, "
    });
    p.text("can't check - ");
    p.out.hex_bytes(rest.bytes.get(..16).ok_or(Cut)?);
    Ok(16)
}

/// RFC 5925.
fn authentication(p: &mut Printer<'_>, len: usize, rest: Rest<'_>) -> Result<usize, Stop> {
    if len < 2 {
        p.invalid();
        return Ok(len);
    }
    rest.check(1)?;
    p.text(" keyid ");
    p.dec(byte(rest.bytes, 0)?);
    rest.check(2)?;
    p.text(" rnextkeyid ");
    p.dec(byte(rest.bytes, 1)?);
    if len > 2 {
        p.text(" mac 0x");
        hex_each(p, 2..len, rest)?;
    }
    Ok(len)
}

/// RFC 7413.
fn fast_open(p: &mut Printer<'_>, cookie: &[u8]) {
    if cookie.is_empty() {
        p.text(" cookiereq");
    } else if !cookie.len().is_multiple_of(2) || !(4..=16).contains(&cookie.len()) {
        p.invalid();
    } else {
        p.text(" cookie ");
        p.out.hex_bytes(cookie);
    }
}

/// RFC 6994: an experiment says by its first two bytes which it is.
fn experiment(p: &mut Printer<'_>, data: &[u8]) -> Result<(), Stop> {
    if data.len() < 2 {
        return Err(Stop::Bad);
    }
    let magic = be16(data, 0)?;
    p.text("-");
    if magic == 0xf989 {
        p.text("tfo");
        fast_open(p, from(data, 2));
    } else {
        p.out.hex(u32::from(magic), 4);
    }
    Ok(())
}
