//! What all packets together mean.

use std::net::SocketAddrV4;

use serde_json::{Value, json};
use tracer::{Language, Summary};

use crate::wire::{ACK, PSH, RST, SYN, Wire, at};

fn verdicts(summary: &Summary) -> Vec<Value> {
    for verdict in &summary.verdicts {
        for language in [Language::En, Language::Zh] {
            assert!(!language.verdict(verdict).is_empty());
        }
    }
    let verdicts = summary.verdicts.iter();
    verdicts
        .map(|verdict| serde_json::to_value(verdict).unwrap())
        .collect()
}

fn greeted(wire: &mut Wire) -> (SocketAddrV4, SocketAddrV4) {
    let (client, server) = (at("10.0.0.1:40000"), at("10.0.0.2:21"));
    wire.open(client, server);
    wire.say(server, client, "220 ready");
    (client, server)
}

#[test]
fn many_ports_that_commands_explain_are_no_scan() {
    let mut wire = Wire::new();
    let (client, server) = greeted(&mut wire);
    for port in 20..32_u16 {
        wire.say(client, server, "PASV");
        wire.say(server, client, &format!("227 here (10,0,0,2,{port},0)"));
        wire.say(client, server, "NLST");
        let to = SocketAddrV4::new(*server.ip(), port * 256);
        wire.data(SocketAddrV4::new(*client.ip(), 41_000 + port), to, to);
        wire.say(server, client, "150 ok\r\n226 ok");
    }
    let told = verdicts(&wire.end());
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0]["verdict"], "data_connections");
    assert_eq!(
        (&told[0]["ports"], &told[0]["announced"]),
        (&json!(12), &json!(12))
    );
}

/// A handshake with numbers of its own, and its end.
fn pass(wire: &mut Wire, from: SocketAddrV4, to: SocketAddrV4, number: u32) {
    let answer = number + 1_000_000_000;
    for (way, flags, numbers) in [
        ((from, to), SYN, (number, 0)),
        ((to, from), SYN | ACK, (answer, number + 1)),
        ((from, to), ACK, (number + 1, answer + 1)),
        ((from, to), RST | ACK, (number + 1, answer + 1)),
    ] {
        wire.segment(way, flags, numbers, 65_535, b"");
    }
}

#[test]
fn a_translation_is_found_after_many_connections() {
    let mut wire = Wire::new();
    let mut ports = (20_000..40_000_u16).zip(0..);
    for (port, number) in &mut ports {
        let from = SocketAddrV4::new([10, 0, 0, 1].into(), port);
        pass(&mut wire, from, at("10.0.0.9:80"), number * 10);
    }
    // Before and behind the translator.
    for from in ["192.168.0.2:4000", "198.51.100.7:61000"] {
        pass(&mut wire, at(from), at("203.0.113.5:21"), 2_000_000_000);
    }
    let told = verdicts(&wire.end());
    let found = told.iter().find(|told| told["verdict"] == "translation");
    assert!(found.is_some(), "{told:?}");
}

#[test]
fn many_ports_that_refuse_are_a_scan() {
    let mut wire = Wire::new();
    greeted(&mut wire);
    for port in 1000..1020_u16 {
        let (from, to) = (
            at("10.0.0.1:50000"),
            SocketAddrV4::new([10, 0, 0, 2].into(), port),
        );
        wire.send(from, to, SYN, b"");
        if port % 2 == 0 {
            wire.send(to, from, RST | ACK, b"");
        }
    }
    let told = verdicts(&wire.end());
    assert_eq!(told.len(), 1, "{told:?}");
    let scan = json!({"verdict": "port_scan", "by": "10.0.0.1", "to": "10.0.0.2",
        "ports": 20, "refused": 10, "unanswered": 10});
    assert_eq!(told[0], scan);
}

#[test]
fn a_bounce_is_told_how_it_was_answered_and_whether_the_server_went_there() {
    for (address, whose) in [
        ("10.0.0.77", "third"),
        ("10.0.0.2", "peer"),
        ("127.0.0.1", "loopback"),
    ] {
        for (reply, goes, opens) in [
            (504, false, false),
            (200, false, false),
            (200, true, false),
            (200, true, true),
        ] {
            let mut wire = Wire::new();
            let (client, server) = greeted(&mut wire);
            wire.say(
                client,
                server,
                &format!("PORT {},0,25", address.replace('.', ",")),
            );
            let packet = wire.last();
            wire.say(server, client, &format!("{reply} said"));
            wire.say(client, server, "RETR mail");
            let target = at(&format!("{address}:25"));
            // What dials loopback comes from there.
            let from = if whose == "loopback" {
                at("127.0.0.1:20")
            } else {
                at("10.0.0.2:20")
            };
            if opens {
                wire.data(from, target, from);
            } else if goes {
                wire.send(from, target, SYN, b"");
                wire.send(target, from, RST | ACK, b"");
            }
            let summary = wire.end();
            let told = verdicts(&summary);
            let (dialled, data) = if goes {
                (json!(2), json!("data 1"))
            } else {
                (Value::Null, Value::Null)
            };
            let bounce = json!({"verdict": "bounce", "connection": "control", "packet": packet,
                "target": format!("{address}:25"), "whose": whose, "reply": reply.to_string(),
                "reply_in": packet + 1, "dialled": dialled, "data": data,
                "opened": goes.then_some(opens)});
            assert_eq!(told, [bounce]);
            // Whoever takes the connection, it is not the client.
            if goes {
                let row = serde_json::to_value(&summary.connections[1]).unwrap();
                assert_eq!(
                    (&row["dialled_by"], &row["link"]),
                    (&json!("server"), &json!("exact"))
                );
            }
        }
    }
}

#[test]
fn of_several_bounces_in_one_packet_each_has_its_own_dial() {
    let mut wire = Wire::new();
    let (client, server) = greeted(&mut wire);
    wire.say(
        client,
        server,
        "PORT 10,0,0,77,0,25\r\nPORT 10,0,0,78,0,25\r\nLIST",
    );
    wire.say(server, client, "200 ok\r\n200 ok");
    let (from, target) = (at("10.0.0.2:20"), at("10.0.0.78:25"));
    wire.data(from, target, from);
    let told = verdicts(&wire.end());
    let dialled = told
        .iter()
        .map(|told| (told["target"].clone(), told["dialled"].clone()));
    assert_eq!(
        dialled.collect::<Vec<_>>(),
        [
            (json!("10.0.0.77:25"), Value::Null),
            (json!("10.0.0.78:25"), json!(2))
        ]
    );
}

#[test]
fn a_scan_through_a_server_is_no_ftp() {
    let mut wire = Wire::new();
    let (client, server) = greeted(&mut wire);
    for port in 1..=12_u16 {
        wire.say(client, server, &format!("PORT 10,0,0,77,0,{port}"));
        wire.say(server, client, "200 ok");
        wire.say(client, server, "LIST");
        let victim = SocketAddrV4::new([10, 0, 0, 77].into(), port);
        wire.send(at("10.0.0.2:20"), victim, SYN, b"");
        wire.send(victim, at("10.0.0.2:20"), RST | ACK, b"");
        wire.say(server, client, "425 no");
    }
    let told = verdicts(&wire.end());
    assert_eq!(told.len(), 12, "{told:?}");
    assert!(
        told.iter().all(|told| told["verdict"] == "bounce"),
        "{told:?}"
    );
}

#[test]
fn the_times_of_the_handshake_tell_where_the_capture_was_made() {
    for (to_server, to_client, near) in [
        (40_000, 0, json!("client")),
        (0, 40_000, json!("server")),
        (0, 0, Value::Null),
    ] {
        let mut wire = Wire::new();
        let (client, server) = (at("10.0.0.1:40000"), at("10.0.0.2:21"));
        wire.send(client, server, SYN, b"");
        wire.wait(to_server);
        wire.send(server, client, SYN | ACK, b"");
        wire.wait(to_client);
        wire.send(client, server, ACK, b"");
        let told = verdicts(&wire.end());
        let found = told
            .first()
            .map_or(Value::Null, |verdict| verdict["near"].clone());
        assert_eq!(found, near);
    }
}

#[test]
fn a_data_mark_alone_is_telnet() {
    let mut wire = Wire::new();
    let (client, server) = greeted(&mut wire);
    wire.send(client, server, PSH | ACK, b"\xf2");
    wire.say(client, server, "ABOR");
    assert_eq!(wire.names()[..2], ["telnet", "command"]);
    // With its IAC, and each byte in a segment of its own.
    for byte in [b"\xff", b"\xf4", b"\xff", b"\xf2"] {
        wire.send(client, server, PSH | ACK, byte);
    }
    wire.say(client, server, "ABOR");
    assert_eq!(wire.names(), ["command"]);
}
