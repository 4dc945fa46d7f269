//! A program while it runs: what it has said so far, signals to it, and its end.

use std::io::{Read, Write};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use rustix::process::{Pid, Signal, kill_process};

use crate::{LIMIT, within};

/// A program that runs; killed when dropped.
#[derive(Debug)]
pub struct Running {
    child: Child,
    shown: String,
    out: Said,
    err: Said,
}

/// What comes out of a pipe, collected as it comes.
#[derive(Debug)]
struct Said {
    bytes: Arc<Mutex<Vec<u8>>>,
    /// None when the pipe was given away or closed.
    reader: Option<JoinHandle<()>>,
}

impl Running {
    /// Starts a program whose outputs are collected.
    pub fn start(command: &mut Command) -> Self {
        let shown = format!("{command:?}");
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{shown}: {error}"));
        let out = Said::collect(child.stdout.take().unwrap());
        let err = Said::collect(child.stderr.take().unwrap());
        Self {
            child,
            shown,
            out,
            err,
        }
    }

    /// The process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Everything it has written to stdout so far.
    pub fn stdout(&self) -> String {
        self.out.text()
    }

    /// Everything it has written to stderr so far.
    pub fn stderr(&self) -> String {
        self.err.text()
    }

    /// Waits until it has written a whole line with this text to stdout; the line.
    pub fn says(&mut self, text: &str) -> String {
        self.wait_for(text, |running| line_with(&running.stdout(), text))
    }

    /// Waits until it has written a whole line with this text to stderr; the line.
    pub fn complains(&mut self, text: &str) -> String {
        self.wait_for(text, |running| line_with(&running.stderr(), text))
    }

    /// Waits until it has written this to stdout so many times.
    pub fn says_times(&mut self, text: &str, times: usize) {
        self.wait_for(text, |running| {
            (running.stdout().matches(text).count() >= times).then_some(())
        });
    }

    fn wait_for<T>(&mut self, what: &str, ask: impl Fn(&Self) -> Option<T>) -> T {
        let mut ended = false;
        let shown = self.shown.clone();
        within(LIMIT, &format!("{shown} says {what:?}"), || {
            if let Some(answer) = ask(self) {
                return Some(answer);
            }
            // What it said at the very end may come after its end is known.
            assert!(
                !(ended && self.out.is_over() && self.err.is_over()),
                "{shown} ended without {what:?}\nstdout: {}\nstderr: {}",
                self.stdout(),
                self.stderr()
            );
            ended = self.child.try_wait().unwrap().is_some();
            None
        })
    }

    /// Writes to its stdin, which must be a pipe.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.child.stdin.as_mut().unwrap().write_all(bytes).unwrap();
    }

    /// Closes its stdin.
    pub fn feed_no_more(&mut self) {
        drop(self.child.stdin.take());
    }

    /// Sends it a signal; it must still run.
    pub fn signal(&mut self, signal: Signal) {
        // Once waited for, its number may be another's.
        assert!(self.is_running(), "{} ended: {}", self.shown, self.stderr());
        let id = i32::try_from(self.child.id()).unwrap();
        kill_process(Pid::from_raw(id).unwrap(), signal).unwrap();
    }

    /// Whether it still runs.
    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Waits for its end, within a bound; what it wrote is complete.
    pub fn finish(mut self) -> Output {
        drop(self.child.stdin.take());
        let shown = self.shown.clone();
        let status = within(LIMIT, &shown, || self.child.try_wait().unwrap());
        Output {
            status,
            stdout: self.out.rest(),
            stderr: self.err.rest(),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn line_with(said: &str, text: &str) -> Option<String> {
    // The last piece is not a whole line yet, or empty.
    let (whole, _) = said.rsplit_once('\n')?;
    let found = whole.lines().find(|line| line.contains(text));
    found.map(String::from)
}

impl Said {
    fn collect(mut pipe: impl Read + Send + 'static) -> Self {
        let bytes = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&bytes);
        let reader = thread::spawn(move || {
            let mut buffer = [0; 1 << 14];
            while let Ok(count @ 1..) = pipe.read(&mut buffer) {
                kept.lock().unwrap().extend_from_slice(&buffer[..count]);
            }
        });
        Self {
            bytes,
            reader: Some(reader),
        }
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes.lock().unwrap()).into_owned()
    }

    fn is_over(&self) -> bool {
        self.reader.as_ref().is_none_or(JoinHandle::is_finished)
    }

    fn rest(&mut self) -> Vec<u8> {
        if let Some(reader) = self.reader.take() {
            reader.join().unwrap();
        }
        std::mem::take(&mut self.bytes.lock().unwrap())
    }
}
