//! The two programs of a run: the server and the client, each on its host.

use std::net::SocketAddr;
use std::sync::mpsc::{self, SyncSender};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::files::Folders;
use super::stage::{Stage, Who};
use super::{Item, LIMIT};
use crate::Failure;
use crate::scenario::{PASSWORD, Scenario, USER};

/// Starts the server and waits until it listens; returns where.
pub(super) fn start_server(
    stage: &Stage,
    folders: &Folders,
    shutdown: CancellationToken,
    items: SyncSender<Item>,
) -> Result<SocketAddr, Failure> {
    let config = server::Config::builder(folders.server.path())
        .anonymous(false)
        .user(server::User::new(USER, PASSWORD))
        .greeting("ftplab ready.")
        // The 226 leaves when the client has closed the data connection too, so that every run
        // tells its story in the same order.
        .await_peer_close(Some(Duration::from_secs(2)))
        .build()
        .map_err(Failure::failed)?;
    let control = stage.control();
    let (ready, listening) = mpsc::channel();
    let end = End::new(items, Item::ServerDone);
    stage.start(Who::Server, move || async move {
        let listener = match tokio::net::TcpListener::bind(control).await {
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

/// Starts the client's part of the scenario.
pub(super) fn start_client(
    stage: &Stage,
    scenario: &'static Scenario,
    server: SocketAddr,
    folders: &Folders,
    items: SyncSender<Item>,
) -> Result<(), Failure> {
    let (local, folder) = (stage.client(), folders.client.path().to_owned());
    let end = End::new(items, Item::ClientDone);
    stage.start(Who::Client, move || async move {
        let played = scenario.play(server, local, &folder).await;
        end.tell(played.map_err(|error| error.to_string()));
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
