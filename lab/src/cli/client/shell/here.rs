//! What the shell does without a server: help, folders here, the system's shell.

use std::io::{self, Write};
use std::os::unix::process::ExitStatusExt;

use signal_hook::consts::SIGINT;

use super::commands::{COMMANDS, meant};
use super::state::{Flow, Trouble};
use crate::Failure;
use crate::cli::client::remote::Stop;

/// Where the text of a row of help begins.
const COLUMN: usize = 24;

pub(super) fn help(name: &str) -> Result<(), Trouble> {
    let mut out = io::stdout().lock();
    let shown: Vec<_> = match name {
        "" => COMMANDS.iter().collect(),
        name => vec![meant(name).map_err(Failure::usage)?],
    };
    for command in shown {
        let also = match command.names {
            [_] | [] => String::new(),
            [_, also @ ..] => format!(" (also {})", also.join(", ")),
        };
        let usage = command.usage();
        if usage.len() < COLUMN {
            writeln!(out, "{usage:<COLUMN$}{}{also}", command.help)?;
        } else {
            writeln!(out, "{usage}\n{:COLUMN$}{}{also}", "", command.help)?;
        }
    }
    Ok(())
}

pub(super) fn local_directory(path: &str) -> Result<(), Failure> {
    let folder = match (path, std::env::home_dir()) {
        ("", Some(home)) => home,
        _ => path.into(),
    };
    std::env::set_current_dir(&folder)
        .map_err(|error| Failure::failed(format!("{}: {error}", folder.display())))
}

/// A command of the system's shell; without one, the shell itself.
pub(super) fn system(command: &str, stop: &Stop) -> Result<Flow, Failure> {
    let mut shell = std::process::Command::new("/bin/sh");
    if !command.trim().is_empty() {
        shell.args(["-c", command]);
    }
    let status = shell
        .status()
        .map_err(|error| Failure::failed(format!("/bin/sh: {error}")))?;
    if status.signal() == Some(SIGINT) {
        stop.ask(SIGINT);
    }
    if status.success() {
        Ok(Flow::On)
    } else {
        Err(Failure::failed(format!("{}: {status}", command.trim())))
    }
}
