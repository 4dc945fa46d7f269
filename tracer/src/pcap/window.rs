//! A sliding view of a stream: contiguous bytes, and where in the file they are.

use std::io::{self, Read};

use super::PcapError;

/// How much is asked of the source at a time.
const CHUNK: usize = 64 * 1024;

#[derive(Debug)]
pub(super) struct Window<R> {
    source: R,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    /// The file offset of `buffer[start]`.
    offset: u64,
}

impl<R: Read> Window<R> {
    pub(super) fn new(source: R) -> Self {
        Self {
            source,
            buffer: vec![0; CHUNK],
            start: 0,
            end: 0,
            offset: 0,
        }
    }

    /// Where in the file the next byte is.
    pub(super) const fn offset(&self) -> u64 {
        self.offset
    }

    /// Exactly `len` bytes, which the caller has bounded. `None` at the end of the file.
    ///
    /// Only the first bytes of a structure may meet the end of the file: anywhere else it is
    /// [`PcapError::Truncated`], which names the structure.
    pub(super) fn take(
        &mut self,
        len: usize,
        what: &'static str,
    ) -> Result<Option<&[u8]>, PcapError> {
        let offset = self.offset;
        let found = self
            .fill(len)
            .map_err(|source| PcapError::Read { offset, source })?;
        if found == 0 && len != 0 {
            return Ok(None);
        }
        if found < len {
            return Err(PcapError::Truncated {
                offset,
                what,
                expected: len as u64,
                found: found as u64,
            });
        }
        let at = self.start;
        self.start += len;
        self.offset += len as u64;
        Ok(self.buffer.get(at..self.start))
    }

    /// Reads until `len` bytes are there or the source ends; says how many there are, at most
    /// `len`.
    fn fill(&mut self, len: usize) -> io::Result<usize> {
        if self.end - self.start >= len {
            return Ok(len);
        }
        self.buffer.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
        if self.buffer.len() < len {
            self.buffer.resize(len + CHUNK, 0);
        }
        while self.end < len {
            let Some(free) = self.buffer.get_mut(self.end..) else {
                break;
            };
            match self.source.read(free) {
                Ok(0) => break,
                Ok(n) => self.end += n,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
        Ok(self.end.min(len))
    }
}
