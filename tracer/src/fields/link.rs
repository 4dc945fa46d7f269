//! Link layers and ARP.

use std::net::Ipv4Addr;

use super::{Walk, Walker};
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
        match ethertype {
            0x0800 => self.ipv4(),
            0x86dd => self.ipv6(),
            0x0806 => self.arp(),
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
        match ethertype {
            0x0800 => self.ipv4(),
            0x86dd => self.ipv6(),
            0x0806 => self.arp(),
            _ => Ok(()),
        }
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
