//! Whole replies (RFC 959 §4.2): encoding them, and joining their lines within bounds.

use std::fmt;

use crate::telnet::escape;
use crate::{Code, ReplyLine};

/// A reply: a code and at least one line of text.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Reply {
    /// The three digits.
    pub code: Code,
    /// The text of each line, without code, mark and line end.
    pub lines: Vec<Vec<u8>>,
}

impl Reply {
    /// A reply of one line.
    pub fn new(code: Code, text: impl Into<Vec<u8>>) -> Self {
        Self {
            code,
            lines: vec![text.into()],
        }
    }

    /// The first line's text; empty when there is none.
    pub fn text(&self) -> &[u8] {
        self.lines.first().map_or(&[], Vec::as_slice)
    }

    /// Appends the reply as it is sent, line ends included. A middle line that begins with
    /// three digits gets a leading space (RFC 959 §4.2), so that it cannot pass for the last;
    /// a line break within a line becomes `?`.
    pub fn encode(&self, out: &mut Vec<u8>) {
        let last = self.lines.len().saturating_sub(1);
        if self.lines.is_empty() {
            out.extend(self.code.digits());
            out.extend(*b" \r\n");
        }
        for (index, line) in self.lines.iter().enumerate() {
            if index == last {
                out.extend(self.code.digits());
                out.push(b' ');
            } else if index == 0 {
                out.extend(self.code.digits());
                out.push(b'-');
            } else if looks_like_code(line) {
                out.push(b' ');
            }
            escape(line, out);
            out.extend(*b"\r\n");
        }
    }
}

/// Three digits, after any number of spaces: such a middle line is indented when sent and
/// outdented when read, so that every text comes out as it went in.
fn looks_like_code(line: &[u8]) -> bool {
    let spaces = line.iter().take_while(|&&byte| byte == b' ').count();
    line[spaces..]
        .iter()
        .take(3)
        .filter(|byte| byte.is_ascii_digit())
        .count()
        == 3
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let last = self.lines.len().saturating_sub(1);
        for (index, line) in self.lines.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            if index == last {
                write!(f, "{} ", self.code)?;
            } else if index == 0 {
                write!(f, "{}-", self.code)?;
            } else if looks_like_code(line) {
                f.write_str(" ")?;
            }
            f.write_str(&String::from_utf8_lossy(line))?;
        }
        Ok(())
    }
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Reply({:?})", self.to_string())
    }
}

/// Why lines do not make a reply.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReplyError {
    /// A line that begins no reply, as text, cut to 80 bytes.
    #[error("expected a reply (three digits, space or hyphen), found {0:?}")]
    NotAReply(String),
    /// The multi-line reply has more lines than the bound.
    #[error("the reply has more than {0} lines")]
    TooManyLines(usize),
    /// The multi-line reply has more bytes than the bound.
    #[error("the reply is longer than {0} bytes")]
    TooLong(usize),
}

/// Joins lines into replies, within bounds.
#[derive(Debug)]
pub struct ReplyParser {
    max_lines: usize,
    max_bytes: usize,
    open: Option<Reply>,
    bytes: usize,
}

impl ReplyParser {
    /// A parser for replies of at most `max_lines` lines and `max_bytes` bytes of text.
    pub const fn new(max_lines: usize, max_bytes: usize) -> Self {
        Self {
            max_lines,
            max_bytes,
            open: None,
            bytes: 0,
        }
    }

    /// Takes one line without its CRLF; gives the reply that it completes.
    ///
    /// # Errors
    /// [`ReplyError`]; the parser then begins afresh with the next line.
    pub fn push(&mut self, line: &[u8]) -> Result<Option<Reply>, ReplyError> {
        let result = self.join(line);
        if !matches!(result, Ok(None)) {
            self.open = None;
            self.bytes = 0;
        }
        result
    }

    /// What has come of a multi-line reply whose last line has not.
    pub const fn begun(&self) -> Option<&Reply> {
        self.open.as_ref()
    }

    /// Whether a multi-line reply is open.
    pub const fn is_open(&self) -> bool {
        self.open.is_some()
    }

    fn join(&mut self, line: &[u8]) -> Result<Option<Reply>, ReplyError> {
        let code = self.open.as_ref().map(|reply| reply.code);
        let parsed = ReplyLine::parse(line, code).map_err(|_| {
            let shown = &line[..line.len().min(80)];
            ReplyError::NotAReply(String::from_utf8_lossy(shown).into_owned())
        })?;
        self.bytes = self.bytes.saturating_add(line.len());
        if self.bytes > self.max_bytes {
            return Err(ReplyError::TooLong(self.max_bytes));
        }
        if self
            .open
            .as_ref()
            .is_some_and(|reply| reply.lines.len() >= self.max_lines)
        {
            return Err(ReplyError::TooManyLines(self.max_lines));
        }
        match (parsed, &mut self.open) {
            (ReplyLine::Single { code, text }, _) => Ok(Some(Reply::new(code, text))),
            (ReplyLine::First { code, text }, open) => {
                *open = Some(Reply::new(code, text));
                Ok(None)
            }
            (ReplyLine::Middle(text), Some(reply)) => {
                let text = match text {
                    [b' ', rest @ ..] if looks_like_code(rest) => rest,
                    _ => text,
                };
                reply.lines.push(text.to_vec());
                Ok(None)
            }
            (ReplyLine::Last { text, .. }, Some(reply)) => {
                reply.lines.push(text.to_vec());
                Ok(self.open.take())
            }
            // Unreachable: `ReplyLine::parse` gives these two only when a reply is open.
            (ReplyLine::Middle(_) | ReplyLine::Last { .. }, None) => Ok(None),
        }
    }
}

impl Default for ReplyParser {
    /// At most 1 000 lines and 64 KiB.
    fn default() -> Self {
        Self::new(1000, 64 * 1024)
    }
}

/// Appends `path` in double quotes, each quote within it doubled: the form of a 257 reply
/// (RFC 959 appendix II).
pub fn encode_quoted(path: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    for &byte in path {
        out.push(byte);
        if byte == b'"' {
            out.push(b'"');
        }
    }
    out.push(b'"');
}

/// The pathname between the quotes of a 257 reply's text; `None` when it has no closed quotes.
pub fn parse_quoted(text: &[u8]) -> Option<Vec<u8>> {
    let start = text.iter().position(|&byte| byte == b'"')? + 1;
    let mut path = Vec::new();
    let mut rest = &text[start..];
    loop {
        match rest {
            [b'"', b'"', tail @ ..] => {
                path.push(b'"');
                rest = tail;
            }
            [b'"', ..] => return Some(path),
            [byte, tail @ ..] => {
                path.push(*byte);
                rest = tail;
            }
            [] => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Reply, ReplyError, ReplyParser, encode_quoted, parse_quoted};
    use crate::{Code, LineBuffer, LineEvent};
    use proptest::prelude::*;

    /// Reads wire bytes back through the line buffer, as a client does.
    fn read(wire: &[u8]) -> Option<Reply> {
        let mut buffer = LineBuffer::new(1 << 20);
        assert_eq!(buffer.push(wire), wire.len());
        let mut parser = ReplyParser::new(1000, 1 << 20);
        let mut found = None;
        while let Some(event) = buffer.pull() {
            assert!(found.is_none(), "one reply only");
            let LineEvent::Line { bytes, .. } = event else {
                panic!("{event:?}")
            };
            found = parser.push(bytes).unwrap();
        }
        found
    }

    #[test]
    fn middle_lines_cannot_end_a_reply_early() {
        let reply = Reply {
            code: Code::FILE_STATUS,
            lines: vec![b"a".to_vec(), b"213 fake".to_vec(), b"end".to_vec()],
        };
        let mut wire = Vec::new();
        reply.encode(&mut wire);
        assert_eq!(wire, b"213-a\r\n 213 fake\r\n213 end\r\n");
        assert_eq!(read(&wire), Some(reply));
    }

    #[test]
    fn replies_are_bounded() {
        let mut parser = ReplyParser::new(2, 100);
        assert_eq!(parser.push(b"211-a"), Ok(None));
        assert_eq!(parser.push(b"b"), Ok(None));
        assert_eq!(parser.push(b"c"), Err(ReplyError::TooManyLines(2)));
        assert_eq!(
            parser.push(&[b'2'; 101]),
            Err(ReplyError::NotAReply("2".repeat(80)))
        );
        let mut long = b"200 ".to_vec();
        long.resize(101, b'x');
        assert_eq!(parser.push(&long), Err(ReplyError::TooLong(100)));
        assert!(parser.push(b"200 ok").is_ok_and(|reply| reply.is_some()));
    }

    proptest! {
        #[test]
        fn replies_round_trip(
            code in 0_u16..1000,
            lines in prop::collection::vec(
                prop_oneof![
                    prop::collection::vec(any::<u8>(), 0..20),
                    "[ 0-9-]{0,8}".prop_map(String::into_bytes),
                ],
                1..6,
            ),
        ) {
            let lines = lines
                .into_iter()
                .map(|line| line.into_iter().filter(|&byte| byte != b'\n').collect())
                .collect();
            let reply = Reply { code: Code::new(code).unwrap(), lines };
            let mut wire = Vec::new();
            reply.encode(&mut wire);
            prop_assert_eq!(read(&wire), Some(reply));
        }

        #[test]
        fn quoted_paths_round_trip(path: Vec<u8>) {
            let mut text = Vec::new();
            encode_quoted(&path, &mut text);
            text.extend_from_slice(b" is \"current\"");
            prop_assert_eq!(parse_quoted(&text), Some(path));
        }

        #[test]
        fn arbitrary_lines_never_panic(lines: Vec<Vec<u8>>) {
            let mut parser = ReplyParser::new(4, 64);
            for line in lines {
                let _ = parser.push(&line);
            }
        }
    }
}
