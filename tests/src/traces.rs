//! What a program leaves behind.

use std::fs;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use crate::ftplab;

/// What a program could leave behind: it is started with `TMPDIR` in this folder.
#[derive(Debug)]
pub struct Traces {
    /// Where it works.
    pub folder: TempDir,
}

impl Traces {
    /// With nothing in it.
    pub fn begin() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("tmp")).unwrap();
        Self { folder }
    }

    /// `ftplab` whose temporary files, and whose `-w here.pcap`, would be in the folder.
    pub fn ftplab(&self, arguments: &[&str]) -> Command {
        let mut command = ftplab();
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env("TMPDIR", self.folder.path().join("tmp"));
        command
    }

    /// Only these files are there.
    #[track_caller]
    pub fn assert_only(&self, expected: &[&str]) {
        assert_eq!(names(&self.folder.path().join("tmp")), [] as [&str; 0]);
        let mut found = names(self.folder.path());
        found.retain(|name| name != "tmp");
        assert_eq!(found, expected);
    }
}

/// The names in a folder, sorted.
pub fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}
