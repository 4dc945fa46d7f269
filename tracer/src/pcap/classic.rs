//! The classic format: a 24-byte file header, then records of a header and bytes.

use std::io::Read;

use super::window::Window;
use super::{MAX_RECORD_LEN, PcapError};
use crate::{Frame, LinkType, Timestamp};

/// Seconds and microseconds.
pub(super) const MAGIC_MICROS: u32 = 0xa1b2_c3d4;
/// Seconds and nanoseconds.
pub(super) const MAGIC_NANOS: u32 = 0xa1b2_3c4d;
/// Microseconds, and eight bytes more in every record header, which some Linux distributions'
/// libpcap wrote around the year 2000 (interface index, protocol, packet type).
const MAGIC_MODIFIED: u32 = 0xa1b2_cd34;
/// The first block of a pcapng file; the same in both byte orders.
const MAGIC_PCAPNG: u32 = 0x0a0d_0d0a;

pub(super) const VERSION: (u16, u16) = (2, 4);
pub(super) const FILE_HEADER_LEN: usize = 24;
pub(super) const RECORD_HEADER_LEN: usize = 16;
/// The bits of the link field that name the link type; the others tell about a frame check
/// sequence.
const LINK_MASK: u32 = 0x03ff_ffff;

/// What the file header says.
#[derive(Debug)]
pub(super) struct Classic {
    pub(super) link: LinkType,
    pub(super) snaplen: u32,
    swap: Swap,
    nanos_per_tick: i64,
    record_header_len: usize,
}

/// How to read the file's integers.
#[derive(Clone, Copy, Debug)]
enum Swap {
    LittleEndian,
    BigEndian,
}

impl Swap {
    fn u32(self, bytes: &[u8], at: usize) -> u32 {
        let field = bytes.get(at..).and_then(<[u8]>::first_chunk);
        match (field, self) {
            (Some(b), Self::LittleEndian) => u32::from_le_bytes(*b),
            (Some(b), Self::BigEndian) => u32::from_be_bytes(*b),
            (None, _) => 0,
        }
    }

    fn u16(self, bytes: &[u8], at: usize) -> u16 {
        let field = bytes.get(at..).and_then(<[u8]>::first_chunk);
        match (field, self) {
            (Some(b), Self::LittleEndian) => u16::from_le_bytes(*b),
            (Some(b), Self::BigEndian) => u16::from_be_bytes(*b),
            (None, _) => 0,
        }
    }
}

impl Classic {
    pub(super) fn open<R: Read>(window: &mut Window<R>) -> Result<Self, PcapError> {
        // The magic number first: a file of another kind may be shorter than our header.
        let what = "file header";
        let too_short = |found| PcapError::Truncated {
            offset: 0,
            what,
            expected: FILE_HEADER_LEN as u64,
            found,
        };
        let magic = window.take(4, what)?.ok_or(too_short(0))?;
        let (swap, magic) = match (
            Swap::LittleEndian.u32(magic, 0),
            Swap::BigEndian.u32(magic, 0),
        ) {
            (MAGIC_PCAPNG, _) => return Err(PcapError::Format { name: "pcapng" }),
            (m @ (MAGIC_MICROS | MAGIC_NANOS | MAGIC_MODIFIED), _) => (Swap::LittleEndian, m),
            (_, m @ (MAGIC_MICROS | MAGIC_NANOS | MAGIC_MODIFIED)) => (Swap::BigEndian, m),
            (_, found) => return Err(PcapError::Magic { found }),
        };
        let rest = window
            .take(FILE_HEADER_LEN - 4, what)?
            .ok_or(too_short(4))?;
        let (major, minor) = (swap.u16(rest, 0), swap.u16(rest, 2));
        if (major, minor) != VERSION {
            return Err(PcapError::Version { major, minor });
        }
        Ok(Self {
            link: LinkType::from_pcap(swap.u32(rest, 16) & LINK_MASK),
            snaplen: swap.u32(rest, 12),
            swap,
            nanos_per_tick: if magic == MAGIC_NANOS { 1 } else { 1000 },
            record_header_len: if magic == MAGIC_MODIFIED {
                RECORD_HEADER_LEN + 8
            } else {
                RECORD_HEADER_LEN
            },
        })
    }

    pub(super) fn next<'w, R: Read>(
        &self,
        window: &'w mut Window<R>,
    ) -> Result<Option<Frame<'w>>, PcapError> {
        let offset = window.offset();
        let Some(header) = window.take(self.record_header_len, "record header")? else {
            return Ok(None);
        };
        let seconds = self.swap.u32(header, 0);
        let ticks = self.swap.u32(header, 4);
        let captured = self.swap.u32(header, 8);
        let wire_len = self.swap.u32(header, 12);
        if captured > MAX_RECORD_LEN {
            return Err(PcapError::RecordTooLong {
                offset,
                found: captured,
            });
        }
        let what = "record";
        let offset = window.offset();
        let bytes = window
            .take(captured as usize, what)?
            .ok_or(PcapError::Truncated {
                offset,
                what,
                expected: u64::from(captured),
                found: 0,
            })?;
        Ok(Some(Frame {
            time: Timestamp::new(i64::from(seconds), i64::from(ticks) * self.nanos_per_tick),
            wire_len,
            link: self.link,
            bytes: self.within_snaplen(bytes),
        }))
    }

    /// libpcap drops what a record has beyond the snap length of its file; doing the same keeps
    /// what we print the same as tcpdump's.
    fn within_snaplen<'w>(&self, bytes: &'w [u8]) -> &'w [u8] {
        if self.snaplen == 0 {
            return bytes;
        }
        bytes.get(..self.snaplen as usize).unwrap_or(bytes)
    }
}
