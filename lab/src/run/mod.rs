//! `ftplab run`: a scenario in a private network, captured and explained.
//!
//! ```text
//! server host ── veth ── client host
//!    server               client    recorder (raw socket on the client's interface)
//!        \                  |          /
//!         `--- Item::Aside, Item::Frame, Item::…Done ---> this thread: analyze, show, keep
//! ```

mod asides;
mod order;
mod recorder;
mod stage;

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender};
use std::time::{Duration, Instant};

use clap::{Args, ValueEnum};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;
use tracer::{Aside, Language};
use tracing_subscriber::layer::SubscriberExt;

use self::asides::{AsideLayer, OwnedAside};
use self::order::InOrder;
use self::recorder::{OwnedFrame, Recorder};
use self::stage::{Stage, Who};
use crate::cli::cannot_capture;
use crate::interrupt::Interrupt;
use crate::net;
use crate::scenario::{self, DOWNLOAD, PASSWORD, Scenario, UPLOAD, USER};
use crate::view::{Ended, View, ViewOptions};
use crate::{Failure, doctor};

/// How long a whole run may take; it needs some tens of milliseconds.
const LIMIT: Duration = Duration::from_secs(30);
/// How long the last packets may take after both programs are done.
const FAREWELL: Duration = Duration::from_secs(2);
/// Items on their way to the thread that shows them. More wait where they are.
const QUEUE: usize = 4096;

/// Run a scenario in a private network and explain every packet.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  ftplab run active                   the server dials for data (PORT)
  ftplab run passive --lang zh        the client dials (PASV), explained in Chinese
  ftplab run active --with-app        what the programs did, between the packets
  ftplab run active --style tcpdump   tcpdump's lines and nothing else
  ftplab run passive -w session.pcap  keep the packets for Wireshark")]
pub(crate) struct RunOptions {
    /// Which scenario.
    #[arg(value_parser = clap::builder::PossibleValuesParser::new(
        scenario::ALL.iter().map(|s| clap::builder::PossibleValue::new(s.name).help(s.about))))]
    scenario: String,
    /// Show what the server and the client did between the packets, on the same clock.
    #[arg(long)]
    with_app: bool,
    /// Where to run it: auto takes the private network when this machine allows one.
    #[arg(long, value_enum, default_value_t = Place::Auto, value_name = "PLACE")]
    place: Place,
    #[command(flatten)]
    view: ViewOptions,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Place {
    /// The private network, else loopback.
    Auto,
    /// The private network or nothing.
    Private,
    /// The machine's loopback interface, with high ports; takes a raw socket.
    Loopback,
}

/// What comes to the thread that shows things.
#[derive(Debug)]
enum Item {
    Frame(OwnedFrame),
    Aside(OwnedAside),
    ClientDone(Result<(), String>),
    ServerDone(Result<(), String>),
}

/// Runs a scenario. To be called while the process has one thread.
///
/// # Errors
/// When the machine forbids it (exit code 3), the session fails, or a file did not arrive whole.
pub(crate) fn run(options: &RunOptions) -> Result<(), Failure> {
    let stage = choose(options.place)?;
    let interrupt = Interrupt::listen()?;
    let scenario = scenario::named(&options.scenario)
        .ok_or_else(|| Failure::usage(format!("no scenario {}", options.scenario)))?;
    let folders = Folders::new(scenario).map_err(|error| {
        Failure::failed(format!("cannot make the files of the scenario: {error}"))
    })?;
    let (items, arriving) = mpsc::sync_channel(QUEUE);
    if options.with_app {
        let subscriber = tracing_subscriber::registry().with(AsideLayer::new(items.clone()));
        tracing::subscriber::set_global_default(subscriber).map_err(Failure::failed)?;
    }
    let recorder = {
        let (capture, items) = (stage.capture()?, items.clone());
        stage
            .call(Who::Client, move || Recorder::start(&capture, items))?
            .map_err(cannot_capture)?
    };
    let view = View::new(&options.view, recorder.link, &[stage.control().port()])?;
    let shutdown = CancellationToken::new();
    let address = start_server(&stage, &folders, shutdown.clone(), items.clone())?;
    start_client(&stage, scenario, address, &folders, items)?;
    let show = Show {
        view,
        order: InOrder::new(),
        with_app: options.with_app,
        outcome: None,
    };
    let (show, recorder) = show.until_the_end(&arriving, recorder, &shutdown, &interrupt)?;
    drop(arriving);
    let dropped = recorder.join();
    let outcome = show.outcome.clone();
    let ended = show.finish()?;
    if let Some(Ok(statistics)) = dropped
        && statistics.dropped > 0
    {
        eprintln!(
            "ftplab: {} packets were dropped by the kernel",
            statistics.dropped
        );
    }
    if interrupt.asked() {
        ended.say(&[])?;
        return Err(Failure::failed(
            "ended by a signal before the session was over",
        ));
    }
    match outcome {
        Some(Ok(())) => folders.compare(&options.view, ended),
        Some(Err(error)) => {
            ended.say(&[])?;
            Err(Failure::failed(format!("the session failed: {error}")))
        }
        None => {
            ended.say(&[])?;
            Err(Failure::failed(format!(
                "the session did not end within {LIMIT:?}"
            )))
        }
    }
}

/// Takes the private network where the machine allows it, else loopback where that is allowed.
fn choose(place: Place) -> Result<Stage, Failure> {
    let refusal = if place == Place::Loopback {
        None
    } else {
        match net::enter() {
            Ok(_) => return Stage::private(),
            Err(refusal) => Some(refusal),
        }
    };
    let report = doctor::examine();
    let raw = report
        .check("raw socket on the machine's own network")
        .is_some_and(|check| check.outcome == doctor::Outcome::Ok);
    match (place, refusal) {
        (Place::Auto, Some(refusal)) if raw => {
            eprintln!(
                "ftplab: no private network ({refusal}); using loopback and port 2121 instead"
            );
            Ok(Stage::loopback())
        }
        (Place::Loopback, _) if raw => Ok(Stage::loopback()),
        _ => Err(Failure::not_permitted(format!(
            "this machine does not let ftplab run a scenario\n{report}"
        ))),
    }
}

fn start_server(
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
        // Nobody may be waiting any more.
        let _ = items.send(Item::ServerDone(ended.map_err(|error| error.to_string())));
    })?;
    listening
        .recv_timeout(LIMIT)
        .map_err(|_| Failure::failed("the server did not start"))?
        .map_err(|error| Failure::failed(format!("the server cannot listen on {control}: {error}")))
}

fn start_client(
    stage: &Stage,
    scenario: &'static Scenario,
    server: SocketAddr,
    folders: &Folders,
    items: SyncSender<Item>,
) -> Result<(), Failure> {
    let (local, folder) = (stage.client(), folders.client.path().to_owned());
    stage.start(Who::Client, move || async move {
        let played = scenario.play(server, local, &folder).await;
        let _ = items.send(Item::ClientDone(played.map_err(|error| error.to_string())));
    })?;
    Ok(())
}

/// Everything that has to do with showing while the scenario runs.
struct Show {
    view: View,
    order: InOrder<Item>,
    with_app: bool,
    outcome: Option<Result<(), String>>,
}

impl Show {
    /// Shows what comes until both programs are done and every connection is closed.
    fn until_the_end(
        mut self,
        arriving: &Receiver<Item>,
        recorder: Recorder,
        shutdown: &CancellationToken,
        interrupt: &Interrupt,
    ) -> Result<(Self, Recorder), Failure> {
        let begun = Instant::now();
        let mut limit = begun + LIMIT;
        let mut server_done = false;
        loop {
            let over = server_done && self.outcome.is_some() && self.view.all_closed();
            if over || Instant::now() >= limit || interrupt.asked() {
                break;
            }
            match arriving.recv_timeout(Duration::from_millis(20)) {
                Ok(Item::ClientDone(outcome)) => {
                    self.outcome = Some(outcome);
                    shutdown.cancel();
                    limit = limit.min(Instant::now() + FAREWELL);
                }
                Ok(Item::ServerDone(ended)) => {
                    server_done = true;
                    if let (Err(error), None) = (ended, &self.outcome) {
                        self.outcome = Some(Err(format!("the server: {error}")));
                    }
                }
                Ok(item) => self.take(item)?,
                Err(RecvTimeoutError::Timeout) => self.view.flush()?,
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        shutdown.cancel();
        recorder.stop();
        // What was captured before the stop still comes; then the recorder lets go.
        while let Ok(item) = arriving.recv_timeout(Duration::from_millis(50)) {
            self.take(item)?;
        }
        while let Some(item) = self.order.pop(true) {
            self.show(&item)?;
        }
        Ok((self, recorder))
    }

    fn take(&mut self, item: Item) -> Result<(), Failure> {
        if !self.with_app {
            return self.show(&item);
        }
        let time = match &item {
            Item::Frame(frame) => frame.time,
            Item::Aside(aside) => aside.time,
            Item::ClientDone(_) | Item::ServerDone(_) => return Ok(()),
        };
        self.order.push(time, item);
        while let Some(item) = self.order.pop(false) {
            self.show(&item)?;
        }
        Ok(())
    }

    fn show(&mut self, item: &Item) -> Result<(), Failure> {
        match item {
            Item::Frame(frame) => self.view.frame(&frame.frame()),
            Item::Aside(OwnedAside { time, who, what }) => self.view.aside(&Aside {
                time: *time,
                who,
                what,
            }),
            Item::ClientDone(_) | Item::ServerDone(_) => Ok(()),
        }
    }

    fn finish(self) -> Result<Ended, Failure> {
        Ok(self.view.finish()?.1)
    }
}

/// The files on both sides; gone when the run is over.
struct Folders {
    server: Arc<TempDir>,
    client: Arc<TempDir>,
}

impl Folders {
    fn new(scenario: &Scenario) -> io::Result<Self> {
        let folder = |name| {
            tempfile::Builder::new()
                .prefix(name)
                .tempdir()
                .map(Arc::new)
        };
        let folders = Self {
            server: folder("ftplab-server-")?,
            client: folder("ftplab-client-")?,
        };
        scenario.prepare(folders.server.path(), folders.client.path())?;
        Ok(folders)
    }

    /// Compares both files byte for byte and says so.
    fn compare(&self, view: &ViewOptions, ended: Ended) -> Result<(), Failure> {
        let mut lines = Vec::new();
        let mut different = Vec::new();
        let (there, here) = (self.server.path(), self.client.path());
        for (name, from, to) in [(DOWNLOAD, there, here), (UPLOAD, here, there)] {
            let same = sizes_if_same(&from.join(name), &to.join(name));
            if same.is_none() {
                different.push(name);
            }
            if view.is_narrated() {
                lines.push(compared(view.language(), name, from == there, same));
            } else if view.is_json() {
                let down = if from == there { "down" } else { "up" };
                let line = serde_json::json!({
                    "event": "file", "name": name, "direction": down,
                    "bytes": same, "same": same.is_some(),
                });
                lines.push(line.to_string());
            }
        }
        ended.say(&lines)?;
        if different.is_empty() {
            return Ok(());
        }
        Err(Failure::failed(format!(
            "not the same on both sides: {}",
            different.join(", ")
        )))
    }
}

/// The size of two files when their bytes are the same.
fn sizes_if_same(one: &Path, other: &Path) -> Option<usize> {
    let (one, other) = (fs::read(one).ok()?, fs::read(other).ok()?);
    (one == other).then_some(one.len())
}

fn compared(language: Language, name: &str, down: bool, same: Option<usize>) -> String {
    match (language, down, same) {
        (Language::En, true, Some(bytes)) => {
            format!("{name}: {bytes} bytes came down, the same on both sides byte for byte")
        }
        (Language::En, false, Some(bytes)) => {
            format!("{name}: {bytes} bytes went up, the same on both sides byte for byte")
        }
        (Language::En, _, None) => format!("{name}: NOT the same on both sides"),
        (Language::Zh, true, Some(bytes)) => {
            format!("{name}：下载 {bytes} 字节，两边逐字节相同")
        }
        (Language::Zh, false, Some(bytes)) => {
            format!("{name}：上传 {bytes} 字节，两边逐字节相同")
        }
        (Language::Zh, _, None) => format!("{name}：两边不相同"),
    }
}
