//! Communities: the colours that routes are given.

use super::super::Printer;
use super::super::text::{Append, Cut, array, be16, be32, byte, from, named};
use super::Extent;

const EXTENDED: [(u32, &str); 26] = [
    (0x0002, "target"),
    (0x0102, "target"),
    (0x0202, "target"),
    (0x0003, "origin"),
    (0x0103, "origin"),
    (0x0203, "origin"),
    (0x4004, "link-BW"),
    (0x0005, "ospf-domain"),
    (0x0105, "ospf-domain"),
    (0x0205, "ospf-domain"),
    (0x8005, "ospf-domain"),
    (0x0306, "ospf-route-type"),
    (0x8000, "ospf-route-type"),
    (0x030c, "encapsulation"),
    (0x0107, "ospf-router-id"),
    (0x8001, "ospf-router-id"),
    (0x800a, "layer2-info"),
    (0x8800, "eigrp-general-route (flag, tag)"),
    (0x8801, "eigrp-route-metric (AS, delay)"),
    (
        0x8802,
        "eigrp-route-metric (reliability, nexthop, bandwidth)",
    ),
    (0x8803, "eigrp-route-metric (load, MTU)"),
    (0x8804, "eigrp-external-route (remote-AS, remote-ID)"),
    (0x8805, "eigrp-external-route (remote-proto, remote-metric)"),
    (0x0009, "source-AS"),
    (0x010b, "vrf-route-import"),
    (0x000a, "l2vpn-id"),
];
const OSPF_ROUTES: [(u32, &str); 6] = [
    (1, "Router"),
    (2, "Network"),
    (3, "Summary"),
    (5, "External"),
    (7, "NSSA External"),
    (129, "MPLS-VPN Sham"),
];
const ENCAPSULATIONS: [(u32, &str); 24] = [
    (0, "Reserved"),
    (1, "Frame Relay"),
    (2, "ATM AAL5 SDU VCC transport"),
    (3, "ATM transparent cell transport"),
    (4, "Ethernet (VLAN) Tagged Mode"),
    (5, "Ethernet Raw Mode"),
    (6, "Cisco HDLC"),
    (7, "PPP"),
    (8, "SONET/SDH Circuit Emulation Service over MPLS"),
    (9, "ATM n-to-one VCC cell transport"),
    (10, "ATM n-to-one VPC cell transport"),
    (11, "IP layer 2 transport"),
    (15, "Frame Relay Port mode"),
    (17, "Structure-agnostic E1 over packet"),
    (18, "Structure-agnostic T1 (DS1) over packet"),
    (19, "VPLS"),
    (20, "Structure-agnostic T3 (DS3) over packet"),
    (21, "Nx64kbit/s Basic Service using Structure-aware"),
    (25, "Frame Relay DLCI"),
    (40, "Structure-agnostic E3 over packet"),
    (
        41,
        "Octet-aligned playload for Structure-agnostic DS1 circuits",
    ),
    (42, "E1 Nx64kbit/s with CAS using Structure-aware"),
    (43, "DS1 (ESF) Nx64kbit/s with CAS using Structure-aware"),
    (44, "DS1 (SF) Nx64kbit/s with CAS using Structure-aware"),
];
const TUNNELS: [(u32, &str); 17] = [
    (1, "L2TPv3 over IP"),
    (2, "GRE"),
    (3, "Transmit Tunnel"),
    (4, "IPsec"),
    (5, "IP in IP with IPsec"),
    (6, "MPLS in IP with IPsec"),
    (7, "IP in IP"),
    (8, "VXLAN"),
    (9, "NVGRE"),
    (10, "MPLS"),
    (11, "MPLS in GRE"),
    (12, "VXLAN GPE"),
    (13, "MPLS in UDP"),
    (14, "IPv6"),
    (15, "SR TE"),
    (16, "Bare"),
    (17, "SR"),
];

/// RFC 1997.
pub(super) fn plain(p: &mut Printer<'_>, bytes: &[u8], len: u32) -> Extent {
    let (mut rest, mut left) = (bytes, len);
    while left > 0 {
        let Ok(community) = be32(rest, 0) else {
            return Extent::TooShort;
        };
        match community {
            0xffff_ff01 => p.text(" NO_EXPORT"),
            0xffff_ff02 => p.text(" NO_ADVERTISE"),
            0xffff_ff03 => p.text(" NO_EXPORT_SUBCONFED"),
            _ => {
                p.dec(community >> 16);
                p.text(":");
                p.dec(community & 0xffff);
                if left > 4 {
                    p.text(", ");
                }
            }
        }
        rest = from(rest, 4);
        left = left.saturating_sub(4);
    }
    Extent::Whole
}

/// RFC 8092.
pub(super) fn large(p: &mut Printer<'_>, bytes: &[u8], len: u32) -> Result<Extent, Cut> {
    p.text("\n\t    ");
    for at in (0..len as usize).step_by(12) {
        let numbers = [be32(bytes, at)?, be32(bytes, at + 4)?, be32(bytes, at + 8)?];
        if at != 0 {
            p.text(", ");
        }
        for (i, number) in numbers.into_iter().enumerate() {
            p.text(if i == 0 { "" } else { ":" });
            p.dec(number);
        }
    }
    Ok(Extent::Whole)
}

/// RFC 4360.
pub(super) fn extended(p: &mut Printer<'_>, bytes: &[u8], len: u32) -> Result<Extent, Cut> {
    for at in (0..len as usize).step_by(8) {
        let community = from(bytes, at);
        let Ok(kind) = be16(community, 0) else {
            return Ok(Extent::TooShort);
        };
        p.text("\n\t    ");
        let name = match kind {
            0xf10a => Some("l2vpn-id"),
            _ => named(&EXTENDED, kind.into()),
        };
        p.text(name.unwrap_or("unknown extd community typecode"));
        p.text(" (0x");
        p.out.hex(kind.into(), 4);
        p.text("), Flags [");
        p.flags(
            kind.into(),
            &[(0x8000, "vendor-specific"), (0x4000, "non-transitive")],
        );
        p.text("]");
        let Some(community) = community.get(..8) else {
            return Ok(Extent::TooShort);
        };
        p.text(": ");
        value(p, kind, community)?;
    }
    Ok(Extent::Whole)
}

fn value(p: &mut Printer<'_>, kind: u16, bytes: &[u8]) -> Result<(), Cut> {
    match kind {
        0x0002 | 0x0003 | 0x000a => {
            p.dec(be16(bytes, 2)?);
            p.text(":");
            p.dec(be32(bytes, 4)?);
            p.text(" (= ");
            p.ipv4(array(bytes, 4)?);
            p.text(")");
        }
        0x0102 | 0x0103 | 0xf10a | 0x010b => {
            p.ipv4(array(bytes, 2)?);
            p.text(":");
            p.dec(be16(bytes, 6)?);
        }
        0x0202 | 0x0203 => {
            p.dec(be32(bytes, 2)?);
            p.text(":");
            p.dec(be16(bytes, 6)?);
        }
        0x4004 => bandwidth(p, f32::from_bits(be32(bytes, 4)?)),
        0x0005 | 0x0105 | 0x0205 | 0x8005 | 0x0107 | 0x8001 => p.ipv4(array(bytes, 2)?),
        0x0306 | 0x8000 => ospf_route(p, bytes)?,
        0x800a => {
            let name = named(&ENCAPSULATIONS, byte(bytes, 2)?.into());
            p.text(name.unwrap_or("unknown encaps"));
            p.text(" Control Flags [0x");
            p.out.hex(byte(bytes, 3)?.into(), 2);
            p.text("]:MTU ");
            p.dec(be16(bytes, 4)?);
        }
        0x0009 => {
            p.text("AS ");
            p.dec(be16(bytes, 2)?);
        }
        0x030c => {
            p.text("Tunnel type: ");
            let name = named(&TUNNELS, be16(bytes, 6)?.into());
            p.text(name.unwrap_or("unknown encaps"));
        }
        _ => p.out.hex_bytes(from(bytes, 2)),
    }
    Ok(())
}

/// A link's, in bytes a second.
fn bandwidth(p: &mut Printer<'_>, bytes: f32) {
    let megabits = bytes * 8.0 / 1_000_000.0;
    p.text("bandwidth: ");
    if megabits.is_nan() {
        p.text(if megabits.is_sign_negative() {
            "-nan"
        } else {
            "nan"
        });
    } else {
        p.text(&format!("{megabits:.3}"));
    }
    p.text(" Mbps");
}

fn ospf_route(p: &mut Printer<'_>, bytes: &[u8]) -> Result<(), Cut> {
    p.text("area:");
    p.ipv4(array(bytes, 2)?);
    p.text(", router-type:");
    let (kind, options) = (byte(bytes, 6)?, byte(bytes, 7)?);
    if let Some(name) = named(&OSPF_ROUTES, kind.into()) {
        p.text(name);
    } else {
        p.text("unknown (0x");
        p.out.hex(kind.into(), 2);
        p.text(")");
    }
    p.text(", metric-type:");
    if options & 1 != 0 {
        p.text("E2");
    }
    if matches!(kind, 5 | 7) {
        p.text("E1");
    }
    Ok(())
}
