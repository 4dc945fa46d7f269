//! The styles of `ftplab trace -r` and what else it does with a file, held against tcpdump.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{fmt, fs};

use ftplab_tests::{
    Running, assert_code, available, events, finish, ftplab, has_private_network, has_program,
    output, pcap, pcaps, said, tcpdump,
};
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use tempfile::TempDir;

/// The release whose lines are ours, to the letter.
const VERSION: &str = "4.99.3";

fn has_tcpdump() -> bool {
    if !has_program("tcpdump") {
        return false;
    }
    let output = finish(Command::new("tcpdump").arg("--version"));
    let version = format!("tcpdump version {VERSION}");
    available(&version, said(&output).contains(&version))
}

/// What `ftplab trace` prints for a file.
fn trace(pcap: &Path, flags: &[&str]) -> String {
    output(ftplab().arg("trace").args(flags).arg("-r").arg(pcap))
}

/// The captures of the tests, and those of fresh runs where this machine allows them.
fn captures() -> (Vec<PathBuf>, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let mut files = pcaps();
    if has_private_network() {
        for scenario in ["active", "passive"] {
            let pcap = folder.path().join(format!("{scenario}.pcap"));
            output(ftplab().args(["run", scenario, "-w"]).arg(&pcap));
            files.push(pcap);
        }
    }
    (files, folder)
}

#[track_caller]
fn assert_same_lines(what: &str, found: &str, expected: &str) {
    for (number, (found, expected)) in found.lines().zip(expected.lines()).enumerate() {
        assert_eq!(found, expected, "{what}, line {}", number + 1);
    }
    assert_eq!(found.len(), expected.len(), "{what}: not equally long");
}

#[test]
fn the_tcpdump_style_is_tcpdump_to_the_byte() {
    if !has_tcpdump() {
        return;
    }
    let (files, _folder) = captures();
    for file in files {
        for flags in [
            &[][..],
            &["-t"],
            &["-tt"],
            &["-ttt"],
            &["-tttt"],
            &["-ttttt"],
            &["-S"],
            &["-S", "-tt"],
        ] {
            let found = trace(&file, &[&["-n", "--style", "tcpdump"], flags].concat());
            let what = format!("{} {flags:?}", file.display());
            assert_same_lines(&what, &found, &tcpdump(&file, flags));
            assert!(!found.is_empty(), "{what}");
        }
    }
}

#[test]
fn the_classic_style_is_that_of_2001() {
    let text = trace(&pcap("session.pcap"), &["--style", "classic"]);
    let lines: Vec<&str> = text.lines().collect();
    let count = packets(&pcap("session.pcap")).len();
    let whole: Vec<_> = lines
        .iter()
        .filter(|line| !line.starts_with('\t'))
        .collect();
    assert_eq!(whole.len(), count, "{text}");
    // 10.0.0.1.40458 > 10.0.0.2.21: S 534912785:534912785(0) win 64240 <mss 1460,…> (DF)
    let syn = lines.iter().find(|line| line.contains(": S ")).unwrap();
    let words: Vec<&str> = syn.split(' ').collect();
    let [_, from, ">", to, "S", numbers, "win", window, ..] = words[..] else {
        panic!("{syn}")
    };
    assert_eq!(
        (from, to, window),
        ("10.0.0.1.40458", "10.0.0.2.21:", "64240"),
        "{syn}"
    );
    let (first, rest) = numbers.split_once(':').unwrap();
    assert_eq!(rest, format!("{first}(0)"), "{syn}");
    assert!(first.parse::<u32>().is_ok(), "{syn}");
    assert!(
        syn.contains(" <mss 1460,") && syn.ends_with(" (DF)"),
        "{syn}"
    );
    // Data: flags without brackets, sequence numbers with the length in parentheses.
    let greeting = lines.iter().find(|line| line.contains(": P ")).unwrap();
    let words: Vec<&str> = greeting.split(' ').collect();
    let [_, _, ">", _, "P", numbers, "ack", ..] = words[..] else {
        panic!("{greeting}")
    };
    let (range, length) = numbers.trim_end_matches(')').split_once('(').unwrap();
    let (first, last) = range.split_once(':').unwrap();
    let [first, last, length] = [first, last, length].map(|n| n.parse::<u32>().unwrap());
    assert_eq!(last.wrapping_sub(first), length, "{greeting}");
    for modern in ["Flags [", "length 0", "IP 10."] {
        assert!(!text.contains(modern), "{modern:?} is not of 2001");
    }
    assert!(
        text.contains("arp who-has 10.0.0.2 tell 10.0.0.1"),
        "{text}"
    );
}

#[test]
fn json_is_one_object_a_line_without_a_name_twice() {
    let (files, _folder) = captures();
    for file in files {
        let text = trace(&file, &["--json"]);
        let what = file.display();
        for line in text.lines() {
            let value: Value =
                serde_json::from_str(line).unwrap_or_else(|e| panic!("{what}: {e}: {line}"));
            let fields = value
                .as_object()
                .unwrap_or_else(|| panic!("{what}: {line}"));
            assert!(fields["event"].is_string(), "{what}: {line}");
            let unique: Result<Unique, _> = serde_json::from_str(line);
            assert!(unique.is_ok(), "{what}: {unique:?}: {line}");
        }
        let events = events(&text);
        let summary = events.last().unwrap();
        assert_eq!(summary["event"], "summary", "{what}: {summary}");
        let numbers: Vec<u64> = events
            .iter()
            .filter(|event| event["event"] == "packet")
            .map(|event| event["packet"].as_u64().unwrap())
            .collect();
        let count = packets(&file).len() as u64;
        assert_eq!(numbers, (1..=count).collect::<Vec<_>>(), "{what}");
        assert_eq!(summary["packets"], count, "{what}");
        let explained = events
            .iter()
            .filter(|event| event["explained"] == true)
            .count();
        assert_eq!(summary["explained"], explained, "{what}");
        let rows = events
            .iter()
            .filter(|event| event["event"] == "connection")
            .count();
        assert_eq!(summary["connections"], rows, "{what}");
    }
}

/// Any JSON value in which no object has two fields of the same name: most readers would keep
/// one and lose the other.
#[derive(Debug)]
struct Unique;

impl<'de> Deserialize<'de> for Unique {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(UniqueVisitor)
    }
}

struct UniqueVisitor;

impl<'de> Visitor<'de> for UniqueVisitor {
    type Value = Unique;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Unique, E> {
        Ok(Unique)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Unique, E> {
        Ok(Unique)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Unique, E> {
        Ok(Unique)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Unique, E> {
        Ok(Unique)
    }

    fn visit_str<E>(self, _: &str) -> Result<Unique, E> {
        Ok(Unique)
    }

    fn visit_unit<E>(self) -> Result<Unique, E> {
        Ok(Unique)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Unique, A::Error> {
        while items.next_element::<Unique>()?.is_some() {}
        Ok(Unique)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Unique, A::Error> {
        let mut names = BTreeSet::new();
        while let Some((name, Unique)) = fields.next_entry::<String, Unique>()? {
            if let Some(twice) = names.replace(name) {
                return Err(A::Error::custom(format!("{twice:?} is there twice")));
            }
        }
        Ok(Unique)
    }
}

#[test]
fn the_narrated_trace_shows_every_line_of_tcpdump_in_order() {
    if !has_tcpdump() {
        return;
    }
    let file = pcap("session.pcap");
    let told = trace(&file, &[]);
    let mut rest = told.as_str();
    for line in tcpdump(&file, &["-t"]).lines() {
        // The first line of a packet; more may follow, indented.
        let Some(at) = rest.find(line) else {
            panic!("not there, or not in this place: {line}")
        };
        rest = &rest[at + line.len()..];
    }
    // What cannot be explained is counted and shown.
    let events = events(&trace(&file, &["--json"]));
    let summary = events.last().unwrap();
    let tally = format!(
        "{} of {} packets explained",
        summary["explained"], summary["packets"]
    );
    assert!(told.contains(&tally), "no {tally:?}: {told}");
}

#[test]
fn a_count_ends_a_trace() {
    let file = pcap("session.pcap");
    for count in [1, 7, 369, 1000] {
        let text = trace(
            &file,
            &["--style", "tcpdump", "-t", "-c", &count.to_string()],
        );
        let all = trace(&file, &["--style", "tcpdump", "-t"]);
        let packets = packets(&file).len().min(count);
        let events = events(&trace(&file, &["--json", "-c", &count.to_string()]));
        assert_eq!(events.last().unwrap()["packets"], packets);
        assert!(all.starts_with(&text), "{text}");
        let lines = text.lines().filter(|line| !line.starts_with(['\t', ' ']));
        assert_eq!(lines.count(), packets, "{text}");
    }
}

#[test]
fn what_is_written_is_what_was_read() {
    let (files, folder) = captures();
    for file in files {
        let copy = folder.path().join("copy.pcap");
        let text = trace(&file, &["--style", "tcpdump", "-w", copy.to_str().unwrap()]);
        assert_eq!(packets(&copy), packets(&file), "{}", file.display());
        assert!(text.lines().count() >= packets(&file).len());
    }
    let left: BTreeSet<_> = fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .filter(|name| name.to_string_lossy().starts_with('.'))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn a_capture_on_standard_output_has_it_for_itself() {
    let folder = tempfile::tempdir().unwrap();
    let (file, copy) = (pcap("session.pcap"), folder.path().join("copy.pcap"));
    let output = finish(ftplab().args(["trace", "-w", "-", "-r"]).arg(&file));
    assert!(output.status.success(), "{}", said(&output));
    fs::write(&copy, &output.stdout).unwrap();
    assert_eq!(packets(&copy), packets(&file));
    // What would be there is told beside it.
    let told = String::from_utf8(output.stderr).unwrap();
    assert_same_lines("-w -", &told, &trace(&file, &[]));
}

/// The packets of a capture file: microseconds, length on the wire, and bytes.
fn packets(file: &Path) -> Vec<(i64, u32, Vec<u8>)> {
    let mut reader = tracer::PcapReader::new(fs::File::open(file).unwrap()).unwrap();
    let mut packets = Vec::new();
    while let Some(frame) = reader.next().unwrap() {
        packets.push((frame.time.0 / 1000, frame.wire_len, frame.bytes.to_vec()));
    }
    packets
}

#[test]
fn standard_input_reads_as_the_file_does() {
    for file in pcaps() {
        let mut command = ftplab();
        command.args(["trace", "-r", "-"]);
        command.stdin(fs::File::open(&file).unwrap());
        assert_same_lines(
            &file.display().to_string(),
            &output(&mut command),
            &trace(&file, &[]),
        );
    }
}

#[test]
fn standard_input_streams() {
    // Two megabytes of packets come out before the input has ended: a pipe holds far less.
    let bytes = fs::read(pcap("session.pcap")).unwrap();
    let (header, records) = bytes.split_at(24);
    let count = packets(&pcap("session.pcap")).len();
    let times = 2_000_000 / records.len() + 1;
    let mut command = ftplab();
    command.args(["trace", "-r", "-", "--style", "tcpdump", "-t"]);
    let mut running = Running::start(command.stdin(Stdio::piped()));
    running.feed(header);
    for _ in 0..times {
        running.feed(records);
    }
    // All but what waits in its buffers; the input is still open.
    running.says_times("\n", count * times / 2);
    assert!(running.is_running());
    running.feed(records);
    running.feed_no_more();
    let output = running.finish();
    assert_code(&output, 0);
    let lines = String::from_utf8(output.stdout).unwrap();
    let first = lines.lines().next().unwrap();
    assert!(lines.matches(first).count() > times, "{first}");
}

/// How many packets a capture has: `51 of 51 packets explained`.
fn count(pcap: &Path) -> usize {
    let summary = trace(pcap, &["--style", "summary"]);
    summary.split(' ').nth(2).unwrap().parse().unwrap()
}

#[test]
fn a_packet_that_is_not_there_is_missed() {
    for pcap in pcaps() {
        let count = count(&pcap);
        let beyond = (count + 1).to_string();
        let output = finish(
            ftplab()
                .args(["trace", "--decode", &beyond, "-r"])
                .arg(&pcap),
        );
        assert_code(&output, 1);
        let plural = if count == 1 { "" } else { "s" };
        let expected = format!(
            "ftplab: there is no packet {beyond}: the capture has {count} packet{plural}\n"
        );
        assert_eq!(String::from_utf8_lossy(&output.stderr), expected);
        assert!(output.stdout.is_empty());
        let last = count.to_string();
        assert!(trace(&pcap, &["--decode", &last]).starts_with(&last));
    }
}

#[test]
fn every_packet_has_its_box() {
    for pcap in pcaps() {
        let count = count(&pcap);
        let boxes = trace(&pcap, &["--style", "boxes"]);
        let corners = |corner: char| boxes.lines().filter(|l| l.starts_with(corner)).count();
        assert_eq!((corners('/'), corners('\\')), (count, count));
        for line in boxes.lines().filter(|line| line.starts_with('|')) {
            assert!(line.ends_with(" |"), "{line}");
        }
    }
}
