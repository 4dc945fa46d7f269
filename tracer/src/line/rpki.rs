//! RPKI to router (RFC 6810).

use super::Printer;
use super::text::{Append, Cut, array, be16, be32, byte, from, hex_lines, named, upto};

/// Of every PDU, in bytes.
const HEADER_LEN: u32 = 8;
const ERROR_REPORT: u8 = 10;

const PDUS: [(u32, &str); 9] = [
    (0, "Serial Notify"),
    (1, "Serial Query"),
    (2, "Reset Query"),
    (3, "Cache Response"),
    (4, "IPV4 Prefix"),
    (6, "IPV6 Prefix"),
    (7, "End of Data"),
    (8, "Cache Reset"),
    (10, "Error Report"),
];
const ERRORS: [(u32, &str); 8] = [
    (0, "Corrupt Data"),
    (1, "Internal Error"),
    (2, "No Data Available"),
    (3, "Invalid Request"),
    (4, "Unsupported Protocol Version"),
    (5, "Unsupported PDU Type"),
    (6, "Withdrawal of Unknown Record"),
    (7, "Duplicate Announcement Received"),
];

pub(super) fn rpki(p: &mut Printer<'_>, bytes: &[u8], len: u32) -> Result<(), Cut> {
    p.protocol = "rpki_rtr";
    if p.verbose() == 0 {
        p.text(", RPKI-RTR");
        return Ok(());
    }
    let (mut rest, mut left) = (bytes, len);
    while left > 0 {
        let len = pdu(p, rest, left, false)?;
        rest = from(rest, len as usize);
        left = left.saturating_sub(len);
    }
    Ok(())
}

/// A PDU, `inner` one that an error report quotes; returns how much of `len` it takes.
fn pdu(p: &mut Printer<'_>, bytes: &[u8], len: u32, inner: bool) -> Result<u32, Cut> {
    let version = byte(bytes, 0)?;
    if version != 0 {
        p.text("\n\tRPKI-RTRv");
        p.dec(version);
        p.text(" (unknown)");
        return Ok(len);
    }
    if len < HEADER_LEN {
        p.text("(");
        p.dec(len);
        p.text(" bytes is too few to decode)");
        return invalid(p, bytes, len);
    }
    let header: [u8; 8] = array(bytes, 0)?;
    let kind = header[1];
    let own_len = be32(&header, 4)?;
    p.text("\n\tRPKI-RTRv0, ");
    p.text(named(&PDUS, kind.into()).unwrap_or("Unknown"));
    p.text(" PDU (");
    p.dec(kind);
    p.text("), length: ");
    p.dec(own_len);
    let expected = match kind {
        0 | 1 | 7 => Some(HEADER_LEN + 4),
        2 | 3 | 8 => Some(HEADER_LEN),
        4 => Some(20),
        6 => Some(32),
        _ => None,
    };
    let fits = (HEADER_LEN..=len).contains(&own_len);
    if !fits || expected.is_some_and(|expected| expected != own_len) {
        return invalid(p, bytes, len);
    }
    let indent = if inner { "\n\t    " } else { "\n\t  " };
    let mut dumped = false;
    match kind {
        0 | 1 | 7 => {
            let serial = be32(bytes, 8)?;
            session(p, indent, &header)?;
            p.text(", Serial: ");
            p.dec(serial);
        }
        2 | 8 => {}
        3 => session(p, indent, &header)?,
        4 | 6 => prefix(p, indent, bytes, kind == 6)?,
        ERROR_REPORT => {
            if !error(p, indent, bytes, own_len, inner)? {
                return invalid(p, bytes, len);
            }
        }
        _ => {
            if upto(bytes, own_len).len() < own_len as usize {
                return Err(Cut);
            }
            dumped = true;
        }
    }
    if p.verbose() > 1 || dumped {
        hex_lines(p.out, "\n\t  ", upto(bytes, own_len));
    }
    Ok(own_len)
}

fn session(p: &mut Printer<'_>, indent: &str, header: &[u8]) -> Result<(), Cut> {
    let session = be16(header, 2)?;
    p.text(indent);
    p.text("Session ID: 0x");
    p.out.hex(session.into(), 4);
    Ok(())
}

fn prefix(p: &mut Printer<'_>, indent: &str, bytes: &[u8], v6: bool) -> Result<(), Cut> {
    let [flags, len, max, _] = array(bytes, 8)?;
    let origin = be32(bytes, if v6 { 28 } else { 16 })?;
    p.text(indent);
    if v6 {
        p.text("IPv6 Prefix ");
        p.ipv6(array(bytes, 12)?);
    } else {
        p.text("IPv4 Prefix ");
        p.ipv4(array(bytes, 12)?);
    }
    p.text("/");
    p.dec(len);
    p.text("-");
    p.dec(max);
    p.text(", origin-as ");
    p.dec(origin);
    p.text(", flags 0x");
    p.out.hex(flags.into(), 2);
    Ok(())
}

/// `false` when the lengths within contradict that of the PDU.
fn error(
    p: &mut Printer<'_>,
    indent: &str,
    bytes: &[u8],
    len: u32,
    inner: bool,
) -> Result<bool, Cut> {
    let mut at = HEADER_LEN + 4;
    if len < at {
        return Ok(false);
    }
    let quoted = be32(bytes, 8)?;
    let code = be16(bytes, 2)?;
    p.text(indent);
    p.text("Error code: ");
    p.text(named(&ERRORS, code.into()).unwrap_or("Unknown"));
    p.text(" (");
    p.dec(code);
    p.text("), Encapsulated PDU length: ");
    p.dec(quoted);
    if quoted != 0 {
        if len < at.wrapping_add(quoted) {
            return Ok(false);
        }
        // A length beyond all others would wrap round.
        let end = at.checked_add(quoted).ok_or(Cut)?;
        if inner {
            if bytes.len() < end as usize {
                return Err(Cut);
            }
        } else {
            p.text("\n\t    -----encapsulated PDU-----");
            pdu(p, from(bytes, at as usize), quoted, true)?;
        }
        at = end;
    }
    if len < at + 4 {
        return Ok(false);
    }
    let text_len = be32(bytes, at as usize)?;
    at += 4;
    if text_len != 0 {
        if len < at.wrapping_add(text_len) {
            return Ok(false);
        }
        p.text(indent);
        p.text("Error text: ");
        p.characters(from(bytes, at as usize), 0, text_len as usize)?;
    }
    Ok(true)
}

fn invalid(p: &mut Printer<'_>, bytes: &[u8], len: u32) -> Result<u32, Cut> {
    p.invalid();
    if bytes.len() < len as usize {
        return Err(Cut);
    }
    Ok(len)
}
