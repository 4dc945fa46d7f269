//! One line of a reply (RFC 959 §4.2), not yet joined with others.

use crate::Code;

/// A line of a reply, borrowed; what it is depends on the multi-line reply that is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplyLine<'a> {
    /// `220 text`: a whole reply.
    Single {
        /// The code.
        code: Code,
        /// The text after the space; empty when there is none.
        text: &'a [u8],
    },
    /// `220-text`: opens a multi-line reply.
    First {
        /// The code, which the last line repeats.
        code: Code,
        /// The text after the hyphen.
        text: &'a [u8],
    },
    /// A line between the first and the last: the whole line, whatever it begins with.
    Middle(&'a [u8]),
    /// `220 text`: closes the multi-line reply with the same code.
    Last {
        /// The code.
        code: Code,
        /// The text after the space.
        text: &'a [u8],
    },
}

/// A line that begins no reply: it lacks three digits followed by a space, a hyphen or the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a reply begins with three digits and a space or hyphen")]
pub struct NotAReply;

impl<'a> ReplyLine<'a> {
    /// Reads `line`, which comes without its CRLF, given the code of the open multi-line reply.
    ///
    /// # Errors
    /// [`NotAReply`] when no reply is open and the line does not begin one.
    pub fn parse(line: &'a [u8], open: Option<Code>) -> Result<Self, NotAReply> {
        let split = line.split_at_checked(3).and_then(|(digits, rest)| {
            let code = Code::parse(digits)?;
            match rest {
                // Some servers send the three digits alone.
                [] => Some((code, b' ', rest)),
                [mark @ (b' ' | b'-'), text @ ..] => Some((code, *mark, text)),
                _ => None,
            }
        });
        match (open, split) {
            (Some(open), Some((code, b' ', text))) if code == open => Ok(Self::Last { code, text }),
            (Some(_), _) => Ok(Self::Middle(line)),
            (None, Some((code, b' ', text))) => Ok(Self::Single { code, text }),
            (None, Some((code, _, text))) => Ok(Self::First { code, text }),
            (None, None) => Err(NotAReply),
        }
    }

    /// The code of the multi-line reply that is open after this line.
    pub const fn open_after(self, before: Option<Code>) -> Option<Code> {
        match self {
            Self::First { code, .. } => Some(code),
            Self::Middle(_) => before,
            Self::Single { .. } | Self::Last { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{NotAReply, ReplyLine};
    use crate::Code;

    #[test]
    fn a_multi_line_reply_ends_with_its_own_code_and_a_space() {
        let code = Code::HELP_MESSAGE;
        let open = Some(code);
        assert_eq!(
            ReplyLine::parse(b"214-The", None),
            Ok(ReplyLine::First { code, text: b"The" })
        );
        for middle in [&b"214-x"[..], b"220 x", b"", b" 214 x", b"2145 x"] {
            assert_eq!(
                ReplyLine::parse(middle, open),
                Ok(ReplyLine::Middle(middle))
            );
        }
        assert_eq!(
            ReplyLine::parse(b"214 End", open),
            Ok(ReplyLine::Last { code, text: b"End" })
        );
    }

    #[test]
    fn what_begins_no_reply() {
        for line in [&b""[..], b"22", b"abc def", b"2200 x", b" 220 x"] {
            assert_eq!(ReplyLine::parse(line, None), Err(NotAReply));
        }
        let bare = ReplyLine::parse(b"220", None);
        assert_eq!(
            bare,
            Ok(ReplyLine::Single {
                code: Code::READY,
                text: b""
            })
        );
    }
}
