//! Link layers and ARP.

use std::net::Ipv4Addr;

use super::{Walk, Walker};
use crate::decode::wireless::{self, Control, DATA, Radio};
use crate::explain::FieldName as Name;
use crate::{LinkType, MacAddr};

impl Walker<'_> {
    pub(super) fn link(&mut self, link: LinkType) -> Walk {
        match link {
            LinkType::Ethernet => self.ethernet(),
            LinkType::Raw => {
                self.raw();
                Ok(())
            }
            LinkType::Null | LinkType::Loop => {
                self.layer = "loopback";
                let field: [u8; 4] = self.array(Name::Family)?;
                let family = u32::from_le_bytes(field).min(u32::from_be_bytes(field));
                self.value(family.to_string());
                self.raw();
                Ok(())
            }
            LinkType::LinuxSll => self.cooked(),
            LinkType::LinuxSll2 => self.cooked2(),
            LinkType::Ppp => self.ppp(),
            LinkType::PppSerial => match self.left().first() {
                Some(0x0f | 0x8f) => self.cisco(),
                _ => self.ppp(),
            },
            LinkType::Pppoe => self.pppoe(),
            LinkType::CiscoHdlc => self.cisco(),
            LinkType::Ieee80211 => self.wireless(Radio::default()),
            LinkType::Prism => self.radio("Prism", wireless::prism(self.bytes)),
            LinkType::Radiotap => self.radio("radiotap", wireless::radiotap(self.bytes)),
            LinkType::Avs => self.radio("AVS", wireless::avs(self.bytes)),
            LinkType::Other(_) => {
                self.layer = "link";
                Ok(())
            }
        }
    }

    fn ethernet(&mut self) -> Walk {
        self.layer = "Ethernet";
        self.mac(Name::Destination)?;
        self.mac(Name::Source)?;
        let ethertype = self.hex16(Name::EtherType)?;
        self.tagged(ethertype)
    }

    /// Past any tags, each of which takes four bytes, so that the frame bounds the loop.
    fn tagged(&mut self, mut ethertype: u16) -> Walk {
        while matches!(ethertype, 0x8100 | 0x88a8 | 0x9100 | 0x9200) {
            self.ethertype(ethertype);
            let tag = self.hex16(Name::VlanTag)?;
            self.value(format!("0x{tag:04x} (VLAN {})", tag & 0x0fff));
            ethertype = self.hex16(Name::EtherType)?;
        }
        self.ethertype(ethertype);
        self.typed(ethertype)
    }

    fn typed(&mut self, ethertype: u16) -> Walk {
        match ethertype {
            0x0800 => self.ipv4(),
            0x86dd => self.ipv6(),
            0x0806 => self.arp(),
            0x8864 => self.pppoe(),
            0x8847 | 0x8848 => self.mpls(),
            _ => Ok(()),
        }
    }

    fn ethertype(&mut self, ethertype: u16) {
        let name = match ethertype {
            0x0800 => "IPv4",
            0x0806 => "ARP",
            0x86dd => "IPv6",
            0x8100 => "802.1Q",
            0x88a8 => "802.1ad",
            0..=1500 => {
                self.value(ethertype.to_string());
                if let Some(field) = self.fields.last_mut() {
                    field.name = Name::Length;
                }
                return;
            }
            _ => return,
        };
        self.value(format!("0x{ethertype:04x} ({name})"));
    }

    fn raw(&mut self) {
        // A packet that is neither is data.
        let _ = match self.left().first().map(|byte| byte >> 4) {
            Some(4) => self.ipv4(),
            Some(6) => self.ipv6(),
            _ => Ok(()),
        };
    }

    fn cooked(&mut self) -> Walk {
        self.layer = "Linux cooked";
        self.u16(Name::PacketType)?;
        self.u16(Name::HardwareType)?;
        self.u16(Name::AddressLength)?;
        self.some(Name::Address, 8)?;
        let ethertype = self.hex16(Name::EtherType)?;
        self.tagged(ethertype)
    }

    fn cooked2(&mut self) -> Walk {
        self.layer = "Linux cooked 2";
        let ethertype = self.hex16(Name::EtherType)?;
        self.ethertype(ethertype);
        self.some(Name::Reserved, 2)?;
        self.u32(Name::InterfaceIndex)?;
        self.u16(Name::HardwareType)?;
        self.u8(Name::PacketType)?;
        self.u8(Name::AddressLength)?;
        self.some(Name::Address, 8)?;
        self.typed(ethertype)
    }

    /// RFC 1661, with its address and control field or without.
    fn ppp(&mut self) -> Walk {
        self.layer = "PPP";
        if matches!(self.left(), [0xff | 0 | 1, 0x03, ..]) {
            self.hex16(Name::AddressControl)?;
        }
        let protocol = if self.left().first().is_some_and(|first| first % 2 == 1) {
            self.u8(Name::Protocol)?.into()
        } else {
            self.hex16(Name::Protocol)?
        };
        let (name, walk): (_, fn(&mut Self) -> Walk) = match protocol {
            0x0021 => ("IPv4", Self::ipv4),
            0x0057 => ("IPv6", Self::ipv6),
            0x0281 | 0x0283 => ("MPLS", Self::mpls),
            _ => return Ok(()),
        };
        self.value(format!("0x{protocol:04x} ({name})"));
        walk(self)
    }

    /// RFC 2516.
    fn pppoe(&mut self) -> Walk {
        self.layer = "PPPoE";
        let [version_type] = self.array(Name::VersionType)?;
        self.value(format!("{}, {}", version_type >> 4, version_type & 0xf));
        let code = self.u8(Name::Code)?;
        self.hex16(Name::Session)?;
        let len = self.u16(Name::Length)?;
        if code == 0 {
            self.within(len.into(), Self::ppp);
        }
        Ok(())
    }

    fn cisco(&mut self) -> Walk {
        self.layer = "HDLC";
        self.hex16(Name::AddressControl)?;
        let ethertype = self.hex16(Name::EtherType)?;
        self.ethertype(ethertype);
        self.typed(ethertype)
    }

    /// Labels up to the last one, each of four bytes.
    fn mpls(&mut self) -> Walk {
        self.layer = "MPLS";
        loop {
            let entry = u32::from_be_bytes(self.array(Name::Label)?);
            self.value(format!("{} (TTL {})", entry >> 12, entry & 0xff));
            if entry & 0x100 != 0 {
                break;
            }
        }
        self.raw();
        Ok(())
    }

    /// What a radio noted, which is not taken apart, and the frame behind it.
    fn radio(&mut self, layer: &'static str, radio: Option<Radio>) -> Walk {
        self.layer = layer;
        let Some(radio) = radio else {
            return Ok(());
        };
        self.some(Name::RadioHeader, radio.len)?;
        self.wireless(radio)
    }

    fn wireless(&mut self, radio: Radio) -> Walk {
        self.layer = "802.11";
        let begin = self.at;
        let control = Control(u16::from_le_bytes(self.array(Name::FrameControl)?));
        self.value(format!("0x{:04x}", control.0));
        if control.kind() != DATA {
            return Ok(());
        }
        let duration = u16::from_le_bytes(self.array(Name::Duration)?);
        self.value(format!("{duration} µs"));
        for _ in 0..3 {
            self.mac(Name::Address)?;
        }
        let sequence = u16::from_le_bytes(self.array(Name::SequenceNumber)?);
        self.value((sequence >> 4).to_string());
        if control.enters_distribution() && control.leaves_distribution() {
            self.mac(Name::Address)?;
        }
        if control.has_quality() {
            self.some(Name::TypeOfService, 2)?;
        }
        if radio.padded {
            let header = self.at - begin;
            self.some(Name::Padding, header.next_multiple_of(4) - header)?;
        }
        if control.is_null() || control.is_protected() {
            return Ok(());
        }
        self.layer = "LLC";
        let header = self.some(Name::ServicePoints, 3)?;
        if header != [0xaa, 0xaa, 3] {
            return Ok(());
        }
        self.some(Name::Organization, 3)?;
        let ethertype = self.hex16(Name::EtherType)?;
        self.ethertype(ethertype);
        self.typed(ethertype)
    }

    /// RFC 826.
    fn arp(&mut self) -> Walk {
        self.layer = "ARP";
        let hardware = self.u16(Name::HardwareType)?;
        if hardware == 1 {
            self.value("1 (Ethernet)");
        }
        let protocol = self.hex16(Name::ProtocolType)?;
        self.ethertype(protocol);
        let lengths = (
            self.u8(Name::HardwareLength)?,
            self.u8(Name::ProtocolLength)?,
        );
        match self.u16(Name::Operation)? {
            1 => self.value("1 (request)"),
            2 => self.value("2 (reply)"),
            _ => {}
        }
        for (hardware, protocol) in [
            (Name::SenderHardware, Name::SenderProtocol),
            (Name::TargetHardware, Name::TargetProtocol),
        ] {
            if lengths == (6, 4) {
                self.mac(hardware)?;
                let address: [u8; 4] = self.array(protocol)?;
                self.value(Ipv4Addr::from(address).to_string());
            } else {
                self.some(hardware, lengths.0.into())?;
                self.some(protocol, lengths.1.into())?;
            }
        }
        self.rest(Name::Padding);
        Ok(())
    }

    fn mac(&mut self, name: Name) -> Walk {
        let address = MacAddr(self.array(name)?);
        self.value(address.to_string());
        Ok(())
    }
}
