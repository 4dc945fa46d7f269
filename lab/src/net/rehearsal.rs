//! Trying the private network in a forked child first, so that a refusal half-way leaves this
//! process as it was: nobody can leave a user namespace that turned out to be useless.
//!
//! The child makes system calls and nothing else: no allocation, no lock, no panic. So it may
//! also be forked from a process that has other threads.
#![allow(unsafe_code)]

use std::ffi::{CStr, CString};
use std::io::{self, PipeReader, PipeWriter};
use std::os::fd::AsRawFd;
use std::path::Path;
use std::ptr;
use std::time::{Duration, Instant};

use rtnetlink::LinkVeth;
use rtnetlink::packet_core::{NLM_F_ACK, NLM_F_CREATE, NLM_F_EXCL, NLM_F_REQUEST, NetlinkMessage};
use rtnetlink::packet_route::RouteNetlinkMessage;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::net::{
    AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, recv, send, socket_with,
};
use rustix::process::{Pid, Signal, WaitOptions, WaitStatus, kill_process, waitpid};
use rustix::thread::UnshareFlags;

/// How long the child may take. It needs some milliseconds.
const LIMIT: Duration = Duration::from_secs(10);

/// How often the child is asked whether it has ended.
const ASK_AGAIN: Duration = Duration::from_micros(200);

/// How much of what a program says is kept, in bytes.
const SAID: usize = 4096;

/// A way into a network namespace of one's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// As an administrator: only the network is new.
    Administrator,
    /// As anybody: with a user namespace, in which one is root.
    UserNamespace,
}

/// What a private network takes, in the order in which it is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Step {
    /// `unshare(CLONE_NEWUSER)`.
    UserNamespace,
    /// Writing `/proc/self/uid_map` and its kin.
    MapIds,
    /// `unshare(CLONE_NEWNET)`.
    NetworkNamespace,
    /// An `AF_PACKET` socket in the namespace.
    RawSocket,
    /// A veth pair in the namespace.
    Veth,
    /// Writing under `/proc/sys/net`.
    Sysctl,
    /// Starting the program.
    Program,
}

const STEPS: [Step; 7] = [
    Step::UserNamespace,
    Step::MapIds,
    Step::NetworkNamespace,
    Step::RawSocket,
    Step::Veth,
    Step::Sysctl,
    Step::Program,
];

/// What came of a rehearsal.
#[derive(Debug, Default)]
pub(crate) struct Rehearsal {
    /// Every step that was tried.
    pub(crate) steps: Vec<(Step, Result<(), Errno>)>,
    /// The program's exit code (none when a signal ended it) and what it said.
    pub(crate) program: Option<(Option<i32>, String)>,
}

impl Rehearsal {
    /// The first step that was refused.
    pub(crate) fn refusal(&self) -> Option<(Step, Errno)> {
        self.steps
            .iter()
            .find_map(|(step, result)| result.err().map(|errno| (*step, errno)))
    }

    /// What came of one step; `None` when it was not reached.
    pub(crate) fn outcome(&self, step: Step) -> Option<Result<(), Errno>> {
        let found = self.steps.iter().find(|(tried, _)| *tried == step);
        found.map(|(_, result)| *result)
    }
}

/// Tries the way in a child, and the program at its end, if there is one: its path and its
/// arguments.
///
/// # Errors
/// When there is no child, or when it is not done in time.
pub(crate) fn rehearse(way: Way, program: Option<(&Path, &[&str])>) -> io::Result<Rehearsal> {
    let script = Script::new(way, program)?;
    let (mut hear, tell) = io::pipe()?;
    // SAFETY: the child calls only `perform`, which makes system calls on memory that was
    // prepared before, and leaves by _exit: safe even when other threads held locks.
    let child = match unsafe { libc::fork() } {
        0 => script.perform(&tell),
        // Below zero it is no id, and nothing was forked.
        id if id < 0 => return Err(io::Error::last_os_error()),
        id => Pid::from_raw(id).ok_or_else(io::Error::last_os_error)?,
    };
    drop(tell);
    let deadline = Instant::now() + LIMIT;
    let heard = listen(&mut hear, deadline);
    let status = collect(
        child,
        if heard.is_ok() {
            deadline
        } else {
            Instant::now()
        },
    );
    let (steps, said) = heard?;
    let program = (steps.last() == Some(&(Step::Program, Ok(())))).then(|| {
        let code = status.and_then(WaitStatus::exit_status);
        (code, String::from_utf8_lossy(&said).trim().to_owned())
    });
    Ok(Rehearsal { steps, program })
}

/// Waits until the child has ended, and ends it itself after the deadline.
fn collect(child: Pid, deadline: Instant) -> Option<WaitStatus> {
    let mut options = WaitOptions::NOHANG;
    loop {
        match waitpid(Some(child), options) {
            Ok(Some((_, status))) => return Some(status),
            Ok(None) if Instant::now() < deadline => std::thread::sleep(ASK_AGAIN),
            Ok(None) => {
                // It may end at this very moment; in any case it is waited for.
                let _ = kill_process(child, Signal::KILL);
                options = WaitOptions::empty();
            }
            Err(Errno::INTR) => {}
            // Of a process that ignores SIGCHLD nobody hears.
            Err(_) => return None,
        }
    }
}

/// Leaves the network namespace of this process (and, if the way says so, its user namespace)
/// for good.
pub(super) fn leave(way: Way) -> Result<(), (Step, Errno)> {
    Maps::new().leave(way, |_| ())
}

/// What is written to become root of a user namespace.
struct Maps {
    uid: String,
    gid: String,
}

impl Maps {
    fn new() -> Self {
        let uid = rustix::process::geteuid().as_raw();
        let gid = rustix::process::getegid().as_raw();
        Self {
            uid: format!("0 {uid} 1"),
            gid: format!("0 {gid} 1"),
        }
    }

    /// Tells `done` of each step that went well.
    fn leave(&self, way: Way, done: impl Fn(Step)) -> Result<(), (Step, Errno)> {
        let step = |step: Step, result: Result<(), Errno>| {
            result.map_err(|errno| (step, errno))?;
            done(step);
            Ok(())
        };
        if way == Way::UserNamespace {
            step(Step::UserNamespace, unshare(UnshareFlags::NEWUSER))?;
            step(Step::MapIds, self.write())?;
        }
        step(Step::NetworkNamespace, unshare(UnshareFlags::NEWNET))
    }

    fn write(&self) -> Result<(), Errno> {
        // An ordinary user may map a group only after giving up setgroups.
        write_file(c"/proc/self/setgroups", b"deny")?;
        write_file(c"/proc/self/uid_map", self.uid.as_bytes())?;
        write_file(c"/proc/self/gid_map", self.gid.as_bytes())
    }
}

/// All that the child needs, made before it is forked.
struct Script {
    way: Way,
    maps: Maps,
    /// A netlink message that asks for a veth pair.
    veth: Vec<u8>,
    program: Option<Program>,
}

struct Program {
    path: CString,
    /// Keeps alive what `pointers` points to.
    _arguments: Vec<CString>,
    /// Ends with a null pointer.
    pointers: Vec<*const libc::c_char>,
}

impl Script {
    fn new(way: Way, program: Option<(&Path, &[&str])>) -> io::Result<Self> {
        Ok(Self {
            way,
            maps: Maps::new(),
            veth: veth_request(),
            program: program
                .map(|(path, args)| Program::new(path, args))
                .transpose()?,
        })
    }

    /// In the child.
    fn perform(&self, tell: &PipeWriter) -> ! {
        // Not to outlive a parent that is killed meanwhile. Nothing else can be done about it.
        let _ = rustix::process::set_parent_process_death_signal(Some(Signal::KILL));
        let left = self.maps.leave(self.way, |step| report(tell, step, Ok(())));
        if let Err((step, errno)) = left {
            report(tell, step, Err(errno));
        } else {
            report(tell, Step::RawSocket, raw_socket());
            report(tell, Step::Veth, add_veth(&self.veth));
            report(tell, Step::Sysctl, write_sysctl());
            if let Some(program) = &self.program {
                report(tell, Step::Program, program.become_it(tell));
            }
        }
        // SAFETY: ends the child at once, without the parent's exit handlers.
        unsafe { libc::_exit(0) }
    }
}

impl Program {
    fn new(path: &Path, arguments: &[&str]) -> io::Result<Self> {
        let path = CString::new(path.as_os_str().as_encoded_bytes())?;
        let mut all = vec![path.clone()];
        for argument in arguments {
            all.push(CString::new(*argument)?);
        }
        let mut pointers: Vec<_> = all.iter().map(|argument| argument.as_ptr()).collect();
        pointers.push(ptr::null());
        Ok(Self {
            path,
            _arguments: all,
            pointers,
        })
    }

    /// Replaces the child by the program, whose output goes the way of the reports. Returns
    /// only when that is refused.
    fn become_it(&self, tell: &PipeWriter) -> Result<(), Errno> {
        for standard in [libc::STDOUT_FILENO, libc::STDERR_FILENO] {
            // SAFETY: both descriptors are the child's own.
            if unsafe { libc::dup2(tell.as_raw_fd(), standard) } < 0 {
                return Err(last_errno());
            }
        }
        report(tell, Step::Program, Ok(()));
        // SAFETY: the path and the arguments end with a zero byte, and the list of arguments
        // with a null pointer; all of them are alive.
        unsafe { libc::execv(self.path.as_ptr(), self.pointers.as_ptr()) };
        Err(last_errno())
    }
}

pub(super) fn unshare(what: UnshareFlags) -> Result<(), Errno> {
    // SAFETY: only FILES makes unshare unsafe, by hiding descriptors from other threads.
    unsafe { rustix::thread::unshare_unsafe(what) }
}

fn raw_socket() -> Result<(), Errno> {
    let flags = SocketFlags::CLOEXEC;
    socket_with(AddressFamily::PACKET, SocketType::RAW, flags, None).map(drop)
}

fn add_veth(request: &[u8]) -> Result<(), Errno> {
    // Protocol 0 of this family is NETLINK_ROUTE.
    let flags = SocketFlags::CLOEXEC;
    let socket = socket_with(AddressFamily::NETLINK, SocketType::RAW, flags, None)?;
    send(&socket, request, SendFlags::empty())?;
    let mut answer = [0_u8; 256];
    let (length, _) = recv(&socket, &mut answer, RecvFlags::empty())?;
    // struct nlmsghdr (type at 4), then struct nlmsgerr, which begins with the error.
    match answer.get(..length) {
        Some(
            [
                _,
                _,
                _,
                _,
                2,
                0,
                _,
                _,
                _,
                _,
                _,
                _,
                _,
                _,
                _,
                _,
                a,
                b,
                c,
                d,
                ..,
            ],
        ) => match i32::from_ne_bytes([*a, *b, *c, *d]) {
            0 => Ok(()),
            error => Err(Errno::from_raw_os_error(error.wrapping_neg())),
        },
        _ => Err(Errno::BADMSG),
    }
}

fn write_sysctl() -> Result<(), Errno> {
    write_file(c"/proc/sys/net/ipv4/tcp_timestamps", b"1")
}

fn write_file(path: &CStr, bytes: &[u8]) -> Result<(), Errno> {
    let flags = OFlags::WRONLY | OFlags::CLOEXEC;
    let file = rustix::fs::open(path, flags, Mode::empty())?;
    match rustix::io::write(&file, bytes) {
        Ok(length) if length == bytes.len() => Ok(()),
        Ok(_) => Err(Errno::IO),
        Err(errno) => Err(errno),
    }
}

fn veth_request() -> Vec<u8> {
    let pair = LinkVeth::new("one", "other").build();
    let mut message = NetlinkMessage::from(RouteNetlinkMessage::NewLink(pair));
    message.header.flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL;
    message.finalize();
    let mut bytes = vec![0; message.buffer_len()];
    message.serialize(&mut bytes);
    bytes
}

/// One report is five bytes: the step, and the error's number or zero.
const REPORT: usize = 5;

/// In the child. A report that cannot be written is missed by the parent, which says so.
fn report(tell: &PipeWriter, step: Step, result: Result<(), Errno>) {
    let [a, b, c, d] = result
        .map_or_else(Errno::raw_os_error, |()| 0)
        .to_ne_bytes();
    let _ = rustix::io::write(tell, &[step as u8, a, b, c, d]);
}

/// Everything that the child tells until it ends: its reports, then its program's words.
#[allow(clippy::type_complexity)]
fn listen(
    hear: &mut PipeReader,
    deadline: Instant,
) -> io::Result<(Vec<(Step, Result<(), Errno>)>, Vec<u8>)> {
    let mut heard = Vec::new();
    let mut buffer = [0; 1024];
    loop {
        let left = deadline
            .checked_duration_since(Instant::now())
            .ok_or_else(|| io::Error::new(io::ErrorKind::TimedOut, "the trial child hangs"))?;
        let wait = left.try_into().map_err(io::Error::other)?;
        match poll(&mut [PollFd::new(&*hear, PollFlags::IN)], Some(&wait)) {
            Ok(0) | Err(Errno::INTR) => continue,
            Ok(_) => {}
            Err(errno) => return Err(errno.into()),
        }
        match rustix::io::read(&*hear, &mut buffer) {
            Ok(0) => break,
            // All of it is read, lest a talkative program wait for its reader.
            Ok(length) => heard.extend(buffer.iter().take(length.min(SAID - heard.len()))),
            Err(Errno::INTR) => {}
            Err(errno) => return Err(errno.into()),
        }
    }
    let mut steps = Vec::new();
    let mut rest = heard.as_slice();
    while let Some(([step, number @ ..], after)) = rest.split_first_chunk::<REPORT>() {
        let Some(step) = STEPS.get(usize::from(*step)) else {
            break;
        };
        let result = match i32::from_ne_bytes(*number) {
            0 => Ok(()),
            errno => Err(Errno::from_raw_os_error(errno)),
        };
        // Starting the program is reported before, and again when it failed.
        steps.retain(|(tried, _)| tried != step);
        steps.push((*step, result));
        rest = after;
        if *step == Step::Program && result.is_ok() && !rest.starts_with(&[*step as u8]) {
            break;
        }
    }
    Ok((steps, rest.to_vec()))
}

fn last_errno() -> Errno {
    Errno::from_io_error(&io::Error::last_os_error()).unwrap_or(Errno::IO)
}
