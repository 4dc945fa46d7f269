//! One direction of a TCP connection: what its sender sent and what its peer acknowledged.

mod place;
#[cfg(test)]
mod tests;

pub(crate) use place::{Gap, Probing, clock};

use std::collections::VecDeque;
use std::net::SocketAddr;

use super::copies::Ids;
use super::ranges::Ranges;
use crate::note::{Covered, Offers};
use crate::{Seq, Timestamp};

/// Segments remembered for "which packets does this acknowledgement cover".
const SENT_LIMIT: usize = 256;

/// What one end sends.
#[derive(Debug)]
pub(crate) struct Half {
    /// The sender.
    pub(crate) addr: SocketAddr,
    /// Where relative numbers count from: the SYN, or what tcpdump takes without one.
    base: Option<Seq>,
    /// The number of the first byte, or of the first one that the capture can have.
    first: Option<Seq>,
    /// The initial sequence number, when the SYN was captured.
    pub(crate) isn: Option<Seq>,
    /// Numbers in notes are absolute, as with tcpdump's `-S`.
    pub(crate) absolute: bool,
    pub(crate) offers: Option<Offers>,
    /// Every sequence number before this one was captured, or is missing for good.
    next: Option<Seq>,
    /// Payload bytes before `next`, counting those missing: the place in the stream.
    position: u64,
    /// What was captured beyond `next`.
    ahead: Ranges,
    /// The peer acknowledged up to here, beyond `next`: what does not come late never comes.
    promised: Option<Seq>,
    /// Payload bytes that the peer acknowledged and the capture does not have.
    pub(crate) missing: u64,
    /// Captured and not acknowledged yet, oldest first.
    sent: VecDeque<Sent>,
    /// Highest acknowledgement of this direction by the peer.
    pub(crate) acked: Option<Seq>,
    /// Where the FIN is, once it was seen.
    pub(crate) fin: Option<Fin>,
    /// Payload bytes captured, each counted once.
    pub(crate) bytes: u64,
    /// Segments that brought new payload bytes.
    pub(crate) segments: u64,
    pub(crate) first_data: Option<Timestamp>,
    pub(crate) last_data: Option<Timestamp>,
    /// The window this end last advertised, in bytes; unknown until it did.
    pub(crate) window: Option<u32>,
    /// The same acknowledgement so many times after the first.
    pub(crate) duplicate_acks: u32,
    /// The packet that gave the present acknowledgement first.
    pub(crate) acked_in: Option<u64>,
    /// What of this end waits for an answer, and is no data.
    pub(crate) probing: Option<Probing>,
    /// The packet that closed this end's window, while it is closed.
    pub(crate) closed_window_in: Option<u64>,
    /// The first segment that came beyond the gap that is open.
    pub(crate) gap: Option<Gap>,
    /// A segment without data had this number, which is beyond all that was captured: by its packet.
    pub(crate) claimed: Option<(Seq, u64, Timestamp)>,
    /// The number of its first segment among all that are remembered; 0 when there was none.
    pub(crate) first_segment: u64,
    /// IP's identifications in its packets.
    pub(crate) ids: Ids,
    /// The last packets with payload, and with the FIN: 0 when there was none.
    pub(crate) last_data_in: u64,
    pub(crate) fin_in: u64,
    /// When the first that is not acknowledged was last sent again.
    pub(crate) resent: Option<Timestamp>,
    /// When the peer last acknowledged anything of this direction, new or not.
    pub(crate) heard: Option<Timestamp>,
    /// Something was sent again because acknowledgements asked for it, and had more behind it up to
    /// here: what is missing up to here is sent again, too (RFC 6582).
    pub(crate) recover: Option<Seq>,
    /// The FIN came again, and that was not answered yet.
    pub(crate) fin_again: bool,
    /// `DataComplete` was said.
    pub(crate) complete: bool,
}

#[derive(Clone, Copy, Debug)]
struct Sent {
    end: Seq,
    packet: u64,
    time: Timestamp,
    len: u32,
    fin: bool,
    /// How often it was sent again: then the time to its acknowledgement says nothing (Karn).
    again: u8,
    /// The sender's clock in it (RFC 7323 §3.2).
    clock: Option<u32>,
}

/// A FIN and its fate.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fin {
    /// The sequence number it takes.
    pub(crate) seq: Seq,
    pub(crate) acked: bool,
}

/// How a segment relates to what was captured of its direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Placement {
    /// It carries no sequence numbers.
    Empty,
    /// It continues the stream: so many payload bytes are new, from this place (0-based) on.
    InOrder {
        position: u64,
        new: u32,
        /// Payload bytes at its beginning that were captured before.
        old: u32,
        fills_gap: bool,
    },
    /// It leaves a gap before itself.
    Ahead {
        position: u64,
        new: u32,
        missing: u32,
    },
    /// All of it was captured before.
    Repeated,
    /// It carries no sequence numbers, and its own shows that so many are missing before it.
    Beyond { missing: u32 },
    /// A segment placed one before the next: a probe that wants an acknowledgement.
    Probe,
}

/// What an acknowledgement told about this direction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Acked {
    /// It covers something for the first time.
    pub(crate) advanced: bool,
    pub(crate) covered: Covered,
    /// When the last covered packet was captured, unless one of them was sent more than once: then
    /// the acknowledgement waited for that.
    pub(crate) last_time: Option<Timestamp>,
    /// Bytes acknowledged that the capture has not shown.
    pub(crate) unseen: u32,
}

impl Half {
    pub(crate) fn new(addr: SocketAddr) -> Self {
        Self {
            addr,
            base: None,
            first: None,
            isn: None,
            absolute: false,
            offers: None,
            next: None,
            position: 0,
            ahead: Ranges::default(),
            promised: None,
            missing: 0,
            sent: VecDeque::new(),
            acked: None,
            fin: None,
            bytes: 0,
            segments: 0,
            first_data: None,
            last_data: None,
            window: None,
            duplicate_acks: 0,
            acked_in: None,
            probing: None,
            closed_window_in: None,
            gap: None,
            claimed: None,
            first_segment: 0,
            ids: Ids::default(),
            last_data_in: 0,
            fin_in: 0,
            resent: None,
            heard: None,
            recover: None,
            fin_again: false,
            complete: false,
        }
    }

    /// The bytes that it holds beside this value.
    pub(crate) fn held(&self) -> usize {
        self.sent.capacity() * size_of::<Sent>() + self.ahead.held()
    }

    /// Forgets which packets brought what is not acknowledged yet.
    pub(crate) fn shed(&mut self) {
        self.sent = VecDeque::new();
    }

    /// Keeps no more room than it fills.
    pub(crate) fn rest(&mut self) {
        self.sent.shrink_to_fit();
    }

    /// A sequence number as notes give it: relative as tcpdump counts, or absolute.
    pub(crate) fn shown(&self, seq: Seq) -> u32 {
        match self.base {
            Some(base) if !self.absolute => seq.relative_to(base),
            _ => seq.0,
        }
    }

    /// The number of the first byte that the capture can have.
    pub(crate) fn first(&self) -> Option<Seq> {
        self.first
    }

    /// Whether every number up to and including the FIN was captured or is missing for good.
    pub(crate) fn whole(&self) -> bool {
        self.fin.is_some_and(|fin| self.next == Some(fin.seq + 1))
    }

    /// Whether later segments were captured before earlier ones.
    pub(crate) fn has_gap(&self) -> bool {
        !self.ahead.is_empty()
    }

    /// Whether something captured was not acknowledged yet.
    pub(crate) fn is_outstanding(&self) -> bool {
        !self.sent.is_empty()
    }

    /// How often the first that is not acknowledged was sent again.
    pub(crate) fn resends(&self) -> u8 {
        self.sent.front().map_or(0, |sent| sent.again)
    }

    /// Whether anything is known of this direction.
    pub(crate) fn is_known(&self) -> bool {
        self.next.is_some()
    }

    /// The packet that carried the byte at `start` first, while it is not acknowledged.
    pub(crate) fn carrier(&self, start: Seq) -> Option<u64> {
        let sent = self.sent.iter().find(|sent| {
            sent.end.is_after(start) && !(sent.end - sent.len - u32::from(sent.fin)).is_after(start)
        });
        sent.map(|sent| sent.packet)
    }

    /// The number after the highest one captured.
    pub(crate) fn highest(&self) -> Option<Seq> {
        self.ahead.end().or(self.next)
    }

    /// The number after the last byte captured in order.
    pub(crate) fn next(&self) -> Option<Seq> {
        self.next
    }

    /// Takes in the peer's acknowledgement of this direction.
    pub(crate) fn acknowledge(&mut self, ack: Seq) -> Acked {
        let mut outcome = Acked::default();
        let Some(next) = self.next else {
            // Nothing of this direction was captured yet: its stream starts here.
            self.begin(ack - 1, ack);
            self.acked = Some(ack);
            return outcome;
        };
        if self.acked.is_some_and(|acked| !ack.is_after(acked)) {
            return outcome;
        }
        outcome.advanced = true;
        self.resent = None;
        let from = match self.promised {
            Some(promised) if promised.is_after(next) => promised,
            _ => next,
        };
        if ack.is_after(from) {
            let known = self.ahead.covered(from, ack);
            outcome.unseen = ack.distance(from).unsigned_abs().saturating_sub(known);
        }
        if ack.is_after(next) {
            self.promised = Some(ack);
        }
        let mut again = false;
        while let Some(sent) = self.sent.front() {
            if sent.end.is_after(ack) {
                break;
            }
            outcome.covered.bytes = outcome.covered.bytes.saturating_add(sent.len);
            let first = outcome.covered.first.unwrap_or(sent.packet);
            outcome.covered.first = Some(first.min(sent.packet));
            outcome.covered.last = outcome.covered.last.max(Some(sent.packet));
            outcome.covered.fin |= sent.fin;
            outcome.last_time = outcome.last_time.max(Some(sent.time));
            again |= sent.again > 0;
            self.sent.pop_front();
        }
        outcome.last_time = outcome.last_time.filter(|_| !again);
        if self.recover.is_some_and(|recover| !ack.is_before(recover)) {
            self.recover = None;
        }
        if let Some(fin) = &mut self.fin
            && !fin.acked
            && ack == fin.seq + 1
        {
            fin.acked = true;
            outcome.covered.fin = true;
            // Both sides agree that everything was sent: what is not here never comes.
            self.give_up_before(ack);
        }
        self.acked = Some(ack);
        outcome
    }
}
