//! Captures that hold each packet several times: what is told of them is what is told of the packets
//! that were sent, which tshark or editcap picks.

#![allow(clippy::unwrap_used)]

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use ftplab_tests::{events, ftplab, has_program, output, pcap};
use serde_json::Value;

/// What each capture has, and which of its packets were captured first: those that come in where
/// they were sent from, or that no router has changed yet.
const CAPTURES: [(&str, &str); 3] = [
    ("any.pcap", "sll.pkttype == 0 && sll.ifindex != 6"),
    ("any6.pcap", "sll.pkttype == 0 && sll.ifindex != 11"),
    ("merged.pcapng", "ip.ttl == 64"),
];

fn told(file: &Path) -> Vec<Value> {
    events(&output(ftplab().args(["trace", "--json", "-r"]).arg(file)))
}

fn shown(style: &str, file: &Path) -> String {
    output(ftplab().args(["trace", "--style", style, "-r"]).arg(file))
}

/// The packets that tshark picks, in a file of their own.
fn picked(name: &str, filter: &str, folder: &Path) -> PathBuf {
    let to = folder.join(name);
    let mut tshark = Command::new("tshark");
    tshark.args(["-n", "-F", "pcap", "-Y", filter, "-r"]);
    output(tshark.arg(pcap(name)).arg("-w").arg(&to));
    to
}

/// The packets that are copies, and of which.
fn copies(told: &[Value]) -> HashMap<u64, u64> {
    let copies = told.iter().filter(|event| event["event"] == "copy");
    copies
        .map(|event| {
            let number = |name: &str| event[name].as_u64().unwrap();
            (number("packet"), number("of"))
        })
        .collect()
}

/// What is told, but for copies, and with the numbers that packets have without them.
fn without_copies(told: &[Value]) -> Vec<Value> {
    let copies = copies(told);
    let mut numbers = HashMap::new();
    for event in told.iter().filter(|event| event["event"] == "packet") {
        let number = event["packet"].as_u64().unwrap();
        if !copies.contains_key(&number) {
            numbers.insert(number, numbers.len() as u64 + 1);
        }
    }
    let mut kept = Vec::new();
    for event in told {
        let copy = |number: u64| copies.contains_key(&number);
        if event["packet"].as_u64().is_some_and(copy) {
            continue;
        }
        let mut event = event.clone();
        let fields = event.as_object_mut().unwrap();
        for name in ["packets", "explained", "copies"] {
            if fields["event"] == "summary" {
                fields.remove(name);
            }
        }
        let acknowledges = ["ack", "ack_piggybacked"].contains(&fields["event"].as_str().unwrap());
        let names: &[&str] = if acknowledges {
            &["packet", "first", "last"]
        } else {
            &["packet", "announced_in", "syn"]
        };
        for name in names {
            if let Some(number) = fields.get_mut(*name) {
                *number = numbers[&number.as_u64().unwrap()].into();
            }
        }
        if let Some(number) = fields.get_mut("to").and_then(|to| to.get_mut("packet")) {
            *number = numbers[&number.as_u64().unwrap()].into();
        }
        kept.push(event);
    }
    kept
}

fn talkers(file: &Path) -> String {
    let text = shown("summary", file);
    let at = text.find("━━ Top talkers").unwrap();
    text[at..].to_owned()
}

fn assert_same(found: &[Value], expected: &[Value], name: &str) {
    for (found, expected) in found.iter().zip(expected) {
        assert_eq!(found, expected, "{name}");
    }
    assert_eq!(found.len(), expected.len(), "{name}");
}

#[test]
fn what_is_told_of_a_packet_is_told_once() {
    if !has_program("tshark") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for (name, first) in CAPTURES {
        let all = told(&pcap(name));
        let sent = picked(name, first, folder.path());
        let once = told(&sent);
        assert!(copies(&once).is_empty(), "{name}");
        assert_same(&without_copies(&all), &without_copies(&once), name);
        let packets = |told: &[Value]| {
            told.iter()
                .filter(|event| event["event"] == "packet")
                .count()
        };
        let again = packets(&all) - packets(&once);
        assert_eq!(copies(&all).len(), again, "{name}");
        assert_eq!(all.last().unwrap()["copies"], again, "{name}");
        assert_eq!(talkers(&pcap(name)), talkers(&sent), "{name}");
        output(ftplab().arg("compare").arg(&sent).arg(pcap(name)));
    }
}

#[test]
fn where_a_copy_was_seen_is_said() {
    let text = shown("narrated", &pcap("any.pcap"));
    let routed = "The same packet as packet 1, on its way out of interface 6, 1 router on: its time \
                  to live is 63 here and 64 there. It was sent once.";
    assert!(text.contains(routed), "{text}");
}

#[test]
fn a_ladder_has_one_arrow_for_all() {
    let text = shown("ladder", &pcap("any.pcap"));
    // Two connections, and in each a SYN either way.
    assert_eq!(text.matches("── SYN ").count(), 4, "{text}");
    assert!(text.contains("⟨seen 3 times⟩"), "{text}");
    assert!(text.contains(" seen again"), "{text}");
    assert!(!text.contains("the same packet"), "{text}");
}

#[test]
fn a_capture_merged_with_itself_tells_what_editcap_leaves() {
    if ["tshark", "mergecap", "editcap"]
        .map(has_program)
        .contains(&false)
    {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let [twice, once] = ["twice.pcap", "once.pcap"].map(|name| folder.path().join(name));
    // Fragments and messages that quote a segment are no segments.
    let one = picked("session.pcap", "tcp && !icmp && !icmpv6", folder.path());
    let mut merge = Command::new("mergecap");
    output(
        merge
            .args(["-F", "pcapng", "-I", "none", "-w"])
            .arg(&twice)
            .args([&one, &one]),
    );
    let mut edit = Command::new("editcap");
    output(edit.args(["-F", "pcap", "-D", "5"]).args([&twice, &once]));
    let all = told(&twice);
    assert_same(
        &without_copies(&all),
        &without_copies(&told(&once)),
        "session.pcap",
    );
}
