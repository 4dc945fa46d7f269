//! The bytes of a control connection, in order.

use crate::Seq;

/// Bytes kept beyond a gap before the gap is given up.
const AHEAD_BYTES: usize = 64 * 1024;

/// Puts segments in order: hands out each byte once, in sequence.
///
/// Only control connections have one; what a data connection carries is counted, not kept.
#[derive(Debug, Default)]
pub(crate) struct Stream {
    next: Option<Seq>,
    ahead: Vec<(Seq, Box<[u8]>)>,
    ahead_bytes: usize,
}

impl Stream {
    /// Says which sequence number the first byte has; only the first word counts.
    pub(crate) fn begin(&mut self, seq: Seq) {
        self.next.get_or_insert(seq);
    }

    /// Takes a segment's payload and hands over what is now in order, piece by piece.
    pub(crate) fn push(&mut self, seq: Seq, payload: &[u8], mut deliver: impl FnMut(&[u8])) {
        let next = *self.next.get_or_insert(seq);
        if seq.is_after(next) {
            self.keep(seq, payload);
            return;
        }
        self.take(seq, payload, &mut deliver);
        while let Some(next) = self.next {
            let Some(index) = self.ahead.iter().position(|(seq, _)| !seq.is_after(next)) else {
                break;
            };
            let (seq, payload) = self.ahead.swap_remove(index);
            self.ahead_bytes -= payload.len();
            self.take(seq, &payload, &mut deliver);
        }
    }

    /// Gives up the bytes before `seq`: the capture does not have them.
    pub(crate) fn skip_to(&mut self, seq: Seq, deliver: impl FnMut(&[u8])) {
        if self.next.is_none_or(|next| seq.is_after(next)) {
            self.next = Some(seq);
            self.push(seq, &[], deliver);
        }
    }

    fn take(&mut self, seq: Seq, payload: &[u8], deliver: &mut impl FnMut(&[u8])) {
        let Some(next) = self.next else { return };
        let known = usize::try_from(next.distance(seq)).unwrap_or(0);
        let Some(fresh) = payload.get(known..).filter(|fresh| !fresh.is_empty()) else {
            return;
        };
        self.next = Some(next + u32::try_from(fresh.len()).unwrap_or(u32::MAX));
        deliver(fresh);
    }

    fn keep(&mut self, seq: Seq, payload: &[u8]) {
        let known = self
            .ahead
            .iter()
            .any(|(from, kept)| *from == seq && kept.len() >= payload.len());
        if !known && self.ahead_bytes + payload.len() <= AHEAD_BYTES && self.ahead.len() < 1024 {
            self.ahead_bytes += payload.len();
            self.ahead.push((seq, payload.into()));
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Stream;
    use crate::Seq;

    proptest! {
        /// Whatever the order, the cuts and the repetitions: the same bytes, each once.
        #[test]
        fn delivers_each_byte_once_in_order(
            start in any::<u32>(),
            data in prop::collection::vec(any::<u8>(), 1..400),
            cuts in prop::collection::vec((any::<prop::sample::Index>(), 1usize..60), 0..40),
            seed in any::<u64>(),
        ) {
            let len = data.len();
            let mut segments: Vec<(usize, usize)> = cuts
                .into_iter()
                .map(|(at, n)| { let at = at.index(len); (at, (at + n).min(len)) })
                .collect();
            // Cover everything at least once, in an order that depends on the seed.
            let step = usize::try_from(seed % 37 + 1).unwrap();
            let mut whole: Vec<_> = (0..len).step_by(step).map(|at| (at, (at + step).min(len))).collect();
            if seed & 1 == 1 { whole.reverse(); }
            segments.extend(whole);
            let mut stream = Stream::default();
            stream.begin(Seq(start));
            let mut out = Vec::new();
            for (from, to) in segments {
                let seq = Seq(start) + u32::try_from(from).unwrap();
                stream.push(seq, &data[from..to], |bytes| out.extend_from_slice(bytes));
            }
            prop_assert_eq!(out, data);
        }
    }
}
