//! Foreign clients under the suite, and clients that are wrong on purpose

use std::path::Path;

use ftplab_tests::{available, finish, has_private_network, has_program};

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
    (
        "curl",
        "auth-tls.ftp",
        "curl asks for SSL, which is what drafts before RFC 4217 called it, and then for TLS",
    ),
    (
        "curl",
        "download-cut.ftp",
        "curl has OpenSSL pass over an end without a goodbye, as many servers give none",
    ),
    (
        "lftp",
        "download-cut.ftp",
        "lftp takes GnuTLS's premature termination for the end of the file",
    ),
    (
        "lftp",
        "prot-refused.ftp",
        "lftp's ssl-protect-data is a wish: it goes on in clear text when PROT P is refused",
    ),
    (
        "lftp",
        "ipv6-active.ftp",
        "lftp listens at any address when the server is on loopback, and names that one, ::",
    ),
    (
        "python",
        "bare-cr.ftp",
        "ftplib reads lines as Python's text files have them, which end at a CR alone too",
    ),
    (
        "python",
        "iac.ftp",
        "ftplib knows no telnet, and takes replies for UTF-8, in which there is no byte 255",
    ),
    (
        "python",
        "not-utf8.ftp",
        "ftplib takes replies for UTF-8 unless it is told of another encoding",
    ),
];

/// The same, where it depends on the client's version.
const SOMETIMES: &[(&str, &str, &str)] = &[
    (
        "curl",
        "active-tls.ftp",
        "curl 7.88 accepts the data connection and never begins the handshake on it",
    ),
    (
        "python",
        "download-cut.ftp",
        "Python 3.11.2 takes the end without a goodbye for the end of the file, 3.11.7 does not",
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
            .chain(SOMETIMES)
            .any(|(of, name, _)| *of == client && name == file);
        assert!(known, "{client} fails {file}: {script:#}");
    }
    // What is known still holds: otherwise the reasons above would be stories.
    for (of, name, why) in KNOWN {
        let found = failed.iter().any(|(file, _)| file == name);
        assert!(*of != client || found, "{client} passes {name} now: {why}");
    }
    assert!(run.with("passed").len() >= 70);
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
    let script = script("server", "given file \"a\" \"x\"\ntask: get \"a\"\nC: USER");
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
    let script = script("server", "given file \"a\" \"x\"\ntask: get \"a\"");
    let run = check(script.path(), &["--client", &command]);
    let got = run.failure()["got"].as_str().unwrap();
    assert!(got.contains("without the end of a line"), "{got}");
}

#[test]
fn a_client_that_does_not_end_is_ended_with_all_that_it_started() {
    let script = script("server", "task: get \"a\"\nthen client fails");
    let left = tempfile::tempdir().unwrap();
    let pids = left.path().join("pids");
    // A shell, and another process of its group that would live on; each tells its number as this
    // process knows it.
    let command = format!(
        "sh -c 'tell() {{ read -r id rest < /proc/self/stat; echo $id >> {}; }}; \
         (tell; exec sleep 300) & tell; wait'",
        pids.to_str().unwrap()
    );
    let run = check(script.path(), &["--client", &command]);
    let failed = run.failure();
    assert_eq!(failed["expected"], "the client to end within 2 s");
    let written = std::fs::read_to_string(&pids).unwrap();
    assert_eq!(written.lines().count(), 2, "{written}");
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

/// A client in Python that keeps what it had read when TLS began, as several did before
/// CVE-2021-22947.
const BELIEVES: &str = "import socket, ssl, sys
s = socket.create_connection((sys.argv[1], int(sys.argv[2])))
f = s.makefile('rb')
f.readline()
s.sendall(b'AUTH TLS\\r\\n')
f.readline()
s = ssl.create_default_context(cafile=sys.argv[3]).wrap_socket(s, server_hostname=sys.argv[1])
for line in (b'USER ann', b'PASS secret', b'PBSZ 0', b'PROT P', b'EPSV'):
    s.sendall(line + b'\\r\\n')
    f.readline()
# To go with replies unread would throw away what the server has not read yet.
g = s.makefile('rb')
for line in range(4):
    g.readline()
sys.exit(1)
";

#[test]
fn clients_that_are_careless_with_tls_are_found() {
    if !has_program("curl") || !has_program("python3") {
        return;
    }
    let believes = format!("python3 -c {} %HOST% %PORT% %CACERT%", quoted(BELIEVES));
    for (file, client, expected, got) in [
        (
            "injection.ftp",
            believes.as_str(),
            "the client never sends EPSV or PASV or EPRT or PORT",
            "`EPSV`",
        ),
        (
            "untrusted.ftp",
            "curl -sS -k --ssl-reqd --cacert %CACERT% %URL% -o %OUT%",
            "the client never sends USER",
            "`USER anonymous`",
        ),
        (
            "misnamed.ftp",
            "curl -sS -k --ssl-reqd --cacert %CACERT% %URL% -o %OUT%",
            "the client never sends USER",
            "`USER anonymous`",
        ),
        (
            "login-under-tls.ftp",
            "curl -sS --cacert %CACERT% %URL% -o %OUT%",
            "the client sends PASS under TLS",
            "USER anonymous | PASS ****",
        ),
        (
            "auth-refused.ftp",
            "curl -sS --ssl --cacert %CACERT% %URL% -o %OUT%",
            "the client never sends PASS in clear text",
            "`PASS ****`",
        ),
        (
            "data-in-clear.ftp",
            "curl -sS --ftp-ssl-control --cacert %CACERT% %URL% -o %OUT%",
            "the client sends PROT, with `PROT P` in it under TLS",
            "PROT C",
        ),
    ] {
        let path = scripts().join("client/tls").join(file);
        let run = check(&path, &["--client", client]);
        let failed = run.failure();
        assert_eq!(failed["expected"], expected, "{file}: {failed:#}");
        let found = failed["got"].as_str().unwrap();
        assert!(found.contains(got), "{file}: {found}");
    }
}

/// With `%CACERT%` in the command line every script is played under TLS, where the client asks
/// for it; without it those that need it are skipped.
#[test]
fn a_command_line_says_whether_there_is_tls() {
    if !has_program("curl") {
        return;
    }
    let get = scripts().join("client/get.ftp");
    let secured = "curl -sS --cacert %CACERT% --ssl-reqd ftp://%HOST%:%PORT%/%PATH% -o %OUT%";
    check(&get, &["--client", secured]).assert_passed();
    let insists = script(
        "server",
        "given file \"a\" \"x\"\ntask: get \"a\"\nC: RETR \"a\" under tls\nthen client exits",
    );
    check(insists.path(), &["--client", secured]).assert_passed();
    let run = check(
        &scripts().join("client/tls/get.ftp"),
        &["--client", "curl -sS %URL% -o %OUT%"],
    );
    let why = run.with("skipped")[0]["why"].as_str().unwrap();
    assert!(why.contains("%CACERT%"), "{why}");
    // Brackets stand round an address of IPv6, in a URL of the user's own too.
    let plain = "curl -sS ftp://%HOST%:%PORT%/%PATH% -o %OUT%";
    if available("IPv6", Path::new("/proc/sys/net/ipv6").exists()) {
        let six = scripts().join("client/ports/ipv6-get.ftp");
        check(&six, &["--client", plain]).assert_passed();
    }
    let active = scripts().join("client/ports/active-get.ftp");
    let run = check(&active, &["--client", plain]);
    let why = run.with("skipped")[0]["why"].as_str().unwrap();
    assert!(why.contains("--client-active"), "{why}");
    let active_line = plain.replace("-sS", "-sS -P -");
    check(&active, &["--client-active", &active_line]).assert_passed();
}

/// As one word of a shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}
