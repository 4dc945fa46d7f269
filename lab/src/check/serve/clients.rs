//! What each client is run with: known by name, or with a command line for each task.

use std::io::Write;
use std::sync::{Arc, OnceLock};

use script::Task;

use super::certificates::Certificates;
use super::known::{Language, Program, Told};
use super::program::CACERT;
use crate::Failure;

/// The command lines that a user gave, each of a flag.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::check) struct Lines<'a> {
    /// A program's name, or the command line that gets a file.
    pub(in crate::check) get: Option<&'a str>,
    pub(in crate::check) put: Option<&'a str>,
    pub(in crate::check) list: Option<&'a str>,
    pub(in crate::check) active: Option<&'a str>,
}

/// How a client is to do its task.
#[derive(Clone, Copy, Debug)]
pub(super) struct Way {
    /// Under TLS.
    pub(super) secured: bool,
    /// With data connections that the server opens.
    pub(super) active: bool,
}

/// How a client does each of the tasks: the words of its command lines, before what stands between
/// percent signs is put in.
#[derive(Default)]
pub(in crate::check) struct Clients {
    program: Option<Program>,
    get: Option<Vec<String>>,
    put: Option<Vec<String>>,
    list: Option<Vec<String>>,
    active: Option<Vec<String>>,
    /// As a report names it.
    pub(in crate::check) name: String,
    /// Made when the first script needs them.
    certificates: OnceLock<Result<Arc<Certificates>, String>>,
}

impl Clients {
    /// From the flags: a program's name for all tasks, or a command line for each.
    ///
    /// # Errors
    /// A command line that no shell would take apart, or a program that is not there.
    pub(in crate::check) fn new(lines: Lines<'_>) -> Result<Self, Failure> {
        let Lines {
            get,
            put,
            list,
            active,
        } = lines;
        let program = get.map(Program::named).transpose()?.flatten();
        if let Some(program) = &program {
            let any = Way {
                secured: false,
                active: false,
            };
            located(program.told(&Task::List, any).words)
                .map_err(|why| Failure::usage(format!("--client: {why}")))?;
        }
        let get_line = get.filter(|_| program.is_none());
        let words = |flag: &str, line: Option<&str>| line.map(|line| words(flag, line)).transpose();
        Ok(Self {
            program,
            get: words("--client", get_line)?,
            put: words("--client-put", put)?,
            list: words("--client-list", list)?,
            active: words("--client-active", active)?,
            name: get
                .or(put)
                .or(list)
                .or(active)
                .unwrap_or_default()
                .to_owned(),
            certificates: OnceLock::new(),
        })
    }

    /// What the client is told for its tasks.
    ///
    /// # Errors
    /// Why there is nothing.
    pub(super) fn told(&self, tasks: &[Task], way: Way) -> Result<Told, String> {
        if let [task] = tasks {
            return self.one(task, way);
        }
        // To run it once for each task would be several sessions, each a test of its own.
        let given = [&self.get, &self.put, &self.list, &self.active];
        match &self.program {
            Some(program) if given.iter().all(|line| line.is_none()) => {
                Ok(program.told_several(tasks, way))
            }
            _ => Err(
                "it has several tasks for one run of the client, and a command line is for one: \
                 ftplab, curl, lftp and python are known to do several"
                    .into(),
            ),
        }
    }

    /// What it is told for a task.
    fn one(&self, task: &Task, way: Way) -> Result<Told, String> {
        let (given, flag) = match (task, way.active) {
            (Task::Get(_), true) => (&self.active, "--client-active"),
            (Task::Get(_), false) => (&self.get, "--client"),
            (Task::Put(..), false) => (&self.put, "--client-put"),
            (Task::List, false) => (&self.list, "--client-list"),
            (_, true) => (&None, "a client that is known by name"),
        };
        match (given, &self.program) {
            (Some(words), _) if way.secured && !words.iter().any(|word| word.contains(CACERT)) => {
                Err(format!(
                    "the command line does not say whom to trust: {CACERT}"
                ))
            }
            (Some(words), _) => Ok(Told::by(words.clone(), Language::Word)),
            (None, Some(program)) => Ok(program.told(task, way)),
            (None, None) => Err(format!("nothing says how the client does this: {flag}")),
        }
    }

    /// What the scripted server shows under TLS.
    ///
    /// # Errors
    /// Why there is nothing, the same each time.
    pub(super) fn certificates(&self) -> Result<Arc<Certificates>, String> {
        let made = || Certificates::make().map(Arc::new);
        self.certificates.get_or_init(made).clone()
    }
}

fn words(flag: &str, line: &str) -> Result<Vec<String>, Failure> {
    let words = shell_words::split(line)
        .map_err(|error| Failure::usage(format!("{flag} {line}: {error}")))?;
    for doubt in doubts(line) {
        // Where nobody reads that, there is nobody to tell.
        let _ = writeln!(std::io::stderr(), "ftplab: {flag}: {doubt}");
    }
    located(words).map_err(|why| Failure::usage(format!("{flag}: {why}")))
}

/// What is odd about a command line, though it may be meant.
fn doubts(line: &str) -> Vec<String> {
    const KNOWN: [&str; 7] = ["HOST", "PORT", "PATH", "URL", "OUT", "FILE", "CACERT"];
    let mut doubts = Vec::new();
    let parts: Vec<&str> = line.split('%').collect();
    // Between two percent signs: what looks like a name, and is none.
    for name in parts.iter().skip(1).rev().skip(1).rev() {
        let like = name.len() > 1 && name.bytes().all(|byte| byte.is_ascii_uppercase());
        if like && !KNOWN.contains(name) {
            let known = KNOWN.map(|known| format!("%{known}%")).join(", ");
            doubts.push(format!("nothing is put in for %{name}%; known are {known}"));
        }
    }
    if !line.contains("%URL%") && !line.contains("%PORT%") {
        doubts.push("it has no %URL% and no %PORT%: nothing tells the client where to go".into());
    }
    doubts
}

/// The same, with the program's place absolute, as the client has a folder of its own.
fn located(mut words: Vec<String>) -> Result<Vec<String>, String> {
    let program = words.first_mut().ok_or("no program is named")?;
    if program.contains('/') {
        let path = std::path::absolute(&*program).map_err(|e| format!("{program}: {e}"))?;
        if !path.is_file() {
            return Err(format!("{program}: there is no such program"));
        }
        let path = path.into_os_string().into_string();
        *program = path.map_err(|_| format!("{program}: it lies where no text can name it"))?;
        return Ok(words);
    }
    let paths = std::env::var_os("PATH").unwrap_or_default();
    if !std::env::split_paths(&paths).any(|folder| folder.join(&*program).is_file()) {
        return Err(format!("{program}: there is no such program"));
    }
    Ok(words)
}
