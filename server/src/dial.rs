//! Dialling clients by somebody else's sockets, for a network in which their kind matters.

use std::fmt::Debug;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;

use tokio::net::TcpStream;

/// Opens active data connections, and sees control connections: sockets with chosen sequence
/// numbers, windows or options.
pub trait Dial: Debug + Send + Sync {
    /// Connects from `local`, whose port is 0 when any will do, to the client's `peer`. The
    /// server bounds how long it takes.
    ///
    /// # Errors
    /// What the system says.
    fn dial(&self, local: SocketAddr, peer: SocketAddr) -> Dialling<'_>;

    /// A control connection was accepted.
    ///
    /// # Errors
    /// What the system says; the connection is then given up.
    fn accepted(&self, control: &TcpStream) -> io::Result<()> {
        let _ = control;
        Ok(())
    }
}

/// A connection under way.
pub type Dialling<'a> = Pin<Box<dyn Future<Output = io::Result<TcpStream>> + Send + 'a>>;
