//! Arrows in their order, while some wait for what the other side of an address translator saw.

use std::collections::VecDeque;

use super::drawing::Arrow;

/// How many may wait. With more, the first is drawn as it is: what it waits for did not come.
const MAX_WAITING: usize = 16;

/// A line of the ladder that is not drawn yet.
#[derive(Debug)]
pub(super) enum Row {
    /// An arrow.
    Arrow(Box<Arrow>),
    /// A line of another kind.
    Line(String),
}

/// What has to come before a row is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Until {
    /// Nothing.
    Now,
    /// The next packet: it may be the same one behind a translator.
    NextPacket,
    /// The same packet on the other side of the translator.
    Copy,
}

/// The rows that are not drawn yet, in their order.
#[derive(Debug, Default)]
pub(super) struct Rows {
    /// Each with its packet and what it waits for.
    waiting: VecDeque<(u64, Until, Row)>,
}

impl Rows {
    pub(super) fn push(&mut self, packet: u64, until: Until, row: Row) {
        self.waiting.push_back((packet, until, row));
    }

    /// The arrow of this packet, for which its copy has come.
    /// With `again`, both may be captured once more.
    pub(super) fn copied(&mut self, packet: u64, again: bool) -> Option<&mut Arrow> {
        let place = self.waiting.iter_mut().find(|(of, until, row)| {
            *of == packet && *until != Until::Now && matches!(row, Row::Arrow(_))
        })?;
        place.1 = if again { Until::NextPacket } else { Until::Now };
        match &mut place.2 {
            Row::Arrow(arrow) => Some(arrow),
            Row::Line(_) => None,
        }
    }

    /// The arrow of this packet, if it is not drawn yet: the packet was captured once more.
    pub(super) fn waiting(&mut self, packet: u64) -> Option<&mut Arrow> {
        self.waiting.iter_mut().find_map(|(of, _, row)| match row {
            Row::Arrow(arrow) if *of == packet || arrow.also == Some(packet) => Some(&mut **arrow),
            _ => None,
        })
    }

    /// A packet came; it is the copy of none that waits for the next one alone.
    pub(super) fn passed(&mut self) {
        for (_, until, _) in &mut self.waiting {
            if *until == Until::NextPacket {
                *until = Until::Now;
            }
        }
    }

    /// The next row that waits for nothing; with `all`, simply the next.
    pub(super) fn ripe(&mut self, all: bool) -> Option<Row> {
        let (_, until, _) = self.waiting.front()?;
        let ripe = all || *until == Until::Now || self.waiting.len() > MAX_WAITING;
        if ripe {
            self.waiting.pop_front().map(|(_, _, row)| row)
        } else {
            None
        }
    }
}
