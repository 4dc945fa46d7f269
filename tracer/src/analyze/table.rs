//! All connections of a capture, within a bound.

use std::collections::VecDeque;
use std::hash::BuildHasher;
use std::net::{IpAddr, SocketAddr};

use hashbrown::{HashMap, HashSet};

use super::connection::{Connection, DIALLER, Owner, Phase, Role, Side};
use crate::note::Undelivered;
use crate::{Seq, Tcp, TcpFlags};

/// The two ends of a connection, in an order that does not depend on the direction, as few and
/// wide numbers: every packet's is hashed and compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Key {
    low: u128,
    high: u128,
    /// The ports, and above them whether the addresses are IPv6's.
    rest: u64,
}

impl Key {
    fn new(a: SocketAddr, b: SocketAddr) -> Self {
        let number = |address: IpAddr| match address {
            IpAddr::V4(v4) => u128::from(v4.to_bits()),
            IpAddr::V6(v6) => v6.to_bits(),
        };
        let (a_end, b_end) = ((number(a.ip()), a.port()), (number(b.ip()), b.port()));
        let (low, high) = if a_end <= b_end {
            (a_end, b_end)
        } else {
            (b_end, a_end)
        };
        Self {
            low: low.0,
            high: high.0,
            rest: u64::from(a.is_ipv6()) << 32 | u64::from(low.1) << 16 | u64::from(high.1),
        }
    }
}

/// Connections that have ended and are still kept, for what comes late: a program that makes one
/// connection after the other does not fill the memory.
const CLOSED: usize = 8192;

/// What a connection may hold without being counted, in bytes.
const LIGHT: usize = 1024;

/// Connections by their ends, and by a slot number that stays theirs while they are in the table.
#[derive(Debug)]
pub(crate) struct Table {
    slots: Vec<Option<Connection>>,
    free: Vec<usize>,
    by_key: HashMap<Key, usize, foldhash::fast::RandomState>,
    /// Oldest first; an entry is stale when the slot holds another number by now.
    order: VecDeque<Owner>,
    /// Those that have ended, first ended first: they leave first. One that was refused and dialled
    /// again is passed over.
    closed: VecDeque<Owner>,
    /// Those that were not light at some time, first that were so first; stale entries as in `order`.
    heavy: VecDeque<Owner>,
    /// What they hold, in bytes.
    weight: usize,
    max_weight: usize,
    limit: usize,
    opened: u32,
    forgotten: Forgotten,
}

/// Connections that had to leave although they had not ended: hashes of their ends, so that one
/// of many thousands may be mistaken for another.
#[derive(Debug, Default)]
struct Forgotten {
    hashes: HashSet<u64, foldhash::fast::RandomState>,
    order: VecDeque<u64>,
}

impl Forgotten {
    const LIMIT: usize = 65_536;

    fn insert(&mut self, hash: u64) {
        if self.order.len() == Self::LIMIT
            && let Some(oldest) = self.order.pop_front()
        {
            self.hashes.remove(&oldest);
        }
        if self.hashes.insert(hash) {
            self.order.push_back(hash);
        }
    }
}

/// What [`Table::find`] found.
pub(crate) struct Found {
    pub(crate) slot: usize,
    pub(crate) side: Side,
    /// This packet is the first of its connection.
    pub(crate) opened: bool,
    /// The connection that had to leave: the same ends were used again, or the table was full.
    pub(crate) removed: Option<Connection>,
}

impl Table {
    /// A table for at most `limit` connections, which hold at most `max_weight` bytes beside their
    /// places in it.
    pub(crate) fn new(limit: usize, max_weight: usize) -> Self {
        Self {
            slots: Vec::new(),
            free: Vec::new(),
            by_key: HashMap::default(),
            order: VecDeque::new(),
            closed: VecDeque::new(),
            heavy: VecDeque::new(),
            weight: 0,
            max_weight,
            limit: limit.max(1),
            opened: 0,
            forgotten: Forgotten::default(),
        }
    }

    /// The connection of a segment from `src` to `dst`; opened when there is none.
    pub(crate) fn find(&mut self, src: SocketAddr, dst: SocketAddr, tcp: &Tcp<'_>) -> Found {
        let key = Key::new(src, dst);
        let mut removed = None;
        if let Some(&slot) = self.by_key.get(&key)
            && let Some(Some(connection)) = self.slots.get(slot)
        {
            let side = usize::from(connection.halves[DIALLER].addr != src);
            let syn = tcp.flags.contains(TcpFlags::SYN) && !tcp.flags.contains(TcpFlags::ACK);
            // Nobody answered the last one, and this is not that one again: it was given up.
            let given_up = connection.phase == Phase::SynSent && side == DIALLER;
            let over = given_up || matches!(connection.phase, Phase::Closed(_) | Phase::Open);
            if !(syn && over && connection.halves[side].isn != Some(tcp.seq)) {
                return Found {
                    slot,
                    side,
                    opened: false,
                    removed: None,
                };
            }
            removed = self.remove(slot);
        } else if self.by_key.len() >= self.limit {
            removed = self.remove_oldest();
        } else if self.closed.len() > CLOSED {
            // Nothing is removed when that one's ends are in use again.
            removed = self.closed.pop_front().and_then(|o| self.remove_ended(o));
        }
        let (slot, side) = self.open(key, src, dst, tcp);
        let known =
            !self.forgotten.hashes.is_empty() && self.forgotten.hashes.contains(&self.hash(key));
        if let Some(connection) = self.at(slot) {
            connection.forgotten = known;
        }
        Found {
            slot,
            side,
            opened: true,
            removed,
        }
    }

    fn open(&mut self, key: Key, src: SocketAddr, dst: SocketAddr, tcp: &Tcp<'_>) -> (usize, Side) {
        let (dialler, phase) = if !tcp.flags.contains(TcpFlags::SYN) {
            // Nobody saw who dialled; services mostly have the lower port.
            let low_is_source = src.port() < dst.port();
            (if low_is_source { dst } else { src }, Phase::Open)
        } else if tcp.flags.contains(TcpFlags::ACK) {
            (dst, Phase::SynReceived)
        } else {
            (src, Phase::SynSent)
        };
        let acceptor = if dialler == src { dst } else { src };
        self.opened = self.opened.saturating_add(1);
        let connection = Connection::new(self.opened, dialler, acceptor, phase);
        let owner_number = connection.number;
        let slot = if let Some(slot) = self.free.pop() {
            self.slots[slot] = Some(connection);
            slot
        } else {
            self.slots.push(Some(connection));
            self.slots.len() - 1
        };
        self.by_key.insert(key, slot);
        self.order.push_back(Owner {
            slot,
            number: owner_number,
        });
        (slot, usize::from(dialler != src))
    }

    /// The connection in a slot.
    pub(crate) fn at(&mut self, slot: usize) -> Option<&mut Connection> {
        self.slots.get_mut(slot)?.as_mut()
    }

    /// The packet that carried a number from one end to the other, as far as it is remembered,
    /// and whether that was the SYN.
    pub(crate) fn sent(
        &self,
        from: SocketAddr,
        to: SocketAddr,
        seq: Seq,
    ) -> Option<(Option<u64>, bool)> {
        let slot = *self.by_key.get(&Key::new(from, to))?;
        let connection = self.slots.get(slot)?.as_ref()?;
        let half = connection.halves.iter().find(|half| half.addr == from)?;
        let syn = half.isn == Some(seq);
        let packet = if syn && half.addr == connection.halves[DIALLER].addr {
            Some(connection.opened_in)
        } else {
            half.carrier(seq)
        };
        Some((packet, syn))
    }

    /// The network says that a SYN cannot be delivered.
    pub(crate) fn unreachable(
        &mut self,
        from: SocketAddr,
        to: SocketAddr,
        by: IpAddr,
        why: Undelivered,
    ) {
        if let Some(&slot) = self.by_key.get(&Key::new(from, to))
            && let Some(connection) = self.at(slot)
            && connection.halves[DIALLER].addr == from
        {
            connection.unreachable.get_or_insert((by, why));
        }
    }

    /// The control connection of a data connection, if it is still in the table.
    pub(crate) fn owner(&mut self, owner: Owner) -> Option<&mut Connection> {
        self.at(owner.slot)
            .filter(|c| c.number == owner.number && matches!(c.role, Role::Control { .. }))
    }

    /// The newest connections, oldest of them first.
    pub(crate) fn newest(&self, count: usize) -> Vec<Owner> {
        let skip = self.order.len().saturating_sub(count);
        self.order.iter().skip(skip).copied().collect()
    }

    /// How many connections were opened so far.
    pub(crate) fn opened(&self) -> u32 {
        self.opened
    }

    /// Whether every connection in the table has ended.
    pub(crate) fn all_closed(&self) -> bool {
        self.slots
            .iter()
            .flatten()
            .all(|c| matches!(c.phase, Phase::Closed(_)) || c.doubt.is_some())
    }

    /// The slots of all connections, oldest first.
    pub(crate) fn in_order(&self) -> Vec<usize> {
        let number = |slot: usize| self.slots.get(slot)?.as_ref().map(|c| c.number);
        let mut slots: Vec<usize> = (0..self.slots.len())
            .filter(|&slot| number(slot).is_some())
            .collect();
        slots.sort_unstable_by_key(|&slot| number(slot));
        slots
    }

    /// Takes a connection out when the capture has ended: nothing is looked for any more.
    pub(crate) fn take(&mut self, slot: usize) -> Option<Connection> {
        self.slots.get_mut(slot)?.take()
    }

    /// A connection has ended: it may leave before those that go on, and what it needs no longer
    /// leaves at once.
    pub(crate) fn note_closed(&mut self, owner: Owner) {
        if let Some(connection) = self.at(owner.slot) {
            connection.rest();
            // A refused one may be dialled again, and end again.
            if !std::mem::replace(&mut connection.listed_closed, true) {
                self.closed.push_back(owner);
            }
        }
        self.weigh(owner.slot);
    }

    /// Looks at what a connection holds beside its place in the table. When all of them together
    /// hold too much, those give up some of it that have held much for the longest.
    pub(crate) fn weigh(&mut self, slot: usize) {
        let Some(connection) = self.at(slot) else {
            return;
        };
        let (before, number) = (connection.weight, connection.number);
        let weight = connection.held();
        // What nearly every connection holds is bounded by their number.
        let weight = if weight > LIGHT { weight } else { 0 };
        connection.weight = weight;
        let list = weight > 0 && !connection.listed;
        connection.listed |= list;
        self.weight = self.weight - before + weight;
        if list {
            self.heavy.push_back(Owner { slot, number });
        }
        while self.weight > self.max_weight
            && let Some(owner) = self.heavy.pop_front()
        {
            let same = |c: &&mut Connection| c.number == owner.number;
            if let Some(connection) = self.at(owner.slot).filter(same) {
                let weight = std::mem::take(&mut connection.weight);
                connection.listed = false;
                if weight > 0 {
                    connection.shed();
                }
                self.weight -= weight;
            }
        }
    }

    fn hash(&self, key: Key) -> u64 {
        self.by_key.hasher().hash_one(key)
    }

    fn remove_oldest(&mut self) -> Option<Connection> {
        while let Some(owner) = self.closed.pop_front() {
            let removed = self.remove_ended(owner);
            if removed.is_some() {
                return removed;
            }
        }
        while let Some(owner) = self.order.pop_front() {
            let removed = self.remove_owned(owner);
            if removed.is_some() {
                return removed;
            }
        }
        None
    }

    /// Removes a connection from the list of those that have ended, unless it goes on by now.
    fn remove_ended(&mut self, owner: Owner) -> Option<Connection> {
        let connection = self.at(owner.slot).filter(|c| c.number == owner.number)?;
        connection.listed_closed = false;
        if !matches!(connection.phase, Phase::Closed(_)) {
            return None;
        }
        self.remove_owned(owner)
    }

    /// Removes a connection unless its slot holds another by now.
    fn remove_owned(&mut self, owner: Owner) -> Option<Connection> {
        let Owner { slot, number } = owner;
        let connection = self.at(slot).filter(|c| c.number == number)?;
        let goes_on = !matches!(connection.phase, Phase::Closed(_));
        let key = Key::new(connection.halves[0].addr, connection.halves[1].addr);
        if goes_on {
            let hash = self.hash(key);
            self.forgotten.insert(hash);
        }
        self.remove(slot)
    }

    fn remove(&mut self, slot: usize) -> Option<Connection> {
        let connection = self.slots.get_mut(slot)?.take()?;
        self.weight -= connection.weight;
        self.free.push(slot);
        self.by_key.remove(&Key::new(
            connection.halves[0].addr,
            connection.halves[1].addr,
        ));
        // Stale entries must not pile up when the same ends are used again and again.
        let slots = &self.slots;
        let many = 2 * self.by_key.len().max(1024);
        for list in [&mut self.order, &mut self.closed, &mut self.heavy] {
            if list.len() <= many {
                continue;
            }
            list.retain(|o| {
                slots
                    .get(o.slot)
                    .is_some_and(|s| s.as_ref().is_some_and(|c| c.number == o.number))
            });
        }
        Some(connection)
    }
}
