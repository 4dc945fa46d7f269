//! Files before and after, and what a data connection must carry.

use crate::codes::Pattern;
use crate::template::Template;

/// What bytes must be.
#[derive(Clone, Debug)]
pub enum Content {
    /// Exactly these.
    Exactly(Template),
    /// Those of the file that an earlier `given file` made.
    OfFile(Template),
    /// So many, whatever they are.
    Size(u64),
    /// Text that holds this, or does not.
    Pattern(Pattern),
    /// Lines of which each ends in CR LF, with no other CR or LF.
    CrlfLines,
    /// Not one byte.
    Nothing,
    /// Bytes with this SHA-256, in lower-case hexadecimal.
    Sha256(String),
}

/// `given …`: what there is before the script begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Given {
    /// A file with these bytes.
    File {
        /// Its name; relative to `$dir`.
        name: Template,
        /// Its bytes.
        bytes: Template,
    },
    /// A file of so many bytes, the same in every run.
    Filled {
        /// Its name; relative to `$dir`.
        name: Template,
        /// How many bytes.
        size: u64,
    },
    /// An empty folder.
    Folder(Template),
    /// No file or folder of this name.
    Nothing(Template),
}

impl Given {
    /// Whether this name, relative to `$dir`, may be given: it does not lead out of there. Where
    /// there is to be nothing, a name that is ftplab's own may lie anywhere.
    pub fn stays_inside(&self, name: &[u8]) -> bool {
        let mut parts = name.split(|&byte| byte == b'/');
        let own = parts
            .next_back()
            .is_some_and(|last| last.starts_with(b"ftplab-"));
        let inside = !name.starts_with(b"/") && parts.all(|part| part != b"..");
        let climbs = name.ends_with(b"/..") || name == b"..";
        (inside && !climbs) || (own && matches!(self, Self::Nothing(_)))
    }
}

/// How a client ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Exit {
    /// With code 0.
    Done,
    /// With a code that is not 0.
    Failed,
    /// With one of these codes.
    Codes(Vec<u8>),
}

/// `then …`: what there must be when the steps before it are done.
#[derive(Clone, Debug)]
pub enum Then {
    /// The server has this file, and it is all of this.
    File {
        /// Its name; relative to `$dir`.
        name: Template,
        /// What it must be; only that it is there when empty.
        contents: Vec<Content>,
    },
    /// The server has a folder of this name.
    Folder(Template),
    /// The server has nothing of this name.
    Nothing(Template),
    /// The client ended so.
    ClientExits(Exit),
    /// The client, playing its task, made this file, and it is all of this.
    ClientHas {
        /// Its name.
        name: Template,
        /// What it must be; only that it is there when empty.
        contents: Vec<Content>,
    },
    /// The client made no file of this name.
    ClientHasNot(Template),
    /// What the client wrote to its terminal.
    ClientSaid(Pattern),
}
