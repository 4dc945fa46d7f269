//! Files that were compressed, known by their first bytes: to say so, not to unpack them.

use std::fmt::{self, Display, Formatter};

/// How a file is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    /// By gzip.
    Gzip,
    /// By zstd.
    Zstd,
    /// By xz.
    Xz,
    /// By bzip2.
    Bzip2,
    /// By lz4.
    Lz4,
    /// A zip archive.
    Zip,
}

impl Compression {
    pub(super) const fn of(magic: [u8; 4]) -> Option<Self> {
        Some(match magic {
            [0x1f, 0x8b, ..] => Self::Gzip,
            [0x28, 0xb5, 0x2f, 0xfd] => Self::Zstd,
            [0xfd, b'7', b'z', b'X'] => Self::Xz,
            [b'B', b'Z', b'h', _] => Self::Bzip2,
            [0x04, 0x22, 0x4d, 0x18] => Self::Lz4,
            [b'P', b'K', 3, 4] => Self::Zip,
            _ => return None,
        })
    }

    /// The command that writes what is in such a file to its standard output.
    pub const fn unpacker(self) -> &'static str {
        match self {
            Self::Gzip => "zcat",
            Self::Zstd => "zstdcat",
            Self::Xz => "xzcat",
            Self::Bzip2 => "bzcat",
            Self::Lz4 => "lz4cat",
            Self::Zip => "unzip -p",
        }
    }
}

impl Display for Compression {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
            Self::Xz => "xz",
            Self::Bzip2 => "bzip2",
            Self::Lz4 => "lz4",
            Self::Zip => "zip",
        })
    }
}
