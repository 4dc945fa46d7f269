//! 802.11: data frames with what they carry, control frames, and the management frames that tell
//! of networks.

use super::Printer;
use super::llc::{LinkAddresses, llc};
use super::text::{Append, Cut, array, byte, from, len32, upto};
use crate::decode::wireless::{Control, DATA, Radio};

const MANAGEMENT: u16 = 0;
const CONTROL: u16 = 1;
/// Of control frames.
const WRAPPER: u16 = 7;
const REQUEST_ACK: u16 = 8;
const BLOCK_ACK: u16 = 9;
const POLL: u16 = 10;
const RTS: u16 = 11;
const CTS: u16 = 12;
const ACK: u16 = 13;
const END: u16 = 14;
const END_ACK: u16 = 15;

pub(super) fn frame(p: &mut Printer<'_>, bytes: &[u8], len: u32) -> Result<(), Cut> {
    behind(p, bytes, len, Radio::default())
}

/// A frame behind what the radio noted.
pub(super) fn behind(p: &mut Printer<'_>, bytes: &[u8], len: u32, radio: Radio) -> Result<(), Cut> {
    p.protocol = "802.11";
    let inner = from(bytes, radio.len);
    let len = len.saturating_sub(u32::try_from(radio.len).unwrap_or(u32::MAX));
    // As when everything is header.
    p.header_len = 0;
    let header_len = match len.checked_sub(radio.check_len) {
        Some(len) => control(p, upto(inner, len), len, radio.padded)?,
        None => None,
    };
    p.header_len = radio.len + header_len.unwrap_or_else(|| cut(p, inner));
    Ok(())
}

fn cut(p: &mut Printer<'_>, bytes: &[u8]) -> usize {
    p.truncated();
    bytes.len()
}

/// Returns how long the headers are; `None` when not even the first field is there.
fn control(
    p: &mut Printer<'_>,
    bytes: &[u8],
    len: u32,
    padded: bool,
) -> Result<Option<usize>, Cut> {
    let Some(control) = Control::of(bytes) else {
        return Ok(None);
    };
    let Some(mut header_len) = header_len(p, control) else {
        return Ok(Some(0));
    };
    if padded {
        header_len = header_len.next_multiple_of(4);
    }
    if bytes.len() < header_len {
        p.truncated();
        return Ok(Some(header_len));
    }
    if p.style.link_header {
        header(p, control, bytes)?;
    }
    let body = from(bytes, header_len);
    let body_len = len.saturating_sub(u32::try_from(header_len).unwrap_or(u32::MAX));
    let shown = match control.kind() {
        MANAGEMENT => management(p, control, body, body_len)?,
        CONTROL => {
            control_body(p, control, bytes)?;
            true
        }
        _ if control.is_null() => true,
        _ if control.is_protected() => {
            p.text("Data");
            encrypted(p, body)
        }
        _ => {
            let (source, destination) = control.ends();
            let ends: LinkAddresses = (array(bytes, source)?, array(bytes, destination)?);
            header_len += llc(p, body, body_len, Some(ends))?;
            true
        }
    };
    if !shown {
        p.truncated();
    }
    Ok(Some(header_len))
}

fn header_len(p: &mut Printer<'_>, control: Control) -> Option<usize> {
    let subtype = control.subtype();
    Some(match control.kind() {
        MANAGEMENT => 24,
        CONTROL => match subtype {
            REQUEST_ACK => 20,
            CTS | ACK | BLOCK_ACK => 10,
            WRAPPER | POLL | RTS | END | END_ACK => 16,
            _ => {
                p.text("unknown 802.11 ctrl frame subtype (");
                p.dec(subtype);
                p.text(")");
                return None;
            }
        },
        DATA => control.data_header(),
        kind => {
            p.text("unknown 802.11 frame type (");
            p.dec(kind);
            p.text(")");
            return None;
        }
    })
}

/// Addresses with their names, in the order of printing.
fn addresses(p: &mut Printer<'_>, bytes: &[u8], named: &[(&str, usize)]) -> Result<(), Cut> {
    for &(name, at) in named {
        p.text(name);
        p.text(":");
        p.ethernet_address(array(bytes, at)?);
        p.text(" ");
    }
    Ok(())
}

fn header(p: &mut Printer<'_>, control: Control, bytes: &[u8]) -> Result<(), Cut> {
    let (kind, subtype) = (control.kind(), control.subtype());
    if p.verbose() > 0 {
        const FLAGS: [(u16, &str); 6] = [
            (0x2000, "More Data "),
            (0x0400, "More Fragments "),
            (0x1000, "Pwr Mgmt "),
            (0x0800, "Retry "),
            (0x8000, "Strictly Ordered "),
            (0x4000, "Protected "),
        ];
        for (_, name) in FLAGS.iter().filter(|(flag, _)| control.0 & flag != 0) {
            p.text(name);
        }
        if kind != CONTROL || subtype != POLL {
            p.dec(u16::from_le_bytes(array(bytes, 2)?));
            p.text("us ");
        }
    }
    match kind {
        MANAGEMENT => addresses(p, bytes, &[("BSSID", 16), ("DA", 4), ("SA", 10)]),
        CONTROL => match subtype {
            REQUEST_ACK => request_ack(p, bytes),
            POLL => addresses(p, bytes, &[("BSSID", 4), ("TA", 10)]),
            RTS => addresses(p, bytes, &[("RA", 4), ("TA", 10)]),
            END | END_ACK => addresses(p, bytes, &[("RA", 4), ("BSSID", 10)]),
            BLOCK_ACK | CTS | ACK => addresses(p, bytes, &[("RA", 4)]),
            _ => Ok(()),
        },
        _ => data_header(p, control, bytes),
    }
}

fn data_header(p: &mut Printer<'_>, control: Control, bytes: &[u8]) -> Result<(), Cut> {
    let subtype = control.subtype();
    if subtype & 0xb != 0 {
        p.text("CF ");
        p.text(match subtype & 3 {
            3 => "Ack/Poll",
            1 => "Ack",
            2 => "Poll",
            _ => "",
        });
        if control.has_quality() {
            p.text("+QoS");
        }
        p.text(" ");
    }
    let named: &[_] = match (control.enters_distribution(), control.leaves_distribution()) {
        (false, false) => &[("DA", 4), ("SA", 10), ("BSSID", 16)],
        (false, true) => &[("DA", 4), ("BSSID", 10), ("SA", 16)],
        (true, false) => &[("BSSID", 4), ("SA", 10), ("DA", 16)],
        (true, true) => &[("RA", 4), ("TA", 10), ("DA", 16), ("SA", 24)],
    };
    addresses(p, bytes, named)
}

fn request_ack(p: &mut Printer<'_>, bytes: &[u8]) -> Result<(), Cut> {
    p.text(" ");
    addresses(p, bytes, &[("RA", 4), ("TA", 10)])?;
    p.text("CTL(");
    p.out.hex(u16::from_le_bytes(array(bytes, 16)?).into(), 1);
    p.text(") SEQ(");
    p.dec(u16::from_le_bytes(array(bytes, 18)?));
    p.text(") ");
    Ok(())
}

fn control_body(p: &mut Printer<'_>, control: Control, bytes: &[u8]) -> Result<(), Cut> {
    let subtype = control.subtype();
    p.text(match subtype {
        WRAPPER => "Control Wrapper",
        REQUEST_ACK => "BAR",
        BLOCK_ACK => "BA",
        POLL => "Power Save-Poll",
        RTS => "Request-To-Send",
        CTS => "Clear-To-Send",
        ACK => "Acknowledgment",
        END => "CF-End",
        _ => "CF-End+CF-Ack",
    });
    if subtype == POLL {
        p.text(" AID(");
        p.out.hex(u16::from_le_bytes(array(bytes, 2)?).into(), 1);
        p.text(")");
    }
    if p.style.link_header {
        return Ok(());
    }
    match subtype {
        REQUEST_ACK => request_ack(p, bytes),
        RTS => {
            p.text(" ");
            addresses(p, bytes, &[("TA", 10)])
        }
        BLOCK_ACK | CTS | ACK | END | END_ACK => {
            p.text(" ");
            addresses(p, bytes, &[("RA", 4)])
        }
        _ => Ok(()),
    }
}

/// ` IV:123 Pad 0 KeyID 0`; `false` when it is not there.
fn encrypted(p: &mut Printer<'_>, bytes: &[u8]) -> bool {
    let Some(vector) = bytes.first_chunk() else {
        return false;
    };
    let vector = u32::from_le_bytes(*vector);
    p.out.push_str(&format!(
        " IV:{:3x} Pad {:x} KeyID {:x}",
        vector & 0x00ff_ffff,
        vector >> 24 & 0x3f,
        vector >> 30
    ));
    true
}

/// `false` when it ends too soon.
fn management(p: &mut Printer<'_>, control: Control, body: &[u8], len: u32) -> Result<bool, Cut> {
    let subtype = control.subtype();
    let name = match subtype {
        0 => "Assoc Request",
        1 => "Assoc Response",
        2 => "ReAssoc Request",
        3 => "ReAssoc Response",
        4 => "Probe Request",
        5 => "Probe Response",
        8 => "Beacon",
        9 => "ATIM",
        10 => "Disassociation",
        11 => "Authentication",
        12 => "DeAuthentication",
        13 => "Action",
        _ => {
            p.text("Unhandled Management subtype(");
            p.out.hex(subtype.into(), 1);
            p.text(")");
            return Ok(true);
        }
    };
    p.text(name);
    if control.is_protected() {
        return Ok(encrypted(p, body));
    }
    // Where the elements begin, and the capabilities.
    let (begin, capabilities_at) = match subtype {
        0 => (4, Some(0)),
        2 => (10, Some(0)),
        4 => (0, None),
        5 | 8 => (12, Some(10)),
        // What these say is not shown.
        _ => return Ok(true),
    };
    if body.len() < begin {
        return Ok(false);
    }
    let capabilities = match capabilities_at {
        Some(at) => u16::from_le_bytes(array(body, at)?),
        None => 0,
    };
    let (elements, mut whole) = Elements::read(from(body, begin));
    whole &= len32(body) >= len;
    if let Some(name) = elements.name {
        p.text(" (");
        p.characters(name, 0, name.len())?;
        p.text(")");
    }
    if subtype == 2 {
        p.text(" AP : ");
        p.ethernet_address(array(body, 4)?);
        return Ok(whole);
    }
    if let Some(rates) = elements.rates {
        for (i, rate) in rates.iter().enumerate() {
            let megabits = 0.5 * f64::from(rate & 0x7f);
            let before = if i == 0 { " [" } else { " " };
            let basic = if rate & 0x80 == 0 { "" } else { "*" };
            p.out.push_str(&format!("{before}{megabits:.1}{basic}"));
        }
        p.text(" Mbit]");
    }
    if subtype == 8 {
        p.text(if capabilities & 1 == 0 {
            " IBSS"
        } else {
            " ESS"
        });
    }
    if matches!(subtype, 5 | 8) {
        if let Some(channel) = elements.channel {
            p.text(" CH: ");
            p.dec(channel);
        }
        if capabilities & 0x10 != 0 {
            p.text(", PRIVACY");
        }
    }
    Ok(whole)
}

/// What management frames tell of a network: of each element the first.
#[derive(Default)]
struct Elements<'a> {
    name: Option<&'a [u8]>,
    rates: Option<&'a [u8]>,
    channel: Option<u8>,
}

impl<'a> Elements<'a> {
    /// And whether the elements end where the last of them does.
    fn read(mut bytes: &'a [u8]) -> (Self, bool) {
        let mut found = Self::default();
        while !bytes.is_empty() {
            let (Ok(kind), Ok(len)) = (byte(bytes, 0), byte(bytes, 1)) else {
                return (found, false);
            };
            let Some((element, rest)) = from(bytes, 2).split_at_checked(len.into()) else {
                return (found, false);
            };
            match (kind, element) {
                (0, name) if name.len() <= 32 => {
                    let name = name.split(|&byte| byte == 0).next();
                    found.name = found.name.or(name);
                }
                (1, []) => {}
                (1, rates) if rates.len() <= 16 => {
                    found.rates.get_or_insert(rates);
                }
                (3, &[channel]) => {
                    found.channel.get_or_insert(channel);
                }
                (0 | 1, _) => return (found, false),
                (5, _) if len == 255 => return (found, false),
                (16, _) if len > 253 => return (found, false),
                _ => {}
            }
            bytes = rest;
        }
        (found, true)
    }
}
