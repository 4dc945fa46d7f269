//! One raw socket for the whole run, on a thread of its own.

use std::collections::{HashSet, VecDeque};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};
use tracer::{
    Capture, CaptureError, CaptureOptions, Engine, Expression, Frame, LinkType, TcpFlags,
    Timestamp, decode,
};

use super::ends::Ends;

/// How many packets are kept; older ones are forgotten. At most about 60 MiB.
const KEPT: usize = 200_000;
/// How much of a frame is kept: its headers and the begin of a command or reply.
const SNAP: usize = 192;
/// How much of a payload can be asked about. It is kept also behind an IPv6 header and 40 bytes
/// of TCP options.
const LOOKED_AT: usize = 64;
/// The ring that the kernel shares with us, in bytes.
const RING: usize = 64 << 20;

/// A TCP segment that was on the wire.
#[derive(Clone, Debug)]
pub(super) struct Segment {
    pub(super) from: SocketAddr,
    pub(super) to: SocketAddr,
    pub(super) flags: TcpFlags,
    /// Its numbers, absolute.
    pub(super) seq: u32,
    pub(super) ack: u32,
    /// Bytes of payload.
    pub(super) length: u32,
    pub(super) time: Timestamp,
    wire_len: u32,
    link: LinkType,
    bytes: Box<[u8]>,
    /// Where its payload begins.
    payload: usize,
}

impl Segment {
    fn of(frame: &Frame<'_>) -> Option<Self> {
        let packet = decode(frame);
        let (ip, tcp) = packet.tcp()?;
        let mut bytes: Vec<u8> = frame.bytes.get(..SNAP).unwrap_or(frame.bytes).to_vec();
        let payload = tcp
            .payload
            .as_ptr()
            .addr()
            .wrapping_sub(frame.bytes.as_ptr().addr());
        // A report goes to places where a password should not.
        if tcp.payload.len() > 5 && tcp.payload[..5].eq_ignore_ascii_case(b"PASS ") {
            let at = payload + 5;
            let end = at + tcp.payload[5..].trim_ascii_end().len();
            for byte in bytes.iter_mut().take(end).skip(at) {
                *byte = b'*';
            }
        }
        Some(Self {
            from: SocketAddr::new(ip.src, tcp.src_port),
            to: SocketAddr::new(ip.dst, tcp.dst_port),
            flags: tcp.flags,
            seq: tcp.seq.0,
            ack: tcp.ack.0,
            length: tcp.len,
            time: frame.time,
            wire_len: frame.wire_len,
            link: frame.link,
            bytes: bytes.into(),
            payload,
        })
    }

    /// The begin of its payload, at most [`LOOKED_AT`] bytes.
    pub(super) fn payload(&self) -> &[u8] {
        let length = usize::try_from(self.length).unwrap_or(usize::MAX);
        let rest = self.bytes.get(self.payload..).unwrap_or_default();
        rest.get(..length.min(LOOKED_AT)).unwrap_or(rest)
    }

    pub(super) fn frame(&self) -> Frame<'_> {
        Frame {
            time: self.time,
            odd_time: None,
            wire_len: self.wire_len,
            link: self.link,
            bytes: &self.bytes,
        }
    }
}

#[derive(Debug, Default)]
struct Store {
    packets: VecDeque<Segment>,
    /// How many were forgotten before the first.
    forgotten: u64,
    /// Why nothing is recorded any more.
    broken: Option<String>,
    /// How many packets there had been when the kernel was last seen to have dropped some.
    lost_at: Option<u64>,
}

impl Store {
    fn count(&self) -> u64 {
        self.forgotten + self.packets.len() as u64
    }

    fn since(&self, from: u64) -> impl Iterator<Item = &Segment> {
        let skip = usize::try_from(from.saturating_sub(self.forgotten)).unwrap_or(usize::MAX);
        self.packets.iter().skip(skip)
    }
}

/// Records until it is dropped.
pub(super) struct Recorder {
    store: Arc<Mutex<Store>>,
    /// How many packets there have been.
    count: watch::Receiver<u64>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
    pub(super) loopback: bool,
}

impl Recorder {
    /// When this returns, no packet is missed any more.
    pub(super) fn start(interface: &str, loopback: bool) -> Result<Self, String> {
        let mut capture = open(interface).map_err(|error| error.to_string())?;
        let store = Arc::new(Mutex::new(Store::default()));
        let stop = Arc::new(AtomicBool::new(false));
        let (sender, count) = watch::channel(0);
        let (stopped, shared) = (Arc::clone(&stop), Arc::clone(&store));
        let thread = std::thread::Builder::new()
            .name("recorder".into())
            .spawn(move || {
                if let Err(error) = record(&mut capture, &shared, &sender, &stopped) {
                    lock(&shared).broken = Some(format!("the capture ended: {error}"));
                }
            })
            .map_err(|error| error.to_string())?;
        Ok(Self {
            store,
            count,
            stop,
            thread: Some(thread),
            loopback,
        })
    }

    /// How many packets were seen so far.
    pub(super) fn count(&self) -> u64 {
        lock(&self.store).count()
    }

    /// Waits until the end of every control connection was seen: our FIN or RST, or the peer's
    /// RST. Says whether it was.
    pub(super) async fn ended(&self, from: u64, ends: &Ends, deadline: Instant) -> bool {
        let mut count = self.count.clone();
        let mut open: HashSet<_> = ends.controls().collect();
        let mut from = from;
        loop {
            count.mark_unchanged();
            {
                let store = lock(&self.store);
                for seen in store.since(from) {
                    let rst = seen.flags.contains(TcpFlags::RST);
                    if rst || seen.flags.contains(TcpFlags::FIN) {
                        open.remove(&(seen.from, seen.to));
                    }
                    if rst {
                        open.remove(&(seen.to, seen.from));
                    }
                }
                from = store.count();
            }
            if open.is_empty() {
                return true;
            }
            // Where packets never stop, there is always one more to look at.
            if Instant::now() >= deadline {
                return false;
            }
            match timeout_at(deadline, count.changed()).await {
                Ok(Ok(())) => {}
                Ok(Err(_)) | Err(_) => return false,
            }
        }
    }

    /// The packets from this one on.
    pub(super) fn packets(&self, from: u64) -> Result<Vec<Segment>, String> {
        let store = lock(&self.store);
        if let Some(why) = &store.broken {
            return Err(why.clone());
        }
        if store.lost_at.is_some_and(|lost| lost >= from) {
            return Err("the kernel dropped packets meanwhile".into());
        }
        if store.forgotten > from {
            return Err(format!("there were more than {KEPT} packets"));
        }
        Ok(store.since(from).cloned().collect())
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            // It panicked, and said so already.
            let _ = thread.join();
        }
    }
}

fn open(interface: &str) -> Result<Capture, CaptureError> {
    let mut options = CaptureOptions::new(interface);
    options.expression = Expression::parse("tcp").ok();
    options.engine = Engine::Ring;
    options.buffer_size = RING;
    match Capture::open(&options) {
        Err(CaptureError::NoRing { .. }) => {
            options.engine = Engine::Pnet;
            Capture::open(&options)
        }
        opened => opened,
    }
}

fn record(
    capture: &mut Capture,
    store: &Mutex<Store>,
    count: &watch::Sender<u64>,
    stopped: &AtomicBool,
) -> Result<(), CaptureError> {
    const BATCH: usize = 64;
    /// How long a batch may wait for its last packet.
    const SOON: Duration = Duration::from_millis(2);
    let mut batch = Vec::new();
    let mut begun = std::time::Instant::now();
    let mut dropped = 0;
    while !stopped.load(Ordering::Acquire) {
        let frame = capture.next()?;
        let idle = frame.is_none();
        batch.extend(frame.as_ref().and_then(Segment::of));
        if batch.len() < BATCH && !idle && begun.elapsed() < SOON {
            continue;
        }
        begun = std::time::Instant::now();
        // Before the packets are there to be judged, it is known whether others are missing.
        let now_dropped = capture.statistics()?.dropped;
        if batch.is_empty() && now_dropped == dropped {
            continue;
        }
        let mut store = lock(store);
        store.packets.extend(batch.drain(..));
        while store.packets.len() > KEPT {
            store.packets.pop_front();
            store.forgotten += 1;
        }
        let now = store.count();
        if now_dropped > dropped {
            store.lost_at = Some(now);
            dropped = now_dropped;
        }
        drop(store);
        count.send_replace(now);
    }
    Ok(())
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
