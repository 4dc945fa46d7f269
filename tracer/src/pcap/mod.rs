//! Capture files: the classic pcap format, read and written.
//!
//! Reading streams through one bounded buffer: a file of any size, or a pipe, needs the memory
//! of one record.

mod classic;
mod window;
mod writer;

#[cfg(test)]
mod tests;

use std::io::{self, Read};

use crate::{Frame, LinkType};
use classic::Classic;
use window::Window;

pub use writer::{PcapWriter, Precision};

/// The longest record that is accepted, in bytes: libpcap's own limit.
pub const MAX_RECORD_LEN: u32 = 262_144;

/// Why a capture file cannot be read on, or written.
///
/// Offsets count bytes from the start of the file.
#[derive(Debug, thiserror::Error)]
pub enum PcapError {
    /// The source failed.
    #[error("byte {offset}: reading failed: {source}")]
    Read {
        /// Where the read began.
        offset: u64,
        /// The system's reason.
        source: io::Error,
    },
    /// The sink failed.
    #[error("writing the capture failed: {0}")]
    Write(#[from] io::Error),
    /// The file ends inside a structure.
    #[error("byte {offset}: {what} cut short: expected {expected} bytes, found {found}")]
    Truncated {
        /// Where the structure begins.
        offset: u64,
        /// Which structure.
        what: &'static str,
        /// Its length.
        expected: u64,
        /// How much of it there is.
        found: u64,
    },
    /// Not a capture file.
    #[error(
        "byte 0: expected a pcap magic number (a1b2c3d4, a1b23c4d or 34cdb2a1), found {found:08x}"
    )]
    Magic {
        /// The first four bytes, big-endian.
        found: u32,
    },
    /// A capture file of a kind that is not read.
    #[error("byte 0: expected a classic pcap file, found {name}")]
    Format {
        /// The format's name.
        name: &'static str,
    },
    /// Not version 2.4, the only one in use since 1993.
    #[error("byte 4: expected pcap version 2.4, found {major}.{minor}")]
    Version {
        /// Major version found.
        major: u16,
        /// Minor version found.
        minor: u16,
    },
    /// A record claims more bytes than any capture program writes: the file is damaged.
    #[error("byte {offset}: expected a record of at most {MAX_RECORD_LEN} bytes, found {found}")]
    RecordTooLong {
        /// Where the record's header begins.
        offset: u64,
        /// The length that it claims.
        found: u32,
    },
    /// A frame that a file with another link type cannot hold.
    #[error("expected a frame of link type {expected}, as the file header says, found {found}")]
    LinkType {
        /// The file's.
        expected: LinkType,
        /// The frame's.
        found: LinkType,
    },
    /// A time stamp that the file format cannot express: 1970 to 2106 fit.
    #[error("expected a time from 1970 to 2106, found second {seconds} of the Unix epoch")]
    Time {
        /// Seconds since the epoch.
        seconds: i64,
    },
}

/// Reads a capture file frame by frame.
#[derive(Debug)]
pub struct PcapReader<R> {
    window: Window<R>,
    format: Classic,
    ended: bool,
}

impl<R: Read> PcapReader<R> {
    /// Reads the file header. The reader buffers for itself.
    ///
    /// # Errors
    /// [`PcapError::Magic`], [`PcapError::Format`] or [`PcapError::Version`] when this is not a
    /// file that can be read; [`PcapError::Truncated`] when it ends within its header;
    /// [`PcapError::Read`] when the source fails.
    pub fn new(source: R) -> Result<Self, PcapError> {
        let mut window = Window::new(source);
        let format = Classic::open(&mut window)?;
        Ok(Self {
            window,
            format,
            ended: false,
        })
    }

    /// What every frame of the file begins with.
    pub const fn link(&self) -> LinkType {
        self.format.link
    }

    /// The snap length that the header names, in bytes; 0 when it names none.
    pub const fn snaplen(&self) -> u32 {
        self.format.snaplen
    }

    /// The next frame, valid until the next call; `None` at a clean end, and after an error.
    ///
    /// Not an [`Iterator`]: the frame borrows the reader's one buffer.
    ///
    /// # Errors
    /// [`PcapError::Truncated`] or [`PcapError::RecordTooLong`] when the file is damaged here
    /// (all that came before has been returned); [`PcapError::Read`] when the source fails.
    #[allow(clippy::should_implement_trait)]
    pub fn next(&mut self) -> Result<Option<Frame<'_>>, PcapError> {
        if self.ended {
            return Ok(None);
        }
        // Set until a frame is found, so that an error ends the reading too.
        self.ended = true;
        let frame = self.format.next(&mut self.window)?;
        self.ended = frame.is_none();
        Ok(frame)
    }
}
