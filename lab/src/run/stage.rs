//! Where a scenario plays: in a private network, or on the machine's loopback interface.

use std::future::Future;
use std::io;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::Duration;

use script::{CLIENT, SERVER};
use tokio::task::LocalSet;
use tracer::{CaptureOptions, Filter};

use super::ground::{self, GATEWAY};
use crate::Failure;
use crate::net::{FirewallError, Network, RuleUse, Wire};
use crate::scenario::{Router, Scenario, rules};

/// One of the two hosts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Who {
    Client,
    Server,
}

/// A place with a client host and a server host.
#[derive(Debug)]
pub(super) enum Stage {
    /// Each host is a network namespace.
    Private {
        network: Network,
        client: Ipv4Addr,
        server: Ipv4Addr,
        /// The hosts on which packets are captured.
        capture_at: Vec<String>,
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
            capture_at: match told.capture_at.as_slice() {
                [] => vec![CLIENT.to_owned()],
                hosts => hosts.to_vec(),
            },
        })
    }

    /// Sets the router up as the scenario wants it; the way to tell it more, if it can be told.
    ///
    /// # Errors
    /// Exit code 3 when nft or the kernel's FTP helper is missing: the message names the fix.
    pub(super) fn set_router_up(&self, scenario: &Scenario) -> Result<Option<Router>, Failure> {
        let Self::Private { network, .. } = self else {
            return Ok(None);
        };
        let Some(gateway) = network.host(GATEWAY).filter(|_| scenario.needs_nft()) else {
            return Ok(None);
        };
        let told = &scenario.network;
        let set_up = |reads_ftp| gateway.firewall(&rules(told, reads_ftp));
        // What a step will want must be there before anything is played.
        let tried = if scenario.reads_ftp_later() {
            set_up(true)
        } else {
            Ok(())
        };
        let done = tried.and_then(|()| set_up(told.router.reads_ftp));
        done.map_err(|error| {
            let message =
                format!("the router of this scenario needs the kernel's firewall: {error}");
            match error {
                FirewallError::NoNft | FirewallError::NoHelper(_) => {
                    Failure::not_permitted(message)
                }
                _ => Failure::failed(message),
            }
        })?;
        let (router, changes) = Router::new();
        gateway.spawn(move || changes.serve());
        Ok(Some(router))
    }

    /// Takes a pair of loopback addresses; the process id makes them its own among those running.
    pub(super) fn loopback() -> Self {
        let [high, low] = ((std::process::id() & 0xffff) as u16).to_be_bytes();
        Self::Loopback {
            client: Ipv4Addr::new(127, 21 + (high & 1), low, 2 + high / 2),
            server: Ipv4Addr::new(127, 23 + (high & 1), low, 2 + high / 2),
        }
    }

    /// By how much a packet left the scenario's cable too late, at most: nothing without a cable.
    pub(super) fn latest(&self) -> Duration {
        let Self::Private { network, .. } = self else {
            return Duration::ZERO;
        };
        let wires = network.wires().iter();
        let latest = wires.map(|wire| wire.statistics().latest).max();
        latest.unwrap_or_default()
    }

    /// What each rule of the scenario's cable has met so far; nothing without a cable.
    pub(super) fn rules(&self) -> Vec<RuleUse> {
        let Self::Private { network, .. } = self else {
            return Vec::new();
        };
        // The client's cable is the only one that has any.
        let wire = network.wires().first();
        wire.map(Wire::rules).unwrap_or_default()
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

    /// Starts to capture, once for each place; `start` is called on the thread of the host there,
    /// with its number where there are several.
    pub(super) fn capture<T: Send + 'static>(
        &self,
        start: impl Fn(&CaptureOptions, Option<usize>) -> T + Clone + Send + 'static,
    ) -> Result<Vec<T>, Failure> {
        match self {
            Self::Private {
                network,
                capture_at,
                ..
            } => {
                let mut started = Vec::new();
                for (number, name) in capture_at.iter().enumerate() {
                    let place = (capture_at.len() > 1).then_some(number);
                    let host = network.host(name);
                    let host = host.ok_or_else(|| Failure::failed(format!("no host {name}")))?;
                    let start = start.clone();
                    let task = move || async move {
                        start(&CaptureOptions::new(ground::INTERFACE), place)
                    };
                    let limit = Duration::from_secs(10);
                    started.push(host.run(limit, task).map_err(Failure::failed)?);
                }
                Ok(started)
            }
            Self::Loopback { client, server } => {
                let mut options = CaptureOptions::new("lo");
                options.filter =
                    Some(Filter::between(&[*client, *server]).map_err(Failure::failed)?);
                Ok(vec![start(&options, None)])
            }
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
                    message!("ftplab: the {name} cannot start: {error}");
                }
            })
            .map(|_| ())
            .map_err(|error| Failure::failed(format!("cannot start a thread: {error}")))
    }

    fn host(&self, who: Who) -> Option<&crate::net::Host> {
        match self {
            Self::Private { network, .. } => network.host(match who {
                Who::Client => CLIENT,
                Who::Server => SERVER,
            }),
            Self::Loopback { .. } => None,
        }
    }
}
