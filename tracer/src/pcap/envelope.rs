//! What every block of pcapng has: a kind and a length, which must fit each other.

use super::PcapError;
use super::block::{ENHANCED_PACKET, INTERFACE_DESCRIPTION, PACKET, SECTION_HEADER, SIMPLE_PACKET};

/// The longest block that is read, in bytes: a frame of the greatest length and as many options
/// as anybody writes. libpcap has the same bound. Blocks that are passed over may be longer.
const MAX_BLOCK_LEN: u32 = 16 << 20;
/// Type, length, and the length again.
const MIN_BLOCK_LEN: u32 = 12;

/// One block that was taken whole.
pub(super) struct Block {
    pub(super) offset: u64,
    pub(super) kind: u32,
    pub(super) len: u32,
}

impl Block {
    pub(super) fn is_of_use(&self) -> bool {
        matches!(
            self.kind,
            SECTION_HEADER | INTERFACE_DESCRIPTION | PACKET | SIMPLE_PACKET | ENHANCED_PACKET
        )
    }

    pub(super) const fn name(&self) -> &'static str {
        match self.kind {
            SECTION_HEADER => "section header block",
            INTERFACE_DESCRIPTION => "interface description block",
            PACKET => "packet block",
            SIMPLE_PACKET => "simple packet block",
            ENHANCED_PACKET => "enhanced packet block",
            _ => "block",
        }
    }

    /// The least that a block of this kind takes.
    const fn least(&self) -> u32 {
        let fields = match self.kind {
            SECTION_HEADER => 16,
            INTERFACE_DESCRIPTION => 8,
            PACKET | ENHANCED_PACKET => 20,
            SIMPLE_PACKET => 4,
            _ => 0,
        };
        MIN_BLOCK_LEN + fields
    }

    /// Whether its length can be; `taken` bytes of it were read.
    pub(super) fn check(&self, taken: usize) -> Result<(), PcapError> {
        let (len, least) = (self.len, self.least());
        if len < least || (len as usize) < taken + 4 || !len.is_multiple_of(4) {
            return Err(self.damaged(format!(
                "expected a length of at least {least} bytes, a multiple of 4, found {len}"
            )));
        }
        if self.is_of_use() && len > MAX_BLOCK_LEN {
            return Err(self.damaged(format!(
                "expected a length of at most {MAX_BLOCK_LEN} bytes, found {len}"
            )));
        }
        Ok(())
    }

    pub(super) fn damaged(&self, problem: String) -> PcapError {
        PcapError::Damaged {
            offset: self.offset,
            what: self.name(),
            problem,
        }
    }
}
