//! Live capture with tcpdump's flags: from all interfaces, from several, one way only.

#![allow(clippy::unwrap_used)]

use std::net::UdpSocket;
use std::path::Path;
use std::process::Command;

use ftplab_tests::{
    LIMIT, Running, Signal, Traces, assert_code, finish, ftplab, has_program, inside, output, said,
    tcpdump, within,
};
use tracer::{LinkType, PcapReader};

/// A cable whose ends do not speak by themselves; only one of them has an address.
fn cable() {
    std::fs::write("/proc/sys/net/ipv6/conf/default/disable_ipv6", "1").unwrap();
    for arguments in [
        "link add left type veth peer name right",
        "addr add 10.9.0.1/24 dev left",
        // So that nobody has to be asked for the address.
        "neigh add 10.9.0.2 lladdr 02:00:00:00:00:02 dev left nud permanent",
        "link set left up",
        "link set right up",
    ] {
        output(Command::new("ip").args(arguments.split(' ')));
    }
}

/// A datagram on `lo` and one into the cable, so many times.
fn send(times: u16) {
    let socket = UdpSocket::bind("0.0.0.0:0").unwrap();
    for number in 0..times {
        let bytes = number.to_be_bytes();
        socket.send_to(&bytes, "127.0.0.1:9").unwrap();
        socket.send_to(&bytes, "10.9.0.2:9").unwrap();
    }
}

fn start_ours(arguments: &[&str], file: &Path) -> Running {
    let mut ours = ftplab();
    ours.args(["trace", "-tn", "--style", "tcpdump", "-w"])
        .arg(file)
        .args(arguments)
        .args(["udp", "port", "9"]);
    let mut ours = Running::start(&mut ours);
    ours.complains("Ctrl-C ends it");
    ours
}

fn link(file: &Path) -> LinkType {
    let file = std::fs::File::open(file).unwrap();
    PcapReader::new(file).unwrap().link()
}

#[test]
fn all_interfaces_are_captured_as_by_tcpdump() {
    let tools = has_program("ip") && has_program("tcpdump");
    if !(tools && inside("all_interfaces_are_captured_as_by_tcpdump")) {
        return;
    }
    cable();
    for (way, lines) in [("inout", 30), ("in", 20), ("out", 10)] {
        let traces = Traces::begin();
        let file = |name: &str| traces.folder.path().join(name);
        let (here, theirs) = (file("here.pcap"), file("theirs.pcap"));
        let mut ours = start_ours(&["-i", "any", "-Q", way], &here);
        let mut other = Command::new("tcpdump");
        other
            // Its ring has a slot of the greatest length for each packet.
            .args(["-n", "-i", "any", "-Q", way, "-B", "32768"])
            .args(["--immediate-mode", "-U", "-w"])
            .arg(&theirs)
            .args(["udp", "port", "9"]);
        let mut other = Running::start(&mut other);
        other.complains("listening on any");
        send(10);
        ours.says_times("UDP, length 2", lines);
        ours.signal(Signal::INT);
        let ours = ours.finish();
        assert_code(&ours, 0);
        // What tcpdump has not read when it is asked to end it does not keep.
        let expected = within(LIMIT, "all of them in tcpdump's file", || {
            let there = Command::new("tcpdump")
                .args(["-tn", "-r"])
                .arg(&theirs)
                .output();
            let there = String::from_utf8(there.unwrap().stdout).unwrap();
            (there.lines().count() >= lines).then_some(there)
        });
        other.signal(Signal::INT);
        assert_code(&other.finish(), 0);

        let shown = String::from_utf8(ours.stdout).unwrap();
        assert_eq!(shown, expected, "{way}");
        assert_eq!(expected.lines().count(), lines, "{way}");
        assert_eq!(link(&here), LinkType::LinuxSll2);
        let whole = ["-tn", "-e", "-xx"];
        assert_eq!(tcpdump(&here, &whole), tcpdump(&theirs, &whole), "{way}");
    }
}

#[test]
fn several_interfaces_become_one_trace() {
    let tools = has_program("ip") && has_program("tcpdump");
    if !(tools && inside("several_interfaces_become_one_trace")) {
        return;
    }
    cable();
    let traces = Traces::begin();
    let ng = traces.folder.path().join("here.pcapng");
    let listed = output(ftplab().args(["trace", "-D"]));
    let right = |line: &str| Some(line.split_once(".right ")?.0.to_owned());
    let number = listed.lines().find_map(right).unwrap();
    let mut ours = start_ours(&["-i", "lo", "-i", "left", "-i", &number], &ng);
    send(50);
    ours.says_times("UDP, length 2", 150);
    ours.signal(Signal::INT);
    let ours = ours.finish();
    assert_code(&ours, 0);
    assert!(said(&ours).contains("tracing lo, left, right; Ctrl-C"));
    assert_eq!(
        String::from_utf8(ours.stdout).unwrap(),
        tcpdump(&ng, &["-tn"])
    );
    let mut reader = PcapReader::new(std::fs::File::open(&ng).unwrap()).unwrap();
    let mut names = Vec::new();
    let mut last = None;
    while let Some(record) = reader.next_record().unwrap() {
        let interface = record.interface.unwrap();
        names.push((interface.index, interface.name.clone().unwrap()));
        assert!(Some(record.frame.time) >= last);
        last = Some(record.frame.time);
    }
    names.sort();
    assert_eq!(names.len(), 150);
    names.dedup();
    let mut only: Vec<_> = names.into_iter().map(|(_, name)| name).collect();
    only.sort();
    assert_eq!(only, ["left", "lo", "right"]);
}

#[test]
fn what_cannot_be_captured_together_is_refused() {
    if !(has_program("ip") && inside("what_cannot_be_captured_together_is_refused")) {
        return;
    }
    cable();
    for (arguments, message) in [
        (
            &["-i", "lo", "-i", "any", "-w", "x.pcap"][..],
            "x.pcap: a pcap file has one link type, and lo has EN10MB where any has LINUX_SLL2",
        ),
        (
            &["-i", "lo", "-i", "left", "--portable"],
            "several interfaces takes a ring: leave out --portable",
        ),
        (&["-i", "any", "--portable"], "leave out --portable"),
        (
            &["-i", "any", "ether", "host", "2:0:0:0:0:1"],
            "frames of link type LINUX_SLL2 do not have an Ethernet address",
        ),
        (&["-i", "lo", "-C", "1"], "-C is not supported"),
    ] {
        let refused = finish(ftplab().arg("trace").args(arguments));
        assert_code(&refused, 2);
        assert!(said(&refused).contains(message), "{}", said(&refused));
    }
    let listed = output(ftplab().args(["trace", "-L", "-i", "any", "-i", "left"]));
    assert_eq!(listed, "any: LINUX_SLL2\nleft: EN10MB\n");
}
