//! Leaving the machine's network at the start of `main`, and why that may be refused.

use std::fmt;
use std::fs;
use std::io;

use rustix::io::Errno;
use rustix::thread::CapabilitySet;
use thiserror::Error;

use super::rehearsal::{self, Rehearsal, Step, Way};

/// How this process came to have a network namespace of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Isolation {
    /// Whether it also has a user namespace, in which it is root and its user's files are
    /// root's; otherwise it was an administrator already.
    pub user_namespace: bool,
}

/// Moves this process into a network namespace of its own, in which it may do everything:
/// raw sockets, ports below 1024, interfaces, kernel parameters. To be called at the very
/// start of `main`, since a process with several threads may not have a user namespace.
///
/// Everything is tried in a child first. After an error this process is as it was before, and
/// can go on in the machine's network.
///
/// # Errors
/// When there are other threads already, and when the kernel refuses a part of it. The error
/// names what stands in the way and, where there is one, the command that removes it.
pub fn enter() -> Result<Isolation, IsolationError> {
    let threads = fs::read_dir("/proc/self/task").map_or(1, Iterator::count);
    if threads > 1 {
        return Err(IsolationError {
            action: "leaving the machine's network".to_owned(),
            source: io::Error::other(format!("{threads} threads are running")),
            obstacle: Obstacle::Threads,
        });
    }
    let mut last = None;
    for way in ways() {
        match attempt(way) {
            Ok(isolation) => return Ok(isolation),
            Err(error) => last = Some(error),
        }
    }
    Err(last.unwrap_or_else(|| IsolationError::trial(io::ErrorKind::Unsupported.into())))
}

/// The ways that may be open to this process, the shorter one first.
pub(super) fn ways() -> impl Iterator<Item = Way> {
    let administrator = is_permitted_administrator().then_some(Way::Administrator);
    administrator.into_iter().chain([Way::UserNamespace])
}

/// Whether the kernel lets this process make network namespaces without a user namespace.
pub(crate) fn is_permitted_administrator() -> bool {
    rustix::thread::capabilities(None).is_ok_and(|sets| {
        let needed = CapabilitySet::SYS_ADMIN | CapabilitySet::NET_ADMIN | CapabilitySet::NET_RAW;
        sets.effective.contains(needed)
    })
}

fn attempt(way: Way) -> Result<Isolation, IsolationError> {
    let rehearsal = rehearsal::rehearse(way, None).map_err(IsolationError::trial)?;
    if let Some(error) = IsolationError::from_rehearsal(&rehearsal) {
        return Err(error);
    }
    rehearsal::leave(way).map_err(|(step, errno)| IsolationError::new(step, errno))?;
    Ok(Isolation {
        user_namespace: way == Way::UserNamespace,
    })
}

/// Why this process cannot have a network of its own.
#[derive(Debug, Error)]
#[error("{action}: {source}; {obstacle}")]
pub struct IsolationError {
    action: String,
    source: io::Error,
    obstacle: Obstacle,
}

impl IsolationError {
    /// What stands in the way.
    pub fn obstacle(&self) -> Obstacle {
        self.obstacle
    }

    /// The refusal in a rehearsal, if there was one.
    pub(crate) fn from_rehearsal(rehearsal: &Rehearsal) -> Option<Self> {
        match rehearsal.refusal() {
            Some((step, errno)) => Some(Self::new(step, errno)),
            // The child was ended before its last report, as a seccomp filter can do.
            None if rehearsal.outcome(Step::Sysctl).is_none() => {
                Some(Self::trial(io::Error::other("the trial child was killed")))
            }
            None => None,
        }
    }

    pub(crate) fn new(step: Step, errno: Errno) -> Self {
        let action = match step {
            Step::UserNamespace => "unshare(CLONE_NEWUSER)",
            Step::MapIds => "becoming root of the user namespace",
            Step::NetworkNamespace => "unshare(CLONE_NEWNET)",
            Step::RawSocket => "opening a raw socket in the namespace",
            Step::Veth => "making a veth pair in the namespace",
            Step::Sysctl => "writing to /proc/sys/net in the namespace",
            Step::Program => "starting a program in the namespace",
        };
        Self {
            action: action.to_owned(),
            source: errno.into(),
            obstacle: Obstacle::find(step, errno, &Machine::examine()),
        }
    }

    pub(crate) fn trial(source: io::Error) -> Self {
        Self {
            action: "trying a private network".to_owned(),
            source,
            obstacle: Obstacle::Unknown,
        }
    }
}

/// What stands in the way of a private network. Displays the cause in one line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// Threads were started before.
    Threads,
    /// `user.max_user_namespaces` is 0.
    UserNamespacesOff,
    /// `user.max_net_namespaces` is 0.
    NetworkNamespacesOff,
    /// One of the two limits is used up.
    NamespaceLimit,
    /// Debian's `kernel.unprivileged_userns_clone` is 0.
    UnprivilegedClone,
    /// Ubuntu's `AppArmor` takes every capability away in a user namespace.
    AppArmor,
    /// A seccomp filter, as a container has.
    Seccomp,
    /// `/proc/sys` is read-only, as in a container.
    ReadOnlySysctls,
    /// The kernel has no namespaces of this kind.
    NotInKernel,
    /// The kernel has no veth interfaces.
    NoVeth,
    /// Something else.
    Unknown,
}

impl Obstacle {
    /// The command that removes it, if there is one.
    pub fn fix(self) -> Option<&'static str> {
        Some(match self {
            Self::UserNamespacesOff => "sudo sysctl user.max_user_namespaces=15000",
            Self::NetworkNamespacesOff => "sudo sysctl user.max_net_namespaces=15000",
            Self::NamespaceLimit => {
                "sudo sysctl user.max_user_namespaces=15000 user.max_net_namespaces=15000"
            }
            Self::UnprivilegedClone => "sudo sysctl kernel.unprivileged_userns_clone=1",
            Self::AppArmor => "sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0",
            Self::Seccomp | Self::ReadOnlySysctls => {
                "docker run --privileged (or --security-opt seccomp=unconfined \
                 --security-opt apparmor=unconfined --security-opt systempaths=unconfined)"
            }
            Self::NoVeth => "sudo modprobe veth",
            Self::Threads | Self::NotInKernel | Self::Unknown => return None,
        })
    }

    fn find(step: Step, errno: Errno, machine: &Machine) -> Self {
        use Step::{NetworkNamespace, UserNamespace};
        match (step, errno) {
            (UserNamespace | NetworkNamespace, Errno::NOSPC | Errno::USERS) => {
                if step == UserNamespace && machine.max_user_namespaces == Some(0) {
                    Self::UserNamespacesOff
                } else if step == NetworkNamespace && machine.max_net_namespaces == Some(0) {
                    Self::NetworkNamespacesOff
                } else {
                    Self::NamespaceLimit
                }
            }
            (UserNamespace | NetworkNamespace, Errno::INVAL | Errno::NOSYS) => Self::NotInKernel,
            (Step::Veth, Errno::OPNOTSUPP) => Self::NoVeth,
            (Step::Sysctl, Errno::ROFS) => Self::ReadOnlySysctls,
            (_, Errno::PERM | Errno::ACCESS) => {
                if machine.unprivileged_clone == Some(0) {
                    Self::UnprivilegedClone
                } else if machine.apparmor_restricts == Some(1) {
                    Self::AppArmor
                } else if machine.seccomp {
                    Self::Seccomp
                } else {
                    Self::Unknown
                }
            }
            _ => Self::Unknown,
        }
    }
}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Threads => "it must happen before the first thread starts",
            Self::UserNamespacesOff => "user namespaces are off (user.max_user_namespaces is 0)",
            Self::NetworkNamespacesOff => {
                "network namespaces are off (user.max_net_namespaces is 0)"
            }
            Self::NamespaceLimit => "the limit of user or network namespaces is reached",
            Self::UnprivilegedClone => {
                "user namespaces are for administrators only \
                 (kernel.unprivileged_userns_clone is 0)"
            }
            Self::AppArmor => {
                "AppArmor restricts user namespaces \
                 (kernel.apparmor_restrict_unprivileged_userns is 1)"
            }
            Self::Seccomp => "a seccomp filter forbids it, as in most containers",
            Self::ReadOnlySysctls => "/proc/sys is read-only, as in most containers",
            Self::NotInKernel => "the kernel has no user or network namespaces",
            Self::NoVeth => "the kernel has no veth interfaces",
            Self::Unknown => "no known setting forbids it",
        })
    }
}

/// What the machine says about namespaces; `None` where the kernel has no such setting.
#[derive(Debug, Default)]
struct Machine {
    max_user_namespaces: Option<i64>,
    max_net_namespaces: Option<i64>,
    unprivileged_clone: Option<i64>,
    apparmor_restricts: Option<i64>,
    seccomp: bool,
}

impl Machine {
    fn examine() -> Self {
        let number = |name: &str| {
            let text = fs::read_to_string(format!("/proc/sys/{name}")).ok()?;
            text.trim().parse().ok()
        };
        Self {
            max_user_namespaces: number("user/max_user_namespaces"),
            max_net_namespaces: number("user/max_net_namespaces"),
            unprivileged_clone: number("kernel/unprivileged_userns_clone"),
            apparmor_restricts: number("kernel/apparmor_restrict_unprivileged_userns"),
            seccomp: fs::read_to_string("/proc/self/status").is_ok_and(|status| {
                let mut lines = status.lines();
                lines.any(|line| line.starts_with("Seccomp:") && !line.ends_with('0'))
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Machine, Obstacle, Step};
    use rustix::io::Errno;

    #[test]
    fn the_obstacle_is_what_the_machine_says() {
        let find = |step, errno, machine: Machine| Obstacle::find(step, errno, &machine);
        let open = Machine::default;
        let user_off = Machine {
            max_user_namespaces: Some(0),
            ..open()
        };
        let net_off = Machine {
            max_net_namespaces: Some(0),
            ..open()
        };
        let ubuntu = || Machine {
            apparmor_restricts: Some(1),
            ..open()
        };
        let debian = Machine {
            unprivileged_clone: Some(0),
            ..open()
        };
        let docker = Machine {
            seccomp: true,
            ..open()
        };
        for (step, errno, machine, expected) in [
            (
                Step::UserNamespace,
                Errno::NOSPC,
                user_off,
                Obstacle::UserNamespacesOff,
            ),
            (
                Step::NetworkNamespace,
                Errno::NOSPC,
                net_off,
                Obstacle::NetworkNamespacesOff,
            ),
            (
                Step::UserNamespace,
                Errno::NOSPC,
                open(),
                Obstacle::NamespaceLimit,
            ),
            (
                Step::UserNamespace,
                Errno::PERM,
                debian,
                Obstacle::UnprivilegedClone,
            ),
            (Step::UserNamespace, Errno::PERM, docker, Obstacle::Seccomp),
            (Step::UserNamespace, Errno::PERM, open(), Obstacle::Unknown),
            // Ubuntu lets unshare succeed and refuses what it is for.
            (Step::RawSocket, Errno::PERM, ubuntu(), Obstacle::AppArmor),
            (Step::MapIds, Errno::ACCESS, ubuntu(), Obstacle::AppArmor),
            (
                Step::Sysctl,
                Errno::ROFS,
                ubuntu(),
                Obstacle::ReadOnlySysctls,
            ),
            (Step::Veth, Errno::OPNOTSUPP, open(), Obstacle::NoVeth),
        ] {
            assert_eq!(find(step, errno, machine), expected);
        }
    }
}
