//! What can go wrong for a client.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use proto::{ArgumentError, Code, EprtError, HostPortError, ListingError, Reply, ReplyError};

use crate::options::Family;

/// Why a client's operation failed.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The host's name has no address.
    #[error("cannot find the address of the server: {0}")]
    Resolve(#[source] io::Error),
    /// The host has no address of the kind that was asked for.
    #[error("the server has no {0} address")]
    NoAddress(Family),
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
    #[error("the server did not answer {}within {limit:?}", spaced(command.as_deref()))]
    ReplyTimeout {
        /// The verb of the last command that was sent; nothing before the first.
        command: Option<String>,
        /// How long it was waited for.
        limit: Duration,
    },
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
    /// The server does not let the user in.
    #[error("login refused for {user}: {reply}")]
    LoginRefused {
        /// The user.
        user: String,
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
    /// The TLS handshake failed; most often, the certificate is not to be trusted.
    #[error("the TLS handshake failed: {}", crate::distrust::said(.0))]
    Handshake(#[source] io::Error),
    /// The server sent something between the 234 and the handshake, which anybody could have
    /// slipped in.
    #[error("there is clear text between the server's 234 and the TLS handshake")]
    BytesBeforeTls,
    /// The data connection ended without TLS's close: anybody could have cut it.
    #[error("the data connection was cut: TLS did not close it")]
    TruncatedTls,
    /// The transfer was stopped by an [`Aborter`](crate::Aborter).
    #[error("the transfer was aborted")]
    Aborted,
    /// The replies no longer belong to the commands.
    #[error("the server's replies do not fit the commands any more")]
    OutOfStep,
    /// The server says that all is well, but the file has another size than it should have.
    #[error("the file is not whole: {actual} of {expected} bytes")]
    NotWhole {
        /// Bytes that it should have.
        expected: u64,
        /// Bytes that it has.
        actual: u64,
    },
    /// A name that leads out of the folder it belongs in.
    #[error("{0:?} is no name for a file here")]
    UnsafeName(String),
    /// A folder holds more than the bound, or is nested deeper.
    #[error("the server's folders hold more than {0}")]
    TreeTooLarge(&'static str),
    /// The pattern of a glob is wrong.
    #[error("{0}")]
    Pattern(#[from] globset::Error),
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
            Self::Refused { reply, .. }
            | Self::LoginRefused { reply, .. }
            | Self::Unexpected { reply, .. } => Some(reply.code),
            _ => None,
        }
    }

    /// Whether a new connection may well succeed where this one failed: the network, the
    /// server's time-out or its load is to blame, not what was asked for.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Connect { .. }
            | Self::Control(_)
            | Self::Closed
            | Self::ReplyTimeout { .. }
            | Self::NoDataConnection(_)
            | Self::Stalled(_)
            | Self::Data(_)
            | Self::TruncatedTls
            | Self::OutOfStep => true,
            // 421, 425, 426: connections, not files.
            _ => matches!(
                self.code(),
                Some(
                    Code::SERVICE_NOT_AVAILABLE
                        | Code::CANNOT_OPEN_DATA_CONNECTION
                        | Code::TRANSFER_ABORTED
                )
            ),
        }
    }
}

/// A verb with a space behind it.
fn spaced(verb: Option<&str>) -> String {
    verb.map(|verb| format!("{verb} ")).unwrap_or_default()
}
