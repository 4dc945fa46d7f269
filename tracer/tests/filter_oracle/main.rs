//! A filter selects what tcpdump's filter selects: tcpdump's own program, as `tcpdump -ddd`
//! prints it, runs in the same machine over the same frames.

#![allow(clippy::unwrap_used)]

mod cooked;
mod expressions;
mod generated;
mod listing;
mod made;
#[path = "../oracle/mod.rs"]
mod oracle;
mod refused;

use std::fs::File;
use std::path::Path;
use std::process::Command;

use expressions::{ETHERNET, EXPRESSIONS};
use oracle::{captures, tcpdump_is_here};
use tracer::{Expression, Frame, Instruction, LinkType, PcapReader, Program, Timestamp};

struct Owned {
    link: LinkType,
    wire_len: u32,
    bytes: Vec<u8>,
}

impl Owned {
    fn frame(&self) -> Frame<'_> {
        Frame {
            time: Timestamp(0),
            odd_time: None,
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
