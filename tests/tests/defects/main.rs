//! Does the suite of scripts find faults? A server with one deliberate defect at a time is given to
//! `ftplab check`, and the scripts that name the broken rule must fail.

#![allow(clippy::unwrap_used)]

mod data;
mod faults;
mod lines;
mod ports;
mod proxy;
mod table;

use std::collections::BTreeMap;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use ftplab_tests::{Running, events, finish, ftplab, repository, said, serve};
use tokio::runtime::Runtime;

use self::table::{DEFECTS, Defect, UNTOUCHED};

const PASSWORD: &str = "open-sesame";

/// The real server, the proxies in front of it, and the runtime that they live in.
struct Stage {
    runtime: Runtime,
    server: SocketAddr,
    _running: Running,
    _root: tempfile::TempDir,
}

impl Stage {
    fn set() -> Self {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("secret"), "not for you\n").unwrap();
        let (running, server) = serve(root.path(), "127.0.0.1:0", |command| {
            command.args(["--user", "ann", "--user", "ben", "--anonymous"]);
            command.env("FTPLAB_PASSWORD", PASSWORD);
        });
        Self {
            runtime: Runtime::new().unwrap(),
            server,
            _running: running,
            _root: root,
        }
    }

    /// The verdicts on a server with this defect, by script.
    fn check(&self, defect: &'static str, scripts: &[PathBuf]) -> BTreeMap<String, Verdict> {
        let proxy = self.runtime.block_on(proxy::start(self.server, defect));
        let output = finish(
            checking(proxy)
                .args(["--format", "json", "--jobs", "4"])
                .args(scripts),
        );
        let stdout = String::from_utf8(output.stdout.clone()).unwrap();
        assert!(!stdout.is_empty(), "{defect}: {}", said(&output));
        let scripts = events(&stdout)
            .into_iter()
            .filter(|event| event["event"] == "script");
        scripts
            .map(|event| {
                let file = event["file"].as_str().unwrap();
                let name = file.rsplit_once("tests/scripts/").unwrap().1;
                let name = name.strip_suffix(".ftp").unwrap().to_owned();
                let verdict = event["verdict"].as_str().unwrap().to_owned();
                (name, Verdict { verdict, event })
            })
            .collect()
    }
}

struct Verdict {
    verdict: String,
    event: serde_json::Value,
}

fn checking(server: SocketAddr) -> Command {
    let mut command = ftplab();
    command
        .args(["check", "--user", "ann", "--second-user", "ben"])
        .args(["--server", &server.to_string()])
        .env("FTPLAB_PASSWORD", PASSWORD)
        .env("FTPLAB_SECOND_PASSWORD", PASSWORD);
    command
}

fn scripts() -> PathBuf {
    repository().join("tests/scripts")
}

fn files(names: &[&str]) -> Vec<PathBuf> {
    let file = |name: &&str| scripts().join(format!("{name}.ftp"));
    names.iter().map(file).collect()
}

/// The folders of scripts that play the client.
fn folders() -> Vec<PathBuf> {
    let entries = fs::read_dir(scripts())
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mut folders: Vec<PathBuf> = entries
        .filter(|path| path.is_dir() && !path.ends_with("client"))
        .collect();
    folders.sort();
    folders
}

/// The proxy by itself adds no fault: what fails later fails for its defect.
#[test]
fn without_a_defect_every_script_passes() {
    let stage = Stage::set();
    let verdicts = stage.check("", &folders());
    assert!(verdicts.len() >= 300, "{} scripts", verdicts.len());
    let failed: Vec<_> = verdicts
        .values()
        .filter(|verdict| verdict.verdict == "failed")
        .map(|verdict| verdict.event.to_string())
        .collect();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    let skipped = verdicts
        .values()
        .filter(|verdict| verdict.verdict == "skipped")
        .count();
    assert!(skipped <= 4, "{skipped} scripts were skipped");
}

#[test]
fn every_defect_is_found_by_the_scripts_that_name_its_rule() {
    assert!(DEFECTS.len() >= 30);
    let stage = Stage::set();
    let next = AtomicUsize::new(0);
    let wrong = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        // Most of the time they wait: for what does not come, or comes late.
        for _ in 0..16 {
            scope.spawn(|| {
                while let Some(defect) = DEFECTS.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if let Err(why) = found(&stage, defect) {
                        wrong.lock().unwrap().push(why);
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Whether the scripts that must fail do, and those that have nothing to do with it do not.
fn found(stage: &Stage, defect: &Defect) -> Result<(), String> {
    let name = defect.name;
    let mut wanted = files(defect.fails);
    let untouched: Vec<&str> = UNTOUCHED
        .iter()
        .copied()
        .filter(|script| !defect.fails.contains(script) && !defect.everywhere)
        .collect();
    wanted.extend(files(&untouched));
    let verdicts = stage.check(name, &wanted);
    for script in defect.fails {
        match verdicts.get(*script) {
            Some(verdict) if verdict.verdict == "failed" => {}
            Some(verdict) => {
                return Err(format!("{name}: {script} did not fail: {}", verdict.event));
            }
            None => return Err(format!("{name}: {script} was not played")),
        }
    }
    for script in untouched {
        match verdicts.get(script) {
            Some(verdict) if verdict.verdict == "passed" => {}
            Some(verdict) => return Err(format!("{name}: {script} fails too: {}", verdict.event)),
            None => return Err(format!("{name}: {script} was not played")),
        }
    }
    Ok(())
}

#[test]
fn every_defect_has_a_name_of_its_own_and_scripts_that_exist() {
    let mut names: Vec<_> = DEFECTS.iter().map(|defect| defect.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), DEFECTS.len());
    for defect in DEFECTS {
        assert!(!defect.fails.is_empty(), "{}", defect.name);
        for file in files(defect.fails) {
            assert!(
                Path::new(&file).is_file(),
                "{}: {}",
                defect.name,
                file.display()
            );
        }
    }
}
