//! Which packet of the one trace is which of the other: the order of both is kept, and as little
//! as possible is left over.

use super::trace::{Seen, Trace};
use crate::TcpFlags;

/// What it costs to leave a line of the article without a packet of ours.
const ABSENT: u32 = 5;
/// What it costs to leave a packet of ours without a line.
const ALONE: u32 = 3;

/// A step through both traces, by index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Both(usize, usize),
    Article(usize),
    Ours(usize),
}

/// What it costs to take two packets for the same; `None` when they cannot be. What differs in
/// every line of another session, its numbers, costs less than leaving both over.
fn cost(article: &Seen, ours: &Seen) -> Option<u32> {
    if article.channel != ours.channel || article.from_client != ours.from_client {
        return None;
    }
    let lengths = u32::from(article.len != ours.len);
    let (article, ours, empty) = match (&article.segment, &ours.segment) {
        (None, None) => return Some(lengths),
        (Some(article_segment), Some(our_segment)) => {
            let empty = (article.len == 0) != (ours.len == 0);
            (article_segment, our_segment, empty)
        }
        _ => return None,
    };
    let kind = |flags: TcpFlags| {
        [TcpFlags::SYN, TcpFlags::FIN, TcpFlags::RST].map(|flag| flags.contains(flag))
    };
    let fin_with_data = article.flags.contains(TcpFlags::FIN);
    if kind(article.flags) != kind(ours.flags) || (empty && !fin_with_data) {
        return None;
    }
    let mut cost = 2 * lengths + u32::from(article.flags != ours.flags);
    if let (Some(one), Some(other)) = (article.seq, ours.seq) {
        cost += 2 * u32::from(one != other);
    }
    cost += 2 * u32::from(article.ack != ours.ack);
    Some(cost)
}

/// The cheapest way through both.
pub(super) fn align(article: &Trace, ours: &Trace) -> Vec<Step> {
    let (lines, packets) = (article.packets(), ours.packets());
    let width = packets.len() + 1;
    // What is left over in front of each of our packets, in the row at hand.
    let mut row: Vec<u32> = (0..).step_by(ALONE as usize).take(width).collect();
    // How the best way came to each place: 0 from the left, 1 from above, 2 from both.
    let mut ways: Vec<u8> = vec![0; width * (lines.len() + 1)];
    for (i, line) in lines.iter().enumerate() {
        let mut before = row.first().copied().unwrap_or_default();
        let mut left = before + ABSENT;
        if let Some(first) = row.first_mut() {
            *first = left;
        }
        let ways = ways.iter_mut().skip((i + 1) * width);
        let places = row.iter_mut().zip(ways);
        let mut places = places.peekable();
        if let Some((_, way)) = places.next() {
            *way = 1;
        }
        for ((above, way), packet) in places.zip(packets) {
            let mut best = (left + ALONE, 0);
            if *above + ABSENT < best.0 {
                best = (*above + ABSENT, 1);
            }
            // Of two that are as good the earlier one is taken.
            if let Some(cost) = cost(line, packet)
                && before + cost < best.0
            {
                best = (before + cost, 2);
            }
            before = *above;
            (*above, *way) = best;
            left = best.0;
        }
    }
    let mut steps = Vec::new();
    let (mut i, mut j) = (lines.len(), packets.len());
    while i > 0 || j > 0 {
        let way = ways.get(i * width + j).copied().unwrap_or_default();
        if i > 0 && j > 0 && way == 2 {
            (i, j) = (i - 1, j - 1);
            steps.push(Step::Both(i, j));
        } else if i > 0 && (j == 0 || way == 1) {
            i -= 1;
            steps.push(Step::Article(i));
        } else {
            j -= 1;
            steps.push(Step::Ours(j));
        }
    }
    steps.reverse();
    steps
}
