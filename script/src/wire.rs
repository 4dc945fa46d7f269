//! What the packets must show.

use std::fmt;

use crate::codes::Pattern;
use crate::template::{FillError, Piece, Template, Variables};
use crate::value::Operator;

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
    /// A port of the control connection.
    Control,
    /// A port of a data connection: one that PORT, EPRT, PASV or EPSV announced, or its peer.
    Data,
    /// This number.
    Number(Template),
}

/// The TCP flags of a packet, in tcpdump's letters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools)] // one a flag, as in the header
pub struct FlagsWanted {
    /// `S`; with `ack` unset it is the first segment of a handshake.
    pub syn: bool,
    /// `F`, with or without ACK.
    pub fin: bool,
    /// `F?`: with FIN or without it, as a sender may put it on its last bytes or behind them.
    pub fin_or_not: bool,
    /// `R`, with or without ACK.
    pub rst: bool,
    /// `P`.
    pub psh: bool,
    /// `.`
    pub ack: bool,
}

impl FlagsWanted {
    /// Reads tcpdump's letters: `S`, `S.`, `F.`, `R`, `P.`, `.`; also `F?P.`.
    pub(crate) fn parse(word: &str) -> Option<Self> {
        let mut flags = Self::default();
        let rest = word.strip_prefix("F?");
        flags.fin_or_not = rest.is_some();
        for letter in rest.unwrap_or(word).chars() {
            let flag = match letter {
                'S' => &mut flags.syn,
                'F' if !flags.fin_or_not => &mut flags.fin,
                'R' => &mut flags.rst,
                'P' => &mut flags.psh,
                '.' => &mut flags.ack,
                _ => return None,
            };
            if std::mem::replace(flag, true) {
                return None;
            }
        }
        (flags != Self::default()).then_some(flags)
    }
}

impl fmt::Display for FlagsWanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let letters = [
            (self.fin_or_not, "F?"),
            (self.fin, "F"),
            (self.syn, "S"),
            (self.rst, "R"),
            (self.psh, "P"),
            (self.ack, "."),
        ];
        for (_, letter) in letters.iter().filter(|(set, _)| *set) {
            f.write_str(letter)?;
        }
        Ok(())
    }
}

/// A packet of which one must come next, or none may.
#[derive(Clone, Debug)]
pub struct WirePacket {
    /// Its flags; any packet when `None`.
    pub flags: Option<FlagsWanted>,
    /// Who sent it.
    pub from: End,
    /// Who it was for.
    pub to: End,
    /// How many bytes of payload it has; all of these hold.
    pub lengths: Vec<(Operator, Template)>,
    /// What its payload must hold, or must not; no group in it becomes a variable.
    pub payload: Vec<Pattern>,
}

/// A line `wire: …`. They are held against the packets in order: each begins behind the packet
/// that the one before it found.
#[derive(Clone, Debug)]
pub enum Wire {
    /// Such a packet comes.
    Packet(WirePacket),
    /// No such packet comes, from there to the end.
    NoPacket(WirePacket),
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
    /// A variable that holds nothing yet, or too long a text.
    pub fn filled(&self, variables: &Variables) -> Result<Self, FillError> {
        let text = |template: &Template| {
            let bytes = template.fill(variables)?;
            let pieces = vec![Piece::Bytes(bytes)];
            Ok::<_, FillError>(Template { pieces })
        };
        let host = |host: &Host| {
            Ok::<_, FillError>(match host {
                Host::Address(address) => Host::Address(text(address)?),
                host => host.clone(),
            })
        };
        let end = |end: &End| {
            Ok::<_, FillError>(End {
                host: host(&end.host)?,
                port: match &end.port {
                    Port::Number(number) => Port::Number(text(number)?),
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
                lengths: packet
                    .lengths
                    .iter()
                    .map(|(operator, length)| Ok((*operator, text(length)?)))
                    .collect::<Result<_, FillError>>()?,
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
            Self::Packet(packet) | Self::NoPacket(packet) => {
                address(&packet.from) || address(&packet.to)
            }
            Self::NothingTo(to) => address(to),
            Self::FirstFin { host, .. } => matches!(host, Host::Address(_)),
            Self::NoReset(_) => false,
        }
    }
}
