//! Capture through a `TPACKET_V3` ring.
//!
//! The kernel writes frames, with their time stamps, into memory that it shares with us, and no
//! system call is made for a frame.
#![allow(unsafe_code)]

use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::net::sockopt;

use super::ended::{Ended, ended};
use super::socket::{self, PacketSocket, io_error};
use super::{CaptureError, CaptureOptions, CaptureStatistics, MAX_FRAME};
use crate::{Frame, LinkType, Timestamp};

/// A block holds at least one frame of the greatest length.
const BLOCK: usize = 1 << 20;
/// The kernel's bookkeeping only: frames of any length stand one behind the other in a block.
const SLOT: usize = 2048;
const _: () = assert!(BLOCK > 2 * MAX_FRAME);
/// After this long the kernel hands over a block that is not full, in milliseconds.
const HAND_OVER: u32 = 8;

pub(super) struct RingCapture {
    interface: String,
    index: u32,
    link: LinkType,
    socket: OwnedFd,
    ring: Ring,
    read_timeout: Duration,
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
            block: 0,
            left: None,
            header: 0,
            tagged: Vec::new(),
            statistics: CaptureStatistics::default(),
            ended: None,
        })
    }

    pub(super) fn next(&mut self) -> Result<Option<Frame<'_>>, CaptureError> {
        if self.left == Some(0) {
            self.ring.give_back(self.block);
            self.block = (self.block + 1) % self.ring.blocks;
            self.left = None;
        }
        if self.left.is_none() && !self.wait_for_block()? {
            return Ok(None);
        }
        let Some(left) = self.left.filter(|left| *left > 0) else {
            return Ok(None);
        };
        let block = self.ring.block(self.block);
        let Some(found) = Found::read(block, self.header) else {
            // The kernel does not write this; without its numbers nothing more can be found.
            self.left = Some(0);
            return Ok(None);
        };
        self.left = Some(left - 1);
        self.header += found.next;
        let mut bytes = block
            .get(found.begin..found.begin + found.captured)
            .unwrap_or_default();
        let mut wire_len = found.wire_len;
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
            wire_len,
            link: self.link,
            bytes,
        }))
    }

    /// Whether the next block is ours, now or within the time-out.
    fn wait_for_block(&mut self) -> Result<bool, CaptureError> {
        if self.take_block() {
            return Ok(true);
        }
        if let Some(ended) = self.ended {
            return Err(ended.error(&self.interface));
        }
        let io = |source| io_error(&self.interface, "waiting for frames", source);
        let timeout = Timespec::try_from(self.read_timeout)
            .map_err(|_| io(io::ErrorKind::InvalidInput.into()))?;
        let mut fds = [PollFd::new(&self.socket, PollFlags::IN)];
        match poll(&mut fds, Some(&timeout)) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
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
            next,
            begin,
            captured,
            wire_len: word(16)?,
            time: Timestamp::new(word(4)?.into(), word(8)?.into()),
            tag,
        })
    }
}

/// Memory that the kernel shares with us, in blocks that belong to one or the other.
struct Ring {
    memory: NonNull<u8>,
    blocks: usize,
}

// SAFETY: the mapping belongs to this value alone, and is not tied to a thread.
unsafe impl Send for Ring {}

/// Offsets in the header of a block: `struct tpacket_block_desc` of `linux/if_packet.h`.
const STATUS: usize = 8;
const FRAMES: usize = 12;
const FIRST: usize = 16;

impl Ring {
    /// Asks for a ring of about this size.
    fn map(socket: &OwnedFd, size: usize) -> io::Result<Self> {
        let blocks = (size / BLOCK).clamp(2, 1024);
        socket::set_option(
            socket.as_fd(),
            libc::SOL_PACKET,
            libc::PACKET_VERSION,
            &libc::tpacket_versions::TPACKET_V3,
        )?;
        let number = |n: usize| u32::try_from(n).map_err(|_| io::ErrorKind::InvalidInput);
        let request = libc::tpacket_req3 {
            tp_block_size: number(BLOCK)?,
            tp_block_nr: number(blocks)?,
            tp_frame_size: number(SLOT)?,
            tp_frame_nr: number(blocks * (BLOCK / SLOT))?,
            tp_retire_blk_tov: HAND_OVER,
            tp_sizeof_priv: 0,
            tp_feature_req_word: 0,
        };
        socket::set_option(
            socket.as_fd(),
            libc::SOL_PACKET,
            libc::PACKET_RX_RING,
            &request,
        )?;
        // SAFETY: a new mapping at an address that the kernel chooses overlaps nothing; it is
        // undone when the ring is dropped.
        let memory = unsafe {
            libc::mmap(
                std::ptr::null_mut(),
                blocks * BLOCK,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_SHARED,
                socket.as_raw_fd(),
                0,
            )
        };
        if memory == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        let memory = NonNull::new(memory.cast()).ok_or(io::ErrorKind::OutOfMemory)?;
        Ok(Self { memory, blocks })
    }

    /// The word that says whose the block is.
    fn status(&self, block: usize) -> &AtomicU32 {
        let at = (block % self.blocks) * BLOCK + STATUS;
        // SAFETY: the word is within the mapping and aligned, as blocks begin on pages; the
        // kernel and we access it as a whole; the mapping lives as long as `self`.
        unsafe { AtomicU32::from_ptr(self.memory.as_ptr().add(at).cast()) }
    }

    /// The frames in a block and where the first is, if the kernel has handed it over.
    fn take(&self, block: usize) -> Option<(u32, usize)> {
        if self.status(block).load(Ordering::Acquire) & libc::TP_STATUS_USER == 0 {
            return None;
        }
        let bytes = self.block(block);
        let word = |at: usize| {
            let bytes = bytes.get(at..).and_then(<[u8]>::first_chunk);
            bytes.map_or(0, |bytes| u32::from_ne_bytes(*bytes))
        };
        Some((word(FRAMES), word(FIRST) as usize))
    }

    /// The bytes of a block that was taken and not given back.
    fn block(&self, block: usize) -> &[u8] {
        let at = (block % self.blocks) * BLOCK;
        // SAFETY: the block is within the mapping. While it is ours the kernel does not write to
        // it, and it stays ours for as long as the slice lives: giving it back takes `&mut self`.
        unsafe { std::slice::from_raw_parts(self.memory.as_ptr().add(at), BLOCK) }
    }

    fn give_back(&mut self, block: usize) {
        self.status(block)
            .store(libc::TP_STATUS_KERNEL, Ordering::Release);
    }
}

impl Drop for Ring {
    fn drop(&mut self) {
        // SAFETY: this is the mapping that `map` made, and nothing borrows from it any more.
        unsafe { libc::munmap(self.memory.as_ptr().cast(), self.blocks * BLOCK) };
    }
}
