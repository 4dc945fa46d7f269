//! A note of every kind beside TCP.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use tracer::note::{IcmpMessage, OtherNote, Quoted, Undelivered};

pub(super) fn others(after: Option<Duration>) -> Vec<OtherNote> {
    let address: IpAddr = Ipv4Addr::LOCALHOST.into();
    let end = SocketAddr::new(address, 1);
    let (name, kind) = ("ftp.example".to_owned(), "A".to_owned());
    vec![
        OtherNote::Udp {
            from: end,
            to: end,
            bytes: 1,
            service: Some("DNS"),
        },
        OtherNote::DnsQuestion {
            name: name.clone(),
            kind: kind.clone(),
            again: Some(1),
        },
        OtherNote::DnsAnswer {
            name: name.clone(),
            kind,
            addresses: vec![address],
            records: 1,
            failure: Some("NXDOMAIN"),
            question: Some(1),
            after,
        },
        OtherNote::Resolved {
            address,
            name,
            answer: 1,
        },
        OtherNote::Echo {
            from: address,
            to: address,
            sequence: 1,
        },
        OtherNote::EchoReply {
            from: address,
            sequence: 1,
            request: Some(1),
            after,
        },
        OtherNote::Undelivered {
            by: address,
            why: Undelivered::Port,
            mtu: Some(1280),
            about: Some(1),
            sure: true,
            syn: true,
            quoted: Some(Quoted {
                protocol: "TCP",
                from: end,
                to: end,
            }),
        },
        OtherNote::NeighborSolicitation {
            target: address,
            probe: false,
        },
        OtherNote::NeighborAdvertisement {
            target: address,
            solicitation: Some(1),
        },
        OtherNote::Icmp {
            from: address,
            message: IcmpMessage::Multicast,
        },
        OtherNote::Fragment {
            offset: 1480,
            bytes: 520,
            last: true,
            first: Some(1),
            whole: Some(2000),
            missing: Some(0),
            pieces: 2,
            known: 0,
            completes: true,
        },
        OtherNote::Protocol {
            name: "GRE",
            number: 47,
        },
    ]
}
