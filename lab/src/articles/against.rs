//! A run held against the trace that an article printed.

use std::io::{Read, Write};
use std::path::Path;

use tracer::{Comparison, Language, Packet, PrintedReader, Trace};

use super::rows;
use crate::Failure;
use crate::view::columns;

/// The traces that articles printed, each under the name of the scenario that plays it again.
const PRINTED: [(&str, &str); 2] = [
    (
        "article-active",
        include_str!("../../../tests/traces/s0-active.txt"),
    ),
    (
        "article-passive",
        include_str!("../../../tests/traces/s0-passive.txt"),
    ),
];

/// How a comparison is told.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Told {
    /// Side by side, for people.
    Lines(Language),
    /// One JSON object a line.
    Json,
}

/// Packets of ours, and the lines that they are held against.
#[derive(Debug)]
pub(crate) struct Against {
    article: Trace,
    ours: Trace,
}

impl Against {
    /// Against what an article printed of this scenario's session; nothing when none did.
    ///
    /// # Errors
    /// When the trace cannot be read, which a test excludes.
    pub(crate) fn article(scenario: &str, control_ports: &[u16]) -> Result<Option<Self>, Failure> {
        let Some((name, text)) = PRINTED.iter().find(|(name, _)| *name == scenario) else {
            return Ok(None);
        };
        Self::printed(name, text.as_bytes(), control_ports).map(Some)
    }

    /// Against the lines of a file.
    ///
    /// # Errors
    /// When it cannot be read, or a line is garbled.
    pub(crate) fn file(path: &Path, control_ports: &[u16]) -> Result<Self, Failure> {
        let name = path.display().to_string();
        let file = std::fs::File::open(path)
            .map_err(|error| Failure::failed(format!("{name}: {error}")))?;
        Self::printed(&name, file, control_ports)
    }

    fn printed(name: &str, source: impl Read, control_ports: &[u16]) -> Result<Self, Failure> {
        let article = lines(name, source, control_ports)?;
        if article.packets().is_empty() {
            return Err(Failure::failed(format!(
                "{name}: there is no packet in it, as tcpdump or WinDump prints one"
            )));
        }
        Ok(Self {
            article,
            ours: Trace::new(control_ports),
        })
    }

    /// Takes the next packet of ours, which may be a copy of an earlier one.
    pub(crate) fn push(&mut self, packet: &Packet<'_>, is_copy: bool) {
        if is_copy {
            self.ours.pass_over();
        } else {
            self.ours.push(packet);
        }
    }

    /// Shows the comparison; returns what does not match.
    ///
    /// # Errors
    /// When `out` cannot be written.
    pub(crate) fn show(&self, told: Told, out: &mut dyn Write) -> Result<Option<Failure>, Failure> {
        compared(&self.article, &self.ours, told, out)
    }
}

/// Reads a printed trace.
///
/// # Errors
/// When it cannot be read, or a line is garbled.
pub(crate) fn lines(
    name: &str,
    source: impl Read,
    control_ports: &[u16],
) -> Result<Trace, Failure> {
    let mut trace = Trace::new(control_ports);
    let mut reader = PrintedReader::new(source);
    let failed = |error| Failure::failed(format!("{name}: {error}"));
    while let Some(packet) = reader.next_packet().map_err(failed)? {
        trace.push(&packet);
    }
    Ok(trace)
}

/// Shows the comparison of two traces; returns what does not match.
///
/// # Errors
/// When `out` cannot be written.
pub(crate) fn compared(
    article: &Trace,
    ours: &Trace,
    told: Told,
    out: &mut dyn Write,
) -> Result<Option<Failure>, Failure> {
    let comparison = Comparison::new(article, ours);
    let written = match told {
        Told::Lines(language) => comparison.write(language, columns(), out),
        Told::Json => rows::rows(&comparison).try_for_each(|row| writeln!(out, "{row}")),
    };
    written
        .and_then(|()| out.flush())
        .map_err(|error| Failure::output(&error))?;
    let figures = comparison.figures;
    let wrong = figures.lines - figures.matched;
    Ok(if figures.lines == 0 {
        Some(Failure::failed("there is no line to compare"))
    } else if wrong > 0 {
        let lines = figures.lines;
        Some(Failure::failed(format!(
            "{wrong} of {lines} lines do not match"
        )))
    } else {
        None
    })
}
