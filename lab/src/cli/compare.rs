//! `ftplab compare`: an article's trace and our packets, side by side.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use clap::Args;
use tracer::{Analyzer, Language, PcapReader, Trace};

use super::trace::kind::{self, Kind};
use crate::Failure;
use crate::articles;
use crate::view::ELSEWHERE;

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
  ftplab compare first.pcap second.pcap          two captures of the same session
  ftplab compare article.txt our.pcap --json | jq -r 'select(.found==\"absent\").article'")]
pub(super) struct CompareOptions {
    /// What it should be: the printed trace of an article, or a capture.
    trace: PathBuf,
    /// What it is: a capture, or a printed trace.
    capture: PathBuf,
    /// One JSON object a line: each line, then the sums.
    #[arg(long)]
    json: bool,
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
    let mut out = io::BufWriter::new(io::stdout().lock());
    let told = if options.json {
        articles::Told::Json
    } else {
        articles::Told::Lines(options.lang)
    };
    let wrong = articles::compared(&article, &ours, told, &mut out)?;
    wrong.map_or(Ok(()), Err)
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
            let mut analyzer = Analyzer::default();
            while let Some(record) = reader.next_record().map_err(|error| failed(&error))? {
                let interface = record.interface;
                let packet = ELSEWHERE.decode(
                    &record.frame,
                    interface.map(|interface| interface.index),
                    interface.and_then(|interface| interface.name.as_deref()),
                );
                if analyzer.push(&packet).is_copy() {
                    trace.pass_over();
                } else {
                    trace.push(&packet);
                }
            }
        }
        Kind::Printed => return articles::lines(&name.to_string(), source, control_ports),
    }
    Ok(trace)
}
