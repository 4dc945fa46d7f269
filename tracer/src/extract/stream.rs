//! The hash of a file, made from its bytes as they come: what comes before its turn waits.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

/// A hash under way.
#[derive(Debug, Default)]
pub(super) struct Stream {
    hasher: Sha256,
    /// Bytes that the hash has, all of those before this place.
    hashed: u64,
    /// What came too early, by its place.
    early: BTreeMap<u64, Vec<u8>>,
    /// Bytes of it.
    waiting: usize,
}

impl Stream {
    /// How many bytes wait.
    pub(super) fn waiting(&self) -> usize {
        self.waiting
    }

    /// Takes bytes of a place. What was there before stays as it was. `false` when they are too
    /// early, and more than there is `room` for.
    pub(super) fn bytes(&mut self, position: u64, bytes: &[u8], room: usize) -> bool {
        if position > self.hashed {
            let known = self.early.get(&position).map_or(0, Vec::len);
            if bytes.len() > known {
                if bytes.len() - known > room {
                    return false;
                }
                self.waiting += bytes.len() - known;
                self.early.insert(position, bytes.to_vec());
            }
            return true;
        }
        self.append(position, bytes);
        while let Some(first) = self.early.first_entry()
            && *first.key() <= self.hashed
        {
            let (position, bytes) = first.remove_entry();
            self.waiting -= bytes.len();
            self.append(position, &bytes);
        }
        true
    }

    fn append(&mut self, position: u64, bytes: &[u8]) {
        let known = usize::try_from(self.hashed - position).unwrap_or(usize::MAX);
        if let Some(new) = bytes.get(known..) {
            self.hasher.update(new);
            self.hashed += new.len() as u64;
        }
    }

    /// The hash of a file of so many bytes; `None` when not all were there.
    pub(super) fn digest(self, len: u64) -> Option<[u8; 32]> {
        (self.hashed == len).then(|| self.hasher.finalize().into())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use sha2::{Digest, Sha256};

    use super::Stream;

    proptest! {
        /// In any order, with parts sent twice and cut elsewhere.
        #[test]
        fn the_order_does_not_matter(
            file in prop::collection::vec(any::<u8>(), 1..400),
            pieces in prop::collection::vec((any::<prop::sample::Index>(), 1..80_usize), 0..60),
        ) {
            let mut stream = Stream::default();
            let mut give = |at: usize, len: usize| {
                let end = (at + len).min(file.len());
                prop_assert!(stream.bytes(at as u64, &file[at..end], 100_000));
                Ok(())
            };
            for (at, len) in &pieces {
                give(at.index(file.len()), *len)?;
            }
            for at in (0..file.len()).step_by(7).rev() {
                give(at, 7)?;
            }
            prop_assert_eq!(stream.waiting(), 0);
            let expected: [u8; 32] = Sha256::digest(&file).into();
            prop_assert_eq!(stream.digest(file.len() as u64), Some(expected));
        }
    }

    #[test]
    fn what_waits_is_bounded_and_holes_are_seen() {
        let mut stream = Stream::default();
        assert!(stream.bytes(10, b"0123456789", 10));
        assert!(!stream.bytes(30, b"x", 0));
        // The same again takes no room.
        assert!(stream.bytes(10, b"0123456789", 0));
        assert_eq!(stream.waiting(), 10);
        assert_eq!(stream.digest(20), None);
    }
}
