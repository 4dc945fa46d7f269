//! Live traffic, until the user has seen enough.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use clap::{Args, ValueEnum};
use tracer::{
    ANY, Aside, CaptureDirection, CaptureError, CaptureOptions, CaptureStatistics, Captures,
    DEFAULT_RING, Engine, Frame, LinkType, MAX_FRAME, Timestamp, interface_link, interfaces,
};

use super::select::Selection;
use super::{TraceOptions, all_there, cannot_capture};
use crate::Failure;
use crate::interrupt::Interrupt;
use crate::recording::is_pcapng;
use crate::view::View;

/// After so many frames it is asked whether any were dropped.
const BETWEEN_QUESTIONS: u64 = 1024;

/// Longer than the kernel keeps a block of the ring that is not full.
const READ_TIMEOUT: Duration = Duration::from_millis(20);

/// What is captured live, and how.
#[derive(Args, Debug)]
pub(super) struct LiveOptions {
    /// Capture live on this interface, by name or by the number of -D; any is all together.
    /// May be given more than once.
    #[arg(short = 'i', long, value_name = "IFACE", conflicts_with = "read")]
    pub(super) interface: Vec<String>,
    /// With -i: only what comes in, or what goes out.
    #[arg(short = 'Q', long, value_enum, value_name = "WAY", default_value_t = Way::Inout,
          requires = "interface")]
    direction: Way,
    /// With -i: take at most this many bytes of a packet; 0 is as many as there can be.
    #[arg(short = 's', long = "snapshot-length", value_name = "BYTES", default_value_t = 0,
          value_parser = clap::value_parser!(u32).range(0..=MAX_FRAME as i64))]
    snapshot: u32,
    /// With -i: so many KiB of memory for packets that wait to be read, for each interface, and as
    /// many at most for those that wait to be shown.
    #[arg(short = 'B', long, value_name = "KIB", requires = "interface",
          value_parser = clap::value_parser!(u32).range(1..=1 << 20))]
    buffer_size: Option<u32>,
    /// With -i: do not take what is addressed to other machines.
    #[arg(short = 'p', long = "no-promiscuous-mode", requires = "interface")]
    no_promiscuous: bool,
    /// For tcpdump's users: packets always come within 8 milliseconds.
    #[arg(long, requires = "interface")]
    immediate_mode: bool,
    /// With -i: capture through pnet, with a system call for each packet, rather than through
    /// memory that the kernel shares.
    #[arg(long, requires = "interface")]
    portable: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Way {
    In,
    Out,
    Inout,
}

pub(super) fn live(options: &TraceOptions, mut selection: Selection) -> Result<(), Failure> {
    let interrupt = Interrupt::listen()?;
    let names = names(&options.live.interface);
    let links = links_of(&names)?;
    one_link_for_pcap(options, &names, &links)?;
    let in_kernel = selection.leave_to_kernel(&links)?;
    // What the kernel cannot select has to be seen whole for that.
    let snaplen = match options.live.snapshot as usize {
        0 => MAX_FRAME,
        bytes => bytes,
    };
    let taken_whole = if in_kernel { snaplen } else { MAX_FRAME };
    let mut capture = open(options, &names, &selection, taken_whole)?;
    let first = capture.link_types().first().copied();
    let mut view = View::new(&options.view, first.unwrap_or(LinkType::Ethernet), &[])?;
    view.name_interfaces();
    if let Some(folder) = &options.extract {
        view.extract_to(folder)?;
    }
    if options.sha256 {
        view.hash_files();
    }
    if !options.at_once() {
        let room = options.live.memory(names.len()).saturating_mul(names.len());
        view = view.keep_up(&options.view, room)?;
    }
    message!("ftplab: tracing {}; Ctrl-C ends it", names.join(", "));
    let mut taken = 0;
    let mut read = 0_u64;
    let mut known = CaptureStatistics::default();
    let mut last = Timestamp::default();
    let mut broken = None;
    // Asked to end, it first shows what came before that.
    let mut asked: Option<Timestamp> = None;
    while options.count.is_none_or(|count| taken < count) {
        if asked.is_none() && interrupt.asked() {
            asked = Some(now());
        }
        match capture.next() {
            Ok(Some((from, frame))) => {
                if asked.is_some_and(|asked| frame.time > asked) {
                    break;
                }
                last = frame.time;
                if selection.accepts(&frame)? {
                    let bytes = frame.bytes.get(..snaplen).unwrap_or(frame.bytes);
                    let frame = Frame { bytes, ..frame };
                    let name = names.get(from).map(String::as_str);
                    view.frame_of(&frame, u32::try_from(from).ok(), name)?;
                    taken += 1;
                    if options.at_once() {
                        view.flush()?;
                    }
                }
                if view.is_silenced() {
                    break;
                }
                read += 1;
                if read.is_multiple_of(BETWEEN_QUESTIONS) {
                    tell_drops(&mut capture, &mut known, last, &mut view)?;
                }
            }
            Ok(None) => {
                tell_drops(&mut capture, &mut known, last, &mut view)?;
                // Nothing is waiting, so there is time to show what came.
                view.flush()?;
                if asked.is_some() {
                    break;
                }
            }
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
        message!(
            "ftplab: {} shown, {} received by the socket, {} dropped by the kernel",
            tracer::plural(taken, "packet"),
            statistics.received,
            statistics.dropped
        );
    }
    broken.map_or(Ok(()), |error| Err(cannot_capture(error)))?;
    all_there(options, summary)
}

/// Interfaces by name, each once, whether they were given by name or by number.
fn names(given: &[String]) -> Vec<String> {
    let there = interfaces();
    let mut names = Vec::new();
    for given in given {
        let named = there.iter().any(|found| found.name == *given);
        let index: Option<u32> = given.parse().ok().filter(|_| !named);
        let by_number = there.iter().find(|found| Some(found.index) == index);
        let name = by_number.map_or(given, |found| &found.name);
        if !names.contains(name) {
            names.push(name.clone());
        }
    }
    names
}

fn links_of(names: &[String]) -> Result<Vec<LinkType>, Failure> {
    let links = names.iter().map(|name| interface_link(name));
    links.collect::<Result<_, _>>().map_err(cannot_capture)
}

/// Only pcapng holds frames of several link types.
fn one_link_for_pcap(
    options: &TraceOptions,
    names: &[String],
    links: &[LinkType],
) -> Result<(), Failure> {
    let Some(written) = options.view.written().filter(|path| !is_pcapng(path)) else {
        return Ok(());
    };
    let mut each = names.iter().zip(links);
    let Some((first, link)) = each.next() else {
        return Ok(());
    };
    match each.find(|(_, other)| *other != link) {
        Some((other, found)) => Err(Failure::usage(format!(
            "{}: a pcap file has one link type, and {first} has {link} where {other} has {found}: \
             a name that ends in .pcapng gives a file that holds both",
            written.display()
        ))),
        None => Ok(()),
    }
}

/// Opens the capture; without a ring where the kernel has none.
fn open(
    options: &TraceOptions,
    names: &[String],
    selection: &Selection,
    snaplen: usize,
) -> Result<Captures, Failure> {
    let live = &options.live;
    let buffer_size = live.memory(names.len());
    let wanted = |engine| -> Vec<_> {
        let of = |name: &String| CaptureOptions {
            engine,
            buffer_size,
            read_timeout: READ_TIMEOUT,
            expression: selection.expression().cloned(),
            promiscuous: !live.no_promiscuous,
            direction: match live.direction {
                Way::In => CaptureDirection::In,
                Way::Out => CaptureDirection::Out,
                Way::Inout => CaptureDirection::Both,
            },
            snaplen,
            ..CaptureOptions::new(name)
        };
        names.iter().map(of).collect()
    };
    if !live.portable {
        match Captures::open(&wanted(Engine::Ring)) {
            Err(CaptureError::NoRing { source, .. })
                if names.len() == 1 && names.first().is_some_and(|name| name != ANY) =>
            {
                message!(
                    "ftplab: {}: capturing through pnet, as there is no ring: {source}",
                    names.join(", ")
                );
            }
            Err(CaptureError::Filter(error)) => return Err(Failure::usage(error)),
            opened => return opened.map_err(cannot_capture),
        }
    }
    match Captures::open(&wanted(Engine::Pnet)) {
        Err(CaptureError::Filter(error)) => Err(Failure::usage(error)),
        Err(error @ CaptureError::OnlyOne { .. }) => {
            Err(Failure::usage(format!("{error}: leave out --portable")))
        }
        opened => opened.map_err(cannot_capture),
    }
}

impl LiveOptions {
    /// The memory for packets that wait to be read, in bytes, for each of so many interfaces. As
    /// much may be taken by those that were read and wait to be shown.
    fn memory(&self, interfaces: usize) -> usize {
        match self.buffer_size {
            Some(kib) => kib as usize * 1024,
            None => ring(interfaces),
        }
    }
}

/// Unless it is given: a burst of two gigabytes comes faster than most styles show it. A sixteenth
/// of the machine's memory and at most 256 MiB for all, but never less than 64 MiB for one.
fn ring(interfaces: usize) -> usize {
    let machine = rustix::system::sysinfo();
    let memory = u64::from(machine.mem_unit).saturating_mul(machine.totalram as u64);
    let all = usize::try_from(memory / 16).unwrap_or(DEFAULT_RING);
    let all = all.clamp(DEFAULT_RING, 4 * DEFAULT_RING);
    (all / interfaces.max(1)).max(DEFAULT_RING)
}

/// Says where in the trace packets are missing.
fn tell_drops(
    capture: &mut Captures,
    known: &mut CaptureStatistics,
    time: Timestamp,
    view: &mut View,
) -> Result<(), Failure> {
    let Ok(found) = capture.statistics() else {
        // It is asked again at the end.
        return Ok(());
    };
    let missing = found.dropped.saturating_sub(known.dropped);
    *known = found;
    if missing == 0 {
        return Ok(());
    }
    view.aside(&Aside {
        time,
        who: "capture",
        what: &format!(
            "{} dropped by the kernel about here",
            tracer::plural(missing, "packet")
        ),
    })
}

/// Lists what could be captured from, one a line: name, state, addresses.
pub(super) fn list() -> Vec<String> {
    interfaces()
        .into_iter()
        .map(|found| {
            let state = if found.up { "up" } else { "down" };
            let loopback = if found.loopback { ", loopback" } else { "" };
            let addresses: Vec<String> = found.addresses.iter().map(ToString::to_string).collect();
            let line = format!(
                "{}.{} [{state}{loopback}] {}",
                found.index,
                found.name,
                addresses.join(" ")
            );
            line.trim_end().to_owned()
        })
        .collect()
}

/// What the frames of interfaces begin with, one a line.
pub(super) fn links(given: &[String]) -> Result<Vec<String>, Failure> {
    let names = names(given);
    let links = links_of(&names)?;
    let line = |(name, link): (&String, &LinkType)| format!("{name}: {link}");
    Ok(names.iter().zip(&links).map(line).collect())
}

fn now() -> Timestamp {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Timestamp(i64::try_from(since.as_nanos()).unwrap_or(i64::MAX))
}
