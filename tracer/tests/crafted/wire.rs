//! Frames made by hand: connections whose every segment a test chooses.

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddrV4};

use serde_json::Value;
use tracer::note::Section;
use tracer::{Analyzer, Frame, Language, LinkType, Summary, Timestamp, decode};

pub(crate) const FIN: u8 = 1;
pub(crate) const SYN: u8 = 2;
pub(crate) const RST: u8 = 4;
pub(crate) const PSH: u8 = 8;
pub(crate) const ACK: u8 = 16;

/// A millisecond, as [`Wire::wait`] counts.
pub(crate) const MS: i64 = 1000;

/// An endpoint.
pub(crate) fn at(text: &str) -> SocketAddrV4 {
    text.parse().unwrap()
}

/// An open connection, 20 ms long: both directions begin with number 1001.
pub(crate) fn opened() -> (Wire, SocketAddrV4, SocketAddrV4) {
    let mut wire = Wire::new();
    let (client, server) = (at("10.0.0.1:40000"), at("10.0.0.2:8080"));
    wire.send(client, server, SYN, b"");
    wire.wait(20 * MS);
    wire.send(server, client, SYN | ACK, b"");
    wire.send(client, server, ACK, b"");
    (wire, client, server)
}

/// Packets under way, and what the analyzer said of each.
pub(crate) struct Wire {
    analyzer: Analyzer,
    micros: i64,
    next: HashMap<(SocketAddrV4, SocketAddrV4), u32>,
    /// The time to live of the packets that follow.
    pub(crate) ttl: u8,
    /// IP's identification of the packets that follow.
    pub(crate) id: u16,
    /// TCP's checksum of the segments that follow.
    pub(crate) checksum: u16,
    /// The interface of the packets that follow.
    pub(crate) interface: Option<u32>,
    /// TCP options of the segments that follow: a multiple of 4 bytes.
    pub(crate) options: Vec<u8>,
    /// The act that begins with each packet.
    pub(crate) acts: Vec<Option<Section>>,
    /// The events of each packet, from 1.
    pub(crate) told: Vec<Vec<Value>>,
}

impl Wire {
    pub(crate) fn new() -> Self {
        Self::with(Analyzer::default())
    }

    pub(crate) fn with(analyzer: Analyzer) -> Self {
        Self {
            analyzer,
            micros: 0,
            next: HashMap::new(),
            ttl: 64,
            id: 7,
            checksum: 0,
            interface: None,
            options: Vec::new(),
            acts: Vec::new(),
            told: Vec::new(),
        }
    }

    /// Time passes before the next packet.
    pub(crate) fn wait(&mut self, micros: i64) {
        self.micros += micros;
    }

    /// The number of the last packet.
    pub(crate) fn last(&self) -> u64 {
        self.told.len() as u64
    }

    /// The number that `from` uses next towards `to`.
    pub(crate) fn seq(&self, from: SocketAddrV4, to: SocketAddrV4) -> u32 {
        self.next.get(&(from, to)).copied().unwrap_or(1000)
    }

    /// An IPv4 packet with any payload.
    pub(crate) fn ip(
        &mut self,
        protocol: u8,
        from: Ipv4Addr,
        to: Ipv4Addr,
        body: &[u8],
    ) -> &[Value] {
        self.ip_fragment(protocol, from, to, 0x4000, body)
    }

    /// The same with the fragment field chosen.
    pub(crate) fn ip_fragment(
        &mut self,
        protocol: u8,
        from: Ipv4Addr,
        to: Ipv4Addr,
        fragment: u16,
        body: &[u8],
    ) -> &[Value] {
        self.micros += 100;
        let total = u16::try_from(20 + body.len()).unwrap();
        let mut frame = vec![2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0, 0x45, 0];
        frame.extend(total.to_be_bytes());
        frame.extend(self.id.to_be_bytes());
        frame.extend(fragment.to_be_bytes());
        frame.extend([self.ttl, protocol, 0, 0]);
        frame.extend(from.octets());
        frame.extend(to.octets());
        frame.extend(body);
        self.frame(&frame)
    }

    /// A whole Ethernet frame.
    pub(crate) fn frame(&mut self, bytes: &[u8]) -> &[Value] {
        let frame = Frame {
            time: Timestamp::new(0, self.micros * 1000),
            odd_time: None,
            wire_len: u32::try_from(bytes.len()).unwrap(),
            link: LinkType::Ethernet,
            bytes,
        };
        let mut packet = decode(&frame);
        packet.sighting.interface = self.interface;
        let explained = self.analyzer.push(&packet);
        for note in explained.notes {
            for language in [Language::En, Language::Zh] {
                let text = language.note(note);
                assert!(!text.is_empty());
                assert!(is_spaced(&text), "{text}");
            }
        }
        self.acts.push(explained.section);
        let notes = explained.notes.iter();
        let told = notes.map(|note| serde_json::to_value(note).unwrap());
        self.told.push(told.collect());
        self.told.last().unwrap()
    }

    /// A segment with every field chosen.
    pub(crate) fn segment(
        &mut self,
        (from, to): (SocketAddrV4, SocketAddrV4),
        flags: u8,
        (seq, ack): (u32, u32),
        window: u16,
        payload: &[u8],
    ) -> &[Value] {
        let mut body = Vec::new();
        body.extend(from.port().to_be_bytes());
        body.extend(to.port().to_be_bytes());
        body.extend(seq.to_be_bytes());
        body.extend(ack.to_be_bytes());
        let words = u8::try_from(5 + self.options.len() / 4).unwrap();
        body.extend([words << 4, flags]);
        body.extend(window.to_be_bytes());
        body.extend(self.checksum.to_be_bytes());
        body.extend([0; 2]);
        body.extend(&self.options);
        body.extend(payload);
        let len = u32::try_from(payload.len()).unwrap();
        let taken = len + u32::from(flags & FIN) + u32::from(flags >> 1 & 1);
        let end = seq.wrapping_add(taken);
        let next = self.next.entry((from, to)).or_insert(end);
        *next = (*next).max(end);
        self.ip(6, *from.ip(), *to.ip(), &body)
    }

    /// The next segment of its direction.
    pub(crate) fn send(
        &mut self,
        from: SocketAddrV4,
        to: SocketAddrV4,
        flags: u8,
        payload: &[u8],
    ) -> &[Value] {
        let ack = if flags & ACK == 0 {
            0
        } else {
            self.seq(to, from)
        };
        let numbers = (self.seq(from, to), ack);
        self.segment((from, to), flags, numbers, 65_535, payload)
    }

    /// A line.
    pub(crate) fn say(&mut self, from: SocketAddrV4, to: SocketAddrV4, line: &str) -> &[Value] {
        self.send(from, to, PSH | ACK, format!("{line}\r\n").as_bytes())
    }

    /// The three segments of a handshake.
    pub(crate) fn open(&mut self, from: SocketAddrV4, to: SocketAddrV4) {
        self.send(from, to, SYN, b"");
        self.send(to, from, SYN | ACK, b"");
        self.send(from, to, ACK, b"");
    }

    /// The three segments of a close.
    pub(crate) fn close(&mut self, from: SocketAddrV4, to: SocketAddrV4) {
        self.send(from, to, FIN | ACK, b"");
        self.send(to, from, FIN | ACK, b"");
        self.send(from, to, ACK, b"");
    }

    /// A whole data connection on which `sender` sends 100 bytes.
    pub(crate) fn data(&mut self, from: SocketAddrV4, to: SocketAddrV4, sender: SocketAddrV4) {
        self.open(from, to);
        let other = if sender == from { to } else { from };
        self.send(sender, other, PSH | ACK, &[b'x'; 100]);
        self.send(other, sender, ACK, b"");
        self.close(sender, other);
    }

    /// The names of the last packet's events.
    pub(crate) fn names(&self) -> Vec<&str> {
        let last = self.told.last().unwrap();
        last.iter()
            .map(|event| event["event"].as_str().unwrap())
            .collect()
    }

    /// The capture ends.
    pub(crate) fn end(self) -> Summary {
        self.analyzer.finish()
    }
}

/// Whether a space stands between each Chinese character and each Latin letter or digit, and none
/// beside the full-width punctuation.
fn is_spaced(text: &str) -> bool {
    let chinese = |c: char| ('\u{4e00}'..='\u{9fff}').contains(&c);
    let wide = |c: char| "\u{ff0c}\u{3002}\u{ff1a}\u{ff1b}\u{ff08}\u{ff09}\u{3001}".contains(c);
    text.chars().zip(text.chars().skip(1)).all(|(a, b)| {
        let close =
            (chinese(a) && b.is_ascii_alphanumeric()) || (a.is_ascii_alphanumeric() && chinese(b));
        let apart = (wide(a) && b == ' ') || (a == ' ' && wide(b));
        !close && !apart
    })
}

/// The event of that name among a packet's.
#[track_caller]
pub(crate) fn event<'a>(told: &'a [Value], name: &str) -> &'a Value {
    let found = told.iter().find(|event| event["event"] == name);
    found.unwrap_or_else(|| panic!("no {name}: {told:#?}"))
}

/// One line for each data connection: its name, how it was tied, command and argument.
pub(crate) fn links(summary: &Summary) -> Vec<String> {
    let rows = summary
        .connections
        .iter()
        .map(|row| serde_json::to_value(row).unwrap());
    rows.filter(|row| row["connection"].as_str().unwrap().starts_with("data"))
        .map(|row| {
            let text = |name: &str| row[name].as_str().unwrap_or("-").to_owned();
            let how = if row["purpose"] == "inferred" {
                text("reason")
            } else {
                text("link")
            };
            [text("connection"), how, text("verb"), text("argument")].join(" ")
        })
        .collect()
}
