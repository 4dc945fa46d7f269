//! Names in place of numbers, as tcpdump prints them without `-n`: from this machine's files.
//!
//! tcpdump also asks the name servers of the network for hosts. Nothing here does: a tracer that
//! sends packets while it watches would see itself, and a name would depend on who asks.

use std::fs::File;
use std::io::Read;
use std::net::IpAddr;
use std::sync::OnceLock;

use foldhash::fast::RandomState;
use hashbrown::HashMap;

/// Of a file; more than a machine's own files ever hold.
const MAX_FILE: u64 = 4 << 20;

/// What `/etc/services` and `/etc/hosts` say.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    tcp: HashMap<u16, Box<str>, RandomState>,
    udp: HashMap<u16, Box<str>, RandomState>,
    hosts: HashMap<IpAddr, Box<str>, RandomState>,
}

impl Names {
    /// Of this machine; a file that cannot be read has no names. With `short`, hosts lose their
    /// domain (`-N`).
    pub(super) fn of_this_machine(short: bool) -> Self {
        let mut names = Self::default();
        names.services(&read("/etc/services"));
        names.hosts(&read("/etc/hosts"), short);
        names
    }

    pub(super) fn tcp(&self, port: u16) -> Option<&str> {
        self.tcp.get(&port).map(AsRef::as_ref)
    }

    pub(super) fn udp(&self, port: u16) -> Option<&str> {
        self.udp.get(&port).map(AsRef::as_ref)
    }

    pub(super) fn host(&self, address: IpAddr) -> Option<&str> {
        self.hosts.get(&address).map(AsRef::as_ref)
    }

    /// `ftp 21/tcp`: the first name of a port is the one.
    fn services(&mut self, text: &str) {
        for mut words in lines(text) {
            let (Some(name), Some(place)) = (words.next(), words.next()) else {
                continue;
            };
            let Some((port, protocol)) = place.split_once('/') else {
                continue;
            };
            let table = match protocol {
                "tcp" => &mut self.tcp,
                "udp" => &mut self.udp,
                _ => continue,
            };
            if let (Ok(port), true) = (port.parse(), is_plain(name)) {
                table.entry(port).or_insert_with(|| name.into());
            }
        }
    }

    /// `127.0.0.1 localhost`: the first name of an address is the one.
    fn hosts(&mut self, text: &str, short: bool) {
        for mut words in lines(text) {
            let (Some(address), Some(name)) = (words.next(), words.next()) else {
                continue;
            };
            let name = match name.split_once('.') {
                Some((host, _)) if short => host,
                _ => name,
            };
            if let (Ok(address), true) = (address.parse(), is_plain(name)) {
                self.hosts.entry(address).or_insert_with(|| name.into());
            }
        }
    }
}

/// The port that a service's name stands for, on this machine; those of FTP on any.
pub(crate) fn port_of(name: &str) -> Option<u16> {
    static PORTS: OnceLock<HashMap<Box<str>, u16, RandomState>> = OnceLock::new();
    let ports = PORTS.get_or_init(|| {
        let mut ports = HashMap::default();
        for (name, port) in [("ftp", 21), ("ftp-data", 20), ("domain", 53)] {
            ports.insert(name.into(), port);
        }
        for mut words in lines(&read("/etc/services")) {
            let place = words.next().zip(words.next());
            let port = place.and_then(|(name, place)| Some((name, place.split_once('/')?.0)));
            if let Some((name, port)) = port
                && let Ok(port) = port.parse()
            {
                ports.entry(name.into()).or_insert(port);
            }
        }
        ports
    });
    ports.get(name).copied()
}

fn read(path: &str) -> String {
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(MAX_FILE).read_to_end(&mut bytes));
    if read.is_err() {
        bytes.clear();
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The words of each line, without comments.
fn lines(text: &str) -> impl Iterator<Item = std::str::SplitAsciiWhitespace<'_>> {
    text.lines().map(|line| {
        let end = line.find('#').unwrap_or(line.len());
        line.get(..end).unwrap_or_default().split_ascii_whitespace()
    })
}

/// A name goes to a terminal, so it must be one.
fn is_plain(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic())
}

/// The protocols that IP carries, by the keywords of their registry (and no other spelling on
/// another machine); `?` for those without one.
const PROTOCOLS: &str = "\
    hopopt icmp igmp ggp ipencap st tcp cbt egp igp bbn-rcc-mon nvp-ii pup argus emcon xnet \
    chaos udp mux dcn-meas hmp prm xns-idp trunk-1 trunk-2 leaf-1 leaf-2 rdp irtp iso-tp4 \
    netblt mfe-nsp merit-inp dccp 3pc idpr xtp ddp idpr-cmtp tp++ il ipv6 sdrp ipv6-route \
    ipv6-frag idrp rsvp gre dsr bna esp ah i-nlsp swipe narp mobile tlsp skip ipv6-icmp \
    ipv6-nonxt ipv6-opts ? cftp ? sat-expak kryptolan rvd ippc ? sat-mon visa ipcv cpnx rspf \
    wsn pvp br-sat-mon sun-nd wb-mon wb-expak iso-ip vmtp secure-vmtp vines ttp nsfnet-igp \
    dgp tcf eigrp ospf sprite-rpc larp mtp ax.25 ipip micp scc-sp etherip encap ? gmtp ifmp \
    pnni pim aris scps qnx a/n ipcomp snp compaq-peer ipx-in-ip vrrp pgm ? l2tp ddx iatp stp \
    srp uti smp sm ptp isis fire crtp crudp sscopmce iplt sps pipe sctp fc rsvp-e2e-ignore \
    mobility-header udplite mpls-in-ip manet hip shim6 wesp rohc";

pub(super) fn protocol(number: u8) -> Option<&'static str> {
    match number {
        253 => Some("exptest-253"),
        254 => Some("exptest-254"),
        255 => Some("reserved"),
        _ => PROTOCOLS
            .split(' ')
            .nth(number.into())
            .filter(|name| *name != "?"),
    }
}

/// The address families of IANA's registry.
pub(super) const ADDRESS_FAMILIES: [(u32, &str); 18] = [
    (0, "Reserved"),
    (1, "IPv4"),
    (2, "IPv6"),
    (3, "NSAP"),
    (4, "HDLC"),
    (5, "BBN 1822"),
    (6, "802"),
    (7, "E.163"),
    (8, "E.164"),
    (9, "F.69"),
    (10, "X.121"),
    (11, "Novell IPX"),
    (12, "Appletalk"),
    (13, "Decnet IV"),
    (14, "Banyan Vines"),
    (15, "E.164 with NSAP subaddress"),
    (25, "VPLS"),
    (196, "Layer-2 VPN"),
];

/// The owner of the first three bytes of an Ethernet address, as far as tcpdump knows any.
pub(super) const fn vendor([a, b, c, ..]: [u8; 6]) -> &'static str {
    match u32::from_be_bytes([0, a, b, c]) {
        0x00_0000 => "Ethernet",
        0x00_000c => "Cisco",
        0x00_005e => "IANA",
        0x00_0081 => "Nortel Networks SONMP",
        0x00_00f8 => "Cisco bridged",
        0x00_049f => "Freescale",
        0x00_04ea => "HP-Labs",
        0x00_1018 => "Broadcom",
        0x00_120f => "IEEE 802.3 Private",
        0x00_12bb => "ANSI/TIA",
        0x00_15ad => "Netronome",
        0x00_1b21 => "DCBX",
        0x00_2320 => "Nicira Networks",
        0x00_2481 => "HP",
        0x00_80c2 => "Ethernet bridged",
        0x00_9069 => "Juniper",
        0x00_a03e => "ATM Forum",
        0x00_e004 => "PMC-Sierra",
        0x00_e02f => "DOCSIS Spanning Tree",
        0x08_0007 => "Appletalk",
        0x08_0009 => "Hewlett-Packard",
        0x5c_16c7 => "Big Switch Networks",
        0x74_8771 => "Infoblox Inc",
        0xa4_2305 => "Open Networking Lab",
        0xb0_d2f5 => "Vello Systems",
        0xd0_f0db => "Ericsson",
        _ => "Unknown",
    }
}

/// tcpdump's names for what IP carries.
pub(super) const fn protocol_name(protocol: u8) -> &'static str {
    match protocol {
        0 => "Options",
        1 => "ICMP",
        2 => "IGMP",
        4 => "IPIP",
        6 => "TCP",
        8 => "EGP",
        9 => "IGRP",
        17 => "UDP",
        33 => "DCCP",
        41 => "IPv6",
        43 => "Routing",
        44 => "Fragment",
        46 => "RSVP",
        47 => "GRE",
        50 => "ESP",
        51 => "AH",
        55 => "Mobile IP",
        58 => "ICMPv6",
        62 => "Mobile IP (old)",
        88 => "EIGRP",
        89 => "OSPF",
        103 => "PIM",
        108 => "Compressed IP",
        112 => "VRRP",
        113 => "PGM",
        132 => "SCTP",
        135 => "Mobility",
        143 => "Ethernet",
        _ => "unknown",
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::{Names, protocol};

    #[test]
    fn the_first_name_counts_and_comments_do_not() {
        let mut names = Names::default();
        names.services("ftp 21/tcp\n# x 22/tcp\nfsp 21/udp fspd # y\nlater 21/tcp\nbad\nx y/tcp");
        assert_eq!((names.tcp(21), names.udp(21)), (Some("ftp"), Some("fsp")));
        assert_eq!(names.tcp(22), None);
        names.hosts(
            "10.0.0.1 ftp.example.org ftp\n\u{1b} x\n10.0.0.1 other",
            false,
        );
        let host = |names: &Names| {
            let found = names.host(Ipv4Addr::new(10, 0, 0, 1).into());
            found.map(ToOwned::to_owned)
        };
        assert_eq!(host(&names).as_deref(), Some("ftp.example.org"));
        let mut names = Names::default();
        names.hosts("10.0.0.1 ftp.example.org ftp", true);
        assert_eq!(host(&names).as_deref(), Some("ftp"));
    }

    #[test]
    fn protocols_have_the_registry_s_names() {
        let names = [0, 6, 63, 132, 142, 143, 253].map(protocol);
        let expected = ["hopopt", "tcp", "", "sctp", "rohc", "", "exptest-253"];
        assert_eq!(names.map(Option::unwrap_or_default), expected);
    }
}
