//! A server of a test, which lets ann in and answers as the test says

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use ftplab_tests::{Running, ftplab};

pub(super) const PASSWORD: &str = "hunter2-secret";

/// At the end of an answer: the server hangs up.
const HANGUP: &[u8] = b"<hangs up>";

/// A server that lets ann in; `answer` may answer a command in its own way.
pub(super) struct Server {
    pub(super) address: String,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Server {
    pub(super) fn start(answer: impl Fn(&str) -> Option<Vec<u8>> + Send + Sync + 'static) -> Self {
        Self::choosing(|_, _| true, answer)
    }

    /// One that says 421 to sessions that it does not take: `takes` hears how many began before,
    /// and how many of them are open.
    pub(super) fn choosing(
        takes: impl Fn(usize, usize) -> bool + Send + 'static,
        answer: impl Fn(&str) -> Option<Vec<u8>> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let (answer, kept) = (Arc::new(answer), Arc::clone(&heard));
        thread::spawn(move || {
            let open = Arc::new(AtomicUsize::new(0));
            for (number, stream) in listener.incoming().enumerate() {
                let mut stream = stream.unwrap();
                if !takes(number, open.load(Ordering::SeqCst)) {
                    let _ = stream.write_all(b"421 Full.\r\n");
                    continue;
                }
                open.fetch_add(1, Ordering::SeqCst);
                let (answer, heard) = (Arc::clone(&answer), Arc::clone(&kept));
                let open = Arc::clone(&open);
                thread::spawn(move || {
                    serve(stream.try_clone().unwrap(), &*answer, &heard);
                    // Before the client can see that it has ended.
                    open.fetch_sub(1, Ordering::SeqCst);
                    drop(stream);
                });
            }
        });
        Self { address, heard }
    }

    /// One that answers what it does not know with these bytes, and hangs up.
    pub(super) fn hanging_up(bytes: &'static [u8]) -> Self {
        Self::start(move |line| {
            let verb = line.split(' ').next().unwrap_or_default();
            matches!(verb, "HALF" | "MULTI").then(|| [bytes, HANGUP].concat())
        })
    }

    pub(super) fn heard(&self, verb: &str) -> Vec<String> {
        let heard = self.heard.lock().unwrap();
        heard
            .iter()
            .filter(|line| line.starts_with(verb))
            .cloned()
            .collect()
    }
}

fn serve(
    mut stream: TcpStream,
    answer: &dyn Fn(&str) -> Option<Vec<u8>>,
    heard: &Mutex<Vec<String>>,
) {
    let _ = stream.write_all(b"220 Ready.\r\n");
    let lines = BufReader::new(stream.try_clone().unwrap()).lines();
    for line in lines.map_while(Result::ok) {
        heard.lock().unwrap().push(line.clone());
        if line == "QUIT" && answer(&line).is_none() {
            let _ = stream.write_all(b"221 Bye.\r\n");
            return;
        }
        let usual = match line.split(' ').next().unwrap_or_default() {
            "USER" => "331 Password.",
            "PASS" if line == format!("PASS {PASSWORD}") => "230 In.",
            "PASS" => "530 No.",
            "PWD" => "257 \"/\" is here.",
            "MKD" => "257 Made.",
            "FEAT" => "502 None.",
            _ => "250 Fine.",
        };
        let reply = answer(&line).unwrap_or_else(|| format!("{usual}\r\n").into_bytes());
        let last = reply.strip_suffix(HANGUP);
        if stream.write_all(last.unwrap_or(&reply)).is_err() || last.is_some() {
            return;
        }
    }
}

/// `ftplab serve` with ann, who may write.
pub(super) fn served(root: &Path, flags: &[&str]) -> (Running, String) {
    let (server, address) = ftplab_tests::serve(root, "127.0.0.1:0", |command| {
        command.args(["--user", "ann"]).args(flags);
        command.env("FTPLAB_PASSWORD", PASSWORD);
    });
    (server, address.to_string())
}

/// Scripts against the server, as ann.
pub(super) fn ann(server: &Server) -> Command {
    ann_at(&server.address)
}

/// Scripts against the server there, as ann.
pub(super) fn ann_at(address: &str) -> Command {
    let mut command = ftplab();
    command
        .args(["check", "--server", address, "--user", "ann"])
        .env("FTPLAB_PASSWORD", PASSWORD);
    command
}
