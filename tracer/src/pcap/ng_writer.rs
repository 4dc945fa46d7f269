//! Writing pcapng: one section, an interface block for each interface, and comments.

use std::io::{self, BufWriter, Write};

use super::block::{
    BYTE_ORDER_MAGIC, ENHANCED_PACKET, INTERFACE_DESCRIPTION, MAX_INTERFACES, OPTION_COMMENT,
    OPTION_END, OPTION_IF_NAME, OPTION_IF_TSRESOL, SECTION_HEADER,
};
use super::{MAX_RECORD_LEN, PcapError};
use crate::{Frame, LinkType};

/// `shb_userappl`: who wrote the section.
const OPTION_USER_APPLICATION: u16 = 4;
/// 10^-9 seconds.
const NANOSECONDS: u8 = 9;
/// An option's length has 16 bits.
const MAX_OPTION: usize = u16::MAX as usize;

/// Writes a pcapng file that Wireshark opens, with a comment on each frame that has one.
///
/// Time stamps have nanoseconds. It buffers for itself: call [`PcapngWriter::flush`] when others
/// are to see what was written, and [`PcapngWriter::finish`] at the end, for dropping it hides a
/// failure.
#[derive(Debug)]
pub struct PcapngWriter<W: Write> {
    sink: BufWriter<W>,
    /// Those that were described, in order.
    interfaces: Vec<(LinkType, Option<String>)>,
    /// Reused from block to block.
    body: Vec<u8>,
}

impl<W: Write> PcapngWriter<W> {
    /// Writes the section header, in little-endian order, with the name of the program.
    ///
    /// # Errors
    /// [`PcapError::Write`] when the sink fails.
    pub fn new(sink: W, application: &str) -> Result<Self, PcapError> {
        let mut writer = Self {
            sink: BufWriter::new(sink),
            interfaces: Vec::new(),
            body: Vec::new(),
        };
        writer.body.extend(BYTE_ORDER_MAGIC.to_le_bytes());
        writer.body.extend([1, 0, 0, 0]); // version 1.0
        writer.body.extend([0xff; 8]); // the section's length is not told
        option(
            &mut writer.body,
            OPTION_USER_APPLICATION,
            application.as_bytes(),
        );
        option(&mut writer.body, OPTION_END, &[]);
        writer.block(SECTION_HEADER)?;
        Ok(writer)
    }

    /// Appends a frame, of one longer than [`MAX_RECORD_LEN`] only the beginning. Before the
    /// first of an interface, that is of a name and a link type, it describes the interface. An
    /// empty comment is none; one longer than 65 535 bytes is cut.
    ///
    /// # Errors
    /// [`PcapError::Time`] when its time is before 1970, [`PcapError::Interfaces`] when there are
    /// more than [`MAX_INTERFACES`], [`PcapError::Write`] when the sink fails.
    pub fn write(
        &mut self,
        frame: &Frame<'_>,
        interface: Option<&str>,
        comment: &str,
    ) -> Result<(), PcapError> {
        let seconds = frame.time.seconds();
        let ticks = u64::try_from(frame.time.0).map_err(|_| PcapError::Time { seconds })?;
        let interface = self.interface(frame.link, interface)?;
        let bytes = frame.bytes.get(..MAX_RECORD_LEN as usize);
        let bytes = bytes.unwrap_or(frame.bytes);
        let captured = u32::try_from(bytes.len()).unwrap_or(MAX_RECORD_LEN);
        #[allow(clippy::cast_possible_truncation)] // The two halves of 64 bits.
        let halves = [(ticks >> 32) as u32, ticks as u32];
        for field in [interface, halves[0], halves[1], captured, frame.wire_len] {
            self.body.extend(field.to_le_bytes());
        }
        self.body.extend(bytes);
        pad(&mut self.body);
        if !comment.is_empty() {
            let end = comment.floor_char_boundary(MAX_OPTION);
            let comment = comment.get(..end).unwrap_or_default();
            option(&mut self.body, OPTION_COMMENT, comment.as_bytes());
            option(&mut self.body, OPTION_END, &[]);
        }
        self.block(ENHANCED_PACKET)
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

    /// The number of an interface, which is described when it is new.
    fn interface(&mut self, link: LinkType, name: Option<&str>) -> Result<u32, PcapError> {
        let known =
            |(of, called): &(LinkType, Option<String>)| *of == link && called.as_deref() == name;
        let index = match self.interfaces.iter().position(known) {
            Some(index) => index,
            None if self.interfaces.len() >= MAX_INTERFACES => return Err(PcapError::Interfaces),
            None => {
                let number = u16::try_from(link.to_pcap()).unwrap_or(u16::MAX);
                self.body.extend(number.to_le_bytes());
                self.body.extend([0; 2]);
                self.body.extend(MAX_RECORD_LEN.to_le_bytes());
                if let Some(name) = name {
                    let name = name.as_bytes();
                    option(
                        &mut self.body,
                        OPTION_IF_NAME,
                        name.get(..255).unwrap_or(name),
                    );
                }
                option(&mut self.body, OPTION_IF_TSRESOL, &[NANOSECONDS]);
                option(&mut self.body, OPTION_END, &[]);
                self.block(INTERFACE_DESCRIPTION)?;
                self.interfaces.push((link, name.map(str::to_owned)));
                self.interfaces.len() - 1
            }
        };
        Ok(u32::try_from(index).unwrap_or(u32::MAX))
    }

    /// Writes the block of which the body is ready.
    fn block(&mut self, kind: u32) -> Result<(), PcapError> {
        let len = u32::try_from(self.body.len() + 12)
            .unwrap_or(u32::MAX)
            .to_le_bytes();
        self.sink.write_all(&kind.to_le_bytes())?;
        self.sink.write_all(&len)?;
        self.sink.write_all(&self.body)?;
        self.sink.write_all(&len)?;
        self.body.clear();
        Ok(())
    }
}

fn option(body: &mut Vec<u8>, code: u16, value: &[u8]) {
    let len = u16::try_from(value.len()).unwrap_or(0);
    body.extend(code.to_le_bytes());
    body.extend(len.to_le_bytes());
    body.extend(value.get(..len.into()).unwrap_or_default());
    pad(body);
}

fn pad(body: &mut Vec<u8>) {
    body.resize(body.len().next_multiple_of(4), 0);
}
