//! Several captures at once, in the order of their frames' times.
//!
//! The kernel hands a ring's frames over in blocks, some milliseconds after it saw them. So a
//! frame is passed on when every other interface has one that is later, or has had none for
//! longer than a block may take. When its own ring fills up meanwhile, it does not wait.

use std::io;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::ring::RingCapture;
use super::socket::io_error;
use super::{Capture, CaptureError, CaptureOptions, CaptureStatistics, Engine};
use crate::{Frame, LinkType, Timestamp};

/// Longer than a frame takes from the kernel's eyes to ours. A block is handed over at the second
/// tick of an 8 ms timer after its first frame; ticks come late on a busy machine: 41 ms were
/// measured.
const GRACE: Duration = Duration::from_millis(100);

/// Captures from one interface or several.
pub struct Captures {
    engines: Several,
    read_timeout: Duration,
}

enum Several {
    One(Box<Capture>),
    Many(Vec<Source>),
}

struct Source {
    ring: RingCapture,
    /// When its next frame was seen; the frame is in the ring.
    head: Option<Timestamp>,
    /// Nothing from before this will come any more.
    clear: Timestamp,
}

impl Captures {
    /// Opens them in this order. The engine and the time-out of the first hold for all.
    ///
    /// # Errors
    /// As [`Capture::open`]; [`CaptureError::OnlyOne`] when several are asked for through pnet,
    /// and when none is.
    pub fn open(options: &[CaptureOptions]) -> Result<Self, CaptureError> {
        let engines = match options {
            [one] => Several::One(Box::new(Capture::open(one)?)),
            [first, ..] if first.engine == Engine::Ring => {
                let open = |options| {
                    Ok(Source {
                        ring: RingCapture::open(options)?,
                        head: None,
                        clear: Timestamp(i64::MIN),
                    })
                };
                let sources: Result<_, CaptureError> = options.iter().map(open).collect();
                Several::Many(sources?)
            }
            _ => {
                let names: Vec<_> = options.iter().map(|one| one.interface.as_str()).collect();
                return Err(CaptureError::OnlyOne {
                    interface: names.join(", "),
                });
            }
        };
        Ok(Self {
            engines,
            read_timeout: options.first().map_or(GRACE, |first| first.read_timeout),
        })
    }

    /// The next frame and the number of its interface, from 0 in the order of opening; `None`
    /// when there was none within the time-out.
    ///
    /// # Errors
    /// As [`Capture::next`], for the first interface that goes.
    #[allow(clippy::should_implement_trait)] // The frame borrows from the capture.
    pub fn next(&mut self) -> Result<Option<(usize, Frame<'_>)>, CaptureError> {
        match &mut self.engines {
            Several::One(capture) => Ok(capture.next()?.map(|frame| (0, frame))),
            Several::Many(sources) => {
                let Some(at) = earliest(sources, self.read_timeout)? else {
                    return Ok(None);
                };
                let Some(source) = sources.get_mut(at) else {
                    return Ok(None);
                };
                source.head = None;
                Ok(source.ring.next()?.map(|frame| (at, frame)))
            }
        }
    }

    /// What the frames of each interface begin with.
    pub fn link_types(&self) -> Vec<LinkType> {
        match &self.engines {
            Several::One(capture) => vec![capture.link_type()],
            Several::Many(sources) => sources.iter().map(|s| s.ring.link_type()).collect(),
        }
    }

    /// The counters of all interfaces together, since they were opened.
    ///
    /// # Errors
    /// When the kernel does not answer.
    pub fn statistics(&mut self) -> Result<CaptureStatistics, CaptureError> {
        match &mut self.engines {
            Several::One(capture) => capture.statistics(),
            Several::Many(sources) => {
                let mut all = CaptureStatistics::default();
                for source in sources {
                    let of = source.ring.statistics()?;
                    all.received += of.received;
                    all.dropped += of.dropped;
                }
                Ok(all)
            }
        }
    }
}

/// Which source has the frame that is to be passed on.
fn earliest(sources: &mut [Source], timeout: Duration) -> Result<Option<usize>, CaptureError> {
    let mut waited = false;
    loop {
        let heads = sources.iter().enumerate();
        let first = heads
            .filter_map(|(at, source)| Some((source.head?, at)))
            .min();
        if let Some((time, at)) = first {
            let settled = |source: &Source| source.head.is_some() || source.clear >= time;
            if sources.iter().all(settled) {
                return Ok(Some(at));
            }
        } else if waited {
            return Ok(None);
        }
        if let Some((_, at)) = first
            && sources
                .get(at)
                .is_some_and(|source| source.ring.is_filling())
        {
            // Better out of order than lost.
            return Ok(Some(at));
        }
        let now = now();
        let mut empty = Vec::with_capacity(sources.len());
        let mut found = false;
        for source in sources.iter_mut().filter(|source| source.head.is_none()) {
            source.head = source.ring.next_time()?;
            found |= source.head.is_some();
            source.clear = before(now, GRACE);
            if source.head.is_none() {
                empty.push(&source.ring);
            }
        }
        if found || first.is_some_and(|(time, _)| time <= before(now, GRACE)) {
            continue;
        }
        if let Some((_, at)) = first.filter(|(time, _)| *time > now) {
            // The clock was set back: there is no telling how long to wait.
            return Ok(Some(at));
        }
        let wait = first.map_or(timeout, |(time, _)| {
            // Until it is as old as it has to be, and the millisecond that poll rounds off.
            GRACE.saturating_sub(now.since(time)) + Duration::from_millis(1)
        });
        wait_for(&empty, wait)?;
        waited = true;
    }
}

fn wait_for(rings: &[&RingCapture], wait: Duration) -> Result<(), CaptureError> {
    let io = |source: io::Error| io_error("several interfaces", "waiting for frames", source);
    let wait = Timespec::try_from(wait).map_err(|_| io(io::ErrorKind::InvalidInput.into()))?;
    let mut fds: Vec<_> = rings
        .iter()
        .map(|ring| PollFd::from_borrowed_fd(ring.socket(), PollFlags::IN))
        .collect();
    match poll(&mut fds, Some(&wait)) {
        Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
        Err(error) => Err(io(error.into())),
    }
}

const fn before(time: Timestamp, by: Duration) -> Timestamp {
    #[allow(clippy::cast_possible_truncation)] // Some milliseconds.
    Timestamp(time.0.saturating_sub(by.as_nanos() as i64))
}

fn now() -> Timestamp {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Timestamp(i64::try_from(since.as_nanos()).unwrap_or(i64::MAX))
}
