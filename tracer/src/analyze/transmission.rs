//! Bytes and acknowledgements between the handshake and the close.

use super::connection::{Connection, Phase, Role, Step};
use super::half::{Acked, Placement};
use crate::TcpFlags;
use crate::note::{AckNote, DataNote, Note, SequenceNote, TeardownNote};

/// Says how a segment fits its direction when it is not simply the next one.
pub(crate) fn order(connection: &Connection, step: &mut Step<'_, '_>, placement: Placement) {
    let by = connection.party(step.side);
    let bytes = step.tcp.len;
    let note = match placement {
        Placement::Repeated if bytes > 0 => SequenceNote::Retransmission { by, bytes },
        Placement::Ahead { missing, .. } => {
            let fin = step.tcp.flags.contains(TcpFlags::FIN);
            SequenceNote::Ahead { by, missing, fin }
        }
        Placement::InOrder {
            fills_gap: true, ..
        } => SequenceNote::FillsGap { by, bytes },
        Placement::KeepAlive => SequenceNote::KeepAlive { by },
        _ => return,
    };
    step.notes.push(Note::Sequence(note));
}

/// Says which bytes of the stream a segment of a data (or unknown) connection carries.
pub(crate) fn data(connection: &mut Connection, step: &mut Step<'_, '_>, placement: Placement) {
    let (Placement::InOrder { position, new, .. } | Placement::Ahead { position, new, .. }) =
        placement
    else {
        return;
    };
    if new == 0 {
        return;
    }
    if connection.halves[1 - step.side]
        .fin
        .is_some_and(|fin| fin.acked)
        && !connection.half_closed
    {
        connection.half_closed = true;
        let by = connection.party(step.side);
        step.notes
            .push(Note::Teardown(TeardownNote::HalfClosed { by }));
    }
    if matches!(connection.role, Role::Control { .. }) {
        return;
    }
    step.notes.push(Note::Data(DataNote::Data {
        by: connection.party(step.side),
        first: position + 1,
        last: position + u64::from(new),
        transfer: step.transfer,
        push: step.tcp.flags.contains(TcpFlags::PSH),
    }));
}

/// Says once, when the FIN and all bytes before it were seen, how much a direction carried.
pub(crate) fn complete(connection: &mut Connection, step: &mut Step<'_, '_>) {
    let by = connection.party(step.side);
    let control = matches!(connection.role, Role::Control { .. });
    let half = &mut connection.halves[step.side];
    if control || half.complete || !half.whole() || half.bytes == 0 {
        return;
    }
    half.complete = true;
    step.notes.push(Note::Data(DataNote::DataComplete {
        by,
        bytes: half.bytes,
        segments: half.segments,
        duration: half
            .first_data
            .map_or_else(Default::default, |first| step.time.since(first)),
        transfer: step.transfer,
    }));
}

/// Says what an acknowledgement covers, or why it was sent when it covers nothing new.
///
/// `before` is the number of notes that the packet had from its other parts: a bare ACK that got
/// none yet is explained here or not at all.
pub(crate) fn acknowledgement(
    connection: &mut Connection,
    step: &mut Step<'_, '_>,
    acked: &Acked,
    before: usize,
) {
    let (tcp, side) = (step.tcp, step.side);
    let by = connection.party(side);
    let to = connection.party(1 - side);
    let window = connection.scaled_window(side, tcp);
    let old_window = std::mem::replace(&mut connection.halves[side].window, window);
    if acked.unseen > 0 {
        step.notes.push(Note::Ack(AckNote::UnseenData {
            by: to,
            bytes: acked.unseen,
        }));
    }
    let bare = tcp.len == 0
        && !tcp
            .flags
            .intersects(TcpFlags::SYN.union(TcpFlags::FIN).union(TcpFlags::RST));
    if acked.advanced {
        connection.halves[1 - side].duplicate_acks = 0;
        connection.halves[1 - side].keep_alive = false;
        if acked.covered.bytes > 0 {
            step.notes.push(Note::Ack(if bare {
                let after = acked.last_time.map(|last| step.time.since(last));
                AckNote::Ack {
                    by,
                    covered: acked.covered,
                    after,
                }
            } else {
                AckNote::AckPiggybacked {
                    covered: acked.covered,
                }
            }));
        }
    }
    if window == 0
        && !tcp.flags.contains(TcpFlags::RST)
        && (old_window != 0 || connection.packets > 1)
    {
        step.notes.push(Note::Ack(AckNote::ZeroWindow { by }));
    }
    let explained = acked.advanced || step.notes.len() > before;
    if !bare || explained || !tcp.flags.contains(TcpFlags::ACK) {
        return;
    }
    let peer = &mut connection.halves[1 - side];
    let note = if matches!(connection.phase, Phase::Closed(_)) {
        Note::Teardown(TeardownNote::AfterClose { by })
    } else if std::mem::take(&mut peer.keep_alive) {
        Note::Sequence(SequenceNote::KeepAliveAck { by })
    } else if peer.acked == Some(tcp.ack) && window != old_window && !peer.has_gap() {
        Note::Ack(AckNote::WindowUpdate { by, window })
    } else if peer.acked == Some(tcp.ack) {
        peer.duplicate_acks += 1;
        let waits_for = peer.relative(tcp.ack);
        Note::Ack(AckNote::DuplicateAck {
            by,
            waits_for,
            count: peer.duplicate_acks,
        })
    } else {
        return;
    };
    step.notes.push(note);
}
