//! A capture file shown by several threads: the same, only sooner, and in bounded memory.
//!
//! What comes through a pipe is shown by one thread, packet by packet: the two are compared.

#![allow(clippy::unwrap_used)]

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use ftplab_tests::{assert_code, finish, ftplab, output, pcap, pcaps, within};

fn trace(flags: &[&str]) -> Command {
    let mut command = ftplab();
    command.arg("trace").args(flags).arg("-r");
    command
}

/// The session so many times that it fills many batches.
fn long(folder: &Path, times: usize) -> (PathBuf, Vec<u8>) {
    let session = fs::read(pcap("session.pcap")).unwrap();
    let (header, records) = session.split_at(24);
    let bytes = [header, &records.repeat(times)].concat();
    let path = folder.join("long.pcap");
    fs::write(&path, &bytes).unwrap();
    (path, bytes)
}

#[test]
fn threads_show_what_one_thread_shows() {
    let folder = tempfile::tempdir().unwrap();
    let (long, _) = long(folder.path(), 5);
    for file in pcaps().iter().chain([&long]) {
        for flags in [
            &["--json"][..],
            &["--json", "-S", "--sha256"],
            &["--json", "-c", "300", "tcp"],
            &["--style", "tcpdump"],
            &["--style", "tcpdump", "-n", "-e", "-vvv", "-X"],
            &["--style", "narrated"],
            &["--style", "narrated", "--lang", "zh", "--color", "always"],
            &["--style", "classic"],
            &["--style", "boxes"],
            &["--style", "ladder"],
            &["--style", "summary"],
            &["--decode", "5-6"],
        ] {
            let what = format!("{} {flags:?}", file.display());
            let beside = finish(trace(flags).arg(file));
            let mut cat = Command::new("cat");
            let mut pipe = cat.arg(file).stdout(Stdio::piped()).spawn().unwrap();
            let stdin = pipe.stdout.take().unwrap();
            let alone = trace(flags).arg("-").stdin(stdin).output().unwrap();
            pipe.wait().unwrap();
            assert_eq!(beside.status, alone.status, "{what}");
            assert!(beside.stdout == alone.stdout, "{what}");
        }
    }
}

#[test]
fn damage_is_told_after_all_that_came_before_it() {
    let folder = tempfile::tempdir().unwrap();
    let (path, mut bytes) = long(folder.path(), 20);
    for style in ["--json", "--style=tcpdump"] {
        let whole = output(trace(&[style]).arg(&path));
        let at = bytes.len();
        bytes.extend([0; 15]);
        let cut = folder.path().join("cut.pcap");
        fs::write(&cut, &bytes).unwrap();
        bytes.truncate(at);
        let (mut reader, writer) = io::pipe().unwrap();
        let mut command = trace(&[style]);
        command.arg(&cut).stdin(Stdio::null());
        command.stdout(writer.try_clone().unwrap()).stderr(writer);
        let mut child = command.spawn().unwrap();
        // Its ends of the pipe are in the command.
        drop(command);
        let mut told = String::new();
        reader.read_to_string(&mut told).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(1), "{style}");
        let message = told.strip_prefix(&whole).unwrap();
        let expected = format!(
            "ftplab: {}: byte {at}: record header cut short: expected 16 bytes, found 15\n",
            cut.display()
        );
        assert_eq!(message, expected);
    }
}

#[test]
fn a_reader_that_goes_away_ends_it_quietly() {
    let folder = tempfile::tempdir().unwrap();
    let (path, mut bytes) = long(folder.path(), 20);
    // Who comes to the end tells that it is damaged.
    bytes.extend([0; 15]);
    fs::write(&path, &bytes).unwrap();
    for style in ["--json", "--style=tcpdump"] {
        let mut command = trace(&[style]);
        command.arg(&path).stdin(Stdio::null());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut first = String::new();
        BufReader::with_capacity(1, child.stdout.take().unwrap())
            .read_line(&mut first)
            .unwrap();
        assert!(!first.is_empty());
        let output = child.wait_with_output().unwrap();
        assert_code(&output, 0);
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{style}");
    }
}

/// Large datagrams, in a file with holes: it takes no room.
fn large(path: &Path, records: u32) {
    const UDP: u32 = 65_515;
    let mut file = File::create(path).unwrap();
    file.write_all(&[0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0])
        .unwrap();
    file.write_all(&[0, 0, 4, 0, 101, 0, 0, 0]).unwrap();
    for number in 0..records {
        let len = (20 + UDP).to_le_bytes();
        let mut head = [number.to_le_bytes(), [0; 4], len, len].concat();
        head.extend([0x45, 0, 0xff, 0xff, 0, 0, 0, 0, 64, 17, 0, 0]);
        head.extend([10, 0, 0, 1, 10, 0, 0, 2, 0, 9, 0, 9, 0xff, 0xeb, 0, 0]);
        file.write_all(&head).unwrap();
        file.seek(SeekFrom::Current(i64::from(UDP) - 8)).unwrap();
    }
    let end = file.stream_position().unwrap();
    file.set_len(end).unwrap();
}

/// Whether all threads of a process sleep.
fn sleeps(process: u32) -> bool {
    let tasks = fs::read_dir(format!("/proc/{process}/task")).unwrap();
    tasks.into_iter().all(|task| {
        let status = fs::read_to_string(task.unwrap().path().join("status"));
        status.is_ok_and(|status| status.contains("\nState:\tS"))
    })
}

/// Memory that a process has for itself, in KiB.
fn memory(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let (_, anonymous) = status.split_once("\nRssAnon:").unwrap();
    let (kib, _) = anonymous.split_once("kB").unwrap();
    kib.trim().parse().unwrap()
}

#[test]
fn a_slow_reader_does_not_make_it_grow() {
    const RECORDS: u32 = 5000;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("large.pcap");
    large(&path, RECORDS);
    let mut command = trace(&["--json"]);
    command.arg(&path).stdin(Stdio::null());
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    // Nobody reads: it waits, with as much as it may hold.
    let mut asleep = 0;
    within(Duration::from_mins(1), "no end of reading", || {
        asleep = if sleeps(child.id()) { asleep + 1 } else { 0 };
        (asleep >= 5).then_some(())
    });
    let held = memory(child.id());
    let file = fs::metadata(&path).unwrap().len() / 1024;
    assert!(held < 32 * 1024, "{held} KiB held of a file of {file}");
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let packets = lines
        .map(Result::unwrap)
        .filter(|line| line.starts_with(r#"{"event":"packet""#));
    assert_eq!(packets.count(), RECORDS as usize);
    assert!(child.wait().unwrap().success());
}
