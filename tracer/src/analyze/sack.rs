//! What a receiver says of the bytes beyond a gap, and of those that came twice.

use super::connection::{Connection, Step};
use super::half::{Acked, Half};
use crate::note::{AckNote, Note, Numbers};
use crate::{Seq, TcpOption};

/// Tells the SACK blocks of a bare ACK while something is missing, or when it says again what
/// was said before. Others repeat what is known.
pub(crate) fn selective(connection: &Connection, step: &mut Step<'_, '_>, acked: &Acked) {
    let tcp = step.tcp;
    let peer = &connection.halves[1 - step.side];
    if !step.is_bare_ack() || (acked.advanced && !peer.has_gap()) {
        return;
    }
    let Some(blocks) = tcp.options.iter().find_map(|option| match option {
        TcpOption::Sack(blocks) => Some(blocks),
        _ => None,
    }) else {
        return;
    };
    let mut blocks = blocks.chunks_exact(8).filter_map(read).peekable();
    let mut twice = None;
    if let Some(&first) = blocks.peek() {
        let rest = blocks.clone().nth(1);
        // RFC 2883 §4: below the acknowledgement, or within the block that follows.
        let within = |(start, end): (Seq, Seq)| !first.0.is_before(start) && !first.1.is_after(end);
        if !first.1.is_after(tcp.ack) || rest.is_some_and(within) {
            twice = blocks.next().map(|block| numbers(peer, block));
        }
    }
    let has: Vec<_> = blocks
        .filter(|(start, _)| start.is_after(tcp.ack))
        .map(|block| numbers(peer, block))
        .collect();
    if has.is_empty() && twice.is_none() {
        return;
    }
    let by = connection.party(step.side);
    step.notes.push(Note::Ack(AckNote::Sack { by, has, twice }));
}

/// One block: the first number, and the one behind the last (RFC 2018 §3).
fn read(block: &[u8]) -> Option<(Seq, Seq)> {
    let (start, end) = block.split_at_checked(4)?;
    let start = Seq(u32::from_be_bytes(start.try_into().ok()?));
    let end = Seq(u32::from_be_bytes(end.try_into().ok()?));
    end.is_after(start).then_some((start, end))
}

fn numbers(half: &Half, (start, end): (Seq, Seq)) -> Numbers {
    Numbers {
        first: half.shown(start),
        last: half.shown(end).wrapping_sub(1),
    }
}
