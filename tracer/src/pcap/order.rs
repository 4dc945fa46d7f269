//! Integers in the byte order of who wrote the file.

/// The byte order of a capture file, or of one section of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    Little,
    Big,
}

impl Order {
    /// The number at `at`; 0 when the bytes end before it does.
    pub(super) fn u16(self, bytes: &[u8], at: usize) -> u16 {
        match (bytes.get(at..).and_then(<[u8]>::first_chunk), self) {
            (Some(b), Self::Little) => u16::from_le_bytes(*b),
            (Some(b), Self::Big) => u16::from_be_bytes(*b),
            (None, _) => 0,
        }
    }

    /// The number at `at`; 0 when the bytes end before it does.
    pub(super) fn u32(self, bytes: &[u8], at: usize) -> u32 {
        match (bytes.get(at..).and_then(<[u8]>::first_chunk), self) {
            (Some(b), Self::Little) => u32::from_le_bytes(*b),
            (Some(b), Self::Big) => u32::from_be_bytes(*b),
            (None, _) => 0,
        }
    }

    /// The number at `at`; 0 when the bytes end before it does.
    pub(super) fn u64(self, bytes: &[u8], at: usize) -> u64 {
        match (bytes.get(at..).and_then(<[u8]>::first_chunk), self) {
            (Some(b), Self::Little) => u64::from_le_bytes(*b),
            (Some(b), Self::Big) => u64::from_be_bytes(*b),
            (None, _) => 0,
        }
    }
}
