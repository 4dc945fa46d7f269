//! What the kernel really sends for what a socket was asked to be.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tracer::{Capture, CaptureOptions, TcpFlags};

use super::{Acks, SocketPlan, pin_window, set_acks};
use crate::net::tests::inside_at;
use crate::net::{End, HostPlan, LinkPlan, Network, NetworkPlan, WirePlan};

const LIMIT: Duration = Duration::from_secs(20);
const CLIENT: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 1);
const SERVER: Ipv4Addr = Ipv4Addr::new(207, 46, 133, 140);

fn inside(test: &str) -> bool {
    inside_at(&format!("net::socket::tests::{test}"))
}

#[test]
fn the_active_trace_has_its_numbers_and_windows() {
    if !inside("the_active_trace_has_its_numbers_and_windows") {
        return;
    }
    let network = network(HostPlan::plain_tcp, |end| end);
    let mut capture = capture(&network);
    let client = SocketPlan::new()
        .local((CLIENT, 3171).into())
        .initial_sequence(87_666_930)
        .receive_buffer(100_000);
    let server = SocketPlan::new()
        .local((SERVER, 21).into())
        .window_clamp(17_520);
    talk(&network, client, server, Some((65_535, 17_520)));
    let seen = segments(&mut capture);
    assert!(seen.iter().all(|segment| segment.dont_fragment));
    let from = |client: bool| {
        seen.iter()
            .filter(move |segment| segment.from_client == client)
    };
    assert_eq!(from(true).map(|s| s.seq).min(), Some(87_666_930));
    // S0-28 and S0-29: less by each byte, and never more.
    let mut windows: Vec<u16> = from(true).map(|segment| segment.window).collect();
    windows.dedup();
    assert_eq!(windows, [65535, 65480, 65408, 65291, 65290]);
    let mut windows: Vec<u16> = from(false).map(|segment| segment.window).collect();
    windows.dedup();
    assert_eq!(windows, [17520, 17504, 17485, 17484]);
    // What the first segment after the greeting acknowledges is nothing else: it is late.
    let greeting = seen.iter().position(|segment| segment.len == 55).unwrap();
    assert_eq!(
        (seen[greeting + 1].len, seen[greeting + 1].window),
        (0, 65480)
    );
}

#[test]
fn the_passive_trace_has_its_numbers_and_windows() {
    if !inside("the_passive_trace_has_its_numbers_and_windows") {
        return;
    }
    let end = |end: End| end.advertised_mss(16_384);
    let network = network(HostPlan::plain_tcp, end);
    let mut capture = capture(&network);
    let client = SocketPlan::new()
        .local((CLIENT, 28348).into())
        .initial_sequence(157_025_335)
        .dont_fragment(false)
        .ttl(128)
        .window_clamp(16_384)
        .window_after_syn(17_376);
    let server = SocketPlan::new()
        .local((SERVER, 21).into())
        .window_clamp(17_520);
    talk(&network, client, server, None);
    let seen = segments(&mut capture);
    for segment in &seen {
        let from_server = !segment.from_client;
        assert_eq!(segment.dont_fragment, from_server, "{segment:?}");
        assert_eq!(segment.ttl, if from_server { 64 } else { 128 });
    }
    let handshake: Vec<_> = seen.iter().take(3).map(|s| (s.seq, s.window)).collect();
    assert_eq!(handshake[0], (157_025_335, 16_384));
    assert_eq!(handshake[1].1, 17_520);
    assert_eq!(handshake[2], (157_025_336, 17_376));
    assert_eq!(seen[0].mss, Some(16_384));
    assert!(
        seen[1..]
            .iter()
            .any(|segment| segment.window == 17_376 - 55)
    );
}

#[test]
fn a_host_without_df_still_has_it_where_no_socket_speaks() {
    if !inside("a_host_without_df_still_has_it_where_no_socket_speaks") {
        return;
    }
    let network = network(|host| host.dont_fragment(false).ttl(100), |end| end);
    let mut capture = capture(&network);
    let listening = || async { SocketPlan::new().local((SERVER, 21).into()).listen() };
    let server = network.host("server").unwrap();
    let listener = server.run(LIMIT, listening).unwrap().unwrap();
    let serving = server.spawn(move || async move {
        let (mut stream, _) = listener.accept().await?;
        // The client's FIN. It is acknowledged at once, and by that the client's kernel knows,
        // when ours comes, that no program waits for it.
        stream.read(&mut [0]).await
    });
    let dialing = || async {
        let dial = SocketPlan::new();
        let stream = dial.connect((SERVER, 21).into(), LIMIT).await?;
        drop(stream);
        let refused = dial.connect((SERVER, 22).into(), LIMIT).await;
        Ok::<_, std::io::Error>(refused.map_err(|error| error.kind()).err())
    };
    let dialed = network.host("client").unwrap().run(LIMIT, dialing);
    let refused = Some(std::io::ErrorKind::ConnectionRefused);
    assert_eq!(dialed.unwrap().unwrap(), refused);
    assert_eq!(serving.wait(LIMIT).unwrap().unwrap(), 0);
    let seen = segments(&mut capture);
    assert!(seen.iter().all(|segment| segment.ttl == 100), "{seen:?}");
    let (with, without): (Vec<&Segment>, _) = seen.iter().partition(|s| s.dont_fragment);
    // The last acknowledgement, SYN/ACK and the reset; which of the others the acknowledgement
    // comes before is chance.
    let mut with: Vec<TcpFlags> = with.iter().map(|segment| segment.flags).collect();
    with.sort_by_key(|flags| flags.0);
    let expected = [TcpFlags::ACK, TcpFlags(0x12), TcpFlags(0x14)];
    assert_eq!(with, expected, "{seen:?}");
    assert!(without.iter().any(|segment| segment.flags == TcpFlags::SYN));
    assert!(without.iter().any(|segment| !segment.from_client));
}

/// The greeting, USER and its reply; then the client leaves first.
fn talk(network: &Network, client: SocketPlan, server: SocketPlan, pin: Option<(u16, u16)>) {
    let listening = move || async move { server.listen() };
    let host = network.host("server").unwrap();
    let listener = host.run(LIMIT, listening).unwrap().unwrap();
    let serving = host.spawn(move || async move {
        let (mut stream, _) = listener.accept().await?;
        if let Some((_, window)) = pin {
            pin_window(&stream, window)?;
        }
        stream.write_all(&[b'x'; 55]).await?;
        stream.read_exact(&mut [0; 16]).await?;
        stream.write_all(&[b'x'; 72]).await?;
        stream.read_exact(&mut [0; 19]).await?;
        stream.write_all(&[b'x'; 117]).await?;
        stream.read(&mut [0]).await
    });
    let dialing = move || async move {
        let peer = SocketAddr::from((SERVER, 21));
        let mut stream = client.connect(peer, LIMIT).await?;
        if let Some((window, _)) = pin {
            pin_window(&stream, window)?;
        }
        for (reply, line) in [(55, 16), (72, 19), (117, 0)] {
            set_acks(&stream, Acks::Delayed)?;
            let mut bytes = vec![0; reply];
            stream.read_exact(&mut bytes).await?;
            // Longer than an acknowledgement waits.
            tokio::time::sleep(Duration::from_millis(60)).await;
            stream.write_all(&vec![b'x'; line]).await?;
        }
        stream.shutdown().await?;
        stream.read(&mut [0]).await
    };
    let dialed = network.host("client").unwrap().run(LIMIT, dialing);
    dialed.unwrap().unwrap();
    serving.wait(LIMIT).unwrap().unwrap();
}

#[test]
fn a_connection_can_be_told_how_to_acknowledge() {
    let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let stream = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    set_acks(&stream, Acks::AtOnce).unwrap();
    set_acks(&stream, Acks::Delayed).unwrap();
    // Linux 6.15 has it; before, the error says what it is that is missing.
    for limit in [Duration::from_micros(1), Duration::from_millis(20)] {
        if let Err(error) = set_acks(&stream, Acks::DelayedAtMost(limit)) {
            eprintln!("{limit:?}: {error}");
            assert!(
                error.to_string().starts_with("TCP_DELACK_MAX_US: "),
                "{error}"
            );
        }
    }
    let datagrams = std::net::UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    assert!(set_acks(&datagrams, Acks::AtOnce).is_err());
}

#[derive(Debug, PartialEq)]
struct Segment {
    from_client: bool,
    flags: TcpFlags,
    seq: u32,
    len: u32,
    window: u16,
    dont_fragment: bool,
    ttl: u8,
    id: u32,
    mss: Option<u16>,
}

fn segments(capture: &mut Capture) -> Vec<Segment> {
    let mut seen = Vec::new();
    while let Some(frame) = capture.next().unwrap() {
        if let Some((ip, tcp)) = tracer::decode(&frame).tcp() {
            seen.push(Segment {
                from_client: ip.src == CLIENT,
                flags: tcp.flags,
                seq: tcp.seq.0,
                len: tcp.len,
                window: tcp.window,
                dont_fragment: ip.dont_fragment,
                ttl: ip.ttl,
                id: ip.id,
                mss: tcp.options.mss(),
            });
        }
    }
    seen
}

fn capture(network: &Network) -> Capture {
    let open = || async { Capture::open(&CaptureOptions::new("eth0")) };
    let client = network.host("client").unwrap();
    client.run(LIMIT, open).unwrap().unwrap()
}

fn network(with: impl Fn(HostPlan) -> HostPlan, end: impl Fn(End) -> End) -> Network {
    // Long enough that a window can be pinned before the greeting.
    let wire = WirePlan::new().rtt(Duration::from_millis(20));
    NetworkPlan::new()
        .host(with(
            HostPlan::new("client").gateway(Ipv4Addr::new(10, 0, 0, 2).into()),
        ))
        .host(with(HostPlan::new("server")))
        .link(
            LinkPlan::new(
                end(End::new("client", "eth0").address(CLIENT, 24)),
                // What closes is acknowledged before it is closed from here.
                End::new("server", "eth0")
                    .address(SERVER, 24)
                    .address(Ipv4Addr::new(10, 0, 0, 2), 24)
                    .quick_ack(true),
            )
            .wire(wire)
            .static_neighbours(true),
        )
        .build()
        .unwrap()
}
