//! Bytes and acknowledgements between the handshake and the close.

use std::cmp::Ordering;
use std::time::Duration;

use super::connection::{Connection, Phase, Role, Side, Step};
use super::half::{Acked, Placement, Probing, clock};
use crate::note::{AckNote, DataNote, Late, Note, Resend, SequenceNote, TeardownNote};
use crate::{Seq, TcpFlags, Timestamp};

/// The shortest time-out in use (RFC 6298 §2.4 asks for a second).
pub(crate) const TIMEOUT: Duration = Duration::from_millis(200);

/// Says how a segment fits its direction when it is not simply the next one.
pub(crate) fn order(connection: &mut Connection, step: &mut Step<'_, '_>, placement: Placement) {
    let by = connection.party(step.side);
    let bytes = step.tcp.len;
    let half = &connection.halves[step.side];
    let note = match placement {
        Placement::Repeated if bytes > 0 => {
            let end = step.tcp.seq + bytes;
            let asked = half.duplicate_acks;
            let next = half.acked == Some(step.tcp.seq);
            let of = half.carrier(step.tcp.seq);
            // It was sent again before, and that brought no answer.
            let silent = half.resent.is_some_and(|resent| {
                let last = half.heard.map_or(resent, |heard| heard.max(resent));
                step.time.since(last) >= TIMEOUT + connection.round_trip()
            });
            let why = if half.acked.is_some_and(|acked| !end.is_after(acked)) {
                Resend::Spurious
            } else if next && !silent && (asked >= 3 || half.recover.is_some()) {
                Resend::Fast
            } else {
                Resend::Timeout
            };
            if closed_window(connection, step) {
                return probe(connection, step);
            }
            let half = &mut connection.halves[step.side];
            if why == Resend::Fast {
                half.recover = half.recover.or(half.highest());
            } else if next && silent {
                half.recover = None;
            }
            if next {
                half.resent = Some(step.time);
            }
            SequenceNote::Retransmission {
                by,
                bytes,
                of,
                why,
                duplicate_acks: asked,
            }
        }
        Placement::InOrder {
            new,
            fills_gap: false,
            ..
        } if new > 0 && new < bytes => SequenceNote::Overlap {
            by,
            old: bytes - new,
            new,
        },
        Placement::Ahead { missing, .. } => {
            let fin = step.tcp.flags.contains(TcpFlags::FIN);
            SequenceNote::Ahead { by, missing, fin }
        }
        Placement::InOrder {
            fills_gap: true, ..
        } => {
            let gap = half.gap;
            let partial = half.recover.is_some() && half.acked == Some(step.tcp.seq);
            let asked = (half.duplicate_acks, partial);
            let why = gap.map_or(Late::OutOfOrder, |gap| {
                let after = gap.clock.zip(clock(step.tcp));
                let after = after.map(|(gap, own)| Seq(own).distance(Seq(gap)).cmp(&0));
                why_late(connection, step.time.since(gap.time), asked, after)
            });
            let half = &mut connection.halves[step.side];
            if why != Late::OutOfOrder && half.acked == Some(step.tcp.seq) {
                half.resent = Some(step.time);
            }
            if why == Late::Fast {
                half.recover = half.recover.or(half.highest());
            }
            SequenceNote::FillsGap {
                by,
                bytes,
                gap: gap.map(|gap| gap.packet),
                why,
            }
        }
        Placement::Beyond { missing } => {
            // Nobody sends what the other side has no room for.
            let window = connection.halves[1 - step.side].window;
            let Some((acked, window)) = half.acked.zip(window) else {
                return;
            };
            if step.tcp.seq.is_after(acked + window) {
                return;
            }
            let claimed = (step.tcp.seq, step.packet, step.time);
            connection.halves[step.side].claimed = Some(claimed);
            if step.printed.is_some() {
                return;
            }
            let fin = false;
            SequenceNote::Ahead { by, missing, fin }
        }
        Placement::Probe => return probe(connection, step),
        Placement::InOrder { .. } if closed_window(connection, step) => {
            return probe(connection, step);
        }
        Placement::InOrder { new: 1.., .. } => {
            let Some((_, packet, since)) = claim(connection, step) else {
                return;
            };
            let asked = (half.duplicate_acks, false);
            let why = why_late(connection, step.time.since(since), asked, None);
            SequenceNote::FillsGap {
                by,
                bytes,
                gap: Some(packet),
                why,
            }
        }
        _ => return,
    };
    step.notes.push(Note::Sequence(note));
}

/// Why a segment came so long after those behind it. The sender's clock in both tells which
/// was sent first, when it differs: `clock` is how the late one's compares. Otherwise nothing
/// that is sent again can come before a round trip has passed, and no network holds a packet
/// back for long.
///
/// `duplicates` is how many acknowledgements asked for it; `partial`, whether the last one
/// stopped short of it while others were sent again.
fn why_late(
    connection: &Connection,
    late: Duration,
    (duplicates, partial): (u32, bool),
    clock: Option<Ordering>,
) -> Late {
    /// A round trip on a link, when none was measured.
    const SHORT: Duration = Duration::from_millis(3);
    let again = match clock {
        Some(Ordering::Less) => return Late::OutOfOrder,
        Some(Ordering::Greater) => true,
        Some(Ordering::Equal) | None => false,
    };
    let measured = connection.round_trip();
    let round_trip = if measured.is_zero() { SHORT } else { measured };
    // With selective acknowledgements a sender that waits a quarter of a round trip more needs
    // no third one (RFC 8985 §6.2).
    let patient = duplicates > 0 && !measured.is_zero() && late > measured + measured / 4;
    let asked = duplicates >= 3 || partial || patient || (again && duplicates > 0);
    if !again && late < round_trip {
        Late::OutOfOrder
    } else if asked {
        Late::Fast
    } else if again || late >= TIMEOUT {
        Late::Timeout
    } else {
        Late::OutOfOrder
    }
}

/// The segment without data that showed that this one had been sent before.
fn claim(connection: &Connection, step: &Step<'_, '_>) -> Option<(Seq, u64, Timestamp)> {
    let end = step.tcp.seq + step.tcp.len;
    let claimed = connection.halves[step.side].claimed?;
    (!end.is_after(claimed.0)).then_some(claimed)
}

/// Whether a segment has the one byte that asks whether a closed window is open again
/// (RFC 9293 §3.8.6.1).
fn closed_window(connection: &Connection, step: &Step<'_, '_>) -> bool {
    let half = &connection.halves[step.side];
    connection.halves[1 - step.side].window == Some(0)
        && step.tcp.len == 1
        && half.acked == Some(step.tcp.seq)
}

/// Takes a segment that wants nothing but an answer.
fn probe(connection: &mut Connection, step: &mut Step<'_, '_>) {
    let by = connection.party(step.side);
    let probing = &mut connection.halves[step.side].probing;
    let before = probing.map_or(0, |probing| probing.count);
    *probing = Some(Probing {
        packet: step.packet,
        time: step.time,
        count: before.saturating_add(1),
    });
    let note = if connection.halves[1 - step.side].window == Some(0) {
        SequenceNote::WindowProbe { by }
    } else {
        SequenceNote::KeepAlive { by }
    };
    step.notes.push(Note::Sequence(note));
}

/// Says that a segment takes the last of the receiver's window, when the window is known for
/// sure.
pub(crate) fn fills_window(connection: &Connection, step: &mut Step<'_, '_>, placement: Placement) {
    let (own, peer) = (
        &connection.halves[step.side],
        &connection.halves[1 - step.side],
    );
    let (Placement::InOrder { new: 1.., .. }, Some(acked), Some(window), Some(_), Some(_)) =
        (placement, own.acked, peer.window, own.isn, peer.isn)
    else {
        return;
    };
    if window > 0 && own.next() == Some(acked + window) && own.fin.is_none() {
        let by = connection.party(step.side);
        step.notes
            .push(Note::Sequence(SequenceNote::WindowFull { by, window }));
    }
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
    let by = connection.party(step.side);
    if matches!(connection.phase, Phase::Closed(_)) {
        if !std::mem::replace(&mut connection.close.late, true) {
            step.notes
                .push(Note::Teardown(TeardownNote::AfterClose { by }));
        }
    } else if connection.halves[1 - step.side]
        .fin
        .is_some_and(|fin| fin.acked)
        && !connection.close.half
    {
        connection.close.half = true;
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

/// Says once, when a side's FIN and everything before it were seen or acknowledged, how much it
/// carried.
pub(crate) fn complete(connection: &mut Connection, step: &mut Step<'_, '_>, side: Side) {
    let by = connection.party(side);
    // A side that only received has nothing to sum up; an empty transfer has.
    let empty = connection.halves.iter().all(|half| half.bytes == 0)
        && connection.close.first == Some(side)
        && matches!(connection.role, Role::Data { .. });
    let control = matches!(connection.role, Role::Control { .. });
    let half = &mut connection.halves[side];
    if control || half.complete || !half.whole() || (half.bytes == 0 && !empty) {
        return;
    }
    half.complete = true;
    step.notes.push(Note::Data(DataNote::DataComplete {
        by,
        bytes: half.bytes,
        missing: half.missing,
        from_start: half.isn.is_some(),
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
    let old_window = connection.halves[side].window.replace(window);
    if acked.unseen > 0 {
        let bytes = acked.unseen;
        step.notes
            .push(Note::Ack(AckNote::UnseenData { by: to, bytes }));
    }
    let bare = step.is_bare_ack();
    let covered = acked.covered;
    if acked.advanced {
        connection.halves[1 - side].duplicate_acks = 0;
        connection.halves[1 - side].acked_in = Some(step.packet);
        if covered.bytes > 0 && bare {
            let after = acked.last_time.map(|last| step.time.since(last));
            let delayed = after.is_some_and(|after| connection.is_delayed(side, after));
            step.notes.push(Note::Ack(AckNote::Ack {
                by,
                covered,
                after,
                delayed,
            }));
        } else if covered.bytes > 0 {
            step.notes
                .push(Note::Ack(AckNote::AckPiggybacked { covered }));
        }
    }
    let again = std::mem::take(&mut connection.halves[1 - side].fin_again);
    let mut probed = None;
    if tcp.flags.contains(TcpFlags::ACK) {
        connection.halves[1 - side].heard = Some(step.time);
        probed = connection.halves[1 - side].probing.take();
    }
    let reopens = if window > 0 {
        connection.halves[side].closed_window_in.take()
    } else {
        None
    };
    if window == 0 && old_window != Some(0) && !tcp.flags.contains(TcpFlags::RST) {
        connection.halves[side].closed_window_in = Some(step.packet);
        step.notes.push(Note::Ack(AckNote::ZeroWindow { by }));
    }
    if reopens.is_some() && acked.advanced {
        step.notes.push(Note::Ack(AckNote::WindowUpdate {
            by,
            window,
            reopens,
        }));
    }
    let explained = acked.advanced || step.notes.len() > before;
    if !bare || explained {
        return;
    }
    let peer = &mut connection.halves[1 - side];
    let note = if again && peer.acked == Some(tcp.ack) {
        Note::Ack(AckNote::AckAgain { by })
    } else if matches!(connection.phase, Phase::Closed(_)) {
        Note::Teardown(TeardownNote::AfterClose { by })
    } else if peer.acked != Some(tcp.ack) {
        return;
    } else if let Some(Probing { packet: probe, .. }) = probed {
        Note::Sequence(if old_window == Some(0) {
            SequenceNote::WindowProbeAck { by, window, probe }
        } else {
            SequenceNote::KeepAliveAck { by, probe }
        })
    } else if old_window != Some(window) && !peer.has_gap() {
        Note::Ack(AckNote::WindowUpdate {
            by,
            window,
            reopens,
        })
    } else if window == 0 && !peer.has_gap() && peer.is_outstanding() {
        // What came into the closed window was not taken.
        Note::Ack(AckNote::ZeroWindow { by })
    } else if peer.has_gap() || peer.is_outstanding() {
        peer.duplicate_acks = peer.duplicate_acks.saturating_add(1);
        let waits_for = peer.shown(tcp.ack);
        Note::Ack(AckNote::DuplicateAck {
            by,
            waits_for,
            count: peer.duplicate_acks,
            first: peer.acked_in,
        })
    } else {
        Note::Ack(AckNote::AckAgain { by })
    };
    step.notes.push(note);
}
