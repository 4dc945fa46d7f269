//! Multicast listener discovery, versions 1 (RFC 2710) and 2 (RFC 3810).

use super::Printer;
use super::icmp6::Ending;
use super::igmp::change;
use super::text::{Cut, array, be16, byte, from};

/// Version 1 or 2 by its length.
pub(super) fn query(p: &mut Printer<'_>, bytes: &[u8], len: u32) -> Result<Ending, Cut> {
    match len {
        24 => return listener(p, bytes),
        28.. => {
            p.text(" v2");
            version_2(p, bytes, len)?;
        }
        _ => {
            p.text(" unknown-version (len ");
            p.dec(len);
            p.text(") ");
        }
    }
    Ok(Ending::Length)
}

fn version_2(p: &mut Printer<'_>, bytes: &[u8], len: u32) -> Result<(), Cut> {
    let code = u32::from(be16(bytes, 4)?);
    if p.verbose() > 0 {
        // §5.1.3: beyond 15 bits a floating point number.
        let delay = match code {
            ..0x8000 => code,
            _ => (code & 0xfff | 0x1000) << ((code >> 12 & 7) + 3),
        };
        p.text(" [max resp delay=");
        p.dec(delay);
        p.text("]");
    }
    let group = array(bytes, 8)?;
    p.text(" [gaddr ");
    p.ipv6(group);
    if p.verbose() > 0 {
        let flags = byte(bytes, 24)?;
        if flags & 0x08 != 0 {
            p.text(" sflag");
        }
        if flags & 0x07 != 0 {
            p.text(" robustness=");
            p.dec(flags & 0x07);
        }
        let interval = u32::from(byte(bytes, 25)?);
        p.text(" qqi=");
        p.dec(match interval {
            ..128 => interval,
            _ => (interval & 0xf | 0x10) << ((interval >> 4 & 7) + 3),
        });
    }
    let sources = be16(bytes, 26)?;
    if sources > 0 {
        if len < 28 + u32::from(sources) * 16 {
            p.text(" [invalid number of sources]");
        } else if p.verbose() > 1 {
            braced(p, bytes, 28, sources)?;
        } else {
            p.text(", ");
            p.dec(sources);
            p.text(" source(s)");
        }
    }
    p.text("]");
    Ok(())
}

fn braced(p: &mut Printer<'_>, bytes: &[u8], at: usize, sources: u16) -> Result<(), Cut> {
    p.text(" {");
    for i in 0..usize::from(sources) {
        let address = array(bytes, at + i * 16)?;
        p.text(" ");
        p.ipv6(address);
    }
    p.text(" }");
    Ok(())
}

/// A version 1 message: its delay and group, if it is whole.
pub(super) fn listener(p: &mut Printer<'_>, bytes: &[u8]) -> Result<Ending, Cut> {
    if !from(bytes, 23).is_empty() {
        p.text("max resp delay: ");
        p.dec(be16(bytes, 4)?);
        p.text(" addr: ");
        p.ipv6(array(bytes, 8)?);
    }
    Ok(Ending::Length)
}

/// A version 2 report: how many groups, and with `-v` which.
pub(super) fn report(p: &mut Printer<'_>, bytes: &[u8], len: u32) -> Result<Ending, Cut> {
    if len < 8 {
        p.text(" [invalid len ");
        p.dec(len);
        p.text("]");
        return Ok(Ending::Length);
    }
    let groups = be16(bytes, 6)?;
    p.text(", ");
    p.dec(groups);
    p.text(" group record(s)");
    if p.verbose() == 0 {
        return Ok(Ending::Length);
    }
    let mut at = 8;
    for _ in 0..groups {
        if (len as usize) < at + 20 {
            p.text(" [invalid number of groups]");
            return Ok(Ending::Length);
        }
        let group = array(bytes, at + 4)?;
        p.text(" [gaddr ");
        p.ipv6(group);
        change(p, byte(bytes, at)?, "  [v2-report-#");
        let sources = be16(bytes, at + 2)?;
        let end = at + 20 + usize::from(sources) * 16;
        if (len as usize) < end {
            p.text(" [invalid number of sources ");
            p.dec(sources);
            p.text("]");
            return Ok(Ending::Length);
        }
        if p.verbose() > 1 {
            braced(p, bytes, at + 20, sources)?;
        } else {
            p.text(", ");
            p.dec(sources);
            p.text(" source(s)");
        }
        p.text("]");
        at = end;
    }
    Ok(Ending::Length)
}
