//! `ftplab passwd`: a line for `serve --password-file`.

use std::io::{self, IsTerminal, Write};

use clap::Args;

use super::prompt;
use crate::Failure;

/// Hash a password into a line for `ftplab serve --password-file`.
#[derive(Args, Debug)]
#[command(before_help = "\
Examples:
  ftplab passwd ann >> users                    asks for the password
  FTPLAB_PASSWORD=… ftplab passwd ann --root /srv/ann --read-only >> users
  ftplab serve pub --password-file users")]
pub(super) struct PasswdOptions {
    /// The user's name.
    name: String,
    /// The folder that this user sees instead of the served one; a path that does not begin with
    /// / is taken from where the server is started.
    #[arg(
        long,
        value_name = "DIR",
        default_value = "",
        hide_default_value = true
    )]
    root: String,
    /// Let this user write nothing.
    #[arg(long)]
    read_only: bool,
}

pub(super) fn passwd(options: &PasswdOptions) -> Result<(), Failure> {
    for (what, text) in [("name", &options.name), ("folder", &options.root)] {
        if text.contains(':') || text.chars().any(char::is_control) {
            return Err(Failure::usage(format!(
                "the {what} cannot hold a colon or a control character: {text:?}"
            )));
        }
    }
    // A line that begins with # is a comment, and blanks at its ends are not the name's.
    let name = &options.name;
    if name.is_empty() || name.trim() != name || name.starts_with('#') {
        return Err(Failure::usage(format!(
            "a name cannot be empty, begin with # or have blanks at its ends: {name:?}"
        )));
    }
    if std::env::var_os("FTPLAB_PASSWORD").is_none() && !io::stdin().is_terminal() {
        return Err(Failure::usage(
            "no password: set FTPLAB_PASSWORD, or run it on a terminal",
        ));
    }
    let password = prompt::new(&options.name, None)?;
    if password.is_empty() {
        return Err(Failure::usage(
            "the password is empty: with it anybody who knows the name could log in",
        ));
    }
    let hash = server::PasswordHash::of(password.as_bytes()).map_err(Failure::failed)?;
    let rest = match (options.root.as_str(), options.read_only) {
        ("", false) => String::new(),
        (root, false) => format!(":{root}"),
        (root, true) => format!(":{root}:read-only"),
    };
    writeln!(io::stdout(), "{}:{hash}{rest}", options.name).map_err(|error| Failure::output(&error))
}
