//! From the bytes of a control connection to its lines, on either side.

use crate::telnet::{DATA_MARK, IAC, INTERRUPT_PROCESS, Negotiation, Telnet};

/// What came next on a control connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineEvent<'a> {
    /// A whole line, without its end and with telnet escapes undone.
    Line {
        /// The text.
        bytes: &'a [u8],
        /// How it ended.
        ending: LineEnding,
    },
    /// A line longer than the bound was dropped up to its end.
    TooLong {
        /// How many bytes the line had, after telnet escapes were undone.
        length: u64,
    },
    /// A telnet command was taken out of the text.
    Telnet(Telnet),
}

/// How a line ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LineEnding {
    /// CR LF, as RFC 959 §5.3 has it.
    CrLf,
    /// LF alone: tolerated.
    Lf,
}

/// Splits a byte stream into lines within fixed memory.
///
/// [`push`](Self::push) bytes, then [`pull`](Self::pull) until `None`. Each byte is looked at
/// once. Memory is bounded by twice the longest line.
#[derive(Debug)]
pub struct LineBuffer {
    limit: usize,
    /// Bytes that came and were not looked at yet: those from `position` on.
    input: Vec<u8>,
    position: usize,
    /// The line so far.
    line: Vec<u8>,
    /// Bytes of the line beyond `limit`, which are not kept.
    beyond: u64,
    state: State,
    /// The line was handed out and is cleared at the next pull.
    handed_out: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Text,
    Cr,
    Iac,
    Negotiate(Negotiation),
    Subnegotiation,
    SubnegotiationIac,
}

impl LineBuffer {
    /// The default for the longest line, in bytes, without its end.
    pub const DEFAULT_LIMIT: usize = 4096;

    /// A buffer for lines of at most `limit` bytes, without their end. Allocates nothing yet.
    pub const fn new(limit: usize) -> Self {
        Self {
            limit,
            input: Vec::new(),
            position: 0,
            line: Vec::new(),
            beyond: 0,
            state: State::Text,
            handed_out: false,
        }
    }

    /// The bytes of memory that it has beside this value.
    pub const fn held(&self) -> usize {
        self.input.capacity() + self.line.capacity()
    }

    /// How many bytes the next [`push`](Self::push) takes; not zero once `pull` gave `None`.
    pub const fn room(&self) -> usize {
        let waiting = self.input.len() - self.position;
        let room = if self.limit == 0 { 1 } else { self.limit };
        room.saturating_sub(waiting)
    }

    /// Takes as many of `bytes` as there is [`room`](Self::room) for, and says how many.
    pub fn push(&mut self, bytes: &[u8]) -> usize {
        if self.position > 0 {
            self.input.drain(..self.position);
            self.position = 0;
        }
        let taken = bytes.len().min(self.room());
        self.input.extend_from_slice(&bytes[..taken]);
        taken
    }

    /// The next line or telnet command; `None` when more bytes are needed.
    pub fn pull(&mut self) -> Option<LineEvent<'_>> {
        if self.handed_out {
            self.line.clear();
            self.beyond = 0;
            self.handed_out = false;
        }
        while let Some(&byte) = self.input.get(self.position) {
            self.position += 1;
            match (self.state, byte) {
                (State::Text, b'\n') => return Some(self.hand_out(LineEnding::Lf)),
                (State::Cr, b'\n') => return Some(self.hand_out(LineEnding::CrLf)),
                (State::Text, b'\r') => self.state = State::Cr,
                (State::Cr, 0) => {
                    self.keep(b'\r');
                    self.state = State::Text;
                }
                (State::Cr, _) => {
                    // A bare CR is text; the byte after it is looked at afresh.
                    self.keep(b'\r');
                    self.state = State::Text;
                    self.position -= 1;
                }
                (State::Text, IAC) => self.state = State::Iac,
                (State::Text, _) => self.keep_text(),
                (State::Iac, _) => {
                    if let Some(telnet) = self.command(byte) {
                        return Some(LineEvent::Telnet(telnet));
                    }
                }
                (State::Negotiate(word), option) => {
                    self.state = State::Text;
                    return Some(LineEvent::Telnet(Telnet::Negotiate(word, option)));
                }
                (State::Subnegotiation, IAC) => self.state = State::SubnegotiationIac,
                (State::Subnegotiation, _) => {}
                // IAC SE ends it; IAC IAC is data within it, and anything else is broken
                // off here too, so that a peer cannot make us swallow its commands for ever.
                (State::SubnegotiationIac, IAC) => self.state = State::Subnegotiation,
                (State::SubnegotiationIac, _) => self.state = State::Text,
            }
        }
        None
    }

    /// Whether a line was begun that has no end yet.
    pub const fn is_mid_line(&self) -> bool {
        !self.handed_out && (!self.line.is_empty() || self.beyond > 0)
            || !matches!(self.state, State::Text)
    }

    /// What has come of a line that has no end yet, as far as it is kept.
    pub fn begun(&self) -> &[u8] {
        if self.handed_out { &[] } else { &self.line }
    }

    /// Whether every byte that came was handed out: no line is begun, none waits.
    pub const fn is_empty(&self) -> bool {
        self.position == self.input.len() && !self.is_mid_line()
    }

    /// The byte after an IAC. Only 236 to 255 are telnet commands; before any other byte the
    /// IAC was a character of a name, sent by a client that does not escape it.
    fn command(&mut self, byte: u8) -> Option<Telnet> {
        self.state = State::Text;
        match byte {
            IAC => self.keep(IAC),
            251 => self.state = State::Negotiate(Negotiation::Will),
            252 => self.state = State::Negotiate(Negotiation::Wont),
            253 => self.state = State::Negotiate(Negotiation::Do),
            254 => self.state = State::Negotiate(Negotiation::Dont),
            250 => self.state = State::Subnegotiation,
            INTERRUPT_PROCESS => return Some(Telnet::InterruptProcess),
            DATA_MARK => return Some(Telnet::DataMark),
            236.. => return Some(Telnet::Other(byte)),
            _ => {
                self.keep(IAC);
                self.position -= 1;
            }
        }
        None
    }

    /// Keeps the byte before `position` and those behind it, up to one that may be more than text.
    fn keep_text(&mut self) {
        let rest = self.input.get(self.position - 1..).unwrap_or_default();
        let special = |byte: &u8| matches!(byte, b'\r' | b'\n' | &IAC);
        let text = rest.iter().position(special).unwrap_or(rest.len());
        let kept = text.min(self.limit.saturating_sub(self.line.len()));
        self.line.extend_from_slice(&rest[..kept]);
        self.beyond += (text - kept) as u64;
        self.position += text - 1;
    }

    fn keep(&mut self, byte: u8) {
        if self.line.len() < self.limit {
            self.line.push(byte);
        } else {
            self.beyond += 1;
        }
    }

    fn hand_out(&mut self, ending: LineEnding) -> LineEvent<'_> {
        self.state = State::Text;
        self.handed_out = true;
        if self.beyond > 0 {
            LineEvent::TooLong {
                length: self.line.len() as u64 + self.beyond,
            }
        } else {
            LineEvent::Line {
                bytes: &self.line,
                ending,
            }
        }
    }
}

impl Default for LineBuffer {
    fn default() -> Self {
        Self::new(Self::DEFAULT_LIMIT)
    }
}

#[cfg(test)]
mod tests {
    use super::{LineBuffer, LineEnding, LineEvent};
    use crate::telnet::{Negotiation, Telnet, escape};
    use proptest::prelude::*;

    /// Everything that `bytes`, pushed in chunks of `chunk`, come to.
    fn events(limit: usize, bytes: &[u8], chunk: usize) -> Vec<String> {
        let mut buffer = LineBuffer::new(limit);
        let mut events = Vec::new();
        for mut chunk in bytes.chunks(chunk) {
            while !chunk.is_empty() {
                let taken = buffer.push(chunk);
                assert!(taken > 0, "a drained buffer takes bytes");
                chunk = &chunk[taken..];
                while let Some(event) = buffer.pull() {
                    events.push(format!("{event:?}"));
                }
            }
        }
        events
    }

    fn line(bytes: &[u8], ending: LineEnding) -> String {
        format!("{:?}", LineEvent::Line { bytes, ending })
    }

    #[test]
    fn lines_however_they_are_cut() {
        for chunk in 1..12 {
            assert_eq!(
                events(64, b"USER a\r\nNOOP\nA\rB\r\0C\r\n", chunk),
                [
                    line(b"USER a", LineEnding::CrLf),
                    line(b"NOOP", LineEnding::Lf),
                    line(b"A\rB\rC", LineEnding::CrLf),
                ]
            );
        }
    }

    #[test]
    fn telnet_commands_come_out_of_the_text() {
        for chunk in 1..12 {
            assert_eq!(
                events(
                    64,
                    b"\xff\xf4\xff\xf2AB\xff\xfd\x06OR\r\nCWD \xff\xff\xffe\r\n",
                    chunk
                ),
                [
                    format!("{:?}", LineEvent::Telnet(Telnet::InterruptProcess)),
                    format!("{:?}", LineEvent::Telnet(Telnet::DataMark)),
                    format!(
                        "{:?}",
                        LineEvent::Telnet(Telnet::Negotiate(Negotiation::Do, 6))
                    ),
                    line(b"ABOR", LineEnding::CrLf),
                    line(b"CWD \xff\xffe", LineEnding::CrLf),
                ]
            );
        }
    }

    #[test]
    fn a_line_of_the_limit_passes_and_one_more_byte_does_not() {
        assert_eq!(
            events(4, b"NOOP\r\nNOOPS\r\nPWD\r\n", 3),
            [
                line(b"NOOP", LineEnding::CrLf),
                format!("{:?}", LineEvent::TooLong { length: 5 }),
                line(b"PWD", LineEnding::CrLf),
            ]
        );
    }

    proptest! {
        #[test]
        fn any_text_survives_escaping(text: Vec<u8>, chunk in 1_usize..9) {
            let text: Vec<u8> = text.into_iter().filter(|&byte| byte != b'\n').collect();
            let mut wire = Vec::new();
            escape(&text, &mut wire);
            wire.extend_from_slice(b"\r\n");
            prop_assert_eq!(events(4096, &wire, chunk), [line(&text, LineEnding::CrLf)]);
        }

        #[test]
        fn cuts_do_not_matter_and_nothing_panics(bytes: Vec<u8>, chunk in 1_usize..9) {
            prop_assert_eq!(events(8, &bytes, chunk), events(8, &bytes, usize::MAX));
        }
    }
}
