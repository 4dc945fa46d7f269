//! `ftplab run`: a scenario in a private network, captured and explained.
//!
//! ```text
//! server host ── veth ── client host
//!    server               client    recorder (raw socket on the client's interface, or another's)
//!        \                  |          /
//!         `--- Item::Aside, Item::Frame, Item::…Done ---> this thread: analyze, show, keep
//! ```

mod asides;
mod files;
mod ground;
mod idle;
mod order;
mod ports;
mod programs;
mod recorder;
mod show;
mod stage;
mod told;

use std::io::{self, IsTerminal};
use std::path::PathBuf;
use std::sync::{Arc, mpsc};
use std::time::Duration;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueEnum};
use tokio_util::sync::CancellationToken;
use tracer::{CaptureOptions, TimeStamps, Timestamp};
use tracing_subscriber::layer::SubscriberExt;

use self::asides::{AsideLayer, OwnedAside};
use self::files::Folders;
use self::recorder::{OwnedFrame, Recorder};
use self::show::Show;
use self::stage::Stage;
use crate::articles::Against;
use crate::cli::{cannot_capture, print};
use crate::interrupt::Interrupt;
use crate::net;
use crate::scenario::{self, Scenario};
use crate::view::{View, ViewOptions, columns};
use crate::{Failure, doctor};

/// How long a step may take in which no packet comes: more than the client waits for each of its
/// replies and its data, so that it is the client who says what did not come.
const LIMIT: Duration = Duration::from_mins(1);
/// Items on their way to the thread that shows them. More wait where they are.
const QUEUE: usize = 4096;

/// Run a scenario in a private network and explain every packet.
#[derive(Args, Debug)]
#[command(before_help = "\
Examples:
  ftplab run active                   the server dials for data (PORT)
  ftplab run passive --lang zh        the client dials (PASV), explained in Chinese
  ftplab run active --with-app        what the programs did, between the packets
  ftplab run active --style tcpdump   tcpdump's lines and nothing else
  ftplab run mine.ftp                 a scenario of your own: copy one with --print
  ftplab run passive -w session.pcap  keep the packets for Wireshark")]
pub(crate) struct RunOptions {
    /// Which scenario: one of these, or FILE.ftp.
    #[arg(value_parser = ScenarioName)]
    scenario: String,
    /// Print the scenario's script, to be copied, and play nothing.
    #[arg(long)]
    print: bool,
    /// The time there and back on the scenario's cable, in milliseconds.
    #[arg(long, value_name = "MS", value_parser = clap::value_parser!(u16).range(0..=10_000))]
    rtt: Option<u16>,
    /// Hold the packets against the lines that an article printed, side by side: of this scenario's
    /// session, or those in FILE. Exit code 1 when one does not match. The article-… scenarios do so
    /// by default.
    #[arg(long, value_name = "FILE", num_args = 0..=1, require_equals = true,
          default_missing_value = "article", value_parser = printed)]
    compare: Option<Printed>,
    /// Do not hold the packets against the article's.
    #[arg(long, conflicts_with = "compare")]
    no_compare: bool,
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

/// The lines that packets are held against.
#[derive(Clone, Debug)]
enum Printed {
    /// Those of the scenario's article.
    Article,
    /// Those in a file.
    File(PathBuf),
}

#[allow(clippy::unnecessary_wraps)] // as clap wants it
fn printed(word: &str) -> Result<Printed, String> {
    Ok(match word {
        "article" => Printed::Article,
        file => Printed::File(file.into()),
    })
}

/// The name of a scenario that is built in, or of a file.
#[derive(Clone, Debug)]
struct ScenarioName;

impl ScenarioName {
    fn built_in() -> impl Iterator<Item = PossibleValue> {
        let value = |s: &scenario::BuiltIn| PossibleValue::new(s.name).help(s.about());
        scenario::ALL.iter().map(value)
    }
}

impl TypedValueParser for ScenarioName {
    type Value = String;

    fn parse_ref(
        &self,
        command: &clap::Command,
        argument: Option<&clap::Arg>,
        value: &std::ffi::OsStr,
    ) -> Result<String, clap::Error> {
        match value.to_str() {
            Some(word) if scenario::is_file_name(word) => Ok(word.to_owned()),
            _ => PossibleValuesParser::new(Self::built_in()).parse_ref(command, argument, value),
        }
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(Self::built_in()))
    }
}

/// What comes to the thread that shows things.
#[derive(Debug)]
enum Item {
    Frame(OwnedFrame),
    /// Every frame that this recorder has up to then was sent.
    Quiet {
        place: usize,
        until: Timestamp,
    },
    Aside(OwnedAside),
    /// The client's part has come to this step.
    Step(usize),
    /// From then on the router reads FTP.
    RouterReads(Timestamp),
    ClientDone(Result<(), String>),
    /// The scenario has shown all that it wants to, and its connections are still open.
    CaptureEnds,
    ServerDone(Result<(), String>),
    /// The last frame was before this.
    RecorderDone,
}

/// Runs a scenario. To be called while the process has one thread.
///
/// # Errors
/// When the machine forbids it (exit code 3), the session fails, a file did not arrive whole, or a
/// line about packets met none.
pub(crate) fn run(options: &RunOptions) -> Result<(), Failure> {
    let scenario = Arc::new(Scenario::load(&options.scenario)?);
    if options.print {
        return print(&scenario.text);
    }
    let stage = choose(options, &scenario)?;
    let interrupt = Interrupt::listen()?;
    let folders = Folders::new(&scenario).map_err(|error| {
        let place = std::env::temp_dir();
        Failure::failed(format!(
            "cannot make the files of the scenario in {}: {error}\n  fix: TMPDIR=DIR names another \
             folder for them",
            place.display()
        ))
    })?;
    let (items, arriving) = mpsc::sync_channel(QUEUE);
    if options.with_app {
        let subscriber = tracing_subscriber::registry().with(AsideLayer::new(items.clone()));
        tracing::subscriber::set_global_default(subscriber).map_err(Failure::failed)?;
    }
    // On loopback nobody else sees to it that the first frame has its time already.
    let _stamps = (!stage.is_private()).then(TimeStamps::hold);
    let router = stage.set_router_up(&scenario)?;
    let recorders = {
        let items = items.clone();
        let start =
            move |options: &CaptureOptions, place| Recorder::start(options, place, items.clone());
        let started: Result<Vec<_>, _> = stage.capture(start)?.into_iter().collect();
        started.map_err(cannot_capture)?
    };
    let Some(link) = recorders.first().map(|recorder| recorder.link) else {
        return Err(Failure::failed("there is no place to capture at"));
    };
    let against = against(options, stage.control().port())?;
    let mut view = View::new(
        &options.view.clone().numeric(),
        link,
        &[stage.control().port()],
    )?;
    view.hold_against(against);
    tell_purpose(options, &scenario, &mut view)?;
    let shutdown = CancellationToken::new();
    programs::start_resolver(&stage, &scenario)?;
    ports::open(&stage, &scenario)?;
    let address =
        programs::start_server(&stage, &scenario, &folders, shutdown.clone(), items.clone())?;
    programs::start_client(
        &stage,
        &scenario,
        router,
        address,
        &folders,
        shutdown.clone(),
        items,
    )?;
    let language = options.view.language_of_asides();
    let mut show = Show::new(
        view,
        Arc::clone(&scenario),
        options.with_app,
        recorders.len(),
        language,
    );
    if scenario.network.router.reads_ftp {
        show.router_reads(asides::now())?;
    }
    let show = show.until_the_end(&arriving, &recorders, &shutdown, &interrupt)?;
    drop(arriving);
    let (outcome, unfinished) = (show.outcome(), show.unfinished());
    let (summary, mut ended) = show.finish()?;
    for recorder in recorders {
        match recorder.join() {
            Some(Ok(statistics)) if statistics.dropped > 0 => {
                message!(
                    "ftplab: {} dropped by the kernel",
                    tracer::plural(statistics.dropped, "packet")
                );
            }
            Some(Err(error)) => message!("ftplab: the capture broke off: {error}"),
            _ => {}
        }
    }
    if interrupt.asked() {
        ended.say(&[])?;
        return Err(Failure::failed(
            "ended by a signal before the session was over",
        ));
    }
    match outcome {
        Some(Ok(())) => {
            let differs = ended.compare(&options.view)?;
            let idle = idle::rules(&stage, &scenario);
            idle::tell(&idle);
            let shown = idle.iter().filter_map(|rule| rule.shown(&options.view));
            folders.compare(&scenario, &options.view, ended, shown)?;
            differs.map_or(Ok(()), |differs| {
                Err(told::perhaps_busy(differs, stage.latest()))
            })?;
            options.view.all_decoded(&summary)?;
            idle::fail(&options.scenario, &idle)
        }
        Some(Err(error)) => {
            ended.say(&[])?;
            Err(Failure::failed(format!("the session failed: {error}")))
        }
        None => {
            ended.say(&[])?;
            Err(Failure::failed(unfinished))
        }
    }
}

/// Says first what the scenario shows. Where stdout is for programs, a person at a terminal is told
/// beside it.
fn tell_purpose(options: &RunOptions, scenario: &Scenario, view: &mut View) -> Result<(), Failure> {
    let language = options.view.language();
    let about = scenario.about(language);
    if options.view.is_for_people() {
        let told = told::purpose(&options.scenario, about, language, columns());
        return view.say(&format!("{told}\n\n"));
    }
    if io::stderr().is_terminal() {
        message!(
            "ftplab: {}",
            told::purpose(&options.scenario, about, language, None)
        );
    }
    Ok(())
}

/// What the packets are to be held against.
fn against(options: &RunOptions, control: u16) -> Result<Option<Against>, Failure> {
    match &options.compare {
        _ if options.no_compare => Ok(None),
        Some(Printed::File(file)) => Against::file(file, &[control]).map(Some),
        // A program that reads the output did not ask for it.
        None if !options.view.is_narrated() => Ok(None),
        asked => {
            let name = &options.scenario;
            let found = Against::article(name, &[control])?;
            if found.is_none() && asked.is_some() {
                return Err(Failure::usage(format!(
                    "no article printed a trace of {name}: name one, as --compare=FILE"
                )));
            }
            Ok(found)
        }
    }
}

/// Takes the private network where the machine allows it, else loopback where that is allowed.
fn choose(options: &RunOptions, scenario: &Scenario) -> Result<Stage, Failure> {
    let needs = scenario.needs_private();
    let place = match (options.place, needs) {
        (Place::Auto, Some(_)) => Place::Private,
        (Place::Loopback, Some(what)) => {
            let name = &options.scenario;
            return Err(Failure::usage(format!(
                "{name} cannot be played on loopback: it asks for {what}"
            )));
        }
        (place, _) => place,
    };
    let rtt = options.rtt.map(|ms| Duration::from_millis(ms.into()));
    let refusal = if place == Place::Loopback {
        None
    } else {
        match net::enter() {
            Ok(_) => return Stage::private(scenario, rtt),
            Err(refusal) => Some(refusal),
        }
    };
    let report = doctor::examine();
    let raw = report.check(doctor::RAW_SOCKET);
    let permitted = raw.is_some_and(|check| check.outcome == doctor::Outcome::Ok);
    match (place, &refusal) {
        (Place::Auto, Some(refusal)) if permitted => {
            message!(
                "ftplab: no private network ({refusal}); using loopback and port 2121 instead"
            );
            Ok(Stage::loopback())
        }
        (Place::Loopback, _) if permitted => Ok(Stage::loopback()),
        _ => Err(forbidden(place, refusal.as_ref(), raw)),
    }
}

/// What stands in the way of a run, and what to do about it.
fn forbidden(
    place: Place,
    refusal: Option<&net::IsolationError>,
    raw: Option<&doctor::Check>,
) -> Failure {
    let mut message = String::from(match place {
        Place::Auto => "a run needs a private network or a raw socket; neither is allowed here",
        Place::Private => "a private network is not allowed here",
        Place::Loopback => "a raw socket is not allowed here",
    });
    let mut add = |what: &str, why: &str, fix: Option<&str>| {
        message.push_str(&format!("\n  {what}: {why}"));
        if let Some(fix) = fix {
            message.push_str(&format!("\n    fix: {fix}"));
        }
    };
    if let Some(refusal) = refusal {
        add(
            "private network",
            &refusal.to_string(),
            refusal.obstacle().fix(),
        );
    }
    if let Some(raw) = raw.filter(|_| place != Place::Private) {
        add("raw socket", &raw.detail, raw.fix.as_deref());
    }
    message.push_str("\n  ftplab doctor shows every check");
    Failure::not_permitted(message)
}
