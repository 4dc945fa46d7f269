//! `ftplab check`: the suite against our own server and client, foreign clients under the suite, the wire, hostile peers, and the reports

#![allow(clippy::unwrap_used)]

mod clients;
mod endings;
mod honest;
mod hostile;
mod messages;
mod pretending;
mod reports;
mod rules;
mod safety;
mod segments;
mod server;
mod suite;
mod tasks;
mod tls;
mod wire;

use std::path::{Path, PathBuf};
use std::process::Output;

use ftplab_tests::{Running, events, ftplab, within};
use serde_json::Value;

/// What a run of scripts found.
struct Run {
    code: Option<i32>,
    scripts: Vec<Value>,
    stderr: String,
}

impl Run {
    fn with(&self, verdict: &str) -> Vec<&Value> {
        let scripts = self.scripts.iter();
        scripts
            .filter(|script| script["verdict"] == verdict)
            .collect()
    }

    /// Everything passed, or was skipped, and something was played.
    #[track_caller]
    fn assert_passed(&self) {
        let bad: Vec<_> = self
            .scripts
            .iter()
            .filter(|script| script["verdict"] != "passed" && script["verdict"] != "skipped")
            .collect();
        assert!(bad.is_empty(), "{bad:#?}");
        assert!(!self.with("passed").is_empty(), "{}", self.stderr);
        assert_eq!(self.code, Some(0), "{}", self.stderr);
    }

    /// The only script, which failed.
    #[track_caller]
    fn failure(&self) -> &Value {
        let [script] = self.scripts.as_slice() else {
            panic!("{:?} {}", self.scripts, self.stderr);
        };
        assert_eq!(script["verdict"], "failed", "{script:#}");
        script
    }
}

/// The scripts of the repository. `FTPLAB_SCRIPTS` names a copy, for users who cannot read it.
fn scripts() -> PathBuf {
    std::env::var_os("FTPLAB_SCRIPTS").map_or_else(
        || ftplab_tests::repository().join("tests/scripts"),
        PathBuf::from,
    )
}

fn check(path: &Path, arguments: &[&str]) -> Run {
    let mut command = ftplab();
    command
        .arg("check")
        .arg(path)
        .args(["--format", "json"])
        .args(arguments);
    let mut running = Running::start(&mut command);
    // A whole suite takes longer than a program otherwise may.
    within(ftplab_tests::LIMIT * 3, "ftplab check", || {
        (!running.is_running()).then_some(())
    });
    let output = running.finish();
    let text = String::from_utf8(output.stdout).unwrap();
    let mut scripts = events(&text);
    scripts.retain(|event| event["event"] == "script");
    Run {
        code: output.status.code(),
        scripts,
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// A script of one test.
fn script(plays: &str, body: &str) -> tempfile::NamedTempFile {
    let file = tempfile::Builder::new().suffix(".ftp").tempfile().unwrap();
    let head = format!(
        "purpose: A test of the tests\nrule: RFC 959\ngrade: MUST\nplays: {plays}\nlimit: 2 s\n\n"
    );
    std::fs::write(file.path(), format!("{head}{body}\n")).unwrap();
    file
}

/// What a program said, on stdout and then on stderr.
fn text(output: &Output) -> String {
    let both = [output.stdout.as_slice(), b"\n--\n", &output.stderr].concat();
    String::from_utf8_lossy(&both).into_owned()
}
