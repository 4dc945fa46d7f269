//! `ftplab check`: scripts that speak FTP to a server, or to a client, and say what it got wrong.
//!
//! ```text
//! files ─► load ─► Script ─┬► play (against a server) ──┬► Played ─► report: terminal, TAP,
//!                          └► serve (against a client) ─┘              JUnit, JSON
//!                               │
//!        watch: the packets between the two, held against the lines `wire: …`
//! ```

mod channel;
mod content;
mod data;
mod load;
mod opponent;
mod own;
mod play;
mod report;
mod secured;
mod serve;
mod shown;
mod target;
mod verdict;
mod watch;

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use clap::{Args, ValueEnum};
use script::{Grade, Script, explain};
use tokio::sync::Notify;

use self::opponent::Opponents;
use self::report::Report;
use self::verdict::Played;
use crate::Failure;
use crate::cli;
use crate::interrupt::Interrupt;
use crate::view::Color;

/// Play scripts against an FTP server or client and say what it got wrong.
#[derive(Args, Debug)]
#[command(before_help = "\
Examples:
  ftplab check tests/scripts --server 127.0.0.1:2121        every script of a folder
  ftplab check pasv.ftp --server ftp.example.com --user ann password from FTPLAB_PASSWORD
  ftplab check tests/scripts --server self                  against ftplab's own server
  ftplab check tests/scripts --server HOST --tls            the same sessions under TLS
  ftplab check tests/scripts/client --client curl           scripts that are the server
  ftplab check get.ftp --client 'wget -q %URL% -O %OUT%'    the same with any client
  ftplab check tests/scripts --list                         what there is, and on which rule it rests
  ftplab check pasv.ftp --explain                           a script in words; sends nothing
  ftplab check tests/scripts --server HOST --format junit   for a CI server; also tap, json

The exit code is 1 when a script graded MUST fails (--strict: any), 2 when a script has an error.")]
#[allow(clippy::struct_excessive_bools)] // one a flag
pub(crate) struct CheckOptions {
    /// Scripts (*.ftp), or folders of them.
    #[arg(required = true)]
    scripts: Vec<PathBuf>,
    /// The server: HOST or HOST:PORT; `self` is ftplab's own, started for this run, `self6` the
    /// same over IPv6.
    #[arg(long, value_name = "SERVER", required_unless_present_any = ["list", "explain", "client", "client_put", "client_list", "client_active"])]
    server: Option<String>,
    /// The client: ftplab, curl, lftp or python (its ftplib), or a command line that gets a file:
    /// %URL%, or %HOST%, %PORT% and %PATH%, say from where and %OUT% into which file here. TLS is
    /// offered to a command line with %CACERT%, the file with the certificate to trust. No shell
    /// is between.
    #[arg(long, value_name = "COMMAND")]
    client: Option<String>,
    /// The command line that puts a file: %FILE% is the file here, %URL% or %PATH% its name there.
    #[arg(long, value_name = "COMMAND")]
    client_put: Option<String>,
    /// The command line that lists the folder at %HOST% and %PORT%.
    #[arg(long, value_name = "COMMAND")]
    client_list: Option<String>,
    /// The command line that gets a file over a data connection that the server opens (PORT, EPRT).
    #[arg(long, value_name = "COMMAND")]
    client_active: Option<String>,
    /// Where clients and ftplab's own server run: auto takes a private network when this machine
    /// allows one, as the wire can be watched there.
    #[arg(long, value_enum, default_value_t = Place::Auto, value_name = "PLACE")]
    place: Place,
    /// Who logs in; the password comes from FTPLAB_PASSWORD. Anonymous unless given.
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
    /// A second user, for scripts that need one; the password comes from `FTPLAB_SECOND_PASSWORD`.
    #[arg(long, value_name = "NAME")]
    second_user: Option<String>,
    /// The folder on the server in which scripts may write; where login leads unless given.
    #[arg(long, value_name = "DIR")]
    folder: Option<String>,
    /// How long the server may take, all in all, for what is asked before the first script:
    /// greeting, login, features, folder; then for each reply around a script, when files are made
    /// or looked at. Waits in a script have its `limit:`.
    #[arg(long, value_name = "TIME", default_value = "15s", requires = "server", value_parser = cli::duration)]
    timeout: Duration,
    /// Each `login` of a script is one under TLS, and so are the data connections behind it
    /// (AUTH TLS, PROT P). Scripts that log in by hand are played as written, also in clear text;
    /// where one is chosen that needs it, one login in clear text, with the password, finds out
    /// first whether the server takes it so.
    #[arg(long)]
    tls: bool,
    /// Only scripts of this grade; repeatable.
    #[arg(long, value_enum, value_name = "GRADE")]
    grade: Vec<GradeArg>,
    /// How many scripts are played at once.
    #[arg(long, short, default_value_t = 4, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=64))]
    jobs: u16,
    /// List the scripts and play none.
    #[arg(long)]
    list: bool,
    /// Tell the scripts in words and play none; scenarios of `ftplab list` too.
    #[arg(long, conflicts_with = "list")]
    explain: bool,
    /// How to report.
    #[arg(long, value_enum, default_value_t = Format::Text, value_name = "FORMAT")]
    format: Format,
    /// Colours: auto means on a terminal when NO_COLOR is not set.
    #[arg(long, value_enum, default_value_t = Color::Auto, value_name = "WHEN")]
    color: Color,
    /// Exit code 1 when any script fails, not only one graded MUST.
    #[arg(long)]
    strict: bool,
    /// Also show the dialogue of scripts that passed.
    #[arg(long, short)]
    verbose: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum GradeArg {
    Must,
    Should,
    Hardening,
}

impl GradeArg {
    const fn grade(self) -> Grade {
        match self {
            Self::Must => Grade::Must,
            Self::Should => Grade::Should,
            Self::Hardening => Grade::Hardening,
        }
    }
}

/// Where the programs run that this run starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Place {
    /// A private network, else the machine's loopback interface.
    Auto,
    /// A private network or nothing.
    Private,
    /// The machine's loopback interface.
    Loopback,
}

/// How the results are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    Text,
    /// The Test Anything Protocol, version 13.
    Tap,
    /// JUnit's XML.
    Junit,
    /// One JSON object for each script, one a line, and one with the totals.
    Json,
}

/// Plays the scripts.
///
/// # Errors
/// Exit code 2 for an error in a script, 1 when one that must pass does not.
pub(crate) fn check(options: &CheckOptions) -> Result<(), Failure> {
    if options.list {
        return report::list(&chosen(options)?);
    }
    if options.explain {
        let told: Vec<_> = chosen(options)?.iter().map(explain).collect();
        return cli::print(&told.join("\n"));
    }
    match meet(options) {
        Ok((scripts, opponents, end)) => play_all(&scripts, &opponents, options, &end),
        Err(failure) => {
            report::nothing(options.format, failure.message())?;
            Err(failure)
        }
    }
}

/// All that a run takes.
fn meet(options: &CheckOptions) -> Result<(Vec<Script>, Opponents, End), Failure> {
    let scripts = chosen(options)?;
    let end = End::new()?;
    let opponents = Opponents::meet(&scripts, options, &end)?;
    Ok((scripts, opponents, end))
}

/// The scripts that were named, of the grades that were.
fn chosen(options: &CheckOptions) -> Result<Vec<Script>, Failure> {
    let mut scripts = load::load(&options.scripts, options.explain)?;
    if !options.grade.is_empty() {
        scripts.retain(|script| {
            options
                .grade
                .iter()
                .any(|grade| grade.grade() == script.header.grade)
        });
    }
    if scripts.is_empty() {
        return Err(Failure::usage("no script is left to play"));
    }
    Ok(scripts)
}

/// Whether everything is to end before it is done: asked by a signal, or as nobody reads.
#[derive(Clone, Debug)]
struct End {
    interrupt: Interrupt,
    unread: Arc<AtomicBool>,
    gone: Arc<Notify>,
}

impl End {
    fn new() -> Result<Self, Failure> {
        Ok(Self {
            interrupt: Interrupt::listen()?,
            unread: Arc::default(),
            gone: Arc::default(),
        })
    }

    fn asked(&self) -> bool {
        self.interrupt.asked() || self.unread.load(Ordering::Relaxed)
    }

    /// Waits until it is asked. No clock is looked at: the signal or the reader's end wakes it.
    async fn wait(&self) {
        let gone = self.gone.notified();
        tokio::pin!(gone);
        // Enlisted before the look, so that nothing is missed between the look and the wait.
        gone.as_mut().enable();
        if self.asked() {
            return;
        }
        tokio::select! {
            () = self.interrupt.came() => {}
            () = gone => {}
        }
    }

    /// Nobody reads what is found: what was begun is put away, and nothing more is begun.
    fn stop_reading(&self) {
        self.unread.store(true, Ordering::Relaxed);
        self.gone.notify_waiters();
    }

    /// What a run that was ended by a signal says.
    fn interrupted() -> Failure {
        Failure::interrupted("interrupted", signal_hook::consts::SIGINT)
    }
}

/// Plays the scripts, some at once, and reports each in the order of the files.
fn play_all(
    scripts: &[Script],
    opponents: &Opponents,
    options: &CheckOptions,
    end: &End,
) -> Result<(), Failure> {
    let mut report = Report::new(options, scripts.len());
    report.begin(opponents)?;
    let next = Arc::new(AtomicUsize::new(0));
    let (done, results) = mpsc::channel::<(usize, Played)>();
    let written = std::thread::scope(|scope| {
        for _ in 0..usize::from(options.jobs).min(scripts.len()) {
            let (next, done) = (Arc::clone(&next), done.clone());
            scope.spawn(move || {
                let Ok(runtime) = crate::cli::runtime() else {
                    return;
                };
                while !end.asked() {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(script) = scripts.get(index) else {
                        return;
                    };
                    let played = runtime.block_on(opponents.play(script, index, end));
                    if done.send((index, played)).is_err() {
                        return;
                    }
                }
            });
        }
        drop(done);
        let mut waiting = std::collections::BTreeMap::new();
        let mut shown = 0;
        let mut written = Ok(());
        for (index, played) in &results {
            waiting.insert(index, played);
            while let Some(played) = waiting.remove(&shown) {
                if let Some(script) = scripts.get(shown)
                    && written.is_ok()
                    && !played.broken_off
                {
                    written = report.script(script, &played);
                    // Nobody reads what the others find; what was begun is still put away.
                    if written.is_err() {
                        end.stop_reading();
                    }
                } else if let Some(script) = scripts.get(shown)
                    && !played.broken_off
                {
                    report.count(script, &played);
                }
                shown += 1;
            }
        }
        if shown < scripts.len() && !end.asked() {
            return Err(Failure::failed("a thread that played scripts broke off"));
        }
        written
    });
    let totals = report.totals().clone();
    let cut = end.interrupt.asked();
    let written = written.and_then(|()| report.end(cut));
    if end.interrupt.asked() {
        return Err(End::interrupted());
    }
    // What failed is told whether or not somebody read all of it.
    totals.failure(options.strict).map_or(Ok(()), Err)?;
    written?;
    totals.outcome()
}
