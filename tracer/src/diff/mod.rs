//! Captures of the same session, frame by frame: which bytes are the same in all of them, and
//! which field each byte belongs to that is not.

mod show;

#[cfg(test)]
mod tests;

use crate::explain::FieldName;
use crate::{Field, Frame, Language, Speech, decode, fields};

/// A field of a frame in which captures differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Varying {
    /// The protocol that it belongs to.
    pub layer: &'static str,
    /// What it is called.
    pub name: FieldName,
    /// Where its first byte is in the frame, from 0.
    pub start: usize,
    /// How many bytes it has.
    pub len: usize,
    /// How many of them differ, or are not there in all captures.
    pub differ: usize,
    /// Whether its first byte is the same in all captures.
    pub first_same: bool,
}

/// Frame n of one capture against frame n of the others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FrameDifference {
    /// Its number in the captures, from 1.
    pub number: u64,
    /// How long it is, in bytes: in the capture where it is shortest, and where it is longest.
    pub lengths: [usize; 2],
    /// Bytes at the same place that are the same in all captures.
    pub same: usize,
    /// The fields of the others, in their order.
    pub varying: Vec<Varying>,
    /// Whether it has an IPv4 header.
    pub has_ipv4: bool,
}

impl FrameDifference {
    /// Holds the frames with this number against each other. `control_ports` tell commands and
    /// replies.
    pub fn new(number: u64, frames: &[Frame<'_>], control_ports: &[u16]) -> Self {
        let mut longest: Option<&Frame<'_>> = None;
        for frame in frames {
            if longest.is_none_or(|longest| longest.bytes.len() < frame.bytes.len()) {
                longest = Some(frame);
            }
        }
        let Some(longest) = longest else {
            return Self {
                number,
                lengths: [0; 2],
                same: 0,
                varying: Vec::new(),
                has_ipv4: false,
            };
        };
        let shortest = frames.iter().map(|frame| frame.bytes.len()).min();
        let is_same = |at: usize| {
            let byte = longest.bytes.get(at);
            frames.iter().all(|frame| frame.bytes.get(at) == byte)
        };
        let speech = speech(longest, control_ports);
        let named = fields(longest, speech, Language::En);
        let same = (0..longest.bytes.len()).filter(|at| is_same(*at)).count();
        let has_ipv4 = named.iter().any(|field| field.layer == "IPv4");
        let varying = |field: Field| {
            let places = field.start..field.start + field.len;
            let differ = places.filter(|at| !is_same(*at)).count();
            (differ > 0).then_some(Varying {
                layer: field.layer,
                name: field.name,
                start: field.start,
                len: field.len,
                differ,
                first_same: is_same(field.start),
            })
        };
        Self {
            number,
            lengths: [shortest.unwrap_or(0), longest.bytes.len()],
            same,
            varying: named.into_iter().filter_map(varying).collect(),
            has_ipv4,
        }
    }

    /// Bytes that differ, or that only some captures have.
    pub fn differ(&self) -> usize {
        self.varying.iter().map(|field| field.differ).sum()
    }

    fn field(&self, name: FieldName) -> Option<&Varying> {
        let found = |field: &&Varying| field.layer == "IPv4" && field.name == name;
        self.varying.iter().find(found)
    }
}

/// What a frame's payload is known to be by its ports.
fn speech(frame: &Frame<'_>, control_ports: &[u16]) -> Speech {
    match decode(frame).tcp() {
        Some((_, tcp)) if control_ports.contains(&tcp.dst_port) => Speech::Commands,
        Some((_, tcp)) if control_ports.contains(&tcp.src_port) => Speech::Replies,
        _ => Speech::Unknown,
    }
}

/// A field over all frames.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldTotal {
    /// The protocol that it belongs to.
    pub layer: &'static str,
    /// What it is called.
    pub name: FieldName,
    /// In how many frames it differs.
    pub frames: u64,
    /// How many of its bytes differ.
    pub differ: u64,
}

/// How often a field of two bytes differs, and where.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Halves {
    /// Frames in which it is the same in all captures.
    pub same: u64,
    /// Frames in which only its low byte differs: the high byte happened to stay.
    pub low: u64,
    /// Frames in which its high byte differs.
    pub high: u64,
}

/// The sums over all frames.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DifferenceTotals {
    /// Frames.
    pub frames: u64,
    /// Bytes that are the same in all captures.
    pub same: u64,
    /// Bytes that differ, or that only some captures have.
    pub differ: u64,
    /// Each field that differs, in the order in which they were met.
    pub fields: Vec<FieldTotal>,
    /// IP's identification.
    pub identification: Halves,
    /// The checksum of the IP header.
    pub header_checksum: Halves,
    /// Frames in which identification and header checksum are both the same, or both are not.
    pub coupled: u64,
    /// Frames with an IPv4 header.
    pub ipv4: u64,
}

impl DifferenceTotals {
    /// Takes the next frame.
    pub fn add(&mut self, frame: &FrameDifference) {
        self.frames += 1;
        self.same += count(frame.same);
        self.differ += count(frame.differ());
        let mut met: Vec<(&'static str, FieldName)> = Vec::new();
        for field in &frame.varying {
            let key = (field.layer, field.name);
            let known = |total: &FieldTotal| (total.layer, total.name) == key;
            let at = self.fields.iter().position(known).unwrap_or_else(|| {
                self.fields.push(FieldTotal {
                    layer: field.layer,
                    name: field.name,
                    frames: 0,
                    differ: 0,
                });
                self.fields.len() - 1
            });
            if let Some(total) = self.fields.get_mut(at) {
                total.frames += u64::from(!met.contains(&key));
                total.differ += count(field.differ);
            }
            met.push(key);
        }
        if !frame.has_ipv4 {
            return;
        }
        self.ipv4 += 1;
        let identification = frame.field(FieldName::Identification);
        let checksum = frame.field(FieldName::HeaderChecksum);
        self.identification.count(identification);
        self.header_checksum.count(checksum);
        self.coupled += u64::from(identification.is_some() == checksum.is_some());
    }
}

impl Halves {
    fn count(&mut self, field: Option<&Varying>) {
        match field {
            None => self.same += 1,
            Some(field) if field.first_same => self.low += 1,
            Some(_) => self.high += 1,
        }
    }
}

fn count(bytes: usize) -> u64 {
    u64::try_from(bytes).unwrap_or(u64::MAX)
}
