//! From all interfaces together, and which way frames go.

use std::net::UdpSocket;
use std::time::Duration;

use super::super::{ANY, Capture, CaptureDirection, CaptureError, CaptureOptions, Engine};
use super::{PRIVATE, expect_frame, frame_sender, inside, ip, test_frame, veth_pair};
use crate::{Expression, LinkType};

fn options(interface: &str) -> CaptureOptions {
    CaptureOptions {
        engine: Engine::Ring,
        read_timeout: Duration::from_millis(50),
        buffer_size: 4 << 20,
        ..CaptureOptions::new(interface)
    }
}

fn index(name: &str) -> [u8; 4] {
    let there = crate::interfaces();
    let found = there.iter().find(|found| found.name == name);
    found.unwrap().index.to_be_bytes()
}

#[test]
fn all_interfaces_give_cooked_frames() {
    if !inside("any::all_interfaces_give_cooked_frames", PRIVATE) {
        return;
    }
    ip("link set lo up");
    veth_pair();
    let mut capture = Capture::open(&options(ANY)).unwrap();
    assert_eq!(capture.link_type(), LinkType::LinuxSll2);
    let open = |text: &str| {
        Capture::open(&CaptureOptions {
            expression: Some(Expression::parse(text).unwrap()),
            ..options(ANY)
        })
    };
    let mut udp = open("udp and inbound").unwrap();
    let refused = open("ether host 02:00:00:00:00:01").err();
    assert!(matches!(refused, Some(CaptureError::Filter(_))));

    // Seen twice: as it leaves one end of the cable and as it comes to the other.
    let frame = test_frame(0xbb, 3);
    let mut right = frame_sender("right");
    right.send_to(&frame, None).unwrap().unwrap();
    for (name, way) in [("right", 4), ("left", 1)] {
        let seen = expect_frame(&mut capture);
        let [i0, i1, i2, i3] = index(name);
        let header = [
            0x88, 0xb5, 0, 0, i0, i1, i2, i3, 0, 1, way, 6, 2, 0, 0, 0, 0, 0xbb, 0, 0,
        ];
        assert_eq!(seen.bytes[..20], header, "{name}");
        assert_eq!(seen.bytes[20..], frame[14..]);
        assert_eq!(seen.wire_len as usize, seen.bytes.len());
    }
    // On `lo` once, though a packet socket sees both ways.
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket
        .send_to(b"once", socket.local_addr().unwrap())
        .unwrap();
    for capture in [&mut capture, &mut udp] {
        let seen = expect_frame(capture);
        assert_eq!(seen.bytes[..4], [8, 0, 0, 0]);
        assert_eq!(seen.bytes[4..8], index("lo"));
        // Loopback, received.
        assert_eq!(seen.bytes[8..11], [3, 4, 0]);
        assert!(seen.bytes.ends_with(b"once"));
        assert!(capture.next().unwrap().is_none());
    }
    let statistics = capture.statistics().unwrap();
    assert_eq!((statistics.received, statistics.dropped), (3, 0));
}

#[test]
fn a_direction_and_a_snap_length_hold_in_the_kernel() {
    if !inside(
        "any::a_direction_and_a_snap_length_hold_in_the_kernel",
        PRIVATE,
    ) {
        return;
    }
    veth_pair();
    let open = |interface: &str, direction, snaplen| {
        let wanted = options(interface);
        Capture::open(&CaptureOptions {
            direction,
            snaplen,
            ..wanted
        })
        .unwrap()
    };
    let mut both = [
        open("left", CaptureDirection::In, 30),
        open("left", CaptureDirection::Out, 5),
        open(ANY, CaptureDirection::Out, 33),
    ];
    let portable = CaptureOptions {
        engine: Engine::Pnet,
        snaplen: 17,
        direction: CaptureDirection::Out,
        ..options("left")
    };
    let mut portable = Capture::open(&portable).unwrap();
    let (sent, received) = (test_frame(0xaa, 1), test_frame(0xbb, 2));
    frame_sender("left").send_to(&sent, None).unwrap().unwrap();
    frame_sender("right")
        .send_to(&received, None)
        .unwrap()
        .unwrap();
    let [inward, outward, any] = &mut both;
    let seen = expect_frame(inward);
    assert_eq!(seen.bytes, received[..30]);
    assert_eq!(seen.wire_len as usize, received.len());
    assert_eq!(expect_frame(outward).bytes, sent[..5]);
    assert_eq!(expect_frame(&mut portable).bytes, sent[..17]);
    for frame in [&sent, &received] {
        let seen = expect_frame(any);
        assert_eq!(seen.bytes[20..], frame[14..27]);
        assert_eq!(seen.wire_len as usize, frame.len() + 6);
    }
    for capture in [inward, outward, any, &mut portable] {
        assert!(capture.next().unwrap().is_none());
    }
}
