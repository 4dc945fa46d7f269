//! Transfers while they run: in a runtime of their own, interrupted, aborted, and to their end.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::OnceLock;
use std::time::Duration;

use rustix::net::SendFlags;
use tokio::runtime::{Builder, Handle, Runtime};

use crate::common::{PATIENCE, bytes, start};

/// Two threads for the transfers of all servers in this process.
fn threads() -> Handle {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    let make = || {
        Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap()
    };
    RUNTIME.get_or_init(make).handle().clone()
}

#[test]
fn long_transfers_on_their_own_threads_are_whole() {
    let server = start(|builder| builder.transfers(threads()));
    let content = bytes(5 << 20);
    server.write("f", &content);
    let mut raw = server.login();
    assert_eq!(raw.fetch("RETR f").len(), {
        let lines = content.split(|&byte| byte == b'\n').count() - 1;
        content.len() + lines
    });
    raw.ask("TYPE I", 200);
    assert!(raw.fetch("RETR f") == content);
    raw.ask("REST 1000000", 350);
    assert!(raw.fetch("RETR f") == content[1_000_000..]);
    for (command, expected) in [
        ("STOR g", content.clone()),
        ("APPE g", content.repeat(2)),
        ("STOR g", content.clone()),
    ] {
        let mut data = raw.passive();
        raw.ask(command, 150);
        data.write_all(&content).unwrap();
        drop(data);
        raw.expect(226);
        assert!(server.read("g") == expected, "{command}");
    }
    assert_eq!(server.names(), ["f", "g"]);
}

#[test]
fn an_aborted_transfer_on_another_thread_is_over_when_its_reply_comes() {
    let server = start(|builder| builder.transfers(threads()));
    let content = bytes(64 << 20);
    server.write("big", &content);
    let mut raw = server.login();
    raw.ask("TYPE I", 200);

    let mut data = raw.passive();
    raw.ask("RETR big", 150);
    data.read_exact(&mut [0; 1000]).unwrap();
    assert!(raw.ask("STAT", 213).contains("bytes so far"));
    raw.ask("ABOR", 426);
    raw.expect(226);
    let mut rest = Vec::new();
    // Reset or closed, but not the whole file.
    let _ = data.read_to_end(&mut rest);
    assert!(rest.len() < content.len() - 1000);

    let mut data = raw.passive();
    raw.ask("STOR new", 150);
    data.write_all(&content[..1 << 20]).unwrap();
    raw.ask("ABOR", 426);
    assert_eq!(server.names(), ["big"]);
    raw.expect(226);
    assert!(raw.fetch("RETR big") == content);
}

#[test]
fn clients_that_take_nothing_hold_no_thread() {
    let server = start(|builder| builder.transfers(threads()));
    let content = bytes(16 << 20);
    server.write("big", &content);
    let mut stalled = Vec::new();
    for _ in 0..20 {
        let mut raw = server.login();
        raw.ask("TYPE I", 200);
        let data = raw.passive();
        raw.ask("RETR big", 150);
        stalled.push((raw, data));
    }
    let mut raw = server.login();
    raw.ask("TYPE I", 200);
    assert!(raw.fetch("RETR big") == content);
    for (mut raw, data) in stalled {
        drop(data);
        raw.expect(426);
        raw.ask("NOOP", 200);
    }
}

/// RFC 959 §4.1.3: IAC IP, then IAC DM with the mark sent urgently, which must stay in its place
/// among the other bytes.
#[test]
fn an_urgent_mark_before_abor_is_taken_out() {
    let server = start(|builder| builder);
    let mut raw = server.login();
    for _ in 0..3 {
        raw.send(b"\xff\xf4\xff");
        rustix::net::send(raw.stream.get_ref(), b"\xf2", SendFlags::OOB).unwrap();
        raw.send("ABOR\r\n");
        raw.expect(226);
    }
}

#[test]
fn abor_and_stat_are_heard_during_a_transfer() {
    let server = start(|builder| builder);
    let (content, mut raw, mut data) = server.downloading();
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

/// RFC 959 §4.1.1, QUIT: the server closes when it has told how the transfer went. With QUIT the
/// client said that it waits, so the end of its side is not the end of it.
#[test]
fn a_half_closed_client_that_sent_quit_has_stored_its_file() {
    let server = start(|builder| builder);
    for (name, data_first) in [("f", false), ("g", true)] {
        let mut raw = server.login();
        raw.ask("TYPE I", 200);
        let mut data = raw.passive();
        if data_first {
            data.write_all(b"content").unwrap();
            data.shutdown(Shutdown::Write).unwrap();
        }
        raw.send(format!("STOR {name}\r\nQUIT\r\n"));
        raw.stream.get_ref().shutdown(Shutdown::Write).unwrap();
        raw.expect(150);
        if !data_first {
            data.write_all(b"content").unwrap();
        }
        drop(data);
        raw.expect(226);
        raw.expect(221);
        raw.expect_closed();
        assert_eq!(server.read(name), b"content");
    }
}

/// The same client, when one of the two connections does not end in order.
#[test]
fn an_upload_that_breaks_off_behind_quit_leaves_nothing() {
    let mut server = start(|builder| builder);
    let reset = |stream: &TcpStream| {
        rustix::net::sockopt::set_socket_linger(stream, Some(Duration::ZERO)).unwrap();
    };
    let mut raw = server.login();
    let mut data = raw.passive();
    raw.send("STOR f\r\nQUIT\r\n");
    raw.stream.get_ref().shutdown(Shutdown::Write).unwrap();
    raw.expect(150);
    data.write_all(b"half of it").unwrap();
    reset(&data);
    drop(data);
    raw.expect(426);
    raw.expect(221);
    raw.expect_closed();

    let mut raw = server.login();
    let mut data = raw.passive();
    raw.send("STOR f\r\nQUIT\r\n");
    raw.stream.get_ref().shutdown(Shutdown::Write).unwrap();
    raw.expect(150);
    data.write_all(b"half of it").unwrap();
    reset(raw.stream.get_ref());
    drop(raw);
    drop(data);
    // Until the session is over.
    server.shut_down();
    assert_eq!(server.names(), [""; 0]);
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

/// RFC 959 §3.2: the server closes the data connection when the control connection is closed.
#[test]
fn a_download_ends_with_the_control_connection() {
    let server = start(|builder| builder);
    let (_, mut raw, mut data) = server.downloading();
    raw.stream.get_ref().shutdown(Shutdown::Write).unwrap();
    raw.expect(426);
    raw.expect_closed();
    // No file that ends in order, and looks whole.
    let mut rest = Vec::new();
    let end = data.read_to_end(&mut rest).map_err(|error| error.kind());
    assert_eq!(end, Err(io::ErrorKind::ConnectionReset), "{}", rest.len());
}

#[test]
fn abor_without_a_transfer_closes_what_waits_for_one() {
    let server = start(|builder| builder);
    let mut raw = server.login();
    let mut dialled = raw.passive();
    raw.ask("ABOR", 226);
    // An end, in order or not.
    let end = dialled.read(&mut [0]).map_err(|error| error.kind());
    assert!(
        matches!(end, Ok(0) | Err(io::ErrorKind::ConnectionReset)),
        "{end:?}"
    );
    raw.ask("NLST", 425);
}

#[test]
fn what_is_refused_behind_epsv_all_takes_nothing_away() {
    let server = start(|builder| builder);
    server.write("f", "x");
    let mut raw = server.login();
    raw.ask("EPSV ALL", 200);
    let port: u16 = {
        let reply = raw.ask("EPSV", 229);
        reply.split('|').nth(3).unwrap().parse().unwrap()
    };
    for command in ["PASV", "PORT 127,0,0,1,40,1", "EPRT |1|127.0.0.1|10241|"] {
        raw.ask(command, 503);
    }
    let mut data = TcpStream::connect(("127.0.0.1", port)).unwrap();
    raw.ask("NLST", 150);
    let mut names = String::new();
    data.read_to_string(&mut names).unwrap();
    assert_eq!(names, "f\r\n");
    raw.expect(226);
}

/// RFC 3659 §5.3: behind REST, APPE is STOR.
#[test]
fn appe_goes_on_where_rest_says() {
    let server = start(|builder| builder);
    server.write("f", "0123456789");
    let mut raw = server.login();
    raw.ask("TYPE I", 200);
    for (rest, command, expected) in [
        (Some("REST 4"), "APPE f", "0123xy"),
        (None, "APPE f", "0123xyxy"),
    ] {
        if let Some(rest) = rest {
            raw.ask(rest, 350);
        }
        let mut data = raw.passive();
        raw.ask(command, 150);
        data.write_all(b"xy").unwrap();
        drop(data);
        raw.expect(226);
        assert_eq!(server.read("f"), expected.as_bytes());
    }
}

/// What listings show leads to the file, also where an upload goes on in it.
#[test]
fn an_upload_goes_on_in_a_file_as_listings_name_it() {
    let server = start(|builder| builder);
    server.write("a\u{1}b", "0123456789");
    let mut raw = server.login();
    raw.ask("TYPE I", 200);
    for (rest, command, expected) in [
        ("REST 4", "STOR a?b", "0123xy"),
        ("REST 5", "APPE a?b", "0123xxy"),
    ] {
        raw.ask(rest, 350);
        let mut data = raw.passive();
        raw.ask(command, 150);
        data.write_all(b"xy").unwrap();
        drop(data);
        raw.expect(226);
        assert_eq!(server.read("a\u{1}b"), expected.as_bytes());
    }
    assert_eq!(server.names().len(), 1);
}
