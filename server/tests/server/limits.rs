//! How long anybody is waited for, how many may come, and how a server ends.

use std::io::Write;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use server::ConfigBuilder;

use crate::common::{PATIENCE, Raw, bytes, start};

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
