//! What a host's task came to, awaited or waited for.

use std::any::Any;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use thiserror::Error;
use tokio::sync::oneshot;

/// Longer waits cannot be added to an `Instant` on every machine.
const LONGEST: Duration = Duration::from_hours(24 * 365);

/// A task that runs on a [`Host`](super::Host). Awaiting it gives what it returned; dropping it
/// leaves it running until the host goes.
#[derive(Debug)]
pub struct Task<T> {
    host: Arc<str>,
    outcome: oneshot::Receiver<Result<T, HostError>>,
    abort: Option<oneshot::Sender<()>>,
}

impl<T> Task<T> {
    pub(super) fn new(
        host: Arc<str>,
        outcome: oneshot::Receiver<Result<T, HostError>>,
        abort: oneshot::Sender<()>,
    ) -> Self {
        Self {
            host,
            outcome,
            abort: Some(abort),
        }
    }

    /// Asks the task to end at its next await. Awaiting it then gives [`HostError::Aborted`],
    /// unless it was done already.
    pub fn abort(&mut self) {
        if let Some(abort) = self.abort.take() {
            // The task may be done, and nobody listening.
            let _ = abort.send(());
        }
    }

    /// Blocks the calling thread until the task is done, at most `limit` (or a year); then
    /// aborts it.
    /// Must not be called on the host's own thread, which could then never run the task.
    ///
    /// # Errors
    /// When the time is over, and when the task panicked, was aborted, or its host went.
    pub fn wait(mut self, limit: Duration) -> Result<T, HostError> {
        match block_on(&mut self, Instant::now() + limit.min(LONGEST)) {
            Some(outcome) => outcome,
            None => Err(self.give_up(limit)),
        }
    }

    /// Awaits the task on the caller's runtime, at most `limit`; then aborts it.
    ///
    /// # Errors
    /// As [`Task::wait`].
    pub async fn within(mut self, limit: Duration) -> Result<T, HostError> {
        match tokio::time::timeout(limit, &mut self).await {
            Ok(outcome) => outcome,
            Err(_) => Err(self.give_up(limit)),
        }
    }

    fn give_up(&mut self, limit: Duration) -> HostError {
        self.abort();
        HostError::TimedOut {
            host: self.host.to_string(),
            limit,
        }
    }
}

impl<T> Future for Task<T> {
    type Output = Result<T, HostError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        pin!(&mut self.outcome).poll(context).map(|received| {
            received.unwrap_or_else(|_| {
                Err(HostError::Gone {
                    host: self.host.to_string(),
                })
            })
        })
    }
}

/// Why a task on a host gave no result.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum HostError {
    /// It was not done in time.
    #[error("host {host}: not done within {limit:?}")]
    TimedOut {
        /// The host.
        host: String,
        /// The time that it had.
        limit: Duration,
    },
    /// It panicked.
    #[error("host {host}: a task panicked: {message}")]
    Panicked {
        /// The host.
        host: String,
        /// What it said.
        message: String,
    },
    /// It was aborted.
    #[error("host {host}: a task was aborted")]
    Aborted {
        /// The host.
        host: String,
    },
    /// The host's thread has ended.
    #[error("host {host}: the host has gone")]
    Gone {
        /// The host.
        host: String,
    },
}

impl HostError {
    pub(super) fn from_join(host: &str, error: tokio::task::JoinError) -> Self {
        let host = host.to_owned();
        match error.try_into_panic() {
            Ok(panic) => Self::Panicked {
                host,
                message: panic_message(&*panic),
            },
            Err(_) => Self::Aborted { host },
        }
    }
}

fn panic_message(panic: &(dyn Any + Send)) -> String {
    panic
        .downcast_ref::<&str>()
        .map(|message| (*message).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "without a message".to_owned())
}

/// Polls the future on this thread until it is ready or the deadline has passed. It needs no
/// runtime, so it works on a thread that has none as well as on one that must not nest another.
fn block_on<F: Future + Unpin>(future: &mut F, deadline: Instant) -> Option<F::Output> {
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut context = Context::from_waker(&waker);
    loop {
        if let Poll::Ready(output) = Pin::new(&mut *future).poll(&mut context) {
            return Some(output);
        }
        let left = deadline.checked_duration_since(Instant::now())?;
        if left.is_zero() {
            return None;
        }
        thread::park_timeout(left);
    }
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}
