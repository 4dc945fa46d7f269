//! What the packets must show.

use std::net::IpAddr;
use std::str::FromStr;

use crate::codes::Pattern;
use crate::segment::{FieldWanted, FlagsWanted, OptionWanted};
use crate::template::{FillError, Piece, Template, Variables};

/// One end of a packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End {
    /// Which host.
    pub host: Host,
    /// Which port.
    pub port: Port,
}

/// A host as a script names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Host {
    /// Who sent the first SYN to the control port.
    Client,
    /// Who answered it.
    Server,
    /// Anybody.
    Any,
    /// This address.
    Address(Template),
}

/// A port as a script names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Port {
    /// Any port.
    Any,
    /// A port of a control connection: of this session, or of any.
    Control(Option<String>),
    /// A port of a data connection: one that PORT, EPRT, PASV or EPSV announced, or its peer; of
    /// the one with this name, or of any.
    Data(Option<String>),
    /// This number.
    Number(Template),
}

/// A packet of which one must come next, or none may, or so many.
#[derive(Clone, Debug)]
pub struct WirePacket {
    /// Its flags; any packet when `None`.
    pub flags: Option<FlagsWanted>,
    /// Who sent it.
    pub from: End,
    /// Who it was for.
    pub to: End,
    /// The numbers of its header, and how many bytes of payload it has; all of these hold.
    pub fields: Vec<FieldWanted>,
    /// Which options it has.
    pub options: Vec<OptionWanted>,
    /// What its payload must hold, or must not; no group in it becomes a variable.
    pub payload: Vec<Pattern>,
}

/// How many packets there must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Times {
    /// `2 times`
    Exactly(u32),
    /// `at most 1 time`
    AtMost(u32),
    /// `at least 3 times`
    AtLeast(u32),
}

impl Times {
    /// Whether so many are as many as there must be.
    pub const fn holds(self, count: u32) -> bool {
        match self {
            Self::Exactly(times) => count == times,
            Self::AtMost(times) => count <= times,
            Self::AtLeast(times) => count >= times,
        }
    }
}

/// A line `wire: …`. They are held against the packets in order: each begins behind the packet
/// that the one before it found.
#[derive(Clone, Debug)]
pub enum Wire {
    /// Such a packet comes.
    Packet(WirePacket),
    /// No such packet comes, from there to the end.
    NoPacket(WirePacket),
    /// So many of them come, from there to the end. It finds none: the next line begins where
    /// this one did.
    Count(Times, WirePacket),
    /// No packet at all goes to this end.
    NothingTo(End),
    /// Of the connections on this port, the first FIN is this host's.
    FirstFin {
        /// Whose.
        host: Host,
        /// On which connections: data when the script does not say.
        port: Port,
    },
    /// No connection on this port is reset.
    NoReset(Port),
}

impl Wire {
    /// The same with every variable replaced by what it holds now.
    ///
    /// # Errors
    /// A variable that holds nothing yet, too long a text, or what cannot stand there.
    pub fn filled(&self, variables: &Variables) -> Result<Self, FillError> {
        // To compare packets with what is nothing of the kind would hold, or not, by chance.
        fn read<T: FromStr + ToString>(
            template: &Template,
            variables: &Variables,
            wanted: &str,
        ) -> Result<Template, FillError> {
            let bytes = template.fill(variables)?;
            let text = std::str::from_utf8(&bytes).ok();
            let value: Option<T> = text.and_then(|text| text.parse().ok());
            value
                .map(|value| Template::text(&value.to_string()))
                .ok_or_else(|| FillError::meaningless(&bytes, wanted))
        }
        let text = |template: &Template| {
            let bytes = template.fill(variables)?;
            let pieces = vec![Piece::Bytes(bytes)];
            Ok::<_, FillError>(Template { pieces })
        };
        let host = |host: &Host| {
            Ok::<_, FillError>(match host {
                Host::Address(address) => {
                    Host::Address(read::<IpAddr>(address, variables, "an address")?)
                }
                host => host.clone(),
            })
        };
        let end = |end: &End| {
            Ok::<_, FillError>(End {
                host: host(&end.host)?,
                port: match &end.port {
                    Port::Number(number) => Port::Number(read::<u16>(number, variables, "a port")?),
                    port => port.clone(),
                },
            })
        };
        let pattern = |pattern: &Pattern| {
            Ok::<_, FillError>(match pattern {
                Pattern::Has(part) => Pattern::Has(text(part)?),
                Pattern::HasNot(part) => Pattern::HasNot(text(part)?),
                pattern => pattern.clone(),
            })
        };
        let packet = |packet: &WirePacket| {
            Ok::<_, FillError>(WirePacket {
                flags: packet.flags,
                from: end(&packet.from)?,
                to: end(&packet.to)?,
                fields: packet
                    .fields
                    .iter()
                    .map(|wanted| wanted.filled(variables))
                    .collect::<Result<_, FillError>>()?,
                options: packet.options.clone(),
                payload: packet
                    .payload
                    .iter()
                    .map(pattern)
                    .collect::<Result<_, FillError>>()?,
            })
        };
        Ok(match self {
            Self::Packet(wanted) => Self::Packet(packet(wanted)?),
            Self::NoPacket(wanted) => Self::NoPacket(packet(wanted)?),
            Self::Count(times, wanted) => Self::Count(*times, packet(wanted)?),
            Self::NothingTo(to) => Self::NothingTo(end(to)?),
            Self::FirstFin { host: whose, port } => Self::FirstFin {
                host: host(whose)?,
                port: port.clone(),
            },
            Self::NoReset(port) => Self::NoReset(port.clone()),
        })
    }

    /// Whether it speaks of a host that has no part in the session.
    pub fn names_an_address(&self) -> bool {
        let address = |end: &End| matches!(end.host, Host::Address(_));
        match self {
            Self::Packet(packet) | Self::NoPacket(packet) | Self::Count(_, packet) => {
                address(&packet.from) || address(&packet.to)
            }
            Self::NothingTo(to) => address(to),
            Self::FirstFin { host, .. } => matches!(host, Host::Address(_)),
            Self::NoReset(_) => false,
        }
    }
}
