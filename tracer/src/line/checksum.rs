//! The Internet checksum (RFC 1071), and the pseudo-headers of TCP, UDP and `ICMPv6`.

use super::Printer;
use super::ip::{Addresses, Payload};
use super::text::{Append, array, be16};

/// The sum of `parts` with its complement taken: 0 when a checksum among them is right. Each part
/// but the last must have an even length.
pub(super) fn checksum(parts: &[&[u8]]) -> u16 {
    let mut sum = 0_u64;
    for part in parts {
        let (pairs, odd) = part.as_chunks::<2>();
        for pair in pairs {
            sum += u64::from(u16::from_be_bytes(*pair));
        }
        if let [last] = odd {
            sum += u64::from(*last) << 8;
        }
    }
    !fold(sum)
}

/// What the field should have held, from what it holds and the sum over everything.
pub(super) fn should_be(field: u16, sum: u16) -> u16 {
    fold(u64::from(field) + u64::from(sum))
}

fn fold(mut sum: u64) -> u16 {
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    u16::try_from(sum).unwrap_or(u16::MAX)
}

/// The checksum over the pseudo-header and the first `len` bytes of the payload; nothing when
/// not so many were captured.
pub(super) fn of_payload(payload: &Payload<'_>, protocol: u8, len: u32) -> Option<u16> {
    let bytes = payload.bytes.get(..usize::try_from(len).ok()?)?;
    match payload.addresses {
        Addresses::V4 { src, dst, .. } => {
            let dst = final_v4(payload.header).unwrap_or(dst);
            // In IPv4 a packet's length has 16 bits.
            let [.., high, low] = len.to_be_bytes();
            Some(checksum(&[&src, &dst, &[0, protocol, high, low], bytes]))
        }
        Addresses::V6 { src, dst, .. } => {
            let dst = final_v6(payload.header).unwrap_or(dst);
            let rest = [0, 0, 0, protocol];
            Some(checksum(&[&src, &dst, &len.to_be_bytes(), &rest, bytes]))
        }
    }
}

/// Where a source route ends, which is what the pseudo-header holds.
fn final_v4(header: &[u8]) -> Option<[u8; 4]> {
    const END: u8 = 0;
    const NOP: u8 = 1;
    const LOOSE: u8 = 131;
    const STRICT: u8 = 137;
    let len = usize::from(header.first()? & 0xf) * 4;
    let mut options = header.get(20..len)?;
    while let Some(&kind) = options.first() {
        let len = match kind {
            END => return None,
            NOP => 1,
            _ => usize::from(*options.get(1)?),
        };
        if len == 0 || (kind != NOP && len < 2) {
            return None;
        }
        let option = options.get(..len)?;
        if matches!(kind, LOOSE | STRICT) && len >= 7 {
            return array(option, len - 4).ok();
        }
        options = options.get(len..)?;
    }
    None
}

/// Likewise with a routing header.
fn final_v6(packet: &[u8]) -> Option<[u8; 16]> {
    let mut next = *packet.get(6)?;
    let mut at = 40;
    // Each header is at least eight bytes, so the packet bounds the loop.
    loop {
        match next {
            0 | 60 | 62 | 135 => {
                next = *packet.get(at)?;
                at += (usize::from(*packet.get(at + 1)?) + 1) * 8;
            }
            44 => {
                next = *packet.get(at)?;
                at += 8;
            }
            43 => {
                let units = usize::from(*packet.get(at + 1)?);
                let header = packet.get(at..)?;
                return match header.get(2)? {
                    0 | 2 if units.is_multiple_of(2) => {
                        let whole = (0..units / 2).map_while(|i| array(header, 8 + i * 16).ok());
                        whole.last()
                    }
                    4 if units.is_multiple_of(2) => array(header, 8).ok(),
                    _ => None,
                };
            }
            _ => return None,
        }
    }
}

impl Printer<'_> {
    /// `[udp sum ok] ` or `[bad udp cksum 0x1234 -> 0x5678!] `, when everything was captured.
    pub(super) fn bracketed_checksum(
        &mut self,
        payload: &Payload<'_>,
        (protocol, name): (u8, &str),
        len: u32,
        field_at: usize,
    ) {
        let Some(sum) = of_payload(payload, protocol, len) else {
            return;
        };
        let Ok(field) = be16(payload.bytes, field_at) else {
            return;
        };
        if sum == 0 {
            self.text("[");
            self.text(name);
            self.text(" sum ok] ");
            return;
        }
        self.text("[bad ");
        self.text(name);
        self.text(" cksum 0x");
        self.out.hex(u32::from(field), 4);
        self.text(" -> 0x");
        self.out.hex(u32::from(should_be(field, sum)), 4);
        self.text("!] ");
    }

    /// Whether checksums are to be verified (`-v` without `-K`).
    pub(super) const fn verifies(&self) -> bool {
        self.style.verbose > 0 && self.style.checksums
    }
}

#[cfg(test)]
mod tests {
    use super::{checksum, should_be};

    #[test]
    fn the_example_of_rfc_1071() {
        let bytes = [0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7];
        assert_eq!(checksum(&[&bytes]), !0xddf2);
        assert_eq!(checksum(&[&bytes, &[0x22, 0x0d]]), 0);
        assert_eq!(checksum(&[&bytes[..7]]), checksum(&[&bytes[..7], &[0]]));
    }

    #[test]
    fn a_wrong_field_is_told_from_the_right_one() {
        let sum = checksum(&[&[0x12, 0x34, 0xff, 0xff]]);
        assert_eq!(should_be(0xffff, sum), 0xedcb);
        assert_eq!(checksum(&[&[0x12, 0x34, 0xed, 0xcb]]), 0);
    }
}
