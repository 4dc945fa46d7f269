//! FTP by what is said: a session recognised, or given up because it is something else.

use super::Analyzer;
use super::connection::{Connection, DIALLER, Early, Owner, Phase, Role, Side};
use super::control::Control;
use super::session::{Findings, Foreign, Session};
use super::speech;
use crate::note::{ConnectionName, ControlNote, Note, Purpose};
use crate::{Tcp, TcpFlags};

/// Segments of an unknown connection that are judged for what they say.
const JUDGED: u8 = 12;
/// Implicit FTPS.
const FTPS: u16 = 990;
/// Connections that are looked at for data when a session is recognised in mid-stream.
const STRAYS_BEFORE: usize = 32;

impl Analyzer {
    /// Judges a connection of unknown purpose by what a segment says.
    pub(super) fn listen(&mut self, slot: usize, side: Side, tcp: &Tcp<'_>, packet: u64) {
        let Some(connection) = self.table.at(slot) else {
            return;
        };
        // What is only inferred may prove to be another session.
        let open = matches!(connection.role, Role::Unknown)
            || matches!(connection.purpose, Purpose::Inferred { .. });
        if tcp.payload.is_empty() || !open || connection.judged >= JUDGED {
            return;
        }
        connection.judged += 1;
        let implicit = tcp.dst_port == FTPS && speech::is_client_hello(tcp.payload);
        let client = if greets(connection, side, tcp) || implicit {
            Some(DIALLER)
        } else {
            speaker(connection, side, tcp)
        };
        let Some(client) = client else {
            remember_early(connection, side, tcp, packet);
            return;
        };
        self.begin_session(slot, client);
        let Some(connection) = self.table.at(slot) else {
            return;
        };
        if implicit {
            if let Role::Control { control, .. } = &mut connection.role {
                control.session.encrypted = true;
            }
            self.notes.push(Note::Control(ControlNote::ImplicitTls));
            return;
        }
        self.notes.push(Note::Control(ControlNote::Recognised));
        let (mut notes, mut section) = (Vec::new(), None);
        let mut findings = Findings {
            packet,
            notes: &mut notes,
            section: &mut section,
            changes: &mut self.changes,
        };
        hear_early(connection, &mut findings);
        begin_here(connection, side, tcp, &mut findings);
    }

    /// A connection becomes the control connection of a new session.
    pub(super) fn begin_session(&mut self, slot: usize, client: Side) {
        self.sessions += 1;
        let number = self.sessions;
        let Some(connection) = self.table.at(slot) else {
            return;
        };
        become_control(connection, number, client);
        let owner = Owner {
            slot,
            number: connection.number,
        };
        let [a, b] = [connection.halves[0].addr, connection.halves[1].addr];
        self.acquaintances.session(a.ip(), b.ip(), owner);
        // A capture may begin in the middle of a transfer: its data came before this.
        for stray in self.table.newest(STRAYS_BEFORE) {
            let unknown = |c: &Connection| {
                let ends = [c.halves[0].addr.ip(), c.halves[1].addr.ip()];
                matches!(c.role, Role::Unknown)
                    && c.number != owner.number
                    && (ends == [a.ip(), b.ip()] || ends == [b.ip(), a.ip()])
            };
            let fits = self.table.at(stray.slot).is_some_and(|c| unknown(c));
            if fits && let Some(between) = self.acquaintances.between(a.ip(), b.ip()) {
                between.stray(stray);
            }
        }
    }

    /// Takes back that a connection carries FTP.
    pub(super) fn disown(&mut self, slot: usize) {
        let Some(connection) = self.table.at(slot) else {
            return;
        };
        let Role::Control { control, .. } = &connection.role else {
            return;
        };
        let Some(Foreign(protocol)) = control.session.disowned else {
            return;
        };
        if control.session.number == self.sessions {
            self.sessions -= 1;
        }
        connection.role = Role::Unknown;
        connection.purpose = Purpose::Unknown;
        // The capture may begin amid a reply: once more it is heard for what it says.
        connection.judged = match (protocol, connection.judged) {
            (None, 0) => 1,
            _ => JUDGED,
        };
        connection.name = ConnectionName::Tcp {
            number: connection.number,
        };
        self.notes
            .push(Note::Control(ControlNote::Disowned { protocol }));
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

/// Whether this segment is the greeting of an FTP server: the first bytes from the side that was
/// dialled.
fn greets(connection: &Connection, side: Side, tcp: &Tcp<'_>) -> bool {
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

/// The client, once one side has said a command of FTP and the other a reply.
fn speaker(connection: &Connection, side: Side, tcp: &Tcp<'_>) -> Option<Side> {
    let early = connection.early.as_ref()?;
    if early.side == side {
        return None;
    }
    if speech::is_reply(tcp.payload) && speech::is_command(&early.payload) {
        Some(early.side)
    } else if speech::is_command(tcp.payload) && speech::is_reply(&early.payload) {
        Some(side)
    } else {
        None
    }
}

/// Keeps what may prove to be FTP, within a bound: a client's first words (pipelined commands),
/// and a command or reply that the other side has not confirmed yet.
fn remember_early(connection: &mut Connection, side: Side, tcp: &Tcp<'_>, packet: u64) {
    const LIMIT: usize = 512;
    if tcp.payload.len() > LIMIT || !matches!(connection.role, Role::Unknown) {
        return;
    }
    let first = side == DIALLER
        && connection.early.is_none()
        && connection.halves[1 - DIALLER].bytes == 0
        && connection.phase != Phase::Open;
    if let Some(early) = &mut connection.early
        && early.goes_on(side, tcp)
        && early.payload.len() + tcp.payload.len() <= LIMIT
    {
        early.payload = [&*early.payload, tcp.payload].concat().into();
        return;
    }
    if first || speech::is_command(tcp.payload) || speech::is_reply(tcp.payload) {
        connection.early = Some(Early {
            side,
            seq: tcp.seq,
            packet,
            payload: tcp.payload.into(),
        });
    }
}

/// Of what was said before a session was recognised only [`Early`] is known: both directions go on
/// from this segment. What it acknowledges tells where the other side is, also when the next
/// segments from there come out of order.
fn begin_here(connection: &mut Connection, side: Side, tcp: &Tcp<'_>, findings: &mut Findings<'_>) {
    let Role::Control { client, control } = &mut connection.role else {
        return;
    };
    control.begin(side, tcp.seq);
    if tcp.flags.contains(TcpFlags::ACK) {
        control.begin(1 - side, tcp.ack);
        control.promise(1 - side, *client, tcp.ack, findings);
    }
}

/// Lets a session that was just recognised hear what was said before.
fn hear_early(connection: &mut Connection, findings: &mut Findings<'_>) {
    let Some(early) = connection.early.take() else {
        return;
    };
    let Role::Control { client, control } = &mut connection.role else {
        return;
    };
    let len = u32::try_from(early.payload.len()).unwrap_or(u32::MAX);
    let said = Tcp {
        src_port: 0,
        dst_port: 0,
        seq: early.seq,
        ack: early.seq,
        flags: TcpFlags::ACK,
        window: 0,
        checksum: 0,
        urgent: 0,
        options: crate::TcpOptions(&[]),
        payload: &early.payload,
        len,
    };
    // Its packet is past: what there was to say about it can only help to read what follows.
    let now = std::mem::replace(&mut findings.packet, early.packet);
    control.begin(early.side, early.seq);
    control.push(early.side, *client, &said, findings);
    findings.packet = now;
}
