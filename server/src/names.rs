//! The names in a directory, from the kernel into one buffer.

use std::io;
use std::os::fd::OwnedFd;

use rustix::fs::RawDir;
use rustix::io::Errno;

use crate::attributes::Attributes;
use crate::order::Order;

/// What one call asks the kernel for; glibc's `readdir` takes as much.
const BATCH: usize = 32 * 1024;

/// The names in a directory, but for `.` and `..`, which are read as they are asked for.
pub(crate) struct Names {
    directory: OwnedFd,
    /// Names that were read, one behind the other.
    bytes: Vec<u8>,
    spans: Vec<Span>,
    /// How many of them were given.
    given: usize,
    exhausted: bool,
}

/// Where a name is in the buffer.
#[derive(Clone, Copy)]
struct Span {
    start: usize,
    end: usize,
}

impl Names {
    /// Those of a directory that was opened for this alone: reading moves its offset.
    pub(crate) fn of(directory: OwnedFd) -> Self {
        Self {
            directory,
            bytes: Vec::new(),
            spans: Vec::new(),
            given: 0,
            exhausted: false,
        }
    }

    /// Reads about the first `count` and sorts them; those behind come in the directory's order.
    pub(crate) fn sorted(mut self, count: usize) -> io::Result<Self> {
        while !self.exhausted && self.spans.len() < count {
            self.read_batch()?;
        }
        let bytes = &self.bytes;
        self.spans
            .sort_unstable_by(|a, b| bytes[a.start..a.end].cmp(&bytes[b.start..b.end]));
        Ok(self)
    }

    /// How many of them are sorted.
    pub(crate) const fn len(&self) -> usize {
        self.spans.len()
    }

    /// Puts the sorted ones in another order, for which `look` says what each one is.
    pub(crate) fn arrange(&mut self, order: Order, look: impl Fn(&[u8]) -> Option<Attributes>) {
        let bytes = &self.bytes;
        order.arrange(&mut self.spans, |span| look(&bytes[span.start..span.end]));
    }

    /// The next name, if there is one.
    pub(crate) fn next(&mut self) -> io::Result<Option<&[u8]>> {
        while self.given == self.spans.len() {
            if self.exhausted {
                return Ok(None);
            }
            self.bytes.clear();
            self.spans.clear();
            self.given = 0;
            self.read_batch()?;
        }
        let span = self.spans[self.given];
        self.given += 1;
        Ok(Some(&self.bytes[span.start..span.end]))
    }

    fn read_batch(&mut self) -> io::Result<()> {
        let mut buffer = Vec::with_capacity(BATCH);
        let mut batch = RawDir::new(&self.directory, buffer.spare_capacity_mut());
        loop {
            let Some(entry) = batch.next() else {
                self.exhausted = true;
                return Ok(());
            };
            let entry = match entry {
                // Linux says so of a directory that was removed while it was open.
                Err(Errno::NOENT) => {
                    self.exhausted = true;
                    return Ok(());
                }
                entry => entry?,
            };
            let name = entry.file_name().to_bytes();
            if name != b"." && name != b".." {
                let start = self.bytes.len();
                self.bytes.extend_from_slice(name);
                let end = self.bytes.len();
                self.spans.push(Span { start, end });
            }
            if batch.is_buffer_empty() {
                return Ok(());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs::{self, File};

    use super::Names;

    #[test]
    fn each_name_comes_once_and_the_first_in_order() {
        let folder = tempfile::tempdir().unwrap();
        // Many more than one batch holds.
        let made: BTreeSet<Vec<u8>> = (0..3000)
            .map(|n| format!("a-name-of-some-length-{n}").into_bytes())
            .collect();
        for name in &made {
            let name = String::from_utf8(name.clone()).unwrap();
            fs::write(folder.path().join(name), "").unwrap();
        }
        for sorted in [0, 100, 3000, 1_000_000] {
            let directory = File::open(folder.path()).unwrap();
            let mut names = Names::of(directory.into()).sorted(sorted).unwrap();
            let mut found = Vec::new();
            while let Some(name) = names.next().unwrap() {
                found.push(name.to_vec());
            }
            assert!(found[..sorted.min(found.len())].is_sorted(), "{sorted}");
            assert_eq!(found.len(), made.len(), "{sorted}");
            assert_eq!(found.into_iter().collect::<BTreeSet<_>>(), made, "{sorted}");
        }
    }

    #[test]
    fn a_directory_of_nothing_has_no_names() {
        let folder = tempfile::tempdir().unwrap();
        let directory = File::open(folder.path()).unwrap();
        let mut names = Names::of(directory.into());
        assert_eq!(names.next().unwrap(), None);
        assert_eq!(names.next().unwrap(), None);
    }

    #[test]
    fn a_directory_that_is_gone_has_no_names() {
        let folder = tempfile::tempdir().unwrap();
        let directory = File::open(folder.path()).unwrap();
        folder.close().unwrap();
        assert_eq!(Names::of(directory.into()).next().unwrap(), None);
    }
}
