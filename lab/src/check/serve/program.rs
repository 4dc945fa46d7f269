//! The client: its command line, its folder, its end.

use std::io::{Read, Seek, Write};
use std::net::SocketAddr;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use script::{Location, Task};
use tempfile::TempDir;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use super::known::{Language, Told};
use super::stage::Stage;
use crate::check::content::fill;
use crate::check::shown::Shown;

/// How much of what a client says is kept.
const KEPT: usize = 1 << 20;
/// The largest file of a client that is looked at: 64 MiB.
const LARGEST: u64 = 64 << 20;
/// How long what a client said may take to be read when its processes are gone.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// What stands in a command line for the certificate of the authority to trust.
pub(super) const CACERT: &str = "%CACERT%";

/// What the client is to do in a script.
#[derive(Debug)]
pub(super) struct Errand {
    /// The line `task:`.
    pub(super) at: Location,
    pub(super) told: Told,
    /// One after the other.
    pub(super) tasks: Vec<Task>,
    pub(super) limit: Duration,
}

impl Errand {
    /// Whether the client is told whom to trust: it may speak TLS.
    pub(super) fn secured(&self) -> bool {
        self.told.words.iter().any(|word| word.contains(CACERT))
    }
}

/// How the client ended.
#[derive(Debug)]
pub(super) struct Ended {
    folder: TempDir,
    /// It did not end in time.
    pub(super) killed: bool,
    /// It ended with code 0.
    pub(super) success: bool,
    status: Option<ExitStatus>,
    /// What it wrote to stdout, and then what it wrote to stderr.
    pub(super) output: Vec<u8>,
}

impl Ended {
    /// How it ended, and the begin of what it said last.
    pub(super) fn told(&self) -> String {
        let status = self.status;
        let how = match self.code() {
            _ if self.killed => "a client that had to be ended".to_owned(),
            Some(code) => format!("a client that ended with code {code}"),
            None => match status.and_then(|status| status.signal()) {
                Some(signal) => format!("a client that was ended by signal {signal}"),
                None => "a client that ended".to_owned(),
            },
        };
        let output = self.output.trim_ascii_end();
        let from = output.len().saturating_sub(300);
        match output.get(from..) {
            None | Some([]) => format!("{how} and said nothing"),
            Some(last) => format!("{how} and said `{}`", Shown(last)),
        }
    }

    /// The code that it ended with; none when a signal ended it.
    pub(super) fn code(&self) -> Option<i32> {
        self.status?.code()
    }

    /// Whether it said itself that it failed: it ended with a code, and not with 0. Who was ended
    /// by a signal said nothing.
    pub(super) fn failed(&self) -> bool {
        !self.killed && self.code().is_some_and(|code| code != 0)
    }

    /// The bytes of a file that it made; `None` when it made none.
    pub(super) fn file(&self, name: &[u8]) -> Result<Option<Vec<u8>>, String> {
        let path = place(self.folder.path(), name)?;
        let file = match std::fs::File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error.to_string()),
        };
        let mut bytes = Vec::new();
        file.take(LARGEST)
            .read_to_end(&mut bytes)
            .map_err(|error| error.to_string())?;
        Ok(Some(bytes))
    }
}

/// A file in the client's folder.
fn place(folder: &Path, name: &[u8]) -> Result<PathBuf, String> {
    let text = std::str::from_utf8(name).map_err(|_| "a name that is no UTF-8".to_owned())?;
    if !proto::is_plain_name(name) {
        return Err(format!("`{text}` is no plain name of a file"));
    }
    Ok(folder.join(text))
}

/// Runs the client to its end, or to the end of its time, in a folder of its own.
pub(super) async fn run(
    errand: &Errand,
    server: SocketAddr,
    stage: &Stage,
) -> Result<Ended, String> {
    let folder = tempfile::Builder::new()
        .prefix("ftplab-client-")
        .tempdir()
        .map_err(|error| format!("no folder for the client: {error}"))?;
    let Told { words, input, .. } = filled(errand, server, folder.path(), stage)?;
    let (program, arguments) = words.split_first().ok_or("no program")?;
    let mut command = Command::new(program);
    command
        .args(arguments)
        .current_dir(folder.path())
        .env("HOME", folder.path())
        .stdin(stdin(&input).map_err(|error| format!("the client's commands: {error}"))?)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .kill_on_drop(true);
    // What a user has set up for their own transfers is no part of the test.
    for name in ["ftp_proxy", "all_proxy", "http_proxy", "no_proxy"] {
        command.env_remove(name).env_remove(name.to_uppercase());
    }
    for name in [
        "XDG_CONFIG_HOME",
        "CURL_HOME",
        "LFTP_HOME",
        "FTPLAB_PASSWORD",
    ] {
        command.env_remove(name);
    }
    let (mut child, keeper) =
        crate::net::start(command, folder.path()).map_err(|error| format!("{program}: {error}"))?;
    let group = Group::of(&child);
    let stdout = tokio::spawn(listen(child.stdout.take()));
    let stderr = tokio::spawn(listen(child.stderr.take()));
    let status = timeout(errand.limit, child.wait()).await;
    let killed = status.is_err();
    drop(group);
    let status = match status {
        Ok(status) => status.map_err(|error| format!("{program}: {error}"))?,
        Err(_) => child
            .wait()
            .await
            .map_err(|error| format!("{program}: {error}"))?,
    };
    // What has left the group is ended here.
    if let Some(keeper) = keeper {
        keeper.end().await;
    }
    let mut output = Vec::new();
    for part in [stdout, stderr] {
        if let Ok(Ok(mut bytes)) = timeout(LAST_WORDS, part).await {
            output.append(&mut bytes);
        }
    }
    Ok(Ended {
        folder,
        killed,
        success: !killed && status.success(),
        status: Some(status),
        output,
    })
}

/// The client and all that it started, which end when this is dropped: also where the run is ended
/// before the client.
struct Group(Option<Pid>);

impl Group {
    fn of(leader: &Child) -> Self {
        let id = leader.id().and_then(|id| i32::try_from(id).ok());
        Self(id.and_then(Pid::from_raw))
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(group) = self.0 {
            // There may be nothing left.
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}

/// Reads to the end, and keeps the first part.
async fn listen(pipe: Option<impl AsyncRead + Unpin>) -> Vec<u8> {
    let mut kept = Vec::new();
    let Some(mut pipe) = pipe else {
        return kept;
    };
    let mut bytes = vec![0; 16 * 1024];
    while let Ok(read) = pipe.read(&mut bytes).await {
        if read == 0 {
            break;
        }
        let room = KEPT.saturating_sub(kept.len()).min(read);
        kept.extend_from_slice(bytes.get(..room).unwrap_or_default());
    }
    kept
}

/// What the client reads from its standard input: nothing, or these commands.
fn stdin(input: &str) -> std::io::Result<Stdio> {
    if input.is_empty() {
        return Ok(Stdio::null());
    }
    // It has no name, and is gone with who reads it.
    let mut file = tempfile::tempfile()?;
    file.write_all(input.as_bytes())?;
    file.rewind()?;
    Ok(file.into())
}

/// What the client is told, with what stands between percent signs put in.
fn filled(
    errand: &Errand,
    server: SocketAddr,
    folder: &Path,
    stage: &Stage,
) -> Result<Told, String> {
    let authority = match &stage.certificates {
        None => String::new(),
        Some(certificates) => {
            let path = certificates.authority().to_str();
            path.ok_or("the folder for temporary files lies where no text can name it")?
                .to_owned()
        }
    };
    let mut values = vec![
        // An address of IPv6 stands in brackets there.
        Value::plain("%HOST%:%PORT%", server.to_string()),
        Value::plain("%HOST%", server.ip().to_string()),
        Value::plain("%PORT%", server.port().to_string()),
        Value::name(CACERT.to_owned(), authority),
    ];
    for (number, task) in (1..).zip(&errand.tasks) {
        let path = prepared(task, folder, stage)?;
        let local = here(&path, task)?;
        let url = format!("ftp://{server}/{}", encoded(&path));
        // Where there is one task its names have no number.
        let number = match errand.tasks.len() {
            1 => String::new(),
            _ => number.to_string(),
        };
        values.extend([
            Value::name(format!("%URL{number}%"), url),
            Value::name(format!("%OUT{number}%"), local.clone()),
            Value::name(format!("%FILE{number}%"), local),
            Value::name(format!("%PATH{number}%"), path),
        ]);
    }
    let Told {
        words,
        language,
        input,
    } = &errand.told;
    let word = |word: &String| put_in(word, &values, *language);
    Ok(Told {
        words: words.iter().map(word).collect(),
        language: *language,
        input: put_in(input, &values, Language::Shell),
    })
}

/// What goes where this stands, and whether it is a name, which may hold anything.
struct Value {
    mark: String,
    text: String,
    is_name: bool,
}

impl Value {
    fn plain(mark: &str, text: String) -> Self {
        Self {
            mark: mark.to_owned(),
            text,
            is_name: false,
        }
    }

    fn name(mark: String, text: String) -> Self {
        Self {
            mark,
            text,
            is_name: true,
        }
    }
}

/// The text with the values in their places: once, as a value may look like such a place.
fn put_in(text: &str, values: &[Value], language: Language) -> String {
    let mut filled = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('%') {
        let (before, from) = rest.split_at(at);
        filled += before;
        let mut marked = values
            .iter()
            .filter_map(|value| Some((value, from.strip_prefix(&*value.mark)?)));
        let (value, behind) = match marked.next() {
            Some((value, behind)) if value.is_name => (language.quoted(&value.text), behind),
            Some((value, behind)) => (value.text.clone(), behind),
            None => ("%".to_owned(), from.get(1..).unwrap_or_default()),
        };
        filled += &value;
        rest = behind;
    }
    filled + rest
}

/// What the client is told to write, or to send: the last part of the name there, since nothing
/// outside of the client's folder is written. What it could take for an option, for a home or for a
/// URL is told as a path.
fn here(path: &str, task: &Task) -> Result<String, String> {
    if matches!(task, Task::List) {
        return Ok(String::new());
    }
    let name = path.rsplit('/').next().unwrap_or(path);
    if !proto::is_plain_name(name.as_bytes()) {
        return Err(format!(
            "the task's name `{path}` ends in no name of a file"
        ));
    }
    let doubtful = name.starts_with(['-', '~']) || name.contains(':');
    Ok(if doubtful {
        format!("./{name}")
    } else {
        name.to_owned()
    })
}

/// The name of a task's file there; a file that is to be sent is made here.
fn prepared(task: &Task, folder: &Path, stage: &Stage) -> Result<String, String> {
    let text = |template| {
        let bytes = fill(template, &stage.said().variables)?;
        if bytes.iter().any(|byte| b"\r\n\0".contains(byte)) {
            return Err("the task's name has a CR, LF or NUL".to_owned());
        }
        String::from_utf8(bytes).map_err(|_| "the task's name is no UTF-8".to_owned())
    };
    match task {
        Task::Get(name) => text(name),
        Task::Put(name, bytes) => {
            let name = text(name)?;
            let bytes = fill(bytes, &stage.said().variables)?;
            std::fs::write(place(folder, name.as_bytes())?, bytes)
                .map_err(|error| format!("the client's file {name}: {error}"))?;
            Ok(name)
        }
        Task::List => Ok(String::new()),
    }
}

/// A path as a URL has it (RFC 3986 §2.1).
fn encoded(path: &str) -> String {
    let mut text = String::new();
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            text.push(char::from(byte));
        } else {
            text += &format!("%{byte:02X}");
        }
    }
    text
}
