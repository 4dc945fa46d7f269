//! Directory listings: LIST's two customs (POSIX `ls -l`, DOS) and `MLSx` facts (RFC 3659 §7).

mod dos;
mod mlsx;
mod perm;
mod posix;
mod write;

pub use mlsx::FactSet;
pub use perm::Perm;
pub use write::{
    Facts, write_iis_line, write_mlsd_line, write_mlst_line, write_name, write_posix_line,
};

use crate::TimeVal;

/// One entry of a directory, as a server described it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The name as it was listed. A server may list anything: check it before using it as a
    /// local name, with [`Entry::has_plain_name`].
    pub name: Vec<u8>,
    /// What the entry is.
    pub kind: EntryKind,
    /// Size in bytes, when listed.
    pub size: Option<u64>,
    /// When it was changed, when listed.
    pub modified: Option<Modified>,
    /// Permission bits, 0 to 0o7777, when listed.
    pub mode: Option<u32>,
    /// Where a symbolic link points, when listed.
    pub target: Option<Vec<u8>>,
}

/// What an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EntryKind {
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// The listed directory itself (`.`, `MLSx` `cdir`).
    Current,
    /// Its parent (`..`, `MLSx` `pdir`).
    Parent,
    /// A symbolic link.
    Symlink,
    /// A device, a FIFO, a socket, or what the server calls otherwise.
    Other,
}

/// When an entry was changed, as exactly as it was listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Modified {
    /// UTC, to the second (`MLSx`).
    Utc(TimeVal),
    /// In the server's own zone; midnight when only the day was listed.
    Local(TimeVal),
    /// In the server's own zone, without a year: within the year before the listing.
    Recent {
        /// 1 to 12.
        month: u8,
        /// 1 to 31.
        day: u8,
        /// 0 to 23.
        hour: u8,
        /// 0 to 59.
        minute: u8,
    },
}

/// A line that is no entry in any known form.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a listing line in POSIX, DOS or MLSx form: {0:?}")]
pub struct ListingError(pub String);

impl ListingError {
    fn new(line: &[u8]) -> Self {
        Self(String::from_utf8_lossy(&line[..line.len().min(120)]).into_owned())
    }
}

impl Entry {
    /// Reads a line of LIST, POSIX or DOS; `None` for a line that describes no entry (empty,
    /// or `total 12`).
    ///
    /// # Errors
    /// [`ListingError`] when the line has neither form.
    pub fn parse_list(line: &[u8]) -> Result<Option<Self>, ListingError> {
        let trimmed = line.trim_ascii();
        if trimmed.is_empty() || trimmed.starts_with(b"total ") {
            return Ok(None);
        }
        posix::parse(line)
            .or_else(|| dos::parse(line))
            .map(Some)
            .ok_or_else(|| ListingError::new(line))
    }

    /// Reads a line of MLSD or MLST: `fact=value;… name`.
    ///
    /// # Errors
    /// [`ListingError`] when the line is not of that form.
    pub fn parse_mlsx(line: &[u8]) -> Result<Self, ListingError> {
        mlsx::parse(line).ok_or_else(|| ListingError::new(line))
    }

    /// Whether the name is one path component that stays where it is put: not empty, not `.`
    /// or `..`, without `/` and NUL.
    pub fn has_plain_name(&self) -> bool {
        is_plain_name(&self.name)
    }
}

/// Whether `name` is one path component that stays where it is put: not empty, not `.` or `..`,
/// without `/` and NUL.
pub fn is_plain_name(name: &[u8]) -> bool {
    !matches!(name, b"" | b"." | b"..") && !name.iter().any(|byte| matches!(byte, b'/' | 0))
}

/// Words of a line with where each begins.
fn words(line: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let mut at = 0;
    std::iter::from_fn(move || {
        at += line[at..].iter().take_while(|&&byte| byte == b' ').count();
        let start = at;
        at += line[at..].iter().take_while(|&&byte| byte != b' ').count();
        (at > start).then(|| (start, &line[start..at]))
    })
}

/// A decimal number and nothing else.
fn number<T: std::str::FromStr>(digits: &[u8]) -> Option<T> {
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// `a` and `b` around the first `separator`.
fn split_once(text: &[u8], separator: u8) -> Option<(&[u8], &[u8])> {
    let at = text.iter().position(|&byte| byte == separator)?;
    Some((&text[..at], &text[at + 1..]))
}

#[cfg(test)]
mod tests;
