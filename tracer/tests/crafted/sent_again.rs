//! What is late, what is sent again and why: where the packets leave it open, nothing is claimed.

use serde_json::{Value, json};

use crate::wire::{ACK, MS, PSH, RST, Wire, at, event, opened};

/// The server sends its 100 bytes of that place.
fn down(wire: &mut Wire, place: u32) -> Vec<Value> {
    let way = (at("10.0.0.2:8080"), at("10.0.0.1:40000"));
    let numbers = (1001 + 100 * place, 1001);
    wire.segment(way, ACK, numbers, 65_535, &[b'x'; 100])
        .to_vec()
}

/// The client has everything before that place.
fn up(wire: &mut Wire, place: u32) -> Vec<Value> {
    let way = (at("10.0.0.1:40000"), at("10.0.0.2:8080"));
    let numbers = (1001, 1001 + 100 * place);
    wire.segment(way, ACK, numbers, 65_535, b"").to_vec()
}

/// The option with a sender's clock.
fn clock(value: u32) -> Vec<u8> {
    let mut option = vec![1, 1, 8, 10];
    option.extend(value.to_be_bytes());
    option.extend([0; 4]);
    option
}

fn filled(told: &[Value]) -> (Value, Value) {
    let fills = event(told, "fills_gap");
    (fills["gap"].clone(), fills["why"].clone())
}

#[test]
fn a_gap_that_the_capture_made_is_not_taken_for_the_next_one() {
    let (mut wire, ..) = opened();
    down(&mut wire, 1);
    // The client has the first one, too.
    up(&mut wire, 2);
    down(&mut wire, 2);
    up(&mut wire, 3);
    wire.wait(10_000 * MS);
    down(&mut wire, 4);
    let ahead = wire.last();
    let told = down(&mut wire, 3);
    assert_eq!(filled(&told), (json!(ahead), json!("out_of_order")));
}

#[test]
fn each_hole_has_its_own_clock() {
    let (mut wire, ..) = opened();
    let mut at_clock = |place, value| {
        wire.options = clock(value);
        let told = down(&mut wire, place);
        (wire.last(), told)
    };
    at_clock(0, 100);
    let (first, _) = at_clock(2, 100);
    let (second, _) = at_clock(4, 101);
    let (_, told) = at_clock(1, 150);
    assert_eq!(filled(&told), (json!(first), json!("timeout")));
    let (_, told) = at_clock(3, 101);
    assert_eq!(filled(&told), (json!(second), json!("out_of_order")));
}

#[test]
fn a_number_beyond_the_window_claims_nothing() {
    let (mut wire, client, server) = opened();
    let told = wire
        .segment((server, client), ACK, (1_000_001_001, 1001), 65_535, b"")
        .to_vec();
    assert!(
        told.iter().all(|event| event["event"] != "ahead"),
        "{told:?}"
    );
    wire.wait(500 * MS);
    down(&mut wire, 0);
    assert_eq!(wire.names(), ["data"]);
}

#[test]
fn a_claim_ends_where_the_stream_reaches_it() {
    let (mut wire, client, server) = opened();
    wire.segment((server, client), ACK, (1101, 1001), 65_535, b"");
    assert_eq!(wire.names()[0], "ahead");
    down(&mut wire, 0);
    assert_eq!(wire.names()[0], "fills_gap");
    // The capture is without the next 3 GB.
    for place in [15_000_000, 30_000_000] {
        up(&mut wire, place);
        down(&mut wire, place);
        assert_eq!(wire.names(), ["data"]);
    }
}

#[test]
fn what_was_claimed_may_come_a_little_late() {
    for (wait, why) in [
        (4 * MS, "out_of_order"),
        (100 * MS, "out_of_order"),
        (300 * MS, "timeout"),
    ] {
        let (mut wire, client, server) = opened();
        wire.segment((server, client), ACK, (1101, 1001), 65_535, b"");
        let claim = wire.last();
        wire.wait(wait);
        let told = down(&mut wire, 0);
        assert_eq!(filled(&told), (json!(claim), json!(why)), "{wait}");
    }
}

#[test]
fn what_was_asked_for_and_lost_again_waits_for_the_timer() {
    // The first copy is in the capture, or is not; acknowledgements come after the second, or not.
    for (captured, later) in [(true, false), (false, false), (true, true)] {
        let (mut wire, ..) = opened();
        for place in u32::from(!captured)..4 {
            down(&mut wire, place);
        }
        for _ in 0..3 + u32::from(!captured) {
            up(&mut wire, 0);
        }
        let name = if captured {
            "retransmission"
        } else {
            "fills_gap"
        };
        wire.wait(50 * MS);
        assert_eq!(event(&down(&mut wire, 0), name)["why"], "fast");
        if later {
            up(&mut wire, 0);
        }
        wire.wait(300 * MS);
        assert_eq!(
            event(&down(&mut wire, 0), "retransmission")["why"],
            "timeout"
        );
        // What follows was sent again because of the timer, too.
        up(&mut wire, 1);
        wire.wait(50 * MS);
        assert_eq!(
            event(&down(&mut wire, 1), "retransmission")["why"],
            "timeout"
        );
    }
}

#[test]
fn who_resets_at_once_has_not_waited_for_an_answer() {
    let reason = |wire: &mut Wire, client, server| {
        let numbers = (wire.seq(client, server), wire.seq(server, client));
        let told = wire.segment((client, server), RST | ACK, numbers, 0, b"");
        event(told, "reset")["reason"].clone()
    };
    for (copies, wait, why) in [
        (2, 0, "abort"),
        (2, 300 * MS, "unanswered"),
        (3, 0, "unanswered"),
    ] {
        let (mut wire, client, server) = opened();
        for _ in 0..copies {
            wire.wait(20 * MS);
            wire.segment((client, server), PSH | ACK, (1001, 1001), 65_535, b"hello");
        }
        wire.wait(wait);
        assert_eq!(reason(&mut wire, client, server), why, "{copies} {wait}");
        // The same with keep-alives.
        let (mut wire, client, server) = opened();
        for _ in 1..copies {
            wire.wait(20 * MS);
            wire.segment((client, server), ACK, (1000, 1001), 65_535, b"");
        }
        wire.wait(wait);
        assert_eq!(reason(&mut wire, client, server), why, "{copies} {wait}");
    }
    // The answer may carry data.
    let (mut wire, client, server) = opened();
    wire.segment((client, server), ACK, (1000, 1001), 65_535, b"");
    assert_eq!(wire.names(), ["keep_alive"]);
    wire.send(server, client, PSH | ACK, b"still here");
    wire.wait(300 * MS);
    assert_eq!(reason(&mut wire, client, server), "abort");
}
