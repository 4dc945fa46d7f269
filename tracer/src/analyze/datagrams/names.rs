//! Names of ports and protocols by their numbers.

use crate::Transport;
use crate::note::Unexplained;

/// What a UDP port is for.
pub(super) fn service(port: u16) -> Option<&'static str> {
    Some(match port {
        53 => "DNS",
        67 | 68 => "DHCP",
        69 => "TFTP",
        123 => "NTP",
        137 | 138 => "NetBIOS",
        161 | 162 => "SNMP",
        443 => "QUIC",
        500 | 4500 => "IPsec",
        514 => "syslog",
        546 | 547 => "DHCPv6",
        1900 => "SSDP",
        5353 => "mDNS",
        5355 => "LLMNR",
        _ => return None,
    })
}

/// IP protocols by number (IANA's registry).
pub(super) fn protocol_name(protocol: u8) -> Option<&'static str> {
    Some(match protocol {
        2 => "IGMP",
        4 => "IPv4 in IP",
        41 => "IPv6 in IP",
        46 => "RSVP",
        47 => "GRE",
        50 => "ESP",
        51 => "AH",
        58 => "ICMPv6",
        59 => "no next header",
        88 => "EIGRP",
        89 => "OSPF",
        103 => "PIM",
        112 => "VRRP",
        115 => "L2TP",
        132 => "SCTP",
        136 => "UDP-Lite",
        _ => return None,
    })
}

/// Protocols of the link by `EtherType` (IANA's registry); 0 is an 802.3 length.
pub(crate) fn ethertype_name(ethertype: u16) -> Option<&'static str> {
    Some(match ethertype {
        0 => "802.2 LLC",
        0x8035 => "RARP",
        0x809b => "AppleTalk",
        0x8137 => "IPX",
        0x8808 => "Ethernet flow control",
        0x8809 => "LACP",
        0x8847 | 0x8848 => "MPLS",
        0x8863 | 0x8864 => "PPPoE",
        0x888e => "802.1X",
        0x88cc => "LLDP",
        0x88e5 => "MACsec",
        0x88f7 => "PTP",
        0x9000 => "loopback test",
        _ => return None,
    })
}

/// What to say of a transport that is not explained.
pub(crate) fn unknown_transport(transport: &Transport<'_>) -> Unexplained {
    let protocol = match transport {
        Transport::Malformed(bad) => {
            return Unexplained::Malformed {
                layer: bad.layer,
                problem: bad.problem,
            };
        }
        Transport::Udp(udp) => format!("UDP {} > {}", udp.src_port, udp.dst_port),
        Transport::Icmp(icmp) => format!("ICMP type {} code {}", icmp.kind, icmp.code),
        Transport::Fragment(_) => "IP fragment".to_owned(),
        Transport::Other { protocol } => format!("IP protocol {protocol}"),
        Transport::Tcp(_) => "TCP".to_owned(),
    };
    Unexplained::Protocol { protocol }
}
