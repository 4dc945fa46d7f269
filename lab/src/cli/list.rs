//! `ftplab list`: the scenarios, a line each, or one of them as it is written.

use std::fmt::Write;

use clap::Args;
use tracer::Language;

use crate::Failure;
use crate::cli::print;
use crate::scenario::{self, Scenario};

/// List the scenarios that `ftplab run` plays, or print one to be copied.
#[derive(Args, Debug)]
#[command(before_help = "\
Examples:
  ftplab list                              the scenarios, a line each
  ftplab list --lang zh                    the same in Chinese
  ftplab list passive > mine.ftp           one of them, to be changed
  ftplab run mine.ftp                      and played")]
pub(crate) struct ListOptions {
    /// Print this scenario's script.
    #[arg(conflicts_with = "lang")]
    name: Option<String>,
    /// The language of the lines: en or zh.
    #[arg(long, default_value = "en", value_name = "LANG")]
    lang: Language,
}

/// Prints them.
///
/// # Errors
/// Exit code 2: there is no such scenario.
pub(super) fn list(options: &ListOptions) -> Result<(), Failure> {
    if let Some(name) = &options.name {
        return print(&Scenario::load(name)?.text);
    }
    let longest = scenario::ALL.iter().map(|s| s.name.len()).max();
    let width = longest.unwrap_or_default() + 2;
    let mut lines = String::new();
    for built_in in scenario::ALL {
        // Nothing can go wrong with a text in memory.
        let _ = writeln!(
            lines,
            "{:width$}{}",
            built_in.name,
            built_in.about_in(options.lang)
        );
    }
    print(&lines)
}
