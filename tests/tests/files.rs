//! Files that are damaged, that are no captures, that may not be read or written: each ends with
//! one plain line, and with what was before the damage.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::process::{Command, Output, Stdio};

use ftplab_tests::{
    Traces, assert_code, events, finish, ftplab, has_private_network, has_program, inside, names,
    output, pcap, said,
};

#[test]
fn of_a_damaged_file_all_before_the_damage_is_shown() {
    let bytes = fs::read(pcap("session.pcap")).unwrap();
    let length = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
    // The offsets at which records begin.
    let mut offsets = vec![24];
    while *offsets.last().unwrap() < bytes.len() {
        let at = *offsets.last().unwrap();
        offsets.push(at + 16 + length(at + 8));
    }
    let whole = output(
        ftplab()
            .args(["trace", "--style", "tcpdump", "-r"])
            .arg(pcap("session.pcap")),
    );
    let traces = Traces::begin();
    let damaged = traces.folder.path().join("damaged.pcap");
    for (record, cut) in [(0, 5), (3, 5), (3, 16), (40, 30)] {
        let at = offsets[record];
        fs::write(&damaged, &bytes[..at + cut]).unwrap();
        let output =
            finish(&mut traces.ftplab(&["trace", "--style", "tcpdump", "-r", "damaged.pcap"]));
        assert_code(&output, 1);
        let told = String::from_utf8_lossy(&output.stdout);
        assert!(whole.starts_with(&*told), "{told}");
        assert_eq!(told.lines().count(), record, "{told}");
        assert_offset(&output, "damaged.pcap", at, at + cut);
    }
    // A length that cannot be.
    let at = offsets[10];
    let mut wrong = bytes.clone();
    wrong[at + 8..at + 12].copy_from_slice(&u32::MAX.to_le_bytes());
    fs::write(&damaged, wrong).unwrap();
    let output = finish(&mut traces.ftplab(&["trace", "--json", "-r", "damaged.pcap"]));
    assert_code(&output, 1);
    let events = events(&String::from_utf8(output.stdout.clone()).unwrap());
    assert_eq!(events.last().unwrap()["packets"], 10);
    assert_offset(&output, "damaged.pcap", at, at + 16);
    traces.assert_only(&["damaged.pcap"]);
}

/// One line that names the file, and a byte within what is damaged.
#[track_caller]
fn assert_offset(output: &Output, file: &str, from: usize, to: usize) {
    let message = String::from_utf8_lossy(&output.stderr);
    assert_eq!(message.lines().count(), 1, "{message}");
    assert!(
        message.starts_with(&format!("ftplab: {file}: ")),
        "{message}"
    );
    let numbers: Vec<usize> = message
        .split(|c: char| !c.is_ascii_digit())
        .filter_map(|word| word.parse().ok())
        .collect();
    assert!(
        numbers.iter().any(|number| (from..=to).contains(number)),
        "no offset from {from} to {to}: {message}"
    );
}

#[test]
fn what_is_no_capture_is_told_in_one_line() {
    let traces = Traces::begin();
    let folder = traces.folder.path();
    fs::write(folder.join("empty"), "").unwrap();
    fs::write(
        folder.join("text"),
        "this is no capture but a text of more than 24 bytes",
    )
    .unwrap();
    fs::write(folder.join("short"), [0xd4, 0xc3, 0xb2, 0xa1, 2, 0]).unwrap();
    fs::create_dir(folder.join("folder")).unwrap();
    for (name, word) in [
        ("empty", "empty"),
        ("text", "magic number"),
        ("short", "header"),
        ("folder", "directory"),
        ("none", "No such file"),
    ] {
        for flags in [
            &["trace", "-w", "here.pcap", "-r", name][..],
            &["trace", "--json", "-r", name],
        ] {
            let output = finish(&mut traces.ftplab(flags));
            assert_code(&output, 1);
            assert!(output.stdout.is_empty(), "{name}: {}", said(&output));
            let message = String::from_utf8_lossy(&output.stderr);
            assert_eq!(message.lines().count(), 1, "{message}");
            assert!(
                message.contains(name) && message.contains(word),
                "no {word:?}: {message}"
            );
        }
    }
    traces.assert_only(&["empty", "folder", "short", "text"]);
}

#[test]
fn what_may_not_be_read_or_written_is_named() {
    // Root may do everything; root of a namespace of an ordinary user may not.
    if !(has_program("ip") && inside("what_may_not_be_read_or_written_is_named")) {
        return;
    }
    let traces = Traces::begin();
    let folder = traces.folder.path();
    let mode = |name: &str, mode: u32| {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(folder.join(name), fs::Permissions::from_mode(mode)).unwrap();
    };
    fs::copy(pcap("raw.pcap"), folder.join("secret.pcap")).unwrap();
    fs::copy(pcap("raw.pcap"), folder.join("open.pcap")).unwrap();
    fs::create_dir(folder.join("fixed")).unwrap();
    mode("secret.pcap", 0o000);
    mode("fixed", 0o555);
    // Without the capabilities of the namespace: those would overrule the modes.
    let powerless = |arguments: &[&str]| {
        let mut setpriv = Command::new("setpriv");
        setpriv
            .args(["--ambient-caps=-all", "--inh-caps=-all"])
            .arg(ftplab().get_program())
            .args(arguments)
            .current_dir(folder);
        finish(&mut setpriv)
    };
    let read = powerless(&["trace", "-r", "secret.pcap"]);
    let written = powerless(&["trace", "-r", "open.pcap", "-w", "fixed/here.pcap"]);
    for (output, name) in [(read, "secret.pcap"), (written, "fixed/here.pcap")] {
        assert_code(&output, 1);
        assert!(output.stdout.is_empty(), "{}", said(&output));
        let message = String::from_utf8_lossy(&output.stderr);
        assert!(
            message.contains(name) && message.contains("Permission denied"),
            "{message}"
        );
        assert_eq!(message.lines().count(), 1, "{message}");
    }
    mode("fixed", 0o755);
    assert_eq!(names(&folder.join("fixed")), [] as [&str; 0]);
}

#[test]
fn a_capture_that_cannot_be_written_is_a_failure() {
    let traces = Traces::begin();
    let file = pcap("session.pcap");
    let file = file.to_str().unwrap();
    for (target, word) in [
        ("missing/here.pcap", "No such file or directory"),
        ("/dev/full", "No space left on device"),
        ("tmp", "directory"),
    ] {
        let mut commands = vec![traces.ftplab(&["trace", "-r", file, "-w", target])];
        if has_private_network() {
            commands.push(traces.ftplab(&["run", "active", "-w", target]));
        }
        for mut command in commands {
            let output = finish(&mut command);
            assert_code(&output, 1);
            let message = String::from_utf8_lossy(&output.stderr);
            let begin = format!("ftplab: cannot write {target}: ");
            assert!(message.starts_with(&begin), "no {begin:?}: {message}");
            assert!(message.contains(word), "no {word:?}: {message}");
            assert_eq!(message.lines().count(), 1, "{message}");
            traces.assert_only(&[]);
        }
    }
}

#[test]
fn output_that_cannot_be_written_is_a_failure() {
    let full = || fs::File::options().write(true).open("/dev/full").unwrap();
    let file = pcap("session.pcap");
    let mut commands = vec![ftplab()];
    commands[0].args(["trace", "-r"]).arg(&file);
    if has_private_network() {
        commands.push(ftplab());
        commands[1].args(["run", "active"]);
    }
    for mut command in commands {
        let child = command.stdout(full()).stderr(Stdio::piped()).spawn();
        let output = child.unwrap().wait_with_output().unwrap();
        assert_code(&output, 1);
        let message = String::from_utf8_lossy(&output.stderr);
        assert_eq!(
            message,
            "ftplab: cannot write the output: No space left on device (os error 28)\n"
        );
    }
}

#[test]
fn a_compressed_capture_is_named_with_what_unpacks_it() {
    let bytes = fs::read(pcap("session.pcap")).unwrap();
    for (program, unpacker) in [
        ("gzip", "zcat"),
        ("xz", "xzcat"),
        ("bzip2", "bzcat"),
        ("zstd", "zstdcat"),
    ] {
        if !has_program(program) {
            continue;
        }
        let traces = Traces::begin();
        let packed = traces.folder.path().join("packed");
        fs::write(traces.folder.path().join("plain"), &bytes).unwrap();
        let output = Command::new(program)
            .args(["-c", "plain"])
            .current_dir(traces.folder.path())
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", said(&output));
        fs::write(&packed, output.stdout).unwrap();
        let output = finish(&mut traces.ftplab(&["trace", "-r", "packed"]));
        assert_code(&output, 1);
        let expected = format!(
            "ftplab: packed: byte 0: the file is compressed with {program}: unpack it first\n  \
             fix: {unpacker} packed | ftplab trace -r -\n"
        );
        assert_eq!(String::from_utf8_lossy(&output.stderr), expected);
    }
}

#[test]
fn a_capture_is_not_written_over_itself() {
    let traces = Traces::begin();
    let bytes = fs::read(pcap("session.pcap")).unwrap();
    let file = |name: &str| traces.folder.path().join(name);
    fs::write(file("one.pcap"), &bytes).unwrap();
    fs::hard_link(file("one.pcap"), file("other.pcap")).unwrap();
    fs::write(file("list"), "one.pcap\n").unwrap();
    for arguments in [
        ["-r", "one.pcap", "-w", "one.pcap"],
        ["-r", "one.pcap", "-w", "other.pcap"],
        ["-V", "list", "-w", "./one.pcap"],
    ] {
        let output = finish(traces.ftplab(&["trace"]).args(arguments));
        assert_code(&output, 2);
        let message = said(&output);
        assert!(
            message.contains("cannot be read and written at once"),
            "{message}"
        );
    }
    assert_eq!(fs::read(file("one.pcap")).unwrap(), bytes);
    traces.assert_only(&["list", "one.pcap", "other.pcap"]);
}

/// What files say in the place of arguments: the same packets as tcpdump's.
#[test]
fn filters_and_names_of_captures_come_from_files() {
    if !has_program("tcpdump") {
        return;
    }
    let traces = Traces::begin();
    let file = |name: &str| traces.folder.path().join(name);
    let captures = [pcap("session.pcap"), pcap("details.pcap")];
    let names = captures.each_ref().map(|path| path.display().to_string());
    let list = names.join("\n");
    fs::write(file("list"), list).unwrap();
    fs::write(file("filter"), "tcp port 21 # control\nand host 10.0.0.1\n").unwrap();
    for arguments in [
        &["-V", "list"][..],
        &["-V", "list", "-F", "filter"],
        &["-V", "list", "-s", "60", "-l"],
    ] {
        let theirs = output(
            Command::new("tcpdump")
                .arg("-n")
                .args(arguments)
                .current_dir(traces.folder.path()),
        );
        let ours = traces
            .ftplab(&["trace", "-n", "--style", "tcpdump"])
            .args(arguments)
            .output()
            .unwrap();
        assert_code(&ours, 0);
        let ours = String::from_utf8(ours.stdout).unwrap();
        // Too long to be shown.
        assert!(ours == theirs, "{arguments:?}");
        assert!(theirs.lines().count() > 50, "{arguments:?}");
    }
    // The second of three is missing: what is before it is shown.
    let first = captures[0].display();
    fs::write(file("list"), format!("{first}\nnosuch\n{first}\n")).unwrap();
    let ours = finish(&mut traces.ftplab(&["trace", "--style", "tcpdump", "-V", "list"]));
    assert_code(&ours, 1);
    assert_eq!(String::from_utf8_lossy(&ours.stdout).lines().count(), 369);
    assert!(said(&ours).contains("cannot open nosuch"));
}

#[test]
fn the_program_of_a_filter_is_printed() {
    let print = |arguments: &[&str]| output(ftplab().arg("trace").args(arguments));
    assert_eq!(
        print(&["-d", "ip"]),
        "(000) ldh      [12]\n(001) jeq      #0x800           jt 2\tjf 3\n\
         (002) ret      #262144\n(003) ret      #0\n"
    );
    assert_eq!(
        print(&["-ddd", "arp"]),
        "4\n40 0 0 12\n21 0 1 2054\n6 0 0 262144\n6 0 0 0\n"
    );
    let raw = pcap("raw.pcap");
    let of_raw = print(&["-dd", "-r", raw.to_str().unwrap(), "ip"]);
    assert!(
        of_raw.starts_with("{ 0x30, 0, 0, 0x00000000 },\n"),
        "{of_raw}"
    );
}
