//! The thread that captures while a scenario runs.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::SyncSender;
use std::thread::{self, JoinHandle};

use tracer::{
    Capture, CaptureError, CaptureOptions, CaptureStatistics, Frame, LinkType, Timestamp,
};

use super::Item;
use super::asides::now;

/// A frame on its way from the capturing thread.
#[derive(Debug)]
pub(super) struct OwnedFrame {
    /// Where it was captured, by its place in the list of recorders.
    pub(super) place: usize,
    pub(super) time: Timestamp,
    wire_len: u32,
    link: LinkType,
    bytes: Box<[u8]>,
}

impl OwnedFrame {
    pub(super) fn frame(&self) -> Frame<'_> {
        let Self {
            time,
            wire_len,
            link,
            ref bytes,
            ..
        } = *self;
        Frame {
            time,
            odd_time: None,
            wire_len,
            link,
            bytes,
        }
    }
}

/// Captures until it is stopped.
#[derive(Debug)]
pub(super) struct Recorder {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Result<CaptureStatistics, CaptureError>>,
    pub(super) link: LinkType,
}

impl Recorder {
    /// Starts to capture in the calling thread's network namespace. When this returns, no packet
    /// is missed any more. With a `place`, one of several, it also tells when nothing came.
    pub(super) fn start(
        options: &CaptureOptions,
        place: Option<usize>,
        items: SyncSender<Item>,
    ) -> Result<Self, CaptureError> {
        let mut capture = Capture::open(options)?;
        let link = capture.link_type();
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let interface = options.interface.clone();
        let record = move || {
            let ended = record(&mut capture, place, &items, &stopped);
            // Nobody may be waiting any more.
            let _ = items.send(Item::RecorderDone);
            ended
        };
        let thread = thread::Builder::new()
            .name("recorder".into())
            .spawn(record)
            .map_err(|source| CaptureError::Io {
                interface,
                action: "starting the capturing thread",
                source,
            })?;
        Ok(Self { stop, thread, link })
    }

    /// Asks the thread to end once the socket is empty. Frames may still come.
    pub(super) fn stop(&self) {
        self.stop.store(true, Ordering::Release);
    }

    /// Waits for the thread; call [`Recorder::stop`] first and take all frames.
    pub(super) fn join(self) -> Option<Result<CaptureStatistics, CaptureError>> {
        self.thread.join().ok()
    }
}

/// Sends every frame on, until it is stopped and the socket is empty.
fn record(
    capture: &mut Capture,
    place: Option<usize>,
    items: &SyncSender<Item>,
    stopped: &AtomicBool,
) -> Result<CaptureStatistics, CaptureError> {
    loop {
        let last = stopped.load(Ordering::Acquire);
        // A packet has its time before it is in the socket: once the socket is empty, all that
        // were stamped before now have come.
        let until = now();
        let mut idle = true;
        while let Some(frame) = capture.next()? {
            idle = false;
            let Frame {
                time,
                wire_len,
                link,
                bytes,
                ..
            } = frame;
            let bytes = bytes.into();
            let owned = OwnedFrame {
                place: place.unwrap_or(0),
                time,
                wire_len,
                link,
                bytes,
            };
            if items.send(Item::Frame(owned)).is_err() {
                return capture.statistics();
            }
        }
        if let Some(place) = place
            && items.send(Item::Quiet { place, until }).is_err()
        {
            return capture.statistics();
        }
        if last && idle {
            return capture.statistics();
        }
    }
}
