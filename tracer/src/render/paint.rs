//! Colours, when the output is a terminal.

use std::fmt::{Display, Write};

use anstyle::{AnsiColor, Style};

use crate::note::{ConnectionName, ControlNote, Credential, Note};

/// Paints or leaves plain.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Paint(pub(crate) bool);

impl Paint {
    pub(crate) fn with(self, style: Style, text: impl Display) -> String {
        if self.0 {
            format!("{style}{text}{style:#}")
        } else {
            text.to_string()
        }
    }

    /// What precedes text of a style.
    pub(crate) fn begin(self, style: Style, out: &mut String) {
        if self.0 {
            let _ = write!(out, "{style}");
        }
    }

    /// What follows it.
    pub(crate) fn end(self, style: Style, out: &mut String) {
        if self.0 {
            let _ = write!(out, "{style:#}");
        }
    }
}

pub(crate) fn heading() -> Style {
    Style::new().bold()
}

pub(crate) fn faint() -> Style {
    Style::new().dimmed()
}

/// Control connections have one colour, data connections take turns.
pub(crate) fn connection(name: ConnectionName) -> Style {
    let color = match name {
        ConnectionName::Control { .. } => AnsiColor::Cyan,
        ConnectionName::Data { number, .. } => {
            [AnsiColor::Green, AnsiColor::Magenta, AnsiColor::Yellow][number as usize % 3]
        }
        ConnectionName::Tcp { .. } => AnsiColor::Blue,
    };
    color.on_default()
}

/// What must not be overlooked is red: a password in clear text, a packet not explained.
pub(crate) fn note(note: &Note) -> Style {
    match note {
        Note::Unexplained(_)
        | Note::Control(ControlNote::Command {
            credential: Some(Credential::Password),
            ..
        }) => AnsiColor::Red.on_default().bold(),
        Note::Sequence(_) => AnsiColor::Yellow.on_default(),
        _ => Style::new(),
    }
}
