//! Endpoints that PORT, PASV, EPRT and EPSV announced, until a connection comes to them.

use std::collections::VecDeque;
use std::net::SocketAddr;

use hashbrown::HashMap;
use proto::Verb;

use super::connection::Owner;

/// Announcements that wait at the same time; more are a flood, and the oldest is forgotten.
const LIMIT: usize = 4096;

/// A command or reply announced this endpoint.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Expected {
    pub(crate) by: Verb,
    pub(crate) endpoint: SocketAddr,
    /// The packet that carried the announcement.
    pub(crate) packet: u64,
    /// The transfer that the connection is for.
    pub(crate) transfer: u32,
}

/// What a session learned about endpoints.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Change {
    /// Somebody will dial this one.
    Expect(Expected),
    /// The server will not dial this one after all.
    Withdraw(SocketAddr),
}

impl Expected {
    /// Whether the server dials.
    pub(crate) fn active(&self) -> bool {
        matches!(self.by, Verb::Port | Verb::Eprt)
    }
}

/// All endpoints that were announced and not dialled yet.
#[derive(Debug, Default)]
pub(crate) struct Expectations {
    by_endpoint: HashMap<SocketAddr, (Expected, Owner), foldhash::fast::RandomState>,
    order: VecDeque<(SocketAddr, u64)>,
}

impl Expectations {
    /// Remembers an announcement; a newer one for the same endpoint replaces the older.
    pub(crate) fn insert(&mut self, expected: Expected, owner: Owner) {
        while self.order.len() >= LIMIT {
            if let Some((endpoint, packet)) = self.order.pop_front()
                && self
                    .by_endpoint
                    .get(&endpoint)
                    .is_some_and(|(e, _)| e.packet == packet)
            {
                self.by_endpoint.remove(&endpoint);
            }
        }
        self.order.push_back((expected.endpoint, expected.packet));
        self.by_endpoint
            .insert(expected.endpoint, (expected, owner));
    }

    /// The announcement of `endpoint`, which is now used up.
    pub(crate) fn take(&mut self, endpoint: SocketAddr) -> Option<(Expected, Owner)> {
        self.by_endpoint.remove(&endpoint)
    }
}
