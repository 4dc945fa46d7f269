//! Sockets with a will: what can be chosen about a TCP connection before and after it is there.
//!
//! What the articles show, and what the kernel lets one choose (measured on Linux 6.18):
//!
//! | in the articles | here |
//! |---|---|
//! | initial sequence numbers (S0) | the connecting side's: [`SocketPlan::initial_sequence`]. The accepting side's is the kernel's |
//! | ports (S0, S2, S3) | [`SocketPlan::local`] |
//! | DF on the server's packets alone (S0, passive) | [`SocketPlan::dont_fragment`], [`HostPlan::dont_fragment`](super::HostPlan::dont_fragment) |
//! | SYN with window 65535, and then a window that shrinks by each byte and never reopens (S0, Windows) | [`SocketPlan::receive_buffer`], then [`pin_window`] |
//! | 17520 = 12 × 1460 from the accepting side, shrinking too (S0, the server) | [`SocketPlan::window_clamp`] on the listener, then [`pin_window`] |
//! | SYN with 16384, then 17376 (S0, OpenBSD) or 17520 (S0, the server's data connection) | [`SocketPlan::window_clamp`] with [`End::advertised_mss`](super::End::advertised_mss) above it, and [`SocketPlan::window_after_syn`] |
//! | a window that reopens when the program has read (S0, OpenBSD: 17325, then 17376) | [`pin_window`] after each read; by itself Linux reopens too, but in steps of its own |
//! | acknowledgements at once (S0, OpenBSD) or after 107 to 195 ms (S0, Windows) | [`set_acks`]; Linux delays by 40 ms and cannot be made to wait longer |
//! | TTL 128 (S1) | [`SocketPlan::ttl`], [`HostPlan::ttl`](super::HostPlan::ttl) |
//! | no time stamps, SACK or window scaling (S0) | [`HostPlan::plain_tcp`](super::HostPlan::plain_tcp) |
#![allow(unsafe_code)]

mod option;

use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsFd, BorrowedFd, FromRawFd, IntoRawFd, OwnedFd};
use std::time::Duration;

use rustix::io::Errno;
use tokio::net::{TcpListener, TcpSocket, TcpStream};

use self::option::{Plain, fetch, set};

/// From linux/tcp.h.
const TCP_WINDOW_CLAMP: libc::c_int = 10;
const TCP_REPAIR_SEND_QUEUE: libc::c_int = 2;
const TCP_REPAIR_OFF_NO_PROBE: libc::c_int = -1;
const TCP_DELACK_MAX_US: libc::c_int = 46;

/// The narrowest window that the kernel lets a clamp ask for; it takes less as this.
const NARROWEST: libc::c_int = 1;

/// What a TCP socket is to be like. What is not said is as the kernel has it.
///
/// To be used on the thread of the host that the socket is for: in a task of
/// [`Host::spawn`](super::Host::spawn).
#[derive(Clone, Debug, Default)]
pub struct SocketPlan {
    local: Option<SocketAddr>,
    initial_sequence: Option<u32>,
    dont_fragment: Option<bool>,
    receive_buffer: Option<u32>,
    window_clamp: Option<u32>,
    maximum_segment: Option<u16>,
    ttl: Option<u8>,
    tos: Option<u8>,
    window_after_syn: Option<u16>,
}

impl SocketPlan {
    /// As the kernel has it.
    pub fn new() -> Self {
        Self::default()
    }

    /// With this address and port of its own; port 0 is the kernel's choice. The port may be
    /// one that a closed connection still waits on.
    #[must_use]
    pub fn local(mut self, address: SocketAddr) -> Self {
        self.local = Some(address);
        self
    }

    /// With this initial sequence number, when it connects: the SYN carries it. 0 leaves the
    /// choice to the kernel, which takes 0 for none. Of no effect on a listener: the kernel
    /// makes the numbers of what it accepts from a secret.
    ///
    /// S0 shows 87666930, 3061133541 (the server's data connection from port 20), 157025335
    /// and 157871686 on connecting sides.
    #[must_use]
    pub fn initial_sequence(mut self, number: u32) -> Self {
        self.initial_sequence = Some(number);
        self
    }

    /// Whether its segments carry DF; a listener's choice is that of what it accepts. The
    /// default is on, unless [`HostPlan::dont_fragment`](super::HostPlan::dont_fragment) says
    /// otherwise. Off, path MTU discovery is off with it. What the kernel does not leave to
    /// choice: a SYN/ACK always has DF and identification 0, being too small to be cut; so do a
    /// reset, and the acknowledgement of the peer's FIN when the program has closed already,
    /// which come from the kernel's own socket. S0's host without DF connects twice and closes
    /// second, so it is as in the article.
    #[must_use]
    pub fn dont_fragment(mut self, forbid: bool) -> Self {
        self.dont_fragment = Some(forbid);
        self
    }

    /// With a receive buffer of this many bytes (`SO_RCVBUF`), of which the kernel takes the
    /// double and offers half of that; at most `net.core.rmem_max`, which is 212 992 by
    /// default. Without window scaling, 100 000 is enough for a SYN with window 65535: the
    /// window in bytes is then a multiple of the MSS above that, and the field says the most
    /// that it can. Below, the window is a multiple of the MSS: 64240 = 44 × 1460.
    #[must_use]
    pub fn receive_buffer(mut self, bytes: u32) -> Self {
        self.receive_buffer = Some(bytes);
        self
    }

    /// With at most this window (`TCP_WINDOW_CLAMP`), rounded down to a multiple of the MSS
    /// that its SYN tells, when it is more than one: 17520 = 12 × 1460 stays, of 16384 become
    /// 16060, unless [`End::advertised_mss`](super::End::advertised_mss) is more. A listener's
    /// is that of what it accepts, from the SYN/ACK on.
    #[must_use]
    pub fn window_clamp(mut self, bytes: u32) -> Self {
        self.window_clamp = Some(bytes);
        self
    }

    /// With another window from the third segment of the handshake on, when it connects, as
    /// [`pin_window`] has it: S0's OpenBSD says 16384 in the SYN and 17376 then, its server
    /// 16384 and then 17520. It is set while the SYN is under way, so the peer must not be
    /// nearer than some tens of microseconds.
    #[must_use]
    pub fn window_after_syn(mut self, bytes: u16) -> Self {
        self.window_after_syn = Some(bytes);
        self
    }

    /// With this MSS in its SYN, and no longer segments sent (`TCP_MAXSEG`): 88 to 32 767
    /// bytes, and no more than the link allows.
    #[must_use]
    pub fn maximum_segment(mut self, bytes: u16) -> Self {
        self.maximum_segment = Some(bytes);
        self
    }

    /// With this time to live in its packets over IPv4: 1 to 255. S1's hosts send 128, Linux 64.
    #[must_use]
    pub fn ttl(mut self, hops: u8) -> Self {
        self.ttl = Some(hops);
        self
    }

    /// With this type of service in its packets over IPv4. The kernel keeps the two bits of ECN
    /// of a TCP socket to itself.
    #[must_use]
    pub fn tos(mut self, tos: u8) -> Self {
        self.tos = Some(tos);
        self
    }

    /// A socket that has all this and is not connected yet, for `peer` or, listening, for the
    /// address itself: only its family matters. Choosing the sequence number takes
    /// `CAP_NET_ADMIN` in the network namespace, which every host's tasks have.
    ///
    /// # Errors
    /// What the kernel says, after what was being set: `TCP_REPAIR: Operation not permitted`.
    pub fn socket(&self, peer: SocketAddr) -> io::Result<TcpSocket> {
        let socket = if peer.is_ipv4() {
            TcpSocket::new_v4()?
        } else {
            TcpSocket::new_v6()?
        };
        let fd = socket.as_fd();
        if let Some(number) = self.initial_sequence {
            start_at(fd, number)?;
        }
        // After the above, which switches it off. A port that the kernel chooses is a fresh one.
        socket.set_reuseaddr(self.local.is_some_and(|local| local.port() != 0))?;
        let level = libc::IPPROTO_IP;
        if let Some(forbid) = self.dont_fragment {
            set_dont_fragment(&fd, forbid)?;
        }
        if let Some(hops) = self.ttl {
            set(fd, level, libc::IP_TTL, "IP_TTL", &libc::c_int::from(hops))?;
        }
        if let Some(tos) = self.tos {
            set(fd, level, libc::IP_TOS, "IP_TOS", &libc::c_int::from(tos))?;
        }
        let level = libc::IPPROTO_TCP;
        if let Some(bytes) = self.maximum_segment {
            let bytes = libc::c_int::from(bytes);
            set(fd, level, libc::TCP_MAXSEG, "TCP_MAXSEG", &bytes)?;
        }
        if let Some(bytes) = self.receive_buffer {
            socket.set_recv_buffer_size(bytes)?;
        }
        if let Some(bytes) = self.window_clamp {
            clamp(fd, libc::c_int::try_from(bytes).unwrap_or(libc::c_int::MAX))?;
        }
        if let Some(local) = self.local {
            socket.bind(local)?;
        }
        Ok(socket)
    }

    /// Connects, waiting at most `limit`.
    ///
    /// # Errors
    /// As [`SocketPlan::socket`], and when nobody answers in time or the peer refuses.
    pub async fn connect(&self, peer: SocketAddr, limit: Duration) -> io::Result<TcpStream> {
        let socket = self.socket(peer)?;
        let connecting = async {
            let Some(bytes) = self.window_after_syn else {
                return socket.connect(peer).await;
            };
            // SAFETY: the descriptor was just given up, and is nobody else's.
            let fd = unsafe { OwnedFd::from_raw_fd(socket.into_raw_fd()) };
            match rustix::net::connect(&fd, &peer) {
                Ok(()) | Err(Errno::INPROGRESS) => {}
                Err(error) => return Err(error.into()),
            }
            pin_window(&fd, bytes)?;
            let stream = TcpStream::from_std(fd.into())?;
            stream.writable().await?;
            match stream.take_error()? {
                Some(error) => Err(error),
                None => Ok(stream),
            }
        };
        tokio::time::timeout(limit, connecting)
            .await
            .map_err(|_| io::Error::new(io::ErrorKind::TimedOut, format!("{peer} is silent")))?
    }

    /// Listens at the address of [`SocketPlan::local`].
    ///
    /// # Errors
    /// As [`SocketPlan::socket`], and when there is no address or it is taken.
    pub fn listen(&self) -> io::Result<TcpListener> {
        let none = || io::Error::new(io::ErrorKind::InvalidInput, "no address to listen at");
        let local = self.local.ok_or_else(none)?;
        self.socket(local)?.listen(128)
    }
}

/// When a connection acknowledges data that nothing goes back for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Acks {
    /// At once (S0, OpenBSD: after 0.05 ms).
    AtOnce,
    /// Late, in the hope of data to go along with: 40 ms on Linux, where S0's Windows took 107
    /// to 195 ms. The kernel's least is 40 ms, and it has no way to more.
    Delayed,
    /// Late, but no later than this (`TCP_DELACK_MAX_US`, Linux 6.15): from two ticks of the
    /// kernel's clock, which are 2 to 20 ms, to 40 ms.
    DelayedAtMost(Duration),
}

/// Whether what an IPv4 socket sends from now on carries DF: for datagrams, what
/// [`SocketPlan::dont_fragment`] is for connections.
///
/// # Errors
/// When it is no socket of IPv4.
pub fn set_dont_fragment(socket: &impl AsFd, forbid: bool) -> io::Result<()> {
    let how = if forbid {
        libc::IP_PMTUDISC_DO
    } else {
        libc::IP_PMTUDISC_DONT
    };
    let (fd, level) = (socket.as_fd(), libc::IPPROTO_IP);
    set(fd, level, libc::IP_MTU_DISCOVER, "IP_MTU_DISCOVER", &how)
}

/// Asks a connection to acknowledge so from now on (`TCP_QUICKACK`). The kernel forgets it: an
/// acknowledgement that was sent late makes the next ones immediate, and data that was sent
/// within 40 ms of data received makes them late. So it is to be said again after each read.
/// For everything that goes over a link, [`End::quick_ack`](super::End::quick_ack) says at once
/// and for good; it overrules this.
///
/// Not before the connection is there: a connecting socket that is told to wait also delays the
/// third segment of its handshake.
///
/// # Errors
/// When the socket is not TCP's, when the kernel does not know the option, and when the limit is
/// too short for it.
pub fn set_acks(socket: &impl AsFd, acks: Acks) -> io::Result<()> {
    let fd = socket.as_fd();
    let level = libc::IPPROTO_TCP;
    let at_once = libc::c_int::from(acks == Acks::AtOnce);
    if let Acks::DelayedAtMost(limit) = acks {
        let limit = libc::c_int::try_from(limit.as_micros()).unwrap_or(libc::c_int::MAX);
        set(
            fd,
            level,
            TCP_DELACK_MAX_US,
            "TCP_DELACK_MAX_US",
            &limit.max(1),
        )?;
    }
    set(fd, level, libc::TCP_QUICKACK, "TCP_QUICKACK", &at_once)
}

/// Makes a connection offer exactly this window from its next segment on, and less by each byte
/// that arrives, whatever the program reads: it never reopens, until this is called again.
///
/// That is what S0's Windows client and its server do: 65535, less 55 for the greeting, is
/// 65480; 17520, less 16 for USER, is 17504. Call it right after connecting or accepting, or let
/// [`SocketPlan::window_after_syn`] do it. For a session that is shorter than its window: what
/// is left of a window never falls below some 1152 bytes, the least that the kernel takes for a
/// clamp (`TCP_WINDOW_CLAMP`). A FIN that arrives takes one byte of it, as a number of the
/// sequence.
///
/// Without window scaling; with it the field says the window divided by the scale.
///
/// # Errors
/// On a listener, without `CAP_NET_ADMIN` in its network namespace, and when the kernel refuses
/// the window.
pub fn pin_window(socket: &impl AsFd, bytes: u16) -> io::Result<()> {
    let fd = socket.as_fd();
    let level = libc::IPPROTO_TCP;
    // A window that is offered does not grow while the clamp is below it.
    clamp(fd, NARROWEST)?;
    set(fd, level, libc::TCP_REPAIR, "TCP_REPAIR", &1_i32)?;
    let changed = repair_window(fd, bytes);
    set(
        fd,
        level,
        libc::TCP_REPAIR,
        "TCP_REPAIR",
        &TCP_REPAIR_OFF_NO_PROBE,
    )?;
    changed
}

/// `struct tcp_repair_window` (linux/tcp.h).
#[repr(C)]
#[derive(Default)]
struct RepairWindow {
    snd_wl1: u32,
    snd_wnd: u32,
    max_window: u32,
    rcv_wnd: u32,
    rcv_wup: u32,
}

impl Plain for RepairWindow {}

fn repair_window(fd: BorrowedFd<'_>, bytes: u16) -> io::Result<()> {
    const TCP_REPAIR_WINDOW: libc::c_int = 29;
    let mut window = RepairWindow::default();
    let level = libc::IPPROTO_TCP;
    fetch(
        fd,
        level,
        TCP_REPAIR_WINDOW,
        "TCP_REPAIR_WINDOW",
        &mut window,
    )?;
    // From where the window counts: the last byte that was acknowledged. What has arrived since
    // is in it already.
    window.rcv_wnd = bytes.into();
    set(fd, level, TCP_REPAIR_WINDOW, "TCP_REPAIR_WINDOW", &window)
}

/// Sets the sequence number from which a socket that is not connected will count.
fn start_at(fd: BorrowedFd<'_>, number: u32) -> io::Result<()> {
    let level = libc::IPPROTO_TCP;
    set(fd, level, libc::TCP_REPAIR, "TCP_REPAIR", &1_i32)?;
    let queue = TCP_REPAIR_SEND_QUEUE;
    set(
        fd,
        level,
        libc::TCP_REPAIR_QUEUE,
        "TCP_REPAIR_QUEUE",
        &queue,
    )?;
    set(fd, level, libc::TCP_QUEUE_SEQ, "TCP_QUEUE_SEQ", &number)?;
    set(
        fd,
        level,
        libc::TCP_REPAIR,
        "TCP_REPAIR",
        &TCP_REPAIR_OFF_NO_PROBE,
    )
}

fn clamp(fd: BorrowedFd<'_>, bytes: libc::c_int) -> io::Result<()> {
    set(
        fd,
        libc::IPPROTO_TCP,
        TCP_WINDOW_CLAMP,
        "TCP_WINDOW_CLAMP",
        &bytes,
    )
}

#[cfg(test)]
mod tests;
