//! What neighbours on a link say to each other, without IP: Ethernet's loopback test, 802.1X, and
//! the slow protocols of 802.3.

use super::Printer;
use super::text::{Cut, array, be16, byte, from, hex_lines, named, upto};

fn le16(bytes: &[u8]) -> Result<u16, Cut> {
    array(bytes, 0).map(u16::from_le_bytes)
}

fn must_hold(bytes: &[u8], len: u32) -> Result<(), Cut> {
    if bytes.len() < len as usize {
        return Err(Cut);
    }
    Ok(())
}

fn refuse(p: &mut Printer<'_>, bytes: &[u8], len: u32) -> Result<(), Cut> {
    p.invalid();
    must_hold(bytes, len)
}

/// Ethernet version 2's configuration testing protocol, which routers keep links alive with.
pub(super) fn loopback(p: &mut Printer<'_>, bytes: &[u8], len: u32) -> Result<(), Cut> {
    p.protocol = "loopback";
    p.text("Loopback");
    if len < 2 {
        return refuse(p, bytes, len);
    }
    let skipped = le16(bytes)?;
    let (rest, left) = (from(bytes, 2), len - 2);
    p.text(", skipCount ");
    p.dec(skipped);
    if skipped % 8 != 0 {
        p.text(" (bogus)");
    }
    let Some(message_len) = left.checked_sub(skipped.into()) else {
        return refuse(p, rest, left);
    };
    must_hold(rest, skipped.into())?;
    message(p, from(rest, skipped.into()), message_len)
}

fn message(p: &mut Printer<'_>, bytes: &[u8], len: u32) -> Result<(), Cut> {
    const REPLY: u16 = 1;
    const FORWARD: u16 = 2;
    if len < 2 {
        return refuse(p, bytes, len);
    }
    let function = le16(bytes)?;
    let (rest, left) = (from(bytes, 2), len - 2);
    p.text(", ");
    let field = match function {
        REPLY => {
            p.text("Reply");
            2
        }
        FORWARD => {
            p.text("Forward Data");
            6
        }
        _ => {
            p.text(" invalid (");
            p.dec(function);
            p.text(")");
            return must_hold(rest, left);
        }
    };
    let Some(data_len) = left.checked_sub(field) else {
        return refuse(p, rest, left);
    };
    if function == REPLY {
        let number = le16(rest)?;
        p.text(", receipt number ");
        p.dec(number);
    } else {
        let address = array(rest, 0)?;
        p.text(", forwarding address ");
        p.ethernet_address(address);
    }
    p.text(", data (");
    p.dec(data_len);
    p.text(" octets)");
    must_hold(from(rest, field as usize), data_len)
}

/// 802.1X: its header. What EAP says, which tcpdump shows with `-v`, is not.
pub(super) fn eapol(p: &mut Printer<'_>, bytes: &[u8]) -> Result<(), Cut> {
    const KINDS: [(u32, &str); 5] = [
        (0, "EAP packet"),
        (1, "EAPOL start"),
        (2, "EAPOL logoff"),
        (3, "EAPOL key"),
        (4, "Encapsulated ASF alert"),
    ];
    p.protocol = "eap";
    if bytes.len() < 4 {
        p.truncated();
        return Ok(());
    }
    let kind = byte(bytes, 1)?;
    p.text(named(&KINDS, kind.into()).unwrap_or("unknown"));
    p.text(" (");
    p.dec(kind);
    p.text(") v");
    p.dec(byte(bytes, 0)?);
    p.text(", len ");
    p.dec(be16(bytes, 2)?);
    Ok(())
}

/// Link aggregation and others (802.3 annex 57A): which one, and not what tcpdump shows with `-v`.
pub(super) fn slow(p: &mut Printer<'_>, bytes: &[u8], len: u32) -> Result<(), Cut> {
    const VERSION: u8 = 1;
    const OAM: u8 = 3;
    p.protocol = "slow";
    let too_short = |p: &mut Printer<'_>| {
        p.text(if p.verbose() == 0 {
            " (packet is too short)"
        } else {
            "\n\t\t packet is too short"
        });
    };
    if len < 1 {
        too_short(p);
        return Ok(());
    }
    let kind = byte(bytes, 0)?;
    let name = match kind {
        1 => "LACP",
        2 => "MARKER",
        OAM => "OAM",
        _ => {
            p.text("unknown (");
            p.dec(kind);
            p.text("), length ");
            p.dec(len);
            hex_lines(p.out, "\n\t", upto(bytes, len));
            return Ok(());
        }
    };
    if kind == OAM {
        p.text(name);
    } else {
        if len < 2 {
            too_short(p);
            return Ok(());
        }
        let version = byte(bytes, 1)?;
        p.text(name);
        if version != VERSION {
            p.text(" version ");
            p.dec(version);
            p.text(" packet not supported");
            return Ok(());
        }
        p.text("v");
        p.dec(version);
    }
    p.text(", length ");
    p.dec(len);
    Ok(())
}
