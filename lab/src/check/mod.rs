//! `ftplab check`: scripts that speak FTP to a server and say what it got wrong.
//!
//! ```text
//! files ─► load ─► Script ─► play (N at once) ─► Played ─► report: terminal, TAP, JUnit, JSON
//!                              │
//!            target: the server, what it offers, who may log in
//! ```

mod load;
mod own;
mod play;
mod report;
mod target;
mod verdict;

use std::net::{SocketAddr, ToSocketAddrs};
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};

use clap::{Args, ValueEnum};
use script::{Grade, Script, explain};

use self::own::OwnServer;
use self::report::{Report, Totals};
use self::target::{Account, Target};
use self::verdict::Played;
use crate::Failure;

/// Play scripts against an FTP server and say what it got wrong.
#[derive(Args, Debug)]
#[command(before_help = "\
Examples:
  ftplab check tests/scripts --server 127.0.0.1:2121        every script of a folder
  ftplab check pasv.ftp --server ftp.example.com --user ann password from FTPLAB_PASSWORD
  ftplab check tests/scripts --server self                  against ftplab's own server
  ftplab check tests/scripts --list                         what there is, and on which rule it rests
  ftplab check pasv.ftp --explain                           a script in words; sends nothing
  ftplab check tests/scripts --server HOST --format junit   for a CI server; also tap, json

The exit code is 1 when a script graded MUST fails (--strict: any), 2 when a script has an error.")]
#[allow(clippy::struct_excessive_bools)] // one a flag
pub(crate) struct CheckOptions {
    /// Scripts (*.ftp), or folders of them.
    #[arg(required = true)]
    scripts: Vec<PathBuf>,
    /// The server: HOST or HOST:PORT; `self` is ftplab's own, started for this run.
    #[arg(long, value_name = "SERVER", required_unless_present_any = ["list", "explain"])]
    server: Option<String>,
    /// Who logs in; the password comes from `FTPLAB_PASSWORD`. Anonymous unless given.
    #[arg(long, value_name = "NAME", default_value = "anonymous")]
    user: String,
    /// A second user, for scripts that need one; the password comes from `FTPLAB_SECOND_PASSWORD`.
    #[arg(long, value_name = "NAME")]
    second_user: Option<String>,
    /// The folder on the server in which scripts may write; where login leads unless given.
    #[arg(long, value_name = "DIR")]
    folder: Option<String>,
    /// Only scripts of this grade; repeatable.
    #[arg(long, value_enum, value_name = "GRADE")]
    grade: Vec<GradeArg>,
    /// How many scripts are played at once.
    #[arg(long, short, default_value_t = 4, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=64))]
    jobs: u16,
    /// List the scripts and play none.
    #[arg(long)]
    list: bool,
    /// Tell the scripts in words and play none.
    #[arg(long, conflicts_with = "list")]
    explain: bool,
    /// How to report.
    #[arg(long, value_enum, default_value_t = Format::Text, value_name = "FORMAT")]
    format: Format,
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

/// How the results are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    Text,
    /// The Test Anything Protocol, version 14.
    Tap,
    /// `JUnit`'s XML.
    Junit,
    /// One JSON object for each script, one a line, and one with the totals.
    Json,
}

/// Plays the scripts.
///
/// # Errors
/// Exit code 2 for an error in a script, 1 when one that must pass does not.
pub(crate) fn check(options: &CheckOptions) -> Result<(), Failure> {
    let mut scripts = load::load(&options.scripts)?;
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
    if options.list {
        return report::list(&scripts);
    }
    if options.explain {
        return report::print(scripts.iter().map(explain).collect::<Vec<_>>().join("\n"));
    }
    let (target, _own) = target(options)?;
    let totals = play_all(&scripts, &target, options)?;
    totals.outcome(options.strict)
}

/// The server to test; ftplab's own lives as long as what is returned.
fn target(options: &CheckOptions) -> Result<(Target, Option<OwnServer>), Failure> {
    let password = |variable: &str| std::env::var(variable).unwrap_or_default();
    let account = |name: &str, variable: &str| Account {
        name: name.to_owned(),
        password: match (name, password(variable)) {
            ("anonymous" | "ftp", given) if given.is_empty() => "ftplab@example.com".into(),
            (_, given) => given,
        },
    };
    let name = options.server.as_deref().unwrap_or_default();
    let runtime = crate::cli::runtime()?;
    if name == "self" {
        let own = OwnServer::start()?;
        let (first, second) = OwnServer::accounts();
        let target = runtime.block_on(Target::explore(own.address, first, Some(second), None))?;
        return Ok((target, Some(own)));
    }
    let server = resolve(name)?;
    let first = account(&options.user, "FTPLAB_PASSWORD");
    let second = options
        .second_user
        .as_deref()
        .map(|name| account(name, "FTPLAB_SECOND_PASSWORD"));
    let folder = options.folder.as_deref();
    let target = runtime.block_on(Target::explore(server, first, second, folder))?;
    Ok((target, None))
}

/// `HOST`, `HOST:PORT`, `[::1]:2121`
fn resolve(name: &str) -> Result<SocketAddr, Failure> {
    let with_port = if name.parse::<std::net::Ipv6Addr>().is_ok() {
        format!("[{name}]:21")
    } else if name
        .rsplit_once(':')
        .is_some_and(|(_, port)| port.parse::<u16>().is_ok())
    {
        name.to_owned()
    } else {
        format!("{name}:21")
    };
    with_port
        .to_socket_addrs()
        .map_err(|error| Failure::usage(format!("--server {name}: {error}")))?
        .next()
        .ok_or_else(|| Failure::usage(format!("--server {name}: no address")))
}

/// Plays the scripts, some at once, and reports each in the order of the files.
fn play_all(
    scripts: &[Script],
    target: &Target,
    options: &CheckOptions,
) -> Result<Totals, Failure> {
    let mut report = Report::new(options.format, options.verbose, scripts.len());
    report.begin(target)?;
    let next = Arc::new(AtomicUsize::new(0));
    let (done, results) = mpsc::channel::<(usize, Played)>();
    std::thread::scope(|scope| {
        for _ in 0..usize::from(options.jobs).min(scripts.len()) {
            let (next, done) = (Arc::clone(&next), done.clone());
            scope.spawn(move || {
                let Ok(runtime) = crate::cli::runtime() else {
                    return;
                };
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(script) = scripts.get(index) else {
                        return;
                    };
                    let played = runtime.block_on(play::play(script, target, index));
                    if done.send((index, played)).is_err() {
                        return;
                    }
                }
            });
        }
        drop(done);
        let mut waiting = std::collections::BTreeMap::new();
        let mut shown = 0;
        for (index, played) in &results {
            waiting.insert(index, played);
            while let Some(played) = waiting.remove(&shown) {
                if let Some(script) = scripts.get(shown) {
                    report.script(script, &played)?;
                }
                shown += 1;
            }
        }
        if shown < scripts.len() {
            return Err(Failure::failed("a thread that played scripts broke off"));
        }
        Ok(())
    })?;
    report.end()
}
