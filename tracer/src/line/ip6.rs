//! IPv6 and its extension headers.

use super::ip::{Addresses, DCCP, Payload, SCTP, TCP, UDP, upper};
use super::names::protocol_name;
use super::text::{Append, Cut, array, be16, be32, byte, from, upto};
use super::{Printer, ip6_options};

const HOP_BY_HOP: u8 = 0;
const ROUTING: u8 = 43;
const FRAGMENT: u8 = 44;
const DESTINATION_OPTIONS: u8 = 60;
const HEADER_LEN: u32 = 40;

pub(super) fn v6(p: &mut Printer<'_>, packet: &[u8], packet_len: u32) -> Result<(), Cut> {
    p.protocol = "ip6";
    if packet.len() < HEADER_LEN as usize {
        p.truncated();
        return Ok(());
    }
    if packet_len < HEADER_LEN {
        p.text("truncated-ip6 ");
        p.dec(packet_len);
        return Ok(());
    }
    if !p.style.link_header {
        p.text("IP6 ");
    }
    let version = byte(packet, 0)? >> 4;
    if version != 6 {
        p.text("version error: ");
        p.dec(version);
        p.text(" != 6");
        return Ok(());
    }
    let mut next = byte(packet, 6)?;
    let addresses = Addresses::V6 {
        src: array(packet, 8)?,
        dst: array(packet, 24)?,
        protocol: next,
    };
    let payload_len = u32::from(be16(packet, 4)?);
    let lengths = Lengths {
        packet: packet_len,
        payload: payload_len,
    };
    // Without a payload length the packet runs to its end until a jumbo option says otherwise.
    let mut len = packet_len;
    let mut bytes = packet;
    if payload_len != 0 {
        let total = payload_len + HEADER_LEN;
        lengths.missing(p, total);
        bytes = upto(packet, total);
        len = payload_len;
    }
    if p.verbose() > 0 {
        header_fields(p, packet, payload_len)?;
    }
    let header = bytes;
    bytes = from(bytes, HEADER_LEN as usize);
    if !matches!(next, TCP | UDP | DCCP | SCTP) {
        p.hosts(&addresses);
        p.text(": ");
    }
    let mut state = Extensions::default();
    // An extension header is at least eight bytes, so the packet bounds the loop.
    loop {
        let advance = match next {
            HOP_BY_HOP => hop_by_hop(p, bytes, payload_len, &mut state)?,
            DESTINATION_OPTIONS => destination_options(p, bytes)?,
            ROUTING => routing(p, bytes)?,
            FRAGMENT => fragment(p, bytes, &lengths, &mut state)?,
            _ => break,
        };
        let Some(advance) = advance else {
            return Ok(());
        };
        state.found = true;
        state.passed += advance;
        next = byte(bytes, 0)?;
        p.protocol = "ip6";
        let Some(left) = len.checked_sub(advance) else {
            p.truncated();
            return Ok(());
        };
        len = left;
        bytes = from(bytes, advance as usize);
    }
    if let Some(jumbo) = state.jumbo {
        let total = jumbo.wrapping_add(HEADER_LEN);
        let Some(left) = total.checked_sub(HEADER_LEN + state.passed) else {
            p.truncated();
            return Ok(());
        };
        len = left;
        lengths.missing(p, total);
        bytes = from(upto(packet, total), (HEADER_LEN + state.passed) as usize);
    } else if payload_len == 0 {
        if state.found {
            p.truncated();
            return Ok(());
        }
        (len, bytes) = (0, &[]);
    }
    let payload = Payload {
        bytes,
        len,
        fragmented: state.fragmented,
        addresses,
        header,
    };
    upper(p, payload, next)
}

/// `(flowlabel 0x12345, hlim 64, next-header TCP (6) payload length: 40) `
fn header_fields(p: &mut Printer<'_>, header: &[u8], payload_len: u32) -> Result<(), Cut> {
    let flow = be32(header, 0)?;
    p.text("(");
    for (name, value, width) in [
        ("class 0x", flow >> 20 & 0xff, 2),
        ("flowlabel 0x", flow & 0xf_ffff, 5),
    ] {
        if value != 0 {
            p.text(name);
            p.out.hex(value, width);
            p.text(", ");
        }
    }
    p.text("hlim ");
    p.dec(byte(header, 7)?);
    p.text(", next-header ");
    let next = byte(header, 6)?;
    p.text(protocol_name(next));
    p.text(" (");
    p.dec(next);
    p.text(") payload length: ");
    p.dec(payload_len);
    p.text(") ");
    Ok(())
}

struct Lengths {
    /// What the link layer gave.
    packet: u32,
    /// What the header says.
    payload: u32,
}

impl Lengths {
    fn missing(&self, p: &mut Printer<'_>, total: u32) {
        if self.packet < total {
            p.text("truncated-ip6 - ");
            p.dec(total - self.packet);
            p.text(" bytes missing!");
        }
    }
}

/// What the headers passed so far have left behind.
#[derive(Default)]
pub(super) struct Extensions {
    /// Any at all.
    pub(super) found: bool,
    pub(super) hop_by_hop: bool,
    pub(super) fragmented: bool,
    /// A valid jumbo payload length.
    pub(super) jumbo: Option<u32>,
    /// Their length together, in bytes.
    pub(super) passed: u32,
}

/// A header printer's answer: the bytes to go on by, or nothing when the line ends there.
type Advance = Result<Option<u32>, Cut>;

fn hop_by_hop(
    p: &mut Printer<'_>,
    bytes: &[u8],
    payload_len: u32,
    state: &mut Extensions,
) -> Advance {
    if state.hop_by_hop {
        p.text("[The Hop-by-Hop Options header was already found]");
        p.invalid();
        return Ok(None);
    }
    if state.found {
        p.text("[The Hop-by-Hop Options header don't follow the IPv6 header]");
        p.invalid();
        return Ok(None);
    }
    state.hop_by_hop = true;
    p.protocol = "hbhopt";
    let len = (u32::from(byte(bytes, 1)?) + 1) * 8;
    let whole = bytes.get(2..len as usize);
    if whole.is_some() {
        p.text("HBH ");
    }
    let read = match whole {
        Some(options) => ip6_options::options_are_sound(p, options, Some((payload_len, state)))?,
        None => false,
    };
    if !read {
        p.truncated();
    }
    if payload_len == 0 && state.jumbo.is_none() {
        p.text("[No valid Jumbo Payload Hop-by-Hop option found]");
        p.invalid();
        return Ok(None);
    }
    Ok(read.then_some(len))
}

fn destination_options(p: &mut Printer<'_>, bytes: &[u8]) -> Advance {
    p.protocol = "dstopt";
    let len = (u32::from(byte(bytes, 1)?) + 1) * 8;
    let Some(options) = bytes.get(2..len as usize) else {
        p.truncated();
        return Ok(None);
    };
    p.text("DSTOPT ");
    if p.verbose() > 0 && !ip6_options::options_are_sound(p, options, None)? {
        p.truncated();
        return Ok(None);
    }
    Ok(Some(len))
}

/// RFC 8200 §4.5.
fn fragment(
    p: &mut Printer<'_>,
    bytes: &[u8],
    lengths: &Lengths,
    state: &mut Extensions,
) -> Advance {
    p.protocol = "frag6";
    let identification = if p.verbose() > 0 {
        Some(be32(bytes, 4)?)
    } else {
        None
    };
    let offset = be16(bytes, 2)? & 0xfff8;
    // tcpdump computes this without looking whether the payload length is long enough.
    let len = u64::from(lengths.payload)
        .wrapping_sub(u64::from(state.passed))
        .wrapping_sub(8);
    p.text("frag (");
    if let Some(identification) = identification {
        p.text("0x");
        p.out.hex(identification, 8);
        p.text(":");
    }
    p.dec(offset);
    p.text("|");
    p.dec(len);
    p.text(")");
    if offset != 0 {
        return Ok(None);
    }
    p.text(" ");
    state.fragmented = true;
    Ok((bytes.len() > 8).then_some(8))
}

/// Routing headers of types 0 and 2 (addresses) and 4 (segments, RFC 8754).
fn routing(p: &mut Printer<'_>, bytes: &[u8]) -> Advance {
    // This check is still the IPv6 header's.
    if bytes.is_empty() {
        p.truncated();
        return Ok(None);
    }
    p.protocol = "rt6";
    p.text("RT6");
    let units = byte(bytes, 1)?;
    p.text(" (len=");
    p.dec(units);
    let kind = byte(bytes, 2)?;
    p.text(", type=");
    p.dec(kind);
    if kind == 0 {
        p.text(" [Deprecated]");
    }
    let left = byte(bytes, 3)?;
    p.text(", segleft=");
    p.dec(left);
    match kind {
        0 | 2 => {
            let reserved = be32(bytes, 4)?;
            if reserved != 0 || p.verbose() > 0 {
                p.text(", rsv=0x");
                p.out.hex(reserved, 1);
            }
        }
        4 => {
            let last = byte(bytes, 4)?;
            p.text(", last-entry=");
            p.dec(last);
            let flags = byte(bytes, 5)?;
            if flags != 0 || p.verbose() > 0 {
                p.text(", flags=0x");
                p.out.hex(u32::from(flags), 1);
            }
            let tag = be16(bytes, 6)?;
            p.text(", tag=");
            p.out.hex(u32::from(tag), 1);
        }
        _ => {
            p.text(" (unknown type)");
            p.invalid();
            return Ok(None);
        }
    }
    if units % 2 == 1 {
        p.text(" (invalid length ");
        p.dec(units);
        p.text(")");
        p.invalid();
        return Ok(None);
    }
    for i in 0..usize::from(units / 2) {
        let address = array(bytes, 8 + i * 16)?;
        p.text(", [");
        p.dec(i as u64);
        p.text("]");
        p.ipv6(address);
    }
    p.text(") ");
    Ok(Some((u32::from(units) + 1) * 8))
}
