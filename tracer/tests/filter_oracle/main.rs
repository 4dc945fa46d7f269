//! A filter selects what tcpdump's filter selects: tcpdump's own program, as `tcpdump -ddd`
//! prints it, runs in the same machine over the same frames.

#![allow(clippy::unwrap_used)]

mod cooked;
mod expressions;
mod generated;
mod listing;
mod made;
mod refused;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;

use expressions::{ETHERNET, EXPRESSIONS};
use tracer::{Expression, Frame, Instruction, LinkType, PcapReader, Program, Timestamp};

const VERSION: &str = "4.99.3";

/// Whether the right tcpdump is there. In CI it must be; elsewhere its absence is said.
fn tcpdump_is_here() -> bool {
    let version = Command::new("tcpdump").arg("--version").output();
    let found = version
        .map(|output| String::from_utf8_lossy(&output.stdout).into_owned())
        .unwrap_or_default();
    let first = found.lines().next();
    let right = first.is_some_and(|line| line.ends_with(VERSION));
    if !right {
        let message = format!("comparison with tcpdump {VERSION}: found {found:?} instead");
        assert!(std::env::var_os("CI").is_none(), "{message}");
        eprintln!("skipped: {message}");
    }
    right
}

fn captures() -> Vec<PathBuf> {
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

struct Owned {
    link: LinkType,
    wire_len: u32,
    bytes: Vec<u8>,
}

impl Owned {
    fn frame(&self) -> Frame<'_> {
        Frame {
            time: Timestamp(0),
            wire_len: self.wire_len,
            link: self.link,
            bytes: &self.bytes,
        }
    }
}

fn frames(path: &Path) -> Vec<Owned> {
    let mut reader = PcapReader::new(File::open(path).unwrap()).unwrap();
    let mut frames = Vec::new();
    while let Some(frame) = reader.next().unwrap() {
        frames.push(Owned {
            link: frame.link,
            wire_len: frame.wire_len,
            bytes: frame.bytes.to_vec(),
        });
    }
    frames
}

/// tcpdump's program for a file, or what it says against the expression.
fn tcpdump(file: &Path, flags: &[&str], expression: &str) -> Result<Program, String> {
    let output = Command::new("tcpdump")
        .args(flags)
        .args(["-ddd", "-r"])
        .arg(file)
        .arg(expression)
        .output()
        .unwrap();
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    let text = String::from_utf8(output.stdout).unwrap();
    Ok(parsed(&text))
}

/// The program that `-ddd` prints.
fn parsed(text: &str) -> Program {
    let instructions = text.lines().skip(1).map(|line| {
        let fields: Vec<u32> = line
            .split(' ')
            .map(|field| field.parse().unwrap())
            .collect();
        let [code, jt, jf, k] = fields[..] else {
            panic!("{line}")
        };
        Instruction {
            code: code.try_into().unwrap(),
            jt: jt.try_into().unwrap(),
            jf: jf.try_into().unwrap(),
            k,
        }
    });
    Program::new(instructions.collect()).unwrap()
}

fn ours(expression: &str, link: LinkType) -> Result<Program, String> {
    let parsed = Expression::parse(expression).map_err(|error| error.to_string())?;
    parsed.compile(link).map_err(|error| error.to_string())
}

/// How many frames both accept; they must be the same ones.
#[track_caller]
fn compare(expression: &str, file: &Path, frames: &[&Owned], theirs: &Program) -> usize {
    let link = frames[0].link;
    let ours = ours(expression, link)
        .unwrap_or_else(|error| panic!("{expression}, {}: {error}", file.display()));
    let mut accepted = 0;
    for (index, owned) in frames.iter().enumerate() {
        let frame = owned.frame();
        assert_eq!(
            ours.accepts(&frame),
            theirs.accepts(&frame),
            "{expression}: frame {} of {}: {:02x?}",
            index + 1,
            file.display(),
            owned.bytes
        );
        accepted += usize::from(ours.accepts(&frame));
    }
    accepted
}

#[test]
fn a_filter_selects_what_tcpdump_selects() {
    if !tcpdump_is_here() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let made = folder.path().join("made.pcap");
    made::write(&made);
    let files: Vec<_> = captures()
        .into_iter()
        .chain([made])
        .map(|path| (frames(&path), path))
        .collect();
    for expression in EXPRESSIONS.iter().chain(ETHERNET) {
        let mut accepted = 0;
        for (frames, file) in &files {
            match tcpdump(file, &[], expression) {
                Ok(theirs) => {
                    let all: Vec<_> = frames.iter().collect();
                    accepted += compare(expression, file, &all, &theirs);
                }
                // What can never hold on a link type it calls a mistake.
                Err(refused) if refused.contains("rejects all packets") => {
                    let ours = ours(expression, frames[0].link).unwrap();
                    assert!(!frames.iter().any(|owned| ours.accepts(&owned.frame())));
                }
                Err(refused) => {
                    assert_ne!(
                        frames[0].link,
                        LinkType::Ethernet,
                        "{expression}: {refused}"
                    );
                    assert!(
                        ours(expression, frames[0].link).is_err(),
                        "{expression}: {refused}"
                    );
                }
            }
        }
        // Or the comparison would compare nothing.
        let rare = [
            "igmp",
            "rarp",
            "vlan",
            "icmp6",
            "ip6 multicast",
            "src and dst",
            "< 5",
        ];
        let rare = rare.iter().any(|word| expression.contains(word));
        assert!(accepted > 0 || rare, "{expression} selects nothing");
    }
}
