//! Which ends of connections are a script's own.

use std::collections::{HashMap, HashSet};
use std::net::SocketAddr;
use std::time::SystemTime;

use tracer::Timestamp;

/// What a connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::check) enum Kind {
    Control,
    Data,
}

/// The ends of connections that a script holds: where it listens, and where it dials from.
#[derive(Clone, Debug, Default)]
pub(in crate::check) struct Ends {
    own: HashMap<SocketAddr, Kind>,
    /// Control connections that were established: our end, and the peer's.
    controls: HashSet<(SocketAddr, SocketAddr)>,
    /// When the script failed: what comes later is how it is cleared away.
    failed: Option<Timestamp>,
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

    /// Whether a packet of this time came before the script failed, if it did.
    pub(super) fn is_before_failure(&self, time: Timestamp) -> bool {
        self.failed.is_none_or(|failed| time <= failed)
    }

    /// Packets from and to this end are the script's.
    pub(in crate::check) fn add(&mut self, own: SocketAddr, kind: Kind) {
        self.own.insert(plain(own), kind);
    }

    /// A control connection that has been established.
    pub(in crate::check) fn add_control(&mut self, own: SocketAddr, peer: SocketAddr) {
        self.add(own, Kind::Control);
        self.controls.insert((plain(own), plain(peer)));
    }

    pub(super) fn kind(&self, end: SocketAddr) -> Option<Kind> {
        self.own.get(&end).copied()
    }

    pub(super) fn controls(&self) -> &HashSet<(SocketAddr, SocketAddr)> {
        &self.controls
    }
}

/// Without the scope and flow label that a packet's addresses do not have.
fn plain(end: SocketAddr) -> SocketAddr {
    SocketAddr::new(end.ip(), end.port())
}
