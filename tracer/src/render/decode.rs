//! Every byte of a packet: its place, its bytes, its field, its value.

use std::fmt::Write as _;
use std::io::{self, Write};
use std::ops::RangeInclusive;

use textwrap::core::display_width;

use super::Render;
use super::paint::{self, Paint};
use crate::fields::{Field, Speech, fields};
use crate::note::{ConnectionName, Party};
use crate::{Explained, Frame, Language, LineOptions, Packet, TcpdumpLine};

/// Bytes of one line.
const WIDTH: usize = 8;
/// Columns of a field's name.
const NAME: usize = 26;

/// Takes packets apart, byte by byte.
#[derive(Debug)]
pub struct Decode {
    packets: RangeInclusive<u64>,
    language: Language,
    paint: Paint,
    line: TcpdumpLine,
    text: String,
    skipped: String,
}

impl Decode {
    /// For the packets with these numbers, counted from 1.
    pub fn new(
        packets: RangeInclusive<u64>,
        language: Language,
        color: bool,
        line: LineOptions,
    ) -> Self {
        Self {
            packets,
            language,
            paint: Paint(color),
            line: TcpdumpLine::new(line),
            text: String::new(),
            skipped: String::new(),
        }
    }

    fn field(&mut self, field: &Field, bytes: &[u8]) {
        let bytes = bytes.get(field.start..).unwrap_or_default();
        let bytes = bytes.get(..field.len).unwrap_or_default();
        let plain = field.value.is_empty();
        for (index, row) in bytes.chunks(WIDTH).enumerate() {
            let mut hex = String::new();
            for byte in row {
                let _ = write!(hex, "{byte:02x} ");
            }
            let _ = write!(
                self.text,
                "  {:04x}  {hex:<1$} ",
                field.start + index * WIDTH,
                WIDTH * 3,
            );
            let name = if index == 0 {
                field.name.text(self.language)
            } else {
                ""
            };
            let value = if plain {
                // Bytes without a meaning of their own are shown as tcpdump's -A shows them.
                row.iter()
                    .map(|byte| match byte {
                        b' '..=b'~' => char::from(*byte),
                        _ => '.',
                    })
                    .collect()
            } else if index == 0 {
                field.value.clone()
            } else {
                String::new()
            };
            let pad = " ".repeat(NAME.saturating_sub(display_width(name)));
            let line = format!("{name}{pad}  {value}");
            self.text.push_str(line.trim_end());
            while self.text.ends_with(' ') {
                self.text.pop();
            }
            self.text.push('\n');
        }
    }
}

impl Render for Decode {
    fn packet(
        &mut self,
        frame: &Frame<'_>,
        _: &Packet<'_>,
        explained: &Explained<'_>,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let number = explained.number;
        if !self.packets.contains(&number) {
            // Relative numbers and times are relative to packets that are not shown.
            self.skipped.clear();
            self.line.write(frame, &mut self.skipped);
            return Ok(());
        }
        self.text.clear();
        let mut heading = format!("{number}  ");
        self.line.write(frame, &mut heading);
        self.text
            .push_str(&self.paint.with(paint::heading(), heading));
        self.text.push('\n');
        let speech = match explained.place {
            Some(place) => match (place.connection, place.from) {
                (ConnectionName::Control { .. }, Party::Client) => Speech::Commands,
                (ConnectionName::Control { .. }, Party::Server) => Speech::Replies,
                _ => Speech::Unknown,
            },
            None => Speech::Unknown,
        };
        let mut layer = "";
        for field in fields(frame, speech, self.language) {
            if field.layer != layer {
                layer = field.layer;
                self.text
                    .push_str(&self.paint.with(paint::heading(), layer));
                self.text.push('\n');
            }
            self.field(&field, frame.bytes);
        }
        self.text.push('\n');
        out.write_all(self.text.as_bytes())
    }
}
