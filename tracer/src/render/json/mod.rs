//! One event a line, for scripts. The fields are documented in `docs/json.md`.

mod notes;
mod object;
mod segments;

use std::io::{self, Write};

use serde::Serialize;

use super::own_line::OwnLine;
use super::{Aside, Render};
use crate::note::{ConnectionName, Section};
use crate::printed::with_names;
use crate::{
    Explained, Frame, LineOptions, Packet, StandIn, Summary, TcpFlags, TcpdumpLine, Verdict,
};
use notes::note_line;
use object::{Object, event, key, text};
use segments::connection_line;

/// Writes JSON lines: a `packet` line, then one line for each thing to say about it.
#[derive(Debug)]
pub struct Json {
    line: OwnLine,
    /// Segments have to be there with the bytes that they carry.
    whole: bool,
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
struct AsideLine<'a> {
    event: &'static str,
    time_ns: i64,
    who: &'a str,
    what: &'a str,
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
    #[serde(skip_serializing_if = "Option::is_none")]
    copies: Option<u64>,
    connections: u64,
}

impl Json {
    /// With tcpdump's options for the `text` field.
    pub fn new(options: LineOptions) -> Self {
        Self {
            whole: options.tells_of_payload(),
            line: OwnLine::new(options),
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
        let text = self.line.of(frame, packet);
        let shown = self.packet_of_line(frame, packet, explained, &text, out);
        self.line.done(text);
        shown
    }

    fn looks_into_segments(&self) -> bool {
        self.whole
    }

    fn take_line(&mut self) -> Option<TcpdumpLine> {
        self.line.take()
    }

    fn packet_of_line(
        &mut self,
        frame: &Frame<'_>,
        packet: &Packet<'_>,
        explained: &Explained<'_>,
        text: &str,
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
        packet_line(frame, packet, explained, text, lines)?;
        for note in explained.notes {
            note_line(note, number, lines)?;
        }
        match &packet.printed {
            Some(printed) => {
                let text = String::from_utf8_lossy(lines);
                out.write_all(printed.hosts.named(&text).as_bytes())
            }
            None => out.write_all(lines),
        }
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
            connection_line(connection, &mut self.lines)?;
            write_named(&summary.names, &self.lines, out)?;
        }
        for verdict in &summary.verdicts {
            let event = "verdict";
            self.lines.clear();
            line(&mut self.lines, &VerdictLine { event, verdict })?;
            write_named(&summary.names, &self.lines, out)?;
        }
        let connections =
            u64::try_from(summary.connections.len()).unwrap_or(u64::MAX) + summary.omitted;
        self.lines.clear();
        let (packets, explained) = (summary.packets, summary.explained);
        let copies = Some(summary.copies).filter(|&copies| copies > 0);
        line(
            &mut self.lines,
            &SummaryLine {
                event: "summary",
                packets,
                explained,
                copies,
                connections,
            },
        )?;
        out.write_all(&self.lines)
    }
}

/// Names of hosts are plain words: they can stand in a string of JSON.
fn write_named(names: &[StandIn], lines: &[u8], out: &mut dyn Write) -> io::Result<()> {
    if names.is_empty() {
        return out.write_all(lines);
    }
    out.write_all(with_names(names, &String::from_utf8_lossy(lines)).as_bytes())
}

fn line(out: &mut Vec<u8>, value: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *out, value)?;
    out.push(b'\n');
    Ok(())
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
    object.signed(key!("time_ns"), frame.time.0);
    object.number(key!("length"), frame.wire_len);
    if let Some(printed) = &packet.printed {
        object.number(key!("line"), printed.record.line);
    }
    if let Some(place) = explained.place {
        object.name(text!("connection"), place.connection);
        object.party(text!("from"), place.from);
    }
    if let Some((ip, tcp)) = packet.tcp() {
        object.address(text!("src"), ip.src);
        object.number(key!("src_port"), tcp.src_port);
        object.address(text!("dst"), ip.dst);
        object.number(key!("dst_port"), tcp.dst_port);
        object.flags(text!("flags"), tcp.flags);
        // A printed line may not have them.
        if packet
            .printed
            .is_none_or(|printed| printed.record.has_seq())
        {
            object.number(key!("seq"), tcp.seq.0);
        }
        if packet.printed.is_none() || tcp.flags.contains(TcpFlags::ACK) {
            object.number(key!("ack"), tcp.ack.0);
        }
        object.number(key!("window"), tcp.window);
        object.number(key!("payload"), tcp.len);
    }
    object.bool(key!("explained"), explained.is_explained());
    object.text(key!("text"), text)?;
    object.end();
    Ok(())
}
