//! Building a network: hosts, then cables, then what is set on them, then the carriers.

use std::io;
use std::os::fd::AsRawFd;
use std::time::Duration;

use thiserror::Error;
use tracer::{MacAddr, TimeStamps};

use super::host::first_cpu;
use super::link::{Netlink, VethEnd};
use super::plan::{End, HostPlan, LinkPlan, NetworkPlan, PlanError};
use super::route::{Metrics, Neighbour, Route};
use super::wire::{Wire, WireEnd};
use super::{Host, HostError, Task, offload, sysctl};

/// How long one step of one host may take. All of them together take some milliseconds.
const STEP: Duration = Duration::from_secs(10);

/// A network that runs. Dropping it ends its hosts, and with them everything in them.
#[derive(Debug)]
pub struct Network {
    hosts: Vec<Host>,
    wires: Vec<Wire>,
    /// So that a capture on any host tells when each packet passed, from the first one on.
    #[allow(dead_code)] // It is enough that it lives.
    stamps: Option<TimeStamps>,
}

impl NetworkPlan {
    /// Builds the network. When this returns, every interface has a carrier, a packet that is
    /// sent arrives, and one that is captured carries the kernel's time stamp. Must not be called on a host's thread.
    ///
    /// # Errors
    /// When the plan has a mistake, and when the kernel refuses a part of it: the message
    /// names the host and what was being done. Nothing is left behind then.
    pub fn build(&self) -> Result<Network, NetworkError> {
        self.check()?;
        let cpu = self
            .one_cpu
            .then(first_cpu)
            .transpose()
            .map_err(|source| refused("", "choosing a CPU", source))?;
        let hosts = self
            .hosts
            .iter()
            .map(|plan| {
                Host::start(&plan.name, cpu)
                    .map_err(|source| refused(&plan.name, "making a network namespace", source))
            })
            .collect::<Result<Vec<_>, _>>()?;
        let mut network = Network {
            hosts,
            wires: Vec::new(),
            stamps: None,
        };

        network.on_all(self, |plan, ipv6, _| prepare(plan.name.clone(), ipv6))?;
        let mut places = Vec::new();
        for link in &self.links {
            if link.wire.is_some() {
                places.push((
                    network.connect_by_wire(self, link, places.len(), cpu)?,
                    link,
                ));
            } else {
                network.connect(self, link)?;
            }
        }
        network.on_all(self, |plan, _, ends| configure(plan.clone(), ends))?;
        for (place, link) in places {
            let wire = start_wire(place, link)?;
            network.wires.push(wire);
        }
        network.on_all(self, |plan, _, ends| {
            let neighbours = self.neighbours_of(&plan.name);
            finish(plan.clone(), ends, neighbours)
        })?;
        if let Some(host) = network.hosts.first() {
            let held = host.run(STEP, || async { TimeStamps::hold() })?;
            let asking = |source| refused(host.name(), "asking for time stamps", source);
            network.stamps = Some(held.map_err(asking)?);
        }
        Ok(network)
    }
}

impl Network {
    /// The host of this name.
    pub fn host(&self, name: &str) -> Option<&Host> {
        self.hosts.iter().find(|host| host.name() == name)
    }

    /// All hosts, in the plan's order.
    pub fn hosts(&self) -> &[Host] {
        &self.hosts
    }

    /// The cable between these two hosts, in any order, if its link has a
    /// [`WirePlan`](super::WirePlan); of several, the first.
    pub fn wire(&self, one: &str, other: &str) -> Option<&Wire> {
        let (there, back) = ([one, other], [other, one]);
        let mut wires = self.wires.iter();
        wires.find(|wire| wire.ends() == there || wire.ends() == back)
    }

    /// All cables in user space, in the order of their links.
    pub fn wires(&self) -> &[Wire] {
        &self.wires
    }

    /// Runs a step on every host at the same time.
    fn on_all<F, Fut>(&self, plan: &NetworkPlan, step: F) -> Result<(), NetworkError>
    where
        F: Fn(&HostPlan, bool, Vec<End>) -> Fut,
        Fut: Future<Output = Result<(), NetworkError>> + Send + 'static,
    {
        let tasks: Vec<Task<_>> = self
            .hosts
            .iter()
            .zip(&plan.hosts)
            .map(|(host, host_plan)| {
                let ends = plan.ends_of(&host_plan.name).cloned().collect();
                let work = step(host_plan, plan.speaks_ipv6(&host_plan.name), ends);
                host.spawn(move || work)
            })
            .collect();
        for task in tasks {
            task.wait(STEP)??;
        }
        Ok(())
    }

    fn connect(&self, plan: &NetworkPlan, link: &LinkPlan) -> Result<(), NetworkError> {
        let [here, there] = &link.ends;
        let unknown = |end: &End| PlanError::UnknownHost(end.host.clone());
        let from = self.host(&here.host).ok_or_else(|| unknown(here))?;
        let to = self.host(&there.host).ok_or_else(|| unknown(there))?;
        let (name, mtu, elsewhere) = (here.host.clone(), link.mtu, to.namespace().as_raw_fd());
        let (here, there) = (plan.veth_end(here), plan.veth_end(there));
        from.run(STEP, move || async move {
            let netlink = Netlink::open()?;
            netlink.add_veth(&here, &there, elsewhere, mtu).await
        })?
        .map_err(|source| refused(&name, "making a veth pair", source))
    }

    /// Makes the cable's own namespace, and a veth pair from it to each host.
    fn connect_by_wire(
        &self,
        plan: &NetworkPlan,
        link: &LinkPlan,
        number: usize,
        cpu: Option<usize>,
    ) -> Result<Host, NetworkError> {
        let name = format!("wire {number}");
        let place = Host::start(&name, cpu)
            .map_err(|source| refused(&name, "making a network namespace", source))?;
        let preparing = prepare(name.clone(), false);
        place.run(STEP, move || preparing)??;
        let number = u8::try_from(number).unwrap_or(u8::MAX);
        for (side, end) in (0_u8..).zip(&link.ends) {
            let unknown = || PlanError::UnknownHost(end.host.clone());
            let host = self.host(&end.host).ok_or_else(unknown)?;
            let (mtu, elsewhere) = (link.mtu, host.namespace().as_raw_fd());
            let there = plan.veth_end(end);
            // Nothing on the cable ever carries this address.
            let here = VethEnd {
                interface: format!("end{side}"),
                mac: MacAddr([2, 0, 0, 0xff, number, side]),
            };
            place
                .run(STEP, move || async move {
                    let netlink = Netlink::open()?;
                    netlink.add_veth(&here, &there, elsewhere, mtu).await
                })?
                .map_err(|source| refused(&name, "making a veth pair", source))?;
        }
        Ok(place)
    }
}

/// Sets the cable's interfaces up, with nothing on them of their own, and starts to carry.
fn start_wire(place: Host, link: &LinkPlan) -> Result<Wire, NetworkError> {
    let name = place.name().to_owned();
    let refused = |action: &'static str| {
        let name = name.clone();
        move |source| refused(&name, action, source)
    };
    let mut ends = Vec::new();
    for (side, end) in link.ends.iter().enumerate() {
        let index = place
            .run(STEP, move || async move {
                let interface = format!("end{side}");
                offload::switch_off(&interface)?;
                let netlink = Netlink::open()?;
                let index = netlink.index(&interface).await?;
                netlink.up(index).await?;
                netlink.ready(&interface).await?;
                Ok(index)
            })?
            .map_err(refused("setting an end of the cable up"))?;
        let host = end.host.clone();
        ends.push(WireEnd { host, index });
    }
    let (Some(plan), Ok(ends)) = (&link.wire, <[WireEnd; 2]>::try_from(ends)) else {
        return Err(refused("carrying frames")(
            io::ErrorKind::InvalidInput.into(),
        ));
    };
    Wire::start(place, plan, ends, link.mtu).map_err(refused("carrying frames"))
}

impl NetworkPlan {
    fn veth_end(&self, end: &End) -> VethEnd {
        VethEnd {
            interface: end.interface.clone(),
            mac: self.mac_of(end),
        }
    }
}

/// Before there is an interface: what new interfaces begin with.
async fn prepare(host: String, ipv6: bool) -> Result<(), NetworkError> {
    let refused = |action: &str, source| refused(&host, action, source);
    if ipv6 {
        sysctl::quiet_ipv6().map_err(|source| refused("setting up IPv6", source))?;
    } else {
        sysctl::switch_ipv6_off().map_err(|source| refused("switching IPv6 off", source))?;
    }
    let netlink = Netlink::open().map_err(|source| refused("opening rtnetlink", source))?;
    netlink
        .loopback_up()
        .await
        .map_err(|source| refused("setting lo up", source))
}

/// With the interfaces there but down: all that should hold from the first packet on.
async fn configure(plan: HostPlan, ends: Vec<End>) -> Result<(), NetworkError> {
    let refused = |action: String, source| refused(&plan.name, &action, source);
    if plan.router {
        let interfaces = ends.iter().map(|end| end.interface.as_str());
        sysctl::forward(interfaces)
            .map_err(|source| refused("making it a router".into(), source))?;
    }
    for (name, value) in &plan.sysctls {
        sysctl::set(name, value)
            .map_err(|source| refused(format!("setting {name} to {value:?}"), source))?;
    }
    let open = Netlink::open();
    let netlink = open.map_err(|source| refused("opening rtnetlink".into(), source))?;
    for end in &ends {
        let interface = &end.interface;
        offload::switch_off(interface)
            .map_err(|source| refused(format!("switching offloads of {interface} off"), source))?;
        let set_up = async {
            let index = netlink.index(interface).await?;
            for (address, prefix) in &end.addresses {
                netlink
                    .add_address(index, *address, *prefix, end.metrics().is_any())
                    .await?;
            }
            netlink.up(index).await
        };
        set_up
            .await
            .map_err(|source| refused(format!("setting {interface} up"), source))?;
    }
    Ok(())
}

/// With both ends of each cable up: routes, and waiting until packets pass.
async fn finish(
    plan: HostPlan,
    ends: Vec<End>,
    neighbours: Vec<Neighbour>,
) -> Result<(), NetworkError> {
    let refused = |action: String, source| refused(&plan.name, &action, source);
    let open = Netlink::open();
    let netlink = open.map_err(|source| refused("opening rtnetlink".into(), source))?;
    for end in &ends {
        let interface = &end.interface;
        netlink
            .ready(interface)
            .await
            .map_err(|source| refused(format!("waiting for {interface}"), source))?;
        let routes = async {
            let index = netlink.index(interface).await?;
            let metrics = end.metrics();
            for (address, prefix) in end.addresses.iter().filter(|_| metrics.is_any()) {
                netlink
                    .add_network_route(index, *address, *prefix, metrics)
                    .await?;
            }
            Ok(())
        };
        routes
            .await
            .map_err(|source| refused(format!("adding a route over {interface}"), source))?;
    }
    for neighbour in &neighbours {
        let known = async {
            let index = netlink.index(&neighbour.interface).await?;
            netlink
                .add_neighbour(index, neighbour.address, neighbour.mac)
                .await
        };
        known.await.map_err(|source| {
            refused(
                format!("adding the neighbour {}", neighbour.address),
                source,
            )
        })?;
    }
    let metrics = ends
        .iter()
        .fold(Metrics::default(), |all, end| all.or(end.metrics()));
    let defaults = plan.gateways.iter().map(|gateway| Route::default(*gateway));
    for route in defaults.chain(plan.routes.iter().copied()) {
        let gateway = route.gateway;
        netlink
            .add_route_by(route, metrics)
            .await
            .map_err(|source| refused(format!("adding a route by way of {gateway}"), source))?;
    }
    Ok(())
}

/// Why a network could not be built.
#[derive(Debug, Error)]
pub enum NetworkError {
    /// The plan has a mistake.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// The kernel refused something.
    #[error("host {host:?}: {action}: {source}")]
    Refused {
        /// The host.
        host: String,
        /// What was being done: `"setting eth0 up"`.
        action: String,
        /// What the kernel said.
        source: io::Error,
    },
    /// A step took too long, or its host died.
    #[error(transparent)]
    Host(#[from] HostError),
}

fn refused(host: &str, action: &str, source: io::Error) -> NetworkError {
    NetworkError::Refused {
        host: host.to_owned(),
        action: action.to_owned(),
        source,
    }
}
