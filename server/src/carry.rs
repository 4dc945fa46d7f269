//! One transfer as the client sees it: 150, the data, 226; raced against the control
//! connection, so that ABOR and STAT are heard (RFC 959 §4.1.3).

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use proto::Command;
use tokio::net::TcpStream;
use tokio::task::yield_now;
use tokio::time::timeout;
use tokio_util::task::AbortOnDropHandle;
use tracing::debug;

use crate::account::Secret;
use crate::answer::Answer;
use crate::control::{Ended, Heard};
use crate::data::{DataPort, Opener};
use crate::elsewhere::{self, Elsewhere};
use crate::farewell;
use crate::linger::let_go;
use crate::listing::now;
use crate::secure_transfer::SecureMover;
use crate::session::{Login, Session};
use crate::transfer::{Job, Mover, Progress, TransferError};
use crate::upload::Upload;
use crate::xferlog::{Outcome, Transfer};

/// How many commands may wait for the end of a transfer before we stop listening.
const MAX_QUEUE: usize = 16;

/// How long 226 waits for the client to close the data connection of a small download that
/// follows REST. aria2, which sends REST before every download, never sees a 226 that it read
/// together with the 150: it must have taken the data before.
const TAKEN_AFTER_REST: Duration = Duration::from_millis(50);

impl Session {
    /// Answers `opening`, opens the data connection, does the job and says how it went. In a
    /// box, so that a session that transfers nothing needs no room for it.
    pub(crate) async fn carry(&mut self, opening: Answer<'_>, job: Job) -> Result<(), Ended> {
        Box::pin(self.carry_out(opening, job)).await
    }

    async fn carry_out(&mut self, opening: Answer<'_>, job: Job) -> Result<(), Ended> {
        let logged = self.logged.take();
        let mut port = std::mem::take(&mut self.data_port);
        if matches!(port, DataPort::Unset) {
            return self.reply(Answer::PortOrPasvFirst).await;
        }
        let tls = match &self.config.tls {
            Some(tls) if self.protection.is_private() => Some(tls.clone()),
            _ if self.config.require_tls => return self.reply(Answer::DataTlsRequired).await,
            _ => None,
        };
        let opener = Opener {
            session: self.control.session,
            local: self.control.local,
            peer: self.control.peer.ip(),
            source: self.config.active_source,
            dialler: self.config.dialler.clone(),
            timeout: self.config.data_timeout,
        };
        let says_starting = self
            .control
            .persona()
            .is_some_and(|(persona, _)| persona.has_transfer_starting());
        // Before it is said, so that the data follows without delay. Where every run is to be like
        // the last, the order of the two is not left to chance.
        if says_starting || self.config.await_peer_close.is_none() {
            port = port.accept_ready(&opener);
        }
        if says_starting && matches!(port, DataPort::Accepted(..)) {
            self.reply(Answer::TransferStarting).await?;
        } else {
            self.reply(opening).await?;
        }
        let begun = Instant::now();
        let stall = self.config.data_timeout;
        let after_rest = std::mem::take(&mut self.follows_rest) && job.is_small_download();
        let await_peer_close = self
            .config
            .await_peer_close
            .or(after_rest.then_some(TAKEN_AFTER_REST));
        let progress = Arc::new(Progress::new(self.control.session));
        let moved = &progress.moved;
        let transfers = self
            .config
            .transfers
            .as_ref()
            .filter(|_| job.is_long() && await_peer_close.is_none())
            .cloned();
        let (mut socket, mut stream, mut elsewhere) = (None, None, None);
        let is_download = !matches!(job, Job::Receive { .. });
        let mut lingering = std::mem::take(&mut self.lingering);
        let mut place = None;
        // Nobody waits for it to be closed.
        let mut done_with = None;

        let raced = {
            let work = async {
                let opened = port.open(&opener).await?;
                let mut job = job;
                if tls.is_none() && await_peer_close.is_none() {
                    match job.done_at_once(&opened, moved)? {
                        Ok(file) => {
                            (socket, done_with) = (Some(opened), Some(file));
                            return Ok(None);
                        }
                        Err(rest) => job = rest,
                    }
                }
                drop(std::mem::take(&mut port));
                if is_download {
                    place = lingering.place().await;
                }
                if let Some(transfers) = &transfers {
                    let there = opened.try_clone().map_err(TransferError::Open)?;
                    socket = Some(opened);
                    let work = Elsewhere {
                        socket: there,
                        tls: tls.clone(),
                        stall,
                        progress: progress.clone(),
                    };
                    let task = transfers.spawn(work.run(job));
                    let task = elsewhere.insert(AbortOnDropHandle::new(task));
                    return elsewhere::ended(task.await);
                }
                let opened = TcpStream::from_std(opened).map_err(TransferError::Open)?;
                let stream = stream.insert(opened);
                let secured = match &tls {
                    Some(tls) => {
                        let mover = SecureMover {
                            tls,
                            stall,
                            progress: &progress,
                        };
                        // Boxed: a session without TLS does not carry its room about.
                        Ok(Box::pin(mover.run(stream, job)).await?)
                    }
                    None => Err(job),
                };
                let mover = Mover {
                    stream,
                    stall,
                    moved,
                };
                let upload = match secured {
                    Ok(upload) => upload,
                    Err(job) => mover.run(job).await?,
                };
                progress.tell_closed();
                if let (None, Some(wait)) = (&upload, await_peer_close) {
                    mover.close_first(wait).await;
                }
                Ok(upload)
            };
            self.race(work, moved).await?
        };

        self.lingering = lingering;

        // Closed before the last reply: a client may take the reply for the end of the data.
        let interrupted = matches!(raced, Raced::Aborted);
        let aborted = interrupted || (is_download && raced.is_stalled());
        if let Some(stream) = stream {
            if aborted {
                // What the kernel still holds is not sent any more.
                let _ = stream.set_zero_linger();
            }
            progress.tell_closed();
            if tls.is_some() && raced.is_carried() {
                farewell::close(stream, stall);
            } else if is_download && !aborted {
                if let Ok(socket) = stream.into_std() {
                    let_go(socket, moved, stall, place.take());
                }
            } else {
                drop(stream);
            }
        }
        if let Some(socket) = socket {
            if aborted {
                // Resets it, and wakes a thread that waits in it.
                let _ = rustix::net::connect_unspec(&socket);
                if let Some(task) = elsewhere.filter(|_| interrupted) {
                    // It holds the connection and the file too, and lets go at its next wait.
                    task.abort();
                    let _ = task.await;
                }
            }
            progress.tell_closed();
            if is_download && !aborted {
                let_go(socket, moved, stall, place.take());
            } else {
                drop(socket);
            }
        }
        drop(place);
        let answer = self.conclude(raced, begun.elapsed()).await;
        if let Some(transfer) = logged {
            let complete = matches!(answer, Answer::Transferred);
            self.record(&transfer, begun, moved.load(Ordering::Relaxed), complete);
        }
        self.reply(answer).await?;
        drop(done_with);
        Ok(())
    }

    fn record(&self, transfer: &Transfer, begun: Instant, size: u64, complete: bool) {
        let (Some(log), Login::In(account)) = (&self.config.xferlog, &self.login) else {
            return;
        };
        log.record(
            transfer,
            &Outcome {
                now: now(),
                took: begun.elapsed(),
                host: &self.control.peer.ip().to_string(),
                size,
                user: &account.name,
                anonymous: matches!(account.secret, Secret::Anonymous),
                complete,
            },
        );
    }

    /// Lets the work go on until it ends or the client aborts it.
    async fn race(
        &mut self,
        work: impl Future<Output = Result<Option<Upload>, TransferError>>,
        moved: &AtomicU64,
    ) -> Result<Raced, Ended> {
        let mut work = std::pin::pin!(work);
        let mut hung_up = false;
        loop {
            let listens = !hung_up && self.queue.len() < MAX_QUEUE;
            let heard = tokio::select! {
                biased;
                result = &mut work => return Ok(Raced::Done(result)),
                heard = self.control.hear(), if listens => heard,
            };
            match heard {
                Ok(Heard::Command(Command::Abor)) => {
                    // Its own answer comes in its turn, after what was sent before it.
                    let abor = Heard::Command(Command::Abor);
                    self.queue.push_back((self.control.heard, abor));
                    return Ok(Raced::Aborted);
                }
                Ok(Heard::Command(Command::Stat(None))) => {
                    let bytes = moved.load(Ordering::Relaxed);
                    let (stat, transfer) = (self.control.heard, self.control.answering);
                    self.control.answering = stat;
                    self.reply(Answer::TransferStatus(bytes)).await?;
                    self.control.answering = transfer;
                }
                Ok(other) => self.queue.push_back((self.control.heard, other)),
                // With QUIT the client said that it waits for the end of the transfer; without it
                // the end of the connection is ABOR as well (RFC 959 §4.1.1, QUIT).
                Err(Ended::ClosedByPeer) if self.quits() => hung_up = true,
                Err(Ended::ClosedByPeer) => return Ok(Raced::Aborted),
                Err(ended) => return Err(ended),
            }
        }
    }

    /// Whether QUIT is among the commands that wait.
    fn quits(&self) -> bool {
        let mut waiting = self.queue.iter();
        waiting.any(|(_, heard)| matches!(heard, Heard::Command(Command::Quit)))
    }

    /// Whether a client that closed its side sent QUIT before: then it said that it waits, and the
    /// end of the data is the end of the file. Not when the connection was reset: that is how a
    /// client dies that has replies to read.
    async fn waits_behind_quit(&mut self) -> bool {
        /// The end is there; but under TLS, something may have to be sent before it is read.
        const LONGEST: Duration = Duration::from_millis(250);
        let hear = async {
            while !self.quits() && self.queue.len() < MAX_QUEUE {
                let Ok(heard) = self.control.hear().await else {
                    break;
                };
                self.queue.push_back((self.control.heard, heard));
            }
        };
        // What came until then counts.
        let _ = timeout(LONGEST, hear).await;
        self.quits() && !self.control.is_reset()
    }

    /// Whether the client died in an upload that took so long, after it had sent nothing for the
    /// time of `silence`. The end of the data is the end of the file, but also what a client that
    /// died leaves behind; one that is gone from both connections did not mean it. A kernel
    /// closes them for it one by one, often the data connection first: so the end of the other
    /// is waited for, twice as long as the silence was, so that many small files, each sent in
    /// one go, are not held up. Under TLS nothing is waited for: `close_notify` was the proof.
    async fn is_client_gone(&self, took: Duration, silence: Duration) -> bool {
        /// What a kernel needs between two steps of one process.
        const SHORTEST: Duration = Duration::from_millis(2);
        /// What a busy machine may let pass between them.
        const LONGEST: Duration = Duration::from_millis(250);
        if self.protection.is_private() {
            return self.control.is_closed_by_peer();
        }
        let mut wait = silence.saturating_mul(2).min(LONGEST);
        if took >= 3 * SHORTEST {
            wait = wait.max(SHORTEST);
        }
        if wait < SHORTEST {
            yield_now().await;
            return self.control.is_closed_by_peer();
        }
        self.control.closes_within(wait).await
    }

    /// Finishes an upload, and says what the client is told.
    async fn conclude(&mut self, raced: Raced, took: Duration) -> Answer<'static> {
        let result = match raced {
            Raced::Aborted => return Answer::Aborted,
            Raced::Done(result) => result,
        };
        let upload = match result {
            Ok(None) => return Answer::Transferred,
            Ok(Some(upload)) => upload,
            Err(error) => {
                debug!(
                    target: "ftplab::server",
                    session = self.control.session,
                    %error,
                    "transfer failed"
                );
                return error.answer();
            }
        };
        if self.is_client_gone(took, upload.silence).await && !self.waits_behind_quit().await {
            drop(upload);
            return Answer::UploadCut;
        }
        match upload.finish() {
            Ok(()) => Answer::Transferred,
            Err(error) => TransferError::Write(error).answer(),
        }
    }
}

/// How the race ended.
#[derive(Debug)]
enum Raced {
    /// The work ended.
    Done(Result<Option<Upload>, TransferError>),
    /// ABOR, or the end of the control connection.
    Aborted,
}

impl Raced {
    /// Whether the client took nothing for too long.
    const fn is_stalled(&self) -> bool {
        matches!(self, Self::Done(Err(TransferError::Stalled)))
    }

    /// Whether all was carried, to the closing of our side.
    const fn is_carried(&self) -> bool {
        matches!(self, Self::Done(Ok(_)))
    }
}
