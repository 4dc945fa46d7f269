//! What later RFCs and custom add to RFC 959.

use std::io::Read;
use std::net::TcpStream;

use server::User;

use crate::common::{bytes, start};

#[test]
fn host_names_this_server_and_comes_first() {
    let server = start(|builder| builder.passive_address([192, 0, 2, 7].into()));
    let mut raw = server.connect();
    for (command, code) in [
        ("HOST", 501),
        ("HOST a b", 501),
        ("HOST ::1", 501),
        ("HOST localhost:21", 501),
        ("HOST ftp.example.com", 504),
        ("HOST 192.0.2.1", 504),
        ("HOST [::1]", 504),
        ("HOST 127.0.0.1", 220),
        ("HOST 192.0.2.7", 220),
        ("HOST LocalHost.", 220),
        ("USER ann", 331),
        ("HOST localhost", 503),
        ("PASS secret", 230),
        ("HOST localhost", 503),
        ("REIN", 220),
        ("HOST localhost", 220),
    ] {
        raw.ask(command, code);
    }
    assert!(raw.ask("FEAT", 211).contains("\r\n HOST\r\n"));
}

#[test]
fn site_utime_sets_the_time_in_both_its_forms() {
    let server = start(|builder| builder.user(User::new("eve", "x").read_only()));
    server.write("a b", "x");
    let mut raw = server.login();
    for (arguments, time) in [
        ("200102091350 a b", "20010209135000"),
        ("20010209135046 a b", "20010209135046"),
        (
            "a b 20200101000000 20020209135046 20200101000000 UTC",
            "20020209135046",
        ),
    ] {
        raw.ask(&format!("SITE UTIME {arguments}"), 200);
        assert_eq!(raw.ask("MDTM a b", 213), format!("213 {time}\r\n"));
    }
    for (command, code) in [
        ("SITE UTIME", 501),
        ("SITE UTIME a b", 501),
        ("SITE UTIME 20011309135046 a b", 501),
        ("SITE UTIME 20010209135046", 501),
        ("SITE UTIME 20010209135046 none", 550),
        ("USER eve", 331),
        ("PASS x", 230),
        ("SITE UTIME 20010209135046 a b", 550),
    ] {
        raw.ask(command, code);
    }
}

#[test]
fn mlsd_names_the_directory_itself_and_the_one_above() {
    let server = start(|builder| builder);
    std::fs::create_dir(server.root.path().join("d")).unwrap();
    let mut raw = server.login();
    raw.ask("OPTS MLST type;perm;", 200);
    assert_eq!(
        raw.fetch("MLSD"),
        b"type=cdir;perm=celmp; .\r\ntype=dir;perm=cdeflmp; d\r\n"
    );
    assert_eq!(
        raw.fetch("MLSD d"),
        b"type=cdir;perm=celmp; .\r\ntype=pdir;perm=celmp; ..\r\n"
    );
    // Without their types nobody could tell them from entries.
    raw.ask("OPTS MLST size;", 200);
    assert_eq!(raw.fetch("MLSD"), b" d\r\n");
}

#[test]
fn a_data_connection_that_is_half_closed_still_gets_its_data() {
    let server = start(|builder| builder);
    let content = bytes(3 << 20);
    server.write("f", &content);
    let mut raw = server.login();
    raw.ask("TYPE I", 200);
    let mut data: TcpStream = raw.passive();
    data.shutdown(std::net::Shutdown::Write).unwrap();
    raw.ask("RETR f", 150);
    let mut got = Vec::new();
    data.read_to_end(&mut got).unwrap();
    assert!(got == content);
    raw.expect(226);
}
