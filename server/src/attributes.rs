//! What listings tell of an entry, from whichever call it was asked with.

use cap_std::fs::{Metadata, MetadataExt};
use proto::EntryKind;
use rustix::fs::{FileType, Stat};

/// What listings tell of an entry.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Attributes {
    /// Its type and its permissions, as in `st_mode`.
    pub(crate) mode: u32,
    pub(crate) links: u64,
    pub(crate) user: u32,
    pub(crate) group: u32,
    /// In bytes.
    pub(crate) size: u64,
    /// In seconds since 1970 UTC.
    pub(crate) modified: i64,
    /// Its device and inode: the same by whatever name it was reached.
    pub(crate) identity: (u64, u64),
}

impl Attributes {
    pub(crate) fn kind(&self) -> EntryKind {
        match FileType::from_raw_mode(self.mode) {
            FileType::Directory => EntryKind::Directory,
            FileType::RegularFile => EntryKind::File,
            FileType::Symlink => EntryKind::Symlink,
            _ => EntryKind::Other,
        }
    }
}

impl From<&Metadata> for Attributes {
    fn from(metadata: &Metadata) -> Self {
        Self {
            mode: metadata.mode(),
            links: metadata.nlink(),
            user: metadata.uid(),
            group: metadata.gid(),
            size: metadata.len(),
            modified: metadata.mtime(),
            identity: (metadata.dev(), metadata.ino()),
        }
    }
}

impl From<&Stat> for Attributes {
    fn from(stat: &Stat) -> Self {
        Self {
            mode: stat.st_mode,
            links: stat.st_nlink,
            user: stat.st_uid,
            group: stat.st_gid,
            size: u64::try_from(stat.st_size).unwrap_or(0),
            modified: stat.st_mtime,
            identity: (stat.st_dev, stat.st_ino),
        }
    }
}
