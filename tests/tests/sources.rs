//! Where `ftplab trace` takes packets from: pcapng, files that grow, pipes that pause.

#![allow(clippy::unwrap_used)]

use std::fs::{self, File};
use std::io::Write;
use std::net::UdpSocket;
use std::path::Path;
use std::process::{Command, Stdio};

use ftplab_tests::{
    Running, Signal, Traces, assert_code, finish, ftplab, has_program, inside, output, pcap, pcaps,
    said, tcpdump,
};

fn trace(file: &Path, flags: &[&str]) -> String {
    output(
        ftplab()
            .args(["trace", "-n", "--style", "tcpdump"])
            .args(flags)
            .arg("-r")
            .arg(file),
    )
}

/// The program of Wireshark that turns one format into the other.
fn editcap(flags: &[&str], from: &Path, to: &Path) {
    output(Command::new("editcap").args(flags).arg(from).arg(to));
}

#[test]
fn pcapng_reads_as_tcpdump_reads_it() {
    if !(has_program("editcap") && has_program("tcpdump")) {
        return;
    }
    let traces = Traces::begin();
    let ng = traces.folder.path().join("here.pcapng");
    for file in pcaps() {
        editcap(&["-F", "pcapng"], &file, &ng);
        let (found, expected) = (trace(&ng, &[]), tcpdump(&ng, &[]));
        assert!(found == expected, "{}", file.display());
        assert!(found == trace(&file, &[]), "{}", file.display());
    }
}

#[test]
fn interfaces_of_one_file_may_have_different_link_types() {
    if !(has_program("mergecap") && has_program("tcpdump")) {
        return;
    }
    let traces = Traces::begin();
    let merged = traces.folder.path().join("merged.pcapng");
    let parts = ["session.pcap", "raw.pcap", "cooked2.pcap", "null.pcap"].map(pcap);
    // One after the other, each with an interface of its own.
    output(
        Command::new("mergecap")
            .arg("-aw")
            .arg(&merged)
            .args(&parts),
    );
    let expected: String = parts
        .iter()
        .map(|part| tcpdump(part, &["-tt", "-S"]))
        .collect();
    let found = trace(&merged, &["-tt", "-S"]);
    assert_eq!(found.lines().count(), expected.lines().count());
    for (found, expected) in found.lines().zip(expected.lines()) {
        assert_eq!(found, expected);
    }
}

#[test]
fn comments_in_a_file_are_shown_before_their_packets() {
    if !has_program("editcap") {
        return;
    }
    let traces = Traces::begin();
    let ng = traces.folder.path().join("here.pcapng");
    let comment = "3:look at this\u{1b}[2J\nhere";
    editcap(&["-F", "pcapng", "-a", comment], &pcap("session.pcap"), &ng);
    let text = output(ftplab().args(["trace", "--json", "-r"]).arg(&ng));
    let lines: Vec<&str> = text.lines().collect();
    let at = lines
        .iter()
        .position(|line| line.contains("look at this"))
        .unwrap();
    assert!(
        lines[at].contains(r#""who":"comment","what":"look at this?[2J / here""#),
        "{}",
        lines[at]
    );
    let next = lines[at..]
        .iter()
        .find(|line| line.contains(r#""event":"packet""#));
    assert!(next.unwrap().contains(r#""packet":3,"#), "{next:?}");
    let text = output(ftplab().args(["trace", "-r"]).arg(&ng));
    assert!(text.contains("comment: look at this?[2J / here"), "{text}");
}

#[test]
fn a_link_type_that_is_not_decoded_is_named() {
    let traces = Traces::begin();
    let mut bytes = fs::read(pcap("session.pcap")).unwrap();
    bytes[20..24].copy_from_slice(&[147, 0, 0, 0]);
    fs::write(traces.folder.path().join("user0.pcap"), bytes).unwrap();
    let output = finish(&mut traces.ftplab(&["trace", "-r", "user0.pcap"]));
    assert_code(&output, 1);
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(
        message
            .starts_with("ftplab: user0.pcap: frames of link type 147 (USER0) cannot be decoded"),
        "{message}"
    );
    assert_eq!(message.lines().count(), 1, "{message}");
    assert!(output.stdout.is_empty(), "{}", said(&output));
}

/// The file header, and the records of the first packets and of the rest.
fn halves() -> (Vec<u8>, Vec<u8>) {
    let bytes = fs::read(pcap("session.pcap")).unwrap();
    let (mut at, mut records) = (24, 0);
    while records < 100 {
        at += 16 + u32::from_le_bytes(bytes[at + 8..at + 12].try_into().unwrap()) as usize;
        records += 1;
    }
    (bytes[..at].to_vec(), bytes[at..].to_vec())
}

#[test]
fn a_pipe_that_pauses_keeps_back_no_whole_packet() {
    let (first, rest) = halves();
    let mut command = ftplab();
    command.args(["trace", "-r", "-", "--style", "tcpdump", "-n"]);
    let mut running = Running::start(command.stdin(Stdio::piped()));
    running.feed(&first);
    // Half of the next record must not hold up the hundred before it.
    running.feed(&rest[..20]);
    let expected = trace(&pcap("session.pcap"), &["-c", "100"]);
    running.says_times("\n", expected.lines().count());
    assert_eq!(running.stdout(), expected);
    running.feed(&rest[20..]);
    let output = running.finish();
    assert_code(&output, 0);
    let whole = trace(&pcap("session.pcap"), &[]);
    assert_eq!(String::from_utf8(output.stdout).unwrap(), whole);
}

#[test]
fn a_file_that_grows_is_followed_until_the_interrupt() {
    let (first, rest) = halves();
    let traces = Traces::begin();
    let path = traces.folder.path().join("growing.pcap");
    let mut file = File::create(&path).unwrap();
    file.write_all(&first).unwrap();
    let mut running = Running::start(
        ftplab()
            .args(["trace", "--follow", "--style", "tcpdump", "-n", "-r"])
            .arg(&path),
    );
    running.says_times(
        "\n",
        trace(&pcap("session.pcap"), &["-c", "100"]).lines().count(),
    );
    file.write_all(&rest).unwrap();
    let whole = trace(&pcap("session.pcap"), &[]);
    running.says_times("\n", whole.lines().count());
    running.signal(Signal::INT);
    let output = running.finish();
    assert_code(&output, 0);
    assert_eq!(String::from_utf8(output.stdout).unwrap(), whole);
}

#[test]
fn a_filter_selects_the_lines_of_tcpdump() {
    if !has_program("tcpdump") {
        return;
    }
    for filter in [
        "tcp port 21 or host 10.0.0.2",
        "not tcp",
        "tcp[tcpflags] & (tcp-syn|tcp-fin) != 0",
    ] {
        for file in ["session.pcap", "cooked.pcap", "null.pcap", "raw.pcap"] {
            let file = pcap(file);
            // As one argument, and as many.
            for words in [vec![filter], filter.split(' ').collect()] {
                let found = trace(&file, &[&words[..], &["-S"]].concat());
                let mut theirs = Command::new("tcpdump");
                theirs
                    .env("TZ", "UTC")
                    .args(["-nSr"])
                    .arg(&file)
                    .arg(filter);
                assert_eq!(found, output(&mut theirs), "{filter}, {}", file.display());
            }
        }
    }
    // The count is of the packets that are shown.
    let found = trace(&pcap("session.pcap"), &["-c", "3", "arp"]);
    assert_eq!(found.lines().count(), 3, "{found}");
}

#[test]
fn a_filter_that_is_not_understood_is_shown_with_the_place() {
    let mut command = ftplab();
    command.args(["trace", "-r"]).arg(pcap("raw.pcap"));
    let refused = finish(command.args(["tcp", "port", "21", "and", "gateway", "x"]));
    assert_code(&refused, 2);
    assert_eq!(
        String::from_utf8_lossy(&refused.stderr),
        "ftplab: gateway is not supported: write ether host with its Ethernet address, and not \
         host with its IP address\n  tcp port 21 and gateway x\n                  ^^^^^^^\n"
    );
    let mut command = ftplab();
    let refused = finish(
        command
            .args(["trace", "-r"])
            .arg(pcap("raw.pcap"))
            .arg("vlan"),
    );
    assert_code(&refused, 2);
    let message = String::from_utf8_lossy(&refused.stderr);
    assert!(
        message.contains("link type RAW do not have a VLAN tag"),
        "{message}"
    );
}

#[test]
fn pcapng_is_written_with_our_explanations_as_comments() {
    if !(has_program("tshark") && has_program("tcpdump")) {
        return;
    }
    let traces = Traces::begin();
    for file in ["session.pcap", "cooked2.pcap"] {
        let file = pcap(file);
        let ng = traces.folder.path().join("here.pcapng");
        let told = output(
            ftplab()
                .args(["trace", "--json", "-w"])
                .arg(&ng)
                .arg("-r")
                .arg(&file),
        );
        assert_eq!(tcpdump(&ng, &["--nano"]), tcpdump(&file, &["--nano"]));
        let mut tshark = Command::new("tshark");
        tshark
            .args(["-n", "-T", "fields", "-e", "frame.comment", "-r"])
            .arg(&ng);
        let comments = output(&mut tshark);
        let packets = told.matches(r#""event":"packet""#).count();
        assert_eq!(
            comments
                .lines()
                .filter(|line| line.starts_with("ftplab: "))
                .count(),
            packets
        );
        // What the file says already is not said twice.
        let read = |file: &Path| output(ftplab().args(["trace", "-r"]).arg(file));
        assert_eq!(read(&ng), read(&file));
    }
    let ng = traces.folder.path().join("here.pcapng");
    let text = output(ftplab().args(["trace", "-r"]).arg(pcap("session.pcap")));
    output(
        ftplab()
            .args(["trace", "-w"])
            .arg(&ng)
            .arg("-r")
            .arg(pcap("session.pcap")),
    );
    let mut tshark = Command::new("tshark");
    tshark.args([
        "-n",
        "-T",
        "fields",
        "-e",
        "frame.comment",
        "-Y",
        "ftp.request",
    ]);
    let comments = output(tshark.arg("-r").arg(&ng));
    assert!(!comments.is_empty());
    for comment in comments.lines() {
        let first = comment
            .trim_start_matches("ftplab: ")
            .split(". ")
            .next()
            .unwrap();
        assert!(text.contains(first), "{first:?} is not what is shown");
    }
    traces.assert_only(&["here.pcapng"]);
}

/// Datagrams on the loopback interface, one after the other.
fn send(count: u32) {
    let receiver = UdpSocket::bind("127.0.0.1:0").unwrap();
    let sender = UdpSocket::bind("127.0.0.1:0").unwrap();
    sender.connect(receiver.local_addr().unwrap()).unwrap();
    for number in 0..count {
        sender.send(&number.to_be_bytes()).unwrap();
    }
}

#[test]
fn an_interrupt_shows_what_came_before_it() {
    if !(has_program("ip") && inside("an_interrupt_shows_what_came_before_it")) {
        return;
    }
    for engine in [&[][..], &["--portable"]] {
        let traces = Traces::begin();
        let ng = traces.folder.path().join("here.pcapng");
        let mut command = ftplab();
        command.args(["trace", "-i", "lo", "--style", "tcpdump", "-w"]);
        command
            .arg(&ng)
            .args(engine)
            .args(["udp", "and", "less", "100"]);
        let mut running = Running::start(&mut command);
        running.complains("tracing lo");
        send(5000);
        running.signal(Signal::INT);
        let output = running.finish();
        assert_code(&output, 0);
        let shown = String::from_utf8(output.stdout).unwrap();
        assert_eq!(shown.matches("UDP, length 4").count(), 5000, "{engine:?}");
        let told = String::from_utf8(output.stderr).unwrap();
        let end =
            "ftplab: 5000 packets shown, 5000 received by the socket, 0 dropped by the kernel\n";
        assert!(told.ends_with(end), "{told}");
        let mut reader = tracer::PcapReader::new(File::open(&ng).unwrap()).unwrap();
        let record = reader.next_record().unwrap().unwrap();
        assert_eq!(record.interface.unwrap().name.as_deref(), Some("lo"));
    }
}

#[test]
fn the_interfaces_are_listed() {
    if !(has_program("ip") && inside("the_interfaces_are_listed")) {
        return;
    }
    let listed = output(ftplab().args(["trace", "-D"]));
    assert_eq!(listed, "1.lo [up, loopback] 127.0.0.1 ::1\n");
}
