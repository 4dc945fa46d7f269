//! A whole capture in tables: connections, transfers, reply codes, anomalies, top talkers.
//!
//! Everything is counted while packets come, in memory that does not grow with the capture; the
//! tables follow at its end.

mod talkers;
mod transfers;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write};

use anstyle::Style;
use proto::{Code, Verb};

use super::paint::{self, Paint};
use super::{Render, connections};
use crate::explain::{OverviewTable, span};
use crate::note::{Anomaly, ControlNote, Note};
use crate::printed::with_names;
use crate::{Explained, Frame, Language, Packet, Summary, Timestamp};
use talkers::Talkers;
use transfers::Transfers;

/// Rows shown of a table that grows with the capture.
const ROWS: usize = 50;
/// Packet numbers shown of one kind of anomaly.
const EXAMPLES: usize = 8;

/// Counts a capture and shows it in tables.
#[derive(Debug)]
pub struct Overview {
    language: Language,
    paint: Paint,
    bytes: u64,
    /// Earliest and latest packet.
    times: Option<(Timestamp, Timestamp)>,
    transfers: Transfers,
    /// How often a code was sent, and the packet that had it first.
    replies: BTreeMap<u16, (Code, u64, u64)>,
    anomalies: BTreeMap<Anomaly, Cases>,
    talkers: Talkers,
}

#[derive(Debug, Default)]
struct Cases {
    count: u64,
    first: Vec<u64>,
}

impl Overview {
    /// An overview of nothing yet, to be shown in `language`, with colours or without.
    pub fn new(language: Language, color: bool) -> Self {
        Self {
            language,
            paint: Paint(color),
            bytes: 0,
            times: None,
            transfers: Transfers::default(),
            replies: BTreeMap::new(),
            anomalies: BTreeMap::new(),
            talkers: Talkers::default(),
        }
    }

    fn note(&mut self, note: &Note, number: u64) {
        if let Note::Control(ControlNote::Reply { code, .. }) = note {
            // Codes have three digits, so there are at most a thousand.
            let (_, count, _) = self
                .replies
                .entry(code.value())
                .or_insert((*code, 0, number));
            *count += 1;
        }
        if let Some(anomaly) = Anomaly::of(note) {
            let cases = self.anomalies.entry(anomaly).or_default();
            cases.count += 1;
            if cases.first.len() < EXAMPLES && cases.first.last() != Some(&number) {
                cases.first.push(number);
            }
        }
    }

    /// Appends the heading of a table and its rows.
    fn table<const N: usize>(
        &self,
        table: OverviewTable,
        count: u64,
        rows: Vec<[String; N]>,
        right: &[usize],
        out: &mut String,
    ) {
        if rows.is_empty() {
            return;
        }
        self.title(table, count, out);
        let left_out = count.saturating_sub(u64::try_from(rows.len()).unwrap_or(u64::MAX));
        let mut headings = [const { String::new() }; N];
        for (cell, heading) in headings
            .iter_mut()
            .zip(self.language.overview_columns(table))
        {
            (*heading).clone_into(cell);
        }
        let rows: Vec<_> = std::iter::once((headings, paint::heading()))
            .chain(rows.into_iter().map(|row| (row, Style::new())))
            .collect();
        connections::columns(&rows, right, self.paint, out);
        self.more(left_out, out);
    }

    fn title(&self, table: OverviewTable, count: u64, out: &mut String) {
        let title = self.language.overview_heading(table, count);
        out.push('\n');
        out.push_str(&self.paint.with(paint::heading(), title));
        out.push('\n');
    }

    fn more(&self, count: u64, out: &mut String) {
        if count > 0 {
            let _ = writeln!(out, "{}", self.language.overview_more(count));
        }
    }

    fn connections(&self, summary: &Summary, out: &mut String) {
        let count = u64::try_from(summary.connections.len()).unwrap_or(u64::MAX) + summary.omitted;
        if count > 0 {
            self.title(OverviewTable::Connections, count, out);
            connections::table(self.language, self.paint, summary, ROWS, out);
            self.more(count.saturating_sub(ROWS as u64), out);
        }
    }

    /// The files whose SHA-256 was asked for.
    fn hashes(&self, summary: &Summary, out: &mut String) {
        let mut count = 0;
        let mut rows = Vec::new();
        for row in &summary.connections {
            let Some(sha256) = &row.sha256 else { continue };
            count += 1;
            if rows.len() < ROWS {
                let verb = row.verb.map_or("?", Verb::as_str);
                let command = match &row.argument {
                    Some(argument) => format!("{verb} {argument}"),
                    None => verb.to_owned(),
                };
                // A file goes one way.
                let bytes = row.bytes[0].max(row.bytes[1]).to_string();
                rows.push([row.connection.to_string(), command, bytes, sha256.clone()]);
            }
        }
        self.table(OverviewTable::Hashes, count, rows, &[2], out);
    }

    fn replies(&self, out: &mut String) {
        let rows = self.replies.values().map(|(code, count, first)| {
            let meaning = self.language.code(*code).unwrap_or("?");
            [
                code.to_string(),
                count.to_string(),
                first.to_string(),
                meaning.to_owned(),
            ]
        });
        let rows: Vec<_> = rows.collect();
        let count = rows.len() as u64;
        self.table(OverviewTable::Replies, count, rows, &[1, 2], out);
    }

    fn anomalies(&self, out: &mut String) {
        let rows = self.anomalies.iter().map(|(anomaly, cases)| {
            let mut packets: Vec<_> = cases.first.iter().map(u64::to_string).collect();
            if cases.count > cases.first.len() as u64 {
                packets.push("…".into());
            }
            [
                self.language.anomaly(*anomaly).to_owned(),
                cases.count.to_string(),
                packets.join(", "),
            ]
        });
        let rows: Vec<_> = rows.collect();
        let count = rows.len() as u64;
        self.table(OverviewTable::Anomalies, count, rows, &[1], out);
    }
}

impl Render for Overview {
    fn packet(
        &mut self,
        frame: &Frame<'_>,
        packet: &Packet<'_>,
        explained: &Explained<'_>,
        _: &mut dyn Write,
    ) -> io::Result<()> {
        // What was captured twice was on the wire once.
        if !explained.is_copy() {
            self.bytes += u64::from(frame.wire_len);
            self.talkers.packet(frame, packet);
        }
        let (first, last) = self.times.unwrap_or((frame.time, frame.time));
        self.times = Some((first.min(frame.time), last.max(frame.time)));
        for note in explained.notes {
            self.note(note, explained.number);
        }
        if let Some(place) = explained.place {
            self.transfers
                .notes(place.connection, explained.notes, explained.number);
        }
        Ok(())
    }

    fn finish(&mut self, summary: &Summary, out: &mut dyn Write) -> io::Result<()> {
        let (first, last) = self.times.unwrap_or_default();
        let tally = self.language.tally(summary);
        let size = self
            .language
            .overview_size(self.bytes, &span(last.since(first)));
        let mut text = format!("{tally}{size}\n");
        for verdict in &summary.verdicts {
            let verdict = self.language.verdict(verdict);
            text.push_str(&with_names(&summary.names, &verdict));
            text.push('\n');
        }
        self.connections(summary, &mut text);
        let (count, rows) = self.transfers.rows(self.language, ROWS);
        self.table(
            OverviewTable::Transfers,
            count,
            rows,
            &[4, 5, 6, 8],
            &mut text,
        );
        self.hashes(summary, &mut text);
        self.replies(&mut text);
        self.anomalies(&mut text);
        let (count, rows) = self.talkers.rows(&summary.names);
        self.table(OverviewTable::Talkers, count, rows, &[1, 2], &mut text);
        out.write_all(text.as_bytes())
    }
}
