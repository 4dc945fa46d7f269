//! The list of all kinds of notes.

use tracer::note::{
    AckNote, ArpNote, ControlNote, CopyNote, DataNote, HandshakeNote, Note, OtherNote, PrintedNote,
    SequenceNote, TeardownNote, TranslationNote, Unexplained,
};

/// A kind of note that is new does not compile here: build one above, too.
pub(super) fn known(note: &Note) {
    match note {
        Note::Arp(
            ArpNote::Request { .. } | ArpNote::Reply { .. } | ArpNote::Announcement { .. },
        )
        | Note::Handshake(
            HandshakeNote::Syn { .. }
            | HandshakeNote::SynAck { .. }
            | HandshakeNote::Established { .. }
            | HandshakeNote::SynAckAgain { .. }
            | HandshakeNote::SynAgain { .. }
            | HandshakeNote::Simultaneous { .. }
            | HandshakeNote::SimultaneousAck { .. }
            | HandshakeNote::Refused { .. }
            | HandshakeNote::MidStream
            | HandshakeNote::Forgotten
            | HandshakeNote::ChallengeAck { .. },
        )
        | Note::Control(
            ControlNote::Recognised
            | ControlNote::Disowned { .. }
            | ControlNote::Found { .. }
            | ControlNote::CameBefore { .. }
            | ControlNote::NotOpened { .. }
            | ControlNote::Blind
            | ControlNote::ImplicitTls
            | ControlNote::Readable
            | ControlNote::Command { .. }
            | ControlNote::Reply { .. }
            | ControlNote::ReplyGoesOn { .. }
            | ControlNote::Announced(_)
            | ControlNote::AnnouncementUnreadable { .. }
            | ControlNote::Incomplete { .. }
            | ControlNote::CutShort { .. }
            | ControlNote::GivenUp { .. }
            | ControlNote::TooLong
            | ControlNote::NotFtp { .. }
            | ControlNote::Telnet
            | ControlNote::Encrypted { .. },
        )
        | Note::Data(
            DataNote::Data { .. }
            | DataNote::DataComplete { .. }
            | DataNote::Hashed { .. }
            | DataNote::Saved { .. },
        )
        | Note::Ack(
            AckNote::Ack { .. }
            | AckNote::AckAgain { .. }
            | AckNote::AckPiggybacked { .. }
            | AckNote::DuplicateAck { .. }
            | AckNote::Sack { .. }
            | AckNote::WindowUpdate { .. }
            | AckNote::ZeroWindow { .. }
            | AckNote::UnseenData { .. },
        )
        | Note::Sequence(
            SequenceNote::Retransmission { .. }
            | SequenceNote::Overlap { .. }
            | SequenceNote::WindowFull { .. }
            | SequenceNote::Ahead { .. }
            | SequenceNote::FillsGap { .. }
            | SequenceNote::KeepAlive { .. }
            | SequenceNote::KeepAliveAck { .. }
            | SequenceNote::WindowProbe { .. }
            | SequenceNote::WindowProbeAck { .. },
        )
        | Note::Teardown(
            TeardownNote::Fin { .. }
            | TeardownNote::FinAcknowledged { .. }
            | TeardownNote::Closed { .. }
            | TeardownNote::HalfClosed { .. }
            | TeardownNote::FinAgain { .. }
            | TeardownNote::Reset { .. }
            | TeardownNote::ChallengeAck { .. }
            | TeardownNote::AfterClose { .. },
        )
        | Note::Copy(CopyNote::Copy { .. })
        | Note::Translation(
            TranslationNote::Connection { .. }
            | TranslationNote::Segment { .. }
            | TranslationNote::Rewritten { .. },
        )
        | Note::Other(
            OtherNote::Udp { .. }
            | OtherNote::DnsQuestion { .. }
            | OtherNote::DnsAnswer { .. }
            | OtherNote::Resolved { .. }
            | OtherNote::Echo { .. }
            | OtherNote::EchoReply { .. }
            | OtherNote::Undelivered { .. }
            | OtherNote::NeighborSolicitation { .. }
            | OtherNote::NeighborAdvertisement { .. }
            | OtherNote::Icmp { .. }
            | OtherNote::Fragment { .. }
            | OtherNote::Protocol { .. },
        )
        | Note::Printed(
            PrintedNote::Unprinted { .. }
            | PrintedNote::Omitted { .. }
            | PrintedNote::WindowShrank { .. }
            | PrintedNote::WindowGrew { .. }
            | PrintedNote::AnnouncedByLength { .. },
        )
        | Note::Unexplained(
            Unexplained::Protocol { .. } | Unexplained::Malformed { .. } | Unexplained::Segment,
        ) => {}
    }
}
