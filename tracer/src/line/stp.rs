//! The spanning tree protocol of bridges (802.1D, 802.1w).

use super::Printer;
use super::text::{Append, Cut, be16, be32, byte};

/// Of the messages that are shown, in bytes, without the last field that only 802.1w has.
const MIN_LEN: u32 = 35;
const CONFIGURATION: u8 = 0;
const RAPID: u8 = 2;

pub(super) fn stp(p: &mut Printer<'_>, bytes: &[u8], len: u32) -> Result<(), Cut> {
    p.protocol = "stp";
    if len < 4 {
        p.invalid();
        return Ok(());
    }
    if be16(bytes, 0)? != 0 {
        p.text("unknown STP version, length ");
        p.dec(len);
        return Ok(());
    }
    let version = byte(bytes, 2)?;
    p.text("STP ");
    match version {
        0 => p.text("802.1d"),
        2 => p.text("802.1w"),
        3 => p.text("802.1s"),
        4 => p.text("802.1aq"),
        _ => {
            p.text("Unknown STP protocol (0x");
            p.out.hex(u32::from(version), 2);
            p.text(")");
            return Ok(());
        }
    }
    let kind = byte(bytes, 3)?;
    p.text(", ");
    match kind {
        CONFIGURATION => p.text("Config"),
        RAPID => p.text("Rapid STP"),
        0x80 => p.text("Topology Change"),
        _ => {
            p.text("Unknown BPDU Type (0x");
            p.out.hex(u32::from(kind), 2);
            p.text(")");
        }
    }
    match (kind, version) {
        (CONFIGURATION, _) if len < MIN_LEN => p.invalid(),
        (RAPID, 2) if len <= MIN_LEN => p.invalid(),
        (CONFIGURATION, _) | (RAPID, 2) => configuration(p, bytes, len, version)?,
        _ => {}
    }
    Ok(())
}

fn configuration(p: &mut Printer<'_>, bytes: &[u8], len: u32, version: u8) -> Result<(), Cut> {
    let flags = byte(bytes, 4)?;
    p.text(", Flags [");
    let names = [
        (0x01, "Topology change"),
        (0x02, "Proposal"),
        (0x10, "Learn"),
        (0x20, "Forward"),
        (0x40, "Agreement"),
        (0x80, "Topology change ACK"),
    ];
    p.flags(u32::from(flags), &names);
    p.text("]");
    let port = be16(bytes, 25)?;
    p.text(", bridge-id ");
    bridge(p, bytes, 17)?;
    p.text(".");
    p.out.hex(u32::from(port), 4);
    p.text(", length ");
    p.dec(len);
    if p.verbose() == 0 {
        return Ok(());
    }
    be16(bytes, 33)?;
    for (what, at) in [
        ("\n\tmessage-age ", 27),
        (", max-age ", 29),
        (", hello-time ", 31),
        (", forwarding-delay ", 33),
    ] {
        p.text(what);
        seconds(p, be16(bytes, at)?);
    }
    p.text("\n\troot-id ");
    bridge(p, bytes, 5)?;
    p.text(", root-pathcost ");
    p.dec(be32(bytes, 13)?);
    if version == 2 {
        p.text(", port-role ");
        p.text(match flags >> 2 & 3 {
            0 => "Unknown",
            1 => "Alternate",
            2 => "Root",
            _ => "Designated",
        });
    }
    Ok(())
}

/// Priority and address: `8001.00:1b:54:00:00:01`.
fn bridge(p: &mut Printer<'_>, bytes: &[u8], at: usize) -> Result<(), Cut> {
    let id = bytes.get(at..at + 8).ok_or(Cut)?;
    let (priority, address) = id.split_at_checked(2).ok_or(Cut)?;
    p.out.hex_bytes(priority);
    p.text(".");
    p.out.link_address(address);
    Ok(())
}

/// From 256ths, rounded to hundredths.
fn seconds(p: &mut Printer<'_>, value: u16) {
    let text = format!("{:.2}s", f32::from(value) / 256.0);
    p.text(&text);
}
