//! FIN and RST (RFC 9293 §3.6, §3.5.3).

use super::connection::{Connection, DIALLER, Doubt, Ending, Phase, Step};
use super::half::{Acked, Placement};
use super::transmission::TIMEOUT;
use crate::note::{Doubtful, FinOrder, Note, ResetReason, TeardownNote};
use crate::{TcpFlags, Timestamp};

/// Takes a segment with FIN.
pub(crate) fn fin(
    connection: &mut Connection,
    step: &mut Step<'_, '_>,
    placement: Placement,
    acked: &Acked,
) {
    let side = step.side;
    let by = connection.party(side);
    if placement == Placement::Repeated {
        let half = &mut connection.halves[side];
        let acknowledged = half.fin.is_some_and(|fin| fin.acked);
        half.fin_again = true;
        step.notes
            .push(Note::Teardown(TeardownNote::FinAgain { by, acknowledged }));
        return;
    }
    let order = match connection.halves[1 - side].fin {
        None => {
            connection.close.first = Some(side);
            FinOrder::First
        }
        Some(fin) if fin.acked => FinOrder::Second,
        Some(_) => {
            connection.close.simultaneous = true;
            FinOrder::Simultaneous
        }
    };
    let acks_fin = acked.covered.fin && acked.advanced;
    connection.close.merged |= acks_fin && order == FinOrder::Second;
    let half = &connection.halves[side];
    let seq = half.fin.map_or(0, |fin| half.shown(fin.seq));
    step.notes.push(Note::Teardown(TeardownNote::Fin {
        by,
        order,
        seq,
        acks_fin,
    }));
}

/// Says that the peer's FIN was acknowledged, and that the connection is closed when both were.
pub(crate) fn acknowledged(connection: &mut Connection, step: &mut Step<'_, '_>, acked: &Acked) {
    if !acked.covered.fin {
        return;
    }
    let side = step.side;
    if !step.tcp.flags.contains(TcpFlags::FIN) {
        step.notes
            .push(Note::Teardown(TeardownNote::FinAcknowledged {
                by: connection.party(side),
                ack: connection.halves[1 - side].shown(step.tcp.ack),
            }));
    }
    let both = connection
        .halves
        .iter()
        .all(|half| half.fin.is_some_and(|fin| fin.acked));
    if !both || matches!(connection.phase, Phase::Closed(_)) {
        return;
    }
    let first = connection.party(connection.close.first.unwrap_or(side));
    let segments = if connection.close.merged { 3 } else { 4 };
    let simultaneous = connection.close.simultaneous;
    connection.phase = Phase::Closed(Ending::Closed {
        first,
        segments,
        simultaneous,
    });
    connection.ended_in = step.packet;
    step.notes.push(Note::Teardown(TeardownNote::Closed {
        first,
        segments,
        simultaneous,
        lasted: connection.age(step.time),
    }));
}

/// Whether the receiver of a RST may not believe it: its number is not the next one.
fn doubtful(connection: &Connection, step: &Step<'_, '_>) -> Option<Doubtful> {
    let (own, peer) = (
        &connection.halves[step.side],
        &connection.halves[1 - step.side],
    );
    let (Some(next), Some(acked), Some(window)) = (own.next(), own.acked, peer.window) else {
        return None;
    };
    let seq = step.tcp.seq;
    if connection.phase != Phase::Open || seq == next || seq == acked {
        return None;
    }
    let inside = seq.is_after(acked) && seq.is_before(acked + window);
    // Without the SYNs nobody knows how large a window is.
    let known = own.isn.is_some() && peer.isn.is_some();
    match (inside, known) {
        (true, _) => Some(Doubtful::InWindow),
        (false, true) => Some(Doubtful::Outside),
        (false, false) => None,
    }
}

/// Why a connection is reset.
fn reason(connection: &Connection, step: &Step<'_, '_>, first_packet: bool) -> ResetReason {
    let (own, peer) = (
        &connection.halves[step.side],
        &connection.halves[1 - step.side],
    );
    let closed = matches!(connection.phase, Phase::Closed(_));
    let after_fin = own.fin.is_some() && peer.last_data_in > own.fin_in;
    let seen = own.window.is_some();
    if first_packet {
        ResetReason::Unknown
    } else if connection.challenged {
        ResetReason::HalfOpen
    } else if connection.phase == Phase::SynReceived && step.side == DIALLER {
        ResetReason::NotWanted
    } else if after_fin || (closed && peer.last_data_in > connection.ended_in) {
        ResetReason::DataAfterClose
    } else if closed {
        ResetReason::AfterClose
    } else if !seen && !step.tcp.flags.contains(TcpFlags::ACK) {
        ResetReason::Unknowing
    } else if own.fin.is_some() {
        ResetReason::AfterFin
    } else if gave_up(connection, step) {
        ResetReason::Unanswered
    } else if peer.fin.is_some() {
        ResetReason::InsteadOfFin
    } else {
        ResetReason::Abort
    }
}

/// Whether a side waited for an answer in vain: it asked more than twice, or long ago.
fn gave_up(connection: &Connection, step: &Step<'_, '_>) -> bool {
    let own = &connection.halves[step.side];
    let long = |since: Timestamp| step.time.since(since) >= TIMEOUT;
    let probed = own
        .probing
        .is_some_and(|probing| probing.count > 1 || long(probing.time));
    let resends = own.resends();
    probed || resends > 1 || (resends == 1 && own.resent.is_some_and(long))
}

/// Takes a bare ACK as the answer to a RST with a number that was not expected. True when it was
/// that.
pub(crate) fn challenged(connection: &mut Connection, step: &mut Step<'_, '_>) -> bool {
    let tcp = step.tcp;
    let Some(doubt) = connection.doubt else {
        return false;
    };
    if doubt.by == step.side {
        // Who goes on did not reset it: that was somebody else in its name.
        if tcp.len > 0 && !tcp.flags.contains(TcpFlags::RST) {
            connection.doubt = None;
        }
        return false;
    }
    let other = TcpFlags::SYN.union(TcpFlags::RST).union(TcpFlags::FIN);
    // Whatever it says, who sends goes on.
    if !tcp.flags.intersects(TcpFlags::RST) {
        connection.doubt = None;
    }
    let half = &connection.halves[doubt.by];
    let asks = tcp.len == 0
        && tcp.flags.contains(TcpFlags::ACK)
        && !tcp.flags.intersects(other)
        && half.acked == Some(tcp.ack);
    if !asks {
        return false;
    }
    let waits_for = half.shown(tcp.ack);
    connection.challenged = true;
    step.notes.push(Note::Teardown(TeardownNote::ChallengeAck {
        by: connection.party(step.side),
        rst: doubt.packet,
        waits_for,
    }));
    true
}

/// Takes RST on a connection that was not just being dialled.
pub(crate) fn reset(connection: &mut Connection, step: &mut Step<'_, '_>, first_packet: bool) {
    let by = connection.party(step.side);
    let reason = reason(connection, step, first_packet);
    let doubt = doubtful(connection, step).filter(|_| !first_packet);
    let last = connection.halves[1 - step.side].last_data_in;
    let answers = (reason == ResetReason::DataAfterClose && doubt.is_none()).then_some(last);
    if reason == ResetReason::HalfOpen && connection.phase == Phase::SynSent {
        // That ends the older connection. The dial goes on.
        connection.challenged = false;
    } else if doubt.is_some() {
        connection.doubt = Some(Doubt {
            by: step.side,
            packet: step.packet,
        });
    } else if !matches!(connection.phase, Phase::Closed(_)) {
        connection.phase = Phase::Closed(Ending::Reset { by });
        connection.ended_in = step.packet;
    }
    step.notes.push(Note::Teardown(TeardownNote::Reset {
        by,
        reason,
        answers,
        doubt,
    }));
}
