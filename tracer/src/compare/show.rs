//! The comparison as people read it: side by side where the terminal is wide enough, else one
//! under the other.

use std::fmt::Write as _;
use std::io;

use textwrap::core::display_width;

use super::{Channel, Comparison, Figures, Mark, Marks, Reason, Row, Seen, judge};
use crate::line::classic;
use crate::{Language, Timestamp, plural};

/// A letter for each mark: the fields that decide, and those that are counted apart.
const LEGEND: &str = "dpfsalD wi";
/// Between the columns.
const BETWEEN: &str = "  ";

impl Comparison {
    /// Writes it. `columns` is the terminal's width, if it is a terminal.
    ///
    /// # Errors
    /// When `out` cannot be written.
    pub fn write(
        &self,
        language: Language,
        columns: Option<usize>,
        out: &mut dyn io::Write,
    ) -> io::Result<()> {
        let first = |ours: bool| {
            self.rows.iter().find_map(|row| match row {
                Row::Both {
                    article, ours: us, ..
                } => Some(if ours { us } else { article }.time),
                _ => None,
            })
        };
        let sheet = Sheet {
            language,
            starts: [first(false), first(true)],
            reasons: self.reasons(),
        };
        let lines: Vec<Line> = self.rows.iter().map(|row| sheet.line(row)).collect();
        let widths = [0, 1].map(|side| {
            let longest = lines.iter().map(|line| match line {
                Line::Pair(cells, _) => cells.get(side).map_or(0, |cell| display_width(cell)),
                Line::Across(_) => 0,
            });
            longest
                .max()
                .unwrap_or(0)
                .max(display_width(sheet.side(side)))
        });
        let marks = display_width(LEGEND);
        let natural = widths[0] + widths[1] + marks + 2 * BETWEEN.len();
        let beside = columns.is_none_or(|columns| natural <= columns);
        for line in sheet.heading().lines() {
            writeln!(
                out,
                "{}",
                textwrap::fill(line, columns.unwrap_or(usize::MAX))
            )?;
        }
        if beside {
            let left = pad(sheet.side(0), widths[0]);
            let head = [&left, BETWEEN, LEGEND, BETWEEN, sheet.side(1)].concat();
            writeln!(out, "{}", head.trim_end())?;
        } else {
            writeln!(out, "{LEGEND}")?;
        }
        for line in &lines {
            match line {
                Line::Across(text) => writeln!(out, "{text}")?,
                Line::Pair([left, right], middle) if beside => {
                    let (left, middle) = (pad(left, widths[0]), pad(middle, marks));
                    let line = [&left, BETWEEN, &middle, BETWEEN, right].concat();
                    writeln!(out, "{}", line.trim_end())?;
                }
                Line::Pair([left, right], middle) => {
                    let named = [(0, left), (1, right)];
                    let name = display_width(sheet.side(0)).max(display_width(sheet.side(1)));
                    for (side, cell) in named.into_iter().filter(|(_, cell)| !cell.is_empty()) {
                        let line = [&pad(sheet.side(side), name), BETWEEN, cell].concat();
                        writeln!(out, "{line}")?;
                    }
                    writeln!(out, "{}{BETWEEN}{middle}", " ".repeat(name))?;
                }
            }
        }
        writeln!(out)?;
        for (letter, reason) in sheet.reasons.iter().enumerate() {
            let text = format!("{}  {}", letter_of(letter), reason.text(language));
            let width = columns.unwrap_or(usize::MAX);
            let wrapped = textwrap::Options::new(width).subsequent_indent("   ");
            writeln!(out, "{}", textwrap::fill(&text, wrapped))?;
        }
        write!(out, "{}", self.figures.text(language))
    }

    /// The reasons that occur, in the order of their table.
    fn reasons(&self) -> Vec<Reason> {
        let mut found: Vec<Reason> = Vec::new();
        for row in &self.rows {
            match row {
                Row::Both { marks, .. } => {
                    found.extend(marks.iter().filter_map(|(_, m)| match m {
                        Mark::Different(reason) => Some(*reason),
                        _ => None,
                    }));
                }
                Row::Absent { reason, .. } | Row::Alone { reason, .. } => found.push(*reason),
                Row::Gap(_) => {}
            }
        }
        found.sort_unstable();
        found.dedup();
        found
    }
}

enum Line {
    /// Both sides, and what is between them.
    Pair([String; 2], String),
    Across(String),
}

struct Sheet {
    language: Language,
    starts: [Option<Timestamp>; 2],
    /// Each has a letter: its place here.
    reasons: Vec<Reason>,
}

impl Sheet {
    fn say(&self, en: &'static str, zh: &'static str) -> &'static str {
        match self.language {
            Language::En => en,
            Language::Zh => zh,
        }
    }

    fn side(&self, side: usize) -> &'static str {
        if side == 0 {
            self.say("article", "文章")
        } else {
            self.say("ours", "我们的")
        }
    }

    fn heading(&self) -> &'static str {
        self.say(
            "C client, S server, N name server; times in seconds since the first line that both have, \
             which are not compared.\n\
             d direction, p ports, f flags, s sequence number, a acknowledgement number, l length, \
             D DF; counted apart: w window, i initial number.\n\
             = the same, . not there, a letter: different, for the reason that is told at the end. \
             + only ours, - only the article's.",
            "C 客户端，S 服务器，N 域名服务器；时间是从双方都有的第一行算起的秒数，不作比较。\n\
             d 方向，p 端口，f 标志，s 序号，a 确认号，l 长度，D DF；另行统计：w 窗口，i 初始序号。\n\
             = 相同，. 没有，字母：不同，原因见末尾。+ 只有我们有，- 只有文章有。",
        )
    }

    fn line(&self, row: &Row) -> Line {
        match row {
            Row::Both {
                article,
                ours,
                marks,
            } => Line::Pair(
                [self.cell(article, 0), self.cell(ours, 1)],
                self.marks(marks),
            ),
            Row::Absent {
                article,
                reason,
                at,
            } => {
                let there = at.map(|at| format!("→ {at}")).unwrap_or_default();
                Line::Pair(
                    [self.cell(article, 0), there],
                    format!("- {}", self.letter(*reason)),
                )
            }
            Row::Alone { ours, reason } => Line::Pair(
                [String::new(), self.cell(ours, 1)],
                format!("+ {}", self.letter(*reason)),
            ),
            Row::Gap(gap) => {
                let (client, server) = (gap.client, gap.server);
                Line::Across(match self.language {
                    Language::En => format!(
                        "  ⋮ the article leaves out {} of the client and {server} of the server here",
                        plural(client.into(), "byte")
                    ),
                    Language::Zh => {
                        format!(
                            "  ⋮ 文章在这里省略了客户端的 {client} 字节和服务器的 {server} 字节"
                        )
                    }
                })
            }
        }
    }

    fn marks(&self, marks: &Marks) -> String {
        let mut text = String::new();
        for (field, mark) in marks {
            if !field.decides() && text.len() == judge::Compared::ALL.len() - 2 {
                text.push(' ');
            }
            text.push(match mark {
                Mark::Same => '=',
                Mark::Absent => '.',
                Mark::Different(reason) => self.letter(*reason),
            });
        }
        text
    }

    fn letter(&self, reason: Reason) -> char {
        let place = self.reasons.iter().position(|known| *known == reason);
        letter_of(place.unwrap_or(usize::MAX))
    }

    /// `3 +0.074 C.3171 > S.21 S 0(0) win 65535 DF`
    fn cell(&self, seen: &Seen, side: usize) -> String {
        let start = self.starts.get(side).copied().flatten();
        let since = start.map_or(0, |start| seen.time.0.saturating_sub(start.0));
        let sign = if since < 0 { '-' } else { '+' };
        let millis = since.unsigned_abs() / 1_000_000;
        let (seconds, millis) = (millis / 1000, millis % 1000);
        let server = if seen.channel == Channel::Names {
            'N'
        } else {
            'S'
        };
        let [from, to] = if seen.from_client {
            ['C', server]
        } else {
            [server, 'C']
        };
        let [source, destination] = seen.ports;
        let mut text = format!(
            "{:>3} {sign}{seconds}.{millis:03} {from}.{source} > {to}.{destination}",
            seen.number
        );
        let _ = match &seen.segment {
            None => write!(text, " UDP ({})", seen.len),
            Some(segment) => {
                text.push(' ');
                classic::flags(segment.flags, &mut text);
                let mut written = Ok(());
                if let Some(seq) = segment.seq {
                    let end = seq.wrapping_add(seen.len);
                    written = written.and(if seen.len > 0 {
                        write!(text, " {seq}:{end}({})", seen.len)
                    } else {
                        write!(text, " {seq}(0)")
                    });
                }
                if let Some(ack) = segment.ack {
                    written = written.and(write!(text, " ack {ack}"));
                }
                written.and(write!(text, " win {}", segment.window))
            }
        };
        if seen.dont_fragment {
            text.push_str(" DF");
        }
        text
    }
}

fn letter_of(place: usize) -> char {
    let letter = u32::try_from(place)
        .ok()
        .and_then(|place| place.checked_add(97));
    letter
        .and_then(char::from_u32)
        .filter(char::is_ascii_lowercase)
        .unwrap_or('?')
}

fn pad(text: &str, width: usize) -> String {
    let missing = width.saturating_sub(display_width(text));
    format!("{text}{}", " ".repeat(missing))
}

impl Figures {
    /// The sums in words, a line each.
    pub fn text(&self, language: Language) -> String {
        let Self {
            lines,
            matched,
            absent,
            unprinted,
            omitted,
            alone,
            later,
            ..
        } = self;
        let ([windows, all_windows], [connecting, dialled]) = (self.windows, self.connecting);
        let [accepting, accepted] = self.accepting;
        let mut text = match language {
            Language::En => format!(
                "{matched} of {lines} lines match on direction, ports, flags, relative sequence \
                 and acknowledgement numbers, length and DF, in this order; {absent} are absent\n\
                 {windows} of {all_windows} windows are the same\n\
                 {connecting} of {dialled} initial sequence numbers of connecting sides are the \
                 same, and {accepting} of {accepted} of accepting sides\n\
                 only ours: {} that the article leaves out, {later} after its last line, {alone} \
                 more\n",
                plural(*omitted as u64, "packet")
            ),
            Language::Zh => format!(
                "{lines} 行中有 {matched} 行的方向、端口、标志、相对序号和确认号、长度及 DF 都相同，\
                 次序也相同；缺 {absent} 行\n\
                 {all_windows} 个窗口中有 {windows} 个相同\n\
                 发起方的初始序号 {dialled} 个中有 {connecting} 个相同，接受方的 {accepted} 个中有 \
                 {accepting} 个相同\n\
                 只有我们有：文章省略的 {omitted} 个包，最后一行之后的 {later} 个，其他 {alone} 个\n"
            ),
        };
        if *unprinted > 0 {
            text.push_str(&match language {
                Language::En => format!(
                    "{} without a sequence number to compare: some printers leave that of a bare \
                     acknowledgement out\n",
                    plural(*unprinted as u64, "line")
                ),
                Language::Zh => {
                    format!("{unprinted} 行没有序号可比：有的程序不打印单独确认的序号\n")
                }
            });
        }
        let [article, ours] = self.left_out;
        if article + ours > 0 {
            text.push_str(&match language {
                Language::En => format!(
                    "not compared, as they are neither TCP nor DNS or there are too many: \
                     {} of the article, {ours} of ours\n",
                    plural(article, "packet")
                ),
                Language::Zh => format!(
                    "没有比较（既非 TCP 也非 DNS，或者太多）：文章的 {article} 个包，我们的 {ours} 个包\n"
                ),
            });
        }
        let [article, ours] = self.copies;
        if article + ours > 0 {
            text.push_str(&match language {
                Language::En => format!(
                    "captured more than once, and compared once: {} of the article, {ours} of \
                     ours\n",
                    plural(article, "packet")
                ),
                Language::Zh => format!(
                    "被捕获了不止一次，只比较一次：文章的 {article} 个包，我们的 {ours} 个包\n"
                ),
            });
        }
        text
    }
}
