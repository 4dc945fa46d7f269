//! `ftplab run`: a whole session, held against tcpdump and tshark.

#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::process::Command;

use ftplab_tests::{
    FtpData, events, finish, ftp_lines, ftplab, has_private_network, has_program, output, tcpdump,
    tshark_data, tshark_lines,
};
use serde_json::Value;

const SCENARIOS: [&str; 2] = ["active", "passive"];

/// Runs a scenario and returns its output.
fn run(scenario: &str, flags: &[&str]) -> String {
    output(ftplab().args(["run", scenario]).args(flags))
}

/// tcpdump's lines for a capture file.
fn tcpdump_lines(pcap: &Path) -> Vec<String> {
    tcpdump(pcap, &[]).lines().map(String::from).collect()
}

#[test]
fn tells_the_whole_story_and_explains_every_packet() {
    if !has_private_network() {
        return;
    }
    for scenario in SCENARIOS {
        let text = run(scenario, &[]);
        for act in [
            "Address resolution",
            "Handshake",
            "Login",
            "Transfer 1",
            "Transfer 2",
            "Transfer 3",
            "Goodbye",
        ] {
            assert!(
                text.contains(&format!("━━ {act}")),
                "{scenario}: no {act}\n{text}"
            );
        }
        assert!(text.contains("CLEAR-TEXT PASSWORD"), "{text}");
        assert_eq!(text.matches("Teardown begins").count(), 4, "{text}");
        assert_eq!(text.matches("Closed, ").count(), 4, "{text}");
        assert_eq!(text.matches("byte for byte").count(), 2, "{text}");
        let tally = text
            .lines()
            .find(|line| line.ends_with("packets explained"))
            .unwrap();
        let numbers: Vec<&str> = tally.split(' ').collect();
        assert_eq!(numbers[0], numbers[2], "{tally}");
    }
}

#[test]
fn prints_the_packets_of_its_capture_file_and_no_others() {
    if !(has_private_network() && has_program("tcpdump")) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for scenario in SCENARIOS {
        let pcap = folder.path().join(format!("{scenario}.pcap"));
        let file = pcap.to_str().unwrap();
        let lines: Vec<String> = run(scenario, &["--style", "tcpdump", "-w", file])
            .lines()
            .map(String::from)
            .collect();
        assert_eq!(lines, tcpdump_lines(&pcap));

        let told = run(scenario, &["-w", file]);
        let told: Vec<String> = told.lines().filter_map(packet_line).collect();
        assert_eq!(told, tcpdump_lines(&pcap));
    }
}

/// The tcpdump line inside a narrated one: number, time, connection and arrow, then the text.
fn packet_line(line: &str) -> Option<String> {
    let mut words = line.split_whitespace();
    words.next()?.parse::<u64>().ok()?;
    let time = words.next()?;
    let text = &line[line.find(" IP ").or_else(|| line.find(" ARP,"))?..];
    Some(format!("{time}{text}"))
}

#[test]
fn commands_and_replies_are_those_that_tshark_sees() {
    if !(has_private_network() && has_program("tshark")) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for scenario in SCENARIOS {
        let pcap = folder.path().join(format!("{scenario}.pcap"));
        let events = events(&run(scenario, &["--json", "-w", pcap.to_str().unwrap()]));
        let (ours, theirs) = (ftp_lines(&events), tshark_lines(&pcap, &[]));
        assert_eq!(ours, theirs);
        assert!(ours.len() > 20, "{ours:?}");
        let (ours, theirs) = (FtpData::of(&events), tshark_data(&pcap, &[]));
        assert_eq!(ours, theirs);
        assert_eq!(ours.len(), 3, "{ours:?}");
    }
}

#[test]
fn every_run_tells_the_same_story() {
    if !has_private_network() {
        return;
    }
    for scenario in SCENARIOS {
        let first = story(&run(scenario, &["--json"]));
        for _ in 1..20 {
            let again = story(&run(scenario, &["--json"]));
            for (again, first) in again.iter().zip(&first) {
                assert_eq!(again, first);
            }
            assert_eq!(again.len(), first.len());
        }
    }
}

/// The events of a run with times, random numbers and chosen ports masked.
fn story(text: &str) -> Vec<String> {
    let mut events = events(text);
    let summary = events
        .iter()
        .find(|event| event["event"] == "summary")
        .unwrap();
    assert_eq!(summary["packets"], summary["explained"]);
    // Ports that the kernel chose: every one that is not the server's own.
    let mut chosen = Vec::new();
    for event in events.iter().filter(|event| event["event"] == "connection") {
        for end in ["from", "to"] {
            let port = event[end]
                .as_str()
                .unwrap()
                .rsplit(':')
                .next()
                .unwrap()
                .to_owned();
            if port != "21" && port != "20" {
                chosen.push(port);
            }
        }
    }
    for event in &mut events {
        mask(event, &chosen);
    }
    events.iter().map(ToString::to_string).collect()
}

fn mask(value: &mut Value, ports: &[String]) {
    const MASKED: [&str; 17] = [
        "time_ns",
        "after_s",
        "total_s",
        "lasted_s",
        "duration_s",
        "isn",
        "seq",
        "ack",
        "text",
        "src_port",
        "dst_port",
        "from_port",
        "to_port",
        "from",
        "to",
        "argument",
        "endpoint",
    ];
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                let number = field.to_string();
                let port = ports.iter().any(|port| number.contains(port.as_str()));
                let random = matches!(name.as_str(), "p1" | "p2");
                // The same words stay: only what holds a time, a number or a port is masked.
                if random || (MASKED.contains(&name.as_str()) && (field.is_number() || port)) {
                    *field = Value::from("*");
                } else if name == "text" || name == "argument" {
                    *field = Value::from(masked_digits(field.as_str().unwrap_or_default()));
                } else {
                    mask(field, ports);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| mask(item, ports)),
        _ => {}
    }
}

/// A text with every number replaced.
fn masked_digits(text: &str) -> String {
    let mut masked = String::new();
    for c in text.chars() {
        if !c.is_ascii_digit() {
            masked.push(c);
        } else if !masked.ends_with('#') {
            masked.push('#');
        }
    }
    masked
}

#[test]
fn what_the_programs_did_stands_between_the_packets() {
    if !has_private_network() {
        return;
    }
    let events = events(&run("active", &["--json", "--with-app"]));
    let at = |who: &str, what: &str| {
        let found = events.iter().position(|event| {
            event["event"] == "app"
                && event["who"] == who
                && event["what"].as_str().unwrap().starts_with(what)
        });
        found.unwrap_or_else(|| panic!("no {who}: {what}"))
    };
    let packet = |event: &str, from: usize| {
        events[from..]
            .iter()
            .position(|e| e["event"] == event)
            .unwrap()
            + from
    };
    let connect = at("client", "connect()");
    let syn = packet("syn", 0);
    let accept = at("server", "accept()");
    assert!(connect < syn && syn < accept, "{connect} {syn} {accept}");
    let times: Vec<i64> = events
        .iter()
        .filter_map(|event| event["time_ns"].as_i64())
        .collect();
    assert!(times.is_sorted());
}

#[test]
fn speaks_chinese() {
    if !has_private_network() {
        return;
    }
    let text = run("passive", &["--lang", "zh"]);
    for word in ["三次握手", "明文密码", "服务器先关闭", "逐字节相同"] {
        assert!(text.contains(word), "{word}\n{text}");
    }
    // The explanations hold no English sentence: every one has Chinese in it.
    for line in text
        .lines()
        .filter(|line| line.trim_start().starts_with('·'))
    {
        assert!(
            line.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c)),
            "{line}"
        );
    }
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    if !has_private_network() {
        return;
    }
    let program = ftplab().get_program().to_owned();
    let mut shell = Command::new("sh");
    shell
        .arg("-c")
        .arg("\"$0\" run active | head -n 1; echo done")
        .arg(program);
    let output = finish(&mut shell);
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert!(String::from_utf8_lossy(&output.stdout).ends_with("done\n"));
}
