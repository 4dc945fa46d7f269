//! What is the same in two packets, what is not, and why.

use super::reason::Reason;
use super::trace::{Seen, Segment};
use crate::TcpFlags;

/// What is compared of two packets. The first seven decide whether a line matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compared {
    /// Who sends.
    Direction,
    /// Source and destination port.
    Ports,
    /// The control bits.
    Flags,
    /// The relative sequence number.
    Sequence,
    /// The relative acknowledgement number.
    Acknowledgement,
    /// The payload's length.
    Length,
    /// The DF flag.
    DontFragment,
    /// The window field.
    Window,
    /// The initial sequence number, of a SYN.
    First,
}

impl Compared {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Direction,
        Self::Ports,
        Self::Flags,
        Self::Sequence,
        Self::Acknowledgement,
        Self::Length,
        Self::DontFragment,
        Self::Window,
        Self::First,
    ];

    /// Whether a difference is a line that does not match.
    pub const fn decides(self) -> bool {
        !matches!(self, Self::Window | Self::First)
    }
}

/// How a field compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// The same in both.
    Same,
    /// Not the same.
    Different(Reason),
    /// One of them does not have it, or both.
    Absent,
}

/// How each field of two packets compares, in the order of [`Compared::ALL`].
pub type Marks = [(Compared, Mark); 9];

pub(super) fn judge(article: &Seen, ours: &Seen) -> Marks {
    Compared::ALL.map(|field| (field, mark(field, article, ours)))
}

/// Whether a line matches.
pub(super) fn matches(marks: &Marks) -> bool {
    let wrong =
        |(field, mark): &(Compared, Mark)| field.decides() && matches!(mark, Mark::Different(_));
    !marks.iter().any(wrong)
}

fn mark(field: Compared, article: &Seen, ours: &Seen) -> Mark {
    let segments = article.segment.zip(ours.segment);
    match field {
        Compared::Direction => {
            let same = article.from_client == ours.from_client;
            told(same, Reason::Direction)
        }
        Compared::Ports => told(article.ports == ours.ports, Reason::Ports),
        Compared::Length => told(article.len == ours.len, Reason::Length),
        Compared::DontFragment if article.dont_fragment && !ours.dont_fragment => {
            Mark::Different(Reason::ArticleForbids)
        }
        Compared::DontFragment => {
            let same = article.dont_fragment == ours.dont_fragment;
            told(same, Reason::OursForbids)
        }
        Compared::Flags => segments.map_or(Mark::Absent, |(article, ours)| {
            told(article.flags == ours.flags, flags(&article, &ours))
        }),
        Compared::Sequence => segments.map_or(Mark::Absent, |(article, ours)| {
            numbers(article.seq, ours.seq, Reason::Sequence)
        }),
        Compared::Acknowledgement => segments.map_or(Mark::Absent, |(article, ours)| {
            match (article.ack, ours.ack) {
                (Some(_), None) | (None, Some(_)) => Mark::Different(Reason::Acknowledgement),
                (article, ours) => numbers(article, ours, Reason::Acknowledgement),
            }
        }),
        Compared::Window => segments.map_or(Mark::Absent, |(article, ours)| {
            told(article.window == ours.window, Reason::Window)
        }),
        Compared::First => segments.map_or(Mark::Absent, |(article, ours)| {
            let accepts = article.flags.contains(TcpFlags::ACK);
            let reason = if accepts {
                Reason::KernelsNumber
            } else {
                Reason::OtherNumber
            };
            numbers(article.first, ours.first, reason)
        }),
    }
}

fn told(same: bool, reason: Reason) -> Mark {
    if same {
        Mark::Same
    } else {
        Mark::Different(reason)
    }
}

fn numbers(article: Option<u32>, ours: Option<u32>, reason: Reason) -> Mark {
    match (article, ours) {
        (Some(article), Some(ours)) => told(article == ours, reason),
        _ => Mark::Absent,
    }
}

fn flags(article: &Segment, ours: &Segment) -> Reason {
    let differing = TcpFlags(article.flags.0 ^ ours.flags.0);
    if differing == TcpFlags::PSH {
        Reason::Push
    } else if TcpFlags::ECE.union(TcpFlags::CWR).contains(differing) {
        Reason::Congestion
    } else {
        Reason::Flags
    }
}
