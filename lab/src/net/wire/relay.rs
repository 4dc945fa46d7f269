//! The decisions of a cable: which frame leaves when. No socket, no clock: time is told.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;
use std::time::Duration;

use tracer::Timestamp;

use super::matching::Seen;
use super::plan::Action;
use super::tally::Tally;
use super::{DropReason, PacketMatch, PacketName, WireAction, WireEvent, WirePlan};

/// Frames under way at the same time, in both directions together.
const MAX_FRAMES: usize = 16_384;
/// Their bytes.
const MAX_BYTES: usize = 32 << 20;
/// Frames that rules hold at the same time.
const MAX_HELD: usize = 1024;

/// The two ends of a cable, by number: a frame from end 0 leaves at end 1.
pub(super) struct Relay {
    ends: [Arc<str>; 2],
    delays: [Duration; 2],
    jitter: Duration,
    loss: f64,
    duplication: f64,
    chance: [fastrand::Rng; 2],
    rules: Vec<Live>,
    tally: Arc<Tally>,
    under_way: BinaryHeap<Reverse<UnderWay>>,
    held: Vec<Held>,
    /// When the last frame that keeps its place leaves, for each direction.
    last: [Timestamp; 2],
    arrivals: u64,
    bytes: usize,
    events: Vec<WireEvent>,
    /// By how much the frame left too late that was latest.
    pub(super) latest: Duration,
}

/// A rule, and what it has seen so far.
struct Live {
    packet: Counted,
    until: Option<Counted>,
    action: Action,
}

/// A match with its count, and the end that frames must come from.
struct Counted {
    wanted: PacketMatch,
    from: Option<usize>,
    seen: u32,
}

impl Counted {
    fn new(wanted: &PacketMatch, ends: &[Arc<str>; 2]) -> Self {
        let host = wanted.from.as_deref();
        Self {
            from: host.and_then(|host| ends.iter().position(|end| **end == *host)),
            wanted: wanted.clone(),
            seen: 0,
        }
    }

    /// Counts the packet if it fits; whether it is one that is meant.
    fn is_meant(&mut self, from: usize, packet: &Seen<'_>) -> bool {
        if self.from.is_some_and(|wanted| wanted != from) || !self.wanted.fits(packet) {
            return false;
        }
        self.seen = self.seen.saturating_add(1);
        self.wanted.nth.is_none_or(|n| n == self.seen)
    }

    fn is_past(&self) -> bool {
        self.wanted.nth.is_some_and(|n| self.seen >= n)
    }
}

struct Flight {
    from: usize,
    /// Its place among all that arrived: of two that leave at the same time, the older first.
    arrival: u64,
    /// A second one of the same packet, which counts for nothing.
    copy: bool,
    bytes: Vec<u8>,
}

struct UnderWay {
    due: Timestamp,
    flight: Flight,
}

struct Held {
    rule: usize,
    /// When it would have left by itself.
    due: Timestamp,
    deadline: Timestamp,
    flight: Flight,
}

/// A frame that leaves the cable.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Departure {
    /// The end that it came from.
    pub(super) from: usize,
    pub(super) bytes: Vec<u8>,
}

impl Relay {
    pub(super) fn new(plan: &WirePlan, ends: [Arc<str>; 2]) -> Self {
        let live = |rule: &super::Rule| Live {
            packet: Counted::new(&rule.packet, &ends),
            until: match &rule.action {
                Action::Hold { until, .. } => Some(Counted::new(until, &ends)),
                _ => None,
            },
            action: rule.action.clone(),
        };
        let chance = |end: u64| fastrand::Rng::with_seed(plan.seed.wrapping_mul(2) ^ end);
        Self {
            rules: plan.rules.iter().map(live).collect(),
            tally: Arc::new(Tally::new(plan.rules.len())),
            delays: [plan.delay_of(&ends[0]), plan.delay_of(&ends[1])],
            jitter: plan.jitter,
            loss: plan.loss,
            duplication: plan.duplication,
            chance: [chance(0), chance(1)],
            under_way: BinaryHeap::new(),
            held: Vec::new(),
            last: [Timestamp(i64::MIN); 2],
            arrivals: 0,
            bytes: 0,
            events: Vec::new(),
            latest: Duration::ZERO,
            ends,
        }
    }

    /// Takes a frame from an end at the time at which it arrived there.
    pub(super) fn arrive(&mut self, from: usize, bytes: &[u8], time: Timestamp) {
        let packet = Seen::read(bytes);
        let name = packet.name;
        let (lost, doubled, jitter) = self.draw(from, packet.is_ip());
        let mut rule = None;
        for (place, live) in self.rules.iter_mut().enumerate() {
            // All count it, and the first decides.
            let before = live.packet.seen;
            let meant = live.packet.is_meant(from, &packet);
            let decides = meant && rule.is_none();
            if live.packet.seen > before {
                self.tally.count(place, meant, decides);
            }
            if decides {
                rule = Some(place);
            }
        }
        let usual = later(time, self.delays[from] + jitter);
        // What keeps its place leaves no earlier than what came before it.
        let in_turn = usual.max(self.last[from]);
        let decision = rule.and_then(|place| Some((place, self.rules.get(place)?)));
        let full = self.under_way.len() + self.held.len() >= MAX_FRAMES
            || self.bytes + bytes.len() > MAX_BYTES;
        if full {
            return self.tell(time, from, name, WireAction::Dropped(DropReason::Full));
        }
        let (due, copies, steps_out, action) = match decision {
            Some((place, live)) => match &live.action {
                Action::Drop => {
                    let dropped = WireAction::Dropped(DropReason::Rule(place));
                    return self.tell(time, from, name, dropped);
                }
                Action::Duplicate => {
                    let doubled = WireAction::Duplicated { rule: Some(place) };
                    (in_turn, 2, false, Some(doubled))
                }
                Action::Delay(by) => {
                    let delayed = WireAction::Delayed {
                        rule: place,
                        by: *by,
                    };
                    (later(in_turn, *by), 1, true, Some(delayed))
                }
                Action::Hold { at_most, .. } => {
                    if !live.until.as_ref().is_some_and(Counted::is_past) {
                        let deadline = later(in_turn, *at_most);
                        return self.hold(place, from, bytes, name, [time, in_turn, deadline]);
                    }
                    (in_turn, 1, false, None)
                }
            },
            None if lost => {
                return self.tell(time, from, name, WireAction::Dropped(DropReason::Loss));
            }
            None if doubled => {
                let doubled = WireAction::Duplicated { rule: None };
                (in_turn, 2, false, Some(doubled))
            }
            None => (in_turn, 1, false, None),
        };
        if !steps_out {
            self.last[from] = due;
        }
        for copy in 0..copies {
            let flight = self.flight(from, bytes, copy > 0);
            self.under_way.push(Reverse(UnderWay { due, flight }));
        }
        if let Some(action) = action {
            self.tell(time, from, name, action);
        }
    }

    /// Loss, duplication and jitter: three draws for each packet, whatever comes of it, so that
    /// the n-th packet's fate is the same in every run.
    fn draw(&mut self, from: usize, is_ip: bool) -> (bool, bool, Duration) {
        if !is_ip {
            return (false, false, Duration::ZERO);
        }
        let chance = &mut self.chance[from];
        let (loss, duplication, jitter) = (chance.f64(), chance.f64(), chance.f64());
        (
            loss < self.loss,
            duplication < self.duplication,
            self.jitter.mul_f64(jitter),
        )
    }

    fn flight(&mut self, from: usize, bytes: &[u8], copy: bool) -> Flight {
        self.arrivals += 1;
        self.bytes += bytes.len();
        Flight {
            from,
            arrival: self.arrivals,
            copy,
            bytes: bytes.to_vec(),
        }
    }

    fn hold(
        &mut self,
        rule: usize,
        from: usize,
        bytes: &[u8],
        name: PacketName,
        [time, due, deadline]: [Timestamp; 3],
    ) {
        if self.held.len() >= MAX_HELD {
            return self.tell(time, from, name, WireAction::Dropped(DropReason::Full));
        }
        let flight = self.flight(from, bytes, false);
        self.held.push(Held {
            rule,
            due,
            deadline,
            flight,
        });
        self.tell(time, from, name, WireAction::Held { rule });
    }

    /// When [`Relay::depart`] has something to do next.
    pub(super) fn next(&self) -> Option<Timestamp> {
        let due = self.under_way.peek().map(|Reverse(first)| first.due);
        let deadline = self.held.iter().map(|held| held.deadline).min();
        match (due, deadline) {
            (Some(due), Some(deadline)) => Some(due.min(deadline)),
            (due, deadline) => due.or(deadline),
        }
    }

    /// The next frame that leaves, if its time has come.
    pub(super) fn depart(&mut self, now: Timestamp) -> Option<Departure> {
        loop {
            let due = self.under_way.peek().map(|Reverse(first)| first.due);
            let first = (0..self.held.len()).min_by_key(|at| self.held[*at].deadline);
            // What leaves before a hold is over may end it, however late this is called.
            if let Some(at) = first
                && self.held[at].deadline <= now
                && due.is_none_or(|due| due > self.held[at].deadline)
            {
                let held = self.held.remove(at);
                let waited = now.since(held.due);
                let action = WireAction::TimedOut {
                    rule: held.rule,
                    held: waited,
                };
                let name = Seen::read(&held.flight.bytes).name;
                self.tell(now, held.flight.from, name, action);
                self.under_way.push(Reverse(UnderWay {
                    due: held.deadline,
                    flight: held.flight,
                }));
                continue;
            }
            if due.is_none_or(|due| due > now) {
                return None;
            }
            let Reverse(UnderWay { due, flight }) = self.under_way.pop()?;
            self.latest = self.latest.max(now.since(due));
            self.bytes = self.bytes.saturating_sub(flight.bytes.len());
            if !flight.copy {
                self.passed(&flight, now);
            }
            return Some(Departure {
                from: flight.from,
                bytes: flight.bytes,
            });
        }
    }

    /// Lets go what waited for this packet.
    fn passed(&mut self, flight: &Flight, now: Timestamp) {
        if self.rules.iter().all(|rule| rule.until.is_none()) {
            return;
        }
        let packet = Seen::read(&flight.bytes);
        for rule in 0..self.rules.len() {
            let Some(live) = self.rules.get_mut(rule) else {
                break;
            };
            let (Some(until), Action::Hold { then, .. }) = (&mut live.until, &live.action) else {
                continue;
            };
            let then = *then;
            if !until.is_meant(flight.from, &packet) {
                continue;
            }
            let (free, held) = std::mem::take(&mut self.held)
                .into_iter()
                .partition(|held| held.rule == rule);
            self.held = held;
            let free: Vec<Held> = free;
            for held in free {
                let action = WireAction::Released {
                    rule,
                    by: packet.name,
                    held: now.since(held.due),
                };
                let name = Seen::read(&held.flight.bytes).name;
                self.tell(now, held.flight.from, name, action);
                self.under_way.push(Reverse(UnderWay {
                    due: held.due.max(later(now, then)),
                    flight: held.flight,
                }));
            }
        }
    }

    /// What its rules met, which goes on counting.
    pub(super) fn tally(&self) -> Arc<Tally> {
        Arc::clone(&self.tally)
    }

    /// What happened since the last call.
    pub(super) fn take_events(&mut self) -> impl Iterator<Item = WireEvent> {
        self.events.drain(..)
    }

    /// Notes that a receiver's kernel did not take a frame.
    pub(super) fn refused(&mut self, frame: &Departure, now: Timestamp) {
        let name = Seen::read(&frame.bytes).name;
        let refused = WireAction::Dropped(DropReason::Refused);
        self.tell(now, frame.from, name, refused);
    }

    fn tell(&mut self, time: Timestamp, from: usize, packet: PacketName, action: WireAction) {
        self.events.push(WireEvent {
            time,
            from: Arc::clone(&self.ends[from]),
            packet,
            action,
        });
    }
}

fn later(time: Timestamp, by: Duration) -> Timestamp {
    let nanos = i64::try_from(by.as_nanos()).unwrap_or(i64::MAX);
    Timestamp(time.0.saturating_add(nanos))
}

impl PartialEq for UnderWay {
    fn eq(&self, other: &Self) -> bool {
        (self.due, self.flight.arrival) == (other.due, other.flight.arrival)
    }
}

impl Eq for UnderWay {}

impl PartialOrd for UnderWay {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for UnderWay {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.due, self.flight.arrival).cmp(&(other.due, other.flight.arrival))
    }
}
