//! Which notes tell of something that a healthy session does not have.

use super::{
    AckNote, Announcement, ArpNote, ControlNote, CopyNote, Credential, DataNote, HandshakeNote,
    Late, Link, Note, OtherNote, PrintedNote, Purpose, SequenceNote, TeardownNote, TranslationNote,
};

/// Something out of the ordinary, as a reader counts it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Anomaly {
    /// A packet that was not explained.
    Unexplained,
    /// A SYN that was answered with RST.
    Refused,
    /// A SYN or SYN/ACK that came again.
    HandshakeRepeated,
    /// The capture began when the connection was open already.
    MidStream,
    /// A segment that came again.
    Retransmission,
    /// A segment that came before one that should precede it.
    OutOfOrder,
    /// An acknowledgement that came again.
    DuplicateAck,
    /// An acknowledgement of bytes that the capture does not have.
    UnseenData,
    /// A receiver without room.
    ZeroWindow,
    /// A sender that filled its peer's window.
    WindowFull,
    /// A connection that was reset.
    Reset,
    /// An end that did not believe a SYN or RST, and asked.
    ChallengeAck,
    /// A packet for a connection that is closed.
    AfterClose,
    /// A password that anybody on the path can read.
    ClearTextPassword,
    /// Somebody else than was invited came to an announced endpoint.
    Stranger,
    /// PORT or PASV with the address of somebody else.
    ForeignAddress,
    /// A line on a control connection that is not FTP, is too long or cannot be read.
    NotFtp,
    /// A line that the snap length cut short.
    CutShort,
    /// A packet that was not delivered, by an error message of the network.
    Undelivered,
    /// A name that could not be resolved.
    NameFailure,
    /// A packet that the capture has more than once.
    Copy,
}

impl Anomaly {
    /// What a note counts as; `None` for what belongs to a healthy session.
    pub fn of(note: &Note) -> Option<Self> {
        match note {
            Note::Handshake(note) => handshake(note),
            Note::Control(note) => control(note),
            Note::Ack(note) => ack(note),
            Note::Sequence(note) => sequence(note),
            Note::Teardown(note) => teardown(note),
            Note::Other(note) => other(note),
            Note::Copy(CopyNote::Copy { .. }) => Some(Self::Copy),
            Note::Unexplained(_) => Some(Self::Unexplained),
            Note::Arp(
                ArpNote::Request { .. } | ArpNote::Reply { .. } | ArpNote::Announcement { .. },
            )
            | Note::Data(
                DataNote::Data { .. }
                | DataNote::DataComplete { .. }
                | DataNote::Hashed { .. }
                | DataNote::Saved { .. },
            )
            // A translator does what it is there for.
            | Note::Translation(
                TranslationNote::Connection { .. }
                | TranslationNote::Segment { .. }
                | TranslationNote::Rewritten { .. },
            )
            // What a trace leaves out is the choice of whoever printed it.
            | Note::Printed(
                PrintedNote::Unprinted { .. }
                | PrintedNote::Omitted { .. }
                | PrintedNote::WindowShrank { .. }
                | PrintedNote::WindowGrew { .. }
                | PrintedNote::AnnouncedByLength { .. },
            ) => None,
        }
    }
}

fn handshake(note: &HandshakeNote) -> Option<Anomaly> {
    match note {
        HandshakeNote::Syn {
            purpose:
                Purpose::Announced {
                    link: Link::Stranger,
                    ..
                },
            ..
        } => Some(Anomaly::Stranger),
        HandshakeNote::Refused { .. } => Some(Anomaly::Refused),
        HandshakeNote::SynAgain { .. } | HandshakeNote::SynAckAgain { .. } => {
            Some(Anomaly::HandshakeRepeated)
        }
        HandshakeNote::MidStream => Some(Anomaly::MidStream),
        HandshakeNote::ChallengeAck { .. } => Some(Anomaly::ChallengeAck),
        HandshakeNote::Syn { .. }
        | HandshakeNote::SynAck { .. }
        | HandshakeNote::Established { .. }
        | HandshakeNote::Simultaneous { .. }
        | HandshakeNote::SimultaneousAck { .. }
        | HandshakeNote::Forgotten => None,
    }
}

fn control(note: &ControlNote) -> Option<Anomaly> {
    match note {
        ControlNote::Command {
            credential: Some(Credential::Password),
            ..
        } => Some(Anomaly::ClearTextPassword),
        ControlNote::Announced(Announcement { foreign: true, .. }) => Some(Anomaly::ForeignAddress),
        ControlNote::NotFtp { .. }
        | ControlNote::TooLong
        | ControlNote::Disowned { .. }
        | ControlNote::AnnouncementUnreadable { .. } => Some(Anomaly::NotFtp),
        ControlNote::CutShort { .. } => Some(Anomaly::CutShort),
        ControlNote::CameBefore { .. } => Some(Anomaly::OutOfOrder),
        // Its SYN that came again was counted.
        ControlNote::NotOpened { .. }
        | ControlNote::Recognised
        | ControlNote::Found { .. }
        | ControlNote::Command { .. }
        | ControlNote::Reply { .. }
        | ControlNote::ReplyGoesOn { .. }
        | ControlNote::Announced(_)
        | ControlNote::Incomplete { .. }
        | ControlNote::GivenUp { .. }
        | ControlNote::Telnet
        | ControlNote::Blind
        | ControlNote::ImplicitTls
        | ControlNote::Readable
        | ControlNote::Encrypted { .. } => None,
    }
}

fn ack(note: &AckNote) -> Option<Anomaly> {
    match note {
        AckNote::DuplicateAck { .. } => Some(Anomaly::DuplicateAck),
        AckNote::UnseenData { .. } => Some(Anomaly::UnseenData),
        AckNote::ZeroWindow { .. } => Some(Anomaly::ZeroWindow),
        AckNote::Ack { .. }
        | AckNote::AckPiggybacked { .. }
        | AckNote::AckAgain { .. }
        | AckNote::Sack { .. }
        | AckNote::WindowUpdate { .. } => None,
    }
}

fn sequence(note: &SequenceNote) -> Option<Anomaly> {
    match note {
        SequenceNote::Retransmission { .. }
        | SequenceNote::Overlap { .. }
        // Its first copy is not in the capture.
        | SequenceNote::FillsGap {
            why: Late::Fast | Late::Timeout,
            ..
        } => Some(Anomaly::Retransmission),
        SequenceNote::WindowFull { .. } => Some(Anomaly::WindowFull),
        SequenceNote::Ahead { .. } => Some(Anomaly::OutOfOrder),
        // What came before its time was counted; a closed window, too.
        SequenceNote::FillsGap {
            why: Late::OutOfOrder,
            ..
        }
        | SequenceNote::WindowProbe { .. }
        | SequenceNote::WindowProbeAck { .. }
        | SequenceNote::KeepAlive { .. }
        | SequenceNote::KeepAliveAck { .. } => None,
    }
}

fn teardown(note: &TeardownNote) -> Option<Anomaly> {
    match note {
        TeardownNote::FinAgain { .. } => Some(Anomaly::Retransmission),
        TeardownNote::Reset { .. } => Some(Anomaly::Reset),
        TeardownNote::ChallengeAck { .. } => Some(Anomaly::ChallengeAck),
        TeardownNote::AfterClose { .. } => Some(Anomaly::AfterClose),
        TeardownNote::Fin { .. }
        | TeardownNote::FinAcknowledged { .. }
        | TeardownNote::Closed { .. }
        | TeardownNote::HalfClosed { .. } => None,
    }
}

fn other(note: &OtherNote) -> Option<Anomaly> {
    match note {
        OtherNote::Undelivered { .. } => Some(Anomaly::Undelivered),
        OtherNote::DnsAnswer {
            failure: Some(_), ..
        } => Some(Anomaly::NameFailure),
        OtherNote::Udp { .. }
        | OtherNote::DnsQuestion { .. }
        | OtherNote::DnsAnswer { .. }
        | OtherNote::Resolved { .. }
        | OtherNote::Echo { .. }
        | OtherNote::EchoReply { .. }
        | OtherNote::NeighborSolicitation { .. }
        | OtherNote::NeighborAdvertisement { .. }
        | OtherNote::Icmp { .. }
        | OtherNote::Fragment { .. }
        | OtherNote::Protocol { .. } => None,
    }
}
