//! TCP (RFC 9293), UDP (RFC 768), ICMP (RFC 792) and `ICMPv6` (RFC 4443).

use pnet::packet::icmp::IcmpPacket;
use pnet::packet::tcp::TcpPacket;
use pnet::packet::udp::UdpPacket;

use super::Part;
use crate::{Icmp, Malformed, Seq, Tcp, TcpFlags, TcpOptions, Transport, Udp};

const ICMP: u8 = 1;
const TCP: u8 = 6;
const UDP: u8 = 17;
const ICMPV6: u8 = 58;

/// Which IP carries the transport: ICMP belongs to one of them only.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Version {
    V4,
    V6,
}

pub(super) fn decode(part: Part<'_>, protocol: u8, version: Version) -> Transport<'_> {
    match (protocol, version) {
        (TCP, _) => tcp(part),
        (UDP, _) => udp(part),
        (ICMP, Version::V4) => icmp(part, "ICMP"),
        (ICMPV6, Version::V6) => icmp(part, "ICMPv6"),
        _ => Transport::Other { protocol },
    }
}

const fn malformed<'a>(layer: &'static str, problem: &'static str) -> Transport<'a> {
    Transport::Malformed(Malformed { layer, problem })
}

fn tcp(part: Part<'_>) -> Transport<'_> {
    let Some(header) = TcpPacket::new(part.captured) else {
        return malformed("TCP", "header cut short");
    };
    let header_len = u32::from(header.get_data_offset()) * 4;
    if header_len < 20 {
        return malformed("TCP", "data offset below 5");
    }
    if header_len > part.len {
        return malformed("TCP", "header longer than the segment");
    }
    // A snap length may cut through the options: what is left of them is still worth reading.
    let options = part.captured.get(20..).unwrap_or_default();
    let options = options.get(..header_len as usize - 20).unwrap_or(options);
    let body = part.skip(header_len);
    Transport::Tcp(Tcp {
        src_port: header.get_source(),
        dst_port: header.get_destination(),
        seq: Seq(header.get_sequence()),
        ack: Seq(header.get_acknowledgement()),
        flags: TcpFlags(u16::from(header.get_reserved() & 1) << 8 | u16::from(header.get_flags())),
        window: header.get_window(),
        checksum: header.get_checksum(),
        urgent: header.get_urgent_ptr(),
        options: TcpOptions(options),
        payload: body.captured,
        len: body.len,
    })
}

fn udp(part: Part<'_>) -> Transport<'_> {
    let Some(header) = UdpPacket::new(part.captured) else {
        return malformed("UDP", "header cut short");
    };
    let datagram = match u32::from(header.get_length()) {
        // A jumbogram's length does not fit the field (RFC 2675 §4).
        0 if part.len > u32::from(u16::MAX) => part,
        0..8 => return malformed("UDP", "length below 8"),
        // In a first fragment the field counts the fragments to come.
        len => part.resize(len.min(part.len)),
    };
    let body = datagram.skip(8);
    Transport::Udp(Udp {
        src_port: header.get_source(),
        dst_port: header.get_destination(),
        payload: body.captured,
        len: body.len,
        whole: match u32::from(header.get_length()) {
            0 => body.len,
            length => length.saturating_sub(8),
        },
        checksum: header.get_checksum(),
    })
}

fn icmp<'a>(part: Part<'a>, layer: &'static str) -> Transport<'a> {
    let Some(header) = IcmpPacket::new(part.captured) else {
        return malformed(layer, "header cut short");
    };
    Transport::Icmp(Icmp {
        kind: header.get_icmp_type().0,
        code: header.get_icmp_code().0,
        body: part.skip(4).captured,
    })
}
