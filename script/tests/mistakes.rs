//! Scenarios that an editor or a typing hand has changed: read as they were meant, or refused with
//! what may have been meant.

#![allow(clippy::unwrap_used)]

use script::Script;

const SCENARIO: &str = "purpose: p\npurpose zh: q\nplays: lab\nnetwork\n  host client 10.0.0.1\n  \
                        host server 10.0.0.2\n  server anonymous\n  server file a 3 bytes\nend\n\
                        client connect\nC: SYST\nS: 215\nclient quit\n";

/// What is said of the scenario with one thing replaced.
fn refused(right: &str, wrong: &str) -> String {
    assert!(SCENARIO.contains(right), "{right}");
    let text = SCENARIO.replacen(right, wrong, 1);
    let error = Script::parse("x", text.as_bytes()).map(drop);
    error.unwrap_err().to_string()
}

#[test]
fn what_editors_add_is_passed_over() {
    let plain = Script::parse("x", SCENARIO.as_bytes()).unwrap();
    assert_eq!(plain.header.purpose_zh.as_deref(), Some("q"));
    let marked = format!("\u{feff}{}", SCENARIO.replace('\n', "\r\n"));
    let other = Script::parse("x", marked.as_bytes()).unwrap();
    assert_eq!(plain.header, other.header);
    assert_eq!(plain.steps.len(), other.steps.len());
}

#[test]
fn what_was_meant_is_guessed() {
    for (right, wrong, place, hint) in [
        (
            "client quit",
            "CLIENT quit",
            "x:13:1",
            "did you mean `client`?",
        ),
        (
            "client quit",
            "quit",
            "x:13:1",
            "did you mean `client quit`?",
        ),
        (
            "server anonymous",
            "ser anonymous",
            "x:7:3",
            "did you mean `server`?",
        ),
        (
            "server anonymous",
            "SERVER anonymous",
            "x:7:3",
            "did you mean `server`?",
        ),
        (
            "purpose zh",
            "purpose de",
            "x:2:1",
            "did you mean `purpose zh`?",
        ),
        (
            "plays: lab\n",
            "",
            "x:3:1",
            "or `plays: lab`, if it is a scenario",
        ),
        (
            "end\n",
            "",
            "x:9:1",
            "expected `end` on a line of its own above the first step",
        ),
    ] {
        let said = refused(right, wrong);
        assert!(said.starts_with(place) && said.ends_with(hint), "{said}");
    }
}

#[test]
fn what_a_terminal_must_not_have_is_written_out() {
    let said = refused("client 10", "cl\x1b[31mient 10");
    assert!(
        said.starts_with("x:5:10: the control character \\x1b"),
        "{said}"
    );
    assert!(!said.contains('\x1b'), "{said:?}");
    let said = refused("a 3 bytes", &"b".repeat(100_000));
    assert!(said.len() < 2000, "{}", said.len());
}

#[test]
fn what_is_no_text_is_shown_at_its_place() {
    let mut bytes = SCENARIO
        .replace("client quit", "client quit x")
        .into_bytes();
    let place = bytes.len() - 2;
    bytes[place] = 0xff;
    let said = Script::parse("x", &bytes)
        .map(drop)
        .unwrap_err()
        .to_string();
    assert!(
        said.starts_with("x:13:13: the byte ff here is no UTF-8\n  13 | client quit "),
        "{said}"
    );
}

#[test]
fn a_second_file_of_one_name_and_a_greeting_of_two_lines_are_refused() {
    let twice = "server file a 3 bytes\n  server folder a";
    let said = refused("server file a 3 bytes", twice);
    assert!(
        said.starts_with("x:9:17: a second file or folder `a`"),
        "{said}"
    );
    let said = refused("server anonymous", "server greeting \"one\\r\\ntwo\"");
    assert!(
        said.starts_with("x:7:19: a greeting of more than one line"),
        "{said}"
    );
}
