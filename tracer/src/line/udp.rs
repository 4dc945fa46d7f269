//! UDP.

use super::Printer;
use super::domain::{Carrier, domain};
use super::ip::{Payload, UDP};
use super::text::{Cut, be16, from};

/// The header, then a DNS message or the payload's length: other protocols are not printed.
pub(super) fn udp(p: &mut Printer<'_>, payload: &Payload<'_>) -> Result<(), Cut> {
    p.protocol = "udp";
    let Payload {
        bytes,
        len,
        fragmented,
        ref addresses,
    } = *payload;
    let (Ok(sport), Ok(dport)) = (be16(bytes, 0), be16(bytes, 2)) else {
        if addresses.protocol() == UDP {
            p.hosts(addresses);
            p.text(": ");
        }
        return Err(Cut);
    };
    p.endpoints(addresses, UDP, (sport, dport));
    if len < 8 {
        p.text("truncated-udp ");
        p.dec(len);
        return Ok(());
    }
    let mut datagram = u32::from(be16(bytes, 4)?);
    if datagram == 0 && len > 0xffff {
        // A jumbogram (RFC 2675 §4).
        datagram = len;
    }
    if datagram < 8 {
        p.text("truncated-udplength ");
        p.dec(datagram);
        return Ok(());
    }
    be16(bytes, 6)?;
    let carrier = match (sport, dport) {
        (53, _) | (_, 53) => Some(Carrier::Udp),
        (5353, _) | (_, 5353) => Some(Carrier::Multicast),
        _ => None,
    };
    if let Some(carrier) = carrier {
        let len = datagram.min(len) - 8;
        return domain(p, from(bytes, 8), len, carrier);
    }
    if datagram > len && !fragmented {
        p.text("UDP, bad length ");
        p.dec(datagram - 8);
        p.text(" > ");
        p.dec(len - 8);
    } else {
        p.text("UDP, length ");
        p.dec(datagram - 8);
    }
    Ok(())
}
