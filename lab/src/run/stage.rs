//! Where a scenario plays: in a private network, or on the machine's loopback interface.

use std::future::Future;
use std::io;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::Duration;

use script::{CLIENT, SERVER};
use tokio::task::LocalSet;
use tracer::{CaptureOptions, Filter};

use super::ground;
use crate::Failure;
use crate::net::Network;
use crate::scenario::Scenario;

/// One of the hosts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Who<'a> {
    Client,
    Server,
    /// By its name.
    Named(&'a str),
}

/// A place with a client host and a server host.
#[derive(Debug)]
pub(super) enum Stage {
    /// Each host is a network namespace.
    Private {
        network: Network,
        client: Ipv4Addr,
        server: Ipv4Addr,
    },
    /// Both are the machine itself, told apart by addresses of 127.0.0.0/8 that nobody else uses.
    Loopback { client: Ipv4Addr, server: Ipv4Addr },
}

impl Stage {
    /// Builds the scenario's network. The process must have entered a namespace of its own.
    pub(super) fn private(scenario: &Scenario, rtt: Option<Duration>) -> Result<Self, Failure> {
        let told = &scenario.network;
        let address = |name| told.host(name).map(|host| host.address);
        let (Some(client), Some(server)) = (address(CLIENT), address(SERVER)) else {
            return Err(Failure::failed("the network has no client or no server"));
        };
        let network = ground::plan(told, rtt)
            .build()
            .map_err(|error| Failure::failed(format!("the private network: {error}")))?;
        Ok(Self::Private {
            network,
            client,
            server,
        })
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
        matches!(self, Self::Private { .. })
    }

    /// Where the server listens.
    pub(super) fn control(&self) -> SocketAddrV4 {
        match self {
            Self::Private { server, .. } => SocketAddrV4::new(*server, 21),
            Self::Loopback { server, .. } => SocketAddrV4::new(*server, 2121),
        }
    }

    /// The client's address.
    pub(super) fn client(&self) -> Ipv4Addr {
        match self {
            Self::Private { client, .. } | Self::Loopback { client, .. } => *client,
        }
    }

    /// What to capture, from the thread of the host where it is captured.
    pub(super) fn capture(&self) -> Result<CaptureOptions, Failure> {
        match self {
            Self::Private { .. } => Ok(CaptureOptions::new("eth0")),
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
        who: Who<'_>,
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
    pub(super) fn start<F, Fut>(&self, who: Who<'_>, make: F) -> Result<(), Failure>
    where
        F: FnOnce() -> Fut + Send + 'static,
        Fut: Future<Output = ()> + 'static,
    {
        if let Some(host) = self.host(who) {
            host.spawn(make);
            return Ok(());
        }
        let name = who.name().to_owned();
        let run = move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()?;
            LocalSet::new().block_on(&runtime, async { make().await });
            Ok::<(), io::Error>(())
        };
        std::thread::Builder::new()
            .name(name.clone())
            .spawn(move || {
                if let Err(error) = run() {
                    message!("ftplab: the {name} cannot start: {error}");
                }
            })
            .map(|_| ())
            .map_err(|error| Failure::failed(format!("cannot start a thread: {error}")))
    }

    fn host(&self, who: Who<'_>) -> Option<&crate::net::Host> {
        match self {
            Self::Private { network, .. } => network.host(who.name()),
            Self::Loopback { .. } => None,
        }
    }
}

impl<'a> Who<'a> {
    fn name(self) -> &'a str {
        match self {
            Self::Client => CLIENT,
            Self::Server => SERVER,
            Self::Named(name) => name,
        }
    }
}
