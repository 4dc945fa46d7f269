//! Which segment an error message means, and of which one another is a copy. An error quotes IP's
//! identification and the sequence number, and a segment that is sent again has another
//! identification.

use std::net::{IpAddr, SocketAddr};

use crate::{Ip, Packet, Seq, Tcp, TcpFlags, Timestamp, Way};

/// Segments remembered, of all connections together. A power of two.
const LIMIT: usize = 2048;
/// An odd number without a pattern: what is multiplied by it has its bits all over the place.
const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;

/// The last segments of a capture, each in the place that its packet's number gives it.
#[derive(Debug)]
pub(crate) struct Segments {
    ring: Vec<Sent>,
}

/// What is remembered of a segment: what tells it from others, and where and when it was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(align(64))] // a line of the cache
pub(crate) struct Sent {
    /// What an error message quotes of it.
    mark: u64,
    pub(crate) packet: u64,
    pub(crate) time: Timestamp,
    /// A sum of its TCP options.
    pub(crate) options: u64,
    pub(crate) seq: Seq,
    pub(crate) ack: Seq,
    pub(crate) len: u32,
    /// The interface's number; 0 when it is not known.
    pub(crate) interface: u32,
    /// How many packets ago the same end sent the one before it.
    before: u32,
    pub(crate) flags: TcpFlags,
    pub(crate) window: u16,
    pub(crate) checksum: u16,
    /// 0 in IPv6, which has none.
    pub(crate) id: u16,
    pub(crate) ttl: u8,
    pub(crate) way: Option<Way>,
}

impl Sent {
    /// What there is to remember of a segment; `last` is the packet that the same end sent before.
    #[inline]
    pub(crate) fn new(
        packet: &Packet<'_>,
        (ip, tcp): (&Ip<'_>, &Tcp<'_>),
        (src, dst): (SocketAddr, SocketAddr),
        number: u64,
        last: u64,
    ) -> Self {
        let id = if ip.src.is_ipv4() { ip.id } else { 0 };
        // When that is long ago it is not remembered: any other number will do.
        let before = number.wrapping_sub(last);
        Self {
            mark: mark(src, dst, tcp.seq, id),
            packet: number,
            time: packet.time,
            options: sum(tcp.options.0),
            seq: tcp.seq,
            ack: tcp.ack,
            len: tcp.len,
            interface: packet.sighting.interface.unwrap_or(0),
            before: u32::try_from(before).unwrap_or(0),
            flags: tcp.flags,
            window: tcp.window,
            checksum: tcp.checksum,
            id: u16::try_from(id).unwrap_or(0),
            ttl: ip.ttl,
            way: packet.sighting.way,
        }
    }

    const NONE: Self = Self {
        mark: 0,
        packet: 0,
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
    };
}

impl Default for Segments {
    fn default() -> Self {
        Self {
            ring: vec![Sent::NONE; LIMIT],
        }
    }
}

impl Segments {
    /// Every segment comes here: this must cost next to nothing.
    #[inline]
    pub(crate) fn remember(&mut self, sent: Sent) {
        if let Some(place) = self.ring.get_mut(place(sent.packet)) {
            *place = sent;
        }
    }

    /// The newest segment with this mark, and whether it is the only one.
    pub(super) fn find(&self, mark: u64) -> Option<(u64, bool)> {
        let mut found = self
            .ring
            .iter()
            .filter(|sent| sent.mark == mark && sent.packet > 0);
        let first = found.next()?.packet;
        let newest = found.clone().map(|sent| sent.packet).fold(first, u64::max);
        Some((newest, found.next().is_none()))
    }

    /// A segment, and those that the same end sent before it, as far as they are remembered, the
    /// newest first.
    pub(crate) fn back_from(&self, packet: u64) -> impl Iterator<Item = &Sent> + Clone {
        std::iter::successors(self.at(packet), |sent| match sent.before {
            0 => None,
            before => self.at(sent.packet.checked_sub(before.into())?),
        })
    }

    /// The segment of a packet, as long as it is remembered.
    pub(crate) fn at(&self, packet: u64) -> Option<&Sent> {
        let sent = self.ring.get(place(packet))?;
        (sent.packet == packet && packet > 0).then_some(sent)
    }
}

/// Below `LIMIT`, and so always in the ring.
#[inline]
fn place(packet: u64) -> usize {
    #[allow(clippy::cast_possible_truncation)] // the low bits are all that is wanted
    let low = packet as usize;
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
    use super::{LIMIT, Segments, Sent, mark};
    use crate::Seq;

    fn sent(mark: u64, packet: u64, before: u32) -> Sent {
        Sent {
            mark,
            packet,
            before,
            ..Sent::NONE
        }
    }

    #[test]
    fn a_segment_is_told_from_its_repetition() {
        let (from, to) = (([10, 0, 0, 1], 4000).into(), ([10, 0, 0, 2], 21).into());
        let of = |seq: u32, id: u32| mark(from, to, Seq(seq), id);
        let mut segments = Segments::default();
        for (packet, id) in [(1, 7), (2, 8), (3, 0), (4, 0)] {
            segments.remember(sent(of(100, id), packet, 0));
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
        for packet in 1..10_000 {
            segments.remember(sent(packet, packet, 1));
        }
        assert_eq!(segments.ring.len(), LIMIT);
        assert_eq!(segments.find(9_999), Some((9_999, true)));
        assert_eq!(segments.find(0), None);
        assert_eq!(segments.back_from(9_999).count(), LIMIT);
        assert_eq!(segments.back_from(10_000).count(), 0);
        assert_eq!(segments.back_from(9_999 - LIMIT as u64).count(), 0);
    }
}
