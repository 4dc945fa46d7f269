//! Reading a line from left to right, and saying where it is not what it should be.

use std::str::FromStr;

/// What is wrong with a line, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The column, in characters from 1.
    pub column: usize,
    /// What was expected there.
    pub expected: &'static str,
    /// What is there instead; empty at the end of the line.
    pub found: String,
}

impl Fault {
    /// The line ends where more was expected: it may go on in the next one.
    pub(super) fn at_end(&self) -> bool {
        self.found.is_empty()
    }
}

/// Characters of a faulty word that are shown.
const SHOWN: usize = 24;

#[derive(Clone, Copy, Debug)]
pub(super) struct Cursor<'a> {
    whole: &'a str,
    at: usize,
}

impl<'a> Cursor<'a> {
    pub(super) const fn new(whole: &'a str) -> Self {
        Self { whole, at: 0 }
    }

    pub(super) fn rest(&self) -> &'a str {
        self.whole.get(self.at..).unwrap_or_default()
    }

    /// How many bytes were taken.
    pub(super) const fn place(&self) -> usize {
        self.at
    }

    /// What was taken since `place`.
    pub(super) fn since(&self, place: usize) -> &'a str {
        self.whole.get(place..self.at).unwrap_or_default()
    }

    pub(super) fn is_end(&self) -> bool {
        self.rest().trim_end().is_empty()
    }

    /// Takes `text` if it stands here.
    pub(super) fn eat(&mut self, text: &str) -> bool {
        let there = self.rest().starts_with(text);
        if there {
            self.at += text.len();
        }
        there
    }

    pub(super) fn expect(&mut self, text: &str, expected: &'static str) -> Result<(), Fault> {
        if self.eat(text) {
            Ok(())
        } else {
            Err(self.fault(expected))
        }
    }

    /// Takes the characters that `belongs` accepts; possibly none.
    pub(super) fn while_(&mut self, belongs: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let len = rest.find(|c| !belongs(c)).unwrap_or(rest.len());
        self.at += len;
        rest.get(..len).unwrap_or_default()
    }

    /// Takes what stands before `end`, and `end`.
    pub(super) fn until(&mut self, end: &str, expected: &'static str) -> Result<&'a str, Fault> {
        let Some((before, _)) = self.rest().split_once(end) else {
            let mut there = *self;
            there.at = self.whole.trim_end().len();
            return Err(there.fault(expected));
        };
        self.at += before.len() + end.len();
        Ok(before)
    }

    /// Takes a number that fits.
    pub(super) fn number<T: FromStr>(&mut self, expected: &'static str) -> Result<T, Fault> {
        let before = *self;
        let digits = self.while_(|c| c.is_ascii_digit());
        digits.parse().map_err(|_| before.fault(expected))
    }

    /// That something else was expected here.
    pub(super) fn fault(&self, expected: &'static str) -> Fault {
        let before = self.whole.get(..self.at).unwrap_or_default();
        let rest = self.rest();
        let word = rest.split_ascii_whitespace().next().unwrap_or_default();
        Fault {
            column: before.chars().count() + 1,
            expected,
            found: word
                .chars()
                .take(SHOWN)
                .flat_map(char::escape_default)
                .collect(),
        }
    }
}
