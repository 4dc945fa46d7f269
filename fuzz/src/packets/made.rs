//! Frames made from what comes, through the analyzer and every style.

use tracer::{Analyzer, AnalyzerOptions, LinkType};

use super::frames::{frame, link, pieces};
use super::show::styles;

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
