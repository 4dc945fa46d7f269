//! An FTP client as a library.
//!
//! ```text
//! Session ─┬─ control    commands out, replies in; bounded and timed
//!          ├─ data       opening a data connection, either way round
//!          ├─ transfer   moving bytes: list, retrieve, store
//!          └─ download   a file that has its name only when it is whole
//! ```
//!
//! The server is not trusted: the address in its 227 is ignored unless asked for, replies and
//! listings are bounded, every wait has a time-out. Events go to `tracing` with the target
//! `ftplab::client`, each next to the system call that it names.

mod control;
mod data;
mod download;
mod error;
mod listing;
mod options;
mod session;
mod transfer;
mod url;

pub use error::ClientError;
pub use options::{DataMode, Options};
pub use session::Session;
pub use transfer::Transfer;
pub use url::{FtpUrl, UrlError, UrlType};
