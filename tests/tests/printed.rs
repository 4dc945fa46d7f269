//! `ftplab trace -r` on printed traces: the two of an article of 2001, and texts that are damaged.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::PathBuf;

use ftplab_tests::{assert_code, events, finish, ftplab, output, repository, said};
use serde_json::Value;

fn trace(name: &str) -> PathBuf {
    repository().join("tests/traces").join(name)
}

fn json(name: &str) -> Vec<Value> {
    events(&output(
        ftplab().args(["trace", "--json", "-r"]).arg(trace(name)),
    ))
}

fn of<'a>(events: &'a [Value], event: &str) -> Vec<&'a Value> {
    events
        .iter()
        .filter(|line| line["event"] == event)
        .collect()
}

#[test]
fn the_classic_style_gives_each_line_back() {
    for (name, count) in [("s0-active.txt", 25), ("s0-passive.txt", 22)] {
        let text = fs::read_to_string(trace(name)).unwrap();
        let found = output(
            ftplab()
                .args(["trace", "--style", "classic", "-r"])
                .arg(trace(name)),
        );
        // A blank that is missing in the article is put there, and that is said.
        assert_eq!(found, text.replace("65371(DF)", "65371 (DF)"), "{name}");
        assert_eq!(found.lines().count(), count);
    }
    let told = finish(ftplab().args(["trace", "-r"]).arg(trace("s0-active.txt")));
    let told = String::from_utf8(told.stderr).unwrap();
    assert!(told.contains("line 22, column 104: put a blank"), "{told}");
}

#[test]
fn the_active_session_is_understood_without_its_bytes() {
    let all = json("s0-active.txt");
    let last = all.last().unwrap();
    assert_eq!(
        (&last["packets"], &last["explained"]),
        (&25.into(), &25.into())
    );
    let [omitted] = of(&all, "omitted")[..] else {
        panic!("{all:?}")
    };
    let figures = [&omitted["packet"], &omitted["own"], &omitted["peer"]];
    assert_eq!(figures.map(|v| v.as_u64().unwrap()), [11, 19, 117]);
    assert_eq!(omitted["stage"], "password");
    let windows: Vec<_> = of(&all, "window_shrank")
        .iter()
        .filter(|note| note["by"] == "client")
        .map(|note| note["to"].as_u64().unwrap())
        .collect();
    let client = [65480, 65408, 65291, 65261, 65371, 65206, 65182];
    assert_eq!(windows, client);
    let confirmed: Vec<_> = of(&all, "window_shrank")
        .iter()
        .map(|note| note["omitted"].as_u64().unwrap())
        .filter(|&bytes| bytes > 0)
        .collect();
    assert_eq!(confirmed, [117, 19]);
    let delayed: Vec<_> = of(&all, "ack")
        .iter()
        .filter(|note| note["delayed"] == true)
        .map(|note| (note["after_s"].as_f64().unwrap() * 1e4).round() / 10.0)
        .collect();
    assert_eq!(delayed, [117.6, 107.0, 158.1, 194.8]);
    let [announced] = of(&all, "announced_by_length")[..] else {
        panic!("{all:?}")
    };
    assert_eq!(
        (&announced["announced_in"], &announced["line"]),
        (&11.into(), &"PORT …,12,100".into())
    );
    assert_eq!(of(&all, "verdict")[0]["near"], "client");
    let text = serde_json::to_string(&all).unwrap();
    assert!(!text.contains("240.0.0."), "a name's stand-in is shown");
}

#[test]
fn each_length_has_the_lines_that_fit() {
    let lines = |name: &str, packet: u64| -> Vec<String> {
        let all = json(name);
        let notes = of(&all, "unprinted");
        let note = notes.iter().find(|note| note["packet"] == packet).unwrap();
        let fits = note["fits"].as_array().unwrap();
        fits.iter()
            .map(|fit| fit["line"].as_str().unwrap().to_owned())
            .collect()
    };
    for (name, packet, line) in [
        (
            "s0-active.txt",
            6,
            "220 … Microsoft FTP Service (Version 5.0).",
        ),
        ("s0-active.txt", 8, "USER …"),
        (
            "s0-active.txt",
            9,
            "331 Anonymous access allowed, send identity (e-mail name) as password.",
        ),
        ("s0-active.txt", 11, "PORT …"),
        ("s0-active.txt", 12, "200 PORT command successful."),
        ("s0-active.txt", 13, "NLST"),
        ("s0-active.txt", 13, "LIST"),
        (
            "s0-active.txt",
            14,
            "150 Opening ASCII mode data connection for file list.",
        ),
        ("s0-active.txt", 23, "226 Transfer complete."),
        ("s0-passive.txt", 6, "PASV"),
        (
            "s0-passive.txt",
            7,
            "227 Entering Passive Mode (207,46,133,140,…).",
        ),
        (
            "s0-passive.txt",
            13,
            "125 Data connection already open; Transfer starting.",
        ),
        ("s0-passive.txt", 20, "226 Transfer complete."),
    ] {
        let found = lines(name, packet);
        assert!(
            found.iter().any(|found| found == line),
            "{name} {packet}: {found:?}"
        );
    }
}

#[test]
fn the_fin_that_overtakes_its_data_is_told() {
    let all = json("s0-passive.txt");
    let at = |event: &str| -> Vec<u64> {
        of(&all, event)
            .iter()
            .map(|note| note["packet"].as_u64().unwrap())
            .collect()
    };
    assert_eq!(
        (at("ahead"), at("duplicate_ack"), at("fills_gap")),
        (vec![15], vec![16], vec![17])
    );
    assert_eq!(of(&all, "ahead")[0]["missing"], 1167);
    let grown: Vec<_> = of(&all, "window_grew")
        .iter()
        .map(|note| note["read"].as_u64().unwrap())
        .collect();
    assert_eq!(grown, [51, 1167, 78]);
    let line = &of(&all, "announced_by_length")[0]["line"];
    assert_eq!(line, "227 Entering Passive Mode (207,46,133,140,14,84).");
}

#[test]
fn every_style_and_language_has_the_names_of_the_trace() {
    for flags in [
        &["--style", "tcpdump"][..],
        &["--style", "ladder"],
        &["--style", "summary"],
        &["--lang", "zh"],
        &[],
    ] {
        let text = output(
            ftplab()
                .arg("trace")
                .args(flags)
                .arg("-r")
                .arg(trace("s0-active.txt")),
        );
        assert!(
            text.contains("mypc.xx.yy.zz") && !text.contains("240.0.0."),
            "{text}"
        );
    }
}

#[test]
fn lines_with_words_are_read_as_words() {
    // What tcpdump 4 prints of a capture has the lines of the dialogue.
    let folder = tempfile::tempdir().unwrap();
    let capture = ftplab_tests::pcap("session.pcap");
    let flags = ["trace", "-n", "--style", "tcpdump", "-tttt", "-r"];
    let text = output(ftplab().args(flags).arg(&capture));
    let printed = folder.path().join("session.txt");
    fs::write(&printed, text).unwrap();
    let told = |file: &PathBuf| -> Vec<Value> {
        let all = events(&output(ftplab().args(["trace", "--json", "-r"]).arg(file)));
        let word = |line: &&Value| line["event"] == "command" || line["event"] == "announced";
        all.iter().filter(word).cloned().collect()
    };
    assert_eq!(told(&printed), told(&capture));
}

#[test]
fn what_only_bytes_can_give_is_refused() {
    for flags in [
        &["-w", "out.pcap"][..],
        &["-x"],
        &["-XX"],
        &["-A"],
        &["--decode"],
        &["--extract", "here"],
    ] {
        let told = finish(
            ftplab()
                .arg("trace")
                .args(flags)
                .arg("-r")
                .arg(trace("s0-active.txt")),
        );
        assert_code(&told, 2);
        assert!(
            said(&told).contains("a printed trace has none"),
            "{}",
            said(&told)
        );
    }
}

#[test]
fn a_garbled_line_is_named_after_what_came_before_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("garbled.txt");
    let text = fs::read_to_string(trace("s0-passive.txt")).unwrap();
    let text = format!(
        "What an article says.\n{}",
        text.replacen("(1167)", "(1176)", 1)
    );
    fs::write(&file, text).unwrap();
    let told = finish(
        ftplab()
            .args(["trace", "--style", "classic", "-r"])
            .arg(&file),
    );
    assert_code(&told, 1);
    assert_eq!(String::from_utf8_lossy(&told.stdout).lines().count(), 16);
    let message = String::from_utf8(told.stderr).unwrap();
    let line = fs::read_to_string(&file).unwrap();
    let line = line.lines().nth(17).unwrap();
    let column = line.find("1292392972(1176)").unwrap() + 1;
    let expected = format!(
        "garbled.txt: line 18, column {column}: expected the sum of the first number and the \
         number of bytes, found \"1292392972(1176)\""
    );
    assert!(message.contains(&expected), "{message}");
    assert!(
        message.contains("1 line is no packet and was passed over"),
        "{message}"
    );
}
