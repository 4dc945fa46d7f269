//! The options that `run` and `trace` share, with tcpdump's letters where tcpdump has them.

use std::io::{self, IsTerminal};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use tracer::{
    AnalyzerOptions, Boxes, Classic, Decode, Dump, Json, Ladder, Language, LineOptions, Narrated,
    NarratedOptions, Overview, Render, Summary, Tcpdump, TimeFormat,
};

use crate::Failure;

/// Options for the output, with tcpdump's letters where tcpdump has them.
#[derive(Args, Clone, Debug)]
#[allow(clippy::struct_excessive_bools)] // each is a flag of its own
pub(crate) struct ViewOptions {
    /// How packets are shown.
    #[arg(long, value_enum, default_value_t = Style::Narrated, value_name = "STYLE")]
    style: Style,
    /// One JSON object a line; docs/json.md lists the fields.
    #[arg(long, conflicts_with = "style")]
    json: bool,
    /// Take packets apart byte by byte: number N, or numbers N-M; all without a number.
    #[arg(long, conflicts_with_all = ["style", "json"], value_name = "N-M", num_args = 0..=1,
          default_missing_value = "1-", value_parser = numbers)]
    decode: Option<RangeInclusive<u64>>,
    /// The language of the explanations: en or zh.
    #[arg(long, default_value = "en", value_name = "LANG")]
    lang: Language,
    /// Colours: auto means on a terminal when NO_COLOR is not set.
    #[arg(long, value_enum, default_value_t = Color::Auto, value_name = "WHEN")]
    color: Color,
    /// Also write the packets to FILE, for tcpdump, tshark and Wireshark; - is stdout. A name that
    /// ends in .pcapng gives pcapng with nanoseconds and our explanations as comments, any other
    /// pcap.
    #[arg(short = 'w', long = "write", value_name = "FILE")]
    write: Option<PathBuf>,
    /// Time stamps: -t none, -tt seconds since 1970, -ttt since the previous packet, -tttt with
    /// the date, -ttttt since the first packet.
    #[arg(short = 't', action = clap::ArgAction::Count)]
    time: u8,
    /// Absolute TCP sequence numbers.
    #[arg(short = 'S')]
    absolute_seq: bool,
    /// Numbers instead of names. Only trace --style tcpdump has names: of services and protocols,
    /// and of the hosts in /etc/hosts; name servers are not asked. And --style boxes: of ports.
    #[arg(short = 'n', action = clap::ArgAction::Count)]
    numeric: u8,
    /// Names of hosts without their domain.
    #[arg(short = 'N')]
    short_names: bool,
    /// More about each header: -v the IP header, checksums, options; -vv and -vvv more.
    #[arg(short = 'v', action = clap::ArgAction::Count)]
    verbose: u8,
    /// Less about each packet.
    #[arg(short = 'q', action = clap::ArgAction::Count)]
    quiet: u8,
    /// The link layer's header too.
    #[arg(short = 'e', action = clap::ArgAction::Count)]
    link_header: u8,
    /// Do not verify checksums with -v.
    #[arg(short = 'K', action = clap::ArgAction::Count)]
    unchecked: u8,
    /// The number of each packet.
    #[arg(short = '#', long = "number", action = clap::ArgAction::Count)]
    numbered: u8,
    /// The packet's bytes in hexadecimal; -xx with the link layer's header.
    #[arg(short = 'x', action = clap::ArgAction::Count)]
    hex: u8,
    /// The packet's bytes in hexadecimal and ASCII; -XX with the link layer's header.
    #[arg(short = 'X', action = clap::ArgAction::Count)]
    hex_ascii: u8,
    /// The packet's bytes as text; -AA with the link layer's header.
    #[arg(short = 'A', action = clap::ArgAction::Count)]
    ascii: u8,
    /// Time stamps with nanoseconds.
    #[arg(long)]
    nano: bool,
    /// With --style classic: print the sequence numbers of bare ACKs too, as WinDump did.
    #[arg(long)]
    windump: bool,
    /// Take connections to PORT for FTP control connections from the first packet on. On other
    /// ports a session is recognised by its greeting.
    #[arg(long = "control-port", value_name = "PORT")]
    control_ports: Vec<u16>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Style {
    /// tcpdump's lines, each with an explanation under it.
    Narrated,
    /// tcpdump 4.99's own lines.
    Tcpdump,
    /// The lines of tcpdump 3.7 and of the articles of 2001.
    Classic,
    /// The decode boxes of EtherPeek: each field of each layer, TCP's flags bit by bit.
    Boxes,
    /// The client's line, the server's line, and an arrow for each segment between them.
    Ladder,
    /// Tables at the end: connections, transfers, reply codes, anomalies, top talkers.
    Summary,
}

/// When the output is painted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    Auto,
    Always,
    Never,
}

impl Color {
    /// Whether what goes to stdout is painted.
    pub(crate) fn is_on(self) -> bool {
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Auto => {
                let plain = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
                io::stdout().is_terminal()
                    && !plain("NO_COLOR")
                    && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
            }
        }
    }
}

impl ViewOptions {
    /// The language of the explanations.
    pub(crate) fn language(&self) -> Language {
        self.lang
    }

    /// With `-n`: the private network has no names, and its ports are to be seen.
    pub(crate) fn numeric(mut self) -> Self {
        // A box says of a port what it is for, beside its number.
        if self.style != Style::Boxes {
            self.numeric = self.numeric.max(1);
        }
        self
    }

    /// Whether stdout is for a person rather than for a program.
    pub(crate) fn is_narrated(&self) -> bool {
        !self.json && self.decode.is_none() && self.style == Style::Narrated
    }

    /// Whether stdout is laid out for a person: no program knows its lines.
    pub(crate) fn is_for_people(&self) -> bool {
        !self.json && !matches!(self.style, Style::Tcpdump | Style::Classic)
    }

    /// The language of what is said between the packets: JSON has but one.
    pub(crate) fn language_of_asides(&self) -> Language {
        if self.json { Language::En } else { self.lang }
    }

    /// Whether packets are counted, and nothing is written before the end.
    pub(super) fn is_summary(&self) -> bool {
        !self.json && self.decode.is_none() && self.style == Style::Summary
    }

    /// What is asked for that only the bytes of packets can give.
    pub(crate) fn needs_bytes(&self) -> Option<&'static str> {
        [
            (self.decode.is_some(), "--decode"),
            (!self.json && self.style == Style::Boxes, "--style boxes"),
            (self.hex > 0, "-x"),
            (self.hex_ascii > 0, "-X"),
            (self.ascii > 0, "-A"),
            (self.write.is_some(), "-w"),
        ]
        .into_iter()
        .find_map(|(asked, flag)| asked.then_some(flag))
    }

    /// Whether stdout carries JSON.
    pub(crate) fn is_json(&self) -> bool {
        self.json
    }

    /// The file of `-w`.
    pub(crate) fn written(&self) -> Option<&Path> {
        self.write.as_deref()
    }

    /// The file of `-w`.
    pub(super) fn write(&self) -> Option<&Path> {
        self.write.as_deref()
    }

    /// What the analyzer is told. `control_ports` are known beforehand.
    pub(super) fn analyzer(&self, control_ports: &[u16]) -> AnalyzerOptions {
        let mut analyzer = AnalyzerOptions {
            absolute_seq: self.absolute_seq || self.style == Style::Classic,
            ..AnalyzerOptions::default()
        };
        analyzer
            .control_ports
            .extend(self.control_ports.iter().chain(control_ports));
        analyzer
    }

    /// A failure when the packets to be taken apart are not in the capture.
    pub(crate) fn all_decoded(&self, summary: &Summary) -> Result<(), Failure> {
        let packets = summary.packets;
        match &self.decode {
            // All of none are none.
            Some(asked) if *asked.start() > packets && *asked != (1..=u64::MAX) => {
                let first = asked.start();
                let plural = if packets == 1 { "" } else { "s" };
                Err(Failure::failed(format!(
                    "there is no packet {first}: the capture has {packets} packet{plural}"
                )))
            }
            _ => Ok(()),
        }
    }

    /// What says more than the packets: only these tell of whole files.
    pub(crate) fn must_tell_of_files(&self, flag: &str) -> Result<(), Failure> {
        let style = match self.style {
            _ if self.json => return Ok(()),
            _ if self.decode.is_some() => "--decode",
            Style::Narrated | Style::Summary => return Ok(()),
            Style::Tcpdump => "--style tcpdump",
            Style::Classic => "--style classic",
            Style::Boxes => "--style boxes",
            Style::Ladder => "--style ladder",
        };
        Err(Failure::usage(format!(
            "{style} does not show what {flag} asks for\n  fix: --style narrated, --style summary or \
             --json"
        )))
    }

    /// Flags that the style has no use for: who gave them would wait for what never comes.
    fn refuse_idle(&self) -> Result<(), Failure> {
        let dumps = [
            (self.hex > 0, "-x"),
            (self.hex_ascii > 0, "-X"),
            (self.ascii > 0, "-A"),
        ];
        let style = match self.style {
            Style::Ladder => "--style ladder",
            Style::Summary => "--style summary",
            // A box shows the bytes already.
            Style::Narrated | Style::Tcpdump | Style::Classic | Style::Boxes => return Ok(()),
        };
        match dumps.into_iter().find(|(asked, _)| *asked) {
            Some((_, flag)) => Err(Failure::usage(format!(
                "{style} shows no bytes as {flag} asks for\n  fix: leave one of them out, or \
                 --style tcpdump"
            ))),
            None => Ok(()),
        }
    }

    /// What shows packets as these options say.
    pub(super) fn render(&self) -> Result<Box<dyn Render>, Failure> {
        self.refuse_idle()?;
        if self.lang == Language::Zh && !self.json && self.style == Style::Boxes {
            message!("ftplab: the boxes are EtherPeek's, and in English with any --lang");
        }
        let line = LineOptions {
            time: match self.time {
                0 => TimeFormat::Clock,
                1 => TimeFormat::None,
                2 => TimeFormat::Unix,
                3 => TimeFormat::SincePrevious,
                4 => TimeFormat::Date,
                5 => TimeFormat::SinceFirst,
                _ => return Err(Failure::usage("-t may be given one to five times")),
            },
            absolute_seq: self.absolute_seq,
            nanos: self.nano,
            verbose: self.verbose,
            link_header: self.link_header > 0,
            quiet: self.quiet > 0,
            checksums: self.unchecked == 0,
            names: self.numeric == 0 && self.style == Style::Tcpdump,
            short_names: self.short_names,
            numbered: self.numbered > 0,
            dump: self.dump(),
            ..LineOptions::default()
        };
        if self.json {
            // Fields of their own say more than any flag could; a line stays a line.
            return Ok(Box::new(Json::new(LineOptions {
                time: line.time,
                absolute_seq: line.absolute_seq,
                nanos: line.nanos,
                ..LineOptions::default()
            })));
        }
        if let Some(packets) = self.decode.clone() {
            return Ok(Box::new(Decode::new(
                packets,
                self.lang,
                self.color(),
                LineOptions {
                    dump: Dump::None,
                    ..line
                },
            )));
        }
        Ok(match self.style {
            Style::Tcpdump => Box::new(Tcpdump::new(line)),
            Style::Classic => Box::new(Classic::new(
                LineOptions {
                    absolute_seq: true,
                    ..line
                },
                self.windump,
            )),
            Style::Boxes => Box::new(Boxes::new(
                LineOptions {
                    dump: Dump::None,
                    ..line
                },
                self.numeric == 0,
            )),
            Style::Ladder => Box::new(Ladder::new(
                self.lang,
                self.color(),
                columns(),
                self.verbose > 0,
                line,
            )),
            Style::Summary => Box::new(Overview::new(self.lang, self.color())),
            Style::Narrated => Box::new(Narrated::new(NarratedOptions {
                language: self.lang,
                color: self.color(),
                columns: columns(),
                line,
            })),
        })
    }

    /// Of several tcpdump takes the one that shows most.
    fn dump(&self) -> Dump {
        match (self.hex_ascii, self.hex, self.ascii) {
            (0, 0, 0) => Dump::None,
            (0, 0, times) => Dump::Ascii { link: times > 1 },
            (0, times, _) => Dump::Hex { link: times > 1 },
            (times, _, _) => Dump::HexAscii { link: times > 1 },
        }
    }

    fn color(&self) -> bool {
        self.color.is_on()
    }
}

/// Packet numbers: `24`, `24-26`, `24-`.
fn numbers(text: &str) -> Result<RangeInclusive<u64>, String> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let number = |digits: &str| digits.parse::<u64>().ok().filter(|number| *number > 0);
    let last = if last.is_empty() {
        Some(u64::MAX)
    } else {
        number(last)
    };
    match (number(first), last) {
        (Some(first), Some(last)) if first <= last => Ok(first..=last),
        _ => Err("expected a packet's number, or two as 24-26".into()),
    }
}

/// Columns to wrap to: the terminal's width within what can be read, or what `COLUMNS` says. A
/// file or a pipe gets each explanation on one line, for grep.
pub(crate) fn columns() -> Option<usize> {
    let width = if io::stdout().is_terminal() {
        rustix::termios::tcgetwinsize(io::stdout())
            .ok()
            .map(|size| usize::from(size.ws_col))
            .filter(|&width| width > 0)
            .or(Some(100))
    } else {
        std::env::var("COLUMNS").ok()?.parse().ok()
    };
    width.map(|width| width.clamp(60, 160))
}
