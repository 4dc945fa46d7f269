//! Packets in tcpdump's words, for reports.

use tracer::{LineOptions, TcpdumpLine};

use super::recorder::Segment;

/// Those of the script's packets that end before number `until`, at most `shown`.
pub(super) fn around<'a>(
    packets: impl Iterator<Item = &'a Segment>,
    until: usize,
    shown: usize,
) -> Vec<String> {
    // All of them are printed, as sequence numbers are relative to the first.
    let mut printer = TcpdumpLine::new(LineOptions::default());
    let mut lines = std::collections::VecDeque::new();
    for packet in packets.take(until) {
        let mut line = String::new();
        printer.write(&packet.frame(), &mut line);
        lines.push_back(line);
        if lines.len() > shown {
            lines.pop_front();
        }
    }
    lines.into()
}
