//! Which segment an error message means, and of which one another is a copy. An error quotes IP's
//! identification and the sequence number, and a segment that is sent again has another
//! identification.

use std::net::{IpAddr, SocketAddr};

use crate::{Ip, Packet, Seq, Tcp, TcpFlags, Timestamp, Way};

/// Segments remembered, of all connections together: some hundred milliseconds of a fast network. A
/// power of two.
const LIMIT: usize = 8192;
/// Segments that are alike, of those that are looked at.
const STEPS: usize = 64;
/// An odd number without a pattern: what is multiplied by it has its bits all over the place.
const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;

/// The last segments of a capture.
#[derive(Debug, Default)]
pub(crate) struct Segments {
    /// Each in the place that its number gives it; no more than have come so far.
    ring: Vec<Sent>,
    /// How many have come: the first one has number 1.
    count: u64,
    /// By their keys: the number of the newest segment. As soon as there is one, as many as `LIMIT`.
    newest: Vec<u64>,
    /// By end and identification: who had it last.
    ids: Vec<u64>,
}

/// What is remembered of a segment: what tells it from others, and where and when it was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(align(64))] // a line of the cache
pub(crate) struct Sent {
    /// What an error message quotes of it.
    mark: u64,
    pub(crate) packet: u64,
    pub(crate) time: Timestamp,
    /// A sum of its TCP options and its urgent pointer.
    pub(crate) options: u64,
    pub(crate) seq: Seq,
    pub(crate) ack: Seq,
    pub(crate) len: u32,
    /// The interface's number; 0 when it is not known.
    pub(crate) interface: u32,
    /// How many segments ago the one before it came that may be alike; 0 when there is none.
    before: u32,
    pub(crate) flags: TcpFlags,
    pub(crate) window: u16,
    pub(crate) checksum: u16,
    /// 0 in IPv6, which has none.
    pub(crate) id: u16,
    pub(crate) ttl: u8,
    pub(crate) way: Option<Way>,
    /// It brought something new: none before it was alike.
    pub(crate) fresh: bool,
}

impl Sent {
    /// What there is to remember of a segment.
    #[inline]
    pub(crate) fn new(
        packet: &Packet<'_>,
        (ip, tcp): (&Ip<'_>, &Tcp<'_>),
        (src, dst): (SocketAddr, SocketAddr),
        number: u64,
        fresh: bool,
    ) -> Self {
        let id = if ip.src.is_ipv4() { ip.id } else { 0 };
        let urgent = u64::from(tcp.urgent).wrapping_mul(FACTOR);
        Self {
            mark: mark(src, dst, tcp.seq, id),
            packet: number,
            time: packet.time,
            options: sum(tcp.options.0) ^ urgent,
            seq: tcp.seq,
            ack: tcp.ack,
            len: tcp.len,
            interface: packet.sighting.interface.unwrap_or(0),
            before: 0,
            flags: tcp.flags,
            window: tcp.window,
            checksum: tcp.checksum,
            id: u16::try_from(id).unwrap_or(0),
            ttl: ip.ttl,
            way: packet.sighting.way,
            fresh,
        }
    }

    /// The same for all that are alike.
    #[inline]
    fn key(&self) -> u64 {
        let numbers = u64::from(self.ack.0) << 32 | u64::from(self.len);
        let key = (self.mark ^ numbers).wrapping_mul(FACTOR);
        key ^ key >> 29
    }
}

/// What was found of the segments that may be like one.
#[derive(Debug)]
pub(crate) struct Alike<'a> {
    /// The newest first.
    pub(crate) sent: Vec<&'a Sent>,
    /// There may be more.
    pub(crate) cut: bool,
}

impl Segments {
    /// Every segment comes here: this must cost next to nothing.
    #[inline]
    pub(crate) fn remember(&mut self, mut sent: Sent) {
        self.count += 1;
        if self.newest.is_empty() {
            self.newest = vec![0; LIMIT];
        }
        if let Some(newest) = self.newest.get_mut(place(sent.key())) {
            let before = std::mem::replace(newest, self.count);
            let back = self.count - before;
            sent.before = match before {
                0 => 0,
                // No longer remembered.
                _ => u32::try_from(back).unwrap_or(0),
            };
        }
        match self.ring.get_mut(place(self.count - 1)) {
            Some(place) => *place = sent,
            None => self.ring.push(sent),
        }
    }

    /// The number that the next segment will have.
    #[inline]
    pub(crate) fn next(&self) -> u64 {
        self.count + 1
    }

    /// Whether the segment of this number is still remembered, and all that came after it.
    pub(crate) fn reaches(&self, number: u64) -> bool {
        number > 0 && number <= self.count && self.count - number < LIMIT as u64
    }

    /// The segments of the same end that have the same numbers, the same length and the same
    /// identification as one that is not remembered yet, as far as they are.
    pub(crate) fn alike(&self, new: &Sent) -> Alike<'_> {
        let mut sent = Vec::new();
        let mut number = self.newest.get(place(new.key())).copied().unwrap_or(0);
        for _ in 0..STEPS {
            let Some(at) = self.at(number) else {
                return Alike { sent, cut: false };
            };
            if at.mark == new.mark && at.seq == new.seq && at.ack == new.ack && at.len == new.len {
                sent.push(at);
            }
            number = match at.before {
                0 => 0,
                before => number.saturating_sub(before.into()),
            };
        }
        Alike { sent, cut: true }
    }

    /// Takes note of a segment's identification. Whether its sender gave the same one lately to a
    /// segment that was another one, and not just cut or joined on its way.
    #[inline]
    pub(crate) fn repeats_id(&mut self, end: SocketAddr, new: &Sent) -> bool {
        if self.ids.is_empty() {
            self.ids = vec![0; LIMIT];
        }
        let address = match end.ip() {
            IpAddr::V4(v4) => u64::from(v4.to_bits()),
            IpAddr::V6(_) => 0,
        };
        let end = (address << 16 | u64::from(end.port())).wrapping_mul(FACTOR);
        let numbers = u64::from(new.seq.0) << 32 | u64::from(new.ack.0);
        let numbers = (numbers ^ u64::from(new.window)).wrapping_mul(FACTOR);
        // Numbers that count on have places side by side: who counts around meets none of them.
        let Some(last) = self
            .ids
            .get_mut(place((end >> 40).wrapping_add(new.id.into())))
        else {
            return false;
        };
        let who = (end ^ u64::from(new.id)) & 0xffff_ffff;
        let this = who << 32 | numbers >> 32;
        let last = std::mem::replace(last, this);
        last != this && last >> 32 == who
    }

    /// The newest segment with this mark, and whether it is the only one.
    pub(super) fn find(&self, mark: u64) -> Option<(u64, bool)> {
        let mut found = self.ring.iter().filter(|sent| sent.mark == mark);
        let first = found.next()?.packet;
        let newest = found.clone().map(|sent| sent.packet).fold(first, u64::max);
        Some((newest, found.next().is_none()))
    }

    /// The segment of this number, as long as it is remembered.
    fn at(&self, number: u64) -> Option<&Sent> {
        if self.reaches(number) {
            self.ring.get(place(number - 1))
        } else {
            None
        }
    }
}

/// Below `LIMIT`.
#[inline]
fn place(number: u64) -> usize {
    #[allow(clippy::cast_possible_truncation)] // the low bits are all that is wanted
    let low = number as usize;
    low % LIMIT
}

/// A number that is another one for other bytes, as good as always.
#[inline]
fn sum(bytes: &[u8]) -> u64 {
    let word = |at: usize| {
        let eight = bytes.get(at..).and_then(<[u8]>::first_chunk);
        eight.map_or(0, |eight| u64::from_le_bytes(*eight))
    };
    match bytes.len() {
        0 => 0,
        // Time stamps alone, as nearly all segments have them.
        12 => word(0).rotate_left(1) ^ word(4).wrapping_mul(FACTOR),
        _ => bytes.iter().fold(bytes.len() as u64, |sum, &byte| {
            (sum ^ u64::from(byte)).wrapping_mul(FACTOR).rotate_left(29)
        }),
    }
}

/// One number for all that tells a segment from others: its ends, its first sequence number and
/// IP's identification (0 in IPv6, which has none). Two segments with the same one are as good as
/// never met by chance.
pub(crate) fn mark(from: SocketAddr, to: SocketAddr, seq: Seq, id: u32) -> u64 {
    let address = |ip: IpAddr| match ip {
        IpAddr::V4(v4) => u64::from(v4.to_bits()),
        IpAddr::V6(v6) => {
            let [high, low] = [0, 8].map(|from| {
                let eight = v6
                    .octets()
                    .get(from..)
                    .and_then(|bytes| bytes.first_chunk().copied());
                eight.map_or(0, u64::from_be_bytes)
            });
            high ^ low
        }
    };
    let mut mark = 0_u64;
    let numbers = u64::from(seq.0) << 32 | u64::from(id);
    let ports = u64::from(from.port()) << 16 | u64::from(to.port());
    for word in [address(from.ip()), address(to.ip()), numbers, ports] {
        mark = (mark ^ word).wrapping_mul(FACTOR);
        mark ^= mark >> 29;
    }
    mark
}

#[cfg(test)]
mod tests {
    use super::{LIMIT, STEPS, Segments, Sent, mark};
    use crate::{Seq, TcpFlags, Timestamp};

    fn sent(mark: u64, packet: u64) -> Sent {
        Sent {
            mark,
            packet,
            time: Timestamp(0),
            options: 0,
            seq: Seq(0),
            ack: Seq(0),
            len: 0,
            interface: 0,
            before: 0,
            flags: TcpFlags(0),
            window: 0,
            checksum: 0,
            id: 0,
            ttl: 0,
            way: None,
            fresh: true,
        }
    }

    #[test]
    fn a_segment_is_told_from_its_repetition() {
        let (from, to) = (([10, 0, 0, 1], 4000).into(), ([10, 0, 0, 2], 21).into());
        let of = |seq: u32, id: u32| mark(from, to, Seq(seq), id);
        let mut segments = Segments::default();
        for (packet, id) in [(1, 7), (2, 8), (3, 0), (4, 0)] {
            segments.remember(sent(of(100, id), packet));
        }
        assert_eq!(segments.find(of(100, 7)), Some((1, true)));
        assert_eq!(segments.find(of(100, 8)), Some((2, true)));
        assert_eq!(segments.find(of(100, 0)), Some((4, false)));
        assert_eq!(segments.find(of(101, 7)), None);
        assert_ne!(mark(from, to, Seq(1), 1), mark(to, from, Seq(1), 1));
    }

    #[test]
    fn the_oldest_are_forgotten() {
        let mut segments = Segments::default();
        assert_eq!(segments.find(0), None);
        for packet in 1..20_000 {
            segments.remember(sent(packet, packet * 3));
        }
        assert_eq!(segments.ring.len(), LIMIT);
        assert_eq!(segments.find(19_999), Some((59_997, true)));
        assert_eq!(segments.find(0), None);
        let last = 20_000 - LIMIT as u64;
        assert!(segments.reaches(last) && !segments.reaches(last - 1));
        for mark in last..20_000 {
            let alike = segments.alike(&sent(mark, 0));
            assert_eq!((alike.sent.len(), alike.cut), (1, false), "{mark}");
            assert_eq!(alike.sent[0].packet, mark * 3);
        }
        assert!(segments.alike(&sent(last - 1, 0)).sent.is_empty());
    }

    #[test]
    fn no_more_than_some_are_looked_at() {
        let mut segments = Segments::default();
        for packet in 1..=STEPS as u64 {
            let alike = segments.alike(&sent(5, 0));
            assert_eq!((alike.sent.len() as u64, alike.cut), (packet - 1, false));
            segments.remember(sent(5, packet));
        }
        assert!(segments.alike(&sent(5, 0)).cut);
    }

    #[test]
    fn an_identification_is_used_once() {
        let end = ([10, 0, 0, 1], 4000).into();
        let of = |id: u16, seq: u32| Sent {
            id,
            seq: Seq(seq),
            ..sent(0, 1)
        };
        let mut segments = Segments::default();
        // Around, more than once.
        for seq in 0..200_000_u32 {
            let id = u16::try_from(seq % 65_536).unwrap();
            assert!(!segments.repeats_id(end, &of(id, seq)));
            assert!(!segments.repeats_id(end, &of(id, seq)));
        }
        assert!(!segments.repeats_id(([10, 0, 0, 2], 4000).into(), &of(5000, 1)));
        assert!(!segments.repeats_id(end, &of(5000, 1)));
        assert!(segments.repeats_id(end, &of(5000, 2)));
    }
}
