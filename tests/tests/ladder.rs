//! The arrows of `--style ladder`, held against the events of `--json`.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use ftplab_tests::{events, finish, ftplab, output, pcap};

fn ladder(columns: &str, flags: &[&str]) -> String {
    let mut program = ftplab();
    program
        .env("COLUMNS", columns)
        .args(["trace", "--style", "ladder"])
        .args(flags);
    output(program.arg("-r").arg(pcap("session.pcap")))
}

/// The packets of sessions, by number: the connection and whether the client sent it.
fn segments() -> BTreeMap<u64, (String, bool)> {
    let json = output(
        ftplab()
            .args(["trace", "--json", "-r"])
            .arg(pcap("session.pcap")),
    );
    events(&json)
        .iter()
        .filter(|event| event["event"] == "packet")
        .filter_map(|event| {
            let connection = event["connection"].as_str()?;
            let from = event["from"].as_str()?;
            let number = event["packet"].as_u64().unwrap();
            matches!(from, "client" | "server")
                .then(|| (number, (connection.to_owned(), from == "client")))
        })
        .collect()
}

/// The packet's number, whether it stands on the second ladder, and whether it goes to the right.
fn arrow(line: &str) -> Option<(u64, bool, bool)> {
    let number = line.split_whitespace().next()?.parse().ok()?;
    let parts: Vec<&str> = line.split('│').collect();
    let drawn = parts
        .iter()
        .position(|part| part.contains('▶') || part.contains('◀'))?;
    Some((number, drawn == 3, parts[drawn].contains('▶')))
}

#[test]
fn each_segment_is_an_arrow_from_its_sender() {
    let text = ladder("140", &["-v"]);
    let arrows: BTreeMap<u64, (bool, bool)> = text
        .lines()
        .filter_map(arrow)
        .map(|(number, data, right)| (number, (data, right)))
        .collect();
    let segments = segments();
    assert!(segments.len() > 300, "{}", segments.len());
    for (number, (connection, from_client)) in segments {
        let expected = (connection.starts_with("data"), from_client);
        assert_eq!(
            arrows.get(&number),
            Some(&expected),
            "{number}: {connection}"
        );
    }
}

#[test]
fn what_is_one_arrow_says_how_many_bytes() {
    let text = ladder("140", &[]);
    assert!(text.contains("RETR file.bin"), "{text}");
    let folded: Vec<u64> = text
        .lines()
        .filter_map(|line| {
            let (_, after) = line.split_once(" segments, ")?;
            after.split(' ').next()?.parse().ok()
        })
        .collect();
    assert!(folded.contains(&6000), "{folded:?}");
    assert!(text.lines().count() < ladder("140", &["-v"]).lines().count());
}

#[test]
fn it_fits_a_narrow_terminal_and_speaks_chinese() {
    let text = ladder("70", &[]);
    for line in text.lines().filter(|line| arrow(line).is_some()) {
        assert!(line.chars().count() <= 70, "{line}");
    }
    assert!(text.contains("data 1: "), "{text}");
    let chinese = ladder("140", &["--lang", "zh"]);
    assert!(
        chinese.starts_with(' ') && chinese.contains("客户端"),
        "{chinese}"
    );
}

/// A session on another port is recognised by its greeting, when its handshake is drawn already.
#[test]
fn numbers_do_not_depend_on_when_a_session_is_recognised() {
    let other = elsewhere();
    let arrows = |flags: &[&str]| {
        let mut program = ftplab();
        program
            .env("COLUMNS", "60")
            .args(["trace", "--style", "ladder", "-v"])
            .args(flags);
        let text = output(program.arg("-r").arg(other.path()));
        let label = |line: &str| {
            let (_, label) = line.split_once(": ")?;
            Some(label.trim_matches(['─', '▶', '│', ' ']).to_owned())
        };
        text.lines().filter_map(label).collect::<Vec<_>>()
    };
    let known = arrows(&["--control-port", "2121"]);
    assert!(
        known.iter().any(|label| label.starts_with("1:")),
        "{known:?}"
    );
    assert_eq!(arrows(&[]), known);
}

/// The capture with its control connections on port 2121.
fn elsewhere() -> tempfile::NamedTempFile {
    let mut bytes = std::fs::read(pcap("session.pcap")).unwrap();
    let mut at = 24;
    while at < bytes.len() {
        let len = u32::from_le_bytes(bytes[at + 8..at + 12].try_into().unwrap());
        let frame = &mut bytes[at + 16..][..usize::try_from(len).unwrap()];
        at += 16 + frame.len();
        // Ethernet, and IP without options.
        let ports = match frame[12..14] {
            [8, 0] if frame[23] == 6 => 34,
            [0x86, 0xdd] if frame[20] == 6 => 54,
            _ => continue,
        };
        for port in [ports, ports + 2] {
            if frame[port..port + 2] == [0, 21] {
                frame[port..port + 2].copy_from_slice(&2121_u16.to_be_bytes());
            }
        }
    }
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), bytes).unwrap();
    file
}

/// Who asks for what a style does not show is told so.
#[test]
fn flags_without_a_use_are_refused() {
    for (flags, expected) in [
        (&["--style", "ladder", "-x"][..], "no bytes as -x asks for"),
        (&["--style", "summary", "-A"], "no bytes as -A asks for"),
        (&["--style", "tcpdump", "--sha256"], "--style summary"),
        (&["--decode", "1", "--sha256"], "--style summary"),
    ] {
        let mut program = ftplab();
        program.arg("trace").args(flags);
        let output = finish(program.arg("-r").arg(pcap("session.pcap")));
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(expected), "{said}");
    }
}
