//! Passwords: from a file, the environment, or a person; never from the command line, where every
//! user of the machine could read them.

use std::fs::File;
use std::io::{self, IsTerminal, Read, Seek};
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
        let text = File::open(path)
            .and_then(|file| text_of(&file))
            .map_err(|error| Failure::failed(format!("cannot read {}: {error}", path.display())))?;
        return Ok(Some(first_line(&text)));
    }
    Ok(std::env::var("FTPLAB_PASSWORD").ok())
}

/// The password in a file's text.
pub(super) fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().to_owned()
}

/// The longest text in bytes: more than any list of users or chain of certificates needs, and an
/// end to what has none, such as `/dev/zero`.
const LONGEST: u64 = 1 << 20;

/// What a file that was just opened holds.
///
/// # Errors
/// When it cannot be read, has more than [`LONGEST`] bytes, or is no text.
pub(super) fn text_of(mut file: &File) -> io::Result<String> {
    let mut bytes = Vec::new();
    file.by_ref().take(LONGEST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LONGEST {
        return Err(io::Error::new(
            io::ErrorKind::FileTooLarge,
            "it is longer than 1 MiB\n  fix: name a file, not a device or a program without end",
        ));
    }
    String::from_utf8(bytes)
        .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "expected text in UTF-8"))
}

/// The same for a file that was read before.
///
/// # Errors
/// As [`text_of`].
pub(super) fn text_from(mut file: &File) -> io::Result<String> {
    file.rewind()?;
    text_of(file)
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
