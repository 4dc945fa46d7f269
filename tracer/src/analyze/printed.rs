//! What is said of a printed trace beyond what is said of a capture.

use std::net::SocketAddr;

use super::Analyzer;
use super::connection::{Connection, DIALLER, Phase, Role, Side, Step};
use super::half::Acked;
use crate::note::{Inference, Note, OmittedStage, PrintedNote, Purpose, Section, Unexplained};
use crate::{Ip, Packet, Seq, Transport};

/// A window and an acknowledgement before a segment changed them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Before {
    window: Option<u32>,
    acked: Option<Seq>,
}

impl Before {
    pub(super) fn of(connection: &Connection, side: Side) -> Self {
        Self {
            window: connection.halves[side].window,
            acked: connection.halves[1 - side].acked,
        }
    }
}

/// A segment that is ahead, and acknowledges what the trace does not have either: packets were
/// left out. What is missing is then no loss that could still come. True when it is so.
pub(super) fn omitted(connection: &mut Connection, step: &mut Step<'_, '_>, acked: &Acked) -> bool {
    let side = step.side;
    let Some(next) = connection.halves[side].next() else {
        return false;
    };
    let Ok(own @ 1..) = u32::try_from(step.tcp.seq.distance(next)) else {
        return false;
    };
    if acked.unseen == 0 {
        return false;
    }
    let stage = match &mut connection.role {
        Role::Control { control, .. } => control.session.omitted(),
        _ => OmittedStage::Later,
    };
    connection.halves[side].give_up(step.tcp.seq);
    connection.omitted[side] = connection.omitted[side].saturating_add(own);
    connection.omitted[1 - side] = connection.omitted[1 - side].saturating_add(acked.unseen);
    step.notes.push(Note::Printed(PrintedNote::Omitted {
        by: connection.party(side),
        own,
        peer: acked.unseen,
        stage,
    }));
    true
}

/// Holds a window against what was acknowledged since the last one.
pub(super) fn window(
    connection: &mut Connection,
    step: &mut Step<'_, '_>,
    before: Before,
    acked: &Acked,
) {
    let (Some(from), Some(last)) = (before.window, before.acked) else {
        return;
    };
    let side = step.side;
    let by = connection.party(side);
    let to = connection.scaled_window(side, step.tcp);
    let sequence = u32::try_from(step.tcp.ack.distance(last)).unwrap_or(0);
    let bytes = sequence.saturating_sub(u32::from(acked.covered.fin));
    let Some(left) = from.checked_sub(bytes) else {
        return;
    };
    let note = if bytes > 0 && left == to {
        let omitted = std::mem::take(&mut connection.omitted[1 - side]);
        // A window that was opened again in between says nothing of what came before.
        let omitted = if omitted <= bytes { omitted } else { 0 };
        PrintedNote::WindowShrank {
            by,
            from,
            bytes,
            to,
            omitted,
        }
    } else if to > from {
        let read = to - left;
        PrintedNote::WindowGrew { by, from, to, read }
    } else {
        return;
    };
    step.notes.push(Note::Printed(note));
}

impl Analyzer {
    /// A connection between the hosts of a session whose words the trace does not have, and
    /// what in it has the length of its announcement. True when it is taken for a data
    /// connection.
    pub(super) fn infer_from_lengths(
        &mut self,
        slot: usize,
        section: &mut Option<Section>,
    ) -> bool {
        const UNPRIVILEGED: u16 = 1024;
        let Some(connection) = self.table.at(slot) else {
            return false;
        };
        let [dialler, acceptor]: [SocketAddr; 2] =
            [connection.halves[0].addr, connection.halves[1].addr];
        let from_20 = dialler.port() == 20;
        if acceptor.port() < UNPRIVILEGED || (dialler.port() < UNPRIVILEGED && !from_20) {
            return false;
        }
        let Some(between) = self.acquaintances.between(dialler.ip(), acceptor.ip()) else {
            return false;
        };
        for owner in between.sessions.clone().into_iter().rev() {
            let Some(control) = self.table.owner(owner) else {
                continue;
            };
            if matches!(control.phase, Phase::Closed(_)) {
                continue;
            }
            let Role::Control { control, .. } = &mut control.role else {
                continue;
            };
            let session = &mut control.session;
            if !session.is_unprinted() {
                continue;
            }
            let (client, server) = session.ends();
            let active = dialler.ip() == server.ip() && (client.ip() != server.ip() || from_20);
            let announcement = session.announced_by_length(active, acceptor);
            let transfer = session.unprinted_transfer(section);
            let client_side = if active { 1 - DIALLER } else { DIALLER };
            let reason = Inference::Unprinted;
            let purpose = Purpose::Inferred { active, reason };
            self.become_data(slot, owner, client_side, transfer, purpose);
            self.by_length = announcement;
            return true;
        }
        false
    }

    /// Says what a printed line without TCP is; `false` when it says no more than a packet.
    pub(super) fn printed(
        &mut self,
        packet: &Packet<'_>,
        ip: Option<&Ip<'_>>,
        number: u64,
    ) -> bool {
        let Some(printed) = &packet.printed else {
            return false;
        };
        if let (Some(dns), Some(ip)) = (printed.dns(), ip)
            && let Transport::Udp(udp) = &ip.transport
        {
            let from = SocketAddr::new(ip.src, udp.src_port);
            let to = SocketAddr::new(ip.dst, udp.dst_port);
            let resolver = &mut self.datagrams.resolver;
            let note = resolver.printed(dns, from, to, number, packet.time);
            self.notes.push(Note::Other(note));
            return true;
        }
        if ip.is_some_and(|ip| matches!(ip.transport, Transport::Udp(_))) {
            return false;
        }
        let protocol = printed.words();
        self.notes
            .push(Note::Unexplained(Unexplained::Protocol { protocol }));
        true
    }
}
