//! `ftplab diff`: captures of the same session, frame by frame and byte by byte.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;
use tracer::{DifferenceTotals, Frame, FrameDifference, Language, LinkType, PcapReader, Timestamp};

use crate::Failure;

/// Captures that may be compared at a time: as many files are open.
const MOST: usize = 64;

/// Say which bytes differ between captures of the same session, and in which fields.
///
/// Frame n is held against frame n, byte by byte. A byte that only some captures have differs.
#[derive(Args, Debug)]
#[command(before_help = "\
Examples:
  ftplab run active -w one.pcap && ftplab run active -w two.pcap
  ftplab diff one.pcap two.pcap            each frame, then the sums
  ftplab diff one.pcap two.pcap --json     one object a frame, for scripts")]
pub(super) struct DiffOptions {
    /// Captures, pcap or pcapng: two or more.
    #[arg(required = true, num_args = 2.., value_name = "RUN")]
    runs: Vec<PathBuf>,
    /// One JSON object a line: each frame, then the sums.
    #[arg(long)]
    json: bool,
    /// The language: en or zh.
    #[arg(long, default_value = "en", value_name = "LANG")]
    lang: Language,
    /// Take PORT for the port of an FTP server, too; 21 is.
    #[arg(long = "control-port", value_name = "PORT")]
    control_ports: Vec<u16>,
}

/// A capture that is being read.
struct Run<'a> {
    path: &'a Path,
    reader: PcapReader<File>,
    /// The frame at hand, when there is one.
    link: LinkType,
    bytes: Vec<u8>,
    frames: u64,
}

impl<'a> Run<'a> {
    fn open(path: &'a Path) -> Result<Self, Failure> {
        let failed = |error: String| Failure::failed(format!("{}: {error}", path.display()));
        let file = File::open(path).map_err(|error| failed(error.to_string()))?;
        let reader = PcapReader::new(file).map_err(|error| failed(error.to_string()))?;
        Ok(Self {
            path,
            link: reader.link(),
            reader,
            bytes: Vec::new(),
            frames: 0,
        })
    }

    /// Reads the next frame, if there is one.
    fn advance(&mut self) -> Result<bool, Failure> {
        let path = self.path.display();
        let next = self.reader.next();
        let Some(frame) = next.map_err(|error| Failure::failed(format!("{path}: {error}")))? else {
            return Ok(false);
        };
        self.link = frame.link;
        self.bytes.clear();
        self.bytes.extend_from_slice(frame.bytes);
        self.frames += 1;
        Ok(true)
    }

    fn frame(&self) -> Frame<'_> {
        Frame {
            time: Timestamp::default(),
            odd_time: None,
            wire_len: u32::try_from(self.bytes.len()).unwrap_or(u32::MAX),
            link: self.link,
            bytes: &self.bytes,
        }
    }
}

pub(super) fn diff(options: &DiffOptions) -> Result<(), Failure> {
    let count = options.runs.len();
    if count > MOST {
        return Err(Failure::usage(format!(
            "{count} captures: at most {MOST} can be compared at a time"
        )));
    }
    let ports: Vec<u16> = options.control_ports.iter().copied().chain([21]).collect();
    let runs = options.runs.iter().map(|path| Run::open(path));
    let mut runs = runs.collect::<Result<Vec<_>, _>>()?;
    let mut out = io::BufWriter::new(io::stdout().lock());
    let output = |error: io::Error| Failure::output(&error);
    if !options.json {
        writeln!(out, "{}", FrameDifference::heading(options.lang)).map_err(output)?;
    }
    let mut totals = DifferenceTotals::default();
    loop {
        let mut there = 0;
        for run in &mut runs {
            there += usize::from(run.advance()?);
        }
        if there < count {
            break;
        }
        let frames: Vec<Frame<'_>> = runs.iter().map(Run::frame).collect();
        let frame = FrameDifference::new(totals.frames + 1, &frames, &ports);
        totals.add(&frame);
        let line = if options.json {
            of_frame(&frame).to_string()
        } else {
            frame.line(options.lang)
        };
        writeln!(out, "{line}").map_err(output)?;
    }
    let more = more(&mut runs, totals.frames)?;
    if options.json {
        writeln!(out, "{}", of_all(&totals, &runs)).map_err(output)?;
    } else {
        write!(out, "\n{}", totals.text(count, options.lang)).map_err(output)?;
    }
    out.flush().map_err(output)?;
    for (path, frames) in more {
        let path = path.display();
        let frames = tracer::plural(frames, "more frame");
        message!("ftplab: {path}: {frames}, which not all captures have");
    }
    Ok(())
}

/// Reads to the ends, and tells which captures have more frames than are compared.
fn more<'a>(runs: &mut [Run<'a>], compared: u64) -> Result<Vec<(&'a Path, u64)>, Failure> {
    let mut more = Vec::new();
    for run in runs {
        while run.advance()? {}
        if run.frames > compared {
            more.push((run.path, run.frames - compared));
        }
    }
    Ok(more)
}

fn of_frame(frame: &FrameDifference) -> serde_json::Value {
    let fields: Vec<_> = frame
        .varying
        .iter()
        .map(|field| {
            json!({
                "layer": field.layer,
                "name": field.name.text(Language::En),
                "start": field.start,
                "len": field.len,
                "differ": field.differ,
            })
        })
        .collect();
    json!({
        "frame": frame.number,
        "shortest": frame.lengths[0],
        "longest": frame.lengths[1],
        "same": frame.same,
        "differ": frame.differ(),
        "fields": fields,
    })
}

fn of_all(totals: &DifferenceTotals, runs: &[Run<'_>]) -> serde_json::Value {
    let fields: Vec<_> = totals
        .fields
        .iter()
        .map(|field| {
            json!({
                "layer": field.layer,
                "name": field.name.text(Language::En),
                "frames": field.frames,
                "differ": field.differ,
            })
        })
        .collect();
    let halves = |halves: tracer::Halves| json!({"same": halves.same, "low": halves.low, "high": halves.high});
    json!({
        "captures": runs.len(),
        "frames": totals.frames,
        "frames_of_each": runs.iter().map(|run| run.frames).collect::<Vec<_>>(),
        "same": totals.same,
        "differ": totals.differ,
        "fields": fields,
        "identification": halves(totals.identification),
        "header_checksum": halves(totals.header_checksum),
        "coupled": totals.coupled,
    })
}
