//! Datagrams that came in pieces.

use std::net::Ipv4Addr;

use serde_json::{Value, json};

use crate::wire::{ACK, FIN, PSH, Wire, at, event};

const CLIENT: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 1);
const SERVER: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 2);
const MORE: u16 = 0x2000;

/// The piece that begins at `offset`.
fn piece(wire: &mut Wire, protocol: u8, whole: &[u8], offset: usize, len: usize) -> Value {
    let end = (offset + len).min(whole.len());
    let more = if end < whole.len() { MORE } else { 0 };
    let field = u16::try_from(offset / 8).unwrap() | more;
    let told = wire.ip_fragment(protocol, CLIENT, SERVER, field, &whole[offset..end]);
    event(told, "fragment").clone()
}

fn figures(piece: &Value) -> [&Value; 4] {
    ["whole", "missing", "pieces", "completes"].map(|name| &piece[name])
}

fn datagram(bytes: u16) -> Vec<u8> {
    let mut whole = vec![0x13, 0x88, 0x11, 0x5c];
    whole.extend((8 + bytes).to_be_bytes());
    whole.extend([0, 0]);
    whole.resize(8 + usize::from(bytes), b'x');
    whole
}

#[test]
fn the_first_piece_says_what_comes_and_the_last_whether_it_came() {
    let mut wire = Wire::new();
    let whole = datagram(4000);
    let first = piece(&mut wire, 17, &whole, 0, 1480);
    assert_eq!(
        figures(&first),
        [&json!(4008), &json!(2528), &json!(1), &json!(false)]
    );
    let told = wire.told.last().unwrap();
    assert_eq!(event(told, "udp")["bytes"], 4000);
    let second = piece(&mut wire, 17, &whole, 1480, 1480);
    assert_eq!(
        (&second["first"], &second["bytes"]),
        (&json!(1), &json!(1480))
    );
    let last = piece(&mut wire, 17, &whole, 2960, 1480);
    assert_eq!(
        figures(&last),
        [&json!(4008), &json!(0), &json!(3), &json!(true)]
    );
    // The same number again, from the beginning: another datagram.
    let again = piece(&mut wire, 17, &whole, 0, 1480);
    assert_eq!(
        (&again["first"], &again["pieces"]),
        (&Value::Null, &json!(1))
    );
    let last = piece(&mut wire, 17, &whole, 2960, 1480);
    assert_eq!(
        figures(&last),
        [&json!(4008), &json!(1480), &json!(2), &json!(false)]
    );
    let twice = piece(&mut wire, 17, &whole, 2960, 1480);
    assert_eq!(
        (&twice["known"], &twice["pieces"]),
        (&json!(1048), &json!(2))
    );
    let middle = piece(&mut wire, 17, &whole, 1480, 1480);
    assert_eq!(
        (&middle["completes"], &middle["last"]),
        (&json!(true), &json!(false))
    );
}

#[test]
fn without_a_length_in_the_header_the_last_piece_tells_it() {
    let mut wire = Wire::new();
    let mut ping = vec![8, 0, 0, 0, 0, 7, 0, 3];
    ping.resize(3000, b'x');
    let first = piece(&mut wire, 1, &ping, 0, 1480);
    assert_eq!(
        (&first["whole"], &first["missing"]),
        (&Value::Null, &Value::Null)
    );
    let last = piece(&mut wire, 1, &ping, 1480, 1520);
    assert_eq!(
        (&last["whole"], &last["completes"]),
        (&json!(3000), &json!(true))
    );
}

#[test]
fn the_bytes_of_a_segment_go_on_in_its_later_pieces() {
    let mut wire = Wire::new();
    let (client, server) = (at("10.0.0.1:40000"), at("10.0.0.2:21"));
    wire.open(client, server);
    wire.say(server, client, "220 ready");
    let (seq, ack) = (wire.seq(client, server), wire.seq(server, client));
    let mut segment = vec![0x9c, 0x40, 0, 21];
    segment.extend(seq.to_be_bytes());
    segment.extend(ack.to_be_bytes());
    segment.extend([0x50, FIN | PSH | ACK, 0xff, 0xff, 0, 0, 0, 0]);
    segment.extend(b"CWD a-folder-with-a-long-name\r\n");
    piece(&mut wire, 6, &segment, 0, 32);
    assert_eq!(wire.names(), ["fragment", "incomplete", "ack_piggybacked"]);
    piece(&mut wire, 6, &segment, 32, 8);
    assert_eq!(wire.names(), ["fragment", "incomplete"]);
    piece(&mut wire, 6, &segment, 40, 64);
    assert_eq!(wire.names(), ["fragment", "command", "fin"]);
    let command = wire.told.last().unwrap();
    assert_eq!(
        event(command, "command")["argument"],
        "a-folder-with-a-long-name"
    );
    // Nothing is missing before what comes next.
    let end = seq + 31 + 1;
    wire.segment((server, client), ACK, (ack, end), 65_535, b"");
    assert_eq!(wire.names(), ["ack", "fin_acknowledged"]);
}

/// A command line in one segment with a FIN, between ends that are connected.
fn command(wire: &mut Wire) -> Vec<u8> {
    let (client, server) = (at("10.0.0.1:40000"), at("10.0.0.2:21"));
    wire.open(client, server);
    wire.say(server, client, "220 ready");
    let mut segment = vec![0x9c, 0x40, 0, 21];
    segment.extend(wire.seq(client, server).to_be_bytes());
    segment.extend(wire.seq(server, client).to_be_bytes());
    segment.extend([0x50, FIN | PSH | ACK, 0xff, 0xff, 0, 0, 0, 0]);
    segment.extend(b"CWD a-folder-with-a-long-name\r\n");
    segment
}

#[test]
fn pieces_that_come_before_the_first_are_read_with_it() {
    let mut wire = Wire::new();
    let segment = command(&mut wire);
    for (offset, len) in [(40, 64), (32, 8), (40, 64)] {
        piece(&mut wire, 6, &segment, offset, len);
        assert_eq!(wire.names(), ["fragment"]);
    }
    piece(&mut wire, 6, &segment, 0, 32);
    assert_eq!(
        wire.names(),
        ["fragment", "command", "fin", "ack_piggybacked"]
    );
    let told = wire.told.last().unwrap();
    assert_eq!(
        event(told, "command")["argument"],
        "a-folder-with-a-long-name"
    );
    // Nothing is missing before what comes next.
    let (client, server) = (at("10.0.0.1:40000"), at("10.0.0.2:21"));
    let (seq, ack) = (wire.seq(client, server), wire.seq(server, client));
    wire.segment((server, client), ACK, (ack, seq + 32), 65_535, b"");
    assert_eq!(wire.names(), ["ack", "fin_acknowledged"]);
}

#[test]
fn an_early_piece_waits_for_the_one_before_it() {
    let mut wire = Wire::new();
    let segment = command(&mut wire);
    piece(&mut wire, 6, &segment, 40, 64);
    piece(&mut wire, 6, &segment, 0, 32);
    assert!(!wire.names().contains(&"command"), "{:?}", wire.names());
    piece(&mut wire, 6, &segment, 32, 8);
    assert!(wire.names().contains(&"command"), "{:?}", wire.names());
}

#[test]
fn a_header_that_says_less_than_comes_ends_nothing() {
    let mut wire = Wire::new();
    let mut whole = datagram(4000);
    whole[4..6].copy_from_slice(&13_u16.to_be_bytes());
    let first = piece(&mut wire, 17, &whole, 0, 1480);
    assert_eq!(
        figures(&first),
        [&Value::Null, &Value::Null, &json!(1), &json!(false)]
    );
}

#[test]
fn a_flood_of_first_pieces_is_forgotten() {
    let mut wire = Wire::new();
    let whole = datagram(4000);
    piece(&mut wire, 17, &whole, 0, 1480);
    for id in 100..2000 {
        wire.id = id;
        piece(&mut wire, 17, &whole, 0, 1480);
    }
    wire.id = 7;
    let last = piece(&mut wire, 17, &whole, 2960, 1480);
    assert_eq!(
        (&last["first"], &last["missing"]),
        (&Value::Null, &json!(2960))
    );
}
