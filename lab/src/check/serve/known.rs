//! The clients that are known by name.

use script::Task;

use super::clients::Way;
use crate::Failure;

/// `ftplib` as a program: it writes a file only when the transfer ended well, as users of a
/// library do. Of several tasks one that is refused does not keep it from the others.
const PYTHON: &str = "\
import ftplib, ssl, sys
host, port, mode, authority = sys.argv[1:5]
if authority:
    ftp = ftplib.FTP_TLS(context=ssl.create_default_context(cafile=authority))
else:
    ftp = ftplib.FTP()
ftp.connect(host, int(port), timeout=8)
ftp.login()
if authority:
    ftp.prot_p()
ftp.set_pasv(mode == 'passive')
def do(task, remote, local):
    if task == 'get':
        parts = []
        ftp.retrbinary('RETR ' + remote, parts.append)
        open(local, 'wb').write(b''.join(parts))
    elif task == 'put':
        ftp.storbinary('STOR ' + remote, open(local, 'rb'))
    else:
        ftp.retrlines('LIST')
tasks = sys.argv[5:]
if len(tasks) == 3:
    do(*tasks)
failed = False
while len(sys.argv) > 8 and tasks:
    try:
        do(*tasks[:3])
    except ftplib.Error as error:
        print(error, file=sys.stderr)
        failed = True
    del tasks[:3]
ftp.quit()
sys.exit(failed)
";

/// lftp tries again and again unless it is told not to.
const LFTP: &str = "set net:max-retries 1; set net:timeout 8; set net:reconnect-interval-base 1; ";
const LFTP_FAILS: &str = "set cmd:fail-exit yes; ";
const LFTP_SECURED: &str = "set ssl:ca-file %CACERT%; set ftp:ssl-force yes; \
    set ftp:ssl-allow-anonymous yes; \
    set ftp:ssl-protect-data yes; set ftp:ssl-protect-list yes; ";
const LFTP_ACTIVE: &str = "set ftp:passive-mode no; ";

/// What a client is told, before what stands between percent signs is put in.
#[derive(Clone, Debug)]
pub(super) struct Told {
    /// The words of its command line.
    pub(super) words: Vec<String>,
    /// What they are written in.
    pub(super) language: Language,
    /// What it reads from its standard input, which is only ever ftplab's shell; nothing when
    /// empty.
    pub(super) input: String,
}

impl Told {
    /// By its command line alone.
    pub(super) const fn by(words: Vec<String>, language: Language) -> Self {
        Self {
            words,
            language,
            input: String::new(),
        }
    }
}

/// Who takes a text apart in which a name is put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Language {
    /// Nobody: it is a word of a command line.
    Word,
    /// lftp, as its commands.
    Lftp,
    /// ftplab's shell.
    Shell,
}

impl Language {
    /// A name as one word that means itself. It has no CR, LF or NUL.
    pub(super) fn quoted(self, name: &str) -> String {
        match self {
            Self::Word => name.to_owned(),
            // Nothing else means anything between its double quotes.
            Self::Lftp => format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\"")),
            Self::Shell => shell_words::quote(name).into_owned(),
        }
    }
}

/// A program, and how it is told what to do.
#[derive(Clone, Debug)]
pub(super) enum Program {
    /// ftplab itself, which lies there.
    Ftplab(String),
    Curl,
    Lftp,
    Python,
}

impl Program {
    /// The one of this name, if it is known.
    ///
    /// # Errors
    /// When nobody can say where ftplab's own program lies.
    pub(super) fn named(name: &str) -> Result<Option<Self>, Failure> {
        Ok(Some(match name {
            "curl" => Self::Curl,
            "lftp" => Self::Lftp,
            "python" => Self::Python,
            "ftplab" => {
                let own = std::env::current_exe()
                    .map_err(|error| Failure::failed(format!("ftplab's own program: {error}")))?;
                let own = own.into_os_string().into_string().map_err(|_| {
                    Failure::failed("ftplab's own program lies where no text can name it")
                })?;
                Self::Ftplab(own)
            }
            _ => return Ok(None),
        }))
    }

    /// What it is told for one task.
    pub(super) fn told(&self, task: &Task, way: Way) -> Told {
        let mut words = self.begin(way);
        let own = self.of_task(task).into_iter().map(str::to_owned);
        match self {
            Self::Ftplab(_) => {
                let command = of(task, ["get", "put", "ls"]);
                words.insert(1, command.to_owned());
                words.extend(own);
            }
            Self::Curl | Self::Python => words.extend(own),
            Self::Lftp => {
                let task: Vec<String> = own.collect();
                words.push(format!("{LFTP_FAILS}{}{}", lftp(way), task.join(" ")));
            }
        }
        Told::by(words, self.language())
    }

    /// What the words of its command line are written in.
    const fn language(&self) -> Language {
        match self {
            Self::Lftp => Language::Lftp,
            Self::Ftplab(_) | Self::Curl | Self::Python => Language::Word,
        }
    }

    /// What it is told for several, which it does one after the other in one session.
    pub(super) fn told_several(&self, tasks: &[Task], way: Way) -> Told {
        let tasks: Vec<(&Task, Vec<String>)> = (1..)
            .zip(tasks)
            .map(|(number, task)| (task, numbered(&self.of_task(task), number)))
            .collect();
        let mut words = self.begin(way);
        let mut input = String::new();
        match self {
            Self::Ftplab(_) => {
                words.insert(1, "shell".into());
                words.push("ftp://%HOST%:%PORT%/".into());
                for (number, (task, _)) in (1..).zip(&tasks) {
                    let line = of(task, ["get %PATH% %OUT%", "put %FILE% %PATH%", "ls"]);
                    input += &numbered(&[line], number).concat();
                    input.push('\n');
                }
            }
            // Behind --next all is to be said again.
            Self::Curl => {
                let flags = words.split_off(1);
                for (number, (_, own)) in (1..).zip(tasks) {
                    words.extend((number > 1).then(|| "--next".to_owned()));
                    words.extend_from_slice(&flags);
                    words.extend(own);
                }
            }
            Self::Python => words.extend(tasks.into_iter().flat_map(|(_, own)| own)),
            Self::Lftp => {
                let tasks: Vec<String> = tasks.iter().map(|(_, own)| own.join(" ")).collect();
                words.push(format!("{}{}", lftp(way), tasks.join("; ")));
            }
        }
        Told {
            words,
            language: self.language(),
            input,
        }
    }

    /// The words of its command line that are the same for each task.
    fn begin(&self, way: Way) -> Vec<String> {
        let mut words: Vec<&str> = Vec::new();
        match self {
            Self::Ftplab(own) => {
                words.extend([own.as_str(), "--retry-wait", "100ms"]);
                if way.secured {
                    words.extend(["--ca", "%CACERT%"]);
                }
                words.extend(way.active.then_some("--active"));
            }
            Self::Curl => {
                // What is in brackets and braces is a name.
                words.extend(["curl", "-sS", "--globoff"]);
                if way.secured {
                    words.extend(["--ssl-reqd", "--cacert", "%CACERT%"]);
                }
                if way.active {
                    // From the address that the control connection has.
                    words.extend(["--ftp-port", "-"]);
                }
            }
            Self::Lftp => words.extend(["lftp", "--norc", "-c"]),
            Self::Python => {
                let mode = if way.active { "active" } else { "passive" };
                let authority = if way.secured { "%CACERT%" } else { "" };
                words.extend(["python3", "-c", PYTHON, "%HOST%", "%PORT%", mode, authority]);
            }
        }
        words.into_iter().map(str::to_owned).collect()
    }

    /// The words for a task.
    fn of_task(&self, task: &Task) -> Vec<&'static str> {
        match self {
            Self::Ftplab(_) => of(
                task,
                [
                    vec!["%URL%", "%OUT%"],
                    vec!["%FILE%", "%URL%"],
                    vec!["%URL%"],
                ],
            ),
            Self::Curl => of(
                task,
                [
                    vec!["%URL%", "-o", "%OUT%"],
                    vec!["-T", "%FILE%", "%URL%"],
                    vec!["%URL%"],
                ],
            ),
            Self::Lftp => of(
                task,
                [
                    vec!["get -- %PATH% -o %OUT%"],
                    vec!["put -- %FILE% -o %PATH%"],
                    vec!["ls"],
                ],
            ),
            Self::Python => of(
                task,
                [
                    vec!["get", "%PATH%", "%OUT%"],
                    vec!["put", "%PATH%", "%FILE%"],
                    vec!["list", "-", "-"],
                ],
            ),
        }
    }
}

/// What lftp is told before its tasks.
fn lftp(way: Way) -> String {
    let secured = if way.secured { LFTP_SECURED } else { "" };
    let active = if way.active { LFTP_ACTIVE } else { "" };
    format!("{LFTP}{secured}{active}open ftp://%HOST%:%PORT%; ")
}

/// The same words for the task of this number.
fn numbered(words: &[&str], number: usize) -> Vec<String> {
    let of_a_task = ["URL", "PATH", "OUT", "FILE"];
    let one = |word: &&str| {
        of_a_task.iter().fold((*word).to_owned(), |word, name| {
            word.replace(&format!("%{name}%"), &format!("%{name}{number}%"))
        })
    };
    words.iter().map(one).collect()
}

/// What is for this task, of what is for getting, for putting and for listing.
fn of<T>(task: &Task, [get, put, list]: [T; 3]) -> T {
    match task {
        Task::Get(_) => get,
        Task::Put(..) => put,
        Task::List => list,
    }
}
