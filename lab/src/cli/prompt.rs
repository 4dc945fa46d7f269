//! Asking a person for a password, and leaving the terminal as it was.

use std::io;
use std::thread;

use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

/// Reads a password that is not shown. A signal that ends the program gives the terminal its echo
/// back first: without it, the shell would seem dead.
pub(super) fn password(prompt: &str) -> io::Result<String> {
    let Ok(before) = tcgetattr(io::stdin()) else {
        return rpassword::prompt_password(prompt);
    };
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP])?;
    let waiting = signals.handle();
    let guard = thread::spawn(move || {
        if let Some(signal) = signals.forever().next() {
            let _ = tcsetattr(io::stdin(), OptionalActions::Now, &before);
            eprintln!();
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
