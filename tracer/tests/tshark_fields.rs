//! What [`decode`] reads is what tshark reads, field by field.

#![allow(clippy::unwrap_used)]

use std::fmt::Write;
use std::fs::File;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use tracer::{Link, Network, PcapReader, Transport, decode};

/// Of an IP packet with TCP, in the order in which [`fields`] writes them.
const FIELDS: [&str; 19] = [
    "frame.len",
    "eth.src",
    "eth.dst",
    "ip.src",
    "ip.dst",
    "ip.ttl",
    "ip.flags.df",
    "ipv6.src",
    "ipv6.dst",
    "ipv6.hlim",
    "tcp.srcport",
    "tcp.dstport",
    "tcp.seq_raw",
    "tcp.ack_raw",
    "tcp.flags",
    "tcp.window_size_value",
    "tcp.urgent_pointer",
    "tcp.len",
    "tcp.options.mss_val",
];

fn session() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/pcaps/session.pcap")
}

/// tshark's fields of the packets that pass `filter`, one packet a line; nothing when there is
/// no tshark, which CI does not accept.
fn tshark(filter: &str, fields: &[&str]) -> Option<String> {
    let mut command = Command::new("tshark");
    command.arg("-n").arg("-r").arg(session());
    // One packet a line even where a message quotes another's header.
    command.args(["-Y", filter, "-T", "fields", "-E", "occurrence=f"]);
    for field in fields {
        command.args(["-e", field]);
    }
    match command.output() {
        Ok(output) => {
            let problem = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "tshark: {problem}");
            Some(String::from_utf8(output.stdout).unwrap())
        }
        Err(error) => {
            assert!(std::env::var_os("CI").is_none(), "tshark: {error}");
            eprintln!("skipped: comparison with tshark: {error}");
            None
        }
    }
}

/// The same for what `fields` makes of each packet that concerns it.
fn ours(mut fields: impl FnMut(&tracer::Packet<'_>) -> Option<String>) -> String {
    let mut reader = PcapReader::new(File::open(session()).unwrap()).unwrap();
    let mut out = String::new();
    while let Some(frame) = reader.next().unwrap() {
        if let Some(line) = fields(&decode(&frame)) {
            out.push_str(&line);
            out.push('\n');
        }
    }
    out
}

#[track_caller]
fn assert_same_lines(expected: &str, found: &str, at_least: usize) {
    for (number, (expected, found)) in expected.lines().zip(found.lines()).enumerate() {
        assert_eq!(expected, found, "packet {} of those", number + 1);
    }
    assert_eq!(expected.lines().count(), found.lines().count());
    assert!(expected.lines().count() >= at_least);
}

fn tcp_fields(packet: &tracer::Packet<'_>) -> Option<String> {
    let (ip, tcp) = packet.tcp()?;
    let Link::Ethernet { src, dst, .. } = packet.link else {
        return None;
    };
    let mut line = format!("{}\t{src}\t{dst}\t", packet.wire_len);
    match ip.src {
        IpAddr::V4(_) => {
            let df = u8::from(ip.dont_fragment);
            write!(line, "{}\t{}\t{}\t{df}\t\t\t\t", ip.src, ip.dst, ip.ttl)
        }
        IpAddr::V6(_) => write!(line, "\t\t\t\t{}\t{}\t{}\t", ip.src, ip.dst, ip.ttl),
    }
    .unwrap();
    write!(
        line,
        "{}\t{}\t{}\t{}\t0x{:04x}\t{}\t{}\t{}\t",
        tcp.src_port, tcp.dst_port, tcp.seq, tcp.ack, tcp.flags.0, tcp.window, tcp.urgent, tcp.len
    )
    .unwrap();
    if let Some(mss) = tcp.options.mss() {
        write!(line, "{mss}").unwrap();
    }
    Some(line)
}

#[test]
fn tcp_segments() {
    let Some(expected) = tshark("tcp && !icmp && !icmpv6", &FIELDS) else {
        return;
    };
    assert_same_lines(&expected, &ours(tcp_fields), 300);
}

#[test]
fn arp_packets() {
    let fields = [
        "arp.opcode",
        "arp.src.hw_mac",
        "arp.src.proto_ipv4",
        "arp.dst.hw_mac",
        "arp.dst.proto_ipv4",
    ];
    let Some(expected) = tshark("arp", &fields) else {
        return;
    };
    let found = ours(|packet| {
        let Network::Arp(arp) = packet.network else {
            return None;
        };
        let operation = match arp.operation {
            tracer::ArpOperation::Request => 1,
            tracer::ArpOperation::Reply => 2,
            tracer::ArpOperation::Other(other) => other,
        };
        Some(format!(
            "{operation}\t{}\t{}\t{}\t{}",
            arp.sender_mac, arp.sender_ip, arp.target_mac, arp.target_ip
        ))
    });
    assert_same_lines(&expected, &found, 4);
}

#[test]
fn icmp_messages() {
    for (filter, version6) in [("icmp", false), ("icmpv6", true)] {
        let names = [format!("{filter}.type"), format!("{filter}.code")];
        let fields = names.each_ref().map(String::as_str);
        let Some(expected) = tshark(filter, &fields) else {
            return;
        };
        let found = ours(|packet| {
            let ip = packet.ip()?;
            match &ip.transport {
                Transport::Icmp(icmp) if ip.src.is_ipv6() == version6 => {
                    Some(format!("{}\t{}", icmp.kind, icmp.code))
                }
                _ => None,
            }
        });
        assert_same_lines(&expected, &found, 4);
    }
}
