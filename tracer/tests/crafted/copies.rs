//! Copies of packets beside segments that were sent again: by the same header, but for what tells
//! them apart.

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

fn names(told: &[Value]) -> Vec<&str> {
    told.iter()
        .map(|event| event["event"].as_str().unwrap())
        .collect()
}

#[test]
fn the_identification_tells_a_copy_from_what_was_sent_again() {
    let (mut wire, ..) = opened();
    wire.id = 100;
    down(&mut wire, 0);
    let first = wire.last();
    wire.wait(30 * MS);
    let told = down(&mut wire, 0);
    assert_eq!(names(&told), ["copy"]);
    let copy = event(&told, "copy");
    assert_eq!((&copy["of"], &copy["id"]), (&first.into(), &100.into()));
    wire.id = 101;
    let told = down(&mut wire, 0);
    assert_eq!(event(&told, "retransmission")["of"], first);
    // That one has a copy, too.
    wire.ttl -= 1;
    let told = down(&mut wire, 0);
    assert_eq!(event(&told, "copy")["of"], wire.last() - 1);
    // A copy comes late, but not that late.
    wire.wait(4000 * MS);
    assert_eq!(names(&down(&mut wire, 0)), ["retransmission"]);
}

#[test]
fn an_identification_that_all_packets_have_tells_nothing() {
    let (mut wire, ..) = opened();
    wire.id = 54_321;
    for place in 0..2 {
        down(&mut wire, place);
    }
    assert_eq!(names(&down(&mut wire, 1)), ["retransmission"]);
}

#[test]
fn another_checksum_at_the_same_place_leaves_it_open() {
    let (mut wire, ..) = opened();
    wire.id = 100;
    down(&mut wire, 0);
    wire.checksum = 1;
    assert_eq!(names(&down(&mut wire, 0)), ["perhaps_copy"]);
    // Between two places a card may have computed it.
    wire.ttl -= 1;
    wire.checksum = 2;
    assert_eq!(names(&down(&mut wire, 0)), ["copy"]);
}

#[test]
fn a_copy_takes_no_part_in_what_follows() {
    let (mut wire, ..) = opened();
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
    for id in [201, 201, 202, 202] {
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
    // The handshake, three segments with data and three acknowledgements.
    assert_eq!(summary.connections[0].packets, 3 + 6);
}

#[test]
fn without_identification_each_place_sees_as_much() {
    let (mut wire, ..) = opened();
    wire.id = 0;
    let ttl = |wire: &mut Wire, ttl: u8, place: u32| {
        wire.ttl = ttl;
        down(wire, place)
    };
    ttl(&mut wire, 64, 0);
    assert_eq!(names(&ttl(&mut wire, 63, 0)), ["copy"]);
    ttl(&mut wire, 64, 1);
    let lost = wire.last();
    // It did not come through the router, and was sent again.
    wire.wait(250 * MS);
    assert_eq!(names(&ttl(&mut wire, 64, 1)), ["retransmission"]);
    let again = wire.last();
    let copy = ttl(&mut wire, 63, 1);
    assert_eq!(event(&copy, "copy")["of"], again);
    assert_ne!(lost, again);
}

#[test]
fn what_comes_too_soon_was_not_sent_again_unless_it_was_asked_for() {
    let (mut wire, ..) = opened();
    wire.id = 0;
    down(&mut wire, 0);
    wire.wait(5 * MS);
    // Nothing was captured twice so far.
    assert_eq!(names(&down(&mut wire, 0)), ["retransmission"]);
    down(&mut wire, 1);
    assert_eq!(names(&down(&mut wire, 1)), ["copy"]);
    down(&mut wire, 2);
    wire.wait(5 * MS);
    assert_eq!(names(&down(&mut wire, 2)), ["perhaps_copy"]);
    // Which of the two this answers is not known.
    let told = up(&mut wire, 3);
    assert!(event(&told, "ack")["after_s"].is_null());
    down(&mut wire, 3);
    down(&mut wire, 4);
    for _ in 0..3 {
        wire.id += 1;
        up(&mut wire, 3);
    }
    wire.id = 0;
    assert!(!names(&down(&mut wire, 3)).contains(&"copy"));
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
fn pieces_are_counted_by_their_identification() {
    let (mut wire, ..) = opened();
    let way = (at(SERVER), at(CLIENT));
    let mut send = |id: u16, place: u32, len: usize, flags: u8| {
        wire.id = id;
        let told = wire.segment(way, flags, (1001 + place, 1001), 65_535, &vec![b'x'; len]);
        names(told)
            .iter()
            .map(|name| (*name).to_owned())
            .collect::<Vec<_>>()
    };
    send(100, 0, 4000, ACK | PSH);
    assert_eq!(send(100, 0, 1448, ACK), ["copy"]);
    assert_eq!(send(101, 1448, 1448, ACK), ["copy"]);
    assert_eq!(send(102, 2896, 1104, ACK | PSH), ["copy"]);
    // The second piece was sent again, after all three.
    assert_eq!(send(103, 1448, 1448, ACK), ["retransmission"]);
    // Pieces first.
    send(104, 4000, 1448, ACK);
    send(105, 5448, 552, ACK | PSH);
    assert_eq!(send(104, 4000, 2000, ACK | PSH), ["copy"]);
    assert_eq!(send(106, 6000, 0, ACK | FIN).first().unwrap(), "fin");
    assert_eq!(send(106, 6000, 0, ACK | FIN), ["copy"]);
}
