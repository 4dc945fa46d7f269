//! Live traffic, until the user has seen enough.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tracer::{
    Aside, Capture, CaptureError, CaptureOptions, CaptureStatistics, DEFAULT_RING, Engine,
    Timestamp, interfaces,
};

use super::select::Selection;
use super::{TraceOptions, all_there, cannot_capture};
use crate::Failure;
use crate::interrupt::Interrupt;
use crate::view::View;

/// After so many frames it is asked whether any were dropped.
const BETWEEN_QUESTIONS: u64 = 1024;

/// Longer than the kernel keeps a block of the ring that is not full.
const READ_TIMEOUT: Duration = Duration::from_millis(20);

pub(super) fn live(
    options: &TraceOptions,
    interface: &str,
    mut selection: Selection,
) -> Result<(), Failure> {
    let interrupt = Interrupt::listen()?;
    let mut capture = open(options, interface, &selection)?;
    selection.prepare(capture.link_type())?;
    let mut view = View::new(&options.view, capture.link_type(), &[])?;
    if let Some(folder) = &options.extract {
        view.extract_to(folder)?;
    }
    if options.sha256 {
        view.hash_files()?;
    }
    message!("ftplab: tracing {interface}; Ctrl-C ends it");
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
            Ok(Some(frame)) => {
                if asked.is_some_and(|asked| frame.time > asked) {
                    break;
                }
                last = frame.time;
                if selection.accepts(&frame)? {
                    view.frame_of(&frame, Some(interface))?;
                    taken += 1;
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
            "ftplab: {taken} packets shown, {} received by the socket, {} dropped by the kernel",
            statistics.received,
            statistics.dropped
        );
    }
    broken.map_or(Ok(()), |error| Err(cannot_capture(error)))?;
    all_there(options, summary)
}

/// Opens the capture; without a ring where the kernel has none.
fn open(
    options: &TraceOptions,
    interface: &str,
    selection: &Selection,
) -> Result<Capture, Failure> {
    let mut wanted = CaptureOptions {
        engine: Engine::Ring,
        buffer_size: DEFAULT_RING,
        read_timeout: READ_TIMEOUT,
        expression: selection.expression().cloned(),
        promiscuous: !options.no_promiscuous,
        ..CaptureOptions::new(interface)
    };
    if !options.portable {
        match Capture::open(&wanted) {
            Err(CaptureError::NoRing { source, .. }) => {
                message!(
                    "ftplab: {interface}: capturing through pnet, as there is no ring: {source}"
                );
            }
            Err(CaptureError::Filter(error)) => return Err(Failure::usage(error)),
            opened => return opened.map_err(cannot_capture),
        }
    }
    wanted.engine = Engine::Pnet;
    match Capture::open(&wanted) {
        Err(CaptureError::Filter(error)) => Err(Failure::usage(error)),
        opened => opened.map_err(cannot_capture),
    }
}

/// Says where in the trace packets are missing.
fn tell_drops(
    capture: &mut Capture,
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
        what: &format!("{missing} packets were dropped by the kernel about here"),
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

fn now() -> Timestamp {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Timestamp(i64::try_from(since.as_nanos()).unwrap_or(i64::MAX))
}
