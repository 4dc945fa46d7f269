//! A file's bytes through a TCP connection, without a copy through this program.
//!
//! [`send`] is `sendfile(2)`, [`receive`] is `splice(2)` through a pipe; both fall back to
//! reading and writing where the kernel refuses, and both wait with a time-out. They are what
//! the server and the client do with a data connection in TYPE I without TLS; [`send_bytes`] is
//! what they do with bytes that they have made themselves.

mod error;
mod receive;
mod send;
#[cfg(test)]
mod tests;

pub use error::BulkError;
pub use receive::receive;
pub use send::{send, send_at_once, send_bytes, send_while_fast};

/// From so many bytes on a transfer is worth the system calls that set it up.
const LARGE: u64 = 64 * 1024;

/// How much is moved at a time: so much that a call is worth it, so little that one transfer
/// does not keep the thread from the others.
const AT_ONCE: usize = 1 << 20;

/// How much is read and written at a time where the kernel does not move it by itself.
const CHUNK: usize = 64 * 1024;
