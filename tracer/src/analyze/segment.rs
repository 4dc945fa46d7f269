//! One segment of a connection, from its handshake to its close.

use super::connection::{Connection, Role, Step};
use super::expect::Change;
use super::half::{Acked, Placement};
use super::session::{Findings, Foreign};
use super::{handshake, printed, sack, speech, teardown, transmission};
use crate::TcpFlags;
use crate::note::{ControlNote, HandshakeNote, Note, Section};

/// Explains one segment of a connection; the order here is the order of the notes.
pub(super) fn explain(
    connection: &mut Connection,
    step: &mut Step<'_, '_>,
    opened: bool,
    section: &mut Option<Section>,
    changes: &mut Vec<Change>,
) {
    let (tcp, side) = (step.tcp, step.side);
    let before = step.notes.len();
    let was = printed::Before::of(connection, side);
    if handshake::challenged(connection, step) || teardown::challenged(connection, step) {
        return;
    }
    let known = connection.halves[1 - side].is_known();
    let acked =
        if tcp.flags.contains(TcpFlags::ACK) && (known || !tcp.flags.contains(TcpFlags::RST)) {
            connection.halves[1 - side].acknowledge(tcp.ack)
        } else {
            Acked::default()
        };
    if tcp.flags.contains(TcpFlags::SYN) {
        handshake::syn(connection, step);
        // Data in a SYN (RFC 7413) counts, though hardly anybody sends it.
        let placement = connection.halves[side].place(tcp, step.packet, step.time);
        transmission::data(connection, step, placement);
        connection.halves[side].window = Some(u32::from(tcp.window));
        return;
    }
    if tcp.flags.contains(TcpFlags::RST) {
        if !handshake::refused(connection, step) {
            teardown::reset(connection, step, opened);
        }
        return;
    }
    if opened {
        let note = if connection.forgotten {
            HandshakeNote::Forgotten
        } else {
            HandshakeNote::MidStream
        };
        step.notes.push(Note::Handshake(note));
    }
    handshake::established(connection, step);
    let mut unseen = acked;
    if step.printed.is_some() && printed::omitted(connection, step, &acked) {
        unseen.unseen = 0;
    }
    let placement = if step.printed.is_none_or(|printed| printed.knows_seq()) {
        connection.halves[side].place(tcp, step.packet, step.time)
    } else {
        Placement::Empty
    };
    transmission::order(connection, step, placement);
    keep(connection, step, placement);
    if placement != Placement::Probe {
        dialogue(connection, step, &acked, section, changes);
    }
    transmission::data(connection, step, placement);
    transmission::fills_window(connection, step, placement);
    if tcp.flags.contains(TcpFlags::FIN) {
        teardown::fin(connection, step, placement, &acked);
    }
    transmission::complete(connection, step, side);
    transmission::complete(connection, step, 1 - side);
    transmission::acknowledgement(connection, step, &unseen, before);
    sack::selective(connection, step, &unseen);
    if step.printed.is_some() {
        printed::window(connection, step, was, &acked);
    }
    teardown::acknowledged(connection, step, &acked);
}

/// Gives the new bytes of a data connection to who saves them.
fn keep(connection: &Connection, step: &mut Step<'_, '_>, placement: Placement) {
    let (Some(extractor), Role::Data { .. }) = (step.extractor.as_mut(), &connection.role) else {
        return;
    };
    let (position, new, old) = match placement {
        Placement::InOrder {
            position, new, old, ..
        } => (position, new, old),
        Placement::Ahead { position, new, .. } => (position, new, 0),
        _ => return,
    };
    let payload = step.tcp.payload;
    let skip = usize::try_from(old).unwrap_or(usize::MAX);
    let fresh = payload.get(skip..).unwrap_or_default();
    if new > 0 {
        let cut = payload.len() < step.tcp.len as usize;
        // What a later segment repeats is counted once.
        let again = fresh.len().saturating_sub(new as usize) as u64;
        extractor.bytes(connection.number, step.side, position, fresh, cut);
        extractor.overlapped(connection.number, again);
    }
}

/// Gives a control connection's payload to its session.
fn dialogue(
    connection: &mut Connection,
    step: &mut Step<'_, '_>,
    acked: &Acked,
    section: &mut Option<Section>,
    changes: &mut Vec<Change>,
) {
    let first = connection.halves[step.side].first();
    let Role::Control { client, control } = &mut connection.role else {
        return;
    };
    let mut findings = Findings {
        packet: step.packet,
        notes: &mut *step.notes,
        section,
        changes,
    };
    if acked.unseen > 0 {
        control.promise(1 - step.side, *client, step.tcp.ack, &mut findings);
    }
    if step.tcp.len > 0 {
        // The number of the first byte is known since before the role was.
        if let Some(first) = first {
            control.begin(step.side, first);
        }
        if control.session.is_fresh()
            && !control.session.encrypted
            && speech::is_client_hello(step.tcp.payload)
        {
            control.session.disowned = Some(Foreign(Some("TLS")));
            return;
        }
        control.push(step.side, *client, step.tcp, &mut findings);
        let shown = u32::try_from(step.tcp.payload.len()).unwrap_or(u32::MAX);
        if step.printed.is_some() && shown < step.tcp.len {
            // Not the capture has cut it off.
            let cut = Note::Control(ControlNote::CutShort {
                bytes: step.tcp.len - shown,
            });
            findings.notes.retain(|note| *note != cut);
            let from_client = step.side == *client;
            let session = &mut control.session;
            session.unprinted(from_client, step.tcp.len, shown, &mut findings);
        }
    }
}
