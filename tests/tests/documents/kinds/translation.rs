//! A note of every kind about both sides of an address translator.

use std::net::{Ipv4Addr, SocketAddr};

use tracer::note::{Changed, ConnectionName, Text, TranslationNote};

pub(super) fn translation() -> Vec<TranslationNote> {
    let end = SocketAddr::new(Ipv4Addr::LOCALHOST.into(), 1);
    vec![
        TranslationNote::Connection {
            of: 1,
            other: ConnectionName::Control { session: 1 },
            changed: Changed::Source,
            was: end,
            now: end,
        },
        TranslationNote::Segment {
            of: 1,
            seq_shift: -1,
            ack_shift: 1,
            since: Some(1),
        },
        TranslationNote::Rewritten {
            of: 1,
            was: Text::new(b"PORT 10,0,0,1,4,1"),
            now: Text::new(b"PORT 192,0,2,1,4,1"),
            longer: 1,
        },
    ]
}
