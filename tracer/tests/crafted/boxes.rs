//! The article's decode boxes, made again from the fields that they show.

use std::net::Ipv4Addr;

use tracer::{
    Analyzer, Boxes, Frame, LineOptions, LinkType, Render, TimeFormat, Timestamp, decode,
};

use crate::wire::{ACK, PSH, SYN};

/// What a box says of one segment.
pub(crate) struct Segment<'a> {
    pub(crate) from: (Ipv4Addr, u16),
    pub(crate) to: (Ipv4Addr, u16),
    pub(crate) seq: u32,
    pub(crate) ack: u32,
    pub(crate) flags: u8,
    pub(crate) window: u16,
    pub(crate) options: &'a [u8],
    pub(crate) payload: &'a [u8],
}

/// The Internet checksum (RFC 1071).
fn checksum(bytes: &[u8]) -> u16 {
    let words = bytes.chunks(2).map(|pair| match pair {
        [high, low] => u32::from(u16::from_be_bytes([*high, *low])),
        [high] => u32::from(*high) << 8,
        _ => 0,
    });
    let mut sum: u32 = words.sum();
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !u16::try_from(sum).unwrap()
}

impl Segment<'_> {
    /// The whole Ethernet frame, with checksums computed unless that of TCP is given.
    pub(crate) fn frame(&self, tcp_checksum: Option<u16>) -> Vec<u8> {
        let mut tcp = Vec::new();
        tcp.extend(self.from.1.to_be_bytes());
        tcp.extend(self.to.1.to_be_bytes());
        tcp.extend(self.seq.to_be_bytes());
        tcp.extend(self.ack.to_be_bytes());
        let words = u8::try_from(5 + self.options.len() / 4).unwrap();
        tcp.extend([words << 4, self.flags]);
        tcp.extend(self.window.to_be_bytes());
        tcp.extend([0; 4]);
        tcp.extend(self.options);
        tcp.extend(self.payload);
        let len = u16::try_from(tcp.len()).unwrap();
        let mut covered = [self.from.0.octets(), self.to.0.octets()].concat();
        covered.extend([0, 6]);
        covered.extend(len.to_be_bytes());
        covered.extend(&tcp);
        let sum = tcp_checksum.unwrap_or_else(|| checksum(&covered));
        tcp[16..18].copy_from_slice(&sum.to_be_bytes());
        let mut ip = vec![0x45, 0];
        ip.extend((len + 20).to_be_bytes());
        // The identification that belongs to the first box's header checksum.
        ip.extend([0x0f, 0x2e, 0, 0, 128, 6, 0, 0]);
        ip.extend(self.from.0.octets());
        ip.extend(self.to.0.octets());
        let sum = checksum(&ip);
        ip[10..12].copy_from_slice(&sum.to_be_bytes());
        let mut frame = vec![2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0];
        frame.extend(ip);
        frame.extend(tcp);
        frame
    }
}

/// The box of a frame that the capture begins with, line by line.
fn boxed(bytes: &[u8], wire_len: usize) -> Vec<String> {
    let frame = Frame {
        time: Timestamp::new(0, 0),
        odd_time: None,
        wire_len: u32::try_from(wire_len).unwrap(),
        link: LinkType::Ethernet,
        bytes,
    };
    let line = LineOptions {
        time: TimeFormat::None,
        ..LineOptions::default()
    };
    let mut analyzer = Analyzer::default();
    let mut boxes = Boxes::new(line, true);
    let packet = decode(&frame);
    let explained = analyzer.push(&packet);
    let mut out = Vec::new();
    boxes.packet(&frame, &packet, &explained, &mut out).unwrap();
    let text = String::from_utf8(out).unwrap();
    let mut lines = text.lines();
    assert!(lines.next().unwrap().starts_with("1  IP "));
    let top = lines.next().unwrap();
    let edge = "=".repeat(top.len() - 2);
    assert_eq!(top, format!("/{edge}\\"));
    let mut inside = Vec::new();
    for line in lines.by_ref() {
        if line == format!("\\{edge}/") {
            break;
        }
        assert_eq!(line.chars().count(), top.len(), "{line}");
        let line = line.strip_prefix("| ").and_then(|l| l.strip_suffix(" |"));
        inside.push(line.unwrap().trim().to_owned());
    }
    assert_eq!(lines.collect::<Vec<_>>(), [""]);
    inside
}

/// The lines from the heading on that a box of the article begins with.
fn from<'a>(lines: &'a [String], heading: &str) -> &'a [String] {
    let at = lines.iter().position(|line| line == heading).unwrap();
    &lines[at..]
}

fn addresses() -> [Ipv4Addr; 2] {
    [[192, 168, 0, 1].into(), [192, 168, 0, 3].into()]
}

#[test]
fn the_first_box_of_the_article_is_made_from_its_own_fields() {
    let [client, server] = addresses();
    let segment = Segment {
        from: (client, 2342),
        to: (server, 21),
        seq: 2_435_440_100,
        ack: 9_822_605,
        flags: PSH | ACK,
        window: 65_150,
        options: &[],
        payload: b"PORT 192,168,0,1,9,39\r\n",
    };
    let frame = segment.frame(None);
    let lines = boxed(&frame, frame.len());
    // Between the header length and the time to live, the article has dots.
    let ip = from(&lines, "IP Header - Internet Protocol Datagram");
    let expected = [
        "IP Header - Internet Protocol Datagram",
        "Version: 4",
        "Header Length: 5 (20 bytes)",
        "Type of Service: %00000000",
        "Total Length: 63",
        "Identifier: 3886",
        "Fragmentation Flags: %000 May Fragment, Last Fragment",
        "Fragment Offset: 0 (0 bytes)",
        "Time To Live: 128",
        "Protocol: 6 TCP - Transmission Control Protocol",
        "Header Checksum: 0xAA36",
        "Source IP Address: 192.168.0.1",
        "Dest. IP Address: 192.168.0.3",
        "No IP Options",
        "",
        "TCP - Transport Control Protocol",
        "Source Port: 2342 manage-exec",
        "Destination Port: 21 ftp",
        "Sequence Number: 2435440100",
        "Ack Number: 9822605",
        "Offset: 5 (20 bytes)",
        "Reserved: %000000",
        "Flags: %011000",
        "0. .... (No Urgent pointer)",
        ".1 .... Ack",
        ".. 1... Push",
        ".. .0.. (No Reset)",
        ".. ..0. (No SYN)",
        ".. ...0 (No FIN)",
        "",
        "Window: 65150",
        "Checksum: 0x832A",
        "Urgent Pointer: 0",
        "No TCP Options",
        "",
        "FTP Control - File Transfer Protocol",
        "Line 1: PORT 192,168,0,1,9,39<CR><LF>",
        "",
        "FCS - Frame Check Sequence",
    ];
    assert_eq!(ip[..expected.len()], expected);
    // The article's own needs its Ethernet addresses.
    assert!(ip[expected.len()].starts_with("FCS (Calculated): 0x"));
    assert_eq!(ip.len(), expected.len() + 1);
}

#[test]
fn the_second_box_has_options_and_does_not_say_that_it_has_none() {
    let segment = Segment {
        from: ([192, 168, 22, 53].into(), 20),
        to: ([192, 168, 10, 232].into(), 1663),
        seq: 2_578_824_336,
        ack: 0,
        flags: SYN,
        window: 3731,
        options: &[2, 4, 5, 180],
        payload: b"",
    };
    let frame = segment.frame(None);
    let lines = boxed(&frame, frame.len());
    let expected = [
        "TCP - Transport Control Protocol",
        "Source Port: 20 ftp-data",
        "Destination Port: 1663",
        "Sequence Number: 2578824336",
        "Ack Number: 0",
        "Offset: 6 (24 bytes)",
        "Reserved: %000000",
        "Flags: %000010",
        "0. .... (No Urgent pointer)",
        ".0 .... (No Ack)",
        ".. 0... (No Push)",
        ".. .0.. (No Reset)",
        ".. ..1. SYN",
        ".. ...0 (No FIN)",
        "",
        "Window: 3731",
        "Checksum: 0x8A4C",
        "Urgent Pointer: 0",
        "",
        "TCP Options",
        "Options Type: 2 Maximum Segment Size",
        "Length: 4",
        "MSS: 1460",
        "",
        "FCS - Frame Check Sequence",
    ];
    let tcp = from(&lines, "TCP - Transport Control Protocol");
    assert_eq!(tcp[..expected.len()], expected);
    assert_eq!(frame.len(), 58, "the sender's card makes it 60");
    let padded = [&frame[..], &[0, 0]].concat();
    let sequence = boxed(&padded, padded.len()).pop();
    assert_eq!(tcp.last(), sequence.as_ref());
}

#[test]
fn the_third_box_shows_the_reply_that_the_article_means() {
    let segment = Segment {
        from: ([192, 168, 179, 100].into(), 21),
        to: ([192, 168, 179, 1].into(), 1249),
        seq: 4_239_887_193,
        ack: 36_925_357,
        flags: PSH | ACK,
        window: 8760,
        options: &[],
        payload: b"227 Entering Passive Mode (192,168,179,100,20,245).\r\n",
    };
    // The article's checksum is of the line that it shows, with seven numbers.
    let frame = segment.frame(Some(0x3eab));
    let lines = boxed(&frame, frame.len());
    let expected = [
        "TCP - Transport Control Protocol",
        "Source Port: 21 ftp",
        "Destination Port: 1249",
        "Sequence Number: 4239887193",
        "Ack Number: 36925357",
        "Offset: 5 (20 bytes)",
        "Reserved: %000000",
        "Flags: %011000",
        "0. .... (No Urgent pointer)",
        ".1 .... Ack",
        ".. 1... Push",
        ".. .0.. (No Reset)",
        ".. ..0. (No SYN)",
        ".. ...0 (No FIN)",
        "",
        "Window: 8760",
        "Checksum: 0x3EAB",
        "Urgent Pointer: 0",
        "No TCP Options",
        "",
        "FTP Control - File Transfer Protocol",
        "Line 1: 227 Entering Passive Mode (192,168,179,100,20,245).<CR><LF>",
        "",
        "FCS - Frame Check Sequence",
    ];
    let tcp = from(&lines, "TCP - Transport Control Protocol");
    assert_eq!(tcp[..expected.len()], expected);
}

#[test]
fn a_box_says_what_its_packet_does_not_have() {
    let [client, server] = addresses();
    let long = [b"SITE ".as_slice(), &[b'x'; 150], b"\r\nNOOP\r\n"].concat();
    let segment = Segment {
        from: (client, 2342),
        to: (server, 21),
        seq: 1,
        ack: 1,
        flags: PSH | ACK,
        window: 1,
        options: &[1, 1, 8, 10, 0, 0, 0, 9, 0, 0, 0, 8],
        payload: &long,
    };
    let frame = segment.frame(None);
    let lines = boxed(&frame, frame.len());
    let said: Vec<_> = from(&lines, "TCP Options").to_vec();
    let options = [
        "TCP Options",
        "Options Type: 1 No Operation",
        "Options Type: 1 No Operation",
        "Options Type: 8 Time Stamps",
        "Length: 10",
        "Time Stamp: 9",
        "Time Stamp Echo: 8",
        "",
        "FTP Control - File Transfer Protocol",
    ];
    assert_eq!(said[..options.len()], options);
    let lines = &said[options.len()..];
    assert_eq!(
        lines[..2].concat(),
        format!("Line 1: SITE {}<CR><LF>", "x".repeat(150))
    );
    assert_eq!(lines[2], "Line 2: NOOP<CR><LF>");
    // Cut short by the snap length.
    let cut = boxed(&frame[..40], frame.len());
    assert_eq!(
        from(&cut, "TCP - Transport Control Protocol")[3..],
        [
            "Cut Short: 00 00",
            "",
            "FCS - Frame Check Sequence",
            &format!(
                "FCS: cannot be calculated (40 of {} bytes captured)",
                frame.len()
            ),
        ]
    );
}
