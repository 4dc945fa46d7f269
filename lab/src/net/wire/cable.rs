//! The thread that carries frames from one end of a cable to the other, and the handle on it.
#![allow(unsafe_code)]

use std::io::{self, PipeReader, PipeWriter};
use std::sync::mpsc::{
    Receiver, RecvTimeoutError, Sender, SyncSender, TrySendError, channel, sync_channel,
};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use tracer::Timestamp;

use super::relay::Relay;
use super::ring::Port;
use super::tally::Tally;
use super::{RuleUse, WireEvent, WirePlan};
use crate::net::Host;

/// Events that wait for somebody to take them; further ones are counted.
const EVENTS: usize = 4096;
/// Frames that are taken from one end before the other has its turn.
const BATCH: usize = 64;
/// How long opening the sockets may take.
const START: Duration = Duration::from_secs(10);
/// How long the thread sleeps at most.
const IDLE: Duration = Duration::from_secs(1);
/// Two clocks that were read within this time were read at the same moment.
const AT_ONCE: Duration = Duration::from_micros(5);
/// How often that is tried.
const TRIES: usize = 8;
/// How long the thread may take to end.
const FAREWELL: Duration = Duration::from_secs(1);
/// A frame whose time stamp is further away was stamped by another clock.
const STRANGE: Duration = Duration::from_secs(1);

/// A cable that is in use: what it did so far. It ends with its network.
#[derive(Debug)]
pub struct Wire {
    ends: [Arc<str>; 2],
    events: Mutex<Receiver<WireEvent>>,
    statistics: Arc<Mutex<WireStatistics>>,
    tally: Arc<Tally>,
    /// Closed to end the thread.
    stop: Option<PipeWriter>,
    thread: Option<JoinHandle<()>>,
    ended: Mutex<Receiver<()>>,
    /// Where the cable's ends are.
    _place: Host,
}

/// What a cable has carried.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WireStatistics {
    /// Frames that were put on it, at both ends together.
    pub arrived: u64,
    /// Frames that it delivered, copies included.
    pub delivered: u64,
    /// Frames that the kernel could not hand to it, for want of space in the ring. Not told by
    /// an event, since nobody saw them.
    pub missed: u64,
    /// Events that nobody took in time, and that are lost.
    pub events_lost: u64,
    /// By how much the frame was delivered too late that was latest: a machine that is busy does
    /// not let the cable run when it should.
    pub latest: Duration,
}

/// One end of a cable that is being made: the host, and the cable's own interface that is
/// connected to it.
#[derive(Debug)]
pub(in crate::net) struct WireEnd {
    pub(in crate::net) host: String,
    pub(in crate::net) index: u32,
}

impl Wire {
    /// Starts to carry, in the namespace of `place`, which is the cable's own.
    pub(in crate::net) fn start(
        place: Host,
        plan: &WirePlan,
        ends: [WireEnd; 2],
        mtu: u32,
    ) -> io::Result<Self> {
        let names: [Arc<str>; 2] = [ends[0].host.as_str().into(), ends[1].host.as_str().into()];
        let relay = Relay::new(plan, names.clone());
        let tally = relay.tally();
        let (tell, events) = sync_channel(EVENTS);
        let (alive, ended) = channel();
        let (stopped, stop) = io::pipe()?;
        let statistics = Arc::new(Mutex::new(WireStatistics::default()));
        let shared = Arc::clone(&statistics);
        // Sockets and threads that are made there belong to the namespace.
        let thread = place
            .run(START, move || async move {
                let [one, other] = &ends;
                let mut cable = Cable {
                    relay,
                    ports: [Port::open(one.index, mtu)?, Port::open(other.index, mtu)?],
                    stopped,
                    tell,
                    clock: Clock::start(),
                    total: WireStatistics::default(),
                    shared,
                };
                thread::Builder::new().name("wire".into()).spawn(move || {
                    let _alive: Sender<()> = alive;
                    cable.carry();
                })
            })
            .map_err(io::Error::other)??;
        Ok(Self {
            ends: names,
            events: Mutex::new(events),
            statistics,
            tally,
            stop: Some(stop),
            thread: Some(thread),
            ended: Mutex::new(ended),
            _place: place,
        })
    }

    /// The hosts at its ends, in the plan's order.
    pub fn ends(&self) -> [&str; 2] {
        let [one, other] = &self.ends;
        [one, other]
    }

    /// The next thing that the cable did to a packet, waiting at most `limit` for it. `None`
    /// when nothing happened, and when the cable has ended.
    pub fn next_event(&self, limit: Duration) -> Option<WireEvent> {
        let events = self.events.lock().unwrap_or_else(PoisonError::into_inner);
        events.recv_timeout(limit).ok()
    }

    /// All that it did to packets since the last call, in order. At most 4096 events are kept:
    /// [`WireStatistics::events_lost`] tells of more.
    pub fn take_events(&self) -> Vec<WireEvent> {
        let events = self.events.lock().unwrap_or_else(PoisonError::into_inner);
        events.try_iter().take(EVENTS).collect()
    }

    /// What each rule of its plan has met so far, in the plan's order.
    pub fn rules(&self) -> Vec<RuleUse> {
        self.tally.rules()
    }

    /// What it has carried so far.
    pub fn statistics(&self) -> WireStatistics {
        *self
            .statistics
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.stop = None;
        let ended = self
            .ended
            .get_mut()
            .map(|ended| ended.recv_timeout(FAREWELL));
        // A thread that does not end in time is left behind; it holds nobody up.
        if let Some(thread) = self.thread.take()
            && !matches!(ended, Ok(Err(RecvTimeoutError::Timeout)))
        {
            // It has said all that it had to say.
            let _ = thread.join();
        }
    }
}

/// The thread's part.
struct Cable {
    relay: Relay,
    ports: [Port; 2],
    stopped: PipeReader,
    tell: SyncSender<WireEvent>,
    clock: Clock,
    total: WireStatistics,
    shared: Arc<Mutex<WireStatistics>>,
}

impl Cable {
    /// Carries frames until the handle is dropped or an interface has gone.
    fn carry(&mut self) {
        be_punctual();
        loop {
            let more = self.take_in();
            if self.deliver().is_none() {
                return;
            }
            let wait = if more { Duration::ZERO } else { self.wait() };
            if self.sleep(wait).is_err() {
                return;
            }
        }
    }

    /// Takes what has arrived, a batch from each end; whether there may be more.
    fn take_in(&mut self) -> bool {
        let mut more = false;
        let (now, wall) = self.clock.both();
        let (relay, total) = (&mut self.relay, &mut self.total);
        for (from, port) in self.ports.iter_mut().enumerate() {
            let mut taken = 0;
            while taken < BATCH
                && port.receive(|frame, stamp| {
                    relay.arrive(from, frame, arrival(now, wall, stamp));
                })
            {
                taken += 1;
            }
            total.arrived += taken as u64;
            if taken == BATCH {
                more = true;
                // Where there is a burst, there may have been too much of it.
                total.missed += port.take_missed().unwrap_or(0);
            }
        }
        more
    }

    /// Sends what is due; `None` when the handle is gone. What was done to a packet is told
    /// before it is sent, so that who has received it finds the event.
    fn deliver(&mut self) -> Option<()> {
        loop {
            let now = self.clock.now();
            let departure = self.relay.depart(now);
            self.report()?;
            let Some(frame) = departure else {
                return Some(());
            };
            match self.ports[1 - frame.from].send(&frame.bytes) {
                Ok(()) => self.total.delivered += 1,
                Err(_) => self.relay.refused(&frame, now),
            }
        }
    }

    /// Tells what happened; `None` when the handle is gone.
    fn report(&mut self) -> Option<()> {
        for event in self.relay.take_events() {
            match self.tell.try_send(event) {
                Ok(()) => {}
                Err(TrySendError::Full(_)) => self.total.events_lost += 1,
                Err(TrySendError::Disconnected(_)) => return None,
            }
        }
        self.total.latest = self.relay.latest;
        *self.shared.lock().unwrap_or_else(PoisonError::into_inner) = self.total;
        Some(())
    }

    /// How long there is nothing to do.
    fn wait(&mut self) -> Duration {
        let now = self.clock.now();
        let next = self.relay.next();
        next.map_or(IDLE, |next| next.since(now).min(IDLE))
    }

    /// Sleeps until a frame arrives or the time is over.
    fn sleep(&mut self, wait: Duration) -> io::Result<()> {
        let timeout = Timespec::try_from(wait).map_err(io::Error::other)?;
        let [one, other] = &self.ports;
        let mut fds = [
            PollFd::new(one, PollFlags::IN),
            PollFd::new(other, PollFlags::IN),
            PollFd::new(&self.stopped, PollFlags::IN),
        ];
        match poll(&mut fds, Some(&timeout)) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        let [one_end, other_end, stopped] = fds.map(|fd| fd.revents());
        if !stopped.is_empty() {
            return Err(io::ErrorKind::Interrupted.into());
        }
        for (port, said) in [(one, one_end), (other, other_end)] {
            if said.intersects(PollFlags::ERR | PollFlags::HUP | PollFlags::NVAL) {
                // Mostly that the interface has gone; then poll would not sleep any more.
                port.error()?;
            }
        }
        Ok(())
    }
}

/// The packets' clock, made steady: it does not jump when somebody sets the machine's time.
struct Clock {
    start: Instant,
    wall: Timestamp,
}

impl Clock {
    fn start() -> Self {
        Self {
            wall: wall_clock(),
            start: Instant::now(),
        }
    }

    fn now(&self) -> Timestamp {
        let since = i64::try_from(self.start.elapsed().as_nanos()).unwrap_or(i64::MAX);
        Timestamp(self.wall.0.saturating_add(since))
    }

    /// This clock and the machine's at the same moment. When the thread was interrupted between
    /// the two, they are read again.
    fn both(&self) -> (Timestamp, Timestamp) {
        let mut last = (self.now(), wall_clock());
        for _ in 0..TRIES {
            if self.now().since(last.0) < AT_ONCE {
                break;
            }
            last = (self.now(), wall_clock());
        }
        last
    }
}

/// When a frame arrived, from its stamp: what the thread came too late by is not added to the
/// cable's delay.
fn arrival(now: Timestamp, wall: Timestamp, stamp: Timestamp) -> Timestamp {
    let age = wall.since(stamp);
    let age = if age < STRANGE { age } else { Duration::ZERO };
    Timestamp(now.0 - i64::try_from(age.as_nanos()).unwrap_or(0))
}

fn wall_clock() -> Timestamp {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let seconds = i64::try_from(since.as_secs()).unwrap_or(i64::MAX);
    Timestamp::new(seconds, since.subsec_nanos().into())
}

/// Asks the kernel to wake the calling thread when it said, not up to 50 µs later.
fn be_punctual() {
    let nanoseconds: libc::c_ulong = 1;
    // SAFETY: a system call on integers that changes the calling thread's timers alone. If it
    // is refused they are less exact.
    unsafe { libc::prctl(libc::PR_SET_TIMERSLACK, nanoseconds) };
}
