//! From the numbers of a line to those of the packet: tcpdump prints them relative to a
//! connection's first ones unless it is asked not to, and does not say which it does.

use std::net::SocketAddr;

use foldhash::fast::RandomState;
use hashbrown::HashMap;

use super::segment::Segment;
use crate::{Seq, TcpFlags};

/// Connections remembered in each of two generations.
const GENERATION: usize = 32 * 1024;

/// What a trace's numbers are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Numbers {
    /// Nothing has shown it yet.
    #[default]
    Unknown,
    /// As in the packet (`-S`).
    Absolute,
    /// Relative to the connection's first ones.
    Relative,
}

type Key = (SocketAddr, SocketAddr);

/// The connections of a trace, as far as their numbers go.
#[derive(Debug, Default)]
pub(super) struct Flows {
    numbers: Numbers,
    young: HashMap<Key, Flow, RandomState>,
    old: HashMap<Key, Flow, RandomState>,
}

/// Both directions, and whether a segment with an ACK was there: it is the first that counts.
#[derive(Clone, Copy, Debug, Default)]
struct Flow {
    ways: [Way; 2],
    begun: bool,
}

/// One direction.
#[derive(Clone, Copy, Debug, Default)]
struct Way {
    /// The first number.
    base: Option<u32>,
    /// The number behind the last byte that was seen, or acknowledged.
    next: Option<u32>,
}

impl Flows {
    /// Gives a segment its absolute numbers.
    pub(super) fn place(&mut self, src: SocketAddr, dst: SocketAddr, segment: &mut Segment) {
        let reverse = src > dst;
        let key = if reverse { (dst, src) } else { (src, dst) };
        let Flow { mut ways, begun } = self.take(&key);
        let (own, peer) = if reverse { (1, 0) } else { (0, 1) };
        let syn = segment.flags.contains(TcpFlags::SYN);
        let ack = segment.flags.contains(TcpFlags::ACK);
        if syn && !ack {
            // Bare, it is absolute in every tcpdump, and may begin the connection anew.
            if ways[own].base != segment.seq {
                ways = <[Way; 2]>::default();
            }
            ways[own].base = segment.seq;
        }
        let relative = ack && !syn && begun && self.is_relative(segment, ways[own], ways[peer]);
        segment.relative = self.numbers == Numbers::Relative;
        let base = |way: Way| if relative { way.base.unwrap_or(0) } else { 0 };
        if let Some(seq) = segment.seq {
            segment.absolute_seq = seq.wrapping_add(base(ways[own]));
            segment.knows_seq = true;
        } else if let Some(next) = ways[own].next {
            // A bare acknowledgement has the number of the byte that is next.
            segment.absolute_seq = next;
            segment.knows_seq = true;
        }
        if let Some(number) = segment.ack {
            let own_first = ways[peer]
                .base
                .filter(|base| syn && number == 1 && *base != 0);
            segment.absolute_ack = own_first
                .map_or(number.wrapping_add(base(ways[peer])), |base| {
                    base.wrapping_add(1)
                });
        }
        if syn && ack {
            ways[own].base = segment.seq;
        }
        Self::learn(&mut ways, own, peer, segment);
        if self.young.len() >= GENERATION {
            self.old = std::mem::take(&mut self.young);
        }
        let begun = begun || ack;
        self.young.insert(key, Flow { ways, begun });
    }

    fn learn(ways: &mut [Way; 2], own: usize, peer: usize, segment: &Segment) {
        let later = |known: Option<u32>, number: u32| match known {
            Some(known) if !Seq(number).is_after(Seq(known)) => Some(known),
            _ => Some(number),
        };
        if segment.knows_seq && segment.seq.is_some() {
            let flags = segment.flags;
            let end = segment
                .absolute_seq
                .wrapping_add(segment.len)
                .wrapping_add(u32::from(flags.contains(TcpFlags::SYN)))
                .wrapping_add(u32::from(flags.contains(TcpFlags::FIN)));
            ways[own].base = ways[own].base.or(Some(segment.absolute_seq));
            ways[own].next = later(ways[own].next, end);
        }
        if segment.ack.is_some() {
            let ack = segment.absolute_ack;
            ways[peer].base = ways[peer].base.or(Some(ack.wrapping_sub(1)));
            ways[peer].next = later(ways[peer].next, ack);
        }
    }

    /// Whether the numbers of a segment are relative; the first that can tell decides for all.
    fn is_relative(&mut self, segment: &Segment, own: Way, peer: Way) -> bool {
        if self.numbers == Numbers::Unknown {
            let numbers = [(segment.ack, peer), (segment.seq, own)];
            let told = numbers.into_iter().find_map(|(number, way)| {
                let (number, base) = (number?, way.base?);
                let from_base = number.wrapping_sub(base).cast_signed().unsigned_abs();
                let from_zero = number.cast_signed().unsigned_abs();
                (from_base != from_zero).then_some(from_zero < from_base)
            });
            self.numbers = match told {
                Some(true) => Numbers::Relative,
                Some(false) => Numbers::Absolute,
                None => Numbers::Unknown,
            };
        }
        self.numbers == Numbers::Relative
    }

    fn take(&mut self, key: &Key) -> Flow {
        let known = self.young.get(key).copied();
        known.or_else(|| self.old.remove(key)).unwrap_or_default()
    }
}
