//! The router of a scenario: whom it guards, whom it hides, and whether it reads FTP.

use std::net::Ipv4Addr;

/// What the lines `router …` say. Without any it lets everything pass as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RouterPart {
    /// The hosts to which it lets only answers pass, one entry a line.
    pub guards: Vec<Guard>,
    /// The host whose address nobody else sees.
    pub hides: Option<Hidden>,
    /// Whether it reads control connections from the first packet on.
    pub reads_ftp: bool,
}

impl RouterPart {
    /// Whether it is a router and nothing more.
    pub fn is_plain(&self) -> bool {
        *self == Self::default()
    }
}

/// `router guards HOST [except port N]`: what arrives for the host passes if the host began the
/// connection, if the port is open, or if the router knows from PORT or 227 that it will come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guard {
    /// The host.
    pub host: String,
    /// The TCP port that is open all the same.
    pub except: Option<u16>,
}

/// `router hides HOST behind ADDRESS`: what the host sends leaves with the router's own address
/// (NAT, RFC 3022), and nobody can begin a connection to the host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hidden {
    /// The host.
    pub host: String,
    /// The router's address in the network of another host.
    pub behind: Ipv4Addr,
}
