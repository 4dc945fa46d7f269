//! Files up and down, with our own server.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;

use crate::programs::{Server, fail, ftplab, run, told};

#[test]
fn files_and_parts_of_files_go_both_ways() {
    let server = Server::start();
    let home = tempfile::tempdir().unwrap();
    let (here, there) = (home.path(), server.root.path());
    let content: Vec<u8> = (0..100_000_u32).flat_map(u32::to_be_bytes).collect();
    fs::write(here.join("a"), &content).unwrap();
    fs::write(here.join("b c"), "b").unwrap();

    run(here, &["put", "a", "b c", &server.url("")]);
    assert!(fs::read(there.join("a")).unwrap() == content);
    fs::create_dir(here.join("d")).unwrap();
    run(here, &["get", &server.url("a"), &server.url("b%20c"), "d"]);
    assert!(fs::read(here.join("d/a")).unwrap() == content);
    assert_eq!(fs::read(here.join("d/b c")).unwrap(), b"b");
    assert_eq!(run(here, &["get", &server.url("b%20c"), "-"]), "b");

    // The rest of a download, and of an upload.
    fs::write(here.join("d/a"), &content[..1234]).unwrap();
    run(here, &["get", "-c", &server.url("a"), "d"]);
    assert!(fs::read(here.join("d/a")).unwrap() == content);
    fs::write(there.join("a"), &content[..1234]).unwrap();
    run(here, &["put", "--continue", "a", &server.url("")]);
    assert!(fs::read(there.join("a")).unwrap() == content);
    let names = fs::read_dir(here.join("d")).unwrap().count();
    assert_eq!(names, 2, "no part is left");

    // stdin, appended.
    let mut child = ftplab(here)
        .args(["put", "--append", "-", &server.url("b%20c")])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(b"more").unwrap();
    assert_eq!(told(&child.wait_with_output().unwrap()).0, 0);
    assert_eq!(fs::read(there.join("b c")).unwrap(), b"bmore");

    run(here, &["get", "--active", &server.url("b%20c"), "d/x"]);
    assert_eq!(fs::read(here.join("d/x")).unwrap(), b"bmore");
    // A device is written to, not replaced.
    run(here, &["get", &server.url("a"), "/dev/null"]);
    assert!(!fs::metadata("/dev/null").unwrap().is_file());
}

#[test]
fn ipv6_both_ways() {
    let server = Server::start_on("[::1]:0");
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join("a"), "six").unwrap();
    for mode in [None, Some("--active")] {
        let run = |command: &str, arguments: &[&str]| {
            let arguments = [&[command], mode.as_slice(), arguments].concat();
            run(home.path(), &arguments)
        };
        run("put", &["a", &server.url("b")]);
        assert_eq!(run("get", &[&server.url("b"), "-"]), "six");
        fs::remove_file(server.root.path().join("b")).unwrap();
    }
}

#[test]
fn trees_and_patterns() {
    let server = Server::start();
    let home = tempfile::tempdir().unwrap();
    let (here, there) = (home.path(), server.root.path());
    fs::create_dir_all(here.join("t/d")).unwrap();
    for name in ["t/one.txt", "t/two.txt", "t/three.md", "t/d/four.txt"] {
        fs::write(here.join(name), name).unwrap();
    }
    run(here, &["put", "-r", "t", &server.url("")]);
    assert_eq!(
        fs::read(there.join("t/d/four.txt")).unwrap(),
        b"t/d/four.txt"
    );

    run(here, &["mget", &server.url("t/*.txt"), "got"]);
    let mut names: Vec<_> = fs::read_dir(here.join("got"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    names.sort();
    assert_eq!(names, ["one.txt", "two.txt"]);
    let said = fail(here, 1, &["mget", &server.url("t/*.none")]);
    assert!(said.contains("no file matches"), "{said}");

    run(here, &["get", "-r", &server.url("t"), "copy"]);
    assert_eq!(
        fs::read(here.join("copy/d/four.txt")).unwrap(),
        b"t/d/four.txt"
    );

    let first = run(here, &["mirror", &server.url("t"), "m"]);
    assert_eq!(first.lines().count(), 4, "{first}");
    assert_eq!(run(here, &["mirror", &server.url("t"), "m"]), "");
    fs::write(here.join("m/extra"), "").unwrap();
    assert_eq!(run(here, &["mirror", &server.url("t"), "m"]), "");
    assert!(here.join("m/extra").exists(), "nothing is removed unasked");
    let removed = run(here, &["mirror", "--delete", &server.url("t"), "m"]);
    assert_eq!(removed, "removed extra\n");
    fs::remove_file(here.join("m/one.txt")).unwrap();
    let removed = run(
        here,
        &["mirror", "--reverse", "--delete", "m", &server.url("t")],
    );
    assert!(removed.contains("removed one.txt\n"), "{removed}");
    assert!(!there.join("t/one.txt").exists() && there.join("t/two.txt").exists());

    run(
        here,
        &["mkdir", "-p", &server.url("x/y/z"), &server.url("x/y/w")],
    );
    run(here, &["mv", &server.url("x/y"), "moved"]);
    assert!(there.join("moved/z").is_dir() && there.join("moved/w").is_dir());
    fail(here, 1, &["rm", &server.url("moved")]);
    run(here, &["rm", "-r", &server.url("moved"), &server.url("t")]);
    assert!(!there.join("moved").exists() && !there.join("t").exists());
    run(here, &["rm", "--dir", &server.url("x")]);
    assert!(!there.join("x").exists());
}

#[test]
fn netrc_says_who_one_is_if_nobody_else_can_read_it() {
    let server = Server::start();
    let home = tempfile::tempdir().unwrap();
    let here = home.path();
    fs::write(here.join("a"), "a").unwrap();
    let netrc = here.join(".netrc");
    fs::write(&netrc, "machine 127.0.0.1 login ann password secret\n").unwrap();
    let mode = |mode| fs::set_permissions(&netrc, PermissionsExt::from_mode(mode)).unwrap();
    let url = format!("ftp://{}/", server.address);
    let put = |arguments: &[&str]| {
        let mut command = ftplab(here);
        command.env_remove("FTPLAB_PASSWORD").arg("put");
        told(&command.args(arguments).output().unwrap())
    };
    mode(0o644);
    let (code, _, said) = put(&["a", &url]);
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("chmod 600"), "{said}");
    mode(0o600);
    let (code, _, said) = put(&["a", &url]);
    assert_eq!(code, 0, "{said}");
    assert!(server.root.path().join("a").exists());
    // Without it, one is anonymous, whom this server does not know.
    let (code, _, said) = put(&["--no-netrc", "a", &url]);
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("530"), "{said}");
}

#[test]
fn a_wrong_command_line_is_said_to_be_one() {
    let home = tempfile::tempdir().unwrap();
    let here = home.path();
    for arguments in [
        &["get", "http://h/a"][..],
        &["get", "ftp://h/"],
        &["get", "ftp://h/a", "ftp://h/b", "nowhere"],
        &["get", "-c", "ftp://h/a;type=a"],
        &["put", "a", "b", "ftp://h/c"],
        &["mirror", "here", "ftp://h/"],
        &["mv", "ftp://h/a", "ftp://other/a"],
        &["rm", "ftp://h/"],
    ] {
        fail(here, 2, arguments);
    }
    for command in [
        "get", "put", "ls", "mget", "mirror", "rm", "mkdir", "mv", "shell",
    ] {
        let help = run(here, &[command, "--help"]);
        assert!(help.starts_with("Examples:\n  ftplab "), "{help}");
    }
}
