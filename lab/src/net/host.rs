//! A host: one network namespace, and one thread that lives in it.
#![allow(unsafe_code)]

use std::fs::File;
use std::future::Future;
use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::mpsc as std_mpsc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rustix::thread::{CpuSet, UnshareFlags};
use tokio::sync::{mpsc, oneshot};
use tokio::task::LocalSet;

use super::{HostError, Task};

/// How long a host that is dropped may take to leave what it is doing.
const FAREWELL: Duration = Duration::from_secs(1);

/// How long the kernel may take to make a network namespace.
const START: Duration = Duration::from_secs(10);

type Job = Box<dyn FnOnce() + Send>;

/// A network namespace with a thread of its own, on which a tokio runtime runs the host's
/// tasks one at a time. Sockets that a task opens belong to the namespace wherever they go;
/// so do threads and processes that it starts.
#[derive(Debug)]
pub struct Host {
    name: Arc<str>,
    namespace: OwnedFd,
    jobs: Option<mpsc::UnboundedSender<Job>>,
    thread: Option<JoinHandle<()>>,
    /// Says nothing, and closes when the thread is about to end.
    ended: std::sync::Mutex<std_mpsc::Receiver<()>>,
}

impl Host {
    /// Starts the thread and gives it a new, empty network namespace.
    ///
    /// # Errors
    /// When the kernel refuses the namespace, the thread, or the CPU.
    pub(super) fn start(name: &str, cpu: Option<usize>) -> io::Result<Self> {
        let (jobs, queue) = mpsc::unbounded_channel();
        let (report, reported) = std_mpsc::channel();
        let (alive, ended) = std_mpsc::channel();
        let thread = thread::Builder::new()
            .name(format!("host {name}"))
            .spawn(move || {
                let _alive: std_mpsc::Sender<()> = alive;
                match settle(cpu) {
                    Ok((namespace, runtime)) => {
                        // The starter waits for this; if it is gone, so is the queue's sender.
                        let _ = report.send(Ok(namespace));
                        live(&runtime, queue);
                        runtime.shutdown_timeout(FAREWELL);
                    }
                    Err(error) => {
                        let _ = report.send(Err(error));
                    }
                }
            })?;
        let namespace = reported
            .recv_timeout(START)
            .map_err(|_| io::Error::other(format!("no network namespace within {START:?}")))??;
        Ok(Self {
            name: name.into(),
            namespace,
            jobs: Some(jobs),
            thread: Some(thread),
            ended: std::sync::Mutex::new(ended),
        })
    }

    /// Its name in the plan.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its network namespace, as `/proc/…/ns/net` gives it.
    pub(super) fn namespace(&self) -> &OwnedFd {
        &self.namespace
    }

    /// Starts a task: `make` is called on the host's thread, and the future that it returns
    /// runs there, so it need not be `Send`. A panic in either becomes an error.
    pub fn spawn<F, Fut, T>(&self, make: F) -> Task<T>
    where
        F: FnOnce() -> Fut + Send + 'static,
        Fut: Future<Output = T> + 'static,
        T: Send + 'static,
    {
        let (report, outcome) = oneshot::channel();
        let (abort, aborted) = oneshot::channel();
        let host = Arc::clone(&self.name);
        let job = Box::new(move || {
            tokio::task::spawn_local(async move {
                let mut task = tokio::task::spawn_local(async move { make().await });
                let asked = async {
                    // A handle that was dropped unasked closes the channel: the task goes on.
                    if aborted.await.is_err() {
                        std::future::pending::<()>().await;
                    }
                };
                let result = tokio::select! {
                    result = &mut task => result,
                    () = asked => {
                        task.abort();
                        task.await
                    }
                };
                // Nobody may be waiting any more.
                let _ = report.send(result.map_err(|error| HostError::from_join(&host, error)));
            });
        });
        if let Some(jobs) = &self.jobs {
            // When the thread has ended the job is dropped, and the task says that it has.
            let _ = jobs.send(job);
        }
        Task::new(Arc::clone(&self.name), outcome, abort)
    }

    /// Runs a task and blocks until it is done, at most `limit`: [`Host::spawn`] and
    /// [`Task::wait`].
    ///
    /// # Errors
    /// As [`Task::wait`].
    pub fn run<F, Fut, T>(&self, limit: Duration, make: F) -> Result<T, HostError>
    where
        F: FnOnce() -> Fut + Send + 'static,
        Fut: Future<Output = T> + 'static,
        T: Send + 'static,
    {
        self.spawn(make).wait(limit)
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        // The thread ends when its queue closes, unless a task blocks it: then it is left
        // behind, and the namespace goes with the process.
        self.jobs = None;
        let ended = self
            .ended
            .get_mut()
            .map(|ended| ended.recv_timeout(2 * FAREWELL));
        let timed_out = matches!(ended, Ok(Err(std_mpsc::RecvTimeoutError::Timeout)));
        if let Some(thread) = self.thread.take()
            && !timed_out
        {
            // It has said all that it had to say.
            let _ = thread.join();
        }
    }
}

/// Moves the calling thread into a new network namespace, and to `cpu` if one is given.
fn settle(cpu: Option<usize>) -> io::Result<(OwnedFd, tokio::runtime::Runtime)> {
    // SAFETY: only FILES makes unshare unsafe, by hiding descriptors from other threads.
    unsafe { rustix::thread::unshare_unsafe(UnshareFlags::NEWNET)? };
    if let Some(cpu) = cpu {
        take_turns(cpu)?;
    }
    let namespace = File::open("/proc/thread-self/ns/net")?.into();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    Ok((namespace, runtime))
}

/// Makes the calling thread one of those that share `cpu` and do not interrupt each other.
fn take_turns(cpu: usize) -> io::Result<()> {
    let mut only = CpuSet::new();
    only.set(cpu);
    rustix::thread::sched_setaffinity(None, &only)?;
    // A packet that arrives wakes its receiver. Of two batch threads the sender then goes on
    // until it waits for something, where otherwise chance decides which of the two runs.
    let policy = libc::sched_param { sched_priority: 0 };
    // SAFETY: the parameters are read during the call; thread 0 is the calling one.
    if unsafe { libc::sched_setscheduler(0, libc::SCHED_BATCH, &raw const policy) } < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}

/// Runs what comes through the queue until it closes.
fn live(runtime: &tokio::runtime::Runtime, mut queue: mpsc::UnboundedReceiver<Job>) {
    let tasks = LocalSet::new();
    tasks.block_on(runtime, async {
        while let Some(job) = queue.recv().await {
            job();
        }
    });
}

/// The first CPU that the process may use.
pub(super) fn first_cpu() -> io::Result<usize> {
    let allowed = rustix::thread::sched_getaffinity(None)?;
    (0..CpuSet::MAX_CPU)
        .find(|cpu| allowed.is_set(*cpu))
        .ok_or_else(|| io::Error::other("the process may use no CPU"))
}
