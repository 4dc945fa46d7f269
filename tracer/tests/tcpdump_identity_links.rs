//! Link types beside Ethernet: a session's packets behind each of their headers, whole and cut,
//! print as tcpdump 4.99.3 prints them, are found by decoding, and are filtered as libpcap does.

#![allow(clippy::unwrap_used)]

mod oracle;

use std::fs::File;
use std::path::Path;

use oracle::{tcpdump, tcpdump_is_here};
use tracer::{
    Dump, Expression, Frame, LineOptions, LinkType, Network, PcapReader, PcapWriter, Precision,
    TcpdumpLine, TimeFormat, Timestamp, decode,
};

/// A header for what has this `EtherType`, and what follows the packet; `None` where there is none.
type Wrap = fn(ethertype: u16, payload: &[u8]) -> Option<Vec<u8>>;

const SOURCE: [u8; 6] = [2, 0, 0, 0, 0, 1];
const DESTINATION: [u8; 6] = [2, 0, 0, 0, 0, 2];
const STATION: [u8; 6] = [2, 0, 0, 0, 0, 9];

/// The link types, each with the forms that its header has.
const FORMS: [(u32, &[Wrap]); 9] = [
    (
        1,
        &[|kind, bytes| Some(ethernet(0x8864, &pppoe(kind, bytes)?))],
    ),
    (
        9,
        &[
            |kind, bytes| Some([&[0xff, 3], &ppp(kind)?[..], bytes].concat()),
            |kind, bytes| Some([&[0x01, 3], &ppp(kind)?[..], bytes].concat()),
            |kind, bytes| Some([&ppp(kind)?[..], bytes].concat()),
            // The protocol's leading zero left out.
            |kind, bytes| Some([&ppp(kind)?[1..], bytes].concat()),
        ],
    ),
    (
        50,
        &[
            |kind, bytes| Some([&[0xff, 3], &ppp(kind)?[..], bytes].concat()),
            |kind, bytes| Some([&[0x0f, 0], &kind.to_be_bytes()[..], bytes].concat()),
            |kind, bytes| Some([&[0x11, 3], &ppp(kind)?[..], bytes].concat()),
        ],
    ),
    (51, &[pppoe]),
    (
        104,
        &[
            |kind, bytes| Some([&[0x0f, 0], &kind.to_be_bytes()[..], bytes].concat()),
            |kind, bytes| Some([&[0x8f, 0], &kind.to_be_bytes()[..], bytes].concat()),
        ],
    ),
    (
        105,
        &[
            |kind, bytes| Some(wireless(0x0008, 0, kind, bytes)),
            |kind, bytes| Some(wireless(0x0108, 0, kind, bytes)),
            |kind, bytes| Some(wireless(0x2a08, 0, kind, bytes)),
            |kind, bytes| Some(wireless(0x1388, 0, kind, bytes)),
            |kind, bytes| Some(wireless(0x4108, 0, kind, bytes)),
        ],
    ),
    (
        119,
        &[
            |kind, bytes| Some([&[0; 144], &wireless(0x0108, 0, kind, bytes)[..]].concat()),
            |kind, bytes| Some([&avs()[..], &wireless(0x0208, 0, kind, bytes)].concat()),
        ],
    ),
    (
        127,
        &[
            |kind, bytes| Some([RADIOTAP, &wireless(0x0108, 0, kind, bytes), b"FCS!"].concat()),
            |kind, bytes| Some([PADDED, &wireless(0x0288, 2, kind, bytes)].concat()),
            |kind, bytes| Some([EXTENDED, &wireless(0x0108, 0, kind, bytes)].concat()),
            |kind, bytes| Some([NEW, &wireless(0x0108, 0, kind, bytes)].concat()),
            |kind, bytes| Some([VENDOR, &wireless(0x0108, 0, kind, bytes)].concat()),
        ],
    ),
    (
        163,
        &[|kind, bytes| Some([&avs()[..], &wireless(0x0208, 0, kind, bytes)].concat())],
    ),
];

/// Clock, flags (with a check sequence), rate, channel, signal, noise, quality, antenna.
const RADIOTAP: &[u8] = &[
    0, 0, 29, 0, 0xef, 0x08, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 0x12, 22, 0x6c, 0x09, 0x80, 0x04, 0xd0,
    0xa0, 9, 0, 1, 0, 0,
];
/// Flags (with padding), channel of 5 GHz, the attenuations, the power.
const PADDED: &[u8] = &[
    0, 0, 20, 0, 0x0a, 0x07, 0, 0, 0x20, 0, 0x3c, 0x14, 0x40, 0x01, 7, 0, 5, 0xf6, 0, 0,
];
/// Hops, relative levels, what was received, the extended channel, and a word more.
const EXTENDED: &[u8] = &[
    0, 0, 28, 0, 0x10, 0x70, 0x04, 0x80, 0, 0, 0, 0, 3, 4, 40, 5, 1, 0, 0, 0, 0x80, 0x00, 0x05, 0,
    0x6c, 0x09, 1, 20,
];
/// 802.11n's modulation, and 802.11ac's.
const NEW: &[u8] = &[
    0, 0, 32, 0, 0x02, 0, 0x38, 0, 0x40, 0x3f, 0x35, 12, 0, 0, 0, 0, 1, 0, 0, 0, 2, 0, 3, 0, 0x44,
    0, 4, 4, 0x91, 0, 0, 0,
];
/// A vendor's fields, of three bytes.
const VENDOR: &[u8] = &[
    0, 0, 23, 0, 0x04, 0, 0, 0xc0, 1, 0, 0, 0, 0x86, 0, 0x10, 0x18, 1, 3, 0, 7, 7, 7, 0,
];

fn ethernet(ethertype: u16, payload: &[u8]) -> Vec<u8> {
    [&DESTINATION, &SOURCE, &ethertype.to_be_bytes()[..], payload].concat()
}

fn ppp(ethertype: u16) -> Option<[u8; 2]> {
    match ethertype {
        0x0800 => Some([0, 0x21]),
        0x86dd => Some([0, 0x57]),
        _ => None,
    }
}

fn pppoe(ethertype: u16, payload: &[u8]) -> Option<Vec<u8>> {
    let len = u16::try_from(payload.len() + 2).unwrap().to_be_bytes();
    Some([&[0x11, 0, 0x12, 0x34][..], &len, &ppp(ethertype)?, payload].concat())
}

fn avs() -> Vec<u8> {
    [&[0x80, 0x21, 0x10, 0x01, 0, 0, 0, 64][..], &[0; 56]].concat()
}

/// A data frame with an LLC header; with `padding` behind its own.
fn wireless(control: u16, padding: usize, ethertype: u16, payload: &[u8]) -> Vec<u8> {
    let mut frame = [&control.to_le_bytes()[..], &[0x2c, 0]].concat();
    frame.extend([DESTINATION, SOURCE, STATION, [0x10, 0x20, 0, 0, 0, 0]].concat());
    frame.truncate(24);
    if control & 0x300 == 0x300 {
        frame.extend(STATION);
    }
    if control & 0x80 != 0 {
        frame.extend([5, 0]);
    }
    frame.resize(frame.len() + padding, 0);
    frame.extend([0xaa, 0xaa, 3, 0, 0, 0]);
    frame.extend(ethertype.to_be_bytes());
    frame.extend(payload);
    frame
}

/// Frames of 802.11 that carry nothing.
fn others() -> Vec<Vec<u8>> {
    let mut frames = Vec::new();
    // Control frames of each subtype.
    for subtype in 0..16_u16 {
        let mut frame = (0x0004 | subtype << 4).to_le_bytes().to_vec();
        frame.extend([0x34, 0xc1]);
        frame.extend([DESTINATION, SOURCE, STATION].concat());
        frames.push(frame);
    }
    // A null function, and a type that does not exist.
    frames.push(wireless(0x0148, 0, 0x0800, &[0; 20])[..24].to_vec());
    frames.push(wireless(0x000c, 0, 0x0800, &[0; 20]));
    let fixed = [7, 0, 0, 0, 0, 0, 0, 0, 100, 0, 0x11, 0x04];
    let elements = b"\0\x05ftp-x\x01\x04\x82\x84\x0b\x96\x03\x01\x06\x05\x04\0\x01\0\0\xdd\x02ab";
    let hidden = b"\0\x03\0\0\0\x01\0\x01\x02\x82\x24";
    for elements in [&elements[..], hidden, &elements[..9]] {
        for (subtype, begin) in [(8, 0), (5, 0), (4, 12), (0, 8), (2, 2)] {
            let mut frame = wireless(subtype << 4, 0, 0, &[]);
            frame.truncate(24);
            frame.extend(&fixed[begin..]);
            frame.extend(elements);
            frames.push(frame);
        }
    }
    frames
}

/// Packets of PPP with which the two ends agree, each with its protocol.
fn agreements() -> Vec<Vec<u8>> {
    let mut packets = Vec::new();
    let lcp = b"\x01\x07\0\x0e\x02\x06\0\0\0\0\x05\x06\x12\x34";
    for protocol in [
        0xc021_u16, 0x8021, 0x8023, 0x8057, 0x80fd, 0x8281, 0xc02b, 0xc02d, 0x003d, 0xc025, 0x0029,
    ] {
        packets.push([&protocol.to_be_bytes()[..], lcp].concat());
    }
    for code in 0..18 {
        packets.push([&[0xc0, 0x21, code][..], &lcp[1..]].concat());
    }
    for pap in [
        &b"\x01\x02\0\x0f\x04user\x05secrt"[..],
        b"\x01\x02\0\x05\x04",
        b"\x01\x02\0\x20\x04user",
        b"\x01\x02\0\x03\x04user",
        b"\x01\x02\0\x0e\x09user\x05secrt",
        b"\x02\x02\0\x08\x03oky",
        b"\x03\x02\0\x04",
        b"\x07\x02\0\x04",
    ] {
        packets.push([&[0xc0, 0x23], pap].concat());
    }
    for chap in [
        &b"\x01\x02\0\x0d\x04\xab\xcd\xef\x01name"[..],
        b"\x02\x02\0\x0d\x04\xab\xcd\xef\x01na\xf1e",
        b"\x02\x02\0\x06\x04\xab\xcd\xef\x01name",
        b"\x02\x02\0\x0d\x0f\xab\xcd\xef\x01name",
        b"\x03\x02\0\x09Hello",
        b"\x04\x02\0\x03No",
        b"\x05\x02\0\x04",
    ] {
        packets.push([&[0xc2, 0x23], chap].concat());
    }
    packets
}

/// Of the session in the repository: what Ethernet carries.
fn packets() -> Vec<(u16, Vec<u8>)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/pcaps/session.pcap");
    let mut reader = PcapReader::new(File::open(path).unwrap()).unwrap();
    let mut packets = Vec::new();
    while let Some(frame) = reader.next().unwrap() {
        let kind = u16::from_be_bytes([frame.bytes[12], frame.bytes[13]]);
        packets.push((kind, frame.bytes[14..].to_vec()));
    }
    packets
}

/// Frames of one link type, each with the bytes that were captured of it.
fn frames(link: u32, forms: &[Wrap]) -> Vec<(Vec<u8>, usize)> {
    let packets = packets();
    let mut frames = Vec::new();
    for wrap in forms {
        let wrapped = packets
            .iter()
            .filter_map(|(kind, bytes)| wrap(*kind, bytes));
        let wrapped: Vec<_> = wrapped.collect();
        assert!(wrapped.len() > 300);
        let whole = wrapped.iter().step_by(3);
        frames.extend(whole.map(|bytes| (bytes.clone(), bytes.len())));
        let cut = &wrapped[20];
        frames.extend((1..cut.len()).map(|len| (cut.clone(), len)));
    }
    let alone = match link {
        9 | 50 => {
            let framed = |packet: Vec<u8>| [&[0xff, 3][..], &packet].concat();
            agreements().into_iter().map(framed).collect()
        }
        105 => others(),
        _ => Vec::new(),
    };
    for bytes in alone {
        frames.extend((1..=bytes.len()).map(|len| (bytes.clone(), len)));
    }
    frames
}

fn frame(link: u32, (bytes, captured): &(Vec<u8>, usize)) -> Frame<'_> {
    Frame {
        time: Timestamp::new(0, 0),
        odd_time: None,
        wire_len: u32::try_from(bytes.len()).unwrap(),
        link: LinkType::from_pcap(link),
        bytes: &bytes[..*captured],
    }
}

fn capture(link: u32, frames: &[(Vec<u8>, usize)]) -> Vec<u8> {
    let kind = LinkType::from_pcap(link);
    let mut writer = PcapWriter::new(Vec::new(), kind, Precision::Micros).unwrap();
    for bytes in frames {
        writer.write(&frame(link, bytes)).unwrap();
    }
    writer.finish().unwrap()
}

#[test]
fn frames_read_as_tcpdump_reads_them() {
    if !tcpdump_is_here() {
        return;
    }
    let plain = LineOptions {
        time: TimeFormat::None,
        ..LineOptions::default()
    };
    let all = LineOptions {
        link_header: true,
        verbose: 1,
        dump: Dump::Hex { link: false },
        ..plain.clone()
    };
    let with_header = LineOptions {
        link_header: true,
        ..plain.clone()
    };
    let brief = LineOptions {
        quiet: true,
        ..with_header.clone()
    };
    for (link, forms) in FORMS {
        let frames = frames(link, forms);
        for (flags, options) in [
            (&["-nt"][..], &plain),
            (&["-nt", "-e", "-v", "-x"], &all),
            (&["-nt", "-e"], &with_header),
            (&["-nt", "-e", "-q"], &brief),
        ] {
            // What negotiations ask for, which `-v` tells, is not shown.
            let negotiates = |(bytes, _): &&(Vec<u8>, usize)| {
                matches!(link, 9 | 50) && matches!(bytes[..], [0xff, 3, 0x80..=0xff, ..])
            };
            let frames: Vec<_> = frames
                .iter()
                .filter(|frame| options.verbose == 0 || !negotiates(frame))
                .cloned()
                .collect();
            let expected = tcpdump(flags, capture(link, &frames));
            let mut line = TcpdumpLine::new(options.clone());
            let mut found = String::new();
            for bytes in &frames {
                let start = found.len();
                line.write(&frame(link, bytes), &mut found);
                found.push('\n');
                let shown = &found[start..];
                let theirs = expected.get(start..start + shown.len());
                assert_eq!(theirs, Some(shown), "{link} {flags:?}: {bytes:02x?}");
            }
            assert_eq!(expected.len(), found.len(), "{link} {flags:?}");
        }
    }
}

#[test]
fn packets_are_found_behind_every_header() {
    for (link, forms) in FORMS {
        for wrap in forms {
            for (kind, payload) in packets() {
                let Some(bytes) = wrap(kind, &payload) else {
                    continue;
                };
                let plain = ethernet(kind, &payload);
                let (bytes, plain) = ((bytes.clone(), bytes.len()), (plain.clone(), plain.len()));
                let expected = decode(&frame(1, &plain));
                let found = decode(&frame(link, &bytes));
                match found.network {
                    // What is encrypted, or has an address that nobody knows.
                    Network::Other { .. } if hidden(link, &bytes.0) => {}
                    network => assert_eq!(
                        format!("{network:?}"),
                        format!("{:?}", expected.network),
                        "{link}: {:02x?}",
                        bytes.0
                    ),
                }
            }
        }
    }
}

fn hidden(link: u32, bytes: &[u8]) -> bool {
    (link == 105 && bytes[1] & 0x40 != 0) || (link == 50 && bytes[0] == 0x11)
}

#[test]
fn frames_are_filtered_as_by_libpcap() {
    if !tcpdump_is_here() {
        return;
    }
    for (link, forms) in FORMS {
        // libpcap looks for the protocol where the first form has it, behind Ethernet only when it
        // is told to, and not behind four addresses.
        let forms = match link {
            1 => continue,
            9 | 50 => &forms[..1],
            105 => &forms[..3],
            _ => forms,
        };
        let mut frames = frames(link, forms);
        frames.retain(|(bytes, captured)| bytes.len() == *captured);
        let capture = capture(link, &frames);
        for text in [
            "tcp port 21",
            "ip6 and not port 21",
            "src host 10.0.0.1",
            "tcp[tcpflags] & tcp-syn != 0",
            "greater 200 or udp",
        ] {
            let expected = tcpdump(&["-nt", "-S", text], capture.clone());
            let program = Expression::parse(text)
                .unwrap()
                .compile(LinkType::from_pcap(link))
                .unwrap();
            let mut line = TcpdumpLine::new(LineOptions {
                time: TimeFormat::None,
                absolute_seq: true,
                ..LineOptions::default()
            });
            let chosen = frames.iter().map(|bytes| frame(link, bytes));
            let chosen: Vec<_> = chosen.filter(|frame| program.accepts(frame)).collect();
            let mut found = String::new();
            for frame in &chosen {
                line.write(frame, &mut found);
                found.push('\n');
            }
            for (theirs, ours) in expected.lines().zip(found.lines()) {
                assert_eq!(theirs, ours, "{link}: {text}");
            }
            assert_eq!(expected.lines().count(), chosen.len(), "{link}: {text}");
            assert!(!chosen.is_empty() || link == 105, "{link}: {text}");
        }
    }
}
