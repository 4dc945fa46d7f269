//! Sessions that the capture enters after their beginning, or on ports that are not FTP's.

use std::net::SocketAddrV4;

use crate::wire::{ACK, PSH, Wire, at, links};

fn client() -> SocketAddrV4 {
    at("10.0.0.1:40000")
}

/// On a port that promises nothing.
fn server() -> SocketAddrV4 {
    at("10.0.0.2:2121")
}

fn passive() -> SocketAddrV4 {
    at("10.0.0.2:5120")
}

fn dialler() -> SocketAddrV4 {
    at("10.0.0.1:40001")
}

/// PASV, a transfer of 100 bytes from the server, and its end.
fn retrieve(wire: &mut Wire, server: SocketAddrV4) {
    wire.say(client(), server, "PASV");
    wire.say(server, client(), "227 here (10,0,0,2,20,0)");
    wire.say(client(), server, "RETR a");
    wire.say(server, client(), "150 ok");
    wire.data(dialler(), passive(), passive());
    wire.say(server, client(), "226 ok");
}

/// A line in two segments, the second of which comes first.
fn swapped(wire: &mut Wire, from: SocketAddrV4, to: SocketAddrV4, line: &str) {
    let (seq, ack) = (wire.seq(from, to), wire.seq(to, from));
    let (first, second) = line.as_bytes().split_at(3);
    wire.segment((from, to), PSH | ACK, (seq + 3, ack), 8192, second);
    wire.segment((from, to), PSH | ACK, (seq, ack), 8192, first);
}

#[test]
fn what_passed_before_a_session_is_recognised_is_not_waited_for() {
    let mut wire = Wire::new();
    // Nothing here is a word of FTP alone.
    wire.say(client(), server(), "NOOP");
    wire.say(server(), client(), "so far");
    wire.say(client(), server(), "TYPE I");
    wire.say(server(), client(), "200 ok");
    retrieve(&mut wire, server());
    assert_eq!(links(&wire.end()), ["data 1 exact RETR a"]);
}

#[test]
fn a_first_command_out_of_order_is_read_when_it_is_whole() {
    let mut wire = Wire::new();
    wire.open(client(), server());
    wire.say(server(), client(), "220 ready");
    swapped(&mut wire, client(), server(), "USER ann\r\n");
    wire.say(server(), client(), "331 password");
    retrieve(&mut wire, server());
    assert_eq!(links(&wire.end()), ["data 1 exact RETR a"]);
}

#[test]
fn a_capture_may_begin_amid_a_reply_on_the_usual_port() {
    let server = at("10.0.0.2:21");
    let mut wire = Wire::new();
    wire.say(server, client(), "eady.");
    wire.say(client(), server, "USER ann");
    wire.say(server, client(), "331 password");
    retrieve(&mut wire, server);
    assert_eq!(links(&wire.end()), ["data 1 exact RETR a"]);
}

#[test]
fn what_a_client_said_before_its_session_was_recognised_counts() {
    let mut wire = Wire::new();
    wire.say(client(), server(), "PORT 10,0,0,1,20,0");
    // In pieces, and so not recognised.
    wire.send(server(), client(), PSH | ACK, b"2");
    wire.send(server(), client(), PSH | ACK, b"00 ok\r\n");
    wire.say(client(), server(), "LIST -l");
    wire.say(server(), client(), "150 ok");
    let (from, to) = (at("10.0.0.2:20"), at("10.0.0.1:5120"));
    wire.data(from, to, from);
    wire.say(server(), client(), "226 ok");
    assert_eq!(links(&wire.end()), ["data 1 exact LIST -l"]);
}

#[test]
fn blanks_that_programs_forgive_do_not_hide_an_endpoint() {
    let server = at("10.0.0.2:21");
    for line in ["PORT  10,0,0,1,20,0", "EPRT  |1|10.0.0.1|5120|"] {
        let mut wire = Wire::new();
        wire.say(client(), server, line);
        wire.say(server, client(), "200 ok");
        wire.say(client(), server, "RETR a");
        let (from, to) = (at("10.0.0.2:1999"), at("10.0.0.1:5120"));
        wire.data(from, to, from);
        assert_eq!(links(&wire.end()), ["data 1 exact RETR a"], "{line}");
    }
    let mut wire = Wire::new();
    wire.say(client(), server, "PASV");
    wire.say(server, client(), "227 Passive (10, 0, 0, 2, 20, 0)");
    wire.say(client(), server, "RETR a");
    wire.data(dialler(), passive(), passive());
    assert_eq!(links(&wire.end()), ["data 1 exact RETR a"]);
}
