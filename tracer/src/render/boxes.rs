//! The decode boxes of `EtherPeek`: a frame around each packet, a line for each field of each
//! layer, and the bits of TCP's flags one below the other.
//!
//! Everything in a box is in the packet, or is computed from it: the frame check sequence, which
//! network cards keep to themselves.

mod layers;
mod ports;
mod tcp;

use std::fmt::Write as _;
use std::io::{self, Write};
use std::ops::RangeInclusive;

use textwrap::core::display_width;

use super::Render;
use crate::fields::{Field, Speech, fields};
use crate::note::{ConnectionName, Party};
use crate::{Explained, Frame, Language, LineOptions, LinkType, Packet, TcpdumpLine};

/// Columns between the edges of a box: the article's, and more for longer lines.
const WIDTH: RangeInclusive<usize> = 66..=118;
/// Bytes in a row of data.
const ROW: usize = 16;
/// The shortest Ethernet frame without its check sequence: shorter ones are filled up with zeros.
const SHORTEST: usize = 60;

/// Shows each packet as a box.
#[derive(Debug)]
pub struct Boxes {
    line: TcpdumpLine,
    names: bool,
    text: String,
    lines: Lines,
}

impl Boxes {
    /// Above each box stands tcpdump's line of the packet, with `line`'s options. With `names`,
    /// well-known ports have their names.
    pub fn new(line: LineOptions, names: bool) -> Self {
        Self {
            line: TcpdumpLine::new(line),
            names,
            text: String::new(),
            lines: Lines::default(),
        }
    }
}

impl Render for Boxes {
    fn packet(
        &mut self,
        frame: &Frame<'_>,
        _: &Packet<'_>,
        explained: &Explained<'_>,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        self.text.clear();
        self.text.push_str(&explained.number.to_string());
        self.text.push_str("  ");
        self.line.write(frame, &mut self.text);
        self.text.push('\n');
        let content = Content::of(explained);
        self.lines.0.clear();
        // What is a command and what a reply, a box does not say.
        let fields = fields(frame, Speech::Unknown, Language::En);
        let mut walk = Walk {
            bytes: frame.bytes,
            names: self.names,
            content,
            lines: &mut self.lines,
        };
        for same in fields.chunk_by(|a, b| a.layer == b.layer) {
            walk.layer(same);
        }
        walk.check_sequence(frame);
        self.lines.draw(&mut self.text);
        out.write_all(self.text.as_bytes())
    }
}

/// What the payload of a TCP segment is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Content {
    Control,
    Data,
    Unknown,
}

impl Content {
    fn of(explained: &Explained<'_>) -> Self {
        match explained.place.map(|place| (place.connection, place.from)) {
            Some((ConnectionName::Control { .. }, Party::Client | Party::Server)) => Self::Control,
            Some((ConnectionName::Data { .. }, _)) => Self::Data,
            _ => Self::Unknown,
        }
    }
}

/// One packet on its way into a box.
struct Walk<'a> {
    bytes: &'a [u8],
    names: bool,
    content: Content,
    lines: &'a mut Lines,
}

impl<'a> Walk<'a> {
    fn of(&self, field: &Field) -> &'a [u8] {
        let bytes = self.bytes.get(field.start..).unwrap_or_default();
        bytes.get(..field.len).unwrap_or_default()
    }

    /// The bytes of a layer that has no box of its own, or of what a layer carries.
    fn data(&mut self, heading: &str, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        self.lines.heading(heading);
        for row in bytes.chunks(ROW) {
            let text: String = row
                .iter()
                .map(|byte| match byte {
                    b' '..=b'~' => char::from(*byte),
                    _ => '.',
                })
                .collect();
            let hex: Vec<_> = row.iter().map(|byte| format!("{byte:02x}")).collect();
            self.lines.add(format!("  {text:<ROW$} {}", hex.join(" ")));
        }
    }

    /// What a network card puts behind the frame.
    fn check_sequence(&mut self, frame: &Frame<'_>) {
        if frame.link != LinkType::Ethernet {
            return;
        }
        self.lines.heading("FCS - Frame Check Sequence");
        let captured = frame.bytes.len();
        if (captured as u64) < u64::from(frame.wire_len) {
            let of = frame.wire_len;
            let known = format!("cannot be calculated ({captured} of {of} bytes captured)");
            self.lines.field("FCS", known);
            return;
        }
        let mut crc = crc32fast::Hasher::new();
        crc.update(frame.bytes);
        crc.update(&[0; SHORTEST][..SHORTEST.saturating_sub(captured)]);
        self.lines
            .field("FCS (Calculated)", format!("0x{:08X}", crc.finalize()));
    }
}

/// Bytes in hexadecimal, without a gap.
fn hex(bytes: &[u8]) -> String {
    let digits: Vec<_> = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
    digits.concat()
}

/// The lines of one box.
#[derive(Debug, Default)]
struct Lines(Vec<String>);

impl Lines {
    fn add(&mut self, line: String) {
        self.0.push(line);
    }

    /// An empty line, unless there is one.
    fn blank(&mut self) {
        if self.0.last().is_some_and(|line| !line.is_empty()) {
            self.0.push(String::new());
        }
    }

    /// A layer begins.
    fn heading(&mut self, name: &str) {
        self.blank();
        self.0.push(name.to_owned());
    }

    fn field(&mut self, name: &str, value: impl std::fmt::Display) {
        self.0.push(format!("  {name}: {value}"));
    }

    fn remark(&mut self, text: &str) {
        self.0.push(format!("  {text}"));
    }

    /// Puts the lines into a box.
    fn draw(&self, out: &mut String) {
        let longest = self.0.iter().map(|line| display_width(line)).max();
        let width = longest.unwrap_or(0).clamp(*WIDTH.start(), *WIDTH.end());
        let edge = "=".repeat(width + 2);
        let _ = writeln!(out, "/{edge}\\");
        for line in &self.0 {
            let mut rest = line.as_str();
            loop {
                let (row, after) = split(rest, width);
                let pad = " ".repeat(width.saturating_sub(display_width(row)));
                let _ = writeln!(out, "| {row}{pad} |");
                if after.is_empty() {
                    break;
                }
                rest = after;
            }
        }
        let _ = writeln!(out, "\\{edge}/\n");
    }
}

/// As much of a line as has room, at least one character of it, and the rest.
fn split(line: &str, room: usize) -> (&str, &str) {
    let mut width = 0;
    for (at, c) in line.char_indices() {
        width += display_width(c.encode_utf8(&mut [0; 4]));
        if width > room && at > 0 {
            return line.split_at(at);
        }
    }
    (line, "")
}
