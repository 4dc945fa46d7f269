//! From the segments of a control connection to whole lines, one direction.

use proto::{LineBuffer, LineEvent};

use super::session::{Findings, Session};
use super::speech;
use super::stream::{Piece, Stream};
use crate::note::{ControlNote, Note};
use crate::{Seq, Tcp};

/// One direction of a control connection.
#[derive(Debug)]
pub(crate) struct Channel {
    stream: Stream,
    text: Words,
}

/// What is said in one direction.
#[derive(Debug)]
struct Words {
    lines: LineBuffer,
    /// Bytes since the last line's end.
    unfinished: u32,
    /// What waited was given up, and nobody was told so far.
    shed: bool,
    /// With it the beginning of a line: what comes up to the line's end is the rest of it.
    torn: bool,
    /// Bytes of such a rest that were dropped from the present segment.
    dropped: u32,
}

impl Channel {
    /// A direction that has carried nothing yet.
    pub(crate) fn new() -> Self {
        Self {
            stream: Stream::default(),
            text: Words {
                lines: LineBuffer::new(LineBuffer::DEFAULT_LIMIT),
                unfinished: 0,
                shed: false,
                torn: false,
                dropped: 0,
            },
        }
    }

    /// The bytes that it holds beside this value.
    pub(crate) fn held(&self) -> usize {
        self.stream.held() + self.text.lines.held()
    }

    /// Whether a line waits for its end, or bytes for those before them.
    pub(crate) fn waits(&self) -> bool {
        !self.text.lines.is_empty() || self.stream.waits()
    }

    /// Gives up what waits, and goes on behind it; says so later when the session `loses` by it.
    pub(crate) fn shed(&mut self, loses: bool) {
        let cut = self.stream.shed();
        let text = &mut self.text;
        // What came too early is behind the line that waits.
        text.torn = cut.unwrap_or(text.torn || !text.lines.is_empty());
        text.begin_again();
        text.shed |= loses;
    }

    /// Keeps no room while no line is begun.
    pub(crate) fn rest(&mut self) {
        if self.text.lines.is_empty() {
            self.text.lines = LineBuffer::new(LineBuffer::DEFAULT_LIMIT);
        }
    }

    /// Says which sequence number the first byte has; only the first word counts.
    pub(crate) fn begin(&mut self, seq: Seq) {
        self.stream.begin(seq);
    }

    /// The receiver has everything before `seq`, whether the capture has it or not.
    pub(crate) fn promise(
        &mut self,
        seq: Seq,
        session: &mut Session,
        from_client: bool,
        findings: &mut Findings<'_>,
    ) {
        let Self { stream, text } = self;
        stream.promise(seq, |piece| {
            text.hear(piece, session, from_client, findings);
        });
    }

    /// Takes a segment's payload; whole lines go to the session.
    pub(crate) fn push(
        &mut self,
        tcp: &Tcp<'_>,
        session: &mut Session,
        from_client: bool,
        findings: &mut Findings<'_>,
    ) {
        let Self { stream, text } = self;
        let mut delivered = false;
        let before = findings.notes.len();
        stream.push(tcp.seq, tcp.payload, |piece| {
            delivered = true;
            text.hear(piece, session, from_client, findings);
        });
        let bytes = std::mem::take(&mut text.dropped);
        if std::mem::take(&mut text.shed) || bytes > 0 {
            let given_up = Note::Control(ControlNote::GivenUp { bytes });
            findings.notes.insert(before, given_up);
        }
        let captured = u32::try_from(tcp.payload.len()).unwrap_or(u32::MAX);
        if captured < tcp.len {
            // The snap length cut the rest off: it was sent, and will not come.
            self.promise(tcp.seq + tcp.len, session, from_client, findings);
            let bytes = tcp.len - captured;
            findings
                .notes
                .push(Note::Control(ControlNote::CutShort { bytes }));
        } else if delivered && self.text.unfinished > 0 && !session.encrypted {
            let bytes = self.text.unfinished;
            findings
                .notes
                .push(Note::Control(ControlNote::Incomplete { bytes }));
        }
    }
}

impl Words {
    /// The line that was begun is given up.
    fn begin_again(&mut self) {
        self.lines = LineBuffer::new(LineBuffer::DEFAULT_LIMIT);
        self.unfinished = 0;
    }

    fn hear(
        &mut self,
        piece: Piece<'_>,
        session: &mut Session,
        from_client: bool,
        findings: &mut Findings<'_>,
    ) {
        match piece {
            Piece::Bytes(bytes) => self.feed(bytes, session, from_client, findings),
            Piece::Gap => {
                self.begin_again();
                self.torn = false;
                session.lost(from_client);
            }
        }
    }

    fn feed(
        &mut self,
        mut bytes: &[u8],
        session: &mut Session,
        from_client: bool,
        findings: &mut Findings<'_>,
    ) {
        while !bytes.is_empty() {
            if session.disowned.is_some() {
                return;
            }
            if session.encrypted && speech::is_plain(bytes) {
                session.encrypted = false;
                findings.notes.push(Note::Control(ControlNote::Readable));
            }
            if session.encrypted {
                let bytes = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
                findings
                    .notes
                    .push(Note::Control(ControlNote::Encrypted { bytes }));
                self.unfinished = 0;
                self.torn = false;
                return;
            }
            if std::mem::take(&mut self.torn) {
                let end = bytes.iter().position(|&b| b == b'\n');
                self.torn = end.is_none();
                let rest = end.map_or(bytes.len(), |at| at + 1);
                let dropped = u32::try_from(rest).unwrap_or(u32::MAX);
                self.dropped = self.dropped.saturating_add(dropped);
                bytes = &bytes[rest..];
                continue;
            }
            // One line's bytes at a time: AUTH may end the readable part within a segment.
            let end = bytes
                .iter()
                .position(|&b| b == b'\n')
                .map_or(bytes.len(), |at| at + 1);
            let taken = self.lines.push(&bytes[..end]);
            self.unfinished = self
                .unfinished
                .saturating_add(u32::try_from(taken).unwrap_or(u32::MAX));
            bytes = &bytes[taken..];
            while let Some(event) = self.lines.pull() {
                match event {
                    LineEvent::Line { bytes, .. } if from_client => {
                        session.command(bytes, findings);
                    }
                    LineEvent::Line { bytes, .. } => session.reply_line(bytes, findings),
                    LineEvent::TooLong { .. } => {
                        findings.notes.push(Note::Control(ControlNote::TooLong));
                    }
                    LineEvent::Telnet(_) => {
                        findings.notes.push(Note::Control(ControlNote::Telnet));
                        self.unfinished = 0;
                        continue;
                    }
                }
                self.unfinished = 0;
            }
            if taken == 0 {
                return;
            }
        }
    }
}
