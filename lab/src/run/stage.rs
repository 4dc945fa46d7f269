//! Where a scenario plays: two hosts in a private network, or the machine's loopback.

use std::future::Future;
use std::io;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::Duration;

use tokio::task::LocalSet;
use tracer::{CaptureOptions, Filter};

use crate::Failure;
use crate::net::{End, HostPlan, LinkPlan, Network, NetworkPlan};

/// One of the two hosts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Who {
    Client,
    Server,
}

/// A place with a client host and a server host.
#[derive(Debug)]
pub(super) enum Stage {
    /// Each host is a network namespace; a veth pair joins them.
    Private(Network),
    /// Both are the machine itself, told apart by addresses of 127.0.0.0/8 that nobody else uses.
    Loopback { client: Ipv4Addr, server: Ipv4Addr },
}

const CLIENT: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 1);
const SERVER: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 2);

impl Stage {
    /// Builds the private network. The process must have entered a namespace of its own.
    pub(super) fn private() -> Result<Self, Failure> {
        // Without time stamps a packet's line is half as long, and as the articles show it. The
        // ports are from 156·256+100 to 156·256+255, so that PORT and 227 are always as long.
        let host = |name| {
            HostPlan::new(name)
                .sysctl("net.ipv4.tcp_timestamps", "0")
                .sysctl("net.ipv4.ip_local_port_range", "40036 40191")
        };
        // An acknowledgement at once for every segment, and one CPU for both hosts: so the order
        // of packets does not depend on how busy the machine is.
        let end = |name, address| End::new(name, "eth0").address(address, 24).quick_ack(true);
        let network = NetworkPlan::new()
            .host(host("client"))
            .host(host("server"))
            .link(LinkPlan::new(end("client", CLIENT), end("server", SERVER)))
            .one_cpu(true)
            .build()
            .map_err(|error| Failure::failed(format!("the private network: {error}")))?;
        Ok(Self::Private(network))
    }

    /// Takes a pair of loopback addresses; the process id makes them its own among those running.
    pub(super) fn loopback() -> Self {
        let [high, low] = ((std::process::id() & 0xffff) as u16).to_be_bytes();
        Self::Loopback {
            client: Ipv4Addr::new(127, 21 + (high & 1), low, 2 + high / 2),
            server: Ipv4Addr::new(127, 23 + (high & 1), low, 2 + high / 2),
        }
    }

    /// Whether it is a network of its own.
    pub(super) fn is_private(&self) -> bool {
        matches!(self, Self::Private(_))
    }

    /// Where the server listens.
    pub(super) fn control(&self) -> SocketAddrV4 {
        match self {
            Self::Private(_) => SocketAddrV4::new(SERVER, 21),
            Self::Loopback { server, .. } => SocketAddrV4::new(*server, 2121),
        }
    }

    /// The client's address.
    pub(super) fn client(&self) -> Ipv4Addr {
        match self {
            Self::Private(_) => CLIENT,
            Self::Loopback { client, .. } => *client,
        }
    }

    /// What to capture, from the client host's thread.
    pub(super) fn capture(&self) -> Result<CaptureOptions, Failure> {
        match self {
            Self::Private(_) => Ok(CaptureOptions::new("eth0")),
            Self::Loopback { client, server } => {
                let mut options = CaptureOptions::new("lo");
                options.filter =
                    Some(Filter::between(&[*client, *server]).map_err(Failure::failed)?);
                Ok(options)
            }
        }
    }

    /// Runs a function in a host's network namespace and waits for its result.
    pub(super) fn call<T: Send + 'static>(
        &self,
        who: Who,
        function: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Failure> {
        match self.host(who) {
            Some(host) => host
                .run(Duration::from_secs(10), move || async move { function() })
                .map_err(Failure::failed),
            None => Ok(function()),
        }
    }

    /// Starts a task on a host and lets it run.
    pub(super) fn start<F, Fut>(&self, who: Who, make: F) -> Result<(), Failure>
    where
        F: FnOnce() -> Fut + Send + 'static,
        Fut: Future<Output = ()> + 'static,
    {
        if let Some(host) = self.host(who) {
            host.spawn(make);
            return Ok(());
        }
        let name = if who == Who::Client {
            "client"
        } else {
            "server"
        };
        let run = move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()?;
            LocalSet::new().block_on(&runtime, async { make().await });
            Ok::<(), io::Error>(())
        };
        std::thread::Builder::new()
            .name(name.into())
            .spawn(move || {
                if let Err(error) = run() {
                    eprintln!("ftplab: the {name} cannot start: {error}");
                }
            })
            .map(|_| ())
            .map_err(|error| Failure::failed(format!("cannot start a thread: {error}")))
    }

    fn host(&self, who: Who) -> Option<&crate::net::Host> {
        match self {
            Self::Private(network) => network.host(if who == Who::Client {
                "client"
            } else {
                "server"
            }),
            Self::Loopback { .. } => None,
        }
    }
}
