//! TCP sequence numbers (RFC 9293 §3.4): 32 bits that wrap.

use std::fmt;
use std::ops::{Add, Sub};

/// A sequence or acknowledgement number.
///
/// It has no `Ord`: on a circle "less" means nothing. Ask for the signed [`Seq::distance`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Seq(pub u32);

impl Seq {
    /// How far `self` is ahead of `other`: negative when it is behind. Never panics.
    pub const fn distance(self, other: Self) -> i32 {
        self.0.wrapping_sub(other.0).cast_signed()
    }

    /// Whether `self` is ahead of `other`.
    pub const fn is_after(self, other: Self) -> bool {
        self.distance(other) > 0
    }

    /// Whether `self` is behind `other`.
    pub const fn is_before(self, other: Self) -> bool {
        self.distance(other) < 0
    }

    /// The number relative to the initial sequence number `isn`, as Wireshark and tcpdump
    /// print it: the SYN is 0, the first byte of data is 1.
    pub const fn relative_to(self, isn: Self) -> u32 {
        self.0.wrapping_sub(isn.0)
    }
}

impl Add<u32> for Seq {
    type Output = Self;
    fn add(self, bytes: u32) -> Self {
        Self(self.0.wrapping_add(bytes))
    }
}

impl Sub<u32> for Seq {
    type Output = Self;
    fn sub(self, bytes: u32) -> Self {
        Self(self.0.wrapping_sub(bytes))
    }
}

impl fmt::Display for Seq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::Seq;

    #[test]
    fn distance_survives_the_wrap() {
        assert_eq!(Seq(2).distance(Seq(u32::MAX)), 3);
        assert_eq!(Seq(u32::MAX).distance(Seq(2)), -3);
        assert_eq!(Seq(0x8000_0000).distance(Seq(0)), i32::MIN);
        assert!((Seq(u32::MAX) + 5).is_after(Seq(u32::MAX)));
    }
}
