//! Segments that come again, early or late, in English.

use super::{agree, bytes, party, party_first};
use crate::explain::plural;
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
                    match duplicate_acks {
                        0 => {
                            " It does not wait for its timer: the last acknowledgement stops short \
                             of what was sent, so more of it was lost (RFC 6582)."
                                .into()
                        }
                        count => format!(
                            " It does not wait for its timer: {} asked for them.",
                            plural(u64::from(*count), "duplicate acknowledgement")
                        ),
                    },
                ),
                Resend::Spurious => (
                    "Spurious retransmission",
                    " They had been acknowledged: the acknowledgement was late, or got lost."
                        .into(),
                ),
            };
            format!(
                "{name}: {} sends {} again that {} captured before{of}.{why}",
                party(by),
                bytes(u64::from(*count)),
                agree(*count, "was", "were")
            )
        }
        SequenceNote::Overlap { by, old, new } => format!(
            "Overlap: of what {} sends, {} {} captured before and {} {} new.",
            party(by),
            bytes(u64::from(*old)),
            agree(*old, "was", "were"),
            bytes(u64::from(*new)),
            agree(*new, "is", "are")
        ),
        SequenceNote::WindowFull { by, window } => format!(
            "Window full: with this {} has sent all of the {} that the other side has room for, and \
             must wait.",
            party(by),
            bytes(u64::from(*window))
        ),
        SequenceNote::Ahead { by, missing, fin } => format!(
            "Out of order: {} from {} that {} before this {} {} not come yet. Read by \
             sequence number, not by time.",
            bytes(u64::from(*missing)),
            party(by),
            agree(*missing, "belongs", "belong"),
            if *fin { "FIN" } else { "segment" },
            agree(*missing, "has", "have")
        ),
        SequenceNote::FillsGap {
            by,
            bytes: count,
            gap,
            why,
        } => {
            let these = format!(
                "{} {} from {} {}",
                agree(*count, "this", "these"),
                bytes(u64::from(*count)),
                party(by),
                agree(*count, "belongs", "belong")
            );
            let its = agree(*count, "Its", "Their");
            let since = gap
                .map(|gap| format!(" (from packet {gap} on)"))
                .unwrap_or_default();
            match why {
                Late::OutOfOrder => {
                    format!("Late, not lost: {these} before segments that came earlier{since}.")
                }
                Late::Fast => format!(
                    "Fast retransmission: {these} before segments that came earlier{since}. {its} \
                     first copy never came by here, and acknowledgements asked for it."
                ),
                Late::Timeout => format!(
                    "Retransmission: {these} before segments that came earlier{since}. {its} first \
                     copy never came by here; the sender's timer ran out."
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
