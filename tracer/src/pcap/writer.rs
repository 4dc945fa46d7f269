//! Writing the classic format.

use std::io::{self, BufWriter, Write};

use super::classic::{FILE_HEADER_LEN, MAGIC_MICROS, MAGIC_NANOS, RECORD_HEADER_LEN, VERSION};
use super::{MAX_RECORD_LEN, PcapError};
use crate::{Frame, LinkType};

/// How finely a capture file counts time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Precision {
    /// What tcpdump writes unless told otherwise, and what every reader knows.
    #[default]
    Micros,
    /// As captured.
    Nanos,
}

/// Writes a capture file that tcpdump and Wireshark open.
///
/// It buffers for itself: call [`PcapWriter::flush`] when others are to see what was written,
/// and [`PcapWriter::finish`] at the end, for dropping it hides a failure.
#[derive(Debug)]
pub struct PcapWriter<W: Write> {
    sink: BufWriter<W>,
    link: LinkType,
    precision: Precision,
}

impl<W: Write> PcapWriter<W> {
    /// Writes the file header, in little-endian order, with a snap length of
    /// [`MAX_RECORD_LEN`].
    ///
    /// # Errors
    /// [`PcapError::Write`] when the sink fails.
    pub fn new(sink: W, link: LinkType, precision: Precision) -> Result<Self, PcapError> {
        let mut header = Vec::with_capacity(FILE_HEADER_LEN);
        let magic = match precision {
            Precision::Micros => MAGIC_MICROS,
            Precision::Nanos => MAGIC_NANOS,
        };
        header.extend(magic.to_le_bytes());
        header.extend(VERSION.0.to_le_bytes());
        header.extend(VERSION.1.to_le_bytes());
        header.extend([0; 8]); // time zone and accuracy: nobody uses them
        header.extend(MAX_RECORD_LEN.to_le_bytes());
        header.extend(link.to_pcap().to_le_bytes());
        let mut sink = BufWriter::new(sink);
        sink.write_all(&header)?;
        Ok(Self {
            sink,
            link,
            precision,
        })
    }

    /// Appends a frame; of one longer than [`MAX_RECORD_LEN`] only the beginning.
    ///
    /// # Errors
    /// [`PcapError::LinkType`] when the frame is of another kind than the file,
    /// [`PcapError::Time`] when its time does not fit 32 bits, [`PcapError::Write`] when the sink
    /// fails.
    pub fn write(&mut self, frame: &Frame<'_>) -> Result<(), PcapError> {
        if frame.link != self.link {
            return Err(PcapError::LinkType {
                expected: self.link,
                found: frame.link,
            });
        }
        let (seconds, nanos) = if let Some(odd) = frame.odd_time {
            (odd.seconds.cast_unsigned(), odd.nanos)
        } else {
            let seconds = frame.time.seconds();
            let fits = u32::try_from(seconds).map_err(|_| PcapError::Time { seconds })?;
            (fits, frame.time.subsec_nanos().into())
        };
        let ticks = match self.precision {
            Precision::Micros => nanos / 1000,
            Precision::Nanos => nanos,
        };
        // libpcap writes what it read.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let ticks = ticks as u32;
        let bytes = frame
            .bytes
            .get(..MAX_RECORD_LEN as usize)
            .unwrap_or(frame.bytes);
        let captured = u32::try_from(bytes.len()).unwrap_or(MAX_RECORD_LEN);
        let mut header = [0; RECORD_HEADER_LEN];
        let fields = [seconds, ticks, captured, frame.wire_len];
        for (place, field) in header.as_chunks_mut::<4>().0.iter_mut().zip(fields) {
            *place = field.to_le_bytes();
        }
        self.sink.write_all(&header)?;
        self.sink.write_all(bytes)?;
        Ok(())
    }

    /// Hands everything written so far to the sink.
    ///
    /// # Errors
    /// [`PcapError::Write`] when the sink fails.
    pub fn flush(&mut self) -> Result<(), PcapError> {
        Ok(self.sink.flush()?)
    }

    /// Flushes, and gives the sink back.
    ///
    /// # Errors
    /// [`PcapError::Write`] when the sink fails.
    pub fn finish(self) -> Result<W, PcapError> {
        let sink = self.sink.into_inner();
        sink.map_err(|e| PcapError::Write(io::IntoInnerError::into_error(e)))
    }
}
