//! A server on loopback for each test, a raw client, and real clients as child processes.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Command, Output};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use server::{Config, ConfigBuilder, User};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

/// No wait in a test is longer; none is shorter either, so that a busy machine fails nothing.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

/// A server that is running; it stops when dropped.
pub(crate) struct Running {
    pub(crate) addr: SocketAddr,
    pub(crate) root: TempDir,
    /// How many threads it has started beside its own.
    pub(crate) threads: Arc<AtomicUsize>,
    shutdown: CancellationToken,
    thread: Option<JoinHandle<()>>,
}

/// Starts a server for a new directory, where `ann` (password `secret`) may write.
pub(crate) fn start(configure: impl FnOnce(ConfigBuilder) -> ConfigBuilder) -> Running {
    start_on("127.0.0.1:0", configure)
}

/// The same on another address.
pub(crate) fn start_on(
    address: &str,
    configure: impl FnOnce(ConfigBuilder) -> ConfigBuilder,
) -> Running {
    serve(address, tempfile::tempdir().unwrap(), configure)
}

/// The same for a directory that is there already.
pub(crate) fn start_in(
    root: TempDir,
    configure: impl FnOnce(ConfigBuilder) -> ConfigBuilder,
) -> Running {
    serve("127.0.0.1:0", root, configure)
}

fn serve(
    address: &str,
    root: TempDir,
    configure: impl FnOnce(ConfigBuilder) -> ConfigBuilder,
) -> Running {
    let builder = Config::builder(root.path())
        .user(User::new("ann", "secret"))
        .login_delay(Duration::ZERO);
    let config = configure(builder).build().unwrap();
    let listener = TcpListener::bind(address).unwrap();
    listener.set_nonblocking(true).unwrap();
    let addr = listener.local_addr().unwrap();
    let shutdown = CancellationToken::new();
    let token = shutdown.clone();
    let threads = Arc::new(AtomicUsize::new(0));
    let started = threads.clone();
    let thread = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .on_thread_start(move || {
                started.fetch_add(1, Ordering::Relaxed);
            })
            .build()
            .unwrap();
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            server::run(listener, config, token).await.unwrap();
        });
    });
    Running {
        addr,
        root,
        threads,
        shutdown,
        thread: Some(thread),
    }
}

impl Running {
    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        std::fs::write(self.root.path().join(name), content).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.root.path().join(name)).unwrap()
    }

    pub(crate) fn exists(&self, name: &str) -> bool {
        self.root.path().join(name).exists()
    }

    /// The names in the root.
    pub(crate) fn names(&self) -> Vec<String> {
        let mut names: Vec<_> = std::fs::read_dir(self.root.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    pub(crate) fn connect(&self) -> Raw {
        let mut raw = Raw::connect(self.addr);
        raw.expect(220);
        raw
    }

    pub(crate) fn login(&self) -> Raw {
        let mut raw = self.connect();
        raw.ask("USER ann", 331);
        raw.ask("PASS secret", 230);
        raw
    }

    /// Ann amid a download of 64 MiB, of which 1000 bytes have come: the file `big`, her control
    /// connection and the data connection.
    pub(crate) fn downloading(&self) -> (Vec<u8>, Raw, TcpStream) {
        let content = bytes(64 << 20);
        self.write("big", &content);
        let mut raw = self.login();
        raw.ask("TYPE I", 200);
        let mut data = raw.passive();
        raw.ask("RETR big", 150);
        let mut first = [0; 1000];
        data.read_exact(&mut first).unwrap();
        assert_eq!(first, content[..1000]);
        (content, raw, data)
    }

    pub(crate) fn shut_down(&mut self) {
        self.shutdown.cancel();
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }

    pub(crate) fn begin_shutdown(&self) {
        self.shutdown.cancel();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.shutdown.cancel();
        if let Some(thread) = self.thread.take() {
            // A failure of the server's thread must not hide the test's own.
            let joined = thread.join();
            assert!(joined.is_ok() || std::thread::panicking());
        }
    }
}

/// A control connection, byte by byte.
pub(crate) struct Raw {
    pub(crate) stream: BufReader<TcpStream>,
}

impl Raw {
    pub(crate) fn connect(addr: SocketAddr) -> Self {
        let stream = TcpStream::connect(addr).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        Self {
            stream: BufReader::new(stream),
        }
    }

    pub(crate) fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.get_mut().write_all(bytes.as_ref()).unwrap();
    }

    /// The next reply, whole.
    pub(crate) fn reply(&mut self) -> String {
        let mut reply = String::new();
        loop {
            let mut line = Vec::new();
            self.stream.read_until(b'\n', &mut line).unwrap();
            assert!(line.ends_with(b"\r\n"), "a line of a reply, not {line:?}");
            let line = String::from_utf8_lossy(&line).into_owned();
            reply.push_str(&line);
            if line.as_bytes()[..3].iter().all(u8::is_ascii_digit) && line.as_bytes()[3] == b' ' {
                return reply;
            }
        }
    }

    pub(crate) fn expect(&mut self, code: u16) -> String {
        let reply = self.reply();
        assert_eq!(reply[..3], code.to_string(), "{reply}");
        reply
    }

    pub(crate) fn ask(&mut self, line: &str, code: u16) -> String {
        self.send(format!("{line}\r\n"));
        let reply = self.reply();
        assert_eq!(reply[..3], code.to_string(), "{line}: {reply}");
        reply
    }

    /// PASV, and the connection to where it leads.
    pub(crate) fn passive(&mut self) -> TcpStream {
        let reply = self.ask("PASV", 227);
        let addr = proto::HostPort::parse_227(&reply.as_bytes()[4..])
            .unwrap()
            .addr();
        let stream = TcpStream::connect(addr).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    /// What a command sends over a passive data connection.
    pub(crate) fn fetch(&mut self, command: &str) -> Vec<u8> {
        let mut data = self.passive();
        self.ask(command, 150);
        let mut bytes = Vec::new();
        data.read_to_end(&mut bytes).unwrap();
        self.expect(226);
        bytes
    }

    pub(crate) fn expect_closed(&mut self) {
        let mut rest = Vec::new();
        self.stream.read_to_end(&mut rest).unwrap();
        assert!(rest.is_empty(), "{rest:?}");
    }
}

/// Bytes that no line-end conversion leaves alone.
pub(crate) fn bytes(count: usize) -> Vec<u8> {
    let mut state = 1_u32;
    (0..count)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        })
        .collect()
}

/// Whether a tool is installed. In CI a missing one is a failure; elsewhere the test says what
/// it skips.
pub(crate) fn has(tool: &str) -> bool {
    let found = std::env::var_os("PATH").is_some_and(|path| {
        std::env::split_paths(&path).any(|directory| directory.join(tool).is_file())
    });
    assert!(
        found || std::env::var_os("CI").is_none(),
        "{tool} is not installed"
    );
    if !found {
        // Not `eprintln`, which the test harness keeps to itself.
        let words = format!("skipped: {tool} is not installed\n");
        std::io::stderr().write_all(words.as_bytes()).unwrap();
    }
    found
}

/// Runs a real client, for a minute at most.
pub(crate) fn run(tool: &str, arguments: &[&str]) -> Output {
    let output = Command::new("timeout")
        .arg("60")
        .arg(tool)
        .args(arguments)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{tool} {arguments:?}: {}\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    output
}
