//! The tcpdump line in a style that shows more than it, written there or beforehand.

use crate::{Frame, LineOptions, Packet, TcpdumpLine};

/// What [`Render::take_line`](super::Render::take_line) gives away; until then lines are written
/// here.
#[derive(Debug)]
pub(super) struct OwnLine {
    /// Until it is taken away.
    line: Option<TcpdumpLine>,
    /// The last line's room, for the next.
    text: String,
}

impl OwnLine {
    pub(super) fn new(options: LineOptions) -> Self {
        Self {
            line: Some(TcpdumpLine::new(options)),
            text: String::new(),
        }
    }

    /// The packet's line without the time stamp; [`done`](Self::done) takes its room back.
    pub(super) fn of(&mut self, frame: &Frame<'_>, packet: &Packet<'_>) -> String {
        let mut text = std::mem::take(&mut self.text);
        text.clear();
        if let Some(line) = &mut self.line {
            line.write_packet_text(frame, packet, &mut text);
        }
        text
    }

    pub(super) fn done(&mut self, text: String) {
        self.text = text;
    }

    pub(super) fn take(&mut self) -> Option<TcpdumpLine> {
        self.line.take()
    }
}
