//! Which packets a flow of `OpenFlow` 1.0 has, and what is done with them.

use super::super::Printer;
use super::super::text::{Append, Cut, be16, be32, byte};
use super::fields::{Body, Called, Decimal};
use super::names_1_0::{ACTIONS, PORTS, QUEUES, WILDCARDS};
use super::vendor;

/// Of a description of packets, in bytes.
pub(super) const MATCH_LEN: u32 = 40;

const IN_PORT: u32 = 1;
const VLAN: u32 = 1 << 1;
const LINK_SOURCE: u32 = 1 << 2;
const LINK_DESTINATION: u32 = 1 << 3;
const TYPE: u32 = 1 << 4;
const PROTOCOL: u32 = 1 << 5;
const SOURCE_PORT: u32 = 1 << 6;
const DESTINATION_PORT: u32 = 1 << 7;
const SOURCE_SHIFT: u32 = 8;
const DESTINATION_SHIFT: u32 = 14;
const PRIORITY: u32 = 1 << 20;
const SERVICE: u32 = 1 << 21;

const ETHERTYPE_IPV4: u16 = 0x0800;
const ETHERTYPE_ARP: u16 = 0x0806;
const ICMP: u8 = 1;

/// What packets must have, a line for each field that counts.
pub(super) fn matches(p: &mut Printer<'_>, indent: &str, b: &mut Body<'_>) -> Result<(), Cut> {
    let wildcards = be32(b.bytes, 0)?;
    if wildcards & !WILDCARDS.assigned != 0 {
        p.text(indent);
        p.text("wildcards 0x");
        p.out.hex(wildcards, 8);
        p.text(" (bogus)");
    }
    let counts = |bit: u32| wildcards & bit == 0;
    let whole = *b;
    let at = |offset: u32| {
        let mut field = whole;
        field.pass(offset);
        field
    };
    let label = |p: &mut Printer<'_>, name: &str| {
        p.text(indent);
        p.text("match ");
        p.text(name);
    };
    if counts(IN_PORT) {
        let port = at(4).number(2)?;
        label(p, "in_port ");
        super::fields::name(p, port, (&PORTS, Decimal));
    }
    for (bit, name, offset) in [
        (LINK_SOURCE, "dl_src ", 6),
        (LINK_DESTINATION, "dl_dst ", 12),
    ] {
        if counts(bit) {
            at(offset).must_hold(6)?;
            label(p, name);
            at(offset).link_address(p, "")?;
        }
    }
    if counts(VLAN) {
        let number = be16(b.bytes, 18)?;
        label(p, "dl_vlan ");
        vlan(p, number);
    }
    if counts(PRIORITY) {
        let priority = byte(b.bytes, 20)?;
        label(p, "dl_vlan_pcp ");
        vlan_priority(p, priority);
    }
    let ethertype = be16(b.bytes, 22)?;
    if counts(TYPE) {
        label(p, "dl_type 0x");
        p.out.hex(ethertype.into(), 4);
    }
    if counts(SERVICE) {
        let service = byte(b.bytes, 24)?;
        label(p, "nw_tos 0x");
        p.out.hex(service.into(), 2);
    }
    let protocol = byte(b.bytes, 25)?;
    if counts(PROTOCOL) {
        let arp = counts(TYPE) && ethertype == ETHERTYPE_ARP;
        label(p, if arp { "arp_opcode " } else { "nw_proto " });
        p.dec(protocol);
    }
    for (shift, name, offset) in [
        (SOURCE_SHIFT, "nw_src ", 28),
        (DESTINATION_SHIFT, "nw_dst ", 32),
    ] {
        let bits = wildcards >> shift & 0x3f;
        if bits < 32 {
            at(offset).must_hold(4)?;
            label(p, name);
            at(offset).ip_address(p, "")?;
            p.text("/");
            p.dec(32 - bits);
        }
    }
    let icmp = counts(TYPE) && ethertype == ETHERTYPE_IPV4 && counts(PROTOCOL) && protocol == ICMP;
    for (bit, name, of_icmp, offset) in [
        (SOURCE_PORT, "tp_src ", "icmp_type ", 36),
        (DESTINATION_PORT, "tp_dst ", "icmp_code ", 38),
    ] {
        if counts(bit) {
            let port = be16(b.bytes, offset)?;
            label(p, if icmp { of_icmp } else { name });
            p.dec(port);
        }
    }
    if !counts(DESTINATION_PORT) {
        at(38).must_hold(2)?;
    }
    b.pass(MATCH_LEN);
    Ok(())
}

fn vlan(p: &mut Printer<'_>, number: u16) {
    if number == 0xffff {
        p.text("NONE");
        return;
    }
    p.dec(number);
    if !(1..0xfff).contains(&number) {
        p.text(" (bogus)");
    }
}

fn vlan_priority(p: &mut Printer<'_>, priority: u8) {
    p.dec(priority);
    if priority > 7 {
        p.text(" (bogus)");
    }
}

/// What is done with packets, one thing a line.
pub(super) fn actions(p: &mut Printer<'_>, indent: &str, b: &mut Body<'_>) -> Result<(), Cut> {
    const LEN: u32 = 8;
    while b.len > 0 {
        if b.len < LEN {
            return b.refuse(p);
        }
        let kind = b.number(2)?;
        p.text(indent);
        p.text("action type ");
        super::fields::name(p, kind, (&ACTIONS, Called("invalid", 4)));
        let len = b.decimal(p, ", len ", 2)?;
        if !(LEN..=b.len + 4).contains(&len) {
            return b.refuse(p);
        }
        let right = match kind {
            0..=3 | 6..=10 => Some(len == 8),
            4 | 5 | 11 => Some(len == 16),
            0xffff => Some(len % 8 == 0),
            _ => None,
        };
        if right == Some(false) {
            p.text(" (bogus)");
        }
        if right == Some(true) {
            action(p, kind, b, len - 4)?;
        } else {
            b.skip(len - 4)?;
        }
    }
    Ok(())
}

/// What follows the type and the length.
fn action(p: &mut Printer<'_>, kind: u32, b: &mut Body<'_>, len: u32) -> Result<(), Cut> {
    const CONTROLLER: u32 = 0xfffd;
    match kind {
        0 => {
            let port = b.named(p, ", port ", 2, (&PORTS, Decimal))?;
            if port == CONTROLLER {
                b.decimal(p, ", max_len ", 2).map(|_| ())
            } else {
                b.skip(2)
            }
        }
        1 => {
            let number = be16(b.bytes, 0)?;
            p.text(", vlan_vid ");
            vlan(p, number);
            b.pass(2);
            b.skip(2)
        }
        2 => {
            let priority = byte(b.bytes, 0)?;
            p.text(", vlan_pcp ");
            vlan_priority(p, priority);
            b.pass(1);
            b.skip(3)
        }
        4 | 5 => {
            b.link_address(p, ", dl_addr ")?;
            b.skip(6)
        }
        6 | 7 => b.ip_address(p, ", nw_addr "),
        8 => {
            b.hexadecimal(p, ", nw_tos ", 1)?;
            b.skip(3)
        }
        9 | 10 => {
            b.decimal(p, ", tp_port ", 2)?;
            b.skip(2)
        }
        11 => {
            b.named(p, ", port ", 2, (&PORTS, Decimal))?;
            b.pass(6);
            b.named(p, ", queue_id ", 4, (&QUEUES, Decimal)).map(|_| ())
        }
        0xffff => {
            vendor::action(p, &mut b.part(len))?;
            b.pass(len);
            Ok(())
        }
        _ => b.skip(4),
    }
}
