//! `ftplab compare`: an article's trace and our packets, side by side.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use tracer::{Comparison, Language, PcapReader, PrintedReader, Trace, decode};

use super::trace::kind::{self, Kind};
use crate::Failure;
use crate::view::columns;

/// Hold our packets against the lines that an article printed, side by side.
///
/// Either file may be a capture or a printed trace. Connections are known by their part in the
/// session, so addresses need not be the same. The exit code is 1 when a line of TRACE does not
/// match.
#[derive(Args, Debug)]
#[command(before_help = "\
Examples:
  ftplab compare article.txt our.pcap            the lines of an article, and a capture
  ftplab compare article.txt our.pcap --lang zh  in Chinese
  ftplab compare first.pcap second.pcap          two captures of the same session")]
pub(super) struct CompareOptions {
    /// What it should be: the printed trace of an article, or a capture.
    trace: PathBuf,
    /// What it is: a capture, or a printed trace.
    capture: PathBuf,
    /// The language of the explanations: en or zh.
    #[arg(long, default_value = "en", value_name = "LANG")]
    lang: Language,
    /// Take connections to PORT for FTP control connections, too; those to port 21 are.
    #[arg(long = "control-port", value_name = "PORT")]
    control_ports: Vec<u16>,
}

pub(super) fn compare(options: &CompareOptions) -> Result<(), Failure> {
    let ports: Vec<u16> = options.control_ports.iter().copied().chain([21]).collect();
    let article = read(&options.trace, &ports)?;
    let ours = read(&options.capture, &ports)?;
    show(&article, &ours, options.lang)
}

/// Shows the comparison.
///
/// # Errors
/// When a line of the article does not match.
pub(crate) fn show(article: &Trace, ours: &Trace, language: Language) -> Result<(), Failure> {
    let comparison = Comparison::new(article, ours);
    let mut out = io::BufWriter::new(io::stdout().lock());
    comparison
        .write(language, columns(), &mut out)
        .and_then(|()| out.flush())
        .map_err(|error| Failure::output(&error))?;
    let figures = comparison.figures;
    if figures.lines == 0 {
        return Err(Failure::failed("there is no line to compare"));
    }
    if !figures.all_match() {
        let wrong = figures.lines - figures.matched;
        return Err(Failure::failed(format!(
            "{wrong} of {} lines do not match",
            figures.lines
        )));
    }
    Ok(())
}

/// Reads all packets of a file of either kind.
fn read(path: &Path, control_ports: &[u16]) -> Result<Trace, Failure> {
    let name = path.display();
    let failed = |error: &dyn std::error::Error| Failure::failed(format!("{name}: {error}"));
    let source = File::open(path).map_err(|error| failed(&error))?;
    let (kind, source) = kind::of(source).map_err(|error| failed(&error))?;
    let mut trace = Trace::new(control_ports);
    match kind {
        Kind::Capture => {
            let mut reader = PcapReader::new(source).map_err(|error| failed(&error))?;
            while let Some(frame) = reader.next().map_err(|error| failed(&error))? {
                trace.push(&decode(&frame));
            }
        }
        Kind::Printed => {
            let mut reader = PrintedReader::new(source);
            while let Some(packet) = reader.next_packet().map_err(|error| failed(&error))? {
                trace.push(&packet);
            }
        }
    }
    Ok(trace)
}
