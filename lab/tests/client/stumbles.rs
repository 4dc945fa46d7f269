//! Where a newcomer stumbles: what is left behind, and what is said.

use std::fs;
use std::path::Path;
use std::process::Stdio;

use crate::programs::{Server, fail, finish, ftplab, run, told};

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let name = |entry: std::io::Result<fs::DirEntry>| entry.unwrap().file_name();
    entries
        .map(|entry| name(entry).into_string().unwrap())
        .collect()
}

fn shell(folder: &Path, url: &str, script: &str) -> (i32, String, String) {
    let path = folder.join("script");
    fs::write(&path, script).unwrap();
    let stdin = fs::File::open(&path).unwrap();
    fs::remove_file(&path).unwrap();
    finish(ftplab(folder).args(["shell", url]).stdin(stdin))
}

#[test]
fn what_fails_leaves_no_folder_behind() {
    let server = Server::start();
    let home = tempfile::tempdir().unwrap();
    let here = home.path();
    fs::write(server.root.path().join("a.txt"), "a").unwrap();
    fs::create_dir(server.root.path().join("empty")).unwrap();
    let (file, none) = (server.url("a.txt"), server.url("none"));
    let nobody = "ftp://ann@127.0.0.1:1/a.txt";
    let stranger = file.replace("ann", "eve");
    for arguments in [
        &["get", "-r", &file][..],
        &["mirror", &none, "c/d"],
        &["mirror", nobody, "c"],
        &["get", &none, "new/"],
        &["get", nobody, "new/deep/"],
        &["get", &stranger, "new/"],
        &["mget", &none, "new/"],
        &["mget", nobody, "new"],
    ] {
        let said = fail(here, 1, arguments);
        assert_eq!(names(here), [""; 0], "{arguments:?}: {said}");
    }
    let (code, ..) = shell(here, &server.url(""), "get none new/\nmirror none c\n");
    assert_eq!(code, 1);
    assert_eq!(names(here), [""; 0]);
    // What was there stays, and so does what is as empty as its original.
    fs::create_dir(here.join("mine")).unwrap();
    fail(here, 1, &["get", &none, "mine/"]);
    run(here, &["mirror", &server.url("empty"), "copy"]);
    run(here, &["get", &file, "new/"]);
    let mut names = names(here);
    names.sort();
    assert_eq!(names, ["copy", "mine", "new"]);
    assert_eq!(fs::read(here.join("new/a.txt")).unwrap(), b"a");
}

#[test]
fn the_way_out_is_named() {
    let server = Server::start();
    let home = tempfile::tempdir().unwrap();
    let here = home.path();
    fs::create_dir(server.root.path().join("up")).unwrap();
    fs::create_dir(here.join("folder")).unwrap();
    fs::write(here.join("q"), "q").unwrap();
    let up = server.url("up");
    let said = fail(here, 2, &["put", "folder", &up]);
    assert!(said.contains("fix: put -r"), "{said}");
    let said = fail(here, 1, &["put", "q", &up]);
    assert!(said.contains("with / at its end"), "{said}");
    let said = fail(here, 1, &["rm", &up]);
    assert!(said.contains("rm -r") && said.contains("rm -d"), "{said}");
    // There is no such hint where it is no directory.
    let said = fail(here, 1, &["rm", &server.url("none")]);
    assert!(!said.contains("fix:"), "{said}");
    let said = fail(here, 2, &["get", "a.txt", "ftp://h:2131/a.txt"]);
    assert!(
        said.contains("fix: ftplab get ftp://h:2131/a.txt a.txt"),
        "{said}"
    );
    let said = fail(here, 2, &["get", "ftp://h:2131"]);
    assert!(said.contains("ftp://h:2131/ names no file"), "{said}");
}

#[test]
fn passwd_makes_no_line_that_serve_refuses() {
    let home = tempfile::tempdir().unwrap();
    let here = home.path();
    for name in ["", " ann", "#ann", "a:b"] {
        let said = fail(here, 2, &["passwd", name]);
        assert!(said.contains("cannot"), "{name:?}: {said}");
    }
    let (code, _, said) = finish(
        ftplab(here)
            .args(["passwd", "ann"])
            .env_remove("FTPLAB_PASSWORD"),
    );
    assert_eq!(code, 2, "{said}");
    assert!(said.contains("FTPLAB_PASSWORD"), "{said}");
    assert!(!said.contains("--password-file"), "{said}");
}

#[test]
fn the_shell_shows_a_file_and_names_one_once() {
    let server = Server::start();
    let home = tempfile::tempdir().unwrap();
    let here = home.path();
    fs::write(server.root.path().join("a.txt"), "content").unwrap();
    let url = server.url("");
    let (code, stdout, said) = shell(here, &url, "get a.txt -\n");
    assert_eq!((code, stdout.as_str()), (0, "content"), "{said}");
    assert_eq!(names(here), [""; 0]);
    fs::create_dir(here.join("a.txt")).unwrap();
    let (code, _, said) = shell(here, &url, "mget *.txt\nx\n");
    assert_eq!(code, 1);
    assert_eq!(said.matches("a.txt").count(), 1, "{said}");
    assert!(!said.contains("did you mean"), "{said}");
    let (_, stdout, _) = shell(here, &url, "help\n");
    for line in stdout.lines() {
        // The name and its words, and two columns at least before the text, or a line's end.
        let starts = line.get(..24).is_some_and(|start| start.ends_with(' '));
        assert!(starts || !line.contains("make a folder"), "{line}");
    }
}

#[test]
fn a_full_disk_names_the_file_and_what_stays() {
    let server = Server::start();
    let home = tempfile::tempdir().unwrap();
    let here = home.path();
    fs::write(server.root.path().join("big"), vec![b'x'; 300_000]).unwrap();
    let url = server.url("big");
    for (flags, kept) in [("", false), ("-c", true)] {
        // A limit of the shell's stands for a disk: 64 blocks of 512 or 1024 bytes.
        let script = format!("ulimit -f 64; exec \"$0\" get {flags} {url} new/");
        let mut command = std::process::Command::new("sh");
        let output = command
            .args(["-c", &script, env!("CARGO_BIN_EXE_ftplab")])
            .current_dir(here)
            .env("HOME", here)
            .env("FTPLAB_PASSWORD", "secret")
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let (code, _, said) = told(&output);
        assert_eq!(code, 1, "{said}");
        assert!(
            said.contains("new/big: cannot write: File too large"),
            "{said}"
        );
        assert_eq!(said.contains("new/big.ftplab-part"), kept, "{said}");
        assert_eq!(here.join("new").exists(), kept);
    }
}

#[test]
fn a_command_keeps_its_exit_code_when_nobody_reads_its_messages() {
    let server = Server::start();
    let home = tempfile::tempdir().unwrap();
    let here = home.path();
    fs::write(server.root.path().join("a"), "a").unwrap();
    fs::write(here.join("trace.txt"), "this is no trace\n").unwrap();
    let (url, file) = (server.url(""), server.url("a"));
    let nobody = "ftp://127.0.0.1:1/a";
    for arguments in [
        &["trace", "-r", "none"][..],
        &["trace", "-r", "trace.txt"],
        &["run", "none"],
        &["check", "none"],
        &["serve", "none"],
        &["passwd", ""],
        &["ls", nobody],
        &["ls", "-vv", nobody],
        &["ls", "-v", &url],
        &["get", "-vv", &file],
        &["put", "a", &url],
        &["mget", &file],
        &["mirror", "-v", &url, "copy"],
        &["rm", &server.url("none")],
        &["mkdir", &server.url("a")],
        &["mv", nobody, "b"],
        &["shell", nobody],
        &["nonsense"],
    ] {
        let code = |stderr: Stdio| {
            let mut command = ftplab(here);
            let status = command.args(arguments).stdout(Stdio::null()).stderr(stderr);
            status.status().unwrap().code()
        };
        let read = code(Stdio::null());
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        assert!(matches!(read, Some(0..=3)), "{arguments:?}: {read:?}");
        assert_eq!(code(writer.into()), read, "{arguments:?}");
    }
}
