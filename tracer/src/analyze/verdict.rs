//! What all the connections together mean, once the capture has ended.

mod vantage;

use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use hashbrown::{HashMap, HashSet};
use proto::Code;
use serde::Serialize;

use super::connection::{Connection, DIALLER, Ending, Role};
use super::expect::Expected;
use crate::note::{ConnectionName, Purpose, Whose};
use crate::{Seq, Timestamp};

/// Pairs of hosts that are judged.
const PAIRS: usize = 4096;
/// Ports that are told apart, of all pairs together.
const PORTS: usize = 262_144;
/// Bounces and places of capture that are told.
const TOLD: usize = 64;
/// Handshakes that are remembered, to find those that were captured twice: as many as a table of
/// 16 384 places takes.
const HANDSHAKES: usize = 14_336;
/// The longest that a SYN may take to be answered, or to come through a translator.
const TRANSIT: Duration = Duration::from_secs(3);
/// So many different ports before anybody asks whether it is a scan.
const MANY: usize = 5;
/// So many different ports that nobody answers on before it is called one.
const SCAN: usize = 10;

/// A judgement on more than one packet.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub enum Verdict {
    /// One host dials many ports of another, and commands explain it.
    DataConnections {
        /// Who dials.
        by: IpAddr,
        /// Who is dialled.
        to: IpAddr,
        /// Different ports.
        ports: usize,
        /// Connections that an announcement explains.
        announced: u32,
    },
    /// One host tries many ports of another, which nothing announced and hardly any answers.
    PortScan {
        /// Who dials.
        by: IpAddr,
        /// Who is dialled.
        to: IpAddr,
        /// Different ports that refused or did not answer.
        ports: usize,
        /// Dials that were refused.
        refused: u32,
        /// Dials without an answer.
        unanswered: u32,
    },
    /// PORT named a third host (RFC 2577 §3): an attack, or a transfer between two servers. Or it
    /// named the server itself.
    Bounce {
        /// The control connection.
        connection: ConnectionName,
        /// The packet with the command.
        packet: u64,
        /// Where the server was sent.
        target: SocketAddr,
        /// Whose address that is: a third host's, the server's own, or loopback.
        whose: Whose,
        /// The reply to the command.
        #[serde(serialize_with = "crate::note::digits_opt")]
        reply: Option<Code>,
        /// The packet with that.
        reply_in: Option<u64>,
        /// The connection on which it went there, if it did: its place in the capture, from 1.
        dialled: Option<u32>,
        /// What that connection is called.
        data: Option<ConnectionName>,
        /// Whether it was opened.
        opened: Option<bool>,
    },
    /// Both sides of an address translator (NAT) were captured: two connections are one, by the
    /// initial sequence numbers of both ends.
    Translation {
        /// A connection as it was seen first.
        connection: ConnectionName,
        /// The same as it was seen then.
        copy: ConnectionName,
        /// The dialler's endpoint in the one and in the other.
        dialler: [SocketAddr; 2],
        /// The acceptor's endpoint in the one and in the other.
        acceptor: [SocketAddr; 2],
        /// Connections between these hosts that were seen twice.
        connections: u32,
    },
    /// On which side of the network the capture was made.
    Vantage {
        /// The control connection that shows it.
        connection: ConnectionName,
        /// Whose side it is.
        near: Near,
        /// From the SYN to the SYN/ACK: the way to the server and back.
        #[serde(rename = "server_leg_s", serialize_with = "crate::note::seconds_opt")]
        server_leg: Option<Duration>,
        /// From the SYN/ACK to the ACK: the way to the client and back.
        #[serde(rename = "client_leg_s", serialize_with = "crate::note::seconds_opt")]
        client_leg: Option<Duration>,
        /// Routers on the way from the client and from the server, by their TTLs; a printed trace
        /// seldom has these.
        hops: Option<[u8; 2]>,
    },
}

/// One side of the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Near {
    /// The client's.
    Client,
    /// The server's.
    Server,
    /// Somewhere between.
    Between,
}

/// What is gathered for the verdicts.
#[derive(Debug, Default)]
pub(crate) struct Verdicts {
    dials: HashMap<(IpAddr, IpAddr), Dials, foldhash::fast::RandomState>,
    /// Ports in all the sets.
    ports: usize,
    bounces: Vec<Verdict>,
    vantages: Vec<Verdict>,
    translations: Vec<Verdict>,
    /// Connections by the first sequence numbers of both ends.
    handshakes: HashMap<[Seq; 2], Seen, foldhash::fast::RandomState>,
    /// The same in the order in which they came: the oldest is forgotten for the newest.
    order: VecDeque<[Seq; 2]>,
}

/// A connection whose handshake was captured.
#[derive(Clone, Copy, Debug)]
struct Seen {
    name: ConnectionName,
    ends: [SocketAddr; 2],
    /// Of the SYN, or of the answer to it.
    time: Option<Timestamp>,
}

#[derive(Debug, Default)]
struct Dials {
    /// Order of appearance.
    first: u32,
    explained: HashSet<u16, foldhash::fast::RandomState>,
    failed: HashSet<u16, foldhash::fast::RandomState>,
    announced: u32,
    refused: u32,
    unanswered: u32,
    /// Dials that were answered and that nothing explains.
    other: u32,
}

impl Verdicts {
    /// A client told its server to dial a third host.
    pub(crate) fn bounce(&mut self, connection: ConnectionName, expected: &Expected) {
        if let Some(whose) = expected.bounce
            && self.bounces.len() < TOLD
        {
            self.bounces.push(Verdict::Bounce {
                connection,
                packet: expected.packet,
                target: expected.endpoint,
                whose,
                reply: None,
                reply_in: None,
                dialled: None,
                data: None,
                opened: None,
            });
        }
    }

    /// The server answered the command of a packet.
    pub(crate) fn answered(&mut self, control: ConnectionName, command: u64, code: Code, by: u64) {
        for bounce in &mut self.bounces {
            if let Verdict::Bounce {
                connection,
                packet,
                reply: reply @ None,
                reply_in,
                ..
            } = bounce
                && (*connection, *packet) == (control, command)
            {
                (*reply, *reply_in) = (Some(code), Some(by));
                // Several commands in one packet are answered one by one.
                return;
            }
        }
    }

    /// How the connection ended that a server was sent on.
    fn bounced(&mut self, connection: &Connection) {
        for bounce in &mut self.bounces {
            if let Verdict::Bounce {
                dialled,
                data,
                opened,
                ..
            } = bounce
                && *dialled == Some(connection.number)
            {
                *data = Some(connection.name);
                *opened = Some(!matches!(
                    connection.ending(),
                    Ending::Refused { .. } | Ending::Unreachable { .. } | Ending::Unanswered
                ));
            }
        }
    }

    /// A connection came to what was announced.
    pub(crate) fn came(&mut self, announced: &Expected, number: u32) {
        for bounce in &mut self.bounces {
            if let Verdict::Bounce {
                packet,
                target,
                dialled,
                ..
            } = bounce
                // One packet may carry several commands.
                && (*packet, *target) == (announced.packet, announced.endpoint)
            {
                dialled.get_or_insert(number);
            }
        }
    }

    /// A connection has ended, or was open at the end.
    pub(crate) fn connection(&mut self, connection: &Connection) {
        if matches!(connection.role, Role::Control { .. }) {
            self.vantage(connection);
        }
        self.translation(connection);
        self.bounced(connection);
        let [from, to] = [connection.halves[0].addr, connection.halves[1].addr];
        // Without its SYN nobody knows who dialled.
        if connection.halves[DIALLER].isn.is_none() {
            return;
        }
        let key = (from.ip(), to.ip());
        if self.dials.len() >= PAIRS && !self.dials.contains_key(&key) {
            return;
        }
        let dials = self.dials.entry(key).or_insert_with(|| Dials {
            first: connection.number,
            ..Dials::default()
        });
        let data = matches!(
            connection.purpose,
            Purpose::Announced { .. } | Purpose::Inferred { .. }
        );
        let known = &mut self.ports;
        let mut remember = |ports: &mut HashSet<u16, _>| {
            if *known < PORTS && ports.insert(to.port()) {
                *known += 1;
            }
        };
        if data {
            dials.announced = dials.announced.saturating_add(1);
            remember(&mut dials.explained);
            return;
        }
        match connection.ending() {
            Ending::Refused { .. } | Ending::Unreachable { .. } => {
                dials.refused = dials.refused.saturating_add(1);
            }
            Ending::Unanswered => dials.unanswered = dials.unanswered.saturating_add(1),
            _ => {
                dials.other = dials.other.saturating_add(1);
                return;
            }
        }
        remember(&mut dials.failed);
    }

    fn translation(&mut self, connection: &Connection) {
        let halves = &connection.halves;
        // Of what was seen in one direction alone, the acknowledgements tell the other's numbers.
        let [Some(a), Some(b)] = [halves[0].first(), halves[1].first()] else {
            return;
        };
        if halves.iter().all(|half| half.isn.is_none()) {
            return;
        }
        let this = Seen {
            name: connection.name,
            ends: [connection.halves[0].addr, connection.halves[1].addr],
            time: connection.syn_time.or(connection.syn_ack_time),
        };
        let Some(first) = self.handshakes.get(&[a, b]) else {
            if self.order.len() >= HANDSHAKES
                && let Some(oldest) = self.order.pop_front()
            {
                self.handshakes.remove(&oldest);
            }
            self.handshakes.insert([a, b], this);
            self.order.push_back([a, b]);
            return;
        };
        // The translator changes one end's address, and leaves the other's.
        let moved = [0, 1].map(|side| first.ends[side].ip() != this.ends[side].ip());
        let kept = [0, 1].map(|side| first.ends[side] == this.ends[side]);
        let near = match (first.time, this.time) {
            (Some(a), Some(b)) => b.since(a).max(a.since(b)) < TRANSIT,
            _ => false,
        };
        if !near || !(moved[0] && kept[1] || moved[1] && kept[0]) {
            return;
        }
        let [dialler, acceptor] = [0, 1].map(|side| [first.ends[side], this.ends[side]]);
        let hosts = |ends: &[SocketAddr; 2]| ends.map(|end| end.ip());
        for told in &mut self.translations {
            if let Verdict::Translation {
                dialler: from,
                acceptor: to,
                connections,
                ..
            } = told
            {
                // In active mode the server dials.
                let same = hosts(from) == hosts(&dialler) && hosts(to) == hosts(&acceptor);
                let turned = hosts(from) == hosts(&acceptor) && hosts(to) == hosts(&dialler);
                if same || turned {
                    *connections = connections.saturating_add(1);
                    return;
                }
            }
        }
        if self.translations.len() < TOLD {
            self.translations.push(Verdict::Translation {
                connection: first.name,
                copy: this.name,
                dialler,
                acceptor,
                connections: 1,
            });
        }
    }

    /// The verdicts, in an order that does not depend on chance.
    pub(crate) fn give(self) -> Vec<Verdict> {
        // A PORT that names a third host explains how the server came there, and excuses nothing.
        let target = |bounce: &Verdict| match bounce {
            Verdict::Bounce { target, .. } => Some(target.ip()),
            _ => None,
        };
        let bounced: Vec<IpAddr> = self.bounces.iter().filter_map(target).collect();
        let mut verdicts = self.vantages;
        verdicts.extend(self.translations);
        verdicts.extend(self.bounces);
        let mut dials: Vec<_> = self.dials.into_iter().collect();
        dials.sort_unstable_by_key(|(_, dials)| dials.first);
        for ((by, to), dials) in dials {
            let answered = u32::try_from(dials.failed.len()).unwrap_or(u32::MAX) / 4;
            if dials.explained.len() >= MANY && !bounced.contains(&to) {
                verdicts.push(Verdict::DataConnections {
                    by,
                    to,
                    ports: dials.explained.len(),
                    announced: dials.announced,
                });
            }
            if dials.failed.len() >= SCAN && dials.other <= answered {
                verdicts.push(Verdict::PortScan {
                    by,
                    to,
                    ports: dials.failed.len(),
                    refused: dials.refused,
                    unanswered: dials.unanswered,
                });
            }
        }
        verdicts
    }
}
