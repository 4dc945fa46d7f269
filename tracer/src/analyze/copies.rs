//! The same packet captured more than once: on several interfaces of a machine, on both sides of a
//! router, on a mirrored port, or in two captures that were merged.
//!
//! A copy has the same header but for the time to live. So may a segment have that was sent again,
//! and what it is called rests on proof: IP's identification, which is a new one then, where its
//! sender is known to count, or another interface that has seen it once less. What neither shows
//! is no copy. Only a segment that brings nothing new comes here.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use super::connection::{Connection, Phase, Side};
use super::datagrams::segments::{Segments, Sent};
use super::half::Half;
use super::{Analyzer, Place};
use crate::note::{CopyNote, Note, Text};
use crate::{Ip, Packet, Sighting, Tcp, TcpFlags, Timestamp, Way};

/// The longest way of a packet from one place of capture to another, and the most that their clocks
/// differ.
const WAY: Duration = Duration::from_secs(3);
/// The same within one machine.
const WITHIN: Duration = Duration::from_millis(10);

/// What is known of the identifications that one end gives its packets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Ids {
    /// The first one; 0 when there was none.
    first: u16,
    /// There was another one.
    vary: bool,
    /// Two segments had the same one, and were not alike: it tells nothing.
    repeat: bool,
}

impl Ids {
    /// Takes note of the next one. A SYN is left out where a sender has but one for all else.
    #[inline]
    fn note(&mut self, segments: &mut Segments, end: SocketAddr, sent: &Sent) {
        if sent.id == 0 || self.repeat {
            return;
        }
        if self.first == 0 {
            self.first = sent.id;
        }
        self.vary |= self.first != sent.id;
        if !sent.flags.contains(TcpFlags::SYN) {
            self.repeat = segments.repeats_id(end, sent);
        }
    }

    /// Whether each segment has one of its own, as far as it was seen.
    fn tell(self) -> bool {
        self.vary && !self.repeat
    }
}

impl Analyzer {
    /// Remembers a segment. When it is a copy of one that was captured before, that is all there is
    /// to say about it, and nothing is taken from it.
    pub(super) fn copy(
        &mut self,
        packet: &Packet<'_>,
        (ip, tcp): (&Ip<'_>, &Tcp<'_>),
        ends: (SocketAddr, SocketAddr),
        (slot, side): (usize, Side),
        number: u64,
    ) -> Option<Place> {
        let connection = self.table.at(slot)?;
        let may_be = may_be(connection, side, tcp);
        let sent = Sent::new(packet, (ip, tcp), ends, number, !may_be);
        let segments = &mut self.datagrams.segments;
        let half = &mut connection.halves[side];
        half.ids.note(segments, ends.0, &sent);
        if half.first_segment == 0 {
            half.first_segment = segments.next();
        }
        let copied = if may_be && packet.printed.is_none() {
            let partial = partial_sum(ip, tcp);
            copied(segments, half, &sent, partial)
        } else {
            None
        };
        segments.remember(sent);
        let note = copied?.note(packet, ip);
        self.summary.copies += 1;
        self.notes.push(Note::Copy(note));
        Some(Place {
            connection: connection.name,
            from: connection.party(side),
        })
    }
}

/// What a segment is a copy of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Copied {
    /// The packet, and its time to live.
    of: u64,
    ttl: u8,
    /// Both were seen at the same place, as far as that is known.
    here: bool,
    /// Their identification proves it.
    by_id: bool,
}

impl Copied {
    /// What there is to say about it.
    fn note(&self, packet: &Packet<'_>, ip: &Ip<'_>) -> CopyNote {
        let Sighting {
            interface,
            name,
            way,
        } = packet.sighting;
        CopyNote::Copy {
            of: self.of,
            interface,
            name: name.map(|name| Text::new(name.as_bytes())),
            way,
            ttl: ip.ttl,
            ttl_there: self.ttl,
            here: self.here,
            id: u16::try_from(ip.id).ok().filter(|_| self.by_id),
        }
    }
}

/// Whether a segment brings nothing new, so that it may be a copy. Every segment comes here.
fn may_be(connection: &Connection, side: Side, tcp: &Tcp<'_>) -> bool {
    let (own, peer) = (&connection.halves[side], &connection.halves[1 - side]);
    let flags = tcp.flags;
    if own.first_segment == 0 {
        false
    } else if flags.contains(TcpFlags::SYN) {
        own.isn == Some(tcp.seq)
    } else if flags.contains(TcpFlags::RST) {
        matches!(connection.phase, Phase::Closed(_)) || connection.doubt.is_some()
    } else if tcp.seq_len() > 0 {
        own.has(tcp.seq, tcp.seq_end())
    } else {
        peer.acked.is_some_and(|acked| !tcp.ack.is_after(acked))
    }
}

/// What `new`, which brings nothing new, is a copy of, if it is one. `partial` is what its checksum
/// is before a card has computed it.
fn copied(segments: &Segments, half: &Half, new: &Sent, partial: u16) -> Option<Copied> {
    let found = segments.alike(new);
    let mut alike = found.sent;
    alike.retain(|sent| is_alike(sent, new, partial));
    let oldest = alike.last()?;
    if new.id != 0 && half.ids.tell() {
        let first = alike.iter().rev().find(|sent| apart(sent, new) < WAY)?;
        return Some(Copied {
            of: first.packet,
            ttl: first.ttl,
            here: place(first) == place(new) && first.ttl == new.ttl,
            by_id: true,
        });
    }
    // All that were alike are still there when none was before the first of them.
    let all = oldest.fresh || segments.reaches(half.first_segment);
    if found.cut || !all {
        return None;
    }
    by_place(&alike, new)
}

/// Seen less often here than elsewhere: what is sent again comes to the same places again, to the
/// first of them first. `alike` has the newest first.
fn by_place(alike: &[&Sent], new: &Sent) -> Option<Copied> {
    let seen = |place_of: &Sent| {
        let there = place(place_of);
        alike
            .iter()
            .rev()
            .copied()
            .filter(move |sent| place(sent) == there)
    };
    let here = seen(new).count();
    // Of those that were seen at another place, in their order, the one that was not seen here.
    let missed = alike
        .iter()
        .filter(|sent| place(sent) != place(new))
        .filter_map(|sent| seen(sent).nth(here))
        .filter(|sent| apart(sent, new) < WITHIN);
    let first = missed.min_by_key(|sent| sent.packet)?;
    Some(Copied {
        of: first.packet,
        ttl: first.ttl,
        here: false,
        by_id: false,
    })
}

/// Whether two segments of one end with the same numbers, length and identification are the same
/// in all else, too: what a card has computed stands for what it had still to compute.
fn is_alike(sent: &Sent, new: &Sent, partial: u16) -> bool {
    (sent.flags, sent.window, sent.options) == (new.flags, new.window, new.options)
        && (sent.checksum == new.checksum || [sent.checksum, new.checksum].contains(&partial))
}

/// Where a segment was seen.
fn place(sent: &Sent) -> (u32, Option<Way>) {
    (sent.interface, sent.way)
}

/// How far apart in time two segments are: captures that were merged may not be in order.
fn apart(one: &Sent, other: &Sent) -> Duration {
    let (Timestamp(one), Timestamp(other)) = (one.time, other.time);
    Duration::from_nanos(one.abs_diff(other))
}

/// The checksum of a segment that a card has still to compute: the sum of the pseudo-header alone
/// (RFC 9293 §3.1).
fn partial_sum(ip: &Ip<'_>, tcp: &Tcp<'_>) -> u16 {
    const TCP: u64 = 6;
    let words = |address: IpAddr| match address {
        IpAddr::V4(v4) => u64::from(v4.to_bits() >> 16) + u64::from(v4.to_bits() & 0xffff),
        IpAddr::V6(v6) => v6.segments().into_iter().map(u64::from).sum(),
    };
    let length = 20 + tcp.options.0.len() as u64 + u64::from(tcp.len);
    let mut sum = words(ip.src) + words(ip.dst) + TCP + (length >> 16) + (length & 0xffff);
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    u16::try_from(sum).unwrap_or(u16::MAX)
}
