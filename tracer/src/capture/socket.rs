//! The `AF_PACKET` socket: made deaf, given its options, and only then let hear.
#![allow(unsafe_code)]

use std::ffi::c_int;
use std::io;
use std::mem;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

use rustix::net::sockopt;

use super::cooked::COOKED;
use super::filter::Gate;
use super::{ANY, CaptureError, CaptureOptions, CaptureStatistics, Filter, MAX_FRAME, interfaces};
use crate::{LinkType, Timestamp};

/// `SIOCGSTAMPNS` with the C library's `timespec` (linux/sockios.h).
const SIOCGSTAMPNS: libc::Ioctl = 0x8907;

/// A packet socket with every option set that still hears nothing: its protocol is 0 until it
/// is bound, so no frame slips in before the filter and the buffer are in place.
pub(super) struct PacketSocket {
    fd: OwnedFd,
    /// The interface's index in the socket's network namespace; 0 for all of them.
    pub(super) index: u32,
    pub(super) link: LinkType,
}

impl PacketSocket {
    pub(super) fn prepare(options: &CaptureOptions) -> Result<Self, CaptureError> {
        let name = &options.interface;
        let any = name == ANY;
        let fd = open(if any {
            libc::SOCK_DGRAM
        } else {
            libc::SOCK_RAW
        })
        .map_err(|source| match source.raw_os_error() {
            Some(libc::EPERM | libc::EACCES) => CaptureError::NotPermitted {
                interface: name.clone(),
                source,
            },
            _ => io_error(name, "opening a packet socket", source),
        })?;
        let index_of = |name: &str| rustix::net::netdevice::name_to_index(&fd, name);
        let (index, link, hardware) = if any {
            (0, LinkType::LinuxSll2, 0)
        } else {
            let index = index_of(name).map_err(|_| no_such_interface(name))?;
            let (link, hardware) = up(fd.as_fd(), name)?;
            (index, link, hardware)
        };

        // First of all, because the kernel begins to stamp frames a moment after it is asked.
        request_time_stamps(fd.as_fd())
            .map_err(|source| io_error(name, "asking for time stamps", source))?;
        if hardware == libc::ARPHRD_LOOPBACK {
            // What is sent on `lo` comes back as received: without this, each frame twice.
            set_option(
                fd.as_fd(),
                libc::SOL_PACKET,
                libc::PACKET_IGNORE_OUTGOING,
                &1,
            )
            .map_err(|source| io_error(name, "setting PACKET_IGNORE_OUTGOING", source))?;
        }
        if sockopt::set_socket_recv_buffer_size_force(&fd, options.buffer_size).is_err() {
            // Beyond net.core.rmem_max only the machine's administrator may go.
            sockopt::set_socket_recv_buffer_size(&fd, options.buffer_size)
                .map_err(|source| io_error(name, "setting SO_RCVBUF", source.into()))?;
        }
        if options.promiscuous && !any {
            promiscuous(fd.as_fd(), index)
                .map_err(|source| io_error(name, "setting promiscuous mode", source))?;
        }
        let compiled = match &options.expression {
            Some(expression) => {
                let program = expression.for_kernel(link).map_err(CaptureError::Filter)?;
                program.as_ref().map(Filter::from)
            }
            None => None,
        };
        let header = if any { COOKED } else { 0 };
        let gate = Gate {
            direction: options.direction,
            // What `lo` sends comes back as received.
            not_sent_by: index_of("lo").ok().filter(|_| any),
            snaplen: u32::try_from(options.snaplen.clamp(1, MAX_FRAME))
                .map_or(u32::MAX, |len| len.saturating_sub(header.into()).max(1)),
        };
        if let Some(filter) = gate.before(options.filter.as_ref().or(compiled.as_ref())) {
            attach(fd.as_fd(), &filter)
                .map_err(|source| io_error(name, "attaching the filter", source))?;
        }
        Ok(Self { fd, index, link })
    }

    pub(super) fn into_fd(self) -> OwnedFd {
        self.fd
    }
}

/// When the frame that was read last was seen.
pub(super) fn time_stamp(fd: BorrowedFd<'_>) -> io::Result<Timestamp> {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: SIOCGSTAMPNS writes one timespec to the address, which outlives the call.
    let result = unsafe { libc::ioctl(fd.as_raw_fd(), SIOCGSTAMPNS, &raw mut time) };
    check(result)?;
    #[allow(clippy::useless_conversion)] // The fields are 32 bits wide on some machines.
    Ok(Timestamp::new(time.tv_sec.into(), time.tv_nsec.into()))
}

/// The counters since they were last asked for: the kernel sets them back to zero.
pub(super) fn take_statistics(fd: BorrowedFd<'_>) -> io::Result<CaptureStatistics> {
    let mut counters = libc::tpacket_stats {
        tp_packets: 0,
        tp_drops: 0,
    };
    let mut length = socklen::<libc::tpacket_stats>();
    // SAFETY: the kernel writes at most `length` bytes to `counters`, and the new length to
    // `length`; both outlive the call.
    let result = unsafe {
        libc::getsockopt(
            fd.as_raw_fd(),
            libc::SOL_PACKET,
            libc::PACKET_STATISTICS,
            (&raw mut counters).cast(),
            &raw mut length,
        )
    };
    check(result)?;
    Ok(CaptureStatistics {
        received: counters.tp_packets.into(),
        dropped: counters.tp_drops.into(),
    })
}

pub(super) fn io_error(interface: &str, action: &'static str, source: io::Error) -> CaptureError {
    CaptureError::Io {
        interface: interface.to_owned(),
        action,
        source,
    }
}

fn open(kind: c_int) -> io::Result<OwnedFd> {
    // SAFETY: no memory is passed.
    let fd = unsafe { libc::socket(libc::AF_PACKET, kind | libc::SOCK_CLOEXEC, 0) };
    check(fd)?;
    // SAFETY: the descriptor was just made and nobody else owns it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// What the frames of an interface begin with, and its ARP hardware type.
fn up(fd: BorrowedFd<'_>, name: &str) -> Result<(LinkType, u16), CaptureError> {
    let interface = || name.to_owned();
    let (up, hardware) = describe(fd, name)
        .map_err(|source| io_error(name, "asking what the interface is", source))?;
    if !up {
        return Err(CaptureError::InterfaceDown {
            interface: interface(),
        });
    }
    let link = link_type(hardware).ok_or_else(|| CaptureError::UnsupportedLink {
        interface: interface(),
        hardware,
    })?;
    Ok((link, hardware))
}

/// What the frames of an interface begin with, whether it is up or not; it takes no privilege.
///
/// # Errors
/// When there is no such interface, and when its frames cannot be decoded.
pub fn interface_link(name: &str) -> Result<LinkType, CaptureError> {
    if name == ANY {
        return Ok(LinkType::LinuxSll2);
    }
    let socket = std::net::UdpSocket::bind((std::net::Ipv4Addr::UNSPECIFIED, 0))
        .map_err(|source| io_error(name, "opening a socket", source))?;
    let (_, hardware) =
        describe(socket.as_fd(), name).map_err(|source| match source.raw_os_error() {
            Some(libc::ENODEV) => no_such_interface(name),
            _ => io_error(name, "asking what the interface is", source),
        })?;
    link_type(hardware).ok_or_else(|| CaptureError::UnsupportedLink {
        interface: name.to_owned(),
        hardware,
    })
}

/// Whether the interface is up, and its ARP hardware type.
fn describe(fd: BorrowedFd<'_>, name: &str) -> io::Result<(bool, u16)> {
    // SAFETY: an ifreq is plain integers and byte arrays, for which zero is a value.
    let mut request: libc::ifreq = unsafe { mem::zeroed() };
    // The last byte stays zero; a longer name was refused when its index was asked for.
    for (to, from) in request
        .ifr_name
        .iter_mut()
        .take(libc::IFNAMSIZ - 1)
        .zip(name.bytes())
    {
        *to = from.cast_signed();
    }
    // SAFETY: both calls read the name and write the union of `request`, which outlives them.
    let flags = unsafe {
        check(libc::ioctl(
            fd.as_raw_fd(),
            libc::SIOCGIFFLAGS,
            &raw mut request,
        ))?;
        request.ifr_ifru.ifru_flags
    };
    // SAFETY: as above; SIOCGIFHWADDR fills the union's `ifru_hwaddr`.
    let hardware = unsafe {
        check(libc::ioctl(
            fd.as_raw_fd(),
            libc::SIOCGIFHWADDR,
            &raw mut request,
        ))?;
        request.ifr_ifru.ifru_hwaddr.sa_family
    };
    Ok((c_int::from(flags) & libc::IFF_UP != 0, hardware))
}

/// What frames of this ARP hardware type begin with.
fn link_type(hardware: u16) -> Option<LinkType> {
    match hardware {
        libc::ARPHRD_ETHER | libc::ARPHRD_LOOPBACK => Some(LinkType::Ethernet),
        // Tunnels: an IP header at once.
        libc::ARPHRD_NONE | libc::ARPHRD_TUNNEL | libc::ARPHRD_SIT => Some(LinkType::Raw),
        _ => None,
    }
}

/// The first question for a time stamp fails, as there is none yet, but turns stamping on.
pub(super) fn request_time_stamps(fd: BorrowedFd<'_>) -> io::Result<()> {
    match time_stamp(fd) {
        Err(error) if error.raw_os_error() != Some(libc::ENOENT) => Err(error),
        _ => Ok(()),
    }
}

/// Also what is addressed to others; until the socket is closed.
fn promiscuous(fd: BorrowedFd<'_>, index: u32) -> io::Result<()> {
    let request = libc::packet_mreq {
        mr_ifindex: c_int::try_from(index).map_err(|_| io::ErrorKind::InvalidInput)?,
        #[allow(clippy::cast_possible_truncation)] // It is 1.
        mr_type: libc::PACKET_MR_PROMISC as u16,
        mr_alen: 0,
        mr_address: [0; 8],
    };
    set_option(fd, libc::SOL_PACKET, libc::PACKET_ADD_MEMBERSHIP, &request)
}

/// Lets the socket hear what is on the interface.
pub(super) fn bind(fd: BorrowedFd<'_>, index: u32) -> io::Result<()> {
    // SAFETY: a sockaddr_ll is plain integers and byte arrays, for which zero is a value.
    let mut address: libc::sockaddr_ll = unsafe { mem::zeroed() };
    #[allow(clippy::cast_possible_truncation)] // Both constants are small.
    {
        address.sll_family = libc::AF_PACKET as u16;
        address.sll_protocol = (libc::ETH_P_ALL as u16).to_be();
    }
    address.sll_ifindex = c_int::try_from(index).map_err(|_| io::ErrorKind::InvalidInput)?;
    // SAFETY: the kernel reads the size of a sockaddr_ll from `address`, which outlives the call.
    let result = unsafe {
        libc::bind(
            fd.as_raw_fd(),
            (&raw const address).cast(),
            socklen::<libc::sockaddr_ll>(),
        )
    };
    check(result)
}

fn attach(fd: BorrowedFd<'_>, filter: &Filter) -> io::Result<()> {
    let instructions = filter.instructions();
    let program = libc::sock_fprog {
        len: u16::try_from(instructions.len()).map_err(|_| io::ErrorKind::InvalidInput)?,
        filter: instructions.as_ptr().cast_mut(),
    };
    // The kernel copies the instructions and never writes to them.
    set_option(fd, libc::SOL_SOCKET, libc::SO_ATTACH_FILTER, &program)
}

pub(super) fn set_option<T>(
    fd: BorrowedFd<'_>,
    level: c_int,
    name: c_int,
    value: &T,
) -> io::Result<()> {
    // SAFETY: the kernel reads size_of::<T>() bytes of `value`, and for a filter the
    // instructions that it points to; both outlive the call.
    let result = unsafe {
        libc::setsockopt(
            fd.as_raw_fd(),
            level,
            name,
            std::ptr::from_ref(value).cast(),
            socklen::<T>(),
        )
    };
    check(result)
}

fn socklen<T>() -> libc::socklen_t {
    libc::socklen_t::try_from(mem::size_of::<T>()).unwrap_or(0)
}

fn check(result: c_int) -> io::Result<()> {
    if result < 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(())
    }
}

fn no_such_interface(name: &str) -> CaptureError {
    CaptureError::NoSuchInterface {
        interface: name.to_owned(),
        available: interfaces().into_iter().map(|found| found.name).collect(),
    }
}
