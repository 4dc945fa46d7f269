//! The files of a scenario, and the proof that they arrived.

use std::fs;
use std::io;
use std::path::Path;

use tempfile::TempDir;
use tracer::Language;

use crate::Failure;
use crate::scenario::{DOWNLOAD, Scenario, UPLOAD};
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
        scenario.prepare(folders.server.path(), folders.client.path())?;
        Ok(folders)
    }

    /// Compares both files byte for byte and says so.
    pub(super) fn compare(&self, view: &ViewOptions, ended: Ended) -> Result<(), Failure> {
        let mut lines = Vec::new();
        let mut different = Vec::new();
        let (there, here) = (self.server.path(), self.client.path());
        for (name, from, to) in [(DOWNLOAD, there, here), (UPLOAD, here, there)] {
            let same = sizes_if_same(&from.join(name), &to.join(name));
            if same.is_none() {
                different.push(name);
            }
            if view.is_narrated() {
                lines.push(compared(view.language(), name, from == there, same));
            } else if view.is_json() {
                let down = if from == there { "down" } else { "up" };
                let line = serde_json::json!({
                    "event": "file", "name": name, "direction": down,
                    "bytes": same, "same": same.is_some(),
                });
                lines.push(line.to_string());
            }
        }
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

/// The size of two files when their bytes are the same.
fn sizes_if_same(one: &Path, other: &Path) -> Option<usize> {
    let (one, other) = (fs::read(one).ok()?, fs::read(other).ok()?);
    (one == other).then_some(one.len())
}

fn compared(language: Language, name: &str, down: bool, same: Option<usize>) -> String {
    match (language, down, same) {
        (Language::En, true, Some(bytes)) => {
            format!("{name}: {bytes} bytes came down, the same on both sides byte for byte")
        }
        (Language::En, false, Some(bytes)) => {
            format!("{name}: {bytes} bytes went up, the same on both sides byte for byte")
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
