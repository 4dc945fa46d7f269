//! What tcpdump refuses, and what is refused by name.

use tracer::{Expression, LinkType};

use super::{captures, ours, tcpdump, tcpdump_is_here};

#[test]
fn what_tcpdump_refuses_is_refused() {
    if !tcpdump_is_here() {
        return;
    }
    let file = captures().pop().unwrap();
    for expression in [
        "10.0.0.1",
        "tcp and 21",
        "ftp",
        "host",
        "port 65536",
        "portrange 20",
        "portrange ftp-data-ftp",
        "port nosuchservice",
        "host 10.0.0.0/8",
        "src 10.0.0.0/8",
        "net 10.0.0.1/8",
        "net 10.0.0.0/33",
        "net fd00::1/64",
        "net fd00::/129",
        "tcp host 10.0.0.1",
        "ip port 21",
        "ip6 host 10.0.0.1",
        "ip host fd00::1",
        "host 1.2.3.256",
        "ether host 10.0.0.1",
        "host 02:00:00:00:00:01",
        "tcp[0:3] = 1",
        "tcp[0",
        "tcp[13] &",
        "tcp port udp port",
        "(tcp",
        "tcp)",
        "tcp or",
        "and tcp",
        "not",
        "ip[0] / 0 = 1",
        "ip[0] << 32 = 1",
        "vlan 5000",
        "port 0x",
        "port 09",
        "len",
        "tcp udp",
        "port 21 tcp",
        "tcp port domain-s-nonsense",
        "udp port ftp",
        "!",
        "ä",
        "port 21;",
    ] {
        // A range of one port is said to be none, where tcpdump takes it for one.
        if tcpdump(&file, &[], expression).is_ok() {
            assert_eq!(expression, "portrange 20");
            continue;
        }
        let refused = ours(expression, LinkType::Ethernet);
        assert!(refused.is_err(), "{expression} is accepted");
    }
}

/// tcpdump takes these; here they are refused, and the message says what to write.
#[test]
fn what_is_not_supported_is_refused_by_name() {
    for (expression, word) in [
        ("gateway router", "gateway"),
        ("ip6 protochain 6", "protochain"),
        ("atalk", "atalk"),
        ("geneve", "geneve"),
        ("on eth0", "on"),
        ("ifname eth0", "ifname"),
        ("llc i", "llc i"),
        ("wlan host 02:00:00:00:00:01", "wlan"),
        ("ip broadcast", "ip broadcast"),
    ] {
        let refused = Expression::parse(expression).unwrap_err().to_string();
        let said = format!("{word} is not supported");
        assert!(refused.contains(&said), "{expression}: {refused}");
    }
}
