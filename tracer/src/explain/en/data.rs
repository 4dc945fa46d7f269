//! Bytes and acknowledgements in English.

use super::{bytes, packets, party, party_first};
use crate::explain::{plural, rate, rows, span};
use crate::note::{AckNote, Covered, DataNote, TransferRef};

pub(super) fn data(note: &DataNote) -> String {
    match note {
        DataNote::Data {
            by,
            first,
            last,
            transfer,
            push,
        } => format!(
            "{} sends {}{}{}.",
            party_first(by),
            if first == last {
                format!("byte {first}")
            } else {
                format!("bytes {first} to {last}")
            },
            transfer.map(of).unwrap_or_default(),
            if *push {
                ", the end of what it has to send for now (PSH)"
            } else {
                ""
            },
        ),
        DataNote::Hashed {
            bytes: count,
            sha256,
        } => format!("The file is whole: {}. SHA-256 {sha256}.", bytes(*count)),
        DataNote::Saved { file } => {
            let count = bytes(file.bytes);
            match &file.sha256 {
                Some(sha256) => {
                    format!("Saved as {}: {count}, whole. SHA-256 {sha256}.", file.name)
                }
                None => format!(
                    "Saved as {}: {count}, and that is NOT ALL of the file; what the capture lacks \
                     is zero bytes, or not there.",
                    file.name
                ),
            }
        }
        DataNote::DataComplete {
            by,
            bytes: 0,
            missing: 0,
            transfer,
            ..
        } => format!(
            "{} has sent nothing{}: 0 bytes.",
            party_first(by),
            transfer.map(of).unwrap_or_default()
        ),
        DataNote::DataComplete {
            by,
            bytes: count,
            missing,
            from_start,
            segments,
            duration,
            transfer,
        } => {
            let rate = rate(*count, *duration)
                .map(|rate| format!(" ({rate})"))
                .unwrap_or_default();
            let time = if duration.is_zero() {
                String::new()
            } else {
                format!(
                    ", {}{rate} from the first of them to this packet",
                    span(*duration)
                )
            };
            let (subject, lack) = match (missing, from_start) {
                (0, true) => ("All that", String::new()),
                (0, false) => (
                    "What the capture has of what",
                    " The beginning is not in it.".into(),
                ),
                (missing, _) => (
                    "What the capture has of what",
                    format!(
                        " {} more {} acknowledged that it does not have.",
                        bytes(*missing),
                        if *missing == 1 { "was" } else { "were" }
                    ),
                ),
            };
            format!(
                "{subject} {} sends{} has been seen: {} in {}{time}.{lack}",
                party(by),
                transfer.map(of).unwrap_or_default(),
                bytes(*count),
                plural(*segments, "segment"),
            )
        }
    }
}

pub(super) fn ack(note: &AckNote) -> String {
    match note {
        AckNote::Ack {
            by,
            covered,
            after,
            delayed,
        } => {
            let after = after
                .filter(|_| *delayed)
                .map(|after| format!(", {} later: a delayed ACK", span(after)))
                .unwrap_or_default();
            format!("{} acknowledges {}{after}.", party_first(by), what(covered))
        }
        AckNote::AckPiggybacked { covered } => {
            format!("On the way it acknowledges {}.", what(covered))
        }
        AckNote::DuplicateAck {
            by,
            waits_for,
            count,
            first,
        } => format!(
            "{} still waits for number {waits_for}: the same acknowledgement again ({count}){}.",
            party_first(by),
            first
                .map(|first| format!(", first in packet {first}"))
                .unwrap_or_default()
        ),
        AckNote::Sack { by, has, twice } => {
            let place = if has.len() > 1 {
                "before and between"
            } else {
                "before"
            };
            let has = (!has.is_empty()).then(|| {
                let has = rows(has, " to ", ", ");
                format!("has {has} already, and waits only for what lies {place} (SACK, RFC 2018)")
            });
            let twice = twice.map(|numbers| {
                let twice = rows(&[numbers], " to ", "");
                format!("received {twice} again (D-SACK, RFC 2883)")
            });
            let said: Vec<_> = has.into_iter().chain(twice).collect();
            format!("{} {}.", party_first(by), said.join("; "))
        }
        AckNote::AckAgain { by } => format!(
            "{} repeats its last acknowledgement: something reached it that it had already.",
            party_first(by)
        ),
        AckNote::WindowUpdate {
            by,
            window,
            reopens,
        } => {
            let again = reopens
                .map(|packet| format!(" again, after the zero window of packet {packet}"))
                .unwrap_or_default();
            format!(
                "{} now has room for {}{again} (window update).",
                party_first(by),
                bytes(u64::from(*window))
            )
        }
        AckNote::ZeroWindow { by } => {
            format!(
                "{} has no room left: window 0, the other side must wait.",
                party_first(by)
            )
        }
        AckNote::UnseenData { by, bytes: count } => format!(
            "It acknowledges {} from {} that this capture has not shown.",
            bytes(u64::from(*count)),
            party(by)
        ),
    }
}

fn what(covered: &Covered) -> String {
    let count = bytes(u64::from(covered.bytes));
    let fin = if covered.fin { " and the FIN" } else { "" };
    match packets(covered.first, covered.last) {
        Some(packets) => format!("{packets}: {count}{fin}"),
        None => format!("{count}{fin}"),
    }
}

pub(super) fn of(transfer: TransferRef) -> String {
    match transfer.verb {
        Some(verb) => format!(" of transfer {} ({verb})", transfer.number),
        None => format!(" of transfer {}", transfer.number),
    }
}
