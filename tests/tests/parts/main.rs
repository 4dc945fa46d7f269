//! `serve`, `ls`, `get`, `put` and `doctor`, as a user uses them.

#![allow(clippy::unwrap_used)]

mod told;

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Output};

use ftplab_tests::{Running, Signal, assert_code, finish, ftplab, output, said, serve};
use tempfile::TempDir;

const ANY: &str = "127.0.0.1:0";

/// Every byte there is, line ends of all kinds, and no multiple of a buffer's size.
fn content() -> Vec<u8> {
    (0..=255).cycle().take(70_001).chain(*b"\r\n\n\r").collect()
}

/// A folder with a file `down.bin` and one below it.
fn files() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("down.bin"), content()).unwrap();
    fs::create_dir(folder.path().join("sub")).unwrap();
    fs::write(folder.path().join("sub/below.txt"), "below\n").unwrap();
    folder
}

/// `ftplab serve` for `ann`, whose password is `secret`.
fn serve_ann(root: &Path) -> (Running, SocketAddr) {
    serve(root, ANY, |command| {
        command
            .args(["--user", "ann"])
            .env("FTPLAB_PASSWORD", "secret");
    })
}

fn as_ann(command: &mut Command) -> &mut Command {
    command.env("FTPLAB_PASSWORD", "secret")
}

/// Ends a server as a user does.
fn end(mut server: Running) -> Output {
    server.signal(Signal::INT);
    let output = server.finish();
    assert_code(&output, 0);
    output
}

#[test]
fn a_server_says_where_it_listens_and_ends_when_told() {
    let files = files();
    for (signal, flags, begin) in [
        (Signal::INT, &["--json"][..], "{"),
        (Signal::TERM, &[], "serving "),
    ] {
        let mut command = ftplab();
        command
            .arg("serve")
            .arg(files.path())
            .args(["--listen", ANY]);
        let mut server = Running::start(command.args(flags));
        let line = server.says("127.0.0.1:");
        assert!(line.starts_with(begin), "{line}");
        assert!(!line.contains("127.0.0.1:0"), "{line}");
        server.signal(signal);
        let output = server.finish();
        assert_code(&output, 0);
        assert_eq!(String::from_utf8_lossy(&output.stdout).lines().count(), 1);
        let message = String::from_utf8_lossy(&output.stderr);
        let (_, message) = message.split_once(" ftplab: ").unwrap();
        assert_eq!(message, "ending; a second Ctrl-C ends at once\n");
    }
}

#[test]
fn one_server_listens_on_several_addresses() {
    let files = files();
    let mut command = ftplab();
    command.arg("serve").arg(files.path());
    command.args(["--json", "--listen", ANY, "--listen", ANY]);
    let mut server = Running::start(&mut command);
    server.says_times("listening", 2);
    for line in server.stdout().lines() {
        let event: serde_json::Value = serde_json::from_str(line).unwrap();
        let address = event["address"].as_str().unwrap();
        let listing = output(ftplab().args(["ls", "-1", &format!("ftp://{address}/")]));
        assert!(listing.contains("down.bin\n"), "{listing}");
    }
    end(server);
}

#[test]
fn anonymous_reads_and_does_not_write() {
    let files = files();
    let (server, address) = serve(files.path(), ANY, |_| {});
    let listing = output(ftplab().args(["ls", &format!("ftp://{address}/")]));
    assert!(
        listing.contains("down.bin") && listing.contains("sub"),
        "{listing}"
    );
    let names = output(ftplab().args(["ls", "-1", &format!("ftp://{address}/sub/")]));
    assert_eq!(names, "sub/below.txt\n");

    let here = tempfile::tempdir().unwrap();
    fs::write(here.path().join("up.bin"), "up").unwrap();
    let put = finish(
        ftplab()
            .arg("put")
            .arg(here.path().join("up.bin"))
            .arg(format!("ftp://{address}/")),
    );
    assert_code(&put, 1);
    let message = String::from_utf8_lossy(&put.stderr);
    assert!(
        message.contains("550") && message.contains("STOR up.bin"),
        "{message}"
    );
    assert!(!files.path().join("up.bin").exists());
    assert_eq!(
        fs::read_dir(files.path()).unwrap().count(),
        2,
        "something was left"
    );
    end(server);
}

#[test]
fn files_go_up_and_down_byte_for_byte() {
    let files = files();
    let (server, address) = serve_ann(files.path());
    let here = tempfile::tempdir().unwrap();
    for mode in [&[][..], &["--active"]] {
        let mut get = ftplab();
        get.arg("get")
            .args(mode)
            .arg(format!("ftp://ann@{address}/down.bin"));
        let got = finish(as_ann(&mut get).current_dir(here.path()));
        assert_code(&got, 0);
        assert!(got.stdout.is_empty(), "{}", said(&got));
        let message = String::from_utf8_lossy(&got.stderr);
        assert!(
            message.starts_with("down.bin: 70005 bytes in "),
            "{message}"
        );
        let local = here.path().join("down.bin");
        assert!(
            fs::read(&local).unwrap() == content(),
            "{mode:?}: not what was served"
        );

        let name = format!("up{}.bin", mode.len());
        let mut put = ftplab();
        put.arg("put")
            .args(mode)
            .arg(&local)
            .arg(format!("ftp://ann@{address}/{name}"));
        assert_code(&finish(as_ann(&mut put)), 0);
        assert!(
            fs::read(files.path().join(&name)).unwrap() == content(),
            "{mode:?}: not what was sent"
        );
        fs::remove_file(&local).unwrap();

        let mut ls = ftplab();
        ls.args(["ls", "-1"])
            .args(mode)
            .arg(format!("ftp://ann@{address}/"));
        let names = output(as_ann(&mut ls));
        assert!(names.lines().any(|line| line == name), "{names}");
    }
    // A URL that ends in / keeps the file's name.
    fs::write(here.path().join("same name.txt"), "x\n").unwrap();
    let mut put = ftplab();
    put.arg("put")
        .arg(here.path().join("same name.txt"))
        .arg(format!("ftp://ann@{address}/sub/"));
    assert_code(&finish(as_ann(&mut put)), 0);
    assert_eq!(
        fs::read(files.path().join("sub/same name.txt")).unwrap(),
        b"x\n"
    );
    end(server);
}

#[test]
fn a_file_goes_to_stdout_or_into_a_folder() {
    let files = files();
    let (server, address) = serve(files.path(), ANY, |_| {});
    let url = format!("ftp://{address}/down.bin");
    let got = finish(ftplab().args(["get", &url, "-"]));
    assert_code(&got, 0);
    assert!(got.stdout == content(), "not what was served");
    assert!(
        got.stderr.is_empty(),
        "{}",
        String::from_utf8_lossy(&got.stderr)
    );

    let here = tempfile::tempdir().unwrap();
    assert_code(&finish(ftplab().args(["get", &url]).arg(here.path())), 0);
    assert!(fs::read(here.path().join("down.bin")).unwrap() == content());
    end(server);
}

#[test]
fn what_is_refused_is_told_and_leaves_nothing() {
    let files = files();
    let (server, address) = serve_ann(files.path());
    let here = tempfile::tempdir().unwrap();
    let missing = format!("ftp://ann@{address}/none.bin");
    let got = finish(
        as_ann(&mut ftplab())
            .args(["get", &missing])
            .current_dir(here.path()),
    );
    assert_code(&got, 1);
    let message = String::from_utf8_lossy(&got.stderr);
    assert!(
        message.contains("550") && message.contains(&address.to_string()),
        "{message}"
    );
    assert_eq!(fs::read_dir(here.path()).unwrap().count(), 0);

    let url = format!("ftp://ann@{address}/");
    let wrong = finish(
        ftplab()
            .args(["ls", &url])
            .env("FTPLAB_PASSWORD", "hunter2"),
    );
    assert_code(&wrong, 1);
    let message = String::from_utf8_lossy(&wrong.stderr);
    assert!(
        message.contains("530") && !message.contains("hunter2"),
        "{message}"
    );

    let anonymous = finish(ftplab().args(["ls", &format!("ftp://{address}/")]));
    assert_code(&anonymous, 1);
    end(server);

    // Nobody listens there.
    let gone = finish(ftplab().args(["ls", "ftp://127.0.0.1:1/"]));
    assert_code(&gone, 1);
    let message = String::from_utf8_lossy(&gone.stderr);
    assert!(message.contains("refused"), "{message}");
}

#[test]
fn a_password_comes_from_a_file_and_is_not_shown() {
    let files = files();
    let secrets = tempfile::tempdir().unwrap();
    let password = secrets.path().join("password");
    fs::write(&password, "s3cret\nsecond line\n").unwrap();
    let file = ["--password-file", password.to_str().unwrap()];
    let (server, address) = serve(files.path(), ANY, |command| {
        command
            .args(["--user", "ann", "--user", "bob", "-v"])
            .args(file);
    });
    for name in ["ann", "bob"] {
        let url = format!("ftp://{name}@{address}/");
        let mut ls = ftplab();
        let listing = finish(ls.args(["ls", "-1", "-vv", &url]).args(file));
        assert_code(&listing, 0);
        assert_eq!(String::from_utf8_lossy(&listing.stdout), "down.bin\nsub\n");
        assert!(!said(&listing).contains("s3cret"), "{}", said(&listing));
    }
    // In the URL, as curl takes it.
    let url = format!("ftp://ann:s3cret@{address}/down.bin");
    assert!(finish(ftplab().args(["get", &url, "-"])).stdout == content());
    let output = end(server);
    assert!(!said(&output).contains("s3cret"), "{}", said(&output));
}

#[test]
fn without_a_password_or_a_terminal_the_hint_says_where_to_put_it() {
    let files = files();
    let mut serve = ftplab();
    serve
        .arg("serve")
        .arg(files.path())
        .args(["--listen", ANY, "--user", "ann"]);
    let mut ls = ftplab();
    // Nobody listens there: the password is missed first.
    ls.args(["ls", "ftp://ann@127.0.0.1:1/"]);
    for command in [&mut serve, &mut ls] {
        let output = finish(command.env_remove("FTPLAB_PASSWORD"));
        assert_code(&output, 2);
        assert!(output.stdout.is_empty(), "{}", said(&output));
        let message = String::from_utf8_lossy(&output.stderr);
        for way in ["FTPLAB_PASSWORD", "--password-file", "terminal"] {
            assert!(message.contains(way), "no {way}: {message}");
        }
    }
    let missing = files.path().join("none");
    let output = finish(serve.arg("--password-file").arg(&missing));
    assert_code(&output, 1);
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(message.contains(missing.to_str().unwrap()), "{message}");
}

#[test]
fn read_only_holds_for_named_users() {
    let files = files();
    let (server, address) = serve(files.path(), ANY, |command| {
        command.args(["--user", "ann", "--read-only", "--anonymous"]);
        as_ann(command);
    });
    let mut put = ftplab();
    put.arg("put")
        .arg(files.path().join("down.bin"))
        .arg(format!("ftp://ann@{address}/up.bin"));
    let output = finish(as_ann(&mut put));
    assert_code(&output, 1);
    assert!(said(&output).contains("550"), "{}", said(&output));
    assert!(!files.path().join("up.bin").exists());
    let got = finish(ftplab().args(["get", &format!("ftp://{address}/sub/below.txt"), "-"]));
    assert_eq!(got.stdout, b"below\n", "{}", said(&got));
    end(server);
}
