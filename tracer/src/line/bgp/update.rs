//! BGP's UPDATE: routes withdrawn, attributes of a path, routes that take it.

use super::super::Printer;
use super::super::text::{Append, Cut, be16, be32, byte, from, named};
use super::attributes::attribute;
use super::names::ATTRIBUTES;
use super::nlri::has_path_ids;
use super::prefix::{Prefix, ipv4};
use super::{Extent, HEADER_LEN};

/// What is left of the message.
struct Rest<'a> {
    bytes: &'a [u8],
    len: u32,
}

impl Rest<'_> {
    fn skip(&mut self, len: u32) {
        self.bytes = from(self.bytes, len as usize);
        self.len = self.len.wrapping_sub(len);
    }
}

pub(super) fn update(p: &mut Printer<'_>, bytes: &[u8], len: u32) -> Result<Extent, Cut> {
    let header_len = u32::try_from(HEADER_LEN).unwrap_or(u32::MAX);
    let mut rest = Rest { bytes, len };
    rest.skip(header_len);
    let (Ok(withdrawn), 2..) = (be16(rest.bytes, 0), rest.len) else {
        return Ok(Extent::TooShort);
    };
    let mut withdrawn = u32::from(withdrawn);
    rest.skip(2);
    if rest.bytes.len() < withdrawn as usize || rest.len < withdrawn {
        return Ok(Extent::TooShort);
    }
    if withdrawn > 1 {
        p.text("\n\t  Withdrawn routes:");
        let with_ids = has_path_ids(rest.bytes, withdrawn, 32);
        if routes(p, &mut rest, &mut withdrawn, with_ids)? == Extent::TooShort {
            return Ok(Extent::TooShort);
        }
    } else {
        rest.skip(withdrawn);
    }
    let (Ok(attributes_len), 2..) = (be16(rest.bytes, 0), rest.len) else {
        return Ok(Extent::TooShort);
    };
    let attributes_len = u32::from(attributes_len);
    rest.skip(2);
    if withdrawn == 0 && attributes_len == 0 && rest.len == 0 {
        p.text("\n\t  End-of-Rib Marker (empty NLRI)");
        return Ok(Extent::Whole);
    }
    if attributes_len > 0
        && (rest.len < attributes_len
            || attributes(p, &mut rest, attributes_len)? == Extent::TooShort)
    {
        return Ok(Extent::TooShort);
    }
    if rest.len == 0 {
        return Ok(Extent::Whole);
    }
    let with_ids = has_path_ids(rest.bytes, rest.len, 32);
    p.text("\n\t  Updated routes:");
    let mut left = rest.len;
    routes(p, &mut rest, &mut left, with_ids)
}

/// The next `left` bytes are routes; what is left of them when one of them is not, stays.
fn routes(
    p: &mut Printer<'_>,
    rest: &mut Rest<'_>,
    left: &mut u32,
    with_ids: bool,
) -> Result<Extent, Cut> {
    while *left != 0 {
        let mut id = 0;
        if with_ids {
            if *left < 4 {
                rest.skip(*left);
                return Ok(Extent::TooShort);
            }
            id = be32(rest.bytes, 0)?;
            rest.skip(4);
            *left -= 4;
        }
        match ipv4(rest.bytes, *left)? {
            Prefix::TooLong => {
                p.text("\n\t    (illegal prefix length)");
                break;
            }
            Prefix::Unfinished => return Ok(Extent::TooShort),
            Prefix::Whole(route) => {
                p.text("\n\t    ");
                route.print(p);
                if with_ids {
                    p.text("   Path Id: ");
                    p.dec(id);
                }
                rest.skip(1 + route.len());
                *left -= 1 + route.len();
            }
        }
    }
    Ok(Extent::Whole)
}

/// The next `left` bytes of the message are a path's attributes.
fn attributes(p: &mut Printer<'_>, rest: &mut Rest<'_>, mut left: u32) -> Result<Extent, Cut> {
    while left != 0 {
        if rest.bytes.len() < 2 || rest.len < 2 {
            return Ok(Extent::TooShort);
        }
        if left < 2 {
            p.text("\n\t  [path attrs too short]");
            rest.skip(left);
            break;
        }
        let (flags, kind) = (byte(rest.bytes, 0)?, byte(rest.bytes, 1)?);
        rest.skip(2);
        left -= 2;
        let field = if flags & 0x10 != 0 { 2 } else { 1 };
        if rest.bytes.len() < field as usize || rest.len < field {
            return Ok(Extent::TooShort);
        }
        if left < field {
            p.text("\n\t  [path attrs too short]");
            rest.skip(left);
            break;
        }
        let len = match field {
            2 => be16(rest.bytes, 0)?.into(),
            _ => u32::from(byte(rest.bytes, 0)?),
        };
        rest.skip(field);
        left -= field;
        p.text("\n\t  ");
        title(p, kind, len, flags);
        if flags != 0 {
            p.text(": ");
        }
        if left < len {
            p.text(" [path attrs too short]");
            rest.skip(left);
            break;
        }
        if rest.len < len || attribute(p, kind, rest.bytes, len, 0)? == Extent::TooShort {
            return Ok(Extent::TooShort);
        }
        rest.skip(len);
        left -= len;
    }
    Ok(Extent::Whole)
}

/// `Origin (1), length: 1, Flags [T]`
pub(super) fn title(p: &mut Printer<'_>, kind: u8, len: u32, flags: u8) {
    p.text(named(&ATTRIBUTES, kind.into()).unwrap_or("Unknown Attribute"));
    p.text(" (");
    p.dec(kind);
    p.text("), length: ");
    p.dec(len);
    if flags == 0 {
        return;
    }
    p.text(", Flags [");
    for (bit, letter) in [(0x80, "O"), (0x40, "T"), (0x20, "P"), (0x10, "E")] {
        if flags & bit != 0 {
            p.text(letter);
        }
    }
    if flags & 0xf != 0 {
        p.text("+");
        p.out.hex((flags & 0xf).into(), 1);
    }
    p.text("]");
}
