//! One event a line, for scripts. The fields are documented in `docs/json.md`.

use std::io::{self, Write};
use std::net::IpAddr;

use serde::Serialize;

use super::{Aside, Render};
use crate::note::{ConnectionName, Note, Party, Section};
use crate::{
    ConnectionSummary, Explained, Frame, LineOptions, Packet, Summary, TcpFlags, TcpdumpLine,
    Verdict,
};

/// Writes JSON lines: a `packet` line, then one line for each thing to say about it.
#[derive(Debug)]
pub struct Json {
    line: TcpdumpLine,
    text: String,
}

#[derive(Serialize)]
struct PacketLine<'a> {
    event: &'static str,
    packet: u64,
    time_ns: i64,
    length: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    connection: Option<ConnectionName>,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<Party>,
    #[serde(flatten)]
    tcp: Option<TcpFields>,
    explained: bool,
    text: &'a str,
}

#[derive(Serialize)]
struct TcpFields {
    src: IpAddr,
    src_port: u16,
    dst: IpAddr,
    dst_port: u16,
    flags: String,
    seq: u32,
    ack: u32,
    window: u16,
    payload: u32,
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
        if let Some(section) = explained.section {
            let connection = explained.place.map(|place| place.connection);
            line(
                out,
                &SectionLine {
                    event: "section",
                    section,
                    connection,
                    packet: number,
                },
            )?;
        }
        self.text.clear();
        self.line.write_text(frame, &mut self.text);
        let tcp = packet.tcp().map(|(ip, tcp)| TcpFields {
            src: ip.src,
            src_port: tcp.src_port,
            dst: ip.dst,
            dst_port: tcp.dst_port,
            flags: flags(tcp.flags),
            seq: tcp.seq.0,
            ack: tcp.ack.0,
            window: tcp.window,
            payload: tcp.len,
        });
        line(
            out,
            &PacketLine {
                event: "packet",
                packet: number,
                time_ns: frame.time.0,
                length: frame.wire_len,
                connection: explained.place.map(|place| place.connection),
                from: explained.place.map(|place| place.from),
                tcp,
                explained: explained.is_explained(),
                text: &self.text,
            },
        )?;
        for note in explained.notes {
            line(
                out,
                &NoteLine {
                    packet: number,
                    note,
                },
            )?;
        }
        Ok(())
    }

    fn aside(&mut self, aside: &Aside<'_>, out: &mut dyn Write) -> io::Result<()> {
        let Aside { time, who, what } = *aside;
        line(
            out,
            &AsideLine {
                event: "app",
                time_ns: time.0,
                who,
                what,
            },
        )
    }

    fn finish(&mut self, summary: &Summary, out: &mut dyn Write) -> io::Result<()> {
        for connection in &summary.connections {
            line(
                out,
                &ConnectionLine {
                    event: "connection",
                    connection,
                },
            )?;
        }
        for verdict in &summary.verdicts {
            let event = "verdict";
            line(out, &VerdictLine { event, verdict })?;
        }
        let connections =
            u64::try_from(summary.connections.len()).unwrap_or(u64::MAX) + summary.omitted;
        let (packets, explained) = (summary.packets, summary.explained);
        line(
            out,
            &SummaryLine {
                event: "summary",
                packets,
                explained,
                connections,
            },
        )
    }
}

fn line(out: &mut dyn Write, value: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *out, value)?;
    out.write_all(b"\n")
}

/// tcpdump's letters: `S.`, `P.`, `F.`, `.`, `R`.
fn flags(flags: TcpFlags) -> String {
    const LETTERS: [(TcpFlags, char); 9] = [
        (TcpFlags::FIN, 'F'),
        (TcpFlags::SYN, 'S'),
        (TcpFlags::RST, 'R'),
        (TcpFlags::PSH, 'P'),
        (TcpFlags::ACK, '.'),
        (TcpFlags::URG, 'U'),
        (TcpFlags::ECE, 'E'),
        (TcpFlags::CWR, 'W'),
        (TcpFlags::AE, 'e'),
    ];
    LETTERS
        .iter()
        .filter(|(flag, _)| flags.contains(*flag))
        .map(|(_, letter)| letter)
        .collect()
}
