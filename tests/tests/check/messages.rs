//! What a failure says: enough to see what was wrong without playing the script again

use ftplab_tests::{finish, ftplab};
use serde_json::Value;

use super::server::{Server, ann};
use super::{check, script, text};

/// What `ftplab check` says of the only script, which fails against a server that answers so.
fn failure(answer: &'static [(&str, &[u8])], body: &str) -> Value {
    let server = Server::start(move |line| {
        let known = answer.iter().find(|(command, _)| *command == line);
        known.map(|(_, reply)| reply.to_vec())
    });
    let script = script("client", body);
    let output = finish(ann(&server).arg(script.path()).args(["--format", "json"]));
    let said = String::from_utf8(output.stdout).unwrap();
    let mut events = ftplab_tests::events(&said);
    assert_eq!(events.len(), 2, "{said}");
    let failed = events.remove(0);
    assert_eq!(failed["verdict"], "failed", "{failed:#}");
    failed
}

#[test]
fn half_a_reply_is_told() {
    let answer: &[(&str, &[u8])] = &[
        ("NOOP", b"200 ha"),
        ("HELP", b"214-Begin\r\n more\r\n and more\r\n"),
    ];
    let failed = failure(answer, "login\nC: NOOP\nS: 200 within 200 ms");
    let got = "no reply in time, but a line without an end: `200 ha`";
    assert_eq!(failed["got"], got);
    let said = failed["dialogue"].as_array().unwrap();
    assert_eq!(said.last().unwrap(), "S, half a line: 200 ha");
    let failed = failure(answer, "login\nC: HELP\nS: 214 within 200 ms");
    assert_eq!(
        failed["got"],
        "no reply in time, but a reply without an end: `214-Begin` and 2 more lines, but no line `214 …`"
    );
    let failed = failure(answer, "login\nC: NOOP\nS: nothing within 200 ms");
    assert_eq!(failed["got"], "a line without an end: `200 ha`");
}

#[test]
fn a_reply_that_came_early_stands_before_what_was_sent_later() {
    let answer: &[(&str, &[u8])] = &[("HELP", b"214 one\r\n200 early\r\n")];
    let body = "login\nC: HELP\nS: 214\nwait 100 ms\nC: SYST\nS: 215";
    let failed = failure(answer, body);
    assert_eq!(failed["got"], "`200 early`");
    let said = failed["dialogue"].as_array().unwrap();
    let at = |line: &str| said.iter().position(|said| said == line);
    assert!(at("S: 200 early") < at("C: SYST"), "{said:#?}");
}

#[test]
fn login_awaits_the_greeting_where_nobody_read_it_and_says_what_it_awaits() {
    let server = Server::start(|_| None);
    let read = script("client", "connect\nS: 220\nlogin\nC: NOOP\nS: 250");
    let output = finish(ann(&server).arg(read.path()));
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    let failed = failure(
        &[("USER bob", b"331-\r\n")],
        "connect\nS: 220\nlogin bob secret",
    );
    let got = failed["got"].as_str().unwrap();
    assert!(got.starts_with("no reply to USER in time, but "), "{got}");
}

#[test]
fn variables_are_told_by_what_they_held() {
    let body = "login\nset x \"abc\"\nC: NOOP\nS: 250 \"$x\"";
    let failed = failure(&[], body);
    assert_eq!(
        failed["expected"],
        "the server replies 250, with `abc` in it"
    );
    let body = "login\nC: NOOP\nS: 250 \"$password\"";
    let said = failure(&[], body)["expected"].to_string();
    assert!(said.contains("`$password`"), "{said}");
}

#[test]
fn bytes_that_are_no_text_do_not_fill_the_report() {
    let body = "login\nC: PASV\nS: 227\ndata dial\nC: RETR big\nS: 150\ndata receive nothing";
    let body = format!("given file \"big\" 3000 bytes\n{body}");
    let run = check(script("client", &body).path(), &["--server", "self"]);
    let failed = run.failure();
    for said in failed["dialogue"].as_array().unwrap() {
        assert!(said.as_str().unwrap().len() < 450, "{said}");
    }
    let got = failed["got"].as_str().unwrap();
    assert!(got.contains(" bytes: `\\0\\x01"), "{got}");
    assert!(got.len() < 250, "{got}");
}

/// What docs/scripts.md shows.
#[test]
fn login_by_hand_under_tls_works() {
    let document = include_str!("../../../docs/scripts.md");
    let (_, behind) = document.split_once("Under TLS by hand").unwrap();
    let (_, shown) = behind.split_once("```text\n").unwrap();
    let (shown, _) = shown.split_once("```").unwrap();
    let shown = format!("given file \"a\" \"x\"\n{shown}");
    check(script("client", &shown).path(), &["--server", "self"]).assert_passed();
}

#[test]
fn raw_and_urgent_are_told_apart() {
    let body = "login\nC raw: \"NOOP\\r\\n\"\nS: 250\nC urgent: \"\\xff\\xf2\"\nC: NOOP\nS: 599";
    let failed = failure(&[], body);
    let said = failed["dialogue"].to_string();
    assert!(said.contains("C raw: NOOP"), "{said}");
    assert!(said.contains("C urgent: "), "{said}");
}

/// A shell that sends these lines to `%HOST%` and `%PORT%`, as a client does.
fn client(lines: &str) -> String {
    format!("bash -c 'exec 3<>/dev/tcp/%HOST%/%PORT%; printf \"{lines}\" >&3; timeout 1 cat <&3'")
}

#[test]
fn what_came_in_another_order_is_told_as_such() {
    let body = "task: list\nC: RETR\nC: USER";
    let script = script("server", body);
    let sends = client("USER a\\000b\\r\\nRETR \\377x\\r\\nQUIT\\r\\n");
    let arguments = ["--client-list", &sends, "--place", "loopback"];
    let failed = check(script.path(), &arguments);
    let failed = failed.failure();
    assert_eq!(
        failed["expected"],
        "the client sends USER, behind `RETR \\xffx`"
    );
    assert_eq!(
        failed["got"],
        "behind that only QUIT; too early came `USER a\\0b`"
    );
}

/// What `ftplab check` says on stderr, and its exit code.
fn refused(arguments: &[&str]) -> (String, Option<i32>) {
    let login = script("client", "login");
    let output = finish(ftplab().arg("check").arg(login.path()).args(arguments));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    (said, output.status.code())
}

#[test]
fn a_port_that_cannot_be_is_told_as_such() {
    for port in ["99999", "", "0", "ftp"] {
        let (said, code) = refused(&["--server", &format!("127.0.0.1:{port}")]);
        let told = format!("no port `{port}`\n  fix: write HOST or HOST:PORT");
        assert!(said.contains(&told), "{said}");
        assert_eq!(code, Some(2), "{said}");
    }
}

#[test]
fn who_takes_nobody_now_is_an_ftp_server_all_the_same() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        use std::io::Write;
        for stream in listener.incoming() {
            let _ = stream.unwrap().write_all(b"421 Too many.\r\n");
        }
    });
    let (said, _) = refused(&["--server", &address]);
    assert!(said.contains("421 Too many."), "{said}");
    assert!(said.contains("\n  fix: a server is there"), "{said}");
    assert!(!said.contains("is an FTP server there"), "{said}");
}

#[test]
fn a_command_line_that_leads_nowhere_is_doubted() {
    let script = script(
        "server",
        "given file \"a\" \"x\"\ntask: get \"a\"\nthen client exits",
    );
    let doubts = |line: &str| {
        let arguments = ["--client", line, "--place", "loopback"];
        check(script.path(), &arguments).stderr
    };
    let said = doubts("true %FOO%");
    assert!(
        said.contains("--client: nothing is put in for %FOO%"),
        "{said}"
    );
    assert!(said.contains("no %URL% and no %PORT%"), "{said}");
    let said = doubts("true %URL% %OUT% 50% %{http_code}");
    assert!(!said.contains("--client:"), "{said}");
}
