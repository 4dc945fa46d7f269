//! What its reports repeat, and what its exit code tells

use std::process::Command;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use ftplab_tests::{assert_code, finish, ftplab};

use super::server::{PASSWORD, Server, ann, ann_at};
use super::{check, script, text};

#[test]
fn a_folder_that_was_there_is_left_alone() {
    let made = Mutex::new(0);
    let server = Server::start(move |line| {
        if !line.starts_with("MKD") {
            return None;
        }
        let mut made = made.lock().unwrap();
        *made += 1;
        // The first is the one that shows whether folders can be made.
        (*made > 1).then(|| b"550 It exists.\r\n".to_vec())
    });
    let script = script("client", "given folder \"a\"\nlogin\nC: NOOP\nS: 250");
    let output = finish(ann(&server).arg(script.path()));
    assert!(text(&output).contains("skipped"), "{}", text(&output));
    assert_eq!(server.heard("MKD").len(), 2);
    let removed = server.heard("RMD");
    assert_eq!(removed.len(), 1, "{removed:?}");
    assert_eq!(removed[0][3..], server.heard("MKD")[0][3..]);
    assert!(server.heard("DELE").is_empty());
}

#[test]
fn no_report_has_a_password() {
    let server = Server::start(|line| {
        let said = line.starts_with("SITE");
        said.then(|| format!("500 {line}? {PASSWORD}!\r\n").into_bytes())
    });
    let raw = script(
        "client",
        "login\nC raw: \"PASS $password\\r\\n\"\nS: 230\nC: SITE $password\nS: 200",
    );
    let checked = script("client", "check $password = \"x\"");
    for format in ["text", "tap", "junit", "json"] {
        let output = finish(
            ann(&server)
                .args(["--format", format])
                .args([raw.path(), checked.path()]),
        );
        assert_code(&output, 1);
        let text = text(&output);
        assert!(!text.contains(PASSWORD), "{format}: {text}");
        assert!(text.contains("****"), "{format}: {text}");
    }
}

#[test]
fn what_steers_a_terminal_is_shown_as_scripts_write_it() {
    let server = Server::start(|line| {
        let said = line == "NOOP" || line.starts_with("USER anonymous");
        said.then(|| b"500 a\x1b[2J\xff\x06b\r\n".to_vec())
    });
    let failed = script("client", "login\nC: NOOP\nS: 200");
    let skipped = script("client", "login\nC: NOOP\nS: 200 else 500 skip");
    let output = finish(ann(&server).args([failed.path(), skipped.path()]));
    let shown = text(&output);
    assert!(!shown.contains('\x1b'), "{shown}");
    assert!(
        shown.contains("got:      `500 a\\x1b[2J\\xff\\x06b`"),
        "{shown}"
    );
    assert!(shown.contains("S: 500 a\\x1b[2J\\xff\\x06b"), "{shown}");
    // The reason why nobody is let in.
    let mut anonymous = ftplab();
    anonymous.args(["check", "--server", &server.address, "--user", "anonymous"]);
    let output = finish(anonymous.arg(failed.path()));
    assert_code(&output, 1);
    assert!(!text(&output).contains('\x1b'), "{}", text(&output));
}

#[test]
fn a_script_that_goes_round_and_round_ends() {
    let began = Instant::now();
    let body = "repeat 100000\nrepeat 100000\nset x \"$n\"\nend\nend";
    let run = check(script("client", body).path(), &["--server", "self"]);
    let mistaken = &run.scripts[0];
    assert_eq!(mistaken["verdict"], "error", "{mistaken:#}");
    assert_eq!(mistaken["got"], "one that plays more");
    assert_eq!(run.code, Some(2));
    assert!(began.elapsed() < Duration::from_mins(1));
    let run = check(
        script("client", "set x 70000 * \"a\"").path(),
        &["--server", "self"],
    );
    let mistaken = &run.scripts[0];
    assert_eq!(mistaken["got"], "a value of more than 65536 bytes");
    assert_eq!(run.code, Some(2));
}

#[test]
fn an_account_that_was_named_must_work() {
    let server = Server::start(|line| {
        let refused = line.starts_with("CWD /nosuch") || line == "USER anonymous";
        refused.then(|| b"550 No.\r\n".to_vec())
    });
    let login = script("client", "login\nC: NOOP\nS: 250");
    let told = |command: &mut Command, words: &[&str]| {
        let output = finish(command.arg(login.path()));
        assert_code(&output, 1);
        assert!(output.stdout.is_empty(), "{}", text(&output));
        for word in words {
            assert!(text(&output).contains(word), "{word}: {}", text(&output));
        }
    };
    told(
        ann(&server).env("FTPLAB_PASSWORD", "wrong"),
        &["login refused for ann", "fix: check --user"],
    );
    told(
        ann(&server).env_remove("FTPLAB_PASSWORD"),
        &["no password for ann", "fix: set FTPLAB_PASSWORD"],
    );
    told(
        ann(&server).args(["--folder", "/nosuch"]),
        &["--folder /nosuch", "fix: name a folder"],
    );
    let url = format!("ftp://{}/", server.address);
    assert_code(&finish(ann_at(&url).arg(login.path())), 0);
    // Nobody was named: what needs a login is skipped, and that is no success.
    let file = tempfile::Builder::new().suffix(".ftp").tempfile().unwrap();
    let needs = "purpose: p\nrule: RFC 959\ngrade: MUST\nneeds: login\n\nlogin\n";
    std::fs::write(file.path(), needs).unwrap();
    let should = tempfile::Builder::new().suffix(".ftp").tempfile().unwrap();
    let text_of = "purpose: p\nrule: RFC 959\ngrade: SHOULD\n\nconnect\nS: 220\n";
    std::fs::write(should.path(), text_of).unwrap();
    let mut command = ftplab();
    command.args(["check", "--server", &server.address]);
    let output = finish(command.args([file.path(), should.path()]));
    assert_code(&output, 1);
    let shown = text(&output);
    assert!(
        shown.contains("nobody can log in (login refused"),
        "{shown}"
    );
    assert!(
        shown.contains("every script graded MUST was skipped"),
        "{shown}"
    );
}
