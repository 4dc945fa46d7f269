//! What a server is told before it runs.

mod build;

use std::fs::File;
use std::io;
use std::net::Ipv4Addr;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;

use crate::account::{Account, Secret, User};
use crate::dial::Dial;
use crate::persona::Persona;
use crate::tls::Tls;
use crate::xferlog::Xferlog;

/// Which port an active data connection is dialled from (RFC 959 §5.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ActiveSource {
    /// The port below the control connection's: 20 for 21.
    ControlMinusOne,
    /// This port.
    Port(u16),
    /// Whichever is free.
    Ephemeral,
}

/// A server's settings, checked; made by [`Config::builder`].
#[derive(Clone, Debug)]
#[allow(clippy::struct_excessive_bools)] // each is a setting of its own
pub struct Config {
    pub(crate) accounts: Vec<Arc<Account>>,
    pub(crate) greeting: String,
    pub(crate) idle_timeout: Duration,
    pub(crate) data_timeout: Duration,
    pub(crate) login_timeout: Duration,
    pub(crate) shutdown_timeout: Duration,
    pub(crate) max_sessions: usize,
    pub(crate) max_per_address: usize,
    pub(crate) max_login_failures: u32,
    pub(crate) login_delay: Duration,
    pub(crate) passive_ports: Option<RangeInclusive<u16>>,
    pub(crate) passive_address: Option<Ipv4Addr>,
    pub(crate) active_source: ActiveSource,
    pub(crate) third_hosts: bool,
    pub(crate) zero_is_client: bool,
    pub(crate) dialler: Option<Arc<dyn Dial>>,
    pub(crate) await_peer_close: Option<Duration>,
    pub(crate) tls: Option<Tls>,
    pub(crate) require_tls: bool,
    pub(crate) keep_partial: bool,
    pub(crate) persona: Option<Arc<Persona>>,
    pub(crate) xferlog: Option<Xferlog>,
    /// Checked for a user who does not exist, so that it takes as long as for one who does.
    pub(crate) decoy: Option<Secret>,
    pub(crate) transfers: Option<Handle>,
}

/// Why settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A root directory cannot be opened.
    #[error("cannot serve {}: {source}", path.display())]
    Root {
        /// The directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The log of transfers cannot be opened.
    #[error("cannot log to {}: {source}", path.display())]
    Xferlog {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Two users have the same name, or one has the name of the anonymous user.
    #[error("user {0:?} is named twice")]
    DuplicateUser(String),
    /// Neither anonymous nor any named user may log in.
    #[error("nobody could log in: no user is named and anonymous is off")]
    NoUser,
    /// The range of passive ports is empty or contains port 0.
    #[error("the passive ports {0} to {1} are no range of ports from 1 to 65535")]
    PassivePorts(u16, u16),
    /// Anonymous may upload, but not log in.
    #[error("anonymous uploads need anonymous logins")]
    NoAnonymous,
    /// The folder for anonymous uploads is the root itself, where everything can be read.
    #[error("the folder for anonymous uploads must be one within the served folder")]
    UploadIntoRoot,
    /// TLS is required, but there is no certificate.
    #[error("TLS cannot be required: no certificate was given")]
    NoCertificate,
    /// The greeting holds a line break or another control character.
    #[error("the greeting must be one line of text")]
    Greeting,
}

impl Config {
    /// Begins the settings of a server for the files under `root`: anonymous may read, nobody
    /// may write.
    pub fn builder(root: impl AsRef<Path>) -> ConfigBuilder {
        ConfigBuilder {
            root: root.as_ref().to_path_buf(),
            anonymous: true,
            users: Vec::new(),
            anonymous_upload: None,
            xferlog: None,
            opened: Vec::new(),
            config: Self {
                accounts: Vec::new(),
                greeting: "ftplab server ready.".to_owned(),
                idle_timeout: Duration::from_mins(5),
                data_timeout: Duration::from_mins(1),
                login_timeout: Duration::from_mins(1),
                shutdown_timeout: Duration::from_secs(10),
                max_sessions: 10_000,
                max_per_address: 10_000,
                max_login_failures: 3,
                login_delay: Duration::from_millis(500),
                passive_ports: None,
                passive_address: None,
                active_source: ActiveSource::ControlMinusOne,
                third_hosts: false,
                zero_is_client: false,
                dialler: None,
                await_peer_close: None,
                tls: None,
                require_tls: false,
                keep_partial: false,
                persona: None,
                xferlog: None,
                decoy: None,
                transfers: None,
            },
        }
    }

    /// The same settings with another runtime for transfers that take long: see
    /// [`ConfigBuilder::transfers`].
    #[must_use]
    pub fn with_transfers(mut self, runtime: Handle) -> Self {
        self.transfers = Some(runtime);
        self
    }

    /// The account that `name` stands for.
    pub(crate) fn account(&self, name: &[u8]) -> Option<&Arc<Account>> {
        let name = if name.eq_ignore_ascii_case(b"ftp") || name.eq_ignore_ascii_case(ANONYMOUS) {
            ANONYMOUS
        } else {
            name
        };
        self.accounts.iter().find(|account| account.name == name)
    }
}

/// The user who needs no password; also called `ftp` (RFC 1635).
const ANONYMOUS: &[u8] = b"anonymous";

/// Collects a server's settings; [`build`](Self::build) checks them.
#[derive(Clone, Debug)]
#[must_use]
pub struct ConfigBuilder {
    root: PathBuf,
    anonymous: bool,
    users: Vec<User>,
    anonymous_upload: Option<PathBuf>,
    xferlog: Option<PathBuf>,
    /// Folders that are open already.
    opened: Vec<(PathBuf, Arc<File>)>,
    config: Config,
}

impl ConfigBuilder {
    /// Adds a user with a password.
    pub fn user(mut self, user: User) -> Self {
        self.users.push(user);
        self
    }

    /// A folder that is open already: it is served where the root, or a user's, is named by this
    /// very `path`, which is not opened. For one that can no longer be reached by its name.
    pub fn opened(mut self, path: impl Into<PathBuf>, folder: File) -> Self {
        self.opened.push((path.into(), Arc::new(folder)));
        self
    }

    /// Whether `anonymous` (and `ftp`) may log in and read. On unless told otherwise.
    pub const fn anonymous(mut self, allowed: bool) -> Self {
        self.anonymous = allowed;
        self
    }

    /// Lets anonymous store new files in this directory, given by its path below the root.
    /// What is there can be neither seen nor overwritten.
    pub fn anonymous_upload(mut self, directory: impl Into<PathBuf>) -> Self {
        self.anonymous_upload = Some(directory.into());
        self
    }

    /// Gives an upload that was cut its name all the same, so that the client can resume it;
    /// never in the place of a file that was there before. Off unless told otherwise.
    pub const fn keep_partial(mut self, keep: bool) -> Self {
        self.config.keep_partial = keep;
        self
    }

    /// Appends a line for each file that was moved, in wu-ftpd's form, with times in UTC.
    pub fn xferlog(mut self, path: impl Into<PathBuf>) -> Self {
        self.xferlog = Some(path.into());
        self
    }

    /// The same with a file that is open already, to be written to at its end.
    pub fn xferlog_file(mut self, file: File) -> Self {
        self.config.xferlog = Some(Xferlog::of(file));
        self
    }

    /// Whom the server speaks like. Its greeting, if it has one, is used rather than
    /// [`greeting`](Self::greeting)'s.
    pub fn persona(mut self, persona: Persona) -> Self {
        self.config.persona = Some(Arc::new(persona));
        self
    }

    /// The text of the 220 greeting, one line.
    pub fn greeting(mut self, text: impl Into<String>) -> Self {
        self.config.greeting = text.into();
        self
    }

    /// How long a session may be silent between commands. 5 minutes unless told otherwise.
    pub const fn idle_timeout(mut self, timeout: Duration) -> Self {
        self.config.idle_timeout = timeout;
        self
    }

    /// How long a data connection may take to open, and then stall. 1 minute unless told
    /// otherwise; also bounds the writing of a reply.
    pub const fn data_timeout(mut self, timeout: Duration) -> Self {
        self.config.data_timeout = timeout;
        self
    }

    /// How long a client may take to log in. 1 minute unless told otherwise.
    pub const fn login_timeout(mut self, timeout: Duration) -> Self {
        self.config.login_timeout = timeout;
        self
    }

    /// How long transfers may go on after a shutdown was asked for. 10 s unless told otherwise.
    pub const fn shutdown_timeout(mut self, timeout: Duration) -> Self {
        self.config.shutdown_timeout = timeout;
        self
    }

    /// How many sessions there may be at once. 10 000 unless told otherwise.
    pub const fn max_sessions(mut self, sessions: usize) -> Self {
        self.config.max_sessions = sessions;
        self
    }

    /// How many sessions one address may have at once. 10 000 unless told otherwise.
    pub const fn max_per_address(mut self, sessions: usize) -> Self {
        self.config.max_per_address = sessions;
        self
    }

    /// After how many wrong passwords a session is closed (RFC 2577 §5). 3 unless told
    /// otherwise.
    pub const fn max_login_failures(mut self, failures: u32) -> Self {
        self.config.max_login_failures = failures;
        self
    }

    /// How long the answer to the first wrong password is held back; the second one twice as
    /// long, and so on. 500 ms unless told otherwise.
    pub const fn login_delay(mut self, delay: Duration) -> Self {
        self.config.login_delay = delay;
        self
    }

    /// The ports that PASV and EPSV choose from; any free one unless told otherwise.
    pub const fn passive_ports(mut self, ports: RangeInclusive<u16>) -> Self {
        self.config.passive_ports = Some(ports);
        self
    }

    /// The address that 227 names, for a server behind address translation; the control
    /// connection's own unless told otherwise.
    pub const fn passive_address(mut self, address: Ipv4Addr) -> Self {
        self.config.passive_address = Some(address);
        self
    }

    /// The port that active data connections come from. Falls back to any free port when it
    /// cannot be bound.
    pub const fn active_source(mut self, source: ActiveSource) -> Self {
        self.config.active_source = source;
        self
    }

    /// Dials wherever PORT and EPRT say: also third hosts, and ports below 1024. That is the
    /// dialling side of two servers that exchange a file (RFC 959 §5.2), and how one is made to
    /// attack others (RFC 2577 §3); what PASV opens still takes its own client alone. Off unless told otherwise: a network to show it in is what it is for.
    pub const fn third_hosts(mut self, permitted: bool) -> Self {
        self.config.third_hosts = permitted;
        self
    }

    /// Takes 0.0.0.0 in PORT for the client's own address, which some clients mean by it. Off
    /// unless told otherwise: then it is refused, being nobody's. `::` in EPRT is always taken so.
    pub const fn zero_is_client(mut self, taken: bool) -> Self {
        self.config.zero_is_client = taken;
        self
    }

    /// Who dials clients, in place of the server itself.
    pub fn dialler(mut self, dialler: Arc<dyn Dial>) -> Self {
        self.config.dialler = Some(dialler);
        self
    }

    /// After a download, wait at most this long for the client's FIN before 226 goes out, so
    /// that a trace reads in one order every time. RFC 959 does not ask for it: off unless told
    /// otherwise.
    pub const fn await_peer_close(mut self, timeout: Option<Duration>) -> Self {
        self.config.await_peer_close = timeout;
        self
    }

    /// Offers AUTH TLS with this certificate. Without it there is no TLS.
    pub fn tls(mut self, tls: Tls) -> Self {
        self.config.tls = Some(tls);
        self
    }

    /// Refuses logins and data in the clear. Off unless told otherwise.
    pub const fn require_tls(mut self, required: bool) -> Self {
        self.config.require_tls = required;
        self
    }

    /// The runtime for transfers that take long. One with several threads uses several CPUs for
    /// them, and while one waits for a disk, the commands of all sessions are still answered by
    /// the runtime that [`run`](crate::run) is in, which need have one thread only. Transfers
    /// happen there too unless told otherwise.
    pub fn transfers(mut self, runtime: Handle) -> Self {
        self.config.transfers = Some(runtime);
        self
    }
}
