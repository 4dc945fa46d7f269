//! `ftplab mirror` and `mget`: which files, how many at the same time, and what is left alone.

use std::fs;
use std::path::Path;

use crate::programs::{Server, fail, finish, ftplab, run};

/// Everything below, sorted; a slash after folders.
fn tree(root: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut open = vec![root.to_path_buf()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(root).unwrap().display().to_string();
            found.push(if path.is_dir() {
                open.push(path);
                format!("{name}/")
            } else {
                name
            });
        }
    }
    found.sort();
    found
}

fn plant(root: &Path, names: &[&str]) {
    for name in names {
        let path = root.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, name).unwrap();
    }
}

fn lines(text: &str) -> Vec<&str> {
    let mut lines: Vec<_> = text.lines().collect();
    lines.sort_unstable();
    lines
}

const FILES: [&str; 5] = ["a.txt", "b.o", "d/c.txt", "d/e/f.o", ".git/x"];

#[test]
fn a_mirror_takes_what_is_wanted_and_removes_nothing_else() {
    let server = Server::start();
    let home = tempfile::tempdir().unwrap();
    let (here, there) = (home.path(), server.root.path());
    plant(&there.join("t"), &FILES);
    let url = server.url("t");

    run(here, &["mirror", "--include", "*.txt", &url, "txt"]);
    assert_eq!(tree(&here.join("txt")), ["a.txt", "d/", "d/c.txt"]);
    run(here, &["mirror", "-x", "*.o", "-x", ".git/", &url, "rest"]);
    assert_eq!(tree(&here.join("rest")), ["a.txt", "d/", "d/c.txt", "d/e/"]);
    run(
        here,
        &["mirror", "-x", "d/e/*", "-x", "/.git", &url, "paths"],
    );
    assert_eq!(
        tree(&here.join("paths")),
        ["a.txt", "b.o", "d/", "d/c.txt", "d/e/"]
    );

    // What is left out is not removed either.
    plant(
        &here.join("rest"),
        &["mine.o", "extra", "old/x", "old2/mine.o", "old2/y"],
    );
    let dry = run(
        here,
        &[
            "mirror",
            "--delete",
            "--dry-run",
            "-x",
            "*.o",
            "-x",
            ".git/",
            &url,
            "rest",
        ],
    );
    assert!(
        dry.lines()
            .all(|line| line.starts_with("would have removed ")),
        "{dry}"
    );
    assert!(here.join("rest/extra").exists());
    let gone = run(
        here,
        &[
            "mirror", "--delete", "-x", "*.o", "-x", ".git/", &url, "rest",
        ],
    );
    assert_eq!(
        lines(&gone),
        [
            "removed extra",
            "removed old",
            "removed old/x",
            "removed old2/y"
        ]
    );
    assert!(here.join("rest/mine.o").exists() && here.join("rest/old2/mine.o").exists());

    // The same upwards.
    plant(&here.join("up"), &["a.txt", "b.o", "d/c.o", "n/d.txt"]);
    let up = server.url("up");
    let dry = run(
        here,
        &["mirror", "-R", "--dry-run", "-i", "*.txt", "up", &up],
    );
    assert_eq!(
        lines(&dry),
        [
            "would have copied a.txt (5 bytes)",
            "would have copied n/d.txt (7 bytes)"
        ]
    );
    assert!(!there.join("up").exists());
    run(here, &["mirror", "-R", "-i", "*.txt", "up", &up]);
    assert_eq!(tree(&there.join("up")), ["a.txt", "n/", "n/d.txt"]);
    plant(
        &there.join("up"),
        &["theirs.o", "gone.txt", "left/theirs.o"],
    );
    let gone = run(here, &["mirror", "-R", "--delete", "-x", "*.o", "up", &up]);
    assert_eq!(lines(&gone), ["removed gone.txt"]);
    assert!(there.join("up/left/theirs.o").exists());

    let said = fail(here, 2, &["mirror", "-x", "[", &url, "x"]);
    assert!(said.contains('['), "{said}");
    assert_eq!(
        run(here, &["mirror", "--dry-run", &url, "none"])
            .lines()
            .count(),
        5
    );
    assert!(!here.join("none").exists());
}

#[test]
fn only_newer_goes_by_time_alone() {
    let server = Server::start();
    let home = tempfile::tempdir().unwrap();
    let (here, there) = (home.path(), server.root.path());
    plant(&there.join("t"), &["old", "new", "none"]);
    plant(&here.join("m"), &["old", "new"]);
    let at = |path: &Path, seconds| {
        let time = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(seconds);
        let file = fs::File::options().append(true).open(path).unwrap();
        file.set_modified(time).unwrap();
    };
    fs::write(here.join("m/old"), "edited here").unwrap();
    for (name, their, our) in [("old", 1_000, 2_000), ("new", 2_000, 1_000)] {
        at(&there.join("t").join(name), their);
        at(&here.join("m").join(name), our);
    }
    let said = run(here, &["mirror", "-n", &server.url("t"), "m"]);
    assert_eq!(
        lines(&said),
        ["copied new (3 bytes)", "copied none (4 bytes)"]
    );
    assert_eq!(fs::read(here.join("m/old")).unwrap(), b"edited here");
    // Upwards it is ours that is newer.
    let said = run(here, &["mirror", "-R", "-n", "m", &server.url("t")]);
    assert_eq!(lines(&said), ["copied old (11 bytes)"]);
    // One that was cut off is newer than ours, but no copy; what is longer is somebody's work.
    fs::write(there.join("t/old"), "edited").unwrap();
    fs::write(there.join("t/new"), "longer there").unwrap();
    let said = run(here, &["mirror", "-R", "-n", "m", &server.url("t")]);
    assert_eq!(lines(&said), ["copied old (11 bytes)"]);
    assert_eq!(fs::read(there.join("t/new")).unwrap(), b"longer there");
}

#[test]
fn many_files_at_the_same_time() {
    let server = Server::start();
    let home = tempfile::tempdir().unwrap();
    let (here, there) = (home.path(), server.root.path());
    let names: Vec<_> = (0..40).map(|number| format!("d/f{number}")).collect();
    plant(there, &names.iter().map(String::as_str).collect::<Vec<_>>());
    let url = server.url("d");
    let told = run(here, &["mirror", "-P", "4", &url, "m"]);
    assert_eq!(told.lines().count(), 40, "each once: {told}");
    assert_eq!(tree(&here.join("m")), tree(&there.join("d")));
    run(here, &["mirror", "-R", "-P", "4", "m", &server.url("copy")]);
    assert_eq!(tree(&there.join("copy")), tree(&there.join("d")));

    // One that fails does not keep the others.
    fs::create_dir_all(here.join("got/f7/folder")).unwrap();
    let pattern = format!("{url}/f[0-9]*");
    let (code, _, said) = finish(ftplab(here).args(["mget", "-P", "4", &pattern, "got"]));
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("1 file failed"), "{said}");
    let whole = said.lines().filter(|line| line.contains(" bytes in "));
    assert_eq!(whole.count(), 39, "{said}");
    for name in names.iter().filter(|name| *name != "d/f7") {
        let name = name.strip_prefix("d/").unwrap();
        assert!(here.join("got").join(name).is_file(), "{name}");
    }
    let pattern = format!("{url}/{{f[!0-3],f3[!1-9]}}");
    run(here, &["mget", "-P", "2", &pattern, "some"]);
    assert_eq!(
        tree(&here.join("some")),
        ["f30", "f4", "f5", "f6", "f7", "f8", "f9"]
    );
    fail(here, 2, &["mget", "-P", "0", &pattern]);
    // Two files cannot have one name here.
    let said = fail(
        here,
        1,
        &["mget", "-P", "2", &server.url("[cd]*/f[1]"), "one"],
    );
    assert!(
        said.contains("d/f1: left out: it would replace copy/f1"),
        "{said}"
    );
    assert_eq!(fs::read(here.join("one/f1")).unwrap(), b"d/f1");
}

#[test]
fn a_server_with_room_for_less_is_served_by_less() {
    let server = Server::start_with("127.0.0.1:0", &["--max-per-address", "2"]);
    let home = tempfile::tempdir().unwrap();
    let (here, there) = (home.path(), server.root.path());
    let names: Vec<_> = (0..20).map(|number| format!("d/f{number}")).collect();
    plant(there, &names.iter().map(String::as_str).collect::<Vec<_>>());
    let url = server.url("d");
    let (code, _, said) = finish(ftplab(here).args(["mirror", "-P", "5", &url, "m"]));
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("2 of 5 sessions"), "{said}");
    assert_eq!(tree(&here.join("m")), tree(&there.join("d")));
    let pattern = format!("{url}/*");
    let words = said.lines().find(|line| line.contains("2 of 5 sessions: "));
    let words = words.unwrap().to_owned();
    let (code, _, said) = finish(ftplab(here).args(["mget", "-P", "5", &pattern, "got"]));
    assert_eq!(code, 0, "{said}");
    let same = said.lines().filter(|line| *line == words);
    assert_eq!(same.count(), 1, "{words}: {said}");
    assert_eq!(tree(&here.join("got")), tree(&there.join("d")));
}

#[test]
fn a_folder_that_stands_where_a_file_belongs_is_a_failure() {
    let server = Server::start();
    let home = tempfile::tempdir().unwrap();
    plant(&server.root.path().join("t"), &["a", "b"]);
    plant(home.path(), &["m/a/mine"]);
    for more in [&["--dry-run"][..], &[]] {
        let (code, _, said) = finish(
            ftplab(home.path())
                .args(["mirror", &server.url("t"), "m"])
                .args(more),
        );
        assert_eq!(code, 1, "{said}");
        assert!(
            said.contains("ftplab: m/a: a folder stands where the file belongs"),
            "{said}"
        );
        assert!(
            said.contains("1 copied (1 byte)") && said.contains("1 failed"),
            "{said}"
        );
    }
    assert_eq!(tree(&home.path().join("m")), ["a/", "a/mine", "b"]);
}

#[test]
fn what_the_original_has_stays_though_it_is_not_wanted() {
    let server = Server::start();
    let home = tempfile::tempdir().unwrap();
    let there = server.root.path().join("t");
    plant(home.path(), &["m/a.txt", "m/d/b.o", "m/x/y"]);
    fs::create_dir_all(there.join("d/none")).unwrap();
    fs::create_dir_all(there.join("gone")).unwrap();
    fs::create_dir_all(home.path().join("m/d/none")).unwrap();
    // A pattern for directories leaves out ours, and theirs is a file of the same name.
    plant(&there, &["x"]);
    let url = server.url("t");
    let told = run(
        home.path(),
        &[
            "mirror", "-R", "--delete", "-x", "x/", "-i", "*.txt", "-i", "x", "m", &url,
        ],
    );
    assert_eq!(lines(&told), ["copied a.txt (7 bytes)", "removed gone"]);
    assert_eq!(tree(&there), ["a.txt", "d/", "d/none/", "x"]);
}

#[test]
fn a_dry_run_says_what_the_real_one_does() {
    for filter in [&["-x", "*.o"][..], &["-i", "*.txt"], &["-x", "e/"], &[]] {
        for up in [false, true] {
            let server = Server::start();
            let home = tempfile::tempdir().unwrap();
            let (here, there) = (home.path().join("m"), server.root.path().join("m"));
            let (from, to) = if up { (&here, &there) } else { (&there, &here) };
            plant(from, &["a.txt", "k/x.o"]);
            plant(
                to,
                &["d/y.o", "d/e/z.txt", "f/g/u.txt", "k/v.txt", "k/w/x.o", "e"],
            );
            let url = server.url("m");
            let sides = if up {
                ["-R", "--delete", "m", &url]
            } else {
                ["--retries=0", "--delete", &url, "m"]
            };
            let mut command = vec!["mirror"];
            command.extend(filter);
            command.extend(sides);
            let before = tree(to);
            let dry = run(home.path(), &[&command[..], &["--dry-run"]].concat());
            assert_eq!(tree(to), before);
            let real = run(home.path(), &command);
            assert!(
                real.contains("removed f/g/u.txt") || filter.is_empty(),
                "{real}"
            );
            let dry = dry.replace("would have ", "");
            assert_eq!(lines(&dry), lines(&real), "{command:?}");
        }
    }
}
