//! Routes of other address families (RFC 4760): those of IP, with a label or without one, in a
//! private network or not, and those that are not of IP.

use super::super::Printer;
use super::super::names::ADDRESS_FAMILIES;
use super::super::text::{Cut, array, be16, be32, byte, from, hex_lines, named, upto};
use super::names::FAMILIES;
use super::other;
use super::prefix::most;
use super::route::{Route, labelled, plain, private, target};
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
    /// Of a private network: which multicast goes by which tunnel, and who takes part in it.
    MulticastTunnel,
    Multicast,
    Layer2,
    Osi,
    PrivateOsi,
    Unknown,
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
            (1, 5) => Form::Multicast,
            (1, 66) => Form::MulticastTunnel,
            (3, 1..=3) => Form::Osi,
            (3, 128..=130) => Form::PrivateOsi,
            (196, 128..=130) | (25, 65) => Form::Layer2,
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
    if matches!(family.form(), Form::Osi | Form::PrivateOsi) {
        return osi_next_hop(p, family, bytes, len.into());
    }
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

fn osi_next_hop(p: &mut Printer<'_>, family: Family, bytes: &[u8], len: usize) -> Result<(), Cut> {
    if family.form() == Form::Osi {
        other::osi_address(p, bytes.get(..len).ok_or(Cut)?);
        return Ok(());
    }
    if len < DISTINGUISHER_LEN + 1 {
        p.text("invalid len");
        return Ok(());
    }
    let hop = bytes.get(..len).ok_or(Cut)?;
    p.text("RD: ");
    distinguisher(p, hop)?;
    p.text(", ");
    let address = from(hop, DISTINGUISHER_LEN);
    other::osi_address(p, address);
    // An address of IP, written as one of OSI (RFC 986, RFC 1888). It may lie beyond the field.
    let behind = from(bytes, DISTINGUISHER_LEN);
    if be32(behind, 0)? == 0x4700_0601 {
        p.text(" = ");
        p.ipv4(array(behind, 4)?);
    } else if array(behind, 0)? == [0x35, 0, 0] {
        p.text(" = ");
        p.ipv6(array(behind, 3)?);
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
            Form::Multicast => other::multicast(p, rest)?,
            Form::MulticastTunnel => other::tunnel(p, rest)?,
            Form::Layer2 => other::layer_2(p, rest)?,
            Form::Osi => other::osi(p, rest)?,
            Form::PrivateOsi => other::private_osi(p, rest)?,
            Form::Unknown => Route::Stop,
        };
        match route {
            Route::Takes(route_len) => at += route_len,
            Route::Stop => break,
            Route::TooShort => return Ok(Extent::TooShort),
        }
    }
    Ok(Extent::Whole)
}
