//! Real frames, then the same frames damaged.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use proptest::prelude::*;

use super::decode;
use crate::{
    ArpOperation, Fragment, Frame, Link, LinkType, MacAddr, Network, Packet, Seq, TcpFlags,
    TcpOption, Timestamp, Transport,
};

/// `10.0.0.1.3171 > 10.0.0.2.21: S` with MSS, SACK, timestamps and window scale.
const SYN: [u8; 74] = [
    2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0, // Ethernet
    0x45, 0, 0, 60, 0x12, 0x34, 0x40, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2, // IPv4
    0x0c, 0x63, 0, 21, 0x05, 0x39, 0xb6, 0xf2, 0, 0, 0, 0, 0xa0, 2, 0xff, 0xff, 0xab, 0xcd, 0, 0,
    2, 4, 5, 0xb4, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 0, 1, 3, 3, 7, // options
];

/// `fe80::1 > fe80::2`, hop-by-hop options, an atomic fragment, then TCP with 4 bytes.
const V6: [u8; 94] = [
    2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x86, 0xdd, // Ethernet
    0x60, 0, 0, 0, 0, 40, 0, 64, // IPv6: 40 bytes follow, hop-by-hop first
    0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, //
    0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, //
    44, 0, 1, 4, 0, 0, 0, 0, // hop-by-hop: PadN
    6, 0, 0, 0, 0, 0, 0, 7, // fragment: offset 0, no more, id 7
    0, 21, 0x0c, 0x63, 0, 0, 0, 9, 0, 0, 0, 8, 0x51, 0x18, 0, 1, 0, 0, 0, 0, // TCP, AE set
    b'2', b'2', b'0', b' ',
];

const ARP: [u8; 60] = {
    let mut frame = [0; 60];
    let head = [
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 1, 8, 6, // Ethernet
        0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 1, 10, 0, 0, 1, 0, 0, 0, 0, 0, 0, 10, 0, 0, 2,
    ];
    let mut i = 0;
    while i < head.len() {
        frame[i] = head[i];
        i += 1;
    }
    frame
};

fn frame(link: LinkType, bytes: &[u8]) -> Frame<'_> {
    Frame {
        time: Timestamp::new(1, 2),
        odd_time: None,
        wire_len: u32::try_from(bytes.len()).unwrap(),
        link,
        bytes,
    }
}

fn ethernet(bytes: &[u8]) -> Packet<'_> {
    decode(&frame(LinkType::Ethernet, bytes))
}

#[test]
fn reads_a_syn() {
    let packet = ethernet(&SYN);
    assert_eq!(
        packet.link,
        Link::Ethernet {
            src: MacAddr([2, 0, 0, 0, 0, 1]),
            dst: MacAddr([2, 0, 0, 0, 0, 2]),
            vlan: None
        }
    );
    let (ip, tcp) = packet.tcp().unwrap();
    assert_eq!(ip.src, IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1)));
    assert_eq!(ip.dst, IpAddr::V4(Ipv4Addr::new(10, 0, 0, 2)));
    assert_eq!((ip.ttl, ip.id, ip.dont_fragment), (64, 0x1234, true));
    assert_eq!(ip.fragment, None);
    assert_eq!((tcp.src_port, tcp.dst_port), (3171, 21));
    assert_eq!((tcp.seq, tcp.ack), (Seq(0x0539_b6f2), Seq(0)));
    assert_eq!((tcp.flags, tcp.window), (TcpFlags::SYN, 65535));
    assert_eq!((tcp.checksum, tcp.urgent), (0xabcd, 0));
    assert_eq!((tcp.len, tcp.payload), (0, &[][..]));
    let options: Vec<_> = tcp.options.iter().collect();
    assert_eq!(
        options,
        [
            TcpOption::Mss(1460),
            TcpOption::SackPermitted,
            TcpOption::Timestamps { value: 1, echo: 0 },
            TcpOption::Nop,
            TcpOption::WindowScale(7),
        ]
    );
}

#[test]
fn looks_behind_extension_headers() {
    let packet = ethernet(&V6);
    let (ip, tcp) = packet.tcp().unwrap();
    assert_eq!(ip.src, "fe80::1".parse::<Ipv6Addr>().unwrap());
    assert_eq!((ip.id, ip.fragment), (7, None));
    assert_eq!(
        tcp.flags,
        TcpFlags::AE.union(TcpFlags::PSH).union(TcpFlags::ACK)
    );
    assert_eq!((tcp.payload, tcp.len), (&b"220 "[..], 4));

    let mut later = V6;
    later[65] = 0x09; // fragment offset 8, more to come
    let packet = ethernet(&later);
    let ip = packet.ip().unwrap();
    assert_eq!(
        ip.fragment,
        Some(Fragment {
            offset: 8,
            len: 24,
            more: true,
            protocol: 6,
        })
    );
    assert!(matches!(ip.transport, Transport::Fragment(bytes) if bytes.len() == 24));
}

#[test]
fn extension_headers_are_bounded() {
    let mut bytes = V6[..54].to_vec();
    bytes[18..20].copy_from_slice(&800u16.to_be_bytes());
    bytes.extend([0; 800]);
    let packet = ethernet(&bytes);
    assert!(matches!(
        packet.ip().unwrap().transport,
        Transport::Malformed(m) if m.problem == "too many extension headers"
    ));
}

#[test]
fn padding_is_not_payload_and_cut_bytes_are() {
    let mut bytes = SYN[..54].to_vec();
    bytes[17] = 42; // IP total length: 20 + 20 + 2
    bytes[46] = 0x50;
    bytes.extend(*b"ok____");
    let packet = ethernet(&bytes);
    let (_, tcp) = packet.tcp().unwrap();
    assert_eq!((tcp.payload, tcp.len), (&b"ok"[..], 2));

    let cut = Frame {
        wire_len: 60,
        ..frame(LinkType::Ethernet, &bytes[..55])
    };
    let packet = decode(&cut);
    let (_, tcp) = packet.tcp().unwrap();
    assert_eq!((tcp.payload, tcp.len), (&b"o"[..], 2));

    // Segmentation offload leaves the total length empty: the frame's length counts.
    bytes[17] = 0;
    let packet = ethernet(&bytes);
    let (_, tcp) = packet.tcp().unwrap();
    assert_eq!((tcp.payload, tcp.len), (&b"ok____"[..], 6));
}

#[test]
fn every_link_type_leads_to_the_same_segment() {
    let ip = &SYN[14..];
    let mut qinq = SYN[..12].to_vec();
    qinq.extend([0x88, 0xa8, 0x20, 5, 0x81, 0, 0, 6, 8, 0]);
    let mut sll = vec![0; 14];
    sll.extend([8, 0]);
    let mut sll2 = vec![0; 20];
    sll2[0] = 8;
    let cases = [
        (LinkType::Ethernet, qinq),
        (LinkType::LinuxSll, sll),
        (LinkType::LinuxSll2, sll2),
        (LinkType::Null, vec![2, 0, 0, 0]),
        (LinkType::Null, vec![0, 0, 0, 2]),
        (LinkType::Loop, vec![0, 0, 0, 2]),
        (LinkType::Raw, vec![]),
    ];
    for (link, mut bytes) in cases {
        bytes.extend(ip);
        let packet = decode(&frame(link, &bytes));
        let (_, tcp) = packet.tcp().unwrap_or_else(|| panic!("{link}: {packet:?}"));
        assert_eq!(tcp.dst_port, 21, "{link}");
        if let Link::Ethernet { vlan, .. } = packet.link {
            assert_eq!(vlan, Some(0x2005));
        }
    }
}

#[test]
fn reads_arp_past_its_padding() {
    let Network::Arp(arp) = ethernet(&ARP).network else {
        panic!("not ARP")
    };
    assert_eq!(arp.operation, ArpOperation::Request);
    assert_eq!(arp.sender_mac, MacAddr([2, 0, 0, 0, 0, 1]));
    assert_eq!(arp.target_ip, Ipv4Addr::new(10, 0, 0, 2));
}

#[test]
fn fragments_keep_their_place() {
    let mut bytes = SYN;
    bytes[20] = 0x20; // more fragments, offset 0
    let packet = ethernet(&bytes);
    let first = packet.ip().unwrap();
    assert_eq!(
        first.fragment,
        Some(Fragment {
            offset: 0,
            len: 40,
            more: true,
            protocol: 6,
        })
    );
    assert!(matches!(first.transport, Transport::Tcp(_)));
    bytes[21] = 3;
    let packet = ethernet(&bytes);
    let later = packet.ip().unwrap();
    assert_eq!(later.fragment.unwrap().offset, 24);
    assert!(matches!(later.transport, Transport::Fragment(_)));
}

#[test]
fn says_what_is_wrong() {
    let problem = |at: usize, value: u8| {
        let mut bytes = SYN;
        bytes[at] = value;
        match ethernet(&bytes).network {
            Network::Malformed(m) => m.problem,
            Network::Ip(ip) => match ip.transport {
                Transport::Malformed(m) => m.problem,
                _ => "nothing",
            },
            _ => "nothing",
        }
    };
    assert_eq!(problem(14, 0x55), "version is not 4");
    assert_eq!(problem(14, 0x44), "header length below 20");
    assert_eq!(problem(17, 19), "total length below header length");
    assert_eq!(problem(46, 0x40), "data offset below 5");
    assert_eq!(problem(46, 0xb0), "header longer than the segment");
    assert_eq!(problem(17, 30), "header cut short");
}

/// Reads everything a packet offers, so that a slice out of place would show.
fn touch(packet: &Packet<'_>) -> usize {
    let Some(ip) = packet.ip() else { return 0 };
    match &ip.transport {
        Transport::Tcp(tcp) => {
            assert!(tcp.payload.len() <= tcp.len as usize);
            tcp.options.iter().count() + tcp.seq_end().0 as usize
        }
        Transport::Udp(udp) => {
            assert!(udp.payload.len() <= udp.len as usize);
            udp.payload.len()
        }
        Transport::Icmp(icmp) => icmp.body.len(),
        _ => 0,
    }
}

fn any_link() -> impl Strategy<Value = LinkType> {
    prop_oneof![
        Just(LinkType::Null),
        Just(LinkType::Ethernet),
        Just(LinkType::Raw),
        Just(LinkType::Loop),
        Just(LinkType::LinuxSll),
        Just(LinkType::LinuxSll2),
        any::<u32>().prop_map(LinkType::Other),
    ]
}

proptest! {
    #[test]
    fn any_bytes_decode(
        link in any_link(),
        wire_len in any::<u32>(),
        bytes in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        let frame = Frame { time: Timestamp(0), odd_time: None, wire_len, link, bytes: &bytes };
        touch(&decode(&frame));
    }

    #[test]
    fn damaged_frames_decode(
        base in prop_oneof![Just(SYN.to_vec()), Just(V6.to_vec()), Just(ARP.to_vec())],
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
        cut in any::<prop::sample::Index>(),
        skip_link in any::<bool>(),
    ) {
        let mut bytes = base;
        for (at, value) in changes {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        let wire_len = u32::try_from(bytes.len()).unwrap();
        bytes.truncate(cut.index(bytes.len() + 1));
        let (link, from) = if skip_link { (LinkType::Raw, 14) } else { (LinkType::Ethernet, 0) };
        let bytes = bytes.get(from..).unwrap_or_default();
        touch(&decode(&Frame { time: Timestamp(0), odd_time: None, wire_len, link, bytes }));
    }
}
