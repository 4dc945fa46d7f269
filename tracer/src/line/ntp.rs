//! NTP (RFC 5905): with `-v` each field.

use jiff::tz::Offset;

use super::Printer;
use super::text::{Append, Cut, array, be16, be32, byte, len32};

/// A message that tells the time, and one of control.
const TIME: u32 = 48;
const CONTROL: u32 = 12;

pub(super) fn ntp(p: &mut Printer<'_>, bytes: &[u8], len: u32) -> Result<(), Cut> {
    p.protocol = "ntp";
    let status = byte(bytes, 0)?;
    p.text("NTPv");
    p.dec(status >> 3 & 7);
    let mode = status & 7;
    p.text(match mode {
        0 => ", unspecified",
        1 => ", symmetric active",
        2 => ", symmetric passive",
        3 => ", Client",
        4 => ", Server",
        5 => ", Broadcast",
        6 => ", Control Message",
        _ => ", Reserved",
    });
    p.text(", length ");
    p.dec(len);
    if p.verbose() == 0 {
        return Ok(());
    }
    p.text("\n\tLeap indicator: ");
    p.text(match status >> 6 {
        0 => "",
        1 => "+1s",
        2 => "-1s",
        _ => "clock unsynchronized",
    });
    p.text(" (");
    p.dec(status & 0xc0);
    p.text(")");
    match mode {
        7 => Ok(()),
        6 => control(p, bytes, len),
        _ => time(p, bytes, len),
    }
}

/// A length that cannot be.
fn invalid(p: &mut Printer<'_>, bytes: &[u8], len: u32) {
    p.invalid();
    if len32(bytes) < len {
        p.truncated();
    }
}

fn time(p: &mut Printer<'_>, bytes: &[u8], len: u32) -> Result<(), Cut> {
    if len < TIME {
        invalid(p, bytes, len);
        return Ok(());
    }
    let stratum = byte(bytes, 1)?;
    p.text(", Stratum ");
    p.dec(stratum);
    p.text(match stratum {
        0 => " (unspecified)",
        1 => " (primary reference)",
        2..=15 => " (secondary reference)",
        _ => " (reserved)",
    });
    let poll = byte(bytes, 2)?.cast_signed();
    p.out.push_str(&format!(", poll {poll}"));
    match poll {
        0..=31 => p.out.push_str(&format!(" ({}s)", 1_u32 << poll)),
        -31..0 => p.out.push_str(&format!(" (1/{}s)", 1_u32 << -poll)),
        _ => {}
    }
    let precision = byte(bytes, 3)?.cast_signed();
    p.out.push_str(&format!(", precision {precision}"));
    // What is missing from here on does not end the packet's line at once.
    if fields(p, bytes, len, stratum).is_err() {
        p.truncated();
    }
    Ok(())
}

fn fields(p: &mut Printer<'_>, bytes: &[u8], len: u32, stratum: u8) -> Result<(), Cut> {
    for (name, at) in [("\n\tRoot Delay: ", 4), (", Root dispersion: ", 8)] {
        let value = be32(bytes, at)?;
        let millionths = (u64::from(value & 0xffff) * 1_000_000) >> 16;
        p.text(name);
        p.out.push_str(&format!("{}.{millionths:06}", value >> 16));
    }
    let reference: [u8; 4] = array(bytes, 12)?;
    p.text(", Reference-ID: ");
    match stratum {
        0 => p.text("(unspec)"),
        1 => p.characters(&reference, 0, 4)?,
        62 | 63 => {
            p.ipv4(reference);
            p.text(if stratum == 62 {
                " INFO_QUERY"
            } else {
                " INFO_REPLY"
            });
            return Ok(());
        }
        _ => {
            p.text("0x");
            p.out.hex_bytes(&reference);
        }
    }
    for (name, at) in [
        ("\n\t  Reference Timestamp:  ", 16),
        ("\n\t  Originator Timestamp: ", 24),
        ("\n\t  Receive Timestamp:    ", 32),
        ("\n\t  Transmit Timestamp:   ", 40),
    ] {
        let stamp = stamp(bytes, at)?;
        p.text(name);
        moment(p, stamp);
    }
    let originator = stamp(bytes, 24)?;
    for (name, at) in [
        ("\n\t    Originator - Receive Timestamp:  ", 32),
        ("\n\t    Originator - Transmit Timestamp: ", 40),
    ] {
        p.text(name);
        difference(p, originator, stamp(bytes, at)?);
    }
    let digest = match len - TIME {
        0 => return Ok(()),
        4 => 0,
        20 => 16,
        24 => 20,
        more => {
            p.out
                .push_str(&format!("\n\t({more} more bytes after the header)"));
            return Ok(());
        }
    };
    let key = be32(bytes, 48)?;
    p.text("\n\tKey id: ");
    p.dec(key);
    if digest > 0 {
        let digest = bytes.get(52..52 + digest).ok_or(Cut)?;
        p.text("\n\tAuthentication: ");
        p.out.hex_bytes(digest);
    }
    Ok(())
}

/// Seconds since 1900, and as many parts of 2^32 of one.
fn stamp(bytes: &[u8], at: usize) -> Result<u64, Cut> {
    array(bytes, at).map(u64::from_be_bytes)
}

/// Seconds and billionths.
fn seconds(p: &mut Printer<'_>, stamp: u64) {
    let billionths = ((stamp & 0xffff_ffff) * 1_000_000_000) >> 32;
    p.out.push_str(&format!("{}.{billionths:09}", stamp >> 32));
}

fn moment(p: &mut Printer<'_>, stamp: u64) {
    /// From 1900 to 1970.
    const EPOCH: i64 = 2_208_988_800;
    seconds(p, stamp);
    let whole = stamp >> 32;
    let since = i64::try_from(whole).unwrap_or(0) - EPOCH;
    if whole != 0
        && let Ok(instant) = jiff::Timestamp::from_second(since)
    {
        let utc = Offset::UTC.to_datetime(instant);
        p.out.push_str(&format!(
            " ({:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z)",
            utc.year(),
            utc.month(),
            utc.day(),
            utc.hour(),
            utc.minute(),
            utc.second()
        ));
    }
}

fn difference(p: &mut Printer<'_>, from: u64, to: u64) {
    if from == 0 {
        return moment(p, to);
    }
    p.text(if to > from { "+" } else { "-" });
    seconds(p, to.abs_diff(from));
}

fn control(p: &mut Printer<'_>, bytes: &[u8], len: u32) -> Result<(), Cut> {
    if len < CONTROL {
        invalid(p, bytes, len);
        return Ok(());
    }
    let bits = byte(bytes, 1)?;
    for (bit, names) in [
        (0x80, [", Request", ", Response"]),
        (0x40, [", OK", ", Error"]),
        (0x20, [", Last", ", More"]),
    ] {
        p.text(names[usize::from(bits & bit != 0)]);
    }
    p.text(", OpCode=");
    p.dec(bits & 0x1f);
    p.text("\n");
    let sequence = be16(bytes, 2)?;
    p.text("\tSequence=");
    p.dec(sequence);
    let status = be16(bytes, 4)?;
    p.text(", Status=");
    match status {
        0 => p.text("0"),
        status => p.out.push_str(&format!("{status:#x}")),
    }
    for (name, at) in [(", Assoc.=", 6), (", Offset=", 8)] {
        let value = be16(bytes, at)?;
        p.text(name);
        p.dec(value);
    }
    let count = be16(bytes, 10)?;
    p.text(", Count=");
    p.dec(count);
    if CONTROL + u32::from(count) > len {
        invalid(p, bytes, len);
    } else if len32(bytes) < CONTROL + u32::from(count) {
        p.truncated();
    } else if count > 0 {
        p.text("\n\tTO-BE-DONE: data not interpreted");
    }
    Ok(())
}
