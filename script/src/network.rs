//! The network of a scenario: hosts, the cable between them, and what the two programs are told.

use std::fmt;
use std::net::Ipv4Addr;
use std::time::Duration;

use crate::router::RouterPart;
use crate::script_error::Location;
use crate::template::Template;

/// Who connects.
pub const CLIENT: &str = "client";
/// Who serves.
pub const SERVER: &str = "server";

/// What the block `network … end` says. There is a host called `client` and one called `server`.
#[derive(Clone, Debug, Default)]
pub struct Network {
    /// The hosts, in the order of their lines.
    pub hosts: Vec<LabHost>,
    /// What the client's cable does.
    pub cable: Cable,
    /// What the router between networks is told.
    pub router: RouterPart,
    /// The hosts on which packets are captured; the client where none is named.
    pub capture_at: Vec<String>,
    /// What the server is told.
    pub server: ServerPart,
    /// What the client is told.
    pub client: ClientPart,
    /// The files on both hosts.
    pub files: Vec<LabFile>,
    /// When all files and folders of the server were last changed, in seconds since 1970 UTC.
    pub dated: Option<i64>,
    /// What the resolver knows.
    pub names: Vec<DnsName>,
}

impl Network {
    /// The host of this name.
    pub fn host(&self, name: &str) -> Option<&LabHost> {
        self.hosts.iter().find(|host| host.name == name)
    }

    /// Whether its hosts are in networks of their own, with a router between them. Only two hosts
    /// can be in one.
    pub fn is_routed(&self) -> bool {
        let mut subnets = self.hosts.iter().map(LabHost::subnet);
        let first = subnets.next();
        self.hosts.len() > 2 || subnets.any(|subnet| Some(subnet) != first)
    }

    /// The host that answers questions for names.
    pub fn resolver(&self) -> Option<&LabHost> {
        self.names
            .first()
            .and_then(|name| self.host(&name.resolver))
    }
}

/// A host. What is `None` is as the kernel has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabHost {
    /// Its name.
    pub name: String,
    /// Its address.
    pub address: Ipv4Addr,
    /// The length of its network's prefix: 8 to 30.
    pub prefix: u8,
    /// Whether its segments carry time stamps (RFC 7323).
    pub timestamps: Option<bool>,
    /// Whether it offers selective acknowledgements (RFC 2018).
    pub sack: Option<bool>,
    /// Whether it offers to scale windows (RFC 7323).
    pub window_scaling: Option<bool>,
    /// Whether its packets say that they must not be cut: DF.
    pub dont_fragment: Option<bool>,
    /// The same for the UDP datagrams of the resolver and of who asks it.
    pub udp_dont_fragment: Option<bool>,
    /// Which ports the kernel chooses from.
    pub chosen_ports: Option<(u16, u16)>,
    /// When it acknowledges what nothing goes back for.
    pub acknowledges: Option<When>,
    /// How long it waits at least for an acknowledgement before it sends again; 200 ms on Linux.
    pub sends_again_after: Option<Duration>,
    /// The time to live of what it sends.
    pub ttl: Option<u8>,
    /// The MSS that its SYNs tell.
    pub mss: Option<u16>,
    /// The windows that it offers.
    pub window: Option<Window>,
    /// What waits on it beside the server and the resolver.
    pub ports: Vec<OpenPort>,
}

impl LabHost {
    /// Its network: the address without the bits behind the prefix, and the prefix.
    pub(crate) fn subnet(&self) -> (u32, u8) {
        let bits = 32 - u32::from(self.prefix);
        (self.address.to_bits() >> bits, self.prefix)
    }

    /// Whether a host of its network can have this address.
    pub fn has_neighbour(&self, address: Ipv4Addr) -> bool {
        let rest = u32::MAX >> self.prefix;
        let (network, host) = (address.to_bits() & !rest, address.to_bits() & rest);
        network == self.address.to_bits() & !rest && host != 0 && host != rest
    }

    pub(crate) fn new(name: &str, address: Ipv4Addr, prefix: u8) -> Self {
        Self {
            name: name.to_owned(),
            address,
            prefix,
            timestamps: None,
            sack: None,
            window_scaling: None,
            dont_fragment: None,
            udp_dont_fragment: None,
            chosen_ports: None,
            acknowledges: None,
            sends_again_after: None,
            ttl: None,
            mss: None,
            window: None,
            ports: Vec::new(),
        }
    }
}

/// A port on which something waits: it takes what comes, and keeps nothing of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenPort {
    /// Its number.
    pub port: u16,
    /// What waits there.
    pub takes: Takes,
}

/// What waits on a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// A program that accepts connections, reads each to its end, and closes it.
    Connections,
    /// A program that takes datagrams and answers each with so many bytes, if it does.
    Datagrams {
        /// Bytes of UDP's data.
        answer: Option<u16>,
    },
}

/// When a host acknowledges data that nothing goes back for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// Every segment at once.
    AtOnce,
    /// As late as its kernel lets it: something may go back that carries it.
    Late,
}

/// The windows that a host offers, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// In its SYN.
    pub first: u16,
    /// From the segment behind it on.
    pub then: u16,
}

/// What the cable between the client and the others does.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cable {
    /// The time there and back.
    pub rtt: Option<Duration>,
    /// A further delay by chance, from nothing to this.
    pub jitter: Duration,
    /// How many of a hundred packets are lost by chance.
    pub loss_percent: u8,
    /// Where chance begins.
    pub seed: u64,
    /// What happens to packets that are named.
    pub rules: Vec<CableRule>,
    /// Whether both ends know each other's Ethernet address, so that nobody asks.
    pub neighbours_known: bool,
}

impl Cable {
    /// Whether a plain cable would do.
    pub fn is_plain(&self) -> bool {
        self.rtt.is_none()
            && self.jitter.is_zero()
            && self.loss_percent == 0
            && self.rules.is_empty()
    }
}

/// A packet, and what happens to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CableRule {
    /// Where it is written.
    pub at: Location,
    /// Which.
    pub packet: PacketNamed,
    /// What happens.
    pub action: CableAction,
}

/// What happens to a packet on the cable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CableAction {
    /// It is lost.
    Drop,
    /// It arrives twice.
    Double,
    /// It arrives so much later, and others pass it.
    Delay(Duration),
    /// It waits until the other has passed, and then so much longer.
    Hold {
        /// The other.
        until: PacketNamed,
        /// How much longer.
        then: Duration,
    },
}

/// A packet as a rule of the cable names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PacketNamed {
    /// Only the n-th such packet, counted from 1.
    pub nth: Option<u32>,
    /// What it is.
    pub kind: PacketKind,
    /// The host that sends it.
    pub from: String,
    /// Its source port.
    pub port: Option<u16>,
    /// Its destination port.
    pub to_port: Option<u16>,
    /// How many bytes it carries.
    pub length: Option<u32>,
    /// What these begin with.
    pub begins: Vec<u8>,
}

/// What a packet is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PacketKind {
    /// Any TCP segment.
    Packet,
    /// A TCP segment with at least one byte.
    Data,
    /// The first segment of a handshake.
    Syn,
    /// The second.
    SynAck,
    /// An acknowledgement and nothing else.
    Ack,
    /// A segment with FIN.
    Fin,
    /// A reset.
    Rst,
    /// A UDP datagram.
    Datagram,
}

impl PacketKind {
    pub(crate) const WORDS: &'static [&'static str] = &[
        "packet", "data", "SYN", "SYN/ACK", "ACK", "FIN", "RST", "datagram",
    ];

    pub(crate) fn parse(word: &str) -> Option<Self> {
        Some(match word {
            "packet" => Self::Packet,
            "data" => Self::Data,
            "SYN" => Self::Syn,
            "SYN/ACK" => Self::SynAck,
            "ACK" => Self::Ack,
            "FIN" => Self::Fin,
            "RST" => Self::Rst,
            "datagram" => Self::Datagram,
            _ => return None,
        })
    }
}

impl fmt::Display for PacketKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Packet => "packet",
            Self::Data => "data",
            Self::Syn => "SYN",
            Self::SynAck => "SYN/ACK",
            Self::Ack => "ACK",
            Self::Fin => "FIN",
            Self::Rst => "RST",
            Self::Datagram => "datagram",
        })
    }
}

/// What the server is told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools)] // each is a line of its own
pub struct ServerPart {
    /// Whom it speaks like.
    pub persona: Option<String>,
    /// Lines of a persona of its own, in the form of a persona file, if `persona` is none.
    pub says: Vec<String>,
    /// The text of its greeting.
    pub greeting: Option<String>,
    /// Who may log in, and with which password.
    pub users: Vec<(String, String)>,
    /// Whether anonymous may log in.
    pub anonymous: bool,
    /// Which ports PASV chooses from.
    pub passive_ports: Option<(u16, u16)>,
    /// The initial sequence number of its first data connection, where it dials.
    pub data_sequence: Option<u32>,
    /// Whether it waits for the client's FIN on the data connection before it says 226.
    pub waits: bool,
    /// Whether PORT may name any host and any port (RFC 2577 §3).
    pub permits_bounce: bool,
    /// Whether 0.0.0.0 in PORT is the client's own address.
    pub zero_is_client: bool,
    /// How long it tries to open a data connection before it says 425.
    pub data_limit: Option<Duration>,
}

/// How the client asks for data connections.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// PORT.
    Active,
    /// PASV.
    #[default]
    Pasv,
    /// EPSV, and PASV when that is refused.
    Passive,
}

/// What the client is told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientPart {
    /// How it asks for data connections.
    pub mode: Mode,
    /// Its port of the control connection.
    pub control_port: Option<u16>,
    /// Its port of the first data connection; each further one has the next.
    pub data_port: Option<u16>,
    /// The initial sequence number of its control connection.
    pub control_sequence: Option<u32>,
    /// The initial sequence number of its first data connection, where it dials.
    pub data_sequence: Option<u32>,
    /// Whether it acknowledges what is still unacknowledged, on all its connections, before it
    /// closes a data connection that has brought everything.
    pub acknowledges_before_closing: bool,
    /// A second address of its host, in the same network.
    pub also: Option<Ipv4Addr>,
    /// How long it tries to open a connection before it gives up.
    pub data_limit: Option<Duration>,
}

/// A file or folder of a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabFile {
    /// Whether it is the server's, not the client's.
    pub on_server: bool,
    /// Its name, without a slash.
    pub name: String,
    /// What is in it.
    pub holds: Holds,
}

/// What a file holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Holds {
    /// These bytes.
    Bytes(Template),
    /// So many bytes, the same in every run.
    Filled(u64),
    /// So many numbered lines that begin with this: a piece that is missing shows at once.
    Lines(u32, String),
    /// It is a folder.
    Folder,
}

/// A name that the resolver knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DnsName {
    /// The host that answers for it.
    pub resolver: String,
    /// The name.
    pub name: String,
    /// Its address.
    pub address: Ipv4Addr,
    /// Zone, name and address of each name server that the answer tells.
    pub servers: Vec<(String, String, Ipv4Addr)>,
}
