//! What scenarios stand on, for a user without any privilege: a cable with a delay and a rule, a
//! router with the kernel's FTP helper, and a socket that chose its sequence number.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use lab::net::{
    self, End, Firewall, FirewallError, HostPlan, LinkPlan, Network, NetworkPlan, PacketMatch,
    Rule, SocketPlan, WirePlan,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tracer::{Capture, CaptureOptions};

use super::{CLIENT, LIMIT, Result, expect};

const ISN: u32 = 87_666_930;
const INSIDE: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 254);
const OUTSIDE: Ipv4Addr = Ipv4Addr::new(172, 16, 0, 254);
const THERE: Ipv4Addr = Ipv4Addr::new(172, 16, 0, 1);

pub(super) fn has_the_ground_of_scenarios() -> Result {
    let isolation = net::enter()?;
    expect("user namespace", isolation.user_namespace, true)?;
    let network = network()?;
    let router = network.host("router").ok_or("no router")?;
    let rules = Firewall::new().ftp_helper(21).masquerade("wan");
    match router.firewall(&rules) {
        Err(FirewallError::NoNft) if std::env::var_os("CI").is_none() => {
            eprintln!("skipped: {}", FirewallError::NoNft);
            return Ok(());
        }
        set => set?,
    }
    let (client, server) = (
        network.host("client").ok_or("no client")?,
        network.host("server").ok_or("no server")?,
    );
    let open = || async { Capture::open(&CaptureOptions::new("eth0")) };
    let mut capture = client.run(LIMIT, open)??;
    let at = SocketAddr::from((THERE, 21));
    let listener = server.run(LIMIT, move || TcpListener::bind(at))??;
    let reading = server.spawn(move || async move {
        let (mut stream, peer) = listener.accept().await?;
        let mut read = Vec::new();
        for _ in 0..2 {
            stream.write_all(b"200 go on\r\n").await?;
            read.extend(line(&mut stream).await?);
        }
        Ok::<_, std::io::Error>((peer.ip(), String::from_utf8_lossy(&read).into_owned()))
    });
    let talking = client.run(LIMIT, move || async move {
        let plan = SocketPlan::new().initial_sequence(ISN);
        let mut stream = plan.connect(at, LIMIT).await?;
        for command in ["USER a\r\n", "PORT 10,0,0,1,12,100\r\n"] {
            line(&mut stream).await?;
            stream.write_all(command.as_bytes()).await?;
        }
        // Until the server leaves.
        stream.read(&mut [0]).await
    })?;
    let (peer, read) = reading.wait(LIMIT)??;
    talking?;
    expect("the server's peer", peer, OUTSIDE.into())?;
    expect(
        "rewritten",
        read.as_str(),
        "USER a\r\nPORT 172,16,0,254,12,100\r\n",
    )?;
    let mut first = None;
    while let Some(frame) = capture.next()? {
        first = first.or(tracer::decode(&frame).tcp().map(|(_, tcp)| tcp.seq.0));
    }
    expect("the first sequence number", first, Some(ISN))?;
    let told = network.wires().iter().flat_map(net::Wire::take_events);
    expect("events of the cable", told.count(), 1)
}

fn network() -> std::result::Result<Network, net::NetworkError> {
    let twice = Rule::duplicate(PacketMatch::tcp().from("client").begins("USER").nth(1));
    let wire = WirePlan::new().rtt(Duration::from_millis(4)).rule(twice);
    let client = End::new("client", "eth0").address(CLIENT, 24);
    let (lan, wan) = (End::new("router", "lan"), End::new("router", "wan"));
    let server = End::new("server", "eth0").address(THERE, 24);
    NetworkPlan::new()
        .host(HostPlan::new("client").gateway(INSIDE.into()))
        .host(HostPlan::new("router").router())
        .host(HostPlan::new("server"))
        .link(LinkPlan::new(client, lan.address(INSIDE, 24)).wire(wire))
        .link(LinkPlan::new(wan.address(OUTSIDE, 24), server).static_neighbours(true))
        .build()
}

async fn line(stream: &mut TcpStream) -> std::io::Result<Vec<u8>> {
    let mut line = Vec::new();
    while !line.ends_with(b"\n") && line.len() < 512 {
        line.push(stream.read_u8().await?);
    }
    Ok(line)
}
