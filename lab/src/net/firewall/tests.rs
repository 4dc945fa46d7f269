//! A router between two networks: what passes, what is rewritten, and what is kept out.

use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::{Firewall, FirewallError};
use crate::net::tests::inside_at;
use crate::net::{End, HostPlan, LinkPlan, Network, NetworkPlan};

const LIMIT: Duration = Duration::from_secs(20);
const CLIENT: Ipv4Addr = Ipv4Addr::new(192, 168, 0, 2);
const INSIDE: Ipv4Addr = Ipv4Addr::new(192, 168, 0, 1);
const GATE: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 1);
const SERVER: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 2);
const THIRD: Ipv4Addr = Ipv4Addr::new(172, 16, 0, 2);
const THIRD_GATE: Ipv4Addr = Ipv4Addr::new(172, 16, 0, 1);

fn inside(test: &str) -> bool {
    let installed = super::find_nft().is_some();
    assert!(installed || std::env::var_os("CI").is_none(), "no nft");
    if !installed {
        eprintln!("skipped {test}: no nft");
        return false;
    }
    inside_at(&format!("net::firewall::tests::{test}"))
}

#[test]
fn three_hosts_reach_each_other_by_way_of_the_router() {
    if !inside_at("net::firewall::tests::three_hosts_reach_each_other_by_way_of_the_router") {
        return;
    }
    let network = network();
    for (to, address) in [("server", SERVER), ("third", THIRD)] {
        assert_eq!(reach(&network, "client", to, (address, 21).into()), CLIENT);
    }
    let there = SocketAddr::from((THIRD, 9));
    assert_eq!(reach(&network, "server", "third", there), SERVER);
}

#[test]
fn the_helper_rewrites_port_and_lets_the_data_connection_in() {
    if !inside("the_helper_rewrites_port_and_lets_the_data_connection_in") {
        return;
    }
    let network = network();
    let router = network.host("router").unwrap();
    let rules = Firewall::new().masquerade("wan").guard("wan");
    router.firewall(&rules.clone().ftp_helper(21)).unwrap();
    let (seen, reached) = active(&network);
    // 10,0,0,1 instead of 192,168,0,2, and the numbers after it shifted by four bytes.
    assert_eq!(seen, "USER a\r\nPORT 10,0,0,1,6,127\r\nNOOP\r\n");
    assert!(reached);
    // Without the helper the server is told an address that it cannot reach.
    let without = self::network();
    without.host("router").unwrap().firewall(&rules).unwrap();
    let (seen, reached) = active(&without);
    assert_eq!(seen, "USER a\r\nPORT 192,168,0,2,6,127\r\nNOOP\r\n");
    assert!(!reached);
}

#[test]
fn a_port_is_forwarded_and_the_others_are_kept_out() {
    if !inside("a_port_is_forwarded_and_the_others_are_kept_out") {
        return;
    }
    let network = network();
    let router = network.host("router").unwrap();
    let rules = Firewall::new()
        .forward_port("wan", 2121, SocketAddrV4::new(CLIENT, 21))
        .guard("wan")
        .open("wan", 21);
    // Twice is once.
    router.firewall(&rules).unwrap();
    router.firewall(&rules).unwrap();
    let listener = listen(&network, "client", (CLIENT, 21).into());
    let dial = |to: SocketAddr, limit: Duration| {
        let server = network.host("server").unwrap();
        let dialing =
            move || async move { tokio::time::timeout(limit, TcpStream::connect(to)).await };
        server.run(LIMIT, dialing).unwrap().ok()
    };
    dial((GATE, 2121).into(), LIMIT).unwrap().unwrap();
    let accepting = || async move { listener.accept().await.map(|(_, peer)| peer.ip()) };
    let peer = network.host("client").unwrap().run(LIMIT, accepting);
    assert_eq!(peer.unwrap().unwrap(), SERVER);
    // Dropped in silence: not even a reset comes back.
    assert!(dial((CLIENT, 22).into(), Duration::from_millis(300)).is_none());
}

#[test]
fn what_nft_refuses_is_told() {
    if !inside("what_nft_refuses_is_told") {
        return;
    }
    let network = network();
    let router = network.host("router").unwrap();
    let refused = router
        .nft("add rule ip nowhere nothing accept\n")
        .unwrap_err();
    assert!(matches!(&refused, FirewallError::Refused(_)), "{refused:?}");
    assert!(refused.to_string().contains("nowhere"), "{refused}");
    let name = Firewall::new().guard("wan\" accept #");
    let refused = router.firewall(&name).unwrap_err();
    assert!(matches!(refused, FirewallError::Interface(_)), "{refused}");
    let listed = router.nft("list ruleset\n").unwrap();
    assert_eq!(listed, "");
}

/// A control connection in active mode, by hand: what the server read, and whether its data
/// connection to the address in PORT came up.
fn active(network: &Network) -> (String, bool) {
    let control = listen(network, "server", (SERVER, 21).into());
    let data = listen(network, "client", (CLIENT, 1663).into());
    let server = network.host("server").unwrap().spawn(move || async move {
        let (mut stream, _) = control.accept().await?;
        let mut seen = String::new();
        for reply in [
            "220 ready\r\n",
            "331 go on\r\n",
            "200 PORT\r\n",
            "200 NOOP\r\n",
        ] {
            stream.write_all(reply.as_bytes()).await?;
            if reply.starts_with("200 NOOP") {
                break;
            }
            seen.push_str(&line(&mut stream).await?);
        }
        let to = address(&seen);
        let dialing = tokio::time::timeout(Duration::from_secs(1), TcpStream::connect(to));
        let reached = matches!(dialing.await, Ok(Ok(_)));
        Ok::<_, std::io::Error>((seen, reached))
    });
    let client = network.host("client").unwrap().spawn(move || async move {
        let mut stream = TcpStream::connect(SocketAddr::from((SERVER, 21))).await?;
        line(&mut stream).await?;
        for command in ["USER a\r\n", "PORT 192,168,0,2,6,127\r\n", "NOOP\r\n"] {
            stream.write_all(command.as_bytes()).await?;
            line(&mut stream).await?;
        }
        // It stays until the server leaves.
        let left = stream.read(&mut [0]).await?;
        drop(data);
        Ok::<_, std::io::Error>(left)
    });
    let seen = server.wait(LIMIT).unwrap().unwrap();
    assert_eq!(client.wait(LIMIT).unwrap().unwrap(), 0);
    seen
}

async fn line(stream: &mut TcpStream) -> std::io::Result<String> {
    let mut line = Vec::new();
    while !line.ends_with(b"\n") && line.len() < 512 {
        line.push(stream.read_u8().await?);
    }
    Ok(String::from_utf8_lossy(&line).into_owned())
}

/// What PORT says.
fn address(seen: &str) -> SocketAddrV4 {
    let port = seen
        .lines()
        .find_map(|line| line.strip_prefix("PORT "))
        .unwrap();
    let numbers: Vec<u8> = port.split(',').map(|n| n.parse().unwrap()).collect();
    let ip = Ipv4Addr::new(numbers[0], numbers[1], numbers[2], numbers[3]);
    SocketAddrV4::new(ip, u16::from_be_bytes([numbers[4], numbers[5]]))
}

fn listen(network: &Network, host: &str, at: SocketAddr) -> TcpListener {
    let host = network.host(host).unwrap();
    host.run(LIMIT, move || TcpListener::bind(at))
        .unwrap()
        .unwrap()
}

/// Connects from one host to another; the address that it is seen with.
fn reach(network: &Network, from: &str, to: &str, at: SocketAddr) -> std::net::IpAddr {
    let listener = listen(network, to, at);
    let dialing = move || TcpStream::connect(at);
    let _stream = network
        .host(from)
        .unwrap()
        .run(LIMIT, dialing)
        .unwrap()
        .unwrap();
    let accepting = || async move { listener.accept().await.map(|(_, peer)| peer.ip()) };
    network
        .host(to)
        .unwrap()
        .run(LIMIT, accepting)
        .unwrap()
        .unwrap()
}

fn network() -> Network {
    NetworkPlan::new()
        .host(HostPlan::new("client").gateway(INSIDE.into()))
        .host(HostPlan::new("router").router())
        .host(
            HostPlan::new("server")
                .route(THIRD.into(), 24, GATE.into())
                .route(CLIENT.into(), 24, GATE.into()),
        )
        .host(HostPlan::new("third").gateway(THIRD_GATE.into()))
        .link(LinkPlan::new(
            End::new("client", "eth0").address(CLIENT, 24),
            End::new("router", "lan").address(INSIDE, 24),
        ))
        .link(LinkPlan::new(
            End::new("router", "wan").address(GATE, 24),
            End::new("server", "eth0").address(SERVER, 24),
        ))
        .link(LinkPlan::new(
            End::new("router", "dmz").address(THIRD_GATE, 24),
            End::new("third", "eth0").address(THIRD, 24),
        ))
        .build()
        .unwrap()
}
