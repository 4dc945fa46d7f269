//! Segments that come again, early or late, in English.

use super::{bytes, party, party_first};
use crate::note::{Late, Resend, SequenceNote};

pub(super) fn note(note: &SequenceNote) -> String {
    match note {
        SequenceNote::Retransmission {
            by,
            bytes: count,
            of,
            why,
            duplicate_acks,
        } => {
            let of = of.map(|of| format!(" (packet {of})")).unwrap_or_default();
            let (name, why) = match why {
                Resend::Timeout => ("Retransmission", String::new()),
                Resend::Fast => (
                    "Fast retransmission",
                    format!(
                        " It does not wait for its timer: {duplicate_acks} duplicate \
                         acknowledgements asked for them."
                    ),
                ),
                Resend::Spurious => (
                    "Spurious retransmission",
                    " They had been acknowledged: the acknowledgement was late, or got lost."
                        .into(),
                ),
            };
            format!(
                "{name}: {} sends {} again that were captured before{of}.{why}",
                party(by),
                bytes(u64::from(*count))
            )
        }
        SequenceNote::Overlap { by, old, new } => format!(
            "Overlap: of what {} sends, {} were captured before and {} are new.",
            party(by),
            bytes(u64::from(*old)),
            bytes(u64::from(*new))
        ),
        SequenceNote::WindowFull { by, window } => format!(
            "Window full: with this {} has sent all of the {} that the other side has room for, and \
             must wait.",
            party(by),
            bytes(u64::from(*window))
        ),
        SequenceNote::Ahead { by, missing, fin } => format!(
            "Out of order: {} from {} that belong before this {} have not come yet. Read by \
             sequence number, not by time.",
            bytes(u64::from(*missing)),
            party(by),
            if *fin { "FIN" } else { "segment" }
        ),
        SequenceNote::FillsGap {
            by,
            bytes: count,
            gap,
            why,
        } => {
            let count = bytes(u64::from(*count));
            let since = gap
                .map(|gap| format!(" (from packet {gap} on)"))
                .unwrap_or_default();
            match why {
                Late::OutOfOrder => format!(
                    "Late, not lost: these {count} from {} belong before segments that came \
                     earlier{since}.",
                    party(by)
                ),
                Late::Fast => format!(
                    "Fast retransmission: these {count} from {} belong before segments that came \
                     earlier{since}. Their first copy never came by here, and duplicate \
                     acknowledgements asked for them.",
                    party(by)
                ),
                Late::Timeout => format!(
                    "Retransmission: these {count} from {} belong before segments that came \
                     earlier{since}. Their first copy never came by here; the sender's timer ran out.",
                    party(by)
                ),
            }
        }
        SequenceNote::KeepAlive { by } => format!(
            "Keep-alive: {} repeats a number that was acknowledged long ago, to hear whether the \
             other side is still there.",
            party(by)
        ),
        SequenceNote::WindowProbe { by } => format!(
            "Window probe: the other side had no room, and {} asks whether it has some again.",
            party(by)
        ),
        SequenceNote::WindowProbeAck {
            by,
            window: 0,
            probe,
        } => {
            format!(
                "{} answers the probe of packet {probe}: still no room.",
                party_first(by)
            )
        }
        SequenceNote::WindowProbeAck { by, window, probe } => format!(
            "{} answers the probe of packet {probe}: room for {} again.",
            party_first(by),
            bytes(u64::from(*window))
        ),
        SequenceNote::KeepAliveAck { by, probe } => {
            format!(
                "{} answers the keep-alive of packet {probe}: still there.",
                party_first(by)
            )
        }
    }
}
