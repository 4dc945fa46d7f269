//! Scenarios with third hosts, with EtherPeek's boxes, and with datagrams: what their packets and
//! the verdicts on them must say.

#![allow(clippy::unwrap_used)]

use std::fs;

use ftplab_tests::{assert_code, events, finish, ftplab, has_private_network, output, said};
use serde_json::{Value, json};

/// What a run told.
struct Told(Vec<Value>);

impl Told {
    fn by(name: &str) -> Self {
        Self(events(&output(ftplab().args(["run", name, "--json"]))))
    }

    fn events(&self, kind: &str) -> Vec<&Value> {
        let is = |event: &&Value| event["event"] == kind;
        self.0.iter().filter(is).collect()
    }

    /// The packets from one end to the other; an empty address and port 0 are any.
    fn packets(&self, from: (&str, u16), to: (&str, u16)) -> Vec<&Value> {
        let at = |packet: &Value, address: &str, port: &str, end: (&str, u16)| {
            (end.0.is_empty() || packet[address] == end.0) && (end.1 == 0 || packet[port] == end.1)
        };
        let mut packets = self.events("packet");
        packets.retain(|packet| {
            at(packet, "src", "src_port", from) && at(packet, "dst", "dst_port", to)
        });
        packets
    }

    /// The only packet whose line has this text.
    fn with(&self, text: &str) -> &Value {
        let mut packets = self.events("packet");
        packets.retain(|packet| packet["text"].as_str().unwrap().contains(text));
        assert_eq!(packets.len(), 1, "{text}: {packets:?}");
        packets[0]
    }

    /// The codes of all replies, one behind the other.
    fn codes(&self) -> String {
        let replies = self.events("reply");
        let codes: Vec<&str> = replies
            .iter()
            .filter_map(|reply| reply["code"].as_str())
            .collect();
        codes.join(" ")
    }

    fn verdicts(&self, verdict: &str) -> Vec<&Value> {
        let mut verdicts = self.events("verdict");
        verdicts.retain(|event| event["verdict"] == verdict);
        verdicts
    }
}

const ANY: (&str, u16) = ("", 0);

/// Fields of an event, by their names.
fn assert_fields(event: &Value, expected: &Value) {
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(&event[name], value, "{name}: {event}");
    }
}

fn shown(name: &str, options: &[&str]) -> String {
    output(ftplab().args(["run", name]).args(options))
}

#[test]
fn the_boxes_of_port_mode_are_the_articles() {
    if !has_private_network() {
        return;
    }
    let told = Told::by("etherpeek-port");
    let first = json!({"src": "192.168.0.1", "src_port": 2342, "dst": "192.168.0.3",
        "dst_port": 21, "flags": "P.", "seq": 2_435_440_100_u32, "window": 65_150, "payload": 23});
    assert_fields(told.with("PORT 192,168,0,1,9,39"), &first);
    let syns = told.packets(("192.168.0.3", 20), ANY);
    let second = json!({"dst": "192.168.10.232", "dst_port": 1663, "flags": "S", "ack": 0,
        "seq": 2_578_824_336_u32});
    assert_fields(syns[0], &second);
    let port = told.with("PORT 192,168,10,232,6,127");
    assert_fields(port, &json!({"src": "192.168.10.232", "src_port": 1662}));

    let boxes = shown("etherpeek-port", &["--style", "boxes"]);
    for line in [
        "Time To Live: 128",
        "Source Port: 2342 manage-exec",
        "Destination Port: 21 ftp",
        "Sequence Number: 2435440100",
        "Window: 65150",
        "Line 1: PORT 192,168,0,1,9,39<CR><LF>",
        "Source Port: 20 ftp-data",
        "Destination Port: 1663",
        "Sequence Number: 2578824336",
        "Offset: 6 (24 bytes)",
        "MSS: 1460",
    ] {
        assert!(boxes.contains(line), "{line}\n{boxes}");
    }
    let ladder = shown("etherpeek-port", &["--style", "ladder"]);
    assert!(ladder.contains("PORT 192,168,0,1,9,39"), "{ladder}");
}

#[test]
fn the_boxes_of_pasv_mode_are_the_articles() {
    if !has_private_network() {
        return;
    }
    let told = Told::by("etherpeek-pasv");
    let third = json!({"src": "192.168.179.100", "src_port": 21, "dst_port": 1249, "flags": "P.",
        "ack": 36_925_357, "window": 8760, "payload": 53});
    let reply = told.with("227 Entering Passive Mode (192,168,179,100,20,245).");
    assert_fields(reply, &third);
    let syns = told.packets(ANY, ("192.168.179.100", 5365));
    assert_fields(syns[0], &json!({"src_port": 1250, "flags": "S", "ack": 0}));
    let boxes = shown("etherpeek-pasv", &["--style", "boxes"]);
    assert!(boxes.contains("Ack Number: 36925357"), "{boxes}");
}

#[test]
fn datagrams_have_eight_bytes_of_header() {
    if !has_private_network() {
        return;
    }
    let lines = shown("udp-datagram", &["--style", "tcpdump"]);
    for line in [
        "192.168.123.45.3170 > 192.168.5.53.53: ",
        "192.168.123.45.13000 > 207.46.133.140.13777: UDP, length 35",
        "192.168.123.45.1158 > 207.46.133.140.13000: UDP, length 42",
        "207.46.133.140.13000 > 192.168.123.45.1158: UDP, length 50",
        "192.168.123.45.13000 > 207.46.133.140.13777: UDP, length 65507",
        "192.168.123.45.13000 > 207.46.133.140.13777: UDP, length 0",
    ] {
        assert!(lines.contains(line), "{line}\n{lines}");
    }
    assert!(!lines.contains("ICMP"), "{lines}");
    // The length in the header has the header in it.
    for (packet, length) in [("3", 43), ("4", 50), ("5", 58), ("6", 8), ("7", 65_515)] {
        let decoded = shown("udp-datagram", &["--decode", packet]);
        let header = decoded.split("\nUDP\n").nth(1).unwrap();
        let named = |name: &str| {
            let line = header.lines().find(|line| line.contains(name)).unwrap();
            line.rsplit(' ').next().unwrap().to_owned()
        };
        assert_eq!(named(" length "), length.to_string(), "{decoded}");
        let ports = [named("source port"), named("destination port")];
        assert!(ports.contains(&"13000".to_owned()), "{decoded}");
        assert!(named("checksum").starts_with("0x"), "{decoded}");
    }
}

#[test]
fn a_bounce_makes_the_server_dial_the_victim() {
    if !has_private_network() {
        return;
    }
    let told = Told::by("bounce");
    let victim = "10.0.3.10";
    // The server alone goes there, from port 20, and the file with it.
    assert!(told.packets(("10.0.1.10", 0), (victim, 0)).is_empty());
    let sent = told.packets(("10.0.2.10", 20), (victim, 2525));
    let bytes: u64 = sent
        .iter()
        .filter_map(|packet| packet["payload"].as_u64())
        .sum();
    assert_eq!((sent[0]["flags"].as_str(), bytes), (Some("S"), 65));
    let refused = told.packets((victim, 2526), ("10.0.2.10", 20));
    assert_eq!((refused.len(), &refused[0]["flags"]), (1, &json!("R.")));
    // Who answers is not called the client.
    assert_eq!(refused[0]["from"], "10.0.3.10:2526");
    assert_eq!(told.codes(), "220 331 230 200 200 150 226 200 150 425 221");
    let bounces = told.verdicts("bounce");
    let targets: Vec<&Value> = bounces.iter().map(|bounce| &bounce["target"]).collect();
    assert_eq!(
        targets,
        [&json!("10.0.3.10:2525"), &json!("10.0.3.10:2526")]
    );
    for (bounce, data, opened) in [(bounces[0], "data 1", true), (bounces[1], "data 2", false)] {
        assert!(bounce["dialled"].is_u64(), "{bounces:?}");
        assert_fields(
            bounce,
            &json!({"reply": "200", "data": data, "opened": opened}),
        );
    }
}

#[test]
fn a_careful_server_dials_nobody_else() {
    if !has_private_network() {
        return;
    }
    let told = Told::by("bounce-refused");
    assert!(told.packets(ANY, ("10.0.3.10", 0)).is_empty());
    assert!(told.packets(("", 20), ANY).is_empty());
    assert_eq!(told.codes(), "220 331 230 504 425 504 504 221");
    let bounces = told.verdicts("bounce");
    assert_eq!(bounces.len(), 1, "{bounces:?}");
    assert_fields(
        bounces[0],
        &json!({"target": "10.0.3.10:2525", "reply": "504", "reply_in": 16, "dialled": null,
            "data": null}),
    );
    let narrated = shown("bounce-refused", &[]);
    assert!(
        narrated.contains("The server refuses, with 504 in packet 16."),
        "{narrated}"
    );
}

#[test]
fn zero_is_the_clients_own_address_where_the_server_takes_it_so() {
    if !has_private_network() {
        return;
    }
    let told = Told::by("port-zero-address");
    assert_fields(
        told.events("announced")[0],
        &json!({"endpoint": "0.0.0.0:2101", "whose": "zero"}),
    );
    let dialled = told.packets(("10.0.0.2", 20), ("10.0.0.1", 2101));
    assert_eq!(dialled[0]["flags"], "S");
    let syns = told.events("syn");
    let data = syns.iter().find(|syn| syn["to_port"] == 2101).unwrap();
    assert_fields(data, &json!({"purpose": "announced", "link": "translated"}));
    assert!(told.verdicts("bounce").is_empty());

    // Another server refuses.
    let folder = tempfile::tempdir().unwrap();
    let mine = folder.path().join("mine.ftp");
    let text = output(ftplab().args(["list", "port-zero-address"]));
    fs::write(
        &mine,
        text.replace("server takes 0.0.0.0 for the client", ""),
    )
    .unwrap();
    let refused = finish(ftplab().arg("run").arg(&mine));
    assert_code(&refused, 1);
    assert!(
        said(&refused).contains("replies 200, but it said `504 "),
        "{}",
        said(&refused)
    );
}

#[test]
fn data_connections_are_told_from_a_scan() {
    if !has_private_network() {
        return;
    }
    let told = Told::by("port-scan-lookalike");
    let data = json!({"by": "10.0.0.2", "to": "10.0.0.1", "ports": 6, "announced": 6});
    assert_fields(told.verdicts("data_connections")[0], &data);
    let scan = json!({"by": "10.0.0.1", "to": "10.0.0.2", "ports": 12, "refused": 12});
    assert_fields(told.verdicts("port_scan")[0], &scan);
    for port in 4000..=4011 {
        let answers = told.packets(("10.0.0.2", port), ("10.0.0.1", 0));
        assert_eq!(
            (answers.len(), &answers[0]["flags"]),
            (1, &json!("R.")),
            "{port}"
        );
    }
}
