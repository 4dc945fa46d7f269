//! A note of every kind about packets that were captured before.

use tracer::Way;
use tracer::note::{CopyNote, Part, Text};

pub(super) fn copies() -> Vec<CopyNote> {
    let parts = [Part::All, Part::Piece, Part::Joined];
    let ways = [Way::In, Way::By, Way::Out];
    let copies = parts
        .into_iter()
        .zip(ways)
        .map(|(part, way)| CopyNote::Copy {
            of: 1,
            part,
            interface: Some(1),
            name: Some(Text::new(b"eth0")),
            way: Some(way),
            ttl: 63,
            ttl_there: 64,
            here: false,
            id: Some(1),
        });
    copies.chain([CopyNote::PerhapsCopy { of: 1 }]).collect()
}
