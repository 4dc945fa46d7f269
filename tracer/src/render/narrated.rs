//! The story: each packet in tcpdump's form, and under it why it is there.

use std::fmt::Write as _;
use std::io::{self, Write};

use textwrap::core::display_width;

use super::own_line::OwnLine;
use super::paint::{self, Paint};
use super::{Aside, Render, connections};
use crate::digits::decimal;
use crate::note::{ConnectionName, Note, Party};
use crate::printed::with_names;
use crate::{Explained, Frame, Language, LineOptions, Packet, Summary, TcpdumpLine};

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
    line: OwnLine,
    /// Writes the time stamps.
    clock: TcpdumpLine,
    text: String,
    /// Something was written: a heading keeps its distance.
    begun: bool,
}

/// Before the name of a data connection: with the name and the colour, what sets it apart.
const DATA_INDENT: &str = "    ";
/// Columns of a connection's name.
const NAME: usize = 7;
/// Before an explanation.
const NOTE_INDENT: &str = "        ";

impl Narrated {
    /// A narrator that has said nothing yet.
    pub fn new(options: NarratedOptions) -> Self {
        Self {
            paint: Paint(options.color),
            line: OwnLine::new(options.line.clone()),
            clock: TcpdumpLine::new(options.line.clone()),
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

    fn note(&mut self, note: &Note, prose: &str, indent: &str) {
        let style = paint::note(note);
        let Some(columns) = self.options.columns else {
            self.paint.begin(style, &mut self.text);
            for part in [indent, NOTE_INDENT, "· ", prose.trim_end()] {
                self.text.push_str(part);
            }
            self.paint.end(style, &mut self.text);
            self.text.push('\n');
            return;
        };
        let first = format!("{indent}{NOTE_INDENT}· ");
        let rest = format!("{indent}{NOTE_INDENT}  ");
        let options = textwrap::Options::new(columns.max(display_width(&first) + 20))
            .initial_indent(&first)
            .subsequent_indent(&rest)
            .break_words(false);
        for line in textwrap::wrap(prose, options) {
            self.text.push_str(&self.paint.with(style, line));
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
        packet: &Packet<'_>,
        explained: &Explained<'_>,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let text = self.line.of(frame, packet);
        let shown = self.packet_of_line(frame, packet, explained, &text, out);
        self.line.done(text);
        shown
    }

    fn looks_into_segments(&self) -> bool {
        self.options.line.tells_of_payload()
    }

    fn take_line(&mut self) -> Option<TcpdumpLine> {
        self.line.take()
    }

    fn packet_of_line(
        &mut self,
        frame: &Frame<'_>,
        packet: &Packet<'_>,
        explained: &Explained<'_>,
        text: &str,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        if let Some(section) = explained.section {
            let mut title = self.options.language.section(section);
            // With one session there is nothing to tell apart.
            match explained.place.map(|place| place.connection) {
                Some(ConnectionName::Control { session: 1 } | ConnectionName::Tcp { .. })
                | None => {}
                Some(connection) => title.push_str(&format!(" [{connection}]")),
            }
            self.heading(&title);
        }
        let indent = match explained.place {
            Some(place) if matches!(place.connection, ConnectionName::Data { .. }) => DATA_INDENT,
            _ => "",
        };
        let number = explained.number;
        for more in [1000, 100, 10] {
            if number < more {
                self.text.push(' ');
            }
        }
        decimal(&mut self.text, number);
        self.text.push_str("  ");
        self.clock.write_time_of(frame, &mut self.text);
        self.text.push_str(indent);
        if let Some(place) = explained.place {
            let arrow = match place.from {
                Party::Client => "→",
                Party::Server => "←",
                // A third host in the client's place.
                Party::Endpoint(_) if !indent.is_empty() => "→",
                Party::Endpoint(_) => "·",
            };
            let style = paint::connection(place.connection);
            self.paint.begin(style, &mut self.text);
            let begin = self.text.len();
            let _ = write!(self.text, "{}", place.connection);
            // A name is ASCII.
            for _ in self.text.len() - begin..NAME {
                self.text.push(' ');
            }
            self.text.push(' ');
            self.text.push_str(arrow);
            self.paint.end(style, &mut self.text);
            self.text.push(' ');
        }
        self.text.push_str(text);
        self.text.push('\n');
        for note in explained.notes {
            let prose = self.options.language.note(note);
            let prose = match &packet.printed {
                Some(printed) => printed.hosts.named(&prose).into_owned(),
                None => prose,
            };
            self.note(note, &prose, indent);
        }
        self.flush(out)
    }

    fn aside(&mut self, aside: &Aside<'_>, out: &mut dyn Write) -> io::Result<()> {
        let mut text = String::from("      ");
        self.clock.write_time(aside.time, &mut text);
        let aside = self.options.language.aside(aside.who, aside.what);
        text.push_str(&format!("⟨{aside}⟩"));
        let text = self.paint.with(paint::faint(), text);
        self.text.push_str(&text);
        self.text.push('\n');
        self.flush(out)
    }

    fn finish(&mut self, summary: &Summary, out: &mut dyn Write) -> io::Result<()> {
        self.text.push('\n');
        connections::table(
            self.options.language,
            self.paint,
            summary,
            usize::MAX,
            &mut self.text,
        );
        if summary.omitted > 0 {
            let _ = writeln!(self.text, "… + {}", summary.omitted);
        }
        for verdict in &summary.verdicts {
            let verdict = self.options.language.verdict(verdict);
            self.text.push_str(&with_names(&summary.names, &verdict));
            self.text.push('\n');
        }
        let tally = self.options.language.tally(summary);
        self.text
            .push_str(&self.paint.with(paint::heading(), tally));
        self.text.push('\n');
        self.flush(out)
    }
}
