//! Every byte of a frame belongs to exactly one field, where tshark sees it, with tshark's value.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;

use proptest::prelude::*;
use serde_json::Value;
use tracer::{
    Field, FieldName as Name, Frame, Language, LinkType, PcapReader, PcapWriter, Precision, Speech,
    Timestamp, fields,
};

/// Ours, tshark's name for it, and whether the value begins with the word that tshark shows.
const NAMES: [(&str, Name, &str, bool); 39] = [
    ("Ethernet", Name::Destination, "eth.dst", true),
    ("Ethernet", Name::Source, "eth.src", true),
    ("Ethernet", Name::EtherType, "eth.type", true),
    ("ARP", Name::HardwareType, "arp.hw.type", true),
    ("ARP", Name::ProtocolType, "arp.proto.type", true),
    ("ARP", Name::HardwareLength, "arp.hw.size", true),
    ("ARP", Name::ProtocolLength, "arp.proto.size", true),
    ("ARP", Name::Operation, "arp.opcode", true),
    ("ARP", Name::SenderHardware, "arp.src.hw_mac", true),
    ("ARP", Name::SenderProtocol, "arp.src.proto_ipv4", true),
    ("ARP", Name::TargetHardware, "arp.dst.hw_mac", true),
    ("ARP", Name::TargetProtocol, "arp.dst.proto_ipv4", true),
    ("IPv4", Name::VersionHeaderLength, "ip.hdr_len", false),
    ("IPv4", Name::TypeOfService, "ip.dsfield", true),
    ("IPv4", Name::TotalLength, "ip.len", true),
    ("IPv4", Name::Identification, "ip.id", true),
    ("IPv4", Name::TimeToLive, "ip.ttl", true),
    ("IPv4", Name::Protocol, "ip.proto", true),
    ("IPv4", Name::HeaderChecksum, "ip.checksum", true),
    ("IPv4", Name::Source, "ip.src", true),
    ("IPv4", Name::Destination, "ip.dst", true),
    ("IPv6", Name::PayloadLength, "ipv6.plen", true),
    ("IPv6", Name::HopLimit, "ipv6.hlim", true),
    ("IPv6", Name::Source, "ipv6.src", true),
    ("IPv6", Name::Destination, "ipv6.dst", true),
    ("TCP", Name::SourcePort, "tcp.srcport", true),
    ("TCP", Name::DestinationPort, "tcp.dstport", true),
    ("TCP", Name::SequenceNumber, "tcp.seq_raw", true),
    ("TCP", Name::AckNumber, "tcp.ack_raw", true),
    ("TCP", Name::HeaderLength, "tcp.hdr_len", true),
    ("TCP", Name::Window, "tcp.window_size_value", true),
    ("TCP", Name::Checksum, "tcp.checksum", true),
    ("TCP", Name::UrgentPointer, "tcp.urgent_pointer", true),
    ("UDP", Name::SourcePort, "udp.srcport", true),
    ("UDP", Name::DestinationPort, "udp.dstport", true),
    ("UDP", Name::Length, "udp.length", true),
    ("DNS", Name::Identification, "dns.id", true),
    ("DNS", Name::Questions, "dns.count.queries", true),
    ("DNS", Name::Answers, "dns.count.answers", true),
];

fn session() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/pcaps/session.pcap")
}

/// A question and its answer, whose name is a pointer.
fn dns(folder: &Path) -> PathBuf {
    let path = folder.join("dns.pcap");
    let file = File::create(&path).unwrap();
    let mut writer = PcapWriter::new(file, LinkType::Raw, Precision::Micros).unwrap();
    let question = b"\x03ftp\x07example\x03org\0\0\x01\0\x01";
    let answer = b"\xc0\x0c\0\x01\0\x01\0\0\x0e\x10\0\x04\x0a\0\0\x02";
    for (flags, answers, ports) in [(0x0100_u16, 0_u16, [3170_u16, 53]), (0x8180, 1, [53, 3170])] {
        let mut message = vec![0x12, 0x34];
        for number in [flags, 1, answers, 0, 0] {
            message.extend(number.to_be_bytes());
        }
        message.extend(question);
        message.extend(answer.repeat(answers.into()));
        let len = u16::try_from(message.len()).unwrap();
        let mut bytes = vec![0x45, 0];
        bytes.extend((28 + len).to_be_bytes());
        bytes.extend([0, 1, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 9]);
        for number in [ports[0], ports[1], 8 + len, 0] {
            bytes.extend(number.to_be_bytes());
        }
        bytes.extend(message);
        let frame = Frame {
            time: Timestamp(0),
            odd_time: None,
            wire_len: u32::try_from(bytes.len()).unwrap(),
            link: LinkType::Raw,
            bytes: &bytes,
        };
        writer.write(&frame).unwrap();
    }
    writer.finish().unwrap();
    path
}

/// The fields of each packet of a file, which must be a partition of its bytes.
fn ours(path: &Path) -> Vec<Vec<Field>> {
    let mut reader = PcapReader::new(File::open(path).unwrap()).unwrap();
    let mut all = Vec::new();
    while let Some(frame) = reader.next().unwrap() {
        let found = fields(&frame, Speech::Unknown, Language::En);
        assert_partition(&found, frame.bytes.len());
        all.push(found);
    }
    all
}

fn assert_partition(fields: &[Field], len: usize) {
    let mut at = 0;
    for field in fields {
        assert_eq!(field.start, at, "{field:?}");
        assert!(field.len > 0, "{field:?}");
        at += field.len;
    }
    assert_eq!(at, len);
}

/// tshark's fields of one packet: what it shows, and where the bytes are.
type Theirs = BTreeMap<String, (String, Vec<(u64, u64)>)>;

fn collect(value: &Value, out: &mut Theirs) {
    let Value::Object(object) = value else {
        return;
    };
    for (key, value) in object {
        if let Value::String(text) = value {
            text.clone_into(&mut out.entry(key.clone()).or_default().0);
        } else if let Some(name) = key.strip_suffix("_raw") {
            let place = |raw: &Value| Some((raw.get(1)?.as_u64()?, raw.get(2)?.as_u64()?));
            let entry = out.entry(name.to_owned()).or_default();
            entry.1.extend(place(value));
            for raw in value.as_array().into_iter().flatten() {
                entry.1.extend(place(raw));
            }
        }
        collect(value, out);
    }
}

fn tshark(path: &Path) -> Option<Vec<Theirs>> {
    let mut command = Command::new("tshark");
    let flags = ["-n", "-T", "json", "-x", "--no-duplicate-keys", "-r"];
    match command.args(flags).arg(path).output() {
        Ok(output) => {
            let packets: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
            let theirs = packets.iter().map(|packet| {
                let mut found = Theirs::new();
                collect(&packet["_source"]["layers"], &mut found);
                found
            });
            Some(theirs.collect())
        }
        Err(error) => {
            assert!(std::env::var_os("CI").is_none(), "tshark: {error}");
            eprintln!("skipped: comparison with tshark: {error}");
            None
        }
    }
}

#[test]
fn fields_are_where_tshark_sees_them_and_say_the_same() {
    let folder = std::env::temp_dir().join(format!("ftplab-fields-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let mut compared = BTreeMap::new();
    for path in [session(), dns(&folder)] {
        let found = ours(&path);
        let Some(theirs) = tshark(&path) else { return };
        assert_eq!(found.len(), theirs.len());
        for (number, (found, theirs)) in found.iter().zip(&theirs).enumerate() {
            // A message about a packet quotes it, and tshark shows the quoted header; the first
            // of several fragments it leaves alone.
            let fragment = |field: &Field| match field.layer {
                "IPv4" => field.value.contains("MF"),
                "IPv6" => field.name == Name::Reserved, // of the fragment header
                _ => false,
            };
            if theirs.keys().any(|key| key.starts_with("icmp")) || found.iter().any(fragment) {
                continue;
            }
            for field in found {
                let known = NAMES
                    .iter()
                    .find(|(layer, name, ..)| (*layer, *name) == (field.layer, field.name));
                let Some((_, _, name, same)) = known else {
                    continue;
                };
                let what = format!("packet {}, {name}: {field:?}", number + 1);
                let (shown, places) = theirs.get(*name).unwrap_or_else(|| panic!("{what}"));
                let place = (field.start as u64, field.len as u64);
                assert!(places.contains(&place), "{what}: {places:?}");
                if *same {
                    assert_eq!(field.value.split(' ').next(), Some(&**shown), "{what}");
                }
                *compared.entry(*name).or_insert(0) += 1;
            }
        }
    }
    std::fs::remove_dir_all(folder).unwrap();
    for (_, _, name, _) in NAMES {
        assert!(compared.contains_key(name), "{name} never came");
    }
}

#[test]
fn a_name_is_read_through_its_pointer() {
    let folder = std::env::temp_dir().join(format!("ftplab-names-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let packets = ours(&dns(&folder));
    std::fs::remove_dir_all(folder).unwrap();
    let values = |name| {
        let of = packets[1].iter().filter(move |field| field.name == name);
        of.map(|field| field.value.as_str()).collect::<Vec<_>>()
    };
    assert_eq!(values(Name::RecordName), ["ftp.example.org."; 2]);
    assert_eq!(values(Name::RecordData), ["10.0.0.2"]);
}

/// Frames of the capture, to be damaged.
fn frames() -> Vec<Vec<u8>> {
    let mut reader = PcapReader::new(File::open(session()).unwrap()).unwrap();
    let mut all = Vec::new();
    while let Some(frame) = reader.next().unwrap() {
        all.push(frame.bytes.to_vec());
    }
    all
}

proptest! {
    #[test]
    fn damaged_frames_are_partitioned_too(
        mut bytes in prop::sample::select(frames()),
        hits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..8),
        keep in any::<prop::sample::Index>(),
        link in prop_oneof![4 => Just(1_u32), 1 => 0..300_u32].prop_map(LinkType::from_pcap),
        speech in prop::sample::select(vec![Speech::Commands, Speech::Replies, Speech::Unknown]),
        language in prop::sample::select(vec![Language::En, Language::Zh]),
    ) {
        for (at, byte) in hits {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        bytes.truncate(keep.index(bytes.len() + 1));
        let wire_len = u32::try_from(bytes.len()).unwrap();
        let frame = Frame { time: Timestamp(0), odd_time: None, wire_len, link, bytes: &bytes };
        assert_partition(&fields(&frame, speech, language), bytes.len());
    }

    #[test]
    fn any_dns_message_is_partitioned(message in prop::collection::vec(any::<u8>(), 0..300)) {
        let len = u16::try_from(message.len()).unwrap();
        let mut bytes = vec![0x45, 0];
        bytes.extend((28 + len).to_be_bytes());
        bytes.extend([0, 1, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 9, 0, 53, 0, 53]);
        bytes.extend((8 + len).to_be_bytes());
        bytes.extend([0, 0]);
        bytes.extend(message);
        let wire_len = u32::try_from(bytes.len()).unwrap();
        let frame = Frame { time: Timestamp(0), odd_time: None, wire_len, link: LinkType::Raw, bytes: &bytes };
        let found = fields(&frame, Speech::Unknown, Language::En);
        assert_partition(&found, bytes.len());
    }
}
