//! Interfaces, addresses and routes of one host, over rtnetlink. Everything here runs on the
//! host's thread.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::fd::RawFd;
use std::time::Duration;

use futures::TryStreamExt;
use rtnetlink::packet_core::ErrorMessage;
use rtnetlink::packet_route::address::{AddressAttribute, AddressFlags};
use rtnetlink::packet_route::link::{
    InfoData, InfoKind, InfoVeth, LinkAttribute, LinkMessage, State,
};
use rtnetlink::packet_route::route::{RouteAttribute, RouteMetric, RouteScope};
use rtnetlink::{Handle, LinkMessageBuilder, LinkUnspec, LinkVeth, RouteMessageBuilder};
use tokio::task::JoinHandle;
use tracer::MacAddr;

use super::route::{Metrics, Route};

/// The first interface of every namespace.
pub(super) const LOOPBACK: u32 = 1;

/// From linux/rtnetlink.h.
const RTAX_RTO_MIN: u32 = 13;

/// How often an interface is asked whether it is ready.
const ASK_AGAIN: Duration = Duration::from_micros(200);

/// A line to the kernel's routing tables, in the namespace of the thread that opened it.
pub(super) struct Netlink {
    handle: Handle,
    connection: JoinHandle<()>,
}

/// One end of a veth pair that is to be made.
#[derive(Clone, Debug)]
pub(super) struct VethEnd {
    pub(super) interface: String,
    pub(super) mac: MacAddr,
}

impl Netlink {
    pub(super) fn open() -> io::Result<Self> {
        let (connection, handle, _) = rtnetlink::new_connection()?;
        Ok(Self {
            handle,
            connection: tokio::spawn(connection),
        })
    }

    pub(super) async fn loopback_up(&self) -> io::Result<()> {
        self.set(LinkUnspec::new_with_index(LOOPBACK).up()).await
    }

    /// A veth pair: one end here, the other in the namespace that `elsewhere` refers to.
    pub(super) async fn add_veth(
        &self,
        here: &VethEnd,
        there: &VethEnd,
        elsewhere: RawFd,
        mtu: u32,
    ) -> io::Result<()> {
        let peer = LinkUnspec::new_with_name(&there.interface)
            .address(there.mac.0.to_vec())
            .mtu(mtu)
            .setns_by_fd(elsewhere)
            .build();
        let pair = LinkMessageBuilder::<LinkVeth>::new_with_info_kind(InfoKind::Veth)
            .name(here.interface.clone())
            .address(here.mac.0.to_vec())
            .mtu(mtu)
            .set_info_data(InfoData::Veth(InfoVeth::Peer(peer)))
            .build();
        self.handle.link().add(pair).execute().await.map_err(to_io)
    }

    pub(super) async fn index(&self, interface: &str) -> io::Result<u32> {
        Ok(self.link(interface).await?.header.index)
    }

    pub(super) async fn up(&self, index: u32) -> io::Result<()> {
        self.set(LinkUnspec::new_with_index(index).up()).await
    }

    /// Adds an address that is used at once. With `own_route` the kernel adds no route to the
    /// address's network: [`Netlink::add_network_route`] is to follow.
    pub(super) async fn add_address(
        &self,
        index: u32,
        address: IpAddr,
        prefix: u8,
        own_route: bool,
    ) -> io::Result<()> {
        let mut flags = AddressFlags::empty();
        if address.is_ipv6() {
            flags |= AddressFlags::Nodad;
        }
        if own_route {
            flags |= AddressFlags::Noprefixroute;
        }
        let mut request = self.handle.address().add(index, address, prefix);
        let attributes = &mut request.message_mut().attributes;
        attributes.push(AddressAttribute::Flags(flags));
        request.execute().await.map_err(to_io)
    }

    /// The route to the network of one of the interface's addresses.
    pub(super) async fn add_network_route(
        &self,
        index: u32,
        address: IpAddr,
        prefix: u8,
        metrics: Metrics,
    ) -> io::Result<()> {
        let mut route = RouteMessageBuilder::<IpAddr>::new()
            .destination_prefix(network(address, prefix), prefix)
            .map_err(io::Error::other)?
            .output_interface(index);
        if address.is_ipv4() {
            route = route
                .pref_source(address)
                .map_err(io::Error::other)?
                .scope(RouteScope::Link);
        }
        self.add_route(route, metrics).await
    }

    /// A route by way of a gateway.
    pub(super) async fn add_route_by(&self, route: Route, metrics: Metrics) -> io::Result<()> {
        let Route {
            destination,
            prefix,
            gateway,
        } = route;
        let route = RouteMessageBuilder::<IpAddr>::new()
            .destination_prefix(network(destination, prefix), prefix)
            .and_then(|route| route.gateway(gateway))
            .map_err(io::Error::other)?;
        self.add_route(route, metrics).await
    }

    /// An entry of the neighbour table that is never asked for and never forgotten.
    pub(super) async fn add_neighbour(
        &self,
        index: u32,
        address: IpAddr,
        mac: MacAddr,
    ) -> io::Result<()> {
        // Permanent is what rtnetlink adds.
        let neighbours = self.handle.neighbours();
        let request = neighbours.add(index, address).link_layer_address(&mac.0);
        request.execute().await.map_err(to_io)
    }

    /// Returns once the interface has a carrier and a queue that takes packets: right after it
    /// is set up the kernel still drops them.
    pub(super) async fn ready(&self, interface: &str) -> io::Result<()> {
        loop {
            let link = self.link(interface).await?;
            let mut up = false;
            let mut queue = false;
            for attribute in &link.attributes {
                match attribute {
                    LinkAttribute::OperState(state) => up = *state == State::Up,
                    LinkAttribute::Qdisc(name) => queue = name != "noop",
                    _ => {}
                }
            }
            if up && queue {
                return Ok(());
            }
            tokio::time::sleep(ASK_AGAIN).await;
        }
    }

    async fn link(&self, interface: &str) -> io::Result<LinkMessage> {
        let request = self.handle.link().get().match_name(interface);
        let mut found = std::pin::pin!(request.execute());
        let gone = || io::Error::from_raw_os_error(libc::ENODEV);
        found.try_next().await.map_err(to_io)?.ok_or_else(gone)
    }

    async fn set(&self, change: LinkMessageBuilder<LinkUnspec>) -> io::Result<()> {
        let request = self.handle.link().set(change.build());
        request.execute().await.map_err(to_io)
    }

    async fn add_route(
        &self,
        route: RouteMessageBuilder<IpAddr>,
        metrics: Metrics,
    ) -> io::Result<()> {
        let mut route = route.build();
        let mut carried = Vec::new();
        if let Some(bytes) = metrics.advertised_mss {
            carried.push(RouteMetric::Advmss(bytes.into()));
        }
        if let Some(ms) = metrics.least_timeout {
            // The kernel heeds it only where it is locked.
            carried.push(RouteMetric::Lock(1 << RTAX_RTO_MIN));
            carried.push(RouteMetric::RtoMin(ms));
        }
        if metrics.quick_ack {
            carried.push(RouteMetric::QuickAck(1));
        }
        if !carried.is_empty() {
            route.attributes.push(RouteAttribute::Metrics(carried));
        }
        let request = self.handle.route().add(route);
        request.execute().await.map_err(to_io)
    }
}

impl Drop for Netlink {
    fn drop(&mut self) {
        self.connection.abort();
    }
}

/// The address with all bits after the prefix cleared.
fn network(address: IpAddr, prefix: u8) -> IpAddr {
    let prefix = u32::from(prefix);
    match address {
        IpAddr::V4(address) => {
            let mask = u32::MAX.checked_shl(32_u32.saturating_sub(prefix));
            Ipv4Addr::from(u32::from(address) & mask.unwrap_or(0)).into()
        }
        IpAddr::V6(address) => {
            let mask = u128::MAX.checked_shl(128_u32.saturating_sub(prefix));
            Ipv6Addr::from(u128::from(address) & mask.unwrap_or(0)).into()
        }
    }
}

fn to_io(error: rtnetlink::Error) -> io::Error {
    match error {
        rtnetlink::Error::NetlinkError(refusal) => ErrorMessage::to_io(&refusal),
        other => io::Error::other(other),
    }
}

#[cfg(test)]
mod tests {
    use super::network;
    use std::net::IpAddr;

    #[test]
    fn a_network_is_its_prefix() {
        let of = |address: &str, prefix| {
            let address: IpAddr = address.parse().unwrap();
            network(address, prefix).to_string()
        };
        assert_eq!(of("10.1.2.3", 24), "10.1.2.0");
        assert_eq!(of("10.1.2.3", 0), "0.0.0.0");
        assert_eq!(of("10.1.2.3", 32), "10.1.2.3");
        assert_eq!(of("fd00::1:2", 64), "fd00::");
        assert_eq!(of("fd00::1:2", 0), "::");
        assert_eq!(of("fd00::1:2", 128), "fd00::1:2");
    }
}
