//! What carries packets within packets: GRE, VXLAN and MPLS.

use super::ip::MAX_DEPTH;
use super::text::{Append, Cut, array, be16, be32, byte, from, upto};
use super::{Printer, ip, ip6, link, ppp};
use crate::decode::{ETHERTYPE_IPV4, ETHERTYPE_IPV6};

const MPLS: u16 = 0x8847;
const BRIDGED: u16 = 0x6558;
const PPP: u16 = 0x880b;

impl Printer<'_> {
    /// One packet deeper; tunnels deeper than any that exist end, which bounds the recursion.
    pub(super) fn enter(&mut self) -> Result<(), Cut> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(Cut);
        }
        Ok(())
    }

    /// A whole frame within a packet.
    fn inner_frame(&mut self, bytes: &[u8], len: u32) -> Result<(), Cut> {
        let header_len = self.header_len;
        link::ethernet(self, bytes, len)?;
        self.header_len = header_len;
        Ok(())
    }
}

/// RFC 2784 and 2890, and PPTP's version 1 (RFC 2637).
pub(super) fn gre(p: &mut Printer<'_>, bytes: &[u8], len: u32) -> Result<(), Cut> {
    p.protocol = "gre";
    p.enter()?;
    if bytes.len() < 2 || len < 2 {
        p.truncated();
        return Ok(());
    }
    let flags = be16(bytes, 0)?;
    let version = flags & 7;
    p.text("GREv");
    p.dec(version);
    if version > 1 {
        p.text(" ERROR: unknown-version");
        return Ok(());
    }
    if p.verbose() > 0 {
        p.text(", Flags [");
        let names = [
            (0x8000, "checksum present"),
            (0x4000, "routing present"),
            (0x2000, "key present"),
            (0x1000, "sequence# present"),
            (0x0800, "source routing present"),
            (0x0080, "ack present"),
        ];
        p.flags(u32::from(flags), &names);
        p.text("]");
    }
    let mut at = 4;
    let whole = |at: usize| bytes.len() >= at && len as usize >= at;
    if !whole(at) {
        p.truncated();
        return Ok(());
    }
    let protocol = be16(bytes, 2)?;
    // (the bit, the field's length, its name)
    let mut fields: [Option<(usize, &str)>; 3] = [None; 3];
    if version == 0 {
        if flags & 0xc000 != 0 {
            if whole(at + 2) && p.verbose() > 0 {
                p.text(", sum 0x");
                p.out.hex(u32::from(be16(bytes, at)?), 1);
            }
            if !whole(at + 4) {
                p.truncated();
                return Ok(());
            }
            p.text(", off 0x");
            p.out.hex(u32::from(be16(bytes, at + 2)?), 1);
            at += 4;
        }
        if flags & 0x2000 != 0 {
            fields[0] = Some((16, ", key=0x"));
        }
    } else {
        if flags & 0x2000 != 0 {
            fields[0] = Some((10, ", call "));
        }
        if flags & 0x0080 != 0 {
            fields[2] = Some((10, ", ack "));
        }
    }
    if flags & 0x1000 != 0 {
        fields[1] = Some((10, ", seq "));
    }
    for (radix, name) in fields.into_iter().flatten() {
        if !whole(at + 4) {
            p.truncated();
            return Ok(());
        }
        let value = be32(bytes, at)?;
        p.text(name);
        match (radix, name) {
            (16, _) => p.out.hex(value, 1),
            (_, ", call ") => p.dec(value & 0xffff),
            _ => p.dec(value),
        }
        at += 4;
    }
    if version == 0 && flags & 0x4000 != 0 {
        // Source routes were never used.
        p.truncated();
        return Ok(());
    }
    let payload = version == 0 || flags & 0x1000 != 0;
    if !payload {
        p.text(", no-payload");
    }
    if p.style.link_header {
        p.text(", proto ");
        p.text(match link::name(protocol) {
            "Unknown" => "unknown",
            name => name,
        });
        p.text(" (0x");
        p.out.hex(u32::from(protocol), 4);
        p.text(")");
    }
    p.text(", length ");
    p.dec(len);
    if !payload {
        return Ok(());
    }
    p.text(if p.verbose() > 0 { "\n\t" } else { ": " });
    let (rest, rest_len) = (from(bytes, at), len.saturating_sub(len32(at)));
    match protocol {
        PPP if version == 1 => ppp::ppp(p, rest, rest_len).map(|_| ()),
        ETHERTYPE_IPV4 if version == 0 => ip::v4(p, rest, rest_len),
        ETHERTYPE_IPV6 if version == 0 => ip6::v6(p, rest, rest_len),
        MPLS if version == 0 => mpls(p, rest, rest_len),
        BRIDGED if version == 0 => p.inner_frame(rest, rest_len),
        _ => {
            p.text("gre-proto-0x");
            p.out.hex(u32::from(protocol), 1);
            Ok(())
        }
    }
}

fn len32(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}

/// RFC 7348.
pub(super) fn vxlan(p: &mut Printer<'_>, bytes: &[u8], len: u32) -> Result<(), Cut> {
    p.protocol = "vxlan";
    p.enter()?;
    p.text("VXLAN");
    let Some(rest_len) = len.checked_sub(8) else {
        p.invalid();
        return Ok(());
    };
    let flags = byte(bytes, 0)?;
    p.text(", flags [");
    p.text(if flags & 8 != 0 { "I" } else { "invalid" });
    p.text("] (0x");
    p.out.hex(u32::from(flags), 2);
    p.text("), ");
    let [a, b, c] = array(bytes, 4)?;
    p.text("vni ");
    p.dec(u32::from_be_bytes([0, a, b, c]));
    p.text("\n");
    byte(bytes, 7)?;
    p.inner_frame(from(bytes, 8), rest_len)
}

/// RFC 3032.
pub(super) fn mpls(p: &mut Printer<'_>, bytes: &[u8], len: u32) -> Result<(), Cut> {
    p.protocol = "mpls";
    p.enter()?;
    p.text("MPLS");
    let mut at = 0;
    let label = loop {
        if (len as usize) < at + 4 {
            p.invalid();
            return Ok(());
        }
        let entry = be32(bytes, at)?;
        let label = entry >> 12;
        p.text(if at > 0 && p.verbose() > 0 {
            "\n\t(label "
        } else {
            " (label "
        });
        p.dec(label);
        if p.verbose() > 0 {
            p.text(match label {
                0 => " (IPv4 explicit NULL)",
                1 => " (router alert)",
                2 => " (IPv6 explicit NULL)",
                3 => " (implicit NULL)",
                4..=15 => " (rsvd)",
                _ => "",
            });
        }
        p.text(", tc ");
        p.dec(entry >> 9 & 7);
        let last = entry & 0x100 != 0;
        if last {
            p.text(", [S]");
        }
        p.text(", ttl ");
        p.dec(entry & 0xff);
        p.text(")");
        at += 4;
        if last {
            break label;
        }
    };
    let (rest, rest_len) = (from(bytes, at), len.saturating_sub(len32(at)));
    if rest_len == 0 && !matches!(label, 0 | 2 | 3) {
        return Ok(());
    }
    let version = match label {
        0 | 3 => 4,
        2 => 6,
        _ => match byte(rest, 0)? {
            0x45..=0x4f => 4,
            0x60..=0x6f => 6,
            _ => {
                p.unknown(upto(rest, rest_len));
                return Ok(());
            }
        },
    };
    p.text(if p.verbose() > 0 { "\n\t" } else { " " });
    if version == 4 {
        ip::v4(p, rest, rest_len)
    } else {
        ip6::v6(p, rest, rest_len)
    }
}
