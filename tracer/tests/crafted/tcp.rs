//! What TCP does when it does not simply go on.

use std::net::SocketAddrV4;

use tracer::{Analyzer, AnalyzerOptions};

use crate::wire::{ACK, FIN, PSH, RST, SYN, Wire, at, event};

fn ends() -> (SocketAddrV4, SocketAddrV4) {
    (at("10.0.0.1:40000"), at("10.0.0.2:5000"))
}

/// An open connection; both sides' next number is 1001.
fn opened() -> (Wire, SocketAddrV4, SocketAddrV4) {
    let (a, b) = ends();
    let mut wire = Wire::new();
    wire.open(a, b);
    (wire, a, b)
}

#[test]
fn a_retransmission_says_of_what_and_why() {
    let (mut wire, a, b) = opened();
    let first = wire.last() + 1;
    for _ in 0..4 {
        wire.send(a, b, PSH | ACK, &[b'x'; 100]);
    }
    // The first one got lost on the way: three acknowledgements ask for it.
    for _ in 0..3 {
        wire.segment((b, a), ACK, (1001, 1001), 65_535, b"");
    }
    assert_eq!(wire.names(), ["duplicate_ack"]);
    let told = wire.segment((a, b), PSH | ACK, (1001, 1001), 65_535, &[b'x'; 100]);
    let again = event(told, "retransmission");
    assert_eq!(
        (&again["why"], &again["of"]),
        (&"fast".into(), &first.into())
    );
    // The timer, for the second.
    let told = wire.segment((a, b), PSH | ACK, (1101, 1001), 65_535, &[b'x'; 100]);
    let again = event(told, "retransmission");
    assert_eq!(
        (&again["why"], &again["of"]),
        (&"timeout".into(), &(first + 1).into())
    );
    // Everything was acknowledged: in vain.
    wire.segment((b, a), ACK, (1001, 1401), 65_535, b"");
    let told = wire.segment((a, b), PSH | ACK, (1301, 1001), 65_535, &[b'x'; 100]);
    assert_eq!(event(told, "retransmission")["why"], "spurious");
}

#[test]
fn what_fills_a_gap_is_late_or_sent_again_by_the_time_it_took() {
    for (wait, duplicates, why) in [
        (0, 0, "out_of_order"),
        (0, 4, "out_of_order"),
        (50_000, 4, "fast"),
        (400_000, 0, "timeout"),
    ] {
        let (mut wire, a, b) = opened();
        // Behind a hole of 100 bytes.
        wire.segment((a, b), PSH | ACK, (1101, 1001), 65_535, &[b'y'; 100]);
        assert_eq!(wire.names()[0], "ahead");
        let gap = wire.last();
        // Within the round trip of the handshake, or later.
        for _ in 0..duplicates {
            wire.wait(-90);
            wire.segment((b, a), ACK, (1001, 1001), 65_535, b"");
        }
        wire.wait(wait);
        let told = wire.segment((a, b), PSH | ACK, (1001, 1001), 65_535, &[b'x'; 100]);
        let fills = event(told, "fills_gap");
        assert_eq!(
            (&fills["why"], &fills["gap"]),
            (&why.into(), &gap.into()),
            "{wait}"
        );
    }
}

#[test]
fn a_segment_with_old_and_new_bytes_says_so() {
    let (mut wire, a, b) = opened();
    wire.send(a, b, PSH | ACK, &[b'x'; 100]);
    let told = wire.segment((a, b), PSH | ACK, (1051, 1001), 65_535, &[b'x'; 80]);
    let overlap = event(told, "overlap");
    assert_eq!((&overlap["old"], &overlap["new"]), (&50.into(), &30.into()));
    let data = event(told, "data");
    assert_eq!((&data["first"], &data["last"]), (&101.into(), &130.into()));
}

#[test]
fn a_window_fills_closes_is_probed_and_opens() {
    let (mut wire, a, b) = opened();
    wire.segment((b, a), ACK, (1001, 1001), 200, b"");
    wire.send(a, b, PSH | ACK, &[b'x'; 100]);
    assert!(!wire.names().contains(&"window_full"));
    let told = wire.send(a, b, PSH | ACK, &[b'x'; 100]);
    assert_eq!(event(told, "window_full")["window"], 200);
    wire.segment((b, a), ACK, (1001, 1201), 0, b"");
    assert!(wire.names().contains(&"zero_window"));
    let closed = wire.last();
    wire.segment((a, b), ACK, (1200, 1001), 65_535, b"");
    assert_eq!(wire.names(), ["window_probe"]);
    let probe = wire.last();
    let told = wire.segment((b, a), ACK, (1001, 1201), 0, b"");
    assert_eq!(event(told, "window_probe_ack")["probe"], probe);
    let told = wire.segment((b, a), ACK, (1001, 1201), 5000, b"");
    let update = event(told, "window_update");
    assert_eq!(
        (&update["window"], &update["reopens"]),
        (&5000.into(), &closed.into())
    );
}

#[test]
fn a_keep_alive_and_its_answer() {
    let (mut wire, a, b) = opened();
    wire.send(a, b, PSH | ACK, b"hello");
    wire.send(b, a, ACK, b"");
    wire.wait(60_000_000);
    wire.segment((a, b), ACK, (1005, 1001), 65_535, b"");
    assert_eq!(wire.names(), ["keep_alive"]);
    let probe = wire.last();
    let told = wire.send(b, a, ACK, b"");
    assert_eq!(event(told, "keep_alive_ack")["probe"], probe);
}

#[test]
fn a_syn_on_an_old_connection_is_challenged() {
    let (mut wire, a, b) = opened();
    // The dialler was started again and has forgotten.
    wire.segment((a, b), SYN, (700_000, 0), 65_535, b"");
    let syn = wire.last();
    let told = wire.segment((b, a), ACK, (1001, 1001), 65_535, b"");
    assert_eq!(event(told, "challenge_ack")["syn"], syn);
    let told = wire.segment((a, b), RST, (1001, 0), 0, b"");
    assert_eq!(event(told, "reset")["reason"], "half_open");
}

#[test]
fn a_reset_says_what_it_answers() {
    let refused = |wire: &mut Wire| {
        let (a, b) = (at("10.0.0.1:41000"), at("10.0.0.2:9"));
        wire.send(a, b, SYN, b"");
        let syn = wire.last();
        let told = wire.send(b, a, RST | ACK, b"");
        assert_eq!(event(told, "refused")["syn"], syn);
    };
    refused(&mut Wire::new());
    let (mut wire, a, b) = opened();
    wire.send(a, b, FIN | ACK, b"");
    wire.send(b, a, PSH | ACK, b"still talking");
    let data = wire.last();
    let told = wire.send(a, b, RST, b"");
    let reset = event(told, "reset");
    assert_eq!(
        (&reset["reason"], &reset["answers"]),
        (&"data_after_close".into(), &data.into())
    );
    let (mut wire, a, b) = opened();
    wire.send(a, b, FIN | ACK, b"");
    let told = wire.send(a, b, RST | ACK, b"");
    assert_eq!(event(told, "reset")["reason"], "after_fin");
    let (mut wire, a, b) = opened();
    wire.close(a, b);
    let told = wire.send(a, b, RST | ACK, b"");
    assert_eq!(event(told, "reset")["reason"], "after_close");
    let (mut wire, a, b) = opened();
    wire.send(b, a, PSH | ACK, b"unread");
    let told = wire.send(a, b, RST | ACK, b"");
    assert_eq!(event(told, "reset")["reason"], "abort");
}

#[test]
fn both_may_dial_and_both_may_close_at_once() {
    let (a, b) = ends();
    let mut wire = Wire::new();
    wire.send(a, b, SYN, b"");
    wire.send(b, a, SYN, b"");
    assert_eq!(wire.names(), ["simultaneous"]);
    wire.segment((a, b), SYN | ACK, (1000, 1001), 65_535, b"");
    let told = wire.segment((b, a), SYN | ACK, (1000, 1001), 65_535, b"");
    assert_eq!(event(told, "simultaneous_ack")["opens"], true);
    wire.send(a, b, PSH | ACK, b"hello");
    assert_eq!(wire.names(), ["data"]);
    let (fin_a, fin_b) = (wire.seq(a, b), wire.seq(b, a));
    wire.segment((a, b), FIN | ACK, (fin_a, fin_b), 65_535, b"");
    let told = wire.segment((b, a), FIN | ACK, (fin_b, fin_a), 65_535, b"");
    assert_eq!(event(told, "fin")["order"], "simultaneous");
    wire.send(a, b, ACK, b"");
    let told = wire.send(b, a, ACK, b"");
    assert_eq!(event(told, "closed")["simultaneous"], true);
}

#[test]
fn a_connection_that_made_room_says_that_it_was_forgotten() {
    let options = AnalyzerOptions {
        max_connections: 10,
        ..AnalyzerOptions::default()
    };
    let mut wire = Wire::with(Analyzer::new(options));
    let (a, b) = ends();
    wire.open(a, b);
    for port in 1..100 {
        wire.send(SocketAddrV4::new(*a.ip(), port), b, SYN, b"");
    }
    wire.send(a, b, PSH | ACK, b"here still");
    assert_eq!(wire.names()[0], "forgotten");
    wire.send(at("10.0.0.7:1"), b, PSH | ACK, b"never seen");
    assert_eq!(wire.names()[0], "mid_stream");
}

#[test]
fn a_connection_that_was_refused_first_is_not_taken_for_one_that_has_ended() {
    let mut wire = Wire::with(Analyzer::new(AnalyzerOptions {
        max_connections: 2,
        ..AnalyzerOptions::default()
    }));
    let server = at("10.0.0.2:21");
    let (older, client) = (at("10.0.0.1:40000"), at("10.0.0.1:40001"));
    wire.open(older, server);
    wire.segment((client, server), SYN, (1000, 0), 65_535, b"");
    wire.segment((server, client), RST | ACK, (0, 1001), 0, b"");
    wire.id += 1;
    wire.segment((client, server), SYN, (1000, 0), 65_535, b"");
    wire.segment((server, client), SYN | ACK, (5000, 1001), 65_535, b"");
    wire.segment((client, server), ACK, (1001, 5001), 65_535, b"");
    assert_eq!(wire.names(), ["established"]);
    // There is room for two: the older one leaves.
    wire.send(at("10.0.0.1:40002"), server, SYN, b"");
    wire.segment(
        (server, client),
        PSH | ACK,
        (5001, 1001),
        65_535,
        b"220 ready\r\n",
    );
    assert!(!wire.names().contains(&"forgotten"), "{:?}", wire.names());
    assert!(wire.names().contains(&"reply"), "{:?}", wire.names());
}
