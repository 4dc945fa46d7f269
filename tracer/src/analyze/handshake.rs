//! SYN, SYN/ACK, ACK (RFC 9293 §3.5).

use super::connection::{Connection, DIALLER, Ending, Phase, Step, offers};
use crate::TcpFlags;
use crate::note::{HandshakeNote, Note};

/// Takes a segment with SYN.
pub(crate) fn syn(connection: &mut Connection, step: &mut Step<'_, '_>) {
    let (tcp, side) = (step.tcp, step.side);
    let by = connection.party(side);
    let to = connection.party(1 - side);
    let again = connection.halves[side].isn == Some(tcp.seq);
    connection.halves[side].offers = Some(offers(tcp));
    let note = if tcp.flags.contains(TcpFlags::ACK) && connection.syn_ack_time.is_some() && again {
        connection.handshake_repeated = true;
        HandshakeNote::SynAckAgain {
            by,
            after: connection.age(step.time),
        }
    } else if tcp.flags.contains(TcpFlags::ACK)
        && let Some(crossed) = &mut connection.crossed
    {
        crossed[side] = true;
        let opens = crossed.iter().all(|&done| done);
        connection.phase = if opens {
            Phase::Open
        } else {
            Phase::SynReceived
        };
        HandshakeNote::SimultaneousAck { by, opens }
    } else if tcp.flags.contains(TcpFlags::ACK) {
        connection.syn_ack_time = Some(step.time);
        connection.legs[side] = connection.age(step.time);
        if connection.phase == Phase::SynSent {
            connection.phase = Phase::SynReceived;
        }
        HandshakeNote::SynAck {
            by,
            isn: tcp.seq.0,
            ack: tcp.ack.0,
            offers: offers(tcp),
            after: connection.age(step.time),
        }
    } else if side != DIALLER {
        connection.crossed.get_or_insert_default();
        HandshakeNote::Simultaneous { by }
    } else if again {
        connection.syns = connection.syns.saturating_add(1);
        connection.handshake_repeated = true;
        // It is asked again, and may be answered otherwise.
        if matches!(connection.phase, Phase::Closed(Ending::Refused { .. })) {
            connection.phase = Phase::SynSent;
        }
        HandshakeNote::SynAgain {
            by,
            attempt: connection.syns,
            after: connection.age(step.time).unwrap_or_default(),
        }
    } else {
        connection.syns = 1;
        connection.syn_time = Some(step.time);
        HandshakeNote::Syn {
            by,
            to,
            from_port: tcp.src_port,
            to_port: tcp.dst_port,
            isn: tcp.seq.0,
            offers: offers(tcp),
            purpose: connection.purpose,
        }
    };
    step.notes.push(Note::Handshake(note));
}

/// Takes the first acknowledgement of the SYN/ACK: step 3. True when it was that.
pub(crate) fn established(connection: &mut Connection, step: &mut Step<'_, '_>) -> bool {
    if connection.phase != Phase::SynReceived
        || !step.tcp.flags.contains(TcpFlags::ACK)
        || step.tcp.flags.contains(TcpFlags::SYN)
        || step.side != DIALLER
    {
        return false;
    }
    connection.phase = Phase::Open;
    // After a repetition nobody can tell which one was answered (Karn's rule).
    let clean = !connection.handshake_repeated;
    let after = connection
        .syn_ack_time
        .map(|t| step.time.since(t))
        .filter(|_| clean);
    if !clean {
        connection.legs = [None; 2];
    } else if step.tcp.len == 0 {
        connection.legs[DIALLER] = after;
    }
    step.notes.push(Note::Handshake(HandshakeNote::Established {
        by: connection.party(DIALLER),
        after,
        total: connection.age(step.time).filter(|_| clean),
        relative: !connection.halves[DIALLER].absolute,
    }));
    true
}

/// Takes a bare ACK as the answer to a SYN. True when it was that.
pub(crate) fn challenged(connection: &mut Connection, step: &mut Step<'_, '_>) -> bool {
    let tcp = step.tcp;
    let bare = step.is_bare_ack();
    let expected = connection.halves[DIALLER].isn.map(|isn| isn + 1);
    if connection.phase != Phase::SynSent
        || step.side == DIALLER
        || !bare
        || expected.is_none_or(|expected| expected == tcp.ack)
    {
        return false;
    }
    connection.challenged = true;
    step.notes
        .push(Note::Handshake(HandshakeNote::ChallengeAck {
            by: connection.party(step.side),
            ack: tcp.ack.0,
            syn: connection.opened_in,
        }));
    true
}

/// Takes RST as the answer to a SYN. True when it was that.
pub(crate) fn refused(connection: &mut Connection, step: &mut Step<'_, '_>) -> bool {
    if connection.phase != Phase::SynSent || step.side == DIALLER {
        return false;
    }
    let by = connection.party(step.side);
    connection.phase = Phase::Closed(Ending::Refused { by });
    step.notes.push(Note::Handshake(HandshakeNote::Refused {
        by,
        port: step.tcp.src_port,
        syn: connection.opened_in,
        after: connection.age(step.time),
    }));
    true
}
