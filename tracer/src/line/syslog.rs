//! Syslog (RFC 3164).

use super::Printer;
use super::text::{Cut, byte, hex_only, upto};

const FACILITIES: [&str; 24] = [
    "kernel", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron",
    "authpriv", "ftp", "ntp", "security", "console", "cron", "local0", "local1", "local2",
    "local3", "local4", "local5", "local6", "local7",
];
const SEVERITIES: [&str; 8] = [
    "emergency",
    "alert",
    "critical",
    "error",
    "warning",
    "notice",
    "info",
    "debug",
];

pub(super) fn syslog(p: &mut Printer<'_>, bytes: &[u8], len: u32) -> Result<(), Cut> {
    p.protocol = "syslog";
    if byte(bytes, 0)? != b'<' {
        p.invalid();
        return Ok(());
    }
    let mut priority = 0;
    let mut at = 1;
    while at <= 3 && byte(bytes, at)?.is_ascii_digit() {
        priority = priority * 10 + u16::from(byte(bytes, at)? - b'0');
        at += 1;
    }
    if byte(bytes, at)? != b'>' {
        p.invalid();
        return Ok(());
    }
    at += 1;
    let (facility, severity) = (priority >> 3 & 0x7f, priority & 7);
    if p.verbose() == 0 {
        p.text("SYSLOG ");
        named(p, &FACILITIES, facility);
        p.text(".");
        named(p, &SEVERITIES, severity);
        p.text(", length: ");
        p.dec(len);
        return Ok(());
    }
    p.text("SYSLOG, length: ");
    p.dec(len);
    p.text("\n\tFacility ");
    named(p, &FACILITIES, facility);
    p.text(" (");
    p.dec(facility);
    p.text("), Severity ");
    named(p, &SEVERITIES, severity);
    p.text(" (");
    p.dec(severity);
    p.text(")\n\tMsg: ");
    p.characters(bytes, at, (len as usize).saturating_sub(at))?;
    if p.verbose() > 1 {
        hex_only(p.out, upto(bytes, len));
    }
    Ok(())
}

fn named(p: &mut Printer<'_>, names: &[&str], number: u16) {
    if let Some(name) = names.get(usize::from(number)) {
        p.text(name);
    } else {
        p.text("unknown (");
        p.dec(number);
        p.text(")");
    }
}
