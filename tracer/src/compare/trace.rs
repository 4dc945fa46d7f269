//! One trace, as far as it can be compared: each packet by its part in the session, with relative
//! numbers.

use std::net::{IpAddr, SocketAddr};

use hashbrown::HashMap;

use crate::{Ip, Packet, Seq, Tcp, TcpFlags, Timestamp, Transport};

/// Packets of a trace that are kept; more are counted and not compared.
pub const MAX_COMPARED: usize = 4096;
/// Where name servers listen.
const NAMES: u16 = 53;

/// What a packet is part of. Connections are numbered as they begin, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Channel {
    /// Questions to a name server, and its answers.
    Names,
    /// A control connection.
    Control(u32),
    /// A data connection, or any other.
    Data(u32),
}

/// A packet as far as it can be compared.
#[derive(Clone, Copy, Debug)]
pub struct Seen {
    /// Its number in its trace, from 1, packets that are not compared included.
    pub number: u64,
    /// When it was captured.
    pub time: Timestamp,
    /// What it is part of.
    pub channel: Channel,
    /// Whether the client of the control connection sent it, or whoever asks for a name.
    pub from_client: bool,
    /// Source and destination port.
    pub ports: [u16; 2],
    /// The DF flag of its IPv4 header.
    pub dont_fragment: bool,
    /// The payload's length in bytes.
    pub len: u32,
    /// What a datagram does not have.
    pub segment: Option<Segment>,
}

/// What is compared of a TCP header.
#[derive(Clone, Copy, Debug)]
pub struct Segment {
    /// The control bits.
    pub flags: TcpFlags,
    /// Relative to the sender's initial sequence number, when it was printed.
    pub seq: Option<u32>,
    /// Relative to the peer's initial sequence number, when there is an acknowledgement.
    pub ack: Option<u32>,
    /// The window field, unscaled.
    pub window: u16,
    /// The initial sequence number that a SYN tells.
    pub first: Option<u32>,
}

impl Segment {
    /// Whether it is there for its acknowledgement alone.
    pub(super) fn is_lone_ack(&self, len: u32) -> bool {
        let special = TcpFlags::SYN.union(TcpFlags::FIN).union(TcpFlags::RST);
        len == 0 && !self.flags.intersects(special)
    }
}

/// A trace to be compared.
#[derive(Debug, Default)]
pub struct Trace {
    packets: Vec<Seen>,
    count: u64,
    left_out: u64,
    copies: u64,
    control_ports: Vec<u16>,
    connections: HashMap<[SocketAddr; 2], Connection>,
    /// Control and data connections so far.
    numbers: [u32; 2],
    /// The last control connection's client, and its server with the control port.
    parties: Option<(IpAddr, SocketAddr)>,
}

#[derive(Clone, Copy, Debug)]
struct Connection {
    channel: Channel,
    client: SocketAddr,
    /// Initial sequence numbers, the client's first.
    first: [Option<Seq>; 2],
}

impl Trace {
    /// A trace in which connections to these ports are control connections.
    pub fn new(control_ports: &[u16]) -> Self {
        Self {
            control_ports: control_ports.to_vec(),
            ..Self::default()
        }
    }

    /// Takes the next packet.
    pub fn push(&mut self, packet: &Packet<'_>) {
        self.count += 1;
        let seen = if self.packets.len() < MAX_COMPARED {
            self.seen(packet)
        } else {
            None
        };
        match seen {
            Some(seen) => self.packets.push(seen),
            None => self.left_out += 1,
        }
    }

    /// Passes over the next packet: it is a copy of an earlier one.
    pub fn pass_over(&mut self) {
        self.count += 1;
        self.copies += 1;
    }

    /// The packets that are compared.
    pub fn packets(&self) -> &[Seen] {
        &self.packets
    }

    /// How many packets are not compared: neither TCP nor of a name server, or too
    /// many.
    pub fn left_out(&self) -> u64 {
        self.left_out
    }

    /// How many packets were passed over, as they are copies of others.
    pub fn copies(&self) -> u64 {
        self.copies
    }

    fn seen(&mut self, packet: &Packet<'_>) -> Option<Seen> {
        let ip = packet.ip()?;
        let (channel, from_client, ports, len, segment) = match &ip.transport {
            Transport::Tcp(tcp) => {
                let numbered = packet.printed.is_none_or(|line| line.knows_seq());
                let printed = packet.printed.is_none_or(|line| line.record.has_seq());
                let (channel, from_client, segment) = self.segment(ip, tcp, numbered, printed);
                let ports = [tcp.src_port, tcp.dst_port];
                (channel, from_client, ports, tcp.len, Some(segment))
            }
            Transport::Udp(udp) => {
                let ports = [udp.src_port, udp.dst_port];
                if !ports.contains(&NAMES) {
                    return None;
                }
                let from_client = udp.dst_port == NAMES;
                (Channel::Names, from_client, ports, udp.len, None)
            }
            _ => return None,
        };
        Some(Seen {
            number: self.count,
            time: packet.time,
            channel,
            from_client,
            ports,
            dont_fragment: ip.dont_fragment,
            len,
            segment,
        })
    }

    fn segment(
        &mut self,
        ip: &Ip<'_>,
        tcp: &Tcp<'_>,
        numbered: bool,
        printed: bool,
    ) -> (Channel, bool, Segment) {
        let from = SocketAddr::new(ip.src, tcp.src_port);
        let to = SocketAddr::new(ip.dst, tcp.dst_port);
        let key = if from < to { [from, to] } else { [to, from] };
        let syn = tcp.flags.contains(TcpFlags::SYN);
        let acknowledges = tcp.flags.contains(TcpFlags::ACK);
        let known = self.connections.get(&key).copied().filter(|known| {
            // The same ports again, with another number: another connection.
            let side = usize::from(known.client != from);
            let same = known.first.get(side).copied().flatten() == Some(tcp.seq);
            !syn || acknowledges || same
        });
        let mut connection = match known {
            Some(known) => known,
            None => self.begin(from, to),
        };
        let from_client = connection.client == from;
        let [own, peer] = if from_client { [0, 1] } else { [1, 0] };
        if let Some(first) = connection.first.get_mut(own) {
            if syn {
                *first = Some(tcp.seq);
            } else if first.is_none() && numbered {
                *first = Some(tcp.seq - 1);
            }
        }
        if let Some(first) = connection.first.get_mut(peer)
            && first.is_none()
            && acknowledges
        {
            *first = Some(tcp.ack - 1);
        }
        self.connections.insert(key, connection);
        let relative = |number: Seq, side: usize| {
            let first = connection.first.get(side).copied().flatten()?;
            Some(number.relative_to(first))
        };
        let seq = relative(tcp.seq, own).filter(|_| printed);
        let ack = relative(tcp.ack, peer).filter(|_| acknowledges);
        let segment = Segment {
            flags: tcp.flags,
            seq,
            ack,
            window: tcp.window,
            first: syn.then_some(tcp.seq.0),
        };
        (connection.channel, from_client, segment)
    }

    /// A connection whose first packet goes `from` there `to` there.
    fn begin(&mut self, from: SocketAddr, to: SocketAddr) -> Connection {
        let is_control = |end: &SocketAddr| self.control_ports.contains(&end.port());
        let [controls, others] = &mut self.numbers;
        let (channel, client) = if let Some(server) = [to, from].into_iter().find(is_control) {
            *controls += 1;
            let client = if server == to { from } else { to };
            self.parties = Some((client.ip(), server));
            (Channel::Control(*controls), client)
        } else {
            *others += 1;
            (Channel::Data(*others), self.client_of(from, to))
        };
        Connection {
            channel,
            client,
            first: [None; 2],
        }
    }

    /// Which end of a connection for data is the client's.
    fn client_of(&self, from: SocketAddr, to: SocketAddr) -> SocketAddr {
        let Some((client, server)) = self.parties else {
            return from;
        };
        if from.ip() != to.ip() {
            return if to.ip() == client { to } else { from };
        }
        // On one address only the port tells: the server dials from the one below its own.
        let dials = server.port().checked_sub(1);
        if Some(from.port()) == dials { to } else { from }
    }
}
