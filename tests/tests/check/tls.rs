//! The suite under TLS: `login tls`, `--tls`, servers that let nobody in without it, and servers that only pretend

use std::path::Path;
use std::process::Output;

use ftplab_tests::{assert_code, events, finish, has_private_network};
use serde_json::Value;

use super::pretending::{Pretending, UNDER_TLS, pretending};
use super::server::{PASSWORD, Server, ann, ann_at, served};
use super::{check, script, scripts, text};

/// A listing over a data connection of which no line says that it is under TLS.
const LIST: &str = "C: PASV\nS: 227\ndata dial\nC: LIST\nS: 150\ndata receive crlf lines\nS: 226\n";

/// The only script of a run, as JSON tells it.
#[track_caller]
fn only(output: &Output) -> Value {
    let events = events(std::str::from_utf8(&output.stdout).unwrap());
    assert_eq!(events.len(), 2, "{}", text(output));
    events[0].clone()
}

/// A script against a server, as ann.
#[track_caller]
fn played(address: &str, body: &str, flags: &[&str]) -> Value {
    let file = script("client", body);
    let output = finish(
        ann_at(address)
            .arg(file.path())
            .args(["--format", "json"])
            .args(flags),
    );
    only(&output)
}

#[track_caller]
fn passes(address: &str, body: &str, flags: &[&str]) {
    let played = played(address, body, flags);
    assert_eq!(played["verdict"], "passed", "{body}\n{played:#}");
}

#[test]
fn where_nobody_is_let_in_without_tls_the_suite_is_played_under_it() {
    let root = tempfile::tempdir().unwrap();
    let (_server, address) = served(root.path(), &["--require-tls"]);
    // Not those with many megabytes, for which TLS without optimisation takes its time.
    let folders = [
        "rfc959/files",
        "rfc959/listing",
        "rfc959/data/port-each.ftp",
        "rfc959/data/port.ftp",
        "rfc1123/abor-telnet.ftp",
        "rfc2428",
        "rfc4217",
    ];
    let output = finish(
        ann_at(&address)
            .args(["--format", "json", "--jobs", "8"])
            .args(folders.map(|folder| scripts().join(folder))),
    );
    let told = text(&output);
    assert_code(&output, 0);
    assert!(told.contains("lets nobody in without TLS"), "{told}");
    assert!(told.contains("the scripts log in as with --tls"), "{told}");
    let events = events(std::str::from_utf8(&output.stdout).unwrap());
    let with = |verdict: &str| {
        let scripts = events.iter().filter(|event| event["verdict"] == verdict);
        scripts.count()
    };
    assert_eq!(with("failed") + with("error"), 0, "{told}");
    assert!(with("passed") >= 75, "{} passed", with("passed"));
    let why = |name: &str| {
        let mut files = events.iter();
        let found = files.find(|event| event["file"].as_str().is_some_and(|f| f.ends_with(name)));
        found.unwrap()["why"]
            .as_str()
            .unwrap_or("played")
            .to_owned()
    };
    assert!(why("abor-telnet.ftp").contains("urgent data"), "{told}");
    let by_hand = why("auth-forgets-login.ftp");
    assert!(by_hand.contains("log in without TLS"), "{by_hand}");
    assert_eq!(why("data/port-each.ftp"), "played");
}

#[test]
fn data_connections_are_under_tls_as_prot_says() {
    let root = tempfile::tempdir().unwrap();
    let (_server, address) = served(root.path(), &[]);
    passes(
        &address,
        &format!("login tls\n{LIST}{LIST}{LIST}{LIST}"),
        &[],
    );
    passes(&address, &format!("login tls ann {PASSWORD}\n{LIST}"), &[]);
    let switched = format!("login tls\nC: PROT C\nS: 200\n{LIST}C: PROT P\nS: 200\n{LIST}");
    passes(&address, &switched, &[]);
    let together =
        "login tls\ntogether\nC: NOOP\nC: PROT C\nC: NOOP\nend\nS: 200\nS: 200\nS: 200\n";
    passes(&address, &format!("{together}{LIST}"), &[]);
    // What was refused switches nothing.
    passes(
        &address,
        &format!("login tls\nC: PROT S\nS: 536\n{LIST}"),
        &[],
    );
    // By hand, as the script says it, whether or not the run is under TLS.
    let by_hand = "connect\nS: 220\nC: AUTH TLS\nS: 234\ntls\nlogin\n";
    for flags in [&[][..], &["--tls"]] {
        passes(&address, &format!("{by_hand}{LIST}"), flags);
        let private = LIST.replace("S: 150\n", "S: 150\ndata tls\n");
        let protected = "C: PBSZ 0\nS: 200\nC: PROT P\nS: 200\n";
        passes(&address, &format!("{by_hand}{protected}{private}"), flags);
    }
    passes(&address, &format!("login\n{LIST}"), &["--tls"]);
}

#[test]
fn a_connection_that_no_transfer_uses_waits_for_no_handshake() {
    let root = tempfile::tempdir().unwrap();
    let (_server, address) = served(root.path(), &[]);
    for rest in [
        "C: RETR no-such-file\nS: 550\ndata close\nC: NOOP\nS: 200",
        "C: ABOR\nS: 226\ndata closed",
        "close\ndata closed",
        "data reset\nC: NOOP\nS: 200",
        // A transfer that nothing is said of is ended in order.
        "C: STOR empty\nS: 150\ndata close\nS: 226\nthen file \"empty\" nothing",
        // The handshake comes before what is said in the transfer.
        "C: LIST\nS: 150\nC: NOOP\ndata receive crlf lines\nS: 226\nS: 200",
        // And before a reply is awaited, or another session has its turn.
        "C: LIST\nS: 150\nS: 226\ndata receive crlf lines",
        "C: LIST\nS: 150\nsession two\nlogin\nC: NOOP\nS: 200\nsession one\nS: 226\n\
         data receive crlf lines",
        // But not where the script ends the connection as nobody does in order.
        "C: STOR cut\nS: 150\ndata cut\nS: 226 | 4xx | 5xx",
        "C: STOR reset\nS: 150\ndata reset\nS: 226 | 4xx | 5xx",
    ] {
        let body = format!(
            "given folder \"sub\"\nsession one\nlogin\nC: PASV\nS: 227\ndata dial\n{rest}\n"
        );
        passes(&address, &body, &["--tls"]);
    }
}

/// Nothing is read on behind `data close`: the download would come to its end.
#[test]
fn a_download_that_is_closed_is_not_completed() {
    let root = tempfile::tempdir().unwrap();
    std::fs::write(root.path().join("big"), vec![b'x'; 20_000_000]).unwrap();
    let (_server, address) = served(root.path(), &[]);
    for before in ["", "data read 1000 bytes\n"] {
        let body = format!(
            "login\nC: TYPE I\nS: 200\nC: PASV\nS: 227\ndata dial\nC: RETR /big\nS: 150\n\
             {before}data close\nS: 426 | 451\n"
        );
        for flags in [&[][..], &["--tls"]] {
            passes(&address, &body, flags);
        }
    }
}

#[test]
fn scripts_about_the_commands_of_tls_are_played_as_written() {
    let root = tempfile::tempdir().unwrap();
    let (_server, address) = served(root.path(), &[]);
    for (line, replies) in [
        ("PBSZ 0", "503"),
        ("PROT P", "503"),
        ("CCC", "533"),
        ("ADAT aaaa", "5xx"),
        ("MIC aaaa", "5xx"),
        ("CONF aaaa", "5xx"),
        ("enc aaaa", "5xx"),
    ] {
        // Under TLS this would be skipped.
        let body = format!("login\nC: {line}\nS: {replies}\nC: REIN\nS: 220\n");
        passes(&address, &body, &["--tls"]);
    }
}

/// A script that says who it is in clear text.
fn by_hand(address: &str, password: &str) -> Value {
    let file = tempfile::Builder::new().suffix(".ftp").tempfile().unwrap();
    let script = "purpose: A test of the tests\nrule: RFC 959\ngrade: MUST\nneeds: login, password\n\
                  limit: 2 s\n\nconnect\nS: 220\nC: USER $user\nS: 331\nC: PASS $password\nS: 230\n";
    std::fs::write(file.path(), script).unwrap();
    let mut command = ann_at(address);
    command.arg(file.path()).args(["--format", "json", "--tls"]);
    only(&finish(command.env("FTPLAB_PASSWORD", password)))
}

#[test]
fn what_is_no_refusal_of_a_login_in_clear_text_skips_nothing() {
    // Once in clear text the server takes nobody, or hangs up.
    for once in ["USER 421 Later.", "PASS 421 Later.", "USER ", "PASS "] {
        let (verb, reply) = once.split_once(' ').unwrap();
        let pretending = pretending(Some((verb, reply)));
        let played = by_hand(&pretending.address, PASSWORD);
        assert_eq!(played["verdict"], "passed", "{once}: {played:#}");
    }
    for once in ["USER 530 No.", "PASS 530 No."] {
        let (verb, reply) = once.split_once(' ').unwrap();
        let pretending = pretending(Some((verb, reply)));
        let played = by_hand(&pretending.address, PASSWORD);
        assert_eq!(played["verdict"], "skipped", "{once}: {played:#}");
        assert!(played["why"].as_str().unwrap().contains("530 No."));
    }
}

#[test]
fn no_password_is_sent_in_clear_text_that_no_script_sends_so() {
    let pretending = pretending(None);
    passes(&pretending.address, "login\nC: NOOP\nS: 200", &["--tls"]);
    let heard = |what: &str| {
        let heard = pretending.heard.lock().unwrap();
        let heard = heard.iter().enumerate();
        let heard = heard.filter(|(_, line)| line.starts_with(what));
        heard.map(|(at, _)| at).collect::<Vec<_>>()
    };
    assert!(heard("PASS").is_empty());
    let goodbye = format!("{UNDER_TLS}QUIT");
    let before = heard(&goodbye).len();
    by_hand(&pretending.address, PASSWORD);
    // The login that asks whether it may, and the script's. A server that takes one session at a
    // time has none other then.
    let [asks, _] = heard("PASS")[..] else {
        panic!("{:?}", pretending.heard);
    };
    assert!(heard(&goodbye)[before] < asks, "{:?}", pretending.heard);
}

#[test]
fn what_has_no_place_under_tls_does_not_pass() {
    let root = tempfile::tempdir().unwrap();
    let (_server, address) = served(root.path(), &[]);
    for (line, why) in [
        ("C urgent: \"\\xff\\xf2\"\nC: NOOP\nS: 200", "urgent data"),
        ("repeat 1\nC: REIN\nend\nS: 220", "REIN ends TLS"),
    ] {
        let played = played(&address, &format!("login\n{line}"), &["--tls"]);
        assert_eq!(played["verdict"], "skipped", "{played:#}");
        assert!(played["why"].as_str().unwrap().contains(why), "{played:#}");
    }
    let length = "login\nC: NOOP\nS: 200\nwire: packet client.control > server.control length 6";
    for (body, verdict) in [
        (length, "not checked"),
        ("login\nwire: S any > any", "passed"),
    ] {
        let run = check(
            script("client", body).path(),
            &["--server", "self", "--tls"],
        );
        let script = &run.scripts[0];
        if !has_private_network() {
            return;
        }
        assert_eq!(script["verdict"], verdict, "{script:#}");
        if verdict != "passed" {
            let why = script["wire_not_checked_because"].as_str().unwrap();
            assert_eq!(why, "under TLS lengths and payloads are others");
        }
    }
}

// The server's goodbye and its FIN come when the script has ended its side.
#[test]
fn what_the_server_says_last_gets_no_reset_from_the_script() {
    if !has_private_network() {
        return;
    }
    for end in ["", "close\n", "C: QUIT\n", "session two\nlogin\n"] {
        let body = format!(
            "needs: tls\n\nlogin tls\nC: NOOP\nS: 200\n{end}wire: no R any > any\n\
             wire: no reset on control\n"
        );
        for flags in [&[][..], &["--tls"]] {
            let file = script("client", &body);
            let run = check(file.path(), &[&["--server", "self"], flags].concat());
            let script = &run.scripts[0];
            assert_eq!(script["verdict"], "passed", "{body}\n{script:#}");
        }
    }
}

#[test]
fn a_server_without_tls_is_told_before_it_is_told_a_password() {
    let server = Server::start(|line| line.starts_with("AUTH").then(|| b"502 No.\r\n".to_vec()));
    let file = script("client", "login\nC: NOOP\nS: 200");
    let output = finish(ann(&server).arg(file.path()).arg("--tls"));
    assert_code(&output, 1);
    let told = text(&output);
    assert!(told.contains("AUTH TLS: 502 No."), "{told}");
    assert!(
        told.contains("fix: --tls needs a server with TLS"),
        "{told}"
    );
    assert!(server.heard("PASS").is_empty());
    // A script that says it itself fails by itself.
    let file = script("client", "login tls\nC: NOOP\nS: 200");
    let output = finish(ann(&server).arg(file.path()).args(["--format", "json"]));
    let script = only(&output);
    assert_eq!(script["got"], "`502 No.` to AUTH TLS", "{script:#}");
    assert!(script["expected"].as_str().unwrap().contains("under TLS"));
}

#[test]
fn a_server_that_only_pretends_to_protect_data_fails() {
    let Pretending { address, .. } = pretending(None);
    let body = format!("login\n{LIST}");
    let script = played(&address, &body, &["--tls"]);
    assert_eq!(script["verdict"], "failed", "{script:#}");
    let got = script["got"].as_str().unwrap();
    assert!(got.contains("what came is no TLS, but clear text"), "{got}");
    // In clear it is as good as others, and so it is where it was told to leave data in clear.
    passes(&address, &body, &[]);
    let clear = format!("login tls\nC: PROT C\nS: 200\n{LIST}");
    passes(&address, &clear, &[]);
}

#[test]
fn tls_without_a_server_is_of_no_use() {
    let file = scripts().join("client/get.ftp");
    let run = check(Path::new(&file), &["--client", "ftplab", "--tls"]);
    assert_eq!(run.code, Some(2), "{}", run.stderr);
    assert!(
        run.stderr.contains("--tls is of no use here"),
        "{}",
        run.stderr
    );
}
