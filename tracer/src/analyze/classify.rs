//! What a connection is for: a control connection, the data connection that a command announced,
//! or something else.

mod early;

use super::Analyzer;
use super::connection::{Connection, DIALLER, Owner, Phase, Role, Side};
use super::expect::{Announced, Change};
use super::session::Session;
use crate::note::{
    ConnectionName, ControlNote, Inference, Link, Note, Purpose, Section, TransferRef,
};

/// Below are services of their own, which no server hands out for data.
const UNPRIVILEGED: u16 = 1024;

impl Analyzer {
    /// Finds out, at its first packet, what a connection is for.
    pub(super) fn classify(&mut self, slot: usize, section: &mut Option<Section>) {
        let Some(connection) = self.table.at(slot) else {
            return;
        };
        let [dialler, acceptor] = [connection.halves[0].addr, connection.halves[1].addr];
        if self.options.control_ports.contains(&acceptor.port()) {
            connection.purpose = Purpose::Control;
            self.begin_session(slot, DIALLER);
            let handshake = |c: &mut Connection| c.phase != Phase::Open;
            if self.table.at(slot).is_some_and(handshake) {
                *section = Some(Section::Handshake);
            }
            return;
        }
        let syn_seen = connection.phase != Phase::Open;
        let [to, from] = [acceptor, dialler].map(|end| self.expectations.find(end).to_vec());
        let mut best = self.best(&to, dialler.ip(), DIALLER);
        if best.is_none() && !syn_seen {
            best = self.best(&from, acceptor.ip(), 1 - DIALLER);
        }
        if let Some((announced, link, dialling)) = best {
            self.tie(slot, &announced, link, dialling);
            return;
        }
        if dialler.port() == 20
            && let Some(connection) = self.table.at(slot)
        {
            connection.purpose = Purpose::Unannounced;
        }
        if !self.infer_from_lengths(slot, section) {
            self.infer(slot);
        }
    }

    /// The announcement that fits best a connection which `host` dials.
    fn best(
        &mut self,
        found: &[Announced],
        host: std::net::IpAddr,
        dialling: Side,
    ) -> Option<(Announced, Link, Side)> {
        let mut best = None;
        for announced in found {
            let Some(session) = self.session(announced.owner) else {
                continue;
            };
            let expected = &announced.expected;
            // Who is to dial loopback comes from there.
            let itself = expected.endpoint.ip().is_loopback() && host.is_loopback();
            let invited = session.may_dial(host, expected.active()) || itself;
            if !invited && expected.translated {
                continue;
            }
            let awaited = session.awaits_data(expected.transfer);
            let score = (invited, !announced.used, awaited, expected.packet);
            if best.is_none_or(|(other, _)| score > other) {
                best = Some((score, *announced));
            }
        }
        let ((invited, fresh, ..), announced) = best?;
        let link = if !invited {
            Link::Stranger
        } else if !fresh {
            Link::Reused
        } else if announced.expected.translated {
            Link::Translated
        } else {
            Link::Exact
        };
        Some((announced, link, dialling))
    }

    /// Makes a connection the data connection that was announced.
    fn tie(&mut self, slot: usize, announced: &Announced, link: Link, dialling: Side) {
        let Announced {
            expected, owner, ..
        } = *announced;
        if link != Link::Stranger {
            // Who was invited may still come after a stranger.
            self.expectations.mark_used(expected.endpoint, owner);
        }
        if expected.bounce.is_some()
            && let Some(connection) = self.table.at(slot)
        {
            connection.third = expected.active();
            self.verdicts.came(&expected, connection.number);
        }
        let Some(session) = self.session(owner) else {
            return;
        };
        let transfer = if announced.used {
            session.again(expected.transfer)
        } else {
            expected.transfer
        };
        let purpose = Purpose::Announced {
            by: expected.by,
            packet: expected.packet,
            active: expected.active(),
            link,
        };
        // The announcer listens: the client after PORT, the server after PASV.
        let client = if expected.active() {
            1 - dialling
        } else {
            dialling
        };
        self.become_data(slot, owner, client, transfer, purpose);
    }

    pub(super) fn become_data(
        &mut self,
        slot: usize,
        owner: Owner,
        client: Side,
        transfer: u32,
        purpose: Purpose,
    ) -> Option<ConnectionName> {
        let session = self.session(owner)?;
        session.data_connections += 1;
        session.link(transfer);
        let name = ConnectionName::Data {
            session: session.number,
            number: session.data_connections,
        };
        let connection = self.table.at(slot)?;
        let newest = Owner {
            slot,
            number: connection.number,
        };
        connection.name = name;
        connection.role = Role::Data {
            client,
            owner,
            transfer,
        };
        connection.purpose = purpose;
        if let Some(session) = self.session(owner) {
            session.newest = Some(newest);
        }
        Some(name)
    }

    /// A connection that nothing announced, between two hosts that have a session: perhaps the
    /// session lacks it.
    fn infer(&mut self, slot: usize) {
        let Some(connection) = self.table.at(slot) else {
            return;
        };
        let this = Owner {
            slot,
            number: connection.number,
        };
        let [dialler, acceptor] = [connection.halves[0].addr, connection.halves[1].addr];
        let from_20 = dialler.port() == 20;
        let Some(between) = self.acquaintances.between(dialler.ip(), acceptor.ip()) else {
            return;
        };
        if acceptor.port() < UNPRIVILEGED || (dialler.port() < UNPRIVILEGED && !from_20) {
            return;
        }
        for owner in between.sessions.clone().into_iter().rev() {
            let over = |c: &mut Connection| matches!(c.phase, Phase::Closed(_));
            if self.table.owner(owner).is_none_or(over) {
                continue;
            }
            let Some(session) = self.session(owner) else {
                continue;
            };
            let (client, server) = session.ends();
            if acceptor.port() == server.port() {
                continue;
            }
            // On one machine the addresses do not tell who dials.
            let active = dialler.ip() == server.ip() && (client.ip() != server.ip() || from_20);
            let (transfer, reason) = if active && acceptor == client {
                (session.again(0), Inference::DefaultPort)
            } else {
                match session.lacks_data(active, from_20) {
                    Some(found) => found,
                    None => continue,
                }
            };
            let client_side = if active { 1 - DIALLER } else { DIALLER };
            let purpose = Purpose::Inferred { active, reason };
            self.become_data(slot, owner, client_side, transfer, purpose);
            if let Some(session) = self.session(owner) {
                session.inferred = Some(this);
            }
            return;
        }
        if let Some(between) = self.acquaintances.between(dialler.ip(), acceptor.ip()) {
            between.stray(this);
        }
    }

    /// A transfer runs or has ended, and its data connection is not known: perhaps it was seen
    /// before. The packet's notes say so.
    pub(super) fn seek(&mut self, owner: Owner, transfer: u32) {
        let Some(session) = self.session(owner) else {
            return;
        };
        let ((client, server), since) = (session.ends(), session.last_over);
        // The transfer's own end is the last one when it has ended.
        let since = if session.awaits_data(transfer) {
            since
        } else {
            0
        };
        let Some(between) = self.acquaintances.between(client.ip(), server.ip()) else {
            return;
        };
        for stray in between.strays.clone().into_iter().rev() {
            let Some(connection) = self.table.at(stray.slot) else {
                continue;
            };
            let one_way = connection.halves.iter().any(|half| half.bytes == 0);
            let fits = connection.number == stray.number
                && matches!(connection.role, Role::Unknown)
                && connection.opened_in >= since
                && one_way;
            if !fits {
                continue;
            }
            let dialler = connection.halves[DIALLER].addr;
            let active =
                dialler.ip() == server.ip() && (client.ip() != server.ip() || dialler.port() == 20);
            let client_side = if active { 1 - DIALLER } else { DIALLER };
            let reason = Inference::AnnouncementMissing;
            let purpose = Purpose::Inferred { active, reason };
            let name = self.become_data(stray.slot, owner, client_side, transfer, purpose);
            let known = self
                .session(owner)
                .map(|session| session.transfer(transfer));
            if let (Some(connection), Some(transfer)) = (name, known) {
                self.notes.push(Note::Control(ControlNote::Found {
                    connection,
                    number: stray.number,
                    transfer,
                }));
            }
            self.remember_command(stray.slot);
            return;
        }
    }

    /// The session of a control connection that is in the table.
    fn session(&mut self, owner: Owner) -> Option<&mut Session> {
        match &mut self.table.owner(owner)?.role {
            Role::Control { control, .. } => Some(&mut control.session),
            _ => None,
        }
    }

    /// Takes in what the packet's dialogue changed.
    pub(super) fn apply(&mut self, owner: Owner) {
        let mut changes = std::mem::take(&mut self.changes);
        for change in changes.drain(..) {
            match change {
                Change::Expect(expected) => {
                    if expected.bounce.is_some()
                        && expected.active()
                        && let Some(control) = self.table.owner(owner)
                    {
                        self.verdicts.bounce(control.name, &expected);
                    }
                    self.expectations.insert(expected, owner);
                    self.came_before(&expected, owner);
                }
                Change::Withdraw(endpoint) => self.expectations.withdraw(endpoint, owner),
                Change::Answered {
                    packet,
                    code,
                    reply,
                } => {
                    if let Some(control) = self.table.owner(owner) {
                        let name = control.name;
                        self.verdicts.answered(name, packet, code, reply);
                    }
                }
                Change::Seek(transfer) => self.seek(owner, transfer),
            }
        }
        self.changes = changes;
    }

    /// The transfer of a data connection, with its command if that came already.
    pub(super) fn current_transfer(&mut self, slot: usize) -> Option<TransferRef> {
        let Role::Data {
            owner, transfer, ..
        } = self.table.at(slot)?.role
        else {
            return None;
        };
        Some(match self.table.owner(owner).map(|c| &c.role) {
            Some(Role::Control { control, .. }) => control.session.transfer(transfer),
            _ => TransferRef {
                number: transfer,
                verb: None,
            },
        })
    }

    /// Keeps the transfer command with its data connection: the session goes on to others.
    pub(super) fn remember_command(&mut self, slot: usize) {
        let Some(Role::Data {
            owner, transfer, ..
        }) = self.table.at(slot).map(|c| &c.role)
        else {
            return;
        };
        let (owner, transfer) = (*owner, *transfer);
        let Some(session) = self.session(owner) else {
            return;
        };
        let used = session.used_by(transfer);
        if let Some(connection) = self.table.at(slot) {
            connection.used_by = used;
        }
    }
}
