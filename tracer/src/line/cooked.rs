//! Linux's cooked captures, of several interfaces or of one without a link layer.

use super::link::{ETHERTYPE_8021Q, by_ethertype, ethertype_name, name, tag};
use super::text::{Append, Cut, array, be16, be32, byte, from};
use super::{Printer, llc};
use crate::decode::MAX_802_3_LENGTH;

/// In a cooked header: IPX without an LLC header.
const SLL_802_3: u16 = 1;
/// In a cooked header: an 802.2 (LLC) frame.
const SLL_802_2: u16 = 4;

pub(super) fn cooked(p: &mut Printer<'_>, frame: &[u8], len: u32) -> Result<(), Cut> {
    p.protocol = "sll";
    let Ok(ethertype) = be16(frame, 14) else {
        p.truncated();
        return Ok(());
    };
    let header = |p: &mut Printer<'_>, len: u32| {
        p.protocol = "sll";
        let kind = packet_type(be16(frame, 0)?);
        for _ in kind.len()..3 {
            p.text(" ");
        }
        p.text(kind);
        p.text(" ");
        cooked_address(p, frame, 6, be16(frame, 4)?)?;
        cooked_type(p, ethertype, len);
        Ok(())
    };
    if p.style.link_header {
        header(p, len)?;
    }
    cooked_payload(p, (frame, len), 16, ethertype, header)
}

pub(super) fn cooked2(p: &mut Printer<'_>, frame: &[u8], len: u32) -> Result<(), Cut> {
    p.protocol = "sll2";
    if frame.len() < 20 {
        p.truncated();
        return Ok(());
    }
    let ethertype = be16(frame, 0)?;
    let index = be32(frame, 4)?;
    let kind = packet_type(u16::from(byte(frame, 10)?));
    let name = p.memory.interfaces.name(index);
    for (text, width) in [(name, 5), (kind, 3)] {
        p.out.push_str(text);
        for _ in text.len()..width {
            p.out.push(' ');
        }
        p.out.push(' ');
    }
    let header = |p: &mut Printer<'_>, len: u32| {
        p.protocol = "sll2";
        p.text("ifindex ");
        p.dec(index);
        p.text(" ");
        cooked_address(p, frame, 12, u16::from(byte(frame, 11)?))?;
        cooked_type(p, ethertype, len);
        Ok(())
    };
    if p.style.link_header {
        header(p, len)?;
    }
    cooked_payload(p, (frame, len), 20, ethertype, header)
}

/// `ethertype IPv4 (0x0800), length 76: `
fn cooked_type(p: &mut Printer<'_>, ethertype: u16, len: u32) {
    if p.style.quiet {
        return;
    }
    match ethertype {
        SLL_802_3 => p.text("802.3"),
        SLL_802_2 => p.text("802.2"),
        0..=MAX_802_3_LENGTH => {
            p.text("ethertype Unknown (0x");
            p.out.hex(u32::from(ethertype), 4);
            p.text(")");
        }
        _ => ethertype_name(p, ethertype),
    }
    p.text(", length ");
    p.dec(len);
    p.text(": ");
}

/// What both versions do with the protocol field; `header` prints the header with a length.
fn cooked_payload(
    p: &mut Printer<'_>,
    (frame, frame_len): (&[u8], u32),
    header_len: u32,
    outer: u16,
    header: impl FnOnce(&mut Printer<'_>, u32) -> Result<(), Cut>,
) -> Result<(), Cut> {
    let mut ethertype = outer;
    let mut at = header_len as usize;
    let mut len = frame_len.saturating_sub(header_len);
    while ethertype == ETHERTYPE_8021Q {
        if frame.len() < at + 4 {
            p.protocol = "vlan";
            p.truncated();
            p.header_len = frame.len();
            return Ok(());
        }
        if p.style.link_header {
            tag(p, be16(frame, at)?);
        }
        ethertype = match be16(frame, at + 2)? {
            0..=MAX_802_3_LENGTH => SLL_802_2,
            ethertype => ethertype,
        };
        if !p.style.quiet {
            p.text("ethertype ");
            p.text(name(ethertype));
            p.text(", ");
        }
        at += 4;
        len = len.saturating_sub(4);
    }
    let bytes = from(frame, at);
    if ethertype == SLL_802_2 {
        at += llc::llc(p, bytes, len, None)?;
    } else if !by_ethertype(p, ethertype, bytes, len)? {
        if ethertype > MAX_802_3_LENGTH && !p.style.link_header {
            // tcpdump does not count the tags that it has passed.
            header(p, len + header_len)?;
        }
        p.unknown(bytes);
    }
    p.header_len = at;
    Ok(())
}

fn cooked_address(p: &mut Printer<'_>, frame: &[u8], at: usize, len: u16) -> Result<(), Cut> {
    // tcpdump takes every six-byte address for an Ethernet one, and shows no other.
    if len == 6 {
        p.ethernet_address(array(frame, at)?);
        p.text(" ");
    }
    Ok(())
}

const fn packet_type(value: u16) -> &'static str {
    match value {
        0 => "In",
        1 => "B",
        2 => "M",
        3 => "P",
        4 => "Out",
        _ => "?",
    }
}

/// The names that this machine has for interfaces, as tcpdump shows them even for a capture from
/// another machine; `?` for those that it has not.
#[derive(Debug, Default)]
pub(super) struct Interfaces {
    known: Vec<(u32, String)>,
}

impl Interfaces {
    /// More than this is no machine's set of interfaces, but a damaged capture.
    const MAX: usize = 64;

    pub(super) fn name(&mut self, index: u32) -> &str {
        let found = self.known.iter().position(|(known, _)| *known == index);
        let at = found.unwrap_or_else(|| {
            if self.known.len() >= Self::MAX {
                self.known.clear();
            }
            self.known.push((index, Self::ask(index)));
            self.known.len() - 1
        });
        self.known.get(at).map_or("?", |(_, name)| name)
    }

    fn ask(index: u32) -> String {
        use rustix::net::{AddressFamily, SocketType, netdevice, socket};
        socket(AddressFamily::UNIX, SocketType::DGRAM, None)
            .and_then(|socket| netdevice::index_to_name(socket, index))
            .unwrap_or_else(|_| "?".to_owned())
    }
}
