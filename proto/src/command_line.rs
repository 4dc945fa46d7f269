//! One line of a control connection, split but not yet understood.

use std::fmt;

use crate::{Printable, Verb};

/// A command line split at its first space (RFC 959 §5.3), borrowing from it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct CommandLine<'a> {
    /// The command word as it was sent; empty when the line is empty or begins with a space.
    pub word: &'a [u8],
    /// The verb that the word spells, if it is a known one.
    pub verb: Option<Verb>,
    /// Everything after the first space; `None` when there is no space.
    pub argument: Option<&'a [u8]>,
}

impl<'a> CommandLine<'a> {
    /// Splits `line`, which comes without its CRLF. Allocates nothing and never fails.
    pub fn split(line: &'a [u8]) -> Self {
        let (word, argument) = match line.iter().position(|&byte| byte == b' ') {
            Some(space) => (&line[..space], Some(&line[space + 1..])),
            None => (line, None),
        };
        Self {
            word,
            verb: Verb::parse(word),
            argument,
        }
    }

    /// The line for people: a secret argument is replaced, control characters are escaped, and
    /// what is not UTF-8 is replaced.
    pub const fn masked(self) -> MaskedLine<'a> {
        MaskedLine(self)
    }
}

impl fmt::Debug for CommandLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CommandLine({})", self.masked())
    }
}

/// A command line that is safe to log: see [`CommandLine::masked`].
#[derive(Clone, Copy)]
pub struct MaskedLine<'a>(CommandLine<'a>);

impl fmt::Display for MaskedLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let CommandLine {
            word,
            verb,
            argument,
        } = self.0;
        write!(f, "{}", Printable(word))?;
        let Some(argument) = argument else {
            return Ok(());
        };
        if verb.is_some_and(Verb::is_secret) {
            return f.write_str(" ****");
        }
        write!(f, " {}", Printable(argument))
    }
}

#[cfg(test)]
mod tests {
    use super::CommandLine;
    use crate::Verb;

    #[test]
    fn splits_at_the_first_space_only() {
        let line = CommandLine::split(b"retr a  b ");
        assert_eq!(line.word, b"retr");
        assert_eq!(line.verb, Some(Verb::Retr));
        assert_eq!(line.argument, Some(&b"a  b "[..]));
        assert_eq!(CommandLine::split(b"NOOP").argument, None);
        assert_eq!(CommandLine::split(b"NOOP ").argument, Some(&b""[..]));
        assert_eq!(CommandLine::split(b"").word, b"");
    }

    #[test]
    fn secrets_and_escapes_stay_out_of_logs() {
        assert_eq!(
            CommandLine::split(b"PASS hunter2").masked().to_string(),
            "PASS ****"
        );
        assert_eq!(
            CommandLine::split(b"CWD a\x1b[2J\xff").masked().to_string(),
            "CWD a\\u{1b}[2J\u{fffd}"
        );
        assert!(!format!("{:?}", CommandLine::split(b"pass hunter2")).contains("hunter2"));
    }
}
