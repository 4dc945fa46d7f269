//! `ftplab doctor`: what this machine allows.

use std::io::{self, Write};

use clap::Args;

use crate::{Failure, Verdict, examine};

/// Say what this machine allows, and how to get what it does not.
#[derive(Args, Debug)]
#[command(before_help = "\
Examples:
  ftplab doctor                           what works here, and how to get what does not
  ftplab doctor --json | jq -r .verdict   private_network, loopback or nothing")]
pub(super) struct DoctorOptions {
    /// The report as JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn doctor(options: &DoctorOptions) -> Result<(), Failure> {
    let report = examine();
    let text = if options.json {
        serde_json::to_string_pretty(&report).map_err(Failure::failed)?
    } else {
        report.to_string()
    };
    writeln!(io::stdout(), "{}", text.trim_end()).map_err(|error| Failure::output(&error))?;
    if report.verdict == Verdict::Nothing {
        return Err(Failure::not_permitted(
            "ftplab run cannot run here; the fixes are above",
        ));
    }
    Ok(())
}
