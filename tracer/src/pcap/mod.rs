//! Capture files: classic pcap and pcapng, read and written.
//!
//! Reading streams through one bounded buffer: a file of any size, or a pipe, needs the memory
//! of one record.

mod block;
mod classic;
mod clock;
mod compression;
mod envelope;
mod links;
mod ng;
mod ng_writer;
mod order;
mod window;
mod writer;

#[cfg(test)]
mod ng_maker;
#[cfg(test)]
mod ng_tests;
#[cfg(test)]
mod tests;

use std::io::{self, Read};
use std::ops::Range;

use crate::{Frame, LinkType, Stamp, Timestamp};
use classic::{Classic, FILE_HEADER, FILE_HEADER_LEN};
use ng::Ng;
use order::Order;
use window::Window;

pub use block::{Comments, MAX_INTERFACES, PcapInterface};
pub use compression::Compression;
pub(crate) use links::link_name;
pub use ng_writer::PcapngWriter;
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
        "byte 0: expected a pcap magic number (a1b2c3d4, a1b23c4d or 34cdb2a1) or pcapng's (0a0d0d0a), found {found:08x}"
    )]
    Magic {
        /// The first four bytes, big-endian.
        found: u32,
    },
    /// Maybe a capture file, but compressed.
    #[error("byte 0: the file is compressed with {compression}: unpack it first")]
    Compressed {
        /// With what.
        compression: Compression,
    },
    /// A block or an option of a pcapng file that contradicts itself.
    #[error("byte {offset}: {what}: {problem}")]
    Damaged {
        /// Where the structure begins.
        offset: u64,
        /// Which structure.
        what: &'static str,
        /// What is wrong: what was expected, and what was found.
        problem: String,
    },
    /// Not version 2.4, the only one in use since 1993, nor one that came before it.
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
    #[error(
        "expected a frame of link type {expected}, as the file header says, found {found}; a name \
         that ends in .pcapng gives a file that holds both"
    )]
    LinkType {
        /// The file's.
        expected: LinkType,
        /// The frame's.
        found: LinkType,
    },
    /// A pcapng file with more interfaces than are read.
    #[error("expected frames of at most {MAX_INTERFACES} interfaces")]
    Interfaces,
    /// A time stamp that the file format cannot express: 1970 to 2106 fit.
    #[error("expected a time from 1970 to 2106, found second {seconds} of the Unix epoch")]
    Time {
        /// Seconds since the epoch.
        seconds: i64,
    },
}

impl PcapError {
    /// Whether the source had nothing to give just now ([`io::ErrorKind::WouldBlock`]): what is
    /// there has been returned, and the next call reads on.
    pub fn is_not_yet(&self) -> bool {
        matches!(self, Self::Read { source, .. } if source.kind() == io::ErrorKind::WouldBlock)
    }
}

/// Reads a capture file, of either format, frame by frame.
#[derive(Debug)]
pub struct PcapReader<R> {
    window: Window<R>,
    format: Format,
    ended: bool,
}

#[derive(Debug)]
enum Format {
    Classic(Classic),
    Ng(Ng),
}

/// Where a frame is in the window, and what is to be said about it.
#[derive(Debug)]
struct Found {
    time: Timestamp,
    odd_time: Option<Stamp>,
    wire_len: u32,
    link: LinkType,
    /// Counted from where the record or block begins.
    bytes: Range<usize>,
    options: Range<usize>,
    order: Order,
    interface: Option<u32>,
}

/// A frame, and what the file says about it.
#[derive(Clone, Debug)]
pub struct Record<'a> {
    /// The frame.
    pub frame: Frame<'a>,
    /// The interface that it was seen on, if the file tells.
    pub interface: Option<&'a PcapInterface>,
    /// Comments that somebody left on it.
    pub comments: Comments<'a>,
}

impl<R: Read> PcapReader<R> {
    /// Reads the file header: of pcapng all that comes before the first interface is described.
    /// The reader buffers for itself.
    ///
    /// # Errors
    /// [`PcapError::Magic`], [`PcapError::Version`] or [`PcapError::Damaged`] when this is not a
    /// file that can be read; [`PcapError::Truncated`] when it ends within its header;
    /// [`PcapError::Read`] when the source fails.
    pub fn new(source: R) -> Result<Self, PcapError> {
        let mut window = Window::new(source);
        // The magic number first: a file of another kind may be shorter than a header.
        let magic = window.take(4, FILE_HEADER)?.and_then(<[u8]>::first_chunk);
        let magic = *magic.ok_or(PcapError::Truncated {
            offset: 0,
            what: FILE_HEADER,
            expected: FILE_HEADER_LEN as u64,
            found: 0,
        })?;
        if let Some(compression) = Compression::of(magic) {
            return Err(PcapError::Compressed { compression });
        }
        let format = if magic == block::SECTION_HEADER.to_be_bytes() {
            window.rewind();
            Format::Ng(Ng::open(&mut window)?)
        } else {
            Format::Classic(Classic::open(magic, &mut window)?)
        };
        Ok(Self {
            window,
            format,
            ended: false,
        })
    }

    /// What every frame of a classic file begins with, and those of a pcapng file that come from
    /// its first interface: other interfaces may have other link types, and each frame has its
    /// own. Ethernet when a pcapng file describes no interface.
    pub fn link(&self) -> LinkType {
        match &self.format {
            Format::Classic(classic) => classic.link,
            Format::Ng(ng) => ng.first().map_or(LinkType::Ethernet, |first| first.link),
        }
    }

    /// The snap length that the header names, or the first interface, in bytes; 0 when there is
    /// none.
    pub fn snaplen(&self) -> u32 {
        match &self.format {
            Format::Classic(classic) => classic.snaplen,
            Format::Ng(ng) => ng.first().map_or(0, |first| first.snaplen),
        }
    }

    /// The next frame, valid until the next call; `None` at a clean end, and after an error.
    ///
    /// # Errors
    /// As [`PcapReader::next_record`].
    #[allow(clippy::should_implement_trait)] // The frame borrows the reader's one buffer.
    pub fn next(&mut self) -> Result<Option<Frame<'_>>, PcapError> {
        Ok(self.next_record()?.map(|record| record.frame))
    }

    /// The next frame with what the file says about it, valid until the next call; `None` at a
    /// clean end, and after an error.
    ///
    /// # Errors
    /// [`PcapError::Truncated`], [`PcapError::RecordTooLong`] or [`PcapError::Damaged`] when the
    /// file is damaged here (all that came before has been returned); [`PcapError::Read`] when
    /// the source fails. After a source that had nothing yet ([`PcapError::is_not_yet`]) the
    /// reading goes on with the next call.
    pub fn next_record(&mut self) -> Result<Option<Record<'_>>, PcapError> {
        if self.ended {
            return Ok(None);
        }
        // Set until a frame is found, so that an error ends the reading too.
        self.ended = true;
        self.window.begin();
        let found = match &mut self.format {
            Format::Classic(classic) => classic.next(&mut self.window),
            Format::Ng(ng) => ng.next(&mut self.window),
        };
        let position = match found {
            Ok(position) => position,
            Err(error) => {
                if error.is_not_yet() {
                    self.ended = false;
                    self.window.rewind();
                }
                return Err(error);
            }
        };
        let Some(found) = position else {
            return Ok(None);
        };
        self.ended = false;
        let bytes = self.window.taken(found.bytes);
        let interface = match (&self.format, found.interface) {
            (Format::Ng(ng), Some(index)) => ng.interface(index),
            _ => None,
        };
        Ok(Some(Record {
            frame: Frame {
                time: found.time,
                odd_time: found.odd_time,
                wire_len: found.wire_len,
                link: found.link,
                bytes,
            },
            interface,
            comments: Comments::new(self.window.taken(found.options), found.order),
        }))
    }
}
