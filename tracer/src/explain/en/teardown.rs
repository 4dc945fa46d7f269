//! Closing a connection, in English.

use super::{party, party_first};
use crate::explain::span;
use crate::note::{Doubtful, FinOrder, ResetReason, TeardownNote};

pub(super) fn note(note: &TeardownNote) -> String {
    match note {
        TeardownNote::Fin {
            by,
            order,
            seq,
            acks_fin,
        } => {
            let next = seq.wrapping_add(1);
            let merged = if *acks_fin {
                " The same segment acknowledges the other side's FIN."
            } else {
                ""
            };
            let start = match order {
                FinOrder::First => format!(
                    "Teardown begins: {} closes first. FIN says \"I have nothing more to send\"; it \
                     can still receive.",
                    party(by)
                ),
                FinOrder::Second => format!("{} closes its direction too.", party_first(by)),
                FinOrder::Simultaneous => format!(
                    "{} closes too, before it has acknowledged the other side's FIN: both close at \
                     once.",
                    party_first(by)
                ),
            };
            format!(
                "{start} The FIN takes sequence number {seq}, so its ACK will say {next}.{merged}"
            )
        }
        TeardownNote::FinAcknowledged { by, ack } => format!(
            "{} acknowledges the FIN: ack {ack} is the FIN's own number plus one.",
            party_first(by)
        ),
        TeardownNote::Closed {
            first,
            segments,
            simultaneous,
            lasted,
        } => {
            let lasted = lasted
                .map(|lasted| format!(" It was open for {}.", span(lasted)))
                .unwrap_or_default();
            let who = if *simultaneous {
                "both sides at once".into()
            } else {
                format!("{} first", party(first))
            };
            let how = if *segments == 3 {
                "three segments, since one carried an ACK and a FIN together"
            } else {
                "four segments: a FIN and an ACK for each direction"
            };
            format!("Closed, {who}, in {how}.{lasted}")
        }
        TeardownNote::HalfClosed { by } => format!(
            "Half-closed: the other side has sent its FIN, but {} goes on sending. Each direction \
             closes by itself.",
            party(by)
        ),
        TeardownNote::FinAgain {
            by,
            acknowledged: false,
        } => {
            format!(
                "{} sends its FIN again: no acknowledgement came in time.",
                party_first(by)
            )
        }
        TeardownNote::FinAgain {
            by,
            acknowledged: true,
        } => format!(
            "{} sends its FIN again, though that was acknowledged: the acknowledgement was late, or \
             got lost.",
            party_first(by)
        ),
        TeardownNote::Reset {
            by,
            reason,
            answers,
            doubt,
        } => format!(
            "Reset: {} {}{}.{}",
            party(by),
            match reason {
                ResetReason::Abort => "gives the connection up at once",
                ResetReason::DataAfterClose => {
                    "had closed already and will not take what was sent to it"
                }
                ResetReason::AfterFin => "had sent its FIN and does not wait for the other side's",
                ResetReason::AfterClose => "resets what was over already",
                ResetReason::HalfOpen => {
                    "knows nothing of the older connection and ends what is left of it"
                }
                ResetReason::Unknowing => "has no such connection, or none any more",
                ResetReason::NotWanted => {
                    "does not want the connection that it dialled: it only asked whether the port is \
                     open (a half-open scan), or it had given up waiting, or somebody else dialled \
                     in its name"
                }
                ResetReason::Unanswered => {
                    "gives up, since what it sent several times was not answered"
                }
                ResetReason::InsteadOfFin => {
                    "has the other side's FIN, and ends at once instead of sending its own"
                }
                ResetReason::Unknown => "ends a connection of which this capture has nothing else",
            },
            answers
                .map(|packet| format!(" (packet {packet})"))
                .unwrap_or_default(),
            match doubt {
                None => " Nothing more is sent and nothing is acknowledged.",
                Some(Doubtful::InWindow) => {
                    " But its number is not the one that the other side waits for: that may ask \
                     first, and go on (RFC 5961 §3.2)."
                }
                Some(Doubtful::Outside) => {
                    " But its number is outside the window of the other side, which should take no \
                     notice of it (RFC 9293 §3.10.7.4): that is old, or somebody guesses, or the \
                     capture has lost what moved the window there."
                }
            }
        ),
        TeardownNote::ChallengeAck { by, rst, waits_for } => format!(
            "Challenge ACK: the RST of packet {rst} is in the window, but does not have the number \
             that {} waits for ({waits_for}). So the connection goes on; whoever really wants to \
             reset it sends a RST with that number, and one who only guesses cannot (RFC 5961 §3.2).",
            party(by)
        ),
        TeardownNote::AfterClose { by } => {
            format!(
                "{} sends this on a connection that is over already.",
                party_first(by)
            )
        }
    }
}
