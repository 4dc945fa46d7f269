//! Answers: of the common record types the data, of the others the type's name.

use super::name::{characters, name, skip_name};
use super::{MULTICAST_BIT, Message, OPT, class, kind};
use crate::line::Printer;
use crate::line::text::{Append, Cut, array, be16, byte};

const A: u16 = 1;
const NS: u16 = 2;
const CNAME: u16 = 5;
const PTR: u16 = 12;
const MX: u16 = 15;
const TXT: u16 = 16;
const AAAA: u16 = 28;
const SRV: u16 = 33;
const A6: u16 = 38;
const DNAME: u16 = 39;
const UNSPECA: u16 = 104;

/// ` A 207.46.133.140`; returns where the next record is.
pub(super) fn answer(p: &mut Printer<'_>, message: &Message<'_>, at: usize) -> Result<usize, Cut> {
    let bytes = message.bytes;
    let Some(fields) = skip_name(bytes, at).filter(|at| at + 10 <= bytes.len()) else {
        return Ok(bytes.len());
    };
    let (number, field) = (be16(bytes, fields)?, be16(bytes, fields + 2)?);
    if number != OPT {
        class(p, message, field);
    }
    if message.multicast && field & MULTICAST_BIT != 0 {
        p.text(" (Cache flush)");
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
        TXT => strings(p, bytes, data, end)?,
        SRV => service(p, bytes, data)?,
        OPT => {
            p.text(" UDPsize=");
            p.dec(message.class(field));
            // The flags are where other records have the second half of their time to live.
            if be16(bytes, fields + 6)? & 0x8000 != 0 {
                p.text(" DO");
            }
        }
        UNSPECA => characters(p, bytes, data, end - data)?,
        _ => {}
    }
    Ok(end)
}

fn strings(p: &mut Printer<'_>, bytes: &[u8], mut at: usize, end: usize) -> Result<(), Cut> {
    while at < end {
        p.text(" \"");
        let len = usize::from(byte(bytes, at)?);
        characters(p, bytes, at + 1, len)?;
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
