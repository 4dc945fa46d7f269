//! Endpoints that PORT, PASV, EPRT and EPSV announced, and who announced them.

use std::collections::VecDeque;
use std::net::SocketAddr;

use hashbrown::HashMap;
use proto::{Code, Verb};

use super::connection::Owner;
use crate::note::Whose;

/// Announcements kept at the same time; more are a flood, and the oldest is forgotten.
const LIMIT: usize = 4096;
/// Announcements of the same endpoint by different sessions: a NAT hides many clients.
const SAME: usize = 8;

/// A command or reply announced this endpoint.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Expected {
    pub(crate) by: Verb,
    pub(crate) endpoint: SocketAddr,
    /// The packet that carried the announcement.
    pub(crate) packet: u64,
    /// The transfer that the connection is for.
    pub(crate) transfer: u32,
    /// The address is the announcer's own, not the one that it wrote.
    pub(crate) translated: bool,
    /// Who is to be dialled, when that is not the announcer: a third host, or who dials.
    pub(crate) bounce: Option<Whose>,
}

/// What a session learned about endpoints.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Change {
    /// Somebody will dial this one.
    Expect(Expected),
    /// The server will not dial this one after all.
    Withdraw(SocketAddr),
    /// The reply to the command with an announcement.
    Answered {
        /// The packet with the command.
        packet: u64,
        /// The reply's code.
        code: Code,
        /// The packet with the reply.
        reply: u64,
    },
    /// A transfer runs, and no data connection is known for it.
    Seek(u32),
}

impl Expected {
    /// Whether the server dials.
    pub(crate) fn active(&self) -> bool {
        matches!(self.by, Verb::Port | Verb::Eprt | Verb::Lprt)
    }
}

/// An announcement and what came of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Announced {
    pub(crate) expected: Expected,
    pub(crate) owner: Owner,
    /// Connections came to it already. It stays: a dial may fail and be tried again, and PORT
    /// holds until the next one.
    pub(crate) used: bool,
}

/// All endpoints that were announced and not forgotten yet.
#[derive(Debug, Default)]
pub(crate) struct Expectations {
    by_endpoint: HashMap<SocketAddr, Vec<Announced>, foldhash::fast::RandomState>,
    /// Oldest first; stale once the announcement was replaced or withdrawn.
    order: VecDeque<(SocketAddr, Owner, u64)>,
}

impl Expectations {
    /// Remembers an announcement; a newer one by the same session replaces the older.
    pub(crate) fn insert(&mut self, expected: Expected, owner: Owner) {
        while self.order.len() >= LIMIT {
            if let Some((endpoint, owner, packet)) = self.order.pop_front() {
                self.remove(endpoint, |a| {
                    a.owner == owner && a.expected.packet == packet
                });
            }
        }
        self.order
            .push_back((expected.endpoint, owner, expected.packet));
        // Hardly ever more than one.
        let same = self.by_endpoint.entry(expected.endpoint);
        let same = same.or_insert_with(|| Vec::with_capacity(1));
        same.retain(|announced| announced.owner != owner);
        if same.len() >= SAME {
            same.remove(0);
        }
        same.push(Announced {
            expected,
            owner,
            used: false,
        });
    }

    /// Who announced `endpoint`, oldest first.
    pub(crate) fn find(&self, endpoint: SocketAddr) -> &[Announced] {
        self.by_endpoint.get(&endpoint).map_or(&[], Vec::as_slice)
    }

    /// A connection came to what `owner` announced.
    pub(crate) fn mark_used(&mut self, endpoint: SocketAddr, owner: Owner) {
        let same = self.by_endpoint.get_mut(&endpoint);
        for announced in same.into_iter().flatten() {
            announced.used |= announced.owner == owner;
        }
    }

    /// `owner` takes back what it announced.
    pub(crate) fn withdraw(&mut self, endpoint: SocketAddr, owner: Owner) {
        self.remove(endpoint, |announced| announced.owner == owner);
    }

    fn remove(&mut self, endpoint: SocketAddr, which: impl Fn(&Announced) -> bool) {
        if let Some(same) = self.by_endpoint.get_mut(&endpoint) {
            same.retain(|announced| !which(announced));
            if same.is_empty() {
                self.by_endpoint.remove(&endpoint);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Expectations, Expected, LIMIT, SAME};
    use crate::analyze::connection::Owner;

    fn expected(port: u16, packet: u64) -> Expected {
        Expected {
            by: proto::Verb::Port,
            endpoint: ([10, 0, 0, 1], port).into(),
            packet,
            transfer: 1,
            translated: false,
            bounce: None,
        }
    }

    fn owner(number: u32) -> Owner {
        Owner { slot: 0, number }
    }

    #[test]
    fn a_flood_of_announcements_is_bounded() {
        let mut expectations = Expectations::default();
        for packet in 0..100_000_u32 {
            let port = u16::try_from(packet % 50_000).unwrap();
            expectations.insert(expected(port, u64::from(packet)), owner(packet % 97));
            // The same endpoint, by ever more sessions.
            expectations.insert(expected(60_000, u64::from(packet)), owner(packet));
        }
        assert!(expectations.order.len() <= LIMIT && expectations.by_endpoint.len() <= LIMIT);
        assert!(expectations.find(([10, 0, 0, 1], 60_000).into()).len() <= SAME);
    }

    #[test]
    fn a_session_replaces_only_its_own_announcement() {
        let mut expectations = Expectations::default();
        let endpoint = ([10, 0, 0, 1], 5000).into();
        expectations.insert(expected(5000, 1), owner(1));
        expectations.insert(expected(5000, 2), owner(2));
        expectations.mark_used(endpoint, owner(1));
        expectations.insert(expected(5000, 3), owner(1));
        let found: Vec<_> = expectations
            .find(endpoint)
            .iter()
            .map(|a| (a.expected.packet, a.used))
            .collect();
        assert_eq!(found, [(2, false), (3, false)]);
        expectations.withdraw(endpoint, owner(2));
        assert_eq!(expectations.find(endpoint).len(), 1);
    }
}
