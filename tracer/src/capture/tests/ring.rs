//! Through the ring.

use std::net::UdpSocket;
use std::time::Duration;

use super::super::{Capture, CaptureError, CaptureOptions, Engine};
use super::{
    PRIVATE, expect_end, expect_frame, frame_sender, inside, ip, now, test_frame, veth_pair,
};

/// The ring gives the frames that pnet gives, with the kernel's times, and counts what is lost.
#[test]
fn the_ring_yields_every_packet_once_in_order_and_whole() {
    if !inside(
        "ring::the_ring_yields_every_packet_once_in_order_and_whole",
        PRIVATE,
    ) {
        return;
    }
    ip("link set lo up");
    let mut capture = Capture::open(&CaptureOptions {
        engine: Engine::Ring,
        read_timeout: Duration::from_millis(50),
        buffer_size: 4 << 20,
        ..CaptureOptions::new("lo")
    })
    .unwrap();
    assert_eq!(capture.buffer_size(), 4 << 20);
    let receiver = UdpSocket::bind("127.0.0.1:0").unwrap();
    let sender = UdpSocket::bind("127.0.0.1:0").unwrap();
    sender.connect(receiver.local_addr().unwrap()).unwrap();
    let mut previous = now();
    // More than the ring holds at a time.
    for round in 0..10_u32 {
        let size = |number: u32| {
            if number % 50 == 7 {
                65_507
            } else {
                8 + number as usize
            }
        };
        for number in 0..200_u32 {
            let mut datagram = vec![0x5a; size(number)];
            datagram[..4].copy_from_slice(&(round * 200 + number).to_be_bytes());
            sender.send(&datagram).unwrap();
        }
        let sent = now();
        for number in 0..200_u32 {
            let frame = expect_frame(&mut capture);
            assert_eq!(frame.bytes.len(), 14 + 20 + 8 + size(number));
            assert_eq!(frame.wire_len as usize, frame.bytes.len());
            assert_eq!(frame.bytes[42..46], (round * 200 + number).to_be_bytes());
            assert!(frame.time >= previous && frame.time <= sent, "{number}");
            previous = frame.time;
        }
    }
    assert!(capture.next().unwrap().is_none());
    let statistics = capture.statistics().unwrap();
    assert_eq!((statistics.received, statistics.dropped), (2000, 0));
    // Ten times what it holds, and nobody reads.
    for _ in 0..700 {
        sender.send(&vec![0; 65_000]).unwrap();
    }
    let statistics = capture.statistics().unwrap();
    assert_eq!(statistics.received, 2700);
    assert!(statistics.dropped > 500, "{statistics:?}");
    let mut left = 0;
    while capture.next().unwrap().is_some() {
        left += 1;
    }
    assert_eq!(left, 700 - statistics.dropped);
}

#[test]
fn the_ring_filters_and_puts_tags_back() {
    if !inside("ring::the_ring_filters_and_puts_tags_back", PRIVATE) {
        return;
    }
    veth_pair();
    let open = |text: &str| {
        Capture::open(&CaptureOptions {
            engine: Engine::Ring,
            read_timeout: Duration::from_millis(50),
            buffer_size: 4 << 20,
            expression: Some(crate::Expression::parse(text).unwrap()),
            promiscuous: true,
            ..CaptureOptions::new("left")
        })
        .unwrap()
    };
    let mut all = open("");
    let mut some = open("ether[14] = 3 or ether[14] = 4");
    let mut tags = open("vlan");
    let mut right = frame_sender("right");
    let mut tagged = test_frame(0xbb, 9);
    tagged.splice(12..12, [0x81, 0x00, 0x00, 0x05]);
    for number in 0..6 {
        right
            .send_to(&test_frame(0xbb, number), None)
            .unwrap()
            .unwrap();
    }
    right.send_to(&tagged, None).unwrap().unwrap();
    for number in 0..6 {
        assert_eq!(expect_frame(&mut all).bytes, test_frame(0xbb, number));
    }
    let frame = expect_frame(&mut all);
    assert_eq!(frame.bytes, tagged);
    assert_eq!(frame.wire_len as usize, tagged.len());
    for number in [3, 4] {
        assert_eq!(expect_frame(&mut some).bytes, test_frame(0xbb, number));
    }
    assert!(some.next().unwrap().is_none());
    // The kernel cannot answer this: it lets everything through.
    assert_eq!(expect_frame(&mut tags).bytes, test_frame(0xbb, 0));

    ip("link set left down");
    assert!(matches!(
        expect_end(&mut all),
        CaptureError::InterfaceDown { .. }
    ));
    ip("link del right");
    assert!(matches!(
        expect_end(&mut some),
        CaptureError::InterfaceGone { .. } | CaptureError::InterfaceDown { .. }
    ));
}
