//! The progress bar: on a terminal only, and it only watches.

use std::fmt::Display;
use std::io::{self, IsTerminal};
use std::sync::LazyLock;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::JoinHandle;
use std::time::Duration;

use client::Session;
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

/// How often the bar looks.
const INTERVAL: Duration = Duration::from_millis(100);

/// Every bar, one below the other.
static BARS: LazyLock<MultiProgress> = LazyLock::new(MultiProgress::new);

/// Writes a line to stderr, above the bars.
pub(super) fn tell(line: impl Display) {
    BARS.suspend(|| message!("{line}"));
}

/// A bar that follows how far a transfer has come, until it is dropped.
pub(super) struct Progress {
    end: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Progress {
    /// Follows the session's next transfer, which begins at byte `from` of `total`, if that is
    /// known. Without a terminal on stderr, nothing.
    pub(super) fn of(name: &str, session: &Session, from: u64, total: Option<u64>) -> Option<Self> {
        if !io::stderr().is_terminal() {
            return None;
        }
        let moved = session.progress();
        let template = match total {
            Some(_) => "{msg} {bar:30} {bytes}/{total_bytes} {bytes_per_sec} {eta}",
            None => "{msg} {spinner} {bytes} {bytes_per_sec}",
        };
        let style = ProgressStyle::with_template(template).ok()?;
        let bar = match total {
            Some(total) => ProgressBar::new(total),
            None => ProgressBar::new_spinner(),
        };
        // First of all: alone it would draw itself, and nobody would take that away again.
        let bar = BARS.add(bar);
        bar.set_style(style);
        bar.set_message(name.to_owned());
        let (end, ended) = mpsc::channel();
        let thread = std::thread::spawn(move || {
            while ended.recv_timeout(INTERVAL) == Err(RecvTimeoutError::Timeout) {
                bar.set_position(from + moved.load(Ordering::Relaxed));
            }
            bar.finish_and_clear();
            BARS.remove(&bar);
        });
        Some(Self {
            end: Some(end),
            thread: Some(thread),
        })
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.end.take();
        if let Some(thread) = self.thread.take() {
            // A bar that broke hinders nothing.
            let _ = thread.join();
        }
    }
}
