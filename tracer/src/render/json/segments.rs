//! What every TCP connection has, as JSON lines: the notes of its handshake and its close, and the
//! row that is left of it.

use std::io;
use std::net::SocketAddr;

use proto::Verb;

use super::object::{Object, event, key, text};
use crate::ConnectionSummary;
use crate::note::{DataNote, HandshakeNote, Note, Party, TeardownNote};

/// Writes a note that most connections have, field by field; false when it is another.
pub(super) fn segment_line(note: &Note, packet: u64, out: &mut Vec<u8>) -> io::Result<bool> {
    let mut object = match note {
        Note::Handshake(HandshakeNote::Syn {
            by,
            to,
            from_port,
            to_port,
            isn,
            offers,
            purpose,
        }) => {
            let mut object = Object::new(event!("syn"), out);
            object.party(text!("by"), *by);
            object.party(text!("to"), *to);
            object.number(key!("from_port"), *from_port);
            object.number(key!("to_port"), *to_port);
            object.number(key!("isn"), *isn);
            object.value(key!("offers"), offers)?;
            object.fields(purpose)?;
            object
        }
        Note::Handshake(HandshakeNote::SynAck {
            by,
            isn,
            ack,
            offers,
            after,
        }) => {
            let mut object = Object::new(event!("syn_ack"), out);
            object.party(text!("by"), *by);
            object.number(key!("isn"), *isn);
            object.number(key!("ack"), *ack);
            object.value(key!("offers"), offers)?;
            object.duration(key!("after_s"), *after)?;
            object
        }
        Note::Handshake(HandshakeNote::Established {
            by,
            after,
            total,
            relative,
        }) => {
            let mut object = Object::new(event!("established"), out);
            object.party(text!("by"), *by);
            object.duration(key!("after_s"), *after)?;
            object.duration(key!("total_s"), *total)?;
            object.bool(key!("relative"), *relative);
            object
        }
        Note::Teardown(TeardownNote::Fin {
            by,
            order,
            seq,
            acks_fin,
        }) => {
            let mut object = Object::new(event!("fin"), out);
            object.party(text!("by"), *by);
            object.value(key!("order"), order)?;
            object.number(key!("seq"), *seq);
            object.bool(key!("acks_fin"), *acks_fin);
            object
        }
        Note::Teardown(TeardownNote::FinAcknowledged { by, ack }) => {
            let mut object = Object::new(event!("fin_acknowledged"), out);
            object.party(text!("by"), *by);
            object.number(key!("ack"), *ack);
            object
        }
        Note::Teardown(TeardownNote::Closed {
            first,
            segments,
            simultaneous,
            lasted,
        }) => {
            let mut object = Object::new(event!("closed"), out);
            object.party(text!("first"), *first);
            object.number(key!("segments"), *segments);
            object.bool(key!("simultaneous"), *simultaneous);
            object.duration(key!("lasted_s"), *lasted)?;
            object
        }
        Note::Data(DataNote::DataComplete {
            by,
            bytes,
            missing,
            from_start,
            segments,
            duration,
            transfer,
        }) => {
            let mut object = Object::new(event!("data_complete"), out);
            object.party(text!("by"), *by);
            object.number(key!("bytes"), *bytes);
            object.number(key!("missing"), *missing);
            object.bool(key!("from_start"), *from_start);
            object.number(key!("segments"), *segments);
            object.duration(key!("duration_s"), Some(*duration))?;
            object.transfer(key!("transfer"), *transfer);
            object
        }
        _ => return Ok(false),
    };
    object.number(key!("packet"), packet);
    object.end();
    Ok(true)
}

/// Writes the row of a connection, as its derived `Serialize` does.
pub(super) fn connection_line(row: &ConnectionSummary, out: &mut Vec<u8>) -> io::Result<()> {
    let end = |end: SocketAddr| Party::Endpoint(end);
    let mut object = Object::new(event!("connection"), out);
    object.number(key!("number"), row.number);
    object.name(text!("connection"), row.connection);
    match row.dialled_by {
        Some(party) => object.party(text!("dialled_by"), party),
        None => object.null(key!("dialled_by")),
    }
    object.party(text!("from"), end(row.from));
    object.party(text!("to"), end(row.to));
    object.value(key!("bytes"), &row.bytes)?;
    object.number(key!("packets"), row.packets);
    object.fields(&row.purpose)?;
    object.value(key!("verb"), &row.verb.map(Verb::as_str))?;
    match &row.argument {
        Some(argument) => object.words(key!("argument"), argument)?,
        None => object.null(key!("argument")),
    }
    object.fields(&row.ending)?;
    object.value(key!("direction"), &row.direction)?;
    object.number(key!("missing"), row.missing);
    object.duration(key!("duration_s"), row.duration)?;
    object.value(key!("saved"), &row.saved)?;
    object.value(key!("sha256"), &row.sha256)?;
    object.end();
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proto::Verb;
    use serde::Serialize;

    use super::connection_line;
    use crate::note::{ConnectionName, Inference, Link, Party, Purpose, SavedFile, Text};
    use crate::{ConnectionSummary, Direction, Ending};

    #[derive(Serialize)]
    struct ConnectionLine<'a> {
        event: &'static str,
        #[serde(flatten)]
        connection: &'a ConnectionSummary,
    }

    fn rows() -> Vec<ConnectionSummary> {
        let end = |text: &str| text.parse().unwrap();
        let plain = ConnectionSummary {
            number: 7,
            connection: ConnectionName::Tcp { number: 7 },
            dialled_by: None,
            from: end("10.0.0.1:40000"),
            to: end("10.0.0.2:21"),
            bytes: [0, 19],
            packets: 3,
            purpose: Purpose::Unknown,
            verb: None,
            argument: None,
            ending: Ending::Open,
            direction: None,
            missing: 0,
            duration: None,
            saved: None,
            sha256: None,
        };
        let file = ConnectionSummary {
            connection: ConnectionName::Data {
                session: 2,
                number: 1,
            },
            dialled_by: Some(Party::Client),
            from: end("[fe80::1]:40000"),
            purpose: Purpose::Announced {
                by: Verb::Epsv,
                packet: 9,
                active: false,
                link: Link::Exact,
            },
            verb: Some(Verb::Retr),
            argument: Some(Text::new(b"a \"b\"\xff")),
            ending: Ending::Closed {
                first: Party::Server,
                segments: 3,
                simultaneous: false,
            },
            direction: Some(Direction::Down),
            duration: Some(Duration::from_millis(1500)),
            saved: Some(SavedFile {
                name: "b".into(),
                bytes: 19,
                partial: false,
                sha256: Some("00".into()),
            }),
            sha256: Some("00".into()),
            ..plain.clone()
        };
        let inferred = ConnectionSummary {
            dialled_by: Some(Party::Endpoint(end("10.0.0.3:20"))),
            purpose: Purpose::Inferred {
                active: true,
                reason: Inference::Encrypted,
            },
            ending: Ending::Reset { by: Party::Client },
            direction: Some(Direction::Up),
            ..plain.clone()
        };
        vec![plain, file, inferred]
    }

    #[test]
    fn a_row_is_what_serde_writes() {
        for connection in &rows() {
            let mut short = Vec::new();
            connection_line(connection, &mut short).unwrap();
            let event = "connection";
            let long = serde_json::to_string(&ConnectionLine { event, connection }).unwrap();
            assert_eq!(String::from_utf8(short).unwrap(), long + "\n");
        }
    }
}
