//! The command line.

mod client;
mod compare;
mod diff;
mod doctor;
mod errata;
mod list;
mod passwd;
mod prompt;
mod serve;
mod trace;
mod wrong;

use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use clap::{Parser, Subcommand};

use crate::Failure;
use crate::check::{self, CheckOptions};
use crate::run::{self, RunOptions};

pub(crate) use serve::duration;
pub(crate) use trace::cannot_capture;

/// Run a real FTP session in a private network and explain every packet of it.
#[derive(Parser, Debug)]
#[command(
    name = "ftplab",
    version,
    arg_required_else_help = true,
    before_help = "\
Examples:
  ftplab run active                        a session in a private network, explained
  ftplab run passive --lang zh             the same in passive mode, in Chinese
  ftplab list                              what else can be run
  ftplab trace -r session.pcap             explain a capture file
  ftplab trace -i lo                       explain live traffic
  ftplab serve DIR --listen 127.0.0.1:2121 an FTP server
  ftplab get ftp://127.0.0.1:2121/file     an FTP client; also put, ls, mget, mirror, rm, mv
  ftplab shell ftp://127.0.0.1:2121        the same, interactive
  ftplab compare article.txt our.pcap      an article's trace and our packets, side by side
  ftplab diff one.pcap two.pcap            which bytes differ between runs, and in which fields
  ftplab errata                            what the articles get wrong, and what shows it
  ftplab doctor                            what this machine allows, and the fix for the rest"
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    Run(RunOptions),
    List(list::ListOptions),
    Trace(trace::TraceOptions),
    Serve(serve::ServeOptions),
    Passwd(passwd::PasswdOptions),
    Ls(client::LsOptions),
    Get(client::GetOptions),
    Put(client::PutOptions),
    Mget(client::MgetOptions),
    Mirror(client::MirrorOptions),
    Rm(client::RmOptions),
    Mkdir(client::MkdirOptions),
    Mv(client::MvOptions),
    Shell(client::ShellOptions),
    Check(CheckOptions),
    Compare(compare::CompareOptions),
    Diff(diff::DiffOptions),
    Errata(errata::ErrataOptions),
    Doctor(doctor::DoctorOptions),
}

/// Runs the program: the exit code is 0 when all went well, 1 when something failed, 2 for a
/// wrong command line, 3 when the machine does not permit it.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return wrong::told(error),
    };
    if let Err(failure) = survive_file_limits() {
        return failure.report();
    }
    let done = match &cli.command {
        Command::Run(options) => run::run(options),
        Command::List(options) => list::list(options),
        Command::Trace(options) => trace::trace(options),
        Command::Serve(options) => serve::serve(options),
        Command::Passwd(options) => passwd::passwd(options),
        Command::Ls(options) => client::ls(options),
        Command::Get(options) => client::get(options),
        Command::Put(options) => client::put(options),
        Command::Mget(options) => client::mget(options),
        Command::Mirror(options) => client::mirror(options),
        Command::Rm(options) => client::rm(options),
        Command::Mkdir(options) => client::mkdir(options),
        Command::Mv(options) => client::mv(options),
        Command::Shell(options) => client::shell(options),
        Command::Check(options) => check::check(options),
        Command::Compare(options) => compare::compare(options),
        Command::Diff(options) => diff::diff(options),
        Command::Errata(options) => errata::errata(options),
        Command::Doctor(options) => doctor::doctor(options),
    };
    done.map_or_else(|failure| failure.report(), |()| ExitCode::SUCCESS)
}

/// A file that outgrows `ulimit -f` is an error of that file, as a full disk is, and not the end
/// of the program: that is what SIGXFSZ would be if nobody listened to it.
fn survive_file_limits() -> Result<(), Failure> {
    let heard = Arc::new(AtomicBool::new(false));
    signal_hook::flag::register(rustix::process::Signal::XFSZ.as_raw(), heard)
        .map_err(|error| Failure::failed(format!("cannot handle signals: {error}")))?;
    Ok(())
}

/// Writes a text to stdout, all of it.
///
/// # Errors
/// When it cannot be written; a reader that went away is no failure.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())
        .and_then(|()| out.flush())
        .map_err(|error| Failure::output(&error))
}

/// A runtime for one command.
pub(crate) fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::failed(format!("cannot start the runtime: {error}")))
}
