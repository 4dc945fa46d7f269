//! Names, pings, refusals and fragments.

use std::net::Ipv4Addr;

use serde_json::json;

use crate::wire::{ACK, SYN, Wire, at, event};

const CLIENT: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 1);
const SERVER: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 2);

/// A UDP datagram: ports, and the payload behind its header.
fn udp(from: u16, to: u16, payload: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    body.extend(from.to_be_bytes());
    body.extend(to.to_be_bytes());
    body.extend(u16::try_from(8 + payload.len()).unwrap().to_be_bytes());
    body.extend([0, 0]);
    body.extend(payload);
    body
}

/// A DNS message about the address of `ftp.example`, with an answer or without.
fn dns(answer: Option<[u8; 4]>) -> Vec<u8> {
    let (flags, records) = if answer.is_some() {
        (0x81, 1)
    } else {
        (0x01, 0)
    };
    let mut message = vec![0, 9, flags, 0x80, 0, 1, 0, records, 0, 0, 0, 0];
    message.extend(b"\x03ftp\x07example\x00\x00\x01\x00\x01");
    if let Some(address) = answer {
        message.extend([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4]);
        message.extend(address);
    }
    message
}

/// What an ICMP error quotes: an IP header and eight bytes.
fn quote(protocol: u8, from: Ipv4Addr, to: Ipv4Addr, eight: &[u8]) -> Vec<u8> {
    let mut body = vec![0x45, 0, 0, 28, 0, 7, 0x40, 0, 64, protocol, 0, 0];
    body.extend(from.octets());
    body.extend(to.octets());
    body.extend(eight);
    body
}

fn icmp(kind: u8, code: u8, rest: [u8; 4], quoted: &[u8]) -> Vec<u8> {
    let mut body = vec![kind, code, 0, 0];
    body.extend(rest);
    body.extend(quoted);
    body
}

#[test]
fn a_name_is_asked_for_answered_and_dialled() {
    let mut wire = Wire::new();
    let told = wire.ip(17, CLIENT, SERVER, &udp(5000, 53, &dns(None)));
    assert_eq!(event(told, "dns_question")["name"], "ftp.example");
    let told = wire.ip(17, CLIENT, SERVER, &udp(5000, 53, &dns(None)));
    assert_eq!(event(told, "dns_question")["again"], 1);
    let told = wire.ip(
        17,
        SERVER,
        CLIENT,
        &udp(53, 5000, &dns(Some([10, 0, 0, 9]))),
    );
    let answer = event(told, "dns_answer");
    assert_eq!(
        (&answer["question"], &answer["addresses"]),
        (&json!(2), &json!(["10.0.0.9"]))
    );
    let told = wire.send(at("10.0.0.1:40000"), at("10.0.0.9:21"), SYN, b"");
    let resolved = event(told, "resolved");
    assert_eq!(
        (&resolved["name"], &resolved["answer"]),
        (&json!("ftp.example"), &json!(3))
    );
    // A message that is none is still a datagram.
    let told = wire.ip(17, CLIENT, SERVER, &udp(5000, 53, b"short"));
    assert_eq!(event(told, "udp")["service"], "DNS");
}

#[test]
fn errors_are_tied_to_the_packet_that_they_quote() {
    let mut wire = Wire::new();
    let (client, server) = (at("10.0.0.1:40000"), at("10.0.0.2:21"));
    wire.send(client, server, SYN, b"");
    let syn = quote(6, CLIENT, SERVER, &[0x9c, 0x40, 0, 21, 0, 0, 0x03, 0xe8]);
    let told = wire.ip(1, SERVER, CLIENT, &icmp(3, 3, [0; 4], &syn));
    let refused = event(told, "undelivered");
    assert_eq!(
        (&refused["about"], &refused["syn"]),
        (&json!(1), &json!(true))
    );
    assert_eq!(refused["why"], "port");
    wire.send(server, client, SYN | ACK, b"");
    wire.send(client, server, ACK, b"");
    wire.send(client, server, ACK, &[b'x'; 1400]);
    let big = wire.last();
    let data = quote(6, CLIENT, SERVER, &[0x9c, 0x40, 0, 21, 0, 0, 0x03, 0xe9]);
    let told = wire.ip(
        1,
        Ipv4Addr::new(10, 9, 9, 9),
        CLIENT,
        &icmp(3, 4, [0, 0, 5, 0], &data),
    );
    let refused = event(told, "undelivered");
    assert_eq!(
        (&refused["about"], &refused["mtu"]),
        (&json!(big), &json!(1280))
    );
    wire.ip(17, CLIENT, SERVER, &udp(5000, 7, b"hello"));
    let datagram = wire.last();
    let quoted = quote(17, CLIENT, SERVER, &[0x13, 0x88, 0, 7, 0, 13, 0, 0]);
    let told = wire.ip(1, SERVER, CLIENT, &icmp(11, 0, [0; 4], &quoted));
    let late = event(told, "undelivered");
    assert_eq!(
        (&late["about"], &late["why"]),
        (&json!(datagram), &json!("hop_limit"))
    );
}

#[test]
fn pings_and_fragments_belong_together() {
    let mut wire = Wire::new();
    wire.ip(1, CLIENT, SERVER, &icmp(8, 0, [0, 7, 0, 3], b"abc"));
    let told = wire.ip(1, SERVER, CLIENT, &icmp(0, 0, [0, 7, 0, 3], b"abc"));
    assert_eq!(event(told, "echo_reply")["request"], 1);
    let mut first = udp(5000, 4444, &[b'x'; 64]);
    first[4..6].copy_from_slice(&200_u16.to_be_bytes());
    wire.ip_fragment(17, CLIENT, SERVER, 0x2000, &first);
    assert_eq!(wire.names(), ["fragment", "udp"]);
    let told = wire.ip_fragment(17, CLIENT, SERVER, 9, &[b'x'; 120]);
    let last = event(told, "fragment");
    assert_eq!(
        (&last["first"], &last["last"], &last["offset"]),
        (&json!(3), &json!(true), &json!(72))
    );
    wire.ip(2, CLIENT, SERVER, &[0x16, 0, 0, 0, 224, 0, 0, 1]);
    assert_eq!(wire.names(), ["protocol"]);
}
