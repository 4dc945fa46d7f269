//! Capture through a `TPACKET_V3` ring.
//!
//! The kernel writes frames, with their time stamps, into memory that it shares with us, and no
//! system call is made for a frame.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::net::sockopt;

use super::ended::{Ended, ended};
use super::memory::{BLOCK, Ring};
use super::socket::{self, PacketSocket, io_error};
use super::{CaptureError, CaptureOptions, CaptureStatistics, cooked};
use crate::{Frame, LinkType, Timestamp};

pub(super) struct RingCapture {
    interface: String,
    index: u32,
    link: LinkType,
    socket: OwnedFd,
    ring: Ring,
    read_timeout: Duration,
    /// The most bytes of a frame.
    snaplen: usize,
    /// The block that is ours to read, or the next that will be.
    block: usize,
    /// Frames of it that were not read yet; `None` while it is the kernel's.
    left: Option<u32>,
    /// Where in the block the next frame's header is.
    header: usize,
    /// A frame whose VLAN tag was put back.
    tagged: Vec<u8>,
    statistics: CaptureStatistics,
    ended: Option<Ended>,
}

impl RingCapture {
    pub(super) fn open(options: &CaptureOptions) -> Result<Self, CaptureError> {
        let name = &options.interface;
        let prepared = PacketSocket::prepare(options)?;
        let (index, link) = (prepared.index, prepared.link);
        let socket = prepared.into_fd();
        let ring =
            Ring::map(&socket, options.buffer_size).map_err(|source| CaptureError::NoRing {
                interface: name.clone(),
                source,
            })?;
        socket::bind(socket.as_fd(), index).map_err(|source| match source.raw_os_error() {
            Some(libc::ENODEV) => Ended::Gone.error(name),
            _ => io_error(name, "binding the packet socket", source),
        })?;
        Ok(Self {
            interface: name.clone(),
            index,
            link,
            socket,
            ring,
            read_timeout: options.read_timeout,
            snaplen: options.snaplen,
            block: 0,
            left: None,
            header: 0,
            tagged: Vec::new(),
            statistics: CaptureStatistics::default(),
            ended: None,
        })
    }

    pub(super) fn next(&mut self) -> Result<Option<Frame<'_>>, CaptureError> {
        let Some(found) = self.found(self.read_timeout)? else {
            return Ok(None);
        };
        self.left = self.left.map(|left| left.saturating_sub(1));
        self.header += found.next;
        let (mut begin, mut wire_len) = (found.begin, found.wire_len);
        if self.link == LinkType::LinuxSll2 {
            begin = cooked::put(self.ring.block_mut(self.block), found.header, begin);
            wire_len += u32::try_from(found.begin - begin).unwrap_or(0);
        }
        let block = self.ring.block(self.block);
        let mut bytes = block
            .get(begin..found.begin + found.captured)
            .unwrap_or_default();
        if let (Some((protocol, control)), Some((addresses, rest))) =
            (found.tag, bytes.split_at_checked(12))
            && self.link == LinkType::Ethernet
        {
            self.tagged.clear();
            self.tagged.extend(addresses);
            self.tagged.extend(protocol.to_be_bytes());
            self.tagged.extend(control.to_be_bytes());
            self.tagged.extend(rest);
            bytes = &self.tagged;
            wire_len += 4;
        }
        Ok(Some(Frame {
            time: found.time,
            odd_time: None,
            wire_len,
            link: self.link,
            bytes: bytes.get(..self.snaplen).unwrap_or(bytes),
        }))
    }

    /// When the next frame was seen, which stays the next; `None` when there is none now.
    pub(super) fn next_time(&mut self) -> Result<Option<Timestamp>, CaptureError> {
        let found = self.found(Duration::ZERO)?;
        Ok(found.map(|found| found.time))
    }

    /// The place of the next frame.
    fn found(&mut self, timeout: Duration) -> Result<Option<Found>, CaptureError> {
        if self.left == Some(0) {
            self.ring.give_back(self.block);
            self.block = (self.block + 1) % self.ring.blocks;
            self.left = None;
        }
        if self.left.is_none() && !self.wait_for_block(timeout)? {
            return Ok(None);
        }
        if self.left == Some(0) {
            return Ok(None);
        }
        let found = Found::read(self.ring.block(self.block), self.header);
        if found.is_none() {
            // The kernel does not write this; without its numbers nothing more can be found.
            self.left = Some(0);
        }
        Ok(found)
    }

    /// Whether the next block is ours, now or within the time-out.
    fn wait_for_block(&mut self, timeout: Duration) -> Result<bool, CaptureError> {
        if self.take_block() {
            return Ok(true);
        }
        if let Some(ended) = self.ended {
            return Err(ended.error(&self.interface));
        }
        let io = |source| io_error(&self.interface, "waiting for frames", source);
        let timeout =
            Timespec::try_from(timeout).map_err(|_| io(io::ErrorKind::InvalidInput.into()))?;
        let mut fds = [PollFd::new(&self.socket, PollFlags::IN)];
        match poll(&mut fds, Some(&timeout)) {
            Ok(0) | Err(rustix::io::Errno::INTR) => return Ok(self.take_block()),
            Ok(_) => {}
            Err(error) => return Err(io(error.into())),
        }
        if let Ok(Err(pending)) = sockopt::socket_error(&self.socket) {
            self.ended = Some(ended(
                &self.socket,
                self.index,
                pending.into(),
                &self.interface,
            )?);
        }
        Ok(self.take_block())
    }

    /// Whether half of the ring waits to be read: the kernel will soon drop frames.
    pub(super) fn is_filling(&self) -> bool {
        let half = self.block + self.ring.blocks / 2;
        self.ring.take(half % self.ring.blocks).is_some()
    }

    /// For waiting on several captures at once.
    pub(super) fn socket(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }

    fn take_block(&mut self) -> bool {
        let Some((frames, first)) = self.ring.take(self.block) else {
            return false;
        };
        self.left = Some(frames);
        self.header = first;
        true
    }

    pub(super) fn link_type(&self) -> LinkType {
        self.link
    }

    pub(super) fn buffer_size(&self) -> usize {
        self.ring.blocks * BLOCK
    }

    pub(super) fn statistics(&mut self) -> Result<CaptureStatistics, CaptureError> {
        let since = socket::take_statistics(self.socket.as_fd())
            .map_err(|source| io_error(&self.interface, "reading PACKET_STATISTICS", source))?;
        self.statistics.received += since.received;
        self.statistics.dropped += since.dropped;
        Ok(self.statistics)
    }
}

/// A frame's place in its block, from the header that the kernel wrote.
struct Found {
    /// Where its header is.
    header: usize,
    /// From this header to the next.
    next: usize,
    begin: usize,
    captured: usize,
    wire_len: u32,
    time: Timestamp,
    /// The VLAN tag that the kernel took out: its protocol and its control information.
    tag: Option<(u16, u16)>,
}

impl Found {
    /// `None` when it does not fit its block.
    fn read(block: &[u8], at: usize) -> Option<Self> {
        let word = |field: usize| -> Option<u32> {
            let bytes = block.get(at.checked_add(field)?..)?;
            bytes.first_chunk().map(|bytes| u32::from_ne_bytes(*bytes))
        };
        let half = |field: usize| -> Option<u16> {
            let bytes = block.get(at.checked_add(field)?..)?;
            bytes.first_chunk().map(|bytes| u16::from_ne_bytes(*bytes))
        };
        // struct tpacket3_hdr, linux/if_packet.h.
        let (next, captured, mac) = (word(0)? as usize, word(12)? as usize, half(24)?);
        let begin = at.checked_add(mac.into())?;
        block.get(begin..begin.checked_add(captured)?)?;
        let status = word(20)?;
        let tag = (status & libc::TP_STATUS_VLAN_VALID != 0).then(|| {
            let known = status & libc::TP_STATUS_VLAN_TPID_VALID != 0;
            let protocol = half(36).filter(|_| known).unwrap_or(0x8100);
            #[allow(clippy::cast_possible_truncation)] // It has 16 bits.
            (protocol, word(32).unwrap_or(0) as u16)
        });
        Some(Self {
            header: at,
            next,
            begin,
            captured,
            wire_len: word(16)?,
            time: Timestamp::new(word(4)?.into(), word(8)?.into()),
            tag,
        })
    }
}
