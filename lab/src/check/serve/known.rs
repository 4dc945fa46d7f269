//! The clients that are known by name.

use script::Task;

use super::clients::Way;
use crate::Failure;

/// `ftplib` as a program: it writes a file only when the transfer ended well, as users of a
/// library do.
const PYTHON: &str = "\
import ftplib, ssl, sys
host, port, mode, authority, task, remote, local = sys.argv[1:8]
if authority:
    ftp = ftplib.FTP_TLS(context=ssl.create_default_context(cafile=authority))
else:
    ftp = ftplib.FTP()
ftp.connect(host, int(port), timeout=8)
ftp.login()
if authority:
    ftp.prot_p()
ftp.set_pasv(mode == 'passive')
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
    set net:reconnect-interval-base 1; ";
const LFTP_SECURED: &str = "set ssl:ca-file %CACERT%; set ftp:ssl-force yes; \
    set ftp:ssl-allow-anonymous yes; \
    set ftp:ssl-protect-data yes; set ftp:ssl-protect-list yes; ";
const LFTP_ACTIVE: &str = "set ftp:passive-mode no; ";

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

    /// The words of its command line.
    pub(super) fn words(&self, task: &Task, way: Way) -> Vec<String> {
        let mut words: Vec<&str> = Vec::new();
        match self {
            Self::Ftplab(own) => {
                words.extend([
                    own.as_str(),
                    of(task, ["get", "put", "ls"]),
                    "--retry-wait",
                    "100ms",
                ]);
                if way.secured {
                    words.extend(["--ca", "%CACERT%"]);
                }
                words.extend(way.active.then_some("--active"));
                words.extend_from_slice(of(
                    task,
                    [&["%URL%", "%OUT%"][..], &["%FILE%", "%URL%"], &["%URL%"]],
                ));
            }
            Self::Curl => {
                words.extend(["curl", "-sS"]);
                if way.secured {
                    words.extend(["--ssl-reqd", "--cacert", "%CACERT%"]);
                }
                if way.active {
                    // From the address that the control connection has.
                    words.extend(["--ftp-port", "-"]);
                }
                words.extend_from_slice(of(
                    task,
                    [
                        &["%URL%", "-o", "%OUT%"][..],
                        &["-T", "%FILE%", "%URL%"],
                        &["%URL%"],
                    ],
                ));
            }
            Self::Lftp => {
                let secured = if way.secured { LFTP_SECURED } else { "" };
                let active = if way.active { LFTP_ACTIVE } else { "" };
                let task = of(task, ["get %PATH% -o %OUT%", "put %FILE% -o %PATH%", "ls"]);
                let told = format!("{LFTP}{secured}{active}open ftp://%HOST%:%PORT%; {task}");
                return ["lftp", "--norc", "-c", &told].map(str::to_owned).into();
            }
            Self::Python => {
                let mode = if way.active { "active" } else { "passive" };
                let authority = if way.secured { "%CACERT%" } else { "" };
                words.extend(["python3", "-c", PYTHON, "%HOST%", "%PORT%", mode, authority]);
                words.extend(of(
                    task,
                    [
                        ["get", "%PATH%", "%OUT%"],
                        ["put", "%PATH%", "%FILE%"],
                        ["list", "-", "-"],
                    ],
                ));
            }
        }
        words.into_iter().map(str::to_owned).collect()
    }
}

/// What is for this task, of what is for getting, for putting and for listing.
fn of<T>(task: &Task, [get, put, list]: [T; 3]) -> T {
    match task {
        Task::Get(_) => get,
        Task::Put(..) => put,
        Task::List => list,
    }
}
