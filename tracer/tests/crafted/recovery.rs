//! What is lost, probed, closed and reset: cases that a story told wrongly would make into others.

use std::net::SocketAddrV4;

use serde_json::{Value, json};

use crate::wire::{ACK, FIN, MS, PSH, RST, SYN, Wire, at, event, opened};

#[test]
fn two_losses_in_one_window_are_both_sent_again() {
    let (mut wire, client, server) = opened();
    let down = (server, client);
    let up = (client, server);
    let data = |wire: &mut Wire, at: u32| {
        wire.segment(down, ACK, (1001 + 100 * at, 1001), 65_535, &[b'x'; 100]);
    };
    let ack = |wire: &mut Wire, at: u32| {
        wire.segment(up, ACK, (1001, 1001 + 100 * at), 65_535, b"")
            .to_vec()
    };
    for at in [0, 2, 4, 5, 6] {
        data(&mut wire, at);
    }
    ack(&mut wire, 1);
    for _ in 0..3 {
        ack(&mut wire, 1);
    }
    wire.wait(30 * MS);
    data(&mut wire, 1);
    let first = event(wire.told.last().unwrap(), "fills_gap").clone();
    assert_eq!(first["why"], "fast");
    // It covers what had come beyond the hole, and what filled it.
    let partial = ack(&mut wire, 3);
    assert_eq!(event(&partial, "ack")["bytes"], 200);
    wire.wait(30 * MS);
    data(&mut wire, 3);
    let second = event(wire.told.last().unwrap(), "fills_gap").clone();
    assert_eq!(second["why"], "fast");
    assert_eq!(event(&ack(&mut wire, 7), "ack")["bytes"], 400);
}

/// The option with a sender's clock.
fn clock(value: u32) -> Vec<u8> {
    let mut option = vec![1, 1, 8, 10];
    option.extend(value.to_be_bytes());
    option.extend([0; 4]);
    option
}

/// The option with SACK blocks: first number, and the one behind the last.
fn sack(blocks: &[(u32, u32)]) -> Vec<u8> {
    let mut option = vec![1, 1, 5, u8::try_from(2 + 8 * blocks.len()).unwrap()];
    for (start, end) in blocks {
        option.extend(start.to_be_bytes());
        option.extend(end.to_be_bytes());
    }
    option
}

#[test]
fn what_is_missing_does_not_grow_with_what_came_behind_it() {
    let (mut wire, client, server) = opened();
    for at in [0, 2, 3, 5] {
        wire.segment(
            (server, client),
            ACK,
            (1001 + 100 * at, 1001),
            65_535,
            &[b'x'; 100],
        );
    }
    let missing = |packet: usize| event(&wire.told[packet], "ahead")["missing"].clone();
    assert_eq!(
        (missing(4), missing(5), missing(6)),
        (json!(100), json!(100), json!(200))
    );
}

#[test]
fn the_senders_clock_tells_a_retransmission_from_a_late_segment() {
    // Sooner than a round trip: time alone says late.
    for (value, asked, why) in [
        (501, true, "fast"),
        (501, false, "timeout"),
        (500, true, "out_of_order"),
        (499, true, "out_of_order"),
    ] {
        let (mut wire, client, server) = opened();
        let down = (server, client);
        wire.options = clock(500);
        wire.segment(down, ACK, (1101, 1001), 65_535, &[b'x'; 100]);
        if asked {
            wire.segment((client, server), ACK, (1001, 1001), 65_535, b"");
        }
        wire.wait(10 * MS);
        wire.options = clock(value);
        let told = wire.segment(down, ACK, (1001, 1001), 65_535, &[b'x'; 100]);
        assert_eq!(event(told, "fills_gap")["why"], why, "{value}");
    }
}

#[test]
fn sack_blocks_say_what_is_there_beyond_the_gap_and_what_came_twice() {
    let (mut wire, client, server) = opened();
    let (down, up) = ((server, client), (client, server));
    for at in [0, 2, 4] {
        wire.segment(down, ACK, (1001 + 100 * at, 1001), 65_535, &[b'x'; 100]);
    }
    wire.segment(up, ACK, (1001, 1101), 65_535, b"");
    wire.options = sack(&[(1401, 1501), (1201, 1301)]);
    let told = wire.segment(up, ACK, (1001, 1101), 65_535, b"");
    assert_eq!(
        event(told, "sack"),
        &json!({"event": "sack", "by": event(told, "duplicate_ack")["by"],
            "has": [{"first": 401, "last": 500}, {"first": 201, "last": 300}], "twice": null})
    );
    // RFC 2883 §4: below the acknowledgement; and within the second block.
    for (blocks, has) in [
        (&[(1001, 1101)][..], json!([])),
        (
            &[(1201, 1301), (1201, 1501)],
            json!([{"first": 201, "last": 500}]),
        ),
    ] {
        wire.options = sack(blocks);
        let told = wire.segment(up, ACK, (1001, 1101), 65_535, b"");
        assert_eq!(event(told, "sack")["has"], has);
        assert!(event(told, "sack")["twice"].is_object());
    }
    // Ends before it begins, or says nothing of what is beyond: nothing to tell.
    for blocks in [&[(1301, 1201)][..], &[(1501, 1501)]] {
        wire.options = sack(blocks);
        wire.segment(up, ACK, (1001, 1101), 65_535, b"");
        assert_eq!(wire.names(), ["duplicate_ack"]);
    }
}

#[test]
fn an_acknowledgement_that_waited_for_a_retransmission_is_not_delayed() {
    let (mut wire, client, server) = opened();
    let down = (server, client);
    for at in 0..3 {
        wire.segment(down, ACK, (1001 + 100 * at, 1001), 65_535, &[b'x'; 100]);
    }
    wire.wait(300 * MS);
    wire.segment(down, ACK, (1001, 1001), 65_535, &[b'x'; 100]);
    let told = wire.segment((client, server), ACK, (1001, 1301), 65_535, b"");
    let ack = event(told, "ack");
    assert_eq!(
        (&ack["delayed"], &ack["after_s"]),
        (&json!(false), &Value::Null)
    );
}

#[test]
fn one_byte_into_a_closed_window_is_a_probe() {
    let (mut wire, client, server) = opened();
    wire.segment((server, client), ACK, (1001, 1001), 65_535, &[b'x'; 100]);
    wire.segment((client, server), ACK, (1001, 1101), 0, b"");
    let closed = wire.last();
    for window in [0, 5000] {
        wire.wait(300 * MS);
        wire.segment((server, client), ACK, (1101, 1001), 65_535, b"y");
        assert_eq!(wire.names()[0], "window_probe");
        let ack = if window == 0 { 1101 } else { 1102 };
        wire.segment((client, server), ACK, (1001, ack), window, b"");
        if window == 0 {
            assert_eq!(wire.names(), ["window_probe_ack"]);
        }
    }
    assert_eq!(wire.names(), ["ack", "window_update"]);
    assert_eq!(
        event(wire.told.last().unwrap(), "window_update")["reopens"],
        closed
    );
}

#[test]
fn what_follows_the_last_acknowledgement_is_told_as_what_it_is() {
    let (mut wire, client, server) = opened();
    wire.close(client, server);
    let again = (wire.seq(server, client) - 1, wire.seq(client, server));
    let told = wire.segment((server, client), FIN | ACK, again, 65_535, b"");
    assert_eq!(event(told, "fin_again")["acknowledged"], true);
    wire.send(client, server, ACK, b"");
    assert_eq!(wire.names(), ["ack_again"]);
    wire.send(client, server, ACK, b"");
    assert_eq!(wire.names(), ["after_close"]);
    wire.send(server, client, PSH | ACK, b"more");
    assert_eq!(wire.names()[0], "after_close");
}

fn why(wire: &mut Wire, from: SocketAddrV4, to: SocketAddrV4, flags: u8) -> Value {
    let numbers = (wire.seq(from, to), wire.seq(to, from));
    let told = wire.segment((from, to), flags, numbers, 0, b"");
    event(told, "reset")["reason"].clone()
}

#[test]
fn a_reset_has_a_reason() {
    let (mut wire, client, server) = opened();
    wire.send(client, server, FIN | ACK, b"");
    assert_eq!(why(&mut wire, server, client, RST | ACK), "instead_of_fin");
    assert_eq!(why(&mut wire, server, client, RST | ACK), "after_close");

    let (mut wire, client, server) = opened();
    for _ in 0..3 {
        wire.wait(400 * MS);
        wire.segment((client, server), ACK, (1001, 1001), 65_535, b"hello");
    }
    assert_eq!(why(&mut wire, client, server, RST | ACK), "unanswered");

    let mut wire = Wire::new();
    wire.send(client, server, SYN, b"");
    wire.send(server, client, SYN | ACK, b"");
    assert_eq!(why(&mut wire, client, server, RST), "not_wanted");

    let mut wire = Wire::new();
    wire.segment((client, server), PSH | ACK, (1001, 5001), 65_535, b"hello");
    let told = wire.segment((server, client), RST, (5001, 0), 0, b"");
    assert_eq!(event(told, "reset")["reason"], "unknowing");
}

#[test]
fn a_reset_from_outside_the_window_ends_nothing() {
    let (mut wire, client, server) = opened();
    let told = wire.segment((client, server), RST, (900_000, 0), 0, b"");
    assert_eq!(event(told, "reset")["doubt"], "outside");
    wire.segment((client, server), PSH | ACK, (1001, 1001), 65_535, b"hello");
    let row = serde_json::to_value(&wire.end().connections[0]).unwrap();
    assert_eq!(row["ending"], "open");
}

#[test]
fn a_dial_goes_on_after_the_older_connection_was_reset() {
    let (mut wire, client, server) = opened();
    let (up, down) = ((client, server), (server, client));
    wire.segment(up, SYN, (900_000, 0), 65_535, b"");
    wire.segment(down, ACK, (1001, 1001), 65_535, b"");
    assert_eq!(wire.names(), ["challenge_ack"]);
    let told = wire.segment(up, RST, (1001, 0), 0, b"");
    assert_eq!(event(told, "reset")["reason"], "half_open");
    wire.wait(1000 * MS);
    wire.segment(up, SYN, (900_000, 0), 65_535, b"");
    wire.segment(down, SYN | ACK, (700_000, 900_001), 65_535, b"");
    wire.segment(up, ACK, (900_001, 700_001), 65_535, b"");
    assert_eq!(wire.names(), ["established"]);
}

#[test]
fn a_hole_that_an_acknowledgement_asked_for_is_filled_again_after_a_round_trip() {
    for (asks, wait, why) in [
        (1, 30 * MS, "fast"),
        (1, 5 * MS, "out_of_order"),
        (0, 30 * MS, "out_of_order"),
    ] {
        let (mut wire, client, server) = opened();
        let down = (server, client);
        wire.segment(down, ACK, (1001, 1001), 65_535, &[b'x'; 100]);
        wire.segment(down, ACK, (1201, 1001), 65_535, &[b'x'; 100]);
        for _ in 0..=asks {
            wire.segment((client, server), ACK, (1001, 1101), 65_535, b"");
        }
        wire.wait(wait);
        let told = wire.segment(down, ACK, (1101, 1001), 65_535, &[b'x'; 100]);
        assert_eq!(event(told, "fills_gap")["why"], why);
    }
}

#[test]
fn what_comes_into_a_closed_window_is_not_taken() {
    let (mut wire, client, server) = opened();
    wire.segment((server, client), ACK, (1001, 1001), 65_535, &[b'x'; 100]);
    wire.segment((client, server), ACK, (1001, 1101), 0, b"");
    wire.segment((server, client), ACK, (1101, 1001), 65_535, &[b'x'; 100]);
    wire.segment((client, server), ACK, (1001, 1101), 0, b"");
    assert_eq!(wire.names(), ["zero_window"]);
}

#[test]
fn each_of_several_syns_may_be_refused() {
    let mut wire = Wire::new();
    let (client, server) = (at("10.0.0.1:40000"), at("10.0.0.2:8080"));
    for _ in 0..3 {
        wire.segment((client, server), SYN, (1000, 0), 65_535, b"");
        wire.segment((server, client), RST | ACK, (0, 1001), 0, b"");
        assert_eq!(wire.names(), ["refused"]);
        wire.wait(500 * MS);
    }
    let row = serde_json::to_value(&wire.end().connections[0]).unwrap();
    assert_eq!(row["ending"], "refused");
}

#[test]
fn an_acknowledgement_shows_by_its_number_what_was_lost_before_it() {
    let (mut wire, client, server) = opened();
    wire.segment((client, server), PSH | ACK, (1001, 1001), 65_535, b"hello");
    // The answer of 31 bytes was lost before it came here.
    let told = wire.segment((server, client), ACK, (1032, 1006), 65_535, b"");
    assert_eq!(event(told, "ahead")["missing"], 31);
    let shown = wire.last();
    let told = wire
        .segment((server, client), ACK, (1032, 1006), 65_535, b"")
        .to_vec();
    assert!(
        told.iter().all(|event| event["event"] != "ahead"),
        "{told:?}"
    );
    wire.wait(500 * MS);
    let told = wire.segment(
        (server, client),
        PSH | ACK,
        (1001, 1006),
        65_535,
        &[b'x'; 31],
    );
    let filled = event(told, "fills_gap");
    assert_eq!(
        (&filled["gap"], &filled["why"]),
        (&json!(shown), &json!("timeout"))
    );
    wire.segment((server, client), PSH | ACK, (1032, 1006), 65_535, b"more");
    assert_eq!(wire.names(), ["data"]);
}

#[test]
fn the_byte_of_a_keep_alive_is_no_command() {
    let mut wire = Wire::new();
    let (client, server) = (at("10.0.0.1:40000"), at("10.0.0.2:21"));
    wire.open(client, server);
    wire.say(server, client, "220 ready");
    wire.say(client, server, "NOOP");
    wire.say(server, client, "200 ok");
    let next = (wire.seq(client, server), wire.seq(server, client));
    wire.send(client, server, ACK, b"");
    wire.segment((client, server), ACK, (next.0 - 1, next.1), 65_535, b"\0");
    assert_eq!(wire.names(), ["keep_alive"]);
}
