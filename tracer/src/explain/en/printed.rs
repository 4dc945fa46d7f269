//! What a printed trace tells without the bytes, in English.

use super::{bytes, party, party_first};
use crate::note::{Fit, OmittedStage, PrintedNote};

pub(super) fn note(note: &PrintedNote) -> String {
    match note {
        PrintedNote::Unprinted {
            by,
            bytes: count,
            fits,
        } => {
            let who = party_first(by);
            let count = bytes(u64::from(*count));
            match &fits[..] {
                [] => format!("{who} sends {count} that the trace does not show."),
                fits => format!(
                    "{who} sends {count} that the trace does not show. Inferred, by that length it \
                     may be {}.",
                    lines(fits)
                ),
            }
        }
        PrintedNote::Omitted {
            by,
            own,
            peer,
            stage,
        } => {
            let what = match stage {
                OmittedStage::Password => {
                    " Inferred: PASS and its reply, as the server has just asked for the password."
                }
                OmittedStage::Login => {
                    " Inferred: USER, PASS and their replies are among them, as the server has only \
                     greeted so far."
                }
                OmittedStage::Later => "",
            };
            format!(
                "{own} and {} are missing here: {own} that {} sent and {peer} that it \
                 acknowledges. Packets were left out of the trace before this line.{what}",
                bytes(u64::from(*peer)),
                party(by)
            )
        }
        PrintedNote::WindowShrank {
            by,
            from,
            bytes: count,
            to,
            omitted,
        } => {
            let confirmed = match omitted {
                0 => String::new(),
                omitted => format!(
                    " That counts the {} which the trace leaves out: they did arrive.",
                    bytes(u64::from(*omitted))
                ),
            };
            format!(
                "Window: {from} − {count} = {to}. What {} acknowledges takes room until its program \
                 reads it.{confirmed}",
                party(by)
            )
        }
        PrintedNote::WindowGrew { by, from, to, read } => format!(
            "Window: from {from} to {to}. The program of {} has read {} in the meantime.",
            party(by),
            bytes(u64::from(*read))
        ),
        PrintedNote::AnnouncedByLength {
            announced_by,
            announced_in,
            line,
            hole,
        } => {
            let what = match hole {
                Some(hole) => format!("“{line}” when the address takes {hole} characters"),
                None => format!("“{line}”"),
            };
            format!(
                "Inferred: the announcement ({announced_by}) is packet {announced_in}, which is as \
                 long as {what}."
            )
        }
    }
}

fn lines(fits: &[Fit]) -> String {
    let one = |fit: &Fit| match fit.hole {
        Some(1) => format!("“{}” (… is 1 character)", fit.line),
        Some(hole) => format!("“{}” (… are {hole} characters)", fit.line),
        None => format!("“{}”", fit.line),
    };
    fits.iter().map(one).collect::<Vec<_>>().join(" or ")
}
