//! From the segments of a control connection to whole lines, one direction.

use proto::{LineBuffer, LineEvent};

use super::session::{Findings, Session};
use super::stream::Stream;
use crate::Seq;
use crate::note::{ControlNote, Note};

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

    /// Says which sequence number the first byte has; only the first word counts.
    pub(crate) fn begin(&mut self, seq: Seq) {
        self.stream.begin(seq);
    }

    /// Takes a segment's payload; whole lines go to the session.
    pub(crate) fn push(
        &mut self,
        seq: Seq,
        payload: &[u8],
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
        stream.push(seq, payload, |bytes| {
            delivered = true;
            feed(lines, unfinished, bytes, session, from_client, findings);
        });
        if delivered && *unfinished > 0 && !session.encrypted {
            findings.notes.push(Note::Control(ControlNote::Incomplete {
                bytes: *unfinished,
            }));
        }
    }

    /// The capture does not have the bytes before `seq`; the line they cut is given up.
    pub(crate) fn skip_to(
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
        *lines = LineBuffer::new(LineBuffer::DEFAULT_LIMIT);
        *unfinished = 0;
        stream.skip_to(seq, |bytes| {
            feed(lines, unfinished, bytes, session, from_client, findings);
        });
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
