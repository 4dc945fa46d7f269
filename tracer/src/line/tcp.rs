//! TCP.

use super::checksum::{of_payload, should_be};
use super::domain::{Carrier, domain};
use super::ip::{Addresses, Payload, TCP};
use super::relative::Base;
use super::tcp_options::{Ending, options};
use super::text::{Append, Cut, be16, be32, byte, from, len32, upto};
use super::{Printer, beep, bgp, ldp, msdp, nfs, openflow, pptp, resp, rpki, telnet, txt};

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
        p.truncated();
        return Ok(());
    };
    p.endpoints(addresses, TCP, (sport, dport));
    if bytes.len() < 20 {
        p.truncated();
        return Ok(());
    }
    let header_len = u32::from(byte(bytes, 12)? >> 4) * 4;
    if header_len < 20 {
        p.text(" tcp ");
        p.dec(len.wrapping_sub(header_len));
        p.text(" [bad hdr length ");
        p.dec(header_len);
        p.text(" - too short, < 20]");
        return Ok(());
    }
    if p.style.quiet {
        p.text("tcp ");
        p.dec(len.wrapping_sub(header_len));
        if header_len > len {
            too_long(p, header_len, len);
        }
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
    if !p.style.absolute_seq && flags & ACK != 0 {
        let syn = flags & SYN != 0;
        base = p
            .memory
            .conversations
            .base(addresses, (sport, dport), (seq, ack), syn);
        seq = seq.wrapping_sub(base.seq);
        ack = ack.wrapping_sub(base.ack);
    }
    let Some(payload_len) = len.checked_sub(header_len) else {
        too_long(p, header_len, len);
        return Ok(());
    };
    if p.verifies() && !payload.fragmented {
        checked(p, payload)?;
    }
    if payload_len > 0 || flags & (SYN | FIN | RST) != 0 || p.verbose() > 1 {
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
    let data = from(bytes, header_len as usize);
    if flags & RST != 0 && p.verbose() > 0 {
        return reset_cause(p, data, payload_len);
    }
    application(p, addresses, (sport, dport), data, payload_len)
}

fn too_long(p: &mut Printer<'_>, header_len: u32, len: u32) {
    p.text(" [bad hdr length ");
    p.dec(header_len);
    p.text(" - too long, > ");
    p.dec(len);
    p.text("]");
}

/// `, cksum 0x1234 (correct)`, when the whole segment was captured.
fn checked(p: &mut Printer<'_>, payload: &Payload<'_>) -> Result<(), Cut> {
    let Some(sum) = of_payload(payload, TCP, payload.len) else {
        return Ok(());
    };
    let field = be16(payload.bytes, 16)?;
    p.text(", cksum 0x");
    p.out.hex(u32::from(field), 4);
    if sum == 0 {
        p.text(" (correct)");
    } else {
        p.text(" (incorrect -> 0x");
        p.out.hex(u32::from(should_be(field, sum)), 4);
        p.text(")");
    }
    Ok(())
}

/// The data of a reset may say why it was sent (RFC 9293 §3.5.3).
fn reset_cause(p: &mut Printer<'_>, bytes: &[u8], len: u32) -> Result<(), Cut> {
    const MAX: u32 = 30;
    p.text(if len32(bytes) >= len {
        " [RST"
    } else {
        " [!RST"
    });
    if len > MAX {
        p.text("+");
    }
    p.text(" ");
    let shown = upto(bytes, len.min(MAX));
    p.characters(shown, 0, shown.len())?;
    p.text("]");
    Ok(())
}

/// What is printed of what segments carry, by a port.
enum Application {
    Text(&'static txt::Protocol),
    Telnet,
    Ssh,
    Domain,
    Bgp,
    Pptp,
    Redis,
    Beep,
    OpenFlow,
    Msdp,
    Rpki,
    Ldp,
    Nfs,
}
use Application::{
    Beep, Bgp, Domain, Ldp, Msdp, Nfs, OpenFlow, Pptp, Redis, Rpki, Ssh, Telnet, Text,
};
/// In this order.
const PORTS: [(u16, Application); 20] = [
    (23, Telnet),
    (25, Text(&txt::SMTP)),
    (43, Text(&txt::WHOIS)),
    (179, Bgp),
    (1723, Pptp),
    (6379, Redis),
    (22, Ssh),
    (10288, Beep),
    (6633, OpenFlow),
    (6653, OpenFlow),
    (21, Text(&txt::FTP)),
    (80, Text(&txt::HTTP)),
    (8080, Text(&txt::HTTP)),
    (554, Text(&txt::RTSP)),
    (8554, Text(&txt::RTSP)),
    (53, Domain),
    (639, Msdp),
    (323, Rpki),
    (646, Ldp),
    (nfs::PORT, Nfs),
];

/// Whether what a segment carries is printed when one of its ports is this.
pub(super) fn is_printed(port: u16) -> bool {
    PORTS.iter().any(|&(printed, _)| port == printed)
}

/// The printers behind a port: the first in this order that either port has.
fn application(
    p: &mut Printer<'_>,
    addresses: &Addresses,
    ports @ (sport, dport): (u16, u16),
    bytes: &[u8],
    len: u32,
) -> Result<(), Cut> {
    let printer = PORTS
        .iter()
        .find(|&&(port, _)| sport == port || dport == port);
    match printer {
        Some((_, Text(protocol))) => {
            p.text(": ");
            txt::text(p, protocol, bytes, len)
        }
        Some((_, Telnet)) => telnet::telnet(p, bytes, len),
        Some((_, Ssh)) => txt::ssh(p, bytes, len),
        Some((_, Domain)) => domain(p, bytes, len, Carrier::Tcp),
        Some((_, Bgp)) => bgp::bgp(p, bytes),
        Some((_, Pptp)) => pptp::pptp(p, bytes),
        Some((_, Redis)) => resp::resp(p, bytes, len),
        Some((_, Beep)) => {
            beep::beep(p, bytes, len);
            Ok(())
        }
        Some((_, Msdp)) => msdp::msdp(p, bytes, len),
        Some((_, Rpki)) => rpki::rpki(p, bytes, len),
        Some((_, Ldp)) => ldp::ldp(p, bytes, len),
        Some((_, Nfs)) => remote_file(p, addresses, ports, bytes, len),
        Some((_, OpenFlow)) => openflow::openflow(p, bytes, len),
        None => Ok(()),
    }
}

/// A message of NFS is preceded by its length; its first segment is shown.
fn remote_file(
    p: &mut Printer<'_>,
    addresses: &Addresses,
    ports: (u16, u16),
    bytes: &[u8],
    len: u32,
) -> Result<(), Cut> {
    let (Ok(record), Some(left)) = (be32(bytes, 0), len.checked_sub(4)) else {
        return Ok(());
    };
    let start = p.out.len();
    p.text(": ");
    let message_len = (record & 0x7fff_ffff).min(left);
    if !nfs::nfs(p, addresses, ports, from(bytes, 4), message_len)? {
        p.out.truncate(start);
    }
    Ok(())
}
