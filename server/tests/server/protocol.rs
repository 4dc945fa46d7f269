//! The server's answers, byte by byte.

use std::ffi::OsStr;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::ffi::OsStrExt;
use std::time::{Duration, Instant};

use server::ConfigBuilder;

use crate::common::{PATIENCE, Raw, bytes, start, start_on};

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
    let status = raw.ask("STAT /", 213);
    assert_eq!(status.lines().count(), 4, "{status}");
    assert_eq!(raw.fetch("NLST plain"), b"plain\r\n");
    assert_eq!(raw.fetch("NLST /p*n"), b"/plain\r\n");
    raw.ask("LIST none", 550);
}

#[test]
fn data_connections_come_from_and_go_to_the_client_alone() {
    let server = start(|builder| builder);
    server.write("f", "x");
    let mut raw = server.login();
    raw.ask("RETR f", 425);
    raw.ask("PORT 127,0,0,2,20,0", 504);
    raw.ask("PORT 127,0,0,1,3,255", 504);
    raw.ask("EPRT |1|10.0.0.1|5000|", 504);
    raw.ask("PORT 127,0,0,1,20", 501);

    // A stranger who connects first gets nothing; the client still does.
    let reply = raw.ask("PASV", 227);
    let addr = proto::HostPort::parse_227(&reply.as_bytes()[4..])
        .unwrap()
        .addr();
    let socket = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let mut thief = socket.block_on(async {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.9:0".parse().unwrap()).unwrap();
        socket
            .connect(addr.into())
            .await
            .unwrap()
            .into_std()
            .unwrap()
    });
    thief.set_nonblocking(false).unwrap();
    thief.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut data = TcpStream::connect(addr).unwrap();
    raw.ask("RETR f", 150);
    let mut content = Vec::new();
    data.read_to_end(&mut content).unwrap();
    assert_eq!(content, b"x");
    raw.expect(226);
    let mut stolen = Vec::new();
    // Closed or reset, but empty.
    let _ = thief.read_to_end(&mut stolen);
    assert!(stolen.is_empty());
}

#[test]
fn active_data_connections_come_from_the_port_below() {
    // Two free ports side by side, below those that the system gives out by itself.
    let control = (0..1000)
        .map(|attempt| 30_000 + (std::process::id() + attempt) % 1000 * 2)
        .filter_map(|port| u16::try_from(port).ok())
        .find(|port| {
            let pair = [*port, port + 1].map(|port| TcpListener::bind(("127.0.0.1", port)));
            pair.iter().all(Result::is_ok)
        })
        .unwrap()
        + 1;
    let server = start_on(&format!("127.0.0.1:{control}"), |builder| builder);
    server.write("f", "x");
    let mut raw = server.login();
    // Two in a row: the first one's port is in TIME-WAIT when the second one wants it.
    for _ in 0..2 {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        raw.ask(&format!("PORT 127,0,0,1,{},{}", port >> 8, port & 255), 200);
        raw.ask("RETR f", 150);
        let (mut data, peer) = listener.accept().unwrap();
        assert_eq!(peer.port(), control - 1);
        let mut content = Vec::new();
        data.read_to_end(&mut content).unwrap();
        assert_eq!(content, b"x");
        raw.expect(226);
    }
    // Nobody listens there: no transfer, and the session goes on.
    let free = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    raw.ask(&format!("EPRT |1|127.0.0.1|{free}|"), 200);
    raw.ask("RETR f", 150);
    raw.expect(425);
    raw.ask("NOOP", 200);
}

#[test]
fn abor_and_stat_are_heard_during_a_transfer() {
    let server = start(|builder| builder);
    let content = bytes(64 << 20);
    server.write("big", &content);
    let mut raw = server.login();
    raw.ask("TYPE I", 200);
    let mut data = raw.passive();
    raw.ask("RETR big", 150);
    let mut first = [0; 1000];
    data.read_exact(&mut first).unwrap();
    assert_eq!(first, content[..1000]);
    assert!(raw.ask("STAT", 213).contains("bytes so far"));
    // As a telnet client sends it: interrupt, synch, and the command.
    raw.send(b"\xff\xf4\xff\xf2ABOR\r\n");
    raw.expect(426);
    raw.expect(226);
    let mut rest = Vec::new();
    // Reset or closed, but not the whole file.
    let _ = data.read_to_end(&mut rest);
    assert!(
        rest.len() < content.len() - 1000,
        "{} bytes came after ABOR",
        rest.len()
    );
    raw.ask("PWD", 257);
    assert!(raw.fetch("RETR big") == content);
}

#[test]
fn commands_sent_during_a_transfer_wait_for_its_end() {
    let server = start(|builder| builder);
    let mut raw = server.login();
    let data = raw.passive();
    raw.ask("STOR f", 150);
    raw.send("NOOP\r\nPWD\r\n");
    let mut data = data;
    data.write_all(b"content").unwrap();
    drop(data);
    raw.expect(226);
    raw.expect(200);
    raw.expect(257);
    assert_eq!(server.read("f"), b"content");
}

#[test]
fn an_aborted_upload_leaves_nothing() {
    let server = start(|builder| builder);
    server.write("kept", "old");
    let mut raw = server.login();
    for name in ["new", "kept"] {
        let mut data = raw.passive();
        raw.ask(&format!("STOR {name}"), 150);
        data.write_all(b"half of it").unwrap();
        raw.ask("ABOR", 426);
        raw.expect(226);
    }
    // The client vanishes: both connections end, in the order in which a dying one's do.
    let mut data = raw.passive();
    raw.ask("STOR new", 150);
    data.write_all(b"half of it").unwrap();
    raw.stream.get_ref().shutdown(Shutdown::Write).unwrap();
    // The server has seen it when it has taken the end of the control connection: the reply
    // to the upload says so, whichever of the two ends came first.
    drop(data);
    raw.expect(426);
    raw.expect_closed();
    assert_eq!(server.names(), ["kept"]);
    assert_eq!(server.read("kept"), b"old");
}

#[test]
fn a_half_closed_client_still_gets_its_file() {
    let server = start(|builder| builder);
    let content = bytes(5 << 20);
    server.write("f", &content);
    let mut raw = server.login();
    raw.ask("TYPE I", 200);
    let mut data = raw.passive();
    raw.send("RETR f\r\nQUIT\r\n");
    raw.stream.get_ref().shutdown(Shutdown::Write).unwrap();
    raw.expect(150);
    let mut got = Vec::new();
    data.read_to_end(&mut got).unwrap();
    assert!(got == content);
    raw.expect(226);
    raw.expect(221);
    raw.expect_closed();
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
fn silence_and_wrong_passwords_end_a_session() {
    for configure in [ConfigBuilder::idle_timeout, ConfigBuilder::login_timeout] {
        let server = start(|builder| configure(builder, Duration::from_millis(50)));
        let mut raw = server.connect();
        raw.expect(421);
        raw.expect_closed();
    }
    let server = start(|builder| builder.idle_timeout(Duration::from_secs(1)));
    let mut raw = Raw::connect(server.addr);
    raw.send("USER ann\r\nPASS secret\r\n");
    for code in [220, 331, 230, 421] {
        raw.expect(code);
    }
    raw.expect_closed();

    let server = start(|builder| builder.max_login_failures(2));
    let mut raw = server.connect();
    raw.ask("USER ann", 331);
    raw.ask("PASS a", 530);
    raw.ask("USER nobody", 331);
    raw.ask("PASS b", 421);
    raw.expect_closed();
}

#[test]
fn a_data_connection_that_never_comes_or_stalls_is_given_up() {
    let server = start(|builder| builder.data_timeout(Duration::from_millis(200)));
    server.write("big", bytes(64 << 20));
    let mut raw = server.login();
    raw.ask("PASV", 227);
    raw.ask("LIST", 150);
    raw.expect(425);
    raw.ask("TYPE I", 200);
    let data = raw.passive();
    raw.ask("RETR big", 150);
    raw.expect(426);
    drop(data);
    raw.ask("NOOP", 200);
}

#[test]
fn limits_in_all_and_by_address() {
    let server = start(|builder| builder.max_per_address(2));
    let first = server.connect();
    let _second = server.connect();
    let mut third = Raw::connect(server.addr);
    third.expect(421);
    third.expect_closed();
    drop(first);
    // The place is free as soon as the server has seen the first one go.
    let deadline = Instant::now() + PATIENCE;
    while !Raw::connect(server.addr).reply().starts_with("220") {
        assert!(Instant::now() < deadline, "the place never became free");
    }
}

#[test]
fn a_shutdown_ends_idle_sessions_and_lets_transfers_finish() {
    let mut server = start(|builder| builder);
    let mut idle = server.login();
    let mut busy = server.login();
    let mut data = busy.passive();
    busy.ask("STOR f", 150);
    data.write_all(b"first ").unwrap();
    server.begin_shutdown();
    idle.expect(421);
    idle.expect_closed();
    data.write_all(b"second").unwrap();
    drop(data);
    busy.expect(226);
    busy.expect(421);
    busy.expect_closed();
    assert_eq!(server.read("f"), b"first second");
    server.shut_down();
    assert!(TcpStream::connect(server.addr).is_err());
}

#[test]
fn passive_ports_come_from_the_range_and_the_address_from_the_settings() {
    // A port that was free a moment ago; the only one in the range.
    let free = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let server = start(|builder| {
        builder
            .passive_ports(free..=free)
            .passive_address("192.0.2.7".parse().unwrap())
    });
    let mut raw = server.login();
    let expected = format!("(192,0,2,7,{},{})", free >> 8, free & 255);
    assert!(raw.ask("PASV", 227).contains(&expected));
    let mut other = server.login();
    other.ask("PASV", 425);
    assert!(raw.ask("EPSV", 229).contains(&format!("(|||{free}|)")));
}

#[test]
fn with_await_peer_close_the_reply_waits_for_the_clients_fin() {
    let server = start(|builder| builder.await_peer_close(Some(PATIENCE)));
    server.write("f", "x");
    let mut raw = server.login();
    let mut data = raw.passive();
    raw.ask("RETR f", 150);
    let mut content = Vec::new();
    data.read_to_end(&mut content).unwrap();
    // The server has closed its side; as long as we have not, the transfer is not over.
    raw.ask("STAT", 213);
    drop(data);
    raw.expect(226);
}

#[test]
fn ipv6_and_ipv4_through_an_ipv6_socket() {
    let server = start_on("[::1]:0", |builder| builder);
    server.write("f", "six");
    let mut raw = server.login();
    raw.ask("PASV", 425);
    raw.ask("EPSV 1", 522);
    raw.ask("EPRT |2|::2|5000|", 504);
    let port = proto::parse_229(raw.ask("EPSV 2", 229).as_bytes()).unwrap();
    let mut data = TcpStream::connect(("::1", port)).unwrap();
    raw.ask("RETR f", 150);
    let mut content = String::new();
    data.read_to_string(&mut content).unwrap();
    assert_eq!(content, "six");
    raw.expect(226);
    let listener = TcpListener::bind("[::1]:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    raw.ask(&format!("EPRT |2|::1|{port}|"), 200);
    raw.ask("RETR f", 150);
    let (mut data, _) = listener.accept().unwrap();
    content.clear();
    data.read_to_string(&mut content).unwrap();
    assert_eq!(content, "six");
    raw.expect(226);

    // One socket for both: an IPv4 client is an IPv4 client.
    let mut server = start_on("[::]:0", |builder| builder);
    server.addr.set_ip([127, 0, 0, 1].into());
    server.write("f", "four");
    let mut raw = server.login();
    assert_eq!(raw.fetch("RETR f"), b"four");
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    raw.ask(&format!("PORT 127,0,0,1,{},{}", port >> 8, port & 255), 200);
    raw.ask("RETR f", 150);
    let (mut data, _) = listener.accept().unwrap();
    content.clear();
    data.read_to_string(&mut content).unwrap();
    assert_eq!(content, "four");
    raw.expect(226);
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
