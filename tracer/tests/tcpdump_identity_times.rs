//! Time stamps that no clock shows, as damaged files have them: a second or more in the fraction,
//! and seconds beyond 2038. They print as tcpdump 4.99.3 prints them, and are written as they were
//! read.

#![allow(clippy::unwrap_used)]

mod oracle;

use jiff::tz::TimeZone;
use oracle::{ZONE, tcpdump, tcpdump_is_here};
use tracer::{LineOptions, PcapReader, PcapWriter, Precision, TcpdumpLine, TimeFormat};

const MICROS: u32 = 0xa1b2_c3d4;
const NANOS: u32 = 0xa1b2_3c4d;

/// Seconds, and what is in the place of the fraction.
const STAMPS: [(u32, u32); 20] = [
    (1_000_000_000, 5),
    (1_000_000_000, 1_000_000),
    (1_000_000_001, 999_999),
    (1_000_000_001, 1_999_999),
    (1_000_000_003, u32::MAX),
    (1_000_000_003, 1 << 31),
    (1_000_000_003, (1 << 31) - 1),
    (0, 0),
    (0, 7_000_000),
    (1_000_000_009, 123_456_789),
    ((1 << 31) - 1, 3_000_000),
    (1 << 31, 5),
    (u32::MAX, 1_000_000),
    (1_000_000_010, 0),
    (1_000_000_010, 12_345_678),
    (1_000_000_011, 1_000_000_000),
    (1_000_000_011, 999_999_999),
    (1_000_000_011, 4_000_000_000),
    (1_000_000_012, 2_000_000_001),
    (1_000_000_012, 1),
];

fn capture(magic: u32) -> Vec<u8> {
    let mut capture = Vec::new();
    for field in [magic, 0x0004_0002, 0, 0, 262_144, 101] {
        capture.extend(field.to_le_bytes());
    }
    let packet = [
        0x45, 0, 0, 28, 0, 1, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2,
    ];
    let datagram = [0, 9, 0, 9, 0, 8, 0, 0];
    for (seconds, fraction) in STAMPS {
        for field in [seconds, fraction, 28, 28] {
            capture.extend(field.to_le_bytes());
        }
        capture.extend(packet);
        capture.extend(datagram);
    }
    capture
}

#[test]
fn odd_time_stamps_read_as_tcpdump_reads_them() {
    if !tcpdump_is_here() {
        return;
    }
    for magic in [MICROS, NANOS] {
        let capture = capture(magic);
        for (flag, time) in [
            ("-n", TimeFormat::Clock),
            ("-t", TimeFormat::None),
            ("-tt", TimeFormat::Unix),
            ("-ttt", TimeFormat::SincePrevious),
            ("-tttt", TimeFormat::Date),
            ("-ttttt", TimeFormat::SinceFirst),
        ] {
            for nanos in [false, true] {
                let mut flags = vec!["-n", flag];
                flags.extend(nanos.then_some("--nano"));
                let expected = tcpdump(&flags, capture.clone());
                let mut line = TcpdumpLine::new(LineOptions {
                    time,
                    nanos,
                    zone: TimeZone::get(ZONE).unwrap(),
                    ..LineOptions::default()
                });
                let mut reader = PcapReader::new(&capture[..]).unwrap();
                let mut found = String::new();
                while let Some(frame) = reader.next().unwrap() {
                    line.write(&frame, &mut found);
                    found.push('\n');
                }
                assert_eq!(expected, found, "{magic:x} {flags:?}");
            }
        }
    }
}

#[test]
fn odd_time_stamps_are_written_as_they_were_read() {
    for (magic, precision) in [(MICROS, Precision::Micros), (NANOS, Precision::Nanos)] {
        let capture = capture(magic);
        let mut reader = PcapReader::new(&capture[..]).unwrap();
        let mut writer = PcapWriter::new(Vec::new(), reader.link(), precision).unwrap();
        while let Some(frame) = reader.next().unwrap() {
            writer.write(&frame).unwrap();
        }
        assert_eq!(writer.finish().unwrap(), capture, "{magic:x}");
    }
}
