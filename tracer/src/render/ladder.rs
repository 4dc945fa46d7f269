//! The ladder: the client's line on the left, the server's on the right, an arrow for each
//! segment; control and data connections side by side.

mod drawing;
mod ends;
mod label;
mod rows;

use std::io::{self, Write};

use textwrap::core::display_width;

use self::drawing::{Arrow, Drawing, Ends, MARGIN, On};
use self::ends::{Seen, Talks};
use self::label::{label, push_line};
use self::rows::{Row, Rows, Until};
use super::{Aside, Render};
use crate::note::{ConnectionName, ControlNote, Note, TranslationNote};
use crate::{
    Explained, Frame, Ip, Language, LineOptions, Packet, Summary, Tcp, TcpFlags, TcpdumpLine,
    TimeFormat,
};

/// Draws each segment as an arrow. Segments of one data connection that follow one another are
/// one arrow, unless `every` is asked for. A segment that was captured on both sides of an address
/// translator is one row, with the router's line between its two halves.
#[derive(Debug)]
pub struct Ladder {
    drawing: Drawing,
    language: Language,
    every: bool,
    line: TcpdumpLine,
    talks: Talks,
    run: Option<Run>,
    rows: Rows,
    /// Packets were captured more than once.
    has_copies: bool,
    text: String,
}

/// Data segments of one connection, one after the other, and the acknowledgements between them.
#[derive(Clone, Debug)]
struct Run {
    /// The connection's number, which its two halves share.
    id: u64,
    connection: ConnectionName,
    ends: Ends,
    rightward: bool,
    /// The number of the first packet, and with its time as it is printed.
    packet: u64,
    margin: String,
    /// How many packets of it were captured again.
    copies: u64,
    /// On both sides of a translator; otherwise the first alone.
    halves: [Count; 2],
    is_through: bool,
}

/// What one half of a run, or all of it, consists of.
#[derive(Clone, Debug, Default)]
struct Count {
    segments: u64,
    bytes: u64,
    acks: u64,
    /// What the first one alone would look like.
    label: String,
}

impl Ladder {
    /// A ladder of so many columns, or 120, with every segment an arrow of its own or not. The
    /// time stamps are those of `line`.
    pub fn new(
        language: Language,
        color: bool,
        columns: Option<usize>,
        every: bool,
        line: LineOptions,
    ) -> Self {
        let time = match line.time {
            // Narrow, and it says how long things took.
            TimeFormat::Clock => TimeFormat::SinceFirst,
            time => time,
        };
        Self {
            drawing: Drawing::new(language, color, columns.unwrap_or(120).max(60)),
            language,
            every,
            line: TcpdumpLine::new(LineOptions { time, ..line }),
            talks: Talks::default(),
            run: None,
            rows: Rows::default(),
            has_copies: false,
            text: String::new(),
        }
    }

    /// The number and the time of a packet, in `MARGIN` columns.
    fn margin(&mut self, number: u64, frame: &Frame<'_>) -> String {
        let mut time = String::new();
        self.line.write_time_of(frame, &mut time);
        // Hours and minutes of a capture that has none only take room.
        let time = time.trim().trim_start_matches("00:");
        let mut margin = format!("{number:>5} {time:>12} ");
        let fill = MARGIN.saturating_sub(display_width(&margin));
        margin.push_str(&" ".repeat(fill));
        margin
    }

    /// Makes the segments that were kept one arrow.
    fn end_run(&mut self) {
        let Some(run) = self.run.take() else { return };
        let said = run.halves.map(|count| match count.segments {
            0 => None,
            1 if count.acks == 0 => Some(count.label),
            _ => Some(self.language.run(count.segments, count.bytes, count.acks)),
        });
        let seen = self.language.copies(run.copies);
        let said = said.map(|label| label.map(|label| label + &seen));
        let on = if run.is_through {
            On::Through(said)
        } else {
            let [label, _] = said;
            On::Ladder {
                ends: run.ends,
                label: label.unwrap_or_default(),
            }
        };
        let arrow = Arrow {
            margin: run.margin,
            connection: run.connection,
            dials: None,
            rightward: run.rightward,
            on,
            remark: None,
            seen: 1,
            also: None,
        };
        self.rows
            .push(run.packet, Until::Now, Row::Arrow(Box::new(arrow)));
    }

    fn segment(&mut self, margin: String, explained: &Explained<'_>, ip: &Ip<'_>, tcp: &Tcp<'_>) {
        let Some(place) = explained.place else { return };
        if let Some(of) = explained.copy_of() {
            return self.again(of, explained.number, &margin);
        }
        let seen = self.talks.seen(place, explained, ip, tcp);
        let is_data = matches!(place.connection, ConnectionName::Data { .. });
        let label = self.label(explained, tcp, &seen, is_data);
        let translation = explained.notes.iter().find_map(|note| match note {
            Note::Translation(note) => Some(note),
            _ => None,
        });
        if let (Some(note), Some(half)) = (translation, seen.half)
            && self.copied(note, half, place.connection, explained.number, &label)
        {
            return;
        }
        self.rows.passed();
        let control_bits = TcpFlags(TcpFlags::SYN.0 | TcpFlags::FIN.0 | TcpFlags::RST.0);
        let folds = is_data && !self.every && !tcp.flags.intersects(control_bits);
        let half = seen.half.unwrap_or_default();
        if folds && self.joins(&seen, place.connection, tcp, &label) {
            return;
        }
        self.end_run();
        if let Some([left, right]) = seen.strangers {
            let remark = self.language.strangers(place.connection, left, right);
            self.say(&remark);
        }
        if folds && tcp.len > 0 {
            let mut run = Run {
                id: seen.id,
                connection: place.connection,
                ends: seen.ends,
                rightward: seen.rightward,
                packet: explained.number,
                margin,
                copies: 0,
                halves: <[Count; 2]>::default(),
                is_through: seen.half.is_some(),
            };
            run.add(half, tcp.len, &label);
            self.run = Some(run);
            return;
        }
        let opens = tcp.flags.contains(TcpFlags::SYN) && !tcp.flags.contains(TcpFlags::ACK);
        let until = match (seen.half, translation) {
            (Some(_), None) => Until::Copy,
            (None, None) if opens || self.has_copies => Until::NextPacket,
            _ => Until::Now,
        };
        let is_known = !matches!(place.connection, ConnectionName::Tcp { .. });
        let arrow = Arrow {
            margin,
            connection: place.connection,
            dials: (opens && !is_known).then_some(tcp.dst_port),
            rightward: seen.rightward,
            on: if seen.half.is_some() {
                let mut halves = [None, None];
                if let Some(place) = halves.get_mut(half) {
                    *place = Some(label);
                }
                On::Through(halves)
            } else {
                On::Ladder {
                    ends: seen.ends,
                    label,
                }
            },
            remark: None,
            seen: 1,
            also: None,
        };
        self.rows
            .push(explained.number, until, Row::Arrow(Box::new(arrow)));
    }

    /// A packet that was captured before: its arrow says so, or that of its run, or a line.
    fn again(&mut self, of: u64, number: u64, margin: &str) {
        self.has_copies = true;
        if let Some(run) = self.run.as_mut().filter(|run| of >= run.packet) {
            run.copies += 1;
        } else if let Some(arrow) = self.rows.waiting(of) {
            arrow.seen += 1;
        } else {
            self.end_run();
            let line = format!("{margin}{}\n", self.language.same(of));
            self.rows.push(number, Until::Now, Row::Line(line));
        }
    }

    fn label(
        &self,
        explained: &Explained<'_>,
        tcp: &Tcp<'_>,
        seen: &Seen,
        is_data: bool,
    ) -> String {
        let [own, other] = seen.first;
        let mut label = label(tcp, own, other, !is_data);
        if !is_data && tcp.len > 0 {
            let is_encrypted = explained
                .notes
                .iter()
                .any(|note| matches!(note, Note::Control(ControlNote::Encrypted { .. })));
            if is_encrypted {
                label.push_str(&self.language.encrypted(tcp.len));
            } else {
                push_line(&mut label, tcp.payload);
            }
            label.truncate(label.trim_end().len());
        }
        label
    }

    /// A segment that was captured before on the other side of a translator: it becomes the other
    /// half of that one's row, if that is still there.
    fn copied(
        &mut self,
        note: &TranslationNote,
        half: usize,
        connection: ConnectionName,
        number: u64,
        label: &str,
    ) -> bool {
        let (TranslationNote::Connection { of, .. }
        | TranslationNote::Segment { of, .. }
        | TranslationNote::Rewritten { of, .. }) = note;
        let Some(arrow) = self.rows.copied(*of, self.has_copies) else {
            return false;
        };
        arrow.also = Some(number);
        let mut halves = match &mut arrow.on {
            On::Through(halves) => std::mem::take(halves),
            On::Ladder { label, .. } => {
                let first = Some(std::mem::take(label));
                if half == 0 {
                    [None, first]
                } else {
                    [first, None]
                }
            }
        };
        if let Some(place) = halves.get_mut(half) {
            *place = Some(label.to_owned());
        }
        arrow.on = On::Through(halves);
        if half == 0 {
            arrow.connection = connection;
        }
        arrow.remark = self.language.translated(note);
        true
    }

    /// Whether a segment of data, or an acknowledgement, belongs to the arrow that is being made.
    fn joins(
        &mut self,
        seen: &Seen,
        connection: ConnectionName,
        tcp: &Tcp<'_>,
        label: &str,
    ) -> bool {
        let half = seen.half.unwrap_or_default();
        let Some(run) = self.run.as_mut().filter(|run| run.id == seen.id) else {
            return false;
        };
        if tcp.len == 0 && run.rightward != seen.rightward {
            run.acknowledged(half);
            return true;
        }
        if tcp.len > 0 && run.rightward == seen.rightward {
            if half == 0 {
                run.connection = connection;
            }
            run.add(half, tcp.len, label);
            return true;
        }
        false
    }

    /// A line of its own, in its place among the arrows.
    fn say(&mut self, remark: &str) {
        let mut line = String::new();
        self.drawing.remark(remark, &mut line);
        self.rows.push(0, Until::Now, Row::Line(line));
    }

    /// Draws what waits for nothing, or everything.
    fn draw(&mut self, all: bool, out: &mut dyn Write) -> io::Result<()> {
        while let Some(row) = self.rows.ripe(all) {
            match row {
                Row::Arrow(arrow) => self.drawing.arrow(&arrow, &mut self.text),
                Row::Line(line) => {
                    self.drawing.begin(&mut self.text);
                    self.text.push_str(&line);
                }
            }
        }
        out.write_all(self.text.as_bytes())?;
        self.text.clear();
        Ok(())
    }
}

impl Run {
    fn add(&mut self, half: usize, len: u32, label: &str) {
        if let Some(count) = self.halves.get_mut(half) {
            if count.segments == 0 {
                label.clone_into(&mut count.label);
            }
            count.segments += 1;
            count.bytes += u64::from(len);
        }
    }

    fn acknowledged(&mut self, half: usize) {
        if let Some(count) = self.halves.get_mut(half) {
            count.acks += 1;
        }
    }
}

impl Render for Ladder {
    fn packet(
        &mut self,
        frame: &Frame<'_>,
        packet: &Packet<'_>,
        explained: &Explained<'_>,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let margin = self.margin(explained.number, frame);
        if let (Some((ip, tcp)), Some(_)) = (packet.tcp(), explained.place) {
            self.segment(margin, explained, ip, tcp);
        } else {
            self.rows.passed();
            self.end_run();
            let mut line = margin;
            self.line.write_packet_text(frame, packet, &mut line);
            line.push('\n');
            self.rows
                .push(explained.number, Until::Now, Row::Line(line));
        }
        self.draw(false, out)
    }

    fn aside(&mut self, aside: &Aside<'_>, out: &mut dyn Write) -> io::Result<()> {
        self.end_run();
        self.say(&self.language.aside(aside.who, aside.what));
        self.draw(false, out)
    }

    fn finish(&mut self, _: &Summary, out: &mut dyn Write) -> io::Result<()> {
        self.end_run();
        self.draw(true, out)
    }
}
