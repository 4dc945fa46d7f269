//! The bodies of `OpenFlow` 1.0's messages.

use super::super::Printer;
use super::super::link;
use super::super::options::Style;
use super::super::text::{Cut, upto};
use super::fields::{Body, Called, Decimal, Hexadecimal};
use super::flow::{actions, matches};
use super::names_1_0::{
    ACTION_BITS, ACTION_ERRORS, BUFFERS, CAPABILITIES, COMMANDS, ERRORS, FLOW_ERRORS, FLOW_FLAGS,
    FRAGMENTS, HELLO_ERRORS, PACKET_REASONS, PORT_CONFIG, PORT_ERRORS, PORT_FEATURES, PORT_REASONS,
    PORTS, QUEUE_ERRORS, QUEUE_PROPERTIES, REMOVAL_REASONS, REQUEST_ERRORS, SPANNING_TREE,
};
use super::{statistics, vendor};

/// The body of a message of this type, whose length was found right.
pub(super) fn body(p: &mut Printer<'_>, kind: u8, mut body: Body<'_>) -> Result<(), Cut> {
    let b = &mut body;
    match kind {
        0 | 2 | 3 => b.data(p),
        1 => error(p, b),
        4 => vendor::message(p, b),
        6 => features(p, b),
        8 | 9 => {
            let flags = (&FRAGMENTS[..], Called("invalid", 4));
            b.named(p, "\n\t flags ", 2, flags)?;
            b.decimal(p, ", miss_send_len ", 2).map(|_| ())
        }
        10 => packet_in(p, b),
        11 => removed(p, b),
        12 => {
            let reasons = (&PORT_REASONS[..], Called("invalid", 2));
            b.named(p, "\n\t reason ", 1, reasons)?;
            b.pass(7);
            port(p, b)
        }
        13 => packet_out(p, b),
        14 => flow_change(p, b),
        15 => port_change(p, b),
        16 => statistics::request(p, b),
        17 => statistics::reply(p, b),
        20 => {
            b.named(p, "\n\t port ", 2, (&PORTS, Decimal))?;
            b.must_hold(2)
        }
        21 => {
            b.named(p, "\n\t port ", 2, (&PORTS, Decimal))?;
            b.skip(6)?;
            queues(p, b)
        }
        _ => b.must_hold(b.len),
    }
}

fn error(p: &mut Printer<'_>, b: &mut Body<'_>) -> Result<(), Cut> {
    let kind = b.named(p, "\n\t type ", 2, (&ERRORS, Called("invalid", 4)))?;
    let codes: &[_] = match kind {
        0 => &HELLO_ERRORS,
        1 => &REQUEST_ERRORS,
        2 => &ACTION_ERRORS,
        3 => &FLOW_ERRORS,
        4 => &PORT_ERRORS,
        5 => &QUEUE_ERRORS,
        _ => &[],
    };
    b.named(p, ", code ", 2, (codes, Called("invalid", 4)))?;
    b.data(p)
}

fn features(p: &mut Printer<'_>, b: &mut Body<'_>) -> Result<(), Cut> {
    b.cookie(p, "\n\t dpid ")?;
    b.decimal(p, ", n_buffers ", 4)?;
    b.decimal(p, ", n_tables ", 1)?;
    b.pass(3);
    b.bits(p, "\n\t capabilities ", 4, &CAPABILITIES)?;
    b.bits(p, "\n\t actions ", 4, &ACTION_BITS)?;
    while b.len > 0 {
        if b.len < PORT_LEN {
            return b.refuse(p);
        }
        port(p, &mut b.part(PORT_LEN))?;
        b.pass(PORT_LEN);
    }
    Ok(())
}

/// Of a port's description, in bytes.
const PORT_LEN: u32 = 48;

fn port(p: &mut Printer<'_>, b: &mut Body<'_>) -> Result<(), Cut> {
    const SPANNING: u32 = 0x300;
    const LINK_DOWN: u32 = 1;
    b.named(p, "\n\t  port_no ", 2, (&PORTS, Decimal))?;
    b.link_address(p, ", hw_addr ")?;
    b.quoted(p, ", name ", 16)?;
    if p.verbose() < 2 {
        return b.must_hold(24);
    }
    b.bits(p, "\n\t   config ", 4, &PORT_CONFIG)?;
    let state = b.hexadecimal(p, "\n\t   state ", 4)?;
    p.text(" (");
    super::fields::name(
        p,
        state & SPANNING,
        (&SPANNING_TREE, super::fields::Text("")),
    );
    if state & LINK_DOWN != 0 {
        p.text(", LINK_DOWN");
    }
    p.text(")");
    if state & !(SPANNING | LINK_DOWN) != 0 {
        p.text(" (bogus)");
    }
    for label in [
        "\n\t   curr ",
        "\n\t   advertised ",
        "\n\t   supported ",
        "\n\t   peer ",
    ] {
        b.bits(p, label, 4, &PORT_FEATURES)?;
    }
    Ok(())
}

fn port_change(p: &mut Printer<'_>, b: &mut Body<'_>) -> Result<(), Cut> {
    b.named(p, "\n\t port_no ", 2, (&PORTS, Decimal))?;
    b.link_address(p, ", hw_addr ")?;
    b.bits(p, "\n\t config ", 4, &PORT_CONFIG)?;
    b.bits(p, "\n\t mask ", 4, &PORT_CONFIG)?;
    b.bits(p, "\n\t advertise ", 4, &PORT_FEATURES)?;
    b.must_hold(4)
}

fn flow_change(p: &mut Printer<'_>, b: &mut Body<'_>) -> Result<(), Cut> {
    matches(p, "\n\t ", b)?;
    b.cookie(p, "\n\t cookie ")?;
    let commands = (&COMMANDS[..], Called("invalid", 4));
    let command = b.named(p, ", command ", 2, commands)?;
    b.unless_zero(p, ", idle_timeout ", 2)?;
    b.unless_zero(p, ", hard_timeout ", 2)?;
    b.unless_zero(p, ", priority ", 2)?;
    if command <= 2 {
        b.named(p, ", buffer_id ", 4, (&BUFFERS, Hexadecimal(8)))?;
    } else {
        b.pass(4);
    }
    if matches!(command, 3 | 4) {
        b.named(p, ", out_port ", 2, (&PORTS, Decimal))?;
    } else {
        b.pass(2);
    }
    b.bits(p, ", flags ", 2, &FLOW_FLAGS)?;
    actions(p, "\n\t ", b)
}

fn removed(p: &mut Printer<'_>, b: &mut Body<'_>) -> Result<(), Cut> {
    matches(p, "\n\t ", b)?;
    b.cookie(p, "\n\t cookie ")?;
    b.unless_zero(p, ", priority ", 2)?;
    let reasons = (&REMOVAL_REASONS[..], Called("unknown", 2));
    b.named(p, ", reason ", 1, reasons)?;
    b.pass(1);
    b.decimal(p, ", duration_sec ", 4)?;
    b.decimal(p, ", duration_nsec ", 4)?;
    b.unless_zero(p, ", idle_timeout ", 2)?;
    b.pass(2);
    b.count(p, ", packet_count ")?;
    b.count(p, ", byte_count ")
}

fn packet_in(p: &mut Printer<'_>, b: &mut Body<'_>) -> Result<(), Cut> {
    b.named(p, "\n\t buffer_id ", 4, (&BUFFERS, Hexadecimal(8)))?;
    b.decimal(p, ", total_len ", 2)?;
    b.named(p, ", in_port ", 2, (&PORTS, Decimal))?;
    let reasons = (&PACKET_REASONS[..], Called("invalid", 2));
    b.named(p, ", reason ", 1, reasons)?;
    b.skip(1)?;
    packet(p, b)
}

fn packet_out(p: &mut Printer<'_>, b: &mut Body<'_>) -> Result<(), Cut> {
    b.hexadecimal(p, "\n\t buffer_id ", 4)?;
    b.named(p, ", in_port ", 2, (&PORTS, Decimal))?;
    let len = b.number(2)?;
    if len > b.len {
        return b.refuse(p);
    }
    actions(p, "\n\t ", &mut b.part(len))?;
    b.pass(len);
    packet(p, b)
}

/// A frame within a message, which is shown from `-vvv` on, as with three of these less.
fn packet(p: &mut Printer<'_>, b: &Body<'_>) -> Result<(), Cut> {
    const LESS: u8 = 3;
    if b.len == 0 {
        return Ok(());
    }
    p.text("\n\t data (");
    p.dec(b.len);
    p.text(" octets)");
    let Some(verbose) = p.verbose().checked_sub(LESS) else {
        return b.must_hold(b.len);
    };
    p.text(", frame decoding below\n");
    p.enter()?;
    let style = Style {
        verbose,
        names: p.style.names.clone(),
        ..*p.style
    };
    let mut inner = Printer {
        out: &mut *p.out,
        memory: &mut *p.memory,
        style: &style,
        ..*p
    };
    let printed = link::ethernet(&mut inner, upto(b.bytes, b.len), b.len);
    p.protocol = inner.protocol;
    printed
}

fn queues(p: &mut Printer<'_>, b: &mut Body<'_>) -> Result<(), Cut> {
    const LEN: u32 = 8;
    while b.len > 0 {
        if b.len < LEN {
            return b.refuse(p);
        }
        b.decimal(p, "\n\t  queue_id ", 4)?;
        let len = b.decimal(p, ", len ", 2)?;
        if !(LEN..=b.len + 6).contains(&len) {
            return b.refuse(p);
        }
        b.skip(2)?;
        let len = len - LEN;
        if p.verbose() > 1 {
            queue_properties(p, &mut b.part(len))?;
        } else {
            b.must_hold(len)?;
        }
        b.pass(len);
    }
    Ok(())
}

fn queue_properties(p: &mut Printer<'_>, b: &mut Body<'_>) -> Result<(), Cut> {
    const LEN: u32 = 8;
    const MIN_RATE: u32 = 1;
    while b.len > 0 {
        if b.len < LEN {
            return b.refuse(p);
        }
        let properties = (&QUEUE_PROPERTIES[..], Called("invalid", 4));
        let property = b.named(p, "\n\t   property ", 2, properties)?;
        let len = b.decimal(p, ", len ", 2)?;
        if !(LEN..=b.len + 4).contains(&len) {
            return b.refuse(p);
        }
        b.skip(4)?;
        let right = match property {
            0 => Some(LEN),
            MIN_RATE => Some(16),
            _ => None,
        };
        if right.is_some_and(|right| right != len) {
            p.text(" (bogus)");
        }
        if right != Some(len) {
            b.skip(len - LEN)?;
        } else if property == MIN_RATE {
            let rate = b.number(2)?;
            if rate > 1000 {
                p.text(", rate disabled");
            } else {
                p.text(", rate ");
                p.dec(rate / 10);
                p.text(".");
                p.dec(rate % 10);
                p.text("%");
            }
            b.skip(6)?;
        }
    }
    Ok(())
}
