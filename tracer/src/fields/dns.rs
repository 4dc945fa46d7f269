//! DNS messages (RFC 1035 §4).

use std::net::{Ipv4Addr, Ipv6Addr};

use super::{Walk, Walker};
use crate::explain::FieldName as Name;
use crate::note::Text;

/// Pointers followed within one name; more is a loop.
const JUMPS: usize = 16;
/// The longest name in bytes (RFC 1035 §2.3.4).
const NAME: usize = 255;

impl Walker<'_> {
    pub(super) fn dns(&mut self) -> Walk {
        self.layer = "DNS";
        let start = self.at;
        self.hex16(Name::Identification)?;
        let flags = self.hex16(Name::Flags)?;
        let what = if flags & 0x8000 == 0 {
            "query"
        } else {
            "response"
        };
        self.value(format!("0x{flags:04x} ({what}, code {})", flags & 15));
        let questions = self.u16(Name::Questions)?;
        let mut records = 0;
        for name in [Name::Answers, Name::Authorities, Name::Additionals] {
            records += u32::from(self.u16(name)?);
        }
        // Each takes bytes or ends the walk.
        for _ in 0..questions {
            self.name_type_class(start)?;
        }
        for _ in 0..records {
            let kind = self.name_type_class(start)?;
            self.u32(Name::TimeToLive)?;
            let len = usize::from(self.u16(Name::Length)?);
            let at = self.at;
            let data = self.some(Name::RecordData, len)?;
            let text = match (kind, data) {
                (1, [a, b, c, d]) => Ipv4Addr::new(*a, *b, *c, *d).to_string(),
                (28, data) => match <[u8; 16]>::try_from(data) {
                    Ok(address) => Ipv6Addr::from(address).to_string(),
                    Err(_) => String::new(),
                },
                (2 | 5 | 12, [_, ..]) => self.name(start, at),
                _ => String::new(),
            };
            if len > 0 {
                self.value(text);
            }
        }
        Ok(())
    }

    fn name_type_class(&mut self, start: usize) -> Result<u16, super::Cut> {
        let at = self.at;
        let len = self.name_len();
        self.some(Name::RecordName, len)?;
        let name = self.name(start, at);
        self.value(name);
        let kind = self.u16(Name::RecordType)?;
        let known = match kind {
            1 => "A",
            2 => "NS",
            5 => "CNAME",
            6 => "SOA",
            12 => "PTR",
            15 => "MX",
            16 => "TXT",
            28 => "AAAA",
            33 => "SRV",
            41 => "OPT",
            _ => "",
        };
        if !known.is_empty() {
            self.value(format!("{kind} ({known})"));
        }
        if self.u16(Name::RecordClass)? == 1 {
            self.value("1 (IN)");
        }
        Ok(kind)
    }

    /// Bytes that the name takes here: labels up to the empty one or to a pointer.
    fn name_len(&self) -> usize {
        let left = self.left();
        let mut len = 0;
        loop {
            match left.get(len) {
                None => return left.len() + 1, // one more than there is: cut short
                Some(0) => return len + 1,
                Some(byte) if byte & 0xc0 == 0xc0 => return len + 2,
                Some(byte) => len += 1 + usize::from(*byte),
            }
        }
    }

    /// The name at `at` of a message that begins at `start`, its pointers followed.
    fn name(&self, start: usize, mut at: usize) -> String {
        let mut name = Vec::new();
        let mut jumps = 0;
        while let Some(&len) = self.bytes.get(at).filter(|_| at < self.limit) {
            if len & 0xc0 == 0xc0 {
                let low = self.bytes.get(at + 1).copied().unwrap_or_default();
                at = start + usize::from(u16::from_be_bytes([len & 0x3f, low]));
                jumps += 1;
                if jumps > JUMPS {
                    break;
                }
                continue;
            }
            let label = self.bytes.get(at + 1..at + 1 + usize::from(len));
            let Some(label) = label.filter(|label| !label.is_empty()) else {
                break;
            };
            name.extend_from_slice(label);
            name.push(b'.');
            at += 1 + label.len();
            if name.len() > NAME {
                break;
            }
        }
        if name.is_empty() {
            name.push(b'.');
        }
        Text::new(&name).to_string()
    }
}
