//! A value of every kind that there is to tell, so that every name in JSON is seen.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use proto::{Code, Verb};
use tracer::note::{
    AckNote, Announcement, ArpNote, CommandRef, ConnectionName, ControlNote, Covered, Credential,
    DataNote, Encoding, FinOrder, HandshakeNote, IcmpMessage, Inference, Late, Link, Note, Offers,
    OtherNote, Party, Purpose, Quoted, Resend, ResetReason, SavedFile, Section, SequenceNote,
    TeardownNote, Text, TransferRef, Undelivered, Unexplained, Whose,
};
use tracer::{ConnectionSummary, Direction, Ending, MacAddr, Near, Summary, Verdict};

/// An Ethernet frame with a TCP segment: SYN, from port 40000 to port 21.
pub(crate) const SEGMENT: [u8; 54] = [
    2, 0, 0, 0, 2, 1, 2, 0, 0, 0, 1, 1, 8, 0, // Ethernet
    0x45, 0, 0, 40, 0, 0, 0x40, 0, 64, 6, 0x26, 0xce, 10, 0, 0, 1, 10, 0, 0, 2, // IPv4
    0x9c, 0x40, 0, 21, 0, 0, 0, 1, 0, 0, 0, 0, 0x50, 2, 0xfa, 0xf0, 0, 0, 0, 0, // TCP
];

pub(crate) fn sections() -> Vec<Section> {
    let sections = vec![
        Section::AddressResolution,
        Section::Handshake,
        Section::Login,
        Section::Commands,
        Section::Transfer { number: 1 },
        Section::Goodbye,
    ];
    for section in &sections {
        match section {
            // A new act does not compile here: give it a place above, too.
            Section::AddressResolution
            | Section::Handshake
            | Section::Login
            | Section::Commands
            | Section::Transfer { .. }
            | Section::Goodbye => {}
        }
    }
    sections
}

pub(crate) fn summary() -> Summary {
    let end = SocketAddr::from(([10, 0, 0, 1], 40_000));
    let by = Party::Client;
    let endings = [
        Ending::Closed {
            first: by,
            segments: 4,
            simultaneous: false,
        },
        Ending::Reset { by },
        Ending::Refused { by },
        Ending::Unanswered,
        Ending::Open,
    ];
    let connections = endings.map(|ending| ConnectionSummary {
        number: 1,
        connection: ConnectionName::Control { session: 1 },
        dialled_by: Some(by),
        from: end,
        to: end,
        bytes: [0, 0],
        packets: 1,
        purpose: announced(),
        verb: Some(Verb::Retr),
        argument: Some(Text::new(b"poem.txt")),
        ending,
        direction: Some(Direction::Down),
        missing: 0,
        duration: Some(Duration::from_micros(1)),
        saved: Some(saved()),
    });
    let inferred = ConnectionSummary {
        purpose: Purpose::Inferred {
            active: true,
            reason: Inference::Encrypted,
        },
        ..connections[0].clone()
    };
    Summary {
        packets: 1,
        explained: 1,
        connections: connections.into_iter().chain([inferred]).collect(),
        omitted: 0,
        verdicts: verdicts(),
        unsaved: None,
    }
}

fn saved() -> SavedFile {
    SavedFile {
        name: "poem.txt".into(),
        bytes: 1,
        partial: false,
        sha256: Some(String::new()),
    }
}

fn verdicts() -> Vec<Verdict> {
    let (by, to) = ([10, 0, 0, 1].into(), [10, 0, 0, 2].into());
    let connection = ConnectionName::Control { session: 1 };
    let verdicts = vec![
        Verdict::DataConnections {
            by,
            to,
            ports: 5,
            announced: 5,
        },
        Verdict::PortScan {
            by,
            to,
            ports: 10,
            refused: 5,
            unanswered: 5,
        },
        Verdict::Bounce {
            connection,
            packet: 1,
            target: SocketAddr::from(([10, 0, 0, 3], 25)),
            dialled: Some(2),
        },
        Verdict::Vantage {
            connection,
            near: Near::Client,
            server_leg: Some(Duration::ZERO),
            client_leg: Some(Duration::ZERO),
            hops: [0, 1],
        },
    ];
    for verdict in &verdicts {
        match verdict {
            // A new verdict does not compile here: give it a place above, too.
            Verdict::DataConnections { .. }
            | Verdict::PortScan { .. }
            | Verdict::Bounce { .. }
            | Verdict::Vantage { .. } => {}
        }
    }
    verdicts
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
        TeardownNote::FinAgain { by },
        TeardownNote::Reset {
            by,
            reason: ResetReason::Abort,
            answers: Some(1),
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
        .chain(others(after).into_iter().map(Note::Other))
        .chain(unexplained.map(Note::Unexplained))
        .collect();
    notes.iter().for_each(known);
    notes
}

fn others(after: Option<Duration>) -> Vec<OtherNote> {
    let address: IpAddr = Ipv4Addr::LOCALHOST.into();
    let end = SocketAddr::new(address, 1);
    let (name, kind) = ("ftp.example".to_owned(), "A".to_owned());
    vec![
        OtherNote::Udp {
            from: end,
            to: end,
            bytes: 1,
            service: Some("DNS"),
        },
        OtherNote::DnsQuestion {
            name: name.clone(),
            kind: kind.clone(),
            again: Some(1),
        },
        OtherNote::DnsAnswer {
            name: name.clone(),
            kind,
            addresses: vec![address],
            records: 1,
            failure: Some("NXDOMAIN"),
            question: Some(1),
            after,
        },
        OtherNote::Resolved {
            address,
            name,
            answer: 1,
        },
        OtherNote::Echo {
            from: address,
            to: address,
            sequence: 1,
        },
        OtherNote::EchoReply {
            from: address,
            sequence: 1,
            request: Some(1),
            after,
        },
        OtherNote::Undelivered {
            by: address,
            why: Undelivered::Port,
            mtu: Some(1280),
            about: Some(1),
            syn: true,
            quoted: Some(Quoted {
                protocol: "TCP",
                from: end,
                to: end,
            }),
        },
        OtherNote::NeighborSolicitation {
            target: address,
            probe: false,
        },
        OtherNote::NeighborAdvertisement {
            target: address,
            solicitation: Some(1),
        },
        OtherNote::Icmp {
            from: address,
            message: IcmpMessage::Multicast,
        },
        OtherNote::Fragment {
            offset: 0,
            last: false,
            first: Some(1),
        },
        OtherNote::Protocol {
            name: "GRE",
            number: 47,
        },
    ]
}

/// A kind of note that is new does not compile here: build one above, too.
fn known(note: &Note) {
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
            | HandshakeNote::Refused { .. }
            | HandshakeNote::MidStream
            | HandshakeNote::Forgotten
            | HandshakeNote::ChallengeAck { .. },
        )
        | Note::Control(
            ControlNote::Recognised
            | ControlNote::Disowned { .. }
            | ControlNote::Found { .. }
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
            | ControlNote::TooLong
            | ControlNote::NotFtp { .. }
            | ControlNote::Telnet
            | ControlNote::Encrypted { .. },
        )
        | Note::Data(
            DataNote::Data { .. } | DataNote::DataComplete { .. } | DataNote::Saved { .. },
        )
        | Note::Ack(
            AckNote::Ack { .. }
            | AckNote::AckAgain { .. }
            | AckNote::AckPiggybacked { .. }
            | AckNote::DuplicateAck { .. }
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
            | TeardownNote::AfterClose { .. },
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
        | Note::Unexplained(
            Unexplained::Protocol { .. } | Unexplained::Malformed { .. } | Unexplained::Segment,
        ) => {}
    }
}
