//! Hosts that a trace calls by name, and the addresses that stand for them.

use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr};

use foldhash::fast::RandomState;
use hashbrown::HashMap;

/// Names remembered.
pub(super) const MAX_NAMES: usize = 4096;

/// The block that no host can have (RFC 1112 §4): what stands for names is taken from it.
const RESERVED: u32 = 0xf000_0000;

/// Names and addresses of a printed trace.
#[derive(Debug, Default)]
pub struct Hosts {
    by_name: HashMap<Box<str>, IpAddr, RandomState>,
    /// In order of appearance: the first stands for 240.0.0.1.
    named: Vec<Box<str>>,
}

/// A name, and the address that stands for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StandIn {
    /// The host's name, as the trace has it.
    pub name: String,
    /// An address of 240.0.0.0/4, which no host can have.
    pub address: IpAddr,
}

impl Hosts {
    /// The address of a host as it was written: its own, the one that a DNS answer told, or one
    /// that stands for it. `None` when there are too many names.
    pub(super) fn address(&mut self, written: &str) -> Option<IpAddr> {
        if let Ok(address) = written.parse() {
            return Some(address);
        }
        if let Some(known) = self.by_name.get(written) {
            return Some(*known);
        }
        if self.named.len() >= MAX_NAMES {
            return None;
        }
        self.named.push(written.into());
        let number = u32::try_from(self.named.len()).unwrap_or(0);
        let address = Ipv4Addr::from_bits(RESERVED | number).into();
        self.by_name.insert(written.into(), address);
        Some(address)
    }

    /// A DNS answer told the address of a name.
    pub(super) fn learn(&mut self, name: &str, address: IpAddr) {
        if self.by_name.len() < 2 * MAX_NAMES && !self.by_name.contains_key(name) {
            self.by_name.insert(name.into(), address);
        }
    }

    /// The names without an address of their own.
    pub fn stand_ins(&self) -> Vec<StandIn> {
        let mut all = Vec::new();
        for (name, number) in self.named.iter().zip(1..) {
            all.push(StandIn {
                name: name.to_string(),
                address: Ipv4Addr::from_bits(RESERVED | number).into(),
            });
        }
        all
    }

    /// Text with names in place of what stands for them.
    pub(crate) fn named<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let names = self.named.iter().map(|name| &**name);
        name_in(text, names.clone().count(), |number| {
            names.clone().nth(number)
        })
    }
}

/// Text with names in place of the addresses that stand for them.
pub(crate) fn with_names<'t>(names: &[StandIn], text: &'t str) -> Cow<'t, str> {
    name_in(text, names.len(), |number| {
        names.get(number).map(|stand_in| stand_in.name.as_str())
    })
}

fn name_in<'n, 't>(
    text: &'t str,
    count: usize,
    name: impl Fn(usize) -> Option<&'n str>,
) -> Cow<'t, str> {
    const BLOCK: &str = "240.0.";
    if count == 0 || !text.contains(BLOCK) {
        return Cow::Borrowed(text);
    }
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(BLOCK) {
        let (before, address) = rest.split_at(at);
        out.push_str(before);
        let alone = !before.ends_with(|c: char| c.is_ascii_digit() || c == '.');
        let mut end = BLOCK.len();
        let mut parts = address
            .get(end..)
            .unwrap_or_default()
            .splitn(3, |c: char| !c.is_ascii_digit());
        let (high, low) = (
            parts.next().unwrap_or_default(),
            parts.next().unwrap_or_default(),
        );
        let number = match (high.parse::<u8>(), low.parse::<u8>()) {
            (Ok(high), Ok(low)) if alone => Some(usize::from(high) << 8 | usize::from(low)),
            _ => None,
        };
        let found = number.and_then(|number| name(number.checked_sub(1)?));
        let written = format!("{BLOCK}{high}.{low}");
        match found {
            Some(found) if address.starts_with(&written) => {
                out.push_str(found);
                end = written.len();
            }
            _ => out.push_str(BLOCK),
        }
        rest = address.get(end..).unwrap_or_default();
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// Whether an address only stands for a name.
pub(crate) fn is_stand_in(address: IpAddr) -> bool {
    matches!(address, IpAddr::V4(v4) if v4.to_bits() & RESERVED == RESERVED)
}

#[cfg(test)]
mod tests {
    use super::{Hosts, with_names};

    #[test]
    fn names_stand_where_their_addresses_stood() {
        let mut hosts = Hosts::default();
        assert_eq!(hosts.address("10.0.0.1").unwrap().to_string(), "10.0.0.1");
        for name in ["a.xx", "b.xx"] {
            hosts.address(name).unwrap();
        }
        let text = "240.0.0.1.3171 dials 240.0.0.2, not 240.0.0.3 or 1240.0.0.1";
        let named = "a.xx.3171 dials b.xx, not 240.0.0.3 or 1240.0.0.1";
        assert_eq!(hosts.named(text), named);
        assert_eq!(with_names(&hosts.stand_ins(), text), named);
        hosts.learn("ftp.example", [10, 0, 0, 9].into());
        assert_eq!(
            hosts.address("ftp.example").unwrap().to_string(),
            "10.0.0.9"
        );
    }
}
