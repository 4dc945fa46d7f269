//! What stands on the arrows of a ladder.

use std::net::Ipv4Addr;

use tracer::{
    Analyzer, Frame, Ladder, Language, LineOptions, LinkType, Render, Summary, Timestamp, decode,
};

use crate::boxes::Segment;
use crate::wire::{ACK, PSH, SYN};

const CLIENT: (Ipv4Addr, u16) = (Ipv4Addr::new(10, 0, 0, 1), 4000);
const SERVER: (Ipv4Addr, u16) = (Ipv4Addr::new(10, 0, 0, 2), 21);

#[test]
fn what_is_encrypted_is_only_counted() {
    let hello = [&[0x16, 3, 1, 0, 25, 1][..], &[b'Q'; 24]].concat();
    let turns: [(bool, u8, &[u8]); 7] = [
        (true, SYN, b""),
        (false, SYN | ACK, b""),
        (true, ACK, b""),
        (false, PSH | ACK, b"220 ready\r\n"),
        (true, PSH | ACK, b"AUTH TLS\r\n"),
        (false, PSH | ACK, b"234 go on\r\n"),
        (true, PSH | ACK, &hello),
    ];
    for (language, expected) in [
        (Language::En, "30 bytes, encrypted"),
        (Language::Zh, "30 字节\u{ff0c}已加密"),
    ] {
        let mut analyzer = Analyzer::default();
        let mut ladder = Ladder::new(language, false, Some(120), true, LineOptions::default());
        let mut out = Vec::new();
        let mut next = [1000_u32, 5000];
        for (micros, (is_client, flags, payload)) in (0..).zip(turns) {
            let side = usize::from(!is_client);
            let (from, to) = if is_client {
                (CLIENT, SERVER)
            } else {
                (SERVER, CLIENT)
            };
            let bytes = Segment {
                from,
                to,
                seq: next[side],
                ack: if flags & ACK == 0 { 0 } else { next[1 - side] },
                flags,
                window: 1000,
                options: &[],
                payload,
            }
            .frame(None);
            next[side] += u32::try_from(payload.len()).unwrap() + u32::from(flags & SYN != 0);
            let frame = Frame {
                time: Timestamp::new(0, micros * 1000),
                odd_time: None,
                wire_len: u32::try_from(bytes.len()).unwrap(),
                link: LinkType::Ethernet,
                bytes: &bytes,
            };
            let packet = decode(&frame);
            let explained = analyzer.push(&packet);
            ladder
                .packet(&frame, &packet, &explained, &mut out)
                .unwrap();
        }
        ladder.finish(&Summary::default(), &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        let last = text.lines().last().unwrap();
        assert!(last.contains(&format!("11:41 {expected} ")), "{text}");
        assert!(!text.contains('Q'), "{text}");
        assert!(text.contains(" 1:11 AUTH TLS "), "{text}");
    }
}
