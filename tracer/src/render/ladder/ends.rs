//! Which lines of a ladder a segment goes between, in which direction, and from where its numbers
//! are counted.

use std::net::{IpAddr, SocketAddr};

use hashbrown::HashMap;

use super::drawing::{End, Ends, USUAL};
use crate::note::{Changed, ConnectionName, Note, Party, TranslationNote};
use crate::{Explained, Ip, Place, Seq, Tcp, TcpFlags};

/// Connections whose first sequence numbers are remembered; with more, all are forgotten and
/// counted from where they are. As many sessions, too.
const MAX_CONNECTIONS: usize = 10_000;

/// What is known of who talks to whom.
#[derive(Debug, Default)]
pub(super) struct Talks {
    /// By the endpoints, the lower one first: a connection's name changes when it is recognised.
    known: HashMap<[SocketAddr; 2], Known>,
    /// The client and the server of a session.
    sessions: HashMap<u32, [IpAddr; 2]>,
    /// The two hosts of a session, the lower address first, and which one is the client.
    clients: HashMap<[IpAddr; 2], IpAddr>,
    /// Connections so far.
    count: u64,
}

/// What is remembered of a connection.
#[derive(Clone, Copy, Debug)]
struct Known {
    /// The same for both halves of a connection through a translator.
    id: u64,
    /// Which half it is, if it is one: 0 on the client's side.
    half: Option<usize>,
    /// Whose line is on the left, if nobody knows who is the client.
    left: Option<SocketAddr>,
    /// The first sequence numbers, of the lower and the higher endpoint.
    first: [Option<Seq>; 2],
}

/// Where a segment belongs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen {
    /// The connection.
    pub(super) id: u64,
    /// Which half of one through a translator: 0 on the client's side.
    pub(super) half: Option<usize>,
    pub(super) ends: Ends,
    pub(super) rightward: bool,
    /// From where its own numbers are counted, and those it acknowledges.
    pub(super) first: [Seq; 2],
    /// The hosts of no session, at their first segment: on the left, on the right.
    pub(super) strangers: Option<[SocketAddr; 2]>,
}

impl Talks {
    /// Finds a segment's place.
    pub(super) fn seen(
        &mut self,
        place: Place,
        explained: &Explained<'_>,
        ip: &Ip<'_>,
        tcp: &Tcp<'_>,
    ) -> Seen {
        let from = SocketAddr::new(ip.src, tcp.src_port);
        let to = SocketAddr::new(ip.dst, tcp.dst_port);
        self.learn(place, [ip.src, ip.dst]);
        let ends = self.ends(place.connection, [ip.src, ip.dst]);
        let pair = sorted(ip.src, ip.dst);
        let client = self.clients.get(&pair).copied();
        let (known, is_new, side) = self.known(from, to, tcp);
        let rightward = match place.from {
            _ if ends != USUAL => ends[1] != End::Third(ip.src),
            Party::Client => true,
            Party::Server => false,
            Party::Endpoint(from) => client.map_or_else(
                || *known.left.get_or_insert(from) == from,
                |client| client == from.ip(),
            ),
        };
        let own = *known.first[side].get_or_insert(tcp.seq);
        let mut other = own;
        if tcp.flags.contains(TcpFlags::ACK) {
            other = *known.first[1 - side].get_or_insert(tcp.ack);
        }
        let is_strange =
            is_new && client.is_none() && matches!(place.connection, ConnectionName::Tcp { .. });
        let mut seen = Seen {
            id: known.id,
            half: known.half,
            ends,
            rightward,
            first: [own, other],
            strangers: is_strange.then_some(if rightward { [from, to] } else { [to, from] }),
        };
        if let Some(first) = same_elsewhere(explained.notes, from, to) {
            self.join(&mut seen, [from, to], first);
        }
        seen
    }

    /// Who the client and the server of a session are.
    fn learn(&mut self, place: Place, [src, dst]: [IpAddr; 2]) {
        let ConnectionName::Control { session } = place.connection else {
            return;
        };
        let hosts = match place.from {
            Party::Client => [src, dst],
            Party::Server => [dst, src],
            Party::Endpoint(_) => return,
        };
        if self.sessions.len() >= MAX_CONNECTIONS {
            self.sessions.clear();
            self.clients.clear();
        }
        self.sessions.insert(session, hosts);
        self.clients.insert(sorted(src, dst), hosts[0]);
    }

    /// Whose lines these are: a data connection may lead to a host that has no part in the session.
    fn ends(&self, connection: ConnectionName, hosts: [IpAddr; 2]) -> Ends {
        let ConnectionName::Data { session, .. } = connection else {
            return USUAL;
        };
        let Some(&[client, server]) = self.sessions.get(&session) else {
            return USUAL;
        };
        let third = |address: &&IpAddr| **address != client && **address != server;
        let mut thirds = hosts.iter().filter(third);
        match (thirds.next(), thirds.next()) {
            (None, _) => USUAL,
            (Some(&one), Some(&other)) => {
                let [one, other] = sorted(one, other);
                [End::Third(one), End::Third(other)]
            }
            (Some(&third), None) if hosts.contains(&server) => [End::Server, End::Third(third)],
            (Some(&third), None) => [End::Client, End::Third(third)],
        }
    }

    /// What is remembered of a segment's connection, whether that is its first, and the side.
    fn known(
        &mut self,
        from: SocketAddr,
        to: SocketAddr,
        tcp: &Tcp<'_>,
    ) -> (&mut Known, bool, usize) {
        let (ends, side) = if from <= to {
            ([from, to], 0)
        } else {
            ([to, from], 1)
        };
        if self.known.len() >= MAX_CONNECTIONS && !self.known.contains_key(&ends) {
            self.known.clear();
        }
        self.count += 1;
        let new = Known {
            id: self.count,
            half: None,
            left: None,
            first: [None; 2],
        };
        let opens = tcp.flags.contains(TcpFlags::SYN) && !tcp.flags.contains(TcpFlags::ACK);
        let known = self.known.entry(ends).or_insert(new);
        let is_new = known.id == self.count;
        if tcp.flags.contains(TcpFlags::SYN) {
            if opens && known.first[side] != Some(tcp.seq) {
                // The ports may have had a connection before.
                *known = Known {
                    left: known.left,
                    ..new
                };
            }
            known.first[side] = Some(tcp.seq);
        }
        (known, is_new, side)
    }

    /// A connection turns out to be the same as `first`, whose SYN was captured before.
    fn join(&mut self, seen: &mut Seen, this: [SocketAddr; 2], first: [SocketAddr; 2]) {
        let [this, first] = [this, first].map(|[one, other]| {
            if one <= other {
                [one, other]
            } else {
                [other, one]
            }
        });
        let half = usize::from(seen.rightward);
        if let Some(known) = self.known.get_mut(&first) {
            known.half = Some(1 - half);
            seen.id = known.id;
        }
        if let Some(known) = self.known.get_mut(&this) {
            known.half = Some(half);
            known.id = seen.id;
        }
        seen.half = Some(half);
    }
}

/// Who sent and who received the SYN that was captured before on the other side of a translator,
/// when this one, between `from` and `to`, is the same.
fn same_elsewhere(notes: &[Note], from: SocketAddr, to: SocketAddr) -> Option<[SocketAddr; 2]> {
    notes.iter().find_map(|note| match note {
        Note::Translation(TranslationNote::Connection { changed, was, .. }) => {
            Some(match changed {
                Changed::Source => [*was, to],
                Changed::Destination => [from, *was],
            })
        }
        _ => None,
    })
}

fn sorted(one: IpAddr, other: IpAddr) -> [IpAddr; 2] {
    if one <= other {
        [one, other]
    } else {
        [other, one]
    }
}
