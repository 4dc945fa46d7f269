//! The resolver on a host, asked from another, with tcpdump as the oracle.

use std::io::{ErrorKind, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::process::{Command, Stdio};
use std::time::Duration;

use tokio::net::UdpSocket;
use tracer::{Capture, CaptureOptions, LinkType, PcapWriter, Precision};

use super::{Answer, Lookup, Zone};
use crate::net::tests::inside_at;
use crate::net::{End, HostPlan, LinkPlan, NetworkPlan};

const LIMIT: Duration = Duration::from_secs(20);
const CLIENT: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 1);
const RESOLVER: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 3);
const MICROSOFT: Ipv4Addr = Ipv4Addr::new(207, 46, 133, 140);

fn zone() -> Zone {
    let ip = |last| Ipv4Addr::new(207, 46, 138, last);
    let answer = Answer::new("ftp.microsoft.com", [MICROSOFT])
        .server("microsoft.com", "dns10.cp.msft.net", ip(20))
        .server("microsoft.com", "dns11.sj.msft.net", ip(21))
        .server("microsoft.com", "dns12.dc.msft.net", ip(22))
        .server("microsoft.com", "dns13.tk.msft.net", ip(23));
    Zone::new().answer(answer)
}

#[test]
fn the_question_and_the_answer_of_the_active_trace() {
    let test = "net::dns::tests::the_question_and_the_answer_of_the_active_trace";
    if !inside_at(test) {
        return;
    }
    let network = NetworkPlan::new()
        .host(HostPlan::new("client"))
        .host(HostPlan::new("resolver"))
        .link(
            LinkPlan::new(
                End::new("client", "eth0").address(CLIENT, 24),
                End::new("resolver", "eth0").address(RESOLVER, 24),
            )
            .static_neighbours(true),
        )
        .build()
        .unwrap();
    let (client, resolver) = (
        network.host("client").unwrap(),
        network.host("resolver").unwrap(),
    );
    let open = || async { Capture::open(&CaptureOptions::new("eth0")) };
    let mut capture = client.run(LIMIT, open).unwrap().unwrap();
    let at = SocketAddr::from((RESOLVER, 53));
    let binding = move || UdpSocket::bind(at);
    let socket = resolver.run(LIMIT, binding).unwrap().unwrap();
    let mut serving = resolver.spawn(move || zone().serve(socket));

    let lookup = Lookup::new("ftp.microsoft.com").from((CLIENT, 3170).into());
    let asking = move || async move { lookup.ask(at, LIMIT).await };
    let resolved = client.run(LIMIT, asking).unwrap().unwrap();
    assert_eq!(resolved.addresses, [MICROSOFT]);
    assert_eq!((resolved.records, resolved.length), ([1, 4, 4], 215));
    let unknown = move || async move { Lookup::new("ftp.example.").id(2).ask(at, LIMIT).await };
    let error = client.run(LIMIT, unknown).unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
    // Nobody listens there, and the client's host says so at once.
    let nobody = SocketAddr::from((RESOLVER, 54));
    let refused = move || async move { Lookup::new("a").ask(nobody, LIMIT).await };
    let error = client.run(LIMIT, refused).unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionRefused, "{error}");
    serving.abort();

    let mut pcap = PcapWriter::new(Vec::new(), LinkType::Ethernet, Precision::Nanos).unwrap();
    while let Some(frame) = capture.next().unwrap() {
        pcap.write(&frame).unwrap();
    }
    let pcap = pcap.finish().unwrap();
    // As root it would become a user of its own, for whom there is no number in this namespace.
    let read = Command::new("unshare")
        .args(["--user", "tcpdump", "-nn", "-t", "-r", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn();
    let mut read = read.unwrap();
    // Less than a pipe takes at once. Who is not there does not read it.
    let _ = read.stdin.take().unwrap().write_all(&pcap);
    let read = read.wait_with_output().unwrap();
    if read.status.code() == Some(127) {
        assert!(std::env::var_os("CI").is_none(), "no tcpdump");
        eprintln!("skipped the comparison with tcpdump, which is not there");
        return;
    }
    let said = String::from_utf8(read.stdout).unwrap();
    let mut lines = said.lines();
    assert_eq!(
        lines.next(),
        Some("IP 10.0.0.1.3170 > 10.0.0.3.53: 1+ A? ftp.microsoft.com. (35)")
    );
    assert_eq!(
        lines.next(),
        Some("IP 10.0.0.3.53 > 10.0.0.1.3170: 1 1/4/4 A 207.46.133.140 (215)")
    );
    let unknown = lines.nth(1).unwrap();
    assert!(unknown.contains("2 NXDomain 0/0/0 (29)"), "{said}");
}

#[test]
fn what_is_no_question_gets_no_answer() {
    let zone = zone();
    for message in [&b""[..], b"\0", &[0; 11], &[0xff; 512], &[0xc0; 64]] {
        assert_eq!(zone.respond(message), None, "{message:?}");
    }
    // An answer is not answered: else two resolvers could talk forever.
    let mut question = query(b"\x03ftp\x09microsoft\x03com\0", 1);
    assert!(zone.respond(&question).is_some());
    question[2] |= 0x80;
    assert_eq!(zone.respond(&question), None);
}

#[test]
fn a_name_without_the_type_and_an_unknown_name_differ() {
    let zone = zone();
    // AAAA of a name that has only A: no error, no record.
    let answer = zone
        .respond(&query(b"\x03FTP\x09microsoft\x03com\0", 28))
        .unwrap();
    assert_eq!((answer[3] & 15, &answer[6..12]), (0, &[0; 6][..]));
    let answer = zone.respond(&query(b"\x03ftp\x03com\0", 28)).unwrap();
    assert_eq!((answer[3] & 15, &answer[6..12]), (3, &[0; 6][..]));
}

#[test]
fn a_zone_that_cannot_be_told_is_refused() {
    let many = (0..33).map(|n| Ipv4Addr::new(10, 0, 0, n));
    let error = Zone::new()
        .answer(Answer::new("a", many))
        .check()
        .unwrap_err();
    assert_eq!(error.to_string(), "a: more than 32 records");
    let label = "x".repeat(64);
    let error = Zone::new().answer(Answer::new(&label, [])).check();
    assert!(error.is_err());
    assert!(zone().check().is_ok());
}

#[test]
fn only_the_answer_to_the_question_is_taken() {
    let zone = zone();
    let answer = zone
        .respond(&query(b"\x03ftp\x09microsoft\x03com\0", 1))
        .unwrap();
    let lookup = Lookup::new("ftp.microsoft.com.").id(7);
    assert!(lookup.read(&answer).unwrap().is_ok());
    assert!(lookup.clone().id(8).read(&answer).is_none());
    assert!(Lookup::new("microsoft.com").id(7).read(&answer).is_none());
    // Cut anywhere, it is not taken for another answer, and nothing breaks.
    for length in 0..answer.len() {
        assert!(lookup.read(&answer[..length]).is_none(), "{length}");
    }
}

/// A question with id 7.
fn query(name: &[u8], kind: u8) -> Vec<u8> {
    let mut bytes = vec![0, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    bytes.extend(name);
    bytes.extend([0, kind, 0, 1]);
    bytes
}
