//! Packets in, explanations out.
//!
//! [`Analyzer::push`] takes packets in the order of the capture and returns, for each, the notes
//! that explain it. Nothing waits and nothing looks ahead, so a live capture reads like a file.
//! Every table is bounded; the bounds are constants beside the tables.

mod channel;
mod connection;
mod control;
mod expect;
mod half;
mod handshake;
mod neighbors;
mod session;
mod stream;
mod summary;
mod table;
mod teardown;
mod transmission;

use std::net::SocketAddr;

pub use connection::Ending;
use connection::{Connection, DIALLER, Owner, Phase, Role, Side, Step};
use control::Control;
use expect::{Expectations, Expected};
use neighbors::Neighbors;
use session::{Findings, Session};
pub use summary::{ConnectionSummary, Summary};
use table::Table;

use crate::note::{
    ConnectionName, ControlNote, HandshakeNote, Note, Party, Purpose, Section, TransferRef,
    Unexplained,
};
use crate::{Ip, Network, Packet, Tcp, TcpFlags, Transport};

/// What an [`Analyzer`] may be told before it starts.
#[derive(Clone, Debug)]
pub struct AnalyzerOptions {
    /// Ports whose connections are control connections from the SYN on. On any other port a
    /// session is recognised when the server greets.
    pub control_ports: Vec<u16>,
    /// Connections kept at the same time; when there are more, the oldest is forgotten.
    pub max_connections: usize,
}

impl Default for AnalyzerOptions {
    fn default() -> Self {
        Self {
            control_ports: vec![21],
            max_connections: 65_536,
        }
    }
}

/// Explains packets one by one.
#[derive(Debug)]
pub struct Analyzer {
    options: AnalyzerOptions,
    table: Table,
    neighbors: Neighbors,
    expectations: Expectations,
    summary: Summary,
    sessions: u32,
    resolving: bool,
    /// Reused from packet to packet.
    notes: Vec<Note>,
    expected: Vec<Expected>,
}

/// What there is to say about one packet.
#[derive(Clone, Copy, Debug)]
pub struct Explained<'a> {
    /// The packet's place in the capture, from 1.
    pub number: u64,
    /// A new act begins with this packet.
    pub section: Option<Section>,
    /// Where the packet belongs, when it is TCP.
    pub place: Option<Place>,
    /// Why it is there, most important first; never empty.
    pub notes: &'a [Note],
}

impl Explained<'_> {
    /// Whether the packet was explained.
    pub fn is_explained(&self) -> bool {
        !self
            .notes
            .iter()
            .any(|note| matches!(note, Note::Unexplained(_)))
    }
}

/// The connection and direction of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// What the connection is called.
    pub connection: ConnectionName,
    /// Who sent the packet.
    pub from: Party,
}

impl Default for Analyzer {
    fn default() -> Self {
        Self::new(AnalyzerOptions::default())
    }
}

impl Analyzer {
    /// An analyzer that has seen nothing.
    pub fn new(options: AnalyzerOptions) -> Self {
        Self {
            table: Table::new(options.max_connections),
            options,
            neighbors: Neighbors::default(),
            expectations: Expectations::default(),
            summary: Summary::default(),
            sessions: 0,
            resolving: false,
            notes: Vec::new(),
            expected: Vec::new(),
        }
    }

    /// Takes the next packet and explains it.
    pub fn push(&mut self, packet: &Packet<'_>) -> Explained<'_> {
        self.summary.packets += 1;
        let number = self.summary.packets;
        self.notes.clear();
        let mut section = None;
        let mut place = None;
        match &packet.network {
            Network::Arp(arp) => {
                if !self.resolving && self.table.opened() == 0 {
                    self.resolving = true;
                    section = Some(Section::AddressResolution);
                }
                let note = self.neighbors.packet(arp, packet.link, number, packet.time);
                self.notes.push(note);
            }
            Network::Ip(ip) => match &ip.transport {
                Transport::Tcp(tcp) => {
                    place = Some(self.tcp(packet, ip, tcp, number, &mut section));
                }
                transport => self
                    .notes
                    .push(Note::Unexplained(unknown_transport(transport))),
            },
            Network::Other { ethertype } => {
                let protocol = format!("EtherType 0x{ethertype:04x}");
                self.notes
                    .push(Note::Unexplained(Unexplained::Protocol { protocol }));
            }
            Network::Malformed(bad) => {
                let (layer, problem) = (bad.layer, bad.problem);
                self.notes
                    .push(Note::Unexplained(Unexplained::Malformed { layer, problem }));
            }
        }
        if self.notes.is_empty() {
            self.notes.push(Note::Unexplained(Unexplained::Segment));
        }
        let explained = Explained {
            number,
            section,
            place,
            notes: &self.notes,
        };
        self.summary.explained += u64::from(explained.is_explained());
        explained
    }

    /// Whether a connection was seen and every connection has ended.
    pub fn all_closed(&self) -> bool {
        self.table.opened() > 0 && self.table.all_closed()
    }

    /// The capture has ended: what it held.
    pub fn finish(mut self) -> Summary {
        let mut rest: Vec<Connection> = self.table.drain().collect();
        rest.sort_unstable_by_key(|connection| connection.number);
        let used: Vec<_> = rest
            .iter()
            .map(|c| c.used_by.clone().or_else(|| used_by(c, &rest)))
            .collect();
        for (mut connection, used) in rest.into_iter().zip(used) {
            connection.used_by = used;
            self.summary.add(connection);
        }
        self.summary.connections.sort_by_key(|row| row.number);
        self.summary
    }

    fn tcp(
        &mut self,
        packet: &Packet<'_>,
        ip: &Ip<'_>,
        tcp: &Tcp<'_>,
        number: u64,
        section: &mut Option<Section>,
    ) -> Place {
        let src = SocketAddr::new(ip.src, tcp.src_port);
        let dst = SocketAddr::new(ip.dst, tcp.dst_port);
        let found = self.table.find(src, dst, tcp);
        if let Some(connection) = found.removed {
            self.summary.add(connection);
        }
        let (slot, side) = (found.slot, found.side);
        if found.opened {
            self.classify(slot, section);
        }
        let transfer = self.current_transfer(slot);
        let Some(connection) = self.table.at(slot) else {
            // `find` returned the slot of a live connection.
            return Place {
                connection: ConnectionName::Tcp { number: 0 },
                from: Party::Endpoint(src),
            };
        };
        connection.packets += 1;
        if matches!(connection.role, Role::Unknown) && greets(connection, side, tcp) {
            self.sessions += 1;
            become_control(connection, self.sessions, DIALLER);
            self.notes.push(Note::Control(ControlNote::Recognised));
        }
        let was_open = !matches!(connection.phase, Phase::Closed(_));
        let mut step = Step {
            tcp,
            side,
            packet: number,
            time: packet.time,
            transfer,
            notes: &mut self.notes,
        };
        explain(
            connection,
            &mut step,
            found.opened,
            section,
            &mut self.expected,
        );
        let place = Place {
            connection: connection.name,
            from: connection.party(side),
        };
        let closed = was_open && matches!(connection.phase, Phase::Closed(_));
        let owner = Owner {
            slot,
            number: connection.number,
        };
        for expected in self.expected.drain(..) {
            self.expectations.insert(expected, owner);
        }
        if closed {
            self.remember_command(slot);
        }
        place
    }

    /// Finds out, at its first packet, what a connection is for.
    fn classify(&mut self, slot: usize, section: &mut Option<Section>) {
        let Some(connection) = self.table.at(slot) else {
            return;
        };
        let [dialler, acceptor] = [connection.halves[0].addr, connection.halves[1].addr];
        if self.options.control_ports.contains(&acceptor.port()) {
            self.sessions += 1;
            connection.purpose = Purpose::Control;
            become_control(connection, self.sessions, DIALLER);
            if connection.phase != Phase::Open {
                *section = Some(Section::Handshake {
                    connection: connection.name,
                });
            }
            return;
        }
        let announced = self
            .expectations
            .take(acceptor)
            .map(|found| (found, DIALLER))
            .or_else(|| {
                self.expectations
                    .take(dialler)
                    .map(|found| (found, 1 - DIALLER))
            });
        let Some(((expected, owner), dialling)) = announced else {
            if dialler.port() == 20 {
                connection.purpose = Purpose::Unannounced;
            }
            return;
        };
        let Some(Role::Control { control, .. }) = self.table.owner(owner).map(|c| &mut c.role)
        else {
            return;
        };
        control.session.data_connections += 1;
        let name = ConnectionName::Data {
            session: control.session.number,
            number: control.session.data_connections,
        };
        let transfer = control
            .session
            .transfer()
            .map_or(0, |transfer| transfer.number);
        let Some(connection) = self.table.at(slot) else {
            return;
        };
        // The announcer listens: the client after PORT, the server after PASV.
        let client = if expected.active() {
            1 - dialling
        } else {
            dialling
        };
        connection.name = name;
        connection.role = Role::Data {
            client,
            owner,
            transfer,
        };
        connection.purpose = Purpose::Announced {
            by: expected.by,
            packet: expected.packet,
            active: expected.active(),
        };
    }

    /// The transfer of a data connection, with its command if that came already.
    fn current_transfer(&mut self, slot: usize) -> Option<TransferRef> {
        let Role::Data {
            owner, transfer, ..
        } = self.table.at(slot)?.role
        else {
            return None;
        };
        let unnamed = TransferRef {
            number: transfer,
            verb: None,
        };
        let Some(Role::Control { control, .. }) = self.table.owner(owner).map(|c| &c.role) else {
            return Some(unnamed);
        };
        Some(
            control
                .session
                .transfer()
                .filter(|t| t.number == transfer)
                .unwrap_or(unnamed),
        )
    }

    /// Keeps the transfer command with its data connection: the session goes on to others.
    fn remember_command(&mut self, slot: usize) {
        let Some(Role::Data {
            owner, transfer, ..
        }) = self.table.at(slot).map(|c| &c.role)
        else {
            return;
        };
        let (owner, transfer) = (*owner, *transfer);
        let Some(Role::Control { control, .. }) = self.table.owner(owner).map(|c| &c.role) else {
            return;
        };
        let used = control.session.used_by(transfer);
        if let Some(connection) = self.table.at(slot) {
            connection.used_by = used;
        }
    }
}

/// Explains one segment of a connection; the order here is the order of the notes.
fn explain(
    connection: &mut Connection,
    step: &mut Step<'_, '_>,
    opened: bool,
    section: &mut Option<Section>,
    expected: &mut Vec<Expected>,
) {
    let (tcp, side) = (step.tcp, step.side);
    let before = step.notes.len();
    let known = connection.halves[1 - side].next().is_some();
    let acked =
        if tcp.flags.contains(TcpFlags::ACK) && (known || !tcp.flags.contains(TcpFlags::RST)) {
            connection.halves[1 - side].acknowledge(tcp.ack)
        } else {
            half::Acked::default()
        };
    if tcp.flags.contains(TcpFlags::SYN) {
        handshake::syn(connection, step);
        connection.halves[side].place(tcp, step.packet, step.time);
        connection.halves[side].window = u32::from(tcp.window);
        return;
    }
    if tcp.flags.contains(TcpFlags::RST) {
        if !handshake::refused(connection, step) {
            teardown::reset(connection, step, opened);
        }
        return;
    }
    if opened {
        step.notes.push(Note::Handshake(HandshakeNote::MidStream));
    }
    handshake::established(connection, step);
    let placement = connection.halves[side].place(tcp, step.packet, step.time);
    transmission::order(connection, step, placement);
    dialogue(connection, step, &acked, section, expected);
    transmission::data(connection, step, placement);
    transmission::complete(connection, step);
    if tcp.flags.contains(TcpFlags::FIN) {
        teardown::fin(connection, step, placement, &acked);
    }
    transmission::acknowledgement(connection, step, &acked, before);
    teardown::acknowledged(connection, step, &acked);
}

/// Gives a control connection's payload to its session.
fn dialogue(
    connection: &mut Connection,
    step: &mut Step<'_, '_>,
    acked: &half::Acked,
    section: &mut Option<Section>,
    expected: &mut Vec<Expected>,
) {
    let Role::Control { client, control } = &mut connection.role else {
        return;
    };
    let mut findings = Findings {
        packet: step.packet,
        notes: &mut *step.notes,
        section,
        expected,
    };
    if acked.unseen > 0 {
        control.skip_to(1 - step.side, *client, step.tcp.ack, &mut findings);
    }
    if !step.tcp.payload.is_empty() {
        // The SYN's number is known since before the role was.
        if let Some(isn) = connection.halves[step.side].isn {
            control.begin(step.side, isn + 1);
        }
        control.push(
            step.side,
            *client,
            step.tcp.seq,
            step.tcp.payload,
            &mut findings,
        );
    }
}

/// Turns a connection into a control connection.
fn become_control(connection: &mut Connection, number: u32, client: Side) {
    let [a, b] = &connection.halves;
    let (client_addr, server_addr) = if client == 0 {
        (a.addr, b.addr)
    } else {
        (b.addr, a.addr)
    };
    let session = Session::new(number, client_addr, server_addr);
    connection.name = ConnectionName::Control { session: number };
    connection.role = Role::Control {
        client,
        control: Box::new(Control::new(session)),
    };
}

/// Whether this segment is the greeting of an FTP server: the first bytes of the connection, from
/// the side that was dialled.
fn greets(connection: &Connection, side: Side, tcp: &Tcp<'_>) -> bool {
    /// Mail servers greet with 220 as well.
    const MAIL: [u16; 3] = [25, 465, 587];
    let silent = connection.halves.iter().all(|half| half.bytes == 0);
    silent
        && side != DIALLER
        && !MAIL.contains(&tcp.src_port)
        && matches!(
            tcp.payload,
            [b'2', b'2', b'0', b' ' | b'-', ..] | [b'1', b'2', b'0', b' ', ..]
        )
}

fn unknown_transport(transport: &Transport<'_>) -> Unexplained {
    let protocol = match transport {
        Transport::Malformed(bad) => {
            return Unexplained::Malformed {
                layer: bad.layer,
                problem: bad.problem,
            };
        }
        Transport::Udp(udp) => format!("UDP {} > {}", udp.src_port, udp.dst_port),
        Transport::Icmp(icmp) => format!("ICMP type {} code {}", icmp.kind, icmp.code),
        Transport::Fragment => "IP fragment".to_owned(),
        Transport::Other { protocol } => format!("IP protocol {protocol}"),
        Transport::Tcp(_) => "TCP".to_owned(),
    };
    Unexplained::Protocol { protocol }
}

/// The command of a data connection that was still open when the capture ended; `all` in order
/// of their numbers.
fn used_by(connection: &Connection, all: &[Connection]) -> Option<connection::UsedBy> {
    let Role::Data {
        owner, transfer, ..
    } = connection.role
    else {
        return None;
    };
    let control = all.binary_search_by_key(&owner.number, |c| c.number).ok()?;
    let Role::Control { control, .. } = &all[control].role else {
        return None;
    };
    control.session.used_by(transfer)
}
