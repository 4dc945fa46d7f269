//! The lines of a ladder as text: heads that say whose line is whose, and arrows between them.

use std::fmt::Write as _;
use std::net::IpAddr;

use textwrap::core::display_width;

use super::super::paint::{self, Paint};
use super::label::{cut, rows};
use crate::Language;
use crate::note::ConnectionName;

/// Columns of the packet's number and time.
pub(super) const MARGIN: usize = 20;

/// Between the control connections' ladder and that of the data connections.
const BETWEEN: usize = 3;

/// Below so many columns there is one ladder for all, and each arrow names its connection.
const NARROW: usize = 96;

/// Whose line it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Client,
    Server,
    /// Neither: an address that the session's control connection does not have.
    Third(IpAddr),
}

/// Whose lines an arrow is between: on the left, on the right.
pub(super) type Ends = [End; 2];

/// The two of a session.
pub(super) const USUAL: Ends = [End::Client, End::Server];

/// An arrow.
#[derive(Clone, Debug)]
pub(super) struct Arrow {
    /// The packet's number and time, in [`MARGIN`] columns.
    pub(super) margin: String,
    pub(super) connection: ConnectionName,
    /// The port that is dialled, where the connection's name says nothing of it.
    pub(super) dials: Option<u16>,
    pub(super) rightward: bool,
    pub(super) on: On,
    /// What stands in a line below it.
    pub(super) remark: Option<String>,
    /// How often the packet was captured.
    pub(super) seen: u32,
    /// The packet of the other half, through an address translator.
    pub(super) also: Option<u64>,
}

/// Where an arrow is, and what stands on it.
#[derive(Clone, Debug)]
pub(super) enum On {
    /// Between two hosts.
    Ladder { ends: Ends, label: String },
    /// From the client to the server or back, through an address translator: on the client's
    /// side of that, and on the other.
    Through([Option<String>; 2]),
}

/// What the last head said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Heads {
    /// One ladder.
    One(Ends),
    /// Control connections, and data connections.
    Two([Ends; 2]),
    /// Two, with the router's line between them.
    Through,
}

/// What draws lines.
#[derive(Debug)]
pub(super) struct Drawing {
    paint: Paint,
    language: Language,
    /// Columns in all.
    columns: usize,
    heads: Option<Heads>,
}

impl Drawing {
    pub(super) fn new(language: Language, color: bool, columns: usize) -> Self {
        Self {
            paint: Paint(color),
            language,
            columns,
            heads: None,
        }
    }

    /// The head that is there whatever comes.
    pub(super) fn begin(&mut self, out: &mut String) {
        if self.heads.is_none() {
            let heads = if self.columns < NARROW {
                Heads::One(USUAL)
            } else {
                Heads::Two([USUAL; 2])
            };
            self.head(heads, out);
        }
    }

    /// An arrow, below another head where this one is wrong.
    pub(super) fn arrow(&mut self, arrow: &Arrow, out: &mut String) {
        let heads = self.heads_for(arrow);
        if self.heads != Some(heads) {
            self.head(heads, out);
        }
        let (width, name) = (self.width(heads), self.name(arrow, heads));
        let drawn = |label: &String| self.lane(arrow, &format!("{name}{label}"), width);
        let is_data = matches!(arrow.connection, ConnectionName::Data { .. });
        let lanes: Vec<Vec<String>> = match &arrow.on {
            On::Through(labels) => labels
                .iter()
                .map(|label| label.as_ref().map_or_else(Vec::new, drawn))
                .collect(),
            On::Ladder { label, .. } => match heads {
                Heads::Two(_) if is_data => vec![Vec::new(), drawn(label)],
                Heads::Two(_) => vec![drawn(label), Vec::new()],
                _ => vec![drawn(label)],
            },
        };
        let gap = match heads {
            Heads::Two(_) => format!("│{:BETWEEN$}│", ""),
            _ => "│".to_owned(),
        };
        for row in 0..lanes.iter().map(Vec::len).max().unwrap_or_default() {
            let lanes: Vec<String> = lanes
                .iter()
                .map(|lane| lane.get(row).cloned().unwrap_or_else(|| " ".repeat(width)))
                .collect();
            if row == 0 {
                out.push_str(&arrow.margin);
            } else {
                out.push_str(&" ".repeat(display_width(&arrow.margin)));
            }
            let _ = writeln!(out, "│{}│", lanes.join(&gap));
        }
        if let Some(remark) = &arrow.remark {
            self.remark(remark, out);
        }
        if arrow.seen > 1 {
            // On both sides of a translator that is twice already.
            let seen = arrow.seen + u32::from(arrow.also.is_some());
            self.remark(&self.language.seen(seen), out);
        }
    }

    /// A line beside the arrows.
    pub(super) fn remark(&self, remark: &str, out: &mut String) {
        let text = format!("{:MARGIN$}⟨{remark}⟩", "");
        out.push_str(&self.paint.with(paint::faint(), text));
        out.push('\n');
    }

    fn heads_for(&self, arrow: &Arrow) -> Heads {
        let ends = match arrow.on {
            On::Through(_) => return Heads::Through,
            On::Ladder { ends, .. } => ends,
        };
        if self.columns < NARROW {
            return Heads::One(ends);
        }
        let [control, data] = match self.heads {
            Some(Heads::Two(heads)) => heads,
            _ => [USUAL; 2],
        };
        Heads::Two(match arrow.connection {
            ConnectionName::Data { .. } => [control, ends],
            _ => [ends, data],
        })
    }

    /// Columns between two lines.
    fn width(&self, heads: Heads) -> usize {
        let room = self.columns.saturating_sub(MARGIN);
        match heads {
            Heads::One(_) => room.saturating_sub(2).clamp(20, 60),
            Heads::Two(_) => {
                let half = room.saturating_sub(BETWEEN) / 2;
                half.saturating_sub(2).clamp(20, 60)
            }
            Heads::Through => (room.saturating_sub(3) / 2).clamp(16, 60),
        }
    }

    fn head(&mut self, heads: Heads, out: &mut String) {
        let width = self.width(heads);
        let (control, data) = self.language.kinds();
        let head = match heads {
            Heads::One(ends) => self.ladder(ends, "", width),
            Heads::Two([left, right]) => format!(
                "{}{:BETWEEN$}{}",
                self.ladder(left, control, width),
                "",
                self.ladder(right, data, width)
            ),
            Heads::Through => self.ladder(USUAL, self.language.router(), 2 * width + 1),
        };
        let head = format!("{:MARGIN$}{head}", "");
        out.push_str(&self.paint.with(paint::heading(), head));
        out.push('\n');
        self.heads = Some(heads);
    }

    /// The head of one ladder.
    fn ladder(&self, ends: Ends, title: &str, width: usize) -> String {
        let room = (width + 2).saturating_sub(display_width(title) + 2);
        let [left, right] = ends.map(|end| self.end(end, room.saturating_sub(6)));
        let title_at = (width + 2).saturating_sub(display_width(title)) / 2;
        let before = title_at.saturating_sub(display_width(&left)).max(1);
        let so_far = display_width(&left) + before + display_width(title);
        let after = (width + 2)
            .saturating_sub(so_far + display_width(&right))
            .max(1);
        format!("{left}{:before$}{title}{:after$}{right}", "", "")
    }

    fn end(&self, end: End, room: usize) -> String {
        let (client, server) = self.language.parties();
        match end {
            End::Client => client.to_owned(),
            End::Server => server.to_owned(),
            End::Third(address) => {
                let named = format!("{} {address}", self.language.third());
                if display_width(&named) <= room {
                    named
                } else {
                    cut(&address.to_string(), room)
                }
            }
        }
    }

    /// What stands before the label: which connection it is, where the place does not say it.
    fn name(&self, arrow: &Arrow, heads: Heads) -> String {
        let is_first = matches!(
            arrow.connection,
            ConnectionName::Control { session: 1 }
                | ConnectionName::Data {
                    number: 1,
                    session: 1
                }
        );
        let is_plain = match heads {
            Heads::One(_) => false,
            Heads::Two(_) => is_first,
            Heads::Through => arrow.connection == ConnectionName::Control { session: 1 },
        };
        match arrow.dials {
            _ if is_plain => String::new(),
            None => format!("{}: ", arrow.connection),
            Some(port) => self.language.dials(arrow.connection, port),
        }
    }

    /// The rows of an arrow between two lines.
    fn lane(&self, arrow: &Arrow, label: &str, width: usize) -> Vec<String> {
        let labels = rows(label, width.saturating_sub(6));
        // Further rows begin below the first.
        let longest = labels.iter().map(|row| display_width(row)).max();
        let shaft = width.saturating_sub(longest.unwrap_or_default() + 5);
        let mut drawn = Vec::new();
        for (row, label) in labels.iter().enumerate() {
            let rest = width.saturating_sub(shaft + 5 + display_width(label));
            let blank = |columns: usize| " ".repeat(columns);
            let text = match (row, arrow.rightward) {
                (0, true) => format!("── {label} {}▶", "─".repeat(shaft + rest)),
                (0, false) => format!("◀{} {label} ──{}", "─".repeat(shaft), "─".repeat(rest)),
                (_, true) => format!("   {label}{}", blank(2 + shaft + rest)),
                (_, false) => format!("{}{label}{}", blank(2 + shaft), blank(3 + rest)),
            };
            drawn.push(self.paint.with(paint::connection(arrow.connection), text));
        }
        drawn
    }
}
