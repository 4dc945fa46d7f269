//! Connections that are captured on both sides of an address translator (NAT): which two are one,
//! and which segment is the copy of which.
//!
//! A translator changes an address, and the text where that is in the text, too; then the length
//! of the text, and the sequence numbers behind it. It leaves the initial sequence number, the
//! window and IP's identification, and takes one from the time to live.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;

use hashbrown::HashMap;

use super::connection::{Connection, Role, Side, Step};
use crate::note::{Changed, ConnectionName, Note, Text, TranslationNote};
use crate::{Ip, Seq, TcpFlags, Timestamp};

/// SYNs that are remembered, to find those that come again with another address.
const SYNS: usize = 4096;
/// Connections whose two halves are followed.
const PAIRS: usize = 64;
/// Segments of a connection that wait for their copy.
const WAITING: usize = 512;
/// The longest that a SYN may take through a translator.
const TRANSIT: Duration = Duration::from_secs(3);
/// Routers between the two places of capture.
const ROUTERS: u8 = 8;

/// What is known of connections on both sides of a translator.
#[derive(Debug, Default)]
pub(crate) struct Translations {
    dialled: HashMap<Seq, Dialled, foldhash::fast::RandomState>,
    /// The same in the order in which they came: the oldest is forgotten for the newest.
    order: VecDeque<Seq>,
    pairs: VecDeque<Pair>,
}

/// A SYN.
#[derive(Clone, Copy, Debug)]
struct Dialled {
    number: u32,
    name: ConnectionName,
    ends: [SocketAddr; 2],
    packet: u64,
    time: Timestamp,
    ttl: u8,
    id: u32,
    window: u16,
}

/// Two connections of the capture that are one.
#[derive(Debug)]
struct Pair {
    /// Their places in the capture; the one whose SYN was captured first comes first.
    numbers: [u32; 2],
    /// Of each direction.
    shifts: [Shift; 2],
    waiting: VecDeque<Waiting>,
}

/// By how much a direction's numbers are higher in the second connection than in the first.
#[derive(Clone, Copy, Debug, Default)]
struct Shift {
    /// Up to the text that was rewritten last.
    before: i32,
    /// Behind it.
    after: i32,
    /// Where that begins in the first connection, and the packet.
    rewritten: Option<(Seq, u64)>,
}

impl Shift {
    fn has(&self, shift: i32) -> bool {
        shift == self.before || shift == self.after
    }
}

/// A segment whose copy has not come.
#[derive(Clone, Debug)]
struct Waiting {
    /// Which of the two connections it belongs to.
    leg: usize,
    side: Side,
    packet: u64,
    seq: Seq,
    ack: Seq,
    flags: TcpFlags,
    len: u32,
    said: Option<Text>,
}

impl Translations {
    /// Puts before the notes of a packet what ties it to its copy, if it has one.
    pub(crate) fn packet(
        &mut self,
        connection: &Connection,
        step: &mut Step<'_, '_>,
        opened: bool,
        ip: &Ip<'_>,
    ) {
        let flags = step.tcp.flags;
        let note = if step.printed.is_some() {
            // Such lines lack most of what is compared.
            None
        } else if opened && flags.contains(TcpFlags::SYN) && !flags.contains(TcpFlags::ACK) {
            self.dialled(connection, step, ip)
        } else {
            self.segment(connection, step)
        };
        if let Some(note) = note {
            step.notes.insert(0, Note::Translation(note));
        }
    }

    /// A connection begins with this SYN: perhaps it is a copy.
    fn dialled(
        &mut self,
        connection: &Connection,
        step: &Step<'_, '_>,
        ip: &Ip<'_>,
    ) -> Option<TranslationNote> {
        let this = Dialled {
            number: connection.number,
            name: connection.name,
            ends: [step.side, 1 - step.side].map(|side| connection.halves[side].addr),
            packet: step.packet,
            time: step.time,
            ttl: ip.ttl,
            id: ip.id,
            window: step.tcp.window,
        };
        let first = self.dialled.insert(step.tcp.seq, this);
        if first.is_none() {
            self.order.push_back(step.tcp.seq);
            if self.order.len() > SYNS
                && let Some(oldest) = self.order.pop_front()
            {
                self.dialled.remove(&oldest);
            }
        }
        let first = first?;
        let changed = first.became(&this)?;
        if self.pairs.len() == PAIRS {
            self.pairs.pop_front();
        }
        self.pairs.push_back(Pair {
            numbers: [first.number, this.number],
            shifts: [Shift::default(); 2],
            waiting: VecDeque::new(),
        });
        let end = match changed {
            Changed::Source => 0,
            Changed::Destination => 1,
        };
        Some(TranslationNote::Connection {
            of: first.packet,
            other: first.name,
            changed,
            was: first.ends[end],
            now: this.ends[end],
        })
    }

    /// A further segment: perhaps it is the copy of one that waits for it.
    fn segment(&mut self, connection: &Connection, step: &Step<'_, '_>) -> Option<TranslationNote> {
        // The newest ones are those that still talk.
        let mut pairs = self.pairs.iter_mut().rev();
        let pair = pairs.find(|pair| pair.numbers.contains(&connection.number))?;
        let (tcp, leg) = (step.tcp, usize::from(pair.numbers[0] != connection.number));
        let control = matches!(connection.role, Role::Control { .. });
        pair.segment(&Waiting {
            leg,
            side: step.side,
            packet: step.packet,
            seq: tcp.seq,
            ack: tcp.ack,
            flags: tcp.flags,
            len: tcp.len,
            said: (control && tcp.len > 0).then(|| Text::new(tcp.payload)),
        })
    }
}

impl Dialled {
    /// What a translator changed in this SYN to make `other` of it, if one did.
    fn became(&self, other: &Self) -> Option<Changed> {
        let late = other.time.since(self.time) >= TRANSIT;
        let passed = (1..=ROUTERS).contains(&self.ttl.saturating_sub(other.ttl));
        if late || !passed || (self.id, self.window) != (other.id, other.window) {
            return None;
        }
        let moved = [0, 1].map(|end| self.ends[end].ip() != other.ends[end].ip());
        let kept = [0, 1].map(|end| self.ends[end] == other.ends[end]);
        if moved[0] && kept[1] {
            Some(Changed::Source)
        } else if moved[1] && kept[0] {
            Some(Changed::Destination)
        } else {
            None
        }
    }
}

impl Pair {
    fn segment(&mut self, seen: &Waiting) -> Option<TranslationNote> {
        let place = self.waiting.iter().position(|it| self.is_copy(it, seen));
        let Some(first) = place.and_then(|place| self.waiting.remove(place)) else {
            if self.waiting.len() == WAITING {
                self.waiting.pop_front();
            }
            self.waiting.push_back(seen.clone());
            return None;
        };
        let of = first.packet;
        if let (Some(was), Some(now)) = (&first.said, &seen.said)
            && was != now
        {
            self.rewritten(&first, seen);
            return Some(TranslationNote::Rewritten {
                of,
                was: line(was),
                now: line(now),
                longer: seen.len.wrapping_sub(first.len).cast_signed(),
            });
        }
        let seq_shift = seen.seq.distance(first.seq);
        let ack_shift = if seen.flags.contains(TcpFlags::ACK) {
            seen.ack.distance(first.ack)
        } else {
            0
        };
        let shifted = if seq_shift == 0 {
            1 - seen.side
        } else {
            seen.side
        };
        let since = self.shifts[shifted].rewritten.map(|(_, packet)| packet);
        Some(TranslationNote::Segment {
            of,
            seq_shift,
            ack_shift,
            since: since.filter(|_| seq_shift != 0 || ack_shift != 0),
        })
    }

    /// Whether these two are one segment on its way through the translator.
    fn is_copy(&self, one: &Waiting, other: &Waiting) -> bool {
        if one.leg == other.leg || one.side != other.side || one.flags != other.flags {
            return false;
        }
        let (first, second) = in_order(one, other);
        let acknowledges = one.flags.contains(TcpFlags::ACK);
        self.shifts[one.side].has(second.seq.distance(first.seq))
            && (!acknowledges || self.shifts[1 - one.side].has(second.ack.distance(first.ack)))
            && (one.len == other.len || one.said.is_some() && other.said.is_some())
    }

    /// From behind these two on the numbers of their direction are shifted.
    fn rewritten(&mut self, one: &Waiting, other: &Waiting) {
        let (first, second) = in_order(one, other);
        let shift = &mut self.shifts[one.side];
        let again = shift.rewritten.is_some_and(|(seq, _)| seq == first.seq);
        if first.len == second.len || again {
            return;
        }
        let longer = second.len.wrapping_sub(first.len).cast_signed();
        *shift = Shift {
            before: shift.after,
            after: shift.after.wrapping_add(longer),
            rewritten: Some((first.seq, other.packet)),
        };
    }
}

/// That of the first connection first.
fn in_order<'a>(one: &'a Waiting, other: &'a Waiting) -> (&'a Waiting, &'a Waiting) {
    if one.leg == 0 {
        (one, other)
    } else {
        (other, one)
    }
}

/// Without the end of the line.
fn line(text: &Text) -> Text {
    Text::new(text.as_bytes().trim_ascii_end())
}
