//! Routes of families that are not of IP: multicast in a private network, its tunnels, layer 2
//! and OSI.

use super::super::Printer;
use super::super::text::{Append, Cut, array, be16, byte, from, len32};
use super::route::{Route, distinguished};
use super::{Extent, distinguisher};

const DISTINGUISHER_LEN: usize = 8;
/// What tcpdump has room for, in characters and a zero behind them.
const ROOM: usize = 164;
/// Of an OSI address, in bits.
const MOST_OSI: u8 = 152;

/// RFC 6037: whose multicast tunnel goes by which group.
pub(super) fn tunnel(p: &mut Printer<'_>, bytes: &[u8]) -> Result<Route, Cut> {
    const LEN: u8 = 16;
    if byte(bytes, 0)? != LEN * 8 {
        p.text("\n\t    (illegal prefix length)");
        return Ok(Route::Stop);
    }
    if bytes.len() < 1 + DISTINGUISHER_LEN {
        return Ok(Route::TooShort);
    }
    let (address, group) = (array(bytes, 9)?, array(bytes, 13)?);
    p.text("\n\t      RD: ");
    distinguisher(p, from(bytes, 1))?;
    p.text(", VPN IP Address: ");
    p.ipv4(address);
    p.text(", MC Group Address: ");
    p.ipv4(group);
    Ok(Route::Takes(u32::from(LEN) + 1))
}

/// RFC 6514 §4: who sends and receives in a private network's multicast.
pub(super) fn multicast(p: &mut Printer<'_>, bytes: &[u8]) -> Result<Route, Cut> {
    let (kind, len) = (byte(bytes, 0)?, byte(bytes, 1)?);
    let (name, fixed) = match kind {
        1 => ("Intra-AS I-PMSI", DISTINGUISHER_LEN),
        2 => ("Inter-AS I-PMSI", DISTINGUISHER_LEN + 4),
        3 => ("S-PMSI", DISTINGUISHER_LEN),
        4 => ("Intra-AS Segment-Leaf", 0),
        5 => ("Source-Active", DISTINGUISHER_LEN),
        6 => ("Shared Tree Join", DISTINGUISHER_LEN + 4),
        7 => ("Source Tree Join", DISTINGUISHER_LEN + 4),
        _ => ("Unknown", 0),
    };
    let start = p.out.len();
    p.text("\n\t      Route-Type: ");
    p.text(name);
    p.text(" (");
    p.dec(kind);
    p.text("), length: ");
    p.dec(len);
    let route = from(bytes, 2);
    let shown = if route.len() < fixed {
        Ok(Route::TooShort)
    } else {
        participants(p, kind, route, len)
    };
    // tcpdump prints a route when it has read all of it.
    if !matches!(shown, Ok(Route::Takes(_))) {
        p.out.truncate(start);
    }
    shown
}

fn participants(p: &mut Printer<'_>, kind: u8, route: &[u8], len: u8) -> Result<Route, Cut> {
    let taken = Route::Takes(u32::from(len) + 2);
    if !matches!(kind, 1..=3 | 5..=7) {
        return Ok(taken);
    }
    p.text(", RD: ");
    distinguisher(p, route)?;
    let rest = from(route, DISTINGUISHER_LEN);
    match kind {
        1 => {
            p.text(", Originator ");
            address(p, rest, u32::from(len).wrapping_sub(8).wrapping_shl(3))?;
        }
        2 | 6 | 7 => {
            p.text(", Source-AS ");
            p.dec(u32::from_be_bytes(array(rest, 0)?));
            if kind != 2 {
                source_and_group(p, from(rest, 4))?;
            }
        }
        3 => {
            // tcpdump counts the distinguisher in, and looks where source and group are.
            let left = u32::from(len).wrapping_sub(source_and_group(p, rest)?);
            if rest.len() < left as usize {
                return Ok(Route::TooShort);
            }
            p.text(", Originator ");
            address(p, rest, left.wrapping_shl(3))?;
        }
        _ => {
            source_and_group(p, rest)?;
        }
    }
    Ok(taken)
}

/// Each behind its length in bits; returns how many bytes were there in full.
fn source_and_group(p: &mut Printer<'_>, bytes: &[u8]) -> Result<u32, Cut> {
    let (mut at, mut whole) = (0, 0);
    for name in [", Source ", ", Group "] {
        let bits = byte(bytes, at)?;
        at += 1;
        let len = usize::from(bits >> 3);
        let rest = from(bytes, at);
        if rest.len() < len {
            break;
        }
        whole += u32::from(bits >> 3) + 1;
        if bits > 0 {
            p.text(name);
            address(p, rest, bits.into())?;
            at += len;
        }
    }
    Ok(whole)
}

/// Of either version, by its length.
fn address(p: &mut Printer<'_>, bytes: &[u8], bits: u32) -> Result<(), Cut> {
    match bits {
        32 => p.ipv4(array(bytes, 0)?),
        128 => p.ipv6(array(bytes, 0)?),
        _ => {
            p.text("bogus address length ");
            p.dec(bits);
        }
    }
    Ok(())
}

/// Layer 2 in a private network (RFC 4761), found out (RFC 6074) or set up.
pub(super) fn layer_2(p: &mut Printer<'_>, bytes: &[u8]) -> Result<Route, Cut> {
    const FOUND_OUT: u16 = 12;
    const OLD: u16 = 18;
    let len = be16(bytes, 0)?;
    let route = from(bytes, 2);
    let taken = Route::Takes(u32::from(len) + 2);
    let start = p.out.len();
    let fixed = if len == FOUND_OUT { 12 } else { 15 };
    if len != FOUND_OUT && len < OLD || route.len() < fixed {
        return Ok(Route::TooShort);
    }
    p.text("\n\t      ");
    let text = p.out.len();
    p.text("RD: ");
    distinguisher(p, route)?;
    if len == FOUND_OUT {
        p.text(", BGPNH: ");
        p.ipv4(array(route, 8)?);
        return Ok(taken);
    }
    p.text(", CE-ID: ");
    p.dec(be16(route, 8)?);
    p.text(", Label-Block Offset: ");
    p.dec(be16(route, 10)?);
    let [a, b, c] = array(route, 12)?;
    p.text(", Label Base ");
    p.dec(u32::from_be_bytes([0, a, b, c]) >> 4);
    let room = Room(ROOM.saturating_sub(p.out.len() - text));
    let read = properties(p, from(route, 15), len - 15, room);
    if !matches!(read, Ok(Extent::Whole)) {
        p.out.truncate(start);
    }
    match read? {
        Extent::Whole => Ok(taken),
        Extent::TooShort => Ok(Route::TooShort),
    }
}

/// What is left of tcpdump's.
struct Room(usize);

impl Room {
    /// Adds what fits.
    fn add(&mut self, p: &mut Printer<'_>, text: &str) {
        let fits = text.len().min(self.0.saturating_sub(1));
        p.text(text.get(..fits).unwrap_or_default());
        self.0 = self.0.saturating_sub(text.len());
    }
}

/// What follows a label block. tcpdump does not count the three bytes before each against
/// `left`, nor does it step over what it does not know.
fn properties(
    p: &mut Printer<'_>,
    bytes: &[u8],
    mut left: u16,
    mut room: Room,
) -> Result<Extent, Cut> {
    let mut at = 0;
    // Three bytes further each time, so the packet bounds the loop.
    while left != 0 {
        if left < 3 {
            room.add(p, "\n\t\tran past the end");
            break;
        }
        let (kind, bits) = (byte(bytes, at)?, be16(bytes, at + 1)?);
        at += 3;
        let len = u32::from(bits).div_ceil(8);
        if kind != 1 {
            room.add(p, &format!("\n\t\tunknown TLV #{kind}, length: {bits}"));
            if u32::from(left) < len {
                room.add(p, " (ran past the end)");
                break;
            }
            left -= u16::try_from(len).unwrap_or(left);
            continue;
        }
        let title = format!("\n\t\tcircuit status vector ({kind}) length: {bits}: 0x");
        room.add(p, &title);
        for _ in 0..len {
            if left < 1 {
                room.add(p, " (ran past the end)");
                return Ok(Extent::Whole);
            }
            let Ok(status) = byte(bytes, at) else {
                return Ok(Extent::TooShort);
            };
            if room.0 > 0 {
                room.add(p, &format!("{status:02x}"));
                at += 1;
            }
            left -= 1;
        }
    }
    Ok(Extent::Whole)
}

/// An OSI prefix (RFC 4760 with ISO 8348); tcpdump looks for it three bytes too far.
pub(super) fn osi(p: &mut Printer<'_>, bytes: &[u8]) -> Result<Route, Cut> {
    let bits = byte(bytes, 0)?;
    if bits > MOST_OSI {
        p.text("\n\t    (illegal prefix length)");
        return Ok(Route::Stop);
    }
    let prefix = OsiPrefix::read(bytes, 4, bits)?;
    p.text("\n\t      ");
    prefix.print(p);
    Ok(Route::Takes(1 + prefix.len()))
}

/// Likewise, with a label and whose it is.
pub(super) fn private_osi(p: &mut Printer<'_>, bytes: &[u8]) -> Result<Route, Cut> {
    let bits = byte(bytes, 0)?.checked_sub(24 + 64);
    let Some(bits) = bits.filter(|&bits| bits <= MOST_OSI) else {
        p.text("\n\t    (illegal prefix length)");
        return Ok(Route::Stop);
    };
    let prefix = OsiPrefix::read(bytes, 12, bits)?;
    distinguished(p, bytes, prefix.len(), |p| prefix.print(p))
}

/// The first bits of an OSI address; the others are zero.
struct OsiPrefix {
    bytes: [u8; 19],
    bits: u8,
}

impl OsiPrefix {
    fn read(bytes: &[u8], at: usize, bits: u8) -> Result<Self, Cut> {
        let len = usize::from(bits).div_ceil(8);
        let found = bytes.get(at..at + len).ok_or(Cut)?;
        let mut prefix = Self {
            bytes: [0; 19],
            bits,
        };
        for (to, from) in prefix.bytes.iter_mut().zip(found) {
            *to = *from;
        }
        if !bits.is_multiple_of(8)
            && let Some(last) = prefix.bytes.get_mut(len.wrapping_sub(1))
        {
            *last &= !(0xff >> (bits % 8));
        }
        Ok(prefix)
    }

    const fn len(&self) -> u32 {
        (self.bits as u32).div_ceil(8)
    }

    fn print(&self, p: &mut Printer<'_>) {
        osi_address(p, self.bytes.get(..self.len() as usize).unwrap_or_default());
        p.text("/");
        p.dec(self.bits);
    }
}

/// `49.0001.0203`
pub(super) fn osi_address(p: &mut Printer<'_>, address: &[u8]) {
    const MOST: u32 = 20;
    if !(1..=MOST).contains(&len32(address)) {
        p.text("isonsap_string: illegal length");
        return;
    }
    for (i, &byte) in address.iter().enumerate() {
        p.out.hex(byte.into(), 2);
        if i % 2 == 0 && i + 1 < address.len() {
            p.text(".");
        }
    }
}
