//! Which sessions run between two hosts, for data connections that nothing announced.

use std::collections::VecDeque;
use std::net::IpAddr;

use hashbrown::HashMap;

use super::connection::Owner;

/// Pairs of hosts remembered; beyond, the oldest pair is forgotten.
const PAIRS: usize = 16_384;
/// Sessions of a pair that are asked, newest first.
const SESSIONS: usize = 8;
/// Connections of a pair that wait to be found by a transfer.
const STRAYS: usize = 8;

type Pair = (IpAddr, IpAddr);

/// Sessions and unexplained connections between two hosts.
#[derive(Debug, Default)]
pub(crate) struct Acquaintances {
    pairs: HashMap<Pair, Between, foldhash::fast::RandomState>,
    order: VecDeque<Pair>,
}

#[derive(Debug, Default)]
pub(crate) struct Between {
    /// Oldest first.
    pub(crate) sessions: VecDeque<Owner>,
    /// Connections that may be data connections, oldest first.
    pub(crate) strays: VecDeque<Owner>,
}

fn pair(a: IpAddr, b: IpAddr) -> Pair {
    let (a, b) = (a.to_canonical(), b.to_canonical());
    if a <= b { (a, b) } else { (b, a) }
}

impl Acquaintances {
    /// A session between `a` and `b` begins.
    pub(crate) fn session(&mut self, a: IpAddr, b: IpAddr, owner: Owner) {
        let key = pair(a, b);
        let between = self.pairs.entry(key).or_insert_with(|| {
            self.order.push_back(key);
            Between::default()
        });
        if between.sessions.len() == SESSIONS {
            between.sessions.pop_front();
        }
        between.sessions.push_back(owner);
        if self.order.len() > PAIRS
            && let Some(oldest) = self.order.pop_front()
        {
            self.pairs.remove(&oldest);
        }
    }

    /// What is known between `a` and `b`; `None` when no session was seen.
    pub(crate) fn between(&mut self, a: IpAddr, b: IpAddr) -> Option<&mut Between> {
        self.pairs.get_mut(&pair(a, b))
    }
}

impl Between {
    /// A connection that may turn out to be a data connection.
    pub(crate) fn stray(&mut self, owner: Owner) {
        if self.strays.len() == STRAYS {
            self.strays.pop_front();
        }
        self.strays.push_back(owner);
    }
}

#[cfg(test)]
mod tests {
    use super::{Acquaintances, PAIRS, SESSIONS, STRAYS};
    use crate::analyze::connection::Owner;

    #[test]
    fn a_flood_of_sessions_is_bounded() {
        let mut acquaintances = Acquaintances::default();
        let server = [10, 0, 0, 1].into();
        for number in 0..100_000_u32 {
            let owner = Owner { slot: 0, number };
            let [_, b, c, d] = number.to_be_bytes();
            acquaintances.session([10, b, c, d].into(), server, owner);
            acquaintances.session(server, server, owner);
            if let Some(between) = acquaintances.between(server, server) {
                between.stray(owner);
                assert!(between.sessions.len() <= SESSIONS && between.strays.len() <= STRAYS);
            }
        }
        assert!(acquaintances.pairs.len() <= PAIRS && acquaintances.order.len() <= PAIRS);
    }
}
