//! Data connections whose announcement comes late, in pieces, twice, changed, or not at all.

use std::net::SocketAddrV4;

use crate::wire::{ACK, FIN, PSH, SYN, Wire, at, event, links};

fn client() -> SocketAddrV4 {
    at("10.0.0.1:40000")
}

fn server() -> SocketAddrV4 {
    at("10.0.0.2:21")
}

/// Where the server listens after `(10,0,0,2,20,0)`.
fn passive() -> SocketAddrV4 {
    at("10.0.0.2:5120")
}

/// The end of the client's second connection.
fn dialler() -> SocketAddrV4 {
    at("10.0.0.1:40001")
}

fn greeted() -> Wire {
    let mut wire = Wire::new();
    wire.open(client(), server());
    wire.say(server(), client(), "220 ready");
    wire
}

/// A transfer after its announcement, with the data from the server.
fn retrieved(wire: &mut Wire, name: &str) {
    wire.say(client(), server(), &format!("RETR {name}"));
    wire.say(server(), client(), "150 ok");
    wire.data(dialler(), passive(), passive());
    wire.say(server(), client(), "226 ok");
}

#[test]
fn a_control_connection_without_its_handshake_announces_as_well() {
    for line in ["PORT 10,0,0,1,20,0", "EPRT |1|10.0.0.1|5120|"] {
        let mut wire = Wire::new();
        wire.say(client(), server(), line);
        wire.say(server(), client(), "200 ok");
        wire.say(client(), server(), "RETR a");
        let from = at("10.0.0.2:20");
        wire.data(from, at("10.0.0.1:5120"), from);
        assert_eq!(links(&wire.end()), ["data 1 exact RETR a"]);
    }
    // The capture begins with the reply.
    let mut wire = Wire::new();
    wire.say(server(), client(), "227 here (10,0,0,2,20,0)");
    retrieved(&mut wire, "b");
    assert_eq!(links(&wire.end()), ["data 1 exact RETR b"]);
}

#[test]
fn a_reply_in_pieces_announces_when_it_is_whole() {
    let mut wire = greeted();
    wire.say(client(), server(), "PASV");
    for piece in [
        "227 Entering Pass",
        "ive Mode (10,0,0,",
        "2,20,",
        "0).\r",
        "\n",
    ] {
        wire.send(server(), client(), PSH | ACK, piece.as_bytes());
    }
    assert!(wire.names().contains(&"announced"));
    retrieved(&mut wire, "a");
    assert_eq!(links(&wire.end()), ["data 1 exact RETR a"]);
}

#[test]
fn a_reply_that_comes_again_announces_once() {
    let mut wire = greeted();
    wire.say(client(), server(), "PASV");
    let seq = wire.seq(server(), client());
    let ack = wire.seq(client(), server());
    for _ in 0..3 {
        let line = b"227 here (10,0,0,2,20,0)\r\n";
        wire.segment((server(), client()), PSH | ACK, (seq, ack), 65_535, line);
        wire.wait(300_000);
    }
    retrieved(&mut wire, "a");
    assert_eq!(links(&wire.end()), ["data 1 exact RETR a"]);
}

#[test]
fn a_reply_out_of_order_announces_when_its_gap_is_filled() {
    let mut wire = greeted();
    wire.say(client(), server(), "TYPE I\r\nPASV");
    let seq = wire.seq(server(), client());
    let ack = wire.seq(client(), server());
    let (first, second) = (b"200 ok\r\n", b"227 here (10,0,0,2,20,0)\r\n");
    let both = (server(), client());
    wire.segment(both, PSH | ACK, (seq + 8, ack), 65_535, second);
    wire.segment(both, PSH | ACK, (seq, ack), 65_535, first);
    assert!(wire.names().contains(&"announced"));
    retrieved(&mut wire, "a");
    assert_eq!(links(&wire.end()), ["data 1 exact RETR a"]);
}

#[test]
fn a_reply_of_many_lines_announces_on_its_last_one() {
    let mut wire = greeted();
    wire.say(client(), server(), "PASV");
    wire.say(
        server(),
        client(),
        "227-Please wait\r\n (1,2,3,4,5,6)\r\n227 here (10,0,0,2,20,0)",
    );
    retrieved(&mut wire, "a");
    // Some servers give the address on the first line, and text on the last.
    wire.say(client(), server(), "PASV");
    wire.say(server(), client(), "227-here (10,0,0,2,20,1)\r\n227 Go on");
    wire.say(client(), server(), "RETR b");
    let (from, to) = (at("10.0.0.1:40002"), at("10.0.0.2:5121"));
    wire.data(from, to, to);
    wire.say(server(), client(), "150 ok\r\n226 ok");
    assert_eq!(
        links(&wire.end()),
        ["data 1 exact RETR a", "data 2 exact RETR b"]
    );
}

#[test]
fn the_dial_may_be_captured_before_the_reply_that_invited_it() {
    let mut wire = greeted();
    wire.say(client(), server(), "PASV");
    wire.open(dialler(), passive());
    wire.say(server(), client(), "227 here (10,0,0,2,20,0)");
    wire.say(client(), server(), "RETR a");
    wire.say(server(), client(), "150 ok");
    wire.send(passive(), dialler(), PSH | ACK, &[b'x'; 100]);
    wire.close(passive(), dialler());
    wire.say(server(), client(), "226 ok");
    assert_eq!(links(&wire.end()).len(), 1);
    let mut wire = greeted();
    let from = at("10.0.0.2:20");
    wire.open(from, at("10.0.0.1:5120"));
    wire.say(client(), server(), "PORT 10,0,0,1,20,0");
    wire.say(server(), client(), "200 ok");
    wire.say(client(), server(), "RETR a");
    wire.say(server(), client(), "150 ok");
    wire.send(from, at("10.0.0.1:5120"), PSH | ACK, &[b'x'; 100]);
    wire.close(from, at("10.0.0.1:5120"));
    wire.say(server(), client(), "226 ok");
    assert_eq!(links(&wire.end()), ["data 1 exact RETR a"]);
}

#[test]
fn a_data_connection_without_its_syn_is_known_by_its_ends() {
    for active in [false, true] {
        let mut wire = greeted();
        let (from, to) = if active {
            wire.say(client(), server(), "PORT 10,0,0,1,20,0");
            wire.say(server(), client(), "200 ok");
            (at("10.0.0.2:33000"), at("10.0.0.1:5120"))
        } else {
            wire.say(client(), server(), "PASV");
            wire.say(server(), client(), "227 here (10,0,0,2,20,0)");
            (passive(), dialler())
        };
        wire.say(client(), server(), "RETR a");
        wire.say(server(), client(), "150 ok");
        wire.send(from, to, PSH | ACK, &[b'x'; 100]);
        wire.close(from, to);
        wire.say(server(), client(), "226 ok");
        assert_eq!(links(&wire.end()), ["data 1 exact RETR a"], "{active}");
    }
}

#[test]
fn an_endpoint_may_serve_one_transfer_after_the_other() {
    let mut wire = greeted();
    let mut expected = Vec::new();
    for (number, name) in (1..).zip(["a", "b", "c"]) {
        wire.say(client(), server(), "PASV");
        wire.say(server(), client(), "227 here (10,0,0,2,20,0)");
        // The same two ports again and again.
        retrieved(&mut wire, name);
        expected.push(format!("data {number} exact RETR {name}"));
    }
    assert_eq!(links(&wire.end()), expected);
}

#[test]
fn every_packet_twice_is_every_connection_once() {
    let mut wire = greeted();
    wire.say(client(), server(), "PASV");
    let mut twice = |from, to, flags, payload: &[u8]| {
        let numbers = (
            wire.seq(from, to),
            if flags == SYN { 0 } else { wire.seq(to, from) },
        );
        for _ in 0..2 {
            wire.segment((from, to), flags, numbers, 65_535, payload);
        }
    };
    twice(
        server(),
        client(),
        PSH | ACK,
        b"227 here (10,0,0,2,20,0)\r\n",
    );
    twice(client(), server(), PSH | ACK, b"RETR a\r\n");
    twice(dialler(), passive(), SYN, b"");
    twice(passive(), dialler(), SYN | ACK, b"");
    twice(dialler(), passive(), ACK, b"");
    twice(server(), client(), PSH | ACK, b"150 ok\r\n");
    twice(passive(), dialler(), PSH | ACK, &[b'x'; 100]);
    twice(passive(), dialler(), FIN | ACK, b"");
    twice(dialler(), passive(), FIN | ACK, b"");
    twice(passive(), dialler(), ACK, b"");
    twice(server(), client(), PSH | ACK, b"226 ok\r\n");
    let summary = wire.end();
    assert_eq!(links(&summary), ["data 1 exact RETR a"]);
    assert_eq!(summary.connections.len(), 2);
    assert_eq!(summary.connections[1].bytes, [0, 100]);
}

#[test]
fn two_sessions_of_one_client_announce_the_same_endpoint() {
    let others = at("10.0.0.1:41000");
    let mut wire = greeted();
    wire.open(others, server());
    wire.say(server(), others, "220 ready");
    for (from, name) in [(client(), "a"), (others, "b")] {
        wire.say(from, server(), "PORT 10,0,0,1,20,0");
        wire.say(server(), from, "200 ok");
        wire.say(from, server(), &format!("RETR {name}"));
        wire.say(server(), from, "150 ok");
        let (dial, to) = (at("10.0.0.2:20"), at("10.0.0.1:5120"));
        wire.data(dial, to, dial);
        wire.say(server(), from, "226 ok");
    }
    assert_eq!(
        links(&wire.end()),
        ["data 1 exact RETR a", "data 2.1 exact RETR b"]
    );
}

#[test]
fn an_extended_announcement_without_what_it_could_say() {
    // The port alone, and the address of another family.
    for line in ["EPRT |1|10.0.0.1|5120|", "EPRT |2|::ffff:10.0.0.1|5120|"] {
        let mut wire = greeted();
        wire.say(client(), server(), line);
        wire.say(server(), client(), "200 ok");
        wire.say(client(), server(), "STOR up");
        let (from, to) = (at("10.0.0.2:20"), at("10.0.0.1:5120"));
        wire.data(from, to, to);
        assert_eq!(links(&wire.end()).len(), 1, "{line}");
    }
    for reply in [
        "229 ok (|||5120|)",
        "229 ok (!!!5120!)",
        "229 ok (|1|10.0.0.2|5120|)",
        "229 ok (|2|fd00::9|5120|)",
    ] {
        let mut wire = greeted();
        wire.say(client(), server(), "EPSV");
        let told = wire.say(server(), client(), reply);
        event(told, "announced");
        retrieved(&mut wire, "a");
        assert_eq!(links(&wire.end()), ["data 1 exact RETR a"], "{reply}");
    }
}

#[test]
fn long_addresses_announce_too() {
    let mut wire = greeted();
    wire.say(client(), server(), "LPRT 4,4,10,0,0,1,2,20,0");
    wire.say(server(), client(), "200 ok");
    wire.say(client(), server(), "RETR a");
    let from = at("10.0.0.2:20");
    wire.data(from, at("10.0.0.1:5120"), from);
    wire.say(server(), client(), "150 ok\r\n226 ok");
    wire.say(client(), server(), "LPSV");
    wire.say(
        server(),
        client(),
        "228 Entering Long Passive Mode (4,4,10,0,0,2,2,20,0)",
    );
    retrieved(&mut wire, "b");
    assert_eq!(
        links(&wire.end()),
        ["data 1 exact RETR a", "data 2 exact RETR b"]
    );
}
