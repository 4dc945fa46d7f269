//! The kernel's own firewall on a host: rules for `nft -f -`, and the FTP helper.

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use thiserror::Error;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::{Host, HostError};

/// How long nft may take; it needs some tens of milliseconds.
const LIMIT: Duration = Duration::from_secs(10);
/// How much of what nft says is kept, in bytes.
const SAID: u64 = 4096;
/// Where nft is for users whose `PATH` leaves the administrator's programs out.
const ELSEWHERE: [&str; 3] = ["/usr/sbin", "/sbin", "/usr/local/sbin"];

/// Rules of a router over IPv4, made from what a scenario wants. Its `Display` is nftables' own
/// language, to be shown or changed by a reader, and given to [`Host::nft`].
///
/// The kernel's FTP helper (`nf_conntrack_ftp`) reads what passes on the control port,
/// learns where a data connection will go, and lets it in as `related`; where addresses are
/// translated `nf_nat_ftp` also rewrites the address in PORT and in the 227 reply, and shifts
/// all sequence numbers after it. It ignores the first line of each direction: a PORT that is
/// the very first command is neither rewritten nor let in.
#[derive(Clone, Debug, Default)]
pub struct Firewall {
    helper: Vec<u16>,
    masquerade: Vec<String>,
    hidden: Vec<(Ipv4Addr, String, Ipv4Addr)>,
    redirections: Vec<(String, u16, SocketAddrV4)>,
    guarded: Vec<String>,
    openings: Vec<(String, u16)>,
    sheltered: Vec<String>,
    doors: Vec<(String, u16)>,
}

impl Firewall {
    /// Lets everything pass.
    pub fn new() -> Self {
        Self::default()
    }

    /// With the kernel's FTP helper for control connections to this port.
    #[must_use]
    pub fn ftp_helper(mut self, port: u16) -> Self {
        self.helper.push(port);
        self
    }

    /// With the source address of what leaves over `interface` made that of the interface.
    #[must_use]
    pub fn masquerade(mut self, interface: impl Into<String>) -> Self {
        self.masquerade.push(interface.into());
        self
    }

    /// With `behind`, an address of this router, as the source of what `host` sends on over any
    /// interface but its own, `interface`.
    #[must_use]
    pub fn hide(mut self, host: Ipv4Addr, interface: impl Into<String>, behind: Ipv4Addr) -> Self {
        self.hidden.push((host, interface.into(), behind));
        self
    }

    /// With connections that come in over `interface` to this TCP port sent on to `host`.
    #[must_use]
    pub fn forward_port(
        mut self,
        interface: impl Into<String>,
        port: u16,
        host: SocketAddrV4,
    ) -> Self {
        self.redirections.push((interface.into(), port, host));
        self
    }

    /// With nothing let in over `interface` to the networks behind, but what belongs to a
    /// connection that was begun there, or is related to one, as the helper knows. What is not
    /// let in is dropped in silence.
    #[must_use]
    pub fn guard(mut self, interface: impl Into<String>) -> Self {
        self.guarded.push(interface.into());
        self
    }

    /// With connections over a guarded `interface` to this TCP port let in all the same.
    #[must_use]
    pub fn open(mut self, interface: impl Into<String>, port: u16) -> Self {
        self.openings.push((interface.into(), port));
        self
    }

    /// With nothing let out over `interface` to the hosts behind it, wherever it comes from, but
    /// what belongs to a connection that they began, or is related to one. What is not let out
    /// is dropped in silence.
    #[must_use]
    pub fn shelter(mut self, interface: impl Into<String>) -> Self {
        self.sheltered.push(interface.into());
        self
    }

    /// With connections out over a sheltered `interface` to this TCP port let through all the
    /// same.
    #[must_use]
    pub fn door(mut self, interface: impl Into<String>, port: u16) -> Self {
        self.doors.push((interface.into(), port));
        self
    }
}

impl fmt::Display for Firewall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Declared, deleted, and made anew: giving it twice is giving it once.
        writeln!(
            f,
            "table ip ftplab\ndelete table ip ftplab\ntable ip ftplab {{"
        )?;
        if !self.helper.is_empty() {
            writeln!(f, "  ct helper ftp {{ type \"ftp\" protocol tcp; }}")?;
            writeln!(f, "  chain before {{")?;
            writeln!(f, "    type filter hook prerouting priority mangle;")?;
            for port in &self.helper {
                writeln!(f, "    tcp dport {port} ct helper set \"ftp\"")?;
            }
            writeln!(f, "  }}")?;
        }
        if !self.redirections.is_empty() {
            writeln!(f, "  chain inward {{")?;
            writeln!(f, "    type nat hook prerouting priority dstnat;")?;
            for (interface, port, host) in &self.redirections {
                writeln!(
                    f,
                    "    iifname {interface:?} tcp dport {port} dnat to {host}"
                )?;
            }
            writeln!(f, "  }}")?;
        }
        let translates = !self.masquerade.is_empty() || !self.hidden.is_empty();
        if translates || !self.redirections.is_empty() {
            // It must be there for the replies, also when it is empty.
            writeln!(f, "  chain outward {{")?;
            writeln!(f, "    type nat hook postrouting priority srcnat;")?;
            for interface in &self.masquerade {
                writeln!(f, "    oifname {interface:?} masquerade")?;
            }
            for (host, interface, behind) in &self.hidden {
                writeln!(
                    f,
                    "    ip saddr {host} oifname != {interface:?} snat to {behind}"
                )?;
            }
            writeln!(f, "  }}")?;
        }
        if !self.guarded.is_empty() || !self.sheltered.is_empty() {
            writeln!(f, "  chain across {{")?;
            writeln!(f, "    type filter hook forward priority filter;")?;
            writeln!(f, "    ct state established,related accept")?;
            for (interface, port) in &self.openings {
                writeln!(f, "    iifname {interface:?} tcp dport {port} accept")?;
            }
            for (interface, port) in &self.doors {
                writeln!(f, "    oifname {interface:?} tcp dport {port} accept")?;
            }
            for interface in &self.guarded {
                writeln!(f, "    iifname {interface:?} drop")?;
            }
            for interface in &self.sheltered {
                writeln!(f, "    oifname {interface:?} drop")?;
            }
            writeln!(f, "  }}")?;
        }
        writeln!(f, "}}")
    }
}

impl Firewall {
    /// Refuses names that would be more than a name in nft's language.
    fn check(&self) -> Result<(), FirewallError> {
        let redirected = self.redirections.iter().map(|(interface, ..)| interface);
        let hidden = self.hidden.iter().map(|(_, interface, _)| interface);
        let opened = self.openings.iter().chain(&self.doors);
        let opened = opened.map(|(interface, _)| interface);
        let all = self.masquerade.iter().chain(&self.guarded);
        let all = all.chain(&self.sheltered).chain(hidden);
        for name in all.chain(redirected).chain(opened) {
            let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
            if name.is_empty() || name.len() > 15 || !name.chars().all(plain) {
                return Err(FirewallError::Interface(name.clone()));
            }
        }
        Ok(())
    }

    /// Sets it up in the network namespace of the calling thread, in place of the one that was
    /// there: for a task on the host itself.
    ///
    /// # Errors
    /// As [`Host::firewall`].
    pub async fn set_up(&self) -> Result<(), FirewallError> {
        self.check()?;
        nft(self.to_string()).await.map(drop)
    }
}

impl Host {
    /// Sets a firewall up on this host, in place of the one that it had.
    ///
    /// # Errors
    /// As [`Host::nft`], and when the name of an interface is not one.
    pub fn firewall(&self, firewall: &Firewall) -> Result<(), FirewallError> {
        firewall.check()?;
        self.nft(firewall.to_string()).map(|_| ())
    }

    /// Runs `nft -f -` in this host's namespace with these rules as its input; what it says is
    /// returned. Blocks, so it must not be called on the host's own thread.
    ///
    /// # Errors
    /// When nft is missing, when the kernel has no nftables or no FTP helper, and when nft
    /// refuses the rules; the message says what to do about it.
    pub fn nft(&self, rules: impl Into<String>) -> Result<String, FirewallError> {
        let rules = rules.into();
        self.run(LIMIT, move || nft(rules))?
    }
}

/// Runs `nft -f -` in the network namespace of the calling thread.
async fn nft(rules: String) -> Result<String, FirewallError> {
    let nft = find_nft().ok_or(FirewallError::NoNft)?;
    let wants_helper = rules.contains("ct helper");
    let output = run_nft(nft, rules).await;
    let (success, said) = output.map_err(FirewallError::Program)?;
    if success {
        return Ok(said);
    }
    let missing = said.contains("No such file or directory") || said.contains("not supported");
    Err(if missing && wants_helper {
        FirewallError::NoHelper(said)
    } else {
        FirewallError::Refused(said)
    })
}

/// Why a host has no firewall.
#[derive(Debug, Error)]
pub enum FirewallError {
    /// There is no nft.
    #[error("nft is not installed; on Debian and Ubuntu: apt install nftables")]
    NoNft,
    /// nft could not be run.
    #[error("cannot run nft: {0}")]
    Program(io::Error),
    /// nft or the kernel does not take the rules.
    #[error("nft: {0}")]
    Refused(String),
    /// The kernel has no FTP helper.
    #[error(
        "nft: {0}\nthe kernel may have no FTP helper; as root: modprobe -a nf_conntrack_ftp \
         nf_nat_ftp"
    )]
    NoHelper(String),
    /// The name of an interface is not one.
    #[error("{0:?} is not the name of an interface")]
    Interface(String),
    /// It took too long, or the host died.
    #[error(transparent)]
    Host(#[from] HostError),
}

/// The program, also where an ordinary user's `PATH` does not lead.
fn find_nft() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .filter(|folder| folder.is_absolute())
        .chain(ELSEWHERE.iter().map(|folder| Path::new(folder).to_owned()))
        .map(|folder| folder.join("nft"))
        .find(|program| program.is_file())
}

/// Whether it went well, and the beginning of what nft said.
async fn run_nft(nft: PathBuf, rules: String) -> io::Result<(bool, String)> {
    let mut child = tokio::process::Command::new(nft)
        .args(["-f", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    let (input, output, errors) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let tell = async {
        if let Some(mut input) = input {
            // That it does not read on is no error of ours: it says why.
            let _ = input.write_all(rules.as_bytes()).await;
        }
    };
    let (mut said, mut wrong) = (Vec::new(), Vec::new());
    let hear = async {
        if let Some(output) = output {
            output.take(SAID).read_to_end(&mut said).await?;
        }
        Ok::<_, io::Error>(())
    };
    let hear_errors = async {
        if let Some(errors) = errors {
            errors.take(SAID).read_to_end(&mut wrong).await?;
        }
        Ok::<_, io::Error>(())
    };
    let ((), heard, heard_errors) = tokio::join!(tell, hear, hear_errors);
    heard?;
    heard_errors?;
    let status = child.wait().await?;
    said.extend(wrong);
    let said = String::from_utf8_lossy(&said).trim().to_owned();
    Ok((status.success(), said))
}

#[cfg(test)]
mod tests;
