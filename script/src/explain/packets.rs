//! What the packets must show, in words.

use super::replies::pattern;
use crate::segment::{Field, FieldWanted, OptionName, OptionWanted};
use crate::value::Operator;
use crate::wire::{End, Host, Port, Times, Wire, WirePacket};

pub(super) fn wire(wire: &Wire) -> String {
    match wire {
        Wire::Packet(packet) => format!("on the wire comes {}", described(packet)),
        Wire::NoPacket(packet) => format!("on the wire never comes {}", described(packet)),
        Wire::Count(times, packet) => {
            format!(
                "on the wire comes {} {}",
                counted(*times),
                described(packet)
            )
        }
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
    for wanted in &packet.fields {
        add(field(wanted));
    }
    for wanted in &packet.options {
        add(option(*wanted));
    }
    for held in &packet.payload {
        told += ", ";
        told += &pattern(held);
    }
    told
}

fn field(wanted: &FieldWanted) -> String {
    let value = &wanted.value;
    let number = match wanted.operator {
        Operator::Equal => value.to_string(),
        Operator::NotEqual => format!("other than {value}"),
        Operator::Less => format!("less than {value}"),
        Operator::LessOrEqual => format!("at most {value}"),
        Operator::Greater => format!("more than {value}"),
        Operator::GreaterOrEqual => format!("at least {value}"),
    };
    match wanted.field {
        Field::Length => format!("{number} bytes of data"),
        Field::Window => format!("a window of {number}, not scaled"),
        Field::TimeToLive => format!("a time to live of {number}"),
        Field::Sequence => format!("a sequence number of {number}"),
        Field::Acknowledgement => format!("an acknowledgement number of {number}"),
        Field::Urgent => format!("an urgent pointer of {number}"),
        Field::SegmentSize => format!("a maximum segment size of {number}"),
        Field::WindowScale => format!("a window scale of {number}"),
    }
}

fn option(wanted: OptionWanted) -> String {
    let name = match wanted.option {
        OptionName::SegmentSize => "maximum segment size",
        OptionName::WindowScale => "window scale",
        OptionName::SackPermitted => "permission to acknowledge selectively (SACK)",
        OptionName::Timestamps => "time stamps",
    };
    match (wanted.present, wanted.option) {
        (false, _) => format!("no {name}"),
        (true, OptionName::Timestamps) => name.to_owned(),
        (true, _) => format!("a {name}"),
    }
}

fn counted(times: Times) -> String {
    let (how, count) = match times {
        Times::Exactly(count) => ("exactly", count),
        Times::AtMost(count) => ("at most", count),
        Times::AtLeast(count) => ("at least", count),
    };
    if count == 1 {
        format!("{how} once")
    } else {
        format!("{how} {count} times")
    }
}

fn on(port: &Port) -> String {
    match port {
        Port::Control(None) => "the control connection".into(),
        Port::Control(Some(session)) => format!("the control connection of session {session}"),
        Port::Data(Some(name)) => format!("the data connection {name}"),
        _ => "each data connection".into(),
    }
}

fn end(end: &End) -> String {
    let host = host(&end.host);
    match &end.port {
        Port::Any => host,
        Port::Control(None) => format!("{host} (control connection)"),
        Port::Control(Some(session)) => format!("{host} (control connection of session {session})"),
        Port::Data(None) => format!("{host} (data connection)"),
        Port::Data(Some(name)) => format!("{host} (data connection {name})"),
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
