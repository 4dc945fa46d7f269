//! What a connection is for: a control connection, the data connection that a command announced,
//! or something else.

use super::Analyzer;
use super::connection::{Connection, DIALLER, Phase, Role, Side};
use super::control::Control;
use super::session::Session;
use crate::Tcp;
use crate::note::{ConnectionName, Purpose, Section, TransferRef};

impl Analyzer {
    /// Finds out, at its first packet, what a connection is for.
    pub(super) fn classify(&mut self, slot: usize, section: &mut Option<Section>) {
        let Some(connection) = self.table.at(slot) else {
            return;
        };
        let [dialler, acceptor] = [connection.halves[0].addr, connection.halves[1].addr];
        if self.options.control_ports.contains(&acceptor.port()) {
            self.sessions += 1;
            connection.purpose = Purpose::Control;
            become_control(connection, self.sessions, DIALLER);
            if connection.phase != Phase::Open {
                *section = Some(Section::Handshake);
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
    pub(super) fn current_transfer(&mut self, slot: usize) -> Option<TransferRef> {
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
    pub(super) fn remember_command(&mut self, slot: usize) {
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

/// Turns a connection into a control connection.
pub(super) fn become_control(connection: &mut Connection, number: u32, client: Side) {
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
pub(super) fn greets(connection: &Connection, side: Side, tcp: &Tcp<'_>) -> bool {
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
