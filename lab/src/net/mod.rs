//! The private network: hosts that are threads, cables that are veth pairs.
//!
//! ```text
//! alone.rs      only `lo`, with a route to everywhere
//! namespace.rs  leaving the machine's network at the start of main, and why that is refused
//! rehearsal.rs  the same in a child first, so that a refusal leaves the process as it was
//! plan.rs       what a network should look like
//! route.rs      its routes and neighbours
//! network.rs    building it, in order
//! host.rs       one network namespace, one thread that lives in it, tasks that run there
//! processes.rs  a process namespace for a program, so that nothing of it is left behind
//! task.rs       what a host's task came to, awaited or waited for
//! link.rs       interfaces, addresses and routes, over rtnetlink
//! offload.rs    segmentation and checksums left to nobody, over ethtool's ioctl
//! sysctl.rs     kernel parameters of one namespace
//! wire/         a cable in user space: delay, loss, reordering by rule
//! socket.rs     sockets with chosen sequence numbers, ports, windows, DF
//! firewall.rs   the kernel's firewall and FTP helper on a host, by nft
//! dns.rs        a resolver on a host, and asking one
//! ```
//!
//! Nothing here has a name outside the process: namespaces live as long as their thread and
//! the sockets in them, and a veth pair goes with either of its namespaces. However the process
//! ends, nothing is left behind.

mod alone;
mod dns;
mod firewall;
mod host;
mod link;
mod namespace;
mod network;
mod offload;
mod plan;
mod processes;
mod rehearsal;
mod route;
mod socket;
mod sysctl;
mod task;
mod wire;

pub use dns::{Answer, Lookup, Resolved, Zone};
pub use firewall::{Firewall, FirewallError};
pub use host::Host;
pub use namespace::{Isolation, IsolationError, Obstacle, enter};
pub use network::{Network, NetworkError};
pub use plan::{End, HostPlan, LinkPlan, NetworkPlan, PlanError};
pub use socket::{Acks, SocketPlan, pin_window, set_acks, set_dont_fragment};
pub use task::{HostError, Task};
pub use wire::{
    DropReason, PacketMatch, PacketName, Protocol, Rule, RuleUse, Wire, WireAction, WireEvent,
    WirePlan, WireStatistics,
};

pub(crate) use alone::alone;
pub(crate) use namespace::is_permitted_administrator;
pub(crate) use processes::start;
pub(crate) use rehearsal::{Rehearsal, Step, Way, rehearse};

#[cfg(test)]
pub(crate) mod tests;
