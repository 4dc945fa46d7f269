//! The two programs of a run: the server and the client, each on its host.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::mpsc::{self, SyncSender};
use std::time::Duration;

use tokio::net::UdpSocket;
use tokio_util::sync::CancellationToken;

use super::asides::now;
use super::files::Folders;
use super::stage::{Stage, Who};
use super::{Item, LIMIT};
use crate::Failure;
use crate::net::{Answer, Zone, set_dont_fragment};
use crate::scenario::{self, Ground, Progress, Router, Scenario, ServerSockets};

/// Starts the server and waits until it listens; returns where.
pub(super) fn start_server(
    stage: &Stage,
    scenario: &Scenario,
    folders: &Folders,
    shutdown: CancellationToken,
    items: SyncSender<Item>,
) -> Result<SocketAddr, Failure> {
    let sockets = stage
        .is_private()
        .then(|| Arc::new(ServerSockets::new(&scenario.network)));
    let config = config(scenario, folders, sockets.clone())?;
    let control = stage.control();
    let (ready, listening) = mpsc::channel();
    let end = End::new(items, Item::ServerDone);
    stage.start(Who::Server, move || async move {
        let listener = match sockets {
            Some(sockets) => sockets.listen(control.into()),
            None => tokio::net::TcpListener::bind(control).await,
        };
        let listener = match listener {
            Ok(listener) => listener,
            Err(error) => {
                let _ = ready.send(Err(error));
                return;
            }
        };
        let _ = ready.send(listener.local_addr());
        let ended = server::run(listener, config, shutdown).await;
        end.tell(ended.map_err(|error| error.to_string()));
    })?;
    listening
        .recv_timeout(LIMIT)
        .map_err(|_| Failure::failed("the server did not start"))?
        .map_err(|error| Failure::failed(format!("the server cannot listen on {control}: {error}")))
}

/// What the scenario tells the server.
fn config(
    scenario: &Scenario,
    folders: &Folders,
    sockets: Option<Arc<ServerSockets>>,
) -> Result<server::Config, Failure> {
    let told = &scenario.network.server;
    let mut config = server::Config::builder(folders.server.path())
        .anonymous(told.anonymous)
        .await_peer_close(told.waits.then_some(Duration::from_secs(2)));
    for (name, password) in &told.users {
        config = config.user(server::User::new(name.as_str(), password.as_str()));
    }
    if let Some(greeting) = &told.greeting {
        config = config.greeting(greeting.as_str());
    }
    if let Some(persona) = scenario.persona()? {
        config = config.persona(persona);
    }
    if let Some((first, last)) = told.passive_ports {
        config = config.passive_ports(first..=last);
    }
    if let Some(limit) = told.data_limit {
        config = config.data_timeout(limit);
    }
    if let Some(sockets) = sockets {
        config = config.dialler(sockets);
    }
    config = config
        .third_hosts(told.permits_bounce)
        .zero_is_client(told.zero_is_client);
    config.build().map_err(Failure::failed)
}

/// Starts the scenario's resolver, if it has one, and waits until it listens.
pub(super) fn start_resolver(stage: &Stage, scenario: &Scenario) -> Result<(), Failure> {
    let (Stage::Private { network, .. }, Some(resolver)) = (stage, scenario.network.resolver())
    else {
        return Ok(());
    };
    let mut zone = Zone::new();
    for name in &scenario.network.names {
        let mut answer = Answer::new(name.name.as_str(), [name.address]);
        for (of, server, address) in &name.servers {
            answer = answer.server(of.as_str(), server.as_str(), *address);
        }
        zone = zone.answer(answer);
    }
    let failed = |error: &dyn std::fmt::Display| Failure::failed(format!("the resolver: {error}"));
    zone.check().map_err(|error| failed(&error))?;
    let host = network
        .host(&resolver.name)
        .ok_or_else(|| failed(&"no such host"))?;
    let at = SocketAddr::new(resolver.address.into(), 53);
    let forbid = resolver.udp_dont_fragment;
    let bind = move || async move {
        let socket = UdpSocket::bind(at).await?;
        if let Some(forbid) = forbid {
            set_dont_fragment(&socket, forbid)?;
        }
        Ok::<_, std::io::Error>(socket)
    };
    let socket = host
        .run(LIMIT, bind)
        .map_err(|error| failed(&error))?
        .map_err(|error| failed(&error))?;
    host.spawn(move || async move {
        if let Err(error) = zone.serve(socket).await {
            message!("ftplab: the resolver: {error}");
        }
    });
    Ok(())
}

/// Starts the client's part of the scenario.
pub(super) fn start_client(
    stage: &Stage,
    scenario: &Arc<Scenario>,
    router: Option<Router>,
    server: SocketAddr,
    folders: &Folders,
    shutdown: CancellationToken,
    items: SyncSender<Item>,
) -> Result<(), Failure> {
    let resolver = scenario.network.resolver();
    let ground = Ground {
        server,
        local: stage.client(),
        resolver: resolver.map(|host| SocketAddr::new(host.address.into(), 53)),
        router,
        folder: folders.client.path().to_owned(),
        own: stage.is_private(),
    };
    let scenario = Arc::clone(scenario);
    let told = items.clone();
    let end = End::new(items, Item::ClientDone);
    stage.start(Who::Client, move || async move {
        let tell = |progress| {
            let item = match progress {
                Progress::Step(place) => Item::Step(place),
                Progress::RouterReads => Item::RouterReads(now()),
            };
            // When nobody takes it any more, the run is over.
            let _ = told.send(item);
        };
        match scenario::play(&scenario, ground, &tell).await {
            Ok(Some(open)) => {
                end.leave_open();
                // Until nobody looks any more.
                shutdown.cancelled().await;
                drop(open);
            }
            played => end.tell(played.map(drop)),
        }
    })?;
    Ok(())
}

/// Tells how a program ended, also when it broke off without a word.
struct End {
    items: SyncSender<Item>,
    item: fn(Result<(), String>) -> Item,
    told: bool,
}

impl End {
    fn new(items: SyncSender<Item>, item: fn(Result<(), String>) -> Item) -> Self {
        Self {
            items,
            item,
            told: false,
        }
    }

    fn tell(mut self, ended: Result<(), String>) {
        self.send(ended);
    }

    /// All is done that is to be seen, and connections stay open.
    fn leave_open(mut self) {
        self.told = true;
        // As below.
        let _ = self.items.send(Item::CaptureEnds);
    }

    fn send(&mut self, ended: Result<(), String>) {
        self.told = true;
        // Nobody may be waiting any more.
        let _ = self.items.send((self.item)(ended));
    }
}

impl Drop for End {
    fn drop(&mut self) {
        if !self.told {
            self.send(Err("it broke off".into()));
        }
    }
}
