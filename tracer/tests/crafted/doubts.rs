//! What is refused by the network, what is not believed, and what is captured twice.

use serde_json::{Value, json};
use tracer::{Analyzer, Overview, Render, Summary};

use crate::wire::{ACK, PSH, RST, SYN, Wire, at, event, links};

fn rows(summary: &Summary) -> Vec<Value> {
    let rows = summary.connections.iter();
    rows.map(|row| serde_json::to_value(row).unwrap()).collect()
}

#[test]
fn a_syn_that_the_network_refuses_has_an_ending_of_its_own() {
    let (client, server) = (at("10.0.0.1:40000"), at("10.0.9.2:21"));
    for (code, why) in [(1, Some("host")), (13, Some("prohibited")), (4, None)] {
        let mut wire = Wire::new();
        let told = wire.send(client, server, SYN, b"").to_vec();
        let isn = u32::try_from(event(&told, "syn")["isn"].as_u64().unwrap()).unwrap();
        // Type, code, checksum, unused; then the packet's header and eight bytes.
        let mut body = vec![
            3, code, 0, 0, 0, 0, 0, 0, 0x45, 0, 0, 40, 0, 7, 0x40, 0, 63, 6, 0, 0,
        ];
        body.extend(client.ip().octets());
        body.extend(server.ip().octets());
        body.extend(client.port().to_be_bytes());
        body.extend(server.port().to_be_bytes());
        body.extend(isn.to_be_bytes());
        let told = wire.ip(1, [10, 0, 0, 254].into(), *client.ip(), &body);
        assert_eq!(event(told, "undelivered")["syn"], true);
        let row = &rows(&wire.end())[0];
        match why {
            Some(why) => {
                let found = [&row["ending"], &row["by"], &row["why"]];
                assert_eq!(found, ["unreachable", "10.0.0.254", why]);
            }
            // Too big: it may be sent again in smaller pieces.
            None => assert_eq!(row["ending"], "unanswered"),
        }
    }
}

#[test]
fn a_syn_that_is_answered_after_all_was_delivered() {
    let (client, server) = (at("10.0.0.1:40000"), at("10.0.9.2:21"));
    let mut wire = Wire::new();
    wire.send(client, server, SYN, b"");
    let mut body = vec![
        3, 1, 0, 0, 0, 0, 0, 0, 0x45, 0, 0, 40, 0, 7, 0x40, 0, 63, 6, 0, 0,
    ];
    body.extend(client.ip().octets());
    body.extend(server.ip().octets());
    body.extend(client.port().to_be_bytes());
    body.extend(server.port().to_be_bytes());
    body.extend((wire.seq(client, server) - 1).to_be_bytes());
    wire.ip(1, [10, 0, 0, 254].into(), *client.ip(), &body);
    wire.send(server, client, SYN | ACK, b"");
    wire.send(client, server, ACK, b"");
    wire.close(client, server);
    assert_eq!(rows(&wire.end())[0]["ending"], "closed");
}

#[test]
fn a_reset_with_a_guessed_number_is_challenged_and_the_connection_goes_on() {
    let (client, server) = (at("10.0.0.1:40000"), at("10.0.0.2:21"));
    let mut wire = Wire::new();
    wire.open(client, server);
    wire.say(server, client, "220 ready");
    wire.say(client, server, "NOOP");
    wire.say(server, client, "200 ok");
    let numbers = (wire.seq(client, server), wire.seq(server, client));
    wire.segment((client, server), RST, (numbers.0 + 500, 0), 0, b"");
    assert_eq!(wire.names(), ["reset"]);
    let rst = wire.last();
    let told = wire.segment((server, client), ACK, (numbers.1, numbers.0), 65_535, b"");
    let challenge = event(told, "rst_challenged");
    assert_eq!(challenge["rst"], rst);
    assert_eq!(challenge["waits_for"], 7);
    // It goes on.
    wire.segment((client, server), PSH | ACK, numbers, 65_535, b"NOOP\r\n");
    assert_eq!(wire.names()[0], "command");
    let closed = wire.end();
    assert_eq!(rows(&closed)[0]["ending"], "open");
    // Nobody asks: the receiver took it.
    let mut wire = Wire::new();
    wire.open(client, server);
    wire.say(server, client, "220 ready");
    wire.send(client, server, ACK, b"");
    let seq = wire.seq(client, server) + 500;
    wire.segment((client, server), RST, (seq, 0), 0, b"");
    let closed = wire.end();
    assert_eq!(rows(&closed)[0]["ending"], "reset");
}

#[test]
fn both_sides_of_a_translator_are_told_to_be_one_connection() {
    let (server, inside, outside) = (
        at("198.51.100.2:21"),
        at("10.0.0.1:40000"),
        at("203.0.113.1:61000"),
    );
    let mut wire = Wire::new();
    for (flags, client_seq, server_seq, from_client) in [
        (SYN, 500, 0, true),
        (SYN | ACK, 501, 900, false),
        (ACK, 501, 901, true),
    ] {
        for client in [inside, outside] {
            if from_client {
                wire.segment(
                    (client, server),
                    flags,
                    (client_seq, server_seq),
                    65_535,
                    b"",
                );
            } else {
                wire.segment(
                    (server, client),
                    flags,
                    (server_seq, client_seq),
                    65_535,
                    b"",
                );
            }
        }
    }
    let summary = wire.end();
    let verdicts: Vec<_> = summary
        .verdicts
        .iter()
        .map(|v| serde_json::to_value(v).unwrap())
        .collect();
    let found = verdicts
        .iter()
        .find(|v| v["verdict"] == "translation")
        .unwrap();
    let expected = json!({
        "verdict": "translation",
        "connection": "control",
        "copy": "control 2",
        "dialler": ["10.0.0.1:40000", "203.0.113.1:61000"],
        "acceptor": ["198.51.100.2:21", "198.51.100.2:21"],
        "connections": 1,
    });
    assert_eq!(found, &expected);
}

#[test]
fn each_direction_on_another_side_of_a_translator_is_one_connection() {
    let (server, inside, outside) = (
        at("198.51.100.2:21"),
        at("10.0.0.1:40000"),
        at("203.0.113.1:61000"),
    );
    let mut wire = Wire::new();
    wire.segment((inside, server), SYN, (500, 0), 65_535, b"");
    wire.segment((server, outside), SYN | ACK, (900, 501), 65_535, b"");
    wire.segment((inside, server), ACK, (501, 901), 65_535, b"");
    let line = b"220 ready\r\n";
    wire.segment((server, outside), PSH | ACK, (901, 501), 65_535, line);
    let summary = wire.end();
    let verdicts = summary.verdicts.iter();
    let verdicts: Vec<_> = verdicts.map(|v| serde_json::to_value(v).unwrap()).collect();
    let found = verdicts.iter().find(|v| v["verdict"] == "translation");
    let ends = &found.unwrap()["dialler"];
    assert_eq!(ends, &json!(["10.0.0.1:40000", "203.0.113.1:61000"]));
}

#[test]
fn a_file_s_hash_is_in_the_summary_when_it_was_asked_for() {
    // Of a hundred times the letter x.
    const HASH: &str = "09ecb6ebc8bcefc733f6f2ec44f791abeed6a99edf0cc31519637898aebd52d8";
    for asked in [false, true] {
        let mut analyzer = Analyzer::default();
        if asked {
            analyzer.hash_files();
        }
        let (client, server) = (at("10.0.0.1:40000"), at("10.0.0.2:21"));
        let mut wire = Wire::with(analyzer);
        wire.open(client, server);
        wire.say(server, client, "220 ready");
        wire.say(client, server, "PASV");
        wire.say(server, client, "227 here (10,0,0,2,20,0)");
        wire.say(client, server, "RETR a");
        let data = at("10.0.0.2:5120");
        wire.data(at("10.0.0.1:40001"), data, data);
        let hashed = wire.names().contains(&"hashed");
        let summary = wire.end();
        let mut out = Vec::new();
        let mut overview = Overview::new(tracer::Language::En, false);
        overview.finish(&summary, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        let shown = text
            .lines()
            .any(|line| line.starts_with("data 1") && line.ends_with(HASH));
        assert_eq!((hashed, shown), (asked, asked), "{text}");
        assert_eq!(links(&summary), ["data 1 exact RETR a"]);
        assert_eq!(rows(&summary)[1]["saved"], Value::Null);
    }
}
