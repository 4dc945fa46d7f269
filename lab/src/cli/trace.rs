//! `ftplab trace`: explain what is on an interface or in a file.

mod file;
pub(super) mod kind;
mod live;
mod printed;
mod select;

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use tracer::{CaptureError, Summary, interfaces};

use crate::Failure;
use crate::view::ViewOptions;
use select::Selection;

/// Explain the packets on an interface or in a capture file.
#[derive(Args, Debug)]
#[command(before_help = "\
Examples:
  ftplab trace -r session.pcap              explain a capture file
  ftplab trace -r article.txt               explain the lines of tcpdump in a text
  tcpdump -Uw - host 10.0.0.2 | ftplab trace -r -   explain what tcpdump captures
  sudo ftplab trace -i lo                   explain live traffic until Ctrl-C
  ftplab trace -r session.pcap 'tcp port 21 or host 10.0.0.2'   only some packets
  ftplab trace -r session.pcap --json | jq -c 'select(.event==\"reply\")'")]
#[allow(clippy::struct_excessive_bools)] // each is a flag of its own
pub(super) struct TraceOptions {
    /// Capture live on this interface.
    #[arg(short = 'i', long, value_name = "IFACE", conflicts_with = "read")]
    interface: Option<String>,
    /// List the interfaces to capture from.
    #[arg(short = 'D', long = "list-interfaces", conflicts_with_all = ["interface", "read"])]
    list: bool,
    /// With -i: do not take what is addressed to other machines.
    #[arg(short = 'p', long = "no-promiscuous-mode", requires = "interface")]
    no_promiscuous: bool,
    /// With -i: capture through pnet, with a system call for each packet, rather than through
    /// memory that the kernel shares.
    #[arg(long, requires = "interface")]
    portable: bool,
    /// Read this file: a capture (pcap or pcapng), or a printed trace, the text of tcpdump or
    /// WinDump; - is stdin.
    #[arg(short = 'r', long, value_name = "FILE")]
    read: Option<PathBuf>,
    /// With -r: go on when FILE grows, until Ctrl-C.
    #[arg(long, requires = "read")]
    follow: bool,
    /// Only the packets of this filter, in tcpdump's language: tcp port 21 or host 10.0.0.2.
    #[arg(value_name = "FILTER")]
    filter: Vec<String>,
    /// End after this many packets.
    #[arg(short = 'c', long, value_name = "COUNT", value_parser = clap::value_parser!(u64).range(1..))]
    count: Option<u64>,
    /// Save the files that are transferred in this folder, as they went over the wire. Nothing
    /// is replaced; a file with bytes missing is called NAME.partial.
    #[arg(long, value_name = "DIR")]
    extract: Option<PathBuf>,
    /// Show the SHA-256 of each file that is transferred, and save nothing. --extract shows it, too.
    #[arg(long, conflicts_with = "extract")]
    sha256: bool,
    #[command(flatten)]
    view: ViewOptions,
}

pub(super) fn trace(options: &TraceOptions) -> Result<(), Failure> {
    if options.sha256 {
        options.view.must_tell_of_files("--sha256")?;
    }
    if let ([bare], None, None) = (&options.filter[..], &options.interface, &options.read) {
        let is_interface = interfaces().iter().any(|i| i.name == *bare);
        if is_interface || Path::new(bare).exists() || bare.contains('.') {
            let flag = if is_interface { "-i" } else { "-r" };
            return Err(Failure::usage(format!(
                "{bare}: did you mean: ftplab trace {flag} {bare}"
            )));
        }
    }
    if options.list {
        return list();
    }
    let selection = Selection::parse(&options.filter)?;
    match (&options.interface, &options.read) {
        (Some(interface), _) => live::live(options, interface, selection),
        (None, Some(path)) => file::file(options, path, selection),
        (None, None) => Err(Failure::usage(format!(
            "say what to trace: -r FILE for a capture file, or -i IFACE for one of {}",
            interfaces()
                .iter()
                .map(|i| i.name.as_str())
                .collect::<Vec<_>>()
                .join(", ")
        ))),
    }
}

/// A failure when packets or files that were asked for are not there.
fn all_there(options: &TraceOptions, summary: Summary) -> Result<(), Failure> {
    options.view.all_decoded(&summary)?;
    summary
        .unsaved
        .map_or(Ok(()), |problem| Err(Failure::failed(problem)))
}

fn list() -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    live::list()
        .iter()
        .try_for_each(|line| writeln!(out, "{line}"))
        .map_err(|error| Failure::output(&error))
}

/// A capture error with the fix where there is one.
pub(crate) fn cannot_capture(error: CaptureError) -> Failure {
    match error {
        CaptureError::NotPermitted { .. } => Failure::not_permitted(format!(
            "{error}\n  fix: run it with sudo, or give the program the right once: \
             sudo setcap cap_net_raw+ep $(command -v ftplab)"
        )),
        _ => Failure::failed(error),
    }
}
