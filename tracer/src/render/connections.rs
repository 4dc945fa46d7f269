//! The table of connections, and the form of all tables.

use std::iter::once;

use anstyle::Style;
use textwrap::core::display_width;

use super::paint::{self, Paint};
use crate::note::{ConnectionName, Purpose};
use crate::printed::with_names;
use crate::{ConnectionSummary, Language, Summary};

/// Appends the first `limit` connections with their headings; nothing when there is none.
pub(super) fn table(
    language: Language,
    paint: Paint,
    summary: &Summary,
    limit: usize,
    out: &mut String,
) {
    if summary.connections.is_empty() {
        return;
    }
    let shown = summary.connections.iter().take(limit);
    let headings = (language.table().map(String::from), paint::heading());
    let rows: Vec<_> = once(headings)
        .chain(shown.map(|row| {
            let cells = cells(language, row);
            let cells = cells.map(|cell| with_names(&summary.names, &cell).into_owned());
            (cells, paint::connection(row.connection))
        }))
        .collect();
    columns(&rows, &[5, 6], paint, out);
}

/// Appends rows of cells, each column as wide as its widest cell; the columns in `right` line up
/// on the right.
pub(super) fn columns<const N: usize>(
    rows: &[([String; N], Style)],
    right: &[usize],
    paint: Paint,
    out: &mut String,
) {
    let mut widths = [0; N];
    for (row, _) in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = display_width(cell).max(*width);
        }
    }
    for (row, style) in rows {
        let mut line = String::new();
        for (column, (cell, width)) in row.iter().zip(widths).enumerate() {
            let pad = " ".repeat(width - display_width(cell));
            let (before, after) = if right.contains(&column) {
                (pad.as_str(), "")
            } else {
                ("", pad.as_str())
            };
            for part in [before, cell, after, "  "] {
                line.push_str(part);
            }
        }
        out.push_str(&paint.with(*style, line.trim_end()));
        out.push('\n');
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
