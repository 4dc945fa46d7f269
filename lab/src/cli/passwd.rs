//! `ftplab passwd`: a line for `serve --password-file`.

use std::io::{self, Write};

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
    /// The folder that this user sees instead of the served one.
    #[arg(long, value_name = "DIR", default_value = "")]
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
