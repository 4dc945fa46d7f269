//! One event a line, for scripts. The fields are documented in `docs/json.md`.

use std::io::{self, Write};
use std::net::IpAddr;

use serde::Serialize;

use super::{Aside, Render};
use crate::note::{AckNote, ConnectionName, Covered, DataNote, Note, Party, Section};
use crate::{
    ConnectionSummary, Explained, Frame, LineOptions, Packet, Summary, TcpFlags, TcpdumpLine,
    Verdict,
};

/// Writes JSON lines: a `packet` line, then one line for each thing to say about it.
#[derive(Debug)]
pub struct Json {
    line: TcpdumpLine,
    text: String,
    /// The lines of one packet: one write is cheaper than one for each field.
    lines: Vec<u8>,
}

#[derive(Serialize)]
struct SectionLine {
    event: &'static str,
    #[serde(flatten)]
    section: Section,
    #[serde(skip_serializing_if = "Option::is_none")]
    connection: Option<ConnectionName>,
    packet: u64,
}

#[derive(Serialize)]
struct NoteLine<'a> {
    #[serde(flatten)]
    note: &'a Note,
    packet: u64,
}

#[derive(Serialize)]
struct AsideLine<'a> {
    event: &'static str,
    time_ns: i64,
    who: &'a str,
    what: &'a str,
}

#[derive(Serialize)]
struct ConnectionLine<'a> {
    event: &'static str,
    #[serde(flatten)]
    connection: &'a ConnectionSummary,
}

#[derive(Serialize)]
struct VerdictLine<'a> {
    event: &'static str,
    #[serde(flatten)]
    verdict: &'a Verdict,
}

#[derive(Serialize)]
struct SummaryLine {
    event: &'static str,
    packets: u64,
    explained: u64,
    connections: u64,
}

impl Json {
    /// With tcpdump's options for the `text` field.
    pub fn new(options: LineOptions) -> Self {
        Self {
            line: TcpdumpLine::new(options),
            text: String::new(),
            lines: Vec::new(),
        }
    }
}

impl Render for Json {
    fn packet(
        &mut self,
        frame: &Frame<'_>,
        packet: &Packet<'_>,
        explained: &Explained<'_>,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let number = explained.number;
        self.lines.clear();
        let lines = &mut self.lines;
        if let Some(section) = explained.section {
            let connection = explained.place.map(|place| place.connection);
            let event = "section";
            let packet = number;
            line(
                lines,
                &SectionLine {
                    event,
                    section,
                    connection,
                    packet,
                },
            )?;
        }
        self.text.clear();
        self.line.write_text(frame, &mut self.text);
        packet_line(frame, packet, explained, &self.text, lines)?;
        for note in explained.notes {
            note_line(note, number, lines)?;
        }
        out.write_all(lines)
    }

    fn aside(&mut self, aside: &Aside<'_>, out: &mut dyn Write) -> io::Result<()> {
        let Aside { time, who, what } = *aside;
        self.lines.clear();
        line(
            &mut self.lines,
            &AsideLine {
                event: "app",
                time_ns: time.0,
                who,
                what,
            },
        )?;
        out.write_all(&self.lines)
    }

    fn finish(&mut self, summary: &Summary, out: &mut dyn Write) -> io::Result<()> {
        for connection in &summary.connections {
            self.lines.clear();
            line(
                &mut self.lines,
                &ConnectionLine {
                    event: "connection",
                    connection,
                },
            )?;
            out.write_all(&self.lines)?;
        }
        for verdict in &summary.verdicts {
            let event = "verdict";
            self.lines.clear();
            line(&mut self.lines, &VerdictLine { event, verdict })?;
            out.write_all(&self.lines)?;
        }
        let connections =
            u64::try_from(summary.connections.len()).unwrap_or(u64::MAX) + summary.omitted;
        self.lines.clear();
        let (packets, explained) = (summary.packets, summary.explained);
        line(
            &mut self.lines,
            &SummaryLine {
                event: "summary",
                packets,
                explained,
                connections,
            },
        )?;
        out.write_all(&self.lines)
    }
}

fn line(out: &mut Vec<u8>, value: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *out, value)?;
    out.push(b'\n');
    Ok(())
}

/// A field's name with what JSON puts around it.
macro_rules! key {
    ($name:literal) => {
        concat!(",\"", $name, "\":")
    };
}

/// The beginning of an object.
macro_rules! event {
    ($name:literal) => {
        concat!("{\"event\":\"", $name, "\"")
    };
}

/// The `packet` line, field by field: it is the one that every packet has.
fn packet_line(
    frame: &Frame<'_>,
    packet: &Packet<'_>,
    explained: &Explained<'_>,
    text: &str,
    out: &mut Vec<u8>,
) -> io::Result<()> {
    let mut object = Object::new(event!("packet"), out);
    object.number(key!("packet"), explained.number);
    object.number(key!("time_ns"), frame.time.0);
    object.number(key!("length"), frame.wire_len);
    if let Some(place) = explained.place {
        object.name(key!("connection"), place.connection);
        object.party(key!("from"), place.from)?;
    }
    if let Some((ip, tcp)) = packet.tcp() {
        object.address(key!("src"), ip.src);
        object.number(key!("src_port"), tcp.src_port);
        object.address(key!("dst"), ip.dst);
        object.number(key!("dst_port"), tcp.dst_port);
        object.flags(key!("flags"), tcp.flags);
        object.number(key!("seq"), tcp.seq.0);
        object.number(key!("ack"), tcp.ack.0);
        object.number(key!("window"), tcp.window);
        object.number(key!("payload"), tcp.len);
    }
    object.bool(key!("explained"), explained.is_explained());
    object.text(key!("text"), text)?;
    object.end();
    Ok(())
}

/// A note as its derived `Serialize` writes it. The notes that nearly every packet of a transfer
/// has are written field by field, in half the time; a test holds the two ways to each other.
fn note_line(note: &Note, packet: u64, out: &mut Vec<u8>) -> io::Result<()> {
    match note {
        Note::Data(DataNote::Data {
            by,
            first,
            last,
            transfer,
            push,
        }) => {
            let mut object = Object::new(event!("data"), out);
            object.party(key!("by"), *by)?;
            object.number(key!("first"), *first);
            object.number(key!("last"), *last);
            object.value(key!("transfer"), transfer)?;
            object.bool(key!("push"), *push);
            object.number(key!("packet"), packet);
            object.end();
        }
        Note::Ack(AckNote::Ack {
            by,
            covered,
            after,
            delayed,
        }) => {
            let mut object = Object::new(event!("ack"), out);
            object.party(key!("by"), *by)?;
            object.covered(covered);
            object.value(key!("after_s"), &after.map(|after| after.as_secs_f64()))?;
            object.bool(key!("delayed"), *delayed);
            object.number(key!("packet"), packet);
            object.end();
        }
        Note::Ack(AckNote::AckPiggybacked { covered }) => {
            let mut object = Object::new(event!("ack_piggybacked"), out);
            object.covered(covered);
            object.number(key!("packet"), packet);
            object.end();
        }
        note => line(out, &NoteLine { note, packet })?,
    }
    Ok(())
}

/// A JSON object in the making, on a line of its own.
struct Object<'a>(&'a mut Vec<u8>);

impl<'a> Object<'a> {
    fn new(event: &'static str, out: &'a mut Vec<u8>) -> Self {
        out.extend_from_slice(event.as_bytes());
        Self(out)
    }

    fn key(&mut self, key: &'static str) {
        self.0.extend_from_slice(key.as_bytes());
    }

    fn number(&mut self, key: &'static str, value: impl itoa::Integer) {
        self.key(key);
        let mut digits = itoa::Buffer::new();
        self.0.extend_from_slice(digits.format(value).as_bytes());
    }

    fn bool(&mut self, key: &'static str, value: bool) {
        self.key(key);
        let text: &[u8] = if value { b"true" } else { b"false" };
        self.0.extend_from_slice(text);
    }

    /// tcpdump's letters: `S.`, `P.`, `F.`, `.`, `R`.
    fn flags(&mut self, key: &'static str, flags: TcpFlags) {
        const LETTERS: [(TcpFlags, u8); 9] = [
            (TcpFlags::FIN, b'F'),
            (TcpFlags::SYN, b'S'),
            (TcpFlags::RST, b'R'),
            (TcpFlags::PSH, b'P'),
            (TcpFlags::ACK, b'.'),
            (TcpFlags::URG, b'U'),
            (TcpFlags::ECE, b'E'),
            (TcpFlags::CWR, b'W'),
            (TcpFlags::AE, b'e'),
        ];
        self.key(key);
        self.0.push(b'"');
        for (flag, letter) in LETTERS {
            if flags.contains(flag) {
                self.0.push(letter);
            }
        }
        self.0.push(b'"');
    }

    fn covered(&mut self, covered: &Covered) {
        self.number(key!("bytes"), covered.bytes);
        let ends = [(key!("first"), covered.first), (key!("last"), covered.last)];
        for (key, packet) in ends {
            if let Some(packet) = packet {
                self.number(key, packet);
            } else {
                self.key(key);
                self.0.extend_from_slice(b"null");
            }
        }
        self.bool(key!("fin"), covered.fin);
    }

    fn string(&mut self, key: &'static str, text: &str) {
        self.key(key);
        self.0.push(b'"');
        self.0.extend_from_slice(text.as_bytes());
        self.0.push(b'"');
    }

    /// Text that may need escapes, though it seldom does.
    fn text(&mut self, key: &'static str, text: &str) -> io::Result<()> {
        // Without an early exit, so that many bytes are looked at in one step.
        let special = |&byte: &u8| byte < b' ' || byte == b'"' || byte == b'\\';
        let specials = text.as_bytes().iter().filter(|byte| special(byte)).count();
        if specials > 0 {
            return self.value(key, text);
        }
        self.string(key, text);
        Ok(())
    }

    fn name(&mut self, key: &'static str, name: ConnectionName) {
        self.key(key);
        // Names are made of letters, digits, spaces and dots.
        let _ = write!(self.0, "\"{name}\"");
    }

    fn party(&mut self, key: &'static str, party: Party) -> io::Result<()> {
        match party {
            Party::Client => self.string(key, "client"),
            Party::Server => self.string(key, "server"),
            Party::Endpoint(_) => self.value(key, &party)?,
        }
        Ok(())
    }

    fn address(&mut self, key: &'static str, address: IpAddr) {
        self.key(key);
        match address {
            IpAddr::V4(v4) => {
                let mut before = b'"';
                for octet in v4.octets() {
                    self.0.push(before);
                    let mut digits = itoa::Buffer::new();
                    self.0.extend_from_slice(digits.format(octet).as_bytes());
                    before = b'.';
                }
                self.0.push(b'"');
            }
            IpAddr::V6(v6) => {
                let _ = write!(self.0, "\"{v6}\"");
            }
        }
    }

    /// Anything else, as serde writes it.
    fn value(&mut self, key: &'static str, value: &(impl Serialize + ?Sized)) -> io::Result<()> {
        self.key(key);
        Ok(serde_json::to_writer(&mut *self.0, value)?)
    }

    fn end(self) {
        self.0.extend_from_slice(b"}\n");
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;
    use proto::Verb;

    use super::{NoteLine, line, note_line};
    use crate::note::{AckNote, Covered, DataNote, Note, Party, TransferRef};

    fn party() -> impl Strategy<Value = Party> {
        prop_oneof![
            Just(Party::Client),
            Just(Party::Server),
            any::<std::net::SocketAddr>().prop_map(Party::Endpoint),
        ]
    }

    fn covered() -> impl Strategy<Value = Covered> {
        let packet = any::<Option<u64>>();
        (any::<u32>(), packet.clone(), packet, any::<bool>()).prop_map(
            |(bytes, first, last, fin)| Covered {
                bytes,
                first,
                last,
                fin,
            },
        )
    }

    fn transfer() -> impl Strategy<Value = Option<TransferRef>> {
        let verb = proptest::option::of(proptest::sample::select(Verb::ALL));
        proptest::option::of(
            (any::<u32>(), verb).prop_map(|(number, verb)| TransferRef { number, verb }),
        )
    }

    fn note() -> impl Strategy<Value = Note> {
        let after = proptest::option::of(any::<u64>().prop_map(Duration::from_nanos));
        prop_oneof![
            (party(), any::<[u64; 2]>(), transfer(), any::<bool>()).prop_map(
                |(by, [first, last], transfer, push)| Note::Data(DataNote::Data {
                    by,
                    first,
                    last,
                    transfer,
                    push,
                })
            ),
            (party(), covered(), after, any::<bool>()).prop_map(|(by, covered, after, delayed)| {
                Note::Ack(AckNote::Ack {
                    by,
                    covered,
                    after,
                    delayed,
                })
            }),
            covered().prop_map(|covered| Note::Ack(AckNote::AckPiggybacked { covered })),
        ]
    }

    proptest! {
        #[test]
        fn the_short_way_writes_what_serde_writes(note in note(), packet in any::<u64>()) {
            let (mut short, mut long) = (Vec::new(), Vec::new());
            note_line(&note, packet, &mut short).unwrap();
            line(&mut long, &NoteLine { note: &note, packet }).unwrap();
            prop_assert_eq!(String::from_utf8(short), String::from_utf8(long));
        }
    }
}
