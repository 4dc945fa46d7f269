//! What could be captured from, for messages and completions.

use std::net::IpAddr;

/// An interface of the calling thread's network namespace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interface {
    /// Its name.
    pub name: String,
    /// Its index.
    pub index: u32,
    /// Whether it is administratively up.
    pub up: bool,
    /// Whether it is a loopback interface.
    pub loopback: bool,
    /// Its IP addresses.
    pub addresses: Vec<IpAddr>,
}

/// The interfaces of the calling thread's network namespace, in the kernel's order; empty when
/// the kernel does not tell.
pub fn interfaces() -> Vec<Interface> {
    pnet::datalink::interfaces()
        .into_iter()
        .map(|found| Interface {
            up: found.is_up(),
            loopback: found.is_loopback(),
            addresses: found
                .ips
                .iter()
                .map(pnet::ipnetwork::IpNetwork::ip)
                .collect(),
            name: found.name,
            index: found.index,
        })
        .collect()
}
