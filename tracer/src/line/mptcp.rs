//! The TCP option of Multipath TCP (RFC 8684), as its printer in tcpdump reads it.

use super::Printer;
use super::tcp::{ACK, SYN};
use super::text::{Append, Cut, array, be16, be32, byte, from};

/// The option's data, behind kind and length. `false` when its length does not fit what it
/// says it is.
pub(super) fn mptcp(p: &mut Printer<'_>, data: &[u8], flags: u8) -> Result<bool, Cut> {
    p.protocol = "mptcp";
    let Some(&first) = data.first() else {
        return Ok(false);
    };
    p.text(" ");
    p.dec(data.len() as u64 + 2);
    let (name, print): (_, Option<Message>) = match first >> 4 {
        0 => (" capable", Some(capable)),
        1 => (" join", Some(join)),
        2 => (" dss", Some(data_sequence)),
        3 => (" add-addr", Some(add_address)),
        4 => (" rem-addr", Some(remove_address)),
        5 => (" prio", Some(priority)),
        6 => (" fail", Some(fail)),
        7 => (" fast-close", Some(fast_close)),
        _ => (" unknown", None),
    };
    p.text(name);
    print.map_or(Ok(true), |print| print(p, data, flags))
}

type Message = fn(&mut Printer<'_>, &[u8], u8) -> Result<bool, Cut>;

/// A key or a truncated digest.
fn hex64(p: &mut Printer<'_>, data: &[u8], at: usize) -> Result<(), Cut> {
    let value = u64::from_be_bytes(array(data, at)?);
    p.text("0x");
    let (high, low) = (value >> 32, value & 0xffff_ffff);
    let [high, low] = [high, low].map(|half| u32::try_from(half).unwrap_or(u32::MAX));
    if high != 0 {
        p.out.hex(high, 1);
    }
    p.out.hex(low, if high == 0 { 1 } else { 8 });
    Ok(())
}

fn capable(p: &mut Printer<'_>, data: &[u8], flags: u8) -> Result<bool, Cut> {
    let fits = match data.len() {
        2 | 10 => flags & SYN != 0,
        18 | 20 => flags & (SYN | ACK) == ACK,
        _ => false,
    };
    if !fits {
        return Ok(false);
    }
    match byte(data, 0)? & 0xf {
        version @ (0 | 1) => {
            p.text(" v");
            p.dec(version);
        }
        version => {
            p.text(" Unknown Version (");
            p.dec(version);
            p.text(")");
            return Ok(true);
        }
    }
    if byte(data, 1)? & 0x80 != 0 {
        p.text(" csum");
    }
    if data.len() >= 10 {
        p.text(" {");
        hex64(p, data, 2)?;
        if data.len() >= 18 {
            p.text(",");
            hex64(p, data, 10)?;
        }
        p.text("}");
    }
    Ok(true)
}

fn join(p: &mut Printer<'_>, data: &[u8], flags: u8) -> Result<bool, Cut> {
    let fits = match data.len() {
        10 => flags & SYN != 0,
        14 => flags & (SYN | ACK) == SYN | ACK,
        22 => flags & ACK != 0,
        _ => false,
    };
    if !fits {
        return Ok(false);
    }
    if data.len() == 22 {
        p.text(" hmac 0x");
        p.out.hex_bytes(from(data, 2));
        return Ok(true);
    }
    if byte(data, 0)? & 1 != 0 {
        p.text(" backup");
    }
    p.text(" id ");
    p.dec(byte(data, 1)?);
    let nonce_at = if data.len() == 10 {
        p.text(" token 0x");
        p.out.hex(be32(data, 2)?, 1);
        6
    } else {
        p.text(" hmac ");
        hex64(p, data, 2)?;
        10
    };
    p.text(" nonce 0x");
    p.out.hex(be32(data, nonce_at)?, 1);
    Ok(true)
}

/// Takes a number of four or eight bytes off `rest` and prints it; `false` when it is cut.
fn number(p: &mut Printer<'_>, rest: &mut &[u8], long: bool) -> bool {
    let value = if long {
        array(rest, 0).map(u64::from_be_bytes)
    } else {
        be32(rest, 0).map(u64::from)
    };
    let Ok(value) = value else { return false };
    p.dec(value);
    *rest = from(rest, if long { 8 } else { 4 });
    true
}

fn data_sequence(p: &mut Printer<'_>, data: &[u8], flags: u8) -> Result<bool, Cut> {
    if data.len() < 2 || flags & SYN != 0 {
        return Ok(false);
    }
    let what = byte(data, 1)?;
    if what & 0x10 != 0 {
        p.text(" fin");
    }
    let mut rest = from(data, 2);
    if what & 0x01 != 0 {
        p.text(" ack ");
        if !number(p, &mut rest, what & 0x02 != 0) {
            return Ok(false);
        }
    }
    if what & 0x04 != 0 {
        p.text(" seq ");
        if !number(p, &mut rest, what & 0x08 != 0) {
            return Ok(false);
        }
        if rest.len() < 4 {
            return Ok(false);
        }
        p.text(" subseq ");
        number(p, &mut rest, false);
        let Ok(len) = be16(rest, 0) else {
            return Ok(false);
        };
        p.text(" len ");
        p.dec(len);
        rest = from(rest, 2);
        // There when both sides agreed on it: what is left says so.
        if let Ok(checksum) = be16(rest, 0) {
            p.text(" csum 0x");
            p.out.hex(u32::from(checksum), 1);
            rest = from(rest, 2);
        }
    }
    Ok(rest.is_empty())
}

fn add_address(p: &mut Printer<'_>, data: &[u8], _flags: u8) -> Result<bool, Cut> {
    // (the address's length, whether a port follows, whether a digest does)
    let (address_len, port, digest) = match data.len() {
        6 => (4, false, false),
        8 => (4, true, false),
        14 => (4, false, true),
        16 => (4, true, true),
        18 => (16, false, false),
        20 => (16, true, false),
        26 => (16, false, true),
        28 => (16, true, true),
        _ => return Ok(false),
    };
    p.text(match byte(data, 0)? & 0xf {
        6 => " v0-ip6",
        4 => " v0-ip4",
        1 => " v1-echo",
        0 => " v1",
        _ => " [bad version/echo]",
    });
    p.text(" id ");
    p.dec(byte(data, 1)?);
    p.text(" ");
    let mut at = 2 + address_len;
    if address_len == 4 {
        p.out.ipv4(array(data, 2)?);
    } else {
        p.out.ipv6(array(data, 2)?);
    }
    if port {
        p.text(":");
        p.dec(be16(data, at)?);
        at += 2;
    }
    if digest {
        p.text(" hmac ");
        hex64(p, data, at)?;
    }
    Ok(true)
}

fn remove_address(p: &mut Printer<'_>, data: &[u8], _flags: u8) -> Result<bool, Cut> {
    if data.len() < 2 {
        return Ok(false);
    }
    p.text(" id");
    for &id in data.get(1..).ok_or(Cut)? {
        p.text(" ");
        p.dec(id);
    }
    Ok(true)
}

fn priority(p: &mut Printer<'_>, data: &[u8], _flags: u8) -> Result<bool, Cut> {
    if !matches!(data.len(), 1 | 2) {
        return Ok(false);
    }
    p.text(if byte(data, 0)? & 1 != 0 {
        " backup"
    } else {
        " non-backup"
    });
    if data.len() == 2 {
        p.text(" id ");
        p.dec(byte(data, 1)?);
    }
    Ok(true)
}

fn fail(p: &mut Printer<'_>, data: &[u8], _flags: u8) -> Result<bool, Cut> {
    if data.len() != 10 {
        return Ok(false);
    }
    p.text(" seq ");
    p.dec(u64::from_be_bytes(array(data, 2)?));
    Ok(true)
}

fn fast_close(p: &mut Printer<'_>, data: &[u8], _flags: u8) -> Result<bool, Cut> {
    if data.len() != 10 {
        return Ok(false);
    }
    p.text(" key ");
    hex64(p, data, 2)?;
    Ok(true)
}
