//! Both sides of an address translator: which packet is the copy of which, and what has changed.

use std::net::SocketAddrV4;

use serde_json::{Value, json};

use super::wire::{ACK, PSH, RST, SYN, Wire, at, event};

/// A client, before and behind the translator.
const CLIENT: [&str; 2] = ["192.168.0.2:4000", "198.51.100.7:4000"];
const SERVER: &str = "203.0.113.5:21";

/// Sends a segment of the client on both sides, first before the translator.
fn out(wire: &mut Wire, flags: u8, numbers: [(u32, u32); 2], text: [&str; 2]) -> Value {
    for (side, ttl) in [(0, 64), (1, 63)] {
        wire.ttl = ttl;
        let ends = (at(CLIENT[side]), at(SERVER));
        wire.segment(ends, flags, numbers[side], 1000, text[side].as_bytes());
    }
    wire.told.last().unwrap().clone().into()
}

/// Sends a segment of the server on both sides, first behind the translator.
fn back(wire: &mut Wire, flags: u8, numbers: [(u32, u32); 2], text: &str) -> Value {
    for (side, ttl) in [(1, 64), (0, 63)] {
        wire.ttl = ttl;
        let ends = (at(SERVER), at(CLIENT[side]));
        wire.segment(ends, flags, numbers[side], 1000, text.as_bytes());
    }
    wire.told.last().unwrap().clone().into()
}

fn told<'a>(events: &'a Value, name: &str) -> &'a Value {
    event(events.as_array().unwrap(), name)
}

fn same(numbers: (u32, u32)) -> [(u32, u32); 2] {
    [numbers, numbers]
}

#[test]
fn a_rewritten_line_shifts_what_follows_and_is_counted_once() {
    let mut wire = Wire::new();
    let syn = out(&mut wire, SYN, same((99, 0)), ["", ""]);
    assert_eq!(
        *told(&syn, "nat_connection"),
        json!({"event": "nat_connection", "of": 1, "other": "control", "changed": "source",
            "was": CLIENT[0], "now": CLIENT[1]})
    );
    let plain = |of: u64| json!({"event": "nat_segment", "of": of, "seq_shift": 0, "ack_shift": 0, "since": null});
    let syn_ack = back(&mut wire, SYN | ACK, same((499, 100)), "");
    assert_eq!(*told(&syn_ack, "nat_segment"), plain(3));
    let ack = out(&mut wire, ACK, same((100, 500)), ["", ""]);
    assert_eq!(*told(&ack, "nat_segment"), plain(5));
    back(&mut wire, PSH | ACK, same((500, 100)), "220 hello\r\n");

    // One byte more, and the same once again.
    let port = ["PORT 192,168,0,2,4,1\r\n", "PORT 198,51,100,7,4,1\r\n"];
    assert_eq!(port.map(str::len), [22, 23]);
    for of in [9, 11] {
        let events = out(&mut wire, PSH | ACK, same((100, 511)), port);
        assert_eq!(
            *told(&events, "nat_rewritten"),
            json!({"event": "nat_rewritten", "of": of, "was": port[0].trim_end(),
                "now": port[1].trim_end(), "longer": 1})
        );
    }
    let reply = back(&mut wire, PSH | ACK, [(511, 122), (511, 123)], "200 ok\r\n");
    assert_eq!(
        *told(&reply, "nat_segment"),
        json!({"event": "nat_segment", "of": 13, "seq_shift": 0, "ack_shift": -1, "since": 10})
    );
    let next = out(
        &mut wire,
        PSH | ACK,
        [(122, 519), (123, 519)],
        ["NOOP\r\n", "NOOP\r\n"],
    );
    assert_eq!(
        *told(&next, "nat_segment"),
        json!({"event": "nat_segment", "of": 15, "seq_shift": 1, "ack_shift": 0, "since": 10})
    );
    // What came again before the line has its old numbers.
    let again = out(&mut wire, ACK, same((100, 511)), ["", ""]);
    assert_eq!(*told(&again, "nat_segment"), plain(17));
    // What never passed has no copy, and does not lead astray what comes behind it.
    wire.segment((at(CLIENT[0]), at(SERVER)), ACK, (128, 520), 1000, b"");
    assert!(!wire.names().contains(&"nat_segment"));
    let reset = out(&mut wire, RST, [(128, 0), (129, 0)], ["", ""]);
    assert_eq!(told(&reset, "nat_segment")["of"], 20);
}

#[test]
fn who_dials_many_hosts_with_one_number_is_no_translator() {
    let mut wire = Wire::new();
    for host in 1..20 {
        let to = SocketAddrV4::new([10, 0, 0, host].into(), 21);
        wire.segment((at("10.1.0.1:50000"), to), SYN, (77, 0), 1024, b"");
        assert!(!wire.names().contains(&"nat_connection"));
    }
}

#[test]
fn what_is_remembered_is_bounded() {
    let mut wire = Wire::new();
    for number in 0..10_000_u32 {
        for (side, ttl) in [(0, 64), (1, 63)] {
            wire.ttl = ttl;
            let mut from = at(CLIENT[side]);
            from.set_port(20_000 + u16::try_from(number % 10_000).unwrap());
            wire.segment((from, at(SERVER)), SYN, (number * 64, 0), 1000, b"");
        }
        assert!(wire.names().contains(&"nat_connection"));
    }
    // One that says more than is kept, and whose copies never come.
    for number in 0..2000_u32 {
        let from = at("192.168.0.2:29999");
        let seq = 9999 * 64 + 1 + number * 1000;
        wire.segment((from, at(SERVER)), ACK, (seq, 1), 1000, &[b'x'; 1000]);
    }
    wire.end();
}
