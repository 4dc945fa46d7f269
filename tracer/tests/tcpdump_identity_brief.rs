//! Protocols that are summed up in one line: each message whole and cut at every length, as
//! tcpdump 4.99.3 prints it without `-v`.

#![allow(clippy::unwrap_used)]

mod oracle;

use oracle::{tcpdump, tcpdump_is_here};
use tracer::{
    Frame, LineOptions, LinkType, PcapWriter, Precision, TcpdumpLine, TimeFormat, Timestamp,
};

fn ethernet(ethertype: u16, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1];
    frame.extend(ethertype.to_be_bytes());
    frame.extend(payload);
    frame
}

/// Of a protocol of its own, over either version of IP.
fn over_ip(protocol: u8, payload: &[u8]) -> [Vec<u8>; 2] {
    let len = u16::try_from(payload.len()).unwrap();
    let mut v4 = vec![0x45, 0];
    v4.extend((20 + len).to_be_bytes());
    v4.extend([0, 1, 0, 0, 1, protocol, 0, 0, 10, 0, 0, 1, 224, 0, 0, 5]);
    let mut v6 = vec![0x60, 0, 0, 0];
    v6.extend(len.to_be_bytes());
    v6.extend([protocol, 1]);
    v6.extend([0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
    v6.extend([0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5]);
    v4.extend(payload);
    v6.extend(payload);
    [ethernet(0x0800, &v4), ethernet(0x86dd, &v6)]
}

/// From port 40000, or to it.
fn udp((port, from): (u16, bool), payload: &[u8]) -> Vec<u8> {
    let len = u16::try_from(payload.len()).unwrap();
    let mut packet = vec![0x45, 0];
    packet.extend((28 + len).to_be_bytes());
    packet.extend([0, 1, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2]);
    let (sport, dport) = if from { (port, 40000) } else { (40000, port) };
    for field in [sport, dport, 8 + len, 0_u16] {
        packet.extend(field.to_be_bytes());
    }
    packet.extend(payload);
    ethernet(0x0800, &packet)
}

/// With the byte at `at` as each of `values`.
fn variants(bytes: &[u8], at: usize, values: impl IntoIterator<Item = u8>) -> Vec<Vec<u8>> {
    let change = |value| {
        let mut bytes = bytes.to_vec();
        bytes[at] = value;
        bytes
    };
    values.into_iter().map(change).collect()
}

fn frames() -> Vec<Vec<u8>> {
    let mut frames = Vec::new();
    let mut add = |ports: &[u16], payloads: Vec<Vec<u8>>| {
        for payload in payloads {
            for &port in ports {
                frames.push(udp((port, false), &payload));
                frames.push(udp((port, true), &payload));
            }
        }
    };
    let hsrp = *b"\0\0\x10\x03\x0a\x78\x01\0cisco\0\0\0\x0a\0\0\x01";
    add(&[1985], variants(&hsrp, 1, 0..4));
    add(&[1985], variants(&hsrp, 2, 0..18));
    add(&[1985], variants(&hsrp, 7, 0..2));
    add(&[1985], variants(&hsrp, 0, 0..2));
    let rip = *b"\x02\x02\0\0\0\x02\0\0\x0a\0\0\0\xff\0\0\0\0\0\0\0\0\0\0\x01";
    add(&[520], variants(&rip, 0, 0..8));
    add(&[520], variants(&rip, 1, 0..4));
    add(
        &[546, 547],
        variants(b"\x01\x12\x34\x56\0\x01\0\x02ab", 0, 0..17),
    );
    let mut radius = *b"\x01\x05\0\x1a\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\x06user";
    add(
        &[1812],
        variants(&radius, 0, (0..15).chain(40..46).chain([255])),
    );
    add(&[1645, 1646, 1813, 1700, 3799], vec![radius.to_vec()]);
    radius[3] = 0x30;
    add(&[1812], vec![radius.to_vec()]);
    radius[3] = 0x13;
    add(&[1812], vec![radius.to_vec()]);
    let lldp = b"\x02\x07\x04\x02\0\0\0\0\x01\x04\x03\x07e0\x06\x02\0\x78\x0a\x06sw\x01\xff\0x\0\0";
    frames.push(ethernet(0x88cc, lldp));
    frames.push(ethernet(0x88cc, &lldp[..15]));
    frames.push(ethernet(0x88cc, b"\x0a\x00"));
    frames.push(ethernet(0x88cc, b"\x0a\x7fsw"));
    frames.push(ethernet(0x88cc, b"\x0a"));
    frames
}

/// What routers and switches say to their neighbours.
fn neighbours() -> Vec<Vec<u8>> {
    let mut frames = Vec::new();
    let mut hello = *b"\x02\x01\0\x2c\x01\x01\x01\x01\0\0\0\0\0\0\0\0abcdefgh\
        \xff\xff\xff\0\0\x0a\x12\x01\0\0\0\x28abcdefgh";
    for (protocol, payload, kinds) in [
        (89, &hello[..], 0..7),
        (88, &hello[..20], 0..9),
        (103, &hello[..12], 0x1f..0x2d),
    ] {
        let at = usize::from(protocol != 103);
        for payload in variants(payload, at, kinds) {
            frames.extend(over_ip(protocol, &payload));
        }
    }
    // A digest follows.
    hello[15] = 2;
    frames.extend(over_ip(89, &hello));
    frames.extend(over_ip(89, &hello[..20]));
    for payload in variants(b"\x01\x03\0\x05\x02ab", 1, 0..6) {
        frames.push(ethernet(0x888e, &payload));
    }
    for payload in variants(b"\x01\x01\x01\x14abcd", 0, 0..6) {
        frames.push(ethernet(0x8809, &payload));
    }
    frames.push(ethernet(0x8809, b"\x01\x02"));
    frames.push(ethernet(0x8809, b"\x01"));
    for payload in [
        &b"\0\0\x01\0\x05\0data"[..],
        b"\0\0\x02\0\x02\0\0\0\0\x01\x01\0\0\0",
        b"\x08\0\x02\0\x02\0\0\0\0\x01\x01\0\x07\0x",
        b"\x07\0abcdefg\0\x03data",
        b"\x40\0abc",
        b"\0\0\x02\0abc",
        b"\0\0\x01\0",
        b"\0\0\x01",
        b"\0",
    ] {
        frames.push(ethernet(0x9000, payload));
    }
    frames
}

/// Messages of NTP, which `-v` takes apart.
fn time_messages() -> Vec<Vec<u8>> {
    let mut message = *b"\x23\x02\x06\xec\0\0\x12\x34\0\x01\xab\xcd\x0a\0\0\x01\
        \xe8\x01\x02\x03\x80\0\0\0\xe8\x01\x02\x10\x12\x34\x56\x78\
        \xe8\x01\x02\x11\0\0\0\x01\xe8\x01\x02\x0f\xff\xff\xff\xff\
        \0\0\0\x07abcdefghijklmnopqrst";
    let mut frames = Vec::new();
    let mut add = |payloads: Vec<Vec<u8>>| {
        let framed = payloads.iter().map(|payload| udp((123, true), payload));
        frames.extend(framed);
    };
    add(variants(&message[..48], 0, (0..=255).step_by(3)));
    add(variants(&message[..48], 1, [0, 1, 2, 15, 16, 62, 63, 255]));
    add(variants(&message[..48], 2, [0, 31, 32, 200, 224, 225, 255]));
    add(variants(&message[..48], 32, [0, 0xe7, 0xe9]));
    for len in [12, 47, 49, 52, 60, 68, 72] {
        add(vec![message[..len].to_vec()]);
    }
    message[24..32].fill(0);
    add(vec![message[..48].to_vec()]);
    let control = b"\x26\x82\0\x01\x06\x15\0\0\0\0\0\x04stat";
    add(variants(control, 1, [0x02, 0x82, 0xc2, 0xe3]));
    add(variants(control, 11, [0, 3, 5]));
    add(variants(&control[..14], 4, [0]));
    frames
}

#[test]
fn messages_read_as_tcpdump_reads_them() {
    compare(frames(), &["-n", "-t"], 0);
    compare(neighbours(), &["-n", "-t"], 0);
    compare(time_messages(), &["-n", "-t", "-v"], 1);
}

/// Each whole and cut at every length.
fn compare(frames: Vec<Vec<u8>>, flags: &[&str], verbose: u8) {
    if !tcpdump_is_here() {
        return;
    }
    let mut writer = PcapWriter::new(Vec::new(), LinkType::Ethernet, Precision::Micros).unwrap();
    let mut line = TcpdumpLine::new(LineOptions {
        time: TimeFormat::None,
        verbose,
        ..LineOptions::default()
    });
    let mut found = String::new();
    for whole in frames {
        for len in 14..=whole.len() {
            let frame = Frame {
                time: Timestamp::new(0, 0),
                odd_time: None,
                wire_len: u32::try_from(whole.len()).unwrap(),
                link: LinkType::Ethernet,
                bytes: &whole[..len],
            };
            writer.write(&frame).unwrap();
            line.write(&frame, &mut found);
            found.push('\n');
        }
    }
    let expected = tcpdump(flags, writer.finish().unwrap());
    assert!(found.lines().count() > 1000);
    for (number, (expected, found)) in expected.lines().zip(found.lines()).enumerate() {
        assert_eq!(expected, found, "line {}", number + 1);
    }
    assert_eq!(expected.len(), found.len(), "not equally long");
}
