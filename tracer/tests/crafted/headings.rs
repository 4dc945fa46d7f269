//! Under which heading packets stand.

use tracer::note::Section;

use crate::wire::{ACK, FIN, PSH, RST, SYN, Wire, at};

#[test]
fn what_comes_after_the_end_of_a_session_is_outside_of_it() {
    let mut wire = Wire::new();
    let (client, server) = (at("10.0.0.1:40000"), at("10.0.0.2:21"));
    wire.open(client, server);
    wire.say(server, client, "220 ready");
    // Beside a session that goes on a heading would only be in the way.
    let (from, to) = (at("10.0.0.1:50000"), at("10.0.0.2:4000"));
    wire.send(from, to, SYN, b"");
    wire.send(to, from, RST | ACK, b"");
    assert_eq!(wire.acts[4..], [None, None]);
    wire.say(client, server, "QUIT");
    assert_eq!(wire.acts.last(), Some(&Some(Section::Goodbye)));
    for (port, act) in [(4001, Some(Section::Others)), (4002, None)] {
        let to = at(&format!("10.0.0.2:{port}"));
        wire.send(from, to, SYN, b"");
        assert_eq!(wire.acts.last(), Some(&act));
        wire.send(to, from, RST | ACK, b"");
        assert_eq!(wire.acts.last(), Some(&None));
    }
    // The end of the session is not outside of it.
    wire.say(server, client, "221 bye");
    assert_eq!(wire.acts.last(), Some(&Some(Section::Goodbye)));
    wire.send(server, client, FIN | ACK, b"");
    assert_eq!(wire.acts.last(), Some(&None));
    wire.send(from, at("10.0.0.2:4003"), SYN, b"");
    assert_eq!(wire.acts.last(), Some(&Some(Section::Others)));
}

#[test]
fn a_name_is_asked_for_under_a_heading_of_its_own() {
    let mut wire = Wire::new();
    let mut frame = vec![0xff; 6];
    frame.extend([
        2, 0, 0, 0, 0, 1, 8, 6, 0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 1,
    ]);
    frame.extend([10, 0, 0, 1, 0, 0, 0, 0, 0, 0, 10, 0, 0, 2]);
    wire.frame(&frame);
    let mut question = vec![
        0x13, 0x88, 0, 53, 0, 37, 0, 0, 0, 9, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0,
    ];
    question.extend(b"\x03ftp\x07example\x00\x00\x01\x00\x01");
    for _ in 0..2 {
        wire.ip(17, [10, 0, 0, 1].into(), [10, 0, 0, 2].into(), &question);
    }
    wire.open(at("10.0.0.1:50000"), at("10.0.0.2:80"));
    wire.send(at("10.0.0.1:50000"), at("10.0.0.2:80"), PSH | ACK, b"GET /");
    let acts = [
        Some(Section::AddressResolution),
        Some(Section::NameResolution),
        None,
        None,
    ];
    assert_eq!(wire.acts[..4], acts);
    assert!(
        wire.acts[4..].iter().all(Option::is_none),
        "{:?}",
        wire.acts
    );
}
