//! Sequence numbers as tcpdump prints them, and as reports show them.

use std::collections::HashMap;
use std::net::SocketAddr;

use tracer::TcpFlags;

use super::recorder::Segment;

/// The initial numbers of the conversations so far, of both ends in the order of their addresses.
#[derive(Debug, Default)]
pub(super) struct Numbers {
    initial: HashMap<[SocketAddr; 2], [u32; 2]>,
}

impl Numbers {
    /// The sequence and the acknowledgement number of the next packet. Without ACK, and in the
    /// first packet that has it, they are the header's own; from then on they count from there.
    pub(super) fn of(&mut self, segment: &Segment) -> (u32, u32) {
        let Segment { seq, ack, .. } = *segment;
        if !segment.flags.contains(TcpFlags::ACK) {
            return (seq, ack);
        }
        let reverse = segment.from > segment.to;
        let key = if reverse {
            [segment.to, segment.from]
        } else {
            [segment.from, segment.to]
        };
        let known = self.initial.get(&key).copied();
        let Some([one, other]) = known.filter(|_| !segment.flags.contains(TcpFlags::SYN)) else {
            let (own, peer) = (seq, ack.wrapping_sub(1));
            let initial = if reverse { [peer, own] } else { [own, peer] };
            self.initial.insert(key, initial);
            return (seq, ack);
        };
        let (own, peer) = if reverse { (other, one) } else { (one, other) };
        (seq.wrapping_sub(own), ack.wrapping_sub(peer))
    }
}
