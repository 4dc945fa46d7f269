//! Answers: of the common record types the data, of the others the type's name.

use super::name::{name, skip_name};
use super::{MULTICAST_BIT, Message, OPT, class, edns, kind};
use crate::line::Printer;
use crate::line::text::{Append, Cut, array, be16, be32, byte};

const A: u16 = 1;
const NS: u16 = 2;
const CNAME: u16 = 5;
const SOA: u16 = 6;
const PTR: u16 = 12;
const MX: u16 = 15;
const TXT: u16 = 16;
const AAAA: u16 = 28;
const SRV: u16 = 33;
const A6: u16 = 38;
const DNAME: u16 = 39;
const UNSPECA: u16 = 104;
const TSIG: u16 = 250;
const URI: u16 = 256;

/// ` A 207.46.133.140`; returns where the next record is.
pub(super) fn answer(p: &mut Printer<'_>, message: &Message<'_>, at: usize) -> Result<usize, Cut> {
    let bytes = message.bytes;
    let fields = if p.verbose() > 0 {
        p.text(" ");
        Some(name(p, bytes, at)?)
    } else {
        skip_name(bytes, at)
    };
    let Some(fields) = fields.filter(|at| at + 10 <= bytes.len()) else {
        return Ok(bytes.len());
    };
    let (number, field) = (be16(bytes, fields)?, be16(bytes, fields + 2)?);
    if number != OPT {
        class(p, message, field);
    }
    if message.multicast && field & MULTICAST_BIT != 0 {
        p.text(" (Cache flush)");
    }
    if number != OPT && p.verbose() > 2 {
        p.text(" [");
        p.duration(be32(bytes, fields + 4)?);
        p.text("]");
    }
    kind(p, number);
    let data = fields + 10;
    let end = data + usize::from(be16(bytes, fields + 8)?);
    if end > bytes.len() {
        return Err(Cut);
    }
    match number {
        NS | CNAME | PTR | DNAME => {
            p.text(" ");
            name(p, bytes, data)?;
        }
        A => {
            let address = array(bytes, data)?;
            p.text(" ");
            p.out.ipv4(address);
        }
        AAAA => {
            let address = array(bytes, data)?;
            p.text(" ");
            p.out.ipv6(address);
        }
        A6 => prefixed_address(p, bytes, data)?,
        MX => {
            p.text(" ");
            let preference = be16(bytes, data)?;
            name(p, bytes, data + 2)?;
            p.text(" ");
            p.dec(preference);
        }
        // Then only the first string, without its quotation marks.
        TXT if message.classic => {
            p.text(" ");
            p.characters(bytes, data + 1, usize::from(byte(bytes, data)?))?;
        }
        TXT => strings(p, bytes, data, end)?,
        SRV => service(p, bytes, data)?,
        OPT => {
            p.text(" UDPsize=");
            p.dec(message.class(field));
            // The flags are where other records have the second half of their time to live.
            if !message.classic {
                if be16(bytes, fields + 6)? & 0x8000 != 0 {
                    p.text(" DO");
                }
                edns::options(p, bytes, data, end)?;
            }
        }
        SOA if p.verbose() > 0 => start_of_authority(p, bytes, data)?,
        TSIG if p.verbose() > 0 => signature(p, bytes, data)?,
        URI if !message.classic => resource(p, bytes, data, end)?,
        UNSPECA => p.characters(bytes, data, end - data)?,
        _ => {}
    }
    Ok(end)
}

/// Two names and five numbers (RFC 1035 §3.3.13).
fn start_of_authority(p: &mut Printer<'_>, bytes: &[u8], at: usize) -> Result<(), Cut> {
    p.text(" ");
    let mailbox = name(p, bytes, at)?;
    p.text(" ");
    let numbers = name(p, bytes, mailbox)?;
    byte(bytes, numbers + 19)?;
    for i in 0..5 {
        p.text(" ");
        p.dec(be32(bytes, numbers + i * 4)?);
    }
    Ok(())
}

/// RFC 8945 §4.2, without the time and the digest.
fn signature(p: &mut Printer<'_>, bytes: &[u8], at: usize) -> Result<(), Cut> {
    p.text(" ");
    let mut at = name(p, bytes, at)? + 6;
    for what in [" fudge=", " maclen=", " origid=", " error=", " otherlen="] {
        let value = be16(bytes, at)?;
        p.text(what);
        p.dec(value);
        at += 2;
        if what == " maclen=" {
            at += usize::from(value);
        }
    }
    Ok(())
}

fn strings(p: &mut Printer<'_>, bytes: &[u8], mut at: usize, end: usize) -> Result<(), Cut> {
    while at < end {
        p.text(" \"");
        let len = usize::from(byte(bytes, at)?);
        p.characters(bytes, at + 1, len)?;
        p.text("\"");
        at += 1 + len;
    }
    Ok(())
}

/// RFC 2782: ` host:port priority weight`.
fn service(p: &mut Printer<'_>, bytes: &[u8], at: usize) -> Result<(), Cut> {
    p.text(" ");
    let (priority, weight) = (be16(bytes, at)?, be16(bytes, at + 2)?);
    let port = be16(bytes, at + 4)?;
    name(p, bytes, at + 6)?;
    p.text(":");
    p.dec(port);
    for value in [priority, weight] {
        p.text(" ");
        p.dec(value);
    }
    Ok(())
}

/// RFC 7553: ` priority weight target`. A length that has no room for the two numbers makes the
/// target go on to where the packet ends.
fn resource(p: &mut Printer<'_>, bytes: &[u8], at: usize, end: usize) -> Result<(), Cut> {
    let priority = p.leaving(be16(bytes, at))?;
    let weight = p.leaving(be16(bytes, at + 2))?;
    for value in [priority, weight] {
        p.text(" ");
        p.dec(value);
    }
    p.text(" ");
    let target = at + 4;
    let Some(len) = end.checked_sub(target) else {
        p.characters(bytes, target, bytes.len().saturating_sub(target))?;
        return Err(Cut);
    };
    p.characters(bytes, target, len)
}

/// RFC 2874, given up since: the last bits of an address, and who has the first.
fn prefixed_address(p: &mut Printer<'_>, bytes: &[u8], at: usize) -> Result<(), Cut> {
    let bits = byte(bytes, at)?;
    let known = usize::from(bits / 8);
    if bits > 128 {
        p.text(" ");
        p.dec(bits);
        p.text("(bad plen)");
        return Ok(());
    }
    if bits < 128 {
        let mut address = [0; 16];
        for (i, place) in address.iter_mut().skip(known).enumerate() {
            *place = byte(bytes, at + 1 + i)?;
        }
        p.text(" ");
        p.dec(bits);
        p.text(" ");
        p.out.ipv6(address);
    }
    if bits > 0 {
        p.text(" ");
        name(p, bytes, at + 17 - known)?;
    }
    Ok(())
}
