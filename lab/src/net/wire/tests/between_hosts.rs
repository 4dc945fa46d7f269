//! The cable between two kernels, in namespaces.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tracer::{Capture, CaptureOptions, MacAddr, TcpFlags, Timestamp};

use crate::net::tests::inside_at;
use crate::net::wire::matching::Seen;
use crate::net::{
    End, HostPlan, LinkPlan, Network, NetworkPlan, PacketMatch, PacketName, Protocol, Rule,
    WireAction, WirePlan,
};

const LIMIT: Duration = Duration::from_secs(20);
const CLIENT: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 1);
const SERVER: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 2);

fn inside(test: &str) -> bool {
    inside_at(&format!("net::wire::tests::between_hosts::{test}"))
}

#[test]
fn a_megabyte_passes_whole_with_checksums_and_wire_size() {
    if !inside("a_megabyte_passes_whole_with_checksums_and_wire_size") {
        return;
    }
    let network = two_hosts(WirePlan::new(), false);
    let mut capture = capture(&network);
    let received = serve_and_read(&network, 2121, 1 << 20);
    assert_eq!(received, vec![7; 1 << 20]);
    let frames = frames(&mut capture);
    assert!(frames.len() > (1 << 20) / 1460);
    for (_, frame) in &frames {
        assert!(frame.len() <= 1514, "{} bytes", frame.len());
        if frame[12..14] == [8, 0] {
            assert_eq!(
                crate::net::tests::internet_checksum(&frame[14..34], 0),
                0xffff
            );
            assert_eq!(crate::net::tests::tcp_checksum(frame), 0xffff);
        }
        let sender = MacAddr(frame[6..12].try_into().unwrap());
        assert!([MACS[0], MACS[1]].contains(&sender), "{sender}");
    }
    let wire = network.wire("server", "client").unwrap();
    assert_eq!(wire.take_events(), []);
    let carried = wire.statistics();
    assert_eq!((carried.missed, carried.events_lost), (0, 0));
    assert!(carried.delivered + 1 >= frames.len() as u64, "{carried:?}");
}

#[test]
fn the_round_trip_takes_its_time_and_arp_can_be_known() {
    if !inside("the_round_trip_takes_its_time_and_arp_can_be_known") {
        return;
    }
    for known in [false, true] {
        let network = two_hosts(WirePlan::new().rtt(Duration::from_millis(24)), known);
        let mut capture = capture(&network);
        assert_eq!(serve_and_read(&network, 2121, 10), [7; 10]);
        let seen = names(&mut capture);
        let arps = seen
            .iter()
            .filter(|(_, name)| name.protocol == Protocol::Arp);
        assert_eq!(arps.count() == 0, known, "{seen:?}");
        let time_of = |flags: TcpFlags| {
            let found = seen.iter().find(|(_, name)| name.flags == Some(flags));
            found.map(|(time, _)| *time).unwrap()
        };
        let trip = time_of(TcpFlags::SYN.union(TcpFlags::ACK)).since(time_of(TcpFlags::SYN));
        assert!(trip >= Duration::from_millis(24), "{trip:?}");
        eprintln!("round trip: {trip:?}");
    }
}

#[test]
fn the_fin_overtakes_the_data() {
    if !inside("the_fin_overtakes_the_data") {
        return;
    }
    let from_server = || PacketMatch::tcp().from("server").source_port(3668);
    let late = Rule::hold(
        from_server().payload(1167).nth(1),
        from_server().with(TcpFlags::FIN).nth(1),
    );
    let plan = WirePlan::new()
        .rtt(Duration::from_millis(10))
        .rule(late.then(Duration::from_millis(2)));
    let network = two_hosts(plan, true);
    let mut capture = capture(&network);
    assert_eq!(serve_and_read(&network, 3668, 1167), [7; 1167]);
    let seen = names(&mut capture);
    let from = |name: &PacketName| name.source_port == Some(3668);
    let data = seen
        .iter()
        .position(|(_, name)| from(name) && name.payload == Some(1167));
    let has_fin = |name: &PacketName| name.flags.is_some_and(|f| f.contains(TcpFlags::FIN));
    let fin = seen
        .iter()
        .position(|(_, name)| from(name) && has_fin(name));
    let (data, fin) = (data.unwrap(), fin.unwrap());
    assert!(fin < data, "{seen:?}");
    // The client asks for byte 1 again, for the FIN came too soon.
    assert!(
        seen[fin..data]
            .iter()
            .any(|(_, name)| !from(name) && name.payload == Some(0))
    );
    let told = network.wires()[0].take_events();
    assert!(
        matches!(told[0].action, WireAction::Held { rule: 0 }),
        "{told:?}"
    );
    assert!(
        matches!(told[1].action, WireAction::Released { rule: 0, .. }),
        "{told:?}"
    );
    assert_eq!(told.len(), 2);
}

#[test]
fn the_last_acknowledgement_waits_for_the_reply_on_another_connection() {
    if !inside("the_last_acknowledgement_waits_for_the_reply_on_another_connection") {
        return;
    }
    // From the server's FIN on, the only bare acknowledgement that it sends is the last one.
    let last = PacketMatch::tcp().from("server").source_port(20);
    let last = last.only(TcpFlags::ACK).payload(0).nth(2);
    let reply = PacketMatch::tcp()
        .from("server")
        .source_port(21)
        .begins("226 ")
        .nth(1);
    let plan = WirePlan::new()
        .rtt(Duration::from_millis(10))
        .rule(Rule::hold(last, reply));
    let network = two_hosts(plan, true);
    let mut capture = capture(&network);
    let control = listen(&network, "server", SocketAddr::from((SERVER, 21)));
    let data = listen(&network, "client", SocketAddr::from((CLIENT, 3172)));
    let server = network.host("server").unwrap().spawn(move || async move {
        let (mut control, _) = control.accept().await?;
        let socket = tokio::net::TcpSocket::new_v4()?;
        socket.set_reuseaddr(true)?;
        socket.bind(SocketAddr::from((SERVER, 20)))?;
        let mut data = socket.connect(SocketAddr::from((CLIENT, 3172))).await?;
        data.write_all(&[7; 164]).await?;
        data.shutdown().await?;
        let closed = data.read(&mut [0]).await?;
        tokio::time::sleep(Duration::from_millis(30)).await;
        control.write_all(b"226 Transfer complete.\r\n").await?;
        Ok::<_, std::io::Error>(closed)
    });
    let client = network.host("client").unwrap().spawn(move || async move {
        let mut control = TcpStream::connect(SocketAddr::from((SERVER, 21))).await?;
        let (mut data, _) = data.accept().await?;
        let mut listing = Vec::new();
        data.read_to_end(&mut listing).await?;
        drop(data);
        let mut reply = [0; 24];
        control.read_exact(&mut reply).await?;
        // The last acknowledgement is on its way.
        tokio::time::sleep(Duration::from_millis(60)).await;
        Ok::<_, std::io::Error>(listing.len())
    });
    assert_eq!(server.wait(LIMIT).unwrap().unwrap(), 0);
    assert_eq!(client.wait(LIMIT).unwrap().unwrap(), 164);
    let seen = names(&mut capture);
    let at = |wanted: &dyn Fn(&PacketName) -> bool| {
        seen.iter().rposition(|(_, name)| wanted(name)).unwrap()
    };
    let reply = at(&|name| name.source_port == Some(21) && name.payload == Some(24));
    let last = at(&|name| name.source_port == Some(20));
    assert_eq!(seen[last].1.flags, Some(TcpFlags::ACK));
    assert!(reply < last, "{seen:?}");
    let told = network.wires()[0].take_events();
    assert!(
        matches!(told[1].action, WireAction::Released { .. }),
        "{told:?}"
    );
}

#[test]
fn named_datagrams_are_dropped_doubled_and_held_in_vain() {
    if !inside("named_datagrams_are_dropped_doubled_and_held_in_vain") {
        return;
    }
    let named = |n| {
        PacketMatch::udp()
            .from("client")
            .destination_port(53)
            .nth(n)
    };
    let never = PacketMatch::udp().destination_port(9);
    let plan = WirePlan::new()
        .rule(Rule::drop(named(2)))
        .rule(Rule::duplicate(named(4)))
        .rule(Rule::hold(named(5), never).at_most(Duration::from_millis(30)));
    let network = two_hosts(plan, true);
    assert_eq!(datagrams(&network, 6, 6), [0, 2, 3, 3, 5, 4]);
    let told: Vec<String> = network.wires()[0]
        .take_events()
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(told.len(), 4, "{told:?}");
    let end = |line: &str, end: &str| assert!(line.contains(end), "{line}");
    end(&told[0], "> 10.0.0.2.53 (2): dropped by rule 0");
    end(&told[1], "doubled by rule 1");
    end(&told[2], "held by rule 2");
    end(&told[3], "what rule 2 waited for did not pass");
}

#[test]
fn the_same_seed_loses_the_same_packets() {
    if !inside("the_same_seed_loses_the_same_packets") {
        return;
    }
    let run = |seed| {
        let plan = WirePlan::new()
            .loss(0.2)
            .duplication(0.1)
            .jitter(Duration::from_micros(300));
        let network = two_hosts(plan.seed(seed), true);
        let seen = datagrams(&network, 100, usize::MAX);
        assert!(!network.wires()[0].take_events().is_empty());
        seen
    };
    let seen = run(7);
    assert!(seen.is_sorted(), "{seen:?}");
    assert_eq!(run(7), seen);
    assert_ne!(run(8), seen);
}

#[test]
fn the_thread_ends_with_its_network() {
    if !inside("the_thread_ends_with_its_network") {
        return;
    }
    let threads = || std::fs::read_dir("/proc/self/task").unwrap().count();
    let before = threads();
    // Frames on their way do not hold it up.
    let network = two_hosts(WirePlan::new().delay(Duration::from_mins(1)), true);
    let sending = network.host("client").unwrap().run(LIMIT, || async {
        let socket = UdpSocket::bind((CLIENT, 0)).await?;
        socket.send_to(&[0], (SERVER, 53)).await
    });
    sending.unwrap().unwrap();
    // Two hosts, the cable's namespace, and the cable.
    assert!(threads() >= before + 4);
    drop(network);
    // The kernel may list one for a moment after it was joined.
    let deadline = std::time::Instant::now() + LIMIT;
    while threads() > before {
        assert!(
            std::time::Instant::now() < deadline,
            "{} threads",
            threads()
        );
        std::thread::yield_now();
    }
}

const MACS: [MacAddr; 2] = [
    MacAddr([0x00, 0x0a, 0xeb, 0x09, 0xbc, 0xbb]),
    MacAddr([0x00, 0x60, 0xb0, 0x6c, 0x03, 0xfe]),
];

fn two_hosts(wire: WirePlan, known: bool) -> Network {
    NetworkPlan::new()
        .host(HostPlan::new("client").plain_tcp())
        .host(HostPlan::new("server").plain_tcp())
        .link(
            LinkPlan::new(
                End::new("client", "eth0").address(CLIENT, 24).mac(MACS[0]),
                End::new("server", "eth0").address(SERVER, 24).mac(MACS[1]),
            )
            .wire(wire)
            .static_neighbours(known),
        )
        .build()
        .unwrap()
}

fn listen(network: &Network, host: &str, at: SocketAddr) -> TcpListener {
    let host = network.host(host).unwrap();
    host.run(LIMIT, move || TcpListener::bind(at))
        .unwrap()
        .unwrap()
}

/// The server sends this many bytes and closes; what the client read.
fn serve_and_read(network: &Network, port: u16, bytes: usize) -> Vec<u8> {
    let at = SocketAddr::from((SERVER, port));
    let listener = listen(network, "server", at);
    let serving = network.host("server").unwrap().spawn(move || async move {
        let (mut stream, _) = listener.accept().await?;
        stream.write_all(&vec![7; bytes]).await?;
        stream.shutdown().await?;
        stream.read(&mut [0]).await
    });
    let reading = move || async move {
        let mut stream = TcpStream::connect(at).await?;
        let mut read = Vec::new();
        stream.read_to_end(&mut read).await?;
        Ok::<_, std::io::Error>(read)
    };
    let read = network.host("client").unwrap().run(LIMIT, reading);
    assert_eq!(serving.wait(LIMIT).unwrap().unwrap(), 0);
    read.unwrap().unwrap()
}

/// The numbers of the datagrams that arrive of `sent` that the client numbers, up to `wanted`
/// of them, or until one that says that there are no more.
fn datagrams(network: &Network, sent: u16, wanted: usize) -> Vec<u16> {
    let at = SocketAddr::from((SERVER, 53));
    let server = network.host("server").unwrap();
    let binding = move || UdpSocket::bind(at);
    let socket = server.run(LIMIT, binding).unwrap().unwrap();
    let receiving = server.spawn(move || async move {
        let mut seen = Vec::new();
        let mut bytes = [0; 2];
        while seen.len() < wanted {
            socket.recv(&mut bytes).await?;
            let number = u16::from_be_bytes(bytes);
            if number == u16::MAX {
                break;
            }
            seen.push(number);
        }
        Ok::<_, std::io::Error>(seen)
    });
    let sending = move || async move {
        let socket = UdpSocket::bind((CLIENT, 0)).await?;
        for number in 0..sent {
            socket.send_to(&number.to_be_bytes(), at).await?;
        }
        // Chance may take some of these, but not all.
        for _ in 0..if wanted == usize::MAX { 20 } else { 0 } {
            socket.send_to(&u16::MAX.to_be_bytes(), at).await?;
        }
        Ok::<_, std::io::Error>(())
    };
    let client = network.host("client").unwrap();
    client.run(LIMIT, sending).unwrap().unwrap();
    receiving.wait(LIMIT).unwrap().unwrap()
}

fn capture(network: &Network) -> Capture {
    let open = || async { Capture::open(&CaptureOptions::new("eth0")) };
    let client = network.host("client").unwrap();
    client.run(LIMIT, open).unwrap().unwrap()
}

fn frames(capture: &mut Capture) -> Vec<(Timestamp, Vec<u8>)> {
    let mut seen = Vec::new();
    while let Some(frame) = capture.next().unwrap() {
        seen.push((frame.time, frame.bytes.to_vec()));
    }
    seen
}

fn names(capture: &mut Capture) -> Vec<(Timestamp, PacketName)> {
    let frames = frames(capture);
    let name = |(time, frame): (Timestamp, Vec<u8>)| (time, Seen::read(&frame).name);
    frames.into_iter().map(name).collect()
}
