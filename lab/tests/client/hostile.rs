//! Servers that break off, or say what they should not.

use std::fs;
use std::io::{Read, Write};
use std::process::Stdio;
use std::sync::{Barrier, LazyLock};

use crate::programs::{Script, fail, finish, ftplab, scripted, told};

/// The transfer is under way, and the test may interrupt it.
static FAR_ENOUGH: LazyLock<Barrier> = LazyLock::new(|| Barrier::new(2));

/// The same for the one that is ended at once.
static UNDER_WAY: LazyLock<Barrier> = LazyLock::new(|| Barrier::new(2));

#[test]
fn a_download_that_breaks_goes_on_over_a_new_connection() {
    let (addr, server) = scripted([
        |script| {
            script.login();
            script.answer("TYPE I", "200 ok\r\n");
            script.answer("SIZE", "213 8\r\n");
            let (mut data, _) = script.data("RETR");
            data.write_all(b"half").unwrap();
            // Both connections end, without a 226.
        },
        |script| {
            script.login();
            script.answer("TYPE I", "200 ok\r\n");
            script.answer("SIZE", "213 8\r\n");
            script.answer("MDTM", "213 20200101000000\r\n");
            script.hear("EPSV");
            let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
            let port = listener.local_addr().unwrap().port();
            script.say(&format!("229 here (|||{port}|)\r\n"));
            let (mut data, _) = listener.accept().unwrap();
            script.answer("REST 4", "350 ok\r\n");
            script.answer("RETR", "150 the rest\r\n");
            data.write_all(b"full").unwrap();
            drop(data);
            script.say("226 done\r\n");
            script.answer("QUIT", "221 bye\r\n");
        },
    ]);
    let home = tempfile::tempdir().unwrap();
    let url = format!("ftp://{addr}/x");
    let (code, _, said) = finish(ftplab(home.path()).args(["get", "--retry-wait", "10ms", &url]));
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("trying again"), "{said}");
    assert_eq!(fs::read(home.path().join("x")).unwrap(), b"halffull");
    assert_eq!(fs::read_dir(home.path()).unwrap().count(), 1);
    server.join().unwrap();
}

#[test]
fn an_upload_that_breaks_is_reported_and_not_begun_again() {
    let (addr, server) = scripted([|script| {
        script.login();
        script.answer("TYPE I", "200 ok\r\n");
        let (data, _) = script.data("STOR");
        drop(data);
    }]);
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join("x"), vec![b'x'; 10_000_000]).unwrap();
    let url = format!("ftp://{addr}/x");
    let said = fail(home.path(), 1, &["put", "--retry-wait", "10ms", "x", &url]);
    assert!(!said.contains("trying again"), "{said}");
    server.join().unwrap();
}

#[test]
fn what_an_upload_left_cut_off_is_no_newer_copy() {
    let (addr, server) = scripted([
        |script| {
            script.login();
            script.answer("TYPE I", "200 ok\r\n");
            let (data, _) = script.data("MLSD");
            drop(data);
            script.say("226 done\r\n");
            drop(script.data("STOR x"));
            // Both connections end, without a 226.
        },
        |script| {
            script.login();
            script.answer("TYPE I", "200 ok\r\n");
            let (mut data, _) = script.data("MLSD");
            data.write_all(b"type=file;size=3;modify=20990101000000; x\r\n")
                .unwrap();
            drop(data);
            script.say("226 done\r\n");
            let (mut data, _) = script.data("STOR x");
            let mut whole = Vec::new();
            data.read_to_end(&mut whole).unwrap();
            assert_eq!(whole, b"whole");
            script.say("226 done\r\n");
            script.answer("SIZE", "213 5\r\n");
            script.answer("MFMT", "213 ok\r\n");
            script.answer("QUIT", "221 bye\r\n");
        },
    ]);
    let home = tempfile::tempdir().unwrap();
    fs::create_dir(home.path().join("site")).unwrap();
    fs::write(home.path().join("site/x"), "whole").unwrap();
    let url = format!("ftp://{addr}/");
    let again = ["mirror", "-R", "-n", "--retry-wait", "10ms", "site", &url];
    let (code, told, said) = finish(ftplab(home.path()).args(again));
    assert_eq!(code, 0, "{said}");
    assert_eq!(told, "copied x (5 bytes)\n");
    server.join().unwrap();
}

#[test]
fn nothing_that_a_server_says_steers_the_terminal() {
    let (addr, server) = scripted([
        |script| {
            script.login();
            let (mut data, _) = script.data("LIST");
            data.write_all(b"-rw-r--r-- 1 a a 1 Jan 1 2020 \x1b]0;evil\x07\xc2\x9b\r\n")
                .unwrap();
            drop(data);
            script.say("226 done\x1b[31m\r\n");
            script.answer("QUIT", "221 bye\r\n");
        },
        |script| {
            script.login();
            script.answer("TYPE", "200 ok\r\n");
            script.answer("SIZE", "550-no\x1b[2J\r\n\x1b[31m\r\n550 really\r\n");
            script.answer("EPSV", "500 no\r\n");
            script.answer("PASV", "425 \x1b[31mred\x07\r\n");
            script.end();
        },
    ]);
    let home = tempfile::tempdir().unwrap();
    let url = format!("ftp://{addr}/x");
    let (code, stdout, stderr) = finish(ftplab(home.path()).args(["ls", "-v", &url]));
    assert_eq!(code, 0, "{stderr}");
    let (_, _, said) = finish(ftplab(home.path()).args(["get", "-vv", "--retries", "0", &url]));
    for text in [&stdout, &stderr, &said] {
        let steers = |c: char| c.is_control() && c != '\n';
        assert!(!text.contains(steers), "{text:?}");
    }
    assert!(
        stdout.contains("evil") && said.contains("425"),
        "{stdout}{said}"
    );
    server.join().unwrap();
}

#[test]
fn ctrl_c_aborts_the_transfer_and_leaves_nothing() {
    let (addr, server) = scripted([|script| {
        script.login();
        script.answer("TYPE I", "200 ok\r\n");
        script.answer("SIZE", "213 1000\r\n");
        let (mut data, _) = script.data("RETR");
        data.write_all(b"some").unwrap();
        FAR_ENOUGH.wait();
        script.hear("ABOR");
        script.say("426 cut\r\n226 as you wish\r\n");
        script.answer("NOOP", "200 ok\r\n");
        script.end();
    }]);
    let home = tempfile::tempdir().unwrap();
    let url = format!("ftp://{addr}/x");
    let child = ftplab(home.path())
        .args(["get", &url])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    FAR_ENOUGH.wait();
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    let (code, _, said) = told(&child.wait_with_output().unwrap());
    assert_eq!(code, 130);
    assert!(said.contains("aborted"), "{said}");
    assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0);
    server.join().unwrap();
}

#[test]
fn what_ends_at_once_leaves_nothing_either() {
    let (addr, server) = scripted([|script| {
        script.login();
        script.answer("TYPE I", "200 ok\r\n");
        script.answer("SIZE", "213 1000\r\n");
        let (mut data, _) = script.data("RETR");
        data.write_all(b"some").unwrap();
        UNDER_WAY.wait();
        // It asks for the end of the transfer, and is not answered.
        script.hear("ABOR");
        UNDER_WAY.wait();
        script.end();
    }]);
    let home = tempfile::tempdir().unwrap();
    let url = format!("ftp://{addr}/x");
    let child = ftplab(home.path())
        .args(["get", &url])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let pid = rustix::process::Pid::from_child(&child);
    for _ in 0..2 {
        UNDER_WAY.wait();
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    }
    let (code, _, said) = told(&child.wait_with_output().unwrap());
    // 128 and the signal's number, as a shell has it.
    assert_eq!(code, 143, "{said}");
    assert!(said.contains("interrupted"), "{said}");
    assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0);
    server.join().unwrap();
}

#[test]
fn ctrl_c_between_two_transfers_is_heard() {
    /// The first file is here, and the server is about to say so.
    static ALL_SENT: LazyLock<Barrier> = LazyLock::new(|| Barrier::new(2));
    fn first_file(script: &mut Script) {
        let (mut data, _) = script.data("RETR");
        data.write_all(b"1").unwrap();
        drop(data);
        ALL_SENT.wait();
        // The signal is on its way.
        ALL_SENT.wait();
        script.say("226 done\r\n");
        script.end_without("RETR");
    }
    let (addr, server) = scripted([
        |script| {
            script.login();
            let (mut data, _) = script.data("MLSD");
            data.write_all(LISTING).unwrap();
            drop(data);
            script.say("226 done\r\n");
            script.answer("TYPE I", "200 ok\r\n");
            script.answer("SIZE", "213 1\r\n");
            first_file(script);
        },
        |script| {
            script.login();
            script.answer("TYPE I", "200 ok\r\n");
            let (mut data, _) = script.data("MLSD");
            data.write_all(LISTING).unwrap();
            drop(data);
            script.say("226 done\r\n");
            first_file(script);
        },
    ]);
    let home = tempfile::tempdir().unwrap();
    for (command, path) in [("mget", "*"), ("mirror", "")] {
        let url = format!("ftp://{addr}/{path}");
        let child = ftplab(home.path())
            .args([command, &url, command])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        ALL_SENT.wait();
        let pid = rustix::process::Pid::from_child(&child);
        rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
        ALL_SENT.wait();
        let (code, _, said) = told(&child.wait_with_output().unwrap());
        assert_eq!(code, 130, "{command}: {said}");
        assert!(said.contains("interrupted"), "{command}: {said}");
        let folder = home.path().join(command);
        assert!(!folder.join("b").exists(), "{command}");
    }
    server.join().unwrap();
}

const LISTING: &[u8] = b"type=file;size=1;modify=20200101000000; a\r\n\
    type=file;size=1;modify=20200101000000; b\r\n";
