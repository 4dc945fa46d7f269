//! What somebody types who has not read the manual, and what the program says to it.

use std::fs;

use crate::programs::{Server, fail, finish, ftplab, run};

#[test]
fn a_url_needs_no_scheme() {
    let server = Server::start();
    let home = tempfile::tempdir().unwrap();
    let here = home.path();
    fs::write(here.join("a"), "a").unwrap();
    let bare = |path: &str| format!("ann@{}/{path}", server.address);
    run(here, &["put", "a", &bare("")]);
    assert_eq!(run(here, &["ls", "-1", &bare("")]), "a\n");
    run(here, &["get", &bare("a"), "b"]);
    assert_eq!(fs::read(here.join("b")).unwrap(), b"a");
    for arguments in [
        &["get", "/a"][..],
        &["get", "a.txt"],
        &["ls", "ftp:/h/a"],
        &["put", "a", "./b"],
    ] {
        let said = fail(here, 2, arguments);
        assert!(said.contains("expected ftp://HOST"), "{said}");
    }
}

#[test]
fn a_login_that_is_refused_says_so() {
    let server = Server::start();
    let home = tempfile::tempdir().unwrap();
    let here = home.path();
    fs::write(here.join("a"), "a").unwrap();
    let url = server.url("").replace("ann", "bob");
    let said = fail(here, 1, &["put", "a", &url]);
    assert!(said.contains("login refused for bob: 530 "), "{said}");
    let url = format!("ftp://{}/", server.address);
    let said = fail(here, 1, &["put", "a", &url]);
    assert!(said.contains("login refused for anonymous: 530 "), "{said}");
    assert!(said.contains("fix: name a user"), "{said}");
}

#[test]
fn v_shows_the_dialogue_and_nothing_else() {
    let server = Server::start();
    let home = tempfile::tempdir().unwrap();
    let (code, _, said) = finish(ftplab(home.path()).args(["ls", "-v", &server.url("")]));
    assert_eq!(code, 0, "{said}");
    let lines: Vec<_> = said.lines().collect();
    assert!(lines[0].starts_with("< 220 "), "{said}");
    assert_eq!(lines[1], "> USER ann", "{said}");
    assert!(lines.contains(&"> PASS ****"), "{said}");
    assert!(lines.iter().any(|line| line.starts_with("< 226 ")));
    assert!(
        lines.iter().all(|line| line.starts_with(['<', '>'])) && !said.contains("secret"),
        "{said}"
    );
}

#[test]
fn an_address_of_a_family_is_asked_for() {
    let server = Server::start();
    let home = tempfile::tempdir().unwrap();
    let here = home.path();
    run(here, &["ls", "-4", &server.url("")]);
    let said = fail(here, 1, &["ls", "-6", &server.url("")]);
    assert!(said.contains("the server has no IPv6 address"), "{said}");
    fail(here, 2, &["ls", "-4", "-6", &server.url("")]);
    let six = Server::start_on("[::1]:0");
    run(here, &["ls", "-6", &six.url("")]);
    fail(here, 1, &["ls", "-4", &six.url("")]);
}

#[test]
fn a_capture_that_is_given_wrongly() {
    let home = tempfile::tempdir().unwrap();
    let here = home.path();
    fs::write(
        here.join("a b.pcapng"),
        b"\x0a\x0d\x0d\x0a and more to come",
    )
    .unwrap();
    let said = fail(here, 2, &["trace", "a b.pcapng"]);
    assert!(said.contains("did you mean: ftplab trace -r "), "{said}");
    let said = fail(here, 2, &["trace", "lo"]);
    assert!(said.contains("did you mean: ftplab trace -i lo"), "{said}");
    let said = fail(here, 1, &["trace", "-r", "a b.pcapng"]);
    let place = "a b.pcapng: byte 0: section header block: expected the byte-order magic";
    assert!(said.contains(place), "{said}");
    // The file's own name, not that of a temporary one, in the message.
    fs::write(
        here.join("empty.pcap"),
        [
            0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 1, 0, 0, 0,
        ],
    )
    .unwrap();
    let said = fail(here, 1, &["trace", "-r", "empty.pcap", "-w", "no/x.pcap"]);
    assert!(
        said.contains("cannot write no/x.pcap: No such file") && !said.contains(".ftplab"),
        "{said}"
    );
    // Nor that of a download.
    let server = Server::start();
    fs::write(server.root.path().join("f"), "f").unwrap();
    let said = fail(here, 1, &["get", &server.url("f"), "/proc/f"]);
    assert!(
        said.contains("/proc/f: ") && !said.contains(".ftplab"),
        "{said}"
    );
}

#[test]
fn a_port_is_enough_to_listen_on() {
    let server = Server::start_on("0");
    assert!(
        server.address.starts_with("127.0.0.1:"),
        "{}",
        server.address
    );
    let home = tempfile::tempdir().unwrap();
    let said = fail(home.path(), 2, &["serve", ".", "--listen", "0.0.0.0"]);
    assert!(said.contains("0.0.0.0:2121"), "{said}");
}

#[test]
fn a_certificate_of_ones_own_must_be_one() {
    let home = tempfile::tempdir().unwrap();
    let here = home.path();
    fs::write(here.join("c.pem"), "nothing").unwrap();
    let said = fail(
        here,
        1,
        &["ls", "--insecure", "--cert", "c.pem", "ftp://127.0.0.1:1/"],
    );
    assert!(
        said.contains("c.pem: expected a certificate in PEM form"),
        "{said}"
    );
    fail(here, 2, &["ls", "--key", "c.pem", "ftp://127.0.0.1:1/"]);
}
