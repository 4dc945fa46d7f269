//! PPP (RFC 1661), and how it goes over Ethernet (RFC 2516).

use super::link::ethertype_name;
use super::text::{Append, Cut, be16, byte, from, hex_lines, upto};
use super::tunnel::mpls;
use super::{Printer, ip, ip6, ppp_control};
use crate::decode::{ETHERTYPE_IPV4, ETHERTYPE_IPV6};

/// Address, control and protocol.
const HEADER: usize = 4;

/// Frames of `DLT_PPP`.
pub(super) fn alone(p: &mut Printer<'_>, bytes: &[u8], len: u32) -> Result<(), Cut> {
    p.protocol = "ppp";
    if bytes.len() < HEADER {
        p.truncated();
        p.header_len = bytes.len();
        return Ok(());
    }
    p.header_len = HEADER;
    ppp(p, bytes, len).map(|_| ())
}

/// PPP in HDLC-like frames (RFC 1662), or Cisco's HDLC.
pub(super) fn serial(p: &mut Printer<'_>, bytes: &[u8], len: u32) -> Result<(), Cut> {
    p.protocol = "ppp_hdlc";
    let address = match bytes {
        [0x0f | 0x8f, _, ..] => return cisco(p, bytes, len),
        [address, _, _, _, ..] => *address,
        _ => {
            p.truncated();
            p.header_len = bytes.len();
            return Ok(());
        }
    };
    if p.style.link_header {
        for byte in &bytes[..2] {
            p.out.hex((*byte).into(), 2);
            p.text(" ");
        }
        p.dec(len);
        p.text(" ");
    }
    if address != 0xff {
        p.header_len = 2;
        p.text("unknown addr ");
        p.out.hex(byte(bytes, 2)?.into(), 2);
        p.text("; ctrl ");
        p.out.hex(byte(bytes, 3)?.into(), 2);
        return Ok(());
    }
    let number = be16(bytes, 2)?;
    protocol_name(p, number);
    p.text(": ");
    protocol(p, number, from(bytes, HEADER), len.saturating_sub(4))?;
    p.header_len = HEADER;
    Ok(())
}

/// Frames of `DLT_PPP_ETHER`.
pub(super) fn pppoe_alone(p: &mut Printer<'_>, bytes: &[u8], len: u32) -> Result<(), Cut> {
    p.header_len = pppoe(p, bytes, len)?;
    Ok(())
}

/// Cisco's HDLC (RFC 1547).
pub(super) fn cisco(p: &mut Printer<'_>, bytes: &[u8], len: u32) -> Result<(), Cut> {
    p.protocol = "chdlc";
    if len < 4 {
        p.truncated();
        p.header_len = bytes.len();
        return Ok(());
    }
    let ethertype = be16(bytes, 2)?;
    if p.style.link_header {
        match byte(bytes, 0)? {
            0x0f => p.text("unicast"),
            0x8f => p.text("bcast"),
            address => {
                p.text("0x");
                p.out.hex(address.into(), 2);
            }
        }
        p.text(", ");
        ethertype_name(p, ethertype);
        p.text(", length ");
        p.dec(len);
        p.text(": ");
    }
    let (rest, rest_len) = (from(bytes, 4), len - 4);
    match ethertype {
        ETHERTYPE_IPV4 => ip::v4(p, rest, rest_len)?,
        ETHERTYPE_IPV6 => ip6::v6(p, rest, rest_len)?,
        0x8847 | 0x8848 => mpls(p, rest, rest_len)?,
        _ if p.style.link_header => {}
        _ => {
            p.text("unknown CHDLC protocol (0x");
            p.out.hex(ethertype.into(), 4);
            p.text(")");
        }
    }
    p.header_len = 4;
    Ok(())
}

/// RFC 2516: the session's packets; of the discovery the kind. Returns how long the headers are.
pub(super) fn pppoe(p: &mut Printer<'_>, bytes: &[u8], len: u32) -> Result<usize, Cut> {
    p.protocol = "pppoe";
    p.enter()?;
    let Some(room) = len.checked_sub(6) else {
        p.text(" (length ");
        p.dec(len);
        p.text(" < 6)");
        p.invalid();
        return Ok(0);
    };
    let (first, code) = (byte(bytes, 0)?, byte(bytes, 1)?);
    let (session, mut payload_len) = (be16(bytes, 2)?, u32::from(be16(bytes, 4)?));
    for (name, value) in [(" [ver ", first >> 4), (" [type ", first & 0xf)] {
        if value != 1 {
            p.text(name);
            p.dec(value);
            p.text("]");
        }
    }
    p.text("PPPoE ");
    match code {
        0x00 => {}
        0x07 => p.text("PADO"),
        0x09 => p.text("PADI"),
        0x19 => p.text("PADR"),
        0x65 => p.text("PADS"),
        0xa7 => p.text("PADT"),
        _ => {
            p.text("PAD-");
            p.out.hex(u32::from(code), 1);
        }
    }
    if code == 0x09 && payload_len > 1478 {
        p.text(" [len ");
        p.dec(payload_len);
        p.text("!]");
    }
    if payload_len > room {
        p.text(" [len ");
        p.dec(payload_len);
        p.text(" > ");
        p.dec(room);
        p.text("!]");
        payload_len = room;
    }
    if session != 0 {
        p.text(" [ses 0x");
        p.out.hex(u32::from(session), 1);
        p.text("]");
    }
    let payload = from(bytes, 6);
    if code == 0 {
        p.text(" ");
        return Ok(6 + ppp(p, payload, payload_len)?);
    }
    tags(p, payload, payload_len as usize)?;
    Ok(6)
}

/// Of a discovery packet.
fn tags(p: &mut Printer<'_>, bytes: &[u8], len: usize) -> Result<(), Cut> {
    let mut at = 0;
    while at < len {
        let (kind, tag_len) = (be16(bytes, at)?, usize::from(be16(bytes, at + 2)?));
        at += 4;
        let data = bytes.get(at..at + tag_len).ok_or(Cut)?;
        p.text(" [");
        match kind {
            0x0000 => p.text("EOL"),
            0x0101 => p.text("Service-Name"),
            0x0102 => p.text("AC-Name"),
            0x0103 => p.text("Host-Uniq"),
            0x0104 => p.text("AC-Cookie"),
            0x0105 => p.text("Vendor-Specific"),
            0x0110 => p.text("Relay-Session-ID"),
            0x0120 => p.text("PPP-Max-Payload"),
            0x0201 => p.text("Service-Name-Error"),
            0x0202 => p.text("AC-System-Error"),
            0x0203 => p.text("Generic-Error"),
            _ => {
                p.text("TAG-0x");
                p.out.hex(u32::from(kind), 1);
            }
        }
        let start = data.get(..79).unwrap_or(data);
        let plain = |byte: &u8| matches!(byte, b' '..=b'~');
        let readable = start.iter().filter(|byte| plain(byte)).count();
        if !data.is_empty() && readable > start.len() - readable {
            p.text(" \"");
            for byte in start {
                p.out
                    .push(if plain(byte) { char::from(*byte) } else { '.' });
            }
            p.text("\"");
        } else if !data.is_empty() {
            p.text(" 0x");
            let digits = p.out.len();
            p.out.hex_bytes(data);
            let upper = p.out.split_off(digits).to_ascii_uppercase();
            p.text(&upper);
        }
        p.text("]");
        at += tag_len;
        if kind == 0 {
            break;
        }
    }
    Ok(())
}

/// RFC 1661. Returns how long the header is.
pub(super) fn ppp(p: &mut Printer<'_>, bytes: &[u8], len: u32) -> Result<usize, Cut> {
    p.protocol = "ppp";
    let whole = len;
    let (mut rest, mut len) = (bytes, len);
    if len < 2 {
        p.truncated();
        return Ok(0);
    }
    let direction = match be16(rest, 0)? {
        0x0003 => Some("In  "),
        0x0103 => Some("Out "),
        0xff03 => Some(""),
        _ => None,
    };
    if let Some(direction) = direction {
        if p.style.link_header {
            p.text(direction);
        }
        (rest, len) = (from(rest, 2), len - 2);
    }
    if len < 2 {
        p.truncated();
        return Ok(0);
    }
    let first = byte(rest, 0)?;
    let number = if first % 2 == 1 {
        (rest, len) = (from(rest, 1), len - 1);
        u16::from(first)
    } else {
        let number = be16(rest, 0)?;
        (rest, len) = (from(rest, 2), len - 2);
        number
    };
    let header_len = bytes.len() - rest.len();
    let name = ppp_name(number);
    if p.style.link_header {
        p.text(if name.is_empty() { "unknown" } else { name });
        p.text(" (0x");
        p.out.hex(u32::from(number), 4);
        p.text("), length ");
        p.dec(whole);
        if name.is_empty() {
            return Ok(header_len);
        }
        p.text(": ");
    }
    protocol(p, number, rest, len)?;
    Ok(header_len)
}

/// IP inside; of other protocols the name and the bytes.
fn protocol(p: &mut Printer<'_>, number: u16, rest: &[u8], len: u32) -> Result<(), Cut> {
    match number {
        0x0021 | 0x002f | ETHERTYPE_IPV4 => ip::v4(p, rest, len),
        0x0057 | ETHERTYPE_IPV6 => ip6::v6(p, rest, len),
        0x0281 | 0x0283 => mpls(p, rest, len),
        0x8021 | 0x8023 | 0x8057 | 0x80fd | 0x8281 | 0xc021 | 0xc02b => {
            ppp_control::negotiation(p, ppp_name(number), rest, len);
            Ok(())
        }
        0x003d => {
            ppp_control::bundled(p, rest, len);
            Ok(())
        }
        0xc023 => ppp_control::pap(p, rest, len),
        0xc223 => ppp_control::chap(p, rest, len),
        // Of this tcpdump says nothing.
        0xc02d => Ok(()),
        0x00fd => {
            p.text("compressed PPP data");
            Ok(())
        }
        _ => {
            protocol_name(p, number);
            p.text(" ");
            hex_lines(p.out, "\n\t", upto(rest, len));
            Ok(())
        }
    }
}

fn protocol_name(p: &mut Printer<'_>, number: u16) {
    let name = ppp_name(number);
    if name.is_empty() {
        p.text("unknown PPP protocol (0x");
        p.out.hex(u32::from(number), 4);
        p.text(")");
    } else {
        p.text(name);
    }
}

const fn ppp_name(protocol: u16) -> &'static str {
    match protocol {
        0x0021 => "IP",
        0x0023 => "OSI",
        0x0025 => "NS",
        0x0027 => "DECNET",
        0x0029 => "APPLE",
        0x002b => "IPX",
        0x002d => "VJC IP",
        0x002f => "VJNC IP",
        0x0031 => "BRPDU",
        0x0033 => "STII",
        0x0035 => "VINES",
        0x003d => "MLPPP",
        0x0057 => "IP6",
        0x00fd => "Compressed",
        0x0201 => "HELLO",
        0x0231 => "LUXCOM",
        0x0233 => "SNS",
        0x0281 | 0x0283 => "MPLS",
        0x8023 => "OSICP",
        0x8025 => "NSCP",
        0x8027 => "DECNETCP",
        0x8029 => "APPLECP",
        0x802b => "IPXCP",
        0x8033 => "STIICP",
        0x8035 => "VINESCP",
        0xc027 => "SPAP",
        0xc02b => "BACP",
        0xc02d => "BAP",
        0xc03d => "MLPPP-CP",
        0xc123 => "Old-SPAP",
        0x8021 => "IPCP",
        0x8057 => "IP6CP",
        0x80fd => "CCP",
        0x8281 => "MPLSCP",
        0xc021 => "LCP",
        0xc023 => "PAP",
        0xc025 => "LQM",
        0xc223 => "CHAP",
        0xc227 => "EAP",
        _ => "",
    }
}
