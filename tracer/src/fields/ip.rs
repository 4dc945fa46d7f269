//! IPv4 (RFC 791) and IPv6 (RFC 8200).

use std::net::{Ipv4Addr, Ipv6Addr};

use super::{Walk, Walker};
use crate::explain::FieldName as Name;

impl Walker<'_> {
    pub(super) fn ipv4(&mut self) -> Walk {
        self.layer = "IPv4";
        let start = self.at;
        let first: [u8; 1] = self.array(Name::VersionHeaderLength)?;
        let header = usize::from(first[0] & 0x0f) * 4;
        let (comma, header_len) = (self.language.comma(), self.language.bytes(header));
        self.value(format!("{}{comma}{header_len}", first[0] >> 4));
        let service = self.u8(Name::TypeOfService)?;
        self.value(format!("0x{service:02x}"));
        let total = usize::from(self.u16(Name::TotalLength)?);
        self.hex16(Name::Identification)?;
        let fragment = self.hex16(Name::FlagsOffset)?;
        let offset = u32::from(fragment & 0x1fff) * 8;
        let flags = [(0x8000, "reserved, "), (0x4000, "DF, "), (0x2000, "MF, ")]
            .into_iter()
            .filter(|(bit, _)| fragment & bit != 0)
            .map(|(_, name)| name)
            .collect::<String>();
        self.value(format!("0x{fragment:04x} ({flags}offset {offset})"));
        self.u8(Name::TimeToLive)?;
        let protocol = self.u8(Name::Protocol)?;
        self.protocol(protocol);
        self.hex16(Name::HeaderChecksum)?;
        for name in [Name::Source, Name::Destination] {
            let address: [u8; 4] = self.array(name)?;
            self.value(Ipv4Addr::from(address).to_string());
        }
        self.some(Name::Options, header.saturating_sub(20))?;
        let taken = self.at - start;
        // Offloading leaves the length to the card: then the packet goes on to the end.
        let payload = if total == 0 {
            self.left().len()
        } else {
            total.saturating_sub(taken)
        };
        self.within(payload, |walker| {
            if offset > 0 {
                return Ok(());
            }
            walker.transport(protocol)
        });
        self.layer = "link";
        self.rest(Name::Padding);
        Ok(())
    }

    pub(super) fn ipv6(&mut self) -> Walk {
        self.layer = "IPv6";
        let first = u32::from_be_bytes(self.array(Name::VersionClassFlow)?);
        let (version, class, flow) = (first >> 28, first >> 20 & 0xff, first & 0x000f_ffff);
        self.value(format!("{version}, 0x{class:02x}, 0x{flow:05x}"));
        let payload = usize::from(self.u16(Name::PayloadLength)?);
        let next = self.u8(Name::NextHeader)?;
        self.protocol(next);
        self.u8(Name::HopLimit)?;
        for name in [Name::Source, Name::Destination] {
            let address: [u8; 16] = self.array(name)?;
            self.value(Ipv6Addr::from(address).to_string());
        }
        let payload = if payload == 0 {
            self.left().len()
        } else {
            payload
        };
        self.within(payload, |walker| walker.extensions(next));
        self.layer = "link";
        self.rest(Name::Padding);
        Ok(())
    }

    /// Extension headers, each of at least eight bytes, and what follows them.
    fn extensions(&mut self, mut next: u8) -> Walk {
        loop {
            let length = match next {
                0 | 43 | 60 => None,
                44 => Some(6),
                _ => return self.transport(next),
            };
            let this = next;
            next = self.u8(Name::NextHeader)?;
            self.protocol(next);
            let units = self.u8(if this == 44 {
                Name::Reserved
            } else {
                Name::ExtensionLength
            })?;
            let data = self.some(
                Name::ExtensionData,
                length.unwrap_or(6 + usize::from(units) * 8),
            )?;
            // A fragment that is not the first begins in the middle of what it carries.
            if this == 44
                && data
                    .first_chunk()
                    .is_some_and(|o| u16::from_be_bytes(*o) >= 8)
            {
                return Ok(());
            }
        }
    }

    fn protocol(&mut self, protocol: u8) {
        let name = match protocol {
            0 => "hop-by-hop options",
            1 => "ICMP",
            6 => "TCP",
            17 => "UDP",
            43 => "routing",
            44 => "fragment",
            58 => "ICMPv6",
            59 => "none",
            60 => "destination options",
            _ => return,
        };
        self.value(format!("{protocol} ({name})"));
    }
}
