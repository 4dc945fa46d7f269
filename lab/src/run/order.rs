//! Packets and events in the order of their time, though they come by different ways.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use tracer::Timestamp;

/// How much later than its time something may arrive and still find its place: 50 ms.
const SLACK: i64 = 50_000_000;

/// Holds things back until nothing earlier can come any more.
#[derive(Debug)]
pub(super) struct InOrder<T> {
    held: BinaryHeap<Reverse<Held<T>>>,
    newest: i64,
    arrivals: u64,
    /// Whether something may come late without saying so.
    slack: bool,
    /// Up to which time each place has told everything.
    heard: Vec<i64>,
}

#[derive(Debug)]
struct Held<T> {
    time: Timestamp,
    arrival: u64,
    thing: T,
}

impl<T> PartialEq for Held<T> {
    fn eq(&self, other: &Self) -> bool {
        (self.time, self.arrival) == (other.time, other.arrival)
    }
}

impl<T> Eq for Held<T> {}

impl<T> PartialOrd for Held<T> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> Ord for Held<T> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.time, self.arrival).cmp(&(other.time, other.arrival))
    }
}

impl<T> InOrder<T> {
    /// With `slack`, what comes by other ways than the `places` may be late by the slack; of the
    /// places it is known up to when they have told everything.
    pub(super) fn new(slack: bool, places: usize) -> Self {
        Self {
            held: BinaryHeap::new(),
            newest: i64::MIN,
            arrivals: 0,
            slack,
            heard: vec![i64::MIN; places],
        }
    }

    pub(super) fn push(&mut self, time: Timestamp, thing: T) {
        self.newest = self.newest.max(time.0);
        self.arrivals += 1;
        self.held.push(Reverse(Held {
            time,
            arrival: self.arrivals,
            thing,
        }));
    }

    /// It is `time` now, though nothing says so that came.
    pub(super) fn passed(&mut self, time: Timestamp) {
        self.newest = self.newest.max(time.0);
    }

    /// From this place everything up to `time` has come.
    pub(super) fn heard(&mut self, place: usize, time: Timestamp) {
        if let Some(until) = self.heard.get_mut(place) {
            *until = time.0.max(*until);
        }
    }

    /// The earliest thing that nothing can precede any more; with `all`, simply the earliest.
    pub(super) fn pop(&mut self, all: bool) -> Option<T> {
        let settled = |held: &Held<T>| {
            (!self.slack || held.time.0 < self.newest.saturating_sub(SLACK))
                && self.heard.iter().all(|&until| held.time.0 <= until)
        };
        let ripe = |held: &Held<T>| all || settled(held);
        self.held.peek().filter(|held| ripe(&held.0))?;
        self.held.pop().map(|held| held.0.thing)
    }
}

#[cfg(test)]
mod tests {
    use tracer::Timestamp;

    use super::InOrder;

    #[test]
    fn things_leave_in_the_order_of_time_then_of_arrival() {
        let mut order = InOrder::new(true, 0);
        for (time, name) in [(200, 'c'), (100, 'a'), (100, 'b')] {
            order.push(Timestamp::new(0, time), name);
        }
        assert_eq!(order.pop(false), None);
        order.push(Timestamp::new(1, 0), 'd');
        let ripe: String = std::iter::from_fn(|| order.pop(false)).collect();
        assert_eq!(ripe, "abc");
        assert_eq!(order.pop(false), None);
        order.passed(Timestamp::new(1, 60_000_000));
        assert_eq!(order.pop(false), Some('d'));
        assert_eq!(order.pop(true), None);
    }

    #[test]
    fn nothing_leaves_before_each_place_has_told_what_was_before_it() {
        let mut order = InOrder::new(false, 2);
        let at = |time| Timestamp::new(0, time);
        for (place, time, name) in [(0, 100, 'a'), (0, 300, 'c'), (1, 200, 'b')] {
            order.heard(place, at(time));
            order.push(at(time), name);
        }
        let ripe: String = std::iter::from_fn(|| order.pop(false)).collect();
        assert_eq!(ripe, "ab");
        order.heard(1, at(300));
        assert_eq!(order.pop(false), Some('c'));
    }
}
