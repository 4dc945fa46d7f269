//! When the machine forbids a private network, and when it forbids everything.

#![allow(clippy::unwrap_used)]

use std::process::Command;

use ftplab_tests::{
    FtpData, NO_NAMESPACES, assert_code, events, finish, ftp_lines, ftplab, has_namespaces,
    has_private_network, has_program, output, said, tcpdump, tshark_data, tshark_lines, under,
};

/// `ftplab` as root of a namespace where raw sockets are allowed and further namespaces are not.
fn refused(arguments: &[&str]) -> Command {
    under(NO_NAMESPACES, ftplab().args(arguments))
}

/// The same without any capability, so that raw sockets are refused as well.
fn powerless(arguments: &[&str]) -> Command {
    let mut setpriv = Command::new("setpriv");
    setpriv
        .args(["--bounding-set=-all", "--inh-caps=-all"])
        .arg(ftplab().get_program())
        .args(arguments);
    under(NO_NAMESPACES, &setpriv)
}

#[test]
fn without_namespaces_the_run_is_on_loopback_and_says_so_in_one_line() {
    if !has_namespaces() {
        return;
    }
    for scenario in ["active", "passive"] {
        let output = finish(&mut refused(&["run", scenario]));
        assert_code(&output, 0);
        let messages = String::from_utf8_lossy(&output.stderr);
        assert_eq!(messages.lines().count(), 1, "{messages}");
        for word in ["no private network", "max_user_namespaces", "loopback"] {
            assert!(messages.contains(word), "no {word:?}: {messages}");
        }
        let story = String::from_utf8_lossy(&output.stdout);
        assert_eq!(story.matches("byte for byte").count(), 2, "{story}");
        assert!(story.contains("━━ Transfer 3"), "{story}");
        assert!(story.contains("CLEAR-TEXT PASSWORD"), "{story}");
        assert_eq!(story.matches("Teardown begins").count(), 4, "{story}");
        let tally = story
            .lines()
            .find(|line| line.ends_with("packets explained"))
            .unwrap_or_else(|| panic!("no tally: {story}"));
        let words: Vec<&str> = tally.split(' ').collect();
        assert_eq!(words[0], words[2], "{tally}");
    }
}

#[test]
fn on_loopback_the_session_is_the_one_of_the_private_network() {
    if !(has_private_network() && has_program("tcpdump") && has_program("tshark")) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for scenario in ["active", "passive"] {
        let pcap = folder.path().join(format!("{scenario}.pcap"));
        let arguments = ["run", scenario, "--json", "-w", pcap.to_str().unwrap()];
        let here = events(&output(&mut refused(&arguments)));
        // What tcpdump and tshark read there is what was told.
        let packets = here.iter().filter(|event| event["event"] == "packet");
        let texts: Vec<&str> = packets
            .map(|event| event["text"].as_str().unwrap())
            .collect();
        let read = tcpdump(&pcap, &["-t"]);
        // tcpdump names the protocol by the port, and 2121 is not FTP's.
        let lines: Vec<&str> = read.lines().collect();
        assert_eq!(texts.len(), lines.len());
        for (text, line) in texts.iter().zip(&lines) {
            assert!(text.starts_with(line), "{text}\n{line}");
        }
        let decode_as = ["-d", "tcp.port==2121,ftp"];
        assert_eq!(ftp_lines(&here), tshark_lines(&pcap, &decode_as));
        let data = FtpData::of(&here);
        assert_eq!(data.len(), 3, "{data:?}");
        // tshark knows active data connections by the server's port 20 only.
        if scenario == "passive" {
            assert_eq!(data, tshark_data(&pcap, &decode_as));
        }

        let there = events(&output(ftplab().args(["run", scenario, "--json"])));
        assert_eq!(said_in(&here), said_in(&there));
    }
}

/// Commands and replies without packet numbers and ports, which differ.
fn said_in(events: &[serde_json::Value]) -> Vec<String> {
    let lines = ftp_lines(events);
    assert!(lines.len() > 20, "{lines:?}");
    lines
        .iter()
        .map(|line| line.split_once('\t').unwrap().1)
        .map(|line| match line.split_once(|c: char| c.is_ascii_digit()) {
            Some((word, _)) if word.starts_with("PORT") => word.to_owned(),
            _ if line.contains("227") => line.split('(').next().unwrap().to_owned(),
            _ => line.to_owned(),
        })
        .collect()
}

#[test]
fn asked_for_the_private_network_it_takes_nothing_else() {
    if !has_namespaces() {
        return;
    }
    let output = finish(&mut refused(&["run", "active", "--place", "private"]));
    assert_code(&output, 3);
    assert!(output.stdout.is_empty(), "{}", said(&output));
}

#[test]
fn without_namespaces_and_raw_sockets_it_names_the_fixes() {
    // What is asked for decides what stands in the way.
    const NAMESPACES: &str = "fix: sudo sysctl user.max_user_namespaces";
    const SOCKET: &str = "raw socket: it takes CAP_NET_RAW";
    if !has_namespaces() {
        return;
    }
    let places: [(&str, &[&str]); 3] = [
        ("auto", &[NAMESPACES, SOCKET]),
        ("private", &[NAMESPACES]),
        ("loopback", &[SOCKET]),
    ];
    for (place, words) in places {
        let output = finish(&mut powerless(&["run", "active", "--place", place]));
        assert_code(&output, 3);
        assert!(output.stdout.is_empty(), "{}", said(&output));
        let message = String::from_utf8_lossy(&output.stderr);
        assert_eq!(message.matches("ftplab: ").count(), 1, "{message}");
        assert_eq!(message.matches("fix: ").count(), words.len(), "{message}");
        for word in words {
            assert!(message.contains(word), "no {word:?}: {message}");
        }
    }
}

#[test]
fn without_a_raw_socket_a_live_trace_names_the_fix() {
    if !has_namespaces() {
        return;
    }
    let output = finish(&mut powerless(&["trace", "-i", "lo"]));
    assert_code(&output, 3);
    assert!(output.stdout.is_empty(), "{}", said(&output));
    let message = String::from_utf8_lossy(&output.stderr);
    for word in ["CAP_NET_RAW", "fix: ", "sudo", "setcap"] {
        assert!(message.contains(word), "no {word:?}: {message}");
    }
}

#[test]
fn the_doctor_tells_what_a_run_would_do() {
    if !has_namespaces() {
        return;
    }
    for (mut command, verdict, code) in [
        (refused(&["doctor", "--json"]), "loopback", 0),
        (powerless(&["doctor", "--json"]), "nothing", 3),
    ] {
        let output = finish(&mut command);
        assert_code(&output, code);
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(report["verdict"], verdict, "{report:#}");
        let fixes = report["checks"].as_array().unwrap().iter();
        assert!(
            fixes.filter(|check| check["fix"].is_string()).count() >= 1,
            "{report:#}"
        );
    }
}
