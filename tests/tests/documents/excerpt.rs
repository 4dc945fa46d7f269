//! Running the command of an excerpt again.
//!
//! The comment before an excerpt names the command and what is taken from its output:
//!
//! ```text
//! <!-- output of: ftplab run active | packets 24-26 -->
//! ```
//!
//! | after the bar | what is taken |
//! |---|---|
//! | `packets A-B` | the narrated packets A to B with all that is said about them |
//! | `lines A-B` | lines, counted from 1 |
//! | `from TEXT` | everything from the first line that begins with TEXT |
//! | `grep TEXT` | the lines that contain TEXT |
//!
//! Several are applied one after the other. A command that names 127.0.0.1:2121 meets a server
//! that is started for it, on whatever port is free.

use std::collections::HashMap;
use std::fs::{self, File, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::time::{Duration, SystemTime};

use ftplab_tests::{Running, finish, ftplab, has_private_network, repository};
use tempfile::TempDir;

use super::shell;

/// The address in the documents.
const SHOWN: &str = "127.0.0.1:2121";

/// Runs commands, each once.
pub(crate) struct Runner {
    folder: TempDir,
    outputs: HashMap<String, String>,
    server: Option<Server>,
    private_network: bool,
}

impl Runner {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        // The captures of the repository, and a folder to serve.
        symlink(repository().join("tests"), folder.path().join("tests")).unwrap();
        fs::create_dir(folder.path().join("pub")).unwrap();
        let poem = folder.path().join("pub/poem.txt");
        fs::write(&poem, "a line of a poem\n".repeat(10)).unwrap();
        let modified = SystemTime::UNIX_EPOCH + Duration::from_hours(272_976);
        let file = File::options().write(true).open(poem).unwrap();
        file.set_modified(modified).unwrap();
        // The listing shows them, and the user's umask may be another.
        file.set_permissions(Permissions::from_mode(0o644)).unwrap();
        fs::write(folder.path().join("answer.txt"), "an answer\n").unwrap();
        Self {
            folder,
            outputs: HashMap::new(),
            server: None,
            private_network: has_private_network(),
        }
    }

    /// What the program says now where the document has an excerpt; `None` when it cannot run
    /// on this machine, which was said.
    pub(crate) fn excerpt(&mut self, directive: &str) -> Option<String> {
        let mut stages = directive.split(" | ");
        let command = stages.next().unwrap();
        let private = ["ftplab run", "ftplab doctor"];
        if !self.private_network && private.iter().any(|start| command.starts_with(start)) {
            return None;
        }
        let output = self.output(command);
        Some(stages.fold(output, |text, stage| take(&text, stage)))
    }

    fn output(&mut self, command: &str) -> String {
        if let Some(output) = self.outputs.get(command) {
            return output.clone();
        }
        let words = shell::words(command);
        let [program, arguments @ ..] = words.as_slice() else {
            panic!("no command");
        };
        assert_eq!(program, "ftplab", "{command}");
        let output = if arguments[0] == "serve" {
            Server::start(&self.folder, arguments).announced
        } else {
            self.finished(command, arguments)
        };
        self.outputs.insert(command.to_owned(), output.clone());
        output
    }

    fn finished(&mut self, command: &str, arguments: &[String]) -> String {
        let mut program = ftplab();
        program
            .current_dir(self.folder.path())
            .env("COLUMNS", "100")
            .env("FTPLAB_PASSWORD", "a password");
        let mut there = SHOWN.to_owned();
        if command.contains(SHOWN) {
            let options = [
                "serve",
                "pub",
                "--listen",
                SHOWN,
                "--user",
                "ann",
                "--anonymous",
            ];
            let options = options.map(String::from);
            let folder = &self.folder;
            let server = self
                .server
                .get_or_insert_with(|| Server::start(folder, &options));
            there.clone_from(&server.address);
        }
        program.args(arguments.iter().map(|word| word.replace(SHOWN, &there)));
        let output = finish(&mut program);
        let text = String::from_utf8(output.stdout).unwrap()
            + std::str::from_utf8(&output.stderr).unwrap();
        text.replace(&there, SHOWN)
    }
}

/// A server in the background.
struct Server {
    /// It is ended when this is dropped.
    _running: Running,
    /// Where it really listens.
    address: String,
    /// What it said, as the documents show it.
    announced: String,
}

impl Server {
    fn start(folder: &TempDir, arguments: &[String]) -> Self {
        let mut running = Running::start(
            ftplab()
                .current_dir(folder.path())
                .env("FTPLAB_PASSWORD", "a password")
                .args(
                    arguments
                        .iter()
                        .map(|word| word.replace(SHOWN, "127.0.0.1:0")),
                ),
        );
        let line = running.says("127.0.0.1:");
        let at = line.find("127.0.0.1:").unwrap();
        let end = line[at..].find(['/', '"']).unwrap();
        let address = line[at..at + end].to_owned();
        Self {
            _running: running,
            announced: line.replace(&address, SHOWN),
            address,
        }
    }
}

/// One stage after the bar.
fn take(text: &str, stage: &str) -> String {
    let (what, which) = stage.split_once(' ').unwrap_or((stage, ""));
    let mut lines: Vec<&str> = match what {
        "packets" => packets(text, which),
        "lines" => {
            let (first, last) = range(which);
            text.lines().take(last).skip(first - 1).collect()
        }
        "from" => text
            .lines()
            .skip_while(|line| !line.starts_with(which))
            .collect(),
        "grep" => text.lines().filter(|line| line.contains(which)).collect(),
        _ => panic!("{stage:?}: expected packets, lines, from or grep"),
    };
    while lines
        .last()
        .is_some_and(|line| line.is_empty() || line.starts_with("━━"))
    {
        lines.pop();
    }
    assert!(!lines.is_empty(), "{stage:?} takes nothing from\n{text}");
    lines.join("\n")
}

fn packets<'a>(text: &'a str, which: &str) -> Vec<&'a str> {
    let (first, last) = range(which);
    let number = |line: &str| line.get(..4)?.trim().parse::<usize>().ok();
    text.lines()
        .skip_while(|line| number(line) != Some(first))
        .take_while(|line| number(line).is_none_or(|number| number <= last))
        .collect()
}

fn range(text: &str) -> (usize, usize) {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    (first.parse().unwrap(), last.parse().unwrap())
}
