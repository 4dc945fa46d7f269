//! The prose: every note in words, once a language.
//!
//! Each language is a folder with one file a subject, and each function there is an exhaustive
//! `match`: a note, a command or an act without its translation does not compile.

/// `format!` with room for a sentence from the start: prose is put together of many pieces, and
/// text that grows piece by piece moves several times.
macro_rules! format {
    ($($piece:tt)*) => {
        $crate::explain::sentence(format_args!($($piece)*))
    };
}

mod en;
mod figures;
mod ladder;
mod names;
mod zh;

use std::fmt;
use std::str::FromStr;

use proto::{Code, Verb};

use figures::rows;
pub use figures::{endpoint, plural, rate, span};
pub use names::FieldName;

use crate::note::{Anomaly, Note, Party, Section};
use crate::{Ending, Summary, Verdict};

/// What `format!` makes here.
fn sentence(pieces: fmt::Arguments<'_>) -> String {
    /// The bytes that most sentences have room in.
    const ROOM: usize = 240;
    let mut text = String::with_capacity(ROOM);
    // Text takes everything.
    let _ = fmt::Write::write_fmt(&mut text, pieces);
    text
}

/// A table of `--style summary`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OverviewTable {
    Connections,
    Transfers,
    Hashes,
    Replies,
    Anomalies,
    Talkers,
}

/// A language that the tracer speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    /// English.
    #[default]
    En,
    /// Chinese (simplified).
    Zh,
}

impl FromStr for Language {
    type Err = String;

    /// Reads `en`, `zh` and locale names that begin with them.
    fn from_str(name: &str) -> Result<Self, String> {
        match name.split(['_', '-', '.']).next().unwrap_or_default() {
            "en" | "C" | "POSIX" => Ok(Self::En),
            "zh" => Ok(Self::Zh),
            _ => Err(format!("no language {name:?}: expected en or zh")),
        }
    }
}

impl Language {
    /// A note in words: one or more sentences, no line breaks.
    pub fn note(self, note: &Note) -> String {
        match self {
            Self::En => en::note(note),
            Self::Zh => zh::note(note),
        }
    }

    /// The heading of an act.
    pub fn section(self, section: Section) -> String {
        match self {
            Self::En => en::section(section),
            Self::Zh => zh::section(section),
        }
    }

    /// What a command does, as a clause.
    pub fn verb(self, verb: Verb) -> &'static str {
        match self {
            Self::En => en::verb(verb),
            Self::Zh => zh::verb(verb),
        }
    }

    /// What a reply code says; `None` for a code that no RFC defines.
    pub fn code(self, code: Code) -> Option<&'static str> {
        match self {
            Self::En => en::code(code),
            Self::Zh => zh::code(code),
        }
    }

    /// A party's name.
    pub fn party(self, party: &Party) -> String {
        match self {
            Self::En => en::party(party).into_owned(),
            Self::Zh => zh::party(party).into_owned(),
        }
    }

    /// How a connection ended, as a table cell.
    pub fn ending(self, ending: &Ending) -> String {
        match self {
            Self::En => en::ending(ending),
            Self::Zh => zh::ending(ending),
        }
    }

    /// The headings of the table of connections: name, who dialled, from, to, used for, bytes out,
    /// bytes back, close.
    pub fn table(self) -> [&'static str; 8] {
        match self {
            Self::En => en::TABLE,
            Self::Zh => zh::TABLE,
        }
    }

    /// What a connection was used for when no transfer command was seen: control, or unknown.
    pub fn purpose(self, control: bool) -> &'static str {
        match self {
            Self::En => en::purpose(control),
            Self::Zh => zh::purpose(control),
        }
    }

    /// A judgement on more than one packet, as one or more sentences.
    pub fn verdict(self, verdict: &Verdict) -> String {
        match self {
            Self::En => en::verdict(verdict),
            Self::Zh => zh::verdict(verdict),
        }
    }

    /// What somebody said between the packets. Programs and comments speak for themselves, in
    /// English.
    pub(crate) fn aside(self, who: &str, what: &str) -> String {
        match self {
            Self::Zh if !who.is_ascii() => format!("{who}：{what}"),
            Self::En | Self::Zh => format!("{who}: {what}"),
        }
    }

    /// `N of N packets explained`.
    pub fn tally(self, summary: &Summary) -> String {
        match self {
            Self::En => en::tally(summary),
            Self::Zh => zh::tally(summary),
        }
    }

    /// The heading of a table: what it shows, and how much of it there is.
    pub(crate) fn overview_heading(self, table: OverviewTable, count: u64) -> String {
        match self {
            Self::En => format!("━━ {}: {count}", en::overview::title(table)),
            Self::Zh => format!("━━ {}：{count}", zh::overview::title(table)),
        }
    }

    /// The length of a header, in a field.
    pub(crate) fn bytes(self, count: usize) -> String {
        match self {
            Self::En => figures::plural(count as u64, "byte"),
            Self::Zh => format!("{count} 字节"),
        }
    }

    /// What stands between two parts of a field's value.
    pub(crate) const fn comma(self) -> &'static str {
        match self {
            Self::En => ", ",
            Self::Zh => "，",
        }
    }

    /// The headings of its columns.
    pub(crate) fn overview_columns(self, table: OverviewTable) -> &'static [&'static str] {
        match self {
            Self::En => en::overview::columns(table),
            Self::Zh => zh::overview::columns(table),
        }
    }

    /// An anomaly, as a table cell.
    pub(crate) fn anomaly(self, anomaly: Anomaly) -> &'static str {
        match self {
            Self::En => en::overview::anomaly(anomaly),
            Self::Zh => zh::overview::anomaly(anomaly),
        }
    }

    /// That a table has more rows than are shown.
    pub(crate) fn overview_more(self, count: u64) -> String {
        match self {
            Self::En => en::overview::more(count),
            Self::Zh => zh::overview::more(count),
        }
    }

    /// Bytes on the wire and the time they took.
    pub(crate) fn overview_size(self, bytes: u64, time: &str) -> String {
        match self {
            Self::En => en::overview::size(bytes, time),
            Self::Zh => zh::overview::size(bytes, time),
        }
    }
}
