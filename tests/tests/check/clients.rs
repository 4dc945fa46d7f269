//! Foreign clients under the suite, and clients that are wrong on purpose

use ftplab_tests::{finish, has_private_network, has_program};

use super::{check, script, scripts};

/// What each client fails, read again with its source or its words at hand, and why that is the
/// client and not the script.
const KNOWN: &[(&str, &str, &str)] = &[
    (
        "curl",
        "greeting-later.ftp",
        "RFC 959 §5.4 has 120 and then 220 at the begin; curl takes anything but 220 or 230 for \
         a refusal",
    ),
    (
        "curl",
        "reply-lines-other-code.ftp",
        "curl ends a reply at any line of three digits and a blank; RFC 959 §4.2 has only the \
         same code end it, though a server should not send such lines",
    ),
    (
        "lftp",
        "reply-lines-other-code.ftp",
        "lftp takes the other code for that of a new reply, as curl does",
    ),
    (
        "python",
        "greeting-later.ftp",
        "ftplib takes 120 for the greeting, and is then one reply behind for ever",
    ),
];

fn passes_but_for_what_is_known(client: &str) {
    let run = check(&scripts().join("client"), &["--client", client]);
    let failed: Vec<_> = run
        .with("failed")
        .into_iter()
        .map(|script| {
            let file = script["file"].as_str().unwrap();
            (file.rsplit('/').next().unwrap().to_owned(), script.clone())
        })
        .collect();
    for (file, script) in &failed {
        let known = KNOWN
            .iter()
            .any(|(of, name, _)| *of == client && name == file);
        assert!(known, "{client} fails {file}: {script:#}");
    }
    // What is known still holds: otherwise the reasons above would be stories.
    for (of, name, why) in KNOWN {
        let found = failed.iter().any(|(file, _)| file == name);
        assert!(*of != client || found, "{client} passes {name} now: {why}");
    }
    assert!(run.with("passed").len() >= 30);
    assert!(run.with("skipped").is_empty());
}

#[test]
fn curl() {
    if has_program("curl") {
        passes_but_for_what_is_known("curl");
    }
}

#[test]
fn lftp() {
    if has_program("lftp") {
        passes_but_for_what_is_known("lftp");
    }
}

#[test]
fn python_ftplib() {
    if has_program("python3") {
        passes_but_for_what_is_known("python");
    }
}

#[test]
fn a_client_that_follows_a_227_to_a_third_host_is_found() {
    if !has_private_network() || !has_program("python3") {
        return;
    }
    // What ftplib did before CVE-2020-8284 made them all think of it.
    let trusting = "import ftplib, sys
ftp = ftplib.FTP()
ftp.trust_server_pasv_ipv4_address = True
ftp.connect(sys.argv[1], int(sys.argv[2]))
ftp.login()
ftp.retrbinary('RETR ' + sys.argv[3], print)
";
    let command = format!("python3 -c {} %HOST% %PORT% %PATH%", quoted(trusting));
    let run = check(
        &scripts().join("client/pasv-elsewhere.ftp"),
        &["--client", &command],
    );
    let failed = &run.scripts[0];
    assert_eq!(failed["verdict"], "failed", "{failed:#}");
    assert_eq!(failed["expected"], "no packet goes to 192.0.2.9");
    let got = failed["got"].as_str().unwrap();
    assert!(
        got.starts_with("[S] ") && got.contains("192.0.2.9:10241"),
        "{got}"
    );
}

#[test]
fn a_command_line_that_ends_in_lf_is_found() {
    if !has_program("python3") {
        return;
    }
    let sloppy = "import socket, sys
s = socket.create_connection((sys.argv[1], int(sys.argv[2])))
s.recv(100)
s.sendall(b'USER ann\\n')
s.recv(100)
";
    let command = format!("python3 -c {} %HOST% %PORT%", quoted(sloppy));
    let script = script("server", "task: get \"a\"\nC: USER");
    let run = check(script.path(), &["--client", &command]);
    let got = run.failure()["got"].as_str().unwrap();
    assert_eq!(got, "`USER ann`, which ends in LF alone");
}

#[test]
fn bytes_without_a_line_end_are_found() {
    if !has_program("python3") {
        return;
    }
    let cut = "import socket, sys
s = socket.create_connection((sys.argv[1], int(sys.argv[2])))
s.recv(100)
s.sendall(b'USER an')
s.shutdown(socket.SHUT_WR)
s.recv(100)
";
    let command = format!("python3 -c {} %HOST% %PORT%", quoted(cut));
    let script = script("server", "task: get \"a\"");
    let run = check(script.path(), &["--client", &command]);
    let got = run.failure()["got"].as_str().unwrap();
    assert!(got.contains("without the end of a line"), "{got}");
}

#[test]
fn a_client_that_does_not_end_is_ended_with_all_that_it_started() {
    let script = script("server", "task: get \"a\"\nthen client fails");
    let left = tempfile::tempdir().unwrap();
    let pids = left.path().join("pids");
    // A shell, and another process of its group that would live on.
    let command = format!(
        "sh -c 'sleep 300 & echo $$ $! > {}; wait'",
        pids.to_str().unwrap()
    );
    let run = check(script.path(), &["--client", &command]);
    let failed = run.failure();
    assert_eq!(failed["expected"], "the client to end within 2 s");
    let written = std::fs::read_to_string(&pids).unwrap();
    for pid in written.split_whitespace() {
        let status = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        let state = status.rsplit(')').next().unwrap().trim().chars().next();
        assert!(matches!(state, None | Some('Z' | 'X')), "{pid}: {status}");
    }
}

#[test]
fn a_client_that_talks_without_end_is_bounded() {
    let script = script("server", "task: get \"a\"\nthen client fails");
    let run = check(script.path(), &["--client", "yes"]);
    let got = run.failure()["got"].as_str().unwrap();
    assert!(got.starts_with("a client that had to be ended"), "{got}");
    assert!(got.len() < 2000, "{got}");
}

#[test]
fn a_program_that_is_not_there_is_a_slip_of_the_command_line() {
    let output = finish(
        ftplab_tests::ftplab()
            .arg("check")
            .arg(scripts().join("client"))
            .args(["--client", "no-such-program-5821 %URL%"]),
    );
    assert_eq!(output.status.code(), Some(2));
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(text.contains("there is no such program"), "{text}");
}

/// As one word of a shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}
