//! pcapng: every block, both byte orders, every kind of damage, and a source that is not ready.

use std::io::{self, Read};

use proptest::prelude::*;

use super::ng_maker::{BIG, LITTLE, Maker};
use super::{MAX_INTERFACES, PcapError, PcapReader, PcapngWriter};
use crate::{Frame, LinkType, Timestamp};

#[derive(Debug, PartialEq)]
struct Seen {
    interface: u32,
    name: Option<String>,
    link: LinkType,
    time: i64,
    bytes: Vec<u8>,
    comments: Vec<String>,
}

fn read(source: impl Read) -> (Vec<Seen>, Result<(), PcapError>) {
    let mut seen = Vec::new();
    let mut reader = match PcapReader::new(source) {
        Ok(reader) => reader,
        Err(error) => return (seen, Err(error)),
    };
    loop {
        match reader.next_record() {
            Ok(Some(record)) => {
                let interface = record.interface.unwrap();
                assert_eq!(interface.link, record.frame.link);
                seen.push(Seen {
                    interface: interface.index,
                    name: interface.name.clone(),
                    link: record.frame.link,
                    time: record.frame.time.0,
                    bytes: record.frame.bytes.to_vec(),
                    comments: record.comments.map(std::borrow::Cow::into_owned).collect(),
                });
            }
            Ok(None) => return (seen, Ok(())),
            Err(error) if error.is_not_yet() => {}
            Err(error) => {
                assert!(reader.next().unwrap().is_none(), "it goes on after {error}");
                return (seen, Err(error));
            }
        }
    }
}

/// Two sections in different byte orders with what may be between packets.
fn everything() -> Vec<u8> {
    let mut file = Vec::new();
    for maker in [BIG, LITTLE] {
        file.extend(maker.section());
        let name = maker.option(2, b"eth0");
        file.extend(maker.interface(1, 0, &[name, maker.option(9, &[9])]));
        // A name resolution, a statistics, a secrets, a custom and an unknown block.
        for kind in [4, 5, 10, 0xbad, 0x4000_0bad, 0x1234_5678] {
            file.extend(maker.block(kind, &[vec![7; 400_000]]));
        }
        // 2^-10 seconds, and an hour to add.
        let hour = [
            maker.u32(if maker.big { 0 } else { 3600 }),
            maker.u32(if maker.big { 3600 } else { 0 }),
        ];
        let clock = [
            maker.option(9, &[0x8a]),
            maker.option(14, &hour.concat()),
            maker.option(0, &[]),
        ];
        file.extend(maker.interface(101, 3, &clock));
        let comments = [
            maker.option(1, b"first"),
            maker.option(2, &[1; 4]),
            maker.option(1, b"second\n"),
        ];
        file.extend(maker.packet(0, 5_000_000_007, b"abcde", &comments));
        file.extend(maker.packet(1, 1536, b"E", &[]));
        let simple = [maker.u32(9), b"wxyz\0\0\0\0\0".to_vec()];
        file.extend(maker.block(3, &simple));
        let obsolete = [
            maker.u16(1),
            maker.u16(77),
            maker.u32(0),
            maker.u32(1024),
            maker.u32(2),
            maker.u32(2),
            b"hi\0\0".to_vec(),
        ];
        file.extend(maker.block(2, &obsolete));
    }
    file
}

fn expected() -> Vec<Seen> {
    let seen = |interface: u32, time, bytes: &[u8], comments: &[&str]| Seen {
        interface,
        name: (interface == 0).then(|| "eth0".to_owned()),
        link: [LinkType::Ethernet, LinkType::Raw][interface as usize],
        time,
        bytes: bytes.to_vec(),
        comments: comments.iter().map(|text| (*text).to_owned()).collect(),
    };
    let one = || {
        [
            seen(0, 5_000_000_007, b"abcde", &["first", "second\n"]),
            seen(1, 3_601_500_000_000, b"E", &[]),
            seen(0, 0, b"wxyz\0\0\0\0\0", &[]),
            seen(1, 3_601_000_000_000, b"hi", &[]),
        ]
    };
    one().into_iter().chain(one()).collect()
}

#[test]
fn reads_every_block_of_both_byte_orders() {
    let (seen, end) = read(&everything()[..]);
    end.unwrap();
    assert_eq!(seen, expected());
}

/// Gives at most `.1` bytes at a time, and before each says that there is nothing yet.
struct Hesitant<'a>(&'a [u8], usize, bool, bool);

impl Read for Hesitant<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        self.2 = !self.2 && self.3;
        if self.2 {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let n = self.0.len().min(self.1).min(out.len());
        out[..n].copy_from_slice(&self.0[..n]);
        self.0 = &self.0[n..];
        Ok(n)
    }
}

#[test]
fn goes_on_where_the_source_was_not_ready() {
    let file = everything();
    for step in [1, 3, 1000] {
        let mut reader = PcapReader::new(Hesitant(&file, step, false, false)).unwrap();
        reader.window.source_mut().3 = true;
        let mut frames = Vec::new();
        let mut waits = 0;
        loop {
            match reader.next() {
                Ok(Some(frame)) => frames.push(frame.bytes.to_vec()),
                Ok(None) => break,
                Err(error) if error.is_not_yet() => waits += 1,
                Err(error) => panic!("{error}"),
            }
        }
        let bytes: Vec<_> = expected().into_iter().map(|seen| seen.bytes).collect();
        assert_eq!(frames, bytes);
        assert!(waits >= file.len() / step / 2, "{waits} waits");
    }
    // The same for the classic format.
    let mut classic = vec![0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0];
    classic.extend([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 101, 0, 0, 0]);
    classic.extend([
        7, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 9, 0, 0, 0, b'a', b'b', b'c',
    ]);
    let mut reader = PcapReader::new(Hesitant(&classic, 1, false, false)).unwrap();
    reader.window.source_mut().3 = true;
    let frame = loop {
        match reader.next() {
            Ok(frame) => break frame.unwrap().bytes.to_vec(),
            Err(error) => assert!(error.is_not_yet(), "{error}"),
        }
    };
    assert_eq!(frame, b"abc");
}

#[test]
fn names_the_block_and_what_is_wrong_with_it() {
    let start = [LITTLE.section(), LITTLE.interface(1, 0, &[])].concat();
    let first = LITTLE.packet(0, 1, b"abcd", &[]);
    let at = start.len() + first.len();
    let wrong = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut packet = LITTLE.packet(0, 2, b"efgh", &[]);
        change(&mut packet);
        let file = [&start[..], &first, &packet].concat();
        let (seen, end) = read(&file[..]);
        assert_eq!(seen.len(), 1, "what precedes the damage is read");
        end.unwrap_err().to_string()
    };
    assert_eq!(
        wrong(&|p| p[4] = 35),
        format!(
            "byte {at}: enhanced packet block: expected a length of at least 32 bytes, a multiple of 4, found 35"
        )
    );
    assert_eq!(
        wrong(&|p| p[7] = 0x7f),
        format!(
            "byte {at}: enhanced packet block: expected a length of at most 16777216 bytes, found 2130706468"
        )
    );
    assert_eq!(
        wrong(&|p| p[32] = 40),
        format!(
            "byte {at}: enhanced packet block: expected its length 36 again at its end, found 40"
        )
    );
    assert_eq!(
        wrong(&|p| p[8] = 1),
        format!(
            "byte {at}: enhanced packet block: expected one of the 1 interfaces that were described, found number 1"
        )
    );
    assert_eq!(
        wrong(&|p| p[20] = 5),
        format!(
            "byte {at}: enhanced packet block: expected a frame of at most 4 bytes, as the block has room for, found 5"
        )
    );
    assert_eq!(
        wrong(&|p| p[23] = 1),
        format!("byte {at}: expected a record of at most 262144 bytes, found 16777220")
    );
    assert_eq!(
        wrong(&|p| p.truncate(30)),
        format!("byte {at}: enhanced packet block cut short: expected 36 bytes, found 30")
    );
    // An unknown block that is passed over.
    let unknown = |p: &mut Vec<u8>| p[0] = 99;
    assert_eq!(
        wrong(&|p| {
            unknown(p);
            p.truncate(20);
        }),
        format!("byte {at}: block cut short: expected 36 bytes, found 20")
    );
    assert_eq!(
        wrong(&|p| {
            unknown(p);
            p[32] = 1;
        }),
        format!("byte {at}: block: expected its length 36 again at its end, found 1")
    );
    assert_eq!(
        wrong(&|p| {
            unknown(p);
            p[4] = 0;
        }),
        format!(
            "byte {at}: block: expected a length of at least 12 bytes, a multiple of 4, found 0"
        )
    );
}

#[test]
fn refuses_sections_that_it_cannot_read() {
    let end = |file: &[u8]| read(file).1.unwrap_err().to_string();
    let mut section = LITTLE.section();
    section[8] = 0;
    assert_eq!(
        end(&section),
        "byte 0: section header block: expected the byte-order magic 1a2b3c4d, found 003c2b1a"
    );
    let mut section = LITTLE.section();
    section[12] = 2;
    assert_eq!(
        end(&section),
        "byte 0: section header block: expected pcapng version 1.0, found 2.0"
    );
    let early = [BIG.section(), BIG.packet(0, 0, b"", &[])].concat();
    assert_eq!(
        end(&early),
        "byte 28: enhanced packet block: it comes before any interface is described"
    );
    let fine = [
        LITTLE.section(),
        LITTLE.interface(1, 0, &[LITTLE.option(9, &[39])]),
    ]
    .concat();
    assert_eq!(
        end(&fine),
        "byte 28: interface description block: if_tsresol 0x27 is finer than 10^-38 s"
    );
    let mut many = LITTLE.section();
    for _ in 0..=MAX_INTERFACES {
        many.extend(LITTLE.interface(1, 0, &[]));
    }
    let message = end(&many);
    assert!(
        message.ends_with("expected at most 4096 interfaces in a section"),
        "{message}"
    );
    assert!(read(&LITTLE.section()[..]).1.is_ok());
}

#[test]
fn times_that_cannot_be_told_saturate() {
    let clock = [LITTLE.option(9, &[0]), LITTLE.option(14, &[0xff; 8])];
    let file = [
        LITTLE.section(),
        LITTLE.interface(1, 0, &clock),
        LITTLE.packet(0, u64::MAX, b"", &[]),
    ]
    .concat();
    let (seen, end) = read(&file[..]);
    end.unwrap();
    assert_eq!(Timestamp(seen[0].time), Timestamp(i64::MAX - 1_000_000_000));
}

proptest! {
    #[test]
    fn reads_back_what_was_written(
        frames in prop::collection::vec(
            (0..3_usize, any::<u32>(), prop::collection::vec(any::<u8>(), 0..80), ".{0,20}"),
            0..20,
        ),
    ) {
        let kinds = [
            (LinkType::Ethernet, Some("eth0")),
            (LinkType::LinuxSll2, Some("any")),
            (LinkType::Ethernet, None),
        ];
        let mut writer = PcapngWriter::new(Vec::new(), "a test").unwrap();
        let mut expected: Vec<Seen> = Vec::new();
        let mut order = Vec::new();
        for (kind, time, bytes, comment) in frames {
            let (link, name) = kinds[kind];
            let time = i64::from(time) * 1_000_003;
            let wire_len = 100;
            let frame = Frame { time: Timestamp(time), odd_time: None, wire_len, link, bytes: &bytes };
            writer.write(&frame, name, &comment).unwrap();
            if !order.contains(&kind) {
                order.push(kind);
            }
            expected.push(Seen {
                interface: u32::try_from(order.iter().position(|known| *known == kind).unwrap()).unwrap(),
                name: name.map(str::to_owned),
                link,
                time,
                bytes: bytes.clone(),
                comments: Some(comment).into_iter().filter(|text| !text.is_empty()).collect(),
            });
        }
        let (seen, end) = read(&writer.finish().unwrap()[..]);
        prop_assert!(end.is_ok());
        prop_assert_eq!(seen, expected);
    }

    #[test]
    fn damaged_files_end(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..8),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut file = [
            LITTLE.section(),
            LITTLE.interface(1, 0, &[LITTLE.option(2, b"eth0"), LITTLE.option(9, &[9])]),
            LITTLE.packet(0, 1, b"abcdef", &[LITTLE.option(1, b"comment")]),
            LITTLE.block(5, &[vec![1; 20]]),
            LITTLE.packet(0, 1, b"abcdef", &[]),
        ].concat();
        for (at, value) in changes {
            let at = at.index(file.len());
            file[at] = value;
        }
        file.truncate(cut.index(file.len() + 1));
        let (seen, _) = read(&file[..]);
        prop_assert!(seen.iter().map(|f| f.bytes.len() + 16).sum::<usize>() <= file.len());
        let (again, _) = read(Hesitant(&file, 5, false, false));
        prop_assert_eq!(seen, again);
    }

    #[test]
    fn any_blocks_end(
        big in any::<bool>(),
        blocks in prop::collection::vec((0..12_u32, prop::collection::vec(any::<u8>(), 0..60)), 0..20),
    ) {
        let maker = Maker { big };
        let mut file = [maker.section(), maker.interface(1, 0, &[])].concat();
        for (kind, body) in blocks {
            file.extend(maker.block(kind, &[body]));
        }
        let _ = read(&file[..]);
    }
}
