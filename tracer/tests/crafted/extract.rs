//! Files out of captures.

use std::fs;
use std::net::SocketAddrV4;
use std::path::Path;

use tempfile::TempDir;
use tracer::{Analyzer, Direction, Summary};

use crate::wire::{ACK, FIN, PSH, RST, Wire, at};

const CONTENT: &[u8] = b"one two three four five six seven eight nine ten";
/// Of `CONTENT`, from coreutils' sha256sum.
const SHA256: &str = "92632e6f05f3fd972257dc8cbd0261b175cc575839b57bcde07858471d6406f8";

/// A session whose files go to a folder, and the data connection to the port that PASV gave.
fn session(folder: &Path, command: &str) -> (Wire, SocketAddrV4, SocketAddrV4) {
    let mut analyzer = Analyzer::default();
    analyzer.extract_to(folder).unwrap();
    session_of(analyzer, command)
}

fn session_of(analyzer: Analyzer, command: &str) -> (Wire, SocketAddrV4, SocketAddrV4) {
    let mut wire = Wire::with(analyzer);
    let (client, server) = (at("10.0.0.1:40000"), at("10.0.0.2:21"));
    wire.open(client, server);
    wire.say(server, client, "220 ready");
    let (from, to) = dial(&mut wire, command, 5120);
    (wire, from, to)
}

/// PASV, the command and the handshake of the data connection.
fn dial(wire: &mut Wire, command: &str, port: u16) -> (SocketAddrV4, SocketAddrV4) {
    let (client, server) = (at("10.0.0.1:40000"), at("10.0.0.2:21"));
    let [high, low] = port.to_be_bytes();
    wire.say(client, server, "PASV");
    wire.say(server, client, &format!("227 here (10,0,0,2,{high},{low})"));
    wire.say(client, server, command);
    let ends = (
        SocketAddrV4::new(*client.ip(), port),
        SocketAddrV4::new(*server.ip(), port),
    );
    wire.open(ends.0, ends.1);
    ends
}

fn names(folder: &TempDir) -> Vec<String> {
    let entries = fs::read_dir(folder.path()).unwrap();
    let mut names: Vec<_> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn saved(summary: &Summary) -> Vec<(String, bool, Option<String>)> {
    let files = summary
        .connections
        .iter()
        .filter_map(|row| row.saved.clone());
    files
        .map(|file| (file.name, file.partial, file.sha256))
        .collect()
}

/// Sends `CONTENT[range]` where it belongs.
fn piece(wire: &mut Wire, from: SocketAddrV4, to: SocketAddrV4, start: usize, end: usize) {
    let seq = 1001 + u32::try_from(start).unwrap();
    wire.segment(
        (from, to),
        PSH | ACK,
        (seq, 1001),
        65_535,
        &CONTENT[start..end],
    );
}

/// All of `CONTENT`, in no order, some of it twice.
const JUMBLE: [(usize, usize); 7] = [
    (10, 20),
    (0, 5),
    (15, 30),
    (0, 5),
    (3, 12),
    (40, 48),
    (28, 41),
];

#[test]
fn order_repetition_and_overlap_change_no_hash() {
    let mut analyzer = Analyzer::default();
    analyzer.hash_files();
    let (mut wire, client, server) = session_of(analyzer, "RETR a");
    for (start, end) in JUMBLE {
        piece(&mut wire, server, client, start, end);
    }
    wire.send(client, server, ACK, b"");
    wire.close(server, client);
    let summary = wire.end();
    assert_eq!(summary.unsaved, None);
    let hashes = summary.connections.iter();
    let hashes: Vec<_> = hashes.filter_map(|row| row.sha256.as_deref()).collect();
    assert_eq!(hashes, [SHA256]);
}

#[test]
fn order_repetition_and_overlap_change_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let (mut wire, client, server) = session(folder.path(), "RETR /pub/../etc/passwd");
    for (start, end) in JUMBLE {
        piece(&mut wire, server, client, start, end);
    }
    wire.send(client, server, ACK, b"");
    wire.close(server, client);
    let told = wire.told.last().unwrap();
    assert!(
        told.iter().any(|event| event["event"] == "saved"),
        "{told:?}"
    );
    let summary = wire.end();
    assert_eq!(summary.unsaved, None);
    let [(name, partial, sha256)] = &saved(&summary)[..] else {
        panic!("{summary:?}")
    };
    assert_eq!((name.as_str(), *partial), ("passwd", false));
    assert!(sha256.as_ref().unwrap().eq(SHA256), "{sha256:?}");
    assert_eq!(fs::read(folder.path().join("passwd")).unwrap(), CONTENT);
    let row = summary
        .connections
        .iter()
        .find(|row| row.saved.is_some())
        .unwrap();
    assert_eq!(row.direction, Some(Direction::Down));
    assert_eq!((row.missing, row.bytes), (0, [0, 48]));
}

#[test]
fn a_file_with_a_hole_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let (mut wire, client, server) = session(folder.path(), "STOR up.txt");
    piece(&mut wire, client, server, 0, 10);
    piece(&mut wire, client, server, 20, 48);
    // The receiver has all of it, the capture has not.
    wire.send(server, client, ACK, b"");
    wire.close(client, server);
    let summary = wire.end();
    assert_eq!(saved(&summary), [("up.txt.partial".to_owned(), true, None)]);
    let found = fs::read(folder.path().join("up.txt.partial")).unwrap();
    let mut expected = CONTENT.to_vec();
    expected[10..20].fill(0);
    assert_eq!(found, expected);
}

#[test]
fn a_reset_or_the_end_of_the_capture_leaves_a_part() {
    for reset in [true, false] {
        let folder = tempfile::tempdir().unwrap();
        let (mut wire, client, server) = session(folder.path(), "RETR part");
        piece(&mut wire, server, client, 0, 30);
        if reset {
            wire.send(server, client, RST | ACK, b"");
        }
        assert_eq!(
            saved(&wire.end()),
            [("part.partial".to_owned(), true, None)]
        );
        assert_eq!(names(&folder), ["part.partial"]);
    }
}

#[test]
fn nothing_is_replaced_and_listings_are_no_files() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("same"), "mine").unwrap();
    let (mut wire, client, server) = session(folder.path(), "RETR same");
    piece(&mut wire, server, client, 0, 48);
    wire.close(server, client);
    let (client, server) = dial(&mut wire, "RETR dir/same", 5121);
    piece(&mut wire, server, client, 0, 48);
    wire.close(server, client);
    let (client, server) = dial(&mut wire, "LIST", 5122);
    piece(&mut wire, server, client, 0, 48);
    wire.close(server, client);
    // A file without a byte is a file.
    let (client, server) = dial(&mut wire, "STOR ..", 5123);
    wire.send(client, server, FIN | ACK, b"");
    wire.send(server, client, FIN | ACK, b"");
    wire.send(client, server, ACK, b"");
    let summary = wire.end();
    assert_eq!(names(&folder), ["_.", "same", "same.2", "same.3"]);
    assert_eq!(fs::read(folder.path().join("same")).unwrap(), b"mine");
    assert_eq!(fs::read(folder.path().join("_.")).unwrap(), b"");
    assert_eq!(saved(&summary).len(), 3);
}
