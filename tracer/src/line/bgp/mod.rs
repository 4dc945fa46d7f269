//! The Border Gateway Protocol (RFC 4271): its messages, shown from `-v` on.

mod attributes;
mod community;
mod names;
mod nlri;
mod open;
mod other;
pub(super) mod prefix;
mod route;
mod update;

use super::Printer;
use super::names::ADDRESS_FAMILIES;
use super::text::{Append, Cut, array, be16, be32, byte, from, hex_lines, named, upto};
use names::{
    CEASE, ERRORS, FAMILIES, FSM_ERRORS, HEADER_ERRORS, MESSAGES, OPEN_ERRORS, UPDATE_ERRORS,
};

/// Of every message, in bytes: a marker of ones, the length, the type.
const HEADER_LEN: usize = 19;
const MARKER: [u8; 16] = [0xff; 16];

/// A length within a message is longer than the message.
#[derive(PartialEq, Eq)]
enum Extent {
    Whole,
    TooShort,
}

pub(super) fn bgp(p: &mut Printer<'_>, bytes: &[u8]) -> Result<(), Cut> {
    p.protocol = "bgp";
    p.text(": BGP");
    if p.verbose() == 0 {
        return Ok(());
    }
    let mut rest = bytes;
    loop {
        // A segment may begin amid a message: the next marker is looked for.
        let Some(start) = rest.windows(MARKER.len()).position(|w| w == MARKER) else {
            return Ok(());
        };
        let message = from(rest, start);
        if message.len() < HEADER_LEN {
            p.truncated();
            return Ok(());
        }
        if start != 0 {
            p.truncated();
        }
        let (len, kind) = (be16(message, 16)?, byte(message, 18)?);
        if usize::from(len) < HEADER_LEN {
            p.text("\nmessage length ");
            p.dec(len);
            p.text(" < 19");
            p.invalid();
            return Ok(());
        }
        if message.len() < usize::from(len) {
            p.text("\n[|BGP ");
            p.text(named(&MESSAGES, kind.into()).unwrap_or("Unknown Message Type"));
            p.text("]");
            return Ok(());
        }
        if self::message(p, message, len, kind)? == Extent::TooShort {
            p.truncated();
        }
        rest = from(message, len.into());
    }
}

fn message(p: &mut Printer<'_>, bytes: &[u8], len: u16, kind: u8) -> Result<Extent, Cut> {
    p.text("\n\t");
    p.text(named(&MESSAGES, kind.into()).unwrap_or("Unknown"));
    p.text(" Message (");
    p.dec(kind);
    p.text("), length: ");
    p.dec(len);
    let len = u32::from(len);
    match kind {
        1 => return open::open(p, bytes, len),
        2 => return update::update(p, bytes, len),
        3 => return notification(p, bytes, len),
        4 => {}
        5 => return refresh(p, bytes, len),
        _ => {
            p.text("\n\t  no Message ");
            p.dec(kind);
            p.text(" decoder");
            hex_lines(p.out, "\n\t  ", upto(bytes, len));
        }
    }
    Ok(Extent::Whole)
}

/// `AFI IPv4 (1), SAFI Unicast (1)`
fn family(p: &mut Printer<'_>, family: u16, subsequent: u8) {
    p.text("AFI ");
    p.text(named(&ADDRESS_FAMILIES, family.into()).unwrap_or("Unknown"));
    p.text(" (");
    p.dec(family);
    p.text("), SAFI ");
    p.text(named(&FAMILIES, subsequent.into()).unwrap_or("Unknown"));
    p.text(" (");
    p.dec(subsequent);
    p.text(")");
}

fn refresh(p: &mut Printer<'_>, bytes: &[u8], len: u32) -> Result<Extent, Cut> {
    if bytes.len() < 23 {
        return Ok(Extent::TooShort);
    }
    if len < 23 {
        return Ok(Extent::Whole);
    }
    let (of, subsequent) = (be16(bytes, 19)?, byte(bytes, 22)?);
    p.text("\n\t  ");
    family(p, of, subsequent);
    if p.verbose() > 1 {
        hex_lines(p.out, "\n\t  ", upto(bytes, len));
    }
    Ok(Extent::Whole)
}

fn notification(p: &mut Printer<'_>, bytes: &[u8], len: u32) -> Result<Extent, Cut> {
    const LEN: u32 = 21;
    const CEASED: u8 = 6;
    if bytes.len() < LEN as usize {
        return Ok(Extent::TooShort);
    }
    if len < LEN {
        return Ok(Extent::Whole);
    }
    let (major, minor) = (byte(bytes, 19)?, byte(bytes, 20)?);
    p.text(", ");
    p.text(named(&ERRORS, major.into()).unwrap_or("Unknown Error"));
    p.text(" (");
    p.dec(major);
    p.text(")");
    let (separator, codes): (_, &[_]) = match major {
        1 => (", ", &HEADER_ERRORS),
        2 => (", ", &OPEN_ERRORS),
        3 => (", ", &UPDATE_ERRORS),
        5 => (" ", &FSM_ERRORS),
        CEASED => (", ", &CEASE),
        7 => (" ", &names::CAPABILITY_ERRORS),
        _ => return Ok(Extent::Whole),
    };
    p.text(separator);
    p.text("subcode ");
    p.text(named(codes, minor.into()).unwrap_or("Unknown"));
    p.text(" (");
    p.dec(minor);
    p.text(")");
    if major != CEASED {
        return Ok(Extent::Whole);
    }
    let data = from(bytes, LEN as usize);
    if minor == 1 && len >= LEN + 7 {
        let (of, subsequent, most) = (be16(data, 0)?, byte(data, 2)?, be32(data, 3)?);
        p.text(", ");
        family(p, of, subsequent);
        p.text(", Max Prefixes: ");
        p.dec(most);
    }
    if matches!(minor, 2 | 4) && len > LEN {
        shutdown(p, data, len - LEN)?;
    }
    Ok(Extent::Whole)
}

/// The administrator's words (RFC 9003), and what follows them.
fn shutdown(p: &mut Printer<'_>, data: &[u8], len: u32) -> Result<(), Cut> {
    let text_len = byte(data, 0)?;
    let mut shown = 0;
    if u32::from(text_len) > len - 1 {
        p.text(", invalid Shutdown Communication length");
    } else if text_len == 0 {
        p.text(", empty Shutdown Communication");
        shown = 1;
    } else {
        p.text(", Shutdown Communication (length: ");
        p.dec(text_len);
        p.text("): \"");
        p.characters(data, 1, text_len.into())?;
        p.text("\"");
        // tcpdump keeps this number in eight bits.
        shown = text_len.wrapping_add(1);
    }
    let left = len - u32::from(shown);
    if left > 0 {
        p.text(", Data: (length: ");
        p.dec(left);
        p.text(")");
        hex_lines(p.out, "\n\t\t", upto(from(data, shown.into()), left));
    }
    Ok(())
}

/// An autonomous system's route distinguisher (RFC 4364 §4.2).
fn distinguisher(p: &mut Printer<'_>, bytes: &[u8]) -> Result<(), Cut> {
    let rd: [u8; 8] = array(bytes, 0)?;
    match be16(&rd, 0)? {
        0 => {
            p.dec(be16(&rd, 2)?);
            p.text(":");
            p.dec(be32(&rd, 4)?);
            p.text(" (= ");
            p.out.ipv4(array(&rd, 4)?);
            p.text(")");
        }
        1 => {
            p.out.ipv4(array(&rd, 2)?);
            p.text(":");
            p.dec(be16(&rd, 6)?);
        }
        2 => {
            p.dec(be32(&rd, 2)?);
            p.text(":");
            p.dec(be16(&rd, 6)?);
            p.text(" (");
            p.out.ipv4(array(&rd, 2)?);
            p.text(":");
            p.dec(be16(&rd, 6)?);
            p.text(")");
        }
        _ => p.text("unknown RD format"),
    }
    Ok(())
}
