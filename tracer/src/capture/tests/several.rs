//! From several interfaces, merged.

use std::net::UdpSocket;
use std::time::{Duration, Instant};

use super::super::{CaptureError, CaptureOptions, Captures, Engine};
use super::{PRIVATE, frame_sender, inside, ip, test_frame, veth_pair};

const ROUNDS: u8 = 200;

#[test]
fn frames_of_several_interfaces_come_in_the_order_of_time() {
    if !inside(
        "several::frames_of_several_interfaces_come_in_the_order_of_time",
        PRIVATE,
    ) {
        return;
    }
    ip("link set lo up");
    veth_pair();
    let names = ["left", "right", "lo"];
    let options = |engine| {
        names.map(|name| CaptureOptions {
            engine,
            buffer_size: 4 << 20,
            ..CaptureOptions::new(name)
        })
    };
    assert!(matches!(
        Captures::open(&options(Engine::Pnet)),
        Err(CaptureError::OnlyOne { .. })
    ));
    assert!(Captures::open(&[]).is_err());
    let mut captures = Captures::open(&options(Engine::Ring)).unwrap();
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let to = socket.local_addr().unwrap();
    let mut right = frame_sender("right");
    for number in 0..ROUNDS {
        right
            .send_to(&test_frame(0xbb, number), None)
            .unwrap()
            .unwrap();
        socket.send_to(&[number], to).unwrap();
    }
    let mut seen = [const { Vec::new() }; 3];
    let mut order = Vec::new();
    let deadline = Instant::now() + Duration::from_secs(30);
    while order.len() < 3 * usize::from(ROUNDS) && Instant::now() < deadline {
        if let Some((from, frame)) = captures.next().unwrap() {
            order.push(frame.time);
            seen[from].push(*frame.bytes.last().unwrap());
        }
    }
    let numbers: Vec<u8> = (0..ROUNDS).collect();
    assert_eq!(seen, [numbers.clone(), numbers.clone(), numbers]);
    assert!(order.is_sorted());
    assert_eq!(captures.statistics().unwrap().received, 600);
    // One that goes ends it for all.
    ip("link set left down");
    let ended = (0..1000).find_map(|_| captures.next().err());
    assert!(matches!(ended, Some(CaptureError::InterfaceDown { .. })));
}
