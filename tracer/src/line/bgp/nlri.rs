//! Routes of other address families (RFC 4760): those of IP, with a label or without one, in a
//! private network or not.

use super::super::Printer;
use super::super::names::ADDRESS_FAMILIES;
use super::super::text::{Append, Cut, array, be16, be32, byte, from, hex_lines, named, upto};
use super::names::FAMILIES;
use super::prefix::{Prefix, address, ipv4, ipv6, most};
use super::{Extent, distinguisher};

/// Of an address family's number and the subsequent one's.
const FAMILY_LEN: u32 = 3;
const DISTINGUISHER_LEN: usize = 8;

/// A family, and a way to write its routes.
#[derive(Clone, Copy)]
struct Family {
    of: u16,
    subsequent: u8,
}

/// How the routes of a family are written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Plain,
    Labelled,
    /// Labelled, and with a route distinguisher.
    Private,
    /// Route targets that are wanted (RFC 4684).
    Targets,
    /// tcpdump shows them; here, only the family and the next hop are.
    Other,
    Unknown,
}

/// What a route takes, or why there are no more.
enum Route {
    Takes(u32),
    Stop,
    TooShort,
}

impl Family {
    const fn v6(self) -> bool {
        self.of == 2
    }

    const fn form(self) -> Form {
        match (self.of, self.subsequent) {
            (1 | 2, 1..=3) => Form::Plain,
            (1 | 2, 4) => Form::Labelled,
            (1 | 2, 128..=130) => Form::Private,
            (1, 132) => Form::Targets,
            (1, 5 | 66) | (3, 1..=3 | 128..=130) | (196, 128..=130) | (25, 65) => Form::Other,
            _ => Form::Unknown,
        }
    }
}

/// Whether each of the `len` bytes' routes has a number before it (RFC 7911). Only the session's
/// start says so; this looks for what makes no sense without.
pub(super) fn has_path_ids(bytes: &[u8], len: u32, most: u8) -> bool {
    if len < 5 {
        return false;
    }
    let len = len as usize;
    let after = |at: usize, bits: u8| at + 1 + usize::from(bits).div_ceil(8);
    let mut at = 0;
    while at < len {
        at += 4;
        match bytes.get(at) {
            Some(&bits) if bits > most => return false,
            Some(&bits) => at = after(at, bits),
            None => break,
        }
    }
    if at > len {
        return false;
    }
    at = 0;
    while at < len {
        match bytes.get(at) {
            Some(&bits) if bits == 0 || bits > most => return true,
            Some(&bits) => at = after(at, bits),
            None => break,
        }
    }
    at > len
}

/// The family; nothing when its routes are unknown.
fn family(p: &mut Printer<'_>, bytes: &[u8], len: u32) -> Result<Option<Family>, Cut> {
    let family = Family {
        of: be16(bytes, 0)?,
        subsequent: byte(bytes, 2)?,
    };
    let Family { of, subsequent } = family;
    p.text("\n\t    AFI: ");
    p.text(named(&ADDRESS_FAMILIES, of.into()).unwrap_or("Unknown AFI"));
    p.text(" (");
    p.dec(of);
    p.text("), ");
    if subsequent > 128 {
        p.text("vendor specific ");
    }
    p.text("SAFI: ");
    p.text(named(&FAMILIES, subsequent.into()).unwrap_or("Unknown SAFI"));
    p.text(" (");
    p.dec(subsequent);
    p.text(")");
    if family.form() != Form::Unknown {
        return Ok(Some(family));
    }
    if bytes.len() >= len as usize {
        p.text("\n\t    no AFI ");
        p.dec(of);
        p.text(" / SAFI ");
        p.dec(subsequent);
        p.text(" decoder");
        if p.verbose() <= 1 {
            hex_lines(p.out, "\n\t    ", upto(bytes, len));
        }
    }
    Ok(None)
}

pub(super) fn unreachable(p: &mut Printer<'_>, bytes: &[u8], len: u32) -> Result<Extent, Cut> {
    if bytes.len() < FAMILY_LEN as usize {
        return Ok(Extent::TooShort);
    }
    let Some(family) = family(p, bytes, len)? else {
        return Ok(missing(bytes, len));
    };
    if len == FAMILY_LEN {
        p.text("\n\t      End-of-Rib Marker (empty NLRI)");
    }
    routes(p, family, bytes, len, FAMILY_LEN)
}

/// Of an unknown family, all must be there.
fn missing(bytes: &[u8], len: u32) -> Extent {
    if bytes.len() < len as usize {
        Extent::TooShort
    } else {
        Extent::Whole
    }
}

pub(super) fn reachable(p: &mut Printer<'_>, bytes: &[u8], len: u32) -> Result<Extent, Cut> {
    if bytes.len() < FAMILY_LEN as usize || len < FAMILY_LEN {
        return Ok(Extent::TooShort);
    }
    let Some(family) = family(p, bytes, len)? else {
        return Ok(missing(bytes, len));
    };
    let mut at = FAMILY_LEN;
    if bytes.len() <= at as usize || len <= at {
        return Ok(Extent::TooShort);
    }
    let hops_len = byte(bytes, at as usize)?;
    at += 1;
    if hops_len != 0 {
        if len - at < u32::from(hops_len) {
            return Ok(Extent::TooShort);
        }
        p.text("\n\t    nexthop: ");
        next_hops(p, family, from(bytes, at as usize), hops_len)?;
        at += u32::from(hops_len);
    }
    p.text(", nh-length: ");
    p.dec(hops_len);
    if len <= at {
        return Ok(Extent::TooShort);
    }
    let points = byte(bytes, at as usize)?;
    at += 1;
    if points == 0 {
        p.text(", no SNPA");
    } else {
        p.text("\n\t    ");
        p.dec(points);
        p.text(" SNPA");
    }
    for _ in 0..points {
        if len <= at {
            return Ok(Extent::TooShort);
        }
        let point_len = byte(bytes, at as usize)?;
        p.text("\n\t      ");
        p.dec(point_len);
        p.text(" bytes");
        at += 1;
        let end = at + u32::from(point_len);
        if len < end || bytes.len() < end as usize {
            return Ok(Extent::TooShort);
        }
        at = end;
    }
    routes(p, family, bytes, len, at)
}

fn next_hops(p: &mut Printer<'_>, family: Family, bytes: &[u8], len: u8) -> Result<(), Cut> {
    let private = family.form() == Form::Private;
    let skipped = if private { DISTINGUISHER_LEN } else { 0 };
    let size = skipped + if family.v6() { 16 } else { 4 };
    let mut at = 0;
    let len = usize::from(len);
    while at < len {
        if at != 0 {
            p.text(", ");
        }
        if len - at < size {
            p.text("invalid len");
            break;
        }
        let hop = from(bytes, at);
        hop.get(..size).ok_or(Cut)?;
        if private {
            p.text("RD: ");
            distinguisher(p, hop)?;
            p.text(", ");
        }
        if family.v6() {
            p.ipv6(array(hop, skipped)?);
        } else {
            p.ipv4(array(hop, skipped)?);
        }
        at += size;
    }
    Ok(())
}

/// The routes from `at` to the end of the attribute.
fn routes(
    p: &mut Printer<'_>,
    family: Family,
    bytes: &[u8],
    len: u32,
    mut at: u32,
) -> Result<Extent, Cut> {
    let with_ids = family.form() == Form::Plain
        && has_path_ids(from(bytes, at as usize), len - at, most(family.v6()));
    while at < len {
        let rest = from(bytes, at as usize);
        let route = match family.form() {
            Form::Plain => plain(p, family.v6(), rest, len, with_ids)?,
            Form::Labelled => labelled(p, family.v6(), rest, len)?,
            Form::Private => private(p, family.v6(), rest)?,
            Form::Targets => target(p, rest)?,
            Form::Other | Form::Unknown => Route::Stop,
        };
        match route {
            Route::Takes(route_len) => at += route_len,
            Route::Stop => break,
            Route::TooShort => return Ok(Extent::TooShort),
        }
    }
    Ok(Extent::Whole)
}

/// tcpdump compares a route with the length of the attribute, not of what is left of it.
fn plain(
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

fn labelled(p: &mut Printer<'_>, v6: bool, bytes: &[u8], len: u32) -> Result<Route, Cut> {
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

fn private(p: &mut Printer<'_>, v6: bool, bytes: &[u8]) -> Result<Route, Cut> {
    let Some(bits) = byte(bytes, 0)?
        .checked_sub(24 + 64)
        .filter(|&b| b <= most(v6))
    else {
        p.text("\n\t    (illegal prefix length)");
        return Ok(Route::Stop);
    };
    let prefix = address(bytes, 12, bits, v6)?;
    bytes.get(..12).ok_or(Cut)?;
    p.text("\n\t      RD: ");
    distinguisher(p, from(bytes, 4))?;
    p.text(", ");
    prefix.print(p);
    label(p, bytes)?;
    Ok(Route::Takes(12 + prefix.len()))
}

fn target(p: &mut Printer<'_>, bytes: &[u8]) -> Result<Route, Cut> {
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
fn label(p: &mut Printer<'_>, bytes: &[u8]) -> Result<(), Cut> {
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
