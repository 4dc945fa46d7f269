//! Who may log in, by the command line and by a file, and what is wrong with either.

use std::io::BufRead;
use std::process::{Command, Stdio};

use crate::{ANY, Client, code, ftplab, hang_up, hash, refused, serve, start};

#[test]
fn users_of_the_command_line_may_write_unless_told_otherwise() {
    let root = tempfile::tempdir().unwrap();
    let listen = ["--listen", "127.0.0.1:0", "--listen", "[::1]:0"];
    let users = ["--user", "ann", "--user", "bob"];
    let serving = serve(root.path(), &[&listen[..], &users].concat(), 2);
    assert!(serving.addresses[1].is_ipv6());
    for &address in &serving.addresses {
        let (mut client, admitted) = Client::login(address, "bob", "secret");
        assert!(admitted);
        assert_eq!(code(&mut client, "MKD d"), "257");
        assert_eq!(code(&mut client, "RMD d"), "250");
        // --anonymous was not given.
        assert!(!Client::login(address, "anonymous", "x").1);
    }

    let limits = [
        "--user",
        "ann",
        "--read-only",
        "--anonymous",
        "--idle-timeout",
        "1s",
        "--max-per-address",
        "1",
        "--masquerade",
        "192.0.2.7",
    ];
    let serving = serve(root.path(), &[&ANY[..], &limits].concat(), 1);
    let (mut client, admitted) = Client::login(serving.addresses[0], "ann", "secret");
    assert!(admitted);
    assert_eq!(code(&mut client, "MKD d"), "550");
    assert!(client.ask("PASV").contains("(192,0,2,7,"));
    let mut second = Client::connect(serving.addresses[0]);
    assert!(second.reply().starts_with("421"));
    assert!(client.reply().starts_with("421"));
}

#[test]
fn no_slip_with_a_password_opens_the_server() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let path = file.path().to_str().unwrap();
    for (content, arguments, reason) in [
        (
            "",
            &["--user", "ann", "--password-file", path][..],
            "the password is empty",
        ),
        (
            "\nsecret",
            &["--user", "ann", "--password-file", path],
            "the password is empty",
        ),
        ("secret", &["--password-file", path], "needs --user NAME"),
        ("", &["--password-file", path], "needs --user NAME"),
    ] {
        std::fs::write(path, content).unwrap();
        let (code, said) = refused(arguments);
        assert_eq!(code, Some(2), "{said}");
        assert!(said.contains(reason), "{said}");
    }
}

#[test]
fn a_password_file_without_end_is_refused() {
    for flags in [
        &["--user", "ann", "--password-file", "/dev/zero"][..],
        &["--password-file", "/dev/zero"],
    ] {
        let (code, said) = refused(flags);
        assert_eq!(code, Some(1), "{said}");
        assert!(said.contains("cannot read /dev/zero: "), "{said}");
        assert!(said.contains("longer than 1 MiB"), "{said}");
        assert!(said.contains("\n  fix: "), "{said}");
    }
    let output = ftplab()
        .args(["get", "ftp://ann@127.0.0.1:1/x", "-"])
        .args(["--password-file", "/dev/zero"])
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("longer than 1 MiB"), "{said}");
}

/// `--password-file <(…)`: it can be read once only.
#[test]
fn a_password_file_may_be_a_pipe() {
    let root = tempfile::tempdir().unwrap();
    for (text, flags) in [
        (hash(&["ann"], "one"), &[][..]),
        ("one\n".to_owned(), &["--user", "ann"]),
    ] {
        let mut command = Command::new("bash");
        let script = "exec \"$@\" --password-file <(printf %s \"$USERS\")";
        command.args(["-c", script, "bash"]);
        command.arg(ftplab().get_program()).arg("serve");
        command.arg(root.path()).arg("--json").args(ANY).args(flags);
        command.env("USERS", text).stdin(Stdio::null());
        let mut serving = start(command, 1);
        let address = serving.addresses[0];
        assert!(Client::login(address, "ann", "one").1);
        if flags.is_empty() {
            let said = hang_up(&mut serving, "the users stay");
            assert!(said.contains("settings read again"), "{said}");
        } else {
            hang_up(&mut serving, "settings read again");
        }
        assert!(Client::login(address, "ann", "one").1);
        assert!(!Client::login(address, "ann", "two").1);
    }
}

#[test]
fn a_password_file_names_users_and_is_read_again() {
    let root = tempfile::tempdir().unwrap();
    let home = tempfile::tempdir().unwrap();
    std::fs::create_dir(home.path().join("at-home")).unwrap();
    let file = root.path().join("users");
    let home = home.path().to_str().unwrap();
    let ann = hash(&["ann"], "one");
    let bob = hash(&["bob", "--root", home, "--read-only"], "two");
    std::fs::write(&file, format!("# users\n{ann}{bob}")).unwrap();
    let password_file = ["--password-file", file.to_str().unwrap()];
    let mut serving = serve(root.path(), &[&ANY[..], &password_file].concat(), 1);
    let address = serving.addresses[0];
    let (mut ann, admitted) = Client::login(address, "ann", "one");
    assert!(admitted);
    assert_eq!(code(&mut ann, "MKD d"), "257");
    assert!(!Client::login(address, "ann", "two").1);
    assert!(!Client::login(address, "anonymous", "x").1);
    let (mut bob, admitted) = Client::login(address, "bob", "two");
    assert!(admitted);
    assert_eq!(code(&mut bob, "CWD at-home"), "250");
    assert_eq!(code(&mut bob, "MKD d"), "550");

    let mut hang_up = |expected: &str| {
        let id = serving.child.id().to_string();
        let sent = Command::new("kill").args(["-HUP", &id]).status();
        assert!(sent.unwrap().success());
        let mut line = String::new();
        while !line.contains(expected) {
            line.clear();
            assert_ne!(serving.stderr.read_line(&mut line).unwrap(), 0);
        }
    };
    // A file that is empty, if only for a moment, opens the server to nobody.
    std::fs::write(&file, "").unwrap();
    hang_up("has no users");
    assert!(!Client::login(address, "anonymous", "x").1);
    assert!(Client::login(address, "ann", "one").1);
    std::fs::write(&file, hash(&["ann"], "three")).unwrap();
    hang_up("settings read again");
    assert!(Client::login(address, "ann", "three").1);
    assert!(!Client::login(address, "ann", "one").1);
    // Who is in stays in; a file that is wrong changes nothing.
    assert_eq!(code(&mut bob, "NOOP"), "200");
    std::fs::write(&file, "ann:$argon2id$nonsense").unwrap();
    hang_up("the old settings stay");
    assert!(Client::login(address, "ann", "three").1);
}

#[test]
fn a_folder_that_is_not_there_is_named_with_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let users = folder.path().join("users");
    let list = hash(&["ann"], "one") + &hash(&["bob", "--root", "no/such"], "two");
    std::fs::write(&users, list).unwrap();
    let users = users.to_str().unwrap();
    let (status, message) = refused(&["--password-file", users]);
    assert_eq!(status, Some(1), "{message}");
    let expected = format!("{users}:2: cannot serve no/such: No such file");
    assert!(message.contains(&expected), "{message}");
    let here = std::env::current_dir().unwrap();
    assert!(
        message.contains(&format!("is taken from {}", here.display())),
        "{message}"
    );
}
