//! The server's answers, byte by byte.

use std::ffi::OsStr;
use std::io::{Read, Write};
use std::os::unix::ffi::OsStrExt;

use crate::common::{Raw, bytes, start};

#[test]
fn the_commands_of_a_session() {
    let server = start(|builder| builder.greeting("hello"));
    let mut raw = Raw::connect(server.addr);
    assert_eq!(raw.expect(220), "220 hello\r\n");
    raw.ask("PWD", 530);
    raw.ask("PASS x", 503);
    raw.ask("noop", 200);
    raw.ask("USER ann", 331);
    raw.ask("PASS nope", 530);
    raw.ask("USER ann", 331);
    raw.ask("PASS secret", 230);
    raw.ask("ACCT x", 202);
    assert_eq!(raw.ask("SYST", 215), "215 UNIX Type: L8\r\n");
    for (command, code) in [
        ("TYPE A", 200),
        ("TYPE A N", 200),
        ("TYPE A T", 200),
        ("TYPE A C", 504),
        ("TYPE E", 504),
        ("TYPE L 8", 200),
        ("TYPE L 7", 504),
        ("TYPE A X", 504),
        ("TYPE I", 200),
        ("TYPE", 501),
        ("STRU F", 200),
        ("STRU R", 504),
        ("MODE S", 200),
        ("MODE B", 504),
        ("ALLO 10", 202),
        ("ALLO x", 501),
        ("XYZZY", 500),
        ("", 500),
        ("RNTO x", 503),
        ("RETR", 501),
        ("RETR none", 550),
        ("CWD none", 550),
        ("SIZE none", 550),
        ("MDTM /", 550),
        ("AUTH TLS", 502),
        ("PBSZ 0", 502),
        ("PROT P", 502),
        ("LANG en", 200),
        ("SMNT x", 502),
        ("OPTS UTF8 ON", 200),
        ("OPTS NOPE", 501),
        ("SITE HELP", 214),
        ("SITE x", 500),
        ("HELP", 214),
        ("HELP retr", 214),
        ("HELP nope", 502),
        ("STAT", 211),
        ("FEAT", 211),
        ("ABOR", 226),
        ("XPWD", 257),
        ("CDUP", 250),
        ("RMD /", 550),
        ("REST 5", 350),
        ("REST x", 501),
        ("PASV x", 501),
        ("EPSV 3", 522),
        ("EPSV 2", 522),
        ("EPSV 1", 229),
        ("EPRT |3|::1|5000|", 522),
        ("EPSV ALL", 200),
        ("PASV", 503),
        ("PORT 127,0,0,1,20,0", 503),
        ("EPSV", 229),
        ("REIN", 220),
        ("PWD", 530),
    ] {
        raw.ask(command, code);
    }
    raw.ask("QUIT", 221);
    raw.expect_closed();
}

#[test]
fn feat_names_what_works_and_help_what_is_there() {
    let server = start(|builder| builder);
    let mut raw = server.login();
    let features = raw.ask("FEAT", 211);
    for feature in [
        "EPRT",
        "EPSV",
        "MDTM",
        "MFMT",
        "REST STREAM",
        "SIZE",
        "UTF8",
    ] {
        assert!(
            features.contains(&format!("\r\n {feature}\r\n")),
            "{features}"
        );
    }
    assert!(!features.contains("AUTH"), "{features}");
    let help = raw.ask("HELP", 214);
    assert!(help.contains(" RETR") && !help.contains("AUTH"), "{help}");
    raw.ask("OPTS MLST size;", 200);
    assert!(raw.ask("FEAT", 211).contains(" MLST type;size*;modify;"));
    server.write("f", "12345");
    assert_eq!(raw.fetch("MLSD"), b"size=5; f\r\n");
    assert!(raw.ask("MLST f", 250).contains("\r\n size=5; /f\r\n"));
}

#[test]
fn an_rnfr_holds_for_the_next_command_only() {
    let server = start(|builder| builder);
    server.write("a", "");
    let mut raw = server.login();
    raw.ask("RNFR a", 350);
    raw.ask("NOOP", 200);
    raw.ask("RNTO b", 503);
    raw.ask("RNFR a", 350);
    raw.ask("RNTO b", 250);
    assert_eq!(server.names(), ["b"]);
}

#[test]
fn listings_show_names_that_cannot_end_their_line() {
    let server = start(|builder| builder);
    server.write("plain", "x");
    server.write("evil\r\n-rw-r--r-- 1 a b 1 Jan  1 00:00 fake\x1b[2J", "x");
    let mut raw = server.login();
    for command in ["LIST", "LIST -la", "NLST", "MLSD", "LIST *"] {
        let listing = raw.fetch(command);
        // Both files, the end of the last line, and what MLSD says of the directory.
        let lines = if command == "MLSD" { 4 } else { 3 };
        let listed = listing.split(|&byte| byte == b'\n').count();
        assert_eq!(listed, lines, "{command}");
        assert!(!listing.contains(&0x1b), "{command}");
    }
    let status = raw.ask("STAT /", 212);
    assert_eq!(status.lines().count(), 4, "{status}");
    assert_eq!(raw.fetch("NLST plain"), b"plain\r\n");
    assert_eq!(raw.fetch("NLST /p*n"), b"/plain\r\n");
    raw.ask("LIST none", 550);
}

#[test]
fn restarts_both_ways_and_refusals() {
    let server = start(|builder| builder);
    server.write("f", "0123456789");
    let mut raw = server.login();
    raw.ask("TYPE I", 200);
    raw.ask("REST 4", 350);
    assert_eq!(raw.fetch("RETR f"), b"456789");
    assert_eq!(raw.fetch("RETR f"), b"0123456789");
    raw.ask("REST 11", 350);
    raw.ask("RETR f", 554);
    raw.ask("REST 10", 350);
    assert_eq!(raw.fetch("RETR f"), b"");

    raw.ask("REST 4", 350);
    let mut data = raw.passive();
    raw.ask("STOR f", 150);
    data.write_all(b"abc").unwrap();
    drop(data);
    raw.expect(226);
    assert_eq!(server.read("f"), b"0123abc");

    let mut data = raw.passive();
    raw.ask("APPE f", 150);
    data.write_all(b"!").unwrap();
    drop(data);
    raw.expect(226);
    assert_eq!(server.read("f"), b"0123abc!");
}

#[test]
fn text_is_converted_and_measured() {
    let server = start(|builder| builder);
    server.write("f", "a\nb\r\nc");
    let mut raw = server.login();
    assert_eq!(raw.fetch("RETR f"), b"a\r\nb\r\r\nc");
    assert_eq!(raw.ask("SIZE f", 213), "213 8\r\n");
    raw.ask("REST 2", 350);
    assert_eq!(raw.fetch("RETR f"), b"\nb\r\r\nc");
    raw.ask("TYPE I", 200);
    assert_eq!(raw.ask("SIZE f", 213), "213 6\r\n");
    raw.ask("TYPE A", 200);
    let mut data = raw.passive();
    raw.ask("STOR g", 150);
    data.write_all(b"a\r\nb\r\r\nc\r").unwrap();
    drop(data);
    raw.expect(226);
    assert_eq!(server.read("g"), b"a\nb\r\nc\r");
}

#[test]
fn stou_says_the_name_it_chose() {
    let server = start(|builder| builder);
    let mut raw = server.login();
    let mut data = raw.passive();
    let opening = raw.ask("STOU", 150);
    data.write_all(b"unique").unwrap();
    drop(data);
    raw.expect(226);
    let name = opening.trim_end().strip_prefix("150 FILE: ").unwrap();
    assert_eq!(server.read(name), b"unique");
}

#[test]
fn long_lines_and_broken_ones() {
    let server = start(|builder| builder);
    let mut raw = server.login();
    raw.send([b"CWD ".to_vec(), vec![b'x'; 1 << 20], b"\r\n".to_vec()].concat());
    raw.expect(500);
    raw.send(b"NOOP\nNOOP\r\n");
    raw.expect(200);
    raw.expect(200);
    raw.send(b"RETR a\0b\r\n");
    raw.expect(501);
    // A byte at a time, and two commands at once, are all the same.
    for byte in b"PWD\r\n" {
        raw.send([*byte]);
    }
    raw.expect(257);
    // WILL ECHO is declined; 0xFF within a name is doubled on the wire.
    raw.send(b"\xff\xfb\x01MKD \xff\xffname\r\n");
    let mut refusal = [0; 3];
    raw.stream.read_exact(&mut refusal).unwrap();
    assert_eq!(refusal, [255, 254, 1]);
    raw.expect(257);
    let name = OsStr::from_bytes(b"\xffname");
    assert!(server.root.path().join(name).is_dir());
}

#[test]
fn every_line_gets_one_answer_whatever_it_holds() {
    let server = start(|builder| builder);
    let mut raw = server.login();
    let noise = bytes(200_000);
    let mut noise = noise.into_iter();
    // Neither the end of the session, nor a login, nor a data connection: those answer more or
    // less than once.
    let verbs: Vec<_> = proto::Verb::ALL
        .iter()
        .map(|verb| verb.as_str())
        .filter(|verb| {
            !matches!(
                *verb,
                "QUIT" | "USER" | "PASS" | "REIN" | "PASV" | "EPSV" | "PORT" | "EPRT"
            )
        })
        .collect();
    for _ in 0..2000 {
        let mut line = Vec::new();
        if noise.next().unwrap() < 230 {
            line.extend(verbs[usize::from(noise.next().unwrap()) % verbs.len()].bytes());
            line.push(b' ');
        }
        let length = noise.next().unwrap() % 60;
        // LF would end the line, and telnet commands are answered on their own.
        line.extend(
            noise
                .by_ref()
                .take(length.into())
                .filter(|byte| !matches!(byte, b'\n' | 236..)),
        );
        line.extend_from_slice(b"\r\n");
        raw.send(&line);
        let reply = raw.reply();
        let code: u16 = reply[..3].parse().unwrap();
        assert!(
            (200..600).contains(&code) && code != 421,
            "{line:?}: {reply}"
        );
    }
    // Nothing is left over: the next answer is the next command's.
    assert!(raw.ask("SYST", 215).contains("UNIX"));
}
