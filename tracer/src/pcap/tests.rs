//! Every kind of header, every kind of damage, and what is written is read back.

use std::io::{self, Read};

use proptest::prelude::*;

use super::{MAX_RECORD_LEN, PcapError, PcapReader, PcapWriter, Precision};
use crate::{Frame, LinkType, Timestamp};

type Owned = (Timestamp, u32, Vec<u8>);

/// All frames, and how the reading ended.
fn read_all(source: impl Read) -> (Vec<Owned>, Result<(), PcapError>) {
    let mut frames = Vec::new();
    let mut reader = match PcapReader::new(source) {
        Ok(reader) => reader,
        Err(e) => return (frames, Err(e)),
    };
    loop {
        match reader.next() {
            Ok(Some(f)) => frames.push((f.time, f.wire_len, f.bytes.to_vec())),
            Ok(None) => return (frames, Ok(())),
            Err(e) => {
                assert!(
                    reader.next().unwrap().is_none(),
                    "reading goes on after {e}"
                );
                return (frames, Err(e));
            }
        }
    }
}

fn write_all(frames: &[Owned], precision: Precision) -> Vec<u8> {
    let mut writer = PcapWriter::new(Vec::new(), LinkType::Ethernet, precision).unwrap();
    for (time, wire_len, bytes) in frames {
        writer
            .write(&Frame {
                time: *time,
                odd_time: None,
                wire_len: *wire_len,
                link: LinkType::Ethernet,
                bytes,
            })
            .unwrap();
    }
    writer.finish().unwrap()
}

fn two_frames() -> Vec<Owned> {
    vec![
        (Timestamp::new(1_000_000_000, 123_456_000), 60, vec![1; 60]),
        (
            Timestamp::new(1_000_000_001, 999_999_000),
            1514,
            vec![2; 96],
        ),
    ]
}

#[test]
fn reads_both_byte_orders_and_the_modified_header() {
    for (magic, extra, nanos) in [
        (0xa1b2_c3d4_u32, 0, 5_000),
        (0xa1b2_3c4d, 0, 5),
        (0xa1b2_cd34, 8, 5_000),
    ] {
        for big_endian in [false, true] {
            let int = |v: u32| {
                if big_endian {
                    v.to_be_bytes()
                } else {
                    v.to_le_bytes()
                }
            };
            let mut file = Vec::new();
            file.extend(int(magic));
            file.extend(if big_endian {
                [0, 2, 0, 4]
            } else {
                [2, 0, 4, 0]
            });
            file.extend([0; 8]);
            file.extend(int(65535));
            // The upper bits: a frame check sequence of four bytes follows each frame.
            file.extend(int(0x4400_0071));
            for field in [7, 5, 3, 9] {
                file.extend(int(field));
            }
            file.extend(vec![0xee; extra]);
            file.extend(*b"abc");
            let reader = PcapReader::new(&file[..]).unwrap();
            assert_eq!(reader.link(), LinkType::LinuxSll);
            assert_eq!(reader.snaplen(), 65535);
            let (frames, end) = read_all(&file[..]);
            end.unwrap();
            assert_eq!(frames, [(Timestamp::new(7, nanos), 9, b"abc".to_vec())]);
        }
    }
}

#[test]
fn refuses_what_it_cannot_read_by_name() {
    let end = |bytes: &[u8]| read_all(bytes).1.unwrap_err().to_string();
    assert_eq!(
        end(&[0x0a, 0x0d, 0x0d, 0x0a, 0, 0]),
        "byte 0: block header cut short: expected 8 bytes, found 6"
    );
    assert_eq!(
        end(b"GIF89a"),
        "byte 0: expected a pcap magic number (a1b2c3d4, a1b23c4d or 34cdb2a1) or pcapng's (0a0d0d0a), found 47494638"
    );
    assert_eq!(
        end(b""),
        "byte 0: file header cut short: expected 24 bytes, found 0"
    );
    let mut old = write_all(&[], Precision::Micros);
    old[6] = 5;
    assert_eq!(end(&old), "byte 4: expected pcap version 2.4, found 2.5");
}

#[test]
fn reads_the_lengths_of_early_versions_in_their_order() {
    // (major, minor, the two lengths in the record's header)
    for (major, minor, lengths) in [
        (2, 4, [3, 9]),
        (2, 3, [3, 9]),
        (2, 3, [9, 3]),
        (2, 2, [9, 3]),
        (2, 0, [9, 3]),
        (543, 0, [9, 3]),
    ] {
        let int = |value: u32| value.to_le_bytes();
        let mut file = int(0xa1b2_c3d4).to_vec();
        file.extend(int(minor << 16 | major));
        for field in [0, 0, 65535, 1, 7, 5, lengths[0], lengths[1]] {
            file.extend(int(field));
        }
        file.extend(*b"abc");
        let (frames, end) = read_all(&file[..]);
        end.unwrap();
        let time = Timestamp::new(7, 5000);
        assert_eq!(frames, [(time, 9, b"abc".to_vec())], "{major}.{minor}");
    }
}

#[test]
fn yields_what_comes_before_the_damage() {
    let file = write_all(&two_frames(), Precision::Micros);
    let second = 24 + 16 + 60;

    let (frames, end) = read_all(&file[..file.len() - 1]);
    assert_eq!(frames.len(), 1);
    assert_eq!(
        end.unwrap_err().to_string(),
        "byte 116: record cut short: expected 96 bytes, found 95"
    );
    let (frames, end) = read_all(&file[..second + 5]);
    assert_eq!(frames.len(), 1);
    assert_eq!(
        end.unwrap_err().to_string(),
        "byte 100: record header cut short: expected 16 bytes, found 5"
    );
    let (frames, end) = read_all(&file[..second + 16]);
    assert_eq!(frames.len(), 1);
    assert_eq!(
        end.unwrap_err().to_string(),
        "byte 116: record cut short: expected 96 bytes, found 0"
    );
    let (frames, end) = read_all(&file[..second]);
    assert_eq!(frames.len(), 1);
    end.unwrap();

    let mut long = file;
    long[second + 8..second + 12].copy_from_slice(&0x7fff_ffff_u32.to_le_bytes());
    let (frames, end) = read_all(&long[..]);
    assert_eq!(frames.len(), 1);
    assert_eq!(
        end.unwrap_err().to_string(),
        "byte 100: expected a record of at most 262144 bytes, found 2147483647"
    );
}

#[test]
fn keeps_to_the_snap_length_of_the_file() {
    let mut file = write_all(&two_frames(), Precision::Micros);
    file[16..20].copy_from_slice(&64_u32.to_le_bytes());
    let (frames, end) = read_all(&file[..]);
    end.unwrap();
    assert_eq!(frames[0].2.len(), 60);
    assert_eq!((frames[1].1, frames[1].2.len()), (1514, 64));
}

#[test]
fn writes_only_what_the_file_can_hold() {
    let bytes = vec![7; MAX_RECORD_LEN as usize + 1];
    let frame = Frame {
        time: Timestamp::new(-1, 0),
        odd_time: None,
        wire_len: MAX_RECORD_LEN + 1,
        link: LinkType::Ethernet,
        bytes: &bytes,
    };
    let mut writer = PcapWriter::new(Vec::new(), LinkType::Raw, Precision::Nanos).unwrap();
    assert!(matches!(
        writer.write(&frame),
        Err(PcapError::LinkType { .. })
    ));
    let raw = Frame {
        link: LinkType::Raw,
        ..frame
    };
    assert!(matches!(writer.write(&raw), Err(PcapError::Time { .. })));
    let time = Timestamp::new(1, 1);
    writer.write(&Frame { time, ..raw }).unwrap();
    let (frames, end) = read_all(&writer.finish().unwrap()[..]);
    end.unwrap();
    assert_eq!(
        frames,
        [(
            time,
            MAX_RECORD_LEN + 1,
            bytes[..MAX_RECORD_LEN as usize].to_vec()
        )]
    );
}

/// A source that gives one byte at a time and is interrupted before each.
struct Trickle<'a>(&'a [u8], bool);

impl Read for Trickle<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        self.1 = !self.1;
        if self.1 {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let n = usize::from(!self.0.is_empty());
        out[..n].copy_from_slice(&self.0[..n]);
        self.0 = &self.0[n..];
        Ok(n)
    }
}

#[test]
fn a_slow_source_gives_the_same_frames() {
    let file = write_all(&two_frames(), Precision::Nanos);
    let (frames, end) = read_all(Trickle(&file, false));
    end.unwrap();
    assert_eq!(frames, two_frames());
}

fn any_frame() -> impl Strategy<Value = Owned> {
    let time = (0..=u32::MAX, 0..1_000_000_000_i64);
    let bytes = prop::collection::vec(any::<u8>(), 0..1600);
    (time, any::<u32>(), bytes)
        .prop_map(|((s, n), len, bytes)| (Timestamp::new(i64::from(s), n), len, bytes))
}

proptest! {
    #[test]
    fn reads_back_what_it_wrote(frames in prop::collection::vec(any_frame(), 0..20)) {
        let (back, end) = read_all(&write_all(&frames, Precision::Nanos)[..]);
        prop_assert!(end.is_ok());
        prop_assert_eq!(back, frames);
    }

    #[test]
    fn damaged_files_end(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..8),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut file = write_all(&two_frames(), Precision::Micros);
        for (at, value) in changes {
            let at = at.index(file.len());
            file[at] = value;
        }
        file.truncate(cut.index(file.len() + 1));
        let (frames, _) = read_all(&file[..]);
        prop_assert!(frames.iter().map(|f| f.2.len() + 16).sum::<usize>() <= file.len());
    }

    #[test]
    fn any_bytes_end(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = read_all(&bytes[..]);
    }
}
