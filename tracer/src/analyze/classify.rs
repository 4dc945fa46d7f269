//! What a connection is for: a control connection, the data connection that a command announced,
//! or something else.

use super::Analyzer;
use super::connection::{Connection, DIALLER, Owner, Phase, Role, Side};
use super::control::Control;
use super::session::{Findings, Session};
use crate::note::{ConnectionName, Purpose, Section, TransferRef};
use crate::{Tcp, TcpFlags};

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
        if dialler.port() == 20 {
            connection.purpose = Purpose::Unannounced;
        }
        let Some(((expected, owner), dialling)) = announced else {
            return;
        };
        let host = if dialling == DIALLER {
            dialler
        } else {
            acceptor
        };
        let Some(session) = self.open_session(owner) else {
            return;
        };
        if !session.may_dial(host.ip(), expected.active()) {
            // Somebody else came to the endpoint; the one it was announced to may still come.
            self.expectations.insert(expected, owner);
            return;
        }
        session.data_connections += 1;
        let name = ConnectionName::Data {
            session: session.number,
            number: session.data_connections,
        };
        let transfer = expected.transfer;
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

    /// The session of a control connection that has not ended.
    fn open_session(&mut self, owner: Owner) -> Option<&mut Session> {
        let connection = self.table.owner(owner)?;
        match &mut connection.role {
            Role::Control { control, .. } if !matches!(connection.phase, Phase::Closed(_)) => {
                Some(&mut control.session)
            }
            _ => None,
        }
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

/// Whether this segment is the greeting of an FTP server: the first bytes from the side that was
/// dialled.
pub(super) fn greets(connection: &Connection, side: Side, tcp: &Tcp<'_>) -> bool {
    /// Mail servers greet with 220 as well.
    const MAIL: [u16; 3] = [25, 465, 587];
    let mail = || {
        let line = tcp
            .payload
            .split(|&byte| byte == b'\n')
            .next()
            .unwrap_or_default();
        line.windows(4)
            .any(|word| word.eq_ignore_ascii_case(b"SMTP"))
    };
    side != DIALLER
        && connection.halves[side].bytes == 0
        && !MAIL.contains(&tcp.src_port)
        && matches!(
            tcp.payload,
            [b'2', b'2', b'0', b' ' | b'-', ..] | [b'1', b'2', b'0', b' ', ..]
        )
        && !mail()
}

/// Keeps what a client says before the server greets (pipelined commands), within a bound.
pub(super) fn remember_early(connection: &mut Connection, side: Side, tcp: &Tcp<'_>) {
    const LIMIT: usize = 512;
    let early = side == DIALLER
        && matches!(connection.role, Role::Unknown)
        && connection.early.is_none()
        && connection.halves[1 - DIALLER].bytes == 0;
    if early && (1..=LIMIT).contains(&tcp.payload.len()) {
        connection.early = Some((tcp.seq, tcp.payload.into()));
    }
}

/// Lets a session that was just recognised hear what its client had said before.
pub(super) fn hear_early(connection: &mut Connection, packet: u64) {
    let Some((seq, payload)) = connection.early.take() else {
        return;
    };
    let Role::Control { client, control } = &mut connection.role else {
        return;
    };
    let len = u32::try_from(payload.len()).unwrap_or(u32::MAX);
    let said = Tcp {
        src_port: 0,
        dst_port: 0,
        seq,
        ack: seq,
        flags: TcpFlags::ACK,
        window: 0,
        checksum: 0,
        urgent: 0,
        options: crate::TcpOptions(&[]),
        payload: &payload,
        len,
    };
    // Its packet is past: what there was to say about it can only help to read what follows.
    let (mut notes, mut section, mut changes) = (Vec::new(), None, Vec::new());
    let mut findings = Findings {
        packet,
        notes: &mut notes,
        section: &mut section,
        changes: &mut changes,
    };
    control.begin(*client, seq);
    control.push(*client, *client, &said, &mut findings);
}
