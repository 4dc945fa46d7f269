//! What a refusal looks like, and that nothing said makes the parser or a program go wrong.

use proptest::prelude::*;

use super::{Expression, Instruction, MAX_INSTRUCTIONS, Program};
use crate::{Frame, LinkType, Timestamp};

fn refused(text: &str) -> String {
    let parsed = Expression::parse(text).and_then(|parsed| parsed.compile(LinkType::Ethernet));
    parsed.unwrap_err().to_string()
}

#[test]
fn a_refusal_points_at_the_place() {
    assert_eq!(
        refused("tcp port 21 and gateway here"),
        "gateway is not supported: write ether host with its Ethernet address, and not host with \
         its IP address\n  tcp port 21 and gateway here\n  \u{20}               ^^^^^^^"
    );
    assert_eq!(
        refused("tcp host 10.0.0.1"),
        "tcp does not carry this kind of address: write tcp and host\n  tcp host 10.0.0.1\n  \
         \u{20}        ^^^^^^^^"
    );
    assert_eq!(
        refused("port"),
        "expected a port: a number, or a name of /etc/services, found the end\n  port\n  \u{20}   ^"
    );
    assert_eq!(
        refused("10.0.0.1 or tcp"),
        "what is this? write host, net or port before it\n  10.0.0.1 or tcp\n  ^^^^^^^^"
    );
    let long = format!("{} ä", "tcp or ".repeat(50));
    let message = refused(&long);
    let lines: Vec<&str> = message.lines().collect();
    assert_eq!(
        lines[2].find('^').map(|at| lines[1].chars().nth(at)),
        Some(Some('ä'))
    );
    assert!(lines[1].len() < 130, "{message}");
}

#[test]
fn expressions_are_bounded() {
    assert!(refused(&"(".repeat(20_000)).starts_with("the expression is longer"));
    assert!(refused(&"(".repeat(5_000)).starts_with("nested more than"));
    assert!(refused(&"not ".repeat(4_000)).starts_with("nested more than"));
    assert!(refused(&format!("{}1 = 1", "-".repeat(9_000))).starts_with("nested more than"));
    assert!(refused(&format!("tcp{}", " or tcp".repeat(2_000))).starts_with("more than 1000"));
    assert!(refused(&format!("len{} = 1", "+1".repeat(2_000))).starts_with("more than 1000"));
    let long = format!(
        "net fd00::/64{}",
        " or src and dst net fd00::/64".repeat(400)
    );
    assert!(
        refused(&long).starts_with("it takes more than 4096 instructions"),
        "{}",
        refused(&long)
    );
}

#[test]
fn jumps_reach_farther_than_255_instructions() {
    let hosts: Vec<String> = (1..=100).map(|n| format!("10.0.0.{n}")).collect();
    let text = format!("tcp and host ({}) and not port 80", hosts.join(" or "));
    let program = Expression::parse(&text)
        .unwrap()
        .compile(LinkType::Raw)
        .unwrap();
    assert!((256..MAX_INSTRUCTIONS).contains(&program.instructions().len()));
    let packet = |from: u8, port: u8| {
        let mut bytes = vec![0; 40];
        (bytes[0], bytes[9], bytes[33]) = (0x45, 6, 20);
        bytes[12..20].copy_from_slice(&[10, 0, 0, from, 11, 0, 0, 1]);
        bytes[23] = port;
        bytes
    };
    for (from, port, expected) in [
        (1, 21, true),
        (100, 21, true),
        (101, 21, false),
        (50, 80, false),
    ] {
        let bytes = packet(from, port);
        let frame = Frame {
            time: Timestamp(0),
            odd_time: None,
            wire_len: 40,
            link: LinkType::Raw,
            bytes: &bytes,
        };
        assert_eq!(program.accepts(&frame), expected, "{from} {port}");
    }
}

#[test]
fn programs_that_could_leave_their_end_are_refused() {
    let new = |code, jt, k| Program::new(vec![Instruction { code, jt, jf: 0, k }]);
    assert!(new(0x06, 0, 0).is_some());
    assert!(new(0x05, 0, 0).is_none());
    assert!(new(0x15, 3, 0).is_none());
    assert!(new(0x00, 0, 0).is_none());
    assert!(Program::new(Vec::new()).is_none());
}

const WORDS: [&str; 44] = [
    "tcp",
    "ip",
    "ip6",
    "ether",
    "udp",
    "arp",
    "icmp",
    "host",
    "net",
    "port",
    "portrange",
    "proto",
    "src",
    "dst",
    "and",
    "or",
    "not",
    "(",
    ")",
    "[",
    "]",
    ":",
    "&",
    "|",
    "<<",
    "=",
    "!=",
    "<",
    "-",
    "/",
    "%",
    "len",
    "vlan",
    "less",
    "mask",
    "10.0.0.1",
    "fd00::1",
    "02:00:00:00:00:01",
    "21",
    "20-21",
    "0xffffffff",
    "tcpflags",
    "\\tcp",
    "nobody",
];

fn frame() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 0..100)
}

fn links() -> impl Strategy<Value = LinkType> {
    prop::sample::select(vec![0, 1, 101, 108, 113, 276, 999]).prop_map(LinkType::from_pcap)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn any_text_is_read_or_refused(text in ".{0,60}") {
        let _ = Expression::parse(&text).map(|parsed| parsed.compile(LinkType::Ethernet));
    }

    #[test]
    fn any_words_are_read_or_refused(
        words in prop::collection::vec(prop::sample::select(WORDS.to_vec()), 0..24),
        bytes in frame(),
        link in links(),
    ) {
        let text = words.join(" ");
        match Expression::parse(&text) {
            Ok(parsed) => {
                if let Ok(program) = parsed.compile(link) {
                    program.accepts(&Frame { time: Timestamp(0), odd_time: None, wire_len: 100, link, bytes: &bytes });
                }
                let _ = parsed.for_kernel(LinkType::LinuxSll2);
            }
            // Shown with its place.
            Err(error) => prop_assert_eq!(error.to_string().lines().count(), 3),
        }
    }

    #[test]
    fn any_program_ends(
        instructions in prop::collection::vec((0..0x100_u16, 0..8_u8, 0..8_u8, 0..40_u32), 1..40),
        bytes in frame(),
    ) {
        let mut code: Vec<_> = instructions
            .into_iter()
            .map(|(code, jt, jf, k)| Instruction { code, jt, jf, k })
            .collect();
        code.push(Instruction { code: 0x16, jt: 0, jf: 0, k: 0 });
        if let Some(program) = Program::new(code) {
            program.accepts(&Frame {
                time: Timestamp(0),
                odd_time: None,
                wire_len: 100,
                link: LinkType::Raw,
                bytes: &bytes,
            });
        }
    }
}
