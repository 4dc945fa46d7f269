//! Extensions behind the packet that an ICMP error quotes (RFC 4884), which `-v` shows.

use super::Printer;
use super::checksum::checksum;
use super::text::{Append, Cut, be16, be32, byte, from, hex_lines, upto};

/// Where an extension begins in a message, in bytes.
pub(super) const START: u32 = 156 - 20;
const AT: usize = START as usize;

/// Of a message of `len` bytes, more than [`START`].
pub(super) fn extension(p: &mut Printer<'_>, bytes: &[u8], len: u32) -> Result<(), Cut> {
    if bytes.len() < AT + 5 {
        p.truncated();
        return Ok(());
    }
    let mut left = len - START;
    let whole = bytes.get(AT..len as usize);
    // Without a length field only the checksum says whether there is one.
    if byte(bytes, 5)? == 0 && whole.is_some_and(|whole| checksum(&[whole]) != 0) {
        return Ok(());
    }
    let version = byte(bytes, AT)? >> 4;
    p.text("\n\tICMP Multi-Part extension v");
    p.dec(version);
    if version != 2 {
        p.text(" packet not supported");
        return Ok(());
    }
    if let Some(whole) = whole {
        p.text(", checksum 0x");
        p.out.hex(u32::from(be16(bytes, AT + 2)?), 4);
        p.text(if checksum(&[whole]) == 0 {
            " (correct), length "
        } else {
            " (incorrect), length "
        });
        p.dec(left);
    }
    left = left.wrapping_sub(4);
    let mut at = AT + 4;
    while left > 4 {
        if bytes.len() < at + 4 {
            p.truncated();
            return Ok(());
        }
        let object_len = u32::from(be16(bytes, at)?);
        let (class, kind) = (byte(bytes, at + 2)?, byte(bytes, at + 3)?);
        at += 4;
        left -= 4;
        p.text(match class {
            1 => "\n\t  MPLS Stack Entry",
            2 => "\n\t  Interface Identification",
            _ => "\n\t  unknown",
        });
        p.text(" Object (");
        p.dec(class);
        p.text("), Class-Type: ");
        p.dec(kind);
        p.text(", length ");
        p.dec(object_len);
        let Some(data_len) = object_len.checked_sub(4).filter(|_| class != 0) else {
            return Ok(());
        };
        if (class, kind) == (1, 1) {
            label(p, be32(bytes, at)?);
        } else if at > bytes.len() {
            p.text("\n\t    Dissector error: print_unknown_data called with pointer past end of packet");
        } else {
            hex_lines(p.out, "\n\t    ", upto(from(bytes, at), data_len));
        }
        let Some(rest) = left.checked_sub(data_len) else {
            break;
        };
        left = rest;
        at += data_len as usize;
    }
    Ok(())
}

/// RFC 3032 §2.1.
fn label(p: &mut Printer<'_>, entry: u32) {
    p.text("\n\t    label ");
    p.dec(entry >> 12);
    p.text(", tc ");
    p.dec(entry >> 9 & 7);
    if entry & 0x100 != 0 {
        p.text(", [S]");
    }
    p.text(", ttl ");
    p.dec(entry & 0xff);
}
