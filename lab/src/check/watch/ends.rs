//! Which ends of connections are a script's own.

use std::collections::HashMap;
use std::fmt;
use std::net::SocketAddr;
use std::time::SystemTime;

use script::{Field, Wire};
use tracer::Timestamp;

/// What a connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::check) enum Kind {
    Control,
    Data,
}

/// Of which session a connection is, and which data connection it is: as the script names them,
/// and empty where it does not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::check) struct Whose {
    pub(in crate::check) session: String,
    pub(in crate::check) data: String,
}

/// Of which connection a packet is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Belongs<'a> {
    pub(super) kind: Kind,
    pub(super) whose: &'a Whose,
    /// The script sent it, and not its peer.
    pub(super) sent: bool,
}

/// The ends of connections that a script holds: where it listens, and where it dials from.
#[derive(Clone, Debug, Default)]
pub(in crate::check) struct Ends {
    own: HashMap<SocketAddr, (Kind, Whose)>,
    /// Control connections that were established: our end, and the peer's.
    controls: HashMap<(SocketAddr, SocketAddr), Whose>,
    /// When the script failed: what comes later is how it is cleared away.
    failed: Option<Timestamp>,
    /// Its bytes are under TLS, which its lines do not know.
    hidden: bool,
}

impl Ends {
    /// The script failed just now.
    pub(in crate::check) fn fail(&mut self) {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        self.failed = now.ok().map(|now| {
            let seconds = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
            Timestamp::new(seconds, now.subsec_nanos().into())
        });
    }

    /// The script was put under TLS, of which its lines know nothing.
    pub(in crate::check) fn hide(&mut self) {
        self.hidden = true;
    }

    /// Whether a line looks at what TLS hides, makes longer, or makes more of.
    pub(super) fn hides(&self, wire: &Wire) -> bool {
        let (packet, counts) = match wire {
            Wire::Packet(packet) | Wire::NoPacket(packet) => (packet, false),
            Wire::Count(_, packet) => (packet, true),
            Wire::NothingTo(_) | Wire::FirstFin { .. } | Wire::NoReset(_) => return false,
        };
        let lengths = [Field::Length, Field::Sequence, Field::Acknowledgement];
        let mut fields = packet.fields.iter();
        let longer = fields.any(|wanted| lengths.contains(&wanted.field));
        // The begins and ends of connections are as many as in clear text.
        let ends = packet
            .flags
            .is_some_and(|flags| flags.syn || flags.fin || flags.rst);
        self.hidden && (longer || !packet.payload.is_empty() || counts && !ends)
    }

    /// Whether a packet of this time came before the script failed, if it did.
    pub(super) fn is_before_failure(&self, time: Timestamp) -> bool {
        self.failed.is_none_or(|failed| time <= failed)
    }

    /// Packets from and to this end are of a data connection of the script's.
    pub(in crate::check) fn add_data(&mut self, own: SocketAddr, session: &str, name: &str) {
        let known = self.own.get(&plain(own));
        // Another session may have the word by now; it was set up in the first.
        if known.is_some_and(|(kind, whose)| *kind == Kind::Data && whose.data == name) {
            return;
        }
        let whose = Whose {
            session: session.to_owned(),
            data: name.to_owned(),
        };
        self.own.insert(plain(own), (Kind::Data, whose));
    }

    /// A control connection that has been established.
    pub(in crate::check) fn add_control(
        &mut self,
        own: SocketAddr,
        peer: SocketAddr,
        session: &str,
    ) {
        let whose = Whose {
            session: session.to_owned(),
            data: String::new(),
        };
        let (own, peer) = (plain(own), plain(peer));
        self.own.insert(own, (Kind::Control, whose.clone()));
        self.controls.insert((own, peer), whose);
    }

    /// Of which of the script's connections a packet between these ends is, if of any.
    pub(super) fn of(&self, from: SocketAddr, to: SocketAddr) -> Option<Belongs<'_>> {
        let (sent, (kind, whose)) = match (self.own.get(&from), self.own.get(&to)) {
            (Some(own), _) => (true, own),
            (None, Some(own)) => (false, own),
            (None, None) => return None,
        };
        // A server has one end for all its control connections.
        let pair = if sent { (from, to) } else { (to, from) };
        Some(Belongs {
            kind: *kind,
            whose: self.controls.get(&pair).unwrap_or(whose),
            sent,
        })
    }

    /// The control connections: our end, and the peer's.
    pub(super) fn controls(&self) -> impl Iterator<Item = (SocketAddr, SocketAddr)> {
        self.controls.keys().copied()
    }
}

/// `two`, `data one`, `two data one`: as in a dialogue.
impl fmt::Display for Whose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { session, data } = self;
        f.write_str(session)?;
        if data.is_empty() {
            return Ok(());
        }
        if !session.is_empty() {
            f.write_str(" ")?;
        }
        write!(f, "data {data}")
    }
}

/// Without the scope and flow label that a packet's addresses do not have.
fn plain(end: SocketAddr) -> SocketAddr {
    SocketAddr::new(end.ip(), end.port())
}
