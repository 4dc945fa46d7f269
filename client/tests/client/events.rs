//! What client and server say they do, in the order in which they do it.

use std::fmt::{self, Write};
use std::sync::{Arc, LazyLock, Mutex};

use client::{DataMode, Options, Session};
use proto::TypeCode;
use server::{Config, User};
use tokio_util::sync::CancellationToken;
use tracing::field::{Field, Visit};
use tracing::{Dispatch, Event, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

use crate::peers::PATIENCE;

/// Collects the events of both sides as lines: target, message, and what it is about.
#[derive(Clone, Default)]
struct Collector(Arc<Mutex<Vec<String>>>);

#[derive(Default)]
struct Line {
    message: String,
    about: String,
}

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        match field.name() {
            "message" => self.message = format!("{value:?}"),
            "line" | "code" | "bytes" => write!(self.about, " {value:?}").unwrap(),
            _ => {}
        }
    }
}

impl<S: Subscriber> Layer<S> for Collector {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let Some(side) = event.metadata().target().strip_prefix("ftplab::") else {
            return;
        };
        let mut line = Line::default();
        event.record(&mut line);
        self.0
            .lock()
            .unwrap()
            .push(format!("{side}: {}{}", line.message, line.about));
    }
}

/// While there is but one subscriber, an event that another thread meets first counts as wanted by
/// nobody, for every thread: tracing asks that thread alone. With a second one it asks them all.
static SECOND: LazyLock<Dispatch> =
    LazyLock::new(|| Dispatch::new(tracing_subscriber::registry().with(Collector::default())));

/// The events of one side, of a session that goes down and up in `mode`.
fn session(mode: DataMode) -> (Vec<String>, Vec<String>) {
    LazyLock::force(&SECOND);
    let collector = Collector::default();
    let subscriber = tracing_subscriber::registry().with(collector.clone());
    tracing::subscriber::with_default(subscriber, || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let root = tempfile::tempdir().unwrap();
            std::fs::write(root.path().join("down"), "12345").unwrap();
            let config = Config::builder(root.path())
                .user(User::new("ann", "secret"))
                .await_peer_close(Some(PATIENCE))
                .build()
                .unwrap();
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            let addr = listener.local_addr().unwrap();
            let shutdown = CancellationToken::new();
            let server = tokio::spawn(server::run(listener, config, shutdown.clone()));

            let options = Options {
                mode,
                ..Options::default()
            };
            let mut session = Session::connect(addr, options).await.unwrap();
            session.login("ann", "secret").await.unwrap();
            session.type_(TypeCode::Image).await.unwrap();
            let mut content = Vec::new();
            session.retrieve("down", 0, &mut content).await.unwrap();
            session
                .store("up", 0, &mut content.as_slice())
                .await
                .unwrap();
            session.quit().await.unwrap();
            assert_eq!(std::fs::read(root.path().join("up")).unwrap(), b"12345");
            shutdown.cancel();
            server.await.unwrap().unwrap();
        });
    });
    let lines = collector.0.lock().unwrap().clone();
    let side = |prefix: &str| {
        lines
            .iter()
            .filter_map(|line| line.strip_prefix(prefix))
            .map(str::to_owned)
            .collect()
    };
    (side("client: "), side("server: "))
}

#[test]
fn a_passive_session_is_told_in_order() {
    let (client, server) = session(DataMode::Pasv);
    assert_eq!(
        client,
        [
            "connect()",
            "connected",
            "reply 220",
            "command USER ann",
            "reply 331",
            "command PASS ****",
            "reply 230",
            "command TYPE I",
            "reply 200",
            "command PASV",
            "reply 227",
            "connect()",
            "connected",
            "command RETR down",
            "reply 150",
            "data closed 5",
            "reply 226",
            "command PASV",
            "reply 227",
            "connect()",
            "connected",
            "command STOR up",
            "reply 150",
            "data closed 5",
            "reply 226",
            "command QUIT",
            "reply 221",
            "close()",
        ]
    );
    assert_eq!(
        server,
        [
            "accept()",
            "reply 220",
            "command USER ann",
            "reply 331",
            "command PASS ****",
            "reply 230",
            "command TYPE I",
            "reply 200",
            "command PASV",
            "listen()",
            "reply 227",
            "command RETR down",
            "reply 150",
            "accept() data",
            "data open",
            "data closed 5",
            "reply 226",
            "command PASV",
            "listen()",
            "reply 227",
            "command STOR up",
            "reply 150",
            "accept() data",
            "data open",
            "data closed 5",
            "reply 226",
            "command QUIT",
            "reply 221",
            "close()",
        ]
    );
}

#[test]
fn an_active_session_is_told_in_order() {
    let (client, server) = session(DataMode::Active);
    let without_addresses = |lines: Vec<String>| -> Vec<String> {
        lines
            .into_iter()
            .map(|line| {
                if line.starts_with("command PORT") {
                    "command PORT".into()
                } else {
                    line
                }
            })
            .collect()
    };
    assert_eq!(
        without_addresses(client)[9..24],
        [
            "listen()",
            "command PORT",
            "reply 200",
            "command RETR down",
            "reply 150",
            "accept()",
            "data closed 5",
            "reply 226",
            "listen()",
            "command PORT",
            "reply 200",
            "command STOR up",
            "reply 150",
            "accept()",
            "data closed 5",
        ]
    );
    assert_eq!(
        without_addresses(server)[8..22],
        [
            "command PORT",
            "reply 200",
            "command RETR down",
            "reply 150",
            "connect()",
            "data open",
            "data closed 5",
            "reply 226",
            "command PORT",
            "reply 200",
            "command STOR up",
            "reply 150",
            "connect()",
            "data open",
        ]
    );
}
