//! The bodies of `OpenFlow` 1.3's messages, of those that tcpdump takes apart.

use super::super::Printer;
use super::super::text::Cut;
use super::errors_1_3 as errors;
use super::fields::{Body, Called, Decimal, Text};
use super::names_1_3::{
    ASYNC_PACKETS, ASYNC_PORTS, CAPABILITIES, ERRORS, FRAGMENTS, HELLO_ELEMENTS, LENGTHS,
    PORT_CONFIG, PORT_FEATURES, PORT_REASONS, PORT_STATE, PORTS, ROLES, TABLES, VERSION_BITS,
};
use super::vendor;

/// The body of a message of this type, whose length was found right.
pub(super) fn body(p: &mut Printer<'_>, kind: u8, mut body: Body<'_>) -> Result<(), Cut> {
    let b = &mut body;
    match kind {
        0 => hello(p, b),
        1 => error(p, b),
        2 | 3 => b.data(p),
        4 => {
            let who = b.number(4)?;
            p.text("\n\t experimenter ");
            vendor::name(p, who);
            b.hexadecimal(p, ", exp_type ", 4)?;
            b.data(p)
        }
        6 => features(p, b),
        8 | 9 => {
            let flags = (&FRAGMENTS[..], Called("invalid", 4));
            b.named(p, "\n\t flags ", 2, flags)?;
            b.named(p, ", miss_send_len ", 2, (&LENGTHS, Decimal))?;
            Ok(())
        }
        12 => {
            // What stands for an unknown reason lacks a sign in tcpdump.
            let reasons = (&PORT_REASONS[..], Text("invalid (0x02x)"));
            b.named(p, "\n\t reason ", 1, reasons)?;
            b.pass(7);
            port(p, b)
        }
        16 => port_change(p, b),
        17 => {
            b.named(p, "\n\t table_id ", 1, (&TABLES, Decimal))?;
            b.pass(3);
            b.hexadecimal(p, ", config ", 4)?;
            Ok(())
        }
        22 => {
            b.named(p, "\n\t port ", 4, (&PORTS, Decimal))?;
            b.must_hold(4)
        }
        24 | 25 => {
            let roles = (&ROLES[..], Called("invalid", 8));
            b.named(p, "\n\t role ", 4, roles)?;
            b.pass(4);
            b.cookie(p, ", generation_id ")
        }
        27 | 28 => asynchronous(p, b),
        _ => b.must_hold(b.len),
    }
}

fn hello(p: &mut Printer<'_>, b: &mut Body<'_>) -> Result<(), Cut> {
    const ELEMENT: u32 = 4;
    while b.len > 0 {
        if b.len < ELEMENT {
            return b.refuse(p);
        }
        let elements = (&HELLO_ELEMENTS[..], Called("unknown", 4));
        let kind = b.named(p, "\n\t type ", 2, elements)?;
        let len = b.decimal(p, ", length ", 2)?;
        if !(ELEMENT..=ELEMENT + b.len).contains(&len) {
            return b.refuse(p);
        }
        let len = len - ELEMENT;
        match (kind, len) {
            (1, 4) => b.part(len).bits(p, ", bitmap ", 4, &VERSION_BITS)?,
            (1, _) => p.text(" (bogus)"),
            _ => {}
        }
        b.skip(len)?;
    }
    Ok(())
}

fn error(p: &mut Printer<'_>, b: &mut Body<'_>) -> Result<(), Cut> {
    let kind = b.named(p, "\n\t type ", 2, (&ERRORS, Called("invalid", 4)))?;
    let codes: &[_] = match kind {
        0 => &errors::HELLO,
        1 => &errors::REQUEST,
        2 => &errors::ACTION,
        3 => &errors::INSTRUCTION,
        4 => &errors::MATCH,
        5 => &errors::FLOW,
        6 => &errors::GROUP,
        7 => &errors::PORT,
        8 => &errors::TABLE,
        9 => &errors::QUEUE,
        10 => &errors::CONFIG,
        11 => &errors::ROLE,
        12 => &errors::METER,
        13 => &errors::FEATURES,
        _ => &[],
    };
    b.named(p, ", code ", 2, (codes, Called("invalid", 4)))?;
    b.data(p)
}

fn features(p: &mut Printer<'_>, b: &mut Body<'_>) -> Result<(), Cut> {
    b.cookie(p, "\n\t dpid ")?;
    b.decimal(p, ", n_buffers ", 4)?;
    b.decimal(p, ", n_tables ", 1)?;
    b.decimal(p, ", auxiliary_id ", 1)?;
    b.pass(2);
    b.bits(p, "\n\t capabilities ", 4, &CAPABILITIES)?;
    b.must_hold(4)
}

fn port(p: &mut Printer<'_>, b: &mut Body<'_>) -> Result<(), Cut> {
    b.named(p, "\n\t  port_no ", 4, (&PORTS, Decimal))?;
    b.pass(4);
    b.link_address(p, ", hw_addr ")?;
    b.pass(2);
    b.quoted(p, ", name ", 16)?;
    if p.verbose() < 2 {
        return b.must_hold(32);
    }
    b.bits(p, "\n\t   config ", 4, &PORT_CONFIG)?;
    b.bits(p, "\n\t   state ", 4, &PORT_STATE)?;
    for label in [
        "\n\t   curr ",
        "\n\t   advertised ",
        "\n\t   supported ",
        "\n\t   peer ",
    ] {
        b.bits(p, label, 4, &PORT_FEATURES)?;
    }
    for label in ["\n\t   curr_speed ", "\n\t   max_speed "] {
        b.decimal(p, label, 4)?;
        p.text("kbps");
    }
    Ok(())
}

fn port_change(p: &mut Printer<'_>, b: &mut Body<'_>) -> Result<(), Cut> {
    b.named(p, "\n\t port_no ", 4, (&PORTS, Decimal))?;
    b.pass(4);
    b.link_address(p, ", hw_addr ")?;
    b.pass(2);
    b.bits(p, "\n\t  config ", 4, &PORT_CONFIG)?;
    b.bits(p, "\n\t  mask ", 4, &PORT_CONFIG)?;
    b.bits(p, "\n\t  advertise ", 4, &PORT_FEATURES)?;
    b.must_hold(4)
}

fn asynchronous(p: &mut Printer<'_>, b: &mut Body<'_>) -> Result<(), Cut> {
    for (label, bits) in [
        ("\n\t packet_in_mask[EM] ", &ASYNC_PACKETS),
        ("\n\t packet_in_mask[S] ", &ASYNC_PACKETS),
        ("\n\t port_status_mask[EM] ", &ASYNC_PORTS),
        ("\n\t port_status_mask[S] ", &ASYNC_PORTS),
        ("\n\t flow_removed_mask[EM] ", &ASYNC_PORTS),
        ("\n\t flow_removed_mask[S] ", &ASYNC_PORTS),
    ] {
        b.bits(p, label, 4, bits)?;
    }
    Ok(())
}
