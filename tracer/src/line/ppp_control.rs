//! How the two ends of PPP agree: LCP and its kind (RFC 1661), PAP (RFC 1334), CHAP (RFC 1994),
//! and links that are bundled (RFC 1990).

use super::Printer;
use super::text::{Append, Cut, be16, byte, named};

/// LCP and the protocols that have its form; what they ask for stays unsaid.
pub(super) fn negotiation(p: &mut Printer<'_>, name: &str, bytes: &[u8], len: u32) {
    const CODES: [&str; 16] = [
        "Vendor-Extension",
        "Conf-Request",
        "Conf-Ack",
        "Conf-Nack",
        "Conf-Reject",
        "Term-Request",
        "Term-Ack",
        "Code-Reject",
        "Prot-Reject",
        "Echo-Request",
        "Echo-Reply",
        "Disc-Req",
        "Ident",
        "Time-Rem",
        "Reset-Req",
        "Reset-Ack",
    ];
    p.text(name);
    p.text(", ");
    let &[code, id, ..] = bytes else {
        too_short(p, name);
        return;
    };
    if len < 4 {
        too_short(p, name);
        return;
    }
    p.text(CODES.get(usize::from(code)).unwrap_or(&"Unknown Opcode"));
    p.text(" (0x");
    p.out.hex(code.into(), 2);
    p.text("), id ");
    p.dec(id);
    p.text(", length ");
    p.dec(len + 2);
}

fn too_short(p: &mut Printer<'_>, name: &str) {
    p.text("[|");
    p.text(name);
    p.text("]");
}

/// The code and the number of a message; `None` when it is too short for more.
fn head(
    p: &mut Printer<'_>,
    [name, lower]: [&str; 2],
    codes: &[(u32, &'static str)],
    bytes: &[u8],
    len: u32,
) -> Result<Option<(u8, u32)>, Cut> {
    if len < 1 {
        too_short(p, lower);
        return Ok(None);
    }
    let code = byte(bytes, 0)?;
    if len < 4 {
        p.text("[|");
        p.text(lower);
        p.text(" 0x");
        p.out.hex(code.into(), 2);
        p.text("]");
        return Ok(None);
    }
    p.text(name);
    p.text(", ");
    p.text(named(codes, code.into()).unwrap_or("unknown"));
    p.text(" (0x");
    p.out.hex(code.into(), 2);
    p.text(")");
    let id = byte(bytes, 1)?;
    p.text(", id ");
    p.dec(id);
    Ok(Some((code, be16(bytes, 2)?.into())))
}

/// Characters up to the end that a message gives itself, which may be before the first of them.
fn until(p: &mut Printer<'_>, label: &str, bytes: &[u8], at: u32, end: u32) -> Result<(), Cut> {
    p.text(label);
    let count = end.wrapping_sub(at);
    p.characters(bytes, at as usize, count as usize)
}

pub(super) fn chap(p: &mut Printer<'_>, bytes: &[u8], len: u32) -> Result<(), Cut> {
    const CODES: [(u32, &str); 4] = [
        (1, "Challenge"),
        (2, "Response"),
        (3, "Success"),
        (4, "Fail"),
    ];
    let Some((code, end)) = head(p, ["CHAP", "chap"], &CODES, bytes, len)? else {
        return Ok(());
    };
    match code {
        1 | 2 if len > 4 => {
            let value_len = u32::from(byte(bytes, 4)?);
            if len - 5 < value_len {
                return Ok(());
            }
            p.text(", Value ");
            for at in 5..5 + value_len {
                let value = byte(bytes, at as usize)?;
                p.out.hex(value.into(), 2);
            }
            until(p, ", Name ", bytes, 5 + value_len, end)
        }
        3 | 4 => until(p, ", Msg ", bytes, 4, end),
        _ => Ok(()),
    }
}

pub(super) fn pap(p: &mut Printer<'_>, bytes: &[u8], len: u32) -> Result<(), Cut> {
    const CODES: [(u32, &str); 3] = [(1, "Auth-Req"), (2, "Auth-ACK"), (3, "Auth-NACK")];
    let Some((code, end)) = head(p, ["PAP", "pap"], &CODES, bytes, len)? else {
        return Ok(());
    };
    if end > len || end < 4 {
        p.text(", length ");
        p.dec(end);
        p.text(if end > len {
            " > packet size"
        } else {
            " < PAP header length"
        });
        return Ok(());
    }
    let (labels, least): (&[_], _) = match code {
        1 => (&[", Peer ", ", Name "], 6),
        2 | 3 => (&[", Msg "], 5),
        _ => return Ok(()),
    };
    if end < least {
        too_short(p, "pap");
        return Ok(());
    }
    let mut at = 4;
    for label in labels {
        if end - at < 1 {
            return Ok(());
        }
        let text_len = u32::from(byte(bytes, at as usize)?);
        at += 1;
        if end - at < text_len {
            return Ok(());
        }
        until(p, label, bytes, at, at + text_len)?;
        at += text_len;
    }
    Ok(())
}

/// One of several links that are one together.
pub(super) fn bundled(p: &mut Printer<'_>, bytes: &[u8], len: u32) {
    if !p.style.link_header {
        p.text("MLPPP, ");
    }
    let Ok(field) = be16(bytes, 0) else {
        too_short(p, "mlppp");
        return;
    };
    if len < 2 {
        too_short(p, "mlppp");
        return;
    }
    p.text("seq 0x");
    p.out.hex((field & 0x0fff).into(), 3);
    p.text(", Flags [");
    p.flags(
        u32::from(field >> 8) & 0xc0,
        &[(0x80, "begin"), (0x40, "end")],
    );
    p.text("], length ");
    p.dec(len);
}
