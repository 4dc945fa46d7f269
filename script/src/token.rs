//! A line of a script as words, strings and regular expressions.

use regex::bytes::Regex;

use crate::script_error::Fault;
use crate::template::{Piece, Template};

/// What a line is made of.
#[derive(Clone, Debug)]
pub(crate) enum TokenKind {
    /// Letters up to the next blank; `|` and `,` stand alone.
    Word(String),
    /// `"…"`, with its variables.
    Text(Template),
    /// `/…/`.
    Regex(Regex),
}

/// A piece of a line, and where it begins.
#[derive(Clone, Debug)]
pub(crate) struct Token {
    pub(crate) column: u32,
    pub(crate) kind: TokenKind,
}

/// The most pieces of a line, and the most regular expressions among them.
const MAX_TOKENS: usize = 100_000;
const MAX_REGEXES: usize = 16;
/// How much memory a regular expression may take: 128 KiB.
const MAX_REGEX: usize = 128 << 10;

/// Splits a line; `column` is that of its first character.
pub(crate) fn tokens(line: &str, column: u32) -> Result<Vec<Token>, Fault> {
    let mut reader = Reader {
        rest: line.chars().peekable(),
        column,
    };
    let mut tokens = Vec::new();
    let mut regexes = 0;
    while let Some(c) = reader.peek() {
        let column = reader.column;
        regexes += usize::from(c == '/');
        if tokens.len() > MAX_TOKENS || regexes > MAX_REGEXES {
            return Err(Fault::new(column, "the line is too long").hint(format!(
                "expected at most {MAX_TOKENS} words and {MAX_REGEXES} regular expressions"
            )));
        }
        let kind = match c {
            ' ' | '\t' => {
                reader.next();
                continue;
            }
            '"' => TokenKind::Text(reader.string()?),
            '/' => TokenKind::Regex(reader.regex()?),
            '|' | ',' => {
                reader.next();
                TokenKind::Word(c.into())
            }
            _ => TokenKind::Word(reader.word()),
        };
        tokens.push(Token { column, kind });
    }
    Ok(tokens)
}

/// A line that is taken as it stands, but for its variables.
pub(crate) fn template(line: &str, column: u32) -> Result<Template, Fault> {
    let mut reader = Reader {
        rest: line.chars().peekable(),
        column,
    };
    let mut text = Building::default();
    while let Some(c) = reader.peek() {
        if c == '$' {
            reader.variable(&mut text)?;
        } else {
            text.push(c);
            reader.next();
        }
    }
    Ok(text.template())
}

#[derive(Default)]
struct Building {
    pieces: Vec<Piece>,
    bytes: Vec<u8>,
}

impl Building {
    fn push(&mut self, c: char) {
        self.bytes
            .extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
    }

    fn flush(&mut self) {
        if !self.bytes.is_empty() {
            self.pieces
                .push(Piece::Bytes(std::mem::take(&mut self.bytes)));
        }
    }

    fn template(mut self) -> Template {
        self.flush();
        Template {
            pieces: self.pieces,
        }
    }
}

struct Reader<'a> {
    rest: std::iter::Peekable<std::str::Chars<'a>>,
    column: u32,
}

impl Reader<'_> {
    fn peek(&mut self) -> Option<char> {
        self.rest.peek().copied()
    }

    fn next(&mut self) -> Option<char> {
        self.column += 1;
        self.rest.next()
    }

    fn word(&mut self) -> String {
        let mut word = String::new();
        while let Some(c) = self.peek() {
            if matches!(c, ' ' | '\t' | '|' | ',' | '"') {
                break;
            }
            word.push(c);
            self.next();
        }
        word
    }

    /// From the opening quote to the closing one.
    fn string(&mut self) -> Result<Template, Fault> {
        let opened = self.column;
        self.next();
        let mut text = Building::default();
        loop {
            let column = self.column;
            match self.peek() {
                None => {
                    return Err(Fault::new(opened, "the text has no end")
                        .hint("expected a closing \" on the same line"));
                }
                Some('"') => {
                    self.next();
                    return Ok(text.template());
                }
                Some('$') => self.variable(&mut text)?,
                Some('\\') => {
                    self.next();
                    let escaped = self.next().unwrap_or(' ');
                    match escaped {
                        'r' => text.push('\r'),
                        'n' => text.push('\n'),
                        't' => text.push('\t'),
                        '0' => text.push('\0'),
                        '\\' | '"' | '$' => text.push(escaped),
                        'x' => {
                            let digits: String =
                                [self.next(), self.next()].into_iter().flatten().collect();
                            let byte = u8::from_str_radix(&digits, 16).ok();
                            let Some(byte) =
                                byte.filter(|_| digits.len() == 2 && !digits.starts_with('+'))
                            else {
                                return Err(Fault::new(column, "\\x without two digits")
                                    .hint("expected two hexadecimal digits, as in \\xff"));
                            };
                            text.bytes.push(byte);
                        }
                        other => {
                            return Err(Fault::new(column, format!("unknown escape \\{other}"))
                                .hint("expected \\r \\n \\t \\0 \\\\ \\\" \\$ or \\xNN"));
                        }
                    }
                }
                Some(c) => {
                    text.push(c);
                    self.next();
                }
            }
        }
    }

    /// From `$` to the end of the name; `$$` is a dollar sign.
    fn variable(&mut self, text: &mut Building) -> Result<(), Fault> {
        let column = self.column;
        self.next();
        if self.peek() == Some('$') {
            self.next();
            text.push('$');
            return Ok(());
        }
        let mut name = String::new();
        while let Some(c) = self.peek() {
            if !(c.is_ascii_alphanumeric() || c == '_') {
                break;
            }
            name.push(c);
            self.next();
        }
        if name.is_empty() {
            return Err(Fault::new(column, "a $ without a name")
                .hint("expected a variable such as $port, or $$ for a dollar sign"));
        }
        text.flush();
        text.pieces.push(Piece::Variable(name));
        Ok(())
    }

    /// From the opening slash to the closing one; `\/` is a slash.
    fn regex(&mut self) -> Result<Regex, Fault> {
        let opened = self.column;
        self.next();
        let mut pattern = String::new();
        loop {
            match self.next() {
                None => {
                    return Err(Fault::new(opened, "the regular expression has no end")
                        .hint("expected a closing / on the same line"));
                }
                Some('/') => break,
                Some('\\') if self.peek() == Some('/') => {
                    self.next();
                    pattern.push('/');
                }
                Some('\\') => {
                    pattern.push('\\');
                    pattern.extend(self.next());
                }
                Some(c) => pattern.push(c),
            }
        }
        regex::bytes::RegexBuilder::new(&pattern)
            .unicode(false)
            .size_limit(MAX_REGEX)
            .dfa_size_limit(MAX_REGEX)
            .build()
            .map_err(|error| {
                let error = error.to_string();
                let why = error.lines().last().unwrap_or_default();
                Fault::new(opened, format!("the regular expression is not one: {why}"))
            })
    }
}
