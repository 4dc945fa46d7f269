//! Ranges of sequence numbers that were captured beyond a gap.

use crate::Seq;

/// Separate ranges kept. A hole in a stream makes one, so this many losses may be open at once.
const LIMIT: usize = 64;

/// Disjoint ranges in order; ranges that touch are one.
#[derive(Debug, Default)]
pub(crate) struct Ranges(Vec<(Seq, Seq)>);

impl Ranges {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Where the last range ends.
    pub(crate) fn end(&self) -> Option<Seq> {
        self.0.last().map(|&(_, end)| end)
    }

    /// The bytes that they take beside this value.
    pub(crate) fn held(&self) -> usize {
        self.0.capacity() * size_of::<(Seq, Seq)>()
    }

    /// How many numbers of `from..to` are in the ranges.
    pub(crate) fn covered(&self, from: Seq, to: Seq) -> u32 {
        let overlap = |&(start, end): &(Seq, Seq)| {
            let start = if start.is_before(from) { from } else { start };
            let end = if end.is_after(to) { to } else { end };
            u32::try_from(end.distance(start)).unwrap_or(0)
        };
        self.0.iter().map(overlap).fold(0, u32::saturating_add)
    }

    /// Adds `from..to`; false when there are too many ranges already.
    pub(crate) fn insert(&mut self, mut from: Seq, mut to: Seq) -> bool {
        // The common case: the next segment behind a hole.
        if let Some(last) = self.0.last_mut()
            && last.1 == from
        {
            last.1 = to;
            return true;
        }
        self.0.retain(|&(start, end)| {
            let apart = start.is_after(to) || end.is_before(from);
            if !apart {
                from = if start.is_before(from) { start } else { from };
                to = if end.is_after(to) { end } else { to };
            }
            apart
        });
        if self.0.len() >= LIMIT {
            return false;
        }
        let place = self.0.partition_point(|&(start, _)| start.is_before(from));
        self.0.insert(place, (from, to));
        true
    }

    /// Takes out every range that begins at or before `to`, and returns where they lead.
    pub(crate) fn absorb(&mut self, mut to: Seq) -> Seq {
        while let Some(&(start, end)) = self.0.first() {
            if start.is_after(to) {
                break;
            }
            to = if end.is_after(to) { end } else { to };
            self.0.remove(0);
        }
        to
    }
}

#[cfg(test)]
mod tests {
    use super::Ranges;
    use crate::Seq;

    #[test]
    fn ranges_that_touch_are_one_and_none_is_counted_twice() {
        let mut ranges = Ranges::default();
        let base = u32::MAX - 100;
        let at = |offset: u32| Seq(base) + offset;
        for (from, to) in [(300, 400), (100, 200), (500, 600), (150, 350)] {
            assert!(ranges.insert(at(from), at(to)));
        }
        assert_eq!(ranges.covered(at(0), at(1000)), 400);
        assert_eq!(ranges.covered(at(390), at(510)), 20);
        assert_eq!(ranges.absorb(at(100)), at(400));
        assert_eq!(ranges.absorb(at(450)), at(450));
        assert_eq!(ranges.absorb(at(550)), at(600));
        assert!(ranges.is_empty());
    }

    #[test]
    fn a_long_run_behind_one_hole_is_one_range() {
        let mut ranges = Ranges::default();
        for segment in 0..10_000 {
            assert!(ranges.insert(Seq(1000 + segment * 10), Seq(1010 + segment * 10)));
        }
        assert_eq!(ranges.absorb(Seq(1000)), Seq(101_000));
    }
}
