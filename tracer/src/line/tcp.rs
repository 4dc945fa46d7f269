//! TCP.

use super::domain::{Carrier, domain};
use super::ip::{Payload, TCP};
use super::relative::Base;
use super::tcp_options::{Ending, options};
use super::text::{Cut, be16, be32, byte, from, len32};
use super::{Printer, txt};

const FIN: u8 = 0x01;
pub(super) const SYN: u8 = 0x02;
const RST: u8 = 0x04;
pub(super) const ACK: u8 = 0x10;
const URG: u8 = 0x20;

/// In the order of the bits, which is the order of printing.
const FLAGS: [(u8, char); 8] = [
    (FIN, 'F'),
    (SYN, 'S'),
    (RST, 'R'),
    (0x08, 'P'),
    (ACK, '.'),
    (URG, 'U'),
    (0x40, 'E'),
    (0x80, 'W'),
];

/// A header's fields, as the options and the payload need them.
pub(super) struct Header<'a> {
    /// From the header on, as captured.
    pub(super) bytes: &'a [u8],
    /// The header's length, from its data offset.
    pub(super) len: u32,
    /// The payload's length.
    pub(super) payload_len: u32,
    pub(super) flags: u8,
    pub(super) base: Base,
}

pub(super) fn tcp(p: &mut Printer<'_>, payload: &Payload<'_>) -> Result<(), Cut> {
    p.protocol = "tcp";
    let Payload { bytes, len, .. } = *payload;
    let addresses = &payload.addresses;
    let (Ok(sport), Ok(dport)) = (be16(bytes, 0), be16(bytes, 2)) else {
        p.hosts(addresses);
        p.text(":");
        return Err(Cut);
    };
    p.endpoints(addresses, TCP, (sport, dport));
    byte(bytes, 19)?;
    let header_len = u32::from(byte(bytes, 12)? >> 4) * 4;
    if header_len < 20 {
        p.text(" tcp ");
        p.dec(len.wrapping_sub(header_len));
        p.text(" [bad hdr length ");
        p.dec(header_len);
        p.text(" - too short, < 20]");
        return Ok(());
    }
    let (mut seq, mut ack) = (be32(bytes, 4)?, be32(bytes, 8)?);
    let flags = byte(bytes, 13)?;
    p.text("Flags [");
    if flags == 0 {
        p.text("none");
    }
    for (bit, letter) in FLAGS {
        if flags & bit != 0 {
            p.out.push(letter);
        }
    }
    p.text("]");
    let mut base = Base::ABSOLUTE;
    if !p.absolute_seq && flags & ACK != 0 {
        let syn = flags & SYN != 0;
        base = p
            .memory
            .conversations
            .base(addresses, (sport, dport), (seq, ack), syn);
        seq = seq.wrapping_sub(base.seq);
        ack = ack.wrapping_sub(base.ack);
    }
    let Some(payload_len) = len.checked_sub(header_len) else {
        p.text(" [bad hdr length ");
        p.dec(header_len);
        p.text(" - too long, > ");
        p.dec(len);
        p.text("]");
        return Ok(());
    };
    if payload_len > 0 || flags & (SYN | FIN | RST) != 0 {
        p.text(", seq ");
        p.dec(seq);
        if payload_len > 0 {
            p.text(":");
            p.dec(seq.wrapping_add(payload_len));
        }
    }
    if flags & ACK != 0 {
        p.text(", ack ");
        p.dec(ack);
    }
    p.text(", win ");
    p.dec(be16(bytes, 14)?);
    if flags & URG != 0 {
        p.text(", urg ");
        p.dec(be16(bytes, 18)?);
    }
    let header = Header {
        bytes,
        len: header_len,
        payload_len,
        flags,
        base,
    };
    if header_len > 20 && options(p, &header)? == Ending::Line {
        return Ok(());
    }
    p.text(", length ");
    p.dec(payload_len);
    if payload_len == 0 {
        return Ok(());
    }
    if len32(bytes) < header_len {
        p.missing_header(bytes, header_len);
        return Err(Cut);
    }
    application(
        p,
        (sport, dport),
        from(bytes, header_len as usize),
        payload_len,
    )
}

/// The printers behind a port. The order decides when both ports have one; that is why those
/// are listed too whose protocol is not printed here.
fn application(
    p: &mut Printer<'_>,
    (sport, dport): (u16, u16),
    bytes: &[u8],
    len: u32,
) -> Result<(), Cut> {
    const DNS: u16 = 53;
    const PORTS: [(u16, Option<&txt::Protocol>); 16] = [
        (23, None), // telnet
        (25, Some(&txt::SMTP)),
        (43, Some(&txt::WHOIS)),
        (179, None),   // BGP
        (1723, None),  // PPTP
        (6379, None),  // Redis
        (22, None),    // SSH
        (10288, None), // BEEP
        (6633, None),  // OpenFlow
        (6653, None),  // OpenFlow
        (21, Some(&txt::FTP)),
        (80, Some(&txt::HTTP)),
        (8080, Some(&txt::HTTP)),
        (554, Some(&txt::RTSP)),
        (8554, Some(&txt::RTSP)),
        (DNS, None),
    ];
    // Data connections rarely have a port of that size: a quick way out.
    let printer = PORTS
        .iter()
        .find(|&&(port, _)| sport == port || dport == port);
    match printer {
        Some(&(_, Some(protocol))) => {
            p.text(": ");
            txt::text(p, protocol, bytes, len)
        }
        Some(&(DNS, None)) => domain(p, bytes, len, Carrier::Tcp),
        _ => Ok(()),
    }
}
