//! A note of every kind that only printed traces have.

use proto::Verb;
use tracer::note::{Fit, OmittedStage, Party, PrintedNote};

pub(super) fn printed() -> Vec<PrintedNote> {
    let by = Party::Client;
    let fit = Fit {
        line: "PORT …".into(),
        hole: Some(21),
    };
    vec![
        PrintedNote::Unprinted {
            by,
            bytes: 28,
            fits: vec![fit],
        },
        PrintedNote::Omitted {
            by,
            own: 19,
            peer: 117,
            stage: OmittedStage::Password,
        },
        PrintedNote::WindowShrank {
            by,
            from: 65535,
            bytes: 55,
            to: 65480,
            omitted: 0,
        },
        PrintedNote::WindowGrew {
            by,
            from: 16209,
            to: 17376,
            read: 1167,
        },
        PrintedNote::AnnouncedByLength {
            announced_by: Verb::Port,
            announced_in: 11,
            line: "PORT …,12,100".into(),
            hole: Some(14),
        },
    ]
}
