//! The tables of `--style summary`, held against tshark and against the events of `--json`.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use ftplab_tests::{events, ftplab, has_program, output, pcap};

fn summary(pcap: &Path, flags: &[&str]) -> String {
    let mut program = ftplab();
    program.args(["trace", "--style", "summary"]).args(flags);
    output(program.arg("-r").arg(pcap))
}

/// The rows of the table with this title, without its headings.
fn table<'a>(text: &'a str, title: &str) -> Vec<Vec<&'a str>> {
    let heading = format!("━━ {title}: ");
    text.lines()
        .skip_while(|line| !line.starts_with(&heading))
        .skip(2)
        .take_while(|line| !line.is_empty())
        .map(|line| line.split_whitespace().collect())
        .collect()
}

#[test]
fn talkers_are_those_that_tshark_counts() {
    if !has_program("tshark") {
        return;
    }
    // The other captures have damaged headers and tunnels, of which the two keep different things.
    let file = pcap("session.pcap");
    let mut tshark = Command::new("tshark");
    tshark.args(["-n", "-T", "fields", "-E", "occurrence=f"]);
    let theirs = output(
        tshark
            .args(["-e", "ip.src", "-e", "ipv6.src", "-e", "frame.len", "-r"])
            .arg(&file),
    );
    let mut sent: BTreeMap<String, [u64; 2]> = BTreeMap::new();
    for line in theirs.lines() {
        let cells: Vec<_> = line.split('\t').collect();
        let address = format!("{}{}", cells[0], cells[1]);
        if !address.is_empty() {
            let [packets, bytes] = sent.entry(address).or_default();
            *packets += 1;
            *bytes += cells[2].parse::<u64>().unwrap();
        }
    }
    assert!(sent.len() <= 10, "{}: not all are shown", file.display());
    let text = summary(&file, &[]);
    let found: BTreeMap<String, [u64; 2]> = table(&text, "Top talkers")
        .iter()
        .map(|row| {
            let numbers = [row[1].parse().unwrap(), row[2].parse().unwrap()];
            (row[0].to_owned(), numbers)
        })
        .collect();
    assert_eq!(found, sent, "{}", file.display());
}

#[test]
fn replies_and_transfers_are_those_of_the_events() {
    let file = pcap("session.pcap");
    let text = summary(&file, &[]);
    let events = events(&output(ftplab().args(["trace", "--json", "-r"]).arg(&file)));
    let of = |kind: &'static str| events.iter().filter(move |event| event["event"] == kind);

    let mut codes: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    for reply in of("reply") {
        let packet = reply["packet"].as_u64().unwrap();
        codes
            .entry(reply["code"].as_str().unwrap())
            .or_insert((0, packet))
            .0 += 1;
    }
    let found: BTreeMap<&str, (u64, u64)> = table(&text, "Reply codes")
        .iter()
        .map(|row| (row[0], (row[1].parse().unwrap(), row[2].parse().unwrap())))
        .collect();
    assert_eq!(found, codes);

    let moved: Vec<u64> = of("data_complete")
        .map(|event| event["bytes"].as_u64().unwrap())
        .collect();
    let rows = table(&text, "Transfers");
    let commands: Vec<_> = rows.iter().map(|row| row[2]).collect();
    assert_eq!(commands, ["LIST", "RETR", "STOR"].repeat(4));
    for bytes in moved {
        assert!(
            rows.iter().any(|row| row.contains(&&*bytes.to_string())),
            "{bytes}: {text}"
        );
    }
}

#[test]
fn anomalies_name_their_packets() {
    let text = summary(&pcap("session.pcap"), &[]);
    let rows = table(&text, "Anomalies");
    assert!(
        rows.contains(
            &"password in clear text 4 13, 94, 177, 258"
                .split(' ')
                .collect()
        ),
        "{text}"
    );
    assert!(
        rows.contains(&"connection refused 1 330".split(' ').collect()),
        "{text}"
    );
    // In Chinese the figures are the same.
    let chinese = summary(&pcap("session.pcap"), &["--lang", "zh"]);
    assert!(chinese.contains("13, 94, 177, 258"), "{chinese}");
    assert!(!chinese.contains("Anomalies"), "{chinese}");
}
