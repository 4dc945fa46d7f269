//! The ladder: the client's line on the left, the server's on the right, an arrow for each
//! segment; control and data connections side by side.

use std::fmt::Write as _;
use std::io::{self, Write};
use std::net::SocketAddr;

use hashbrown::HashMap;
use textwrap::core::display_width;

use super::paint::{self, Paint};
use super::{Aside, Render};
use crate::note::{ConnectionName, ControlNote, Note, Party};
use crate::{
    Explained, Frame, Ip, Language, LineOptions, Packet, Seq, Summary, Tcp, TcpFlags, TcpdumpLine,
    TimeFormat,
};

/// Connections whose first sequence numbers are remembered; with more, all are forgotten and
/// counted from where they are.
const MAX_CONNECTIONS: usize = 10_000;

/// Columns of the packet's number and time.
const MARGIN: usize = 20;

/// Between the control connections' ladder and that of the data connections.
const BETWEEN: usize = 3;

/// Below so many columns there is one ladder for all, and each arrow names its connection.
const NARROW: usize = 96;

/// Draws each segment as an arrow. Segments of one data connection that follow one another are
/// one arrow, unless `every` is asked for.
#[derive(Debug)]
pub struct Ladder {
    paint: Paint,
    language: Language,
    /// Columns in all.
    columns: usize,
    every: bool,
    line: TcpdumpLine,
    /// By the endpoints, the lower one first: a connection's name changes when it is recognised.
    known: HashMap<[SocketAddr; 2], Known>,
    run: Option<Run>,
    begun: bool,
    text: String,
}

/// What is remembered of a connection.
#[derive(Clone, Copy, Debug)]
struct Known {
    /// Whose line is on the left, if nobody knows who is the client.
    left: Option<SocketAddr>,
    /// The first sequence numbers, of the lower and the higher endpoint.
    first: [Option<Seq>; 2],
}

/// Data segments of one connection, one after the other, and the acknowledgements between them.
#[derive(Clone, Debug)]
struct Run {
    connection: ConnectionName,
    rightward: bool,
    /// The number and the time of the first, as they are printed.
    margin: String,
    segments: u64,
    bytes: u64,
    acks: u64,
    /// What the first one alone would look like.
    label: String,
}

impl Ladder {
    /// A ladder of so many columns, or 120, with every segment an arrow of its own or not. The
    /// time stamps are those of `line`.
    pub fn new(
        language: Language,
        color: bool,
        columns: Option<usize>,
        every: bool,
        line: LineOptions,
    ) -> Self {
        let time = match line.time {
            // Narrow, and it says how long things took.
            TimeFormat::Clock => TimeFormat::SinceFirst,
            time => time,
        };
        Self {
            paint: Paint(color),
            language,
            columns: columns.unwrap_or(120).max(60),
            every,
            line: TcpdumpLine::new(LineOptions { time, ..line }),
            known: HashMap::new(),
            run: None,
            begun: false,
            text: String::new(),
        }
    }

    /// Columns between the two lines of a ladder.
    fn width(&self) -> usize {
        let room = self.columns.saturating_sub(MARGIN);
        if self.columns < NARROW {
            room.saturating_sub(2)
        } else {
            (room.saturating_sub(BETWEEN) / 2).saturating_sub(2)
        }
        .clamp(20, 60)
    }

    fn head(&mut self) {
        let width = self.width();
        let (client, server) = self.language.parties();
        let ladder = |title: &str| {
            let fill = (width + 2).saturating_sub(display_width(client) + display_width(server));
            let left = fill.saturating_sub(display_width(title)) / 2;
            let right = fill.saturating_sub(display_width(title) + left);
            format!("{client}{:left$}{title}{:right$}{server}", "", "")
        };
        let (control, data) = self.language.kinds();
        let mut head = " ".repeat(MARGIN);
        if self.columns < NARROW {
            head.push_str(&ladder(""));
        } else {
            head.push_str(&ladder(control));
            head.push_str(&" ".repeat(BETWEEN));
            head.push_str(&ladder(data));
        }
        let head = self.paint.with(paint::heading(), head);
        self.text.push_str(&head);
        self.text.push('\n');
        self.begun = true;
    }

    /// The number and the time of a packet, in `MARGIN` columns.
    fn margin(&mut self, number: u64, frame: &Frame<'_>) -> String {
        let mut time = String::new();
        self.line.write_time_of(frame, &mut time);
        // Hours and minutes of a capture that has none only take room.
        let time = time.trim().trim_start_matches("00:");
        let mut margin = format!("{number:>5} {time:>12} ");
        let fill = MARGIN.saturating_sub(display_width(&margin));
        margin.push_str(&" ".repeat(fill));
        margin
    }

    fn arrow(&mut self, margin: &str, connection: ConnectionName, rightward: bool, label: &str) {
        let width = self.width();
        let (name, is_data) = match connection {
            _ if self.columns < NARROW => (format!("{connection}: "), false),
            ConnectionName::Control { session: 1 }
            | ConnectionName::Data {
                number: 1,
                session: 1,
            } => (
                String::new(),
                matches!(connection, ConnectionName::Data { .. }),
            ),
            ConnectionName::Data { .. } => (format!("{connection}: "), true),
            ConnectionName::Control { .. } | ConnectionName::Tcp { .. } => {
                (format!("{connection}: "), false)
            }
        };
        let label = cut(&format!("{name}{label}"), width.saturating_sub(6));
        let shaft = width.saturating_sub(display_width(&label) + 5);
        let drawn = if rightward {
            format!("── {label} {}▶", "─".repeat(shaft))
        } else {
            format!("◀{} {label} ──", "─".repeat(shaft))
        };
        let drawn = self.paint.with(paint::connection(connection), drawn);
        let empty = " ".repeat(width);
        self.text.push_str(margin);
        let between = " ".repeat(BETWEEN);
        let _ = if self.columns < NARROW {
            writeln!(self.text, "│{drawn}│")
        } else if is_data {
            writeln!(self.text, "│{empty}│{between}│{drawn}│")
        } else {
            writeln!(self.text, "│{drawn}│{between}│{empty}│")
        };
    }

    /// Draws the segments that were kept to be one arrow.
    fn end_run(&mut self) {
        let Some(run) = self.run.take() else { return };
        let label = if run.segments == 1 && run.acks == 0 {
            run.label
        } else {
            self.language.run(run.segments, run.bytes, run.acks)
        };
        self.arrow(&run.margin, run.connection, run.rightward, &label);
    }

    /// Where the sequence numbers of a segment are counted from, and whether it goes to the right.
    fn place(
        &mut self,
        explained: &Explained<'_>,
        ip: &Ip<'_>,
        tcp: &Tcp<'_>,
    ) -> Option<(bool, [Seq; 2])> {
        let place = explained.place?;
        let from = SocketAddr::new(ip.src, tcp.src_port);
        let to = SocketAddr::new(ip.dst, tcp.dst_port);
        let (ends, side) = if from <= to {
            ([from, to], 0)
        } else {
            ([to, from], 1)
        };
        if self.known.len() >= MAX_CONNECTIONS && !self.known.contains_key(&ends) {
            self.known.clear();
        }
        let known = self.known.entry(ends).or_insert(Known {
            left: None,
            first: [None; 2],
        });
        let rightward = match place.from {
            Party::Client => true,
            Party::Server => false,
            Party::Endpoint(from) => *known.left.get_or_insert(from) == from,
        };
        if tcp.flags.contains(TcpFlags::SYN) {
            known.first[side] = Some(tcp.seq);
            if !tcp.flags.contains(TcpFlags::ACK) {
                // The ports may have had a connection before.
                known.first[1 - side] = None;
            }
        }
        let own = *known.first[side].get_or_insert(tcp.seq);
        let mut other = own;
        if tcp.flags.contains(TcpFlags::ACK) {
            other = *known.first[1 - side].get_or_insert(tcp.ack);
        }
        Some((rightward, [own, other]))
    }

    fn segment(&mut self, margin: String, explained: &Explained<'_>, ip: &Ip<'_>, tcp: &Tcp<'_>) {
        let Some((rightward, [own, other])) = self.place(explained, ip, tcp) else {
            return;
        };
        let Some(place) = explained.place else { return };
        let is_data = matches!(place.connection, ConnectionName::Data { .. });
        let mut label = label(tcp, own, other, !is_data);
        if !is_data && tcp.len > 0 {
            let is_encrypted = explained
                .notes
                .iter()
                .any(|note| matches!(note, Note::Control(ControlNote::Encrypted { .. })));
            if is_encrypted {
                label.push_str(&self.language.encrypted(tcp.len));
            } else {
                push_line(&mut label, tcp.payload);
            }
            label.truncate(label.trim_end().len());
        }
        let control_bits = TcpFlags(TcpFlags::SYN.0 | TcpFlags::FIN.0 | TcpFlags::RST.0);
        let folds = is_data && !self.every && !tcp.flags.intersects(control_bits);
        if let Some(run) = self
            .run
            .as_mut()
            .filter(|run| folds && run.connection == place.connection)
        {
            if tcp.len == 0 && run.rightward != rightward {
                run.acks += 1;
                return;
            }
            if tcp.len > 0 && run.rightward == rightward {
                run.segments += 1;
                run.bytes += u64::from(tcp.len);
                return;
            }
        }
        self.end_run();
        if folds && tcp.len > 0 {
            self.run = Some(Run {
                connection: place.connection,
                rightward,
                margin,
                segments: 1,
                bytes: tcp.len.into(),
                acks: 0,
                label,
            });
        } else {
            self.arrow(&margin, place.connection, rightward, &label);
        }
    }
}

impl Render for Ladder {
    fn packet(
        &mut self,
        frame: &Frame<'_>,
        packet: &Packet<'_>,
        explained: &Explained<'_>,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        if !self.begun {
            self.head();
        }
        let margin = self.margin(explained.number, frame);
        if let (Some((ip, tcp)), Some(_)) = (packet.tcp(), explained.place) {
            self.segment(margin, explained, ip, tcp);
        } else {
            self.end_run();
            self.text.push_str(&margin);
            self.line.write_packet_text(frame, packet, &mut self.text);
            self.text.push('\n');
        }
        out.write_all(self.text.as_bytes())?;
        self.text.clear();
        Ok(())
    }

    fn aside(&mut self, aside: &Aside<'_>, out: &mut dyn Write) -> io::Result<()> {
        self.end_run();
        let text = format!("{:MARGIN$}⟨{}: {}⟩", "", aside.who, aside.what);
        self.text.push_str(&self.paint.with(paint::faint(), text));
        self.text.push('\n');
        out.write_all(self.text.as_bytes())?;
        self.text.clear();
        Ok(())
    }

    fn finish(&mut self, _: &Summary, out: &mut dyn Write) -> io::Result<()> {
        self.end_run();
        out.write_all(self.text.as_bytes())?;
        self.text.clear();
        Ok(())
    }
}

/// What stands on an arrow: the flags that matter, and relative numbers; the ACK not beside text.
fn label(tcp: &Tcp<'_>, own: Seq, other: Seq, is_text: bool) -> String {
    let mut label = String::new();
    for (flag, name) in [
        (TcpFlags::SYN, "SYN "),
        (TcpFlags::FIN, "FIN "),
        (TcpFlags::RST, "RST "),
        (TcpFlags::URG, "URG "),
    ] {
        if tcp.flags.contains(flag) {
            label.push_str(name);
        }
    }
    if tcp.flags.contains(TcpFlags::SYN) {
        let _ = write!(label, "{} ", tcp.seq.0);
    }
    let from = tcp.seq.0.wrapping_sub(own.0);
    if tcp.len > 0 {
        let _ = write!(label, "{from}:{} ", from.wrapping_add(tcp.len));
    } else if tcp
        .flags
        .intersects(TcpFlags(TcpFlags::FIN.0 | TcpFlags::RST.0))
    {
        let _ = write!(label, "{from} ");
    }
    if tcp.flags.contains(TcpFlags::ACK) && (tcp.len == 0 || !is_text) {
        let _ = write!(label, "ACK {} ", tcp.ack.0.wrapping_sub(other.0));
    }
    if tcp.len == 0 || !is_text {
        label.truncate(label.trim_end().len());
    }
    label
}

/// The first line of a command or a reply.
fn push_line(label: &mut String, payload: &[u8]) {
    let line = payload.split(|&byte| matches!(byte, b'\r' | b'\n')).next();
    for character in String::from_utf8_lossy(line.unwrap_or_default()).chars() {
        label.push(if character.is_control() {
            '?'
        } else {
            character
        });
    }
}

/// As much of `text` as fits in `room` columns.
fn cut(text: &str, room: usize) -> String {
    if display_width(text) <= room {
        return text.to_owned();
    }
    let mut short = String::new();
    for character in text.chars() {
        short.push(character);
        if display_width(&short) >= room {
            short.pop();
            break;
        }
    }
    short.push('…');
    short
}
