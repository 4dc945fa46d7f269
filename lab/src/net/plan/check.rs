//! What is wrong with a plan, found before anything is built.

use std::collections::HashSet;
use std::net::IpAddr;

use thiserror::Error;

use super::NetworkPlan;

/// What is wrong with a plan.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum PlanError {
    /// A host's name is empty or used twice.
    #[error("host name {0:?} is empty or used twice")]
    HostName(String),
    /// A link ends at a host that is not in the plan.
    #[error("a link ends at {0:?}, which is not a host of this network")]
    UnknownHost(String),
    /// An interface's name is not one that Linux takes, is `lo`, or is used twice on one host.
    #[error(
        "interface {interface:?} of host {host}: must be 1 to 15 bytes without space, / or :, \
         not lo, and unique on its host"
    )]
    Interface {
        /// The host.
        host: String,
        /// The name.
        interface: String,
    },
    /// A prefix is longer than its address.
    #[error("prefix length of {0}/{1} is longer than the address")]
    Prefix(IpAddr, u8),
    /// What a cable in user space is to do cannot be done.
    #[error("the cable: {0}")]
    Wire(String),
}

impl NetworkPlan {
    /// Checks what the kernel would refuse or what would surprise.
    pub(in crate::net) fn check(&self) -> Result<(), PlanError> {
        let mut hosts = HashSet::new();
        for host in &self.hosts {
            if host.name.is_empty() || !hosts.insert(host.name.as_str()) {
                return Err(PlanError::HostName(host.name.clone()));
            }
        }
        let mut interfaces = HashSet::new();
        for end in self.links.iter().flat_map(|link| &link.ends) {
            if !hosts.contains(end.host.as_str()) {
                return Err(PlanError::UnknownHost(end.host.clone()));
            }
            let name = end.interface.as_str();
            if !is_interface_name(name) || name == "lo" || !interfaces.insert((&end.host, name)) {
                return Err(PlanError::Interface {
                    host: end.host.clone(),
                    interface: name.to_owned(),
                });
            }
            for (address, prefix) in &end.addresses {
                if *prefix > address_bits(address) {
                    return Err(PlanError::Prefix(*address, *prefix));
                }
            }
        }
        for link in &self.links {
            let [one, other] = &link.ends;
            let ends = [one.host.as_str(), other.host.as_str()];
            if let Some(mistake) = link.wire.as_ref().and_then(|wire| wire.mistake(ends)) {
                return Err(PlanError::Wire(mistake));
            }
        }
        for route in self.hosts.iter().flat_map(|host| &host.routes) {
            if route.prefix > address_bits(&route.destination) {
                return Err(PlanError::Prefix(route.destination, route.prefix));
            }
        }
        Ok(())
    }
}

/// The kernel's `dev_valid_name`.
fn is_interface_name(name: &str) -> bool {
    (1..=15).contains(&name.len())
        && name != "."
        && name != ".."
        && !name.contains(|c: char| c == '/' || c == ':' || c.is_whitespace() || c == '\0')
}

fn address_bits(address: &IpAddr) -> u8 {
    match address {
        IpAddr::V4(_) => 32,
        IpAddr::V6(_) => 128,
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::super::{End, HostPlan, LinkPlan, NetworkPlan};
    use super::PlanError;

    fn plan(one: End, other: End) -> Result<(), PlanError> {
        NetworkPlan::new()
            .host(HostPlan::new("a"))
            .host(HostPlan::new("b"))
            .link(LinkPlan::new(one, other))
            .check()
    }

    #[test]
    fn a_sound_plan_passes() {
        let address = Ipv4Addr::new(10, 0, 0, 1);
        let one = End::new("a", "eth0").address(address, 24);
        assert_eq!(plan(one, End::new("b", "eth0")), Ok(()));
    }

    #[test]
    fn what_cannot_be_built_is_refused_before_anything_is_made() {
        let wrong = |name: &str| PlanError::Interface {
            host: "a".into(),
            interface: name.into(),
        };
        for name in ["", "lo", "sixteen-bytes-xx", "a/b", "a b", ".."] {
            let made = plan(End::new("a", name), End::new("b", "eth0"));
            assert_eq!(made, Err(wrong(name)));
        }
        let twice = plan(End::new("a", "eth0"), End::new("a", "eth0"));
        assert_eq!(twice, Err(wrong("eth0")));
        let stranger = plan(End::new("a", "eth0"), End::new("c", "eth0"));
        assert_eq!(stranger, Err(PlanError::UnknownHost("c".into())));
        let address = Ipv4Addr::new(10, 0, 0, 1);
        let long = End::new("a", "eth0").address(address, 33);
        assert_eq!(
            plan(long, End::new("b", "eth0")),
            Err(PlanError::Prefix(address.into(), 33))
        );
        let same = NetworkPlan::new()
            .host(HostPlan::new("a"))
            .host(HostPlan::new("a"));
        assert_eq!(same.check(), Err(PlanError::HostName("a".into())));
    }
}
