//! Which notes tell of something that a healthy session does not have.

use super::{
    AckNote, Announcement, ControlNote, Credential, HandshakeNote, Note, SequenceNote, TeardownNote,
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
    /// A connection that was reset.
    Reset,
    /// A packet for a connection that is closed.
    AfterClose,
    /// A password that anybody on the path can read.
    ClearTextPassword,
    /// PORT or PASV with the address of somebody else.
    ForeignAddress,
    /// A line on a control connection that is not FTP, is too long or cannot be read.
    NotFtp,
}

impl Anomaly {
    /// What a note counts as; `None` for what belongs to a healthy session.
    pub fn of(note: &Note) -> Option<Self> {
        Some(match note {
            Note::Unexplained(_) => Self::Unexplained,
            Note::Handshake(HandshakeNote::Refused { .. }) => Self::Refused,
            Note::Handshake(HandshakeNote::SynAgain { .. } | HandshakeNote::SynAckAgain { .. }) => {
                Self::HandshakeRepeated
            }
            Note::Handshake(HandshakeNote::MidStream) => Self::MidStream,
            Note::Sequence(SequenceNote::Retransmission { .. })
            | Note::Teardown(TeardownNote::FinAgain { .. }) => Self::Retransmission,
            Note::Sequence(SequenceNote::Ahead { .. }) => Self::OutOfOrder,
            Note::Ack(AckNote::DuplicateAck { .. }) => Self::DuplicateAck,
            Note::Ack(AckNote::UnseenData { .. }) => Self::UnseenData,
            Note::Ack(AckNote::ZeroWindow { .. }) => Self::ZeroWindow,
            Note::Teardown(TeardownNote::Reset { .. }) => Self::Reset,
            Note::Teardown(TeardownNote::AfterClose { .. }) => Self::AfterClose,
            Note::Control(ControlNote::Command {
                credential: Some(Credential::Password),
                ..
            }) => Self::ClearTextPassword,
            Note::Control(ControlNote::Announced(Announcement { foreign: true, .. })) => {
                Self::ForeignAddress
            }
            Note::Control(
                ControlNote::NotFtp { .. }
                | ControlNote::TooLong
                | ControlNote::AnnouncementUnreadable { .. },
            ) => Self::NotFtp,
            _ => return None,
        })
    }
}
