//! `cable …`, `hold …`, `drop …`, `double …`, `delay …`: the cable, and packets by name.

use std::time::Duration;

use super::{at_least_one, known_host};
use crate::network::{CableAction, CableRule, Network, PacketKind, PacketNamed};
use crate::parse::line::Line;
use crate::script_error::{Fault, Location};

/// `cable rtt 24 ms`, `cable jitter 2 ms`, `cable loss 1 percent`, `cable seed 7`
pub(super) fn cable(network: &mut Network, line: &mut Line) -> Result<(), Fault> {
    let cable = &mut network.cable;
    match line
        .one_of("thing of a cable", &["rtt", "jitter", "loss", "seed"])?
        .as_str()
    {
        "rtt" => cable.rtt = Some(line.delay()?),
        "jitter" => cable.jitter = line.delay()?,
        "loss" => {
            let column = line.column();
            let percent: u8 = line.small("a number from 0 to 100")?;
            if percent > 100 {
                return Err(
                    Fault::new(column, format!("{percent} percent")).hint("expected 0 to 100")
                );
            }
            line.keyword("percent")?;
            cable.loss_percent = percent;
        }
        _ => cable.seed = line.number("a number")?,
    }
    Ok(())
}

/// `hold PACKET until PACKET[, then TIME more]`, `drop PACKET`, `double PACKET`,
/// `delay PACKET by TIME`
pub(super) fn rule(
    network: &mut Network,
    word: &str,
    line: &mut Line,
    at: Location,
) -> Result<(), Fault> {
    let packet = named(network, line)?;
    let action = match word {
        "drop" => CableAction::Drop,
        "double" => CableAction::Double,
        "delay" => {
            line.keyword("by")?;
            CableAction::Delay(line.delay()?)
        }
        _ => {
            line.keyword("until")?;
            let until = named(network, line)?;
            let then = if line.take(",") {
                line.keyword("then")?;
                let then = line.delay()?;
                line.keyword("more")?;
                then
            } else {
                Duration::ZERO
            };
            CableAction::Hold { until, then }
        }
    };
    network.cable.rules.push(CableRule { at, packet, action });
    Ok(())
}

/// `[2nd] data from server [port 20] [to port N] [length 1167] [beginning "226 "]`
fn named(network: &Network, line: &mut Line) -> Result<PacketNamed, Fault> {
    let column = line.column();
    let mut word = line.word("a packet")?;
    let nth = ordinal(&word);
    if nth.is_some() {
        word = line.word("a packet")?;
    }
    let kind = PacketKind::parse(&word).ok_or_else(|| {
        Fault::new(column, format!("no packet is called `{word}`")).one_of(&word, PacketKind::WORDS)
    })?;
    line.keyword("from")?;
    let from = known_host(network, line)?;
    let mut packet = PacketNamed {
        nth,
        kind,
        from,
        port: None,
        to_port: None,
        length: None,
        begins: Vec::new(),
    };
    loop {
        if line.take("port") {
            packet.port = Some(at_least_one(line, "a port")?);
        } else if line.take("to") {
            line.keyword("port")?;
            packet.to_port = Some(at_least_one(line, "a port")?);
        } else if line.take("length") {
            packet.length = Some(line.small("a number of bytes")?);
        } else if line.take("beginning") {
            packet.begins = line.plain("a text in quotes")?.into_bytes();
        } else {
            return Ok(packet);
        }
    }
}

/// `first`, `2nd`, `17th`
fn ordinal(word: &str) -> Option<u32> {
    let digits = word.trim_end_matches(|c: char| c.is_ascii_lowercase());
    match (word, &word[digits.len()..]) {
        ("first", _) => Some(1),
        (_, "st" | "nd" | "rd" | "th") => digits.parse().ok().filter(|n| *n > 0),
        _ => None,
    }
}
