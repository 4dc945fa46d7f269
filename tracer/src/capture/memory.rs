//! The memory of a `TPACKET_V3` ring.
#![allow(unsafe_code)]

use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU32, Ordering};

use super::{MAX_FRAME, socket};

/// A block holds at least one frame of the greatest length.
pub(super) const BLOCK: usize = 1 << 20;
/// The kernel's bookkeeping only: frames of any length stand one behind the other in a block.
const SLOT: usize = 2048;
const _: () = assert!(BLOCK > 2 * MAX_FRAME);
/// After this long the kernel hands over a block that is not full, in milliseconds.
const HAND_OVER: u32 = 8;

/// Memory that the kernel shares with us, in blocks that belong to one or the other.
pub(super) struct Ring {
    memory: NonNull<u8>,
    pub(super) blocks: usize,
}

// SAFETY: the mapping belongs to this value alone, and is not tied to a thread.
unsafe impl Send for Ring {}

/// Offsets in the header of a block: `struct tpacket_block_desc` of `linux/if_packet.h`.
const STATUS: usize = 8;
const FRAMES: usize = 12;
const FIRST: usize = 16;

impl Ring {
    /// Asks for a ring of about this size.
    pub(super) fn map(socket: &OwnedFd, size: usize) -> io::Result<Self> {
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
    pub(super) fn take(&self, block: usize) -> Option<(u32, usize)> {
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
    pub(super) fn block(&self, block: usize) -> &[u8] {
        let at = (block % self.blocks) * BLOCK;
        // SAFETY: the block is within the mapping. While it is ours the kernel does not write to
        // it, and it stays ours for as long as the slice lives: giving it back takes `&mut self`.
        unsafe { std::slice::from_raw_parts(self.memory.as_ptr().add(at), BLOCK) }
    }

    /// The same, to be written to: the kernel looks at nothing of it but the status.
    pub(super) fn block_mut(&mut self, block: usize) -> &mut [u8] {
        let at = (block % self.blocks) * BLOCK;
        // SAFETY: as for `block`, and the exclusive borrow lets nobody else look meanwhile.
        unsafe { std::slice::from_raw_parts_mut(self.memory.as_ptr().add(at), BLOCK) }
    }

    pub(super) fn give_back(&mut self, block: usize) {
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
