//! Which segment an error message means: it quotes IP's identification and the sequence number, and
//! a segment that is sent again has another identification.

use std::net::{IpAddr, SocketAddr};

use crate::Seq;

/// Segments remembered, of all connections together. A power of two.
const LIMIT: usize = 2048;

/// The last segments of a capture, by what a quotation has of them.
#[derive(Debug)]
pub(crate) struct Segments {
    ring: Vec<Sent>,
    /// Where the next one goes.
    at: usize,
}

#[derive(Clone, Copy, Debug)]
struct Sent {
    mark: u64,
    packet: u64,
}

impl Default for Segments {
    fn default() -> Self {
        Self {
            ring: vec![Sent { mark: 0, packet: 0 }; LIMIT],
            at: 0,
        }
    }
}

impl Segments {
    /// Every segment comes here: this must cost next to nothing.
    pub(crate) fn remember(&mut self, mark: u64, packet: u64) {
        if let Some(place) = self.ring.get_mut(self.at) {
            *place = Sent { mark, packet };
        }
        self.at = (self.at + 1) % LIMIT;
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
        mark = (mark ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        mark ^= mark >> 29;
    }
    mark
}

#[cfg(test)]
mod tests {
    use super::{LIMIT, Segments, mark};
    use crate::Seq;

    #[test]
    fn a_segment_is_told_from_its_repetition() {
        let (from, to) = (([10, 0, 0, 1], 4000).into(), ([10, 0, 0, 2], 21).into());
        let of = |seq: u32, id: u32| mark(from, to, Seq(seq), id);
        let mut segments = Segments::default();
        for (packet, id) in [(1, 7), (2, 8), (3, 0), (4, 0)] {
            segments.remember(of(100, id), packet);
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
        for packet in 0..10_000 {
            segments.remember(packet, packet);
        }
        assert_eq!(segments.ring.len(), LIMIT);
        assert_eq!(segments.find(9_999), Some((9_999, true)));
        assert_eq!(segments.find(0), None);
    }
}
