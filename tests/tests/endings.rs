//! How `ftplab` ends when something ends it: a signal, a reader that has left, a port that is
//! taken, an interface that goes. Each time: a plain message, the right
//! exit code, nothing left behind.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::fs;
use std::net::{TcpListener, UdpSocket};
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use ftplab_tests::{
    LIMIT, Running, Signal, Traces, assert_code, finish, ftplab, has_private_network, has_program,
    inside, names, output, pcap, said, within,
};

/// The network namespaces that the threads of a process are in.
fn namespaces_of(process: u32) -> BTreeSet<PathBuf> {
    let Ok(threads) = fs::read_dir(format!("/proc/{process}/task")) else {
        return BTreeSet::new();
    };
    threads
        .filter_map(|thread| fs::read_link(thread.ok()?.path().join("ns/net")).ok())
        .collect()
}

/// Waits until no process is in these namespaces any more.
#[track_caller]
fn assert_gone(namespaces: &BTreeSet<PathBuf>) {
    let own = namespaces_of(std::process::id());
    let theirs: BTreeSet<_> = namespaces.difference(&own).collect();
    for entry in fs::read_dir("/proc").unwrap() {
        let Ok(process) = entry.unwrap().file_name().to_string_lossy().parse::<u32>() else {
            continue;
        };
        let used = namespaces_of(process);
        assert!(
            used.iter().all(|namespace| !theirs.contains(namespace)),
            "process {process} is still in one of {theirs:?}"
        );
    }
    let mounts = fs::read_to_string("/proc/self/mounts").unwrap();
    assert!(!mounts.contains("nsfs"), "a namespace is mounted: {mounts}");
}

/// The names of the interfaces here.
fn interfaces() -> Vec<String> {
    tracer::interfaces()
        .into_iter()
        .map(|interface| interface.name)
        .collect()
}

fn ip(arguments: &str) {
    output(Command::new("ip").args(arguments.split(' ')));
}

/// Sends one datagram that nobody expects: one packet, two with the answer.
fn one_packet() {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.send_to(b"anybody?", "127.0.0.1:9").unwrap();
}

#[test]
fn a_signal_ends_a_live_trace_with_its_table() {
    if !(has_program("ip") && inside("a_signal_ends_a_live_trace_with_its_table")) {
        return;
    }
    for signal in [Signal::INT, Signal::TERM] {
        let traces = Traces::begin();
        let before = interfaces();
        let mut trace =
            Running::start(&mut traces.ftplab(&["trace", "-i", "lo", "-w", "here.pcap"]));
        trace.complains("tracing lo");
        one_packet();
        trace.says("UDP");
        trace.signal(signal);
        let output = trace.finish();
        assert_code(&output, 0);
        let told = String::from_utf8_lossy(&output.stdout);
        assert!(told.contains("packets explained"), "{told}");
        let message = String::from_utf8_lossy(&output.stderr);
        assert!(
            message.contains("packets shown") && message.contains("0 dropped"),
            "{message}"
        );
        // The capture is whole and under its name.
        traces.assert_only(&["here.pcap"]);
        let read = traces.folder.path().join("here.pcap");
        let again = ftplab_tests::output(ftplab().args(["trace", "-r"]).arg(read));
        assert_eq!(again, told);
        assert_eq!(interfaces(), before);
    }
}

#[test]
fn a_signal_ends_a_run_at_any_point() {
    if !has_private_network() {
        return;
    }
    // From before the first packet to the last act: each time another moment of the run.
    for moment in [
        "",
        "Address resolution",
        "Handshake",
        "Login",
        "Transfer 1",
        "Transfer 3",
        "Goodbye",
    ] {
        for signal in [Signal::INT, Signal::TERM] {
            let traces = Traces::begin();
            let mut run = Running::start(&mut traces.ftplab(&["run", "active", "-w", "here.pcap"]));
            let mut namespaces = namespaces_of(run.id());
            if moment.is_empty() {
                // It handles signals when its files are there; before, a signal simply kills it.
                let tmp = traces.folder.path().join("tmp");
                within(LIMIT, "the folders of a run", || {
                    (names(&tmp).len() == 2 || !run.is_running()).then_some(())
                });
            } else {
                run.says(moment);
                namespaces.append(&mut namespaces_of(run.id()));
            }
            // It may be over already, which is an end as well.
            if run.is_running() {
                run.signal(signal);
            }
            let output = run.finish();
            let message = String::from_utf8_lossy(&output.stderr);
            if output.status.success() {
                assert_eq!(message, "");
            } else {
                assert_code(&output, 1);
                let end = "ftplab: ended by a signal before the session was over\n";
                assert_eq!(message, end, "{}", said(&output));
            }
            traces.assert_only(&["here.pcap"]);
            // What was captured until then can be read.
            let read = traces.folder.path().join("here.pcap");
            assert_code(&finish(ftplab().args(["trace", "-r"]).arg(read)), 0);
            assert_gone(&namespaces);
        }
    }
}

#[test]
fn a_signal_before_the_first_packet_ends_a_run() {
    if !has_private_network() {
        return;
    }
    let traces = Traces::begin();
    let (tmp, fifo) = (
        traces.folder.path().join("tmp"),
        traces.folder.path().join("fifo"),
    );
    output(Command::new("mkfifo").arg(&fifo));
    let mut run = Running::start(&mut traces.ftplab(&["run", "active", "-w", "fifo"]));
    // It waits for somebody who reads the capture, so the signal comes in time for sure.
    within(LIMIT, "the folders of a run", || {
        (names(&tmp).len() == 2).then_some(())
    });
    let namespaces = namespaces_of(run.id());
    run.signal(Signal::INT);
    let reader = std::thread::spawn(move || fs::read(fifo).unwrap());
    let output = run.finish();
    assert_code(&output, 1);
    let message = String::from_utf8_lossy(&output.stderr);
    let end = "ftplab: ended by a signal before the session was over\n";
    assert_eq!(message, end, "{}", said(&output));
    assert!(reader.join().unwrap().len() >= 24, "no capture file");
    traces.assert_only(&["fifo"]);
    assert_gone(&namespaces);
}

#[test]
fn a_run_leaves_neither_files_nor_namespaces_nor_interfaces() {
    if !has_private_network() {
        return;
    }
    let before = interfaces();
    for scenario in ["active", "passive"] {
        let traces = Traces::begin();
        let mut run = Running::start(&mut traces.ftplab(&["run", scenario]));
        let mut seen = BTreeSet::new();
        while run.is_running() {
            seen.append(&mut namespaces_of(run.id()));
        }
        assert_code(&run.finish(), 0);
        assert_gone(&seen);
        traces.assert_only(&[]);
        assert_eq!(interfaces(), before);
    }
}

#[test]
fn a_reader_that_left_is_no_failure() {
    let file = pcap("session.pcap");
    let traces = Traces::begin();
    let mut command = traces.ftplab(&["trace", "-w", "here.pcap", "-r"]);
    command.arg(&file);
    let output = without_reader(command);
    assert_code(&output, 0);
    assert!(output.stderr.is_empty(), "{}", said(&output));
    // When the capture itself goes there, as well.
    let mut command = traces.ftplab(&["trace", "-w", "-", "-r"]);
    command.arg(&file);
    assert_code(&without_reader(command), 0);

    if has_private_network() {
        let traces = Traces::begin();
        let output = without_reader(traces.ftplab(&["run", "passive"]));
        assert_code(&output, 0);
        assert!(output.stderr.is_empty(), "{}", said(&output));
        traces.assert_only(&[]);
    }
}

/// Runs a program whose standard output nobody reads.
fn without_reader(mut command: Command) -> Output {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let child = command.stdout(writer).stderr(Stdio::piped()).spawn();
    // The program's own copy of the pipe's end must be the only one.
    drop(command);
    child.unwrap().wait_with_output().unwrap()
}

#[test]
fn a_reader_that_leaves_ends_a_live_trace() {
    if !(has_program("ip") && inside("a_reader_that_leaves_ends_a_live_trace")) {
        return;
    }
    let traces = Traces::begin();
    let mut command = traces.ftplab(&["trace", "-i", "lo"]);
    let (reader, writer) = std::io::pipe().unwrap();
    command.stdout(writer).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    drop(command);
    drop(reader);
    let ended = within(LIMIT, "the end of the trace", || {
        one_packet();
        child.try_wait().unwrap()
    });
    assert_eq!(ended.code(), Some(0));
    let output = child.wait_with_output().unwrap();
    assert!(!said(&output).contains("panicked"), "{}", said(&output));
}

#[test]
fn a_taken_port_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let mut serve = ftplab();
    serve
        .arg("serve")
        .arg(folder.path())
        .args(["--listen", &address]);
    let output = finish(&mut serve);
    assert_code(&output, 1);
    assert!(output.stdout.is_empty(), "{}", said(&output));
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(
        message.contains(&format!("cannot listen on {address}")),
        "{message}"
    );
    assert!(
        message.contains("fix: ") && message.contains("port 0"),
        "{message}"
    );
}

#[test]
fn an_interface_that_goes_ends_the_trace() {
    if !(has_program("ip") && inside("an_interface_that_goes_ends_the_trace")) {
        return;
    }
    for (ending, removed) in [("link del left", true), ("link set left down", false)] {
        ip("link add left type veth peer name right");
        ip("link set left up");
        ip("link set right up");
        let traces = Traces::begin();
        let mut trace =
            Running::start(&mut traces.ftplab(&["trace", "-i", "left", "-w", "here.pcap"]));
        trace.complains("tracing left");
        ip(ending);
        let output = trace.finish();
        assert_code(&output, 1);
        let message = String::from_utf8_lossy(&output.stderr);
        let last = message.lines().last().unwrap();
        // On its way out it is down for a moment.
        let expected =
            ["has gone", "is down"].map(|word| format!("ftplab: left: the interface {word}"));
        assert!(
            last == expected[1] || (last == expected[0] && removed),
            "{message}"
        );
        // What was captured is kept.
        traces.assert_only(&["here.pcap"]);
        if !removed {
            ip("link del left");
        }
    }
}

#[test]
fn an_unknown_interface_is_answered_with_those_that_are() {
    if !(has_program("ip") && inside("an_unknown_interface_is_answered_with_those_that_are")) {
        return;
    }
    let traces = Traces::begin();
    let output = finish(&mut traces.ftplab(&["trace", "-i", "eth7", "-w", "here.pcap"]));
    assert_code(&output, 1);
    let message = String::from_utf8_lossy(&output.stderr);
    assert_eq!(message, "ftplab: eth7: no such interface (there are: lo)\n");
    traces.assert_only(&[]);
}
