//! The Label Distribution Protocol (RFC 5036): its PDUs and messages.

mod tlv;

use super::Printer;
use super::text::{Append, Cut, array, be16, be32, from, hex_lines, named, upto};

/// Of a PDU, and of a message, in bytes.
const PDU_HEADER_LEN: usize = 10;
const MESSAGE_HEADER_LEN: usize = 8;

const MESSAGES: [(u32, &str); 11] = [
    (0x0001, "Notification"),
    (0x0100, "Hello"),
    (0x0200, "Initialization"),
    (0x0201, "Keepalive"),
    (0x0300, "Address"),
    (0x0301, "Address Withdraw"),
    (0x0400, "Label Mapping"),
    (0x0401, "Label Request"),
    (0x0402, "Label Withdraw"),
    (0x0403, "Label Release"),
    (0x0404, "Label Abort Request"),
];

pub(super) fn ldp(p: &mut Printer<'_>, bytes: &[u8], len: u32) -> Result<(), Cut> {
    p.protocol = "ldp";
    let (mut rest, mut left) = (bytes, len);
    while left as usize > PDU_HEADER_LEN + MESSAGE_HEADER_LEN {
        let Some(len) = pdu(p, rest)? else {
            return Ok(());
        };
        if left < len {
            p.text(" [remaining length ");
            p.dec(left);
            p.text(" < ");
            p.dec(len);
            p.text("]");
            p.invalid();
            return Ok(());
        }
        rest = from(rest, len as usize);
        left -= len;
    }
    Ok(())
}

/// Returns its length, or nothing when no more is to be printed.
fn pdu(p: &mut Printer<'_>, bytes: &[u8]) -> Result<Option<u32>, Cut> {
    let header: [u8; PDU_HEADER_LEN] = array(bytes, 0)?;
    if p.verbose() > 0 {
        p.text("\n\t");
    }
    let version = be16(&header, 0)?;
    if version != 1 {
        p.text("LDP version ");
        p.dec(version);
        p.text(" packet not supported");
        return Ok(None);
    }
    let len = be16(&header, 2)?;
    let Some(mut left) = len.checked_sub(6) else {
        p.text("LDP, pdu-length: ");
        p.dec(len);
        p.text(" (too short, < 6)");
        return Ok(None);
    };
    p.text("LDP, Label-Space-ID: ");
    p.ipv4(array(&header, 4)?);
    p.text(":");
    p.dec(be16(&header, 8)?);
    p.text(", pdu-length: ");
    p.dec(len);
    if p.verbose() == 0 {
        return Ok(None);
    }
    let mut rest = from(bytes, PDU_HEADER_LEN);
    while left > 0 {
        let Some(len) = message(p, rest)? else {
            return Ok(None);
        };
        rest = from(rest, usize::from(len) + 4);
        // A message that is longer than its PDU makes tcpdump's 16-bit count start again.
        left = left.wrapping_sub(len.wrapping_add(4));
    }
    Ok(Some(u32::from(len) + 4))
}

/// Returns the length in its header, or nothing when that cannot be.
fn message(p: &mut Printer<'_>, bytes: &[u8]) -> Result<Option<u16>, Cut> {
    let header: [u8; MESSAGE_HEADER_LEN] = array(bytes, 0)?;
    let (kind, len) = (be16(&header, 0)?, be16(&header, 2)?);
    let number = kind & 0x7fff;
    p.text("\n\t  ");
    p.text(named(&MESSAGES, number.into()).unwrap_or("Unknown"));
    p.text(" Message (0x");
    p.out.hex(number.into(), 4);
    p.text("), length: ");
    p.dec(len);
    let Some(left) = len.checked_sub(4) else {
        p.text(" (too short, < 4)");
        return Ok(None);
    };
    p.text(", Message ID: 0x");
    p.out.hex(be32(&header, 4)?, 8);
    p.text(", Flags: [");
    p.text(if kind & 0x8000 != 0 {
        "continue processing"
    } else {
        "ignore"
    });
    p.text(" if unknown]");
    if bytes.len() < usize::from(len) {
        return Err(Cut);
    }
    let body = from(bytes, MESSAGE_HEADER_LEN);
    match number {
        0x0001 | 0x0100 | 0x0200 | 0x0201 | 0x0300 | 0x0301 | 0x0400 | 0x0402 => {
            let (mut rest, mut left) = (body, u32::from(left));
            while left >= 4 {
                let Some(len) = tlv::tlv(p, rest, left)? else {
                    break;
                };
                rest = from(rest, len as usize);
                left = left.saturating_sub(len);
            }
        }
        _ if p.verbose() <= 1 => hex_lines(p.out, "\n\t  ", upto(body, left.into())),
        _ => {}
    }
    if p.verbose() > 1 {
        // tcpdump counts the message's number once more.
        hex_lines(p.out, "\n\t  ", upto(body, len.into()));
    }
    Ok(Some(len))
}
