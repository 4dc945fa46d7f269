//! `ftplab serve` and `ftplab passwd` as a script uses them.

#![allow(clippy::unwrap_used, reason = "a test fails where it stands")]

mod closed;
mod root;
mod shown;
mod users;

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_mins(1);

fn ftplab() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ftplab"));
    command.env_remove("FTPLAB_PASSWORD").stdin(Stdio::null());
    command
}

/// A server that says where it listens; it ends with the test.
struct Serving {
    child: Child,
    addresses: Vec<SocketAddr>,
    stderr: BufReader<std::process::ChildStderr>,
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn serve(root: &Path, arguments: &[&str], listeners: usize) -> Serving {
    let mut command = ftplab();
    command.arg("serve").arg(root).arg("--json").args(arguments);
    start(command, listeners)
}

/// The same for a command that becomes the server.
fn start(mut command: Command, listeners: usize) -> Serving {
    let mut child = command
        .env("FTPLAB_PASSWORD", "secret")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let stderr = BufReader::new(child.stderr.take().unwrap());
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut serving = Serving {
        child,
        addresses: Vec::new(),
        stderr,
    };
    for _ in 0..listeners {
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        let ready: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(ready["event"], "listening", "{line}");
        let address = ready["address"].as_str().unwrap().parse().unwrap();
        serving.addresses.push(address);
    }
    serving
}

struct Client(BufReader<TcpStream>);

impl Client {
    fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        Self(BufReader::new(stream))
    }

    /// One reply of one line.
    fn reply(&mut self) -> String {
        let mut line = String::new();
        self.0.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    fn ask(&mut self, line: &str) -> String {
        self.0
            .get_mut()
            .write_all(format!("{line}\r\n").as_bytes())
            .unwrap();
        self.reply()
    }

    fn login(address: SocketAddr, user: &str, password: &str) -> (Self, bool) {
        let mut client = Self::connect(address);
        assert!(client.reply().starts_with("220"));
        client.ask(&format!("USER {user}"));
        let reply = client.ask(&format!("PASS {password}"));
        let admitted = reply.starts_with("230");
        assert!(admitted || reply.starts_with("530"), "{reply}");
        (client, admitted)
    }
}

fn code(client: &mut Client, line: &str) -> String {
    client.ask(line)[..3].to_owned()
}

fn hash(arguments: &[&str], password: &str) -> String {
    let output = ftplab()
        .arg("passwd")
        .args(arguments)
        .env("FTPLAB_PASSWORD", password)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

fn refused(arguments: &[&str]) -> (Option<i32>, String) {
    let root = tempfile::tempdir().unwrap();
    let Output { status, stderr, .. } = ftplab()
        .arg("serve")
        .arg(root.path())
        .args(["--listen", "127.0.0.1:0"])
        .args(arguments)
        .output()
        .unwrap();
    (status.code(), String::from_utf8(stderr).unwrap())
}

const ANY: [&str; 2] = ["--listen", "127.0.0.1:0"];

/// Sends SIGHUP, and gives what is said up to `expected`.
fn hang_up(serving: &mut Serving, expected: &str) -> String {
    let id = serving.child.id().to_string();
    let sent = Command::new("kill").args(["-HUP", &id]).status();
    assert!(sent.unwrap().success());
    let mut said = String::new();
    while !said.contains(expected) {
        assert_ne!(serving.stderr.read_line(&mut said).unwrap(), 0, "{said}");
    }
    said
}

#[test]
fn personas_drop_boxes_and_logs() {
    let root = tempfile::tempdir().unwrap();
    std::fs::create_dir(root.path().join("incoming")).unwrap();
    let log = root.path().join("log");
    let flags = [
        "--persona",
        "iis5",
        "--anonymous-upload",
        "incoming",
        "--keep-partial",
        "--xferlog",
        log.to_str().unwrap(),
    ];
    let serving = serve(root.path(), &[&ANY[..], &flags].concat(), 1);
    let mut client = Client::connect(serving.addresses[0]);
    assert!(client.reply().contains("Microsoft FTP Service"));
    assert_eq!(code(&mut client, "EPSV"), "500");
    assert!(log.exists());

    let persona = root.path().join("own");
    std::fs::write(&persona, "greeting: 220 hello\nidle: 421\nnonsense\n").unwrap();
    let name = persona.to_str().unwrap();
    let (code, message) = refused(&["--persona", name]);
    assert_eq!(code, Some(1));
    assert!(
        message.contains(&format!("{name}:3: expected KEY: CODE text")),
        "{message}"
    );
}

#[test]
fn what_clients_send_cannot_break_or_steer_the_log() {
    let root = tempfile::tempdir().unwrap();
    let mut serving = serve(
        root.path(),
        &[&ANY[..], &["--user", "ann", "-vv"]].concat(),
        1,
    );
    let (mut client, _) = Client::login(serving.addresses[0], "ann", "secret");
    for (line, code) in [
        ("MKD a\u{1b}[2J\r\u{9b}b", "257"),
        ("RETR \u{1b}[2J\u{7}", "550"),
        ("\u{1b}[2J", "500"),
        ("USER \u{1b}[2J", "331"),
        ("PASS \u{1b}[2J", "530"),
        ("QUIT", "221"),
    ] {
        assert_eq!(&client.ask(line)[..3], code, "{line:?}");
    }
    let mut log = String::new();
    while !log.contains("close()") {
        assert_ne!(serving.stderr.read_line(&mut log).unwrap(), 0, "{log}");
    }
    assert!(log.contains("a\\u{1b}[2J\\r\\u{9b}b"), "{log}");
    let steers = |character: char| character.is_control() && character != '\n';
    assert!(!log.contains(steers), "{log:?}");
    assert!(log.lines().all(|line| line.contains("ftplab")), "{log}");
}

#[test]
fn tls_is_there_without_a_certificate_and_can_be_required() {
    let root = tempfile::tempdir().unwrap();
    let serving = serve(root.path(), &[&ANY[..], &["--require-tls"]].concat(), 1);
    let mut client = Client::connect(serving.addresses[0]);
    client.reply();
    assert_eq!(code(&mut client, "USER anonymous"), "530");
    assert_eq!(code(&mut client, "AUTH TLS"), "234");

    let (code, message) = refused(&["--tls-cert", "/none/cert", "--tls-key", "/none/key"]);
    assert_eq!(code, Some(1));
    assert!(
        message.contains("/none/cert: expected a certificate"),
        "{message}"
    );
    assert_eq!(refused(&["--tls-cert", "x"]).0, Some(2));
}

#[test]
fn wrong_flags_are_named() {
    for (arguments, code, expected) in [
        (
            &["--user", "ann"][..],
            2,
            "no password: set FTPLAB_PASSWORD",
        ),
        (&["--anonymous-upload", "none"], 1, "none"),
        (&["--anonymous-upload", "../x"], 2, "relative to it"),
        (&["--anonymous-upload", "/x"], 2, "relative to it"),
        (&["--persona", "foo"], 1, "fix: ftplab, iis5, vsftpd"),
        (&["--port", "1"], 2, "--port"),
        (
            &["--anonymous-upload", "x", "--read-only"],
            2,
            "cannot be used with",
        ),
        (&["--run-as", "nobody-of-that-name"], 2, "there is no user"),
        (&["--masquerade", "x"], 2, "--masquerade"),
        (&["--persona", "/none/such"], 1, "/none/such"),
        (&["--xferlog", "/none/such/log"], 1, "/none/such/log"),
        (&["--passive-ports", "9"], 2, "expected two ports"),
        (&["--idle-timeout", "soon"], 2, "expected a time"),
        (&["--max-sessions", "0"], 2, "a number from 1 on"),
        (&["--max-per-address", "0"], 2, "a number from 1 on"),
        (
            &[
                "--listen",
                "127.0.0.1:0",
                "--listen",
                "127.99.0.1:2121",
                "--listen",
                "127.99.0.1:2121",
            ],
            2,
            "--listen 127.99.0.1:2121 is given twice",
        ),
    ] {
        let (status, message) = refused(arguments);
        assert_eq!(status, Some(code), "{arguments:?}: {message}");
        assert!(message.contains(expected), "{arguments:?}: {message}");
    }
    // A tip that nobody means who mistook a flag.
    assert!(!refused(&["--port", "1"]).1.contains("as a value"));
    // The others of a list would be left out unseen.
    let folder = tempfile::tempdir().unwrap();
    let users = folder.path().join("users");
    std::fs::write(&users, hash(&["ann"], "secret")).unwrap();
    let users = users.to_str().unwrap();
    let (status, message) = refused(&["--password-file", users, "--user", "ann"]);
    assert_eq!(status, Some(2), "{message}");
    assert!(message.contains("fix: leave out --user"), "{message}");
    let free = std::net::TcpListener::bind("[::]:0").unwrap();
    let port = free.local_addr().unwrap().port();
    drop(free);
    let (all, four) = (format!("[::]:{port}"), format!("0.0.0.0:{port}"));
    let (status, message) = refused(&["--listen", &all, "--listen", &four]);
    assert_eq!(status, Some(2), "{message}");
    let expected = format!("--listen {four} is part of --listen {all}");
    assert!(message.contains(&expected), "{message}");
}
