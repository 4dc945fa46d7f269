//! What [`TcpdumpLine`] prints is what tcpdump 4.99.3 prints: tcpdump itself is asked.
//!
//! The captures in `tests/pcaps` are compared whole. Then their frames are damaged at random,
//! and all that carry TCP over IP, or no longer can, are compared again.

#![allow(clippy::unwrap_used)]

mod oracle;

use std::collections::HashMap;
use std::fs::File;
use std::path::Path;

use jiff::tz::TimeZone;
use oracle::{ZONE, captures, tcpdump, tcpdump_is_here};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use tracer::{
    Dump, Frame, LineOptions, LinkType, Network, PcapReader, PcapWriter, Precision, TcpdumpLine,
    TimeFormat, Timestamp, Transport, decode,
};

fn ours(options: LineOptions, path: &Path) -> String {
    let mut reader = PcapReader::new(File::open(path).unwrap()).unwrap();
    let mut line = TcpdumpLine::new(options);
    let mut out = String::new();
    while let Some(frame) = reader.next().unwrap() {
        line.write(&frame, &mut out);
        out.push('\n');
    }
    out
}

fn options() -> LineOptions {
    LineOptions {
        zone: TimeZone::get(ZONE).unwrap(),
        ..LineOptions::default()
    }
}

#[track_caller]
fn assert_same(what: &str, expected: &str, found: &str) {
    for (number, (expected, found)) in expected.lines().zip(found.lines()).enumerate() {
        assert_eq!(expected, found, "{what}, line {}", number + 1);
    }
    assert_eq!(expected.len(), found.len(), "{what}: not equally long");
}

#[test]
fn captures_read_as_tcpdump_reads_them() {
    if !tcpdump_is_here() {
        return;
    }
    for path in captures() {
        let expected = tcpdump(&["-n"], std::fs::read(&path).unwrap());
        assert!(!expected.is_empty());
        let found = ours(options(), &path);
        assert_same(&path.display().to_string(), &expected, &found);
    }
}

/// tcpdump's flags and ours, in combinations that between them hold every pair of interest.
fn flags() -> Vec<(&'static [&'static str], LineOptions)> {
    let verbose = |verbose| LineOptions {
        verbose,
        ..options()
    };
    let dump = |dump| LineOptions { dump, ..options() };
    let time = |time| LineOptions { time, ..options() };
    vec![
        (&["-n", "-t"], time(TimeFormat::None)),
        (&["-n", "-tt"], time(TimeFormat::Unix)),
        (&["-n", "-ttt"], time(TimeFormat::SincePrevious)),
        (&["-n", "-tttt"], time(TimeFormat::Date)),
        (&["-n", "-ttttt"], time(TimeFormat::SinceFirst)),
        (
            &["-n", "-S", "--nano"],
            LineOptions {
                absolute_seq: true,
                nanos: true,
                ..options()
            },
        ),
        (&["-n", "-v"], verbose(1)),
        (&["-n", "-vv"], verbose(2)),
        (
            &["-n", "-vvv", "-X"],
            LineOptions {
                dump: Dump::HexAscii { link: false },
                ..verbose(3)
            },
        ),
        (
            &["-n", "-vv", "-K", "-#"],
            LineOptions {
                checksums: false,
                numbered: true,
                ..verbose(2)
            },
        ),
        (&["-n", "-x"], dump(Dump::Hex { link: false })),
        (&["-n", "-xx"], dump(Dump::Hex { link: true })),
        (&["-n", "-XX"], dump(Dump::HexAscii { link: true })),
        (&["-n", "-A"], dump(Dump::Ascii { link: false })),
        (&["-n", "-AA"], dump(Dump::Ascii { link: true })),
        (
            &["-n", "-e", "-v"],
            LineOptions {
                link_header: true,
                ..verbose(1)
            },
        ),
        (
            &["-n", "-q"],
            LineOptions {
                quiet: true,
                ..options()
            },
        ),
    ]
}

#[test]
fn every_option_reads_as_with_tcpdump() {
    if !tcpdump_is_here() {
        return;
    }
    for path in captures() {
        for (flags, options) in flags() {
            let expected = tcpdump(flags, std::fs::read(&path).unwrap());
            let found = ours(options, &path);
            assert_same(&format!("{} {flags:?}", path.display()), &expected, &found);
        }
    }
}

/// tcpdump asks name servers about each address, so this reads captures with few of them.
#[test]
fn names_read_as_with_tcpdump() {
    if !tcpdump_is_here() {
        return;
    }
    let names = LineOptions {
        names: true,
        ..options()
    };
    let more = LineOptions {
        link_header: true,
        quiet: true,
        verbose: 1,
        ..names.clone()
    };
    for name in ["raw.pcap", "raw6.pcap", "cooked.pcap", "services.pcap"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../tests/pcaps")
            .join(name);
        for (flags, options) in [(&[][..], &names), (&["-e", "-q", "-v"], &more)] {
            let expected = tcpdump(flags, std::fs::read(&path).unwrap());
            let found = ours(options.clone(), &path);
            assert_same(&format!("{name} {flags:?}"), &expected, &found);
        }
    }
}

/// How a frame is damaged.
#[derive(Clone, Debug)]
enum Damage {
    /// One byte gets another value.
    Set(prop::sample::Index, u8),
    /// A byte of the IP or transport header does: most of a frame is payload.
    SetHeader(usize, u8),
    /// One bit of the headers is turned.
    Flip(usize, u8),
    /// The capture holds only so much.
    Cut(prop::sample::Index),
    /// The frame ends there on the wire.
    Shorten(prop::sample::Index),
}

fn damage() -> impl Strategy<Value = Damage> {
    prop_oneof![
        1 => (any::<prop::sample::Index>(), any::<u8>()).prop_map(|(i, v)| Damage::Set(i, v)),
        4 => (12..80_usize, any::<u8>()).prop_map(|(i, v)| Damage::SetHeader(i, v)),
        4 => (12..80_usize, 0..8_u8).prop_map(|(i, v)| Damage::Flip(i, v)),
        2 => any::<prop::sample::Index>().prop_map(Damage::Cut),
        1 => any::<prop::sample::Index>().prop_map(Damage::Shorten),
    ]
}

fn apply(damage: &Damage, bytes: &mut Vec<u8>, wire_len: &mut u32) {
    match damage {
        Damage::Set(at, value) => {
            let at = at.index(bytes.len());
            bytes[at] = *value;
        }
        Damage::SetHeader(at, value) => {
            if let Some(byte) = bytes.get_mut(*at) {
                *byte = *value;
            }
        }
        Damage::Flip(at, bit) => {
            if let Some(byte) = bytes.get_mut(*at) {
                *byte ^= 1 << bit;
            }
        }
        Damage::Cut(at) => bytes.truncate(at.index(bytes.len()) + 1),
        Damage::Shorten(at) => {
            bytes.truncate(at.index(bytes.len()) + 1);
            *wire_len = u32::try_from(bytes.len()).unwrap();
        }
    }
}

/// Frames of the captures that are on Ethernet.
fn seeds() -> Vec<(u32, Vec<u8>)> {
    let mut frames = Vec::new();
    for path in captures() {
        let mut reader = PcapReader::new(File::open(path).unwrap()).unwrap();
        if reader.link() != LinkType::Ethernet {
            continue;
        }
        while let Some(frame) = reader.next().unwrap() {
            frames.push((frame.wire_len, frame.bytes.to_vec()));
        }
    }
    frames
}

/// Ports of protocols of which tcpdump prints more than we do with `-v`: packets of any kind that
/// MSDP quotes.
const OTHER_PRINTERS: [u16; 1] = [639];

/// `ICMPv6` types of which we print the name only.
const OTHER_MESSAGES: [u8; 4] = [138, 139, 140, 155];

/// Whether the line for a frame is ours to get right: ARP, ICMP, DNS, TCP over IP, whole or damaged,
/// or a packet that is not even that far readable.
/// With `verbose` an ICMP error shows the packet that it quotes, which can be of any protocol.
fn in_scope(frame: &Frame<'_>, verbose: bool) -> bool {
    match decode(frame).network {
        Network::Malformed(_) | Network::Arp(_) => true,
        Network::Ip(ip) => match ip.transport {
            Transport::Tcp(tcp) => {
                let ports = [tcp.src_port, tcp.dst_port];
                !verbose || !ports.iter().any(|port| OTHER_PRINTERS.contains(port))
            }
            Transport::Icmp(icmp) if verbose => ip.src.is_ipv4() && matches!(icmp.kind, 0 | 8),
            Transport::Icmp(icmp) => ip.src.is_ipv4() || !OTHER_MESSAGES.contains(&icmp.kind),
            // Half of all UDP ports have a printer: only those of the captures are compared.
            Transport::Udp(udp) => [udp.src_port, udp.dst_port]
                .iter()
                .all(|port| matches!(port, 53 | 5353 | 4000 | 4001)),
            Transport::Fragment(_) => true,
            Transport::Malformed(malformed) => !matches!(malformed.layer, "UDP" | "ICMPv6"),
            Transport::Other { .. } => false,
        },
        Network::Other { .. } => false,
    }
}

/// tcpdump's text for each packet, found by the time stamp that names the packet.
fn by_number(output: &str) -> HashMap<usize, String> {
    let mut packets: HashMap<usize, String> = HashMap::new();
    let mut current = 0;
    for line in output.lines() {
        let text = match line.split_once(".000000 ") {
            Some((number, text)) if !line.starts_with('\t') => {
                current = number.parse().unwrap();
                text
            }
            _ => line,
        };
        let packet = packets.entry(current).or_default();
        if !packet.is_empty() {
            packet.push('\n');
        }
        packet.push_str(text);
    }
    packets
}

#[test]
fn damaged_frames_read_as_tcpdump_reads_them() {
    const FRAMES: usize = 20_000;
    if !tcpdump_is_here() {
        return;
    }
    let seeds = seeds();
    let mutation = (
        any::<prop::sample::Index>(),
        prop::collection::vec(damage(), 0..4),
    );
    // Other frames on each run; the seed is printed so that a failure can be repeated.
    let now = || std::time::UNIX_EPOCH.elapsed().unwrap().as_nanos();
    let text = std::env::var("IDENTITY_SEED").unwrap_or_else(|_| now().to_string());
    let seed: [u8; 32] = std::array::from_fn(|i| text.as_bytes().get(i).copied().unwrap_or(0));
    println!("IDENTITY_SEED={text}");
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &seed);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);

    let mut frames = Vec::new();
    for _ in 0..FRAMES {
        let (pick, changes) = mutation.new_tree(&mut runner).unwrap().current();
        let (mut wire_len, mut bytes) = seeds[pick.index(seeds.len())].clone();
        for change in &changes {
            apply(change, &mut bytes, &mut wire_len);
        }
        frames.push((wire_len, bytes));
    }
    let verbose = LineOptions {
        verbose: 2,
        link_header: true,
        ..options()
    };
    let compared = [
        compare(&frames, &["-n", "-tt"], options(), false),
        compare(&frames, &["-n", "-tt", "-vv", "-e"], verbose, true),
    ];
    assert!(
        compared.iter().all(|&compared| compared > FRAMES / 2),
        "only {compared:?} of {FRAMES} compared"
    );
}

/// Compares the lines for frames that are in scope; returns for how many.
fn compare(
    frames: &[(u32, Vec<u8>)],
    flags: &[&str],
    options: LineOptions,
    verbose: bool,
) -> usize {
    let mut writer = PcapWriter::new(Vec::new(), LinkType::Ethernet, Precision::Micros).unwrap();
    let mut line = TcpdumpLine::new(LineOptions {
        time: TimeFormat::None,
        ..options
    });
    let mut lines = Vec::new();
    for (number, (wire_len, bytes)) in frames.iter().enumerate() {
        let frame = Frame {
            time: Timestamp::new(i64::try_from(number).unwrap(), 0),
            odd_time: None,
            wire_len: *wire_len,
            link: LinkType::Ethernet,
            bytes,
        };
        writer.write(&frame).unwrap();
        let mut text = String::new();
        line.write(&frame, &mut text);
        lines.push(in_scope(&frame, verbose).then_some(text));
    }
    let expected = by_number(&tcpdump(flags, writer.finish().unwrap()));
    let mut compared = 0;
    for (number, found) in lines.iter().enumerate() {
        let Some(found) = found else { continue };
        let frame = &frames[number];
        assert_eq!(
            expected.get(&number),
            Some(found),
            "{flags:?}: packet {number}, {} bytes on the wire, captured {:02x?}",
            frame.0,
            frame.1
        );
        compared += 1;
    }
    compared
}
