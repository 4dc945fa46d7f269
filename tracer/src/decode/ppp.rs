//! PPP (RFC 1661), alone, in HDLC frames and over Ethernet (RFC 2516); Cisco's HDLC; MPLS labels.

use super::{CUT_SHORT, ETHERTYPE_IPV4, ETHERTYPE_IPV6, Part, Payload};
use crate::Malformed;

const fn cut<'a>(layer: &'static str) -> Payload<'a> {
    Err(Malformed {
        layer,
        problem: CUT_SHORT,
    })
}

/// The protocol field and what comes before it, of which each may be left out in part.
pub(super) fn ppp(mut part: Part<'_>) -> Payload<'_> {
    // Address and control, or which way the packet went and control.
    if matches!(part.be16(0), Some(0xff03 | 0x0003 | 0x0103)) {
        part = part.skip(2);
    }
    let (Some(&first), protocol) = (part.captured.first(), part.be16(0)) else {
        return cut("PPP");
    };
    if first % 2 == 1 {
        return carried(first.into(), part.skip(1));
    }
    match protocol {
        Some(protocol) => carried(protocol, part.skip(2)),
        None => cut("PPP"),
    }
}

fn carried(protocol: u16, part: Part<'_>) -> Payload<'_> {
    match protocol {
        0x0021 | ETHERTYPE_IPV4 => Ok((ETHERTYPE_IPV4, part)),
        0x0057 | ETHERTYPE_IPV6 => Ok((ETHERTYPE_IPV6, part)),
        0x0281 | 0x0283 => mpls(part),
        _ => Ok((0, part)),
    }
}

/// A session's packet; those of the discovery carry nothing.
pub(super) fn pppoe(part: Part<'_>) -> Payload<'_> {
    let (Some(&code), Some(len)) = (part.captured.get(1), part.be16(4)) else {
        return cut("PPPoE");
    };
    let inner = part.skip(6);
    if code != 0 {
        return Ok((0, inner));
    }
    ppp(inner.resize(inner.len.min(len.into())))
}

/// Cisco's HDLC: an address, a control byte, and Ethernet's type.
pub(super) fn cisco(part: Part<'_>) -> Payload<'_> {
    match part.be16(2) {
        Some(0x8847 | 0x8848) => mpls(part.skip(4)),
        Some(ethertype) => Ok((ethertype, part.skip(4))),
        None => cut("HDLC"),
    }
}

/// PPP in HDLC frames, or Cisco's HDLC where the address says so.
pub(super) fn serial(part: Part<'_>) -> Payload<'_> {
    match part.captured.first() {
        Some(0x0f | 0x8f) => cisco(part),
        _ => ppp(part),
    }
}

/// Behind the last label nothing says what comes but its first bits.
pub(super) fn mpls(mut part: Part<'_>) -> Payload<'_> {
    // Each label takes four bytes, so the frame itself bounds the loop.
    loop {
        let Some(&[_, _, last, _]) = part.captured.first_chunk() else {
            return cut("MPLS");
        };
        part = part.skip(4);
        if last & 1 != 0 {
            break;
        }
    }
    Ok(match part.captured.first().map(|byte| byte >> 4) {
        Some(4) => (ETHERTYPE_IPV4, part),
        Some(6) => (ETHERTYPE_IPV6, part),
        _ => (0, part),
    })
}
