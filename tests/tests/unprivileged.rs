//! The same for an ordinary user: no root, no capability, nothing of anybody else's.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::process::Command;

use ftplab_tests::{
    assert_code, available, events, finish, ftplab, has_namespaces, has_program, said,
};
use tempfile::TempDir;

const NOBODY: u32 = 65534;

/// A user with a home of its own, and a copy of the program that it may execute.
struct User {
    home: TempDir,
}

impl User {
    /// None when the tests do not run as root: then they all are those of an ordinary user.
    fn new() -> Option<Self> {
        if !rustix::process::geteuid().is_root() {
            eprintln!("not root: what this tests, all other tests do");
            return None;
        }
        if !has_namespaces() {
            return None;
        }
        let home = tempfile::Builder::new()
            .permissions(fs::Permissions::from_mode(0o755))
            .tempdir()
            .unwrap();
        let program = home.path().join("ftplab");
        fs::copy(ftplab().get_program(), &program).unwrap();
        fs::create_dir(home.path().join("tmp")).unwrap();
        for path in [home.path(), &program, &home.path().join("tmp")] {
            chown(path, Some(NOBODY), Some(NOBODY)).unwrap();
        }
        let user = Self { home };
        let enters = finish(user.command("unshare").args(["-r", "-n", "true"]));
        available(
            "unshare -r -n for an ordinary user",
            enters.status.success(),
        )
        .then_some(user)
    }

    fn command(&self, program: &str) -> Command {
        let home = self.home.path();
        let mut command = Command::new("setpriv");
        command
            .args([format!("--reuid={NOBODY}"), format!("--regid={NOBODY}")])
            .args(["--clear-groups", "--inh-caps=-all", program])
            .current_dir(home)
            .env("HOME", home)
            .env("TMPDIR", home.join("tmp"))
            .env("TZ", "UTC");
        command
    }

    fn ftplab(&self, arguments: &[&str]) -> std::process::Output {
        let program = self.home.path().join("ftplab");
        finish(self.command(program.to_str().unwrap()).args(arguments))
    }
}

#[test]
fn a_run_is_private_and_whole() {
    let Some(user) = User::new() else { return };
    // It has nothing: otherwise this would prove nothing.
    let shown = finish(user.command("cat").arg("/proc/self/status"));
    let shown = String::from_utf8_lossy(&shown.stdout);
    for line in [
        "CapEff:\t0000000000000000",
        "CapPrm:\t0000000000000000",
        "Uid:\t65534\t65534",
    ] {
        assert!(shown.contains(line), "no {line:?}: {shown}");
    }
    for scenario in ["active", "passive"] {
        let output = user.ftplab(&["run", scenario, "--place", "private"]);
        assert_code(&output, 0);
        let story = String::from_utf8_lossy(&output.stdout);
        assert_eq!(String::from_utf8_lossy(&output.stderr), "");
        for act in [
            "Address resolution",
            "Handshake",
            "Login",
            "Transfer 3",
            "Goodbye",
        ] {
            assert!(story.contains(&format!("━━ {act}")), "no {act}: {story}");
        }
        assert_eq!(story.matches("byte for byte").count(), 2, "{story}");

        let output = user.ftplab(&["run", scenario, "--json", "-w", "session.pcap"]);
        assert_code(&output, 0);
        let events = events(&String::from_utf8(output.stdout).unwrap());
        let summary = events
            .iter()
            .find(|event| event["event"] == "summary")
            .unwrap();
        assert_eq!(summary["packets"], summary["explained"], "{summary}");
        assert_eq!(summary["connections"], 4, "{summary}");
        // Real ports, real addresses: it is the private network and no fallback.
        let control = events.iter().find(|event| event["event"] == "connection");
        assert_eq!(control.unwrap()["to"], "10.0.0.2:21", "{control:?}");
        assert!(user.home.path().join("session.pcap").is_file());
    }
    let left: Vec<_> = fs::read_dir(user.home.path().join("tmp"))
        .unwrap()
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn the_doctor_finds_the_private_network() {
    let Some(user) = User::new() else { return };
    let output = user.ftplab(&["doctor"]);
    assert_code(&output, 0);
    let report = String::from_utf8_lossy(&output.stdout);
    assert!(
        report.contains("runs in a private network here"),
        "{report}"
    );
    // What it may not do is told with its fix.
    let raw = "refused  raw socket on the machine's own network: it takes CAP_NET_RAW";
    assert!(report.contains(raw), "{report}");
    assert!(report.contains("fix: sudo ftplab"), "{report}");
}

#[test]
fn a_live_trace_is_refused_with_its_fix() {
    let Some(user) = User::new() else { return };
    let output = user.ftplab(&["trace", "-i", "lo"]);
    assert_code(&output, 3);
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(message.contains("sudo setcap cap_net_raw"), "{message}");
    assert!(output.stdout.is_empty(), "{}", said(&output));
}

#[test]
fn the_suite_sees_the_wire() {
    let Some(user) = User::new() else { return };
    let scripts = user.home.path().join("scripts");
    let from = ftplab_tests::repository().join("tests/scripts");
    let copied = finish(Command::new("cp").arg("-r").args([&from, &scripts]));
    assert!(copied.status.success(), "{}", said(&copied));
    let verdicts = |arguments: &[&str]| {
        let output = user.ftplab(&[&["check", "scripts", "--format", "json"], arguments].concat());
        let events = events(&String::from_utf8(output.stdout).unwrap());
        let mut verdicts = std::collections::BTreeMap::new();
        for event in events.iter().filter(|event| event["event"] == "script") {
            let verdict = event["verdict"].as_str().unwrap().to_owned();
            *verdicts.entry(verdict).or_insert(0) += 1;
        }
        assert_eq!(output.status.code(), Some(0), "{verdicts:?}");
        verdicts
    };
    let seen = verdicts(&["--server", "self"]);
    assert!(
        !seen.contains_key("failed") && !seen.contains_key("not checked"),
        "{seen:?}"
    );
    // On the machine's own loopback nobody may look, and what was not seen has not passed.
    let unseen = verdicts(&["--server", "self", "--place", "loopback"]);
    assert!(
        unseen.get("not checked").is_some_and(|&count| count >= 3),
        "{unseen:?}"
    );
}

/// Lines about packets that nobody may look at: the verdict, the exit code and each report say so.
#[test]
fn what_was_not_seen_has_not_passed() {
    let Some(user) = User::new() else { return };
    let script = |name: &str, body: &str| {
        let head = "purpose: p\nrule: RFC 959\ngrade: MUST\n\nconnect\nS: 220\n";
        fs::write(user.home.path().join(name), format!("{head}{body}")).unwrap();
    };
    script("wire.ftp", "wire: S client.any > server.control\n");
    script("plain.ftp", "C: QUIT\nS: 221\n");
    let why = "it takes CAP_NET_RAW";
    let played = |scripts: &[&str], flags: &[&str], code: i32| {
        let place = ["--server", "self", "--place", "loopback"];
        let output = user.ftplab(&[&["check"], scripts, &place, flags].concat());
        assert_code(&output, code);
        said(&output)
    };
    // Alone nothing was tested; beside one that passed it is no failure unless that is asked for.
    for (scripts, flags, code) in [
        (["wire.ftp"].as_slice(), ["--jobs", "1"].as_slice(), 1),
        (&["wire.ftp", "plain.ftp"], &["--jobs", "1"], 0),
        (&["wire.ftp", "plain.ftp"], &["--strict"], 1),
    ] {
        let told = played(scripts, flags, code);
        assert!(told.contains("not checked  MUST       wire.ftp"), "{told}");
        assert!(told.contains(why), "{told}");
        let wanted = match (scripts.len(), code) {
            (1, _) => "every script was skipped or not checked on the wire: nothing was tested",
            (_, 0) => "MUST       1 of 2 passed, 1 not checked on the wire",
            _ => "1 script was not checked on the wire",
        };
        assert!(told.contains(wanted), "{told}");
    }
    let told = played(&["wire.ftp"], &["--format", "json"], 1);
    for part in [
        "\"verdict\":\"not checked\"",
        "\"wire_not_checked\":[7]",
        "\"not_checked\":1",
        "\"passed\":0",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
    // No report looks better than the exit code, which `--strict` makes 1 also where something else
    // was tested.
    for (format, flags, begin) in [
        ("tap", [].as_slice(), "\nok 1 - "),
        ("tap", &["--strict"], "\nnot ok 1 - "),
        (
            "junit",
            &[],
            "<skipped message=\"the wire was not checked: ",
        ),
        (
            "junit",
            &["--strict"],
            "<error message=\"the wire was not checked: ",
        ),
    ] {
        let flags = [&["--format", format], flags].concat();
        // Alone in TAP it is one test of many of a harness.
        let strict = flags.contains(&"--strict");
        let code = i32::from(format == "junit" || strict);
        let told = played(&["wire.ftp"], &flags, code);
        assert!(told.contains(begin) && told.contains(why), "{told}");
        let nothing = match format {
            "tap" => "Bail out!",
            _ => "<error message=\"every script was skipped or not checked on the wire: nothing",
        };
        // Where `--strict` made it an error, that is told there.
        if !strict {
            assert_eq!(told.contains(nothing), format == "junit", "{told}");
        }
    }
    if has_program("prove") {
        proves(&user, &[], "All tests successful");
        proves(&user, &["--strict"], "Failed 1/2 subtests");
    }
}

/// What `prove` says of a script that passed and one that nobody could check.
fn proves(user: &User, flags: &[&str], said: &str) {
    let scripts = ["check", "wire.ftp", "plain.ftp", "--server", "self"];
    let place = ["--place", "loopback", "--format", "tap"];
    let tap = user.ftplab(&[&scripts[..], &place, flags].concat());
    fs::write(user.home.path().join("report.tap"), &tap.stdout).unwrap();
    let output = finish(user.command("prove").args(["-e", "cat", "report.tap"]));
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        told.contains(said) && !told.contains("Parse errors"),
        "{told}"
    );
}
