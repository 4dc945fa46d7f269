//! TCP (RFC 9293), UDP (RFC 768), ICMP (RFC 792, RFC 4443).

use super::{Speech, Walk, Walker};
use crate::explain::FieldName as Name;

impl Walker<'_> {
    pub(super) fn transport(&mut self, protocol: u8) -> Walk {
        match protocol {
            6 => self.tcp(),
            17 => self.udp(),
            1 | 58 => {
                self.layer = if protocol == 1 { "ICMP" } else { "ICMPv6" };
                self.u8(Name::Kind)?;
                self.u8(Name::Code)?;
                self.hex16(Name::Checksum)?;
                self.some(Name::RestOfHeader, 4)?;
                Ok(())
            }
            _ => {
                self.layer = "payload";
                Ok(())
            }
        }
    }

    fn tcp(&mut self) -> Walk {
        self.layer = "TCP";
        self.u16(Name::SourcePort)?;
        self.u16(Name::DestinationPort)?;
        self.u32(Name::SequenceNumber)?;
        self.u32(Name::AckNumber)?;
        let [offset] = self.array(Name::HeaderLength)?;
        let header = usize::from(offset >> 4) * 4;
        let reserved = offset & 0x0f;
        self.value(match reserved {
            0 => self.language.bytes(header),
            _ => format!("{}, reserved 0x{reserved:x}", self.language.bytes(header)),
        });
        let [flags] = self.array(Name::Flags)?;
        let set: Vec<_> = ["FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"]
            .into_iter()
            .enumerate()
            .filter(|(bit, _)| flags >> bit & 1 == 1)
            .map(|(_, name)| name)
            .collect();
        self.value(format!("0x{flags:02x} ({})", set.join(", ")));
        self.u16(Name::Window)?;
        self.hex16(Name::Checksum)?;
        self.u16(Name::UrgentPointer)?;
        let options = header.saturating_sub(20);
        if options > self.left().len() {
            self.rest(Name::CutShort);
            return Ok(());
        }
        self.within(options, Self::tcp_options);
        match self.speech {
            Speech::Commands => self.commands(),
            Speech::Replies => self.replies(),
            Speech::Unknown => Ok(()),
        }
    }

    fn tcp_options(&mut self) -> Walk {
        // Each turn takes a byte at least.
        while let [kind, after @ ..] = self.left() {
            if *kind <= 1 {
                self.some(Name::Option, 1)?;
                self.value(if *kind == 0 {
                    "end of options"
                } else {
                    "no operation"
                });
                continue;
            }
            let len = usize::from(after.first().copied().unwrap_or_default());
            if len < 2 {
                self.rest(Name::CutShort);
                return Ok(());
            }
            let bytes = self.some(Name::Option, len)?;
            let value = bytes.get(2..).unwrap_or_default();
            let numbers: Vec<u32> = value
                .chunks_exact(4)
                .filter_map(|chunk| chunk.first_chunk().copied())
                .map(u32::from_be_bytes)
                .collect();
            let text = match (*kind, value, numbers.as_slice()) {
                (2, [high, low], _) => {
                    let size = u16::from_be_bytes([*high, *low]);
                    format!("maximum segment size {size}")
                }
                (3, [shift], _) => format!("window scale {shift}"),
                (4, [], _) => "SACK permitted".to_owned(),
                (5, _, edges) => format!("SACK {edges:?}"),
                (8, _, [value, echo]) => format!("timestamps {value}, echo {echo}"),
                _ => format!("kind {kind}"),
            };
            self.value(text);
        }
        Ok(())
    }

    fn udp(&mut self) -> Walk {
        self.layer = "UDP";
        let ports = [
            self.u16(Name::SourcePort)?,
            self.u16(Name::DestinationPort)?,
        ];
        let len = usize::from(self.u16(Name::Length)?);
        self.hex16(Name::Checksum)?;
        self.within(len.saturating_sub(8), |walker| {
            if ports.contains(&53) {
                walker.dns()
            } else {
                Ok(())
            }
        });
        Ok(())
    }
}
