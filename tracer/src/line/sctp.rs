//! SCTP (RFC 9260): the ports, and what the first chunk is.

use super::Printer;
use super::ip::Payload;
use super::text::{Append, Cut, be16, byte, from};

/// Of the common header, and of a chunk's, in bytes.
const HEADER_LEN: u32 = 12;
const CHUNK_HEADER_LEN: u32 = 4;

pub(super) fn sctp(p: &mut Printer<'_>, payload: &Payload<'_>) -> Result<(), Cut> {
    p.protocol = "sctp";
    let Payload { bytes, len, .. } = *payload;
    let Some(left) = len.checked_sub(HEADER_LEN) else {
        p.text("truncated-sctp - ");
        p.dec(HEADER_LEN - len);
        p.text(" bytes missing!");
        return Ok(());
    };
    if bytes.len() < HEADER_LEN as usize {
        p.truncated();
        return Ok(());
    }
    p.source(&payload.addresses);
    p.text(".");
    p.dec(be16(bytes, 0)?);
    p.text(" > ");
    p.destination(&payload.addresses);
    p.text(".");
    p.dec(be16(bytes, 2)?);
    p.text(": sctp");
    if left == 0 {
        return Ok(());
    }
    chunk(p, from(bytes, HEADER_LEN as usize), left)
}

fn chunk(p: &mut Printer<'_>, bytes: &[u8], left: u32) -> Result<(), Cut> {
    let separator = if p.verbose() > 1 { "\n\t1) " } else { " (1) " };
    if left < CHUNK_HEADER_LEN {
        p.text(separator);
        p.text("[chunk descriptor cut off at end of packet]");
        return Ok(());
    }
    if bytes.len() < CHUNK_HEADER_LEN as usize {
        p.truncated();
        return Ok(());
    }
    let len = be16(bytes, 2)?;
    let fault = if u32::from(len) < CHUNK_HEADER_LEN {
        ", < size of chunk descriptor]"
    } else if left < u32::from(len.wrapping_neg() % 4) {
        ", > remaining data in packet]"
    } else {
        ""
    };
    if !fault.is_empty() {
        p.text(separator);
        p.text("[Bad chunk length ");
        p.dec(len);
        p.text(fault);
        return Ok(());
    }
    if bytes.len() < usize::from(len) {
        p.truncated();
        return Ok(());
    }
    p.text(separator);
    p.text("[");
    match byte(bytes, 0)? {
        0 => p.text("DATA"),
        1 => p.text("INIT"),
        2 => p.text("INIT ACK"),
        3 => p.text("SACK"),
        4 => p.text("HB REQ"),
        5 => p.text("HB ACK"),
        6 => p.text("ABORT"),
        7 => p.text("SHUTDOWN"),
        8 => p.text("SHUTDOWN ACK"),
        9 => p.text("OP ERR"),
        10 => p.text("COOKIE ECHO"),
        11 => p.text("COOKIE ACK"),
        12 => p.text("ECN ECHO"),
        13 => p.text("ECN CWR"),
        14 => p.text("SHUTDOWN COMPLETE"),
        0xc0 => p.text("FOR CUM TSN"),
        0xc1 => p.text("REL CTRL"),
        0xc2 => p.text("REL CTRL ACK"),
        kind => {
            p.text("Unknown chunk type: 0x");
            p.out.hex(u32::from(kind), 1);
        }
    }
    p.text("] ");
    Ok(())
}
