//! Copies of packets beside segments that were sent again: what proves a copy, and that nothing is
//! called one without it.

use serde_json::Value;

use crate::wire::{ACK, FIN, MS, PSH, SYN, Wire, at, event, opened};

const CLIENT: &str = "10.0.0.1:40000";
const SERVER: &str = "10.0.0.2:8080";

/// A segment of the server's, at that place of its stream.
fn down(wire: &mut Wire, place: u32) -> Vec<Value> {
    let numbers = (1001 + 100 * place, 1001);
    let way = (at(SERVER), at(CLIENT));
    wire.segment(way, ACK, numbers, 65_535, &[b'x'; 100])
        .to_vec()
}

/// The client has everything before that place.
fn up(wire: &mut Wire, place: u32) -> Vec<Value> {
    let numbers = (1001, 1001 + 100 * place);
    wire.segment((at(CLIENT), at(SERVER)), ACK, numbers, 65_535, b"")
        .to_vec()
}

/// Segments of the server's from one place to another, with identifications from `id` on.
fn flight(wire: &mut Wire, id: u16, places: std::ops::Range<u32>) -> Vec<Vec<Value>> {
    (id..)
        .zip(places)
        .map(|(id, place)| {
            wire.id = id;
            down(wire, place)
        })
        .collect()
}

fn names(told: &[Value]) -> Vec<&str> {
    told.iter()
        .map(|event| event["event"].as_str().unwrap())
        .collect()
}

fn are_copies(told: &[Vec<Value>]) -> bool {
    told.iter().all(|told| names(told) == ["copy"])
}

fn has_copy(told: &[Value]) -> bool {
    names(told).contains(&"copy")
}

#[test]
fn the_identification_tells_a_copy_from_what_was_sent_again() {
    let (mut wire, ..) = opened();
    flight(&mut wire, 100, 0..2);
    let first = wire.last();
    wire.wait(30 * MS);
    let told = down(&mut wire, 1);
    assert_eq!(names(&told), ["copy"]);
    let copy = event(&told, "copy");
    assert_eq!((&copy["of"], &copy["id"]), (&first.into(), &101.into()));
    assert_eq!(copy["here"], true);
    wire.id = 102;
    let told = down(&mut wire, 1);
    assert_eq!(event(&told, "retransmission")["of"], first);
    // That one has a copy, too.
    wire.ttl -= 1;
    let told = down(&mut wire, 1);
    assert_eq!(event(&told, "copy")["of"], wire.last() - 1);
    assert_eq!(event(&told, "copy")["here"], false);
    // A copy comes late, but not that late.
    wire.wait(4000 * MS);
    assert_eq!(names(&down(&mut wire, 1)), ["retransmission"]);
}

#[test]
fn copies_of_a_long_flight_come_after_all_of_it() {
    let (mut wire, ..) = opened();
    flight(&mut wire, 100, 0..200);
    wire.wait(5 * MS);
    wire.ttl -= 1;
    assert!(are_copies(&flight(&mut wire, 100, 0..200)));
    // Acknowledgements likewise: neither is a duplicate.
    for (id, place) in (10..).zip([1, 2, 3, 3, 3]) {
        wire.id = id;
        assert!(!has_copy(&up(&mut wire, place)));
    }
    for (id, place) in (10..).zip([1, 2, 3, 3, 3]) {
        wire.id = id;
        assert_eq!(names(&up(&mut wire, place)), ["copy"]);
    }
    let duplicates = wire.told.iter().flatten();
    let duplicates = duplicates.filter(|event| event["event"] == "duplicate_ack");
    assert_eq!(duplicates.count(), 2);
}

#[test]
fn what_others_send_in_between_pushes_nothing_out() {
    let (mut wire, ..) = opened();
    flight(&mut wire, 100, 0..2);
    let (from, to) = (at("10.9.0.1:1000"), at("10.9.0.2:2000"));
    for _ in 0..3000 {
        wire.id = wire.id.wrapping_add(1);
        wire.send(from, to, ACK, b"z");
    }
    for _ in 0..9000 {
        // No segments: UDP, to the port that takes anything.
        wire.ip(17, *from.ip(), *to.ip(), &[0, 9, 0, 9, 0, 8, 0, 0]);
    }
    wire.ttl -= 1;
    assert!(are_copies(&flight(&mut wire, 100, 0..2)));
}

#[test]
fn skewed_clocks_are_as_far_apart_as_a_copy_may_come() {
    for (skew, copied) in [(250, true), (3500, false)] {
        let (mut wire, ..) = opened();
        flight(&mut wire, 100, 0..3);
        wire.id = 20;
        up(&mut wire, 2);
        wire.id = 21;
        up(&mut wire, 3);
        wire.wait(skew * MS);
        assert_eq!(are_copies(&flight(&mut wire, 100, 0..3)), copied, "{skew}");
        wire.id = 20;
        assert_eq!(has_copy(&up(&mut wire, 2)), copied, "{skew}");
    }
}

#[test]
fn an_identification_that_all_packets_have_tells_nothing() {
    let (mut wire, ..) = opened();
    wire.id = 54_321;
    for place in 0..2 {
        down(&mut wire, place);
    }
    assert_eq!(names(&down(&mut wire, 1)), ["retransmission"]);
    // Not even long after, nor when all else are acknowledgements.
    let (mut wire, ..) = opened();
    wire.wait(5000 * MS);
    flight(&mut wire, 50, 1..5);
    wire.id = 7;
    for _ in 0..4 {
        assert!(!has_copy(&up(&mut wire, 0)));
    }
    wire.id = 60;
    assert!(!has_copy(&down(&mut wire, 0)));
}

#[test]
fn other_bytes_are_another_packet() {
    // What the pseudo-header of these segments sums up to: 10.0.0.2, 10.0.0.1, TCP, 120 bytes.
    const PARTIAL: u16 = 0x0a00 + 2 + 0x0a00 + 1 + 6 + 120;
    let (mut wire, ..) = opened();
    wire.checksum = 0x1111;
    flight(&mut wire, 100, 0..2);
    wire.checksum = 0x2222;
    assert_eq!(names(&down(&mut wire, 1)), ["retransmission"]);
    (wire.ttl, wire.checksum) = (3, 0x4444);
    assert_eq!(names(&down(&mut wire, 1)), ["retransmission"]);
    wire.ttl = 64;
    // A card had still to compute it.
    wire.checksum = PARTIAL;
    assert_eq!(names(&down(&mut wire, 1)), ["copy"]);
    wire.id = 102;
    down(&mut wire, 2);
    wire.checksum = 0x3333;
    assert_eq!(names(&down(&mut wire, 2)), ["copy"]);
}

#[test]
fn a_copy_takes_no_part_in_what_follows() {
    let (mut wire, ..) = opened();
    wire.id = 99;
    wire.segment((at(SERVER), at(CLIENT)), ACK, (1001, 1001), 65_535, b"");
    wire.id = 100;
    down(&mut wire, 0);
    let sent = wire.last();
    wire.wait(5 * MS);
    down(&mut wire, 0);
    wire.wait(5 * MS);
    wire.id = 200;
    let told = up(&mut wire, 1);
    // Sent once, so that the time to its acknowledgement tells something.
    let ack = event(&told, "ack");
    assert_eq!((&ack["first"], &ack["last"]), (&sent.into(), &sent.into()));
    assert!(!ack["after_s"].is_null());
    wire.id = 101;
    down(&mut wire, 2);
    // Four times the same acknowledgement, two of them copies: none is a third one.
    for id in [201, 202, 201, 202] {
        wire.id = id;
        up(&mut wire, 1);
    }
    let duplicates = wire.told.iter().flatten();
    let duplicates = duplicates.filter(|event| event["event"] == "duplicate_ack");
    assert_eq!(duplicates.count(), 2);
    wire.id = 102;
    let told = down(&mut wire, 1);
    assert_ne!(event(&told, "fills_gap")["why"], "fast");
    let summary = wire.end();
    assert_eq!(summary.copies, 3);
    assert_eq!(summary.connections[0].bytes, [0, 300]);
    // The handshake, three segments with data and four without.
    assert_eq!(summary.connections[0].packets, 3 + 7);
}

/// A wire that tells interfaces, without identifications.
fn placed() -> Wire {
    let mut wire = Wire::new();
    (wire.id, wire.interface) = (0, Some(2));
    wire.open(at(CLIENT), at(SERVER));
    wire
}

fn down_at(wire: &mut Wire, interface: u32, place: u32) -> Vec<Value> {
    wire.interface = Some(interface);
    down(wire, place)
}

#[test]
fn without_identification_each_interface_sees_as_much() {
    let mut wire = placed();
    for place in 0..60 {
        down_at(&mut wire, 2, place);
    }
    let first = wire.last() - 59;
    for place in 0..60 {
        let copy = down_at(&mut wire, 3, place);
        let of = first + u64::from(place);
        assert_eq!(names(&copy), ["copy"], "{place}");
        assert_eq!(event(&copy, "copy")["of"], of);
    }
    // Sent again: it comes to both again.
    wire.wait(250 * MS);
    assert_eq!(names(&down_at(&mut wire, 2, 0)), ["retransmission"]);
    let again = wire.last();
    let copy = down_at(&mut wire, 3, 0);
    assert_eq!(event(&copy, "copy")["of"], again);
}

#[test]
fn another_interface_proves_nothing_after_a_while() {
    let mut wire = placed();
    down_at(&mut wire, 2, 0);
    wire.wait(1200 * MS);
    assert_eq!(names(&down_at(&mut wire, 3, 0)), ["retransmission"]);
}

#[test]
fn a_place_that_saw_as_much_sees_what_was_sent_again() {
    let mut wire = placed();
    down_at(&mut wire, 2, 0);
    assert_eq!(names(&down_at(&mut wire, 3, 0)), ["copy"]);
    assert_eq!(names(&down_at(&mut wire, 3, 0)), ["retransmission"]);
    // The one that comes in next is the second there, too.
    assert_eq!(names(&down_at(&mut wire, 2, 0)), ["copy"]);
    // So many that not all are looked at.
    for _ in 0..100 {
        wire.wait(20 * MS);
        assert!(!has_copy(&down_at(&mut wire, 2, 0)));
    }
    assert!(!has_copy(&down_at(&mut wire, 3, 0)));
}

#[test]
fn at_one_place_nothing_but_the_identification_tells() {
    let (mut wire, ..) = opened();
    wire.id = 0;
    down(&mut wire, 0);
    // At once, and by another way.
    assert_eq!(names(&down(&mut wire, 0)), ["retransmission"]);
    wire.ttl = 62;
    assert_eq!(names(&down(&mut wire, 0)), ["retransmission"]);
    // The first duplicate ACK after a SYN that the network doubled.
    let mut wire = Wire::new();
    wire.id = 0;
    let (to, from) = ((at(CLIENT), at(SERVER)), (at(SERVER), at(CLIENT)));
    for _ in 0..2 {
        wire.segment(to, SYN, (1000, 0), 65_535, b"");
    }
    wire.segment(from, SYN | ACK, (1000, 1001), 65_535, b"");
    up(&mut wire, 0);
    down(&mut wire, 1);
    up(&mut wire, 0);
    assert!(!wire.told.iter().any(|told| has_copy(told)));
}

#[test]
fn every_syn_is_answered() {
    let mut wire = Wire::new();
    let (to, from) = ((at(CLIENT), at(SERVER)), (at(SERVER), at(CLIENT)));
    wire.segment(to, SYN, (1000, 0), 65_535, b"");
    wire.id += 1;
    wire.wait(1000 * MS);
    let again = wire.segment(to, SYN, (1000, 0), 65_535, b"").to_vec();
    assert_eq!(names(&again), ["syn_again"]);
    wire.id = 0;
    wire.segment(from, SYN | ACK, (1000, 1001), 65_535, b"");
    let again = wire.segment(from, SYN | ACK, (1000, 1001), 65_535, b"");
    assert_eq!(names(again), ["syn_ack_again"]);
}

#[test]
fn a_short_tail_that_is_sent_again_is_no_piece() {
    let (mut wire, ..) = opened();
    let way = (at(SERVER), at(CLIENT));
    let mut send = |id: u16, place: u32, len: usize| {
        wire.id = id;
        let data = vec![b'y'; len];
        let told = wire.segment(way, ACK | PSH, (1001 + place, 1001), 65_535, &data);
        has_copy(told)
    };
    assert!(!send(100, 0, 1748));
    assert!(!send(102, 1448, 300));
    assert!(!send(103, 1748, 1448));
    // What was cut does not make the sender's identifications useless.
    assert!(!send(103, 1748, 724));
    assert!(send(103, 1748, 1448));
}

#[test]
fn a_first_fragment_can_be_a_copy() {
    let (mut wire, ..) = opened();
    let mut body = Vec::new();
    for port in [8080_u16, 40_000] {
        body.extend(port.to_be_bytes());
    }
    for number in [1001_u32, 1001] {
        body.extend(number.to_be_bytes());
    }
    body.extend([5 << 4, ACK, 0xff, 0xff, 0, 0, 0, 0]);
    body.extend([b'z'; 76]);
    flight(&mut wire, 60, 5..6);
    wire.id = 70;
    let (from, to) = (*at(SERVER).ip(), *at(CLIENT).ip());
    wire.ip_fragment(6, from, to, 0x2000, &body);
    wire.ttl -= 1;
    let told = wire.ip_fragment(6, from, to, 0x2000, &body).to_vec();
    assert_eq!(names(&told), ["fragment", "copy"]);
}

#[test]
fn a_fin_and_its_copy_are_one() {
    let (mut wire, ..) = opened();
    flight(&mut wire, 100, 0..1);
    wire.id = 101;
    let way = (at(SERVER), at(CLIENT));
    wire.segment(way, ACK | FIN, (1101, 1001), 65_535, b"");
    let told = wire.segment(way, ACK | FIN, (1101, 1001), 65_535, b"");
    assert_eq!(names(told), ["copy"]);
}
