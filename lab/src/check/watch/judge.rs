//! The lines `wire: …` held against a script's packets.

use std::collections::HashMap;
use std::net::SocketAddr;

use script::{Host, Port, Times, Wire, WirePacket};
use tracer::TcpFlags;

use super::ends::{Ends, Whose};
use super::fits::{ANOTHER_END, OTHER_FLAGS, Own, Role, differences, fits, is_end, is_host, told};
use super::numbers::Numbers;
use super::recorder::Segment;

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

/// A script's packets, and those that may be meant by an address.
pub(super) struct Judge<'a> {
    packets: Vec<Own<'a>>,
}

impl<'a> Judge<'a> {
    pub(super) fn new(packets: &'a [Segment], ends: &'a Ends, part: Part) -> Self {
        let mut numbers = Numbers::default();
        let packets = packets.iter().map(|segment| {
            let (seq, ack) = numbers.of(segment);
            let role = ends.of(segment.from, segment.to).map(|belongs| Role {
                kind: belongs.kind,
                whose: belongs.whose,
                by_client: belongs.sent == (part == Part::Client),
            });
            Own {
                segment,
                seq,
                ack,
                role,
            }
        });
        Self {
            packets: packets.collect(),
        }
    }

    /// The packets of the script's own connections.
    pub(super) fn own(&self) -> impl Iterator<Item = (&'a Segment, &'a Whose)> {
        let own = self.packets.iter();
        own.filter_map(|packet| Some((packet.segment, packet.role?.whose)))
    }

    /// Whether a line holds; `cursor` is behind the packet that the line before found.
    pub(super) fn holds(&self, wire: &Wire, cursor: &mut usize) -> Result<(), Found> {
        match wire {
            Wire::Packet(wanted) => {
                let mut rest = self.packets.iter().enumerate().skip(*cursor);
                let Some((found, _)) = rest.find(|(_, packet)| fits(packet, wanted)) else {
                    return Err(self.too_few(*cursor, wanted, &[]));
                };
                *cursor = found + 1;
                Ok(())
            }
            Wire::NoPacket(wanted) => self.none(*cursor, |packet| fits(packet, wanted)),
            Wire::Count(times, wanted) => self.count(*cursor, *times, wanted),
            Wire::NothingTo(to) => self.none(0, |packet| is_end(packet, to, true)),
            Wire::NoReset(port) => self.none(0, |packet| {
                let on = packet.role.is_some_and(|role| role.is_on(port));
                on && packet.segment.flags.contains(TcpFlags::RST)
            }),
            Wire::FirstFin { host, port } => self.first_fin(host, port),
        }
    }

    /// So many of the packets from there on.
    fn count(&self, from: usize, times: Times, wanted: &WirePacket) -> Result<(), Found> {
        let rest = self.packets.iter().enumerate().skip(from);
        let such: Vec<usize> = rest
            .filter(|(_, packet)| fits(packet, wanted))
            .map(|(at, _)| at)
            .collect();
        if times.holds(u32::try_from(such.len()).unwrap_or(u32::MAX)) {
            return Ok(());
        }
        let (Times::Exactly(most) | Times::AtMost(most)) = times else {
            return Err(self.too_few(from, wanted, &such));
        };
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        let one_more = such
            .get(most)
            .and_then(|at| Some((*at, self.packets.get(*at)?)));
        let Some((at, packet)) = one_more else {
            return Err(self.too_few(from, wanted, &such));
        };
        let count = tracer::plural(such.len() as u64, "such packet");
        let (behind, packet) = (self.behind(from), told(packet.segment));
        let got = format!("{count} {behind}; the first too many is {packet}");
        Err(self.found(at, got))
    }

    /// Only these: from where on they were looked for, and what comes nearest to them.
    fn too_few(&self, from: usize, wanted: &WirePacket, such: &[usize]) -> Found {
        let count = match such {
            [] => "no such packet".to_owned(),
            such => format!("only {}", tracer::plural(such.len() as u64, "such packet")),
        };
        let mut got = format!("{count} {}", self.behind(from));
        let last = such.last().copied();
        if let Some(packet) = last.and_then(|at| self.packets.get(at)) {
            got += &format!("; the last is {}", told(packet.segment));
        }
        let numbered = self.packets.iter().enumerate();
        // One that came too early says more than one that is nearly so.
        let early = numbered.clone().take(from);
        if let Some((at, packet)) = early.rev().find(|(_, packet)| fits(packet, wanted)) {
            got += &format!("; before it came {}", told(packet.segment));
            return self.found(last.unwrap_or(at), got);
        }
        let differing = numbered
            .skip(from)
            .map(|(at, packet)| (differences(packet, wanted), at))
            .filter(|(differs, _)| !differs.is_empty());
        // Where some fit, those with other flags are the rest of their conversations.
        let is_near = |differs: &[String]| {
            such.is_empty()
                || !differs
                    .iter()
                    .any(|what| [ANOTHER_END, OTHER_FLAGS].contains(&what.as_str()))
        };
        // Those between the same ends first; of others only those that differ in nothing else.
        let nearest = differing
            .filter(|(differs, _)| is_near(differs))
            .map(|(differs, at)| (differs.iter().any(|what| what == ANOTHER_END), differs, at))
            .filter(|(elsewhere, differs, _)| !elsewhere || differs.len() == 1)
            .min_by_key(|(elsewhere, differs, _)| (*elsewhere, differs.len()));
        let Some((_, differs, at)) = nearest else {
            return self.found(last.unwrap_or(from), got);
        };
        if let Some(packet) = self.packets.get(at) {
            let packet = told(packet.segment);
            got += &format!("; nearest is {packet}, with {}", differs.join(" and "));
        }
        self.found(last.unwrap_or(at), got)
    }

    /// Among which packets something was looked for.
    fn behind(&self, from: usize) -> String {
        let before = from.checked_sub(1).and_then(|at| self.packets.get(at));
        match before {
            None => format!("among all {}", self.own().count()),
            Some(before) => format!("behind {}", told(before.segment)),
        }
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
            let Some(role) = packet.role.filter(|role| role.is_on(port)) else {
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
            if !is_host(host, segment.from.ip(), Some(role), false) {
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
