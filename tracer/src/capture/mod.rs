//! Live capture through raw packet sockets: from one interface, from several, from all.
//!
//! ```text
//! mod.rs         what users see: Capture, its options and its counters
//! merge.rs       several captures in the order of time
//! pnet.rs        the portable engine: one system call a frame
//! ring.rs        the fast engine: frames in memory.rs, which the kernel shares with us
//! cooked.rs      the header of frames from all interfaces together
//! socket.rs      the AF_PACKET socket and its options
//! ended.rs       how an interface ends a capture
//! filter.rs      classic BPF programs that the kernel runs before it copies a frame
//! stamping.rs    waiting until the kernel tells the time of each frame
//! interfaces.rs  what could be captured from, for messages
//! error.rs       why a capture could not start or go on
//! ```

mod cooked;
mod ended;
mod error;
mod filter;
mod interfaces;
mod memory;
mod merge;
mod pnet;
mod ring;
mod socket;
mod stamping;

pub use error::CaptureError;
pub use filter::{Filter, FilterError};
pub use interfaces::{Interface, interfaces};
pub use merge::Captures;
pub use socket::interface_link;
pub use stamping::TimeStamps;

use std::time::Duration;

use crate::{Expression, Frame, LinkType};
use pnet::PnetCapture;
use ring::RingCapture;

/// The name that stands for all interfaces together, as in tcpdump. Their frames have Linux's
/// cooked header, version 2, in the place of the link layer's own.
pub const ANY: &str = "any";

/// The longest frame that is captured whole, in bytes: tcpdump's default snap length.
///
/// Frames on `lo` reach 65 550 bytes, and segmentation offload can make larger ones elsewhere.
pub const MAX_FRAME: usize = 262_144;

/// The receive buffer that is asked for unless the options say otherwise, in bytes.
pub const DEFAULT_BUFFER: usize = 16 << 20;

/// The ring that is asked for unless the options say otherwise, in bytes.
pub const DEFAULT_RING: usize = 64 << 20;

/// How frames come from the kernel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Engine {
    /// Through pnet: one system call a frame, on any Linux.
    #[default]
    Pnet,
    /// Through memory that the kernel shares with us (`TPACKET_V3`), without a call a frame.
    Ring,
}

/// Which frames are taken, by the way they go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CaptureDirection {
    /// All.
    #[default]
    Both,
    /// What comes to this machine. On the loopback interface that is everything.
    In,
    /// What this machine sends; on the loopback interface nothing, as it comes back at once.
    Out,
}

/// What to capture and how.
#[derive(Clone, Debug)]
pub struct CaptureOptions {
    /// The interface's name, as `ip link` shows it, or [`ANY`], which takes a ring.
    pub interface: String,
    /// How frames come from the kernel.
    pub engine: Engine,
    /// The ring's size in bytes, or the socket's receive buffer. A ring is a whole number of
    /// mebibytes, from 2 to 1024, and not capped. Without `CAP_NET_ADMIN` on the machine the kernel
    /// caps it at `net.core.rmem_max`; [`Capture::buffer_size`] tells what was granted.
    pub buffer_size: usize,
    /// How long [`Capture::next`] waits for a frame. Whole milliseconds, at most one hour.
    pub read_timeout: Duration,
    /// Which frames the kernel lets through; all of them when `None`.
    pub filter: Option<Filter>,
    /// Which frames the kernel lets through when there is no `filter`. One that asks for VLAN
    /// tags lets all through: the kernel has taken them out of the frame when it filters.
    pub expression: Option<Expression>,
    /// Whether to take what is addressed to others too; without effect on [`ANY`].
    pub promiscuous: bool,
    /// Which frames are taken, by the way they go.
    pub direction: CaptureDirection,
    /// How many bytes of a frame are taken at most, from 1 to [`MAX_FRAME`].
    pub snaplen: usize,
}

impl CaptureOptions {
    /// Every frame of `interface`, a 16 MiB buffer, and a wait of 10 ms.
    pub fn new(interface: impl Into<String>) -> Self {
        Self {
            interface: interface.into(),
            buffer_size: DEFAULT_BUFFER,
            read_timeout: Duration::from_millis(10),
            filter: None,
            engine: Engine::Pnet,
            expression: None,
            promiscuous: false,
            direction: CaptureDirection::Both,
            snaplen: MAX_FRAME,
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
    running: Running,
}

enum Running {
    Pnet(PnetCapture),
    Ring(RingCapture),
}

impl Capture {
    /// Opens a raw socket on the interface, in the calling thread's network namespace. Frames
    /// that the interface carries after this returns are captured; none from before the
    /// options hold. In the first millisecond or so a frame's time may be that of reading it:
    /// [`TimeStamps::hold`] before this prevents it.
    ///
    /// # Errors
    /// When there is no such interface, when it is down, when raw sockets are not permitted
    /// (`CAP_NET_RAW`), when its link type is not one that the tracer can decode or not one that
    /// the filter is for, when the kernel has no ring ([`CaptureError::NoRing`]), and when pnet is
    /// to capture from [`ANY`].
    pub fn open(options: &CaptureOptions) -> Result<Self, CaptureError> {
        let running = match options.engine {
            Engine::Pnet => PnetCapture::open(options).map(Running::Pnet),
            Engine::Ring => RingCapture::open(options).map(Running::Ring),
        };
        running.map(|running| Self { running })
    }

    /// The next frame, in the order in which the kernel saw them; `None` when none came within
    /// the read time-out, or when a signal interrupted the wait.
    ///
    /// # Errors
    /// When the interface went down or away. The capture has then ended: every later call
    /// returns the same kind of error.
    #[allow(clippy::should_implement_trait)] // The frame borrows from the capture.
    pub fn next(&mut self) -> Result<Option<Frame<'_>>, CaptureError> {
        match &mut self.running {
            Running::Pnet(engine) => engine.next(),
            Running::Ring(engine) => engine.next(),
        }
    }

    /// What each frame begins with.
    pub fn link_type(&self) -> LinkType {
        match &self.running {
            Running::Pnet(engine) => engine.link_type(),
            Running::Ring(engine) => engine.link_type(),
        }
    }

    /// The receive buffer that the kernel granted, in bytes of its own accounting (a small
    /// frame takes up about 800 of them).
    pub fn buffer_size(&self) -> usize {
        match &self.running {
            Running::Pnet(engine) => engine.buffer_size(),
            Running::Ring(engine) => engine.buffer_size(),
        }
    }

    /// The counters since the capture was opened.
    ///
    /// # Errors
    /// When the kernel does not answer.
    pub fn statistics(&mut self) -> Result<CaptureStatistics, CaptureError> {
        match &mut self.running {
            Running::Pnet(engine) => engine.statistics(),
            Running::Ring(engine) => engine.statistics(),
        }
    }
}

#[cfg(test)]
mod tests;
