//! What this machine allows, and how to get what it does not.

use std::fmt;
use std::path::{Path, PathBuf};

use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketFlags, SocketType, socket_with};
use serde::Serialize;

use crate::net::{IsolationError, Rehearsal, Step, Way, is_permitted_administrator, rehearse};

/// The name of the check that a run on loopback needs.
pub(crate) const RAW_SOCKET: &str = "raw socket on the machine's own network";

/// What was found, check by check.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// What was examined, the most important first.
    pub checks: Vec<Check>,
    /// What follows for `ftplab run`.
    pub verdict: Verdict,
}

/// One thing that was examined.
#[derive(Clone, Debug, Serialize)]
pub struct Check {
    /// What it is: `"user namespaces"`.
    pub name: &'static str,
    /// What was found.
    pub outcome: Outcome,
    /// The cause in one line when it is not well, else a detail such as a path; may be empty.
    pub detail: String,
    /// What to do about it in one line, a command where there is one.
    pub fix: Option<String>,
}

/// How a check came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It works: it was tried, not guessed.
    Ok,
    /// It is not installed.
    Missing,
    /// The kernel refuses it.
    Refused,
}

/// Where `ftplab run` will run its scenario here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// In a private network: everything works.
    PrivateNetwork,
    /// On the machine's loopback interface, with high ports.
    Loopback,
    /// Nowhere: a raw socket is refused.
    Nothing,
}

/// Examines the machine. What could disturb the calling process is tried in a child; it may be
/// called from any thread, and takes some tens of milliseconds.
pub fn examine() -> Report {
    let nft = find_program("nft");
    let user = Trial::run(Way::UserNamespace, nft.as_deref());
    let administrator =
        is_permitted_administrator().then(|| Trial::run(Way::Administrator, nft.as_deref()));
    let chosen = match &administrator {
        Some(trial) if trial.refusal.is_none() => trial,
        _ => &user,
    };
    let raw = raw_socket_here();
    let verdict = match (&chosen.refusal, raw.outcome) {
        (None, _) => Verdict::PrivateNetwork,
        (Some(_), Outcome::Ok) => Verdict::Loopback,
        (Some(_), _) => Verdict::Nothing,
    };
    let checks = vec![
        user.check("user namespaces", &[Step::UserNamespace, Step::MapIds]),
        chosen.check("network namespaces", &[Step::NetworkNamespace]),
        chosen.check("raw socket in a private network", &[Step::RawSocket]),
        chosen.check("veth in a private network", &[Step::Veth]),
        chosen.check("kernel parameters of a private network", &[Step::Sysctl]),
        raw,
        nft_check(nft.as_deref(), chosen),
        program_check("tcpdump"),
        program_check("tshark"),
    ];
    Report { checks, verdict }
}

/// One way into a private network, tried.
struct Trial {
    rehearsal: Rehearsal,
    /// Why the private network does not come about.
    refusal: Option<IsolationError>,
}

impl Trial {
    fn run(way: Way, nft: Option<&Path>) -> Self {
        let rules = "add table ip ftplab; \
                     add chain ip ftplab nat { type nat hook postrouting priority 100; }";
        let arguments = [rules];
        match rehearse(way, nft.map(|path| (path, &arguments[..]))) {
            Ok(rehearsal) => Self {
                refusal: IsolationError::from_rehearsal(&rehearsal),
                rehearsal,
            },
            Err(error) => Self {
                refusal: Some(IsolationError::trial(error)),
                rehearsal: Rehearsal::default(),
            },
        }
    }

    /// Well if all the steps are.
    fn check(&self, name: &'static str, steps: &[Step]) -> Check {
        let refused = steps
            .iter()
            .find_map(|step| match self.rehearsal.outcome(*step) {
                Some(Err(errno)) => Some(IsolationError::new(*step, errno)),
                _ => None,
            });
        if let Some(error) = refused {
            return Check::refused(name, error.to_string(), error.obstacle().fix());
        }
        if steps
            .iter()
            .all(|step| self.rehearsal.outcome(*step).is_some())
        {
            return Check::ok(name, String::new());
        }
        let cause = match &self.refusal {
            Some(error) if self.rehearsal.steps.is_empty() => error.to_string(),
            _ => "not reached, as a namespace before it is refused".to_owned(),
        };
        Check::refused(name, cause, None)
    }
}

impl Check {
    fn ok(name: &'static str, detail: String) -> Self {
        Self {
            name,
            outcome: Outcome::Ok,
            detail,
            fix: None,
        }
    }

    fn refused(name: &'static str, cause: String, fix: Option<&str>) -> Self {
        Self {
            name,
            outcome: Outcome::Refused,
            detail: cause,
            fix: fix.map(str::to_owned),
        }
    }

    fn missing(name: &'static str, package: &str) -> Self {
        Self {
            name,
            outcome: Outcome::Missing,
            detail: "not found in PATH or in the system's sbin".to_owned(),
            fix: Some(format!("sudo apt install {package}")),
        }
    }
}

fn raw_socket_here() -> Check {
    let name = RAW_SOCKET;
    let flags = SocketFlags::CLOEXEC;
    match socket_with(AddressFamily::PACKET, SocketType::RAW, flags, None) {
        Ok(_) => Check::ok(name, String::new()),
        Err(Errno::PERM | Errno::ACCESS) => {
            // Root without this capability is root of a container.
            let fix = if rustix::process::geteuid().is_root() {
                "docker run --cap-add NET_RAW"
            } else {
                "sudo ftplab …"
            };
            Check::refused(name, "it takes CAP_NET_RAW".to_owned(), Some(fix))
        }
        Err(errno) => Check::refused(name, errno.to_string(), None),
    }
}

fn nft_check(nft: Option<&Path>, trial: &Trial) -> Check {
    let name = "nft in a private network";
    let Some(path) = nft else {
        return Check::missing(name, "nftables");
    };
    match &trial.rehearsal.program {
        Some((Some(0), _)) => Check::ok(name, path.display().to_string()),
        Some((code, said)) => {
            let first = said.lines().next().unwrap_or_default();
            let code = code.map_or("a signal".to_owned(), |code| format!("exit code {code}"));
            let cause = format!("{} ended with {code}: {first}", path.display());
            let fix = "sudo modprobe -a nf_tables nft_chain_nat";
            Check::refused(name, cause, Some(fix))
        }
        None => match trial.rehearsal.outcome(Step::Program) {
            Some(Err(errno)) => {
                let cause = format!("{} cannot be started: {errno}", path.display());
                Check::refused(name, cause, None)
            }
            _ => trial.check(name, &[Step::Program]),
        },
    }
}

/// A nicety: the lab does not need it.
fn program_check(program: &'static str) -> Check {
    match find_program(program) {
        Some(path) => Check::ok(program, path.display().to_string()),
        None => Check::missing(program, program),
    }
}

/// Looks where a shell would, and where an ordinary user's shell does not.
fn find_program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(["/usr/sbin", "/sbin"].map(PathBuf::from))
        .map(|directory| directory.join(name))
        .find(|file| {
            let executable = rustix::fs::access(file, rustix::fs::Access::EXEC_OK).is_ok();
            executable && file.is_file()
        })
}

impl Report {
    /// The check of this name.
    pub fn check(&self, name: &str) -> Option<&Check> {
        self.checks.iter().find(|check| check.name == name)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for check in &self.checks {
            write!(f, "{:<7}  {}", check.outcome.to_string(), check.name)?;
            if !check.detail.is_empty() {
                write!(f, ": {}", check.detail)?;
            }
            writeln!(f)?;
            if let Some(fix) = &check.fix {
                writeln!(f, "         fix: {fix}")?;
            }
        }
        writeln!(f, "\n{}", self.verdict)
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ok => "ok",
            Self::Missing => "missing",
            Self::Refused => "refused",
        })
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::PrivateNetwork => "`ftplab run` runs in a private network here.",
            Self::Loopback => {
                "`ftplab run` runs on the loopback interface here, with high ports: \
                 a private network is refused."
            }
            Self::Nothing => {
                "`ftplab run` cannot run here: neither a private network nor a raw socket \
                 is allowed."
            }
        })
    }
}
