//! Everything that is not TCP: what asks and what answers.

mod names;
mod original;
pub(crate) mod pieces;
pub(crate) mod segments;

use std::collections::VecDeque;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

pub(crate) use names::{ethertype_name, unknown_transport};
use names::{protocol_name, service};
use original::Original;
use pieces::Pieces;
use segments::{Segments, mark};

use super::resolver::{Message, Resolver};
use super::table::Table;
use crate::note::{IcmpMessage, Note, OtherNote, Undelivered};
use crate::{Icmp, Ip, Timestamp, Transport, Udp};

/// Questions and datagrams remembered, for their answers.
const LIMIT: usize = 256;

const TCP: u8 = 6;
const UDP: u8 = 17;

/// What was sent lately that something may answer.
#[derive(Debug, Default)]
pub(crate) struct Datagrams {
    recent: VecDeque<Sent>,
    pub(crate) pieces: Pieces,
    pub(crate) segments: Segments,
    pub(crate) resolver: Resolver,
}

#[derive(Debug)]
struct Sent {
    what: What,
    from: SocketAddr,
    to: SocketAddr,
    packet: u64,
    time: Timestamp,
    /// IP's identification, and UDP's length and checksum: what tells one from the next.
    id: u32,
    check: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    Udp,
    Echo { id: u16, sequence: u16 },
    Solicitation,
}

impl Datagrams {
    /// Says what a packet without TCP is. Nothing when that cannot be said.
    pub(crate) fn packet(
        &mut self,
        ip: &Ip<'_>,
        table: &Table,
        packet: u64,
        time: Timestamp,
        notes: &mut Vec<Note>,
    ) {
        match &ip.transport {
            Transport::Udp(udp) => {
                let from = SocketAddr::new(ip.src, udp.src_port);
                let to = SocketAddr::new(ip.dst, udp.dst_port);
                let length = udp.whole.saturating_add(8) & 0xffff;
                self.remember(Sent {
                    what: What::Udp,
                    from,
                    to,
                    packet,
                    time,
                    id: ip.id,
                    check: length << 16 | u32::from(udp.checksum),
                });
                // A first piece says how much comes in all of them.
                let bytes = ip.fragment.map_or(udp.len, |_| udp.whole);
                self.udp(udp, bytes, (from, to), (packet, time), notes);
            }
            Transport::Icmp(icmp) => {
                let note = if ip.src.is_ipv4() {
                    self.icmp4(icmp, ip, table, (packet, time))
                } else {
                    self.icmp6(icmp, ip, table, (packet, time))
                };
                notes.extend(note.map(Note::Other));
            }
            Transport::Other { protocol } => {
                notes.extend(protocol_name(*protocol).map(|name| {
                    Note::Other(OtherNote::Protocol {
                        name,
                        number: u16::from(*protocol),
                    })
                }));
            }
            _ => {}
        }
    }

    fn remember(&mut self, sent: Sent) {
        if self.recent.len() == LIMIT {
            self.recent.pop_front();
        }
        self.recent.push_back(sent);
    }

    /// What was sent as `like` was: in its direction, or in the other.
    fn find(&self, like: &Sent, answered: bool) -> Option<&Sent> {
        let (from, to) = if answered {
            (like.to, like.from)
        } else {
            (like.from, like.to)
        };
        self.recent
            .iter()
            .rev()
            .find(|sent| sent.what == like.what && sent.from == from && sent.to == to)
    }

    fn udp(
        &mut self,
        udp: &Udp<'_>,
        bytes: u32,
        (from, to): (SocketAddr, SocketAddr),
        (packet, time): (u64, Timestamp),
        notes: &mut Vec<Note>,
    ) {
        const NAMES: [u16; 3] = [53, 5353, 5355];
        let names = NAMES.contains(&from.port()) || NAMES.contains(&to.port());
        let message = if names {
            Message::read(udp.payload)
        } else {
            None
        };
        let note = match message {
            Some(message) => self.resolver.message(message, from, to, packet, time),
            None => OtherNote::Udp {
                from,
                to,
                bytes,
                service: service(from.port().min(to.port())),
            },
        };
        notes.push(Note::Other(note));
    }

    fn echo(
        &mut self,
        icmp: &Icmp<'_>,
        ip: &Ip<'_>,
        request: bool,
        (packet, time): (u64, Timestamp),
    ) -> Option<OtherNote> {
        let (id, sequence) = (be16(icmp.body, 0)?, be16(icmp.body, 2)?);
        let this = Sent {
            what: What::Echo { id, sequence },
            from: (ip.src, 0).into(),
            to: (ip.dst, 0).into(),
            packet,
            time,
            id: ip.id,
            check: u32::from(id) << 16 | u32::from(sequence),
        };
        if request {
            self.remember(this);
            let (from, to) = (ip.src, ip.dst);
            return Some(OtherNote::Echo { from, to, sequence });
        }
        let found = self.find(&this, true);
        Some(OtherNote::EchoReply {
            from: ip.src,
            sequence,
            request: found.map(|sent| sent.packet),
            after: found.map(|sent| time.since(sent.time)),
        })
    }

    fn icmp4(
        &mut self,
        icmp: &Icmp<'_>,
        ip: &Ip<'_>,
        table: &Table,
        at: (u64, Timestamp),
    ) -> Option<OtherNote> {
        let why = match (icmp.kind, icmp.code) {
            (0 | 8, 0) => return self.echo(icmp, ip, icmp.kind == 8, at),
            (3, 0 | 6 | 11) => Undelivered::Network,
            (3, 1 | 7 | 12) => Undelivered::Host,
            (3, 2) => Undelivered::Protocol,
            (3, 3) => Undelivered::Port,
            (3, 4) => Undelivered::TooBig,
            (3, 9 | 10 | 13) => Undelivered::Prohibited,
            (3, _) => Undelivered::Other,
            (11, 0) => Undelivered::HopLimit,
            (11, 1) => Undelivered::Reassembly,
            (12, _) => Undelivered::Parameter,
            _ => {
                let message = match icmp.kind {
                    4 => IcmpMessage::SourceQuench,
                    5 => IcmpMessage::Redirect,
                    9 => IcmpMessage::RouterAdvertisement,
                    10 => IcmpMessage::RouterSolicitation,
                    13 | 14 => IcmpMessage::TimeStamp,
                    _ => return None,
                };
                let from = ip.src;
                return Some(OtherNote::Icmp { from, message });
            }
        };
        // Old routers do not say it (RFC 1191 §3).
        let mtu = be16(icmp.body, 2).filter(|&mtu| why == Undelivered::TooBig && mtu > 0);
        let quote = icmp.body.get(4..).unwrap_or_default();
        Some(self.undelivered(ip.src, why, mtu.map(u32::from), quote, table))
    }

    fn icmp6(
        &mut self,
        icmp: &Icmp<'_>,
        ip: &Ip<'_>,
        table: &Table,
        at: (u64, Timestamp),
    ) -> Option<OtherNote> {
        let (packet, time) = at;
        let target = || -> Option<IpAddr> {
            let bytes: [u8; 16] = *icmp.body.get(4..)?.first_chunk()?;
            Some(Ipv6Addr::from(bytes).into())
        };
        let asked = |target: IpAddr| Sent {
            what: What::Solicitation,
            from: (target, 0).into(),
            to: (target, 0).into(),
            packet,
            time,
            id: 0,
            check: 0,
        };
        let why = match (icmp.kind, icmp.code) {
            (128 | 129, 0) => return self.echo(icmp, ip, icmp.kind == 128, at),
            (1, 0) => Undelivered::Network,
            (1, 1 | 5 | 6) => Undelivered::Prohibited,
            (1, 2 | 3) => Undelivered::Host,
            (1, 4) => Undelivered::Port,
            (1, _) => Undelivered::Other,
            (2, _) => Undelivered::TooBig,
            (3, 0) => Undelivered::HopLimit,
            (3, _) => Undelivered::Reassembly,
            (4, _) => Undelivered::Parameter,
            (135, _) => {
                let target = target()?;
                self.remember(asked(target));
                let probe = ip.src.is_unspecified();
                return Some(OtherNote::NeighborSolicitation { target, probe });
            }
            (136, _) => {
                let target = target()?;
                let solicitation = self.find(&asked(target), false).map(|sent| sent.packet);
                return Some(OtherNote::NeighborAdvertisement {
                    target,
                    solicitation,
                });
            }
            _ => {
                let message = match icmp.kind {
                    130..=132 | 143 => IcmpMessage::Multicast,
                    133 => IcmpMessage::RouterSolicitation,
                    134 => IcmpMessage::RouterAdvertisement,
                    137 => IcmpMessage::Redirect,
                    _ => return None,
                };
                let from = ip.src;
                return Some(OtherNote::Icmp { from, message });
            }
        };
        let mtu = icmp.body.first_chunk().map(|b| u32::from_be_bytes(*b));
        let quote = icmp.body.get(4..).unwrap_or_default();
        let mtu = mtu.filter(|_| why == Undelivered::TooBig);
        Some(self.undelivered(ip.src, why, mtu, quote, table))
    }

    fn undelivered(
        &self,
        by: IpAddr,
        why: Undelivered,
        mtu: Option<u32>,
        quote: &[u8],
        table: &Table,
    ) -> OtherNote {
        let original = Original::read(quote);
        let meant = original
            .as_ref()
            .map(|original| self.meant(original, table));
        let Meant { packet, syn, sure } = meant.unwrap_or_default();
        OtherNote::Undelivered {
            by,
            why,
            mtu,
            about: packet,
            sure,
            syn,
            quoted: original.map(|original| original.quoted),
        }
    }

    /// The packet that is quoted: the one with the same identification, or else one that was sent
    /// between the same ends.
    fn meant(&self, original: &Original, table: &Table) -> Meant {
        let (from, to) = (original.quoted.from, original.quoted.to);
        if original.protocol == TCP {
            let Some((carrier, syn)) = table.sent(from, to, original.seq) else {
                return Meant::default();
            };
            let id = original.id.map_or(0, u32::from);
            let found = self.segments.find(mark(from, to, original.seq, id));
            let (packet, sure) = match found {
                Some((packet, only)) => (Some(packet), only),
                None => (carrier, false),
            };
            return Meant { packet, syn, sure };
        }
        let like = |sent: &&Sent| match sent.what {
            What::Udp => original.protocol == UDP && sent.from == from && sent.to == to,
            What::Echo { .. } => {
                let same = |a: SocketAddr, b: SocketAddr| a.ip() == b.ip();
                original.protocol != UDP && same(sent.from, from) && same(sent.to, to)
            }
            What::Solicitation => false,
        };
        let by_id = |sent: &&Sent| original.id.is_some_and(|id| sent.id == u32::from(id));
        let by_check = |sent: &&Sent| sent.check == original.seq.0;
        let either = |sent: &&Sent| (original.id.is_none() || by_id(sent)) && by_check(sent);
        let alone = self.only(|sent| like(sent) && by_id(sent));
        let alone = alone.or_else(|| self.only(|sent| like(sent) && either(sent)));
        let packet = alone.or_else(|| {
            let sent = self.recent.iter().rev().find(like);
            sent.map(|sent| sent.packet)
        });
        Meant {
            packet,
            syn: false,
            sure: alone.is_some(),
        }
    }

    /// The one packet that is so, if there is exactly one.
    fn only(&self, is_so: impl Fn(&&Sent) -> bool) -> Option<u64> {
        let mut found = self.recent.iter().filter(is_so);
        let first = found.next()?;
        found.next().is_none().then_some(first.packet)
    }
}

/// The packet that a quotation means.
#[derive(Clone, Copy, Debug, Default)]
struct Meant {
    packet: Option<u64>,
    syn: bool,
    /// It is told from all others that were captured.
    sure: bool,
}

fn be16(bytes: &[u8], at: usize) -> Option<u16> {
    let two = bytes.get(at..)?.first_chunk()?;
    Some(u16::from_be_bytes(*two))
}
