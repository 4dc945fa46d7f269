//! `ftplab trace`: explain what is on an interface or in a file.

mod file;
mod given;
pub(super) mod kind;
mod live;
mod printed;
mod program;
mod select;

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use tracer::{CaptureError, Summary, interfaces};

use crate::Failure;
use crate::view::ViewOptions;
use live::LiveOptions;
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
    #[command(flatten)]
    live: LiveOptions,
    /// List the interfaces to capture from.
    #[arg(short = 'D', long = "list-interfaces", conflicts_with_all = ["interface", "read"])]
    list: bool,
    /// Say what the frames of the interface of -i begin with.
    #[arg(short = 'L', long = "list-data-link-types", requires = "interface")]
    list_links: bool,
    /// Read this file: a capture (pcap or pcapng), or a printed trace, the text of tcpdump or
    /// WinDump; - is stdin.
    #[arg(short = 'r', long, value_name = "FILE")]
    read: Option<PathBuf>,
    /// Read the capture files that FILE names, one a line, one after the other; - is stdin.
    #[arg(short = 'V', value_name = "FILE", conflicts_with_all = ["read", "interface", "follow"])]
    list_of_files: Option<PathBuf>,
    /// With -r: go on when FILE grows, until Ctrl-C.
    #[arg(long, requires = "read")]
    follow: bool,
    /// Only the packets of this filter, in tcpdump's language: tcp port 21 or host 10.0.0.2.
    #[arg(value_name = "FILTER")]
    filter: Vec<String>,
    /// Take the filter from this file; what is behind a # in it does not count. - is stdin.
    #[arg(short = 'F', value_name = "FILE", conflicts_with = "filter")]
    filter_file: Option<PathBuf>,
    /// Print the filter's program and end: -d to be read, -dd for C, -ddd in decimal.
    #[arg(short = 'd', action = clap::ArgAction::Count)]
    program: u8,
    /// End after this many packets.
    #[arg(short = 'c', long, value_name = "COUNT", value_parser = clap::value_parser!(u64).range(1..))]
    count: Option<u64>,
    /// Write each line at once. Without it, lines may wait while more packets are there to read.
    #[arg(short = 'l')]
    line_buffered: bool,
    /// Write each packet to the file of -w at once, as -l does the lines.
    #[arg(short = 'U', long = "packet-buffered")]
    packet_buffered: bool,
    /// Save the files that are transferred in this folder, as they went over the wire. Nothing
    /// is replaced; a file with bytes missing is called NAME.partial.
    #[arg(long, value_name = "DIR")]
    extract: Option<PathBuf>,
    /// Show the SHA-256 of each file that is transferred, and save nothing. --extract shows it, too.
    #[arg(long, conflicts_with = "extract")]
    sha256: bool,
    #[command(flatten)]
    view: ViewOptions,
    /// tcpdump's, and not ours: it is said what to do.
    #[arg(short = 'C', value_name = "SIZE", hide = true)]
    file_size: Option<String>,
    /// As -C.
    #[arg(short = 'W', value_name = "COUNT", hide = true)]
    file_count: Option<String>,
    /// As -C.
    #[arg(short = 'G', value_name = "SECONDS", hide = true)]
    rotate_seconds: Option<String>,
}

pub(super) fn trace(options: &TraceOptions) -> Result<(), Failure> {
    let rotation = [
        ("-C", &options.file_size),
        ("-W", &options.file_count),
        ("-G", &options.rotate_seconds),
    ];
    if let Some((flag, _)) = rotation.iter().find(|(_, value)| value.is_some()) {
        return Err(Failure::usage(format!(
            "{flag} is not supported: ftplab writes one file; `editcap -c PACKETS` and `editcap -i \
             SECONDS` divide it"
        )));
    }
    if options.sha256 {
        options.view.must_tell_of_files("--sha256")?;
    }
    let nothing = options.live.interface.is_empty() && options.list_of_files.is_none();
    if let ([bare], true, None) = (&options.filter[..], nothing, &options.read)
        && options.program == 0
    {
        let is_interface = interfaces().iter().any(|i| i.name == *bare);
        if is_interface || Path::new(bare).exists() || bare.contains('.') {
            let flag = if is_interface { "-i" } else { "-r" };
            return Err(Failure::usage(format!(
                "{bare}: did you mean: ftplab trace {flag} {bare}"
            )));
        }
    }
    if options.list {
        return print(&live::list());
    }
    if options.list_links {
        return print(&live::links(&options.live.interface)?);
    }
    let selection = Selection::parse(&given::filter(options)?)?;
    if options.program > 0 {
        return program::print(options, &selection);
    }
    if !options.live.interface.is_empty() {
        return live::live(options, selection);
    }
    let files = given::files(options)?;
    if !files.is_empty() {
        return file::files(options, &files, selection);
    }
    Err(Failure::usage(format!(
        "say what to trace: -r FILE for a capture file, or -i IFACE for one of {}",
        interfaces()
            .iter()
            .map(|i| i.name.as_str())
            .collect::<Vec<_>>()
            .join(", ")
    )))
}

impl TraceOptions {
    /// Whether nothing is to be kept back while more packets are there.
    const fn at_once(&self) -> bool {
        self.line_buffered || self.packet_buffered
    }
}

/// A failure when packets or files that were asked for are not there.
fn all_there(options: &TraceOptions, summary: Summary) -> Result<(), Failure> {
    options.view.all_decoded(&summary)?;
    summary
        .unsaved
        .map_or(Ok(()), |problem| Err(Failure::failed(problem)))
}

fn print(lines: &[String]) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    lines
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
