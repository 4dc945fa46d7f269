//! A session's connections by somebody else's sockets, for a network in which their kind matters.

use std::fmt::Debug;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;

use tokio::net::{TcpListener, TcpStream};

/// What a connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Connection {
    /// Commands and replies.
    Control,
    /// A listing or a file.
    Data,
}

impl Connection {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Control => "control",
            Self::Data => "data",
        }
    }
}

/// Opens connections: from sockets with chosen sequence numbers, windows or options.
pub trait Sockets: Debug + Send + Sync {
    /// Connects to `peer`, from `local` where that is given. The session bounds how long it takes.
    ///
    /// # Errors
    /// What the system says.
    fn connect(
        &self,
        connection: Connection,
        local: Option<SocketAddr>,
        peer: SocketAddr,
    ) -> Pending<'_, io::Result<TcpStream>>;

    /// Listens for a data connection; port 0 is any port.
    ///
    /// # Errors
    /// What the system says.
    fn listen(&self, local: SocketAddr) -> io::Result<TcpListener>;

    /// A data connection was accepted.
    ///
    /// # Errors
    /// What the system says; the connection is then given up.
    fn accepted(&self, data: &TcpStream) -> io::Result<()>;

    /// The server has sent everything, and our end of the data connection is about to be closed.
    fn drained<'a>(&'a self, data: &'a TcpStream) -> Pending<'a, ()>;
}

/// Something under way.
pub type Pending<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;
