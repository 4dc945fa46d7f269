//! IPv4 (RFC 791) and IPv6 (RFC 8200) with its extension headers.

use std::net::IpAddr;

use pnet::packet::ipv4::{Ipv4Flags, Ipv4Packet};
use pnet::packet::ipv6::Ipv6Packet;

use super::{Part, malformed, transport};
use crate::{Fragment, Ip, Malformed, Network, Transport};

/// More extension headers than this is an attack or noise: RFC 8200 §4.1 knows seven, each
/// once (destination options twice).
const MAX_EXTENSION_HEADERS: usize = 16;

const HOP_BY_HOP: u8 = 0;
const ROUTING: u8 = 43;
const FRAGMENT: u8 = 44;
const DESTINATION_OPTIONS: u8 = 60;

pub(super) fn v4(part: Part<'_>) -> Network<'_> {
    let Some(header) = Ipv4Packet::new(part.captured) else {
        return malformed("IPv4", "header cut short");
    };
    if header.get_version() != 4 {
        return malformed("IPv4", "version is not 4");
    }
    let header_len = u32::from(header.get_header_length()) * 4;
    if header_len < 20 {
        return malformed("IPv4", "header length below 20");
    }
    let total = match u32::from(header.get_total_length()) {
        // Segmentation offload: the kernel hands over a segment too long for the field, or one
        // whose length the card is to fill in. The frame's own length is the best there is.
        0 => part.len,
        total => total,
    };
    if total < header_len {
        return malformed("IPv4", "total length below header length");
    }
    if part.captured.len() < header_len as usize {
        return malformed("IPv4", "options cut short");
    }
    let offset = u32::from(header.get_fragment_offset()) * 8;
    let more = header.get_flags() & Ipv4Flags::MoreFragments != 0;
    let protocol = header.get_next_level_protocol().0;
    let payload = part.resize(total).skip(header_len);
    let fragment = (more || offset != 0).then_some(Fragment {
        offset,
        len: payload.len,
        more,
        protocol,
    });
    Network::Ip(Ip {
        src: IpAddr::V4(header.get_source()),
        dst: IpAddr::V4(header.get_destination()),
        ttl: header.get_ttl(),
        id: u32::from(header.get_identification()),
        dont_fragment: header.get_flags() & Ipv4Flags::DontFragment != 0,
        fragment,
        transport: if offset == 0 {
            transport::decode(payload, protocol, transport::Version::V4)
        } else {
            Transport::Fragment(payload.captured)
        },
    })
}

pub(super) fn v6(part: Part<'_>) -> Network<'_> {
    let Some(header) = Ipv6Packet::new(part.captured) else {
        return malformed("IPv6", "header cut short");
    };
    if header.get_version() != 6 {
        return malformed("IPv6", "version is not 6");
    }
    let payload = match u32::from(header.get_payload_length()) {
        // No payload, or a jumbogram (RFC 2675), or offload as in IPv4.
        0 => part.skip(40),
        len => part.skip(40).resize(len),
    };
    let upper = extension_headers(payload, header.get_next_header().0);
    Network::Ip(Ip {
        src: IpAddr::V6(header.get_source()),
        dst: IpAddr::V6(header.get_destination()),
        ttl: header.get_hop_limit(),
        id: upper.id,
        dont_fragment: false,
        fragment: upper.fragment,
        transport: upper.transport,
    })
}

/// What the extension headers lead to.
struct Upper<'a> {
    id: u32,
    fragment: Option<Fragment>,
    transport: Transport<'a>,
}

fn extension_headers(mut part: Part<'_>, mut next: u8) -> Upper<'_> {
    let mut upper = Upper {
        id: 0,
        fragment: None,
        transport: Transport::Malformed(Malformed {
            layer: "IPv6",
            problem: "too many extension headers",
        }),
    };
    for _ in 0..MAX_EXTENSION_HEADERS {
        let len = match next {
            FRAGMENT => 8,
            HOP_BY_HOP | ROUTING | DESTINATION_OPTIONS => {
                let units = part.captured.get(1).copied().unwrap_or(0);
                (u32::from(units) + 1) * 8
            }
            _ => {
                upper.transport = transport::decode(part, next, transport::Version::V6);
                return upper;
            }
        };
        let Some(extension) = part.captured.get(..len as usize) else {
            upper.transport = Transport::Malformed(Malformed {
                layer: "IPv6",
                problem: "extension header cut short",
            });
            return upper;
        };
        if next == FRAGMENT {
            let (id, offset, more) = fragment_header(extension);
            upper.id = id;
            let fragment = Fragment {
                offset,
                len: part.skip(len).len,
                more,
                protocol: extension.first().copied().unwrap_or(0),
            };
            // An atomic fragment (RFC 6946) is a whole datagram with the header on.
            upper.fragment = (fragment.more || fragment.offset != 0).then_some(fragment);
            if fragment.offset != 0 {
                upper.transport = Transport::Fragment(part.skip(len).captured);
                return upper;
            }
        }
        next = extension.first().copied().unwrap_or(0);
        part = part.skip(len);
    }
    upper
}

/// The identification of a fragment, its offset and whether more follow, from its eight-byte
/// header (RFC 8200 §4.5).
fn fragment_header(bytes: &[u8]) -> (u32, u32, bool) {
    let &[_, _, high, low, ref id @ ..] = bytes else {
        return (0, 0, false);
    };
    let field = u16::from_be_bytes([high, low]);
    let id = id.first_chunk().map_or(0, |b| u32::from_be_bytes(*b));
    (id, u32::from(field & 0xfff8), field & 1 != 0)
}
