//! Two traces held against each other: the lines that an article printed, and packets of ours.
//!
//! ```text
//! Packet → Trace (part in the session, relative numbers) ┐
//! Packet → Trace                                         ┴→ align → judge → rows and figures
//! ```
//!
//! Neither trace has to be of a run: all that is known of either is its packets.

mod align;
mod judge;
mod omitted;
mod reason;
mod show;
mod trace;

#[cfg(test)]
mod tests;

use std::collections::HashSet;

use align::Step;
pub use judge::{Compared, Mark, Marks};
pub use omitted::Gap;
use omitted::Omissions;
pub use reason::Reason;
pub use trace::{Channel, MAX_COMPARED, Seen, Segment, Trace};

/// A line of the comparison.
#[derive(Clone, Debug)]
pub enum Row {
    /// A line of the article and the packet that is the same.
    Both {
        /// The article's.
        article: Seen,
        /// Ours.
        ours: Seen,
        /// How each field compares.
        marks: Marks,
    },
    /// A line of the article that no packet of ours is.
    Absent {
        /// The line.
        article: Seen,
        /// Why.
        reason: Reason,
        /// The number of the packet that is the same at another place.
        at: Option<u64>,
    },
    /// A packet of ours that the article has not.
    Alone {
        /// The packet.
        ours: Seen,
        /// Why.
        reason: Reason,
    },
    /// Here the article leaves bytes out.
    Gap(Gap),
}

/// How much is the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Lines of the article.
    pub lines: usize,
    /// Lines that match: same direction, ports, flags, relative numbers, length and DF, in order.
    pub matched: usize,
    /// Lines that no packet of ours is.
    pub absent: usize,
    /// Windows that are the same, and windows in all.
    pub windows: [usize; 2],
    /// Initial sequence numbers of connecting sides that are the same, and those in all.
    pub connecting: [usize; 2],
    /// Likewise of accepting sides.
    pub accepting: [usize; 2],
    /// Lines whose sequence number was not printed.
    pub unprinted: usize,
    /// Packets of ours that the article leaves out.
    pub omitted: usize,
    /// Packets of ours that it has not for another reason.
    pub alone: usize,
    /// Packets of ours after its last line.
    pub later: usize,
    /// Packets that were not compared, of the article and of ours.
    pub left_out: [u64; 2],
    /// Packets that are copies of others, of the article and of ours.
    pub copies: [u64; 2],
}

impl Figures {
    /// Whether every line matches, and there is one.
    pub const fn all_match(&self) -> bool {
        self.matched == self.lines && self.lines > 0
    }
}

/// Two traces, line by line.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// The lines in order.
    pub rows: Vec<Row>,
    /// The sums.
    pub figures: Figures,
}

impl Comparison {
    /// Holds our packets against the lines of an article.
    pub fn new(article: &Trace, ours: &Trace) -> Self {
        let (lines, packets) = (article.packets(), ours.packets());
        let omissions = Omissions::of(lines);
        let steps = align::align(article, ours);
        let paired = |step: &Step| matches!(step, Step::Both(..) | Step::Article(_));
        let last = steps.iter().rposition(paired).unwrap_or(0);
        let mut spare: Vec<&Seen> = steps
            .iter()
            .filter_map(|step| match step {
                Step::Ours(at) => packets.get(*at),
                _ => None,
            })
            .collect();
        let mut rows = Vec::new();
        let mut sent = HashSet::new();
        let mut told = 0;
        for (place, step) in steps.iter().enumerate() {
            // A gap is shown in front of what was left out, as far as ours has it.
            if let Some(gap) = omissions.gaps.get(told) {
                let here = match *step {
                    Step::Both(line, _) | Step::Article(line) => line >= gap.before,
                    Step::Ours(at) => packets.get(at).is_some_and(|seen| omissions.has(seen)),
                };
                if here {
                    rows.push(Row::Gap(*gap));
                    told += 1;
                }
            }
            match *step {
                Step::Both(line, at) => {
                    if let (Some(&article), Some(&ours)) = (lines.get(line), packets.get(at)) {
                        let marks = judge::judge(&article, &ours);
                        sent.insert(bytes(&ours));
                        rows.push(Row::Both {
                            article,
                            ours,
                            marks,
                        });
                    }
                }
                Step::Article(line) => {
                    if let Some(&article) = lines.get(line) {
                        let same = |ours: &&Seen| {
                            article.channel == ours.channel
                                && judge::matches(&judge::judge(&article, ours))
                        };
                        let found = spare.iter().position(same);
                        let at = found.map(|found| spare.remove(found).number);
                        let reason = at.map_or(Reason::Nowhere, |_| Reason::OutOfOrder);
                        rows.push(Row::Absent {
                            article,
                            reason,
                            at,
                        });
                    }
                }
                Step::Ours(at) => {
                    if let Some(&ours) = packets.get(at) {
                        let again = !sent.insert(bytes(&ours)) && ours.len > 0;
                        let lone = |segment: Segment| segment.is_lone_ack(ours.len);
                        let reason = if omissions.has(&ours) {
                            Reason::Omitted
                        } else if place > last {
                            Reason::Later
                        } else if again {
                            Reason::Again
                        } else if ours.segment.is_some_and(lone) {
                            Reason::LoneAck
                        } else {
                            Reason::Alone
                        };
                        rows.push(Row::Alone { ours, reason });
                    }
                }
            }
        }
        let mut figures = Figures {
            left_out: [article.left_out(), ours.left_out()],
            copies: [article.copies(), ours.copies()],
            ..Figures::default()
        };
        for row in &rows {
            figures.count(row);
        }
        Self { rows, figures }
    }
}

/// Which bytes a packet carries.
fn bytes(seen: &Seen) -> (Channel, bool, Option<u32>, u32) {
    let seq = seen.segment.and_then(|segment| segment.seq);
    (seen.channel, seen.from_client, seq, seen.len)
}

impl Figures {
    fn count(&mut self, row: &Row) {
        match row {
            Row::Both { article, marks, .. } => {
                self.lines += 1;
                self.matched += usize::from(judge::matches(marks));
                let segment = article.segment;
                self.unprinted += usize::from(segment.is_some_and(|s| s.seq.is_none()));
                let accepts = segment.is_some_and(|s| s.ack.is_some());
                for (field, mark) in marks {
                    let [same, all] = match field {
                        Compared::Window => &mut self.windows,
                        Compared::First if accepts => &mut self.accepting,
                        Compared::First => &mut self.connecting,
                        _ => continue,
                    };
                    *same += usize::from(*mark == Mark::Same);
                    *all += usize::from(*mark != Mark::Absent);
                }
            }
            Row::Absent { .. } => {
                self.lines += 1;
                self.absent += 1;
            }
            Row::Alone { reason, .. } => match reason {
                Reason::Omitted => self.omitted += 1,
                Reason::Later => self.later += 1,
                _ => self.alone += 1,
            },
            Row::Gap(_) => {}
        }
    }
}
