//! How often the rules of a cable had to do with a packet.

use std::sync::atomic::{AtomicU32, Ordering};

/// What a rule of a cable has met so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RuleUse {
    /// Packets such as it names, whichever of them it means.
    pub alike: u32,
    /// Those of them that it means.
    pub meant: u32,
    /// Those of them that no rule before it had decided about.
    pub decided: u32,
}

/// The same of each rule, in the order of the plan; counted by the cable's thread.
#[derive(Debug)]
pub(super) struct Tally(Box<[Counts]>);

#[derive(Debug, Default)]
struct Counts {
    alike: AtomicU32,
    meant: AtomicU32,
    decided: AtomicU32,
}

impl Tally {
    pub(super) fn new(rules: usize) -> Self {
        Self((0..rules).map(|_| Counts::default()).collect())
    }

    /// One more packet such as this rule names.
    pub(super) fn count(&self, rule: usize, meant: bool, decides: bool) {
        let Some(counts) = self.0.get(rule) else {
            return;
        };
        let one_more = |count: &AtomicU32, is: bool| {
            if is {
                // Who reads it compares no two of them.
                count.fetch_add(1, Ordering::Relaxed);
            }
        };
        one_more(&counts.alike, true);
        one_more(&counts.meant, meant);
        one_more(&counts.decided, decides);
    }

    pub(super) fn rules(&self) -> Vec<RuleUse> {
        let of = |counts: &Counts| RuleUse {
            alike: counts.alike.load(Ordering::Relaxed),
            meant: counts.meant.load(Ordering::Relaxed),
            decided: counts.decided.load(Ordering::Relaxed),
        };
        self.0.iter().map(of).collect()
    }
}
