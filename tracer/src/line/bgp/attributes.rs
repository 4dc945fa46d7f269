//! The attributes of a path.

use super::super::Printer;
use super::super::text::{Append, Cut, array, be16, be32, byte, from, hex_lines, named, upto};
use super::Extent;
use super::community;
use super::nlri;
use super::update::title;

/// Sets of attributes within sets deeper than this are not shown.
const MAX_LEVEL: u32 = 10;

const ORIGINS: [(u32, &str); 3] = [(0, "IGP"), (1, "EGP"), (2, "Incomplete")];
const TUNNELS: [(u32, &str); 7] = [
    (1, "RSVP-TE P2MP LSP"),
    (2, "LDP P2MP LSP"),
    (3, "PIM-SSM Tree"),
    (4, "PIM-SM Tree"),
    (5, "PIM-Bidir Tree"),
    (6, "Ingress Replication"),
    (7, "LDP MP2MP LSP"),
];

/// The value of an attribute, and from `-vv` on its bytes.
pub(super) fn attribute(
    p: &mut Printer<'_>,
    kind: u8,
    bytes: &[u8],
    len: u32,
    level: u32,
) -> Result<Extent, Cut> {
    let valid = match kind {
        1 => len == 1,
        2 | 17 => len.is_multiple_of(2),
        3 | 4 | 5 | 9 => len == 4,
        6 => len == 0,
        7 => len == 6 || len == 8,
        8 | 10 => len.is_multiple_of(4),
        16 => len.is_multiple_of(8),
        18 => len == 8,
        32 => len != 0 && len.is_multiple_of(12),
        _ => true,
    };
    let mut dumped = len;
    if !valid {
        p.text("invalid len");
    } else if kind == 128 {
        // What is left of its length in the end is what tcpdump dumps.
        match set(p, bytes, len, level)? {
            Some(left) => dumped = left,
            None => return Ok(Extent::TooShort),
        }
    } else if value(p, kind, bytes, len)? == Extent::TooShort {
        return Ok(Extent::TooShort);
    } else if kind == 32 {
        dumped = 0;
    }
    if p.verbose() > 1 && dumped != 0 {
        if bytes.len() < dumped as usize {
            return Ok(Extent::TooShort);
        }
        hex_lines(p.out, "\n\t    ", upto(bytes, dumped));
    }
    Ok(Extent::Whole)
}

fn value(p: &mut Printer<'_>, kind: u8, bytes: &[u8], len: u32) -> Result<Extent, Cut> {
    match kind {
        1 => {
            let origin = byte(bytes, 0)?;
            let name = named(&ORIGINS, origin.into());
            p.text(name.unwrap_or("Unknown Origin Typecode"));
        }
        2 | 17 => return path(p, bytes, len, kind == 17),
        3 | 9 => {
            let address = array(bytes, 0)?;
            p.ipv4(address);
        }
        4 | 5 => {
            let metric = be32(bytes, 0)?;
            p.dec(metric);
        }
        7 | 18 => {
            if kind == 7 && bytes.len() < len as usize {
                return Ok(Extent::TooShort);
            }
            let (number, address) = if len == 6 {
                (be16(bytes, 0)?.into(), array(bytes, 2)?)
            } else {
                (be32(bytes, 0)?, array(bytes, 4)?)
            };
            p.text(" AS #");
            p.dec(number);
            p.text(", origin ");
            p.ipv4(address);
        }
        8 => return Ok(community::plain(p, bytes, len)),
        10 => {
            for at in (0..len as usize).step_by(4) {
                let address = array(bytes, at)?;
                if at != 0 {
                    p.text(", ");
                }
                p.ipv4(address);
            }
        }
        14 => return nlri::reachable(p, bytes, len),
        15 => return nlri::unreachable(p, bytes, len),
        16 => return community::extended(p, bytes, len),
        22 => return tunnel(p, bytes, len),
        26 => return igp_metric(p, bytes, len),
        32 => return community::large(p, bytes, len),
        6 => {}
        _ => {
            if bytes.len() < len as usize {
                return Ok(Extent::TooShort);
            }
            p.text("\n\t    no Attribute ");
            p.dec(kind);
            p.text(" decoder");
            if p.verbose() <= 1 {
                hex_lines(p.out, "\n\t    ", upto(bytes, len));
            }
        }
    }
    Ok(Extent::Whole)
}

/// The autonomous systems of a path. Nothing says whether they have two bytes or four: two are
/// taken when the segments then end where the attribute does.
fn path(p: &mut Printer<'_>, bytes: &[u8], len: u32, wide: bool) -> Result<Extent, Cut> {
    if len == 0 {
        p.text("empty");
        return Ok(Extent::Whole);
    }
    let len = len as usize;
    let size = if wide || !is_narrow(bytes, len)? {
        4
    } else {
        2
    };
    let mut at = 0;
    while at < len {
        let kind = byte(bytes, at)?;
        let (open, close) = match kind {
            1 => ("{ ", "}"),
            2 => ("", ""),
            3 => ("( ", ")"),
            4 => ("({ ", "})"),
            _ => ("?", "?"),
        };
        p.text(open);
        let count = usize::from(byte(bytes, at + 1)?);
        for i in 0..count {
            let number = if size == 2 {
                be16(bytes, at + 2 + i * size).map(u32::from)
            } else {
                be32(bytes, at + 2 + i * size)
            };
            let Ok(number) = number else {
                return Ok(Extent::TooShort);
            };
            p.dec(number);
            p.text(" ");
        }
        p.text(close);
        at += 2 + count * size;
    }
    Ok(Extent::Whole)
}

fn is_narrow(bytes: &[u8], len: usize) -> Result<bool, Cut> {
    let mut at = 0;
    while at < len {
        if !(1..=4).contains(&byte(bytes, at)?) {
            return Ok(false);
        }
        at += 2 + usize::from(byte(bytes, at + 1)?) * 2;
    }
    Ok(at == len)
}

/// A tunnel for multicast (RFC 6514 §5).
fn tunnel(p: &mut Printer<'_>, bytes: &[u8], len: u32) -> Result<Extent, Cut> {
    if bytes.len() < 5 || len < 5 {
        return Ok(Extent::TooShort);
    }
    let [flags, kind, a, b, c] = array(bytes, 0)?;
    p.text("\n\t    Tunnel-type ");
    p.text(named(&TUNNELS, kind.into()).unwrap_or("Unknown"));
    p.text(" (");
    p.dec(kind);
    p.text("), Flags [");
    p.flags(flags.into(), &[(1, "Leaf Information required")]);
    p.text("], MPLS Label ");
    p.dec(u32::from_be_bytes([0, a, b, c]) >> 4);
    let rest = from(bytes, 5);
    let labels = match kind {
        1 => ["\n\t      Extended-Tunnel-ID ", ", P2MP-ID 0x"],
        2 | 7 => ["\n\t      Root-Node ", ", LSP-ID 0x"],
        3 => ["\n\t      Root-Node ", ", P-Group "],
        4 | 5 => ["\n\t      Sender ", ", P-Group "],
        6 => ["\n\t      Tunnel-Endpoint ", ""],
        _ => {
            if p.verbose() <= 1 {
                hex_lines(p.out, "\n\t      ", upto(rest, len - 5));
            }
            return Ok(Extent::Whole);
        }
    };
    let first = array(rest, 0)?;
    let second: [u8; 4] = if kind == 6 { [0; 4] } else { array(rest, 4)? };
    let [label, next] = labels;
    p.text(label);
    p.ipv4(first);
    p.text(next);
    match kind {
        3..=5 => p.ipv4(second),
        6 => {}
        _ => p.out.hex(u32::from_be_bytes(second), 8),
    }
    Ok(Extent::Whole)
}

/// RFC 7311.
fn igp_metric(p: &mut Printer<'_>, bytes: &[u8], len: u32) -> Result<Extent, Cut> {
    let (mut rest, mut left) = (bytes, len);
    while left >= 3 {
        let (kind, len) = (byte(rest, 0)?, be16(rest, 1)?);
        rest = from(rest, 3);
        left -= 3;
        p.text("\n\t    ");
        p.text(if kind == 1 { "AIGP" } else { "Unknown" });
        p.text(" TLV (");
        p.dec(kind);
        p.text("), length ");
        p.dec(len);
        let Some(len) = u32::from(len).checked_sub(3).filter(|&len| len <= left) else {
            return Ok(Extent::TooShort);
        };
        if kind == 1 {
            if len < 8 {
                return Ok(Extent::TooShort);
            }
            let metric = u64::from_be_bytes(array(rest, 0)?);
            p.text(", metric ");
            p.dec(metric);
        } else if p.verbose() <= 1 {
            hex_lines(p.out, "\n\t      ", upto(rest, len));
        }
        rest = from(rest, len as usize);
        left -= len;
    }
    Ok(Extent::Whole)
}

/// Attributes within an attribute (RFC 6368); returns what is left of its length.
fn set(p: &mut Printer<'_>, bytes: &[u8], len: u32, level: u32) -> Result<Option<u32>, Cut> {
    if bytes.len() < 4 || len < 4 {
        return Ok(None);
    }
    let origin = be32(bytes, 0)?;
    p.text("\n\t    Origin AS: ");
    p.dec(origin);
    let (mut rest, mut left) = (from(bytes, 4), len - 4);
    while left != 0 {
        if rest.len() < 2 {
            return Ok(None);
        }
        if left < 2 {
            p.text(" [path attr too short]");
            break;
        }
        let (flags, kind) = (byte(rest, 0)?, byte(rest, 1)?);
        rest = from(rest, 2);
        left -= 2;
        let field = if flags & 0x10 != 0 { 2 } else { 1 };
        if rest.len() < field as usize {
            return Ok(None);
        }
        if left < field {
            p.text(" [path attr too short]");
            break;
        }
        let len = match field {
            2 => be16(rest, 0)?.into(),
            _ => u32::from(byte(rest, 0)?),
        };
        rest = from(rest, field as usize);
        left -= field;
        p.text("\n\t      ");
        title(p, kind, len, flags);
        p.text(": ");
        if left < len {
            p.text(" [path attr too short]");
            break;
        }
        if level == MAX_LEVEL {
            p.text("(too many nested levels, not recursing)");
        } else if attribute(p, kind, rest, len, level + 1)? == Extent::TooShort {
            return Ok(None);
        }
        rest = from(rest, len as usize);
        left -= len;
    }
    Ok(Some(left))
}
