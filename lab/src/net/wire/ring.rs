//! A packet socket with a ring: frames that arrive at one end of a cable, and frames that leave.
//!
//! The ring (`TPACKET_V2`, one slot a frame) holds far more than a socket's receive buffer may
//! in a user namespace, so that a burst is not lost while the thread waits for its turn.
#![allow(unsafe_code)]

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU32, Ordering};

use rustix::net::{SendFlags, send, sockopt};
use tracer::Timestamp;

/// Bytes of a ring.
const RING: usize = 8 << 20;
/// What the kernel allots at once; slots lie in it without a gap.
const BLOCK: usize = 1 << 18;
/// What a slot needs beside the frame: the kernel's header, the sender's address, alignment,
/// and the link header.
const BESIDE: usize = 128;
/// The kernel's header, `struct tpacket2_hdr`.
const HEADER: usize = 32;

/// From `linux/if_packet.h`.
const TPACKET_V2: libc::c_int = 1;
const STATUS_KERNEL: u32 = 0;
const STATUS_USER: u32 = 1;

/// One end of a cable.
#[derive(Debug)]
pub(in crate::net) struct Port {
    socket: OwnedFd,
    memory: NonNull<u8>,
    slot: usize,
    slots: usize,
    /// The slot that is read next.
    next: usize,
}

// SAFETY: the memory is owned by this value alone, and the kernel does not care which thread
// reads it.
unsafe impl Send for Port {}

impl Port {
    /// Opens the end on an interface of the calling thread's network namespace, for IP packets
    /// of at most `mtu` bytes.
    pub(in crate::net) fn open(index: u32, mtu: u32) -> io::Result<Self> {
        // Protocol 0: nothing arrives before everything is set.
        let kind = libc::SOCK_RAW | libc::SOCK_CLOEXEC | libc::SOCK_NONBLOCK;
        // SAFETY: a system call on integers; the result is checked.
        let fd = unsafe { libc::socket(libc::AF_PACKET, kind, 0) };
        if fd < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the descriptor was just made and is nobody else's.
        let socket: OwnedFd = unsafe { std::os::fd::FromRawFd::from_raw_fd(fd) };
        set(&socket, libc::PACKET_VERSION, &TPACKET_V2)?;
        // Else it would carry back what it delivers.
        set(&socket, libc::PACKET_IGNORE_OUTGOING, &1_i32)?;
        let slot = (mtu as usize + BESIDE).next_power_of_two().max(2048);
        if slot > BLOCK {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                format!("an MTU of {mtu} bytes"),
            ));
        }
        let number = |value: usize| libc::c_uint::try_from(value).map_err(io::Error::other);
        let request = libc::tpacket_req {
            tp_block_size: number(BLOCK)?,
            tp_block_nr: number(RING / BLOCK)?,
            tp_frame_size: number(slot)?,
            tp_frame_nr: number(RING / slot)?,
        };
        set(&socket, libc::PACKET_RX_RING, &request)?;
        // SAFETY: a new mapping of the ring that was just made, of its exact size, at an
        // address of the kernel's choice.
        let memory = unsafe {
            libc::mmap(
                std::ptr::null_mut(),
                RING,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_SHARED,
                socket.as_raw_fd(),
                0,
            )
        };
        let memory = if memory == libc::MAP_FAILED {
            None
        } else {
            NonNull::new(memory.cast())
        };
        let port = Self {
            memory: memory.ok_or_else(io::Error::last_os_error)?,
            socket,
            slot,
            slots: RING / slot,
            next: 0,
        };
        port.bind(index)?;
        Ok(port)
    }

    fn bind(&self, index: u32) -> io::Result<()> {
        // SAFETY: a sockaddr_ll is plain integers, for which zero is a value.
        let mut address: libc::sockaddr_ll = unsafe { std::mem::zeroed() };
        let out_of_range = |_| io::Error::from(io::ErrorKind::InvalidInput);
        address.sll_family = u16::try_from(libc::AF_PACKET).map_err(io::Error::other)?;
        address.sll_protocol = u16::try_from(libc::ETH_P_ALL)
            .map_err(io::Error::other)?
            .to_be();
        address.sll_ifindex = i32::try_from(index).map_err(out_of_range)?;
        let length = libc::socklen_t::try_from(size_of_val(&address)).map_err(io::Error::other)?;
        // SAFETY: the address lives during the call, and its length is its own.
        let bound =
            unsafe { libc::bind(self.socket.as_raw_fd(), (&raw const address).cast(), length) };
        if bound < 0 {
            return Err(io::Error::last_os_error());
        }
        Ok(())
    }

    /// Gives the next frame that has arrived to `take`, with the time at which the kernel saw
    /// it; whether there was one.
    pub(in crate::net) fn receive(&mut self, take: impl FnOnce(&[u8], Timestamp)) -> bool {
        // SAFETY: a slot begins within the memory, at a multiple of 2048 bytes, with the status
        // word, which the kernel and this thread alone write, atomically.
        let (start, status) = unsafe {
            let start = self.memory.add(self.next * self.slot);
            (start, start.cast::<AtomicU32>().as_ref())
        };
        if status.load(Ordering::Acquire) & STATUS_USER == 0 {
            return false;
        }
        // SAFETY: while the status says so the slot's bytes behind the status word are ours, and
        // the kernel does not write them; the borrow ends before the slot is given back.
        let bytes = unsafe { std::slice::from_raw_parts(start.add(4).as_ptr(), self.slot - 4) };
        if let Some((frame, time)) = read_slot(bytes) {
            take(frame, time);
        }
        status.store(STATUS_KERNEL, Ordering::Release);
        self.next = (self.next + 1) % self.slots;
        true
    }

    /// Sends a frame, without waiting.
    pub(in crate::net) fn send(&self, frame: &[u8]) -> io::Result<()> {
        send(&self.socket, frame, SendFlags::DONTWAIT)?;
        Ok(())
    }

    /// Takes the error that is pending: the interface has gone.
    pub(in crate::net) fn error(&self) -> io::Result<()> {
        sockopt::socket_error(&self.socket)?.map_err(io::Error::from)
    }

    /// How many frames found no slot since the last call.
    pub(in crate::net) fn take_missed(&self) -> io::Result<u64> {
        let mut statistics = libc::tpacket_stats {
            tp_packets: 0,
            tp_drops: 0,
        };
        let mut length =
            libc::socklen_t::try_from(size_of_val(&statistics)).map_err(io::Error::other)?;
        // SAFETY: the statistics and the length live during the call and are what the kernel
        // fills for this option.
        let done = unsafe {
            libc::getsockopt(
                self.socket.as_raw_fd(),
                libc::SOL_PACKET,
                libc::PACKET_STATISTICS,
                (&raw mut statistics).cast(),
                &raw mut length,
            )
        };
        if done < 0 {
            return Err(io::Error::last_os_error());
        }
        Ok(statistics.tp_drops.into())
    }
}

impl AsFd for Port {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

impl Drop for Port {
    fn drop(&mut self) {
        // SAFETY: the mapping of this size was made in `open`, and nothing borrows from it.
        unsafe { libc::munmap(self.memory.as_ptr().cast(), RING) };
    }
}

/// The frame in a slot without its status word, and its time. `None` when it is not whole.
fn read_slot(bytes: &[u8]) -> Option<(&[u8], Timestamp)> {
    let word = |at: usize| -> Option<u32> {
        Some(u32::from_ne_bytes(*bytes.get(at - 4..)?.first_chunk()?))
    };
    let (length, captured) = (word(4)?, word(8)?);
    let begin = usize::from(u16::from_ne_bytes(*bytes.get(12 - 4..)?.first_chunk()?));
    let time = Timestamp::new(word(16)?.into(), word(20)?.into());
    if length != captured || begin < HEADER {
        return None;
    }
    let frame = bytes.get(begin - 4..)?.get(..captured as usize)?;
    Some((frame, time))
}

fn set<T>(socket: &OwnedFd, option: libc::c_int, value: &T) -> io::Result<()> {
    let length = libc::socklen_t::try_from(size_of::<T>()).map_err(io::Error::other)?;
    // SAFETY: the value lives during the call, and its size is told; the options of this file
    // take an int or a tpacket_req, which is what they are given.
    let done = unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            libc::SOL_PACKET,
            option,
            std::ptr::from_ref(value).cast(),
            length,
        )
    };
    if done < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}
