//! Routing protocols over IP: the line that tcpdump sums them up in. With `-v` it takes them apart,
//! which is not done here.

use super::Printer;
use super::text::{Cut, be16, byte, named, upto};

const OSPF: [(u32, &str); 5] = [
    (1, "Hello"),
    (2, "Database Description"),
    (3, "LS-Request"),
    (4, "LS-Update"),
    (5, "LS-Ack"),
];
const EIGRP: [(u32, &str); 6] = [
    (1, "Update"),
    (3, "Query"),
    (4, "Reply"),
    (5, "Hello"),
    (6, "IPX SAP"),
    (7, "Probe"),
];
const PIM: [(u32, &str); 12] = [
    (0, "Hello"),
    (1, "Register"),
    (2, "Register Stop"),
    (3, "Join / Prune"),
    (4, "Bootstrap"),
    (5, "Assert"),
    (6, "Graft"),
    (7, "Graft Acknowledgement"),
    (8, "Candidate RP Advertisement"),
    (9, "Prune Refresh"),
    (10, "DF Election"),
    (11, "ECMP Redirect"),
];

/// OSPF over IPv4 (RFC 2328 §A.3.1). A digest behind the packet is not part of it.
pub(super) fn ospf(p: &mut Printer<'_>, bytes: &[u8], len: u32) -> Result<(), Cut> {
    const CRYPTOGRAPHIC: u16 = 2;
    const DIGEST_LEN: u32 = 16;
    p.protocol = "ospf2";
    let (mut bytes, mut len) = (bytes, len);
    if be16(bytes, 14)? == CRYPTOGRAPHIC {
        len = len.wrapping_sub(DIGEST_LEN);
        let shown = bytes.len().saturating_sub(DIGEST_LEN as usize);
        bytes = upto(bytes, u32::try_from(shown).unwrap_or(u32::MAX));
    }
    let (kind, version) = (byte(bytes, 1)?, byte(bytes, 0)?);
    ospf_line(p, version, len, named(&OSPF, kind.into()), |p| {
        p.text("unknown LS-type ");
        p.dec(kind);
    });
    Ok(())
}

/// OSPF over IPv6 (RFC 5340 §A.3.1).
pub(super) fn ospf_v6(p: &mut Printer<'_>, bytes: &[u8], len: u32) -> Result<(), Cut> {
    p.protocol = "ospf3";
    let (kind, version) = (byte(bytes, 1)?, byte(bytes, 0)?);
    ospf_line(p, version, len, named(&OSPF, kind.into()), |p| {
        p.text("unknown packet type (");
        p.dec(kind);
        p.text(")");
    });
    Ok(())
}

fn ospf_line(
    p: &mut Printer<'_>,
    version: u8,
    len: u32,
    name: Option<&str>,
    unknown: impl FnOnce(&mut Printer<'_>),
) {
    p.text("OSPFv");
    p.dec(version);
    p.text(", ");
    match name {
        Some(name) => p.text(name),
        None => unknown(p),
    }
    p.text(", length ");
    p.dec(len);
}

/// RFC 7868 §6.
pub(super) fn eigrp(p: &mut Printer<'_>, bytes: &[u8], len: u32) -> Result<(), Cut> {
    const HEADER_LEN: usize = 20;
    const VERSION: u8 = 2;
    p.protocol = "eigrp";
    if bytes.len() < HEADER_LEN {
        p.truncated();
        return Ok(());
    }
    let version = byte(bytes, 0)?;
    if version != VERSION {
        p.text("EIGRP version ");
        p.dec(version);
        p.text(" packet not supported");
        return Ok(());
    }
    let operation = byte(bytes, 1)?;
    p.text("EIGRP ");
    if let Some(name) = named(&EIGRP, operation.into()) {
        p.text(name);
    } else {
        p.text("unknown (");
        p.dec(operation);
        p.text(")");
    }
    p.text(", length: ");
    p.dec(len);
    Ok(())
}

/// RFC 7761 §4.9.
pub(super) fn pim(p: &mut Printer<'_>, bytes: &[u8], len: u32) -> Result<(), Cut> {
    p.protocol = "pim";
    let first = byte(bytes, 0)?;
    let version = first >> 4;
    p.text("PIMv");
    p.dec(version);
    p.text(", ");
    if version == 2 {
        let name = named(&PIM, (first & 0xf).into());
        p.text(name.unwrap_or("Unknown Type"));
        p.text(", ");
    }
    p.text("length ");
    p.dec(len);
    Ok(())
}
