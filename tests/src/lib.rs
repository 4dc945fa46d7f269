//! What the black-box tests share: the program, the tools it is held against, and the rule for
//! what is missing.

#![allow(clippy::unwrap_used, clippy::missing_panics_doc)]

mod inside;
mod oracles;
mod peers;
mod running;
mod site;
mod slips;
mod traces;

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};

pub use inside::{NO_NAMESPACES, has_namespaces, inside, under};
pub use oracles::{FtpData, ftp_lines, tcpdump, tshark_data, tshark_lines};
pub use peers::{Inetd, has_pyftpdlib, pyftpdlib, serve, vsftpd};
pub use running::Running;
pub use rustix::process::Signal;
pub use site::{MODIFIED, Site, modified};
pub use slips::{refused, words_for};
pub use traces::{Traces, names};

/// How long any program may take here.
pub const LIMIT: Duration = Duration::from_mins(1);

/// The `ftplab` program, built in the profile of the tests. `FTPLAB_BIN` names one that is built
/// already, for users who cannot write to the target folder.
pub fn ftplab() -> Command {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    let program =
        PROGRAM.get_or_init(|| std::env::var_os("FTPLAB_BIN").map_or_else(build, PathBuf::from));
    let mut command = Command::new(program);
    command
        .stdin(Stdio::null())
        .env("TZ", "UTC")
        .env_remove("RUST_LOG");
    command
}

fn build() -> PathBuf {
    let mut cargo = Command::new(env!("CARGO"));
    cargo
        .args(["build", "--quiet", "--package", "ftplab", "--bin", "ftplab"])
        .args(["--message-format", "json"])
        .current_dir(repository());
    if !cfg!(debug_assertions) {
        cargo.arg("--release");
    }
    let output = cargo.stderr(Stdio::inherit()).output().unwrap();
    assert!(output.status.success(), "cargo build failed");
    String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .find_map(|message| Some(PathBuf::from(message["executable"].as_str()?)))
        .unwrap()
}

/// The root of the repository.
pub fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// The folder with the captures of the tests. `FTPLAB_PCAPS` names a copy, for users who cannot read
/// the repository.
fn captures() -> PathBuf {
    std::env::var_os("FTPLAB_PCAPS").map_or_else(|| repository().join("tests/pcaps"), PathBuf::from)
}

/// The pcap files of the tests.
pub fn pcaps() -> Vec<PathBuf> {
    let mut files: Vec<_> = std::fs::read_dir(captures())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "pcap"))
        .collect();
    files.sort();
    assert!(files.len() >= 9, "captures are missing: {files:?}");
    files
}

/// The capture of this name, whatever kind of file it is.
pub fn pcap(name: &str) -> PathBuf {
    let path = captures().join(name);
    assert!(path.is_file(), "no {name}");
    path
}

/// Runs a command to its end, within a bound; what it wrote is complete.
pub fn finish(command: &mut Command) -> Output {
    Running::start(command).finish()
}

/// Runs a command that must succeed, and returns what it wrote to stdout.
pub fn output(command: &mut Command) -> String {
    let output = finish(command);
    assert!(output.status.success(), "{command:?}: {}", said(&output));
    String::from_utf8(output.stdout).unwrap()
}

/// Asks until there is an answer; panics when none comes in time.
pub fn within<T>(limit: Duration, what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(begun.elapsed() < limit, "{what}: nothing within {limit:?}");
        thread::sleep(Duration::from_millis(5));
    }
}

/// Whether a tool or a right is there. When it is missing, CI fails; elsewhere the reader is told
/// what was skipped.
pub fn available(what: &str, there: bool) -> bool {
    if !there {
        assert!(
            std::env::var_os("CI").is_none(),
            "{what} is missing, and CI must not skip"
        );
        eprintln!("skipped: {what} is missing");
    }
    there
}

/// Whether a program is on the PATH.
pub fn has_program(name: &str) -> bool {
    let paths = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&paths)
        .chain(["/usr/sbin".into(), "/sbin".into()])
        .any(|folder| folder.join(name).is_file());
    available(name, found)
}

/// Whether this machine gives `ftplab run` a private network.
pub fn has_private_network() -> bool {
    let output = finish(ftplab().args(["doctor", "--json"]));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    available(
        "a private network (see ftplab doctor)",
        report["verdict"] == "private_network",
    )
}

/// Whether it also gives it a router with the kernel's firewall: nft is there.
pub fn has_router() -> bool {
    let folders = ["/usr/sbin", "/sbin", "/usr/local/sbin", "/usr/bin"];
    let nft = folders.map(|folder| Path::new(folder).join("nft").is_file());
    available("nft", nft.contains(&true)) && has_private_network()
}

/// The lines of a JSON output.
pub fn events(text: &str) -> Vec<serde_json::Value> {
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// What a program said, for the message of an assertion.
pub fn said(output: &Output) -> String {
    format!(
        "{}\nstdout: {}\nstderr: {}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

/// Asserts that a program ended by itself with this code, without a word of a panic.
#[track_caller]
pub fn assert_code(output: &Output, code: i32) {
    assert_eq!(output.status.code(), Some(code), "{}", said(output));
    for word in ["panicked", "RUST_BACKTRACE"] {
        assert!(!said(output).contains(word), "{}", said(output));
    }
}
