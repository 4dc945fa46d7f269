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

    /// Whether it holds: as numbers when both are decimal numbers, otherwise as bytes.
    pub fn holds(self, left: &[u8], right: &[u8]) -> bool {
        let order = match (number(left), number(right)) {
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

/// At most 20 digits and nothing else.
fn number(bytes: &[u8]) -> Option<u128> {
    let digits = !bytes.is_empty() && bytes.len() <= 20 && bytes.iter().all(u8::is_ascii_digit);
    digits.then(|| std::str::from_utf8(bytes).ok()?.parse().ok())?
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
        match number(&right) {
            Some(value) if self.plus > 0 => {
                (value + u128::from(self.plus)).to_string().into_bytes()
            }
            _ => right,
        }
    }
}
