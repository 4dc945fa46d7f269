//! One packet held against what a line wants.

use std::net::IpAddr;

use script::{
    End, Field, FieldWanted, FlagsWanted, Host, OptionName, Port, Template, Variables, Wire,
    WirePacket,
};
use tracer::{TcpFlags, TcpOption, decode};

use super::ends::{Kind, Whose};
use super::recorder::Segment;
use crate::check::content::matches;

/// A packet with what is known of it.
pub(super) struct Own<'a> {
    pub(super) segment: &'a Segment,
    /// Its numbers as tcpdump prints them.
    pub(super) seq: u32,
    pub(super) ack: u32,
    /// Nothing is known of packets that belong to nobody.
    pub(super) role: Option<Role<'a>>,
}

/// Of which connection a packet is, and who sent it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Role<'a> {
    pub(super) kind: Kind,
    pub(super) whose: &'a Whose,
    /// The client did, and not the server.
    pub(super) by_client: bool,
}

impl Role<'_> {
    /// Whether its connection is one of those on this port.
    pub(super) fn is_on(&self, port: &Port) -> bool {
        let is = |wanted: &Option<String>, name: &str| {
            wanted.as_deref().is_none_or(|wanted| wanted == name)
        };
        match port {
            Port::Control(of) => self.kind == Kind::Control && is(of, &self.whose.session),
            Port::Data(of) => self.kind == Kind::Data && is(of, &self.whose.data),
            Port::Any | Port::Number(_) => true,
        }
    }
}

/// A packet in short.
pub(super) fn told(segment: &Segment) -> String {
    let letters = [
        (TcpFlags::FIN, "F"),
        (TcpFlags::SYN, "S"),
        (TcpFlags::RST, "R"),
        (TcpFlags::PSH, "P"),
        (TcpFlags::ACK, "."),
        (TcpFlags::URG, "U"),
        (TcpFlags::ECE, "E"),
        (TcpFlags::CWR, "W"),
    ];
    let flags: String = letters
        .into_iter()
        .filter(|(flag, _)| segment.flags.contains(*flag))
        .map(|(_, letter)| letter)
        .collect();
    let Segment {
        from, to, length, ..
    } = segment;
    format!("[{flags}] {from} > {to}, {length} bytes")
}

pub(super) fn fits(packet: &Own<'_>, wanted: &WirePacket) -> bool {
    let field = |wanted: &FieldWanted| has_field(packet, wanted);
    has_flags(packet, wanted)
        && has_ends(packet, wanted)
        && wanted.fields.iter().all(field)
        && has_options(packet, wanted)
        && has_payload(packet, wanted)
}

pub(super) const ANOTHER_END: &str = "another sender or receiver";
pub(super) const OTHER_FLAGS: &str = "other flags";

/// In what a packet differs from the one that is wanted.
pub(super) fn differences(packet: &Own<'_>, wanted: &WirePacket) -> Vec<String> {
    let mut told = Vec::new();
    if !has_ends(packet, wanted) {
        told.push(match packet.role {
            Some(role) if has_ends(packet, &nameless(wanted)) => match role.kind {
                Kind::Control => "another session".to_owned(),
                Kind::Data => "another data connection".to_owned(),
            },
            _ => ANOTHER_END.to_owned(),
        });
    }
    if !has_flags(packet, wanted) {
        told.push(OTHER_FLAGS.to_owned());
    }
    let fields = wanted.fields.iter();
    for wanted in fields.filter(|wanted| !has_field(packet, wanted)) {
        let word = wanted.field.word();
        told.push(match number(packet, wanted.field) {
            _ if wanted.field == Field::Length => "another length".to_owned(),
            Some(number) => format!("{word} {number}"),
            None => format!("no {word}"),
        });
    }
    for wanted in &wanted.options {
        if has_option(packet, wanted.option) != wanted.present {
            let no = if wanted.present { "no " } else { "" };
            told.push(format!("{no}{}", wanted.option.word()));
        }
    }
    if !has_payload(packet, wanted) {
        told.push("another payload".to_owned());
    }
    told
}

/// The same between any sessions and data connections.
fn nameless(wanted: &WirePacket) -> WirePacket {
    let end = |end: &End| End {
        host: end.host.clone(),
        port: match &end.port {
            Port::Control(_) => Port::Control(None),
            Port::Data(_) => Port::Data(None),
            port => port.clone(),
        },
    };
    WirePacket {
        from: end(&wanted.from),
        to: end(&wanted.to),
        ..wanted.clone()
    }
}

fn has_flags(packet: &Own<'_>, wanted: &WirePacket) -> bool {
    let flags = packet.segment.flags;
    wanted.flags.is_none_or(|wanted| has(flags, wanted))
}

fn has_ends(packet: &Own<'_>, wanted: &WirePacket) -> bool {
    is_end(packet, &wanted.from, false) && is_end(packet, &wanted.to, true)
}

fn has_field(packet: &Own<'_>, wanted: &FieldWanted) -> bool {
    // Its variables were filled when the line was played, with what is a number.
    let value = wanted.value.fill(&Variables::new()).unwrap_or_default();
    number(packet, wanted.field)
        .is_some_and(|number| wanted.operator.holds(number.to_string().as_bytes(), &value))
}

/// A number of the packet, as tcpdump prints it; none where it prints none.
fn number(packet: &Own<'_>, field: Field) -> Option<u32> {
    let segment = packet.segment;
    let with = |flag| segment.flags.contains(flag);
    match field {
        Field::Length => return Some(segment.length),
        Field::Sequence => return Some(packet.seq),
        Field::Acknowledgement => return with(TcpFlags::ACK).then_some(packet.ack),
        _ => {}
    }
    let frame = segment.frame();
    let decoded = decode(&frame);
    let (ip, tcp) = decoded.tcp()?;
    match field {
        Field::Window => Some(tcp.window.into()),
        Field::TimeToLive => Some(ip.ttl.into()),
        Field::Urgent => with(TcpFlags::URG).then_some(tcp.urgent.into()),
        _ => tcp.options.iter().find_map(|option| match (option, field) {
            (TcpOption::Mss(bytes), Field::SegmentSize) => Some(bytes.into()),
            (TcpOption::WindowScale(bits), Field::WindowScale) => Some(bits.into()),
            _ => None,
        }),
    }
}

fn has_options(packet: &Own<'_>, wanted: &WirePacket) -> bool {
    let mut options = wanted.options.iter();
    options.all(|wanted| has_option(packet, wanted.option) == wanted.present)
}

fn has_option(packet: &Own<'_>, wanted: OptionName) -> bool {
    let frame = packet.segment.frame();
    let decoded = decode(&frame);
    decoded.tcp().is_some_and(|(_, tcp)| {
        tcp.options.iter().any(|option| {
            matches!(
                (option, wanted),
                (TcpOption::Mss(_), OptionName::SegmentSize)
                    | (TcpOption::WindowScale(_), OptionName::WindowScale)
                    | (TcpOption::SackPermitted, OptionName::SackPermitted)
                    | (TcpOption::Timestamps { .. }, OptionName::Timestamps)
            )
        })
    })
}

fn has_payload(packet: &Own<'_>, wanted: &WirePacket) -> bool {
    let payload = packet.segment.payload();
    let mut held = wanted.payload.iter();
    held.all(|pattern| matches(payload, pattern, &mut Variables::new()).is_ok())
}

/// SYN, FIN and RST are as wanted, each of them; the others are there when they are wanted. A SYN
/// alone has no ACK, and `.` alone is nothing but an acknowledgement, with or without ECN's flags.
fn has(flags: TcpFlags, wanted: FlagsWanted) -> bool {
    let is = |flag| flags.contains(flag);
    let alone = wanted
        == FlagsWanted {
            ack: true,
            ..FlagsWanted::default()
        };
    is(TcpFlags::SYN) == wanted.syn
        && (is(TcpFlags::FIN) == wanted.fin || wanted.fin_or_not)
        && is(TcpFlags::RST) == wanted.rst
        && (is(TcpFlags::PSH) == wanted.psh || !wanted.psh && !alone)
        && (is(TcpFlags::ACK) == wanted.ack || !wanted.ack && !wanted.syn)
        && (is(TcpFlags::URG) == wanted.urg || !wanted.urg && !alone)
        && (is(TcpFlags::ECE) || !wanted.ece)
        && (is(TcpFlags::CWR) || !wanted.cwr)
}

pub(super) fn is_end(packet: &Own<'_>, end: &End, to: bool) -> bool {
    let address = if to {
        packet.segment.to
    } else {
        packet.segment.from
    };
    let port = match &end.port {
        Port::Any => true,
        Port::Number(number) => is_number(number, address.port().into()),
        port => packet.role.is_some_and(|role| role.is_on(port)),
    };
    port && is_host(&end.host, address.ip(), packet.role, to)
}

/// Whether the sender, or the receiver, is this host.
pub(super) fn is_host(host: &Host, address: IpAddr, role: Option<Role<'_>>, to: bool) -> bool {
    match host {
        Host::Any => role.is_some(),
        Host::Client => role.is_some_and(|role| role.by_client != to),
        Host::Server => role.is_some_and(|role| role.by_client == to),
        Host::Address(wanted) => parsed(wanted) == Some(address),
    }
}

fn is_number(template: &Template, number: u32) -> bool {
    parsed(template) == Some(number)
}

fn parsed<T: std::str::FromStr>(template: &Template) -> Option<T> {
    // Its variables were filled when the line was played.
    let text = template.fill(&Variables::new()).ok()?;
    std::str::from_utf8(&text).ok()?.parse().ok()
}

/// The addresses that a line names.
pub(super) fn addresses(wire: &Wire) -> Vec<IpAddr> {
    let hosts = match wire {
        Wire::Packet(packet) | Wire::NoPacket(packet) | Wire::Count(_, packet) => {
            vec![&packet.from.host, &packet.to.host]
        }
        Wire::NothingTo(to) => vec![&to.host],
        Wire::FirstFin { host, .. } => vec![host],
        Wire::NoReset(_) => vec![],
    };
    let address = |host: &Host| match host {
        Host::Address(address) => parsed(address),
        _ => None,
    };
    hosts.into_iter().filter_map(address).collect()
}
