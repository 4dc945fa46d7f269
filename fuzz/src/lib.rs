//! What is fuzzed: one function for each parser, and two for the analyzer with every style.
//!
//! Each takes any bytes, and panics when something is wrong. The fuzz targets call them, and so
//! does `tracer/tests/fuzzed.rs`, which includes this file: `cargo test` runs the same code.

use proto::{
    Command, CommandLine, Entry, EpsvArgument, FactSet, HostPort, LineBuffer, LineEvent, Reply,
    ReplyParser, TimeVal, encode_229, parse_229, parse_eprt, parse_quoted,
};
use tracer::{
    Analyzer, AnalyzerOptions, Classic, ClassicLine, Decode, Dump, Expression, Frame, Json, Ladder,
    Language, LineOptions, LinkType, MAX_RECORD_LEN, Narrated, NarratedOptions, Overview,
    PcapReader, Render, Speech, Tcpdump, TcpdumpLine, TimeFormat, Timestamp,
};

/// Takes any bytes.
pub type Entrance = fn(&[u8]);

/// Every entry by its name, which is also that of its folder of seeds.
pub const ENTRIES: [(&str, Entrance); 12] = [
    ("pcap", pcap),
    ("pcapng", pcapng),
    ("decode", decode),
    ("filter", filter),
    ("lines", lines),
    ("replies", replies),
    ("listings", listings),
    ("host_port", host_port),
    ("tcpdump_line", tcpdump_line),
    ("dns", dns),
    ("frames", frames),
    ("session", session),
];

const LINKS: [u32; 7] = [1, 113, 276, 0, 108, 101, 147];

fn link(byte: u8) -> LinkType {
    LinkType::from_pcap(LINKS[usize::from(byte) % LINKS.len()])
}

/// Reads a file to its end: never more frames than it has bytes, nor longer ones.
fn read(file: &[u8]) {
    let Ok(mut reader) = PcapReader::new(file) else {
        return;
    };
    let mut left = file.len();
    while let Ok(Some(record)) = reader.next_record() {
        assert!(record.frame.bytes.len() <= left.min(MAX_RECORD_LEN as usize));
        assert!(record.comments.clone().count() <= left);
        // A header is longer than this in each format.
        left = left.checked_sub(record.frame.bytes.len() + 8).unwrap();
    }
    assert!(matches!(reader.next_record(), Ok(None)), "it goes on");
}

/// Records of a classic file, after a header of whichever kind the first byte names.
pub fn pcap(data: &[u8]) {
    read(data);
    let Some((kind, records)) = data.split_first() else {
        return;
    };
    let magic = [0xa1b2_c3d4_u32, 0xa1b2_3c4d, 0xa1b2_cd34][usize::from(kind % 3)];
    let header = [
        magic,
        0x0004_0002,
        0,
        0,
        65535,
        LINKS[usize::from(kind % 7)],
    ];
    let bytes = |field: u32| {
        if kind & 0x80 == 0 {
            field.to_le_bytes()
        } else {
            field
                .rotate_left(if field == 0x0004_0002 { 16 } else { 0 })
                .to_be_bytes()
        }
    };
    let mut file: Vec<u8> = header.into_iter().flat_map(bytes).collect();
    file.extend(records);
    read(&file);
}

/// Blocks of a pcapng file, after a section header and an interface.
pub fn pcapng(data: &[u8]) {
    read(data);
    let Some((kind, blocks)) = data.split_first() else {
        return;
    };
    let mut file = Vec::new();
    let fields = [0x0a0d_0d0a_u32, 28, 0x1a2b_3c4d, 1, u32::MAX, u32::MAX, 28];
    file.extend(fields.iter().flat_map(|field| field.to_le_bytes()));
    let link = LINKS[usize::from(kind % 7)];
    let fields = [1, 20, link, 0, 20];
    file.extend(fields.iter().flat_map(|field| field.to_le_bytes()));
    file.extend(blocks);
    read(&file);
}

fn frame(link: LinkType, bytes: &[u8], micros: i64) -> Frame<'_> {
    Frame {
        time: Timestamp::new(0, micros * 1000),
        odd_time: None,
        wire_len: u32::try_from(bytes.len()).unwrap(),
        link,
        bytes,
    }
}

/// A frame taken apart, and each of its bytes named once.
pub fn decode(data: &[u8]) {
    let Some((kind, bytes)) = data.split_first() else {
        return;
    };
    let mut frame = frame(link(*kind), bytes, 0);
    frame.wire_len += u32::from(kind >> 4);
    let packet = tracer::decode(&frame);
    if let Some((_, tcp)) = packet.tcp() {
        assert!(tcp.payload.len() <= bytes.len());
    }
    for speech in [Speech::Commands, Speech::Replies, Speech::Unknown] {
        for language in [Language::En, Language::Zh] {
            assert!(tracer::fields(&frame, speech, language).len() <= bytes.len() + 64);
        }
    }
}

/// An expression, a zero byte, and a frame to try it on.
pub fn filter(data: &[u8]) {
    let end = data
        .iter()
        .position(|&byte| byte == 0)
        .unwrap_or(data.len());
    let (text, bytes) = data.split_at(end);
    let Ok(expression) = Expression::parse(&String::from_utf8_lossy(text)) else {
        return;
    };
    for number in LINKS {
        let link = LinkType::from_pcap(number);
        if let Ok(program) = expression.compile(link) {
            program.accepts(&frame(link, bytes, 0));
        }
    }
}

/// The lines that a peer sends, in pieces, within the bound that a line has.
fn each_line(data: &[u8], mut take: impl FnMut(&[u8])) {
    const LIMIT: usize = 512;
    let mut buffer = LineBuffer::new(LIMIT);
    let mut rest = data;
    loop {
        let taken = buffer.push(rest);
        rest = &rest[taken..];
        let mut events = 0;
        while let Some(event) = buffer.pull() {
            events += 1;
            if let LineEvent::Line { bytes, .. } = event {
                assert!(bytes.len() <= LIMIT);
                take(bytes);
            }
        }
        if rest.is_empty() {
            return;
        }
        assert!(events + taken > 0 || buffer.room() > 0, "no way on");
    }
}

/// What a client sends: commands, which come through their encoding unchanged.
pub fn lines(data: &[u8]) {
    each_line(data, |line| {
        let split = CommandLine::split(line);
        if let Ok(command) = Command::parse(&split) {
            let text = command.to_string();
            assert!(!text.is_empty());
        }
        let _ = (TimeVal::parse(line), FactSet::parse(line));
    });
}

/// What a server sends: replies, bounded.
pub fn replies(data: &[u8]) {
    const BYTES: usize = 4096;
    let mut parser = ReplyParser::new(64, BYTES);
    each_line(data, |line| {
        if let Ok(Some(reply)) = parser.push(line) {
            let reply: Reply = reply;
            assert!(reply.to_string().len() <= 4 * BYTES);
        }
        parse_quoted(line);
    });
}

/// Listings of every form.
pub fn listings(data: &[u8]) {
    for line in data.split(|&byte| byte == b'\n') {
        let found = [
            Entry::parse_list(line).ok().flatten(),
            Entry::parse_mlsx(line).ok(),
        ];
        for entry in found.into_iter().flatten() {
            assert!(entry.name.len() <= line.len());
            entry.has_plain_name();
        }
    }
}

/// Endpoints as PORT, EPRT, 227 and 229 have them.
pub fn host_port(data: &[u8]) {
    if let Ok(endpoint) = HostPort::parse_port(data) {
        let again = HostPort::parse_port(endpoint.to_string().as_bytes());
        assert_eq!(again.ok(), Some(endpoint));
    }
    let _ = (
        HostPort::parse_227(data),
        EpsvArgument::parse(data),
        parse_eprt(data),
    );
    if let Ok(port) = parse_229(data) {
        assert_eq!(parse_229(encode_229(port).as_bytes()).ok(), Some(port));
    }
}

/// tcpdump's lines, and those of its ancestor, with options from the first two bytes.
pub fn tcpdump_line(data: &[u8]) {
    let [kind, flags, rest @ ..] = data else {
        return;
    };
    let options = options(*flags);
    let mut line = TcpdumpLine::new(options.clone());
    let mut classic = ClassicLine::new(options, flags & 1 != 0);
    for (bytes, micros) in pieces(rest).zip(0..) {
        let mut frame = frame(link(*kind), bytes, micros);
        frame.wire_len += u32::from(kind >> 4);
        let mut out = String::new();
        line.write(&frame, &mut out);
        classic.write(&frame, &tracer::decode(&frame), &mut out);
        let plain = |c: char| matches!(c, ' '..='~' | '\n' | '\t');
        assert!(out.chars().all(plain), "{out:?}");
        assert!(out.len() < 4000 + 200 * bytes.len(), "{}", out.len());
    }
}

fn options(flags: u8) -> LineOptions {
    LineOptions {
        time: if flags & 1 == 0 {
            TimeFormat::Clock
        } else {
            TimeFormat::SincePrevious
        },
        absolute_seq: flags & 2 != 0,
        verbose: flags >> 2 & 3,
        link_header: flags & 16 != 0,
        quiet: flags & 32 != 0,
        names: flags & 64 != 0,
        dump: if flags & 128 == 0 {
            Dump::None
        } else {
            Dump::HexAscii { link: false }
        },
        ..LineOptions::default()
    }
}

/// A byte that gives a length, and as many bytes, again and again.
fn pieces(mut data: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let (len, rest) = data.split_first()?;
        let (piece, rest) = rest.split_at(usize::from(*len).min(rest.len()));
        data = rest;
        Some(piece)
    })
}

/// A DNS message from a server, over UDP and over TCP.
pub fn dns(data: &[u8]) {
    let data = &data[..data.len().min(1400)];
    let mut frames = Vec::new();
    let len = u16::try_from(data.len() + 8).unwrap();
    let mut udp = [53_u16, 40_000, len, 0].map(u16::to_be_bytes).concat();
    udp.extend(data);
    frames.push(packet(17, false, &udp));
    frames.push(segment(false, [53, 40_000], 1, 1, 0x18, data));
    show(&frames);
}

/// The analyzer with every style, over frames of any link type.
pub fn frames(data: &[u8]) {
    let Some((kind, rest)) = data.split_first() else {
        return;
    };
    let frames: Vec<_> = pieces(rest)
        .map(|bytes| (link(*kind), bytes.to_vec()))
        .collect();
    show_all(&frames);
}

/// The analyzer with every style, over segments of a few connections between two hosts. A segment
/// is a byte that gives the direction, the connection and the flags, one that moves its sequence
/// number, and a piece for its payload.
pub fn session(data: &[u8]) {
    const PORTS: [[u16; 2]; 4] = [[40_000, 21], [40_001, 20], [40_002, 50_000], [40_003, 2121]];
    const FLAGS: [u8; 8] = [0x10, 0x18, 0x02, 0x12, 0x11, 0x04, 0x14, 0x19];
    let mut next = [[100_u32, 7000]; 4];
    let mut frames = Vec::new();
    let mut rest = data;
    while let [kind, shift, len, more @ ..] = rest {
        let (payload, after) = more.split_at(usize::from(*len).min(more.len()));
        rest = after;
        let connection = usize::from(kind >> 1 & 3);
        let side = usize::from(kind & 1);
        let flags = FLAGS[usize::from(kind >> 3 & 7)];
        // Mostly the next one, else a little before or after.
        let moved = u32::from(shift >> 4).wrapping_sub(8);
        let seq = if shift & 8 == 0 {
            next[connection][side]
        } else {
            next[connection][side].wrapping_add(moved)
        };
        let ack = next[connection][1 - side].wrapping_sub(u32::from(shift & 7));
        let mut ports = PORTS[connection];
        if side == 1 {
            ports.reverse();
        }
        frames.push(segment(side == 0, ports, seq, ack, flags, payload));
        let taken = payload.len() + usize::from(flags & 3 != 0);
        next[connection][side] = seq.wrapping_add(u32::try_from(taken).unwrap());
    }
    show(&frames);
}

fn packet(protocol: u8, from_client: bool, payload: &[u8]) -> Vec<u8> {
    let mut ends = [[10, 0, 0, 1], [10, 0, 0, 2]];
    if !from_client {
        ends.reverse();
    }
    let mut frame = vec![2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0, 0x45, 0];
    frame.extend(u16::try_from(20 + payload.len()).unwrap().to_be_bytes());
    frame.extend([0, 0, 0x40, 0, 64, protocol, 0, 0]);
    frame.extend(ends.concat());
    frame.extend(payload);
    frame
}

fn segment(
    from_client: bool,
    ports: [u16; 2],
    seq: u32,
    ack: u32,
    flags: u8,
    payload: &[u8],
) -> Vec<u8> {
    let mut tcp = ports.map(u16::to_be_bytes).concat();
    tcp.extend(seq.to_be_bytes());
    tcp.extend(ack.to_be_bytes());
    tcp.extend([0x50, flags, 0xff, 0xff, 0, 0, 0, 0]);
    tcp.extend(payload);
    packet(6, from_client, &tcp)
}

fn show(frames: &[Vec<u8>]) {
    let frames: Vec<_> = frames
        .iter()
        .map(|bytes| (LinkType::Ethernet, bytes.clone()))
        .collect();
    show_all(&frames);
}

fn styles() -> Vec<Box<dyn Render>> {
    let line = LineOptions::default();
    let mut all: Vec<Box<dyn Render>> = vec![
        Box::new(Tcpdump::new(options(0b1101_1100))),
        Box::new(Classic::new(line.clone(), true)),
        Box::new(Json::new(line.clone())),
    ];
    for language in [Language::En, Language::Zh] {
        all.push(Box::new(Narrated::new(NarratedOptions {
            language,
            color: true,
            columns: Some(60),
            line: line.clone(),
        })));
        all.push(Box::new(Ladder::new(
            language,
            false,
            Some(100),
            true,
            line.clone(),
        )));
        all.push(Box::new(Overview::new(language, true)));
        all.push(Box::new(Decode::new(
            1..=u64::MAX,
            language,
            false,
            line.clone(),
        )));
    }
    all
}

/// Explains and shows: something about each packet, and no more than its bytes can explain.
fn show_all(frames: &[(LinkType, Vec<u8>)]) {
    let mut styles = styles();
    let mut analyzer = Analyzer::new(AnalyzerOptions {
        max_connections: 3,
        ..AnalyzerOptions::default()
    });
    let (mut out, mut held) = (Vec::new(), 0);
    for ((link, bytes), micros) in frames.iter().zip(0..) {
        let frame = frame(*link, bytes, micros);
        let packet = tracer::decode(&frame);
        let explained = analyzer.push(&packet);
        assert!(!explained.notes.is_empty());
        assert!(explained.notes.len() <= 16 + bytes.len());
        held += bytes.len() + 100;
        for style in &mut styles {
            style.packet(&frame, &packet, &explained, &mut out).unwrap();
        }
    }
    let summary = analyzer.finish();
    assert_eq!(summary.packets, frames.len() as u64);
    assert!(summary.explained <= summary.packets);
    for style in &mut styles {
        style.finish(&summary, &mut out).unwrap();
    }
    assert!(
        out.len() < 2000 * held + 20_000,
        "{} bytes became {}",
        held,
        out.len()
    );
    String::from_utf8(out).unwrap();
}
