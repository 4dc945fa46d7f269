//! TFTP (RFC 1350, RFC 2347).

use super::Printer;
use super::text::{Cut, be16, byte, from, upto};

pub(super) fn tftp(p: &mut Printer<'_>, bytes: &[u8], len: u32) -> Result<(), Cut> {
    p.protocol = "tftp";
    p.text("TFTP, length ");
    p.dec(len);
    if !message(p, bytes, len)? {
        p.truncated();
    }
    Ok(())
}

/// `false` when the message ends too soon.
fn message(p: &mut Printer<'_>, bytes: &[u8], len: u32) -> Result<bool, Cut> {
    if len < 2 {
        return Ok(false);
    }
    let code = be16(bytes, 0)?;
    let name = match code {
        1 => ", RRQ",
        2 => ", WRQ",
        3 => ", DATA",
        4 => ", ACK",
        5 => ", ERROR",
        6 => ", OACK",
        _ => {
            p.text(", tftp-#");
            p.dec(code);
            return Ok(true);
        }
    };
    p.text(name);
    let (mut rest, mut left) = (from(bytes, 2), len - 2);
    match code {
        1 | 2 => {
            for quote in ["\"", ""] {
                if left == 0 {
                    return Ok(false);
                }
                p.text(" ");
                p.text(quote);
                let whole = string(p, &mut rest, &mut left)?;
                p.text(quote);
                if !whole {
                    return Ok(false);
                }
            }
            strings(p, rest, left)
        }
        6 => strings(p, rest, left),
        _ if left < 2 => Ok(false),
        3 | 4 => {
            let block = be16(rest, 0)?;
            p.text(" block ");
            p.dec(block);
            Ok(true)
        }
        _ => {
            let error = be16(rest, 0)?;
            p.text(" ");
            let name = match error {
                0 => "EUNDEF",
                1 => "ENOTFOUND",
                2 => "EACCESS",
                3 => "ENOSPACE",
                4 => "EBADOP",
                5 => "EBADID",
                6 => "EEXISTS",
                7 => "ENOUSER",
                _ => {
                    p.text("tftp-err-#");
                    p.dec(error);
                    " \""
                }
            };
            p.text(name);
            (rest, left) = (from(rest, 2), left - 2);
            if left == 0 {
                return Ok(false);
            }
            p.text(" \"");
            let whole = string(p, &mut rest, &mut left)?;
            p.text("\"");
            Ok(whole)
        }
    }
}

/// Options: their names and values.
fn strings(p: &mut Printer<'_>, mut rest: &[u8], mut left: u32) -> Result<bool, Cut> {
    while left != 0 {
        if byte(rest, 0)? != 0 {
            p.text(" ");
        }
        if !string(p, &mut rest, &mut left)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Up to a zero byte; `false` when there is none.
fn string(p: &mut Printer<'_>, rest: &mut &[u8], left: &mut u32) -> Result<bool, Cut> {
    let field = upto(rest, *left);
    let end = field.iter().position(|&byte| byte == 0);
    p.characters(field, 0, end.unwrap_or(field.len()))?;
    let Some(end) = end else { return Ok(false) };
    *rest = from(rest, end + 1);
    *left = left.saturating_sub(u32::try_from(end + 1).unwrap_or(u32::MAX));
    Ok(true)
}
