//! Capture through pnet's datalink channel, over a socket of our own making.
//!
//! pnet brings the socket into the interface's path and reads from it. The socket is ours
//! because pnet sets no filter, no buffer size and no `PACKET_IGNORE_OUTGOING`, and tells no
//! time: a duplicate of the descriptor is kept to ask the kernel for each frame's time stamp.

use std::io;
use std::os::fd::{AsFd, IntoRawFd, OwnedFd};
use std::time::Duration;

use pnet::datalink::{self, Channel, Config, DataLinkReceiver, NetworkInterface};
use rustix::net::sockopt;

use super::ended::{Ended, ended};
use super::socket::{self, PacketSocket, io_error};
use super::{ANY, CaptureError, CaptureOptions, CaptureStatistics, MAX_FRAME};
use crate::{Frame, LinkType};

/// pnet turns the time-out into milliseconds in an `i32`.
const LONGEST_WAIT: Duration = Duration::from_hours(1);

pub(super) struct PnetCapture {
    interface: String,
    index: u32,
    link: LinkType,
    receiver: Box<dyn DataLinkReceiver>,
    /// The receiver's socket once more, for what pnet does not offer.
    socket: OwnedFd,
    /// The most bytes of a frame.
    snaplen: usize,
    statistics: CaptureStatistics,
    /// Set when the interface ended the capture; what is still queued is read first.
    ended: Option<Ended>,
}

impl PnetCapture {
    pub(super) fn open(options: &CaptureOptions) -> Result<Self, CaptureError> {
        let name = &options.interface;
        if name == ANY {
            return Err(CaptureError::OnlyOne {
                interface: name.clone(),
            });
        }
        let prepared = PacketSocket::prepare(options)?;
        let (index, link) = (prepared.index, prepared.link);
        let fd = prepared.into_fd();
        let socket = fd
            .try_clone()
            .map_err(|source| io_error(name, "duplicating the packet socket", source))?;

        let config = Config {
            read_buffer_size: MAX_FRAME,
            write_buffer_size: 0,
            read_timeout: Some(options.read_timeout.min(LONGEST_WAIT)),
            promiscuous: false,
            // From here on the descriptor is pnet's, which closes it even when it fails.
            socket_fd: Some(fd.into_raw_fd()),
            ..Config::default()
        };
        let target = NetworkInterface {
            name: name.clone(),
            description: String::new(),
            index,
            mac: None,
            ips: Vec::new(),
            flags: 0,
        };
        let receiver = match datalink::channel(&target, config) {
            Ok(Channel::Ethernet(_, receiver)) => receiver,
            Ok(_) => {
                let source = io::ErrorKind::Unsupported.into();
                return Err(io_error(name, "opening the capture channel", source));
            }
            Err(source) if source.raw_os_error() == Some(libc::ENODEV) => {
                return Err(Ended::Gone.error(name));
            }
            Err(source) => return Err(io_error(name, "binding the packet socket", source)),
        };
        // Binding to an interface that just went down succeeds and leaves this word behind.
        match sockopt::socket_error(&socket) {
            Ok(Ok(())) => {}
            Ok(Err(error)) | Err(error) => {
                return Err(match ended(&socket, index, error.into(), name) {
                    Ok(ended) => ended.error(name),
                    Err(other) => other,
                });
            }
        }
        Ok(Self {
            interface: name.clone(),
            index,
            link,
            receiver,
            socket,
            snaplen: options.snaplen,
            statistics: CaptureStatistics::default(),
            ended: None,
        })
    }

    pub(super) fn next(&mut self) -> Result<Option<Frame<'_>>, CaptureError> {
        // An error overtakes the frames that were queued before it: they come first here.
        if let Some(ended) = self.ended
            && matches!(rustix::io::ioctl_fionread(&self.socket), Ok(0) | Err(_))
        {
            return Err(ended.error(&self.interface));
        }
        let error = match self.receiver.next() {
            Ok(bytes) => {
                let time = socket::time_stamp(self.socket.as_fd()).map_err(|source| {
                    io_error(&self.interface, "reading a frame's time stamp", source)
                })?;
                return Ok(Some(Frame {
                    time,
                    odd_time: None,
                    wire_len: u32::try_from(bytes.len()).unwrap_or(u32::MAX),
                    link: self.link,
                    bytes: bytes.get(..self.snaplen).unwrap_or(bytes),
                }));
            }
            Err(error) => error,
        };
        match error.kind() {
            io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted => {
                return Ok(None);
            }
            _ => {}
        }
        // pnet calls every condition but "readable" unexpected; the socket knows better.
        let error = match (error.raw_os_error(), sockopt::socket_error(&self.socket)) {
            (None, Ok(Err(pending))) => pending.into(),
            _ => error,
        };
        self.ended = Some(ended(&self.socket, self.index, error, &self.interface)?);
        Ok(None)
    }

    pub(super) fn link_type(&self) -> LinkType {
        self.link
    }

    pub(super) fn buffer_size(&self) -> usize {
        sockopt::socket_recv_buffer_size(&self.socket).unwrap_or(0)
    }

    pub(super) fn statistics(&mut self) -> Result<CaptureStatistics, CaptureError> {
        let since = socket::take_statistics(self.socket.as_fd())
            .map_err(|source| io_error(&self.interface, "reading PACKET_STATISTICS", source))?;
        self.statistics.received += since.received;
        self.statistics.dropped += since.dropped;
        Ok(self.statistics)
    }
}
