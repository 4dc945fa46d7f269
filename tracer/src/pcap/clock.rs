//! Time stamps of pcapng: ticks whose length each interface chooses.

use crate::Timestamp;

/// What a time stamp of an interface means.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock {
    pub(super) resolution: Resolution,
    /// Seconds to add.
    pub(super) offset: i64,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Resolution {
    /// So many ticks a second.
    Decimal(u128),
    /// 2 to the power of this many ticks a second.
    Binary(u8),
}

impl Resolution {
    /// From the value of `if_tsresol`; `None` when a second has more ticks than 128 bits count.
    pub(super) fn of(exponent: u8) -> Option<Self> {
        if exponent & 0x80 != 0 {
            return Some(Self::Binary(exponent & 0x7f));
        }
        10_u128.checked_pow(exponent.into()).map(Self::Decimal)
    }
}

impl Clock {
    /// Nanoseconds since 1970. Out-of-range values saturate.
    pub(super) fn time(self, ticks: u64) -> Timestamp {
        // 64 and 30 bits.
        let scaled = u128::from(ticks) * 1_000_000_000;
        let nanos = match self.resolution {
            Resolution::Decimal(per_second) => scaled / per_second,
            Resolution::Binary(shift) => scaled >> shift,
        };
        let nanos = i64::try_from(nanos).unwrap_or(i64::MAX);
        Timestamp(nanos.saturating_add(self.offset.saturating_mul(1_000_000_000)))
    }
}
