//! Lines about the wire: those that hold, and those that do not

use ftplab_tests::has_private_network;

use super::{check, script};

/// A session with a download over PORT and one over PASV.
const SESSION: &str = "\
given file \"a.txt\" \"some text\"
login
C: TYPE I
S: 200
data one: listen
C: PORT $port_arg
S: 200
set listening $port
C: RETR a.txt
S: 150
data one: accept
data one: receive \"some text\"
S: 226
C: PASV
S: 227
data two: dial
C: RETR a.txt
S: 150
data two: receive \"some text\"
S: 226
C: QUIT
S: 221
S: closed
";

const HOLD: &[&str] = &[
    // In this order, each behind the one before it.
    "S client.any > server.21",
    "S. server.control > client.control",
    "P. client.control > server.control length 8",
    "S server.20 > client.$listening",
    "packet server.data > client.data",
    "F server.data > client.$listening",
    "S client.data > server.data",
    "S. server.data > client.data",
    "no S any.any > any.any",
    "F server first",
    "F server first on data",
    "F server first on control",
    "no reset on data",
    "no reset on control",
    "no packet to 10.0.0.9",
    "no packet to server.$listening",
    "no R server.control > client.control",
];

/// Lines with more about a packet's flags, length and bytes, in order.
const HOLD_MORE: &[&str] = &[
    "P. client.any > server.control has \"USER \" /^USER ann\\r\\n$/ no \"PASS\"",
    "P. server.control > client.control length > 5 length <= 100 \"331\"",
    "F?. server.20 > client.$listening length >= 9 \"some text\"",
    "no packet any.any > any.any \"no such text\"",
    "no packet server.20 > client.any length > 9",
];

#[test]
fn all_that_is_true_holds() {
    if !has_private_network() {
        return;
    }
    for lines in [HOLD, HOLD_MORE] {
        let lines = format!("wire: {}", lines.join("\nwire: "));
        let script = script("client", &format!("{SESSION}{lines}"));
        let run = check(script.path(), &["--server", "self"]);
        run.assert_passed();
        assert_eq!(run.scripts[0]["verdict"], "passed");
    }
}

#[test]
fn what_is_not_true_does_not() {
    if !has_private_network() {
        return;
    }
    for (line, got) in [
        ("S server.22 > client.$listening", "no such packet"),
        ("S client.any > server.20", "no such packet"),
        ("S server.20 > client.$listening length 9", "no such packet"),
        ("R client.data > server.data", "no such packet"),
        (
            "S server.data > client.data length 8",
            "bytes, with another length",
        ),
        (
            "packet server.data > client.data length > 9",
            "no such packet among all ",
        ),
        (
            "packet client.control > server.control \"RETR b\"",
            "with another payload",
        ),
        ("P server.20 > client.$listening length 0", "nearest is ["),
        (
            "S. server.20 > client.$listening",
            "nearest is [S] 127.0.0.1:20 > ",
        ),
        ("F client first", "[F"),
        ("F client first on control", "[F"),
        ("no S server.20 > client.any", "[S] 127.0.0.1:20"),
        ("no packet to client.$listening", "[S] 127.0.0.1:20"),
        ("no packet to 127.0.0.1.20", "127.0.0.1:20"),
        ("no F any.control > any.control", "[F"),
    ] {
        let script = script("client", &format!("{SESSION}wire: {line}"));
        let run = check(script.path(), &["--server", "self"]);
        let failed = run.failure();
        assert_eq!(failed["line"], 6 + SESSION.lines().count() + 1, "{line}");
        let found = failed["got"].as_str().unwrap();
        assert!(found.contains(got), "{line}: {found}");
        let packets = failed["packets"].as_array().unwrap();
        assert!(!packets.is_empty(), "{line}");
        for packet in packets {
            assert!(packet.as_str().unwrap().contains(" Flags ["), "{packet}");
        }
    }
    // The first of two lines takes its packet: the second needs one behind it.
    let order = "wire: F server.20 > client.any\nwire: S server.20 > client.any";
    let script = script("client", &format!("{SESSION}{order}"));
    let run = check(script.path(), &["--server", "self"]);
    let failed = run.failure();
    let got = failed["got"].as_str().unwrap();
    assert!(got.starts_with("no such packet behind [F"), "{got}");
    assert!(
        got.contains("; before it came [S] 127.0.0.1:20 > "),
        "{got}"
    );
    // The packets around that one, and not the last ones.
    let packets = failed["packets"].to_string();
    assert!(packets.contains(".20 > "), "{packets}");
    assert!(!packets.contains("221 "), "{packets}");
}

#[test]
fn what_variables_stood_for_is_told() {
    if !has_private_network() {
        return;
    }
    let line = "wire: R server.$default_data_port > client.$listening";
    let wire = script("client", &format!("{SESSION}{line}"));
    let run = check(wire.path(), &["--server", "self"]);
    let expected = run.failure()["expected"].as_str().unwrap();
    let told = "on the wire comes a packet from the server port 20 to the client port ";
    let rest = expected.strip_prefix(told).unwrap_or(expected);
    assert!(rest.starts_with(|c: char| c.is_ascii_digit()), "{expected}");
}

#[test]
fn the_packets_before_a_failure_are_shown_and_not_what_clears_away() {
    if !has_private_network() {
        return;
    }
    let failing = script("client", "login\nC: NOOP\nS: 500");
    let run = check(failing.path(), &["--server", "self"]);
    let packets = run.failure()["packets"].as_array().unwrap();
    let flags = |flags: &str| packets.iter().any(|p| p.as_str().unwrap().contains(flags));
    assert!(flags("Flags [P.]"), "{packets:#?}");
    assert!(!flags("Flags [F.]"), "{packets:#?}");
}

#[test]
fn a_reset_is_seen() {
    if !has_private_network() {
        return;
    }
    let body = "\
given file \"big\" 3000000 bytes
login
C: PASV
S: 227
data dial
C: RETR big
S: 150
data read 10 bytes
data reset
S: 426
wire: R client.data > server.data
wire: no reset on data";
    let script = script("client", body);
    let run = check(script.path(), &["--server", "self"]);
    let failed = run.failure();
    assert_eq!(failed["expected"], "no RST ends each data connection");
    assert!(
        failed["got"].as_str().unwrap().starts_with("[R"),
        "{failed:#}"
    );
}

#[test]
fn passwords_are_not_in_the_packets() {
    if !has_private_network() {
        return;
    }
    let body = "login $user $password\nC: NOOP\nS: 500";
    let script = script("client", body);
    let run = check(script.path(), &["--server", "self"]);
    let failed = run.failure();
    let packets = failed["packets"].to_string();
    // In the private network the server has port 21, where tcpdump's printer knows FTP.
    assert!(packets.contains("FTP: USER ann"), "{packets}");
    assert!(packets.contains("FTP: PASS ****"), "{packets}");
    assert!(!packets.contains("open-sesame"), "{packets}");
}

/// To hold a number against what is none would hold by chance.
#[test]
fn what_is_no_number_is_an_error_of_the_script() {
    if !has_private_network() {
        return;
    }
    let noop = "login\nset word \"1x\"\nset port \"70000\"\n";
    for (line, what) in [
        ("no packet any > any ttl < $client", "`127.0.0.1` for `ttl`"),
        ("packet any > any win >= $word", "`1x` for `win`"),
        ("no packet any > any mss > $port", "`70000` for `mss`"),
        ("no packet to server.$port", "`70000` for a port"),
        ("no packet to $word", "`1x` for an address"),
    ] {
        let script = script("client", &format!("{noop}wire: {line}"));
        let run = check(script.path(), &["--server", "self"]);
        let [event] = run.scripts.as_slice() else {
            panic!("{line}: {}", run.stderr);
        };
        assert_eq!(event["verdict"], "error", "{line}: {event:#}");
        assert!(event["got"].as_str().unwrap().contains(what), "{event:#}");
        assert_eq!(run.code, Some(2), "{line}");
    }
    let client = "task: list\nwire: no packet any > any ttl < $client";
    let run = check(script("server", client).path(), &["--client", "ftplab"]);
    assert_eq!(run.scripts[0]["verdict"], "error", "{:#}", run.scripts[0]);
    let number = "login\nset hops \"64\"\nwire: packet any > any ttl = $hops";
    check(script("client", number).path(), &["--server", "self"]).assert_passed();
}

/// Where some packets were as they should be, the rest of the handshake is not nearly so.
#[test]
fn what_follows_a_packet_that_fits_is_not_nearly_one() {
    if !has_private_network() {
        return;
    }
    for (line, nearest) in [
        ("2 times S client > server.control", None),
        (
            "9 times packet client.control > server.control length 0",
            Some("with another length"),
        ),
    ] {
        let script = script("client", &format!("{SESSION}wire: {line}"));
        let run = check(script.path(), &["--server", "self"]);
        let got = run.failure()["got"].as_str().unwrap();
        assert!(got.starts_with("only "), "{got}");
        match nearest {
            None => assert!(!got.contains("nearest"), "{got}"),
            Some(told) => assert!(got.contains("nearest") && got.contains(told), "{got}"),
        }
    }
}
