//! Lines about the wire that look at all of a segment, that count, and that say which session they mean

use std::fs;

use ftplab_tests::{available, finish, ftplab, has_namespaces, has_private_network, under};

use super::{Run, check, script, text};

/// Two sessions, each with a download; the second sends telnet's Synch as urgent data.
const SESSIONS: &str = "\
given file \"a.txt\" \"some text\"
session one
login
C: TYPE I
S: 200
C: PASV
S: 227
data first: dial
C: RETR a.txt
S: 150
data first: receive \"some text\"
S: 226
session two
login
C urgent: \"\\xff\\xf2\"
C: NOOP
S: 200
C: TYPE I
S: 200
data second: listen
C: PORT $port_arg
S: 200
C: RETR a.txt
S: 150
data second: accept
data second: receive \"some text\"
S: 226
";

/// Each group is in the order of the packets.
const HOLD: &[&[&str]] = &[
    // What handshakes offer, and what no other segment does.
    &[
        "S client.any > server.control ttl 64 win > 0 mss > 500 wscale >= 0 sackOK TS",
        "S. server.control > client.control mss wscale sackOK ttl <= 64",
        "P. server.control > client.control no mss no wscale no sackOK TS",
    ],
    // Numbers count from the begin of the connection.
    &[
        "S. server.control of one > client.control of one seq > 1 ack > 1",
        ". client.control of one > server.control of one seq 1 ack 1 length 0",
        "P. server.control of one > client.control of one seq 1 ack 1 \"220\"",
        "P. client.control of one > server.control of one seq 1 ack > 1 \"USER\"",
        "F?. server.data of first > client.data of first seq 1 length 9",
        "packet client.data of first > server.data of first ack 11 seq <= 2",
    ],
    // Urgent data is named, or does not matter.
    &[
        "U client.control of two > server.control of two urg 2 length 2",
        "P. client.control of two > server.control of two has \"NOOP\"",
    ],
    &[
        "P. client.control of two > server.control of two length 2",
        "no U any > any",
    ],
    &[
        "no U any > any.control of one",
        "no U server.control > client.control",
        "no packet any > any urg != 2",
        "no E any > any",
        "no W any > any",
        "no . any > any urg 2",
    ],
    // A count finds nothing itself, so these may stand in any order.
    &[
        "2 times S any > any.control",
        "1 time S client.any > server.data",
        "at most 1 time S server.any > client.data of second",
        "at least 4 times S any > any",
        "at most 4 times S any > any",
        "at least 1 time U any > any",
        "S client.any > server.control of one",
        "1 time S any > any.control",
        "2 times F any > any.data of second",
    ],
    // Ends with a name.
    &[
        "S client.control of one > server.control of one",
        "S client.data of first > server.data of first",
        "S client.control of two > server.control of two",
        "S server.data of second > client.data of second",
        "no packet any > any.data of first",
        "F server first on data of second",
        "F server first on data of first",
        "no reset on data of second",
        "no reset on control of one",
    ],
];

/// What does not hold, and what is said of it.
const DO_NOT: &[(&str, &[&str])] = &[
    (
        "S client.any > server.control ttl < 64",
        &["no such packet among all ", "with ttl 64"],
    ),
    (
        "S client.any > server.control win 0",
        &["nearest is [S] 127.0.0.1:", ", 0 bytes, with win "],
    ),
    ("S client.any > server.control mss 9", &["with mss "]),
    (
        "S client.any > server.control no TS no mss",
        &["with TS and mss"],
    ),
    (
        "P. client.control > server.control mss 9 length 2",
        &["[P.U] 127.0.0.1:", ", 2 bytes, with no mss"],
    ),
    (
        "P. client.control of one > server.control urg 2",
        &["with no urg"],
    ),
    (
        "U client.control of two > server.control urg 1",
        &["with urg 2"],
    ),
    (
        "U client.control of one > server.control urg 2",
        &["[P.U] 127.0.0.1:", "with another session"],
    ),
    (
        "S client.data of second > server.data",
        &["with another data connection"],
    ),
    ("no U any.control of two > any", &["[P.U] 127.0.0.1:"]),
    (
        "P. server.control > client.control seq 2 \"220\"",
        &["with seq 1"],
    ),
    // Too few, with none and with some.
    (
        "2 times S any > any.control of two",
        &[
            "only 1 such packet among all ",
            "; the last is [S] 127.0.0.1:",
            "; nearest is [S] 127.0.0.1:",
            "with another session",
        ],
    ),
    (
        "at least 5 times S any > any",
        &["only 4 such packets among all ", "; the last is [S] "],
    ),
    (
        "at least 1 time R any > any",
        &["no such packet among all ", "with other flags"],
    ),
    // Too many.
    (
        "1 time S any > any.control",
        &[
            "2 such packets among all ",
            "; the first too many is [S] 127.0.0.1:",
        ],
    ),
    (
        "at most 3 times S any > any",
        &[
            "4 such packets among all ",
            "; the first too many is [S] 127.0.0.1:20 > ",
        ],
    ),
    (
        "S client.any > server.control of two\nwire: 2 times S client.any > server.control",
        &["no such packet behind [S] ", "; before it came [S] "],
    ),
];

/// Plays the sessions once for each of these lines, all in one run.
fn played(lines: impl Iterator<Item = String>) -> Run {
    let folder = tempfile::tempdir().unwrap();
    for (number, lines) in lines.enumerate() {
        let wires = format!("{SESSIONS}wire: {lines}");
        let from = script("client", &wires);
        let to = folder.path().join(format!("{number:02}.ftp"));
        fs::copy(from.path(), to).unwrap();
    }
    let mut run = check(folder.path(), &["--server", "self"]);
    run.scripts
        .sort_by_key(|script| script["file"].as_str().unwrap().to_owned());
    run
}

#[test]
fn all_that_is_true_of_a_segment_holds() {
    if !has_private_network() {
        return;
    }
    let run = played(HOLD.iter().map(|lines| lines.join("\nwire: ")));
    run.assert_passed();
    assert_eq!(run.with("passed").len(), HOLD.len(), "{:#?}", run.scripts);
}

#[test]
fn what_is_not_true_is_told_with_what_came_nearest() {
    if !has_private_network() {
        return;
    }
    let run = played(DO_NOT.iter().map(|(line, _)| (*line).to_owned()));
    assert_eq!(run.scripts.len(), DO_NOT.len());
    for ((line, parts), script) in DO_NOT.iter().zip(&run.scripts) {
        assert_eq!(script["verdict"], "failed", "{line}: {script:#}");
        let got = script["got"].as_str().unwrap();
        for part in *parts {
            assert!(got.contains(part), "{line}: {part}: {got}");
        }
    }
}

/// In IPv6 the time to live is the hop limit, and a longer header stands before all else.
#[test]
fn it_holds_over_ipv6_too() {
    let there = std::path::Path::new("/proc/sys/net/ipv6").exists();
    if !has_private_network() || !available("IPv6", there) {
        return;
    }
    let body = "login\nC: EPSV\nS: 229\ndata one: dial\nC: LIST\nS: 150\ndata one: receive crlf lines\n\
                S: 226\n\
                wire: S client > server.control ttl 64 mss > 500 TS seq > 1\n\
                wire: P. server.control > client.control seq 1 ack 1 \"220\"\n\
                wire: F?. server.data of one > client.data of one ttl 64 no mss";
    let file = script("client", body);
    check(file.path(), &["--server", "self6"]).assert_passed();
    let file = script("client", &body.replace("ttl 64 no", "ttl 63 no"));
    let run = check(file.path(), &["--server", "self6"]);
    let got = run.failure()["got"].as_str().unwrap();
    assert!(got.contains("with ttl 64"), "{got}");
}

/// A number that a failure tells is the one that tcpdump prints in that packet.
#[test]
fn numbers_are_those_that_are_printed() {
    if !has_private_network() {
        return;
    }
    let line = "P. client.control of two > server.control seq 7777 ack 7777 \"NOOP\"";
    let run = played([line.to_owned()].into_iter());
    let failed = run.failure();
    let got = failed["got"].as_str().unwrap();
    let (_, numbers) = got.split_once(", with seq ").unwrap();
    let (seq, ack) = numbers.split_once(" and ack ").unwrap();
    let next = seq.parse::<u32>().unwrap() + 6;
    let printed = format!(" Flags [P.], seq {seq}:{next}, ack {ack}, win ");
    let packets = failed["packets"].as_array().unwrap();
    let is_it = |line: &serde_json::Value| {
        let line = line.as_str().unwrap();
        line.contains(&printed) && line.ends_with(": FTP: NOOP")
    };
    assert!(packets.iter().any(is_it), "{printed} {packets:#?}");
}

/// How soon a window is full depends on the machine.
#[test]
fn a_client_that_does_not_read_shows_a_window_of_zero() {
    if !has_private_network() {
        return;
    }
    let session = |time: &str| {
        format!(
            "given file \"big\" 20000000 bytes\nlogin\nC: TYPE I\nS: 200\nC: PASV\nS: 227\n\
             data dial\nC: RETR big\nS: 150\nwait {time}\ndata reset\n\
             wire: packet client.data > server.data win 0\n\
             wire: no packet server.data > client.data win 0"
        )
    };
    let seen = ["300 ms", "3 s", "20 s"].iter().any(|time| {
        let file = script("client", &session(time));
        let run = check(file.path(), &["--server", "self"]);
        run.scripts[0]["verdict"] == "passed"
    });
    assert!(seen, "no window of zero in 20 s");
}

/// ECN is asked for in a namespace whose kernel was told to.
#[test]
fn the_flags_of_ecn_are_seen() {
    if !has_private_network() || !has_namespaces() {
        return;
    }
    let lines = "login\nwire: SEW client > server.control\nwire: S.E server.control > client\n\
                 wire: no W server > client";
    let without = script("client", lines);
    let failed = check(without.path(), &["--server", "self"]);
    let got = failed.failure()["got"].as_str().unwrap();
    assert!(
        got.contains("nearest is [S] 127.0.0.1:") && got.ends_with("with other flags"),
        "{got}"
    );
    let mut command = ftplab();
    command
        .arg("check")
        .arg(without.path())
        .args(["--server", "self", "--place", "loopback", "--strict"]);
    let output = finish(&mut under("echo 1 > /proc/sys/net/ipv4/tcp_ecn", &command));
    assert!(output.status.success(), "{}", text(&output));
}

#[test]
fn reports_name_sessions_and_data_connections() {
    if !has_private_network() {
        return;
    }
    let run = played(["R server.data of second > client.data".to_owned()].into_iter());
    let failed = run.failure();
    assert_eq!(
        failed["expected"],
        "on the wire comes a packet from the server (data connection second) to the client (data \
         connection) with the flags R"
    );
    let lines = |field: &str| {
        let lines = failed[field].as_array().unwrap().iter();
        lines
            .map(|line| line.as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let (dialogue, packets) = (lines("dialogue"), lines("packets"));
    for said in [
        "one data first from S: some text",
        "two data second from S: some text",
        "two C: NOOP",
    ] {
        assert!(dialogue.iter().any(|line| line == said), "{dialogue:#?}");
    }
    assert!(
        packets
            .iter()
            .any(|line| line.starts_with("two data second: "))
    );
    for line in packets {
        let (whose, packet) = line.split_once(": ").unwrap();
        assert!(["one", "two", "one data first", "two data second"].contains(&whose));
        let time = packet.split_whitespace().next().unwrap();
        assert_eq!(time.matches(':').count(), 2, "{packet}");
    }
    // Where there is but one, nothing has a name.
    let alone = script("client", "login\nC: NOOP\nS: 500");
    let run = check(alone.path(), &["--server", "self"]);
    let packets = run.failure()["packets"].as_array().unwrap();
    let named = |line: &serde_json::Value| !line.as_str().unwrap().contains(" IP 127.0.0.1.");
    assert!(!packets.iter().any(named), "{packets:#?}");
    let first = packets[0].as_str().unwrap();
    assert!(first.starts_with(|c: char| c.is_ascii_digit()), "{first}");
}

/// A client may open several sessions of its own, which a script that plays the server counts.
#[test]
fn the_sessions_of_a_client_are_told_apart() {
    let program = ftplab();
    let program = program.get_program().to_str().unwrap();
    if !has_private_network() {
        return;
    }
    let twice = format!("sh -c '{program} get %URL% %OUT% && {program} get %URL% second.txt'");
    let lines = "given file \"a.txt\" \"hello\"\ntask: get \"a.txt\"\nC: USER\nthen client exits\n\
                 wire: 2 times S client.any > server.control\n\
                 wire: at most 1 time S client.any > server.control";
    let file = script("server", lines);
    let run = check(file.path(), &["--client", &twice]);
    let failed = run.failure();
    let got = failed["got"].as_str().unwrap();
    assert!(got.starts_with("2 such packets among all "), "{failed:#}");
    let packets = failed["packets"].as_array().unwrap();
    let second = packets
        .iter()
        .filter(|line| line.as_str().unwrap().starts_with("session 2: "));
    assert!((1..packets.len()).contains(&second.count()), "{packets:#?}");
}
