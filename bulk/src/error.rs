//! What can end a transfer early.

use std::io;

/// Why the bytes could not be moved.
#[derive(Debug, thiserror::Error)]
pub enum BulkError {
    /// The peer did not take or give a byte within the time allowed.
    #[error("the data connection stalled")]
    Stalled,
    /// The connection failed.
    #[error("the data connection broke: {0}")]
    Connection(#[source] io::Error),
    /// The file could not be read.
    #[error("reading the file failed: {0}")]
    Read(#[source] io::Error),
    /// The file ended before the byte up to which it was to be sent.
    #[error("the file became shorter while it was read")]
    Shortened,
    /// The file could not be written.
    #[error("writing the file failed: {0}")]
    Write(#[source] io::Error),
}

/// Whether the same call may do better next time.
pub(crate) fn is_retry(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted
    )
}

/// Whether the kernel cannot do this with such files, however often it is asked.
pub(crate) fn is_refusal(error: &io::Error) -> bool {
    matches!(
        rustix::io::Errno::from_io_error(error),
        Some(rustix::io::Errno::INVAL | rustix::io::Errno::NOSYS | rustix::io::Errno::OPNOTSUPP)
    )
}

/// Whether a call that has a file on one side and a socket on the other failed at the socket.
pub(crate) fn is_of_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::BrokenPipe
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::NotConnected
            | io::ErrorKind::TimedOut
            | io::ErrorKind::HostUnreachable
            | io::ErrorKind::NetworkUnreachable
    )
}
