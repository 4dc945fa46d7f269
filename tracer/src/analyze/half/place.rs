//! Where a segment belongs in its direction: next, ahead of a gap, or there before.

use super::{Fin, Half, Placement, SENT_LIMIT, Sent};
use crate::{Seq, Tcp, TcpFlags, TcpOption, Timestamp};

/// What is known of the segment that came first beyond the gap.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Gap {
    end: Seq,
    pub(crate) packet: u64,
    pub(crate) time: Timestamp,
    /// The sender's clock in it (RFC 7323 §3.2).
    pub(crate) clock: Option<u32>,
}

/// Keep-alives or window probes in a row.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Probing {
    /// The last one.
    pub(crate) packet: u64,
    pub(crate) time: Timestamp,
    pub(crate) count: u8,
}

impl Half {
    /// Records a segment of this direction and says how it fits.
    pub(crate) fn place(&mut self, tcp: &Tcp<'_>, packet: u64, time: Timestamp) -> Placement {
        let syn = tcp.flags.contains(TcpFlags::SYN);
        if syn && self.isn != Some(tcp.seq) {
            self.isn = Some(tcp.seq);
            self.begin(tcp.seq, tcp.seq + 1);
        }
        let start = tcp.seq + u32::from(syn);
        if self.next.is_none() {
            self.begin(start, start);
        }
        let fin = tcp.flags.contains(TcpFlags::FIN);
        let end = start + tcp.len + u32::from(fin);
        let Some(next) = self.next else {
            return Placement::Empty;
        };
        if tcp.len == 0 && !fin {
            let quiet = !tcp.flags.intersects(TcpFlags::RST.union(TcpFlags::SYN));
            let before = start.distance(next) == -1 && self.fin.is_none();
            return if quiet && before {
                Placement::Probe
            } else if quiet {
                self.beyond(start, next)
            } else {
                Placement::Empty
            };
        }
        if tcp.len > 0 {
            self.last_data_in = packet;
        }
        if fin && self.fin.is_none() {
            self.fin_in = packet;
            self.fin = Some(Fin {
                seq: start + tcp.len,
                acked: false,
            });
        }
        let placement = self.fit(start, end, tcp.len, fin);
        if matches!(placement, Placement::Ahead { .. }) {
            self.gap.get_or_insert_with(|| Gap {
                end,
                packet,
                time,
                clock: clock(tcp),
            });
        }
        let (new, again) = match placement {
            Placement::InOrder { new, .. } | Placement::Ahead { new, .. } => (new, false),
            Placement::Repeated => (0, true),
            _ => return placement,
        };
        if again {
            for sent in &mut self.sent {
                let begin = sent.end - sent.len - u32::from(sent.fin);
                if sent.end.is_after(start) && begin.is_before(end) {
                    sent.again = sent.again.saturating_add(1);
                }
            }
            return placement;
        }
        if new > 0 {
            self.bytes += u64::from(new);
            self.segments += 1;
            self.first_data.get_or_insert(time);
            self.last_data = Some(time);
        }
        // What was acknowledged before it was captured waits for nothing.
        if self.acked.is_some_and(|acked| !end.is_after(acked)) {
            return placement;
        }
        if self.sent.len() == SENT_LIMIT {
            self.sent.pop_front();
        }
        // By number, since acknowledgements come in that order: nearly always it is the last.
        let later = self.sent.iter().rev().take_while(|s| s.end.is_after(end));
        let place = self.sent.len() - later.count();
        let sent = Sent {
            end,
            packet,
            time,
            len: new,
            fin,
            again: 0,
            clock: clock(tcp),
        };
        self.sent.insert(place, sent);
        placement
    }

    /// Whether all these numbers were captured.
    pub(crate) fn has(&self, start: Seq, end: Seq) -> bool {
        let Some(next) = self.next else { return false };
        if !end.is_after(next) {
            return true;
        }
        if self.ahead.end().is_none_or(|last| end.is_after(last)) {
            return false;
        }
        let from = if start.is_before(next) { next } else { start };
        self.ahead.covered(from, end) == end.distance(from).unsigned_abs()
    }

    /// A segment without data, whose number shows that more was sent than was captured.
    fn beyond(&self, start: Seq, next: Seq) -> Placement {
        let known = [Some(next), self.highest(), self.promised];
        let last = self.claimed.map(|(seq, ..)| seq);
        let new = known.into_iter().chain([last]).flatten();
        // Without the SYN it only shows that the capture began late.
        if self.isn.is_none() || !new.into_iter().all(|seq| start.is_after(seq)) {
            return Placement::Empty;
        }
        let missing = start.distance(next).unsigned_abs();
        let known = self.ahead.covered(next, start);
        Placement::Beyond {
            missing: missing.saturating_sub(known),
        }
    }

    /// Says where this direction begins.
    pub(super) fn begin(&mut self, base: Seq, first: Seq) {
        self.base = Some(base);
        self.first = Some(first);
        self.next = Some(first);
    }

    fn fit(&mut self, start: Seq, end: Seq, len: u32, fin: bool) -> Placement {
        self.give_up_before(start);
        let Some(next) = self.next else {
            return Placement::Empty;
        };
        self.leave_behind(next);
        if start.is_after(next) {
            let known = self.ahead.covered(start, end);
            let fresh = end.distance(start).unsigned_abs().saturating_sub(known);
            if fresh == 0 {
                return Placement::Repeated;
            }
            let ahead = start.distance(next).unsigned_abs();
            let missing = ahead.saturating_sub(self.ahead.covered(next, start));
            let position = self.position + u64::from(ahead);
            // Beyond the bound a range is not kept, so its bytes must not be counted either.
            let kept = self.ahead.insert(start, end);
            let new = if kept { fresh.min(len) } else { 0 };
            return Placement::Ahead {
                position,
                new,
                missing,
            };
        }
        if !end.is_after(next) {
            // A probe may carry one byte of garbage (RFC 9293 §3.8.4).
            let probe = len <= 1 && !fin && end == next && self.acked == Some(next);
            return if probe {
                Placement::Probe
            } else {
                Placement::Repeated
            };
        }
        let known = self.ahead.covered(next, end);
        let fresh = end.distance(next).unsigned_abs().saturating_sub(known);
        let new = fresh.saturating_sub(u32::from(fin)).min(len);
        let position = self.position;
        let fills_gap = self.has_gap();
        let old = next.distance(start).unsigned_abs().min(len);
        self.advance(end);
        Placement::InOrder {
            position,
            new,
            old,
            fills_gap,
        }
    }

    /// What is missing before `seq` was left out of the trace.
    pub(crate) fn give_up(&mut self, seq: Seq) {
        self.promised = Some(seq);
        self.give_up_before(seq);
    }

    /// What the peer acknowledged before `start` and the capture has not shown will not come any
    /// more once a segment from beyond it came.
    pub(super) fn give_up_before(&mut self, start: Seq) {
        let (Some(next), Some(promised)) = (self.next, self.promised) else {
            return;
        };
        let to = if promised.is_after(start) {
            start
        } else {
            promised
        };
        if to.is_after(next) {
            let known = self.ahead.covered(next, to);
            let lost = to.distance(next).unsigned_abs().saturating_sub(known);
            self.missing += u64::from(lost);
            self.advance(to);
        }
    }

    /// Forgets the claim and the gap that `next` has passed. What is behind a further gap is its
    /// first segment then, as far as that is remembered.
    fn leave_behind(&mut self, next: Seq) {
        self.claimed = self.claimed.filter(|&(seq, ..)| seq.is_after(next));
        if self.gap.is_none_or(|gap| gap.end.is_after(next)) {
            return;
        }
        let beyond = self.sent.iter().filter(|sent| sent.end.is_after(next));
        let first = beyond.min_by_key(|sent| sent.packet);
        self.gap = first.filter(|_| self.has_gap()).map(|sent| Gap {
            end: sent.end,
            packet: sent.packet,
            time: sent.time,
            clock: sent.clock,
        });
    }

    /// Moves `next` to `end`, then over everything that had come ahead.
    fn advance(&mut self, end: Seq) {
        let Some(next) = self.next else { return };
        let to = self.ahead.absorb(end);
        let fin = self
            .fin
            .is_some_and(|fin| !fin.seq.is_before(next) && fin.seq.is_before(to));
        let bytes = to
            .distance(next)
            .unsigned_abs()
            .saturating_sub(u32::from(fin));
        self.position += u64::from(bytes);
        self.next = Some(to);
        if self.promised.is_some_and(|promised| !promised.is_after(to)) {
            self.promised = None;
        }
    }
}

/// The sender's clock in a segment, when it has the option (RFC 7323 §3.2).
pub(crate) fn clock(tcp: &Tcp<'_>) -> Option<u32> {
    tcp.options.iter().find_map(|option| match option {
        TcpOption::Timestamps { value, .. } => Some(value),
        _ => None,
    })
}
