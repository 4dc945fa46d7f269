//! IGMP (RFC 1112, RFC 2236, RFC 3376).

use super::Printer;
use super::checksum::checksum;
use super::text::{Append, Cut, array, be16, be32, byte};

pub(super) fn igmp(p: &mut Printer<'_>, bytes: &[u8], len: u32) -> Result<(), Cut> {
    p.protocol = "igmp";
    if p.style.quiet {
        p.text("igmp");
        return Ok(());
    }
    let kind = byte(bytes, 0)?;
    match kind {
        0x11 => query(p, bytes, len)?,
        0x12 | 0x16 | 0x17 => {
            let group = array(bytes, 4)?;
            p.text(match kind {
                0x12 => "igmp v1 report ",
                0x16 => "igmp v2 report ",
                _ => "igmp leave ",
            });
            p.ipv4(group);
            if kind == 0x12 && len != 8 {
                length(p, len);
            }
        }
        0x22 => {
            p.text("igmp v3 report");
            report(p, bytes, len)?;
        }
        _ => {
            p.text("igmp-");
            p.dec(kind);
        }
    }
    let whole = bytes.get(..len as usize);
    if let (true, Some(whole)) = (p.verbose() > 0 && len >= 4, whole)
        && checksum(&[whole]) != 0
    {
        p.text(" bad igmp cksum ");
        p.out.hex(u32::from(be16(bytes, 2)?), 1);
        p.text("!");
    }
    Ok(())
}

fn length(p: &mut Printer<'_>, len: u32) {
    p.text(" [len ");
    p.dec(len);
    p.text("]");
}

fn query(p: &mut Printer<'_>, bytes: &[u8], len: u32) -> Result<(), Cut> {
    p.text("igmp query");
    if len >= 12 {
        return query_v3(p, bytes, len);
    }
    match byte(bytes, 1)? {
        0 => p.text(" v1"),
        100 => p.text(" v2"),
        tenths => {
            p.text(" v2 [max resp time ");
            p.dec(tenths);
            p.text("]");
        }
    }
    if be32(bytes, 4)? != 0 {
        p.text(" [gaddr ");
        p.ipv4(array(bytes, 4)?);
        p.text("]");
    }
    if len != 8 {
        length(p, len);
    }
    Ok(())
}

fn query_v3(p: &mut Printer<'_>, bytes: &[u8], len: u32) -> Result<(), Cut> {
    p.text(" v3");
    if !len.is_multiple_of(4) {
        p.text(" [invalid len ");
        p.dec(len);
        p.text("]");
        return Ok(());
    }
    let code = u32::from(byte(bytes, 1)?);
    // §4.1.1: beyond 7 bits a floating point number of tenths of a second.
    let tenths = match code {
        ..128 => code,
        _ => (code & 0xf | 0x10) << ((code >> 4 & 7) + 3),
    };
    if code != 100 {
        p.text(" [max resp time ");
        if tenths < 600 {
            p.dec(tenths / 10);
            p.text(".");
            p.dec(tenths % 10);
            p.text("s");
        } else {
            p.duration(tenths / 10);
        }
        p.text("]");
    }
    if be32(bytes, 4)? == 0 {
        return Ok(());
    }
    p.text(" [gaddr ");
    p.ipv4(array(bytes, 4)?);
    let sources = be16(bytes, 10)?;
    if sources > 0 {
        if len < 12 + u32::from(sources) * 4 {
            p.text(" [invalid number of sources]");
        } else {
            shown(p, bytes, 12, sources)?;
        }
    }
    p.text("]");
    Ok(())
}

/// How many sources, or from `-vv` on which.
fn shown(p: &mut Printer<'_>, bytes: &[u8], at: usize, sources: u16) -> Result<(), Cut> {
    if p.verbose() < 2 {
        p.text(", ");
        p.dec(sources);
        p.text(" source(s)");
        return Ok(());
    }
    p.text(" {");
    for i in 0..usize::from(sources) {
        let address = array(bytes, at + i * 4)?;
        p.text(" ");
        p.ipv4(address);
    }
    p.text(" }");
    Ok(())
}

fn report(p: &mut Printer<'_>, bytes: &[u8], len: u32) -> Result<(), Cut> {
    if len < 16 || !len.is_multiple_of(4) {
        p.text(" [invalid len ");
        p.dec(len);
        p.text("]");
        return Ok(());
    }
    let groups = be16(bytes, 6)?;
    p.text(", ");
    p.dec(groups);
    p.text(" group record(s)");
    if p.verbose() == 0 {
        return Ok(());
    }
    let mut at = 8;
    for _ in 0..groups {
        if (len as usize) < at + 8 {
            p.text(" [invalid number of groups]");
            return Ok(());
        }
        let group = array(bytes, at + 4)?;
        p.text(" [gaddr ");
        p.ipv4(group);
        change(p, byte(bytes, at)?, "  [v3-report-#");
        let sources = be16(bytes, at + 2)?;
        let end = at + 8 + usize::from(sources) * 4;
        if (len as usize) < end {
            p.text(" [invalid number of sources ");
            p.dec(sources);
            p.text("]");
            return Ok(());
        }
        shown(p, bytes, at + 8, sources)?;
        p.text("]");
        at = end;
    }
    Ok(())
}

/// What a group record says of a group's sources (RFC 3376 §4.2.12, RFC 3810 §5.2.12); `unknown`
/// begins what is said of a number that neither names.
pub(super) fn change(p: &mut Printer<'_>, kind: u8, unknown: &str) {
    let change = match kind {
        1 => " is_in",
        2 => " is_ex",
        3 => " to_in",
        4 => " to_ex",
        5 => " allow",
        6 => " block",
        kind => {
            p.text(unknown);
            p.dec(kind);
            "]"
        }
    };
    p.text(change);
}
