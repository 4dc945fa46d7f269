//! A filter selects what tcpdump's filter selects: tcpdump's own program, as `tcpdump -ddd`
//! prints it, runs in the same machine over the same frames.

#![allow(clippy::unwrap_used)]

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use tracer::{Expression, Frame, Instruction, LinkType, PcapReader, Program, Timestamp};

const VERSION: &str = "4.99.3";

/// Whether the right tcpdump is there. In CI it must be; elsewhere its absence is said.
fn tcpdump_is_here() -> bool {
    let version = Command::new("tcpdump").arg("--version").output();
    let found = version
        .map(|output| String::from_utf8_lossy(&output.stdout).into_owned())
        .unwrap_or_default();
    let first = found.lines().next();
    let right = first.is_some_and(|line| line.ends_with(VERSION));
    if !right {
        let message = format!("comparison with tcpdump {VERSION}: found {found:?} instead");
        assert!(std::env::var_os("CI").is_none(), "{message}");
        eprintln!("skipped: {message}");
    }
    right
}

fn captures() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/pcaps");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "pcap"))
        .collect();
    files.sort();
    assert!(files.len() >= 9, "captures are missing: {files:?}");
    files
}

struct Owned {
    link: LinkType,
    wire_len: u32,
    bytes: Vec<u8>,
}

impl Owned {
    fn frame(&self) -> Frame<'_> {
        Frame {
            time: Timestamp(0),
            wire_len: self.wire_len,
            link: self.link,
            bytes: &self.bytes,
        }
    }
}

fn frames(path: &Path) -> Vec<Owned> {
    let mut reader = PcapReader::new(File::open(path).unwrap()).unwrap();
    let mut frames = Vec::new();
    while let Some(frame) = reader.next().unwrap() {
        frames.push(Owned {
            link: frame.link,
            wire_len: frame.wire_len,
            bytes: frame.bytes.to_vec(),
        });
    }
    frames
}

/// tcpdump's program for a file, or what it says against the expression.
fn tcpdump(file: &Path, flags: &[&str], expression: &str) -> Result<Program, String> {
    let output = Command::new("tcpdump")
        .args(flags)
        .args(["-ddd", "-r"])
        .arg(file)
        .arg(expression)
        .output()
        .unwrap();
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    let text = String::from_utf8(output.stdout).unwrap();
    let instructions = text.lines().skip(1).map(|line| {
        let fields: Vec<u32> = line
            .split(' ')
            .map(|field| field.parse().unwrap())
            .collect();
        let [code, jt, jf, k] = fields[..] else {
            panic!("{line}")
        };
        Instruction {
            code: code.try_into().unwrap(),
            jt: jt.try_into().unwrap(),
            jf: jf.try_into().unwrap(),
            k,
        }
    });
    Ok(Program::new(instructions.collect()).unwrap())
}

fn ours(expression: &str, link: LinkType) -> Result<Program, String> {
    let parsed = Expression::parse(expression).map_err(|error| error.to_string())?;
    parsed.compile(link).map_err(|error| error.to_string())
}

/// How many frames both accept; they must be the same ones.
#[track_caller]
fn compare(expression: &str, file: &Path, frames: &[&Owned], theirs: &Program) -> usize {
    let link = frames[0].link;
    let ours = ours(expression, link)
        .unwrap_or_else(|error| panic!("{expression}, {}: {error}", file.display()));
    let mut accepted = 0;
    for (index, owned) in frames.iter().enumerate() {
        let frame = owned.frame();
        assert_eq!(
            ours.accepts(&frame),
            theirs.accepts(&frame),
            "{expression}: frame {} of {}: {:02x?}",
            index + 1,
            file.display(),
            owned.bytes
        );
        accepted += usize::from(ours.accepts(&frame));
    }
    accepted
}

/// Each of them selects some frames of the captures and not all.
const EXPRESSIONS: &[&str] = &[
    "ip",
    "ip6",
    "arp",
    "tcp",
    "udp",
    "icmp",
    "icmp6",
    "not tcp",
    "! ( ip or arp )",
    "host 10.0.0.1",
    "src host 10.0.0.1",
    "dst 10.0.0.2",
    "src 10.0.0.1 and dst 10.0.0.2",
    "src or dst 10.0.0.2",
    "src and dst host 10.0.0.2 or src and dst net 10",
    "ip host 10.0.0.2",
    "arp host 10.0.0.2",
    "host 10.0.0.1 and not 10.0.0.2",
    "ip6 host fd00::1",
    "host fd00::1 or 10.0.0.1",
    "src net fd00::/16",
    "net fd00::/8",
    "net 2001:db8::/32",
    "net 10.0.0.0/8",
    "net 10",
    "net 10.0",
    "dst net 10.0.0.0 mask 255.255.255.252",
    "net 10.0.0.0/30 or net fd00::/127",
    "net 0.0.0.0/0",
    "ip net 10.0.0",
    "port 21",
    "port 20 or 21",
    "port (20 or 21)",
    "tcp port 21",
    "udp port 53",
    "src port 21",
    "tcp dst port 21",
    "src and dst port 21 or dst port 20",
    "port ftp or ftp-data or domain",
    "udp port domain",
    "port http or port 53",
    "portrange 20-21",
    "tcp src portrange 21-20",
    "udp portrange 1-1023 or portrange 0-65535",
    "portrange 21",
    "tcp port 21 or host 10.0.0.2",
    "tcp port 21 and host 10.0.0.2 and not src port 21",
    "port 21 or port 53 and udp",
    "(port 21 or port 53) and udp",
    "not port 21 and tcp",
    "ip proto 6",
    "ip6 proto 6",
    "proto 17",
    "ip proto \\tcp or ip proto \\udp",
    "ether proto 0x86dd",
    "ether proto \\arp",
    "less 60",
    "greater 100",
    "len > 100",
    "len - 14 <= 60",
    "len = 60 || len == 74",
    "tcp[tcpflags] & (tcp-syn|tcp-fin) != 0",
    "tcp[tcpflags] & tcp-syn != 0 and tcp[tcpflags] & tcp-ack = 0",
    "tcp[13] = 2",
    "tcp[13] & 0x12 == 18",
    "tcp[2:2] = 21",
    "tcp[0:4] = 0x0c630015",
    "tcp[((tcp[12] & 0xf0) >> 2):4] = 0x55534552",
    "tcp[tcp[12] / 16 * 4] > 0x20",
    "ip[8] <= 64",
    "ip[8] < 5",
    "ip[0] & 0xf != 5",
    "ip[6:2] & 0x1fff != 0",
    "ip[2:2] - ((ip[0] & 0xf) << 2) - ((tcp[12] & 0xf0) >> 2) != 0",
    "ip[ip[0] & 3] % 7 = 3",
    "len > 0 and -ip[9] = 0xfffffffa",
    "ip[8] * 2 + 1 = 129",
    "ip6[6] = 6",
    "ip6[7] = 64 and ip6[40:2] < 1024",
    "icmp[icmptype] = icmp-echo or icmp[0] = icmp-unreach",
    "icmp6[icmp6type] = icmp6-neighborsolicit",
    "icmp6[0] >= 135 and icmp6[0] <= 136",
    "udp[4:2] > 50",
    "arp[6:2] = 1",
    "1 = 1",
    "ip multicast or ip6 multicast",
    "not icmp and not (tcp port 21 or udp)",
    "tcp and (src port 21 or dst port 21) and (ip[2:2] > 60 or ip6[4:2] > 40)",
    "igmp or sctp or esp or ah or pim",
    "rarp or host localhost",
];

const ETHERNET: &[&str] = &[
    "ether host 02:00:00:00:00:01",
    "ether src 2:0:0:0:0:1",
    "ether dst 02-00-00-00-00-02",
    "ether src or dst host 02:00:00:00:00:02",
    "ether[0] & 1 = 0",
    "ether[12:2] = 0x0800",
    "ether broadcast or multicast",
    "ether multicast",
    "broadcast",
    "vlan",
    "vlan 5",
    "vlan and tcp",
    "not vlan and tcp",
    "vlan and vlan",
    "vlan and vlan and ip and tcp port 21",
    "tcp or vlan and tcp",
];

#[test]
fn a_filter_selects_what_tcpdump_selects() {
    if !tcpdump_is_here() {
        return;
    }
    let files: Vec<_> = captures()
        .into_iter()
        .map(|path| (frames(&path), path))
        .collect();
    for expression in EXPRESSIONS.iter().chain(ETHERNET) {
        let mut accepted = 0;
        for (frames, file) in &files {
            match tcpdump(file, &[], expression) {
                Ok(theirs) => {
                    let all: Vec<_> = frames.iter().collect();
                    accepted += compare(expression, file, &all, &theirs);
                }
                // What can never hold on a link type it calls a mistake.
                Err(refused) if refused.contains("rejects all packets") => {
                    let ours = ours(expression, frames[0].link).unwrap();
                    assert!(!frames.iter().any(|owned| ours.accepts(&owned.frame())));
                }
                Err(refused) => {
                    assert_ne!(
                        frames[0].link,
                        LinkType::Ethernet,
                        "{expression}: {refused}"
                    );
                    assert!(
                        ours(expression, frames[0].link).is_err(),
                        "{expression}: {refused}"
                    );
                }
            }
        }
        // Or the comparison would compare nothing.
        let rare = [
            "igmp",
            "rarp",
            "vlan",
            "icmp6",
            "ip6 multicast",
            "src and dst",
            "< 5",
        ];
        let rare = rare.iter().any(|word| expression.contains(word));
        assert!(accepted > 0 || rare, "{expression} selects nothing");
    }
}

#[test]
fn what_tcpdump_refuses_is_refused() {
    if !tcpdump_is_here() {
        return;
    }
    let file = captures().pop().unwrap();
    for expression in [
        "10.0.0.1",
        "tcp and 21",
        "ftp",
        "host",
        "port 65536",
        "portrange 20",
        "portrange ftp-data-ftp",
        "port nosuchservice",
        "host 10.0.0.0/8",
        "src 10.0.0.0/8",
        "net 10.0.0.1/8",
        "net 10.0.0.0/33",
        "net fd00::1/64",
        "net fd00::/129",
        "tcp host 10.0.0.1",
        "ip port 21",
        "ip6 host 10.0.0.1",
        "ip host fd00::1",
        "host 1.2.3.256",
        "ether host 10.0.0.1",
        "host 02:00:00:00:00:01",
        "tcp[0:3] = 1",
        "tcp[0",
        "tcp[13] &",
        "tcp port udp port",
        "(tcp",
        "tcp)",
        "tcp or",
        "and tcp",
        "not",
        "ip[0] / 0 = 1",
        "ip[0] << 32 = 1",
        "vlan 5000",
        "port 0x",
        "port 09",
        "len",
        "tcp udp",
        "port 21 tcp",
        "tcp port domain-s-nonsense",
        "udp port ftp",
        "!",
        "ä",
        "port 21;",
    ] {
        // A range of one port is said to be none, where tcpdump takes it for one.
        if tcpdump(&file, &[], expression).is_ok() {
            assert_eq!(expression, "portrange 20");
            continue;
        }
        let refused = ours(expression, LinkType::Ethernet);
        assert!(refused.is_err(), "{expression} is accepted");
    }
}

fn primitive() -> impl Strategy<Value = String> {
    let side = prop::sample::select(vec!["", "src ", "dst ", "src or dst ", "src and dst "]);
    let address = prop::sample::select(vec!["10.0.0.1", "10.0.0.2", "fd00::1", "127.0.0.1"]);
    let net = prop::sample::select(vec!["10.0.0.0/8", "10.0.0.0/31", "fd00::/16", "10", "127"]);
    let port = prop::sample::select(vec!["21", "20", "3171", "53", "0"]);
    let with_port = prop::sample::select(vec!["", "tcp ", "udp "]);
    let fixed = prop::sample::select(
        EXPRESSIONS
            .iter()
            .chain(ETHERNET)
            .copied()
            .collect::<Vec<_>>(),
    );
    prop_oneof![
        (side.clone(), address).prop_map(|(side, to)| format!("{side}host {to}")),
        (side.clone(), net).prop_map(|(side, to)| format!("{side}net {to}")),
        (with_port.clone(), side.clone(), port.clone())
            .prop_map(|(of, side, port)| format!("{of}{side}port {port}")),
        (with_port, side, port.clone(), port)
            .prop_map(|(of, side, a, b)| format!("{of}{side}portrange {a}-{b}")),
        fixed.prop_map(|text| format!("({text})")),
        relation(),
    ]
}

fn relation() -> impl Strategy<Value = String> {
    let base = prop::sample::select(vec!["ip", "tcp", "udp", "ip6", "ether", "icmp", "arp"]);
    let size = prop::sample::select(vec!["", ":1", ":2", ":4"]);
    let operator = prop::sample::select(vec!["+", "-", "*", "/", "&", "|", "<<", ">>"]);
    let relation = prop::sample::select(vec!["=", "!=", "<", "<=", ">", ">="]);
    (
        base,
        0..44_u32,
        size,
        operator,
        1..32_u32,
        relation,
        0..70_u32,
    )
        .prop_map(|(base, at, size, operator, by, relation, value)| {
            format!("{base}[{at}{size}] {operator} {by} {relation} {value}")
        })
}

fn expression() -> impl Strategy<Value = String> {
    primitive().prop_recursive(4, 12, 3, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("{a} and {b}")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("{a} or {b}")),
            inner.clone().prop_map(|a| format!("not {a}")),
            inner.prop_map(|a| format!("({a})")),
        ]
    })
}

#[test]
fn generated_filters_select_what_tcpdump_selects() {
    if !tcpdump_is_here() {
        return;
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/pcaps");
    let file = folder.join("session.pcap");
    let mut all = frames(&file);
    all.extend(frames(&folder.join("oddities.pcap")));
    let mut runner = TestRunner::new_with_rng(
        Config::default(),
        TestRng::from_seed(RngAlgorithm::ChaCha, &[21; 32]),
    );
    let mut selected = 0;
    for _ in 0..400 {
        let text = expression().new_tree(&mut runner).unwrap().current();
        match tcpdump(&file, &[], &text) {
            Ok(theirs) => {
                // Where a field is beyond the captured bytes, their optimiser may find that it
                // does not matter: either answer will do.
                let plain = tcpdump(&file, &["-O"], &text).unwrap();
                let (same, _): (Vec<_>, Vec<_>) = all.iter().partition(|owned| {
                    theirs.accepts(&owned.frame()) == plain.accepts(&owned.frame())
                });
                selected += compare(&text, &file, &same, &theirs);
            }
            // What can never hold it calls a mistake.
            Err(refused) if refused.contains("rejects all packets") => {
                let program = ours(&text, LinkType::Ethernet).unwrap();
                assert!(
                    !all.iter().any(|owned| program.accepts(&owned.frame())),
                    "{text}"
                );
            }
            Err(refused) => panic!("{text}: {refused}"),
        }
    }
    assert!(selected > 10_000, "{selected} frames");
}
