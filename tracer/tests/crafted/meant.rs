//! Which packet an error message of the network means.

use std::net::{Ipv4Addr, SocketAddrV4};

use serde_json::{Value, json};

use crate::wire::{SYN, Wire, at, event};

const ROUTER: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 254);

/// "Host unreachable", about a packet with this identification.
fn unreachable(
    wire: &mut Wire,
    (protocol, id): (u8, u16),
    (from, to): (SocketAddrV4, SocketAddrV4),
    four: [u8; 4],
) -> (Value, bool) {
    let mut body = vec![3, 1, 0, 0, 0, 0, 0, 0, 0x45, 0, 0, 40];
    body.extend(id.to_be_bytes());
    body.extend([0x40, 0, 63, protocol, 0, 0]);
    body.extend(from.ip().octets());
    body.extend(to.ip().octets());
    body.extend(from.port().to_be_bytes());
    body.extend(to.port().to_be_bytes());
    body.extend(four);
    let told = wire.ip(1, ROUTER, *from.ip(), &body);
    let note = event(told, "undelivered");
    (note["about"].clone(), note["sure"].as_bool().unwrap())
}

#[test]
fn of_several_syns_it_is_the_one_with_the_identification() {
    let mut wire = Wire::new();
    let ends = (at("10.0.0.1:40000"), at("10.0.9.2:21"));
    let numbers = (1000, 0);
    for id in [100, 101, 102] {
        wire.id = id;
        wire.segment(ends, SYN, numbers, 65_535, b"");
    }
    let seq = 1000_u32.to_be_bytes();
    for (id, about, sure) in [
        (100, 1, true),
        (102, 3, true),
        (101, 2, true),
        (7, 1, false),
    ] {
        let meant = unreachable(&mut wire, (6, id), ends, seq);
        assert_eq!(meant, (json!(about), sure), "{id}");
    }
    // The same twice, as where two places are captured.
    wire.id = 102;
    wire.segment(ends, SYN, numbers, 65_535, b"");
    let last = wire.last();
    let meant = unreachable(&mut wire, (6, 102), ends, seq);
    assert_eq!(meant, (json!(last), false));
    // None of a connection that was not captured.
    let others = (at("10.0.0.1:40001"), at("10.0.9.2:21"));
    let meant = unreachable(&mut wire, (6, 102), others, seq);
    assert_eq!(meant, (Value::Null, false));
}

#[test]
fn of_several_datagrams_it_is_the_one_with_the_identification_or_the_checksum() {
    let mut wire = Wire::new();
    let ends = (at("10.0.0.1:5000"), at("10.0.9.2:33434"));
    for (id, check) in [(100, 1), (101, 2), (0, 3), (0, 4)] {
        wire.id = id;
        let datagram = [0x13, 0x88, 0x82, 0x9a, 0, 9, 0, check, b'x'];
        wire.ip(17, *ends.0.ip(), *ends.1.ip(), &datagram);
    }
    for (id, check, about, sure) in [
        (100, 1, 1, true),
        (101, 2, 2, true),
        // The sender leaves the computing to its card: the capture has another checksum.
        (100, 9, 1, true),
        (0, 3, 3, true),
        (0, 4, 4, true),
        (0, 9, 4, false),
        (55, 1, 4, false),
    ] {
        let meant = unreachable(&mut wire, (17, id), ends, [0, 9, 0, check]);
        assert_eq!(meant, (json!(about), sure), "{id} {check}");
    }
}
