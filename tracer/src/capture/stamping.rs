//! Making sure that the kernel stamps frames when it sees them.
//!
//! The kernel stamps frames only while somebody wants it to, and begins a moment after it is
//! asked: up to a millisecond was measured. Frames before that carry the time at which they
//! were read, and the round trip that they seem to show is not the network's.

use std::io;
use std::net::{Ipv4Addr, UdpSocket};
use std::os::fd::AsFd;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::socket::{request_time_stamps, time_stamp};
use crate::Timestamp;

/// How long the kernel may take to begin.
const LIMIT: Duration = Duration::from_secs(2);

/// How long one datagram may take on the loopback interface.
const ONE: Duration = Duration::from_millis(100);

/// While this lives, the kernel stamps every frame that it sees, in all namespaces.
#[derive(Debug)]
pub struct TimeStamps {
    _wanting: UdpSocket,
}

impl TimeStamps {
    /// Asks for time stamps and returns once they are there. To be sure of that it sends
    /// itself some datagrams of one byte on the loopback interface of the calling thread's
    /// network namespace, which must be up.
    ///
    /// # Errors
    /// When the loopback interface is down or drops the datagrams, and when the kernel has not
    /// begun within two seconds.
    pub fn hold() -> io::Result<Self> {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
        socket.connect(socket.local_addr()?)?;
        socket.set_read_timeout(Some(ONE))?;
        request_time_stamps(socket.as_fd())?;
        let deadline = Instant::now() + LIMIT;
        loop {
            socket.send(&[0])?;
            // On loopback it has arrived by now. A later stamp was made when it was read.
            let sent = now();
            let received = socket.recv(&mut [0]);
            if received.is_ok() && time_stamp(socket.as_fd())? <= sent {
                return Ok(Self { _wanting: socket });
            }
            if Instant::now() >= deadline {
                let missing = "the kernel does not stamp packets on the loopback interface";
                return Err(io::Error::new(io::ErrorKind::TimedOut, missing));
            }
            std::thread::sleep(Duration::from_micros(100));
        }
    }
}

fn now() -> Timestamp {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Timestamp(i64::try_from(since.as_nanos()).unwrap_or(i64::MAX))
}
