//! What a client is told before it connects.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use crate::sockets::Sockets;
use crate::tls::Tls;

/// How data connections are made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum DataMode {
    /// We dial: EPSV, and PASV when the server does not know EPSV (RFC 2428 §3).
    #[default]
    Passive,
    /// We dial: PASV alone. IPv4 only.
    Pasv,
    /// The server dials: PORT with IPv4, EPRT with IPv6.
    Active,
    /// The server dials: EPRT alone (RFC 2428 §2).
    Eprt,
}

/// Which kind of address a host is dialled at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Family {
    /// IPv4 alone.
    Ipv4,
    /// IPv6 alone.
    Ipv6,
}

impl Family {
    pub(crate) const fn has(self, addr: SocketAddr) -> bool {
        match self {
            Self::Ipv4 => addr.is_ipv4(),
            Self::Ipv6 => addr.is_ipv6(),
        }
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ipv4 => "IPv4",
            Self::Ipv6 => "IPv6",
        })
    }
}

/// A client's settings; `Options::default()` and change what is not right.
#[derive(Clone, Debug)]
pub struct Options {
    /// How data connections are made.
    pub mode: DataMode,
    /// The kind of address that the server is dialled at; any unless set.
    pub family: Option<Family>,
    /// The address, and unless 0 the port, that the control connection comes from.
    pub local_address: Option<SocketAddr>,
    /// Our port of the first data connection, on which we listen (active) or from which we dial
    /// (passive); each further one takes the next port, as TCP keeps a closed connection's
    /// ports for a while. Any free port unless set.
    pub data_port: Option<u16>,
    /// Whether to dial the address that a 227 names. Unless set, it is the control connection's:
    /// a server could make us connect elsewhere, and behind address translation it is often
    /// wrong.
    pub trust_passive_address: bool,
    /// TLS for the control connection and for data; a server that cannot is refused. Clear text
    /// unless set.
    pub tls: Option<Tls>,
    /// Who opens connections; the session itself unless set.
    pub sockets: Option<Arc<dyn Sockets>>,
    /// How long connecting may take, per address. 15 s unless set.
    pub connect_timeout: Duration,
    /// How long the server may take to answer. 1 minute unless set.
    pub reply_timeout: Duration,
    /// How long a data connection may stand still. 1 minute unless set.
    pub data_timeout: Duration,
    /// How many bytes a listing may have. 64 MiB unless set.
    pub max_listing: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            mode: DataMode::default(),
            family: None,
            local_address: None,
            data_port: None,
            trust_passive_address: false,
            tls: None,
            sockets: None,
            connect_timeout: Duration::from_secs(15),
            reply_timeout: Duration::from_mins(1),
            data_timeout: Duration::from_mins(1),
            max_listing: 64 << 20,
        }
    }
}
