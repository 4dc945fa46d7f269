//! One direction of a TCP connection: what its sender sent and what its peer acknowledged.

use std::collections::VecDeque;
use std::net::SocketAddr;

use crate::note::{Covered, Offers};
use crate::{Seq, Tcp, TcpFlags, Timestamp};

/// Segments remembered for "which packets does this acknowledgement cover".
const SENT_LIMIT: usize = 256;
/// Separate ranges remembered beyond a gap.
const AHEAD_LIMIT: usize = 64;

/// What one end sends.
#[derive(Debug)]
pub(crate) struct Half {
    /// The sender.
    pub(crate) addr: SocketAddr,
    /// Its initial sequence number: the SYN's, or one before the first segment captured.
    pub(crate) isn: Option<Seq>,
    pub(crate) offers: Option<Offers>,
    /// Every sequence number before this one was captured, or is known to be missing for good.
    next: Option<Seq>,
    /// Payload bytes before `next`, counting those missing: the place in the stream.
    position: u64,
    /// Ranges captured beyond `next`.
    ahead: Vec<(Seq, Seq)>,
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
    /// The window this end last advertised, in bytes.
    pub(crate) window: u32,
    /// The same acknowledgement so many times after the first.
    pub(crate) duplicate_acks: u32,
    /// A keep-alive of this end waits for its answer.
    pub(crate) keep_alive: bool,
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
    /// A segment placed one before the next: a keep-alive probe.
    KeepAlive,
}

/// What an acknowledgement told about this direction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Acked {
    /// It covers something for the first time.
    pub(crate) advanced: bool,
    pub(crate) covered: Covered,
    /// The time of the last covered packet.
    pub(crate) last_time: Option<Timestamp>,
    /// Bytes acknowledged that the capture does not have.
    pub(crate) unseen: u32,
}

impl Half {
    pub(crate) fn new(addr: SocketAddr) -> Self {
        Self {
            addr,
            isn: None,
            offers: None,
            next: None,
            position: 0,
            ahead: Vec::new(),
            sent: VecDeque::new(),
            acked: None,
            fin: None,
            bytes: 0,
            segments: 0,
            first_data: None,
            window: 0,
            duplicate_acks: 0,
            keep_alive: false,
            complete: false,
        }
    }

    /// A sequence number relative to this direction's start.
    pub(crate) fn relative(&self, seq: Seq) -> u32 {
        self.isn.map_or(0, |isn| seq.relative_to(isn))
    }

    /// Whether everything up to and including the FIN was captured.
    pub(crate) fn whole(&self) -> bool {
        self.fin.is_some_and(|fin| self.next == Some(fin.seq + 1))
    }

    /// Whether later segments were captured before earlier ones.
    pub(crate) fn has_gap(&self) -> bool {
        !self.ahead.is_empty()
    }

    /// The sequence number the capture waits for.
    pub(crate) fn next(&self) -> Option<Seq> {
        self.next
    }

    /// Records a segment of this direction and says how it fits.
    pub(crate) fn place(&mut self, tcp: &Tcp<'_>, packet: u64, time: Timestamp) -> Placement {
        if tcp.flags.contains(TcpFlags::SYN) && self.isn != Some(tcp.seq) {
            self.isn = Some(tcp.seq);
            self.next = Some(tcp.seq + 1);
        }
        let start = if tcp.flags.contains(TcpFlags::SYN) {
            tcp.seq + 1
        } else {
            tcp.seq
        };
        let next = *self.next.get_or_insert(start);
        if self.isn.is_none() {
            self.isn = Some(start - 1);
        }
        let fin = tcp.flags.contains(TcpFlags::FIN);
        let end = start + tcp.len + u32::from(fin);
        if tcp.len == 0 && !fin {
            let probe = start.distance(next) == -1
                && !tcp.flags.intersects(TcpFlags::RST.union(TcpFlags::SYN));
            return if probe && self.fin.is_none() {
                Placement::KeepAlive
            } else {
                Placement::Empty
            };
        }
        if fin && self.fin.is_none() {
            self.fin = Some(Fin {
                seq: start + tcp.len,
                acked: false,
            });
        }
        let placement = self.fit(start, end, next, tcp.len, fin);
        let new = match placement {
            Placement::InOrder { new, .. } | Placement::Ahead { new, .. } => new,
            _ => 0,
        };
        if new > 0 {
            self.bytes += u64::from(new);
            self.segments += 1;
            self.first_data.get_or_insert(time);
        }
        if matches!(
            placement,
            Placement::InOrder { .. } | Placement::Ahead { .. }
        ) {
            if self.sent.len() == SENT_LIMIT {
                self.sent.pop_front();
            }
            self.sent.push_back(Sent {
                end,
                packet,
                time,
                len: new,
                fin,
            });
        }
        placement
    }

    fn fit(&mut self, start: Seq, end: Seq, next: Seq, len: u32, fin: bool) -> Placement {
        if start.is_after(next) {
            let known = self
                .ahead
                .iter()
                .any(|&(from, to)| !start.is_before(from) && !end.is_after(to));
            if known {
                return Placement::Repeated;
            }
            if self.ahead.len() < AHEAD_LIMIT {
                self.ahead.push((start, end));
            }
            let missing = start.distance(next).unsigned_abs();
            return Placement::Ahead {
                position: self.position + u64::from(missing),
                new: len,
                missing,
            };
        }
        if !end.is_after(next) {
            // A keep-alive may carry one byte of garbage (RFC 9293 §3.8.4).
            return if len <= 1 && !fin && end == next && self.acked == Some(next) {
                Placement::KeepAlive
            } else {
                Placement::Repeated
            };
        }
        let fresh = end.distance(next).unsigned_abs();
        let new = fresh.saturating_sub(u32::from(fin));
        let position = self.position;
        let fills_gap = self.has_gap();
        self.advance(end, new);
        Placement::InOrder {
            position,
            new,
            fills_gap,
        }
    }

    /// Moves `next` to `end`, then over every range that had come ahead.
    fn advance(&mut self, end: Seq, payload: u32) {
        self.next = Some(end);
        self.position += u64::from(payload);
        while let Some(next) = self.next {
            let Some(index) = self
                .ahead
                .iter()
                .position(|&(from, _)| !from.is_after(next))
            else {
                break;
            };
            let (_, to) = self.ahead.swap_remove(index);
            if to.is_after(next) {
                let fin = self.fin.is_some_and(|fin| fin.seq + 1 == to);
                let bytes = to.distance(next).unsigned_abs() - u32::from(fin);
                self.next = Some(to);
                self.position += u64::from(bytes);
            }
        }
    }

    /// Takes in the peer's acknowledgement of this direction.
    pub(crate) fn acknowledge(&mut self, ack: Seq) -> Acked {
        let mut outcome = Acked::default();
        let Some(next) = self.next else {
            // Nothing of this direction was captured yet: its stream starts here.
            self.next = Some(ack);
            self.isn = Some(ack - 1);
            self.acked = Some(ack);
            return outcome;
        };
        if self.acked.is_some_and(|acked| !ack.is_after(acked)) {
            return outcome;
        }
        outcome.advanced = true;
        if ack.is_after(next)
            && !self
                .ahead
                .iter()
                .any(|&(_, to)| to == ack && self.fin.is_some())
        {
            outcome.unseen = ack.distance(next).unsigned_abs();
        } else if ack.is_after(next) {
            // Everything up to the FIN that was captured ahead; the bytes before it were not.
            let seen = self
                .ahead
                .iter()
                .map(|&(from, to)| to.distance(from).unsigned_abs())
                .fold(0, u32::saturating_add);
            outcome.unseen = ack.distance(next).unsigned_abs().saturating_sub(seen);
        }
        if ack.is_after(next) {
            self.advance(ack, ack.distance(next).unsigned_abs());
        }
        while let Some(sent) = self.sent.front() {
            if sent.end.is_after(ack) {
                break;
            }
            outcome.covered.bytes = outcome.covered.bytes.saturating_add(sent.len);
            outcome.covered.first.get_or_insert(sent.packet);
            outcome.covered.last = outcome.covered.last.max(Some(sent.packet));
            outcome.covered.fin |= sent.fin;
            outcome.last_time = outcome.last_time.max(Some(sent.time));
            self.sent.pop_front();
        }
        if let Some(fin) = &mut self.fin
            && !fin.acked
            && ack == fin.seq + 1
        {
            fin.acked = true;
            outcome.covered.fin = true;
        }
        self.acked = Some(ack);
        outcome
    }
}

#[cfg(test)]
mod tests {
    use super::{Half, Placement};
    use crate::{Seq, Tcp, TcpFlags, TcpOptions, Timestamp};

    fn segment(seq: u32, payload: &[u8], flags: TcpFlags) -> Tcp<'_> {
        Tcp {
            src_port: 1,
            dst_port: 2,
            seq: Seq(seq),
            ack: Seq(0),
            flags,
            window: 1000,
            checksum: 0,
            urgent: 0,
            options: TcpOptions(&[]),
            payload,
            len: u32::try_from(payload.len()).unwrap(),
        }
    }

    fn half() -> Half {
        let mut half = Half::new("127.0.0.1:1".parse().unwrap());
        half.place(&segment(u32::MAX - 3, b"", TcpFlags::SYN), 1, Timestamp(0));
        half
    }

    #[test]
    fn bytes_are_counted_once_across_the_wrap() {
        let mut half = half();
        let first = segment(u32::MAX - 2, b"abcdef", TcpFlags::ACK);
        assert_eq!(
            half.place(&first, 2, Timestamp(0)),
            Placement::InOrder {
                position: 0,
                new: 6,
                fills_gap: false
            }
        );
        assert_eq!(half.place(&first, 3, Timestamp(0)), Placement::Repeated);
        assert_eq!(half.next(), Some(Seq(3)));
        assert_eq!((half.bytes, half.segments), (6, 1));
    }

    #[test]
    fn a_fin_that_overtakes_its_data_is_whole_once_the_data_came() {
        let mut half = half();
        let start = u32::MAX - 2;
        let fin = segment(start.wrapping_add(4), b"", TcpFlags::FIN);
        assert!(matches!(
            half.place(&fin, 2, Timestamp(0)),
            Placement::Ahead { missing: 4, .. }
        ));
        assert!(!half.acknowledge(Seq(start)).covered.fin);
        assert!(!half.whole());
        let data = segment(start, b"data", TcpFlags::ACK);
        assert_eq!(
            half.place(&data, 3, Timestamp(0)),
            Placement::InOrder {
                position: 0,
                new: 4,
                fills_gap: true
            }
        );
        assert!(half.whole());
        let acked = half.acknowledge(Seq(start.wrapping_add(5)));
        assert!(acked.advanced && acked.covered.fin && acked.unseen == 0);
        assert_eq!((acked.covered.bytes, half.bytes), (4, 4));
    }

    #[test]
    fn acknowledged_bytes_that_were_not_captured_are_counted_as_missing() {
        let mut half = half();
        let acked = half.acknowledge(Seq((u32::MAX - 2).wrapping_add(19)));
        assert_eq!(acked.unseen, 19);
        let next = segment((u32::MAX - 2).wrapping_add(19), b"x", TcpFlags::ACK);
        assert_eq!(
            half.place(&next, 5, Timestamp(0)),
            Placement::InOrder {
                position: 19,
                new: 1,
                fills_gap: false
            }
        );
    }
}
