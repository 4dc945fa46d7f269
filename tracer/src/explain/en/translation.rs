//! One connection on both sides of an address translator, in English.

use super::bytes;
use crate::explain::endpoint;
use crate::note::{Changed, TranslationNote};

pub(super) fn note(note: &TranslationNote) -> String {
    match note {
        TranslationNote::Connection {
            of,
            other,
            changed,
            was,
            now,
        } => {
            let whose = match changed {
                Changed::Source => "the sender",
                Changed::Destination => "the receiver",
            };
            format!(
                "The SYN of packet {of} on the other side of a router, with the same initial \
                 sequence number: there {whose} is {}, here it is {} (NAT). {other} and this \
                 connection are two halves of one.",
                endpoint(*was),
                endpoint(*now)
            )
        }
        TranslationNote::Segment {
            of,
            seq_shift,
            ack_shift,
            since,
        } => {
            let mut shifted = Vec::new();
            for (what, shift) in [
                ("sequence number", seq_shift),
                ("acknowledgement number", ack_shift),
            ] {
                if *shift != 0 {
                    let more = if *shift > 0 { "higher" } else { "lower" };
                    let by = shift.unsigned_abs();
                    shifted.push(format!("its {what} is {by} {more} than there"));
                }
            }
            let why = since.map_or_else(String::new, |packet| {
                format!(", since the text of packet {packet} got another length")
            });
            let shifted = match shifted.join(" and ") {
                none if none.is_empty() => none,
                shifted => format!(": {shifted}{why}"),
            };
            format!("The same segment as packet {of}, on the other side of the router{shifted}.")
        }
        TranslationNote::Rewritten {
            of,
            was,
            now,
            longer,
        } => {
            let count = bytes(u64::from(longer.unsigned_abs()));
            let length = if *longer == 0 {
                "which is as long".to_owned()
            } else {
                let (more, higher) = if *longer > 0 {
                    ("longer", "higher")
                } else {
                    ("shorter", "lower")
                };
                format!(
                    "{count} {more}. From the next byte on the sequence numbers of this \
                         direction are {} {higher} on this side, and the router takes that back in \
                         what acknowledges them",
                    longer.unsigned_abs()
                )
            };
            format!(
                "The same segment as packet {of}, but the router has rewritten what it says, and \
                 its checksum: “{was}” has become “{now}”, {length}."
            )
        }
    }
}
