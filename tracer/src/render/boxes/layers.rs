//! The layers below and beside TCP: link, IP, ARP, UDP, ICMP.

use super::{Walk, ports};
use crate::Language;
use crate::explain::FieldName as Name;
use crate::fields::Field;

impl<'a> Walk<'a> {
    /// The fields of one layer, which stand side by side in the frame.
    pub(super) fn layer(&mut self, fields: &[Field]) {
        match fields.first().map_or("", |field| field.layer) {
            "Ethernet" => self.ethernet(fields),
            "IPv4" => self.ipv4(fields),
            "IPv6" => self.ipv6(fields),
            "TCP" => self.tcp(fields),
            "UDP" => self.udp(fields),
            "ICMP" => self.icmp("ICMP - Internet Control Messages Protocol", fields),
            "ICMPv6" => self.icmp("ICMPv6 - Internet Control Messages Protocol", fields),
            "ARP" => self.arp(fields),
            "DNS" => self.named("DNS - Domain Name System Protocol", fields),
            "Linux cooked" | "Linux cooked 2" => self.named("Linux Cooked Header", fields),
            "loopback" => self.named("Loopback Header", fields),
            // Behind the packet of IP.
            "link" => self.data("Extra Bytes", self.span(fields)),
            _ => self.data("Data Area", self.span(fields)),
        }
    }

    /// The bytes of fields that stand side by side.
    fn span(&self, fields: &[Field]) -> &'a [u8] {
        let start = fields.first().map_or(0, |field| field.start);
        let end = fields.last().map_or(0, |field| field.start + field.len);
        self.bytes.get(start..end).unwrap_or_default()
    }

    fn ethernet(&mut self, fields: &[Field]) {
        self.lines.heading("Ethernet Header");
        for field in fields {
            let bytes = self.of(field);
            match field.name {
                Name::Destination => self.lines.field("Destination", &field.value),
                Name::Source => self.lines.field("Source", &field.value),
                Name::EtherType => {
                    let kind = number(bytes);
                    let name = match kind {
                        0x0800 => " IP",
                        0x0806 => " ARP",
                        0x8100 => " 802.1Q",
                        0x86dd => " IPv6",
                        0x88a8 => " 802.1ad",
                        _ => "",
                    };
                    self.lines
                        .field("Protocol Type", format!("0x{kind:04X}{name}"));
                }
                Name::Length => self.lines.field("Length", number(bytes)),
                Name::VlanTag => {
                    let tag = number(bytes);
                    let (priority, drop, id) = (tag >> 13, tag >> 12 & 1, tag & 0x0fff);
                    self.lines.field("VLAN Priority", priority);
                    self.lines.field("VLAN Drop Eligible", drop);
                    self.lines.field("VLAN ID", id);
                }
                Name::CutShort => self.cut(bytes),
                _ => self.data("Data Area", bytes),
            }
        }
    }

    fn ipv4(&mut self, fields: &[Field]) {
        self.lines.heading("IP Header - Internet Protocol Datagram");
        let mut options: &[u8] = &[];
        let mut whole = false;
        let mut data: &[u8] = &[];
        for field in fields {
            let bytes = self.of(field);
            match field.name {
                Name::VersionHeaderLength => {
                    let byte = bytes.first().copied().unwrap_or_default();
                    self.lines.field("Version", byte >> 4);
                    self.lines.field(
                        "Header Length",
                        format!("{} ({} bytes)", byte & 15, u16::from(byte & 15) * 4),
                    );
                }
                Name::TypeOfService => {
                    self.lines
                        .field("Type of Service", format!("%{:08b}", number(bytes)));
                }
                Name::TotalLength => self.lines.field("Total Length", number(bytes)),
                Name::Identification => self.lines.field("Identifier", number(bytes)),
                Name::FlagsOffset => self.fragment(number(bytes)),
                Name::TimeToLive => self.lines.field("Time To Live", number(bytes)),
                Name::Protocol => self.protocol("Protocol", number(bytes)),
                Name::HeaderChecksum => self.checksum("Header Checksum", bytes),
                Name::Source => self.lines.field("Source IP Address", &field.value),
                Name::Destination => {
                    self.lines.field("Dest. IP Address", &field.value);
                    whole = true;
                }
                Name::Options => options = bytes,
                Name::CutShort => self.cut(bytes),
                _ => data = bytes,
            }
        }
        if !options.is_empty() {
            self.data("IP Options", options);
        } else if whole {
            self.lines.remark("No IP Options");
        }
        self.data("Data Area", data);
    }

    fn fragment(&mut self, field: u16) {
        let (flags, offset) = (field >> 13, field & 0x1fff);
        let may = if flags & 2 == 0 { "May" } else { "Do Not" };
        let last = if flags & 1 == 0 { "Last" } else { "More" };
        let fragments = if flags & 1 == 0 {
            "Fragment"
        } else {
            "Fragments"
        };
        self.lines.field(
            "Fragmentation Flags",
            format!("%{flags:03b} {may} Fragment, {last} {fragments}"),
        );
        let bytes = u32::from(offset) * 8;
        self.lines
            .field("Fragment Offset", format!("{offset} ({bytes} bytes)"));
    }

    fn ipv6(&mut self, fields: &[Field]) {
        self.lines
            .heading("IPv6 Header - Internet Protocol Datagram");
        let mut extended = false;
        for field in fields {
            let bytes = self.of(field);
            match field.name {
                Name::VersionClassFlow => {
                    let four = bytes.first_chunk().copied().map_or(0, u32::from_be_bytes);
                    let (class, flow) = (four >> 20 & 0xff, four & 0x000f_ffff);
                    self.lines.field("Version", four >> 28);
                    self.lines.field("Traffic Class", format!("%{class:08b}"));
                    self.lines.field("Flow Label", format!("0x{flow:05X}"));
                }
                Name::PayloadLength => self.lines.field("Payload Length", number(bytes)),
                Name::NextHeader => {
                    if extended {
                        self.lines.heading("IPv6 Extension Header");
                    }
                    self.protocol("Next Header", number(bytes));
                }
                Name::HopLimit => self.lines.field("Hop Limit", number(bytes)),
                Name::Source => self.lines.field("Source IP Address", &field.value),
                Name::Destination => {
                    self.lines.field("Dest. IP Address", &field.value);
                    extended = true;
                }
                Name::ExtensionLength => self.lines.field(
                    "Header Length",
                    format!("{} ({} bytes)", number(bytes), number(bytes) * 8 + 8),
                ),
                Name::Reserved => self.lines.field("Reserved", number(bytes)),
                Name::ExtensionData => {
                    let hex = super::hex(bytes);
                    self.lines.field("Data", format!("0x{hex}"));
                }
                Name::CutShort => self.cut(bytes),
                _ => self.data("Data Area", bytes),
            }
        }
    }

    fn udp(&mut self, fields: &[Field]) {
        self.lines.heading("UDP - User Datagram Protocol");
        for field in fields {
            let bytes = self.of(field);
            match field.name {
                Name::SourcePort => self.port("Source Port", bytes),
                Name::DestinationPort => self.port("Destination Port", bytes),
                Name::Length => self.lines.field("Length", number(bytes)),
                Name::Checksum => self.checksum("Checksum", bytes),
                Name::CutShort => self.cut(bytes),
                _ => self.data("UDP Data Area", bytes),
            }
        }
    }

    fn icmp(&mut self, heading: &str, fields: &[Field]) {
        self.lines.heading(heading);
        for field in fields {
            let bytes = self.of(field);
            match field.name {
                Name::Kind => {
                    let kind = number(bytes);
                    let name = match (field.layer, kind) {
                        ("ICMP", 0) | ("ICMPv6", 129) => " Echo Reply",
                        ("ICMP", 3) | ("ICMPv6", 1) => " Destination Unreachable",
                        ("ICMP", 8) | ("ICMPv6", 128) => " Echo Request",
                        ("ICMP", 11) | ("ICMPv6", 3) => " Time Exceeded",
                        ("ICMPv6", 2) => " Packet Too Big",
                        ("ICMPv6", 135) => " Neighbor Solicitation",
                        ("ICMPv6", 136) => " Neighbor Advertisement",
                        _ => "",
                    };
                    self.lines.field("ICMP Type", format!("{kind}{name}"));
                }
                Name::Code => self.lines.field("Code", number(bytes)),
                Name::Checksum => self.checksum("Checksum", bytes),
                Name::RestOfHeader => {
                    let hex = super::hex(bytes);
                    self.lines.field("Rest of Header", format!("0x{hex}"));
                }
                Name::CutShort => self.cut(bytes),
                _ => self.data("ICMP Data Area", bytes),
            }
        }
    }

    fn arp(&mut self, fields: &[Field]) {
        self.lines.heading("ARP - Address Resolution Protocol");
        for field in fields {
            let bytes = self.of(field);
            match field.name {
                Name::HardwareType => {
                    let kind = number(bytes);
                    let name = if kind == 1 { " Ethernet" } else { "" };
                    self.lines.field("Hardware", format!("{kind}{name}"));
                }
                Name::ProtocolType => {
                    let kind = number(bytes);
                    let name = if kind == 0x0800 { " IP" } else { "" };
                    self.lines.field("Protocol", format!("0x{kind:04X}{name}"));
                }
                Name::HardwareLength => {
                    self.lines.field("Hardware Address Length", number(bytes));
                }
                Name::ProtocolLength => {
                    self.lines.field("Protocol Address Length", number(bytes));
                }
                Name::Operation => {
                    let operation = number(bytes);
                    let name = match operation {
                        1 => " ARP Request",
                        2 => " ARP Response",
                        _ => "",
                    };
                    self.lines.field("Operation", format!("{operation}{name}"));
                }
                Name::SenderHardware => self.lines.field("Sender Hardware Address", &field.value),
                Name::SenderProtocol => self.lines.field("Sender Internet Address", &field.value),
                Name::TargetHardware => self.lines.field("Target Hardware Address", &field.value),
                Name::TargetProtocol => self.lines.field("Target Internet Address", &field.value),
                Name::CutShort => self.cut(bytes),
                _ => self.data("Extra Bytes", bytes),
            }
        }
    }

    /// A layer that `EtherPeek` had no such box for: the fields under our own names.
    fn named(&mut self, heading: &str, fields: &[Field]) {
        self.lines.heading(heading);
        for field in fields {
            if field.value.is_empty() {
                let bytes = self.of(field);
                let hex: Vec<_> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
                self.lines
                    .field(field.name.text(Language::En), hex.join(" "));
            } else {
                self.lines
                    .field(field.name.text(Language::En), &field.value);
            }
        }
    }

    /// A header that ends too soon.
    pub(super) fn cut(&mut self, bytes: &[u8]) {
        let hex: Vec<_> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        self.lines.field("Cut Short", hex.join(" "));
    }

    pub(super) fn port(&mut self, name: &str, bytes: &[u8]) {
        let port = number(bytes);
        match ports::name(port).filter(|_| self.names) {
            Some(service) => self.lines.field(name, format!("{port} {service}")),
            None => self.lines.field(name, port),
        }
    }

    pub(super) fn checksum(&mut self, name: &str, bytes: &[u8]) {
        self.lines.field(name, format!("0x{:04X}", number(bytes)));
    }

    fn protocol(&mut self, field: &str, protocol: u16) {
        let name = match protocol {
            0 => " Hop-by-Hop Options",
            1 => " ICMP - Internet Control Messages Protocol",
            2 => " IGMP - Internet Group Management Protocol",
            6 => " TCP - Transmission Control Protocol",
            17 => " UDP - User Datagram Protocol",
            43 => " Routing",
            44 => " Fragment",
            47 => " GRE - Generic Routing Encapsulation",
            50 => " ESP - Encapsulating Security Payload",
            58 => " ICMPv6 - Internet Control Messages Protocol",
            59 => " No Next Header",
            60 => " Destination Options",
            89 => " OSPF - Open Shortest Path First",
            132 => " SCTP - Stream Control Transmission Protocol",
            _ => "",
        };
        self.lines.field(field, format!("{protocol}{name}"));
    }
}

/// A number of one or two bytes.
fn number(bytes: &[u8]) -> u16 {
    match bytes {
        [one] => u16::from(*one),
        [high, low] => u16::from_be_bytes([*high, *low]),
        _ => 0,
    }
}
