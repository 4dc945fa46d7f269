//! The lines of the articles, from frames that hold what they tell.

use std::net::Ipv4Addr;

use jiff::tz::{TimeZone, offset};

use super::ClassicLine;
use crate::{Frame, LineOptions, LinkType, Timestamp, decode};

const CLIENT: [u8; 4] = [10, 0, 0, 1];
const SERVER: [u8; 4] = [207, 46, 133, 140];

struct Segment {
    ports: (u16, u16),
    numbers: (u32, u32),
    flags: u8,
    window: u16,
    options: &'static [u8],
    len: usize,
}

/// IPv4 with DF set, from the client when the first port is not the server's.
fn packet(segment: &Segment) -> Vec<u8> {
    let Segment {
        ports,
        numbers,
        flags,
        window,
        options,
        len,
    } = segment;
    let (src, dst) = if ports.0 < 1024 {
        (SERVER, CLIENT)
    } else {
        (CLIENT, SERVER)
    };
    let total = u16::try_from(40 + options.len() + len).unwrap();
    let mut bytes = vec![0x45, 0];
    bytes.extend(total.to_be_bytes());
    bytes.extend([0, 1, 0x40, 0, 64, 6, 0, 0]);
    bytes.extend(src);
    bytes.extend(dst);
    bytes.extend(ports.0.to_be_bytes());
    bytes.extend(ports.1.to_be_bytes());
    bytes.extend(numbers.0.to_be_bytes());
    bytes.extend(numbers.1.to_be_bytes());
    bytes.extend([u8::try_from(5 + options.len() / 4).unwrap() << 4, *flags]);
    bytes.extend(window.to_be_bytes());
    bytes.extend([0; 4]);
    bytes.extend(*options);
    bytes.extend(vec![b'x'; *len]);
    bytes
}

fn lines(windump: bool, absolute_seq: bool, packets: &[Vec<u8>]) -> Vec<String> {
    let options = LineOptions {
        absolute_seq,
        zone: TimeZone::fixed(offset(-5)),
        ..LineOptions::default()
    };
    let mut line = ClassicLine::new(options, windump);
    let start = Timestamp::new(982_781_446, 564_494_000);
    let mut print = |(number, bytes): (usize, &Vec<u8>)| {
        let link = match bytes.first() {
            Some(0x45) => LinkType::Raw,
            _ => LinkType::Ethernet,
        };
        let frame = Frame {
            time: Timestamp(start.0 + i64::try_from(number).unwrap() * 107_426_000),
            odd_time: None,
            wire_len: u32::try_from(bytes.len()).unwrap(),
            link,
            bytes,
        };
        let mut out = String::new();
        line.write(&frame, &decode(&frame), &mut out);
        out
    };
    packets.iter().enumerate().map(&mut print).collect()
}

fn session() -> Vec<Vec<u8>> {
    let segment = |ports, numbers, flags, window, len| {
        packet(&Segment {
            ports,
            numbers,
            flags,
            window,
            options: &[],
            len,
        })
    };
    vec![
        segment((3171, 21), (87_666_930, 0), 0x02, 65535, 0),
        segment((21, 3171), (3_058_770_520, 87_666_931), 0x12, 17520, 0),
        segment((3171, 21), (87_666_931, 3_058_770_521), 0x10, 65535, 0),
        segment((21, 3171), (3_058_770_521, 87_666_931), 0x18, 17520, 55),
        segment((3171, 21), (87_666_931, 3_058_770_576), 0x11, 65480, 0),
    ]
}

#[test]
fn reads_like_windump_in_the_article() {
    assert_eq!(
        lines(true, true, &session()),
        [
            "13:50:46.564494 10.0.0.1.3171 > 207.46.133.140.21: S 87666930:87666930(0) win 65535 (DF)",
            "13:50:46.671920 207.46.133.140.21 > 10.0.0.1.3171: S 3058770520:3058770520(0) ack 87666931 win 17520 (DF)",
            "13:50:46.779346 10.0.0.1.3171 > 207.46.133.140.21: . 87666931:87666931(0) ack 3058770521 win 65535 (DF)",
            "13:50:46.886772 207.46.133.140.21 > 10.0.0.1.3171: P 3058770521:3058770576(55) ack 87666931 win 17520 (DF)",
            "13:50:46.994198 10.0.0.1.3171 > 207.46.133.140.21: F 87666931:87666931(0) ack 3058770576 win 65480 (DF)",
        ]
    );
}

#[test]
fn a_pure_acknowledgement_has_no_numbers_of_its_own() {
    let lines = lines(false, true, &session());
    assert!(lines[2].ends_with(": . ack 3058770521 win 65535 (DF)"));
    assert!(lines[4].ends_with(": F 87666931:87666931(0) ack 3058770576 win 65480 (DF)"));
}

#[test]
fn relative_numbers_count_from_the_handshake() {
    let lines = lines(false, false, &session());
    assert!(lines[1].ends_with(": S 3058770520:3058770520(0) ack 87666931 win 17520 (DF)"));
    assert!(lines[2].ends_with(": . ack 1 win 65535 (DF)"));
    assert!(lines[3].ends_with(": P 1:56(55) ack 1 win 17520 (DF)"));
}

#[test]
fn options_stand_in_angle_brackets() {
    let syn = |options| {
        let bytes = packet(&Segment {
            ports: (3171, 21),
            numbers: (1, 2),
            flags: 0x02,
            window: 5840,
            options,
            len: 0,
        });
        lines(false, true, &[bytes]).remove(0)
    };
    let with = |options| {
        let line = syn(options);
        line.split_once("win 5840 ").unwrap().1.to_owned()
    };
    assert_eq!(
        with(&[
            2, 4, 5, 0xb4, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 0, 1, 3, 3, 7
        ]),
        "<mss 1460,sackOK,timestamp 1 0,nop,wscale 7> (DF)"
    );
    assert_eq!(
        with(&[1, 1, 5, 10, 0, 0, 0, 9, 0, 0, 1, 0]),
        "<nop,nop,sack sack 1 {9:256} > (DF)"
    );
    assert_eq!(with(&[34, 2, 0, 0]), "<opt-34:,eol> (DF)");
}

#[test]
fn what_is_unusual_about_the_header_comes_last() {
    let mut bytes = session().remove(0);
    bytes[1] = 0x10;
    bytes[8] = 1;
    let line = lines(false, true, &[bytes.clone()]).remove(0);
    assert!(line.ends_with("win 65535 (DF) [tos 0x10]  [ttl 1]"));
    bytes[1] = 0;
    bytes[6..8].copy_from_slice(&[0x20, 3]);
    let line = lines(false, true, &[bytes]).remove(0);
    assert!(line.ends_with("10.0.0.1 > 207.46.133.140: tcp (frag 1:20@24+) [ttl 1]"));
}

#[test]
fn arp_is_written_small() {
    let arp = |operation: u8, target: [u8; 6]| {
        let mut bytes = vec![0xff; 6];
        bytes.extend([0, 0x10, 0x5a, 4, 0, 1, 8, 6]);
        bytes.extend([0, 1, 8, 0, 6, 4, 0, operation, 0, 0x10, 0x5a, 4, 0, 1]);
        bytes.extend(CLIENT);
        bytes.extend(target);
        bytes.extend(Ipv4Addr::new(10, 0, 0, 2).octets());
        bytes
    };
    let lines = lines(
        false,
        true,
        &[
            arp(1, [0; 6]),
            arp(1, [0, 0x50, 0, 0, 0, 0xa]),
            arp(2, [0; 6]),
            arp(9, [0; 6]),
        ],
    );
    let text: Vec<_> = lines.iter().map(|l| l.split_once(' ').unwrap().1).collect();
    assert_eq!(
        text,
        [
            "arp who-has 10.0.0.2 tell 10.0.0.1",
            "arp who-has 10.0.0.2 (0:50:0:0:0:a) tell 10.0.0.1",
            "arp reply 10.0.0.1 is-at 0:10:5a:4:0:1",
            "arp-#9",
        ]
    );
}

#[test]
fn names_are_asked_for_and_told() {
    let message = |flags: [u8; 2], answers: u8, rest: &[u8]| {
        let mut bytes = session().remove(0);
        bytes.truncate(20);
        bytes[9] = 17;
        let mut dns = vec![0, 54, flags[0], flags[1], 0, 1, 0, answers, 0, 0, 0, 0];
        dns.extend(b"\x03ftp\x07example\x03org\0\0\x01\0\x01");
        dns.extend(rest);
        let len = u16::try_from(dns.len() + 8).unwrap();
        bytes[2..4].copy_from_slice(&(len + 20).to_be_bytes());
        bytes.extend([4, 0, 0, 53]);
        bytes.extend(len.to_be_bytes());
        bytes.extend([0, 0]);
        bytes.extend(dns);
        bytes
    };
    let answer = [
        0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 9, 0, 4, 1, 2, 3, 4, 0xc0, 12, 0, 16, 0, 1, 0, 0, 0, 9, 0,
        3, 2, b'h', b'i',
    ];
    let lines = lines(
        false,
        true,
        &[
            message([1, 0x20], 0, &[]),
            message([0x85, 0x90], 2, &answer),
            message([0x85, 0x90], 2, &answer[..16]),
        ],
    );
    let text: Vec<_> = lines
        .iter()
        .map(|l| l.split_once(".53: ").unwrap().1)
        .collect();
    assert_eq!(
        text,
        [
            " 54+$ A? ftp.example.org. (33) (DF)",
            " 54*% 2/0/0 A 1.2.3.4, TXT hi (64) (DF)",
            " 54*% 2/0/0 A 1.2.3.4[|domain] (DF)",
        ]
    );
}
