//! How an interface ends a capture.

use std::io;
use std::os::fd::OwnedFd;

use rustix::io::Errno;
use rustix::net::netdevice;

use super::CaptureError;
use super::socket::io_error;

/// How a capture ends by itself.
#[derive(Clone, Copy)]
pub(super) enum Ended {
    Down,
    Gone,
}

impl Ended {
    pub(super) fn error(self, interface: &str) -> CaptureError {
        let interface = interface.to_owned();
        match self {
            Self::Down => CaptureError::InterfaceDown { interface },
            Self::Gone => CaptureError::InterfaceGone { interface },
        }
    }
}

/// Whether the error means that the interface is no longer there to capture from. The socket
/// is asked, since the calling thread may live in another namespace.
pub(super) fn ended(
    socket: &OwnedFd,
    index: u32,
    error: io::Error,
    interface: &str,
) -> Result<Ended, CaptureError> {
    match error.raw_os_error() {
        Some(libc::ENETDOWN) => match netdevice::index_to_name_inlined(socket, index) {
            Err(Errno::NODEV | Errno::NXIO) => Ok(Ended::Gone),
            _ => Ok(Ended::Down),
        },
        Some(libc::ENODEV | libc::ENXIO) => Ok(Ended::Gone),
        _ => Err(io_error(interface, "reading a frame", error)),
    }
}
