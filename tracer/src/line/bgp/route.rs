//! One route of a family: a prefix, with a label, with whose it is, or a target for routes.

use super::super::Printer;
use super::super::text::{Append, Cut, array, be16, be32, byte, from};
use super::distinguisher;
use super::prefix::{Prefix, address, ipv4, ipv6, most};

/// What a route takes, or why there are no more.
pub(super) enum Route {
    Takes(u32),
    Stop,
    TooShort,
}

/// tcpdump compares a route with the length of the attribute, not of what is left of it.
pub(super) fn plain(
    p: &mut Printer<'_>,
    v6: bool,
    bytes: &[u8],
    len: u32,
    with_id: bool,
) -> Result<Route, Cut> {
    let id = if with_id { be32(bytes, 0)? } else { 0 };
    let id_len = if with_id { 4 } else { 0 };
    let prefix = from(bytes, id_len as usize);
    let prefix = if v6 {
        ipv6(prefix, len)?
    } else {
        ipv4(prefix, len)?
    };
    let route = match prefix {
        Prefix::Unfinished => return Ok(Route::TooShort),
        Prefix::TooLong => {
            p.text("\n\t    (illegal prefix length)");
            // tcpdump takes the -1 that says so for a length.
            if with_id {
                Route::Takes(3)
            } else {
                Route::Stop
            }
        }
        Prefix::Whole(prefix) => {
            p.text("\n\t      ");
            prefix.print(p);
            Route::Takes(id_len + 1 + prefix.len())
        }
    };
    if with_id {
        p.text("   Path Id: ");
        p.dec(id);
    }
    Ok(route)
}

pub(super) fn labelled(
    p: &mut Printer<'_>,
    v6: bool,
    bytes: &[u8],
    len: u32,
) -> Result<Route, Cut> {
    if bytes.len() < 4 {
        return Ok(Route::TooShort);
    }
    if len < 4 {
        return Ok(Route::Stop);
    }
    let Some(bits) = byte(bytes, 0)?.checked_sub(24).filter(|&b| b <= most(v6)) else {
        p.text("\n\t    (illegal prefix length)");
        return Ok(Route::Stop);
    };
    if !v6 && len - 4 < u32::from(bits).div_ceil(8) {
        return Ok(Route::Stop);
    }
    let prefix = address(bytes, 4, bits, v6)?;
    p.text("\n\t      ");
    prefix.print(p);
    label(p, bytes)?;
    Ok(Route::Takes(4 + prefix.len()))
}

pub(super) fn private(p: &mut Printer<'_>, v6: bool, bytes: &[u8]) -> Result<Route, Cut> {
    let Some(bits) = byte(bytes, 0)?
        .checked_sub(24 + 64)
        .filter(|&b| b <= most(v6))
    else {
        p.text("\n\t    (illegal prefix length)");
        return Ok(Route::Stop);
    };
    let prefix = address(bytes, 12, bits, v6)?;
    distinguished(p, bytes, prefix.len(), |p| prefix.print(p))
}

/// A prefix of `len` bytes behind a label and a distinguisher.
pub(super) fn distinguished(
    p: &mut Printer<'_>,
    bytes: &[u8],
    len: u32,
    prefix: impl FnOnce(&mut Printer<'_>),
) -> Result<Route, Cut> {
    bytes.get(..12).ok_or(Cut)?;
    p.text("\n\t      RD: ");
    distinguisher(p, from(bytes, 4))?;
    p.text(", ");
    prefix(p);
    label(p, bytes)?;
    Ok(Route::Takes(12 + len))
}

pub(super) fn target(p: &mut Printer<'_>, bytes: &[u8]) -> Result<Route, Cut> {
    let bits = byte(bytes, 0)?;
    if bits == 0 {
        p.text("\n\t      default route target");
        return Ok(Route::Takes(1));
    }
    let Some(bits) = bits.checked_sub(32) else {
        p.text("\n\t      (illegal prefix length)");
        return Ok(Route::Stop);
    };
    let origin = be32(bytes, 1)?;
    if bits > 64 {
        p.text("\n\t      (illegal prefix length)");
        return Ok(Route::Stop);
    }
    let prefix = address(bytes, 5, bits, true)?;
    p.text("\n\t      origin AS: ");
    p.dec(origin);
    p.text(", ");
    let target: [u8; 8] = array(prefix.bytes(), 0)?;
    let known = target.get(..prefix.len() as usize).unwrap_or(&target);
    let kind = be16(&target, 0)?;
    match kind {
        _ if bits == 0 => {
            p.text("route-target: 0:0/0");
            return Ok(Route::Takes(5));
        }
        _ if bits < 16 => p.text("route-target: partial-type: ("),
        2 => {
            p.text("route-target: ");
            p.dec(be16(&target, 2)?);
            p.text(":");
            p.dec(be32(&target, 4)?);
        }
        0x0102 => {
            p.text("route-target: ");
            p.out.ipv4(array(&target, 2)?);
            p.text(":");
            p.dec(be16(&target, 6)?);
        }
        0x0202 => {
            p.text("route-target: ");
            p.dec(be32(&target, 2)?);
            p.text(":");
            p.dec(be16(&target, 6)?);
        }
        _ => {
            p.text("route target: unknown-type(");
            p.out.hex(kind.into(), 4);
            p.text(") (");
        }
    }
    // The bytes stand before the length, or behind it where the target is readable.
    let readable = bits >= 16 && matches!(kind, 2 | 0x0102 | 0x0202);
    if readable {
        p.text("/");
        p.dec(bits);
        p.text(" (");
    }
    for (i, pair) in known.chunks(2).enumerate() {
        p.text(if i == 0 { "" } else { " " });
        p.out.hex_bytes(pair);
    }
    if !readable {
        p.text("/");
        p.dec(bits);
    }
    p.text(")");
    Ok(Route::Takes(5 + prefix.len()))
}

/// The label behind a prefix' length.
pub(super) fn label(p: &mut Printer<'_>, bytes: &[u8]) -> Result<(), Cut> {
    let [_, label @ ..]: [u8; 4] = array(bytes, 0)?;
    let [a, b, c] = label;
    p.text(", label:");
    p.dec(u32::from_be_bytes([0, a, b, c]) >> 4);
    p.text(if c & 1 == 0 {
        " (BOGUS: Bottom of Stack NOT set!)"
    } else {
        " (bottom)"
    });
    Ok(())
}
