//! The programs of a test: the client, our server, and servers that follow a script.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::thread::JoinHandle;
use std::time::Duration;

use tempfile::TempDir;

/// No wait in a test is longer.
const PATIENCE: Duration = Duration::from_mins(1);

/// `ftplab`, with nothing of the user's around it.
pub(crate) fn ftplab(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ftplab"));
    command
        .current_dir(folder)
        .stdin(Stdio::null())
        .env("HOME", folder)
        .env("FTPLAB_PASSWORD", "secret")
        .env_remove("RUST_LOG");
    command
}

/// Exit code, stdout and stderr.
pub(crate) fn finish(command: &mut Command) -> (i32, String, String) {
    told(&command.output().unwrap())
}

pub(crate) fn told(output: &Output) -> (i32, String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (
        output.status.code().unwrap(),
        text(&output.stdout),
        text(&output.stderr),
    )
}

/// Runs it; it must succeed. Its stdout.
pub(crate) fn run(folder: &Path, arguments: &[&str]) -> String {
    let (code, stdout, stderr) = finish(ftplab(folder).args(arguments));
    assert_eq!(code, 0, "{arguments:?}: {stderr}");
    stdout
}

/// Runs it; it must fail with `code`. Its stderr.
pub(crate) fn fail(folder: &Path, code: i32, arguments: &[&str]) -> String {
    let (got, stdout, stderr) = finish(ftplab(folder).args(arguments));
    assert_eq!(got, code, "{arguments:?}: {stdout}{stderr}");
    stderr
}

/// `ftplab serve` with a folder of its own, where `ann` may do everything.
pub(crate) struct Server {
    child: Child,
    pub(crate) root: TempDir,
    pub(crate) address: String,
}

impl Server {
    pub(crate) fn start() -> Self {
        Self::start_on("127.0.0.1:0")
    }

    pub(crate) fn start_on(address: &str) -> Self {
        Self::start_with(address, &[])
    }

    pub(crate) fn start_with(address: &str, more: &[&str]) -> Self {
        let root = tempfile::tempdir().unwrap();
        let mut child = ftplab(root.path())
            .args(["serve", ".", "--json", "--user", "ann", "--listen", address])
            .args(more)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let said: serde_json::Value = serde_json::from_str(&line).unwrap();
        let address = said["address"].as_str().unwrap().to_owned();
        Self {
            child,
            root,
            address,
        }
    }

    /// The URL of a path.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("ftp://ann@{}/{path}", self.address)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The server's side of one control connection.
pub(crate) struct Script(BufReader<TcpStream>);

impl Script {
    pub(crate) fn say(&mut self, text: &str) {
        self.0.get_mut().write_all(text.as_bytes()).unwrap();
    }

    /// The next command, which must begin with `verb`.
    pub(crate) fn hear(&mut self, verb: &str) -> String {
        let mut line = String::new();
        self.0.read_line(&mut line).unwrap();
        assert!(line.starts_with(verb), "{verb}: {line:?}");
        line.trim_end().to_owned()
    }

    /// Hears `verb` and answers.
    pub(crate) fn answer(&mut self, verb: &str, reply: &str) {
        self.hear(verb);
        self.say(reply);
    }

    /// The greeting, and a login.
    pub(crate) fn login(&mut self) {
        self.say("220 hi\r\n");
        self.answer("USER", "230 in\r\n");
    }

    /// A data connection, and the transfer command, whose line is returned.
    pub(crate) fn data(&mut self, verb: &str) -> (TcpStream, String) {
        self.hear("EPSV");
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        self.say(&format!("229 here (|||{port}|)\r\n"));
        let (data, _) = listener.accept().unwrap();
        let line = self.hear(verb);
        self.say("150 here\r\n");
        (data, line)
    }

    /// Answers whatever comes before a transfer until the client has closed; `verb` must not come.
    pub(crate) fn end_without(&mut self, verb: &str) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let mut line = String::new();
        while self.0.read_line(&mut line).is_ok_and(|count| count > 0) {
            assert!(!line.starts_with(verb), "{line:?}");
            let reply = match line.get(..4) {
                Some("EPSV") => format!("229 here (|||{port}|)\r\n"),
                Some("SIZE") => "213 1\r\n".to_owned(),
                _ => "200 ok\r\n".to_owned(),
            };
            // It may be gone by now.
            let _ = self.0.get_mut().write_all(reply.as_bytes());
            line.clear();
        }
    }

    /// Waits until the client has closed.
    pub(crate) fn end(&mut self) {
        // Closed or reset.
        let _ = self.0.read_to_end(&mut Vec::new());
    }
}

/// A server that follows one script for each connection, and then listens no more.
pub(crate) fn scripted<const N: usize>(
    scripts: [fn(&mut Script); N],
) -> (SocketAddr, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap();
    let thread = std::thread::spawn(move || {
        for script in scripts {
            let (stream, _) = listener.accept().unwrap();
            stream.set_read_timeout(Some(PATIENCE)).unwrap();
            stream.set_write_timeout(Some(PATIENCE)).unwrap();
            script(&mut Script(BufReader::new(stream)));
        }
    });
    (addr, thread)
}
