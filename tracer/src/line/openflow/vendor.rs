//! Extensions of `OpenFlow`: whose they are, and those of Big Switch Networks.

use super::super::Printer;
use super::super::text::{Append, Cut, named};
use super::fields::{Body, Called, name as number_name};
use super::names_1_0::{BIG_SWITCH, BIG_SWITCH_ACTIONS, COPY_STAGES, ON_OFF};
use super::vendors::{EXPERIMENTERS, VENDORS};

const BIG_SWITCH_NETWORKS: u32 = 0x005c_16c7;

/// `0x005c16c7 (Big Switch Networks)`
pub(super) fn name(p: &mut Printer<'_>, vendor: u32) {
    let known = if vendor >> 24 == 0 {
        named(&VENDORS, vendor)
    } else {
        named(&EXPERIMENTERS, vendor)
    };
    p.text("0x");
    p.out.hex(vendor, 8);
    p.text(" (");
    p.text(known.unwrap_or("unknown"));
    p.text(")");
}

fn vendor(p: &mut Printer<'_>, b: &mut Body<'_>) -> Result<u32, Cut> {
    let vendor = b.number(4)?;
    p.text(", vendor ");
    name(p, vendor);
    Ok(vendor)
}

pub(super) fn message(p: &mut Printer<'_>, b: &mut Body<'_>) -> Result<(), Cut> {
    if vendor(p, b)? == BIG_SWITCH_NETWORKS {
        big_switch(p, b)
    } else {
        b.data(p)
    }
}

pub(super) fn action(p: &mut Printer<'_>, b: &mut Body<'_>) -> Result<(), Cut> {
    if b.len < 4 {
        return b.refuse(p);
    }
    if vendor(p, b)? == BIG_SWITCH_NETWORKS {
        big_switch_action(p, b)
    } else {
        b.data(p)
    }
}

/// In statistics.
pub(super) fn data(p: &mut Printer<'_>, b: &mut Body<'_>) -> Result<(), Cut> {
    if b.len < 4 {
        return b.refuse(p);
    }
    vendor(p, b)?;
    b.data(p)
}

fn big_switch(p: &mut Printer<'_>, b: &mut Body<'_>) -> Result<(), Cut> {
    if b.len < 4 {
        return b.refuse(p);
    }
    let kinds = (&BIG_SWITCH[..], Called("unknown", 8));
    let kind = b.named(p, "\n\t subtype ", 4, kinds)?;
    // Of those whose length is known.
    let expected = match kind {
        0..=2 => Some(8),
        3..=5 | 8 | 17 => Some(4),
        9 | 13 | 19 | 21 | 27 => Some(0),
        _ => None,
    };
    if expected.is_some_and(|len| len != b.len) || (kind == 6 && b.len < 4) {
        return b.refuse(p);
    }
    match kind {
        1 => {
            b.decimal(p, ", index ", 1)?;
            b.must_hold(7)
        }
        0 | 2 => {
            b.decimal(p, ", index ", 1)?;
            b.pass(3);
            b.ip_address(p, ", mask ")
        }
        3..=5 => {
            let value = b.number(1)?;
            p.text(", report_mirror_ports ");
            match named(&ON_OFF, value) {
                Some(name) => p.text(name),
                None => counted(p, "bogus", value),
            }
            b.must_hold(3)
        }
        17 => b.decimal(p, ", vport_no ", 4).map(|_| ()),
        6 => {
            b.decimal(p, ", service ", 4)?;
            text(p, b)
        }
        7 => text(p, b),
        8 => b.hexadecimal(p, ", status ", 4).map(|_| ()),
        _ => b.must_hold(b.len),
    }
}

/// `bogus (7)`
fn counted(p: &mut Printer<'_>, what: &str, value: u32) {
    p.text(what);
    p.text(" (");
    p.dec(value);
    p.text(")");
}

fn text(p: &mut Printer<'_>, b: &Body<'_>) -> Result<(), Cut> {
    p.text(", data '");
    p.characters(b.bytes, 0, b.len as usize)?;
    p.text("'");
    Ok(())
}

fn big_switch_action(p: &mut Printer<'_>, b: &mut Body<'_>) -> Result<(), Cut> {
    const MIRROR: u32 = 1;
    if b.len < 4 {
        return b.refuse(p);
    }
    let kinds = (&BIG_SWITCH_ACTIONS[..], Called("unknown", 8));
    let kind = b.named(p, "\n\t  subtype ", 4, kinds)?;
    if kind != MIRROR {
        return b.must_hold(b.len);
    }
    if b.len != 12 {
        return b.refuse(p);
    }
    b.decimal(p, ", dest_port ", 4)?;
    let tag = b.number(4)?;
    p.text(", vlan_tag ");
    match tag >> 16 {
        0 => p.text("none"),
        0x8100 => {
            p.text("802.1Q (vlan ");
            p.dec(tag & 0xfff);
            p.text(", p ");
            p.dec((tag & 0xffff) >> 13);
            if tag & 0x1000 != 0 {
                p.text(", DEI");
            }
            p.text(")");
        }
        other => number_name(p, other, (&[], Called("unknown", 4))),
    }
    let stage = b.number(1)?;
    p.text(", copy_stage ");
    match named(&COPY_STAGES, stage) {
        Some(name) => p.text(name),
        None => counted(p, "unknown", stage),
    }
    b.must_hold(3)
}
