//! Whatever a capture holds: the whole tracer, with every style, neither panics nor writes without
//! bound.

#![allow(clippy::unwrap_used)]

#[path = "../../fuzz/src/packets/show.rs"]
mod show;

use std::path::Path;

use proptest::prelude::*;
use proptest::sample::Index;
use show::styles;
use tracer::{Analyzer, PcapReader, decode};

/// Bytes that one byte of a capture may become, over all styles: `--decode` gives an option of
/// one byte a line, and each style has some lines for a packet without any.
const GROWTH: usize = 2000;

/// Reads a capture to its end or damage, in every style; says how many bytes were written.
fn trace(capture: &[u8]) -> usize {
    let mut written = 0;
    for mut style in styles() {
        let mut out = Vec::new();
        let mut analyzer = Analyzer::default();
        if let Ok(mut reader) = PcapReader::new(capture) {
            while let Ok(Some(frame)) = reader.next() {
                let packet = decode(&frame);
                let explained = analyzer.push(&packet);
                assert!(!explained.notes.is_empty());
                style.packet(&frame, &packet, &explained, &mut out).unwrap();
            }
        }
        style.finish(&analyzer.finish(), &mut out).unwrap();
        String::from_utf8(out.clone()).unwrap();
        written += out.len();
    }
    written
}

fn session() -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/pcaps/session.pcap");
    std::fs::read(path).unwrap()
}

#[test]
fn the_whole_capture_is_shown() {
    let capture = session();
    let written = trace(&capture);
    assert!(written > capture.len(), "{written}");
    assert!(written < GROWTH * capture.len(), "{written}");
}

#[test]
fn a_capture_twice_as_long_takes_twice_the_lines() {
    let capture = session();
    let once = trace(&capture);
    let mut twice = capture.clone();
    twice.extend(&capture[24..]);
    let grown = trace(&twice);
    assert!(grown < 3 * once, "{once} became {grown}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn damage_is_survived(
        hits in prop::collection::vec((any::<Index>(), any::<u8>()), 0..200),
        first in any::<Index>(),
        keep in 24..6000_usize,
    ) {
        // The file header, and records from anywhere: a reader that has lost its place.
        let whole = session();
        let from = 24 + first.index(whole.len() - 24);
        let mut capture = [&whole[..24], &whole[from..]].concat();
        if from % 2 == 0 {
            capture.clone_from(&whole);
        }
        capture.truncate(keep);
        for (at, byte) in hits {
            let at = at.index(capture.len());
            capture[at] = byte;
        }
        let written = trace(&capture);
        prop_assert!(written < GROWTH * (capture.len() + 24), "{written}");
    }

    #[test]
    fn any_records_are_survived(
        records in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..120), 0..40),
        link in prop_oneof![Just(1_u32), Just(101), Just(113), Just(276), Just(0), 0..300_u32],
    ) {
        let mut capture = Vec::new();
        for field in [0xa1b2_c3d4_u32, 0x0004_0002, 0, 0, 262_144, link] {
            capture.extend(field.to_le_bytes());
        }
        for record in &records {
            let len = u32::try_from(record.len()).unwrap();
            for field in [0, 0, len, len] {
                capture.extend(u32::to_le_bytes(field));
            }
            capture.extend(record);
        }
        let written = trace(&capture);
        prop_assert!(written < GROWTH * (capture.len() + 24), "{written}");
    }
}
