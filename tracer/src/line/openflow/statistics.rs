//! Statistics of `OpenFlow` 1.0.

use super::super::Printer;
use super::super::text::Cut;
use super::fields::{Body, Called, Decimal};
use super::flow::{MATCH_LEN, actions, matches};
use super::names_1_0::{PORTS, QUEUES, REPLY_FLAGS, STATISTICS, TABLES, WILDCARDS};
use super::vendor;

const DESCRIPTION: u32 = 0;
const FLOW: u32 = 1;
const AGGREGATE: u32 = 2;
const TABLE: u32 = 3;
const PORT: u32 = 4;
const QUEUE: u32 = 5;
const VENDOR: u32 = 0xffff;

fn kind(p: &mut Printer<'_>, b: &mut Body<'_>) -> Result<u32, Cut> {
    b.named(p, "\n\t type ", 2, (&STATISTICS, Called("invalid", 4)))
}

pub(super) fn request(p: &mut Printer<'_>, b: &mut Body<'_>) -> Result<(), Cut> {
    let kind = kind(p, b)?;
    if b.hexadecimal(p, ", flags ", 2)? != 0 {
        p.text(" (bogus)");
    }
    let expected = match kind {
        DESCRIPTION | TABLE => 0,
        FLOW | AGGREGATE => MATCH_LEN + 4,
        PORT | QUEUE => 8,
        _ => b.len,
    };
    if b.len != expected {
        return b.refuse(p);
    }
    match kind {
        FLOW | AGGREGATE => {
            matches(p, "\n\t ", b)?;
            b.named(p, "\n\t table_id ", 1, (&TABLES, Decimal))?;
            b.pass(1);
            b.named(p, ", out_port ", 2, (&PORTS, Decimal)).map(|_| ())
        }
        PORT => {
            b.named(p, "\n\t port_no ", 2, (&PORTS, Decimal))?;
            b.skip(6)
        }
        QUEUE => {
            b.named(p, "\n\t port_no ", 2, (&PORTS, Decimal))?;
            b.pass(2);
            b.named(p, ", queue_id ", 4, (&QUEUES, Decimal)).map(|_| ())
        }
        VENDOR => vendor::data(p, b),
        _ => Ok(()),
    }
}

pub(super) fn reply(p: &mut Printer<'_>, b: &mut Body<'_>) -> Result<(), Cut> {
    let kind = kind(p, b)?;
    b.bits(p, ", flags ", 2, &REPLY_FLAGS)?;
    match kind {
        DESCRIPTION => description(p, b),
        FLOW => flows(p, b),
        AGGREGATE => aggregate(p, b),
        TABLE => tables(p, b),
        PORT => ports(p, b),
        QUEUE => queues(p, b),
        VENDOR => vendor::data(p, b),
        _ => b.must_hold(b.len),
    }
}

fn description(p: &mut Printer<'_>, b: &mut Body<'_>) -> Result<(), Cut> {
    const FIELDS: [(&str, u32); 5] = [
        ("\n\t  mfr_desc ", 256),
        ("\n\t  hw_desc ", 256),
        ("\n\t  sw_desc ", 256),
        ("\n\t  serial_num ", 32),
        ("\n\t  dp_desc ", 256),
    ];
    if b.len != FIELDS.iter().map(|&(_, len)| len).sum::<u32>() {
        return b.refuse(p);
    }
    for (label, len) in FIELDS {
        b.quoted(p, label, len)?;
    }
    Ok(())
}

fn flows(p: &mut Printer<'_>, b: &mut Body<'_>) -> Result<(), Cut> {
    const LEN: u32 = 88;
    while b.len > 0 {
        if b.len < LEN {
            return b.refuse(p);
        }
        let whole = b.len;
        let here = *b;
        let len = b.decimal(p, "\n\t length ", 2)?;
        if !(LEN..=whole).contains(&len) {
            return here.refuse(p);
        }
        b.named(p, ", table_id ", 1, (&TABLES, Decimal))?;
        b.pass(1);
        matches(p, "\n\t  ", b)?;
        b.decimal(p, "\n\t  duration_sec ", 4)?;
        b.decimal(p, ", duration_nsec ", 4)?;
        b.decimal(p, ", priority ", 2)?;
        b.decimal(p, ", idle_timeout ", 2)?;
        b.decimal(p, ", hard_timeout ", 2)?;
        b.pass(6);
        b.cookie(p, ", cookie ")?;
        b.count(p, ", packet_count ")?;
        b.count(p, ", byte_count ")?;
        actions(p, "\n\t  ", &mut b.part(len - LEN))?;
        b.pass(len - LEN);
    }
    Ok(())
}

fn aggregate(p: &mut Printer<'_>, b: &mut Body<'_>) -> Result<(), Cut> {
    if b.len != 24 {
        return b.refuse(p);
    }
    b.count(p, "\n\t packet_count ")?;
    b.count(p, ", byte_count ")?;
    b.decimal(p, ", flow_count ", 4)?;
    b.must_hold(4)
}

fn tables(p: &mut Printer<'_>, b: &mut Body<'_>) -> Result<(), Cut> {
    while b.len > 0 {
        if b.len < 64 {
            return b.refuse(p);
        }
        b.named(p, "\n\t table_id ", 1, (&TABLES, Decimal))?;
        b.pass(3);
        b.quoted(p, ", name ", 32)?;
        b.bits(p, "\n\t  wildcards ", 4, &WILDCARDS)?;
        b.decimal(p, "\n\t  max_entries ", 4)?;
        b.decimal(p, ", active_count ", 4)?;
        b.count(p, ", lookup_count ")?;
        b.count(p, ", matched_count ")?;
    }
    Ok(())
}

fn ports(p: &mut Printer<'_>, b: &mut Body<'_>) -> Result<(), Cut> {
    const LEN: u32 = 104;
    while b.len > 0 {
        if b.len < LEN {
            return b.refuse(p);
        }
        b.named(p, "\n\t  port_no ", 2, (&PORTS, Decimal))?;
        if p.verbose() < 2 {
            b.skip(LEN - 2)?;
            continue;
        }
        b.pass(6);
        for label in [
            ", rx_packets ",
            ", tx_packets ",
            ", rx_bytes ",
            ", tx_bytes ",
            ", rx_dropped ",
            ", tx_dropped ",
            ", rx_errors ",
            ", tx_errors ",
            ", rx_frame_err ",
            ", rx_over_err ",
            ", rx_crc_err ",
            ", collisions ",
        ] {
            b.count(p, label)?;
        }
    }
    Ok(())
}

fn queues(p: &mut Printer<'_>, b: &mut Body<'_>) -> Result<(), Cut> {
    while b.len > 0 {
        if b.len < 32 {
            return b.refuse(p);
        }
        b.named(p, "\n\t  port_no ", 2, (&PORTS, Decimal))?;
        b.pass(2);
        b.decimal(p, ", queue_id ", 4)?;
        b.count(p, ", tx_bytes ")?;
        b.count(p, ", tx_packets ")?;
        b.count(p, ", tx_errors ")?;
    }
    Ok(())
}
