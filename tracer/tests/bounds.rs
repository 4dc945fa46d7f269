//! What the analyzer holds is bounded, however much comes: after twice as much of the same it
//! holds no more.
//!
//! What is held is measured by its `Debug` text, which every table, queue and buffer is part of.

#![allow(clippy::unwrap_used)]

use std::fmt::{self, Write};

use tracer::{Analyzer, AnalyzerOptions, Frame, LinkType, Timestamp, decode};

struct Count(usize);

impl Write for Count {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0 += text.len();
        Ok(())
    }
}

fn held(analyzer: &Analyzer) -> usize {
    let mut count = Count(0);
    write!(count, "{analyzer:?}").unwrap();
    count.0
}

/// Pushes `count` frames, then as many again, and compares what is held. Also what is said of
/// each packet is bounded by the packet.
fn bounded(count: u32, mut make: impl FnMut(u32) -> Vec<u8>) {
    let mut analyzer = Analyzer::new(AnalyzerOptions {
        max_connections: 256,
        ..AnalyzerOptions::default()
    });
    // The last segments of a capture are remembered, so many of all connections together.
    for number in 0..REMEMBERED {
        push(
            &mut analyzer,
            number,
            &segment(STRANGER, [9, 9], number, 4, b""),
        );
    }
    let before = held(&analyzer);
    let mut after = [0; 2];
    for (turn, after) in (0..).zip(&mut after) {
        for number in turn * count..(turn + 1) * count {
            push(&mut analyzer, number, &make(number));
        }
        *after = held(&analyzer);
    }
    let [once, twice] = after;
    // The same entries have longer numbers in them by now.
    let longer = once.saturating_sub(before) / 5 + before / 20 + 10_000;
    assert!(twice < once + longer, "{before}, {once} became {twice}");
}

fn push(analyzer: &mut Analyzer, number: u32, bytes: &[u8]) {
    let frame = Frame {
        time: Timestamp::new(i64::from(number / 1000), 0),
        odd_time: None,
        wire_len: u32::try_from(bytes.len()).unwrap(),
        link: LinkType::Ethernet,
        bytes,
    };
    let explained = analyzer.push(&decode(&frame));
    assert!(explained.notes.len() < 16 + bytes.len());
}

fn packet(src: u32, protocol: u8, fragment: u16, id: u16, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0, 0x45, 0];
    frame.extend(u16::try_from(20 + payload.len()).unwrap().to_be_bytes());
    frame.extend(id.to_be_bytes());
    frame.extend(fragment.to_be_bytes());
    frame.extend([64, protocol, 0, 0]);
    frame.extend(src.to_be_bytes());
    frame.extend([10, 0, 0, 2]);
    frame.extend(payload);
    frame
}

fn segment(src: u32, ports: [u16; 2], seq: u32, flags: u8, payload: &[u8]) -> Vec<u8> {
    let mut tcp = ports.map(u16::to_be_bytes).concat();
    tcp.extend(seq.to_be_bytes());
    tcp.extend([0, 0, 3, 232, 0x50, flags, 0xff, 0xff, 0, 0, 0, 0]);
    tcp.extend(payload);
    packet(src, 6, 0x4000, 1, &tcp)
}

const CLIENT: u32 = 0x0a00_0001;
const STRANGER: u32 = 0x0a00_0009;
/// More segments than the analyzer remembers.
const REMEMBERED: u32 = 10_000;

/// Successive segments of one client to port 21.
fn stream(mut payload: impl FnMut(u32) -> Vec<u8>) -> impl FnMut(u32) -> Vec<u8> {
    let mut seq = 1_u32;
    move |number| {
        let bytes = payload(number);
        let frame = segment(CLIENT, [40_000, 21], seq, 0x18, &bytes);
        seq = seq.wrapping_add(u32::try_from(bytes.len()).unwrap());
        frame
    }
}

#[test]
fn half_open_flows_without_end() {
    // Longer than the list of those that had to make room.
    bounded(80_000, |number| {
        segment(0x0b00_0000 + number, [40_000, 21], number, 0x02, b"")
    });
}

#[test]
fn whole_handshakes_without_end() {
    // Those that were seen are remembered, to find the ones that were captured twice: one with
    // an end of its own in every four packets, of more than are remembered.
    bounded(80_000, |number| {
        let connection = number / 4;
        let [.., high, low] = connection.to_be_bytes();
        let port = u16::from_be_bytes([high, low]);
        let seq = connection.wrapping_mul(100);
        let mut frame = match number % 4 {
            0 => segment(CLIENT, [port, 80], seq, 0x02, b""),
            1 => segment(CLIENT + 1, [80, port], seq, 0x12, b""),
            2 => segment(CLIENT, [port, 80], seq + 1, 0x10, b""),
            _ => segment(CLIENT, [port, 80], seq + 1, 0x14, b""),
        };
        if number % 4 == 1 {
            // `segment` sends everything to the second host.
            frame[30..34].copy_from_slice(&CLIENT.to_be_bytes());
        }
        // The acknowledgement.
        frame[42..46].copy_from_slice(&(seq + 1).to_be_bytes());
        frame
    });
}

#[test]
fn one_host_dials_every_port_again_and_again() {
    bounded(70_000, |number| {
        let [.., high, low] = number.to_be_bytes();
        let port = u16::from_be_bytes([high, low]);
        segment(CLIENT, [40_000, port], number, 0x02, b"")
    });
}

#[test]
fn a_refused_connection_that_is_dialled_again_and_again() {
    bounded(6000, |number| {
        let mut frame = if number % 2 == 0 {
            segment(CLIENT, [40_000, 21], 7, 0x02, b"")
        } else {
            segment(CLIENT + 1, [21, 40_000], 0, 0x14, b"")
        };
        if number % 2 == 1 {
            // `segment` sends everything to the second host.
            frame[30..34].copy_from_slice(&CLIENT.to_be_bytes());
        }
        frame[42..46].copy_from_slice(&8_u32.to_be_bytes());
        frame
    });
}

#[test]
fn a_line_without_end() {
    bounded(200, stream(|_| vec![b'A'; 1400]));
}

#[test]
fn lines_of_64_kilobytes() {
    bounded(
        470,
        stream(|number| {
            let mut part = vec![b'A'; 1400];
            if number % 47 == 46 {
                part.extend(b"\r\n");
            }
            part
        }),
    );
}

#[test]
fn a_port_in_every_packet() {
    bounded(
        10_000,
        stream(|number| {
            let (high, low) = (number / 256 % 256, number % 256);
            format!("PORT 10,0,0,{},{high},{low}\r\n", number / 65_536 + 1).into_bytes()
        }),
    );
}

#[test]
fn commands_without_a_reply() {
    bounded(
        5000,
        stream(|number| format!("RETR {number}\r\n").into_bytes()),
    );
}

#[test]
fn bytes_ahead_of_a_gap() {
    bounded(3000, |number| {
        segment(
            CLIENT,
            [40_000, 21],
            1000 + number * 200,
            0x18,
            &[b'A'; 100],
        )
    });
}

#[test]
fn a_session_that_holds_much_and_little_in_turn() {
    bounded(4000, |number| {
        // Three segments that come too early, and then the one before them.
        let (turn, step) = (number / 4 * 4, number % 4);
        let seq = 1 + turn * 1400 + (3 - step) * 1400;
        segment(CLIENT, [40_000, 21], seq, 0x18, &[b'A'; 1400])
    });
}

#[test]
fn random_bytes_on_port_21() {
    // A generator of Marsaglia's: the same bytes in every run.
    let mut state = 0x2545_f491_u32;
    let mut random = move || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state
    };
    bounded(4000, move |_| {
        let payload: Vec<u8> = (0..random() % 300)
            .map(|_| random().to_be_bytes()[0])
            .collect();
        // Without SYN, which would open a connection: those are counted above.
        let flags = random().to_be_bytes()[1] & 0x3d;
        segment(CLIENT, [40_000, 21], random(), flags, &payload)
    });
}

#[test]
fn fragments_without_end() {
    bounded(20_000, |number| {
        let id = u16::try_from(number % 65_536).unwrap();
        packet(
            CLIENT + number % 1000,
            6,
            0x2000 | u16::try_from(number % 8000).unwrap(),
            id,
            &[0; 64],
        )
    });
}

/// What the analyzer says of a segment of a session.
fn say(analyzer: &mut Analyzer, session: u32, seq: u32, payload: &[u8]) -> Vec<String> {
    let bytes = segment(CLIENT + session, [40_000, 21], seq, 0x18, payload);
    let frame = Frame {
        time: Timestamp::new(1, 0),
        odd_time: None,
        wire_len: u32::try_from(bytes.len()).unwrap(),
        link: LinkType::Ethernet,
        bytes: &bytes,
    };
    let explained = analyzer.push(&decode(&frame));
    let notes = explained.notes.iter();
    notes
        .map(|note| serde_json::to_value(note).unwrap()["event"].to_string())
        .collect()
}

/// `sessions` that all send the same segments, while they may hold little.
fn together(sessions: u32, rounds: u32, make: impl Fn(u32) -> (u32, Vec<u8>)) -> Analyzer {
    let mut analyzer = Analyzer::new(AnalyzerOptions {
        max_held: 1 << 18,
        ..AnalyzerOptions::default()
    });
    for round in 0..rounds {
        let (seq, payload) = make(round);
        for session in 0..sessions {
            say(&mut analyzer, session, seq, &payload);
        }
    }
    analyzer
}

/// A line, then segments that all come too early.
fn early(round: u32) -> (u32, Vec<u8>) {
    match round {
        0 => (1, b"NOOP\r\n".to_vec()),
        _ => (1000 + round * 2000, vec![b'A'; 1400]),
    }
}

#[test]
fn many_sessions_hold_no_more_than_all_may() {
    let text = vec![b'A'; 1400];
    let unfinished = |round: u32| (1 + round * 1400, text.clone());
    let unanswered = |round: u32| {
        let line = format!("RETR {}\r\n", "A".repeat(500));
        (1 + round * 507, line.into_bytes())
    };
    let makes: [&dyn Fn(u32) -> (u32, Vec<u8>); 3] = [&early, &unfinished, &unanswered];
    for (number, make) in makes.into_iter().enumerate() {
        let few = held(&together(200, 12, make));
        let many = held(&together(800, 12, make));
        // A byte is up to five characters of the text that is counted; what each session has
        // anyway is some thousand.
        let most = few + 5 * (1 << 18) + 600 * 12_000;
        assert!(many < most, "{number}: {few} of 200 became {many} of 800");
    }
}

#[test]
fn a_session_that_gave_up_what_waited_goes_on() {
    let mut analyzer = together(800, 12, early);
    let end = 1000 + 11 * 2000 + 1400;
    // The first bytes again: they were heard.
    let told = say(&mut analyzer, 0, 1, b"NOOP\r\n");
    assert!(!told.contains(&"\"command\"".into()), "{told:?}");
    assert!(told.contains(&"\"given_up\"".into()), "{told:?}");
    // The rest of the line whose beginning is gone.
    let told = say(&mut analyzer, 0, end, b"NOOP\r\n");
    assert!(!told.contains(&"\"command\"".into()), "{told:?}");
    assert!(told.contains(&"\"given_up\"".into()), "{told:?}");
    let told = say(&mut analyzer, 0, end + 6, b"NOOP\r\n");
    assert!(told.contains(&"\"command\"".into()), "{told:?}");
    assert!(!told.contains(&"\"given_up\"".into()), "{told:?}");
}

#[test]
fn a_line_whose_beginning_was_given_up_ends_before_the_next() {
    let unfinished = |round: u32| (1 + round * 300, vec![b'A'; 300]);
    let mut analyzer = together(800, 12, unfinished);
    let told = say(&mut analyzer, 0, 3601, b"NOOP\r\nNOOP\r\n");
    let commands = told.iter().filter(|name| *name == "\"command\"").count();
    assert_eq!(
        (commands, told[0].as_str()),
        (1, "\"given_up\""),
        "{told:?}"
    );
}
