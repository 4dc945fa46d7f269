//! What the program tells of itself: `doctor`, `--help`, and what a wrong command line gets.

use ftplab_tests::{assert_code, finish, ftplab, has_private_network, output, said};

#[test]
fn the_doctor_tells_people_and_programs_the_same() {
    if !has_private_network() {
        return;
    }
    let told = output(ftplab().arg("doctor"));
    let report: serde_json::Value =
        serde_json::from_str(&output(ftplab().args(["doctor", "--json"]))).unwrap();
    let checks = report["checks"].as_array().unwrap();
    assert!(checks.len() >= 7, "{report:#}");
    for check in checks {
        let (name, outcome) = (
            check["name"].as_str().unwrap(),
            check["outcome"].as_str().unwrap(),
        );
        let line = told.lines().find(|line| {
            line.starts_with(outcome) && line[outcome.len()..].trim_start().starts_with(name)
        });
        assert!(line.is_some(), "no {outcome} {name}: {told}");
        if outcome != "ok" {
            let fix = format!("fix: {}", check["fix"].as_str().unwrap());
            assert!(told.contains(&fix), "no {fix:?}: {told}");
        }
    }
    assert!(
        told.ends_with("runs in a private network here.\n"),
        "{told}"
    );
}

const COMMANDS: [&str; 14] = [
    "run", "trace", "serve", "passwd", "ls", "get", "mget", "put", "mirror", "rm", "mkdir", "mv",
    "shell", "doctor",
];

#[test]
fn help_shows_examples_of_every_command() {
    let help = output(ftplab().arg("--help"));
    assert!(help.starts_with("Examples:\n  ftplab run active"), "{help}");
    for command in COMMANDS {
        assert!(
            help.contains(&format!("\n  {command} ")),
            "no {command}: {help}"
        );
        let help = output(ftplab().args([command, "--help"]));
        let (examples, usage) = help.split_once("\nUsage: ").unwrap_or_default();
        assert!(examples.starts_with("Examples:\n"), "{help}");
        assert!(usage.starts_with(&format!("ftplab {command}")), "{help}");
        let example = format!("ftplab {command}");
        assert!(examples.matches(&example).count() >= 2, "{help}");
    }
}

#[test]
fn a_wrong_command_line_ends_with_2_and_names_the_mistake() {
    for command in COMMANDS {
        let output = finish(ftplab().args([command, "--no-such-flag"]));
        assert_code(&output, 2);
        assert!(output.stdout.is_empty(), "{}", said(&output));
        assert!(
            said(&output).contains("--no-such-flag"),
            "{}",
            said(&output)
        );
    }
    for (arguments, mistake) in [
        (&["run", "sideways"][..], "sideways"),
        (&["run"], "<SCENARIO>"),
        (&["run", "active", "--lang", "xx"], "xx"),
        (&["run", "active", "-tttttt"], "-t "),
        (
            &["run", "active", "--json", "--style", "classic"],
            "--style",
        ),
        (&["trace"], "-r FILE"),
        (&["trace", "-i", "lo", "-r", "x"], "--read"),
        (&["trace", "-r", "x", "-c", "0"], "0"),
        (&["serve", ".", "--listen", "121212"], "121212"),
        (&["serve", ".", "--idle-timeout", "soon"], "soon"),
        (&["serve", ".", "--passive-ports", "9-1"], "9-1"),
        (&["ls", "http://127.0.0.1/"], "http"),
        (&["get", "ftp://127.0.0.1/folder/"], "file"),
        (&["put", "file"], "<URL>"),
        (&["dance"], "dance"),
        (&[], "Usage"),
    ] {
        let output = finish(ftplab().args(arguments));
        assert_code(&output, 2);
        assert!(output.stdout.is_empty(), "{arguments:?}: {}", said(&output));
        let message = String::from_utf8_lossy(&output.stderr);
        assert!(
            message.contains(mistake),
            "no {mistake:?} for {arguments:?}: {message}"
        );
    }
}
