//! Offloads off: what leaves an interface has wire size and a checksum that was computed.
#![allow(unsafe_code)]

use std::io;
use std::mem;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};

use rustix::net::{AddressFamily, SocketFlags, SocketType, socket_with};

/// `struct ethtool_value` (linux/ethtool.h).
#[repr(C)]
struct EthtoolValue {
    command: u32,
    data: u32,
}

/// A feature and its `ETHTOOL_G…` and `ETHTOOL_S…` commands (linux/ethtool.h).
struct Feature {
    name: &'static str,
    read: u32,
    write: u32,
}

/// Those that depend on others come first.
const FEATURES: [Feature; 6] = [
    Feature {
        name: "tcp-segmentation-offload",
        read: 0x1e,
        write: 0x1f,
    },
    Feature {
        name: "generic-segmentation-offload",
        read: 0x23,
        write: 0x24,
    },
    Feature {
        name: "generic-receive-offload",
        read: 0x2b,
        write: 0x2c,
    },
    Feature {
        name: "scatter-gather",
        read: 0x18,
        write: 0x19,
    },
    Feature {
        name: "tx-checksumming",
        read: 0x16,
        write: 0x17,
    },
    Feature {
        name: "rx-checksumming",
        read: 0x14,
        write: 0x15,
    },
];

/// Switches every offload of the interface off, in the calling thread's network namespace, and
/// reads each back.
///
/// # Errors
/// When there is no such interface, when changing it is not permitted, and when a feature
/// stays on.
pub(super) fn switch_off(interface: &str) -> io::Result<()> {
    let socket = socket_with(
        AddressFamily::INET,
        SocketType::DGRAM,
        SocketFlags::CLOEXEC,
        None,
    )?;
    for feature in &FEATURES {
        let written = ethtool(socket.as_fd(), interface, feature.write, 0);
        // A feature that cannot be changed is well if it is off.
        if ethtool(socket.as_fd(), interface, feature.read, 0)? != 0 {
            let why = written.map_or_else(|error| error.to_string(), |_| "ignored".to_owned());
            return Err(io::Error::other(format!(
                "{} stays on: {why}",
                feature.name
            )));
        }
    }
    Ok(())
}

/// Runs one command that takes and gives a number.
fn ethtool(socket: BorrowedFd<'_>, interface: &str, command: u32, data: u32) -> io::Result<u32> {
    // SAFETY: an ifreq is plain integers, byte arrays and a pointer, for which zero is a value.
    let mut request: libc::ifreq = unsafe { mem::zeroed() };
    // The last byte stays zero.
    for (to, from) in request
        .ifr_name
        .iter_mut()
        .take(libc::IFNAMSIZ - 1)
        .zip(interface.bytes())
    {
        *to = from.cast_signed();
    }
    let mut value = EthtoolValue { command, data };
    request.ifr_ifru.ifru_data = (&raw mut value).cast();
    // SAFETY: the kernel reads the request, and reads and writes the EthtoolValue that it
    // points to; both outlive the call, and these commands use no more than that.
    let result = unsafe { libc::ioctl(socket.as_raw_fd(), libc::SIOCETHTOOL, &raw mut request) };
    if result < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(value.data)
}
