//! TCP: its fields, its flags bit by bit, its options, and the lines or bytes that it carries.

use super::{Content, Walk};
use crate::explain::FieldName as Name;
use crate::fields::Field;
use crate::note::Text;
use crate::{TcpOption, TcpOptions};

/// The flags from left to right: the row of a set and of a clear one.
const FLAGS: [(&str, &str, &str, &str); 6] = [
    ("", ". ....", "Urgent pointer", "No Urgent pointer"),
    (".", " ....", "Ack", "No Ack"),
    (".. ", "...", "Push", "No Push"),
    (".. .", "..", "Reset", "No Reset"),
    (".. ..", ".", "SYN", "No SYN"),
    (".. ...", "", "FIN", "No FIN"),
];

impl Walk<'_> {
    pub(super) fn tcp(&mut self, fields: &[Field]) {
        self.lines.heading("TCP - Transport Control Protocol");
        let mut header = false;
        let (mut options, mut payload): (Vec<u8>, Vec<u8>) = (Vec::new(), Vec::new());
        let mut reserved = 0;
        for field in fields {
            let bytes = self.of(field);
            match field.name {
                Name::SourcePort => self.port("Source Port", bytes),
                Name::DestinationPort => self.port("Destination Port", bytes),
                Name::SequenceNumber => self.lines.field("Sequence Number", &field.value),
                Name::AckNumber => self.lines.field("Ack Number", &field.value),
                Name::HeaderLength => {
                    let byte = bytes.first().copied().unwrap_or_default();
                    let words = byte >> 4;
                    self.lines.field(
                        "Offset",
                        format!("{words} ({} bytes)", u16::from(words) * 4),
                    );
                    reserved = byte & 0x0f;
                }
                Name::Flags => {
                    // The six bits in the middle had no meaning when the program was written.
                    let byte = bytes.first().copied().unwrap_or_default();
                    let reserved = reserved << 2 | byte >> 6;
                    self.lines.field("Reserved", format!("%{reserved:06b}"));
                    self.flags(byte & 0x3f);
                }
                Name::Window => self.lines.field("Window", &field.value),
                Name::Checksum => self.checksum("Checksum", bytes),
                Name::UrgentPointer => {
                    self.lines.field("Urgent Pointer", &field.value);
                    header = true;
                }
                Name::CutShort if !header => self.cut(bytes),
                Name::Option | Name::CutShort => options.extend(bytes),
                _ => payload.extend(bytes),
            }
        }
        if header {
            self.options(&options);
        }
        self.payload(&payload);
    }

    fn flags(&mut self, flags: u8) {
        self.lines.field("Flags", format!("%{flags:06b}"));
        for (index, (before, after, set, clear)) in FLAGS.iter().enumerate() {
            let row = if flags >> (5 - index) & 1 == 1 {
                format!("{before}1{after} {set}")
            } else {
                format!("{before}0{after} ({clear})")
            };
            self.lines.add(format!("    {row}"));
        }
        self.lines.blank();
    }

    fn options(&mut self, bytes: &[u8]) {
        if bytes.is_empty() {
            self.lines.remark("No TCP Options");
            return;
        }
        self.lines.heading("TCP Options");
        for option in TcpOptions(bytes).iter() {
            let (kind, len, name) = match option {
                TcpOption::End => (0, None, "End of Option List"),
                TcpOption::Nop => (1, None, "No Operation"),
                TcpOption::Mss(_) => (2, Some(4), "Maximum Segment Size"),
                TcpOption::WindowScale(_) => (3, Some(3), "Window Scale"),
                TcpOption::SackPermitted => (4, Some(2), "SACK Permitted"),
                TcpOption::Sack(blocks) => (5, Some(2 + blocks.len()), "SACK"),
                TcpOption::Timestamps { .. } => (8, Some(10), "Time Stamps"),
                TcpOption::Other(kind, data) => (kind, Some(2 + data.len()), known(kind)),
                TcpOption::Malformed(kind) => (kind, None, "(length does not fit)"),
            };
            let kind = format!("{kind} {name}");
            self.lines.field("Options Type", kind.trim_end());
            if let Some(len) = len {
                self.lines.field("Length", len);
            }
            match option {
                TcpOption::Mss(size) => self.lines.field("MSS", size),
                TcpOption::WindowScale(shift) => self.lines.field("Shift Count", shift),
                TcpOption::Sack(blocks) => {
                    for block in blocks.chunks_exact(8) {
                        let edge = |at: usize| {
                            let four = block.get(at..).and_then(<[u8]>::first_chunk);
                            four.copied().map_or(0, u32::from_be_bytes)
                        };
                        self.lines.field("Left Edge", edge(0));
                        self.lines.field("Right Edge", edge(4));
                    }
                }
                TcpOption::Timestamps { value, echo } => {
                    self.lines.field("Time Stamp", value);
                    self.lines.field("Time Stamp Echo", echo);
                }
                TcpOption::Other(_, data) if !data.is_empty() => {
                    let hex = super::hex(data);
                    self.lines.field("Data", format!("0x{hex}"));
                }
                _ => {}
            }
        }
    }

    fn payload(&mut self, payload: &[u8]) {
        match self.content {
            _ if payload.is_empty() => {}
            Content::Control if is_text(payload) => {
                self.lines.heading("FTP Control - File Transfer Protocol");
                for (number, line) in (1..).zip(payload.split_inclusive(|&byte| byte == b'\n')) {
                    self.lines.field(&format!("Line {number}"), spelled(line));
                }
            }
            // Encrypted.
            Content::Control => self.data("FTP Control - File Transfer Protocol", payload),
            Content::Data => self.data("FTP Data - File Transfer Protocol", payload),
            Content::Unknown => self.data("TCP Data Area", payload),
        }
    }
}

/// The name of an option that is not taken apart.
const fn known(kind: u8) -> &'static str {
    match kind {
        14 => "Alternate Checksum Request",
        19 => "MD5 Signature",
        27 => "Quick-Start Response",
        28 => "User Timeout",
        29 => "TCP Authentication",
        30 => "Multipath TCP",
        34 => "TCP Fast Open Cookie",
        _ => "",
    }
}

/// Whether bytes may be lines of a control connection: of the control characters they have only
/// those of lines.
fn is_text(bytes: &[u8]) -> bool {
    bytes
        .iter()
        .all(|byte| matches!(byte, b'\t' | b'\r' | b'\n' | 0x1b) || *byte >= b' ')
}

/// A line with its end spelled out.
fn spelled(line: &[u8]) -> String {
    let (line, feed) = match line.strip_suffix(b"\n") {
        Some(line) => (line, "<LF>"),
        None => (line, ""),
    };
    let (line, end) = match line.strip_suffix(b"\r") {
        Some(line) => (line, "<CR>"),
        None => (line, ""),
    };
    // A note's text has a limit; a line has its segment's.
    let mut text: String = line
        .chunks(Text::LIMIT)
        .map(|piece| Text::new(piece).to_string())
        .collect();
    text.push_str(end);
    text.push_str(feed);
    text
}
