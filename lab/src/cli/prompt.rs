//! Passwords: from a file, the environment, or a person; never from the command line, where every
//! user of the machine could read them.

use std::io::{self, IsTerminal};
use std::path::Path;
use std::thread;

use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::Failure;

/// The password that `whom` has already.
pub(super) fn known(whom: &str, file: Option<&Path>) -> Result<String, Failure> {
    match given(file)? {
        Some(password) => Ok(password),
        None => ask(&format!("Password for {whom}: ")),
    }
}

/// The password that `whom` shall have: what a person types is typed twice.
pub(super) fn new(whom: &str, file: Option<&Path>) -> Result<String, Failure> {
    if let Some(password) = given(file)? {
        return Ok(password);
    }
    let password = ask(&format!("New password for {whom}: "))?;
    if ask("The same again: ")? != password {
        return Err(Failure::failed(
            "the two are not the same: nothing was done",
        ));
    }
    Ok(password)
}

/// The first line of the file, or `FTPLAB_PASSWORD`.
fn given(file: Option<&Path>) -> Result<Option<String>, Failure> {
    if let Some(path) = file {
        let text = std::fs::read_to_string(path)
            .map_err(|error| Failure::failed(format!("cannot read {}: {error}", path.display())))?;
        return Ok(Some(text.lines().next().unwrap_or_default().to_owned()));
    }
    Ok(std::env::var("FTPLAB_PASSWORD").ok())
}

fn ask(prompt: &str) -> Result<String, Failure> {
    if !io::stdin().is_terminal() {
        return Err(Failure::usage(
            "no password: set FTPLAB_PASSWORD, give --password-file FILE, or run it on a terminal",
        ));
    }
    unseen(prompt).map_err(|error| Failure::failed(format!("cannot read the password: {error}")))
}

/// Reads a password that is not shown. A signal that ends the program gives the terminal its echo
/// back first: without it, the shell would seem dead.
fn unseen(prompt: &str) -> io::Result<String> {
    let Ok(before) = tcgetattr(io::stdin()) else {
        return rpassword::prompt_password(prompt);
    };
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP])?;
    let waiting = signals.handle();
    let guard = thread::spawn(move || {
        if let Some(signal) = signals.forever().next() {
            let _ = tcsetattr(io::stdin(), OptionalActions::Now, &before);
            message!("");
            // What a shell gives for a program that the signal ended.
            std::process::exit(128 + signal);
        }
    });
    let password = rpassword::prompt_password(prompt);
    waiting.close();
    // It has nothing left to wait for.
    let _ = guard.join();
    password
}
