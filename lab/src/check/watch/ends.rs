//! Which ends of connections are a script's own.

use std::collections::{HashMap, HashSet};
use std::net::SocketAddr;

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
}

impl Ends {
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
