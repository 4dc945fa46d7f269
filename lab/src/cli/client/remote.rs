//! A session that is made anew when it breaks, and what Ctrl-C does to it.

use std::pin::pin;
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use client::{Aborter, ClientError, FtpUrl, Options, Session};

use super::fix::{Asked, fix};
use super::how::{Credentials, How};
use super::progress::tell;
use super::shown;
use crate::Failure;
use crate::cli::{runtime, serve};

/// The longest pause before a retry, as a multiple of the first.
const MAX_BACK_OFF: u32 = 32;

/// Runs a command of the client. The first Ctrl-C aborts a transfer with ABOR, so that the server
/// knows; without one, or the second time, everything is dropped. Either way the program ends with
/// exit code 130, or 143 after SIGTERM, whatever was done by then.
pub(super) fn run<T>(
    how: &How,
    act: impl AsyncFnOnce(&mut Remotes<'_>) -> Result<T, Failure>,
) -> Result<T, Failure> {
    shown::log(how.verbose);
    let transfer = Stop::default();
    let mut remotes = Remotes {
        how,
        stop: transfer.clone(),
        current: None,
    };
    let runtime = runtime()?;
    let done = runtime.block_on(async {
        let acting = async {
            let done = act(&mut remotes).await?;
            remotes.quit().await;
            Ok(done)
        };
        transfer
            .interruptible(acting, serve::asked_to_end)
            .await
            .unwrap_or_else(|| Err(Failure::failed("interrupted")))
    });
    // A name server that does not answer keeps nobody here.
    runtime.shutdown_background();
    match transfer.signal() {
        Some(signal) => Err(interrupted(done.as_ref().err(), signal)),
        None => done,
    }
}

/// One of several sessions cannot go on.
pub(super) fn tell_lost(why: &str) {
    tell(format_args!(
        "ftplab: a session is lost, the others go on: {why}"
    ));
}

/// What a command that a signal ended says.
pub(super) fn interrupted(failure: Option<&Failure>, signal: i32) -> Failure {
    // It was all done when Ctrl-C came; but who pressed it does not want what would come next.
    let said = failure.map_or("interrupted", Failure::message);
    Failure::interrupted(said, signal)
}

/// What stops the transfers of the sessions that are open.
#[derive(Clone, Default)]
pub(super) struct Stop {
    aborters: Arc<Mutex<Vec<Aborter>>>,
    /// The signal that has come; 0 for none.
    asked: Arc<AtomicI32>,
}

impl Stop {
    pub(super) fn watch(&self, session: &Session) {
        let mut aborters = self.aborters.lock().unwrap_or_else(PoisonError::into_inner);
        aborters.retain(|aborter| !aborter.is_orphan());
        aborters.push(session.aborter());
    }

    /// Runs `act` to its end, or to the signal that drops it: `None`. `signal` waits for one.
    pub(super) async fn interruptible<T>(
        &self,
        act: impl Future<Output = T>,
        signal: impl AsyncFn() -> i32,
    ) -> Option<T> {
        self.forget();
        let mut act = pin!(act);
        let mut first = true;
        loop {
            tokio::select! {
                biased;
                done = &mut act => return Some(done),
                signal = signal() => {
                    self.ask(signal);
                    if !(first && self.abort()) {
                        return None;
                    }
                    first = false;
                }
            }
        }
    }

    /// A signal has come, to a program that we waited for.
    pub(super) fn ask(&self, signal: i32) {
        self.asked.store(signal, Ordering::Relaxed);
    }

    /// Whether a signal has come.
    pub(super) fn asked(&self) -> bool {
        self.signal().is_some()
    }

    /// The signal that has come, if one has.
    pub(super) fn signal(&self) -> Option<i32> {
        Some(self.asked.load(Ordering::Relaxed)).filter(|signal| *signal != 0)
    }

    /// What was asked of an earlier command is not this one's.
    fn forget(&self) {
        self.asked.store(0, Ordering::Relaxed);
        let aborters = self.aborters.lock().unwrap_or_else(PoisonError::into_inner);
        for aborter in aborters.iter() {
            aborter.forget();
        }
    }

    fn abort(&self) -> bool {
        let aborters = self.aborters.lock().unwrap_or_else(PoisonError::into_inner);
        // Each of them, so no `any`.
        aborters.iter().filter(|aborter| aborter.abort()).count() > 0
    }
}

/// The servers of one command; one session at a time.
pub(super) struct Remotes<'a> {
    how: &'a How,
    stop: Stop,
    current: Option<Remote>,
}

impl Remotes<'_> {
    /// The session for `url`: the last one, if it is with the same server as the same user.
    pub(super) async fn at(&mut self, url: &FtpUrl) -> Result<&mut Remote, Failure> {
        let same = self.current.as_ref().is_some_and(|remote| {
            let there = &remote.url;
            (&there.host, there.port, there.implicit_tls) == (&url.host, url.port, url.implicit_tls)
                && (&there.user, &there.password) == (&url.user, &url.password)
        });
        if !same {
            self.quit().await;
        }
        match &mut self.current {
            Some(remote) => Ok(remote),
            current => Ok(current.insert(Remote {
                options: self.how.options(url)?,
                credentials: self.how.credentials(url)?,
                url: url.clone(),
                how: self.how.clone(),
                stop: self.stop.clone(),
                session: None,
                was_there: false,
                gave_up: false,
            })),
        }
    }

    async fn quit(&mut self) {
        if let Some(remote) = self.current.take() {
            remote.quit().await;
        }
    }
}

/// A server, as one user.
pub(super) struct Remote {
    url: FtpUrl,
    how: How,
    options: Options,
    credentials: Credentials,
    stop: Stop,
    session: Option<Session>,
    /// Whether a login has succeeded: until then, what fails is more likely wrong than broken.
    was_there: bool,
    /// Whether the last thing failed for want of a connection, or was interrupted.
    gave_up: bool,
}

impl Remote {
    /// The same server as the same user, for a session at the same time.
    fn twin(&self) -> Self {
        Self {
            url: self.url.clone(),
            how: self.how.clone(),
            options: self.options.clone(),
            credentials: self.credentials.clone(),
            stop: self.stop.clone(),
            session: None,
            was_there: false,
            gave_up: false,
        }
    }

    /// Whether the server let us in at least once.
    pub(super) const fn was_there(&self) -> bool {
        self.was_there
    }

    /// Whether the user wants no more.
    pub(super) fn interrupted(&self) -> bool {
        self.stop.asked()
    }

    /// Whether there is no use in trying more: the connection is lost, or the user interrupted.
    pub(super) fn gave_up(&self) -> bool {
        self.gave_up || self.stop.asked()
    }

    /// So many sessions more, to work beside this one; fewer when the server has no room for
    /// them.
    pub(super) async fn helpers(&mut self, count: usize) -> Result<Vec<Session>, Failure> {
        let twins = self.twins(count).await?;
        Ok(twins.into_iter().filter_map(|twin| twin.session).collect())
    }

    /// The same, each of which can be made anew.
    pub(super) async fn twins(&mut self, count: usize) -> Result<Vec<Self>, Failure> {
        let mut twins = Vec::new();
        if count > 0 {
            // What is wrong with all of them is said of the first.
            self.once(async |_| Ok(())).await?;
        }
        while twins.len() < count {
            let mut twin = self.twin();
            match twin.session().await {
                Ok(_) => twins.push(twin),
                Err(error @ ClientError::Aborted) => return Err(self.given_up(&error)),
                Err(error) => {
                    let open = twins.len() + 1;
                    let why = shown::error(&error);
                    message!("ftplab: {open} of {} sessions: {why}", count + 1);
                    break;
                }
            }
        }
        Ok(twins)
    }

    /// Says goodbye.
    pub(super) async fn quit(self) {
        if let Some(session) = self.session {
            // The work is done: a server that is rude at the end changes nothing.
            let _ = session.quit().await;
        }
    }

    /// Does something that must not be done twice.
    pub(super) async fn once<T>(
        &mut self,
        act: impl AsyncFnOnce(&mut Session) -> Result<T, ClientError>,
    ) -> Result<T, Failure> {
        let done = match self.session().await {
            Ok(session) => act(session).await,
            Err(error) => Err(error),
        };
        done.map_err(|error| self.given_up(&error))
    }

    fn given_up(&mut self, error: &ClientError) -> Failure {
        self.gave_up = error.is_transient() || matches!(error, ClientError::Aborted);
        self.failure(error)
    }

    /// Does something, and again over a new connection when this one breaks.
    pub(super) async fn retrying<T>(
        &mut self,
        mut act: impl AsyncFnMut(&mut Session) -> Result<T, ClientError>,
    ) -> Result<T, Failure> {
        let mut pause = self.how.retry_wait;
        for attempt in 0.. {
            let done = match self.session().await {
                Ok(session) => act(session).await,
                Err(error) => Err(error),
            };
            let error = match done {
                Ok(done) => return Ok(done),
                Err(error) => error,
            };
            if !error.is_transient() || !self.was_there || attempt >= self.how.retries {
                return Err(self.given_up(&error));
            }
            self.session = None;
            message!(
                "ftplab: {}; trying again in {}",
                shown::error(&error),
                tracer::span(pause)
            );
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(self.how.retry_wait * MAX_BACK_OFF);
        }
        Err(Failure::failed("it was tried too often"))
    }

    /// As [`retrying`](Self::retrying) if it is `safe`, else as [`once`](Self::once).
    pub(super) async fn retrying_if<T>(
        &mut self,
        safe: bool,
        mut act: impl AsyncFnMut(&mut Session) -> Result<T, ClientError>,
    ) -> Result<T, Failure> {
        if safe {
            self.retrying(act).await
        } else {
            self.once(async |session| act(session).await).await
        }
    }

    async fn session(&mut self) -> Result<&mut Session, ClientError> {
        // A session that broke in that moment could not answer.
        if self.stop.asked() {
            return Err(ClientError::Aborted);
        }
        match &mut self.session {
            Some(session) => Ok(session),
            none => {
                let address = (self.url.host.as_str(), self.url.port);
                let mut session = Session::connect(address, self.options.clone()).await?;
                let Credentials { user, password } = &self.credentials;
                session.login(user, password).await?;
                self.stop.watch(&session);
                self.was_there = true;
                Ok(none.insert(session))
            }
        }
    }

    pub(super) fn failure(&self, error: &ClientError) -> Failure {
        failure(
            &self.url,
            self.how.asked(&self.url, &self.credentials.user),
            error,
        )
    }
}

/// What the user is told of an error, and of the way out.
pub(super) fn failure(url: &FtpUrl, asked: Asked, error: &ClientError) -> Failure {
    let FtpUrl { host, port, .. } = url;
    match error {
        // Who read the output has enough.
        ClientError::Local(error) if error.kind() == std::io::ErrorKind::BrokenPipe => {
            Failure::output(error)
        }
        // What is wrong is here, not there.
        ClientError::LocalFile { .. } | ClientError::Local(_) | ClientError::Aborted => {
            Failure::failed(shown::error(error))
        }
        _ => {
            let fix = fix(error, asked).map(|fix| format!("\n  fix: {fix}"));
            let fix = fix.unwrap_or_default();
            Failure::failed(format!("{host}:{port}: {}{fix}", shown::error(error)))
        }
    }
}
