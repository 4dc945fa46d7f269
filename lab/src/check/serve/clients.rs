//! The clients that are known by name, and the command lines of others.

use crate::Failure;

/// Names that stand for the three command lines of a program.
const PROGRAMS: &[&str] = &["ftplab", "curl", "lftp", "python"];

/// `ftplib` as a program: it writes a file only when the transfer ended well, as users of a
/// library do.
const PYTHON: &str = "\
import ftplib, sys
host, port, task, remote, local = sys.argv[1:6]
ftp = ftplib.FTP()
ftp.connect(host, int(port), timeout=8)
ftp.login()
if task == 'get':
    parts = []
    ftp.retrbinary('RETR ' + remote, parts.append)
    open(local, 'wb').write(b''.join(parts))
elif task == 'put':
    ftp.storbinary('STOR ' + remote, open(local, 'rb'))
else:
    ftp.retrlines('LIST')
ftp.quit()
";

/// lftp tries again and again unless it is told not to.
const LFTP: &str = "set cmd:fail-exit yes; set net:max-retries 1; set net:timeout 8; \
    set net:reconnect-interval-base 1; open -p %PORT% %HOST%; ";

/// How a client does each of the tasks: the words of its command line, before what stands between
/// percent signs is put in.
#[derive(Clone, Debug, Default)]
pub(in crate::check) struct Clients {
    pub(super) get: Option<Vec<String>>,
    pub(super) put: Option<Vec<String>>,
    pub(super) list: Option<Vec<String>>,
    /// As a report names it.
    pub(in crate::check) name: String,
}

impl Clients {
    /// From the flags: a program's name for all three tasks, or a command line for each.
    ///
    /// # Errors
    /// A command line that no shell would take apart.
    pub(in crate::check) fn new(
        get: Option<&str>,
        put: Option<&str>,
        list: Option<&str>,
    ) -> Result<Self, Failure> {
        let mut clients = match get {
            Some(name) if PROGRAMS.contains(&name) => Self::known(name)?,
            Some(line) => Self {
                get: Some(words("--client", line)?),
                name: line.to_owned(),
                ..Self::default()
            },
            None => Self::default(),
        };
        if let Some(line) = put {
            clients.put = Some(words("--client-put", line)?);
        }
        if let Some(line) = list {
            clients.list = Some(words("--client-list", line)?);
        }
        if clients.name.is_empty() {
            put.or(list)
                .unwrap_or_default()
                .clone_into(&mut clients.name);
        }
        Ok(clients)
    }

    fn known(name: &str) -> Result<Self, Failure> {
        let line = |words: &[&str]| Some(words.iter().map(|&word| word.to_owned()).collect());
        let (get, put, list) = match name {
            "curl" => (
                line(&["curl", "-sS", "%URL%", "-o", "%OUT%"]),
                line(&["curl", "-sS", "-T", "%FILE%", "%URL%"]),
                line(&["curl", "-sS", "ftp://%HOST%:%PORT%/"]),
            ),
            "lftp" => (
                line(&[
                    "lftp",
                    "--norc",
                    "-c",
                    &format!("{LFTP}get %PATH% -o %OUT%"),
                ]),
                line(&[
                    "lftp",
                    "--norc",
                    "-c",
                    &format!("{LFTP}put %FILE% -o %PATH%"),
                ]),
                line(&["lftp", "--norc", "-c", &format!("{LFTP}ls")]),
            ),
            "python" => {
                let program = |task: &[&str]| {
                    line(&[&["python3", "-c", PYTHON, "%HOST%", "%PORT%"], task].concat())
                };
                (
                    program(&["get", "%PATH%", "%OUT%"]),
                    program(&["put", "%PATH%", "%FILE%"]),
                    program(&["list", "-", "-"]),
                )
            }
            _ => {
                let own = std::env::current_exe()
                    .map_err(|error| Failure::failed(format!("ftplab's own program: {error}")))?;
                let own = own.to_str().ok_or_else(|| {
                    Failure::failed("ftplab's own program lies where no text can name it")
                })?;
                let own = [own, "--retry-wait", "100ms"];
                let ours = |task: &str, words: &[&str]| {
                    let [own, flag, wait] = own;
                    line(&[&[own, task, flag, wait], words].concat())
                };
                (
                    ours("get", &["%URL%", "%OUT%"]),
                    ours("put", &["%FILE%", "%URL%"]),
                    ours("ls", &["ftp://%HOST%:%PORT%/"]),
                )
            }
        };
        let there = |words: Option<Vec<String>>| {
            words
                .map(located)
                .transpose()
                .map_err(|why| Failure::usage(format!("--client: {why}")))
        };
        Ok(Self {
            get: there(get)?,
            put: there(put)?,
            list: there(list)?,
            name: name.to_owned(),
        })
    }
}

fn words(flag: &str, line: &str) -> Result<Vec<String>, Failure> {
    let words = shell_words::split(line)
        .map_err(|error| Failure::usage(format!("{flag} {line}: {error}")))?;
    located(words).map_err(|why| Failure::usage(format!("{flag}: {why}")))
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
