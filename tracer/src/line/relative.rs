//! The initial sequence numbers that tcpdump remembers, to print relative ones.

use std::hash::Hash;

use foldhash::fast::RandomState;
use hashbrown::HashMap;

use super::ip::Addresses;

/// Conversations remembered in each of two generations. tcpdump never forgets one; we forget
/// those not seen among so many others, and their next packet counts from itself.
const GENERATION: usize = 32 * 1024;

/// What turns a segment's numbers into relative ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Base {
    /// Subtracted from the sequence number: 0 in a conversation's first segment.
    pub(super) seq: u32,
    /// Subtracted from the acknowledgement number.
    pub(super) ack: u32,
    /// Subtracted from the edges of SACK blocks, also in the first segment.
    pub(super) sack: u32,
}

impl Base {
    /// Numbers stay as they are.
    pub(super) const ABSOLUTE: Self = Self {
        seq: 0,
        ack: 0,
        sack: 0,
    };
}

/// Both directions share an entry: addresses in the collating order that tcpdump chose, and
/// ports in the same order. Addresses are numbers, which hash faster than bytes.
type Key<A> = (A, A, u16, u16);

#[derive(Debug, Default)]
pub(super) struct Conversations {
    v4: Table<Key<u32>>,
    v6: Table<Key<u128>>,
}

impl Conversations {
    /// The base for a segment that carries an ACK; without one tcpdump prints absolute numbers
    /// and remembers nothing.
    pub(super) fn base(
        &mut self,
        addresses: &Addresses,
        ports: (u16, u16),
        numbers: (u32, u32),
        syn: bool,
    ) -> Base {
        match *addresses {
            Addresses::V4 { src, dst, .. } => {
                let (src, dst) = (u32::from_be_bytes(src), u32::from_be_bytes(dst));
                base(&mut self.v4, src, dst, ports, numbers, syn)
            }
            Addresses::V6 { src, dst, .. } => {
                let (src, dst) = (u128::from_be_bytes(src), u128::from_be_bytes(dst));
                base(&mut self.v6, src, dst, ports, numbers, syn)
            }
        }
    }
}

fn base<A: Ord + Hash + Copy>(
    table: &mut Table<Key<A>>,
    src: A,
    dst: A,
    (sport, dport): (u16, u16),
    (seq, ack): (u32, u32),
    syn: bool,
) -> Base {
    let reverse = sport > dport || (sport == dport && src > dst);
    let key = if reverse {
        (dst, src, dport, sport)
    } else {
        (src, dst, sport, dport)
    };
    let known = if syn { None } else { table.find(&key) };
    // (of the key's first address, of its second)
    let initial = known.unwrap_or_else(|| {
        let before_ack = ack.wrapping_sub(1);
        let initial = if reverse {
            (before_ack, seq)
        } else {
            (seq, before_ack)
        };
        table.insert(key, initial);
        initial
    });
    let (own, peer) = if reverse {
        (initial.1, initial.0)
    } else {
        initial
    };
    let first = known.is_none();
    Base {
        seq: if first { 0 } else { own },
        ack: if first { 0 } else { peer },
        sack: peer,
    }
}

/// A map that forgets what has not been used for long: when the young generation is full it
/// becomes the old one, and what is found there moves to the new young one.
#[derive(Debug)]
struct Table<K> {
    young: HashMap<K, (u32, u32), RandomState>,
    old: HashMap<K, (u32, u32), RandomState>,
}

impl<K> Default for Table<K> {
    fn default() -> Self {
        Self {
            young: HashMap::default(),
            old: HashMap::default(),
        }
    }
}

impl<K: Eq + Hash> Table<K> {
    fn find(&mut self, key: &K) -> Option<(u32, u32)> {
        if let Some(&found) = self.young.get(key) {
            return Some(found);
        }
        let (key, found) = self.old.remove_entry(key)?;
        self.insert(key, found);
        Some(found)
    }

    fn insert(&mut self, key: K, value: (u32, u32)) {
        if self.young.len() >= GENERATION {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key, value);
    }
}

#[cfg(test)]
mod tests {
    use super::{Base, Conversations, GENERATION};
    use crate::line::ip::Addresses;

    fn v4(src: u8, dst: u8) -> Addresses {
        Addresses::V4 {
            src: [10, 0, 0, src],
            dst: [10, 0, 0, dst],
            protocol: 6,
        }
    }

    #[test]
    fn the_first_segment_counts_absolutely_and_the_next_from_it() {
        let mut table = Conversations::default();
        let (client, server) = ((3171, 21), (21, 3171));
        let syn_ack = table.base(&v4(2, 1), server, (500, 101), true);
        assert_eq!((syn_ack.seq, syn_ack.ack), (0, 0));
        let ack = table.base(&v4(1, 2), client, (101, 501), false);
        assert_eq!((ack.seq, ack.ack, ack.sack), (100, 500, 500));
        let reply = table.base(&v4(2, 1), server, (501, 101), false);
        assert_eq!((reply.seq, reply.ack), (500, 100));
        // A new connection on the same ports starts again.
        let again = table.base(&v4(2, 1), server, (9000, 7001), true);
        assert_eq!((again.seq, again.ack), (0, 0));
        let ack = table.base(&v4(1, 2), client, (7001, 9001), false);
        assert_eq!((ack.seq, ack.ack), (7000, 9000));
    }

    #[test]
    fn equal_ports_are_told_apart_by_address() {
        let mut table = Conversations::default();
        table.base(&v4(2, 1), (21, 21), (500, 101), false);
        let other = table.base(&v4(1, 2), (21, 21), (101, 501), false);
        assert_eq!((other.seq, other.ack), (100, 500));
    }

    #[test]
    fn the_table_is_bounded_and_keeps_what_is_in_use() {
        let mut table = Conversations::default();
        let used = v4(1, 2);
        table.base(&used, (21, 30000), (7, 8), false);
        for i in 0..GENERATION * 3 {
            let [.., b, c, d] = u32::try_from(i).unwrap().to_be_bytes();
            let other = Addresses::V4 {
                src: [11, b, c, d],
                dst: [10, 0, 0, 1],
                protocol: 6,
            };
            table.base(&other, (1, 2), (3, 4), false);
            if i % 1000 == 0 {
                let base = table.base(&used, (21, 30000), (9, 9), false);
                assert_ne!(base, Base::ABSOLUTE, "forgotten after {i} others");
            }
        }
        assert!(table.v4.young.len() <= GENERATION && table.v4.old.len() <= GENERATION);
    }
}
