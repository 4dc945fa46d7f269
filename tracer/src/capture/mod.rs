//! Live capture from one interface through a raw packet socket.
//!
//! ```text
//! mod.rs         what users see: Capture, its options and its counters
//! pnet.rs        the portable engine: one system call a frame
//! socket.rs      the AF_PACKET socket and its options; the only unsafe code of the tracer
//! filter.rs      classic BPF programs that the kernel runs before it copies a frame
//! stamping.rs    waiting until the kernel tells the time of each frame
//! interfaces.rs  what could be captured from, for messages
//! error.rs       why a capture could not start or go on
//! ```

mod error;
mod filter;
mod interfaces;
mod pnet;
mod socket;
mod stamping;

pub use error::CaptureError;
pub use filter::{Filter, FilterError};
pub use interfaces::{Interface, interfaces};
pub use stamping::TimeStamps;

use std::time::Duration;

use crate::{Frame, LinkType};
use pnet::PnetCapture;

/// The longest frame that is captured whole, in bytes: tcpdump's default snap length.
///
/// Frames on `lo` reach 65 550 bytes, and segmentation offload can make larger ones elsewhere.
pub const MAX_FRAME: usize = 262_144;

/// The receive buffer that is asked for unless the options say otherwise, in bytes.
pub const DEFAULT_BUFFER: usize = 16 << 20;

/// What to capture and how.
#[derive(Clone, Debug)]
pub struct CaptureOptions {
    /// The interface's name, as `ip link` shows it.
    pub interface: String,
    /// The socket's receive buffer in bytes. Without `CAP_NET_ADMIN` on the machine the kernel
    /// caps it at `net.core.rmem_max`; [`Capture::buffer_size`] tells what was granted.
    pub buffer_size: usize,
    /// How long [`Capture::next`] waits for a frame. Whole milliseconds, at most one hour.
    pub read_timeout: Duration,
    /// Which frames the kernel lets through; all of them when `None`.
    pub filter: Option<Filter>,
}

impl CaptureOptions {
    /// Every frame of `interface`, a 16 MiB buffer, and a wait of 10 ms.
    pub fn new(interface: impl Into<String>) -> Self {
        Self {
            interface: interface.into(),
            buffer_size: DEFAULT_BUFFER,
            read_timeout: Duration::from_millis(10),
            filter: None,
        }
    }
}

/// Counters of a capture since it was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CaptureStatistics {
    /// Frames that passed the filter, the dropped ones included: tcpdump's "packets received
    /// by filter".
    pub received: u64,
    /// Frames that were lost because the receive buffer was full: "packets dropped by kernel".
    pub dropped: u64,
}

/// An open capture. It stays in the network namespace in which it was opened, so it may be
/// moved to any thread.
pub struct Capture {
    engine: PnetCapture,
}

impl Capture {
    /// Opens a raw socket on the interface, in the calling thread's network namespace. Frames
    /// that the interface carries after this returns are captured; none from before the
    /// options hold. In the first millisecond or so a frame's time may be that of reading it:
    /// [`TimeStamps::hold`] before this prevents it.
    ///
    /// # Errors
    /// When there is no such interface, when it is down, when raw sockets are not permitted
    /// (`CAP_NET_RAW`), and when its link type is not one that the tracer can decode.
    pub fn open(options: &CaptureOptions) -> Result<Self, CaptureError> {
        PnetCapture::open(options).map(|engine| Self { engine })
    }

    /// The next frame, in the order in which the kernel saw them; `None` when none came within
    /// the read time-out, or when a signal interrupted the wait.
    ///
    /// # Errors
    /// When the interface went down or away. The capture has then ended: every later call
    /// returns the same kind of error.
    #[allow(clippy::should_implement_trait)] // The frame borrows from the capture.
    pub fn next(&mut self) -> Result<Option<Frame<'_>>, CaptureError> {
        self.engine.next()
    }

    /// What each frame begins with.
    pub fn link_type(&self) -> LinkType {
        self.engine.link_type()
    }

    /// The receive buffer that the kernel granted, in bytes of its own accounting (a small
    /// frame takes up about 800 of them).
    pub fn buffer_size(&self) -> usize {
        self.engine.buffer_size()
    }

    /// The counters since the capture was opened.
    ///
    /// # Errors
    /// When the kernel does not answer.
    pub fn statistics(&mut self) -> Result<CaptureStatistics, CaptureError> {
        self.engine.statistics()
    }
}

#[cfg(test)]
mod tests;
