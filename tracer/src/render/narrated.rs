//! The story: each packet in tcpdump's form, and under it why it is there.

use std::io::{self, Write};

use textwrap::core::display_width;

use super::paint::{self, Paint};
use super::{Aside, Render};
use crate::note::{ConnectionName, Note, Party, Purpose};
use crate::{
    ConnectionSummary, Explained, Frame, Language, LineOptions, Packet, Summary, TcpdumpLine,
};

/// How the story is told.
#[derive(Clone, Debug)]
pub struct NarratedOptions {
    /// In which language.
    pub language: Language,
    /// With colours.
    pub color: bool,
    /// Columns to wrap explanations to, if at all; packet lines are never cut.
    pub columns: Option<usize>,
    /// tcpdump's options for the packet lines.
    pub line: LineOptions,
}

/// Tells the story of a capture.
#[derive(Debug)]
pub struct Narrated {
    options: NarratedOptions,
    paint: Paint,
    line: TcpdumpLine,
    text: String,
    /// Something was written: a heading keeps its distance.
    begun: bool,
}

/// Before the name of a data connection: with the name and the colour, what sets it apart.
const DATA_INDENT: &str = "    ";
/// Before an explanation.
const NOTE_INDENT: &str = "        ";

impl Narrated {
    /// A narrator that has said nothing yet.
    pub fn new(options: NarratedOptions) -> Self {
        let line = TcpdumpLine::new(options.line.clone());
        Self {
            paint: Paint(options.color),
            line,
            options,
            text: String::new(),
            begun: false,
        }
    }

    fn heading(&mut self, title: &str) {
        let gap = if self.begun { "\n" } else { "" };
        let columns = self.options.columns.unwrap_or(80).min(80);
        let fill = columns.saturating_sub(display_width(title) + 4);
        let heading = self
            .paint
            .with(paint::heading(), format!("━━ {title} {}", "━".repeat(fill)));
        self.text.push_str(&format!("{gap}{heading}\n"));
    }

    fn note(&mut self, note: &Note, indent: &str) {
        let prose = self.options.language.note(note);
        let first = format!("{indent}{NOTE_INDENT}· ");
        let rest = format!("{indent}{NOTE_INDENT}  ");
        let columns = self
            .options
            .columns
            .unwrap_or(usize::MAX)
            .max(display_width(&first) + 20);
        let options = textwrap::Options::new(columns)
            .initial_indent(&first)
            .subsequent_indent(&rest)
            .break_words(false);
        for line in textwrap::wrap(&prose, options) {
            self.text
                .push_str(&self.paint.with(paint::note(note), line));
            self.text.push('\n');
        }
    }

    fn flush(&mut self, out: &mut dyn Write) -> io::Result<()> {
        self.begun |= !self.text.is_empty();
        out.write_all(self.text.as_bytes())?;
        self.text.clear();
        Ok(())
    }
}

impl Render for Narrated {
    fn packet(
        &mut self,
        frame: &Frame<'_>,
        _: &Packet<'_>,
        explained: &Explained<'_>,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        if let Some(section) = explained.section {
            let mut title = self.options.language.section(section);
            // With one session there is nothing to tell apart.
            match explained.place.map(|place| place.connection) {
                Some(ConnectionName::Control { session: 1 }) | None => {}
                Some(connection) => title.push_str(&format!(" [{connection}]")),
            }
            self.heading(&title);
        }
        let indent = match explained.place {
            Some(place) if matches!(place.connection, ConnectionName::Data { .. }) => DATA_INDENT,
            _ => "",
        };
        self.text.push_str(&format!("{:>4}  ", explained.number));
        self.line.write_time(frame.time, &mut self.text);
        self.text.push_str(indent);
        if let Some(place) = explained.place {
            let arrow = match place.from {
                Party::Client => "→",
                Party::Server => "←",
                Party::Endpoint(_) => "·",
            };
            let label = format!("{:<7} {arrow}", place.connection);
            self.text
                .push_str(&self.paint.with(paint::connection(place.connection), label));
            self.text.push(' ');
        }
        self.line.write_text(frame, &mut self.text);
        self.text.push('\n');
        for note in explained.notes {
            self.note(note, indent);
        }
        self.flush(out)
    }

    fn aside(&mut self, aside: &Aside<'_>, out: &mut dyn Write) -> io::Result<()> {
        let mut text = String::from("      ");
        self.line.write_time(aside.time, &mut text);
        text.push_str(&format!("⟨{}: {}⟩", aside.who, aside.what));
        let text = self.paint.with(paint::faint(), text);
        self.text.push_str(&text);
        self.text.push('\n');
        self.flush(out)
    }

    fn finish(&mut self, summary: &Summary, out: &mut dyn Write) -> io::Result<()> {
        self.text.push('\n');
        self.table(summary);
        for verdict in &summary.verdicts {
            self.text.push_str(&self.options.language.verdict(verdict));
            self.text.push('\n');
        }
        let tally = self.options.language.tally(summary);
        self.text
            .push_str(&self.paint.with(paint::heading(), tally));
        self.text.push('\n');
        self.flush(out)
    }
}

impl Narrated {
    fn table(&mut self, summary: &Summary) {
        let language = self.options.language;
        if summary.connections.is_empty() {
            return;
        }
        let mut rows = vec![language.table().map(String::from)];
        rows.extend(summary.connections.iter().map(|row| cells(language, row)));
        let mut widths = [0; 8];
        for row in &rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = display_width(cell).max(*width);
            }
        }
        for (index, row) in rows.iter().enumerate() {
            let mut line = String::new();
            for (column, (cell, width)) in row.iter().zip(widths).enumerate() {
                let pad = " ".repeat(width - display_width(cell));
                // Byte counts line up on the right.
                let numeric = matches!(column, 5 | 6);
                line.push_str(&if numeric {
                    format!("{pad}{cell}  ")
                } else {
                    format!("{cell}{pad}  ")
                });
            }
            let style = match index
                .checked_sub(1)
                .and_then(|row| summary.connections.get(row))
            {
                None => paint::heading(),
                Some(row) => paint::connection(row.connection),
            };
            self.text.push_str(&self.paint.with(style, line.trim_end()));
            self.text.push('\n');
        }
        if summary.omitted > 0 {
            self.text.push_str(&format!("… + {}\n", summary.omitted));
        }
    }
}

fn cells(language: Language, row: &ConnectionSummary) -> [String; 8] {
    let used = match (row.verb, &row.argument) {
        (Some(verb), Some(argument)) => format!("{verb} {argument}"),
        (Some(verb), None) => verb.to_string(),
        (None, _) => language
            .purpose(matches!(row.connection, ConnectionName::Control { .. }))
            .into(),
    };
    let used = match row.purpose {
        Purpose::Announced { by, .. } => format!("{used} ({by})"),
        _ => used,
    };
    [
        row.connection.to_string(),
        row.dialled_by
            .map_or_else(|| "?".into(), |party| language.party(&party)),
        crate::endpoint(row.from),
        crate::endpoint(row.to),
        used,
        row.bytes[0].to_string(),
        row.bytes[1].to_string(),
        language.ending(&row.ending),
    ]
}
