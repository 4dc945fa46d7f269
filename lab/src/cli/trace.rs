//! `ftplab trace`: explain what is on an interface or in a file.

use std::fs::File;
use std::io::{self, BufReader, IsTerminal, Read};
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};

use clap::Args;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use tracer::{Capture, CaptureError, CaptureOptions, PcapError, PcapReader, Summary, interfaces};

use crate::Failure;
use crate::interrupt::Interrupt;
use crate::view::{View, ViewOptions};

/// Explain the packets on an interface or in a capture file.
#[derive(Args, Debug)]
#[command(before_help = "\
Examples:
  ftplab trace -r session.pcap              explain a capture file
  tcpdump -Uw - host 10.0.0.2 | ftplab trace -r -   explain what tcpdump captures
  sudo ftplab trace -i lo                   explain live traffic until Ctrl-C
  ftplab trace -r session.pcap --json | jq -c 'select(.event==\"reply\")'")]
pub(super) struct TraceOptions {
    /// Capture live on this interface.
    #[arg(short = 'i', long, value_name = "IFACE", conflicts_with = "read")]
    interface: Option<String>,
    /// Read this capture file (pcap); - is stdin.
    #[arg(short = 'r', long, value_name = "FILE")]
    read: Option<PathBuf>,
    /// What -r or -i was forgotten before.
    #[arg(value_name = "FILE", hide = true)]
    bare: Option<String>,
    /// End after this many packets.
    #[arg(short = 'c', long, value_name = "COUNT", value_parser = clap::value_parser!(u64).range(1..))]
    count: Option<u64>,
    /// Save the files that are transferred in this folder, as they went over the wire. Nothing
    /// is replaced; a file with bytes missing is called NAME.partial.
    #[arg(long, value_name = "DIR")]
    extract: Option<PathBuf>,
    #[command(flatten)]
    view: ViewOptions,
}

pub(super) fn trace(options: &TraceOptions) -> Result<(), Failure> {
    if let Some(bare) = &options.bare {
        let is_interface = interfaces().iter().any(|i| i.name == *bare);
        let flag = if is_interface { "-i" } else { "-r" };
        return Err(Failure::usage(format!(
            "{bare}: did you mean: ftplab trace {flag} {bare}"
        )));
    }
    match (&options.interface, &options.read) {
        (Some(interface), _) => live(options, interface),
        (None, Some(path)) => file(options, path),
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

fn live(options: &TraceOptions, interface: &str) -> Result<(), Failure> {
    let interrupt = Interrupt::listen()?;
    let mut capture = Capture::open(&CaptureOptions::new(interface)).map_err(cannot_capture)?;
    let mut view = View::new(&options.view, capture.link_type(), &[])?;
    if let Some(folder) = &options.extract {
        view.extract_to(folder)?;
    }
    eprintln!("ftplab: tracing {interface}; Ctrl-C ends it");
    let mut taken = 0;
    let mut broken = None;
    while !interrupt.asked() && options.count.is_none_or(|count| taken < count) {
        match capture.next() {
            Ok(Some(frame)) => {
                view.frame(&frame)?;
                taken += 1;
                if view.is_silenced() {
                    break;
                }
            }
            // Nothing is waiting, so there is time to show what came.
            Ok(None) => view.flush()?,
            Err(error) => {
                broken = Some(error);
                break;
            }
        }
    }
    let statistics = capture.statistics();
    let (summary, ended) = view.finish()?;
    ended.say(&[])?;
    if let Ok(statistics) = statistics {
        eprintln!(
            "ftplab: {taken} packets shown, {} received by the socket, {} dropped by the kernel",
            statistics.received, statistics.dropped
        );
    }
    broken.map_or(Ok(()), |error| Err(cannot_capture(error)))?;
    all_saved(summary)
}

fn file(options: &TraceOptions, path: &Path) -> Result<(), Failure> {
    let stdin = path == Path::new("-");
    let name = if stdin {
        "standard input".into()
    } else {
        path.display().to_string()
    };
    let interrupt = Interrupt::listen()?;
    let source = if stdin {
        let stdin = io::stdin().as_fd().try_clone_to_owned();
        stdin.map(File::from)
    } else {
        File::open(path)
    };
    let source = source.map_err(|e| Failure::failed(format!("cannot open {name}: {e}")))?;
    let source = Patient {
        source,
        interrupt: interrupt.clone(),
    };
    let damaged = |error: &PcapError| {
        let fix = match error {
            PcapError::Format { name: "pcapng" } if stdin => {
                "\n  fix: capture with tcpdump -w - or dumpcap -P -w -, which write classic pcap"
            }
            PcapError::Format { name: "pcapng" } => {
                let quoted = shell_words::quote(&name);
                return Failure::failed(format!(
                    "{name}: {error}\n  fix: editcap -F pcap {quoted} classic.pcap, then \
                     ftplab trace -r classic.pcap"
                ));
            }
            _ => "",
        };
        Failure::failed(format!("{name}: {error}{fix}"))
    };
    let mut reader =
        PcapReader::new(BufReader::with_capacity(1 << 18, source)).map_err(|e| damaged(&e))?;
    let mut view = View::new(&options.view, reader.link(), &[])?;
    if let Some(folder) = &options.extract {
        view.extract_to(folder)?;
    }
    // A pipe may be live, and a person is watching.
    let show_at_once = stdin && io::stdout().is_terminal();
    let mut taken = 0;
    let mut broken = None;
    while !interrupt.asked() && options.count.is_none_or(|count| taken < count) {
        match reader.next() {
            Ok(Some(frame)) => view.frame(&frame)?,
            Ok(None) => break,
            // Asked to end, the reader ends the file wherever it is.
            Err(_) if interrupt.asked() => break,
            Err(error) => {
                broken = Some(damaged(&error));
                break;
            }
        }
        taken += 1;
        if show_at_once {
            view.flush()?;
        }
    }
    let (summary, ended) = view.finish()?;
    ended.say(&[])?;
    broken.map_or(Ok(()), Err)?;
    all_saved(summary)
}

/// A failure when files that were asked for are not there.
fn all_saved(summary: Summary) -> Result<(), Failure> {
    summary
        .unsaved
        .map_or(Ok(()), |problem| Err(Failure::failed(problem)))
}

/// Reads, but does not wait longer than a moment without asking whether it should end.
struct Patient {
    source: File,
    interrupt: Interrupt,
}

impl Read for Patient {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        const MOMENT: Timespec = Timespec {
            tv_sec: 0,
            tv_nsec: 50_000_000,
        };
        while !self.interrupt.asked() {
            let mut fds = [PollFd::new(&self.source, PollFlags::IN)];
            match poll(&mut fds, Some(&MOMENT)) {
                Ok(0) | Err(rustix::io::Errno::INTR) => {}
                Ok(_) => return self.source.read(buffer),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(0)
    }
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
