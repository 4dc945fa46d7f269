//! The same packet captured more than once: on several interfaces of a machine, on both sides of a
//! router, on a mirrored port, or in two captures that were merged.
//!
//! A copy has the same header but for the time to live. So has a segment that was sent again, for
//! the most part; what tells them apart is IP's identification, which is a new one then, or where
//! they were seen: on every interface as often, or too soon after one another. Only a segment that
//! brings nothing new comes here.

use std::net::SocketAddr;
use std::time::Duration;

use super::connection::{Connection, Phase, Side};
use super::datagrams::segments::{Segments, Sent};
use super::transmission::TIMEOUT;
use super::{Analyzer, Place};
use crate::note::{CopyNote, Note, Part, Text};
use crate::{Ip, Packet, Sighting, Tcp, TcpFlags, Timestamp, Way};

/// Segments of one end that are looked at.
const STEPS: usize = 48;
/// The longest way of a packet from one place of capture to another.
const WAY: Duration = Duration::from_secs(3);
/// Nothing is sent again so soon.
const SOON: Duration = Duration::from_millis(1);
/// Nor, for the most part, so soon.
const SOON_ENOUGH: Duration = Duration::from_millis(10);
/// Pieces that one segment is cut into.
const PIECES: u16 = 64;
/// The least that pieces have but for the last one, where segments may be as large as usual.
const PIECE: u32 = 1200;

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
        let segments = &mut self.datagrams.segments;
        let last = connection.halves[side].last_in;
        segments.remember(Sent::new(packet, (ip, tcp), ends, number, last));
        let copied = if may_be(connection, side, tcp) && packet.printed.is_none() {
            let before = self.summary.copies > 0;
            let sent = segments.at(number)?;
            copied(segments, connection, side, sent, before)
        } else {
            None
        };
        let half = &mut connection.halves[side];
        half.last_in = number;
        let Some(copied) = copied else {
            half.originals = half.originals.saturating_add(1);
            return None;
        };
        if copied.sure {
            half.copies = half.copies.saturating_add(u32::from(copied.here));
            self.summary.copies += 1;
        } else {
            half.again(tcp.seq, tcp.seq_end());
        }
        self.notes.push(Note::Copy(copied.note(packet, ip)));
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
    part: Part,
    /// Both were seen at the same place, as far as that is known.
    here: bool,
    /// Their identification proves it.
    by_id: bool,
    /// Otherwise nothing tells a copy from a segment that was sent again.
    sure: bool,
}

impl Copied {
    /// What there is to say about it.
    fn note(&self, packet: &Packet<'_>, ip: &Ip<'_>) -> CopyNote {
        if !self.sure {
            return CopyNote::PerhapsCopy { of: self.of };
        }
        let Sighting {
            interface,
            name,
            way,
        } = packet.sighting;
        CopyNote::Copy {
            of: self.of,
            part: self.part,
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
    if own.last_in == 0 {
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

/// What `new`, which brings nothing new, is a copy of, if it is one. `before` says whether the
/// capture has had copies.
fn copied(
    segments: &Segments,
    connection: &Connection,
    side: Side,
    new: &Sent,
    before: bool,
) -> Option<Copied> {
    let chain = || {
        let chain = segments.back_from(connection.halves[side].last_in);
        chain.take(STEPS).filter(|sent| apart(sent, new) < WAY)
    };
    let last = chain().next()?;
    if new.len == 0 && last.id != 0 && (1..1024).contains(&new.id.wrapping_sub(last.id)) {
        // Numbers that count on: it was sent after the last one.
        return None;
    }
    // Some stacks have one number for all, which tells nothing.
    let counts = new.id != 0 && !chain().any(|sent| sent.id == new.id && !akin(sent, new));
    if counts {
        return by_id(chain(), new);
    }
    if new.id != 0 {
        return by_place(chain(), new);
    }
    by_place(chain(), new).or_else(|| by_time(chain(), connection, side, new, before))
}

/// The same identification, or one that counts the pieces.
fn by_id<'a>(chain: impl Iterator<Item = &'a Sent>, new: &Sent) -> Option<Copied> {
    let mut found = None;
    for sent in chain {
        let Some(part) = part(sent, new) else {
            continue;
        };
        let count = new.id.wrapping_sub(sent.id);
        let offset = new.seq.distance(sent.seq).unsigned_abs();
        let whole = count == 0 && offset == 0;
        let size = offset.checked_div(count.into());
        let cut = sent.id != 0
            && part != Part::All
            && count < PIECES
            && size.is_some_and(|size| {
                offset == size * u32::from(count) && size >= new.len.min(PIECE)
            });
        let here = vantage(sent) == vantage(new);
        // Who sends again at once what a network delivered twice is not known either.
        if (whole || cut) && (!here || apart(sent, new) < TIMEOUT) {
            found = Some(Copied {
                of: sent.packet,
                ttl: sent.ttl,
                part,
                here,
                by_id: true,
                // Other bytes, or a checksum that one of two cards had still to compute.
                sure: !here || part != Part::All || sent.checksum == new.checksum,
            });
        }
    }
    found
}

/// Seen less often here than elsewhere: what is sent again comes to the same places again, to the
/// first of them first.
fn by_place<'a>(chain: impl Iterator<Item = &'a Sent> + Clone, new: &Sent) -> Option<Copied> {
    // The time to live changes with the way through a network, too, and then it was sent again.
    let elsewhere = |sent: &Sent| (sent.interface, sent.way) != (new.interface, new.way);
    let same = chain
        .filter(|sent| sent.id == new.id && (apart(sent, new) < TIMEOUT || elsewhere(sent)))
        .filter_map(|sent| Some((sent, part(sent, new)?)));
    let count = |place| {
        let there = same.clone().filter(|(sent, _)| vantage(sent) == place);
        there.count()
    };
    let here = count(vantage(new));
    // The place that saw most of them; the earliest of those.
    let mut most: Option<(&Sent, usize)> = None;
    for (sent, _) in same.clone() {
        let seen = count(vantage(sent));
        if most.is_none_or(|(_, most)| seen >= most) {
            most = Some((sent, seen));
        }
    }
    let (first, seen) = most?;
    if here >= seen {
        return None;
    }
    // Of those that were seen there, in their order, the one that was not seen here so far.
    let mut there = same.filter(|(sent, _)| vantage(sent) == vantage(first));
    let (sent, part) = there.nth(seen - here - 1)?;
    Some(Copied {
        of: sent.packet,
        ttl: sent.ttl,
        part,
        here: false,
        by_id: false,
        sure: true,
    })
}

/// Too soon to be sent again.
fn by_time<'a>(
    chain: impl Iterator<Item = &'a Sent> + Clone,
    connection: &Connection,
    side: Side,
    new: &Sent,
    before: bool,
) -> Option<Copied> {
    let half = &connection.halves[side];
    let same = chain
        .filter(|sent| sent.id == new.id && sent.checksum == new.checksum)
        .filter(|sent| part(sent, new) == Some(Part::All));
    let here = same.clone().filter(|sent| vantage(sent) == vantage(new));
    let sent = here.clone().next()?;
    let after = apart(sent, new);
    let copied = |sent: &Sent, sure| Copied {
        of: sent.packet,
        ttl: sent.ttl,
        part: Part::All,
        here: true,
        by_id: false,
        sure,
    };
    let numbered = new.len > 0 || new.flags.intersects(TcpFlags::SYN.union(TcpFlags::FIN));
    if numbered && !new.flags.contains(TcpFlags::RST) {
        // What acknowledgements ask for is sent as soon as they come, and each SYN is answered.
        let syn = new.flags.contains(TcpFlags::SYN);
        let asked = half.duplicate_acks > 0 || syn && connection.syns > 1;
        return if after < SOON && !asked {
            Some(copied(sent, true))
        } else {
            (before && after < SOON_ENOUGH).then(|| copied(sent, false))
        };
    }
    // An acknowledgement may come again at once. Where all packets come so many times, of that end
    // or of both, it comes as often.
    let [one, other] = &connection.halves;
    let both = (
        one.originals.saturating_add(other.originals),
        one.copies.saturating_add(other.copies),
    );
    let seen = u32::try_from(here.count()).unwrap_or(u32::MAX);
    let usual = [(half.originals, half.copies), both]
        .into_iter()
        .find_map(|(originals, copies)| times(originals, copies));
    match usual {
        Some(times) if seen.is_multiple_of(times) => None,
        Some(_) if after < SOON => Some(copied(sent, true)),
        _ => (both.1 > 0 && after < SOON_ENOUGH).then(|| copied(sent, false)),
    }
}

/// How many times each packet comes, when nearly all come more than once.
fn times(originals: u32, copies: u32) -> Option<u32> {
    let (all, again) = (u64::from(originals), u64::from(copies));
    let regular = copies > 0 && (again + 2) * 8 >= all * 7;
    regular.then(|| 1 + copies.saturating_add(originals / 2) / originals.max(1))
}

/// How a segment lies to one that was captured before, when all else in the header is the same.
fn part(sent: &Sent, new: &Sent) -> Option<Part> {
    if sent.ack != new.ack || sent.window != new.window {
        return None;
    }
    let options = sent.options == new.options;
    if (sent.seq, sent.len, sent.flags) == (new.seq, new.len, new.flags) {
        // A router may bring down what a SYN says of the largest segment.
        let clamped = new.flags.contains(TcpFlags::SYN) && new.id != 0 && sent.id == new.id;
        return (options || clamped).then_some(Part::All);
    }
    // The last piece alone has these.
    let others = |flags: TcpFlags| flags.0 & !(TcpFlags::PSH.0 | TcpFlags::FIN.0);
    let data = sent.len > 0 && new.len > 0 && options;
    if !data || others(sent.flags) != others(new.flags) {
        return None;
    }
    let starts = new.seq.distance(sent.seq);
    let ends = (new.seq + new.len).distance(sent.seq + sent.len);
    if starts >= 0 && ends <= 0 {
        Some(Part::Piece)
    } else if starts <= 0 && ends >= 0 || starts > 0 && new.seq.is_before(sent.seq + sent.len) {
        Some(Part::Joined)
    } else {
        None
    }
}

/// Whether two segments of one end are the same, or pieces of the same one.
fn akin(sent: &Sent, new: &Sent) -> bool {
    part(sent, new).is_some()
}

/// Where a segment was seen: the place, and how far from its sender.
fn vantage(sent: &Sent) -> (u32, Option<Way>, u8) {
    (sent.interface, sent.way, sent.ttl)
}

/// How far apart in time two segments are: captures that were merged may not be in order.
fn apart(one: &Sent, other: &Sent) -> Duration {
    let (Timestamp(one), Timestamp(other)) = (one.time, other.time);
    Duration::from_nanos(one.abs_diff(other))
}
