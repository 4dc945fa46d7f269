//! How packets are shown: the options that `run` and `trace` share, and the sink behind them.

use std::io::{self, BufWriter, IsTerminal, Stdout, Write};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use tracer::{
    Analyzer, AnalyzerOptions, Aside, Classic, Frame, Json, Language, LineOptions, LinkType,
    Narrated, NarratedOptions, Record, Render, Summary, Tcpdump, TimeFormat, decode,
};

use crate::Failure;
use crate::recording::{OURS, Recording};

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
    /// Numbers instead of names; always so here, accepted for tcpdump's sake.
    #[arg(short = 'n', action = clap::ArgAction::Count)]
    numeric: u8,
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
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Color {
    Auto,
    Always,
    Never,
}

impl ViewOptions {
    /// The language of the explanations.
    pub(crate) fn language(&self) -> Language {
        self.lang
    }

    /// Whether stdout is for a person rather than for a program.
    pub(crate) fn is_narrated(&self) -> bool {
        !self.json && self.style == Style::Narrated
    }

    /// Whether stdout carries JSON.
    pub(crate) fn is_json(&self) -> bool {
        self.json
    }

    fn render(&self) -> Result<Box<dyn Render>, Failure> {
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
            ..LineOptions::default()
        };
        if self.json {
            return Ok(Box::new(Json::new(line)));
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
            Style::Narrated => Box::new(Narrated::new(NarratedOptions {
                language: self.lang,
                color: self.color(),
                columns: columns(),
                line,
            })),
        })
    }

    fn color(&self) -> bool {
        match self.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => {
                let plain = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
                io::stdout().is_terminal()
                    && !plain("NO_COLOR")
                    && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
            }
        }
    }
}

/// Columns to wrap to: the terminal's width within what can be read, or what `COLUMNS` says. A
/// file or a pipe gets each explanation on one line, for grep.
fn columns() -> Option<usize> {
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

/// Takes frames, explains and shows them, and keeps them in a file when asked to.
pub(crate) struct View {
    analyzer: Analyzer,
    render: Box<dyn Render>,
    out: Out,
    recording: Option<Recording>,
    language: Language,
    /// Why nothing is shown any more, while packets are still kept.
    silenced: Option<Failure>,
}

/// Stdout, unless the packets themselves go there.
enum Out {
    Stdout(BufWriter<Stdout>),
    Stderr,
}

impl Write for Out {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Stdout(out) => out.write(bytes),
            Self::Stderr => io::stderr().write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Stdout(out) => out.flush(),
            Self::Stderr => io::stderr().flush(),
        }
    }
}

impl View {
    /// A view of frames that begin with `link`. `control_ports` are known beforehand.
    ///
    /// # Errors
    /// When the options contradict each other or the file for `-w` cannot be written.
    pub(crate) fn new(
        options: &ViewOptions,
        link: LinkType,
        control_ports: &[u16],
    ) -> Result<Self, Failure> {
        let mut analyzer = AnalyzerOptions {
            absolute_seq: options.absolute_seq || options.style == Style::Classic,
            ..AnalyzerOptions::default()
        };
        analyzer
            .control_ports
            .extend(options.control_ports.iter().chain(control_ports));
        let to_stdout = options.write.as_deref() == Some(Path::new("-"));
        let out = if to_stdout {
            Out::Stderr
        } else {
            Out::Stdout(BufWriter::new(io::stdout()))
        };
        Ok(Self {
            analyzer: Analyzer::new(analyzer),
            render: options.render()?,
            out,
            recording: options
                .write
                .as_deref()
                .map(|path| Recording::create(path, link))
                .transpose()?,
            language: options.lang,
            silenced: None,
        })
    }

    /// Shows and keeps a frame.
    ///
    /// # Errors
    /// When the output or the file cannot be written.
    pub(crate) fn frame(&mut self, frame: &Frame<'_>) -> Result<(), Failure> {
        self.frame_of(frame, None)
    }

    /// Shows and keeps a frame of an interface.
    ///
    /// # Errors
    /// As [`View::frame`].
    pub(crate) fn frame_of(
        &mut self,
        frame: &Frame<'_>,
        interface: Option<&str>,
    ) -> Result<(), Failure> {
        let packet = decode(frame);
        let explained = self.analyzer.push(&packet);
        if let Some(recording) = &mut self.recording {
            recording.frame(frame, interface, &explained, self.language)?;
        }
        if self.silenced.is_some() {
            return Ok(());
        }
        let shown = self
            .render
            .packet(frame, &packet, &explained, &mut self.out);
        self.shown(shown)
    }

    /// Shows and keeps a frame of a file, after the comments that somebody left on it.
    ///
    /// # Errors
    /// As [`View::frame`].
    pub(crate) fn record(&mut self, record: &Record<'_>) -> Result<(), Failure> {
        for comment in record.comments.clone() {
            if comment.starts_with(OURS) {
                // What was said when the file was written will be said again.
                continue;
            }
            self.aside(&Aside {
                time: record.frame.time,
                who: "comment",
                what: &printable(&comment),
            })?;
        }
        let name = record
            .interface
            .and_then(|interface| interface.name.as_deref());
        self.frame_of(&record.frame, name)
    }

    /// A reader that went away ends the showing, but not the keeping of packets.
    fn shown(&mut self, shown: io::Result<()>) -> Result<(), Failure> {
        let Err(error) = shown else { return Ok(()) };
        let failure = Failure::output(&error);
        if self.recording.is_none() {
            return Err(failure);
        }
        self.silenced = Some(failure);
        Ok(())
    }

    /// Whether nothing is shown any more.
    pub(crate) fn is_silenced(&self) -> bool {
        self.silenced.is_some()
    }

    /// Shows what a program did.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub(crate) fn aside(&mut self, aside: &Aside<'_>) -> Result<(), Failure> {
        if self.silenced.is_some() {
            return Ok(());
        }
        let shown = self.render.aside(aside, &mut self.out);
        self.shown(shown)
    }

    /// Lets everything shown so far be seen.
    ///
    /// # Errors
    /// When the output or the file cannot be written.
    pub(crate) fn flush(&mut self) -> Result<(), Failure> {
        if let Some(recording) = &mut self.recording {
            recording.flush()?;
        }
        if self.silenced.is_some() {
            return Ok(());
        }
        let shown = self.out.flush();
        self.shown(shown)
    }

    /// Whether connections were seen and all have ended.
    pub(crate) fn all_closed(&self) -> bool {
        self.analyzer.all_closed()
    }

    /// Shows the end, and gives the file for `-w` its name.
    ///
    /// # Errors
    /// When the output or the file cannot be written.
    pub(crate) fn finish(mut self) -> Result<(Summary, Ended), Failure> {
        let summary = self.analyzer.finish();
        // The capture is kept even when nobody reads the text any more.
        self.recording.map_or(Ok(()), Recording::keep)?;
        if let Some(failure) = self.silenced {
            return Err(failure);
        }
        let shown = self.render.finish(&summary, &mut self.out);
        shown.map_err(|error| Failure::output(&error))?;
        Ok((summary, Ended { out: self.out }))
    }
}

/// A comment on one line, harmless for a terminal.
fn printable(comment: &str) -> String {
    comment
        .lines()
        .collect::<Vec<_>>()
        .join(" / ")
        .replace(char::is_control, "?")
}

/// A view that has shown its end; more lines may follow.
pub(crate) struct Ended {
    out: Out,
}

impl Ended {
    /// Writes lines of the command's own and lets everything be seen.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub(crate) fn say(mut self, lines: &[String]) -> Result<(), Failure> {
        lines
            .iter()
            .try_for_each(|line| writeln!(self.out, "{line}"))
            .and_then(|()| self.out.flush())
            .map_err(|error| Failure::output(&error))
    }
}
