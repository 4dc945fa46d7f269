//! Segments that come again, early or late, in English.

use super::{bytes, party, party_first};
use crate::note::SequenceNote;

pub(super) fn note(note: &SequenceNote) -> String {
    match note {
        SequenceNote::Retransmission { by, bytes: count } => format!(
            "Retransmission: {} sends {} again that were captured before.",
            party(by),
            bytes(u64::from(*count))
        ),
        SequenceNote::Ahead { by, missing, fin } => format!(
            "Out of order: {} from {} that belong before this {} have not come yet. Read by \
             sequence number, not by time.",
            bytes(u64::from(*missing)),
            party(by),
            if *fin { "FIN" } else { "segment" }
        ),
        SequenceNote::FillsGap { by, bytes: count } => format!(
            "Late, not lost: these {} from {} belong before segments that came earlier.",
            bytes(u64::from(*count)),
            party(by)
        ),
        SequenceNote::KeepAlive { by } => format!(
            "Keep-alive: {} repeats a number that was acknowledged long ago, to hear whether the \
             other side is still there.",
            party(by)
        ),
        SequenceNote::WindowProbe { by } => format!(
            "Window probe: the other side had no room, and {} asks whether it has some again.",
            party(by)
        ),
        SequenceNote::WindowProbeAck { by, window: 0 } => {
            format!("{} answers the probe: still no room.", party_first(by))
        }
        SequenceNote::WindowProbeAck { by, window } => format!(
            "{} answers the probe: room for {} again.",
            party_first(by),
            bytes(u64::from(*window))
        ),
        SequenceNote::KeepAliveAck { by } => {
            format!("{} answers the keep-alive: still there.", party_first(by))
        }
    }
}
