//! Protocols that tcpdump sums up in one line as long as `-v` is not given. With `-v` it takes
//! them apart, which is not done here.

use super::Printer;
use super::text::{Append, Cut, array, be16, byte, from, hex_lines, len32, named, upto};

/// HSRP (RFC 2281), with `-v` too.
pub(super) fn hsrp(p: &mut Printer<'_>, bytes: &[u8], len: u32) -> Result<(), Cut> {
    const STATES: [(u32, &str); 6] = [
        (0, "initial"),
        (1, "learn"),
        (2, "listen"),
        (4, "speak"),
        (8, "standby"),
        (16, "active"),
    ];
    p.protocol = "hsrp";
    let version = byte(bytes, 0)?;
    p.text("HSRPv");
    p.dec(version);
    if version != 0 {
        return Ok(());
    }
    p.text("-");
    let operation = byte(bytes, 1)?;
    let operations = [(0, "hello"), (1, "coup"), (2, "resign")];
    or_number(p, &operations, operation, "unknown (");
    p.text(" ");
    p.dec(len);
    p.text(": ");
    let state = byte(bytes, 2)?;
    p.text("state=");
    or_number(p, &STATES, state, "Unknown (");
    p.text(" ");
    let group = byte(bytes, 6)?;
    p.text("group=");
    p.dec(group);
    p.text(" ");
    let reserved = byte(bytes, 7)?;
    if reserved != 0 {
        p.text("[reserved=");
        p.dec(reserved);
        p.text("!] ");
    }
    let address = array(bytes, 16)?;
    p.text("addr=");
    p.ipv4(address);
    if p.verbose() > 0 {
        for (label, at) in [(" hellotime=", 3), (" holdtime=", 4)] {
            p.text(label);
            p.duration(byte(bytes, at)?.into());
        }
        p.text(" priority=");
        p.dec(byte(bytes, 5)?);
        p.text(" auth=\"");
        let password: [u8; 8] = array(bytes, 8)?;
        let end = password.iter().position(|&byte| byte == 0);
        p.characters(&password, 0, end.unwrap_or(password.len()))?;
        p.text("\"");
    }
    Ok(())
}

/// The name of a value, or the value in brackets behind `unknown`.
fn or_number(p: &mut Printer<'_>, names: &[(u32, &'static str)], value: u8, unknown: &str) {
    if let Some(name) = named(names, value.into()) {
        p.text(name);
    } else {
        p.text(unknown);
        p.dec(value);
        p.text(")");
    }
}

/// RIP (RFC 1058, RFC 2453).
pub(super) fn rip(p: &mut Printer<'_>, bytes: &[u8], len: u32) {
    const COMMANDS: [(u32, &str); 6] = [
        (1, "Request"),
        (2, "Response"),
        (3, "Trace on"),
        (4, "Trace off"),
        (5, "Poll"),
        (6, "Poll Entry"),
    ];
    p.protocol = "rip";
    let &[command, version, _, _, ..] = bytes else {
        p.truncated();
        return;
    };
    if len < 4 {
        p.truncated();
        return;
    }
    p.text("RIPv");
    p.dec(version);
    if version == 0 {
        let shown = upto(bytes, len);
        hex_lines(p.out, "\n\t", shown);
        return;
    }
    p.text(", ");
    or_number(p, &COMMANDS, command, "unknown command (");
    p.text(", length: ");
    p.dec(len);
}

/// DHCP for IPv6 (RFC 8415).
pub(super) fn dhcp6(p: &mut Printer<'_>, bytes: &[u8]) {
    const MESSAGES: [&str; 15] = [
        "solicit",
        "advertise",
        "request",
        "confirm",
        "renew",
        "rebind",
        "reply",
        "release",
        "decline",
        "reconfigure",
        "inf-req",
        "relay-fwd",
        "relay-reply",
        "leasequery",
        "leasequery-reply",
    ];
    p.protocol = "dhcp6";
    p.text("dhcp6");
    let &[kind, _, _, _, ..] = bytes else {
        p.truncated();
        return;
    };
    p.text(" ");
    if let Some(name) = MESSAGES.get(usize::from(kind).wrapping_sub(1)) {
        p.text(name);
    } else {
        p.text("msgtype-");
        p.dec(kind);
    }
}

/// RADIUS (RFC 2865, RFC 2866, RFC 5176).
pub(super) fn radius(p: &mut Printer<'_>, bytes: &[u8], len: u32) -> Result<(), Cut> {
    const HEADER_LEN: u32 = 20;
    const CODES: [(u32, &str); 15] = [
        (1, "Access-Request"),
        (2, "Access-Accept"),
        (3, "Access-Reject"),
        (4, "Accounting-Request"),
        (5, "Accounting-Response"),
        (11, "Access-Challenge"),
        (12, "Status-Server"),
        (13, "Status-Client"),
        (40, "Disconnect-Request"),
        (41, "Disconnect-ACK"),
        (42, "Disconnect-NAK"),
        (43, "CoA-Request"),
        (44, "CoA-ACK"),
        (45, "CoA-NAK"),
        (255, "Reserved"),
    ];
    p.protocol = "radius";
    if len32(bytes) < HEADER_LEN || u32::from(be16(bytes, 2)?) < HEADER_LEN {
        p.truncated();
        return Ok(());
    }
    let [code, id] = array(bytes, 0)?;
    p.text("RADIUS, ");
    p.text(named(&CODES, code.into()).unwrap_or("Unknown Command"));
    p.text(" (");
    p.dec(code);
    p.text("), id: 0x");
    p.out.hex(id.into(), 2);
    p.text(" length: ");
    p.dec(u32::from(be16(bytes, 2)?).min(len));
    Ok(())
}

/// LLDP (IEEE 802.1AB): of all that a station tells, its name.
pub(super) fn lldp(p: &mut Printer<'_>, bytes: &[u8], len: u32) -> Result<(), Cut> {
    const SYSTEM_NAME: u16 = 5;
    p.protocol = "lldp";
    p.text("LLDP, length ");
    p.dec(len);
    let (mut rest, mut left) = (bytes, len);
    while left >= 2 {
        let Ok(header) = be16(rest, 0) else {
            p.truncated();
            return Ok(());
        };
        let (kind, len) = (header >> 9, header & 0x1ff);
        rest = from(rest, 2);
        left -= 2;
        if kind == 0 || len == 0 {
            return Ok(());
        }
        if rest.len() < len.into() || left < len.into() {
            p.truncated();
            return Ok(());
        }
        if kind == SYSTEM_NAME {
            p.text(": ");
            let name = rest.get(..len.into()).ok_or(Cut)?;
            let end = name.iter().position(|&byte| byte == 0);
            p.characters(name, 0, end.unwrap_or(name.len()))?;
        }
        rest = from(rest, len.into());
        left -= u32::from(len);
    }
    Ok(())
}
