//! A sliding view of a stream: contiguous bytes, and where in the file they are.

use std::io::{self, Read};
use std::ops::Range;

use super::PcapError;

/// How much is asked of the source at a time.
const CHUNK: usize = 256 * 1024;

#[derive(Debug)]
pub(super) struct Window<R> {
    source: R,
    buffer: Vec<u8>,
    /// Where the structure began that is being read: [`Window::rewind`] goes back to it.
    begin: usize,
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
            begin: 0,
            start: 0,
            end: 0,
            offset: 0,
        }
    }

    #[cfg(test)]
    pub(super) const fn source_mut(&mut self) -> &mut R {
        &mut self.source
    }

    /// Where in the file the next byte is.
    pub(super) const fn offset(&self) -> u64 {
        self.offset
    }

    /// A new structure begins here: what is before it may be forgotten.
    pub(super) const fn begin(&mut self) {
        self.begin = self.start;
    }

    /// Back to where the structure began, to read it again when more of it is there.
    pub(super) const fn rewind(&mut self) {
        self.offset -= (self.start - self.begin) as u64;
        self.start = self.begin;
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

    /// A part of the structure that was taken, counted from where it began; empty when it was not.
    pub(super) fn taken(&self, range: Range<usize>) -> &[u8] {
        let structure = self.buffer.get(self.begin..self.start).unwrap_or_default();
        structure.get(range).unwrap_or_default()
    }

    /// Passes over at most `len` bytes, and says how many: as many as one reading gives, so that
    /// it takes no memory; 0 at the end of the file. There is no way back over them.
    pub(super) fn skip(&mut self, len: u64) -> Result<u64, PcapError> {
        let offset = self.offset;
        self.begin();
        let found = self
            .fill(1)
            .map_err(|source| PcapError::Read { offset, source })?;
        if found == 0 {
            return Ok(0);
        }
        let there = (self.end - self.start) as u64;
        let passed = there.min(len);
        self.start += usize::try_from(passed).unwrap_or(0);
        self.offset += passed;
        self.begin();
        Ok(passed)
    }

    /// Reads until `len` bytes are there or the source ends; says how many there are, at most
    /// `len`.
    fn fill(&mut self, len: usize) -> io::Result<usize> {
        if self.end - self.start >= len {
            return Ok(len);
        }
        self.buffer.copy_within(self.begin..self.end, 0);
        self.end -= self.begin;
        self.start -= self.begin;
        self.begin = 0;
        let wanted = self.start + len;
        if self.buffer.len() < wanted {
            self.buffer.resize(wanted + CHUNK, 0);
        }
        while self.end < wanted {
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
        Ok((self.end - self.start).min(len))
    }
}
