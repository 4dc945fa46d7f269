//! A note of every kind about packets that were captured before.

use tracer::Way;
use tracer::note::{CopyNote, Text};

pub(super) fn copies() -> Vec<CopyNote> {
    let ways = [Way::In, Way::By, Way::Out];
    ways.into_iter()
        .map(|way| CopyNote::Copy {
            of: 1,
            interface: Some(1),
            name: Some(Text::new(b"eth0")),
            way: Some(way),
            ttl: 63,
            ttl_there: 64,
            here: false,
            id: Some(1),
        })
        .collect()
}
