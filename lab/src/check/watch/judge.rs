//! The lines `wire: …` held against a script's packets.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};

use script::{End, FlagsWanted, Host, Port, Template, Variables, Wire, WirePacket};
use tracer::TcpFlags;

use super::ends::{Ends, Kind};
use super::recorder::Segment;
use crate::check::content::matches;

/// Whose part a script plays: which ends of its connections are the client's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::check) enum Part {
    Client,
    Server,
}

/// What was found instead, and at which of the script's packets.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) at: usize,
    pub(super) got: String,
}

/// A packet with what is known of it.
struct Own<'a> {
    segment: &'a Segment,
    /// Of which connection it is, and whether the client sent it; nothing is known of packets
    /// that belong to nobody.
    role: Option<(Kind, bool)>,
}

/// A script's packets, and those that may be meant by an address.
pub(super) struct Judge<'a> {
    packets: Vec<Own<'a>>,
}

impl<'a> Judge<'a> {
    pub(super) fn new(packets: &'a [Segment], ends: &Ends, part: Part) -> Self {
        let packets = packets.iter().map(|segment| {
            let role = match (ends.kind(segment.from), ends.kind(segment.to)) {
                (Some(kind), _) => Some((kind, part == Part::Client)),
                (None, Some(kind)) => Some((kind, part == Part::Server)),
                (None, None) => None,
            };
            Own { segment, role }
        });
        Self {
            packets: packets.collect(),
        }
    }

    /// The packets of the script's own connections.
    pub(super) fn own(&self) -> impl Iterator<Item = &'a Segment> {
        let own = self.packets.iter().filter(|packet| packet.role.is_some());
        own.map(|packet| packet.segment)
    }

    /// Whether a line holds; `cursor` is behind the packet that the line before found.
    pub(super) fn holds(&self, wire: &Wire, cursor: &mut usize) -> Result<(), Found> {
        match wire {
            Wire::Packet(wanted) => {
                let mut rest = self.packets.iter().enumerate().skip(*cursor);
                let Some((found, _)) = rest.find(|(_, packet)| fits(packet, wanted)) else {
                    return Err(self.missing(*cursor, wanted));
                };
                *cursor = found + 1;
                Ok(())
            }
            Wire::NoPacket(wanted) => self.none(*cursor, |packet| fits(packet, wanted)),
            Wire::NothingTo(to) => self.none(0, |packet| is_end(packet, to, true)),
            Wire::NoReset(port) => self.none(0, |packet| {
                let on = packet.role.is_some_and(|(kind, _)| is_kind(kind, port));
                on && packet.segment.flags.contains(TcpFlags::RST)
            }),
            Wire::FirstFin { host, port } => self.first_fin(host, port),
        }
    }

    /// No such packet: from where on it was looked for, and what comes nearest to it.
    fn missing(&self, cursor: usize, wanted: &WirePacket) -> Found {
        let before = cursor.checked_sub(1).and_then(|at| self.packets.get(at));
        let mut got = match before {
            None => format!("no such packet among all {}", self.own().count()),
            Some(before) => format!("no such packet behind {}", told(before.segment)),
        };
        let numbered = self.packets.iter().enumerate();
        // One that came too early says more than one that is nearly so.
        let early = numbered.clone().take(cursor);
        if let Some((at, packet)) = early.rev().find(|(_, packet)| fits(packet, wanted)) {
            got += &format!("; before it came {}", told(packet.segment));
            return self.found(at, got);
        }
        let differing = numbered
            .skip(cursor)
            .map(|(at, packet)| (differences(packet, wanted), at));
        // Those between the same ends first; of others only those that differ in nothing else.
        let nearest = differing
            .map(|(differs, at)| (differs.contains(&ANOTHER_END), differs, at))
            .filter(|(elsewhere, differs, _)| !elsewhere || differs.len() == 1)
            .min_by_key(|(elsewhere, differs, _)| (*elsewhere, differs.len()));
        let Some((_, differs, at)) = nearest else {
            return self.found(cursor, got);
        };
        if let Some(packet) = self.packets.get(at) {
            let packet = told(packet.segment);
            got += &format!("; nearest is {packet}, with {}", differs.join(" and "));
        }
        self.found(at, got)
    }

    fn none(&self, from: usize, bad: impl Fn(&Own<'_>) -> bool) -> Result<(), Found> {
        let mut rest = self.packets.iter().enumerate().skip(from);
        match rest.find(|(_, packet)| bad(packet)) {
            None => Ok(()),
            Some((at, packet)) => Err(self.found(at, told(packet.segment))),
        }
    }

    /// In each connection the first FIN must be this host's, and one of them must have a FIN.
    fn first_fin(&self, host: &Host, port: &Port) -> Result<(), Found> {
        // By the two ends; a new SYN begins a new connection between the same ends.
        let mut ended: HashMap<[SocketAddr; 2], bool> = HashMap::new();
        let mut any = false;
        for (at, packet) in self.packets.iter().enumerate() {
            let Some((kind, by_client)) = packet.role.filter(|(kind, _)| is_kind(*kind, port))
            else {
                continue;
            };
            let segment = packet.segment;
            let mut ends = [segment.from, segment.to];
            ends.sort();
            let flags = segment.flags;
            if flags.contains(TcpFlags::SYN) && !flags.contains(TcpFlags::ACK) {
                ended.insert(ends, false);
            }
            if !flags.contains(TcpFlags::FIN) || ended.insert(ends, true) == Some(true) {
                continue;
            }
            any = true;
            if !is_host(host, segment.from.ip(), Some((kind, by_client)), false) {
                return Err(self.found(at, told(segment)));
            }
        }
        if any {
            return Ok(());
        }
        Err(self.found(self.packets.len(), "no FIN at all".into()))
    }

    /// With the number among the script's own packets, which are the ones that are shown.
    fn found(&self, at: usize, got: String) -> Found {
        let before = self.packets.iter().take(at);
        Found {
            at: before.filter(|packet| packet.role.is_some()).count() + 1,
            got,
        }
    }
}

/// A packet in short.
fn told(segment: &Segment) -> String {
    let letters = [
        (TcpFlags::FIN, "F"),
        (TcpFlags::SYN, "S"),
        (TcpFlags::RST, "R"),
        (TcpFlags::PSH, "P"),
        (TcpFlags::ACK, "."),
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

fn fits(packet: &Own<'_>, wanted: &WirePacket) -> bool {
    has_flags(packet, wanted)
        && has_ends(packet, wanted)
        && has_length(packet, wanted)
        && has_payload(packet, wanted)
}

const ANOTHER_END: &str = "another sender or receiver";

/// In what a packet differs from the one that is wanted.
fn differences(packet: &Own<'_>, wanted: &WirePacket) -> Vec<&'static str> {
    let looks = [
        (has_ends(packet, wanted), ANOTHER_END),
        (has_flags(packet, wanted), "other flags"),
        (has_length(packet, wanted), "another length"),
        (has_payload(packet, wanted), "another payload"),
    ];
    let missed = looks.into_iter().filter(|(same, _)| !same);
    missed.map(|(_, what)| what).collect()
}

fn has_flags(packet: &Own<'_>, wanted: &WirePacket) -> bool {
    let flags = packet.segment.flags;
    wanted.flags.is_none_or(|wanted| has(flags, wanted))
}

fn has_ends(packet: &Own<'_>, wanted: &WirePacket) -> bool {
    is_end(packet, &wanted.from, false) && is_end(packet, &wanted.to, true)
}

fn has_length(packet: &Own<'_>, wanted: &WirePacket) -> bool {
    let length = packet.segment.length;
    wanted.lengths.iter().all(|(operator, wanted)| {
        // Its variables were filled when the line was played.
        let wanted = wanted.fill(&Variables::new()).unwrap_or_default();
        operator.holds(length.to_string().as_bytes(), &wanted)
    })
}

fn has_payload(packet: &Own<'_>, wanted: &WirePacket) -> bool {
    let payload = packet.segment.payload();
    let mut held = wanted.payload.iter();
    held.all(|pattern| matches(payload, pattern, &mut Variables::new()).is_ok())
}

/// SYN, FIN and RST are as wanted, each of them; PSH and ACK are there when they are wanted. A SYN
/// alone has no ACK, and `.` alone is nothing but an acknowledgement.
fn has(flags: TcpFlags, wanted: FlagsWanted) -> bool {
    let is = |flag| flags.contains(flag);
    let alone =
        wanted.ack && !(wanted.syn || wanted.fin || wanted.fin_or_not || wanted.rst || wanted.psh);
    is(TcpFlags::SYN) == wanted.syn
        && (is(TcpFlags::FIN) == wanted.fin || wanted.fin_or_not)
        && is(TcpFlags::RST) == wanted.rst
        && (is(TcpFlags::PSH) == wanted.psh || !wanted.psh && !alone)
        && (is(TcpFlags::ACK) == wanted.ack || !wanted.ack && !wanted.syn)
}

fn is_end(packet: &Own<'_>, end: &End, to: bool) -> bool {
    let address = if to {
        packet.segment.to
    } else {
        packet.segment.from
    };
    let port = match &end.port {
        Port::Any => true,
        Port::Number(number) => is_number(number, address.port().into()),
        port => packet.role.is_some_and(|(kind, _)| is_kind(kind, port)),
    };
    port && is_host(&end.host, address.ip(), packet.role, to)
}

/// Whether the sender, or the receiver, is this host.
fn is_host(host: &Host, address: IpAddr, role: Option<(Kind, bool)>, to: bool) -> bool {
    match host {
        Host::Any => role.is_some(),
        Host::Client => role.is_some_and(|(_, by_client)| by_client != to),
        Host::Server => role.is_some_and(|(_, by_client)| by_client == to),
        Host::Address(wanted) => parsed(wanted) == Some(address),
    }
}

fn is_kind(kind: Kind, port: &Port) -> bool {
    match port {
        Port::Control => kind == Kind::Control,
        Port::Data => kind == Kind::Data,
        Port::Any | Port::Number(_) => true,
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
        Wire::Packet(packet) | Wire::NoPacket(packet) => {
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
