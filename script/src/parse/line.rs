//! A line of tokens, read from left to right.

use std::collections::VecDeque;
use std::time::Duration;

use regex::bytes::Regex;

use crate::script_error::Fault;
use crate::template::{Piece, Template};
use crate::token::{self, Token, TokenKind};

/// The shortest and the longest wait.
const SHORTEST: Duration = Duration::from_millis(10);
const LONGEST: Duration = Duration::from_mins(10);

/// The tokens of a line that are still to be read.
pub(super) struct Line {
    tokens: VecDeque<Token>,
    /// Behind the last character.
    end: u32,
}

impl Line {
    /// Splits a line that begins at `column`.
    pub(super) fn read(text: &str, column: u32) -> Result<Self, Fault> {
        let length = u32::try_from(text.chars().count()).unwrap_or(u32::MAX);
        Ok(Self {
            tokens: token::tokens(text, column)?.into(),
            end: column.saturating_add(length),
        })
    }

    /// Where the next token begins, or the line ends.
    pub(super) fn column(&mut self) -> u32 {
        self.tokens.front().map_or(self.end, |token| token.column)
    }

    pub(super) fn is_empty(&mut self) -> bool {
        self.tokens.front().is_none()
    }

    /// An error at the next token.
    pub(super) fn fault(&mut self, what: impl Into<String>) -> Fault {
        Fault::new(self.column(), what)
    }

    /// Nothing may follow.
    pub(super) fn end(&mut self) -> Result<(), Fault> {
        match self.tokens.front() {
            None => Ok(()),
            Some(token) => Err(
                Fault::new(token.column, format!("{} too much", name(token)))
                    .hint("expected the end of the line"),
            ),
        }
    }

    /// The next word, without reading it.
    pub(super) fn peek_word(&mut self) -> Option<&str> {
        match self.tokens.front().map(|token| &token.kind) {
            Some(TokenKind::Word(word)) => Some(word),
            _ => None,
        }
    }

    /// The word behind the next token, without reading either.
    pub(super) fn second_word(&self) -> Option<&str> {
        match &self.tokens.get(1)?.kind {
            TokenKind::Word(word) => Some(word),
            _ => None,
        }
    }

    pub(super) fn is_text(&mut self) -> bool {
        matches!(
            self.tokens.front().map(|token| &token.kind),
            Some(TokenKind::Text(_))
        )
    }

    /// Reads the word when it is this one.
    pub(super) fn take(&mut self, word: &str) -> bool {
        let taken = self.peek_word() == Some(word);
        if taken {
            self.tokens.pop_front();
        }
        taken
    }

    /// The word must be this one.
    pub(super) fn keyword(&mut self, word: &str) -> Result<(), Fault> {
        if self.take(word) {
            return Ok(());
        }
        let found = self.peek_word().unwrap_or_default().to_owned();
        Err(self.missing(&format!("`{word}`")).one_of(&found, &[word]))
    }

    /// A word; `what` names it.
    pub(super) fn word(&mut self, what: &str) -> Result<String, Fault> {
        match self.tokens.front().map(|token| &token.kind) {
            Some(TokenKind::Word(word)) => {
                let word = word.clone();
                self.tokens.pop_front();
                Ok(word)
            }
            _ => Err(self.missing(what)),
        }
    }

    /// A word of these; `what` names them together.
    pub(super) fn one_of(&mut self, what: &str, known: &[&str]) -> Result<String, Fault> {
        let column = self.column();
        let word = self.word(what)?;
        if known.contains(&word.as_str()) {
            return Ok(word);
        }
        Err(Fault::new(column, format!("no {what} `{word}`")).one_of(&word, known))
    }

    /// A text in quotes, or a word with variables.
    pub(super) fn value(&mut self, what: &str) -> Result<Template, Fault> {
        let column = self.column();
        match self.tokens.pop_front().map(|token| token.kind) {
            Some(TokenKind::Text(text)) => Ok(text),
            Some(TokenKind::Word(word)) => token::template(&word, column),
            _ => Err(Fault::new(column, format!("{what} is missing"))
                .hint("expected a text in quotes, or a word without a blank")),
        }
    }

    /// One or more texts in quotes, also `5000 * "a"`, one behind the other.
    pub(super) fn texts(&mut self, what: &str) -> Result<Template, Fault> {
        let column = self.column();
        let mut whole = Template::default();
        loop {
            let at = self.column();
            match self.tokens.front().map(|token| token.kind.clone()) {
                Some(TokenKind::Text(text)) => {
                    self.tokens.pop_front();
                    whole.pieces.extend(text.pieces);
                }
                Some(TokenKind::Word(word)) if self.second_word() == Some("*") => {
                    self.tokens.pop_front();
                    self.keyword("*")?;
                    whole.pieces.extend(self.repeated(&word, at)?.pieces);
                }
                Some(TokenKind::Word(word)) if word.starts_with('$') => {
                    self.tokens.pop_front();
                    whole.pieces.extend(token::template(&word, at)?.pieces);
                }
                _ => break,
            }
        }
        if whole.pieces.is_empty() && self.column() == column {
            return Err(self
                .missing(what)
                .hint("expected a text in quotes, such as \"abc\" or 30 * \"a\""));
        }
        if whole.len() > Template::MAX {
            let what = format!("the text has {} bytes", whole.len());
            return Err(Fault::new(column, what).hint("expected at most 16 MiB"));
        }
        Ok(whole)
    }

    fn repeated(&mut self, count: &str, at: u32) -> Result<Template, Fault> {
        let times: u32 = count.parse().map_err(|_| {
            Fault::new(at, format!("`{count}` cannot be how often"))
                .hint("expected a number, as in 5000 * \"a\"")
        })?;
        let column = self.column();
        match self.tokens.pop_front().map(|token| token.kind) {
            Some(TokenKind::Text(text)) => match text.pieces.as_slice() {
                [Piece::Bytes(bytes)] => Ok(Template {
                    pieces: vec![Piece::Times(times, bytes.clone())],
                }),
                _ => Err(Fault::new(column, "only plain text can be repeated")
                    .hint("expected a text in quotes without variables")),
            },
            _ => Err(Fault::new(column, "nothing to repeat").hint("expected a text in quotes")),
        }
    }

    /// A regular expression, when one is next.
    pub(super) fn regex(&mut self) -> Option<Regex> {
        match self.tokens.front().map(|token| token.kind.clone()) {
            Some(TokenKind::Regex(regex)) => {
                self.tokens.pop_front();
                Some(regex)
            }
            _ => None,
        }
    }

    /// `5 s` or `200 ms`.
    pub(super) fn time(&mut self) -> Result<Duration, Fault> {
        const HINT: &str = "expected a time from 10 ms to 600 s, such as `5 s` or `200 ms`";
        let column = self.column();
        let (number, unit, unit_at) = self.timed(HINT)?;
        let time = match unit.as_str() {
            "s" => Duration::from_secs(number),
            "ms" => Duration::from_millis(number),
            _ => return Err(no_unit(&unit, unit_at).hint(HINT)),
        };
        if !(SHORTEST..=LONGEST).contains(&time) {
            return Err(Fault::new(column, format!("{number} {unit} is out of bounds")).hint(HINT));
        }
        Ok(time)
    }

    /// `2 ms`, `300 us` or `1 s`, of a packet on its way: nothing to 60 s.
    pub(super) fn delay(&mut self) -> Result<Duration, Fault> {
        const HINT: &str = "expected a time up to 60 s, such as `24 ms`, `300 us` or `1 s`";
        let column = self.column();
        let (number, unit, unit_at) = self.timed(HINT)?;
        let time = match unit.as_str() {
            "s" => Duration::from_secs(number),
            "ms" => Duration::from_millis(number),
            "us" => Duration::from_micros(number),
            _ => return Err(no_unit(&unit, unit_at).hint(HINT)),
        };
        if time > Duration::from_mins(1) {
            return Err(Fault::new(column, "a time of more than 60 s").hint(HINT));
        }
        Ok(time)
    }

    /// A number, the word behind it, and where that stands, or the number when there is none.
    fn timed(&mut self, hint: &str) -> Result<(u64, String, u32), Fault> {
        let column = self.column();
        let word = self.word("a time")?;
        let number = word.parse().map_err(|_| {
            let digits = word.trim_end_matches(|c: char| c.is_ascii_alphabetic());
            let unit = word.get(digits.len()..).unwrap_or_default();
            if digits.parse::<u64>().is_ok() {
                Fault::new(column, format!("`{word}` without a blank"))
                    .hint(format!("expected `{digits} {unit}`"))
            } else {
                Fault::new(column, format!("`{word}` is no number")).hint(hint)
            }
        })?;
        let unit_at = self.column();
        Ok(match self.word("the unit") {
            Ok(unit) => (number, unit, unit_at),
            Err(_) => (number, String::new(), column),
        })
    }

    /// A number in words' place, such as a port.
    pub(super) fn small<T: std::str::FromStr>(&mut self, what: &str) -> Result<T, Fault> {
        let column = self.column();
        let word = self.word(what)?;
        word.parse()
            .map_err(|_| Fault::new(column, format!("`{word}` is not {what}")))
    }

    /// A word, or a text in quotes without variables.
    pub(super) fn plain(&mut self, what: &str) -> Result<String, Fault> {
        let column = self.column();
        let text = self.value(what)?;
        let bytes = text
            .fill(&crate::template::Variables::new())
            .map_err(|error| Fault::new(column, error.to_string()))?;
        String::from_utf8(bytes).map_err(|_| Fault::new(column, format!("{what} that is no text")))
    }

    /// `within 5 s`, when it is there.
    pub(super) fn within(&mut self) -> Result<Option<Duration>, Fault> {
        self.take("within").then(|| self.time()).transpose()
    }

    /// A decimal number.
    pub(super) fn number(&mut self, what: &str) -> Result<u64, Fault> {
        let column = self.column();
        let word = self.word(what)?;
        word.parse().map_err(|_| {
            Fault::new(column, format!("`{word}` is no number")).hint(format!("expected {what}"))
        })
    }

    /// `N bytes`, at most `max`.
    pub(super) fn size(&mut self, max: u64) -> Result<u64, Fault> {
        let column = self.column();
        let size = self.number("a number of bytes")?;
        self.keyword("bytes")?;
        if size > max {
            return Err(Fault::new(column, format!("{size} bytes are too many"))
                .hint(format!("expected at most {max}")));
        }
        Ok(size)
    }

    fn missing(&mut self, what: &str) -> Fault {
        let column = self.column();
        match self.tokens.front() {
            None => Fault::new(column, format!("the line ends where {what} should be")),
            Some(token) => Fault::new(column, format!("{} where {what} should be", name(token))),
        }
    }
}

/// What stands where the unit of a time should be is none.
fn no_unit(found: &str, column: u32) -> Fault {
    if found.is_empty() {
        return Fault::new(column, "a time without a unit");
    }
    Fault::new(column, format!("`{found}` is no unit of time"))
}

fn name(token: &Token) -> String {
    match &token.kind {
        TokenKind::Word(word) => format!("`{word}`"),
        TokenKind::Text(_) => "a text".into(),
        TokenKind::Regex(_) => "a regular expression".into(),
    }
}
