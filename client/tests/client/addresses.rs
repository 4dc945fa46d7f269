//! Which address and port a connection goes to, comes from, and is taken from.

use std::io::Write;
use std::net::TcpListener;

use client::{ClientError, DataMode, Family, Options, Session};
use proto::Code;

use crate::hostile::connect;
use crate::peers::{Script, scripted};

#[tokio::test]
async fn the_address_of_a_227_is_ignored_unless_asked_for() {
    let serve = |script: &mut Script| {
        script.say("220 hi\r\n");
        let listener = script.passive([192, 0, 2, 1]);
        let (mut data, _) = listener.accept().unwrap();
        script.hear("NLST");
        script.say("150 here\r\n");
        data.write_all(b"name\r\n").unwrap();
        drop(data);
        script.say("226 done\r\n");
        script.hear_end();
    };
    let (addr, server) = scripted(serve);
    let mut session = connect(addr, Options::default()).await;
    assert_eq!(session.nlst(None).await.unwrap(), [b"name"]);
    drop(session);
    server.join().unwrap();

    let (addr, server) = scripted(|script| {
        script.say("220 hi\r\n");
        // Nobody listens on this address of the loopback network, at that port.
        script.passive([127, 9, 9, 9]);
        script.hear_end();
    });
    let options = Options {
        trust_passive_address: true,
        ..Options::default()
    };
    let mut session = connect(addr, options).await;
    match session.nlst(None).await.unwrap_err() {
        ClientError::Connect { addr, .. } => assert_eq!(addr.ip().to_string(), "127.9.9.9"),
        other => panic!("{other:?}"),
    }
    drop(session);
    server.join().unwrap();
}

#[tokio::test]
async fn a_command_cannot_be_smuggled_in_and_a_stranger_gets_no_data() {
    let (addr, server) = scripted(|script| {
        script.say("220 hi\r\n");
        let port = script.hear("PORT").split_off(5);
        let port = proto::HostPort::parse_port(port.as_bytes()).unwrap().addr();
        script.say("200 ok\r\n");
        script.hear("NLST");
        // Both wait to be accepted before the client is told to go on.
        let mut stranger = connect_from("127.0.0.7", port.into());
        let mut data = connect_from("127.0.0.1", port.into());
        stranger.write_all(b"planted\r\n").unwrap();
        data.write_all(b"real\r\n").unwrap();
        script.say("150 here\r\n");
        drop(data);
        script.say("226 done\r\n");
        script.hear_end();
    });
    let mut session = connect(
        addr,
        Options {
            mode: DataMode::Active,
            ..Options::default()
        },
    )
    .await;
    assert!(matches!(
        session.cwd("a\r\nDELE b").await,
        Err(ClientError::Argument(_))
    ));
    assert!(matches!(
        session.login("a", "b\nc").await,
        Err(ClientError::Argument(_))
    ));
    assert_eq!(session.nlst(None).await.unwrap(), [b"real"]);
    drop(session);
    server.join().unwrap();
}

fn connect_from(ip: &str, addr: std::net::SocketAddr) -> std::net::TcpStream {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let stream = runtime.block_on(async {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.bind(format!("{ip}:0").parse().unwrap()).unwrap();
        socket.connect(addr).await.unwrap().into_std().unwrap()
    });
    stream.set_nonblocking(false).unwrap();
    stream
}

#[tokio::test]
async fn data_connections_take_the_ports_that_were_asked_for() {
    let first = free_run_of_ports();
    let (addr, server) = scripted(move |script| {
        script.say("220 hi\r\n");
        for port in first..first + 2 {
            let argument = script.hear("PORT").split_off(5);
            let named = proto::HostPort::parse_port(argument.as_bytes()).unwrap();
            assert_eq!(named.port_number(), port);
            script.say("500 no\r\n");
        }
        script.hear_end();
    });
    let options = Options {
        mode: DataMode::Active,
        data_port: Some(first),
        ..Options::default()
    };
    let mut session = connect(addr, options).await;
    for _ in 0..2 {
        assert_eq!(
            session.list(None).await.unwrap_err().code(),
            Some(Code::SYNTAX_ERROR)
        );
    }
    drop(session);
    server.join().unwrap();

    let first = free_run_of_ports();
    let (addr, server) = scripted(move |script| {
        script.say("220 hi\r\n");
        for port in first..first + 2 {
            let listener = script.passive_again([127, 0, 0, 1]);
            let (mut data, peer) = listener.accept().unwrap();
            assert_eq!(peer.port(), port);
            script.hear("NLST");
            script.say("125 here\r\n");
            data.write_all(b"a\r\n").unwrap();
            drop(data);
            script.say("250 done\r\n");
        }
        script.hear_end();
    });
    let options = Options {
        mode: DataMode::Pasv,
        data_port: Some(first),
        ..Options::default()
    };
    let mut session = connect(addr, options).await;
    for _ in 0..2 {
        assert_eq!(session.nlst(None).await.unwrap(), [b"a"]);
    }
    drop(session);
    server.join().unwrap();
}

/// The first of four ports that were free a moment ago, below those that the system gives out.
fn free_run_of_ports() -> u16 {
    (0..2000)
        .map(|attempt| 20_000 + (std::process::id() + attempt) % 2000 * 4)
        .filter_map(|port| u16::try_from(port).ok())
        .find(|first| {
            let run = (*first..*first + 4).map(|port| TcpListener::bind(("127.0.0.1", port)));
            run.collect::<Result<Vec<_>, _>>().is_ok()
        })
        .unwrap()
}

#[tokio::test]
async fn the_next_address_is_tried_when_one_refuses() {
    let (addr, server) = scripted(|script| {
        script.say("220 hi\r\n");
        script.hear_end();
    });
    // Bound but not listening: nobody else has it, and it refuses.
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let dead = socket.local_addr().unwrap();
    let addresses = [dead, addr];
    let session = Session::connect(&addresses[..], Options::default())
        .await
        .unwrap();
    assert_eq!(session.peer_addr(), addr);
    drop(session);
    server.join().unwrap();

    let six = Options {
        family: Some(Family::Ipv6),
        ..Options::default()
    };
    let error = Session::connect(&addresses[..], six).await.unwrap_err();
    assert!(
        matches!(error, ClientError::NoAddress(Family::Ipv6)),
        "{error:?}"
    );
}
