//! The options of an OPT record (RFC 6891 §6.1.2).

use super::name::name_within;
use crate::line::Printer;
use crate::line::text::{Append, Cut, array, be16, be32, byte, from};

const CLIENT_SUBNET: u16 = 8;
const COOKIE: u16 = 10;

/// ` [NSID 0102,COOKIE 0011223344556677]`
pub(super) fn options(
    p: &mut Printer<'_>,
    bytes: &[u8],
    mut at: usize,
    end: usize,
) -> Result<(), Cut> {
    if at >= end {
        return Ok(());
    }
    p.text(" [");
    while at < end {
        let kind = be16(bytes, at)?;
        option_name(p, kind);
        let len = usize::from(be16(bytes, at + 2)?);
        at += 4;
        let data = bytes.get(at..at + len).ok_or(Cut)?;
        if !data.is_empty() {
            p.text(" ");
            option(p, kind, data, from(bytes, at))?;
        }
        at += len;
        if at < end {
            p.text(",");
        }
    }
    p.text("]");
    Ok(())
}

fn option_name(p: &mut Printer<'_>, kind: u16) {
    let name = match kind {
        1 => "LLQ",
        2 => "UL",
        3 => "NSID",
        5 => "DAU",
        6 => "DHU",
        7 => "N3U",
        CLIENT_SUBNET => "ECS",
        9 => "EXPIRE",
        COOKIE => "COOKIE",
        11 => "KEEPALIVE",
        12 => "PADDING",
        13 => "CHAIN",
        14 => "KEY-TAG",
        16 => "CLIENT-TAG",
        17 => "SERVER-TAG",
        _ => {
            p.text("Opt");
            p.dec(kind);
            return;
        }
    };
    p.text(name);
}

/// `rest` goes on behind the option's data.
fn option(p: &mut Printer<'_>, kind: u16, data: &[u8], rest: &[u8]) -> Result<(), Cut> {
    match (kind, data) {
        (5..=7, _) => algorithms(p, kind, data),
        (CLIENT_SUBNET, _) => client_subnet(p, data)?,
        (9, _) if data.len() != 4 => p.invalid(),
        (9, _) => {
            p.dec(be32(data, 0)?);
            p.text(" sec");
        }
        (COOKIE, _) => match data.len() {
            8 => p.out.hex_bytes(data),
            16..=40 => {
                // The client's, then the server's.
                let (client, server) = data.split_at_checked(8).ok_or(Cut)?;
                p.out.hex_bytes(client);
                p.text(" ");
                p.out.hex_bytes(server);
            }
            _ => p.invalid(),
        },
        (11, _) if data.len() != 2 => p.invalid(),
        (11, _) => {
            let tenths = be16(data, 0)?;
            p.dec(tenths / 10);
            p.text(".");
            p.dec(tenths % 10);
            p.text(" sec");
        }
        (12, _) => {
            p.text("(");
            p.dec(data.len() as u64);
            p.text(")");
        }
        (13, _) => {
            // What is wrong with it is said there, and the options go on. tcpdump lets its
            // pointers count from the end of the option.
            let _ = name_within(p, rest, 0, data.len());
        }
        (14, _) if !data.len().is_multiple_of(2) => p.invalid(),
        (14, _) => {
            for (i, tag) in data.as_chunks().0.iter().enumerate() {
                if i > 0 {
                    p.text(" ");
                }
                p.dec(u16::from_be_bytes(*tag));
            }
        }
        _ => p.out.hex_bytes(data),
    }
    Ok(())
}

/// RFC 6975: those that a resolver understands.
fn algorithms(p: &mut Printer<'_>, kind: u16, data: &[u8]) {
    for (i, &number) in data.iter().enumerate() {
        if i > 0 {
            p.text(" ");
        }
        let name = match (kind, number) {
            (5, 0) => "DELETE",
            (5, 1) => "RSAMD5",
            (5, 2) => "DH",
            (5, 3) => "DS",
            (5, 5) => "RSASHA1",
            (5, 6) => "DSA-NSEC3-SHA1",
            (5, 7) => "RSASHA1-NSEC3-SHA1",
            (5, 8) => "RSASHA256",
            (5, 10) => "RSASHA512",
            (5, 12) => "ECC-GOST",
            (5, 13) => "ECDSAP256SHA256",
            (5, 14) => "ECDSAP384SHA384",
            (5, 15) => "ED25519",
            (5, 16) => "ED448",
            (5, 252) => "INDIRECT",
            (5, 253) => "PRIVATEDNS",
            (5, 254) => "PRIVATEOID",
            (6 | 7, 1) => "SHA-1",
            (6, 2) => "SHA-256",
            (6, 3) => "GOST_R_34.11-94",
            (6, 4) => "SHA-384",
            _ => {
                p.text("Alg_");
                p.dec(number);
                ""
            }
        };
        p.text(name);
    }
}

/// RFC 7871 §6: `10.1.0.0/16/0`.
fn client_subnet(p: &mut Printer<'_>, data: &[u8]) -> Result<(), Cut> {
    if data.len() < 4 {
        p.invalid();
        return Ok(());
    }
    let (source, scope) = (byte(data, 2)?, byte(data, 3)?);
    let given = from(data, 4);
    let mut address = [0; 16];
    let size = match be16(data, 0)? {
        1 => 4,
        2 => 16,
        _ => {
            p.invalid();
            return Ok(());
        }
    };
    let sound = [source, scope].map(|bits| usize::from(bits) <= size * 8) == [true; 2];
    if !sound || usize::from(source).div_ceil(8) != given.len() {
        p.invalid();
        return Ok(());
    }
    if let Some(room) = address.get_mut(..given.len()) {
        room.copy_from_slice(given);
    }
    if size == 4 {
        p.out.ipv4(array(&address, 0)?);
    } else {
        p.out.ipv6(address);
    }
    p.text("/");
    p.dec(source);
    p.text("/");
    p.dec(scope);
    Ok(())
}
