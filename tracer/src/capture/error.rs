//! Why a capture could not start or go on.

use std::io;

use thiserror::Error;

use crate::ExpressionError;

/// Why a capture could not start or go on. Every message names the interface.
#[derive(Debug, Error)]
pub enum CaptureError {
    /// There is no interface of this name in the network namespace.
    #[error("{interface}: no such interface (there are: {})", list(available))]
    NoSuchInterface {
        /// The name that was asked for.
        interface: String,
        /// The names that would have been found.
        available: Vec<String>,
    },
    /// The kernel refuses a raw socket.
    #[error("{interface}: a raw socket is not permitted here (it takes CAP_NET_RAW): {source}")]
    NotPermitted {
        /// The interface.
        interface: String,
        /// What the kernel said.
        source: io::Error,
    },
    /// The interface is down, or went down during the capture.
    #[error("{interface}: the interface is down")]
    InterfaceDown {
        /// The interface.
        interface: String,
    },
    /// The interface was removed, or moved to another namespace, during the capture.
    #[error("{interface}: the interface has gone")]
    InterfaceGone {
        /// The interface.
        interface: String,
    },
    /// The interface's frames begin with something that the tracer does not decode.
    #[error("{interface}: frames of ARP hardware type {hardware} cannot be decoded")]
    UnsupportedLink {
        /// The interface.
        interface: String,
        /// The kernel's `ARPHRD_` number.
        hardware: u16,
    },
    /// The filter asks for what the interface's frames do not have, or is too long.
    #[error("{0}")]
    Filter(ExpressionError),
    /// The kernel gives no ring of shared memory; a capture without one may still be possible.
    #[error("{interface}: no ring of shared memory: {source}")]
    NoRing {
        /// The interface.
        interface: String,
        /// What the kernel said.
        source: io::Error,
    },
    /// Only a ring tells from which of several interfaces a frame is.
    #[error("{interface}: capturing from several interfaces takes a ring")]
    OnlyOne {
        /// The interface, or `any`.
        interface: String,
    },
    /// A system call failed for another reason.
    #[error("{interface}: {action}: {source}")]
    Io {
        /// The interface.
        interface: String,
        /// What was being done, as a phrase: `"binding the packet socket"`.
        action: &'static str,
        /// What the kernel said.
        source: io::Error,
    },
}

fn list(names: &[String]) -> String {
    if names.is_empty() {
        "none".to_owned()
    } else {
        names.join(", ")
    }
}
