//! A capture's figures, with every ending and every verdict.

use std::net::SocketAddr;
use std::time::Duration;

use proto::{Code, Verb};
use tracer::note::{
    ConnectionName, Inference, Party, Purpose, SavedFile, Text, Undelivered, Whose,
};
use tracer::{ConnectionSummary, Direction, Ending, Near, Summary, Verdict};

use super::announced;

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
        Ending::Unreachable {
            by: end.ip(),
            why: Undelivered::Host,
        },
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
        sha256: Some(String::new()),
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
        copies: 1,
        connections: connections.into_iter().chain([inferred]).collect(),
        omitted: 0,
        verdicts: verdicts(),
        unsaved: None,
        names: Vec::new(),
    }
}

pub(super) fn saved() -> SavedFile {
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
            whose: Whose::Third,
            reply: Some(Code::new(200).unwrap()),
            reply_in: Some(2),
            dialled: Some(2),
            data: Some(connection),
            opened: Some(true),
        },
        Verdict::Translation {
            connection,
            copy: ConnectionName::Control { session: 2 },
            dialler: [SocketAddr::from(([10, 0, 0, 1], 4000)); 2],
            acceptor: [SocketAddr::from(([10, 0, 0, 2], 21)); 2],
            connections: 1,
        },
        Verdict::Vantage {
            connection,
            near: Near::Client,
            server_leg: Some(Duration::ZERO),
            client_leg: Some(Duration::ZERO),
            hops: Some([0, 1]),
        },
    ];
    for verdict in &verdicts {
        match verdict {
            // A new verdict does not compile here: give it a place above, too.
            Verdict::DataConnections { .. }
            | Verdict::PortScan { .. }
            | Verdict::Bounce { .. }
            | Verdict::Translation { .. }
            | Verdict::Vantage { .. } => {}
        }
    }
    verdicts
}
