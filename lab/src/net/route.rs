//! Routes and neighbours of a host, as a plan has them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use tracer::MacAddr;

/// A route by way of another host.
#[derive(Clone, Copy, Debug)]
pub(super) struct Route {
    pub(super) destination: IpAddr,
    pub(super) prefix: u8,
    pub(super) gateway: IpAddr,
}

impl Route {
    /// The default route.
    pub(super) fn default(gateway: IpAddr) -> Self {
        let destination = match gateway {
            IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
            IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
        };
        Self {
            destination,
            prefix: 0,
            gateway,
        }
    }
}

/// An entry of the neighbour table.
#[derive(Clone, Debug)]
pub(super) struct Neighbour {
    pub(super) interface: String,
    pub(super) address: IpAddr,
    pub(super) mac: MacAddr,
}

/// What a route carries beside the way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Metrics {
    pub(super) quick_ack: bool,
    pub(super) advertised_mss: Option<u16>,
    /// The least time without an acknowledgement, in ms, after which TCP sends again.
    pub(super) least_timeout: Option<u32>,
}

impl Metrics {
    /// Whether there is anything that the kernel's own route would not have.
    pub(super) fn is_any(self) -> bool {
        self != Self::default()
    }

    /// Of routes that may go over either interface.
    pub(super) fn or(self, other: Self) -> Self {
        Self {
            quick_ack: self.quick_ack || other.quick_ack,
            advertised_mss: self.advertised_mss.or(other.advertised_mss),
            least_timeout: self.least_timeout.or(other.least_timeout),
        }
    }
}
