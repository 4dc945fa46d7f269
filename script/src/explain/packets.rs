//! What the packets must show, in words.

use super::replies::pattern;
use crate::value::Operator;
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
    let mut told = format!("a packet from {} to {}", end(&packet.from), end(&packet.to));
    let mut joint = " with";
    let mut add = |what: String| {
        told += &format!("{joint} {what}");
        joint = " and";
    };
    if let Some(flags) = packet.flags {
        add(format!("the flags {flags}"));
    }
    for (operator, length) in &packet.lengths {
        add(match operator {
            Operator::Equal => format!("{length} bytes of data"),
            Operator::NotEqual => format!("other than {length} bytes of data"),
            Operator::Less => format!("less than {length} bytes of data"),
            Operator::LessOrEqual => format!("at most {length} bytes of data"),
            Operator::Greater => format!("more than {length} bytes of data"),
            Operator::GreaterOrEqual => format!("at least {length} bytes of data"),
        });
    }
    for held in &packet.payload {
        told += ", ";
        told += &pattern(held);
    }
    told
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
