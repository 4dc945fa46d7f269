//! What is wrong with a script, and where.

use std::fmt::{self, Write};

/// A place in a script: both count from 1, the column in characters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Location {
    /// The line.
    pub line: u32,
    /// The column.
    pub column: u32,
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

/// Something in a script that cannot be meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScriptError {
    /// The script, as the user named it.
    pub file: String,
    /// Where in it.
    pub at: Location,
    /// That line, without its line end.
    pub text: String,
    /// What is wrong.
    pub what: String,
    /// What was expected, or what may have been meant; empty when there is nothing to add.
    pub hint: String,
}

/// How much of a line is shown, in characters.
const SHOWN: usize = 160;

impl fmt::Display for ScriptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            file,
            at,
            text,
            what,
            hint,
        } = self;
        writeln!(f, "{file}:{at}: {}", Shown(what))?;
        let number = at.line.to_string();
        // Of a long line the part around the place.
        let column = at.column.saturating_sub(1) as usize;
        let from = column.saturating_sub(SHOWN / 2);
        let shown: String = text
            .chars()
            .skip(from)
            .take(SHOWN)
            .map(|c| if c.is_control() { ' ' } else { c })
            .collect();
        writeln!(f, "  {number} | {shown}")?;
        let (number, column) = (number.len(), column - from);
        write!(f, "  {:number$} | {:column$}^", "", "")?;
        if !hint.is_empty() {
            write!(f, " {}", Shown(hint))?;
        }
        Ok(())
    }
}

/// Words of a script as a terminal may have them: `\x1b` for ESC, and of long ones the beginning.
struct Shown<'a>(&'a str);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        /// Longer than what we say ourselves.
        const MOST: usize = 600;
        for character in self.0.chars().take(MOST) {
            if character.is_control() {
                write!(f, "\\x{:02x}", u32::from(character))?;
            } else {
                f.write_char(character)?;
            }
        }
        if self.0.chars().nth(MOST).is_some() {
            f.write_char('…')?;
        }
        Ok(())
    }
}

impl std::error::Error for ScriptError {}

/// An error that does not know yet in which file and line it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) column: u32,
    pub(crate) what: String,
    pub(crate) hint: String,
    /// The variable it is about, which stands somewhere behind `column`.
    variable: Option<String>,
}

impl Fault {
    pub(crate) fn new(column: u32, what: impl Into<String>) -> Self {
        Self {
            column,
            what: what.into(),
            hint: String::new(),
            variable: None,
        }
    }

    /// It is about this variable, the first of that name from the column on.
    pub(crate) fn about(mut self, variable: &str) -> Self {
        self.variable = Some(variable.to_owned());
        self
    }

    pub(crate) fn is_about_a_variable(&self) -> bool {
        self.variable.is_some()
    }

    /// With its place in a script; `text` is the line that it is about.
    pub(crate) fn placed(self, file: &str, line: u32, text: &str) -> ScriptError {
        let column = self
            .variable
            .as_deref()
            .and_then(|name| variable_at(text, self.column, name))
            .unwrap_or(self.column);
        ScriptError {
            file: file.to_owned(),
            at: Location { line, column },
            text: text.to_owned(),
            what: self.what,
            hint: self.hint,
        }
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = hint.into();
        self
    }

    /// One of `known` was expected; names the nearest, or all when none is near.
    pub(crate) fn one_of(self, found: &str, known: &[&str]) -> Self {
        match nearest(found, known) {
            Some(word) => self.hint(format!("did you mean `{word}`?")),
            None => self.hint(format!("expected {}", listed(known))),
        }
    }
}

/// Whether one of `known` may have been meant.
pub(crate) fn near(found: &str, known: &[&str]) -> bool {
    nearest(found, known).is_some()
}

fn nearest<'a>(found: &str, known: &[&'a str]) -> Option<&'a str> {
    known
        .iter()
        .map(|word| (distance(found, word), *word))
        .filter(|(distance, word)| *distance <= 1 + word.len() / 4 && *distance < word.len())
        .min()
        .map(|(_, word)| word)
}

/// How unlike two words are; the same in capitals is nearly the same, as is the beginning.
fn distance(found: &str, word: &str) -> usize {
    let begins = found.len() > 1 && word.starts_with(found);
    if begins || found.eq_ignore_ascii_case(word) {
        1
    } else {
        strsim::damerau_levenshtein(found, word)
    }
}

/// The column of `$name`, from this one on; `$$` is a dollar sign.
fn variable_at(text: &str, from: u32, name: &str) -> Option<u32> {
    let mut rest = text.char_indices().zip(1..).peekable();
    while let Some(((at, c), column)) = rest.next() {
        if c != '$' || column < from {
            continue;
        }
        let behind = text.get(at + 1..)?;
        if behind.starts_with('$') {
            rest.next();
        } else if let Some(after) = behind.strip_prefix(name)
            && !after.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
        {
            return Some(column);
        }
    }
    None
}

/// `a, b or c`.
fn listed(words: &[&str]) -> String {
    match words {
        [] => "nothing".into(),
        [one] => format!("`{one}`"),
        [first @ .., last] => {
            let first: Vec<String> = first.iter().map(|word| format!("`{word}`")).collect();
            format!("{} or `{last}`", first.join(", "))
        }
    }
}
