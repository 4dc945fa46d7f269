//! The classic format: a 24-byte file header, then records of a header and bytes.

use std::io::Read;

use super::order::Order;
use super::window::Window;
use super::{Found, MAX_RECORD_LEN, PcapError};
use crate::{LinkType, Stamp, Timestamp};

/// Seconds and microseconds.
pub(super) const MAGIC_MICROS: u32 = 0xa1b2_c3d4;
/// Seconds and nanoseconds.
pub(super) const MAGIC_NANOS: u32 = 0xa1b2_3c4d;
/// Microseconds, and eight bytes more in every record header, which some Linux distributions'
/// libpcap wrote around the year 2000 (interface index, protocol, packet type).
const MAGIC_MODIFIED: u32 = 0xa1b2_cd34;

pub(super) const VERSION: (u16, u16) = (2, 4);
/// What some programs wrote in place of an early version.
const STRANGE_VERSION: (u16, u16) = (543, 0);
pub(super) const FILE_HEADER: &str = "file header";
pub(super) const FILE_HEADER_LEN: usize = 24;
pub(super) const RECORD_HEADER_LEN: usize = 16;
/// The bits of the link field that name the link type; the others tell about a frame check
/// sequence.
const LINK_MASK: u32 = 0x03ff_ffff;

/// Whether a record's length on the wire stands before the captured one.
#[derive(Clone, Copy, Debug)]
enum Swapped {
    No,
    /// Where the captured one would be the longer: programs disagreed.
    Perhaps,
    Yes,
}

impl Swapped {
    /// Nothing when there is no such version.
    const fn of_version(version: (u16, u16)) -> Option<Self> {
        match version {
            VERSION => Some(Self::No),
            (2, 3) => Some(Self::Perhaps),
            (2, 0..=2) | STRANGE_VERSION => Some(Self::Yes),
            _ => None,
        }
    }
}

/// What the file header says.
#[derive(Debug)]
pub(super) struct Classic {
    pub(super) link: LinkType,
    pub(super) snaplen: u32,
    order: Order,
    nanos_per_tick: i64,
    record_header_len: usize,
    swapped: Swapped,
}

impl Classic {
    /// Reads the rest of the file header, of which the magic number was read.
    pub(super) fn open<R: Read>(magic: [u8; 4], window: &mut Window<R>) -> Result<Self, PcapError> {
        let (order, magic) = match (u32::from_le_bytes(magic), u32::from_be_bytes(magic)) {
            (m @ (MAGIC_MICROS | MAGIC_NANOS | MAGIC_MODIFIED), _) => (Order::Little, m),
            (_, m @ (MAGIC_MICROS | MAGIC_NANOS | MAGIC_MODIFIED)) => (Order::Big, m),
            (_, found) => return Err(PcapError::Magic { found }),
        };
        let rest = window
            .take(FILE_HEADER_LEN - 4, FILE_HEADER)?
            .ok_or(PcapError::Truncated {
                offset: 0,
                what: FILE_HEADER,
                expected: FILE_HEADER_LEN as u64,
                found: 4,
            })?;
        let (major, minor) = (order.u16(rest, 0), order.u16(rest, 2));
        let Some(swapped) = Swapped::of_version((major, minor)) else {
            return Err(PcapError::Version { major, minor });
        };
        Ok(Self {
            link: LinkType::from_pcap(order.u32(rest, 16) & LINK_MASK),
            snaplen: order.u32(rest, 12),
            order,
            nanos_per_tick: if magic == MAGIC_NANOS { 1 } else { 1000 },
            record_header_len: if magic == MAGIC_MODIFIED {
                RECORD_HEADER_LEN + 8
            } else {
                RECORD_HEADER_LEN
            },
            swapped,
        })
    }

    pub(super) fn next<R: Read>(&self, window: &mut Window<R>) -> Result<Option<Found>, PcapError> {
        let offset = window.offset();
        let Some(header) = window.take(self.record_header_len, "record header")? else {
            return Ok(None);
        };
        let seconds = self.order.u32(header, 0);
        let ticks = self.order.u32(header, 4);
        let lengths = (self.order.u32(header, 8), self.order.u32(header, 12));
        let (captured, wire_len) = match (self.swapped, lengths) {
            (Swapped::Perhaps, (first, second)) if first > second => (second, first),
            (Swapped::Yes, (first, second)) => (second, first),
            _ => lengths,
        };
        if captured > MAX_RECORD_LEN {
            return Err(PcapError::RecordTooLong {
                offset,
                found: captured,
            });
        }
        let what = "record";
        let offset = window.offset();
        window
            .take(captured as usize, what)?
            .ok_or(PcapError::Truncated {
                offset,
                what,
                expected: u64::from(captured),
                found: 0,
            })?;
        let begin = self.record_header_len;
        // libpcap takes both for signed.
        let nanos = i64::from(ticks.cast_signed()) * self.nanos_per_tick;
        let stamp = Stamp {
            seconds: seconds.cast_signed(),
            nanos,
        };
        let usual = stamp.seconds >= 0 && (0..1_000_000_000).contains(&nanos);
        Ok(Some(Found {
            time: Timestamp::new(i64::from(seconds), nanos),
            odd_time: (!usual).then_some(stamp),
            wire_len,
            link: self.link,
            bytes: begin..begin + self.within_snaplen(captured) as usize,
            options: 0..0,
            order: self.order,
            interface: None,
        }))
    }

    /// libpcap drops what a record has beyond the snap length of its file; doing the same keeps
    /// what we print the same as tcpdump's.
    const fn within_snaplen(&self, captured: u32) -> u32 {
        if self.snaplen == 0 || captured < self.snaplen {
            captured
        } else {
            self.snaplen
        }
    }
}
