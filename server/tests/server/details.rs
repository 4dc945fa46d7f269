//! What many servers get wrong: one row each, over the control connection alone unless a test
//! says otherwise.

use std::ffi::OsStr;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;

use crate::common::{Running, start, start_in};

fn filled() -> Running {
    let server = start(|builder| builder);
    server.write("f", "0123456789");
    server.write("-dash", "x");
    std::fs::create_dir(server.root.path().join("d")).unwrap();
    server
}

#[test]
fn parameters_are_read_to_their_last_byte() {
    let server = filled();
    let mut raw = server.login();
    for (command, code) in [
        ("PORT 127,0,0,1,200,1x", 501),
        ("PORT 127,0,0,1,200,1,2", 501),
        ("PORT 127,0,0,1,,1", 501),
        ("PORT 127,0,0,1,200,", 501),
        ("PORT 127,0,0,1,200,256", 501),
        ("PORT 127,0,0,1,4294967496,1", 501),
        ("PORT 127,0,0,1,-1,1", 501),
        ("PORT", 501),
        ("EPRT |1|127.0.0.1|65536|", 501),
        ("EPRT |1|127.0.0.1|", 501),
        ("EPRT |1|127.0.0.1|5000|x", 501),
        ("EPRT |1|127.0.0.300|5000|", 501),
        ("EPRT", 501),
        ("EPSV x", 501),
        ("EPSV 1 2", 501),
        ("TYPE A N", 200),
        ("TYPE a t", 200),
        ("TYPE A C", 504),
        ("TYPE A X", 504),
        ("TYPE A N N", 501),
        ("TYPE I N", 501),
        ("TYPE L", 501),
        ("TYPE L 0", 504),
        ("TYPE L 7", 504),
        ("TYPE L 8", 200),
        ("TYPE L 88888888888888888888", 504),
        ("TYPE E", 504),
        ("TYPE E N", 504),
        ("TYPE T", 504),
        ("MODE s", 200),
        ("MODE C", 504),
        ("MODE Z", 504),
        ("MODE", 501),
        ("STRU f", 200),
        ("STRU P", 504),
        ("STRU X", 504),
        ("ALLO 10 R 5", 202),
        ("ALLO 10 R", 501),
        ("ALLO 10 X 5", 501),
        ("ALLO -1", 501),
        ("REST -1", 501),
        ("REST 1 2", 501),
        ("REST 18446744073709551616", 501),
        ("REST 18446744073709551615", 350),
        ("MFMT 20010209135046", 501),
        ("MFMT 20011309135046 f", 501),
        ("MFMT x f", 501),
        ("MDTM d", 550),
        ("SIZE d", 550),
        ("MLSD f", 501),
        ("CWD f", 550),
        ("RMD f", 550),
        ("DELE d", 550),
        ("MKD d", 550),
        ("STOR d", 553),
        ("STOR /", 553),
        ("LANG", 200),
        ("LANG en-GB", 200),
        ("LANG zh", 504),
        ("CLNT a client", 200),
        ("CLNT", 501),
        ("SITE CHMOD 600 f", 200),
        ("SITE CHMOD 4755 f", 501),
        ("SITE CHMOD 8 f", 501),
        ("SITE CHMOD 600", 501),
        ("OPTS UTF8", 200),
        ("OPTS MLST nothing;", 200),
        ("HELP SITE", 214),
        ("HELP LANG", 214),
    ] {
        raw.ask(command, code);
    }
    let mode = std::fs::metadata(server.root.path().join("f")).unwrap();
    assert_eq!(mode.permissions().mode() & 0o7777, 0o600);
}

#[test]
fn an_unknown_protocol_is_answered_with_the_one_that_would_do() {
    let server = filled();
    let mut raw = server.login();
    for command in ["EPRT |3|127.0.0.1|5000|", "EPRT |2|::1|5000|", "EPSV 7"] {
        let reply = raw.ask(command, 522);
        assert!(reply.trim_end().ends_with("(1)"), "{reply}");
    }
}

#[test]
fn a_restart_holds_for_the_transfer_it_was_sent_for() {
    let server = filled();
    let mut raw = server.login();
    raw.ask("TYPE I", 200);
    raw.ask("REST 4", 350);
    assert_eq!(raw.fetch("RETR f"), b"456789");
    for between in ["NOOP", "PWD", "XYZZY", "SIZE f"] {
        raw.ask("REST 4", 350);
        raw.send(format!("{between}\r\n"));
        raw.reply();
        assert_eq!(raw.fetch("RETR f"), b"0123456789", "{between}");
    }
}

#[test]
fn before_the_login_nothing_but_questions_is_answered() {
    let server = filled();
    let mut raw = server.connect();
    for verb in proto::Verb::ALL {
        let code = match verb.as_str() {
            "QUIT" | "USER" => continue,
            "NOOP" | "LANG" | "OPTS" | "CLNT" => 200,
            "SYST" => 215,
            "HELP" => 214,
            "FEAT" | "STAT" => 211,
            "REIN" => 220,
            "PASS" | "ACCT" => 503,
            "HOST" => 504,
            "SMNT" | "LPRT" | "LPSV" | "AUTH" | "PBSZ" | "PROT" | "ADAT" | "CCC" | "MIC"
            | "CONF" | "ENC" => 502,
            _ => 530,
        };
        let argument = match verb.as_str() {
            "PORT" => " 127,0,0,1,200,1",
            "EPRT" => " |1|127.0.0.1|5000|",
            "LPRT" => " 4,4,127,0,0,1,2,200,1",
            "LANG" | "STAT" | "HELP" | "REIN" | "CDUP" | "XCUP" | "PASV" | "EPSV" | "LPSV"
            | "ABOR" | "PWD" | "XPWD" | "SYST" | "NOOP" | "FEAT" | "CCC" => "",
            "TYPE" => " I",
            "STRU" => " F",
            "MODE" => " S",
            "ALLO" | "REST" | "PBSZ" => " 0",
            "PROT" => " P",
            "OPTS" => " UTF8 ON",
            "MFMT" => " 20010209135046 f",
            _ => " f",
        };
        raw.ask(&format!("{verb}{argument}"), code);
    }
}

#[test]
fn names_of_any_bytes_go_there_and_back() {
    let server = start(|builder| builder);
    let mut raw = server.login();
    // As the wire has them, and as the disk has them.
    for (sent, name) in [
        (&b"\xff\xffiac"[..], &b"\xffiac"[..]),
        (b"caf\xc3\xa9", b"caf\xc3\xa9"),
        (b"latin\xe9", b"latin\xe9"),
        (b"bare\rcr", b"bare\rcr"),
        (b"cr\r\0nul", b"cr\rnul"),
        (b" space ", b" space "),
        (b"quo\"te", b"quo\"te"),
    ] {
        raw.send([b"MKD ", sent, b"\r\n"].concat());
        raw.expect(257);
        let path = server.root.path().join(OsStr::from_bytes(name));
        assert!(path.is_dir(), "{name:?}");
        raw.send([b"RMD ", sent, b"\r\n"].concat());
        raw.expect(250);
        assert!(!path.exists(), "{name:?}");
    }
    raw.send(b"MKD a\0b\r\n");
    raw.expect(501);
}

#[test]
fn a_name_that_looks_like_an_option_is_a_name() {
    let server = filled();
    let mut raw = server.login();
    assert_eq!(raw.fetch("NLST -dash"), b"-dash\r\n");
    assert_eq!(raw.fetch("NLST -a -l"), b"-dash\r\nd\r\nf\r\n");
    assert_eq!(raw.fetch("NLST -1 f"), b"f\r\n");
    assert_eq!(raw.fetch("NLST -la d"), b"");
}

/// As BSD clients interrupt: IP and the mark of a Synch, urgent, then the command in pieces.
#[test]
fn urgent_and_split_commands_are_heard_during_a_transfer() {
    let server = start(|builder| builder);
    let (_, mut raw, _data) = server.downloading();
    for (command, codes) in [("STAT\r\n", &[213][..]), ("ABOR\r\n", &[426, 226])] {
        let stream = raw.stream.get_mut();
        stream.write_all(b"\xff\xf4\xff").unwrap();
        let flags = rustix::net::SendFlags::OOB;
        assert_eq!(rustix::net::send(&*stream, b"\xf2", flags), Ok(1));
        for byte in command.bytes() {
            stream.write_all(&[byte]).unwrap();
        }
        for &code in codes {
            raw.expect(code);
        }
    }
    raw.ask("NOOP", 200);
}

#[test]
fn features_have_the_form_of_rfc_2389() {
    let server = start(|builder| builder);
    let mut raw = server.connect();
    let reply = raw.ask("FEAT", 211);
    let lines: Vec<_> = reply.lines().collect();
    assert!(lines[0].starts_with("211-"), "{reply}");
    assert_eq!(lines[lines.len() - 1], "211 End");
    for line in &lines[1..lines.len() - 1] {
        assert!(line.starts_with(' ') && !line.starts_with("  "), "{line}");
    }
}

#[test]
fn listings_say_where_a_link_points_unless_it_tells_of_the_machine() {
    let server = filled();
    for (target, link) in [("f", "near"), ("/etc/passwd", "far")] {
        std::os::unix::fs::symlink(target, server.root.path().join(link)).unwrap();
    }
    let mut raw = server.login();
    let listed = String::from_utf8(raw.fetch("LIST")).unwrap();
    assert!(listed.contains(" near -> f\r\n"), "{listed}");
    assert!(listed.contains(" far\r\n"), "{listed}");
    let facts = String::from_utf8(raw.fetch("MLSD")).unwrap();
    assert!(facts.contains("type=OS.unix=slink:f;"), "{facts}");
    assert!(raw.ask("MLST near", 250).contains("slink:f;"));
    for said in [listed, facts, raw.ask("STAT far", 213)] {
        assert!(!said.contains("passwd"), "{said}");
    }
}

#[test]
fn what_a_listing_shows_leads_to_the_file() {
    let server = start(|builder| builder);
    let make = |name: &[u8], text: &str| {
        let path = server.root.path().join(OsStr::from_bytes(name));
        std::fs::write(path, text).unwrap();
    };
    make(b"tab\x01here", "one");
    make(b"two\x01", "1");
    make(b"two\x02", "2");
    make(b"is?there", "itself");
    make(b"is\x01there", "masked");
    let inner = server.root.path().join(OsStr::from_bytes(b"a\rb"));
    std::fs::create_dir(&inner).unwrap();
    std::fs::write(inner.join("c"), "inner").unwrap();
    let mut raw = server.login();
    for (name, code) in [
        ("tab?here", 213),
        ("is?there", 213),
        ("a?b/c", 213),
        // Which of the two is meant?
        ("two?", 550),
        ("none?", 550),
        ("?", 550),
    ] {
        raw.ask("TYPE I", 200);
        raw.ask(&format!("SIZE {name}"), code);
    }
    assert_eq!(raw.ask("SIZE is?there", 213), "213 6\r\n");
    raw.ask("CWD a?b", 250);
    raw.ask("DELE c", 250);
    raw.ask("CWD /", 250);
    raw.ask("RMD a?b", 250);
    assert!(!inner.exists());
    raw.ask("RNFR tab?here", 350);
    raw.ask("RNTO plain", 250);
    // What is stored has the name that was asked for.
    assert_eq!(server.read("plain"), b"one");
}

#[test]
fn a_slash_behind_a_name_asks_for_a_directory() {
    let server = filled();
    std::os::unix::fs::symlink("d", server.root.path().join("link")).unwrap();
    let mut raw = server.login();
    raw.ask("TYPE I", 200);
    for (command, code) in [
        ("SIZE f/", 550),
        ("MDTM f/", 550),
        ("MLST f/", 550),
        ("RETR f/", 550),
        ("RNFR f/", 550),
        ("STOR new/", 553),
        ("APPE f/", 553),
        ("DELE f/", 550),
        ("SIZE f/.", 550),
        ("STOR new/.", 553),
        ("DELE link/", 550),
        ("NLST f/", 550),
        ("MLST d/", 250),
        ("CWD d/", 250),
        ("CWD /", 250),
        ("MKD e/", 257),
        ("RMD e/", 250),
        ("RNFR f", 350),
        ("RNTO g/", 553),
        ("RNFR d", 350),
        ("RNTO g/", 250),
    ] {
        raw.ask(command, code);
    }
    assert_eq!(server.read("f"), b"0123456789");
}

#[test]
fn a_new_user_keeps_the_parameters_of_transfers() {
    let server = filled();
    let mut raw = server.login();
    raw.ask("TYPE I", 200);
    raw.ask("OPTS MLST size;", 200);
    raw.ask("CWD d", 250);
    raw.ask("RNFR /f", 350);
    raw.ask("USER anonymous", 331);
    raw.ask("PASS x", 230);
    // A transfer in ASCII would count line ends; the type shows in STAT.
    assert!(raw.ask("STAT", 211).contains("TYPE: I;"));
    assert!(raw.ask("FEAT", 211).contains("type;size*;"));
    assert!(raw.ask("PWD", 257).contains("\"/\""));
    raw.ask("RNTO g", 503);
    raw.ask("REIN", 220);
    raw.ask("USER anonymous", 331);
    raw.ask("PASS x", 230);
    assert!(raw.ask("STAT", 211).contains("TYPE: A;"));
    for (options, code) in [
        ("UTF8", 200),
        ("utf8 on", 200),
        ("UTF8 OFF", 501),
        ("UTF8 MAYBE", 501),
    ] {
        raw.ask(&format!("OPTS {options}"), code);
    }
}

#[test]
fn no_reply_tells_what_is_in_the_drop_box() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("in\u{1}box");
    std::fs::create_dir_all(folder.join("folder")).unwrap();
    let server = start_in(root, |builder| builder.anonymous_upload("in\u{1}box"));
    std::fs::write(folder.join("secret"), "x").unwrap();
    std::os::unix::fs::symlink("in\u{1}box", server.root.path().join("li\u{1}nk")).unwrap();
    let mut raw = server.connect();
    raw.ask("USER anonymous", 331);
    raw.ask("PASS x", 230);
    for above in ["in\u{1}box", "in?box", "li?nk"] {
        for command in ["SIZE", "MDTM", "RETR", "CWD", "MLST"] {
            let mut ask = |name: &str| {
                let reply = raw.ask(&format!("{command} {above}/{name}"), 550);
                reply.replace(name, "NAME")
            };
            for name in ["secret/", "sec?et", "folde?/", "secret/x"] {
                assert_eq!(ask(name), ask("none/"), "{command} {above}/{name}");
            }
        }
    }
}
