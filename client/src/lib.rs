//! An FTP client as a library.
//!
//! ```text
//! Session ─┬─ control    commands out, replies in; bounded and timed
//!          │  └ channel  in clear text, or under TLS (tls)
//!          ├─ data       opening a data connection, either way round
//!          ├─ transfer   moving bytes: list, retrieve, store; under TLS: tls_transfer
//!          ├─ abort      stopping a transfer from outside
//!          ├─ download   a file that has its name only when it is whole
//!          ├─ part       the same, resumable; in a folder that no name leads out of
//!          ├─ tree       walking, matching, removing whole trees
//!          └─ mirror     making one tree like another
//! url, netrc             where to, and as whom
//! ```
//!
//! The server is not trusted: the address in its 227 is ignored unless asked for, replies and
//! listings are bounded, every wait has a time-out. Events go to `tracing` with the target
//! `ftplab::client`, each next to the system call that it names; the dialogue alone, as people
//! read it, with the target `ftplab::dialogue`.

mod abort;
mod channel;
mod control;
mod crew;
mod data;
mod distrust;
mod download;
mod error;
mod filter;
mod folder;
mod listing;
mod local;
mod local_tree;
mod mirror;
mod netrc;
mod options;
mod part;
mod session;
mod sockets;
mod tls;
mod tls_transfer;
mod transfer;
mod tree;
mod url;

pub use abort::Aborter;
pub use distrust::Distrust;
pub use error::ClientError;
pub use filter::Filter;
pub use folder::{Folder, LocalEntry, LocalKind};
pub use mirror::{Begun, Mirror, MirrorEvent};
pub use netrc::{Netrc, NetrcEntry, NetrcError};
pub use options::{DataMode, Family, Options};
pub use part::Part;
pub use session::Session;
pub use sockets::{Connection, Pending, Sockets};
pub use tls::{Identity, Tls, TlsError, Trust};
pub use transfer::Transfer;
pub use tree::{Match, TreeEntry, is_pattern};
pub use url::{FtpUrl, UrlError, UrlType};
