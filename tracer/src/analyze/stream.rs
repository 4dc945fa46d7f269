//! The bytes of a control connection, in order.

use crate::Seq;

/// Bytes kept beyond a gap before the gap is given up.
const AHEAD_BYTES: usize = 64 * 1024;
/// Segments kept beyond a gap before the gap is given up.
const AHEAD_SEGMENTS: usize = 1024;
/// How far a position may jump on the word of one segment, which may be a stray: what is farther
/// and true is acknowledged, and believed then.
const REACH: i32 = 1 << 20;

/// Puts segments in order: hands out each byte once, in sequence.
///
/// Only control connections have one; what a data connection carries is counted, not kept.
#[derive(Debug, Default)]
pub(crate) struct Stream {
    next: Option<Seq>,
    ahead: Vec<(Seq, Box<[u8]>)>,
    ahead_bytes: usize,
    /// The receiver acknowledged up to here: a gap before it will not be filled by the sender.
    promised: Option<Seq>,
}

/// What a stream hands out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Piece<'a> {
    /// The next bytes.
    Bytes(&'a [u8]),
    /// Bytes are missing here, and will not come.
    Gap,
}

impl Stream {
    /// The bytes that it holds beside this value.
    pub(crate) fn held(&self) -> usize {
        self.ahead_bytes + self.ahead.capacity() * size_of::<(Seq, Box<[u8]>)>()
    }

    /// Drops what came too early and goes on behind it: whether that ended within a line, when
    /// there was any.
    pub(crate) fn shed(&mut self) -> Option<bool> {
        let ahead = std::mem::take(&mut self.ahead);
        self.ahead_bytes = 0;
        let next = self.next?;
        let end = |(seq, payload): &(Seq, Box<[u8]>)| {
            *seq + u32::try_from(payload.len()).unwrap_or(u32::MAX)
        };
        let last = ahead
            .iter()
            .filter(|kept| end(kept).distance(next) <= REACH)
            .max_by_key(|kept| end(kept).distance(next))?;
        self.next = Some(end(last));
        Some(last.1.last() != Some(&b'\n'))
    }

    /// Whether something came too early and waits.
    pub(crate) fn waits(&self) -> bool {
        !self.ahead.is_empty()
    }

    /// Says which sequence number the first byte has; only the first word counts.
    pub(crate) fn begin(&mut self, seq: Seq) {
        self.next.get_or_insert(seq);
    }

    /// The receiver has everything before `seq`. What the capture lacks of it is given up as
    /// soon as something behind it is there; until then it may still come late.
    pub(crate) fn promise(&mut self, seq: Seq, mut deliver: impl FnMut(Piece<'_>)) {
        if self.promised.is_none_or(|promised| seq.is_after(promised)) {
            self.promised = Some(seq);
        }
        self.drain(&mut deliver);
    }

    /// Takes a segment's payload and hands over what is now in order, piece by piece.
    pub(crate) fn push(&mut self, seq: Seq, payload: &[u8], mut deliver: impl FnMut(Piece<'_>)) {
        let next = *self.next.get_or_insert(seq);
        if seq.is_after(next) {
            self.keep(seq, payload);
        } else {
            self.take(seq, payload, &mut deliver);
        }
        self.drain(&mut deliver);
    }

    /// Hands over what was kept, as far as it is in order or its gap is given up.
    fn drain(&mut self, deliver: &mut impl FnMut(Piece<'_>)) {
        while let Some(next) = self.next {
            let first = (0..self.ahead.len()).min_by_key(|&at| self.ahead[at].0.distance(next));
            let Some(first) = first else { return };
            let seq = self.ahead[first].0;
            if seq.is_after(next) {
                let hopeless = self
                    .promised
                    .is_some_and(|promised| !seq.is_after(promised));
                let full = self.ahead_bytes > AHEAD_BYTES || self.ahead.len() > AHEAD_SEGMENTS;
                if !(hopeless || full) {
                    return;
                }
                self.next = Some(seq);
                deliver(Piece::Gap);
            }
            let (seq, payload) = self.ahead.swap_remove(first);
            self.ahead_bytes -= payload.len();
            self.take(seq, &payload, deliver);
        }
    }

    fn take(&mut self, seq: Seq, payload: &[u8], deliver: &mut impl FnMut(Piece<'_>)) {
        let Some(next) = self.next else { return };
        let known = usize::try_from(next.distance(seq)).unwrap_or(0);
        let fresh = payload.get(known..).filter(|fresh| !fresh.is_empty());
        if let Some(fresh) = fresh {
            self.next = Some(next + u32::try_from(fresh.len()).unwrap_or(u32::MAX));
            deliver(Piece::Bytes(fresh));
        }
    }

    fn keep(&mut self, seq: Seq, payload: &[u8]) {
        let known = self
            .ahead
            .iter()
            .any(|(from, kept)| *from == seq && kept.len() >= payload.len());
        if !known && !payload.is_empty() {
            self.ahead_bytes += payload.len();
            self.ahead.push((seq, payload.into()));
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Piece, Stream};
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
                stream.push(seq, &data[from..to], |piece| match piece {
                    Piece::Bytes(bytes) => out.extend_from_slice(bytes),
                    Piece::Gap => panic!("nothing is missing"),
                });
            }
            prop_assert_eq!(out, data);
        }
    }

    #[test]
    fn a_gap_is_given_up_when_the_receiver_has_what_the_capture_lacks() {
        let mut stream = Stream::default();
        let mut said = String::new();
        let mut hear = |piece: Piece<'_>| match piece {
            Piece::Bytes(bytes) => said.push_str(std::str::from_utf8(bytes).unwrap()),
            Piece::Gap => said.push('|'),
        };
        stream.begin(Seq(10));
        stream.push(Seq(15), b"late", &mut hear);
        stream.promise(Seq(15), &mut hear);
        stream.push(Seq(19), b"r ", &mut hear);
        // An acknowledgement that was captured before what it acknowledges gives nothing up.
        stream.promise(Seq(31), &mut hear);
        stream.push(Seq(21), b"still ", &mut hear);
        stream.push(Seq(27), b"here", &mut hear);
        assert_eq!(said, "|later still here");
    }
}
