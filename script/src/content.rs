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
    /// The client ended with code 0, or with another one.
    ClientExits {
        /// Whether with 0.
        success: bool,
    },
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
