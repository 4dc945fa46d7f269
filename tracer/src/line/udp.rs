//! UDP.

use super::domain::{Carrier, domain};
use super::ip::{Addresses, Payload, UDP};
use super::text::{Cut, be16, from};
use super::{Printer, bootp, brief, ldp, nfs, ntp, syslog, tftp, tunnel, txt};

/// The header, then a DNS message or the payload's length: other protocols are not printed.
pub(super) fn udp(p: &mut Printer<'_>, payload: &Payload<'_>) -> Result<(), Cut> {
    p.protocol = "udp";
    let Payload {
        bytes,
        len,
        fragmented,
        ref addresses,
        ..
    } = *payload;
    let (Ok(sport), Ok(dport)) = (be16(bytes, 0), be16(bytes, 2)) else {
        if addresses.protocol() == UDP {
            p.hosts(addresses);
            p.text(": ");
        }
        p.truncated();
        return Ok(());
    };
    p.endpoints(addresses, UDP, (sport, dport));
    if len < 8 {
        p.text("truncated-udp ");
        p.dec(len);
        return Ok(());
    }
    let Ok(field) = be16(bytes, 4) else {
        p.truncated();
        return Ok(());
    };
    let mut datagram = u32::from(field);
    if datagram == 0 && len > 0xffff {
        // A jumbogram (RFC 2675 §4).
        datagram = len;
    }
    if datagram < 8 {
        p.text("truncated-udplength ");
        p.dec(datagram);
        return Ok(());
    }
    if bytes.len() < 8 {
        p.truncated();
        return Ok(());
    }
    let data = from(bytes, 8);
    let data_len = datagram.min(len) - 8;
    if !p.style.quiet && nfs::nfs(p, addresses, (sport, dport), data, data_len)? {
        return Ok(());
    }
    if p.verifies() && !fragmented {
        checked(p, payload, datagram.min(len))?;
    }
    if !p.style.quiet && application(p, (sport, dport), data, data_len)? {
        return Ok(());
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

/// The printers behind a port, the first in this order that either port has; `false` when there
/// is none.
fn application(
    p: &mut Printer<'_>,
    (sport, dport): (u16, u16),
    bytes: &[u8],
    len: u32,
) -> Result<bool, Cut> {
    const RADIUS: [u16; 6] = [1645, 1812, 1646, 1813, 1700, 3799];
    let has = |port| sport == port || dport == port;
    let brief = p.verbose() == 0;
    if has(53) {
        domain(p, bytes, len, Carrier::Udp)?;
    } else if has(5353) {
        domain(p, bytes, len, Carrier::Multicast)?;
    } else if has(69) {
        tftp::tftp(p, bytes, len)?;
    } else if has(67) || has(68) {
        bootp::bootp(p, bytes, len)?;
    } else if has(520) && brief {
        brief::rip(p, bytes, len);
    } else if has(123) {
        ntp::ntp(p, bytes, len)?;
    } else if (has(546) || has(547)) && brief {
        brief::dhcp6(p, bytes);
    } else if RADIUS.into_iter().any(has) && brief {
        brief::radius(p, bytes, len)?;
    } else if dport == 1985 {
        brief::hsrp(p, bytes, len)?;
    } else if has(646) {
        ldp::ldp(p, bytes, len)?;
    } else if has(5060) {
        txt::text(p, &txt::SIP, bytes, len)?;
    } else if has(514) {
        syslog::syslog(p, bytes, len)?;
    } else if has(4789) {
        tunnel::vxlan(p, bytes, len)?;
    } else {
        return Ok(false);
    }
    Ok(true)
}

/// Over IPv4 the checksum may be left out, and is looked at from `-vv` on.
fn checked(p: &mut Printer<'_>, payload: &Payload<'_>, len: u32) -> Result<(), Cut> {
    if let Addresses::V4 { .. } = payload.addresses {
        if p.verbose() < 2 {
            return Ok(());
        }
        if be16(payload.bytes, 6)? == 0 {
            p.text("[no cksum] ");
            return Ok(());
        }
    }
    p.bracketed_checksum(payload, (UDP, "udp"), len, 6);
    Ok(())
}
