//! `type=file;size=12;modify=20240131120000; name` (RFC 3659 §7.2).

use super::{Entry, EntryKind, Modified, number, split_once};
use crate::TimeVal;

pub(super) fn parse(line: &[u8]) -> Option<Entry> {
    // MLST's line within a 250 reply begins with a space; the first space after the facts ends
    // them. Facts hold no space, so a line that begins with one has no facts or is MLST's.
    let line = match line {
        [b' ', rest @ ..] if rest.contains(&b';') => rest,
        _ => line,
    };
    let (facts, name) = split_once(line, b' ')?;
    if name.is_empty() || !(facts.is_empty() || facts.ends_with(b";")) {
        return None;
    }
    let mut entry = Entry {
        name: name.to_vec(),
        kind: EntryKind::Other,
        size: None,
        modified: None,
        mode: None,
        target: None,
    };
    for fact in facts
        .split(|&byte| byte == b';')
        .filter(|fact| !fact.is_empty())
    {
        let (key, value) = split_once(fact, b'=')?;
        let is = |name: &str| key.eq_ignore_ascii_case(name.as_bytes());
        if is("type") {
            (entry.kind, entry.target) = kind(value);
        } else if is("size") {
            entry.size = number(value);
        } else if is("modify") {
            entry.modified = TimeVal::parse(value).ok().map(Modified::Utc);
        } else if is("UNIX.mode") {
            entry.mode = std::str::from_utf8(value)
                .ok()
                .and_then(|octal| u32::from_str_radix(octal, 8).ok())
                .filter(|mode| *mode <= 0o7777);
        }
    }
    Some(entry)
}

/// The kind, and the target of a link, which some servers append: `OS.unix=slink:/there`.
fn kind(value: &[u8]) -> (EntryKind, Option<Vec<u8>>) {
    let is = |name: &str| value.eq_ignore_ascii_case(name.as_bytes());
    if is("file") {
        (EntryKind::File, None)
    } else if is("dir") {
        (EntryKind::Directory, None)
    } else if is("cdir") {
        (EntryKind::Current, None)
    } else if is("pdir") {
        (EntryKind::Parent, None)
    } else if let Some((head, rest)) = value.split_at_checked(13)
        && head.eq_ignore_ascii_case(b"OS.unix=slink")
    {
        (
            EntryKind::Symlink,
            rest.strip_prefix(b":").map(<[u8]>::to_vec),
        )
    } else if is("OS.unix=symlink") {
        (EntryKind::Symlink, None)
    } else {
        (EntryKind::Other, None)
    }
}

/// Which facts `MLSx` lines carry; a client chooses with OPTS MLST (RFC 3659 §7.9).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FactSet(u8);

impl FactSet {
    /// `type`: file, dir, cdir, pdir or a link.
    pub const TYPE: Self = Self(1);
    /// `size`: bytes.
    pub const SIZE: Self = Self(2);
    /// `modify`: when the content changed last.
    pub const MODIFY: Self = Self(4);
    /// `perm`: what this user may do with the entry.
    pub const PERM: Self = Self(8);
    /// `unique`: the same value for the same file under another name.
    pub const UNIQUE: Self = Self(16);
    /// `UNIX.mode`: permission bits, octal.
    pub const UNIX_MODE: Self = Self(32);
    /// No fact at all.
    pub const NONE: Self = Self(0);
    /// Every fact.
    pub const ALL: Self = Self(63);

    /// Each fact with its name, in the order in which a line carries them.
    pub const NAMES: [(&'static str, Self); 6] = [
        ("type", Self::TYPE),
        ("size", Self::SIZE),
        ("modify", Self::MODIFY),
        ("perm", Self::PERM),
        ("unique", Self::UNIQUE),
        ("UNIX.mode", Self::UNIX_MODE),
    ];

    /// Whether every fact of `other` is in the set.
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// The known facts of `type;size;…`; unknown ones are left out, as RFC 3659 §7.9 has it.
    pub fn parse(list: &[u8]) -> Self {
        let wanted = |name: &str| {
            list.split(|&byte| byte == b';')
                .any(|fact| fact.eq_ignore_ascii_case(name.as_bytes()))
        };
        let bits = Self::NAMES
            .into_iter()
            .filter(|(name, _)| wanted(name))
            .fold(0, |bits, (_, fact)| bits | fact.0);
        Self(bits)
    }
}
