//! The fields of a frame: every byte belongs to exactly one of them.
//!
//! A walker takes the bytes from the first to the last and gives each group its name and value.
//! What no protocol claims is data or padding; where a header ends too soon, the rest is cut
//! short. So the fields of a frame cover it without gap or overlap by construction.

mod dns;
mod ftp;
mod ip;
mod link;
mod transport;

use crate::explain::FieldName;
use crate::{Frame, Language};

/// A group of bytes of a frame with one meaning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// The protocol that it belongs to: `Ethernet`, `IPv4`, `TCP`.
    pub layer: &'static str,
    /// Where its first byte is in the frame, from 0.
    pub start: usize,
    /// How many bytes it has, at least one.
    pub len: usize,
    /// What it is called.
    pub name: FieldName,
    /// What its bytes say: numbers in decimal with their meaning; empty for bytes without one.
    pub value: String,
}

/// What the payload of a TCP segment is known to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Speech {
    /// Command lines of an FTP client.
    Commands,
    /// Reply lines of an FTP server.
    Replies,
    /// Anything else.
    Unknown,
}

/// The fields of a frame from its first byte to its last. There are at most as many fields as
/// bytes.
pub fn fields(frame: &Frame<'_>, speech: Speech, language: Language) -> Vec<Field> {
    let mut walker = Walker {
        bytes: frame.bytes,
        at: 0,
        limit: frame.bytes.len(),
        layer: "",
        fields: Vec::new(),
        speech,
        language,
    };
    // A header that was cut short took all that was left.
    let _ = walker.link(frame.link);
    walker.limit = frame.bytes.len();
    walker.rest(FieldName::Data);
    walker.fields
}

/// A header ends too soon; what there was of it has its field.
struct Cut;

type Walk = Result<(), Cut>;

struct Walker<'a> {
    bytes: &'a [u8],
    /// The next byte that has no field yet.
    at: usize,
    /// Where the layer at hand ends.
    limit: usize,
    layer: &'static str,
    fields: Vec<Field>,
    speech: Speech,
    language: Language,
}

impl<'a> Walker<'a> {
    fn left(&self) -> &'a [u8] {
        self.bytes.get(self.at..self.limit).unwrap_or_default()
    }

    /// The next `len` bytes as a field whose value is not yet known.
    fn some(&mut self, name: FieldName, len: usize) -> Result<&'a [u8], Cut> {
        let left = self.left();
        let Some(bytes) = left.get(..len) else {
            self.rest(FieldName::CutShort);
            return Err(Cut);
        };
        if len > 0 {
            self.fields.push(Field {
                layer: self.layer,
                start: self.at,
                len,
                name,
                value: String::new(),
            });
            self.at += len;
        }
        Ok(bytes)
    }

    fn array<const N: usize>(&mut self, name: FieldName) -> Result<[u8; N], Cut> {
        let bytes = self.some(name, N)?;
        bytes.first_chunk().copied().ok_or(Cut)
    }

    /// The value of the last field.
    fn value(&mut self, value: impl Into<String>) {
        if let Some(field) = self.fields.last_mut() {
            field.value = value.into();
        }
    }

    /// A number of one byte, shown in decimal.
    fn u8(&mut self, name: FieldName) -> Result<u8, Cut> {
        let [value] = self.array(name)?;
        self.value(value.to_string());
        Ok(value)
    }

    /// A number of two bytes, shown in decimal.
    fn u16(&mut self, name: FieldName) -> Result<u16, Cut> {
        let value = u16::from_be_bytes(self.array(name)?);
        self.value(value.to_string());
        Ok(value)
    }

    /// A number of four bytes, shown in decimal.
    fn u32(&mut self, name: FieldName) -> Result<u32, Cut> {
        let value = u32::from_be_bytes(self.array(name)?);
        self.value(value.to_string());
        Ok(value)
    }

    /// A number of two bytes, shown in hexadecimal.
    fn hex16(&mut self, name: FieldName) -> Result<u16, Cut> {
        let value = u16::from_be_bytes(self.array(name)?);
        self.value(format!("0x{value:04x}"));
        Ok(value)
    }

    /// What is left of the layer at hand.
    fn rest(&mut self, name: FieldName) {
        let len = self.left().len();
        let _ = self.some(name, len);
    }

    /// Everything up to the end of an inner layer of `len` bytes, which `inner` walks.
    fn within(&mut self, len: usize, inner: impl FnOnce(&mut Self) -> Walk) {
        let outer = self.limit;
        self.limit = self.at.saturating_add(len).min(outer);
        // Cut short or not: what is left of the inner layer is data.
        let _ = inner(self);
        self.rest(FieldName::Data);
        self.limit = outer;
    }
}
