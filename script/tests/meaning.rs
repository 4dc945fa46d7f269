//! Scripts that say what nobody can mean, and what a number, a mark and an error mean.

#![allow(clippy::unwrap_used)]

use script::Script;

#[test]
fn what_no_script_can_mean_is_refused_where_it_stands() {
    let head = "purpose: p\nrule: RFC 959\ngrade: MUST\n\n";
    for (text, place, what) in [
        (
            format!("{head}login\nC: NOOP\x1b[31m\n"),
            (6, 8),
            "the control character \\x1b",
        ),
        (
            format!("{head}login\n\0\n"),
            (6, 1),
            "the control character \\x00",
        ),
        (
            format!("{head}login\nC: NOOP\u{85}\n"),
            (6, 8),
            "the control character \\xc2\\x85",
        ),
        (
            format!("{head}login\nC: STOR \u{202e}gpj\n"),
            (6, 9),
            "the control character \\xe2\\x80\\xae",
        ),
        (
            format!("{head}login\nC: NOOP\nS: 699 | 799\n"),
            (7, 10),
            "`799` is no reply code",
        ),
        (
            format!("{head}login\nC: NOOP\nS: 000\n"),
            (7, 4),
            "`000` is no reply code",
        ),
        (
            format!("{head}login\ndata listen\ndata accept from port 99999\n"),
            (7, 23),
            "no port `99999`",
        ),
    ] {
        let error = Script::parse("bad.ftp", text.as_bytes()).unwrap_err();
        assert_eq!((error.at.line, error.at.column), place, "{error}");
        assert!(error.what.contains(what), "{error}");
        let shown = error.to_string();
        assert!(
            !shown.contains(['\x1b', '\0', '\u{85}', '\u{202e}']),
            "{error:?}"
        );
    }
}

/// A line of the head that is written wrongly is told as such, and not as one that is missing.
#[test]
fn a_head_is_told_where_it_is_wrong() {
    let head = "purpose: p\nrule: RFC 959\ngrade: MUST\n";
    for (text, place, what) in [
        (
            "purpse: p\nrule: RFC 959\n",
            "x:1:1",
            "did you mean `purpose`?",
        ),
        ("Grade: MUST\nconnect\n", "x:1:1", "did you mean `grade`?"),
        ("", "x:1:1", "no `rule:` line"),
        (head, "x:3:1", "the script does nothing"),
    ] {
        let error = Script::parse("x", text.as_bytes()).unwrap_err().to_string();
        assert!(error.starts_with(place), "{error}");
        assert!(error.contains(what), "{error}");
    }
}

/// `check` takes both sides for numbers where both are, with their signs and fractions.
#[test]
fn numbers_compare_as_numbers() {
    use script::Operator::{Equal, Less};
    for (left, operator, right) in [
        ("-5", Less, "-3"),
        ("9.5", Less, "10"),
        ("-0.5", Less, "0"),
        ("1.50", Equal, "1.5"),
        ("007", Equal, "7"),
        ("10", Less, "9a"),
        ("1.2.3", Less, "1.2.4"),
        ("-", Less, "."),
    ] {
        let held = operator.holds(left.as_bytes(), right.as_bytes());
        assert!(held, "{left} {operator} {right}");
    }
    let head = "purpose: p\nrule: RFC 959\ngrade: MUST\n";
    let script = Script::parse("x", format!("{head}check 1 = -1.5 + 3\n").as_bytes()).unwrap();
    let script::StepKind::Check(check) = &script.steps[0].kind else {
        panic!("{:?}", script.steps);
    };
    assert_eq!(check.shifted(b"-1.5".to_vec()), b"1.5");
}

/// Some editors put a mark before the text, and some write bytes that are no text at all.
#[test]
fn what_editors_leave_in_a_file_is_no_riddle() {
    let head = "purpose: p\nrule: RFC 959\ngrade: MUST\n\n";
    let marked = format!("\u{feff}{head}connect\n");
    assert!(Script::parse("x", marked.as_bytes()).is_ok());
    let bytes = [
        head.as_bytes(),
        b"login\nC: CWD \xc3\xa9\xff\xfe x\nS: 250\n",
    ]
    .concat();
    let error = Script::parse("x", &bytes).unwrap_err().to_string();
    assert!(
        error.starts_with("x:6:9: the byte ff here is no UTF-8\n"),
        "{error}"
    );
    assert!(error.contains("6 | C: CWD \u{e9}\u{fffd}"), "{error}");
    assert!(error.contains("        ^ expected \\xff"), "{error}");
}

/// All errors of the steps are told at once, and none that only follows from another.
#[test]
fn all_errors_of_a_script_are_told() {
    let head = "purpose: p\nrule: RFC 959\ngrade: MUST\n";
    let body = "login\nC: NOOP $x\nset y \"\\q\"\nC: NOOP $y\nrepeat often\n  S: 2000\n  when 2xx\n  end\n\
                end\nrepeat 2\n  S: 2000\nend\nS: 200\nwait 5ms\n";
    let errors = Script::parse_all("x", format!("{head}{body}").as_bytes()).unwrap_err();
    let places: Vec<String> = errors.iter().map(|error| error.at.to_string()).collect();
    assert_eq!(places, ["5:9", "6:8", "8:8", "14:6", "17:6"], "{errors:#?}");
    let many = format!("{head}{}", "wiat 5 s\n".repeat(100));
    assert_eq!(
        Script::parse_all("x", many.as_bytes()).unwrap_err().len(),
        20
    );
}

/// A client has one file of each name, which is there before it begins when it is sent.
#[test]
fn tasks_whose_files_would_be_one_are_refused() {
    let head = "purpose: p\nrule: RFC 959\ngrade: MUST\nplays: server\n\n";
    for (lines, line, what) in [
        ("task: put x \"1\"\ntask: put \"x\" \"2\"", 7, "sent twice"),
        ("task: put x \"1\"\ntask: get x", 7, "both sent and fetched"),
        ("task: get \"sub/x\"\ntask: put x \"1\"", 7, "both sent"),
        (
            "task: put x \"1\"\nthen client has x \"1\"",
            7,
            "from the start",
        ),
        (
            "then client has no x\ntask: put x \"1\"",
            6,
            "from the start",
        ),
        ("task: get \"a\\r\\nput c z\"", 6, "CR, LF or NUL"),
        ("task: list\ntask: put \"a\\nb\" \"1\"", 7, "CR, LF or NUL"),
        ("task: get \"a\\0\"", 6, "CR, LF or NUL"),
    ] {
        let text = format!("{head}{lines}\n");
        let error = Script::parse("bad.ftp", text.as_bytes()).unwrap_err();
        assert_eq!(error.at.line, line, "{lines}: {error}");
        assert!(error.what.contains(what), "{lines}: {error}");
    }
    let lines = "given file y \"1\"\ntask: put x \"1\"\ntask: get y\ntask: get y\n\
                 then client has y \"1\"";
    Script::parse("good.ftp", format!("{head}{lines}\n").as_bytes()).unwrap();
}
