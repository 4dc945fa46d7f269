//! The arrows of `--style ladder`, held against the events of `--json`.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use ftplab_tests::{events, finish, ftplab, has_private_network, has_router, output, pcap};

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

/// Of 120 columns, what stands to the right of the packets' numbers and times.
fn played(scenario: &str) -> Vec<String> {
    let mut program = ftplab();
    program.env("COLUMNS", "120");
    let text = output(program.args(["run", scenario, "--style", "ladder"]));
    let right = |line: &str| line.chars().skip(20).collect();
    text.lines().map(right).collect()
}

/// The victim of a bounce is not the client, and nothing that PORT says is cut off.
#[test]
fn a_third_host_has_a_line_of_its_own() {
    if !has_private_network() {
        return;
    }
    let rows = played("bounce");
    let head = rows
        .iter()
        .position(|row| row.starts_with("client") && row.ends_with("third host 10.0.3.10"))
        .unwrap_or_else(|| panic!("{rows:?}"));
    assert!(rows[head].contains(" server   server "), "{}", rows[head]);
    let (_, dialled) = rows[head + 1].rsplit_once("│   │").unwrap();
    assert!(dialled.starts_with("── SYN ") && dialled.ends_with("▶│"));
    assert!(rows.iter().any(|row| row.contains("PORT 10,0,3,10,9,221 ")));
    assert!(rows.iter().all(|row| !row.contains('…')), "{rows:?}");
}

/// A packet that was captured on both sides of the router is one row, and both halves of it say
/// what the packet said there.
#[test]
fn both_sides_of_a_translator_are_one_row() {
    if !has_router() {
        return;
    }
    let rows = played("nat-alg");
    let arrows: Vec<&String> = rows.iter().filter(|row| row.contains(['▶', '◀'])).collect();
    assert!(arrows.len() > 60, "{rows:?}");
    for row in &arrows {
        let heads = row.matches(['▶', '◀']).count();
        assert_eq!(heads, 2, "{row}");
    }
    let both = |one: &str, other: &str| {
        let halves = |row: &&&String| {
            let mut halves = row.trim_matches('│').split('│');
            halves.next().is_some_and(|half| half.contains(one))
                && halves.next().is_some_and(|half| half.contains(other))
        };
        assert!(
            arrows.iter().any(|row| halves(&row)),
            "{one} {other} {rows:?}"
        );
    };
    both(" 41:70 PORT ", " 41:67 PORT 203,0,113,1,");
    both(" 70:85 RETR poem.txt ", " 67:82 RETR poem.txt ");
    both(" ACK 85 ", " ACK 82 ");
    assert!(
        rows.iter()
            .any(|row| row.contains("192.168.123.45") && row.contains("203.0.113.1"))
    );
    assert!(
        rows.iter().any(|row| row.contains("3 bytes shorter")),
        "{rows:?}"
    );
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
