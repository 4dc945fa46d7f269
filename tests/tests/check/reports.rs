//! The reports are what they say they are, and errors in scripts are told before anything is played

use std::process::{Command, Stdio};

use ftplab_tests::{Running, assert_code, finish, ftplab, has_program, output};

use super::{script, scripts};

/// A run of three scripts of which one fails, in this format.
fn report(format: &str) -> (String, Option<i32>) {
    let bad = script(
        "client",
        "login\nC: NOOP\nS: 500 \"<&>\\\"#\"\nwire: no reset on control",
    );
    let output = finish(
        ftplab()
            .arg("check")
            .arg(scripts().join("rfc959/information/noop.ftp"))
            .arg(bad.path())
            .arg(scripts().join("client/get.ftp"))
            .args(["--server", "self", "--jobs", "3", "--format", format]),
    );
    (
        String::from_utf8(output.stdout).unwrap(),
        output.status.code(),
    )
}

#[test]
fn junit_is_xml() {
    let (text, code) = report("junit");
    assert_eq!(code, Some(1));
    if !has_program("python3") {
        return;
    }
    let program = "import sys, xml.etree.ElementTree as tree
suite = tree.fromstring(sys.stdin.buffer.read()).find('testsuite')
for case in suite.iter('testcase'):
    print(case.get('classname'), [child.tag for child in case])
print(suite.get('tests'), suite.get('failures'), suite.get('disabled'), suite.get('skipped'))
failure = suite.find('.//failure')
print(failure.get('type'), failure.get('message'))
";
    let mut python = Command::new("python3");
    python.args(["-c", program]).stdin(Stdio::from(file(&text)));
    let told = output(&mut python);
    let lines: Vec<_> = told.lines().collect();
    assert!(lines[0].starts_with("RFC 959 "), "{told}");
    assert!(lines[1].contains("failure"), "{told}");
    assert!(lines[2].contains("skipped"), "{told}");
    // Once each: as disabled the skipped would be counted twice.
    assert_eq!(lines[3], "3 1 0 1", "{told}");
    assert!(
        lines[4].starts_with("MUST expected the server replies 500"),
        "{told}"
    );
    assert!(text.contains("NOOP"), "the dialogue: {text}");
}

/// A file that can be read from its begin.
fn file(text: &str) -> std::fs::File {
    use std::io::{Seek, Write};
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    file.rewind().unwrap();
    file
}

#[test]
fn tap_has_a_plan_and_a_line_for_each() {
    let (text, code) = report("tap");
    assert_eq!(code, Some(1));
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines[..2], ["TAP version 13", "1..3"]);
    let results: Vec<_> = lines
        .iter()
        .filter(|line| line.starts_with("ok ") || line.starts_with("not ok "))
        .collect();
    assert!(results[0].starts_with("ok 1 - "), "{text}");
    assert!(results[1].starts_with("not ok 2 - "), "{text}");
    assert!(
        results[2].starts_with("ok 3 - ") && results[2].contains(" # SKIP "),
        "{text}"
    );
    // The YAML block: each value is a word, a number, JSON, or a block of lines.
    let begin = lines.iter().position(|line| *line == "  ---").unwrap();
    let end = lines.iter().position(|line| *line == "  ...").unwrap();
    for line in &lines[begin + 1..end] {
        let Some((_, value)) = line.strip_prefix("  ").unwrap().split_once(": ") else {
            panic!("{line}");
        };
        let plain = ["MUST", "|"].contains(&value) || line.starts_with("    ");
        assert!(
            plain || serde_json::from_str::<serde_json::Value>(value).is_ok(),
            "{line}"
        );
    }
    let block = lines[begin..end].join("\n");
    assert!(block.contains("  line: 9"), "{block}");
    assert!(block.contains("C: NOOP"), "{block}");
    if has_program("prove") {
        perl_reads_it(&text);
    }
}

/// A harness that begins a run for each script counts those that were skipped, and goes on.
#[test]
fn a_script_alone_that_is_skipped_is_one_test_of_a_harness() {
    let good = script("client", "connect\nS: 220");
    let of_client = script("server", "task: list");
    let run = |path: &std::path::Path, format: &str| {
        let mut command = ftplab();
        command.arg("check").arg(path);
        command.args(["--server", "self", "--format", format]);
        let output = finish(&mut command);
        let text = String::from_utf8(output.stdout).unwrap();
        (text, output.status.code())
    };
    let (text, code) = run(of_client.path(), "tap");
    assert!(
        text.contains("\nok 1 - ") && text.contains(" # SKIP "),
        "{text}"
    );
    assert!(!text.contains("Bail out!"), "{text}");
    assert_eq!(code, Some(0));
    // Nobody counts those of other runs there.
    for format in ["text", "json", "junit"] {
        assert_eq!(run(of_client.path(), format).1, Some(1), "{format}");
    }
    if !has_program("prove") {
        return;
    }
    let program = ftplab().get_program().to_string_lossy().into_owned();
    let line = format!("{program} check --server self --format tap");
    let mut prove = Command::new("prove");
    prove
        .args(["-e", &line])
        .args([of_client.path(), good.path()]);
    let output = finish(&mut prove);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_code(&output, 0);
    assert!(said.contains("All tests successful"), "{said}");
    assert!(said.contains("Files=2, Tests=2"), "{said}");
}

/// Perl's harness has the last word on what TAP is.
fn perl_reads_it(text: &str) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("report.tap");
    std::fs::write(&path, text).unwrap();
    let output = finish(Command::new("prove").args(["-e", "cat"]).arg(&path));
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(said.contains("Failed 1/3 subtests"), "{said}");
    assert!(!said.contains("Parse errors"), "{said}");
}

#[test]
fn json_has_a_line_for_each_and_the_totals() {
    let (text, code) = report("json");
    assert_eq!(code, Some(1));
    let events = ftplab_tests::events(&text);
    let verdicts: Vec<_> = events
        .iter()
        .map(|event| event["verdict"].as_str())
        .collect();
    assert_eq!(
        verdicts,
        [Some("passed"), Some("failed"), Some("skipped"), None]
    );
    let failed = &events[1];
    assert_eq!(failed["line"], 9);
    assert!(
        failed["dialogue"]
            .as_array()
            .unwrap()
            .iter()
            .any(|line| line == "C: NOOP")
    );
    assert!(!text.contains("open-sesame"), "a password");
    let must = &events[3]["grades"]["MUST"];
    assert_eq!((&must["passed"], &must["failed"]), (&1.into(), &1.into()));
}

/// ftplab's own server is not taken for one that somebody else runs, nor its user for the reader's.
#[test]
fn the_own_server_is_told_as_such() {
    let noop = scripts().join("rfc959/information/noop.ftp");
    let mut command = ftplab();
    command.arg("check").arg(&noop).args(["--server", "self"]);
    let told = output(&mut command);
    let first = told.lines().next().unwrap();
    let begin = "1 script against ftplab's own server, at 127.0.0.1:";
    assert!(
        first.starts_with(begin) && first.ends_with(", as its user ann"),
        "{first}"
    );
}

#[test]
fn colours_are_for_terminals_and_for_who_asks() {
    let noop = scripts().join("rfc959/information/noop.ftp");
    let mut command = ftplab();
    command.arg("check").arg(&noop).args(["--server", "self"]);
    let plain = output(&mut command);
    assert!(!plain.contains('\x1b'), "{plain}");
    let painted = output(command.args(["--color", "always"]));
    assert!(
        painted.contains("\x1b[1m\x1b[32mpassed\x1b[0m"),
        "{painted}"
    );
}

#[test]
fn an_error_in_a_script_is_told_with_its_place() {
    let bad = script("client", "login\nC: NOOP\nS: 2000");
    let mut command = ftplab();
    command
        .arg("check")
        .arg(bad.path())
        .args(["--server", "self"]);
    let output = Running::start(&mut command).finish();
    assert_code(&output, 2);
    let text = String::from_utf8_lossy(&output.stderr);
    let place = format!("{}:9:4", bad.path().display());
    assert!(text.contains(&place), "{text}");
    assert!(text.contains("expected three digits"), "{text}");
    assert!(output.stdout.is_empty());
    // Of two scripts each error says whose message it is.
    let other = script("client", "login\nS: 3000");
    let output = finish(command.arg(other.path()));
    let text = String::from_utf8_lossy(&output.stderr);
    for (path, line) in [(bad.path(), 9), (other.path(), 8)] {
        let begin = format!("ftplab: {}:{line}:", path.display());
        assert!(text.lines().any(|said| said.starts_with(&begin)), "{text}");
    }
}

/// A script with an error was not skipped, and is told once.
#[test]
fn a_script_with_an_error_is_told_as_the_exit_code_tells_it() {
    let noise = "repeat 900\nset a \"1\"\nrepeat 900\nset b \"2\"\nend\nend";
    let endless = script("client", &format!("login\n{noise}"));
    for (format, wrong) in [("tap", "Bail out!"), ("junit", "every script was skipped")] {
        let mut command = ftplab();
        command.arg("check").arg(endless.path());
        command.args(["--server", "self", "--format", format]);
        let output = finish(&mut command);
        assert_code(&output, 2);
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(!text.contains(wrong), "{text}");
        let told = if format == "tap" {
            text.matches("not ok 1 ").count()
        } else {
            text.matches("<error ").count()
        };
        assert_eq!(told, 1, "{text}");
    }
}
