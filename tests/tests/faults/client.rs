//! `ftplab get` and `ftplab put` with a server that is cut at each stage.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::thread;

use ftplab_tests::{LIMIT, Running, assert_code, finish, ftplab, has_program, inside, said};

use crate::peer::Cut;

/// When the server is cut: before its answer to a command, or in the course of a transfer.
const STAGES: [&str; 11] = [
    "accepted",
    "greeted",
    "USER",
    "PASS",
    "TYPE",
    "EPSV",
    "dialled",
    "150",
    "amid",
    "data",
    "half a reply",
];

/// Bytes that the server sends, of 200 000 that it should.
const AMID: usize = 100_000;
const SIZE: usize = 200_000;

/// Serves one client as far as `stage` and cuts it, the data connection first.
fn serve(listener: &TcpListener, stage: &str, cut: Cut) {
    let (control, _) = listener.accept().unwrap();
    control.set_read_timeout(Some(LIMIT)).unwrap();
    let data = talk(&control, stage);
    let sockets = [data, Some(control)];
    for socket in sockets.iter().flatten() {
        cut.begin(socket);
    }
    for socket in sockets.into_iter().flatten() {
        cut.end(socket);
    }
}

/// The data connection, if there is one when it is to be cut.
fn talk(mut control: &TcpStream, stage: &str) -> Option<TcpStream> {
    if stage == "accepted" {
        return None;
    }
    let mut lines = BufReader::new(control);
    control.write_all(b"220 hi\r\n").unwrap();
    if stage == "greeted" {
        return None;
    }
    let passive = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut data = None;
    loop {
        let mut line = String::new();
        if lines.read_line(&mut line).unwrap() == 0 {
            return data;
        }
        let verb = line.split_whitespace().next().unwrap().to_owned();
        if verb == stage {
            return data;
        }
        let reply = match verb.as_str() {
            "USER" => "331 password".to_owned(),
            "PASS" => "230 in".to_owned(),
            "TYPE" => "200 type".to_owned(),
            "SIZE" => format!("213 {SIZE}"),
            "EPSV" => format!("229 ok (|||{}|)", passive.local_addr().unwrap().port()),
            "RETR" | "STOR" => {
                let (mut accepted, _) = passive.accept().unwrap();
                if stage != "dialled" {
                    control.write_all(b"150 here\r\n").unwrap();
                }
                let amount = match stage {
                    "dialled" | "150" => 0,
                    "amid" => AMID,
                    _ => SIZE,
                };
                if verb == "RETR" {
                    accepted.write_all(&vec![b'x'; amount]).unwrap();
                } else {
                    accepted.read_exact(&mut vec![0; amount]).unwrap();
                }
                if stage == "half a reply" {
                    control.write_all(b"226 the file is who").unwrap();
                }
                data = Some(accepted);
                return data;
            }
            _ => "502 no".to_owned(),
        };
        control
            .write_all(format!("{reply}\r\n").as_bytes())
            .unwrap();
    }
}

fn transfer(verb: &str, address: &str, local: &Path) -> Command {
    let url = format!("ftp://ann@{address}/remote.bin");
    let mut command = ftplab();
    command.arg(verb);
    match verb {
        "get" => command.arg(url).arg(local),
        _ => command.arg(local).arg(url),
    };
    command
        .args(["--retries", "0"])
        .env("FTPLAB_PASSWORD", "secret");
    command
}

/// Failed with a word on what happened, and not one on what did not.
fn assert_failed(output: &Output, what: &str) {
    assert_code(output, 1);
    let message = String::from_utf8_lossy(&output.stderr);
    let words = [
        "closed",
        "reset",
        "cut",
        "broken",
        "Broken",
        "not whole",
        "end of file",
    ];
    assert!(
        words.iter().any(|word| message.contains(word)),
        "{what}: {message}"
    );
    assert!(!message.contains("bytes in "), "{what}: {message}");
}

#[test]
fn a_server_that_is_cut_at_any_stage_leaves_no_half_file() {
    let here = tempfile::tempdir().unwrap();
    let (old, up) = (here.path().join("old.bin"), here.path().join("up.bin"));
    fs::write(&old, "old").unwrap();
    fs::write(&up, vec![b'y'; SIZE]).unwrap();
    for stage in STAGES {
        for cut in [Cut::Fin, Cut::Rst] {
            for (verb, local) in [("get", "new.bin"), ("get", "old.bin"), ("put", "up.bin")] {
                if local == "old.bin" && stage != "amid" {
                    continue;
                }
                let listener = TcpListener::bind("127.0.0.1:0").unwrap();
                let address = listener.local_addr().unwrap().to_string();
                let server = thread::spawn(move || serve(&listener, stage, cut));
                let output = finish(&mut transfer(verb, &address, &here.path().join(local)));
                server.join().unwrap();
                assert_failed(&output, &format!("{verb} {local}, {stage}, {cut:?}"));
                let left = fs::read_dir(here.path()).unwrap().count();
                assert_eq!(left, 2, "{verb} {local}, {stage}, {cut:?}");
                assert_eq!(fs::read(&old).unwrap(), b"old");
            }
        }
    }
}

/// Nothing comes and nothing goes, in the middle of a transfer: the time-out ends it.
#[test]
fn a_network_that_swallows_a_transfer_is_not_waited_for_for_ever() {
    let test = "client::a_network_that_swallows_a_transfer_is_not_waited_for_for_ever";
    if !has_program("nft") || !inside(test) {
        return;
    }
    let here = tempfile::tempdir().unwrap();
    let up = here.path().join("up.bin");
    fs::write(&up, vec![b'y'; 32 << 20]).unwrap();
    for (verb, local) in [("get", "new.bin"), ("put", "up.bin")] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let server = thread::spawn(move || {
            let (control, _) = listener.accept().unwrap();
            let data = talk(&control, "amid");
            (control, data)
        });
        let mut command = transfer(verb, &address, &here.path().join(local));
        command.args(["--timeout", "2s"]);
        let running = Running::start(command.stdin(Stdio::null()));
        let connections = server.join().unwrap();
        for rule in [
            "add table ip faults",
            "add chain ip faults lost { type filter hook input priority 0; policy accept; }",
            "add rule ip faults lost meta l4proto tcp drop",
        ] {
            let nft = finish(Command::new("nft").arg(rule));
            assert!(nft.status.success(), "{}", said(&nft));
        }
        let output = running.finish();
        assert_code(&output, 1);
        let message = String::from_utf8_lossy(&output.stderr);
        assert!(message.contains("2s"), "{verb}: {message}");
        assert_eq!(fs::read_dir(here.path()).unwrap().count(), 1, "{verb}");
        finish(Command::new("nft").arg("flush ruleset"));
        drop(connections);
    }
}
