//! What a network should look like: hosts, and cables between them.

mod check;

use std::net::IpAddr;
use std::time::Duration;

use tracer::MacAddr;

use super::WirePlan;
use super::route::{Metrics, Neighbour, Route};

pub use check::PlanError;

/// Hosts and the links between them. [`NetworkPlan::build`] makes it real.
#[derive(Clone, Debug, Default)]
pub struct NetworkPlan {
    pub(super) hosts: Vec<HostPlan>,
    pub(super) links: Vec<LinkPlan>,
    pub(super) one_cpu: bool,
}

impl NetworkPlan {
    /// An empty plan.
    pub fn new() -> Self {
        Self::default()
    }

    /// With one more host.
    #[must_use]
    pub fn host(mut self, host: HostPlan) -> Self {
        self.hosts.push(host);
        self
    }

    /// With one more link.
    #[must_use]
    pub fn link(mut self, link: LinkPlan) -> Self {
        self.links.push(link);
        self
    }

    /// Whether all hosts' threads take turns on one CPU, the first that the process may use, so
    /// that runs are alike. On several CPUs packets of two connections can overtake each other,
    /// since each CPU has its own queue of arriving packets; and with the usual scheduling a
    /// packet's receiver may or may not interrupt its sender. Threads and processes that a
    /// host's task starts take turns too. No privilege is needed.
    #[must_use]
    pub fn one_cpu(mut self, pinned: bool) -> Self {
        self.one_cpu = pinned;
        self
    }

    /// What is at the other ends of the host's links that have static neighbours: the host's
    /// interface, and the address on IP and on Ethernet.
    pub(super) fn neighbours_of(&self, host: &str) -> Vec<Neighbour> {
        let mut found = Vec::new();
        for link in self.links.iter().filter(|link| link.neighbours) {
            let [one, other] = &link.ends;
            for (here, there) in [(one, other), (other, one)] {
                if here.host != host {
                    continue;
                }
                found.extend(there.addresses.iter().map(|(address, _)| Neighbour {
                    interface: here.interface.clone(),
                    address: *address,
                    mac: self.mac_of(there),
                }));
            }
        }
        found
    }

    /// The Ethernet address of an end.
    pub(super) fn mac_of(&self, end: &End) -> MacAddr {
        let host = self.hosts.iter().position(|host| host.name == end.host);
        let interface = self
            .ends_of(&end.host)
            .position(|other| other.interface == end.interface);
        let place = |found: Option<usize>| {
            found
                .and_then(|index| u8::try_from(index + 1).ok())
                .unwrap_or(u8::MAX)
        };
        let usual = MacAddr([2, 0, 0, 0, place(host), place(interface)]);
        end.mac.unwrap_or(usual)
    }

    pub(super) fn ends_of<'a>(&'a self, host: &'a str) -> impl Iterator<Item = &'a End> {
        self.links
            .iter()
            .flat_map(|link| &link.ends)
            .filter(move |end| end.host == host)
    }

    /// Whether any interface of the host has an IPv6 address.
    pub(super) fn speaks_ipv6(&self, host: &str) -> bool {
        self.ends_of(host)
            .flat_map(|end| &end.addresses)
            .any(|(address, _)| address.is_ipv6())
    }
}

/// One host: a network namespace of its own.
#[derive(Clone, Debug)]
pub struct HostPlan {
    pub(super) name: String,
    pub(super) sysctls: Vec<(String, String)>,
    pub(super) gateways: Vec<IpAddr>,
    pub(super) routes: Vec<Route>,
    pub(super) router: bool,
}

impl HostPlan {
    /// A host that has only its loopback interface, up. Its name must be unique in the plan.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            sysctls: Vec::new(),
            gateways: Vec::new(),
            routes: Vec::new(),
            router: false,
        }
    }

    /// With a kernel parameter under `net.`, in sysctl's form: `net.ipv4.tcp_timestamps`, or
    /// `net/ipv4/conf/eth0/forwarding` for names with dots. Set in order, once the interfaces
    /// exist and before they are up, and read back.
    #[must_use]
    pub fn sysctl(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.sysctls.push((name.into(), value.into()));
        self
    }

    /// With a default route by way of `gateway`, which must be on one of the host's links.
    #[must_use]
    pub fn gateway(mut self, gateway: IpAddr) -> Self {
        self.gateways.push(gateway);
        self
    }

    /// With a route to a network by way of `gateway`, which must be on one of the host's links.
    #[must_use]
    pub fn route(mut self, destination: IpAddr, prefix: u8, gateway: IpAddr) -> Self {
        self.routes.push(Route {
            destination,
            prefix,
            gateway,
        });
        self
    }

    /// A router: what arrives for others goes on, for IPv4 and IPv6, and nobody is told of a
    /// shorter way by ICMP. Its rules are a [`Firewall`](super::Firewall).
    #[must_use]
    pub fn router(mut self) -> Self {
        self.router = true;
        self
    }

    /// Without the options of TCP that S0's packets do not carry: time stamps (RFC 7323; 12
    /// bytes in each segment), SACK (RFC 2018) and window scaling (RFC 7323). What stays in a
    /// SYN is the MSS. Both hosts must agree to an option, so one host without is enough for
    /// the connection; the other's SYN still offers it.
    #[must_use]
    pub fn plain_tcp(self) -> Self {
        self.sysctl("net.ipv4.tcp_timestamps", "0")
            .sysctl("net.ipv4.tcp_sack", "0")
            .sysctl("net.ipv4.tcp_window_scaling", "0")
    }

    /// With this time to live in all that it sends over IPv4, 1 to 255; Linux begins with 64,
    /// `EtherPeek`'s Windows hosts with 128. Unlike [`SocketPlan::ttl`](super::SocketPlan::ttl)
    /// it also holds for what the kernel says without a socket: resets, and the last
    /// acknowledgement of a close.
    #[must_use]
    pub fn ttl(self, hops: u8) -> Self {
        self.sysctl("net.ipv4.ip_default_ttl", hops.to_string())
    }

    /// Whether what its sockets send over TCP forbids fragmentation: the DF bit. On by default.
    /// Off, `net.ipv4.ip_no_pmtu_disc` is 1, and new sockets, listeners and what they accept
    /// send without DF and with an identification that counts. The exceptions are those of
    /// [`SocketPlan::dont_fragment`](super::SocketPlan::dont_fragment): SYN/ACK, reset, and the
    /// last acknowledgement of a close have DF all the same.
    #[must_use]
    pub fn dont_fragment(self, forbid: bool) -> Self {
        self.sysctl("net.ipv4.ip_no_pmtu_disc", if forbid { "0" } else { "1" })
    }
}

/// A cable: a veth pair between two hosts, offloads off.
#[derive(Clone, Debug)]
pub struct LinkPlan {
    pub(super) ends: [End; 2],
    pub(super) mtu: u32,
    pub(super) wire: Option<WirePlan>,
    pub(super) neighbours: bool,
}

impl LinkPlan {
    /// A cable with an MTU of 1500 bytes.
    pub fn new(one: End, other: End) -> Self {
        Self {
            ends: [one, other],
            mtu: 1500,
            wire: None,
            neighbours: false,
        }
    }

    /// With another MTU in bytes: the largest IP packet. 68 to 65 535; 1280 at least for IPv6.
    #[must_use]
    pub fn mtu(mut self, mtu: u32) -> Self {
        self.mtu = mtu;
        self
    }

    /// With a cable in user space, which delays, loses, doubles and reorders packets as the
    /// plan says: [`Network::wire`](super::Network::wire) tells what it did.
    #[must_use]
    pub fn wire(mut self, wire: WirePlan) -> Self {
        self.wire = Some(wire);
        self
    }

    /// Whether each end knows the other's Ethernet address from the beginning and for good, so
    /// that no ARP or neighbour solicitation is seen: the cache of a host that has talked
    /// before. By default they ask.
    #[must_use]
    pub fn static_neighbours(mut self, known: bool) -> Self {
        self.neighbours = known;
        self
    }
}

/// One end of a link: an interface of a host.
#[derive(Clone, Debug)]
pub struct End {
    pub(super) host: String,
    pub(super) interface: String,
    pub(super) addresses: Vec<(IpAddr, u8)>,
    pub(super) mac: Option<MacAddr>,
    pub(super) quick_ack: bool,
    pub(super) advertised_mss: Option<u16>,
    pub(super) least_timeout: Option<u32>,
}

impl End {
    /// The interface `interface` of the host `host`, without an address.
    pub fn new(host: impl Into<String>, interface: impl Into<String>) -> Self {
        Self {
            host: host.into(),
            interface: interface.into(),
            addresses: Vec::new(),
            mac: None,
            quick_ack: false,
            advertised_mss: None,
            least_timeout: None,
        }
    }

    /// With an IP address and the length of its network's prefix in bits.
    #[must_use]
    pub fn address(mut self, address: impl Into<IpAddr>, prefix: u8) -> Self {
        self.addresses.push((address.into(), prefix));
        self
    }

    /// With this Ethernet address. By default `02:00:00:00:HH:II`, locally administered, with
    /// the host's place in the plan and the interface's place in the host, from one: the same
    /// in every run.
    #[must_use]
    pub fn mac(mut self, mac: MacAddr) -> Self {
        self.mac = Some(mac);
        self
    }

    /// Whether the routes over this interface carry `quickack 1`: TCP then acknowledges every
    /// segment at once instead of waiting for data to go along with.
    #[must_use]
    pub fn quick_ack(mut self, quick: bool) -> Self {
        self.quick_ack = quick;
        self
    }

    /// With this MSS in the SYNs that go out over this interface, instead of the MTU less 40:
    /// what the peer may send in one segment, if its own MTU allows. It is also the step in
    /// which Linux counts the window of a SYN, so that a window below it is exact: with
    /// 16384 here, [`SocketPlan::window_clamp`](super::SocketPlan::window_clamp) can be 16384
    /// too. At most 65495.
    #[must_use]
    pub fn advertised_mss(mut self, bytes: u16) -> Self {
        self.advertised_mss = Some(bytes);
        self
    }

    /// With at least this long without an acknowledgement before TCP sends a segment again, in
    /// place of 200 ms (`rto_min`): a cable that holds packets, or a machine that is busy, then
    /// makes no retransmissions. In steps of 1 ms.
    #[must_use]
    pub fn least_timeout(mut self, least: Duration) -> Self {
        self.least_timeout = Some(u32::try_from(least.as_millis()).unwrap_or(u32::MAX));
        self
    }

    /// What the routes over this interface carry.
    pub(super) fn metrics(&self) -> Metrics {
        Metrics {
            quick_ack: self.quick_ack,
            advertised_mss: self.advertised_mss,
            least_timeout: self.least_timeout,
        }
    }
}
