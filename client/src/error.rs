//! What can go wrong for a client.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use proto::{ArgumentError, Code, EprtError, HostPortError, ListingError, Reply, ReplyError};

/// Why a client's operation failed.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The host's name has no address.
    #[error("cannot find the address of the server: {0}")]
    Resolve(#[source] io::Error),
    /// A connection, control or data, could not be made.
    #[error("cannot connect to {addr}: {source}")]
    Connect {
        /// Where to.
        addr: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// No socket for a data connection could be made here.
    #[error("cannot listen for a data connection: {0}")]
    Listen(#[source] io::Error),
    /// The control connection broke.
    #[error("the control connection failed: {0}")]
    Control(#[source] io::Error),
    /// The server closed the control connection where a reply was due.
    #[error("the server closed the control connection")]
    Closed,
    /// No reply came in time.
    #[error("the server did not answer within {0:?}")]
    ReplyTimeout(Duration),
    /// What came is no reply.
    #[error(transparent)]
    BadReply(#[from] ReplyError),
    /// A line of a reply is longer than the bound.
    #[error("a line of the server's reply has {0} bytes")]
    LineTooLong(u64),
    /// The server said no (4yz or 5yz).
    #[error("{command}: {reply}")]
    Refused {
        /// The command, a password masked.
        command: String,
        /// What the server said.
        reply: Reply,
    },
    /// The reply is no answer to the command.
    #[error("{command}: unexpected reply: {reply}")]
    Unexpected {
        /// The command, a password masked.
        command: String,
        /// What the server said.
        reply: Reply,
    },
    /// A 227 without an address.
    #[error("the server's 227 names no address: {0}")]
    BadPassive(#[source] HostPortError),
    /// A 229 without a port.
    #[error("the server's 229 names no port: {0}")]
    BadExtendedPassive(#[source] EprtError),
    /// PASV or PORT was asked for on an IPv6 connection.
    #[error("PASV and PORT know IPv4 only, and the server is {0}")]
    NeedsIpv4(SocketAddr),
    /// The server did not dial the data connection in time.
    #[error("the server did not open the data connection within {0:?}")]
    NoDataConnection(Duration),
    /// The data connection stood still.
    #[error("the data connection stood still for {0:?}")]
    Stalled(Duration),
    /// The data connection broke.
    #[error("the data connection failed: {0}")]
    Data(#[source] io::Error),
    /// A listing has more bytes than the bound.
    #[error("the listing has more than {0} bytes")]
    ListingTooLong(usize),
    /// A line of a listing was not understood.
    #[error(transparent)]
    Listing(#[from] ListingError),
    /// A name or a password cannot be sent.
    #[error(transparent)]
    Argument(#[from] ArgumentError),
    /// Reading or writing here failed.
    #[error("reading or writing the local data failed: {0}")]
    Local(#[source] io::Error),
    /// A local file could not be opened, made or given its name.
    #[error("{}: {source}", path.display())]
    LocalFile {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl ClientError {
    /// The code of the server's refusal, if that is what it is.
    pub const fn code(&self) -> Option<Code> {
        match self {
            Self::Refused { reply, .. } | Self::Unexpected { reply, .. } => Some(reply.code),
            _ => None,
        }
    }
}
