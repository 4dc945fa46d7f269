//! `check A OP B`: two values held against each other.

use std::cmp::Ordering;
use std::fmt;

use crate::template::Template;

/// How two values must compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// `=`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

impl Operator {
    /// As a script writes them.
    pub(crate) const WORDS: &'static [&'static str] = &["=", "!=", "<", "<=", ">", ">="];

    pub(crate) fn parse(word: &str) -> Option<Self> {
        Some(match word {
            "=" => Self::Equal,
            "!=" => Self::NotEqual,
            "<" => Self::Less,
            "<=" => Self::LessOrEqual,
            ">" => Self::Greater,
            ">=" => Self::GreaterOrEqual,
            _ => return None,
        })
    }

    /// Whether it holds: as numbers when both are decimal numbers (`-3`, `9.5`), otherwise as bytes.
    pub fn holds(self, left: &[u8], right: &[u8]) -> bool {
        let order = match (Number::read(left), Number::read(right)) {
            (Some(left), Some(right)) => left.cmp(&right),
            _ => left.cmp(right),
        };
        match self {
            Self::Equal => order == Ordering::Equal,
            Self::NotEqual => order != Ordering::Equal,
            Self::Less => order == Ordering::Less,
            Self::LessOrEqual => order != Ordering::Greater,
            Self::Greater => order == Ordering::Greater,
            Self::GreaterOrEqual => order != Ordering::Less,
        }
    }
}

/// A decimal number, exactly: `-3`, `9.5`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Number {
    /// In units of 10 to the minus [`PLACES`].
    scaled: i128,
}

/// The most digits behind the point, and before it.
const PLACES: usize = 15;
const DIGITS: usize = 20;

impl Number {
    const ONE: i128 = 10_i128.pow(15);

    fn read(bytes: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(bytes).ok()?;
        let (negative, text) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |part: &str, most: usize| {
            (1..=most).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
        };
        if !digits(whole, DIGITS) || !digits(fraction, PLACES) {
            return None;
        }
        let whole: i128 = whole.parse().ok()?;
        let fraction: i128 = format!("{fraction:0<PLACES$}").parse().ok()?;
        let scaled = whole * Self::ONE + fraction;
        Some(Self {
            scaled: if negative { -scaled } else { scaled },
        })
    }

    fn plus(self, more: u64) -> Self {
        Self {
            scaled: self.scaled + i128::from(more) * Self::ONE,
        }
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.scaled < 0 { "-" } else { "" };
        let (whole, rest) = (self.scaled.abs() / Self::ONE, self.scaled.abs() % Self::ONE);
        write!(f, "{sign}{whole}")?;
        if rest > 0 {
            let rest = format!("{rest:0>PLACES$}");
            write!(f, ".{}", rest.trim_end_matches('0'))?;
        }
        Ok(())
    }
}

impl fmt::Display for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Equal => "=",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
        })
    }
}

/// A line `check A OP B` or `check A OP B + N`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// The value on the left.
    pub left: Template,
    /// What must hold between them.
    pub operator: Operator,
    /// The value on the right.
    pub right: Template,
    /// What is added to the right one when it is a number.
    pub plus: u64,
}

impl Check {
    /// The right value with [`Check::plus`] added; as it is when it is no number.
    pub fn shifted(&self, right: Vec<u8>) -> Vec<u8> {
        match Number::read(&right) {
            Some(value) if self.plus > 0 => value.plus(self.plus).to_string().into_bytes(),
            _ => right,
        }
    }
}
