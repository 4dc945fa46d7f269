//! Through pnet, on `lo`.

use std::net::{Ipv4Addr, UdpSocket};

use super::super::{Capture, CaptureOptions, Filter, TimeStamps};
use super::{PRIVATE, expect_frame, inside, ip, now};
use crate::Timestamp;

#[test]
fn loopback_yields_every_packet_once_in_order_and_whole() {
    if !inside(
        "loopback::loopback_yields_every_packet_once_in_order_and_whole",
        PRIVATE,
    ) {
        return;
    }
    ip("link set lo up");
    let mut capture = Capture::open(&CaptureOptions::new("lo")).unwrap();
    let receiver = UdpSocket::bind("127.0.0.1:0").unwrap();
    let sender = UdpSocket::bind("127.0.0.1:0").unwrap();
    sender.connect(receiver.local_addr().unwrap()).unwrap();
    let before = now();
    let mut previous = before;
    for number in 0..300_u32 {
        // The largest datagram makes a frame of 65 549 bytes.
        let size = if number % 50 == 7 {
            65_507
        } else {
            8 + number as usize
        };
        let mut datagram = vec![0x5a; size];
        datagram[..4].copy_from_slice(&number.to_be_bytes());
        sender.send(&datagram).unwrap();
        let frame = expect_frame(&mut capture);
        assert_eq!(frame.bytes.len(), 14 + 20 + 8 + size);
        assert_eq!(&frame.bytes[42..], &datagram);
        assert_eq!(frame.wire_len as usize, frame.bytes.len());
        assert!(frame.time >= previous, "time went back at {number}");
        previous = frame.time;
    }
    assert!(previous <= now());
    // The echo of each packet is what a packet socket on `lo` shows by default.
    assert!(capture.next().unwrap().is_none());
    let statistics = capture.statistics().unwrap();
    assert_eq!((statistics.received, statistics.dropped), (300, 0));
    assert_eq!(capture.statistics().unwrap(), statistics);
}

#[test]
fn a_burst_is_kept_in_order_with_the_kernels_own_time_stamps() {
    if !inside(
        "loopback::a_burst_is_kept_in_order_with_the_kernels_own_time_stamps",
        PRIVATE,
    ) {
        return;
    }
    ip("link set lo up");
    let receiver = UdpSocket::bind("127.0.0.1:0").unwrap();
    let sender = UdpSocket::bind("127.0.0.1:0").unwrap();
    sender.connect(receiver.local_addr().unwrap()).unwrap();
    // Often, since it is chance whether the kernel is still about to begin.
    for _ in 0..50 {
        let _stamps = TimeStamps::hold().unwrap();
        let mut capture = Capture::open(&CaptureOptions::new("lo")).unwrap();
        for number in 0..200_u32 {
            sender.send(&number.to_be_bytes()).unwrap();
        }
        let sent = now();
        let mut previous = Timestamp(0);
        for number in 0..200_u32 {
            let frame = expect_frame(&mut capture);
            assert_eq!(&frame.bytes[42..46], &number.to_be_bytes());
            assert!(frame.time >= previous, "time went back at {number}");
            assert!(frame.time <= sent, "{number} was stamped when it was read");
            previous = frame.time;
        }
    }
}

#[test]
fn the_filter_lets_through_what_is_between_its_addresses() {
    if !inside(
        "loopback::the_filter_lets_through_what_is_between_its_addresses",
        PRIVATE,
    ) {
        return;
    }
    ip("link set lo up");
    let hosts = [Ipv4Addr::new(127, 0, 0, 2), Ipv4Addr::new(127, 0, 0, 3)];
    let mut capture = Capture::open(&CaptureOptions {
        filter: Some(Filter::between(&hosts).unwrap()),
        ..CaptureOptions::new("lo")
    })
    .unwrap();
    let receiver = UdpSocket::bind("127.0.0.3:0").unwrap();
    let stranger = UdpSocket::bind("127.0.0.1:0").unwrap();
    let own = UdpSocket::bind("127.0.0.2:0").unwrap();
    let to = receiver.local_addr().unwrap();
    for _ in 0..3 {
        stranger.send_to(b"stranger", to).unwrap();
        own.send_to(b"own", to).unwrap();
        own.send_to(b"out", stranger.local_addr().unwrap()).unwrap();
        assert_eq!(&expect_frame(&mut capture).bytes[42..], b"own");
    }
    assert!(capture.next().unwrap().is_none());
}
