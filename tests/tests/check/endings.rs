//! What a run leaves behind: nothing, however it ends

use std::io::Read;
use std::path::Path;
use std::process::Stdio;

use ftplab_tests::{Running, assert_code, finish, ftplab, has_private_network, names, within};
use rustix::process::Signal;

use super::server::{Server, ann, ann_at, served};
use super::{script, scripts, text};

#[test]
fn files_are_given_and_removed_where_nobody_is_let_in_without_tls() {
    let root = tempfile::tempdir().unwrap();
    let (_server, address) = served(root.path(), &["--require-tls"]);
    let run = |path: &Path| {
        finish(ann_at(&address).args([scripts().join("rfc4217/retr.ftp").as_path(), path]))
    };
    let output = run(&scripts().join("rfc4217/upload.ftp"));
    assert_code(&output, 0);
    assert!(
        text(&output).contains("MUST       2 of 2 passed"),
        "{}",
        text(&output)
    );
    let clear = script(
        "client",
        "given file \"a\" \"x\"\nconnect\nS: 220\nC: USER $user\nS: 331",
    );
    let clear_head = std::fs::read_to_string(clear.path()).unwrap();
    std::fs::write(
        clear.path(),
        clear_head.replacen("limit:", "needs: login\nlimit:", 1),
    )
    .unwrap();
    let output = run(clear.path());
    let shown = text(&output);
    assert!(shown.contains("nobody can log in without TLS"), "{shown}");
    assert!(names(root.path()).is_empty(), "{:?}", names(root.path()));
}

/// `SIGINT` and `SIGTERM`: what is done by then is told, and what was made is gone.
#[test]
fn a_signal_in_the_middle_leaves_nothing_on_the_server() {
    for signal in [Signal::INT, Signal::TERM] {
        let root = tempfile::tempdir().unwrap();
        let (_server, address) = served(root.path(), &[]);
        let first = script("client", "given file \"a\" \"x\"\nlogin\nC: NOOP\nS: 200");
        let waits = script(
            "client",
            "given folder \"deep\"\nlogin\nC: MKD deep/er\nS: 257\nwait 50 s",
        );
        let mut command = ann_at(&address);
        command
            .args([first.path(), waits.path(), first.path()])
            .args(["--jobs", "1", "--format", "json"]);
        let mut running = Running::start(&mut command);
        running.says("\"passed\"");
        within(ftplab_tests::LIMIT, "the script's folder", || {
            let folders = std::fs::read_dir(root.path()).unwrap().flatten();
            let mut folders = folders.map(|folder| folder.path().join("deep/er"));
            folders.find(|folder| folder.is_dir()).map(drop)
        });
        running.signal(signal);
        let output = running.finish();
        assert_code(&output, 130);
        let events = ftplab_tests::events(std::str::from_utf8(&output.stdout).unwrap());
        let told: Vec<_> = events
            .iter()
            .filter(|event| event["event"] == "script")
            .collect();
        // The one that was over, and not the one that was broken off or the one behind it.
        assert_eq!(told.len(), 1, "{events:?}");
        let totals = events.last().unwrap();
        assert_eq!(totals["event"], "totals");
        assert_eq!(totals["grades"]["MUST"]["passed"], 1, "{totals}");
        assert!(names(root.path()).is_empty(), "{:?}", names(root.path()));
        assert!(!text(&output).contains("stays"), "{}", text(&output));
    }
}

#[test]
fn a_signal_leaves_no_client_no_network_and_no_file() {
    leaves_nothing(Signal::TERM, Some(130));
}

/// It cannot put anything away itself: the kernel ends its clients with it, and shells that wait
/// for its end remove its folders.
#[test]
fn a_kill_leaves_no_client_no_network_and_no_file() {
    leaves_nothing(Signal::KILL, None);
}

fn leaves_nothing(signal: Signal, code: Option<i32>) {
    if !has_private_network() {
        return;
    }
    let place = tempfile::tempdir().unwrap();
    let told = place.path().join("told");
    let temporary = place.path().join("temporary");
    std::fs::create_dir(&temporary).unwrap();
    let waits = script("server", "limit: 1");
    let head = std::fs::read_to_string(waits.path()).unwrap();
    let head = head.replacen("limit: 2 s", "limit: 50 s", 1).replace(
        "limit: 1",
        "given file \"a\" \"x\"\ntask: get \"a\"\nthen client exits",
    );
    std::fs::write(waits.path(), head).unwrap();
    // A client that starts another process, and tells who they are and where.
    let client = format!(
        "bash -c 'setsid {1} & until [ -s {0}.id ]; do sleep 0.1; done; readlink /proc/self/ns/net > {0}.new; \
         read -r id rest < /proc/self/stat; echo $id $(cat {0}.id) >> {0}.new; \
         mv {0}.new {0}; wait' %CACERT%",
        told.display(),
        lives_on(&told),
    );
    let mut command = ftplab();
    command
        .arg("check")
        .arg(waits.path())
        .args([
            "--client", &client, "--place", "private", "--server", "self",
        ])
        .env("TMPDIR", &temporary);
    let mut running = Running::start(&mut command);
    within(ftplab_tests::LIMIT, "the client", || {
        told.exists().then_some(())
    });
    let written = std::fs::read_to_string(&told).unwrap();
    let (network, ids) = written.split_once('\n').unwrap();
    assert!(in_network(network), "the client has a network of its own");
    // The server's folder, the certificates' and the client's.
    let made = names(&temporary);
    assert_eq!(made.len(), 3, "{made:?}");
    running.signal(signal);
    let output = running.finish();
    assert_eq!(output.status.code(), code, "{}", text(&output));
    for id in ids.split_whitespace() {
        within(ftplab_tests::LIMIT, "the client's end", || {
            is_over(id).then_some(())
        });
    }
    within(ftplab_tests::LIMIT, "the network's end", || {
        (!in_network(network)).then_some(())
    });
    within(ftplab_tests::LIMIT, "the folders' end", || {
        names(&temporary).is_empty().then_some(())
    });
}

/// Words that go on in a session of their own, and tell their number as this process knows it.
fn lives_on(told: &Path) -> String {
    format!(
        "sh -c \"read -r id rest < /proc/self/stat; echo \\$id > {}.id; exec sleep 300\"",
        told.display()
    )
}

/// Whether the process is gone, or dead and not yet waited for.
fn is_over(id: &str) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    let state = status.rsplit(')').next().unwrap().trim().chars().next();
    matches!(state, None | Some('Z' | 'X'))
}

/// Whether any process is in this network.
fn in_network(network: &str) -> bool {
    let all = std::fs::read_dir("/proc").unwrap().flatten();
    let mut networks = all.filter_map(|entry| std::fs::read_link(entry.path().join("ns/net")).ok());
    networks.any(|found| found.to_str() == Some(network))
}

#[test]
fn names_with_a_bare_cr_are_removed_too() {
    let root = tempfile::tempdir().unwrap();
    let (_server, address) = served(root.path(), &[]);
    let made = script(
        "client",
        "given folder \"sub\"\nlogin\nC raw: \"MKD sub/a\\r\\0b\\r\\n\"\nS: 257\n\
         C raw: \"MKD \\x1b[2J\\r\\0\\r\\n\"\nS: 257",
    );
    let output = finish(ann_at(&address).arg(made.path()));
    assert_code(&output, 0);
    assert!(output.stderr.is_empty(), "{}", text(&output));
    assert!(names(root.path()).is_empty(), "{:?}", names(root.path()));
}

#[test]
fn a_folder_that_cannot_be_removed_is_named() {
    let server = Server::start(|line| {
        let refused = line.starts_with("RMD") && line.ends_with("-0");
        refused.then(|| b"550 It stays.\r\n".to_vec())
    });
    let made = script("client", "given folder \"a\"\nlogin\nC: NOOP\nS: 250");
    let output = finish(ann(&server).arg(made.path()));
    assert_code(&output, 0);
    let folder = server.heard("MKD")[1][4..].to_owned();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(
        told.contains(&format!("the folder {folder} stays on the server: ")),
        "{told}"
    );
}

#[test]
fn a_signal_ends_it_and_puts_everything_away() {
    let place = tempfile::tempdir().unwrap();
    let waits = script(
        "client",
        "given folder \"a\"\nlogin\nC: NOOP\nS: 200\nwait 50 s",
    );
    let mut command = ftplab();
    command
        .args(["check", "--server", "self", "--place", "loopback"])
        .arg(waits.path())
        .env("TMPDIR", place.path());
    let left = || std::fs::read_dir(place.path()).unwrap().count();
    let mut running = Running::start(&mut command);
    within(ftplab_tests::LIMIT, "the server's folder", || {
        let server = std::fs::read_dir(place.path()).unwrap().flatten().next()?;
        let mut folders = std::fs::read_dir(server.path()).ok()?.flatten();
        folders
            .find(|folder| folder.path().join("a").is_dir())
            .map(drop)
    });
    running.signal(Signal::INT);
    within(ftplab_tests::LIMIT, "the end", || {
        (!running.is_running()).then_some(())
    });
    let output = running.finish();
    assert_code(&output, 130);
    assert_eq!(left(), 0);
    assert!(!text(&output).contains("stays"), "{}", text(&output));
}

#[test]
fn a_reader_that_goes_away_hides_no_failure() {
    let server = Server::start(|_| None);
    let bad = script("client", "login\nC: NOOP\nS: 500");
    let waits = script("client", "login\nwait 1 s\nC: NOOP\nS: 250");
    let mut child = ann(&server)
        .args(["--jobs", "1"])
        .args([bad.path(), waits.path(), waits.path(), waits.path()])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // The first line, and no more.
    let mut line = [0; 4];
    child.stdout.take().unwrap().read_exact(&mut line).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_code(&output, 1);
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(told.contains("1 script graded MUST failed"), "{told}");
}
