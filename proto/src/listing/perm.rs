//! The `perm` fact of `MLSx`.

/// What a client may do with an entry, as far as can be told beforehand: letters of RFC 3659
/// §7.5.5.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Perm(u16);

/// In the order in which they are written; each has the bit of its place.
const LETTERS: &[u8; 10] = b"acdeflmprw";

impl Perm {
    /// Nothing.
    pub const NONE: Self = Self(0);

    /// These letters; others mean nothing.
    #[must_use]
    pub fn of(letters: &str) -> Self {
        let bits = LETTERS.iter().enumerate();
        Self(
            bits.filter(|(_, letter)| letters.as_bytes().contains(letter))
                .fold(0, |all, (bit, _)| all | 1 << bit),
        )
    }

    /// These letters as well, if `also`.
    #[must_use]
    pub fn and(self, letters: &str, also: bool) -> Self {
        if also {
            Self(self.0 | Self::of(letters).0)
        } else {
            self
        }
    }

    pub(super) fn write(self, out: &mut Vec<u8>) {
        let bits = LETTERS.iter().enumerate();
        out.extend(
            bits.filter(|(bit, _)| self.0 >> bit & 1 == 1)
                .map(|(_, letter)| letter),
        );
    }
}
