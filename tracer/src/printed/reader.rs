//! Text in, packets out: lines of a bound, among them those that are packets.

use std::borrow::Cow;
use std::io::{self, Read};
use std::net::SocketAddr;

use jiff::tz::TimeZone;

use super::cursor::Fault;
use super::flows::Flows;
use super::hosts::{Hosts, MAX_NAMES, StandIn};
use super::line::{self, Content, Line, Place};
use super::record::{Body, End, Record};
use crate::{Packet, Timestamp};

/// Bytes of a line that are read; no packet's line is longer.
const MAX_LINE: usize = 16 * 1024;
/// Lines that one packet may be wrapped over.
const WRAPPED: usize = 3;
/// Repairs that are told one by one.
const TOLD: usize = 16;
/// A clock that goes back by more than this has passed midnight.
const HALF_A_DAY: i64 = 12 * 3600 * 1_000_000_000;
const A_DAY: i64 = 2 * HALF_A_DAY;

/// Why a printed trace cannot be read on.
#[derive(Debug, thiserror::Error)]
pub enum PrintedError {
    /// The source failed.
    #[error("cannot read: {0}")]
    Read(#[from] io::Error),
    /// A line that begins like a packet's and does not go on like one.
    #[error("line {line}, column {}: expected {}, found {}", fault.column, fault.expected, found(fault))]
    Line {
        /// Its number, from 1.
        line: u64,
        /// What is wrong with it.
        fault: Fault,
    },
    /// A packet's line that does not end.
    #[error("line {line}, column {}: expected the end of the line", MAX_LINE + 1)]
    TooLong {
        /// Its number, from 1.
        line: u64,
    },
    /// More names than are remembered.
    #[error("line {line}: expected at most {MAX_NAMES} different names of hosts")]
    Names {
        /// The number of the line with one more, from 1.
        line: u64,
    },
}

fn found(fault: &Fault) -> String {
    if fault.found.is_empty() {
        "the end of the line".into()
    } else {
        format!("{:?}", fault.found).replace("\\\\", "\\")
    }
}

impl PrintedError {
    /// Whether the source had nothing to give just now ([`io::ErrorKind::WouldBlock`]).
    pub fn is_not_yet(&self) -> bool {
        matches!(self, Self::Read(error) if error.kind() == io::ErrorKind::WouldBlock)
    }
}

/// Something in a line that was read as if it were right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repair {
    /// The line's number, from 1.
    pub line: u64,
    /// The column, from 1.
    pub column: usize,
    /// What was done.
    pub what: &'static str,
}

/// Whether a line of text is that of a packet in a printed trace: tcpdump 3 or 4, `WinDump`, OpenBSD.
pub fn begins_packet(line: &str) -> bool {
    line::begins(line)
}

/// Reads a printed trace, packet by packet, in the memory of a line.
#[derive(Debug)]
pub struct PrintedReader<R> {
    source: R,
    zone: TimeZone,
    chunk: Vec<u8>,
    taken: usize,
    ended: bool,
    /// The line that is being read, and whether it is longer than is kept.
    partial: Vec<u8>,
    overlong: bool,
    number: u64,
    /// The beginning of a packet whose line goes on, with its number and how many lines it is.
    open: Option<(u64, String, usize, Fault)>,
    hosts: Hosts,
    flows: Flows,
    record: Option<Record>,
    /// What is added to times of day, and the last one.
    days: i64,
    last: Option<Timestamp>,
    /// Lines have times.
    stamped: bool,
    passed_over: u64,
    repairs: Vec<Repair>,
    repaired: u64,
    packets: u64,
}

impl<R: Read> PrintedReader<R> {
    /// A reader of lines whose times of day are those of this machine's time zone.
    pub fn new(source: R) -> Self {
        Self::in_zone(source, TimeZone::system())
    }

    /// A reader of lines whose times of day are those of `zone`.
    pub fn in_zone(source: R, zone: TimeZone) -> Self {
        Self {
            source,
            zone,
            chunk: Vec::new(),
            taken: 0,
            ended: false,
            partial: Vec::new(),
            overlong: false,
            number: 0,
            open: None,
            hosts: Hosts::default(),
            flows: Flows::default(),
            record: None,
            days: 0,
            last: None,
            stamped: false,
            passed_over: 0,
            repairs: Vec::new(),
            repaired: 0,
            packets: 0,
        }
    }

    /// The next packet; `None` at the end. Lines that are no packets are passed over.
    ///
    /// # Errors
    /// When a line begins like a packet and does not go on like one, or the source fails. After
    /// [`PrintedError::is_not_yet`] the next call reads on.
    pub fn next_packet(&mut self) -> Result<Option<Packet<'_>>, PrintedError> {
        let found = loop {
            let Some((number, text)) = self.next_line()? else {
                if let Some((line, _, _, fault)) = self.open.take() {
                    return Err(PrintedError::Line { line, fault });
                }
                return Ok(None);
            };
            let open = self.open.is_some();
            let stamped = line::has_stamp(&text);
            // Where lines have times, one without belongs to the line before it.
            let begins = stamped
                || (!self.stamped && line::begins(&text) && !(open && line::goes_on(&text)));
            self.stamped |= stamped;
            let (number, text, lines) = match self.open.take() {
                Some((line, _, _, fault)) if begins => {
                    return Err(PrintedError::Line { line, fault });
                }
                Some((line, before, lines, _)) => {
                    let joined = format!("{} {}", before.trim_end(), text.trim());
                    (line, joined, lines + 1)
                }
                None if begins => (number, text, 1),
                None => {
                    self.passed_over += u64::from(!text.trim().is_empty());
                    continue;
                }
            };
            match line::read(&text) {
                Ok(line) => break (number, line),
                Err(fault) if fault.at_end() && lines < WRAPPED => {
                    self.open = Some((number, text, lines, fault));
                }
                Err(fault) => {
                    return Err(PrintedError::Line {
                        line: number,
                        fault,
                    });
                }
            }
        };
        let (number, line) = found;
        self.packets += 1;
        let record = self.understand(number, line)?;
        Ok(Some(self.record.insert(record).packet(&self.hosts)))
    }

    /// The hosts so far that the trace has names for.
    pub fn stand_ins(&self) -> Vec<StandIn> {
        self.hosts.stand_ins()
    }

    /// Packets read so far.
    pub const fn packets(&self) -> u64 {
        self.packets
    }

    /// Lines so far that were neither packets nor empty.
    pub const fn passed_over(&self) -> u64 {
        self.passed_over
    }

    /// What was read as if it were right: how often, and the first of them.
    pub fn repairs(&self) -> (u64, &[Repair]) {
        (self.repaired, &self.repairs)
    }

    fn repair(&mut self, line: u64, column: usize, what: &'static str) {
        self.repaired += 1;
        if self.repairs.len() < TOLD {
            self.repairs.push(Repair { line, column, what });
        }
    }

    /// The next line and its number, without its end.
    fn next_line(&mut self) -> Result<Option<(u64, String)>, PrintedError> {
        loop {
            let rest = self.chunk.get(self.taken..).unwrap_or_default();
            let end = rest.iter().position(|&byte| byte == b'\n');
            let piece = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
            let room = MAX_LINE.saturating_sub(self.partial.len());
            self.overlong |= piece.len() > room;
            self.partial
                .extend_from_slice(piece.get(..room.min(piece.len())).unwrap_or_default());
            self.taken += piece.len() + usize::from(end.is_some());
            let whole = end.is_some() || (self.ended && !self.partial.is_empty());
            if whole {
                return self.whole_line().map(Some);
            }
            if self.ended {
                return Ok(None);
            }
            self.chunk.resize(1 << 16, 0);
            self.taken = self.chunk.len();
            match self.source.read(&mut self.chunk) {
                Ok(count) => {
                    self.chunk.truncate(count);
                    self.taken = 0;
                    self.ended = count == 0;
                }
                Err(error) => {
                    self.chunk.clear();
                    self.taken = 0;
                    if error.kind() != io::ErrorKind::Interrupted {
                        return Err(error.into());
                    }
                }
            }
        }
    }

    fn whole_line(&mut self) -> Result<(u64, String), PrintedError> {
        self.number += 1;
        let bytes = std::mem::take(&mut self.partial);
        let overlong = std::mem::take(&mut self.overlong);
        let mut text = String::from_utf8_lossy(&bytes);
        if self.number == 1 && text.starts_with('\u{feff}') {
            text = Cow::Owned(text.trim_start_matches('\u{feff}').to_owned());
        }
        let mut text = text.trim_end_matches('\r').to_owned();
        let wide = |c: char| matches!(c, '\u{a0}' | '\u{3000}' | '\u{2009}');
        if let Some(at) = text.find(wide) {
            let column = text.get(..at).map_or(0, |before| before.chars().count()) + 1;
            let plain = text.replace(wide, " ");
            if line::begins(&plain) {
                self.repair(self.number, column, "took an unusual blank for a blank");
                text = plain;
            }
        }
        if overlong {
            if line::begins(&text) {
                return Err(PrintedError::TooLong { line: self.number });
            }
            // Of prose it is enough to know that it is there.
            text.clear();
            text.push('…');
        }
        Ok((self.number, text))
    }

    /// Gives a line its place: its time, its addresses, its absolute numbers.
    fn understand(&mut self, number: u64, line: Line) -> Result<Record, PrintedError> {
        if let Some(column) = line.repaired {
            self.repair(number, column, "put a blank where one was missing");
        }
        let mut ends = None;
        if let Some([from, to]) = line.ends {
            let from = self.end(number, from)?;
            ends = Some([from, self.end(number, to)?]);
        }
        let body = match line.body {
            Content::Tcp(mut segment) => {
                if let Some([from, to]) = &ends {
                    let from = SocketAddr::new(from.address, from.port);
                    let to = SocketAddr::new(to.address, to.port);
                    self.flows.place(from, to, &mut segment);
                }
                Body::Tcp(segment)
            }
            Content::Text { text, udp, dns } => {
                if let Some(dns) = &dns
                    && let (Some(name), [address, ..]) = (&dns.name, &dns.addresses[..])
                {
                    self.hosts.learn(name, *address);
                }
                Body::Text { text, udp, dns }
            }
        };
        let time = match &line.stamp {
            Some(stamp) => {
                let mut time = stamp.moment(&self.zone);
                if stamp.has_no_day() {
                    time = Timestamp(time.0.saturating_add(self.days));
                    let back = self
                        .last
                        .is_some_and(|last| last.0.saturating_sub(time.0) > HALF_A_DAY);
                    if back {
                        self.days = self.days.saturating_add(A_DAY);
                        time = Timestamp(time.0.saturating_add(A_DAY));
                    }
                }
                time
            }
            None => self.last.unwrap_or_default(),
        };
        self.last = Some(time);
        Ok(Record {
            line: number,
            time,
            stamp: line.stamp,
            form: line.form,
            before: line.before,
            frame_len: line.frame_len,
            link: line.link,
            header: line.header,
            ends,
            body,
        })
    }

    fn end(&mut self, line: u64, (host, port): Place) -> Result<End, PrintedError> {
        let address = self
            .hosts
            .address(&host)
            .ok_or(PrintedError::Names { line })?;
        let (port_text, port) = port.map_or((None, 0), |(text, number)| (Some(text), number));
        Ok(End {
            host,
            port_text,
            port,
            address,
        })
    }
}
