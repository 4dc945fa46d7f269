//! Which address and port a connection comes from and goes to.

use std::io::Read;
use std::net::{TcpListener, TcpStream};

use crate::common::{PATIENCE, start, start_on};

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

/// The PORT of a listener on this machine, with other first four numbers.
fn port_of(listener: &TcpListener, host: &str) -> String {
    let port = listener.local_addr().unwrap().port();
    format!("PORT {host},{},{}", port >> 8, port & 255)
}

#[test]
fn third_hosts_and_zero_are_dialled_where_the_settings_say_so() {
    // 127.0.0.2 is nobody's but this machine's, and not the client's 127.0.0.1.
    for (third, zero) in [(true, false), (false, true)] {
        let server = start(|builder| builder.third_hosts(third).zero_is_client(zero));
        server.write("f", "x");
        let mut raw = server.login();
        for (host, at, permitted) in [
            ("127,0,0,2", "127.0.0.2:0", third),
            ("0,0,0,0", "127.0.0.1:0", zero),
        ] {
            let listener = TcpListener::bind(at).unwrap();
            let port = port_of(&listener, host);
            if !permitted {
                raw.ask(&port, 504);
                raw.ask("RETR f", 425);
                continue;
            }
            raw.ask(&port, 200);
            raw.ask("RETR f", 150);
            let (mut data, _) = listener.accept().unwrap();
            let mut content = Vec::new();
            data.read_to_end(&mut content).unwrap();
            assert_eq!(content, b"x");
            raw.expect(226);
        }
        // Port 0 is nowhere, whoever's it is.
        raw.ask("PORT 127,0,0,2,0,0", 504);
        raw.ask("PORT 0,0,0,0,0,0", 504);
    }
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
