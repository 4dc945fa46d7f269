//! Packets in, explanations out.
//!
//! [`Analyzer::push`] takes packets in the order of the capture and returns, for each, the notes
//! that explain it. Nothing waits and nothing looks ahead, so a live capture reads like a file.
//! Every table is bounded; the bounds are constants beside the tables.

mod acquaintance;
mod acts;
mod channel;
mod classify;
mod connection;
mod control;
mod copies;
mod datagrams;
mod exchange;
mod expect;
mod explained;
mod fragments;
mod half;
mod handshake;
mod neighbors;
mod printed;
mod ranges;
mod recognise;
mod resolver;
mod sack;
mod saving;
mod segment;
mod session;
mod speech;
mod stream;
mod summary;
mod table;
mod teardown;
mod translation;
mod transmission;
mod unopened;
mod verdict;

use std::io;
use std::net::SocketAddr;
use std::path::Path;

use acquaintance::Acquaintances;
pub use connection::Ending;
use connection::{Owner, Phase, Role, Step};
use datagrams::Datagrams;
use expect::{Change, Expectations};
pub use explained::{Explained, Place};
use neighbors::Neighbors;
pub use summary::{ConnectionSummary, Direction, Summary};
use table::Table;
use translation::Translations;
use verdict::Verdicts;
pub use verdict::{Near, Verdict};

use crate::extract::Extractor;
use crate::note::{ConnectionName, Note, OtherNote, Party, PrintedNote, Section, Unexplained};
use crate::{Ip, Network, Packet, Tcp, Transport};

/// What an [`Analyzer`] may be told before it starts.
#[derive(Clone, Debug)]
pub struct AnalyzerOptions {
    /// Ports whose connections are control connections from the SYN on. On any other port a
    /// session is recognised when the server greets.
    pub control_ports: Vec<u16>,
    /// Connections kept at the same time; when there are more, the oldest is forgotten.
    pub max_connections: usize,
    /// Bytes that connections may hold beside their place in the table: lines without their end,
    /// segments that came too early, commands without a reply. When there are more, those that
    /// have held much for the longest give it up. What does not count, and is bounded by the
    /// number of connections alone: the kilobyte or less that most hold, and what stays of one that
    /// gave up, until it says something again (its last command, its four newest transfers, which
    /// bytes came beyond a gap).
    pub max_held: usize,
    /// Absolute sequence numbers in notes, as tcpdump's `-S` has them in lines.
    pub absolute_seq: bool,
}

impl Default for AnalyzerOptions {
    fn default() -> Self {
        Self {
            control_ports: vec![21],
            max_connections: 65_536,
            max_held: 32 << 20,
            absolute_seq: false,
        }
    }
}

/// Explains packets one by one.
#[derive(Debug)]
pub struct Analyzer {
    options: AnalyzerOptions,
    table: Table,
    neighbors: Neighbors,
    datagrams: Datagrams,
    expectations: Expectations,
    acquaintances: Acquaintances,
    extractor: Option<Extractor>,
    verdicts: Verdicts,
    translations: Translations,
    summary: Summary,
    sessions: u32,
    resolving: bool,
    heading: Option<acts::Heading>,
    /// The connection of this packet, and whether it begins with it.
    found: Option<(usize, bool)>,
    /// What a data connection was inferred from, for the end of its first packet's notes.
    by_length: Option<PrintedNote>,
    /// Reused from packet to packet.
    notes: Vec<Note>,
    changes: Vec<Change>,
}

impl Default for Analyzer {
    fn default() -> Self {
        Self::new(AnalyzerOptions::default())
    }
}

impl Analyzer {
    /// An analyzer that has seen nothing.
    pub fn new(options: AnalyzerOptions) -> Self {
        Self {
            table: Table::new(options.max_connections, options.max_held),
            options,
            neighbors: Neighbors::default(),
            datagrams: Datagrams::default(),
            expectations: Expectations::default(),
            acquaintances: Acquaintances::default(),
            extractor: None,
            verdicts: Verdicts::default(),
            translations: Translations::default(),
            summary: Summary::default(),
            sessions: 0,
            resolving: false,
            heading: None,
            found: None,
            by_length: None,
            notes: Vec::new(),
            changes: Vec::new(),
        }
    }

    /// Saves the files that data connections carry from here on in `folder`, which is made when
    /// it is not there. Listings are no files, and what is encrypted cannot be told from them.
    ///
    /// # Errors
    /// When the folder cannot be made. What fails later is in [`Summary::unsaved`].
    pub fn extract_to(&mut self, folder: &Path) -> io::Result<()> {
        self.extractor = Some(Extractor::new(folder)?);
        Ok(())
    }

    /// Computes the SHA-256 of the files that data connections carry from here on, and saves
    /// nothing. [`Analyzer::extract_to`] computes it, too. What could not be hashed is in
    /// [`Summary::unsaved`].
    pub fn hash_files(&mut self) {
        self.extractor = Some(Extractor::hashing());
    }

    /// Takes the next packet and explains it.
    pub fn push(&mut self, packet: &Packet<'_>) -> Explained<'_> {
        self.summary.packets += 1;
        let number = self.summary.packets;
        self.notes.clear();
        self.found = None;
        let mut section = None;
        let mut place = None;
        match &packet.network {
            Network::Arp(arp) => {
                if !self.resolving && self.table.opened() == 0 {
                    self.resolving = true;
                    section = Some(Section::AddressResolution);
                }
                let note = self.neighbors.packet(arp, packet.link, number, packet.time);
                self.notes.push(note);
            }
            Network::Ip(ip) => match &ip.transport {
                _ if self.piece(packet, ip, number, &mut section, &mut place) => {}
                Transport::Tcp(tcp) => {
                    place = Some(self.tcp(packet, ip, tcp, number, &mut section));
                }
                _ if self.printed(packet, Some(ip), number) => {}
                transport => {
                    let notes = &mut self.notes;
                    self.datagrams
                        .packet(ip, &self.table, number, packet.time, notes);
                    for note in notes.iter() {
                        // What is too big, or took too long, may be sent again.
                        if let Note::Other(OtherNote::Undelivered {
                            by,
                            why,
                            syn: true,
                            quoted: Some(quoted),
                            ..
                        }) = note
                            && why.is_refusal()
                        {
                            self.table.unreachable(quoted.from, quoted.to, *by, *why);
                        }
                    }
                    if self.notes.is_empty() {
                        let unknown = datagrams::unknown_transport(transport);
                        self.notes.push(Note::Unexplained(unknown));
                    }
                }
            },
            Network::Other { ethertype } => {
                let note = match datagrams::ethertype_name(*ethertype) {
                    Some(name) => Note::Other(OtherNote::Protocol {
                        name,
                        number: *ethertype,
                    }),
                    None => Note::Unexplained(Unexplained::Protocol {
                        protocol: format!("EtherType 0x{ethertype:04x}"),
                    }),
                };
                self.notes.push(note);
            }
            Network::Malformed(_) if self.printed(packet, None, number) => {}
            Network::Malformed(bad) => {
                let (layer, problem) = (bad.layer, bad.problem);
                self.notes
                    .push(Note::Unexplained(Unexplained::Malformed { layer, problem }));
            }
        }
        if self.notes.is_empty() {
            self.notes.push(Note::Unexplained(Unexplained::Segment));
        }
        let section = self.heading(packet, section, place);
        let explained = Explained {
            number,
            section,
            place,
            notes: &self.notes,
        };
        self.summary.explained += u64::from(explained.is_explained());
        explained
    }

    /// Moves the notes of the packet that was pushed last to the end of `notes`, to be looked at
    /// while the next packets are explained.
    pub fn take_notes(&mut self, notes: &mut Vec<Note>) {
        notes.append(&mut self.notes);
    }

    /// Whether a connection was seen and every connection has ended.
    pub fn all_closed(&self) -> bool {
        self.table.opened() > 0 && self.table.all_closed()
    }

    /// The capture has ended: what it held.
    pub fn finish(mut self) -> Summary {
        // In the table, which is the greatest part of the memory, and not beside it.
        let rest = self.table.in_order();
        for &slot in &rest {
            if self.table.at(slot).is_some_and(|c| c.used_by.is_none()) {
                self.remember_command(slot);
            }
        }
        for slot in rest {
            if let Some(connection) = self.table.take(slot) {
                self.leave(connection);
            }
        }
        self.summary.connections.sort_by_key(|row| row.number);
        self.summary.verdicts = self.verdicts.give();
        self.summary.unsaved = self.extractor.and_then(Extractor::problem);
        self.summary
    }

    fn tcp(
        &mut self,
        packet: &Packet<'_>,
        ip: &Ip<'_>,
        tcp: &Tcp<'_>,
        number: u64,
        section: &mut Option<Section>,
    ) -> Place {
        let src = SocketAddr::new(ip.src, tcp.src_port);
        let dst = SocketAddr::new(ip.dst, tcp.dst_port);
        let found = self.table.find(src, dst, tcp);
        if let Some(connection) = found.removed {
            self.leave(connection);
        }
        let (slot, side) = (found.slot, found.side);
        let opened = found.opened;
        self.found = Some((slot, opened));
        if let Some(place) = self.copy(packet, (ip, tcp), (src, dst), (slot, side), number) {
            return place;
        }
        if opened {
            let absolute = self.options.absolute_seq;
            for half in self.table.at(slot).into_iter().flat_map(|c| &mut c.halves) {
                half.absolute = absolute;
            }
            if let Some(connection) = self.table.at(slot) {
                connection.opened_in = number;
            }
            self.classify(slot, section);
        }
        self.listen(slot, side, tcp, number);
        let transfer = self.current_transfer(slot);
        let Some(connection) = self.table.at(slot) else {
            // `find` returned the slot of a live connection.
            return Place {
                connection: ConnectionName::Tcp { number: 0 },
                from: Party::Endpoint(src),
            };
        };
        connection.packets += 1;
        if connection.ttls[side] == 0 {
            connection.ttls[side] = ip.ttl;
        }
        let was_open = !matches!(connection.phase, Phase::Closed(_));
        let mut step = Step {
            tcp,
            side,
            packet: number,
            time: packet.time,
            transfer,
            extractor: self.extractor.as_mut(),
            printed: packet.printed,
            notes: &mut self.notes,
        };
        segment::explain(
            connection,
            &mut step,
            found.opened,
            section,
            &mut self.changes,
        );
        self.translations.packet(connection, &mut step, opened, ip);
        let mut place = Place {
            connection: connection.name,
            from: connection.party(side),
        };
        let disowned = matches!(&connection.role, Role::Control { control, .. } if control.session.disowned.is_some());
        self.notes.extend(self.by_length.take().map(Note::Printed));
        if opened && let Some(note) = self.datagrams.resolver.resolved(dst.ip()) {
            self.notes.push(Note::Other(note));
        }
        let closed = was_open && matches!(connection.phase, Phase::Closed(_));
        let owner = Owner {
            slot,
            number: connection.number,
        };
        if !self.changes.is_empty() {
            self.apply(owner);
        }
        if disowned {
            self.disown(slot);
            if let Some(connection) = self.table.at(slot) {
                place.connection = connection.name;
                place.from = connection.party(side);
            }
        }
        if !disowned {
            self.unopened(slot, packet.time);
        }
        if closed {
            self.remember_command(slot);
            self.save(slot);
            self.table.note_closed(owner);
        } else if tcp.len > 0 {
            self.table.weigh(slot);
        }
        place
    }
}
