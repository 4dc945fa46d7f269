//! One TCP connection: its two directions, its phase, and how its FTP part is known.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use proto::Verb;

use super::control::Control;
use super::half::Half;
use crate::extract::Extractor;
use crate::note::{
    ConnectionName, Note, Offers, Party, Purpose, SavedFile, Text, TransferRef, Undelivered,
};
use crate::{Printed, Seq, Tcp, TcpFlags, Timestamp};

/// Index of one of the two directions of a connection.
pub(crate) type Side = usize;

/// The side that dialled, or sent first when the SYN was not captured.
pub(crate) const DIALLER: Side = 0;

/// A TCP connection.
#[derive(Debug)]
#[allow(clippy::struct_excessive_bools)] // each is a fact of its own
pub(crate) struct Connection {
    /// Order of appearance in the capture, from 1.
    pub(crate) number: u32,
    pub(crate) name: ConnectionName,
    pub(crate) halves: [Half; 2],
    pub(crate) role: Role,
    pub(crate) purpose: Purpose,
    pub(crate) phase: Phase,
    pub(crate) packets: u64,
    pub(crate) syn_time: Option<Timestamp>,
    pub(crate) syn_ack_time: Option<Timestamp>,
    pub(crate) syns: u32,
    /// The time to live of each side's first packet; 0 before it.
    pub(crate) ttls: [u8; 2],
    /// It was in the table before, and had to leave.
    pub(crate) forgotten: bool,
    /// A bare acknowledgement answered the SYN.
    pub(crate) challenged: bool,
    /// The network could not deliver the SYN: who said so, and why.
    pub(crate) unreachable: Option<(IpAddr, Undelivered)>,
    /// A RST that the receiver may not have believed.
    pub(crate) doubt: Option<Doubt>,
    /// A SYN or SYN/ACK came twice.
    pub(crate) handshake_repeated: bool,
    /// How long each side took to answer in the handshake: its way from the place of capture and
    /// back.
    pub(crate) legs: [Option<Duration>; 2],
    pub(crate) close: Close,
    /// The transfer command that used this data connection.
    pub(crate) used_by: Option<UsedBy>,
    /// The packet that closed or reset it; 0 before.
    pub(crate) ended_in: u64,
    /// Both ends dialled: which of them have acknowledged the other's SYN.
    pub(crate) crossed: Option<[bool; 2]>,
    /// The file that it carried.
    pub(crate) saved: Option<SavedFile>,
    /// The SHA-256 of that file, in hexadecimal, when it is whole.
    pub(crate) sha256: Option<String>,
    /// Where the client would be is a third host, whom its PORT named.
    pub(crate) third: bool,
    /// What a side said that may be FTP, until it is known.
    pub(crate) early: Option<Early>,
    /// Segments with payload that were judged for what they say.
    pub(crate) judged: u8,
    /// The packet that opened it, or its first one.
    pub(crate) opened_in: u64,
    /// Of a printed trace: bytes of each side that it leaves out and no window has confirmed yet.
    pub(crate) omitted: [u32; 2],
    /// What it held when it was weighed, in bytes, unless that was little.
    pub(crate) weight: usize,
    /// It is in the list of those that were weighed and found heavy.
    pub(crate) listed: bool,
    /// It is in the list of those that have ended, though it may have been asked for again.
    pub(crate) listed_closed: bool,
}

/// What a side said before it was known what the connection is for.
#[derive(Debug)]
pub(crate) struct Early {
    pub(crate) side: Side,
    pub(crate) seq: Seq,
    pub(crate) packet: u64,
    pub(crate) payload: Box<[u8]>,
}

impl Early {
    /// Whether a segment follows at once on what was said.
    pub(crate) fn goes_on(&self, side: Side, tcp: &Tcp<'_>) -> bool {
        let len = u32::try_from(self.payload.len()).unwrap_or(u32::MAX);
        side == self.side && tcp.seq == self.seq + len
    }
}

/// A RST whose number is in the window and is not the one that the receiver waits for: it may
/// take it, or ask first (RFC 5961 §3.2).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Doubt {
    pub(crate) by: Side,
    pub(crate) packet: u64,
}

/// How a close goes on.
#[derive(Debug, Default)]
#[allow(clippy::struct_excessive_bools)] // each is a fact of its own
pub(crate) struct Close {
    /// Who sent the first FIN.
    pub(crate) first: Option<Side>,
    pub(crate) simultaneous: bool,
    /// One segment carried a FIN and the first acknowledgement of the other FIN.
    pub(crate) merged: bool,
    /// Said once that data still flows against a FIN.
    pub(crate) half: bool,
    /// Said once that data still flows though all is over.
    pub(crate) late: bool,
}

/// A transfer command.
#[derive(Clone, Debug)]
pub(crate) struct UsedBy {
    pub(crate) verb: Verb,
    pub(crate) argument: Option<Text>,
}

/// What is known of a connection's part in FTP.
#[derive(Debug)]
pub(crate) enum Role {
    /// Nothing.
    Unknown,
    /// It carries commands and replies.
    Control {
        /// Which side is the client.
        client: Side,
        control: Box<Control>,
    },
    /// It carries a listing or a file.
    Data {
        /// Which side is the client.
        client: Side,
        owner: Owner,
        /// The transfer it was opened for.
        transfer: u32,
    },
}

/// The control connection that a data connection belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Owner {
    /// Its place in the table.
    pub(crate) slot: usize,
    /// Its number: the place may have been given to another since.
    pub(crate) number: u32,
}

/// Where a connection is in its life (RFC 9293 §3.3.2, as a bystander can know it).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    SynSent,
    SynReceived,
    Open,
    Closed(Ending),
}

/// How a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(tag = "ending", rename_all = "snake_case")]
pub enum Ending {
    /// Both sides sent FIN and both were acknowledged.
    Closed {
        /// Who closed first.
        first: Party,
        /// Segments from the first FIN to the last ACK.
        segments: u8,
        /// Neither had seen the other's FIN when it sent its own.
        simultaneous: bool,
    },
    /// RST.
    Reset {
        /// Who sent it.
        by: Party,
    },
    /// The SYN was answered with RST.
    Refused {
        /// Who sent it.
        by: Party,
    },
    /// The network said that the SYN cannot be delivered, and no other answer came.
    Unreachable {
        /// Who said so: the host, or a router or firewall on the way.
        by: IpAddr,
        /// Why.
        why: Undelivered,
    },
    /// The SYN was never answered.
    Unanswered,
    /// Still open when the capture ended.
    Open,
}

impl Connection {
    pub(crate) fn new(
        number: u32,
        dialler: SocketAddr,
        acceptor: SocketAddr,
        phase: Phase,
    ) -> Self {
        Self {
            number,
            name: ConnectionName::Tcp { number },
            halves: [Half::new(dialler), Half::new(acceptor)],
            role: Role::Unknown,
            purpose: Purpose::Unknown,
            phase,
            packets: 0,
            syn_time: None,
            syn_ack_time: None,
            syns: 0,
            ttls: [0; 2],
            forgotten: false,
            challenged: false,
            unreachable: None,
            doubt: None,
            handshake_repeated: false,
            legs: [None; 2],
            close: Close::default(),
            used_by: None,
            ended_in: 0,
            crossed: None,
            saved: None,
            third: false,
            sha256: None,
            early: None,
            judged: 0,
            opened_in: 0,
            omitted: [0; 2],
            weight: 0,
            listed: false,
            listed_closed: false,
        }
    }

    /// The bytes that it holds beside this value.
    pub(crate) fn held(&self) -> usize {
        let control = match &self.role {
            Role::Control { control, .. } => control.held(),
            _ => 0,
        };
        let early = self.early.as_ref().map_or(0, |early| early.payload.len());
        let halves = self.halves.iter().map(Half::held).sum::<usize>();
        control + early + halves
    }

    /// Holds less: what is lost is found again in nothing that still comes.
    pub(crate) fn shed(&mut self) {
        self.early = None;
        self.halves.iter_mut().for_each(Half::shed);
        if let Role::Control { control, .. } = &mut self.role {
            control.shed();
        }
    }

    /// It has ended: little more will come, and room is not kept for it.
    pub(crate) fn rest(&mut self) {
        self.halves.iter_mut().for_each(Half::rest);
        if let Role::Control { control, .. } = &mut self.role {
            control.rest();
        }
    }

    /// Which FTP party a side is.
    pub(crate) fn party(&self, side: Side) -> Party {
        match self.role {
            Role::Data { client, .. } if side == client && self.third => {
                Party::Endpoint(self.halves[side].addr)
            }
            Role::Control { client, .. } | Role::Data { client, .. } => {
                if side == client {
                    Party::Client
                } else {
                    Party::Server
                }
            }
            Role::Unknown => Party::Endpoint(self.halves[side].addr),
        }
    }

    /// How it stands now, or ended.
    pub(crate) fn ending(&self) -> Ending {
        match self.phase {
            Phase::Closed(ending) => ending,
            Phase::SynSent => match self.unreachable {
                Some((by, why)) => Ending::Unreachable { by, why },
                None => Ending::Unanswered,
            },
            Phase::SynReceived | Phase::Open => match self.doubt {
                Some(doubt) => Ending::Reset {
                    by: self.party(doubt.by),
                },
                None => Ending::Open,
            },
        }
    }

    /// The window field of a segment in bytes, once both SYNs agreed on scaling (RFC 7323 §2.3).
    pub(crate) fn scaled_window(&self, side: Side, tcp: &Tcp<'_>) -> u32 {
        let shift = |half: &Half| half.offers.and_then(|offers| offers.window_scale);
        match (shift(&self.halves[side]), shift(&self.halves[1 - side])) {
            (Some(own), Some(_)) => u32::from(tcp.window) << own.min(14),
            _ => u32::from(tcp.window),
        }
    }

    /// Whether a side held an acknowledgement back (RFC 9293 §3.8.6.3): it took longer than the
    /// way to that side and back, by more than a busy machine explains.
    pub(crate) fn is_delayed(&self, side: Side, after: Duration) -> bool {
        const BUSY: Duration = Duration::from_millis(20);
        self.legs[side].is_some_and(|leg| after > leg + leg / 2 + BUSY)
    }

    /// The way from end to end and back, by the handshake; zero when that was not captured.
    pub(crate) fn round_trip(&self) -> Duration {
        self.legs.iter().flatten().sum()
    }

    /// Time since the SYN, when it was captured.
    pub(crate) fn age(&self, now: Timestamp) -> Option<Duration> {
        self.syn_time.map(|syn| now.since(syn))
    }
}

/// What a SYN offers.
pub(crate) fn offers(tcp: &Tcp<'_>) -> Offers {
    let mut offers = Offers {
        mss: None,
        window: tcp.window,
        window_scale: None,
        sack: false,
        timestamps: false,
    };
    for option in tcp.options.iter() {
        match option {
            crate::TcpOption::Mss(mss) => offers.mss = Some(mss),
            crate::TcpOption::WindowScale(shift) => offers.window_scale = Some(shift),
            crate::TcpOption::SackPermitted => offers.sack = true,
            crate::TcpOption::Timestamps { .. } => offers.timestamps = true,
            _ => {}
        }
    }
    offers
}

/// A packet of one connection on its way through the analyzer.
pub(crate) struct Step<'a, 'p> {
    pub(crate) tcp: &'a Tcp<'p>,
    pub(crate) side: Side,
    pub(crate) packet: u64,
    pub(crate) time: Timestamp,
    /// The transfer of a data connection, looked up before the step.
    pub(crate) transfer: Option<TransferRef>,
    pub(crate) extractor: Option<&'a mut Extractor>,
    /// The line that is all there is of the packet.
    pub(crate) printed: Option<Printed<'a>>,
    pub(crate) notes: &'a mut Vec<Note>,
}

impl Step<'_, '_> {
    /// Whether the segment does nothing but acknowledge.
    pub(crate) fn is_bare_ack(&self) -> bool {
        let more = TcpFlags::SYN.union(TcpFlags::FIN).union(TcpFlags::RST);
        let flags = self.tcp.flags;
        self.tcp.len == 0 && flags.contains(TcpFlags::ACK) && !flags.intersects(more)
    }
}
