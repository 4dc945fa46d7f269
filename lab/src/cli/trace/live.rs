//! Live traffic, until the user has seen enough.

use tracer::{Capture, CaptureOptions};

use super::select::Selection;
use super::{TraceOptions, cannot_capture};
use crate::Failure;
use crate::interrupt::Interrupt;
use crate::view::View;

pub(super) fn live(
    options: &TraceOptions,
    interface: &str,
    mut selection: Selection,
) -> Result<(), Failure> {
    let interrupt = Interrupt::listen()?;
    let mut capture = Capture::open(&CaptureOptions::new(interface)).map_err(cannot_capture)?;
    let mut view = View::new(&options.view, capture.link_type(), &[])?;
    eprintln!("ftplab: tracing {interface}; Ctrl-C ends it");
    let mut taken = 0;
    let mut broken = None;
    while !interrupt.asked() && options.count.is_none_or(|count| taken < count) {
        match capture.next() {
            Ok(Some(frame)) => {
                if !selection.accepts(&frame)? {
                    continue;
                }
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
    let (_, ended) = view.finish()?;
    ended.say(&[])?;
    if let Ok(statistics) = statistics {
        eprintln!(
            "ftplab: {taken} packets shown, {} received by the socket, {} dropped by the kernel",
            statistics.received, statistics.dropped
        );
    }
    broken.map_or(Ok(()), |error| Err(cannot_capture(error)))
}
