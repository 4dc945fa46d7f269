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
    lines: LineBuffer,
    /// Bytes since the last line's end.
    unfinished: u32,
}

impl Channel {
    /// A direction that has carried nothing yet.
    pub(crate) fn new() -> Self {
        Self {
            stream: Stream::default(),
            lines: LineBuffer::new(LineBuffer::DEFAULT_LIMIT),
            unfinished: 0,
        }
    }

    /// The bytes that it holds beside this value.
    pub(crate) fn held(&self) -> usize {
        self.stream.held() + self.lines.held()
    }

    /// Keeps no room while no line is begun.
    pub(crate) fn rest(&mut self) {
        if self.lines.is_empty() {
            self.lines = LineBuffer::new(LineBuffer::DEFAULT_LIMIT);
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
        let Self {
            stream,
            lines,
            unfinished,
        } = self;
        stream.promise(seq, |piece| {
            hear(lines, unfinished, piece, session, from_client, findings);
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
        let Self {
            stream,
            lines,
            unfinished,
        } = self;
        let mut delivered = false;
        stream.push(tcp.seq, tcp.payload, |piece| {
            delivered = true;
            hear(lines, unfinished, piece, session, from_client, findings);
        });
        let captured = u32::try_from(tcp.payload.len()).unwrap_or(u32::MAX);
        if captured < tcp.len {
            // The snap length cut the rest off: it was sent, and will not come.
            self.promise(tcp.seq + tcp.len, session, from_client, findings);
            let bytes = tcp.len - captured;
            findings
                .notes
                .push(Note::Control(ControlNote::CutShort { bytes }));
        } else if delivered && self.unfinished > 0 && !session.encrypted {
            let bytes = self.unfinished;
            findings
                .notes
                .push(Note::Control(ControlNote::Incomplete { bytes }));
        }
    }
}

fn hear(
    lines: &mut LineBuffer,
    unfinished: &mut u32,
    piece: Piece<'_>,
    session: &mut Session,
    from_client: bool,
    findings: &mut Findings<'_>,
) {
    match piece {
        Piece::Bytes(bytes) => feed(lines, unfinished, bytes, session, from_client, findings),
        Piece::Gap => {
            // The line that the gap cuts is given up.
            *lines = LineBuffer::new(LineBuffer::DEFAULT_LIMIT);
            *unfinished = 0;
            session.lost(from_client);
        }
    }
}

fn feed(
    lines: &mut LineBuffer,
    unfinished: &mut u32,
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
            *unfinished = 0;
            return;
        }
        // One line's bytes at a time: AUTH may end the readable part within a segment.
        let end = bytes
            .iter()
            .position(|&b| b == b'\n')
            .map_or(bytes.len(), |at| at + 1);
        let taken = lines.push(&bytes[..end]);
        *unfinished = unfinished.saturating_add(u32::try_from(taken).unwrap_or(u32::MAX));
        bytes = &bytes[taken..];
        while let Some(event) = lines.pull() {
            match event {
                LineEvent::Line { bytes, .. } if from_client => session.command(bytes, findings),
                LineEvent::Line { bytes, .. } => session.reply_line(bytes, findings),
                LineEvent::TooLong { .. } => {
                    findings.notes.push(Note::Control(ControlNote::TooLong));
                }
                LineEvent::Telnet(_) => {
                    findings.notes.push(Note::Control(ControlNote::Telnet));
                    *unfinished = 0;
                    continue;
                }
            }
            *unfinished = 0;
        }
        if taken == 0 {
            return;
        }
    }
}
