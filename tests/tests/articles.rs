//! The articles: our packets held against their lines, their errata with the packets that settle
//! them, and captures of the same session byte by byte.

#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::{Path, PathBuf};

use ftplab_tests::{
    assert_code, events, finish, ftplab, has_private_network, output, repository, said,
};
use serde_json::Value;
use tempfile::TempDir;
use tracer::PcapReader;

fn printed(name: &str) -> PathBuf {
    repository().join("tests/traces").join(name)
}

/// All items of the table, as they are written there.
fn items() -> Vec<Value> {
    let files = ["s0", "s1", "s2", "s3", "s4", "g"];
    let read = |file: &str| {
        let path = repository().join(format!("lab/articles/{file}.json"));
        serde_json::from_str::<Vec<Value>>(&fs::read_to_string(path).unwrap()).unwrap()
    };
    files.into_iter().flat_map(read).collect()
}

#[test]
fn each_packet_that_is_named_is_the_one_that_is_meant() {
    let private = has_private_network();
    let scenarios = output(ftplab().arg("list"));
    let is_there = |run: &str| {
        let line = format!("{run} ");
        scenarios.lines().any(|l| l.trim_start().starts_with(&line))
    };
    assert!(is_there("active") && !is_there("activ"), "{scenarios}");
    let mut traces: HashMap<String, Vec<String>> = HashMap::new();
    let mut checked = 0;
    for item in items() {
        for evidence in item["shown"].as_array().into_iter().flatten() {
            let Some(packet) = evidence["packet"].as_u64() else {
                continue;
            };
            let mut arguments = if let Some(run) = evidence["run"].as_str() {
                if !private || !is_there(run) {
                    continue;
                }
                vec!["run", run]
            } else {
                vec!["trace", "-n", "-r", evidence["trace"].as_str().unwrap()]
            };
            arguments.extend(["--style", "tcpdump"]);
            let key = arguments.join(" ");
            let lines = traces.entry(key).or_insert_with(|| {
                let text = output(ftplab().current_dir(repository()).args(&arguments));
                text.lines().map(String::from).collect()
            });
            let line = &lines[usize::try_from(packet).unwrap() - 1];
            let meant = evidence["line"].as_str().unwrap_or_default();
            assert!(line.contains(meant), "{}: {meant}: {line}", item["item"]);
            checked += 1;
        }
    }
    assert!(checked > if private { 120 } else { 60 }, "{checked}");
}

#[test]
fn the_errata_are_told_in_two_languages_and_to_programs() {
    let found = events(&output(ftplab().args(["errata", "--json"])));
    assert_eq!(found.len(), 47);
    for erratum in &found {
        let name = erratum["item"].as_str().unwrap();
        let verdict = erratum["verdict"].as_str().unwrap();
        assert!(["wrong", "half right", "trap"].contains(&verdict), "{name}");
        // Each is shown, or it is said why not.
        let shown = erratum["shown"].as_array().unwrap();
        assert!(shown.iter().all(|s| s["place"].is_string()), "{erratum}");
    }
    let settled = found.iter().filter(|e| e["shown"] != Value::Array(vec![]));
    assert!(settled.count() > 40);

    let english = output(ftplab().arg("errata"));
    let chinese = output(ftplab().args(["errata", "--lang", "zh"]));
    for text in [&english, &chinese] {
        let heads = text.lines().filter(|line| line.starts_with('S'));
        assert_eq!(heads.count(), 47, "{text}");
    }
    assert!(!english.contains("\u{3002}") && chinese.contains("\u{3002}"));
    let one = output(ftplab().args(["errata", "s0-71"]));
    assert!(
        one.starts_with("S0-71  trap\n") && one.contains("19 bytes"),
        "{one}"
    );
    let narrow = output(
        ftplab()
            .args(["errata", "--lang", "zh"])
            .env("COLUMNS", "60"),
    );
    let wide = narrow.lines().map(str::chars).map(Iterator::count).max();
    assert!(
        narrow.lines().count() > chinese.lines().count() && wide <= Some(70),
        "{wide:?}"
    );

    let none = finish(ftplab().args(["errata", "S0-1"]));
    assert_code(&none, 2);
    assert!(
        said(&none).contains("S0-1 is no erratum"),
        "{}",
        said(&none)
    );
}

#[test]
fn the_articles_sessions_match_their_lines() {
    for (name, lines) in [("s0-active.txt", 25), ("s0-passive.txt", 22)] {
        let path = printed(name);
        let same = output(ftplab().arg("compare").arg(&path).arg(&path));
        let told = format!("{lines} of {lines} lines match");
        assert!(same.contains(&told), "{same}");
    }
    if !has_private_network() {
        return;
    }
    for (name, lines, left_out) in [
        (
            "article-active",
            25,
            "19 bytes of the client and 117 of the server",
        ),
        (
            "article-passive",
            22,
            "47 bytes of the client and 253 of the server",
        ),
    ] {
        let text = output(ftplab().args(["run", name]));
        for told in [
            &format!("{lines} of {lines} lines match"),
            "2 of 2 initial sequence numbers of connecting sides are the same",
            left_out,
            "the kernel's to choose",
        ] {
            assert!(text.contains(told), "{told}: {text}");
        }
    }
    let without = output(ftplab().args(["run", "article-active", "--no-compare"]));
    assert!(!without.contains("lines match"), "{without}");
    // A program reads its lines and nothing else, unless it is asked for.
    let plain = finish(ftplab().args(["run", "article-active", "--style", "tcpdump", "--compare"]));
    assert_code(&plain, 0);
    let stdout = String::from_utf8_lossy(&plain.stdout);
    assert!(stdout.lines().all(|line| line.contains(" IP ")), "{stdout}");
    let stderr = String::from_utf8_lossy(&plain.stderr);
    assert!(stderr.contains("25 of 25 lines match"), "{stderr}");
    let chinese = output(ftplab().args(["run", "article-active", "--lang", "zh"]));
    assert!(chinese.contains("25 行中有 25 行"), "{chinese}");

    let none = finish(ftplab().args(["run", "active", "--compare"]));
    assert_code(&none, 2);
    assert!(said(&none).contains("--compare=FILE"), "{}", said(&none));
}

#[test]
fn another_session_does_not_match() {
    let file = printed("s0-active.txt");
    let other = finish(
        ftplab()
            .arg("compare")
            .arg(&file)
            .arg(printed("s0-passive.txt")),
    );
    assert_code(&other, 1);
    assert!(
        said(&other).contains("25 of 25 lines do not match"),
        "{}",
        said(&other)
    );

    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path
    };
    let text = fs::read_to_string(&file).unwrap();
    // One length that is another: that line and no other.
    let longer = text.replace("87666947(16)", "87666948(17)");
    let changed = finish(
        ftplab()
            .arg("compare")
            .arg(&file)
            .arg(write("longer.txt", &longer)),
    );
    assert_code(&changed, 1);
    assert!(
        said(&changed).contains("1 of 25 lines do not match"),
        "{}",
        said(&changed)
    );

    let garbled = write("garbled.txt", &text.replace("87666947(16)", "87666948(16)"));
    let garbled = finish(ftplab().arg("compare").arg(&garbled).arg(&file));
    assert_code(&garbled, 1);
    assert!(
        said(&garbled).contains("line 8, column"),
        "{}",
        said(&garbled)
    );
    let missing = finish(ftplab().arg("compare").arg(&file).arg("nowhere.pcap"));
    assert_code(&missing, 1);
    assert!(
        said(&missing).contains("nowhere.pcap"),
        "{}",
        said(&missing)
    );
    let words = finish(
        ftplab()
            .arg("compare")
            .arg(write("words.txt", "of prose\n"))
            .arg(&file),
    );
    assert_code(&words, 1);
}

/// The frames of a capture.
fn frames(path: &Path) -> Vec<Vec<u8>> {
    let mut reader = PcapReader::new(fs::File::open(path).unwrap()).unwrap();
    let mut frames = Vec::new();
    while let Some(frame) = reader.next().unwrap() {
        frames.push(frame.bytes.to_vec());
    }
    frames
}

fn captures(scenario: &str, count: usize) -> (Vec<PathBuf>, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let capture = |number| {
        let path = folder.path().join(format!("{number}.pcap"));
        output(ftplab().args(["run", scenario, "-w"]).arg(&path));
        path
    };
    ((0..count).map(capture).collect(), folder)
}

#[test]
fn bytes_that_differ_between_runs_are_counted_and_named() {
    if !has_private_network() {
        return;
    }
    let (paths, _folder) = captures("login-11-frames", 3);
    let captures: Vec<Vec<Vec<u8>>> = paths.iter().map(|path| frames(path)).collect();
    let found = events(&output(ftplab().args(["diff", "--json"]).args(&paths)));
    let (totals, rows) = found.split_last().unwrap();
    assert_eq!(rows.len(), captures[0].len());
    assert_eq!(totals["frames_of_each"], serde_json::json!([11, 11, 11]));
    let mut sums: BTreeMap<&str, u64> = BTreeMap::new();
    for (index, row) in rows.iter().enumerate() {
        let frames: Vec<&Vec<u8>> = captures.iter().map(|frames| &frames[index]).collect();
        let all = frames.iter().map(|frame| frame.len()).max().unwrap();
        let is_same = |at: &usize| frames.iter().all(|f| f.get(*at) == frames[0].get(*at));
        let same = (0..all).filter(is_same).count() as u64;
        assert_eq!(row["same"].as_u64(), Some(same), "{row}");
        assert_eq!(row["differ"].as_u64(), Some(all as u64 - same), "{row}");
        *sums.entry("same").or_default() += same;
        *sums.entry("differ").or_default() += all as u64 - same;
        // Each byte that differs is in a field, and each field has as many as it says.
        let mut left: Vec<usize> = (0..all).filter(|at| !is_same(at)).collect();
        for field in row["fields"].as_array().unwrap() {
            let start = usize::try_from(field["start"].as_u64().unwrap()).unwrap();
            let end = start + usize::try_from(field["len"].as_u64().unwrap()).unwrap();
            let before = left.len();
            left.retain(|at| !(start..end).contains(at));
            assert_eq!(field["differ"].as_u64(), Some((before - left.len()) as u64));
        }
        assert_eq!(left, [] as [usize; 0], "{row}");
        // By their places in an Ethernet frame, what may differ: identification, checksums, ports,
        // sequence and acknowledgement numbers.
        let names = [
            "identification",
            "header checksum",
            "source port",
            "destination port",
        ];
        let also = ["sequence number", "acknowledgment number", "checksum"];
        for field in row["fields"].as_array().unwrap() {
            let name = field["name"].as_str().unwrap();
            assert!(names.contains(&name) || also.contains(&name), "{row}");
        }
    }
    assert_eq!(totals["same"].as_u64(), Some(sums["same"]));
    assert_eq!(totals["differ"].as_u64(), Some(sums["differ"]));
    assert_eq!(totals["coupled"].as_u64(), Some(11), "{totals}");

    let text = output(ftplab().arg("diff").args(&paths));
    let all = sums["same"] + sums["differ"];
    let told = format!(
        "3 captures, 11 frames each: {} of {all} bytes",
        sums["same"]
    );
    assert!(text.contains(&told), "{text}");
    assert!(
        text.contains("706") && text.contains("22 = 2 × 11"),
        "{text}"
    );
}

#[test]
fn captures_of_other_lengths_and_files_that_are_none() {
    let [long, short] =
        ["session.pcap", "services.pcap"].map(|name| repository().join("tests/pcaps").join(name));
    let output = finish(ftplab().arg("diff").arg(&long).arg(&short));
    assert_code(&output, 0);
    assert!(said(&output).contains("more frames, which not all captures have"));
    let itself = finish(ftplab().arg("diff").arg(&long).arg(&long));
    assert!(said(&itself).contains("(100 %) are the same in all of them, 0 are not"));

    assert_code(&finish(ftplab().arg("diff").arg(&long)), 2);
    let text = finish(
        ftplab()
            .arg("diff")
            .arg(&long)
            .arg(printed("s0-active.txt")),
    );
    assert_code(&text, 1);
    assert!(said(&text).contains("s0-active.txt"), "{}", said(&text));
}
