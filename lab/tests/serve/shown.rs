//! What `-v` says of the server's users.

use std::io::{BufRead, Read};
use std::net::TcpStream;

use crate::{ANY, Client, code, serve};

/// Commands that come in a transfer are answered after it, STAT at once.
#[test]
fn each_reply_is_told_with_its_own_command() {
    let root = tempfile::tempdir().unwrap();
    std::fs::write(root.path().join("poem"), "a poem").unwrap();
    let flags = ["--user", "ann", "-v"];
    let mut serving = serve(root.path(), &[&ANY[..], &flags].concat(), 1);
    let address = serving.addresses[0];
    let (mut client, _) = Client::login(address, "ann", "secret");
    assert_eq!(code(&mut client, "TYPE I"), "200");
    let passive = client.ask("EPSV");
    let port = passive.split('|').nth(3).unwrap().parse().unwrap();
    assert_eq!(code(&mut client, "RETR poem"), "150");
    assert_eq!(
        code(&mut client, "SIZE poem\r\nSYST\r\nNOOP\r\nSTAT"),
        "213"
    );
    let mut poem = String::new();
    let mut data = TcpStream::connect((address.ip(), port)).unwrap();
    data.read_to_string(&mut poem).unwrap();
    for expected in ["226", "213", "215", "200"] {
        assert_eq!(client.reply()[..3], *expected);
    }
    assert_eq!(code(&mut client, "QUIT"), "221");
    let mut log = String::new();
    while !log.contains("ann: closed") {
        assert_ne!(serving.stderr.read_line(&mut log).unwrap(), 0, "{log}");
    }
    for line in [
        "RETR poem \u{2192} 226 ",
        "SIZE poem \u{2192} 213 ",
        "SYST \u{2192} 215 ",
        "NOOP \u{2192} 200 ",
        "STAT \u{2192} 213 ",
    ] {
        assert!(log.contains(line), "{line}: {log}");
    }
}

#[test]
fn each_login_command_and_transfer_is_a_line() {
    let root = tempfile::tempdir().unwrap();
    std::fs::write(root.path().join("poem"), "a poem").unwrap();
    let mut serving = serve(
        root.path(),
        &[&ANY[..], &["--user", "ann", "-v"]].concat(),
        1,
    );
    let address = serving.addresses[0];
    assert!(!Client::login(address, "bob", "wrong").1);
    let (mut client, admitted) = Client::login(address, "ann", "secret");
    assert!(admitted);
    assert_eq!(code(&mut client, "TYPE I"), "200");
    let passive = client.ask("EPSV");
    let port = passive.split('|').nth(3).unwrap().parse().unwrap();
    let mut data = TcpStream::connect((address.ip(), port)).unwrap();
    assert_eq!(code(&mut client, "RETR poem"), "150");
    let mut poem = String::new();
    data.read_to_string(&mut poem).unwrap();
    assert_eq!(poem, "a poem");
    assert!(client.reply().starts_with("226"));
    assert_eq!(code(&mut client, "DELE \u{1b}[2J"), "550");
    assert_eq!(code(&mut client, "QUIT"), "221");
    let mut log = String::new();
    while !log.contains("ann: closed") {
        assert_ne!(serving.stderr.read_line(&mut log).unwrap(), 0, "{log}");
    }
    // The time and the session's number aside.
    let lines: Vec<_> = log
        .lines()
        .filter_map(|line| line.split_once(" #")?.1.split_once(' '))
        .map(|(_, line)| line)
        .collect();
    let has = |text: &str| lines.iter().any(|line| line.contains(text));
    assert!(has(": login refused for bob: 530 "), "{log}");
    assert!(has(": ann logged in"), "{log}");
    assert!(has("ann: TYPE I \u{2192} 200 "), "{log}");
    assert!(has("ann: RETR poem \u{2192} 226 "), "{log}");
    assert!(has(" (6 bytes in "), "{log}");
    assert!(has("ann: QUIT \u{2192} 221 "), "{log}");
    assert!(!log.contains("secret") && !log.contains("wrong"), "{log}");
    let steers = |character: char| character.is_control() && character != '\n';
    assert!(!log.contains(steers), "{log:?}");
    assert_eq!(lines.len(), log.lines().count(), "{log}");
}
