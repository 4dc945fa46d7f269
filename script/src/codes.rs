//! Which replies may come.

use std::fmt;
use std::time::Duration;

use regex::bytes::Regex;

use crate::template::Template;

/// A reply code in which digits may be left open: `331`, `33x`, `5xx`, `any`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CodePattern(pub [Option<u8>; 3]);

impl CodePattern {
    /// Reads `226`, `2xx` or `any`. A code begins with 1 to 5, or with 6 when it is protected
    /// (RFC 2228 §5).
    pub fn parse(word: &str) -> Option<Self> {
        if word == "any" {
            return Some(Self([None; 3]));
        }
        let digits: [u8; 3] = word.as_bytes().try_into().ok()?;
        if !matches!(digits[0], b'1'..=b'6' | b'x') {
            return None;
        }
        let mut pattern = [None; 3];
        for (open, digit) in pattern.iter_mut().zip(digits) {
            *open = match digit {
                b'0'..=b'9' => Some(digit - b'0'),
                b'x' => None,
                _ => return None,
            };
        }
        Some(Self(pattern))
    }

    /// Whether a code of these three digits fits.
    pub fn fits(self, digits: [u8; 3]) -> bool {
        let mut pairs = self.0.iter().zip(digits);
        pairs.all(|(wanted, digit)| wanted.is_none_or(|wanted| wanted == digit))
    }
}

impl fmt::Display for CodePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == [None; 3] {
            return f.write_str("any");
        }
        for digit in self.0 {
            match digit {
                Some(digit) => write!(f, "{digit}")?,
                None => f.write_str("x")?,
            }
        }
        Ok(())
    }
}

/// Several codes, any of which may come, or none of which may.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Codes {
    /// Whether these are the codes that may not come.
    pub not: bool,
    /// At least one.
    pub any_of: Vec<CodePattern>,
}

impl Codes {
    /// Whether a reply with this code is as expected.
    pub fn fit(&self, digits: [u8; 3]) -> bool {
        self.any_of.iter().any(|code| code.fits(digits)) != self.not
    }
}

impl fmt::Display for Codes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.not {
            f.write_str("not ")?;
        }
        for (index, code) in self.any_of.iter().enumerate() {
            if index > 0 {
                f.write_str("|")?;
            }
            write!(f, "{code}")?;
        }
        Ok(())
    }
}

/// How many lines a reply may have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lines {
    /// One or more.
    #[default]
    Any,
    /// Exactly one.
    Single,
    /// Two or more.
    Multi,
}

/// What a text must hold, or must not.
#[derive(Clone, Debug)]
pub enum Pattern {
    /// These bytes, somewhere.
    Has(Template),
    /// None of these bytes.
    HasNot(Template),
    /// A match; its named groups become variables.
    Matches(Regex),
    /// No match.
    MatchesNot(Regex),
}

/// Codes that say that the server does not offer this, which ends the script without a verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skip {
    /// The codes.
    pub codes: Codes,
}

/// A line `S: …` of a script that plays the client.
#[derive(Clone, Debug)]
pub struct ReplyExpected {
    /// Which codes may come.
    pub codes: Codes,
    /// In how many lines.
    pub lines: Lines,
    /// What the text must hold: all lines of it, joined by LF, without the codes.
    pub patterns: Vec<Pattern>,
    /// How long it may take; the header's limit otherwise.
    pub within: Option<Duration>,
    /// Whether the server may close the connection instead.
    pub or_closed: bool,
    /// Whether the server may say nothing instead.
    pub or_nothing: bool,
    /// Codes that end the script without a verdict.
    pub skip: Option<Skip>,
}
