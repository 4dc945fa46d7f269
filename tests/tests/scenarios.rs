//! Scenarios other than `active` and `passive`: each shows what it says, in the same order every
//! time; scripts of one's own are played, and their mistakes named.

#![allow(clippy::unwrap_used)]

use std::collections::HashMap;
use std::fs;

use ftplab_tests::{ftplab, has_private_network, output, refused, repository, words_for};

/// How often the article's sessions are played here.
const RUNS: usize = 3;

/// A host by its letter, and its port.
type End = (char, String);

/// What must be as in the article: who sends to whom, flags, relative numbers, length and DF.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Line {
    from: End,
    to: End,
    flags: String,
    seq: Option<u32>,
    ack: Option<u32>,
    length: u32,
    df: bool,
}

/// The lines of a printed trace, and the initial sequence number of each end.
#[derive(Debug, Default)]
struct Printed {
    lines: Vec<Line>,
    initial: HashMap<(End, End), u32>,
}

impl Printed {
    fn read(text: &str) -> Self {
        let mut printed = Self::default();
        for line in text.lines().filter(|line| !line.is_empty()) {
            let words: Vec<&str> = line.split_whitespace().collect();
            let end = |word: &str| {
                let (host, port) = word.trim_end_matches(':').rsplit_once('.').unwrap();
                let letter = match host {
                    "207.46.133.140" => 's',
                    "dnsserver.xx.yy.zz" | "192.168.5.53" => 'd',
                    _ => 'c',
                };
                (letter, port.to_owned())
            };
            let (from, to) = (end(words[1]), end(words[3]));
            let after = |name: &str| {
                let place = words.iter().position(|word| *word == name)?;
                words.get(place + 1)?.parse::<u32>().ok()
            };
            let bracket = words
                .iter()
                .rev()
                .find(|word| word.ends_with(')') && word.contains(|c: char| c.is_ascii_digit()));
            // Some lines of the article lack the blank before (DF).
            let df = line.ends_with("(DF)");
            let range = words
                .iter()
                .find(|word| word.contains(':') && word.contains('('));
            let range = range.filter(|word| word.starts_with(|c: char| c.is_ascii_digit()));
            let length = range.or(bracket).map_or(0, |word| {
                let inside = word.split('(').nth(1).unwrap();
                inside.trim_end_matches(')').parse().unwrap_or(0)
            });
            let is_udp = to.1 == "53" || from.1 == "53";
            let flags = if is_udp { "udp" } else { words[4] }.to_owned();
            let (seq, ack) = if is_udp {
                (None, None)
            } else {
                let seq = range.map(|word| word.split(':').next().unwrap().parse().unwrap());
                if let (Some(seq), true) = (seq, flags.contains('S')) {
                    printed.initial.insert((from.clone(), to.clone()), seq);
                }
                let relative = |number: Option<u32>, from: &End, to: &End| {
                    let first = printed.initial[&(from.clone(), to.clone())];
                    number.map(|number| number.wrapping_sub(first))
                };
                // OpenBSD's tcpdump prints no number for a bare acknowledgement.
                let seq = relative(seq.filter(|_| flags != "."), &from, &to);
                let ack = after("ack").map(|ack| relative(Some(ack), &to, &from).unwrap());
                (seq, ack)
            };
            printed.lines.push(Line {
                from,
                to,
                flags,
                seq,
                ack,
                length,
                df,
            });
        }
        printed
    }
}

/// Plays an article's session several times; `extra` are the payloads that the article leaves out.
fn as_in_the_article(name: &str, trace: &str, dialled: &[u32], extra: &[u32]) {
    if !has_private_network() {
        return;
    }
    let trace = fs::read_to_string(repository().join("tests/traces").join(trace)).unwrap();
    let article = Printed::read(&trace);
    for _ in 0..RUNS {
        let text = output(ftplab().args(["run", name, "--style", "classic"]));
        let ours = Printed::read(&text);
        let mut wanted = article.lines.iter().peekable();
        let mut others = Vec::new();
        for line in &ours.lines {
            if wanted.peek() == Some(&line) {
                wanted.next();
            } else {
                others.push(line.length);
            }
        }
        assert_eq!(wanted.next(), None, "{text}");
        assert_eq!(others, extra, "{text}");
        for number in dialled {
            let there = |printed: &Printed| printed.initial.values().any(|isn| isn == number);
            assert!(there(&article) && there(&ours), "{number}\n{text}");
        }
    }
}

#[test]
fn the_articles_active_session_is_as_printed() {
    let dialled = [87_666_930, 3_061_133_541];
    as_in_the_article("article-active", "s0-active.txt", &dialled, &[19, 117, 0]);
}

#[test]
fn the_articles_passive_session_is_as_printed() {
    let dialled = [157_025_335, 157_871_686];
    let hidden = [16, 72, 0, 19, 117, 0, 6, 28, 0, 6, 36, 0];
    as_in_the_article("article-passive", "s0-passive.txt", &dialled, &hidden);
}

/// Who sends which flags, with which length: `c S 0`. The server is who has port 21.
fn packets(name: &str) -> Vec<String> {
    let text = output(ftplab().args(["run", name, "--style", "tcpdump"]));
    let packet = |line: &str| {
        let from = line.split_whitespace().nth(2)?;
        let server = from.ends_with(".21") || from.ends_with(".40100");
        let flags = line.split_once("Flags [")?.1.split_once(']')?.0;
        let length = line.rsplit_once("length ")?.1;
        let length = length.split(':').next()?;
        let who = if server { 's' } else { 'c' };
        Some(format!("{who} {flags} {length}"))
    };
    text.lines().filter_map(packet).collect()
}

#[test]
fn each_close_is_of_its_kind() {
    if !has_private_network() {
        return;
    }
    let closes: [(&str, &[&str]); 4] = [
        ("close-three", &["c F. 0", "s F. 0", "c . 0"]),
        ("close-four", &["c F. 0", "s . 0", "s F. 0", "c . 0"]),
        ("close-rst", &["c R. 0"]),
        (
            "half-close",
            &[
                "c P. 6", "c F. 0", "s . 0", "s . 0", "s P. 14", "c . 0", "s F. 0", "c . 0",
            ],
        ),
    ];
    for (name, close) in closes {
        let packets = packets(name);
        let (before, end) = packets.split_at(packets.len() - close.len());
        assert_eq!(end, close, "{name}: {packets:?}");
        assert_eq!(
            before,
            ["c S 0", "s S. 0", "c . 0", "s P. 26", "c . 0"],
            "{name}"
        );
    }
}

#[test]
fn a_fin_overtakes_the_data_before_it() {
    if !has_private_network() {
        return;
    }
    let packets = packets("fin-before-data");
    let fin = packets
        .iter()
        .position(|packet| packet == "s F. 0")
        .unwrap();
    let expected = ["s F. 0", "c . 0", "s P. 1080", "c . 0", "c F. 0", "s . 0"];
    assert_eq!(packets[fin..fin + expected.len()], expected, "{packets:?}");
}

#[test]
fn a_login_takes_eleven_frames() {
    if !has_private_network() {
        return;
    }
    let lengths = [
        "c S 0", "s S. 0", "c . 0", "s P. 47", "c . 0", "c P. 10", "s P. 72", "c . 0", "c P. 7",
        "s P. 31", "c . 0",
    ];
    assert_eq!(packets("login-11-frames"), lengths);
}

#[test]
fn options_are_offered_and_taken() {
    if !has_private_network() {
        return;
    }
    let text = output(ftplab().args(["run", "handshake-options", "--style", "tcpdump"]));
    let syns: Vec<&str> = text.lines().filter(|line| line.contains("[S")).collect();
    let [syn, syn_ack] = syns.as_slice() else {
        panic!("{text}");
    };
    assert!(
        syn.contains("options [mss 1460,nop,nop,sackOK,nop,wscale "),
        "{syn}"
    );
    assert!(
        syn_ack.contains("options [mss 1380,nop,nop,sackOK,nop,wscale "),
        "{syn_ack}"
    );
}

#[test]
fn the_wireshark_session_has_its_ports_and_commands() {
    if !has_private_network() {
        return;
    }
    let text = output(ftplab().args(["run", "wireshark-login-pasv", "--style", "tcpdump"]));
    for part in [
        "192.168.1.106.57658 > 192.168.1.109.21: Flags [S]",
        "192.168.1.106.58985 > 192.168.1.109.26758: Flags [S]",
        "length 52: FTP: 227 Entering Passive Mode (192,168,1,109,104,134).",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    for verb in "USER PASS SIZE CWD PASV RETR APPE STOR REST QUIT".split(' ') {
        assert!(text.contains(&format!("FTP: {verb}")), "{verb}\n{text}");
    }
}

#[test]
fn every_scenario_is_listed_and_can_be_copied_and_played() {
    let listed = output(ftplab().arg("list"));
    let names: Vec<&str> = listed
        .lines()
        .map(|line| line.split_whitespace().next().unwrap())
        .collect();
    assert!(names.len() >= 12, "{listed}");
    let in_chinese = output(ftplab().args(["list", "--lang", "zh"]));
    for name in &names {
        let file = repository().join(format!("lab/scenarios/{name}.ftp"));
        let text = fs::read_to_string(file).unwrap();
        assert_eq!(output(ftplab().args(["list", name])), text);
        assert_eq!(output(ftplab().args(["run", name, "--print"])), text);
        let purpose = text.lines().next().unwrap().trim_start_matches("purpose: ");
        assert!(listed.contains(purpose), "{purpose}");
        let chinese = text
            .lines()
            .nth(1)
            .unwrap()
            .strip_prefix("purpose zh: ")
            .unwrap();
        assert!(in_chinese.contains(chinese), "{chinese}");
    }
    let files = fs::read_dir(repository().join("lab/scenarios")).unwrap();
    assert_eq!(files.count(), names.len());
    if !has_private_network() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let mine = folder.path().join("mine.ftp");
    let text = output(ftplab().args(["list", "close-three"]));
    fs::write(
        &mine,
        text.replace(
            "server anonymous",
            "server anonymous\n  server greeting Hello",
        ),
    )
    .unwrap();
    let told = output(ftplab().arg("run").arg(&mine).args(["--style", "tcpdump"]));
    assert!(told.contains("FTP: 220 Hello"), "{told}");
}

#[test]
fn mistakes_are_named_by_file_line_and_column() {
    let script = output(ftplab().args(["list", "article-active"]));
    for (right, wrong, told) in [
        (
            "cable rtt",
            "cabel rtt",
            ":27:3: neither a host nor a line `cabel`",
        ),
        (
            "host client 192.168.123.45",
            "host client 192.168.123.456",
            "is no address of a host",
        ),
        (
            "host client 192.168.123.45",
            "host client 207.46.133.1",
            "are in one network",
        ),
        ("from port 3170", "from port 99999", "`99999` is not a port"),
        (
            "client nlst",
            "client nslt",
            "no thing for a client to do `nslt`",
        ),
        (
            "end\n",
            "\n",
            "a step inside `network` of line 6, which has no `end`",
        ),
        (
            "purpose zh",
            "purpose fr",
            "no line of the head is called `purpose fr:`",
        ),
        (
            "capture ends",
            "capture stops",
            "`stops` where `ends` should be",
        ),
        ("S: 331", "S: 3312", "`3312` is no reply code"),
        ("plays: lab", "plays: labb", "a script cannot play `labb`"),
        ("server anonymous\n", "", "nobody may log in"),
        (
            "data sequence 3061133541",
            "data sequence 4294967296",
            "is not a sequence number",
        ),
        ("2nd ACK from", "2nd AKC from", "no packet is called `AKC`"),
        (
            "server dates 2002-11-25",
            "server dates 2002-02-30",
            "`2002-02-30` is no day",
        ),
        (
            "server file dirmap.txt",
            "server file ../dirmap.txt",
            "is no file's name",
        ),
    ] {
        let said = refused(&script, right, wrong);
        assert!(said.contains(told), "{said}");
    }
}

#[test]
fn every_word_of_the_language_is_in_its_document() {
    let page = fs::read_to_string(repository().join("docs/scenarios.md")).unwrap();
    let script = output(ftplab().args(["list", "article-active"]));
    let mut words = 0;
    for (context, word) in [
        ("cable rtt", "cable"),
        ("cable rtt", "rtt"),
        ("all timestamps", "timestamps"),
        ("server persona", "persona"),
        ("client mode active", "mode"),
        ("client mode active", "active"),
        ("dnsserver knows", "knows"),
        ("hold data from", "data"),
        ("resolve ftp", "resolve"),
        ("client nlst", "nlst"),
    ] {
        for word in words_for(&script, context, word) {
            let there = page.split(|c: char| !c.is_ascii_alphanumeric() && !"/:".contains(c));
            assert!(there.into_iter().any(|there| there == word), "{word}");
            words += 1;
        }
    }
    assert!(words > 60, "{words}");
}
