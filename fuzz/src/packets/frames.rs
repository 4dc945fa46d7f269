//! Single frames.

use tracer::{
    Analyzer, Boxes, ClassicLine, Dump, Expression, Frame, Language, LineOptions, LinkType, Render,
    Speech, TcpdumpLine, TimeFormat, Timestamp,
};

/// Of every kind that is decoded, and one that is not.
pub(super) const LINKS: [u32; 15] = [
    1, 113, 276, 0, 108, 101, 147, 9, 50, 51, 104, 105, 119, 127, 163,
];

pub(super) fn link(byte: u8) -> LinkType {
    LinkType::from_pcap(LINKS[usize::from(byte) % LINKS.len()])
}

pub(super) fn frame(link: LinkType, bytes: &[u8], micros: i64) -> Frame<'_> {
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

pub(super) fn options(flags: u8) -> LineOptions {
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

/// The boxes of frames, with options from the first two bytes: no line without a bound.
pub fn boxes(data: &[u8]) {
    let [kind, flags, rest @ ..] = data else {
        return;
    };
    let mut style = Boxes::new(options(*flags & 0x7f), flags & 0x80 != 0);
    let mut analyzer = Analyzer::default();
    for (bytes, micros) in pieces(rest).zip(0..) {
        let mut frame = frame(link(*kind), bytes, micros);
        frame.wire_len += u32::from(kind >> 4);
        let packet = tracer::decode(&frame);
        let explained = analyzer.push(&packet);
        let mut out = Vec::new();
        style.packet(&frame, &packet, &explained, &mut out).unwrap();
        let out = String::from_utf8(out).unwrap();
        assert!(out.len() < 8000 + 1000 * bytes.len(), "{}", out.len());
        assert!(out.lines().all(|line| line.chars().count() < 4000));
    }
}

/// A byte that gives a length, and as many bytes, again and again.
pub(super) fn pieces(mut data: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let (len, rest) = data.split_first()?;
        let (piece, rest) = rest.split_at(usize::from(*len).min(rest.len()));
        data = rest;
        Some(piece)
    })
}
