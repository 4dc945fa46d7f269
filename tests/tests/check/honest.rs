//! Nothing passes that was not seen to be so, and nothing is blamed on a server that is the script's

use std::path::Path;

use ftplab_tests::{assert_code, events, finish, ftplab};

use super::server::{Server, ann, ann_at, served};
use super::{check, script, text};

/// What came instead, in a script that fails.
fn got(server: &Server, body: &str) -> String {
    let played = script("client", body);
    let output = finish(ann(server).arg(played.path()).args(["--format", "json"]));
    assert_code(&output, 1);
    let events = events(std::str::from_utf8(&output.stdout).unwrap());
    assert_eq!(events[0]["verdict"], "failed", "{body}: {events:?}");
    events[0]["got"].as_str().unwrap().to_owned()
}

/// A script that is refused before anything is played: what is told.
#[track_caller]
fn refused(plays: &str, body: &str) -> String {
    let bad = script(plays, body);
    let output = finish(
        ftplab()
            .arg("check")
            .arg(bad.path())
            .args(["--server", "self"]),
    );
    assert_code(&output, 2);
    assert!(output.stdout.is_empty(), "{}", text(&output));
    text(&output)
}

#[test]
fn nothing_outside_of_the_scripts_folder_is_given() {
    let root = tempfile::tempdir().unwrap();
    for name in ["prec.txt", "p2.txt"] {
        std::fs::write(root.path().join(name), "precious").unwrap();
    }
    let (_server, address) = served(root.path(), &[]);
    for line in [
        "given file \"../prec.txt\" \"x\"",
        "given file \"/prec.txt\" \"x\"",
        "given file \"a/../../prec.txt\" 3 bytes",
        "given nothing \"/p2.txt\"",
        "given nothing \"..\"",
        "given folder \"/newf\"",
        "given folder \"../newf\"",
        // What is known only when it is played.
        "set up \"..\"\ngiven file \"$up/prec.txt\" \"x\"",
        "given nothing \"$dir/../p2.txt\"",
        "set all \"/p2.txt\"\ngiven nothing \"$all\"",
    ] {
        let made = script("client", &format!("{line}\nlogin\nC: NOOP\nS: 200"));
        let output = finish(ann_at(&address).arg(made.path()));
        assert_code(&output, 2);
        let told = text(&output);
        assert!(told.contains("leads out of the script's folder"), "{told}");
        let mut left = ftplab_tests::names(root.path());
        left.sort();
        assert_eq!(left, ["p2.txt", "prec.txt"], "{line}");
        let kept = std::fs::read_to_string(root.path().join("prec.txt")).unwrap();
        assert_eq!(kept, "precious", "{line}");
    }
    // In its own folder all of it may be, however that is written.
    let inside = "given folder \"sub\"\ngiven file \"$dir/sub/a..txt\" \"x\"\n\
                  given nothing \"/ftplab-3321\"\nlogin\nC: NOOP\nS: 200";
    let output = finish(ann_at(&address).arg(script("client", inside).path()));
    assert_code(&output, 0);
}

#[test]
fn half_a_line_is_not_nothing() {
    let server = Server::start(|line| match line {
        "HALF" => Some(b"200 ha".to_vec()),
        "MULTI" => Some(b"211-a\r\n b\r\n".to_vec()),
        _ => None,
    });
    for (line, begun) in [
        ("HALF", "a line without an end: `200 ha`"),
        (
            "MULTI",
            "a reply without an end: `211-a` and 1 more line, but no line `211 …`",
        ),
    ] {
        for wait in [
            "S: nothing within 100 ms",
            "S: 200 within 100 ms or nothing",
        ] {
            let got = got(&server, &format!("login\nC: {line}\n{wait}"));
            assert_eq!(got, begun, "{line} {wait}");
        }
    }
}

#[test]
fn an_end_inside_of_a_reply_is_no_end() {
    let server = Server::hanging_up(b"200 ha");
    for body in [
        "login\nC: HALF\nS: closed",
        "login\nC: HALF\nS: 200 or closed",
        "login\nrepeat 3 until closed\nC: HALF\nS: 200\nend",
    ] {
        let got = got(&server, body);
        assert!(got.ends_with("closed in the middle of a line"), "{got}");
    }
    let server = Server::hanging_up(b"211-a\r\n b\r\n");
    let got = got(&server, "login\nC: MULTI\nS: closed");
    assert!(got.ends_with("closed in the middle of a reply"), "{got}");
}

#[test]
fn a_reply_that_nothing_asked_for_fails() {
    let server = Server::start(|line| match line {
        "NOOP" => Some(b"200 Fine.\r\n200 And again.\r\n".to_vec()),
        "SITE BYE" => Some(b"200 Fine.\r\n421 I go.\r\n".to_vec()),
        "SITE WAIT" => Some(b"200 Fine.\r\n2".to_vec()),
        _ => None,
    });
    assert_eq!(got(&server, "login\nC: NOOP\nS: 200"), "`200 And again.`");
    assert_eq!(
        got(&server, "login\nC: SITE WAIT\nS: 200"),
        "a line without an end: `2`"
    );
    for body in [
        // 421 may come at any time.
        "login\nC: SITE BYE\nS: 200",
        // A script that does not listen to what it asked says nothing about it.
        "login\nC: PWD\nC: PWD\nS: 257",
        "login\nC: NOOP\nS: 200\nclose",
        "login\nC: NOOP\nS: 200\nS: 200",
    ] {
        let output = finish(ann(&server).arg(script("client", body).path()));
        assert_code(&output, 0);
    }
}

#[test]
fn blanks_go_out_as_they_stand() {
    let server = Server::start(|_| None);
    let body = "login\nC: ECHO trailing   \nS: 250\nC:  ECHO\nS: 250\nC: A\t\nS: 250";
    let output = finish(ann(&server).arg(script("client", body).path()));
    assert_code(&output, 0);
    assert_eq!(server.heard("ECHO"), ["ECHO trailing   "]);
    assert_eq!(server.heard(" ECHO"), [" ECHO"]);
    assert_eq!(server.heard("A"), ["A\t"]);
}

#[test]
fn an_outer_block_counts_on_behind_an_inner_one() {
    let server = Server::start(|_| None);
    let body = "login\nrepeat 2\nrepeat 3\nC: IN $n\nS: 250\nend\nC: OUT $n\nS: 250\nend\n\
                C: LAST $n\nS: 250";
    let output = finish(ann(&server).arg(script("client", body).path()));
    assert_code(&output, 0);
    assert_eq!(server.heard("OUT"), ["OUT 1", "OUT 2"]);
    assert_eq!(server.heard("LAST"), ["LAST 2"]);
    assert_eq!(server.heard("IN").len(), 6);
}

#[test]
fn a_login_goes_to_the_folder_that_was_named() {
    let server =
        Server::start(|line| (line == "PWD").then(|| b"257 \"/up\" is here.\r\n".to_vec()));
    let body = "login\nC: SIZE $dir\nS: 250";
    let output = finish(
        ann(&server)
            .args(["--folder", "up"])
            .arg(script("client", body).path()),
    );
    assert_code(&output, 0);
    assert_eq!(server.heard("SIZE"), ["SIZE /up"]);
    assert_eq!(server.heard("CWD"), ["CWD up", "CWD /up"]);
}

#[test]
fn a_client_that_does_nothing_passes_nothing() {
    for (client, body, wanted) in [
        ("false", "then client fails", "the client connects"),
        ("true", "then client exits", "the client connects"),
        (
            "false",
            "C never: PASS\nthen client fails",
            "the client connects",
        ),
        // It connects, and goes.
        (
            "bash -c 'exec 3<>/dev/tcp/%HOST%/%PORT%; read -r line <&3; exit 1'",
            "then client fails",
            "the client sends a command",
        ),
        (
            "bash -c 'exec 3<>/dev/tcp/%HOST%/%PORT%; printf \"QUIT\\r\\n\" >&3; kill -SEGV $$'",
            "C never: PASS\nthen client fails",
            "a code that is not 0",
        ),
    ] {
        let played = script(
            "server",
            &format!("given file \"a.txt\" \"x\"\ntask: get \"a.txt\"\n{body}"),
        );
        let run = check(played.path(), &["--client", client]);
        let failure = run.failure();
        let expected = failure["expected"].as_str().unwrap();
        assert!(expected.contains(wanted), "{client}: {failure:#}");
        assert_eq!(run.code, Some(1));
    }
    // Whoever is not greeted may go without a word.
    let body = "task: get \"a.txt\"\non connect\nS: 421 No.\nclose\nend\nthen client fails";
    let client = "bash -c 'exec 3<>/dev/tcp/%HOST%/%PORT%; read -r line <&3; exit 1'";
    check(script("server", body).path(), &["--client", client]).assert_passed();
}

#[test]
fn what_cannot_be_meant_is_an_error_of_the_script() {
    let task = "task: get \"a.txt\"";
    for (plays, body, place) in [
        ("server", format!("{task}\non conect\nend"), "8:4: `conect`"),
        ("server", format!("{task}\non RETER\nend"), "8:4: `RETER`"),
        ("server", format!("{task}\nC never: PSAS"), "8:10: `PSAS`"),
        ("server", format!("{task}\nC: connect"), "8:4: `connect`"),
        (
            "server",
            format!("{task}\n").repeat(21),
            "27:1: more than 20 lines",
        ),
        (
            "server",
            format!("{task}\nthen client exits 256"),
            "8:19: `256` is no exit code",
        ),
        (
            "server",
            format!("{task}\nthen client exits 9 |"),
            "8:22: the line ends where an exit code",
        ),
        (
            "server",
            "then client exits".into(),
            "7:1: the script has no",
        ),
        ("client", "C: NOOP".into(), "7:1: there is no connection"),
        ("client", "login\ndata accept".into(), "8:1: nobody listens"),
        ("client", "login\ndata dial".into(), "8:1: nothing above"),
        (
            "client",
            "login\ndata receive \"x\"".into(),
            "8:1: there is no data",
        ),
        (
            "client",
            "then file \"a\" file \"b\"".into(),
            "7:1: no file `b`",
        ),
        (
            "client",
            "given file \"s/x\" \"x\"".into(),
            "7:1: there is no folder `s`",
        ),
        (
            "client",
            "login\nC: A\nS: 200 single multi".into(),
            "9:15: how many",
        ),
        (
            "client",
            "login\nC: A\nS: 200 within 1 s within 2 s".into(),
            "9:19: how long",
        ),
        (
            "client",
            "login\nC: A\nS: not any".into(),
            "9:8: no reply can be",
        ),
        (
            "client",
            "login\nwire: no reset\nC: A".into(),
            "9:1: this comes behind",
        ),
    ] {
        let told = refused(plays, &body);
        assert!(told.contains(place), "{body}: {told}");
    }
    assert!(refused("server", &format!("{task}\non conect\nend")).contains("mean `connect`"));
    assert!(refused("server", &format!("{task}\non reter\nend")).contains("mean `RETR`"));
}

/// What is seen only when the lines are played is told as what it is, too.
#[test]
fn mistakes_are_not_failures_of_the_server() {
    let server = Server::start(|_| None);
    for (body, but) in [
        (
            "connect\nS: 220\nclose\nC: NOOP",
            "was closed by a line above",
        ),
        (
            "connect\nS: 220\nsession b\nset v \"NOOP\"\nC: $v\ndata dial",
            "PASV or EPSV",
        ),
        ("set x 70000 * \"a\"", "more than 65536 bytes"),
    ] {
        let mistaken = script("client", body);
        for format in ["text", "tap", "junit", "json"] {
            let output = finish(ann(&server).arg(mistaken.path()).args(["--format", format]));
            assert_code(&output, 2);
            let told = text(&output);
            assert!(told.contains(but), "{format}: {told}");
            assert!(told.contains("1 script has an error"), "{told}");
            assert!(!told.contains("FAILED"), "{told}");
        }
    }
}

#[test]
fn flags_that_would_do_nothing_are_refused() {
    let noop = script("client", "login\nC: NOOP\nS: 200");
    for flags in [
        ["--server", "self", "--user", "eve"],
        ["--server", "self", "--folder", "/x"],
        ["--server", "self6", "--second-user", "eve"],
        ["--client", "true", "--user", "eve"],
    ] {
        let output = finish(ftplab().arg("check").arg(noop.path()).args(flags));
        assert_code(&output, 2);
        let told = text(&output);
        assert!(told.contains("is of no use here"), "{told}");
    }
}

#[test]
fn what_was_not_looked_at_is_told() {
    if !ftplab_tests::has_private_network() {
        return;
    }
    let body = "login\nC: NOOP\nS: 200\nwhen 500\nwire: R client.any > server.any\nend\n\
                wire: no reset on control";
    let run = check(script("client", body).path(), &["--server", "self"]);
    run.assert_passed();
    assert_eq!(run.scripts[0]["wire_not_played"], serde_json::json!([11]));
}

/// A reader of a report that was not brought to its end sees that.
#[test]
fn no_report_is_taken_for_a_whole_one() {
    let bad = script("client", "login\nS: 2000");
    let good = script("client", "connect\nS: 220");
    let nobody = ["--server", "127.0.0.1:1"];
    let report = |path: &Path, format: &str, code: i32| {
        let output = finish(
            ftplab()
                .arg("check")
                .arg(path)
                .args(nobody)
                .args(["--format", format]),
        );
        assert_code(&output, code);
        String::from_utf8(output.stdout).unwrap()
    };
    for (path, code, why) in [(bad.path(), 2, "`2000`"), (good.path(), 1, "127.0.0.1:1")] {
        let tap = report(path, "tap", code);
        assert!(tap.contains("\nBail out!  ") && tap.contains(why), "{tap}");
        let junit = report(path, "junit", code);
        assert!(
            junit.contains("<error message=") && junit.contains(why),
            "{junit}"
        );
        let json = events(&report(path, "json", code));
        assert_eq!(json[0]["event"], "totals");
        assert!(json[0]["cut"].as_str().unwrap().contains(why), "{json:?}");
        assert!(report(path, "text", code).is_empty());
    }
}
