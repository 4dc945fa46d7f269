//! A value of every kind that there is to tell, so that every name in JSON is seen.

mod copies;
mod known;
mod others;
mod printed;
mod summary;
mod translation;

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use proto::{Code, Verb};
use tracer::MacAddr;
use tracer::note::{
    AckNote, Announcement, ArpNote, CommandRef, ConnectionName, ControlNote, Covered, Credential,
    DataNote, Doubtful, Encoding, FinOrder, HandshakeNote, Inference, Late, Link, Note, Numbers,
    Offers, Party, Purpose, Resend, ResetReason, Section, SequenceNote, TeardownNote, Text,
    TransferRef, Unexplained, Whose,
};

use copies::copies;
use known::known;
use others::others;
use printed::printed;
use summary::saved;
pub(crate) use summary::summary;
use translation::translation;

/// An Ethernet frame with a TCP segment: SYN, from port 40000 to port 21.
pub(crate) const SEGMENT: [u8; 54] = [
    2, 0, 0, 0, 2, 1, 2, 0, 0, 0, 1, 1, 8, 0, // Ethernet
    0x45, 0, 0, 40, 0, 0, 0x40, 0, 64, 6, 0x26, 0xce, 10, 0, 0, 1, 10, 0, 0, 2, // IPv4
    0x9c, 0x40, 0, 21, 0, 0, 0, 1, 0, 0, 0, 0, 0x50, 2, 0xfa, 0xf0, 0, 0, 0, 0, // TCP
];

pub(crate) fn sections() -> Vec<Section> {
    let sections = vec![
        Section::AddressResolution,
        Section::NameResolution,
        Section::Handshake,
        Section::Login,
        Section::Commands,
        Section::Transfer { number: 1 },
        Section::Goodbye,
        Section::Others,
    ];
    for section in &sections {
        match section {
            // A new act does not compile here: give it a place above, too.
            Section::AddressResolution
            | Section::NameResolution
            | Section::Handshake
            | Section::Login
            | Section::Commands
            | Section::Transfer { .. }
            | Section::Goodbye
            | Section::Others => {}
        }
    }
    sections
}

fn announced() -> Purpose {
    Purpose::Announced {
        by: Verb::Port,
        packet: 1,
        active: true,
        link: Link::Exact,
    }
}

/// A note of every kind, with every field that may be absent.
pub(crate) fn notes() -> Vec<Note> {
    let by = Party::Client;
    let after = Some(Duration::from_micros(1));
    let transfer = Some(TransferRef {
        number: 1,
        verb: Some(Verb::Retr),
    });
    let offers = Offers {
        mss: Some(1460),
        window: 1,
        window_scale: Some(1),
        sack: true,
        timestamps: true,
    };
    let covered = Covered {
        bytes: 1,
        first: Some(1),
        last: Some(1),
        fin: false,
    };
    let address = Ipv4Addr::LOCALHOST;
    let text = || Text::new(b"text");
    let code = Code::new(226).unwrap();
    let arp = [
        ArpNote::Request {
            asker: address,
            target: address,
            broadcast: true,
        },
        ArpNote::Reply {
            owner: address,
            mac: MacAddr([0; 6]),
            request: Some(1),
            after,
        },
        ArpNote::Announcement {
            address,
            probe: false,
        },
    ];
    let handshake = [
        HandshakeNote::Syn {
            by,
            to: by,
            from_port: 1,
            to_port: 1,
            isn: 1,
            offers,
            purpose: announced(),
        },
        HandshakeNote::Syn {
            by,
            to: by,
            from_port: 1,
            to_port: 1,
            isn: 1,
            offers,
            purpose: Purpose::Inferred {
                active: true,
                reason: Inference::Encrypted,
            },
        },
        HandshakeNote::SynAck {
            by,
            isn: 1,
            ack: 1,
            offers,
            after,
        },
        HandshakeNote::Established {
            by,
            after,
            total: after,
            relative: true,
        },
        HandshakeNote::SynAckAgain { by, after },
        HandshakeNote::SynAgain {
            by,
            attempt: 2,
            after: Duration::ZERO,
        },
        HandshakeNote::Simultaneous { by },
        HandshakeNote::SimultaneousAck { by, opens: true },
        HandshakeNote::Refused {
            by,
            port: 1,
            syn: 1,
            after,
        },
        HandshakeNote::MidStream,
        HandshakeNote::Forgotten,
        HandshakeNote::ChallengeAck { by, ack: 1, syn: 1 },
    ];
    let announcement = |encoding| {
        ControlNote::Announced(Announcement {
            by: Verb::Port,
            endpoint: SocketAddr::from((address, 1)),
            encoding,
            foreign: false,
            whose: Whose::Own,
        })
    };
    let control = [
        ControlNote::Recognised,
        ControlNote::Disowned {
            protocol: Some("SSH"),
        },
        ControlNote::NotOpened {
            connection: ConnectionName::Data {
                session: 1,
                number: 1,
            },
            by,
            syn: 1,
            attempts: 2,
        },
        ControlNote::CameBefore {
            connection: ConnectionName::Data {
                session: 1,
                number: 1,
            },
            opened_in: 1,
        },
        ControlNote::Found {
            connection: ConnectionName::Data {
                session: 1,
                number: 1,
            },
            number: 1,
            transfer: TransferRef {
                number: 1,
                verb: None,
            },
        },
        ControlNote::Blind,
        ControlNote::ImplicitTls,
        ControlNote::Readable,
        ControlNote::Command {
            word: text(),
            verb: Some(Verb::User),
            argument: Some(text()),
            credential: Some(Credential::UserName),
            transfer,
        },
        ControlNote::Reply {
            code,
            text: text(),
            lines: 1,
            to: Some(CommandRef {
                word: text(),
                packet: 1,
            }),
            transfer,
        },
        ControlNote::ReplyGoesOn { code, lines: 1 },
        announcement(Encoding::SixNumbers { p1: 1, p2: 1 }),
        announcement(Encoding::Decimal),
        ControlNote::AnnouncementUnreadable {
            by: Verb::Port,
            problem: String::new(),
        },
        ControlNote::Incomplete { bytes: 1 },
        ControlNote::CutShort { bytes: 1 },
        ControlNote::GivenUp { bytes: 1 },
        ControlNote::TooLong,
        ControlNote::NotFtp { text: text() },
        ControlNote::Telnet,
        ControlNote::Encrypted { bytes: 1 },
    ];
    let data = [
        DataNote::Data {
            by,
            first: 1,
            last: 1,
            transfer,
            push: true,
        },
        DataNote::DataComplete {
            by,
            bytes: 1,
            missing: 1,
            from_start: true,
            segments: 1,
            duration: Duration::ZERO,
            transfer,
        },
        DataNote::Hashed {
            bytes: 1,
            sha256: String::new(),
        },
        DataNote::Saved { file: saved() },
    ];
    let ack = [
        AckNote::Ack {
            by,
            covered,
            after,
            delayed: false,
        },
        AckNote::AckAgain { by },
        AckNote::AckPiggybacked { covered },
        AckNote::DuplicateAck {
            by,
            waits_for: 1,
            count: 1,
            first: Some(1),
        },
        AckNote::WindowUpdate {
            by,
            window: 1,
            reopens: Some(1),
        },
        AckNote::Sack {
            by,
            has: vec![Numbers { first: 1, last: 1 }],
            twice: Some(Numbers { first: 1, last: 1 }),
        },
        AckNote::ZeroWindow { by },
        AckNote::UnseenData { by, bytes: 1 },
    ];
    let sequence = [
        SequenceNote::Retransmission {
            by,
            bytes: 1,
            of: Some(1),
            why: Resend::Fast,
            duplicate_acks: 3,
        },
        SequenceNote::Overlap { by, old: 1, new: 1 },
        SequenceNote::WindowFull { by, window: 1 },
        SequenceNote::Ahead {
            by,
            missing: 1,
            fin: false,
        },
        SequenceNote::FillsGap {
            by,
            bytes: 1,
            gap: Some(1),
            why: Late::OutOfOrder,
        },
        SequenceNote::KeepAlive { by },
        SequenceNote::KeepAliveAck { by, probe: 1 },
        SequenceNote::WindowProbe { by },
        SequenceNote::WindowProbeAck {
            by,
            window: 1,
            probe: 1,
        },
    ];
    let teardown = [
        TeardownNote::Fin {
            by,
            order: FinOrder::First,
            seq: 1,
            acks_fin: false,
        },
        TeardownNote::FinAcknowledged { by, ack: 1 },
        TeardownNote::Closed {
            first: by,
            segments: 4,
            simultaneous: false,
            lasted: after,
        },
        TeardownNote::HalfClosed { by },
        TeardownNote::FinAgain {
            by,
            acknowledged: false,
        },
        TeardownNote::Reset {
            by,
            reason: ResetReason::Abort,
            doubt: Some(Doubtful::InWindow),
            answers: Some(1),
        },
        TeardownNote::ChallengeAck {
            by,
            rst: 1,
            waits_for: 1,
        },
        TeardownNote::AfterClose { by },
    ];
    let unexplained = [
        Unexplained::Protocol {
            protocol: String::new(),
        },
        Unexplained::Malformed {
            layer: "TCP",
            problem: "",
        },
        Unexplained::Segment,
    ];
    let notes: Vec<Note> = arp
        .map(Note::Arp)
        .into_iter()
        .chain(handshake.map(Note::Handshake))
        .chain(control.map(Note::Control))
        .chain(data.map(Note::Data))
        .chain(ack.map(Note::Ack))
        .chain(sequence.map(Note::Sequence))
        .chain(teardown.map(Note::Teardown))
        .chain(translation().into_iter().map(Note::Translation))
        .chain(copies().into_iter().map(Note::Copy))
        .chain(others(after).into_iter().map(Note::Other))
        .chain(printed().into_iter().map(Note::Printed))
        .chain(unexplained.map(Note::Unexplained))
        .collect();
    notes.iter().for_each(known);
    notes
}
