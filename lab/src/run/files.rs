//! The files of a scenario, and the proof that they arrived.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::time::{Duration, SystemTime};

use script::{Holds, LabFile, Variables};
use tempfile::TempDir;
use tracer::Language;

use crate::Failure;
use crate::scenario::Scenario;
use crate::view::{Ended, ViewOptions};

/// The files on both sides; gone when the run is over.
pub(super) struct Folders {
    pub(super) server: TempDir,
    pub(super) client: TempDir,
}

impl Folders {
    pub(super) fn new(scenario: &Scenario) -> io::Result<Self> {
        let folder = |name| tempfile::Builder::new().prefix(name).tempdir();
        let folders = Self {
            server: folder("ftplab-server-")?,
            client: folder("ftplab-client-")?,
        };
        folders.prepare(scenario)?;
        Ok(folders)
    }

    /// Writes the scenario's files; their content is the same in every run.
    fn prepare(&self, scenario: &Scenario) -> io::Result<()> {
        let dated = scenario.network.dated.unwrap_or_default();
        let dated = SystemTime::UNIX_EPOCH + Duration::from_secs(dated.unsigned_abs());
        for LabFile {
            on_server,
            name,
            holds,
        } in &scenario.network.files
        {
            let side = if *on_server {
                &self.server
            } else {
                &self.client
            };
            let path = side.path().join(name);
            match holds {
                Holds::Folder => fs::create_dir(&path)?,
                Holds::Bytes(text) => {
                    let bytes = text.fill(&Variables::new());
                    fs::write(&path, bytes.map_err(io::Error::other)?)?;
                }
                Holds::Filled(size) => fill(&path, *size)?,
                Holds::Lines(count, title) => fs::write(&path, numbered(title, *count))?,
            }
            if *on_server && scenario.network.dated.is_some() {
                File::open(&path)?.set_modified(dated)?;
            }
        }
        Ok(())
    }

    /// Compares what came down and went up byte for byte and says so, with `more` lines behind it.
    pub(super) fn compare(
        &self,
        scenario: &Scenario,
        view: &ViewOptions,
        ended: Ended,
        more: impl Iterator<Item = String>,
    ) -> Result<(), Failure> {
        let mut lines = Vec::new();
        let mut different = Vec::new();
        let (there, here) = (self.server.path(), self.client.path());
        for (name, down) in scenario.moved() {
            let (from, to) = if down { (there, here) } else { (here, there) };
            let same = sizes_if_same(&from.join(name), &to.join(name));
            if same.is_none() {
                different.push(name);
            }
            if view.is_narrated() {
                lines.push(compared(view.language(), name, down, same));
            } else if view.is_json() {
                let down = if down { "down" } else { "up" };
                let line = serde_json::json!({
                    "event": "file", "name": name, "direction": down,
                    "bytes": same, "same": same.is_some(),
                });
                lines.push(line.to_string());
            }
        }
        lines.extend(more);
        ended.say(&lines)?;
        if different.is_empty() {
            return Ok(());
        }
        Err(Failure::failed(format!(
            "not the same on both sides: {}",
            different.join(", ")
        )))
    }
}

/// So many bytes, a sawtooth of 251 values: a piece that is missing shows.
fn fill(path: &Path, size: u64) -> io::Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    let saw: Vec<u8> = (0..=250).collect();
    let mut left = size;
    while left > 0 {
        let piece = saw.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        file.write_all(saw.get(..piece).unwrap_or_default())?;
        left -= piece as u64;
    }
    file.flush()
}

/// Numbered lines: a piece that is missing, doubled or out of place shows at once.
fn numbered(title: &str, lines: u32) -> String {
    let line = |number| format!("{title}, line {number:>3}: the quick brown fox.\n");
    (1..=lines).map(line).collect()
}

/// The size of two files when their bytes are the same.
fn sizes_if_same(one: &Path, other: &Path) -> Option<usize> {
    let (one, other) = (fs::read(one).ok()?, fs::read(other).ok()?);
    (one == other).then_some(one.len())
}

fn compared(language: Language, name: &str, down: bool, same: Option<usize>) -> String {
    match (language, down, same) {
        (Language::En, true, Some(bytes)) => {
            let bytes = tracer::plural(bytes as u64, "byte");
            format!("{name}: {bytes} came down, the same on both sides byte for byte")
        }
        (Language::En, false, Some(bytes)) => {
            let bytes = tracer::plural(bytes as u64, "byte");
            format!("{name}: {bytes} went up, the same on both sides byte for byte")
        }
        (Language::En, _, None) => format!("{name}: NOT the same on both sides"),
        (Language::Zh, true, Some(bytes)) => {
            format!("{name}：下载 {bytes} 字节，两边逐字节相同")
        }
        (Language::Zh, false, Some(bytes)) => {
            format!("{name}：上传 {bytes} 字节，两边逐字节相同")
        }
        (Language::Zh, _, None) => format!("{name}：两边不相同"),
    }
}
