//! The flags that all commands of the client share.

use std::path::PathBuf;
use std::time::Duration;

use client::{DataMode, Family, FtpUrl, Identity, Netrc, Options, Tls, Trust};

use super::fix::Asked;
use super::shown::shown;
use crate::Failure;
use crate::cli::{prompt, serve};

/// The user when nobody is named.
const ANONYMOUS: &[u8] = b"anonymous";

#[derive(clap::Args, Clone, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag that the user gives or not"
)]
pub(super) struct How {
    /// Let the server dial for data (PORT, EPRT) instead of dialling it (EPSV, PASV).
    #[arg(long)]
    pub(super) active: bool,
    /// Dial the address that the server's 227 names, even if it is another machine's.
    #[arg(long)]
    trust_pasv: bool,
    /// Reach the server by IPv4 only.
    #[arg(short = '4', long, conflicts_with = "ipv6")]
    ipv4: bool,
    /// Reach the server by IPv6 only.
    #[arg(short = '6', long)]
    ipv6: bool,
    /// Protect commands and data with TLS (AUTH TLS); ftps:// has it from the first byte.
    #[arg(long)]
    tls: bool,
    /// Trust the authorities in this PEM file instead of the system's. Implies --tls.
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// With TLS, accept any certificate: anybody can pose as the server. Implies --tls.
    #[arg(long, conflicts_with = "ca")]
    insecure: bool,
    /// Speak TLS 1.2 only: ProFTPD wants data connections to resume the TLS session more often
    /// than TLS 1.3 lets them. Implies --tls.
    #[arg(long)]
    tls12: bool,
    /// Show this certificate to a server that asks for one: a PEM file, any chain after it.
    /// Implies --tls.
    #[arg(long, value_name = "FILE")]
    cert: Option<PathBuf>,
    /// The private key of --cert, in PEM form, unless it is in the same file.
    #[arg(long, value_name = "FILE", requires = "cert")]
    key: Option<PathBuf>,
    /// Log in as NAME, unless the URL names somebody. Its password is never a flag.
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
    /// Read the user's password from the first line of FILE, if the URL has none; otherwise it is
    /// FTPLAB_PASSWORD, or .netrc's, or asked for.
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// Take users and passwords from FILE instead of ~/.netrc.
    #[arg(long, value_name = "FILE", conflicts_with = "no_netrc")]
    netrc_file: Option<PathBuf>,
    /// Do not look into ~/.netrc.
    #[arg(long)]
    no_netrc: bool,
    /// When the connection breaks, try so many times again, where doing it twice does no harm.
    #[arg(long, value_name = "N", default_value_t = 3)]
    pub(super) retries: u32,
    /// Wait so long before the first retry, and twice as long before each further one.
    #[arg(long, value_name = "TIME", default_value = "1s", value_parser = serve::duration)]
    pub(super) retry_wait: Duration,
    /// Give up when connecting, a reply or the data stands still for this long. Unless given, 15 s
    /// for connecting, and a minute for the others.
    #[arg(long, value_name = "TIME", value_parser = serve::duration)]
    timeout: Option<Duration>,
    /// Show the session on stderr: -v commands and replies, -vv also connections and their times.
    #[arg(short = 'v', action = clap::ArgAction::Count)]
    pub(super) verbose: u8,
}

/// Whom to log in as. Not shown by any `Debug`.
#[derive(Clone)]
pub(super) struct Credentials {
    pub(super) user: Vec<u8>,
    pub(super) password: Vec<u8>,
}

/// How many sessions a command has at the same time.
#[derive(clap::Args, Clone, Copy, Debug)]
pub(super) struct Parallel {
    /// Carry so many files at the same time, each over a session of its own. They are told of as
    /// they come to their end, which is not the order in which they begin.
    #[arg(short = 'P', long = "parallel", value_name = "N", default_value_t = 1,
        value_parser = clap::value_parser!(u8).range(1..=32))]
    sessions: u8,
}

impl Parallel {
    /// The sessions beside the first.
    pub(super) fn helpers(self) -> usize {
        usize::from(self.sessions.saturating_sub(1))
    }
}

impl How {
    pub(super) fn options(&self, url: &FtpUrl) -> Result<Options, Failure> {
        let mut options = Options {
            mode: if self.active {
                DataMode::Active
            } else {
                DataMode::Passive
            },
            family: match (self.ipv4, self.ipv6) {
                (true, _) => Some(Family::Ipv4),
                (_, true) => Some(Family::Ipv6),
                _ => None,
            },
            trust_passive_address: self.trust_pasv,
            ..Options::default()
        };
        if let Some(timeout) = self.timeout {
            options.connect_timeout = timeout;
            options.reply_timeout = timeout;
            options.data_timeout = timeout;
        }
        if self.wants_tls() || url.implicit_tls {
            let trust = match &self.ca {
                Some(path) => Trust::File(path.clone()),
                None if self.insecure => Trust::Anybody,
                None => Trust::System,
            };
            let tls = if self.tls12 {
                Tls::tls12(&trust, &url.host)
            } else {
                Tls::new(&trust, &url.host)
            };
            let mut tls = tls.map_err(Failure::failed)?;
            if let Some(certificate) = &self.cert {
                let identity = Identity {
                    certificate: certificate.clone(),
                    key: self.key.as_ref().unwrap_or(certificate).clone(),
                };
                tls = tls.identified(&identity).map_err(Failure::failed)?;
            }
            options.tls = Some(if url.implicit_tls {
                tls.implicit()
            } else {
                tls
            });
        }
        Ok(options)
    }

    pub(super) fn credentials(&self, url: &FtpUrl) -> Result<Credentials, Failure> {
        let netrc = self.netrc()?;
        let named = self.named(url)?;
        let entry = netrc.find(&url.host, named);
        let user = named
            .map(<[u8]>::to_vec)
            .or_else(|| Some(entry?.login.as_ref()?.clone().into_bytes()));
        let Some(user) = user else {
            return Ok(Credentials {
                user: ANONYMOUS.to_vec(),
                password: b"ftplab@".to_vec(),
            });
        };
        let said = self.password_file.is_some() || std::env::var_os("FTPLAB_PASSWORD").is_some();
        let known = entry
            .and_then(|entry| entry.password.clone())
            .filter(|_| !said || named.is_none());
        let password = match (&url.password, known) {
            (Some(password), _) => password.clone(),
            (None, Some(password)) => password.into_bytes(),
            (None, None) => {
                let whom = format!("{} at {}", shown(&user), shown(url.host.as_bytes()));
                let file = self.password_file.as_deref();
                prompt::known(&whom, file)?.into_bytes()
            }
        };
        Ok(Credentials { user, password })
    }

    /// The user whom the URL or --user names.
    fn named<'a>(&'a self, url: &'a FtpUrl) -> Result<Option<&'a [u8]>, Failure> {
        match (&url.user, &self.user) {
            (Some(user), _) => Ok(Some(user)),
            // curl has the password behind it, and so has the list of processes.
            (None, Some(user)) if user.contains(':') => Err(Failure::usage(
                "--user takes a name without a password, which every user of the machine could \
                 read\n  fix: set FTPLAB_PASSWORD, give --password-file FILE, or type it when asked",
            )),
            (None, user) => Ok(user.as_ref().map(String::as_bytes)),
        }
    }

    /// What is asked of this server, for what to do when it refuses.
    pub(super) fn asked(&self, url: &FtpUrl, user: &[u8]) -> Asked {
        Asked {
            user: user != ANONYMOUS,
            tls: self.wants_tls() || url.implicit_tls,
            implicit: url.implicit_tls,
        }
    }

    const fn wants_tls(&self) -> bool {
        let Self { ca, cert, .. } = self;
        self.tls || ca.is_some() || self.insecure || self.tls12 || cert.is_some()
    }

    fn netrc(&self) -> Result<Netrc, Failure> {
        if self.no_netrc {
            return Ok(Netrc::default());
        }
        let path = match (&self.netrc_file, std::env::home_dir()) {
            (Some(path), _) => path.clone(),
            (None, Some(home)) => home.join(".netrc"),
            (None, None) => return Ok(Netrc::default()),
        };
        Netrc::read(&path).map_err(Failure::failed)
    }
}
