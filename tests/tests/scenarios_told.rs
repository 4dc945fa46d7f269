//! What `ftplab run` says beside the packets: what a scenario shows, which step failed and why, and
//! what may have been meant.

#![allow(clippy::unwrap_used)]

use std::fs;

use ftplab_tests::{
    assert_code, events, finish, ftplab, has_private_network, has_router, output, said,
};

/// What is said of the scenario `active` with `right` replaced, which must fail while it is played.
fn failed(right: &str, wrong: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mine.ftp");
    let script = output(ftplab().args(["list", "active"]));
    assert!(script.contains(right), "{script}");
    fs::write(&file, script.replacen(right, wrong, 1)).unwrap();
    let output = finish(ftplab().arg("run").arg(&file));
    assert_code(&output, 1);
    said(&output)
}

/// What a scenario shows comes first where people read, and nowhere else.
#[test]
fn the_purpose_comes_first_for_people_alone() {
    if !has_private_network() {
        return;
    }
    let shown = |flags: &[&str]| output(ftplab().args(["run", "close-rst"]).args(flags));
    let first = |text: &str| text.lines().next().unwrap_or_default().to_owned();
    for style in ["narrated", "ladder", "boxes", "summary"] {
        let told = first(&shown(&["--style", style]));
        assert!(
            told.starts_with("close-rst: a connection that is reset"),
            "{told}"
        );
    }
    let chinese = first(&shown(&["--lang", "zh"]));
    assert!(
        chinese.starts_with("close-rst\u{ff1a}被复位的连接"),
        "{chinese}"
    );
    for flags in [
        &["--json"][..],
        &["--style", "tcpdump"],
        &["--style", "classic"],
    ] {
        let text = shown(flags);
        assert!(!text.contains("close-rst"), "{text}");
    }
}

#[test]
fn what_is_nearly_a_name_is_named() {
    for (words, expected) in [
        (&["list", "nat-agl"][..], "did you mean nat-alg?"),
        (&["run", "nat-agl"], "'nat-alg'"),
        (
            &["run", "nat-agl.ftp"],
            "nat-alg is built in: `ftplab run nat-alg`",
        ),
        (
            &["check", "nat-alg", "--server", "self"],
            "`ftplab run nat-alg` plays it",
        ),
    ] {
        let output = finish(ftplab().args(words));
        assert_code(&output, 2);
        assert!(said(&output).contains(expected), "{}", said(&output));
    }
    let told = output(ftplab().args(["check", "--explain", "nat-alg"]));
    assert!(
        told.contains("the router reads what passes to port 21"),
        "{told}"
    );
}

#[test]
fn a_reply_that_is_not_as_expected_fails_the_run() {
    if !has_private_network() {
        return;
    }
    let said = failed("S: 215", "S: 216");
    let expected = "mine.ftp:34:1: expected that the server replies 216, but it said `215 UNIX Type: \
                    L8`\n  34 | S: 216\n";
    assert!(said.contains(expected), "{said}");
}

#[test]
fn a_transfer_that_should_fail_and_does_not_fails_the_run() {
    if !has_private_network() {
        return;
    }
    let said = failed("client get", "client fails to get");
    for part in [
        "it was to fail and did not",
        "the server said `226 ",
        "| client fails to get",
    ] {
        assert!(said.contains(part), "{part}\n{said}");
    }
}

#[test]
fn what_does_not_come_is_named_with_the_step_that_waits_for_it() {
    if !has_private_network() {
        return;
    }
    let hosts = "  host server 10.0.0.2\n";
    let deaf = "  host server 10.0.0.2\n  drop SYN from server\n  \
                client gives data connections 300 ms\n";
    let said = failed(hosts, deaf);
    for part in [
        "the server did not open the data connection within 300ms\n",
        " | client list\n",
        "^ here the client asks for a listing",
    ] {
        assert!(said.contains(part), "{part}\n{said}");
    }
}

/// The scenario `active` with lines about the cable behind that of the server, from line 7 on.
fn with_cable(lines: &str, flags: &[&str]) -> std::process::Output {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mine.ftp");
    let script = output(ftplab().args(["list", "active"]));
    let host = "  host server 10.0.0.2\n";
    assert!(script.contains(host), "{script}");
    let script = script.replacen(host, &format!("{host}{lines}"), 1);
    fs::write(&file, script).unwrap();
    finish(ftplab().arg("run").arg(&file).args(flags))
}

#[test]
fn a_line_about_packets_that_met_none_fails_the_run() {
    if !has_private_network() {
        return;
    }
    let lines = "  delay SYN from client by 1 ms\n  drop RST from client\n  \
                 double 9th SYN from client\n  drop first SYN from client\n";
    let first = output(ftplab().args(["list", "active"]))
        .lines()
        .position(|line| line == "  host server 10.0.0.2")
        .unwrap()
        + 2;
    let told = [
        format!(
            "line {}: `drop RST from client` met no packet: none such came by",
            first + 1
        ),
        format!(
            "line {}: `double 9th SYN from client` met no packet: only 1 such came by",
            first + 2
        ),
        format!(
            "line {}: `drop first SYN from client` did nothing: a line above it had decided about \
             all that it met",
            first + 3
        ),
    ];
    let output = with_cable(lines, &[]);
    assert_code(&output, 1);
    let (stdout, stderr) = (
        String::from_utf8(output.stdout).unwrap(),
        String::from_utf8(output.stderr).unwrap(),
    );
    // Below the packets, where the files are told, and on stderr.
    let last: Vec<&str> = stdout.lines().rev().take(3).collect();
    assert_eq!(
        [last[2], last[1], last[0]],
        told.each_ref().map(String::as_str)
    );
    for line in &told {
        assert!(stderr.contains(&format!("ftplab: {line}\n")), "{stderr}");
    }
    let lines_say = format!(
        "mine.ftp did not show what its lines {} and {} and {} say\n",
        first + 1,
        first + 2,
        first + 3
    );
    assert!(stderr.ends_with(&lines_say), "{stderr}");

    let output = with_cable("  drop 9th SYN from client\n", &["--json"]);
    assert_code(&output, 1);
    let events = events(&String::from_utf8(output.stdout).unwrap());
    let idle = events.last().unwrap();
    let expected = serde_json::json!({
        "event": "idle_rule", "line": first, "rule": "drop 9th SYN from client",
        "alike": 1, "meant": 0,
    });
    assert_eq!(idle, &expected);

    let output = with_cable("  drop RST from client\n", &["--lang", "zh"]);
    assert_code(&output, 1);
    let said = String::from_utf8(output.stdout).unwrap();
    let told = format!("\u{7b2c} {first} \u{884c}\u{7684} `drop RST from client` \u{6ca1}\u{6709}");
    assert!(said.contains(&told), "{said}");

    // What tcpdump prints stays what tcpdump prints.
    let output = with_cable("  drop RST from client\n", &["--style", "tcpdump"]);
    assert_code(&output, 1);
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(!said.contains("met no packet"), "{said}");

    let output = with_cable("  delay SYN from client by 1 ms\n", &[]);
    assert_code(&output, 0);
}

#[test]
fn a_router_that_begins_to_read_ftp_is_told_between_the_packets() {
    if !has_router() {
        return;
    }
    let events = events(&output(ftplab().args(["run", "nat-alg", "--json"])));
    let told = events.iter().position(|event| event["who"] == "router");
    let told = told.unwrap_or_else(|| panic!("{events:?}"));
    let syn = |event: &serde_json::Value| event["event"] == "packet" && event["flags"] == "S";
    // Before it the first session, behind it the second, each captured twice; then the one that
    // the server opens.
    let [before, after] = [&events[..told], &events[told..]];
    let count = |part: &[serde_json::Value]| part.iter().filter(|event| syn(event)).count();
    assert_eq!((count(before), count(after)), (2, 4));
    let chinese = output(ftplab().args(["run", "nat-alg", "--lang", "zh"]));
    assert!(chinese.contains("路由器：从现在起"), "{chinese}");
}
