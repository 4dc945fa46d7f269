//! Frames that no capture here has: MPLS, `PPPoE`, LLC.

use std::fs::File;
use std::path::Path;

use tracer::{Frame, LinkType, PcapWriter, Precision, Timestamp};

/// An IPv4 packet of TCP or UDP, from port 21 to port 4000.
fn ip4(protocol: u8) -> Vec<u8> {
    let mut packet = vec![0x45, 0, 0, 40, 0, 1, 0, 0, 64, protocol, 0, 0];
    packet.extend([10, 0, 0, 1, 10, 0, 0, 2, 0, 21, 15, 160]);
    packet.resize(40, 0);
    packet
}

fn ip6() -> Vec<u8> {
    let mut packet = vec![0x60, 0, 0, 0, 0, 20, 6, 64];
    packet.extend([0; 32]);
    packet.extend([15, 160, 0, 21]);
    packet.resize(60, 0);
    packet
}

fn frame(parts: &[&[u8]]) -> Vec<u8> {
    let mut frame = vec![2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1];
    frame.extend(parts.concat());
    frame
}

/// Writes a capture of them.
pub(super) fn write(path: &Path) {
    let (tcp, udp, six) = (ip4(6), ip4(17), ip6());
    let mpls: &[u8] = &[0x88, 0x47];
    let last: &[u8] = &[0, 6, 0x41, 64]; // label 100, the last one
    let first: &[u8] = &[0, 6, 0x40, 64];
    let pppoe: &[u8] = &[0x88, 0x64, 0x11, 0, 0, 7, 0, 42];
    let tag: &[u8] = &[0x81, 0, 0, 5];
    let (ppp4, ppp6): (&[u8], &[u8]) = (&[0, 0x21], &[0, 0x57]);
    let rest: &[u8] = &[0; 40];
    let mut frames = vec![
        frame(&[mpls, last, &tcp]),
        frame(&[mpls, last, &six]),
        frame(&[mpls, first, &tcp]),
        frame(&[mpls, first, last, &six]),
        frame(&[mpls, &[0, 0, 0x71, 64], &udp]),
        frame(&[&[0x88, 0x63, 0x11, 9, 0, 0, 0, 0], rest]),
        frame(&[pppoe, ppp4, &tcp]),
        frame(&[pppoe, ppp6, &six]),
        frame(&[&[0x88, 0x64, 0x11, 0, 0, 8, 0, 42], ppp4, &udp]),
        frame(&[tag, pppoe, ppp4, &udp]),
        frame(&[&[0, 38, 0x42, 0x42, 3], rest]),
        frame(&[tag, &[0, 38, 0x42, 0x42, 3], rest]),
        frame(&[&[0, 38, 0xf0, 0xf0, 3], rest]),
        frame(&[&[0, 38, 0xff, 0xff], rest]),
        frame(&[&[8, 0], &ip4(112)]),
        frame(&[&[8, 0], &ip4(9)]),
    ];
    for protocol in [0x81, 0x82, 0x83] {
        frames.push(frame(&[&[0, 38, 0xfe, 0xfe, 3, protocol], rest]));
    }
    for kind in 1..=4 {
        frames.push(frame(&[&[0x60, kind], rest]));
    }
    let file = File::create(path).unwrap();
    let mut writer = PcapWriter::new(file, LinkType::Ethernet, Precision::Micros).unwrap();
    for bytes in &frames {
        writer
            .write(&Frame {
                time: Timestamp(0),
                odd_time: None,
                wire_len: u32::try_from(bytes.len()).unwrap(),
                link: LinkType::Ethernet,
                bytes,
            })
            .unwrap();
    }
    writer.finish().unwrap();
}
