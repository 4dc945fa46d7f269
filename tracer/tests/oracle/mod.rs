//! tcpdump itself, which is asked what it prints or selects.

// Each file of tests takes what it needs.
#![allow(dead_code)]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;

const VERSION: &str = "4.99.3";
/// Far from UTC, with a summer time.
pub(crate) const ZONE: &str = "America/New_York";

/// Whether the right tcpdump is there. In CI it must be; elsewhere its absence is said.
pub(crate) fn tcpdump_is_here() -> bool {
    let version = Command::new("tcpdump").arg("--version").output();
    let found = version
        .map(|output| String::from_utf8_lossy(&output.stdout).into_owned())
        .unwrap_or_default();
    let right = found
        .lines()
        .next()
        .is_some_and(|line| line.ends_with(VERSION));
    if !right {
        let message = format!("comparison with tcpdump {VERSION}: found {found:?} instead");
        assert!(std::env::var_os("CI").is_none(), "{message}");
        eprintln!("skipped: {message}");
    }
    right
}

/// What tcpdump prints for a capture that it gets on its standard input.
pub(crate) fn tcpdump(flags: &[&str], capture: Vec<u8>) -> String {
    let mut child = Command::new("tcpdump")
        .args(["-r", "-"])
        .args(flags)
        .env("TZ", ZONE)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let feeder = thread::spawn(move || stdin.write_all(&capture).unwrap());
    let output = child.wait_with_output().unwrap();
    feeder.join().unwrap();
    assert!(output.status.success(), "tcpdump failed");
    String::from_utf8(output.stdout).unwrap()
}

/// The captures that are compared whole.
pub(crate) fn captures() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/pcaps");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "pcap"))
        .collect();
    files.sort();
    assert!(files.len() >= 9, "captures are missing: {files:?}");
    files
}
