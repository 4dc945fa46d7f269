//! What the packets must show, in words.

use crate::wire::{End, Host, Port, Wire, WirePacket};

pub(super) fn wire(wire: &Wire) -> String {
    match wire {
        Wire::Packet(packet) => format!("on the wire comes {}", described(packet)),
        Wire::NoPacket(packet) => format!("on the wire never comes {}", described(packet)),
        Wire::NothingTo(to) => format!("no packet goes to {}", end(to)),
        Wire::FirstFin { host: whose, port } => {
            format!("the first FIN of {} is that of {}", on(port), host(whose))
        }
        Wire::NoReset(port) => format!("no RST ends {}", on(port)),
    }
}

fn described(packet: &WirePacket) -> String {
    let flags = packet
        .flags
        .map_or_else(String::new, |flags| format!(" with the flags {flags}"));
    let length = packet
        .length
        .as_ref()
        .map_or_else(String::new, |length| format!(" and {length} bytes of data"));
    let (from, to) = (end(&packet.from), end(&packet.to));
    format!("a packet from {from} to {to}{flags}{length}")
}

fn on(port: &Port) -> &'static str {
    match port {
        Port::Control => "the control connection",
        _ => "each data connection",
    }
}

fn end(end: &End) -> String {
    let host = host(&end.host);
    match &end.port {
        Port::Any => host,
        Port::Control => format!("{host} (control connection)"),
        Port::Data => format!("{host} (data connection)"),
        Port::Number(number) => format!("{host} port {number}"),
    }
}

fn host(host: &Host) -> String {
    match host {
        Host::Client => "the client".into(),
        Host::Server => "the server".into(),
        Host::Any => "any host".into(),
        Host::Address(address) => address.to_string(),
    }
}
