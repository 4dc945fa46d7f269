//! Each test that makes namespaces runs again as a child inside a private one, so that it
//! needs no more than an ordinary user has and cannot touch the machine's network.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::process::Command;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tracer::{Capture, CaptureOptions};

use super::{End, Host, HostError, HostPlan, LinkPlan, Network, NetworkPlan};

const LIMIT: Duration = Duration::from_secs(20);
const CLIENT: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 1);
const SERVER: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 2);

/// A scenario's parts may hold the network from any thread.
const fn shared<T: Send + Sync>() {}
const _: () = shared::<Network>();

#[test]
fn two_hosts_talk_and_every_segment_has_wire_size() {
    if !inside("two_hosts_talk_and_every_segment_has_wire_size") {
        return;
    }
    let network = two_hosts().build().unwrap();
    let mut at_client = capture(&network, "client");
    let mut at_server = capture(&network, "server");
    let received = transfer(&network, SocketAddr::from((SERVER, 21)), 1 << 20);
    assert_eq!(received, 1 << 20);
    for seen in [drain(&mut at_client), drain(&mut at_server)] {
        assert!(seen.len() > (1 << 20) / 1460, "{} frames", seen.len());
        let longest = seen.iter().map(Vec::len).max().unwrap();
        assert_eq!(longest, 1514);
        for frame in &seen {
            let ethertype = u16::from_be_bytes([frame[12], frame[13]]);
            match ethertype {
                0x0806 => {}
                0x0800 => {
                    assert_eq!(internet_checksum(&frame[14..34], 0), 0xffff, "IPv4 header");
                    assert_eq!(tcp_checksum(frame), 0xffff, "TCP");
                }
                other => panic!("an unexpected frame of type {other:04x}"),
            }
        }
        let macs: BTreeSet<&[u8]> = seen.iter().map(|frame| &frame[6..12]).collect();
        let expected = [[2, 0, 0, 0, 1, 1], [2, 0, 0, 0, 2, 1]];
        assert!(macs.into_iter().eq(expected.iter().map(|mac| &mac[..])));
    }
}

#[test]
fn nothing_is_on_the_wire_but_what_the_hosts_say() {
    if !inside("nothing_is_on_the_wire_but_what_the_hosts_say") {
        return;
    }
    let network = two_hosts().build().unwrap();
    let mut capture = capture(&network, "client");
    // Long enough for IPv6's first router solicitations and multicast reports to show.
    let deadline = Instant::now() + Duration::from_secs(3);
    while Instant::now() < deadline {
        assert!(capture.next().unwrap().is_none(), "a packet by itself");
    }
}

#[test]
fn ipv6_is_ready_at_once() {
    if !inside("ipv6_is_ready_at_once") {
        return;
    }
    let (one, two) = ("fd00::1", "fd00::2");
    let address = |text: &str| text.parse::<Ipv6Addr>().unwrap();
    for quick in [false, true] {
        let network = NetworkPlan::new()
            .host(HostPlan::new("client"))
            .host(HostPlan::new("server"))
            .link(LinkPlan::new(
                End::new("client", "eth0")
                    .address(address(one), 64)
                    .quick_ack(quick),
                End::new("server", "eth0")
                    .address(address(two), 64)
                    .quick_ack(quick),
            ))
            .build()
            .unwrap();
        let to = SocketAddr::from((address(two), 21));
        assert_eq!(transfer(&network, to, 5000), 5000);
    }
}

#[test]
fn what_the_plan_asks_for_is_what_the_kernel_has() {
    if !inside("what_the_plan_asks_for_is_what_the_kernel_has") {
        return;
    }
    let network = NetworkPlan::new()
        .host(
            HostPlan::new("client")
                .sysctl("net.ipv4.tcp_timestamps", "0")
                .sysctl("net.ipv4.ip_local_port_range", "3171 3199")
                .gateway(SERVER.into()),
        )
        .host(HostPlan::new("server"))
        .link(
            LinkPlan::new(
                End::new("client", "eth0")
                    .address(CLIENT, 24)
                    .quick_ack(true)
                    .mac(tracer::MacAddr([2, 0, 0, 0xaa, 0xbb, 0xcc])),
                End::new("server", "uplink").address(SERVER, 24),
            )
            .mtu(1400),
        )
        .one_cpu(true)
        .build()
        .unwrap();
    let client = network.host("client").unwrap();
    let link = output(client, &["ip", "link", "show", "eth0"]);
    assert!(link.contains("mtu 1400"), "{link}");
    assert!(link.contains("02:00:00:aa:bb:cc"), "{link}");
    let routes = output(client, &["ip", "route"]);
    let default = "default via 10.0.0.2 dev eth0 proto static quickack 1";
    assert!(routes.contains(default), "{routes}");
    let own = "10.0.0.0/24 dev eth0 proto static scope link src 10.0.0.1 quickack 1";
    assert!(routes.contains(own), "{routes}");
    assert_eq!(
        output(client, &["cat", "/proc/sys/net/ipv4/tcp_timestamps"]),
        "0\n"
    );
    let range = output(client, &["cat", "/proc/sys/net/ipv4/ip_local_port_range"]);
    assert_eq!(range, "3171\t3199\n");
    assert_eq!(output(client, &["nproc"]), "1\n");
    let server = network.host("server").unwrap();
    let timestamps = output(server, &["cat", "/proc/sys/net/ipv4/tcp_timestamps"]);
    assert_eq!(timestamps, "1\n");
    let features = output(server, &["ethtool", "-k", "uplink"]);
    for feature in ["rx-checksumming", "tx-checksumming", "tx-tcp-segmentation"] {
        assert!(features.contains(&format!("{feature}: off")), "{features}");
    }
    assert!(output(server, &["ip", "-6", "address"]).is_empty());
}

#[test]
fn a_refusal_names_the_host_and_the_action() {
    if !inside("a_refusal_names_the_host_and_the_action") {
        return;
    }
    let unknown = NetworkPlan::new()
        .host(HostPlan::new("client").sysctl("net.ipv4.no_such_thing", "1"))
        .build()
        .unwrap_err();
    assert_eq!(
        unknown.to_string(),
        "host \"client\": setting net.ipv4.no_such_thing to \"1\": \
         No such file or directory (os error 2)"
    );
    let far = NetworkPlan::new()
        .host(HostPlan::new("client").gateway(SERVER.into()))
        .build()
        .unwrap_err();
    assert!(
        far.to_string()
            .contains("adding a route by way of 10.0.0.2: "),
        "{far}"
    );
    let small = NetworkPlan::new()
        .host(HostPlan::new("client"))
        .host(HostPlan::new("server"))
        .link(LinkPlan::new(End::new("client", "eth0"), End::new("server", "eth0")).mtu(10))
        .build()
        .unwrap_err();
    assert!(
        small.to_string().contains("making a veth pair: "),
        "{small}"
    );
}

#[test]
fn a_task_that_panics_hangs_or_is_aborted_is_an_error() {
    if !inside("a_task_that_panics_hangs_or_is_aborted_is_an_error") {
        return;
    }
    let network = NetworkPlan::new()
        .host(HostPlan::new("client"))
        .build()
        .unwrap();
    let host = network.host("client").unwrap();
    assert_eq!(host.run(LIMIT, || async { 1 + 1 }), Ok(2));
    // What a task holds need not be Send.
    let local = host.run(LIMIT, || async {
        let counter = std::rc::Rc::new(std::cell::Cell::new(1));
        let again = std::rc::Rc::clone(&counter);
        tokio::task::spawn_local(async move { again.set(2) })
            .await
            .unwrap();
        counter.get()
    });
    assert_eq!(local, Ok(2));
    let client = || "client".to_owned();
    assert_eq!(
        host.run(LIMIT, || async { panic!("out of ideas") }),
        Err::<(), _>(HostError::Panicked {
            host: client(),
            message: "out of ideas".into()
        })
    );
    let limit = Duration::from_millis(20);
    assert_eq!(
        host.run(limit, std::future::pending::<()>),
        Err(HostError::TimedOut {
            host: client(),
            limit
        })
    );
    let mut task = host.spawn(std::future::pending::<()>);
    task.abort();
    assert_eq!(task.wait(LIMIT), Err(HostError::Aborted { host: client() }));
    let task = host.spawn(std::future::pending::<()>);
    drop(network);
    assert_eq!(task.wait(LIMIT), Err(HostError::Gone { host: client() }));
}

fn two_hosts() -> NetworkPlan {
    NetworkPlan::new()
        .host(HostPlan::new("client"))
        .host(HostPlan::new("server"))
        .link(LinkPlan::new(
            End::new("client", "eth0").address(CLIENT, 24),
            End::new("server", "eth0").address(SERVER, 24),
        ))
}

fn capture(network: &Network, host: &str) -> Capture {
    let open = || async { Capture::open(&CaptureOptions::new("eth0")) };
    network
        .host(host)
        .unwrap()
        .run(LIMIT, open)
        .unwrap()
        .unwrap()
}

fn drain(capture: &mut Capture) -> Vec<Vec<u8>> {
    let mut seen = Vec::new();
    while let Some(frame) = capture.next().unwrap() {
        seen.push(frame.bytes.to_vec());
    }
    assert_eq!(capture.statistics().unwrap().dropped, 0);
    seen
}

/// Sends `bytes` from the client to the server; what the server received.
fn transfer(network: &Network, to: SocketAddr, bytes: usize) -> usize {
    let (server, client) = (
        network.host("server").unwrap(),
        network.host("client").unwrap(),
    );
    let listener = server
        .run(LIMIT, move || TcpListener::bind(to))
        .unwrap()
        .unwrap();
    let accepting = server.spawn(move || async move {
        let (mut stream, _) = listener.accept().await?;
        let mut received = Vec::new();
        stream.read_to_end(&mut received).await
    });
    client
        .run(LIMIT, move || async move {
            let mut stream = TcpStream::connect(to).await?;
            stream.write_all(&vec![7; bytes]).await?;
            stream.shutdown().await?;
            // The server's FIN.
            stream.read(&mut [0]).await
        })
        .unwrap()
        .unwrap();
    accepting.wait(LIMIT).unwrap().unwrap()
}

/// What a program prints when it runs on the host.
fn output(host: &Host, command: &'static [&'static str]) -> String {
    let run = move || async move {
        tokio::process::Command::new(command[0])
            .args(&command[1..])
            .output()
            .await
    };
    let output = host.run(LIMIT, run).unwrap().unwrap();
    assert!(output.status.success(), "{command:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

pub(crate) fn tcp_checksum(frame: &[u8]) -> u16 {
    let total = usize::from(u16::from_be_bytes([frame[16], frame[17]]));
    let segment = &frame[34..14 + total];
    let pseudo = u32::from(internet_checksum(&frame[26..34], 0));
    internet_checksum(segment, pseudo + 6 + u32::try_from(segment.len()).unwrap())
}

/// RFC 1071, without the final complement: 0xffff when a checksum among the bytes is right.
pub(crate) fn internet_checksum(bytes: &[u8], start: u32) -> u16 {
    let mut sum = start;
    for pair in bytes.chunks(2) {
        sum += u32::from(u16::from_be_bytes([pair[0], *pair.get(1).unwrap_or(&0)]));
    }
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    u16::try_from(sum).unwrap()
}

const INSIDE: &str = "FTPLAB_TEST_INSIDE";

/// Whether this process already runs in a private network. If not, the test of this module is
/// run there, and its failure is ours.
fn inside(test: &str) -> bool {
    inside_at(&format!("net::tests::{test}"))
}

/// The same for a test of any module, by its whole path in the crate.
pub(crate) fn inside_at(test: &str) -> bool {
    if std::env::var_os(INSIDE).is_some() {
        return true;
    }
    let arguments = ["--user", "--map-root-user", "--net"];
    let allowed = Command::new("unshare").args(arguments).arg("true").output();
    match allowed {
        Ok(output) if output.status.success() => {}
        refused => {
            assert!(std::env::var_os("CI").is_none(), "unshare: {refused:?}");
            eprintln!("skipped {test}: unshare: {refused:?}");
            return false;
        }
    }
    let output = Command::new("unshare")
        .args(arguments)
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(INSIDE, "1")
        .output()
        .unwrap();
    let said = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    eprint!("{said}");
    assert!(output.status.success(), "inside the namespace: {said}");
    assert!(said.contains("1 passed"), "the test did not run: {said}");
    false
}
