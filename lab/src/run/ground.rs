//! From what a scenario says about its network to the plan of it.
//!
//! ```text
//! two hosts of one network  client ──cable── server
//! other hosts               client ──cable── gateway ─┬─ server
//!                                                     └─ dnsserver …
//! ```

use std::net::Ipv4Addr;
use std::time::Duration;

use script::{CLIENT, CableAction, CableRule, LabHost, Network, PacketKind, PacketNamed, When};
use tracer::TcpFlags;

use crate::net::{End, HostPlan, LinkPlan, NetworkPlan, PacketMatch, Rule, WirePlan};

/// The router between networks.
pub(super) const GATEWAY: &str = "gateway";
/// The interface of each host.
pub(super) const INTERFACE: &str = "eth0";

/// How long Linux waits for an answer to ARP before it asks again, and after the third time gives
/// up: on a longer way nobody would be found.
const ARP_AGAIN: Duration = Duration::from_secs(1);

/// The plan; `rtt` is used in place of the scenario's.
pub(super) fn plan(told: &Network, rtt: Option<Duration>) -> NetworkPlan {
    let routed = told.is_routed();
    // One CPU for all, so that the order of packets does not depend on how busy the machine is.
    let mut plan = NetworkPlan::new().one_cpu(true);
    for said in &told.hosts {
        let mut host = host(said);
        if routed {
            host = host.gateway(gateway_of(told, said).into());
        }
        plan = plan.host(host);
    }
    let round = rtt.or(told.cable.rtt).unwrap_or_default() + told.cable.jitter;
    let known = told.cable.neighbours_known || round >= ARP_AGAIN;
    if routed {
        plan = plan.host(HostPlan::new(GATEWAY).router());
        for said in &told.hosts {
            let there = End::new(GATEWAY, said.name.as_str());
            let there = there.address(gateway_of(told, said), said.prefix);
            let mut link = LinkPlan::new(end(told, said), there).static_neighbours(known);
            if said.name == CLIENT
                && let Some(wire) = wire(told, rtt, GATEWAY)
            {
                link = link.wire(wire);
            }
            plan = plan.link(link);
        }
        return plan;
    }
    let Some(client) = told.host(CLIENT) else {
        return plan;
    };
    for other in told.hosts.iter().filter(|host| host.name != CLIENT) {
        let mut link = LinkPlan::new(end(told, client), end(told, other)).static_neighbours(known);
        if let Some(wire) = wire(told, rtt, &other.name) {
            link = link.wire(wire);
        }
        plan = plan.link(link);
    }
    plan
}

/// The router's address in a host's network: the one that it hides another behind, or the first
/// that the host does not have.
fn gateway_of(told: &Network, host: &LabHost) -> Ipv4Addr {
    if let Some(hidden) = &told.router.hides
        && hidden.host != host.name
        && host.has_neighbour(hidden.behind)
    {
        return hidden.behind;
    }
    let mask = u32::MAX << (32 - u32::from(host.prefix));
    let first = (host.address.to_bits() & mask) | 1;
    // Of three addresses a host can have but two.
    let is_free = |address: &Ipv4Addr| {
        *address != host.address && (host.name != CLIENT || told.client.also != Some(*address))
    };
    let mut addresses = (first..first.saturating_add(3)).map(Ipv4Addr::from_bits);
    addresses.find(is_free).unwrap_or(host.address)
}

fn host(said: &LabHost) -> HostPlan {
    let mut plan = HostPlan::new(said.name.as_str());
    let switches = [
        ("net.ipv4.tcp_timestamps", said.timestamps),
        ("net.ipv4.tcp_sack", said.sack),
        ("net.ipv4.tcp_window_scaling", said.window_scaling),
    ];
    for (name, on) in switches {
        if let Some(on) = on {
            plan = plan.sysctl(name, if on { "1" } else { "0" });
        }
    }
    if said.sends_again_after.is_some() {
        // With SACK the last segment would be sent again much sooner, as a probe for a loss.
        plan = plan.sysctl("net.ipv4.tcp_early_retrans", "0");
    }
    if let Some((first, last)) = said.chosen_ports {
        plan = plan.sysctl("net.ipv4.ip_local_port_range", format!("{first} {last}"));
    }
    if let Some(ttl) = said.ttl {
        plan = plan.ttl(ttl);
    }
    match said.dont_fragment {
        Some(forbid) => plan.dont_fragment(forbid),
        None => plan,
    }
}

fn end(told: &Network, said: &LabHost) -> End {
    let mut end = End::new(said.name.as_str(), INTERFACE)
        .address(said.address, said.prefix)
        .quick_ack(said.acknowledges == Some(When::AtOnce));
    if let Some(also) = told.client.also.filter(|_| said.name == CLIENT) {
        // The way to its network is there already.
        end = end.address(also, 32);
    }
    if let Some(least) = said.sends_again_after {
        end = end.least_timeout(least);
    }
    match said.mss {
        Some(bytes) => end.advertised_mss(bytes),
        None => end,
    }
}

/// What the client's cable does, if it is not a plain one. `other` is the host at its far end.
fn wire(told: &Network, rtt: Option<Duration>, other: &str) -> Option<WirePlan> {
    let cable = &told.cable;
    if cable.is_plain() && rtt.is_none() {
        return None;
    }
    let mut plan = WirePlan::new()
        .rtt(rtt.or(cable.rtt).unwrap_or_default())
        .jitter(cable.jitter)
        .loss(f64::from(cable.loss_percent) / 100.0)
        .seed(cable.seed);
    for CableRule { packet, action, .. } in &cable.rules {
        let packet = named(packet, other);
        plan = plan.rule(match action {
            CableAction::Drop => Rule::drop(packet),
            CableAction::Double => Rule::duplicate(packet),
            CableAction::Delay(by) => Rule::delay(packet, *by),
            CableAction::Hold { until, then } => {
                Rule::hold(packet, named(until, other)).then(*then)
            }
        });
    }
    Some(plan)
}

fn named(said: &PacketNamed, other: &str) -> PacketMatch {
    let from = if said.from == CLIENT { CLIENT } else { other };
    let tcp = PacketMatch::tcp();
    let mut packet = match said.kind {
        PacketKind::Packet => tcp,
        PacketKind::Data => tcp.payload_at_least(1),
        PacketKind::Syn => tcp.only(TcpFlags::SYN),
        PacketKind::SynAck => tcp.only(TcpFlags::SYN.union(TcpFlags::ACK)),
        PacketKind::Ack => tcp.only(TcpFlags::ACK).payload(0),
        PacketKind::Fin => tcp.with(TcpFlags::FIN),
        PacketKind::Rst => tcp.with(TcpFlags::RST),
        PacketKind::Datagram => PacketMatch::udp(),
    }
    .from(from);
    if let Some(port) = said.port {
        packet = packet.source_port(port);
    }
    if let Some(port) = said.to_port {
        packet = packet.destination_port(port);
    }
    if let Some(bytes) = said.length {
        packet = packet.payload(bytes);
    }
    if !said.begins.is_empty() {
        packet = packet.begins(&said.begins);
    }
    match said.nth {
        Some(n) => packet.nth(n),
        None => packet,
    }
}
