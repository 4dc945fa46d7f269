//! Packets in tcpdump's words, for reports.

use tracer::{LineOptions, TcpdumpLine};

use super::ends::Whose;
use super::recorder::Segment;

/// Those of the script's packets that end before number `until`, at most `shown`; each behind the
/// name of its session and data connection, where they have one.
pub(super) fn around<'a>(
    packets: impl Iterator<Item = (&'a Segment, &'a Whose)>,
    until: usize,
    shown: usize,
) -> Vec<String> {
    // All of them are printed, as sequence numbers are relative to the first.
    let mut printer = TcpdumpLine::new(LineOptions::default());
    let mut lines = std::collections::VecDeque::new();
    for (packet, whose) in packets.take(until) {
        let mut line = whose.to_string();
        if !line.is_empty() {
            line += ": ";
        }
        printer.write(&packet.frame(), &mut line);
        lines.push_back(line);
        if lines.len() > shown {
            lines.pop_front();
        }
    }
    lines.into()
}
