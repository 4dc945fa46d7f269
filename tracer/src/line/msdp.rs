//! The Multicast Source Discovery Protocol (RFC 3618).

use super::Printer;
use super::ip::{self, MAX_DEPTH};
use super::text::{Cut, array, be16, byte, from};

const MAX_TYPE: u8 = 7;
/// Of type and length, in bytes.
const HEADER_LEN: u32 = 3;

pub(super) fn msdp(p: &mut Printer<'_>, bytes: &[u8], len: u32) -> Result<(), Cut> {
    p.protocol = "msdp";
    p.text(": msdp");
    let (kind, first) = (byte(bytes, 0)?, be16(bytes, 1)?);
    if !(3..=1500).contains(&first) || kind == 0 || kind > MAX_TYPE {
        // Rather the middle of a message.
        p.truncated();
        return Ok(());
    }
    let (mut rest, mut left) = (bytes, len);
    while left != 0 {
        let kind = byte(rest, 0)?;
        let len = be16(rest, 1)?;
        if len > 1400 || p.verbose() > 0 {
            p.text(" [len ");
            p.dec(len);
            p.text("]");
        }
        let len = u32::from(len);
        if len < HEADER_LEN || left < len {
            p.truncated();
            return Ok(());
        }
        message(p, kind, from(rest, HEADER_LEN as usize), len)?;
        rest = from(rest, len as usize);
        left -= len;
    }
    Ok(())
}

/// What follows a message's header.
fn message(p: &mut Printer<'_>, kind: u8, body: &[u8], len: u32) -> Result<(), Cut> {
    match kind {
        1 | 3 => {
            p.text(if kind == 1 { " SA" } else { " SA-Response" });
            let entries = byte(body, 0)?;
            p.text(" ");
            p.dec(entries);
            p.text(" entries");
            let end = u32::from(entries) * 12 + 8;
            if end < len {
                p.text(" [w/data]");
                if p.verbose() > 1 {
                    p.text(" ");
                    p.depth += 1;
                    if p.depth > MAX_DEPTH {
                        return Err(Cut);
                    }
                    let at = (end - HEADER_LEN) as usize;
                    ip::v4(p, from(body, at), len - end)?;
                }
            }
        }
        2 => {
            p.text(" SA-Request");
            let group = array(body, 1)?;
            p.text(" for ");
            p.ipv4(group);
        }
        4 => {
            p.text(" Keepalive");
            if len != HEADER_LEN {
                p.text("[len=");
                p.dec(len);
                p.text("] ");
            }
        }
        5 => p.text(" Notification"),
        _ => {
            p.text(" [type=");
            p.dec(kind);
            p.text(" len=");
            p.dec(len);
            p.text("]");
        }
    }
    Ok(())
}
