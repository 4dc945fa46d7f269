//! One client's session: its state, and the loop of commands.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use proto::{Code, FactSet, TypeCode};
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

use crate::account::Account;
use crate::answer::Answer;
use crate::config::Config;
use crate::control::{Control, Ended, Heard};
use crate::data::DataPort;
use crate::linger::Lingering;
use crate::path::VirtualPath;
use crate::places::Place;
use crate::xferlog::Transfer;

/// When data is encrypted and a transfer was refused, the client has this long to read so; then
/// its data connection is closed. Perl's `Net::FTP` begins a handshake in it before it reads the
/// reply, and would wait for ours until its own time-out; others, such as basic-ftp, would take
/// the end of the data connection for the reason if it came before the reply. A client that tries
/// the same port again after that is told 425: PASV is asked for anew (RFC 1123 §4.1.2.6).
const REFUSAL_READ: Duration = Duration::from_millis(250);

/// Everything that one session knows. One task owns it.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) control: Control,
    pub(crate) config: Arc<Config>,
    pub(crate) shutdown: CancellationToken,
    pub(crate) login: Login,
    /// When a client that has not logged in is sent away.
    login_deadline: Instant,
    /// Wrong passwords so far; REIN does not forget them.
    pub(crate) failures: u32,
    pub(crate) directory: VirtualPath,
    pub(crate) data_port: DataPort,
    pub(crate) type_code: TypeCode,
    /// The offset of a REST that no transfer has used yet.
    pub(crate) restart: u64,
    /// Whether a transfer was refused whose data connection the client may have opened, and in
    /// which it may wait for a handshake.
    pub(crate) refused_transfer: bool,
    /// Whether the last command that a transfer looks back at was REST, be it REST 0.
    pub(crate) follows_rest: bool,
    /// The path of an RNFR, for the command right after it.
    pub(crate) rename_from: Option<VirtualPath>,
    pub(crate) facts: FactSet,
    /// EPSV ALL was sent: only EPSV may follow (RFC 2428 §4).
    pub(crate) epsv_only: bool,
    /// How data connections are protected (RFC 4217 §9).
    pub(crate) protection: Protection,
    /// The file that the next transfer moves, if it is to be logged.
    pub(crate) logged: Option<Box<Transfer>>,
    /// Downloads whose last bytes the client has not taken yet.
    pub(crate) lingering: Lingering,
    /// Commands that came during a transfer, to be carried out after it, and their numbers.
    pub(crate) queue: VecDeque<(u64, Heard)>,
}

/// How far the client has come in logging in.
#[derive(Clone, Debug)]
pub(crate) enum Login {
    Nobody,
    /// USER was sent; `None` when there is no such user, which PASS alone may reveal.
    Named(Option<Arc<Account>>),
    In(Arc<Account>),
}

/// How far PBSZ and PROT have come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protection {
    /// No PBSZ since AUTH: data is sent in the clear.
    None,
    /// PROT may follow; data is sent in the clear.
    SizeSet,
    /// AUTH SSL: data connections are TLS, without a PROT.
    Implied,
    /// PROT P: data connections are TLS.
    Private,
}

impl Protection {
    /// Whether data connections are TLS.
    pub(crate) const fn is_private(self) -> bool {
        matches!(self, Self::Implied | Self::Private)
    }
}

impl Session {
    pub(crate) fn new(
        mut control: Control,
        config: Arc<Config>,
        shutdown: CancellationToken,
    ) -> Self {
        if let Some(persona) = &config.persona {
            control.speak_like(persona);
        }
        Self {
            control,
            shutdown,
            login: Login::Nobody,
            login_deadline: Instant::now() + config.login_timeout,
            failures: 0,
            directory: VirtualPath::default(),
            data_port: DataPort::Unset,
            type_code: TypeCode::Ascii(proto::Format::NonPrint),
            restart: 0,
            follows_rest: false,
            refused_transfer: false,
            rename_from: None,
            facts: FactSet::ALL,
            epsv_only: false,
            protection: Protection::None,
            logged: None,
            lingering: Lingering::default(),
            queue: VecDeque::new(),
            config,
        }
    }

    /// Greets the client and carries out its commands until one side closes; then its place is
    /// free.
    // Not an `async fn`, which would have room for the session twice.
    #[allow(clippy::manual_async_fn)]
    pub(crate) fn run(mut self, place: Place) -> impl Future<Output = ()> + Send {
        async move {
            // Infallible: the loop ends only by an `Ended`.
            let Err(ended) = self.serve().await;
            self.control.close(&ended);
            drop(place);
        }
    }

    async fn serve(&mut self) -> Result<Infallible, Ended> {
        let config = Arc::clone(&self.config);
        self.control
            .reply(Answer::Greeting(&config.greeting))
            .await?;
        loop {
            self.control.answering = 0;
            let (number, heard) = self.next().await?;
            self.control.answering = number;
            self.act(heard).await?;
        }
    }

    /// The next command and its number, waited for no longer than the client may be silent.
    async fn next(&mut self) -> Result<(u64, Heard), Ended> {
        if let Some(heard) = self.queue.pop_front() {
            return Ok(heard);
        }
        if std::mem::take(&mut self.refused_transfer) {
            match timeout(REFUSAL_READ, self.control.hear()).await {
                Ok(heard) => return Ok((self.control.heard, heard?)),
                Err(_) => self.data_port = DataPort::Unset,
            }
        }
        let (limit, too_late) = self.patience();
        let farewell = tokio::select! {
            biased;
            heard = timeout(limit, self.control.hear()) => match heard {
                Ok(heard) => return Ok((self.control.heard, heard?)),
                Err(_) => too_late,
            },
            () = self.shutdown.cancelled() => Answer::ShuttingDown,
        };
        self.control.reply(farewell).await?;
        Err(Ended::Said)
    }

    fn patience(&self) -> (Duration, Answer<'static>) {
        let idle = self.config.idle_timeout;
        if matches!(self.login, Login::In(_)) {
            return (idle, Answer::Idle);
        }
        let left = self
            .login_deadline
            .saturating_duration_since(Instant::now());
        if left < idle {
            (left, Answer::LoginTooSlow)
        } else {
            (idle, Answer::Idle)
        }
    }

    async fn act(&mut self, heard: Heard) -> Result<(), Ended> {
        match heard {
            Heard::Command(command) => self.dispatch(command).await,
            Heard::Refused(error, word) => {
                if let Some((_, context)) = self.control.persona() {
                    context.begin_refused(&word);
                }
                self.rename_from = None;
                self.restart = 0;
                let answer = if error.code() == Code::PROTOCOL_NOT_SUPPORTED {
                    Answer::FamilyMismatch {
                        v4: self.control.local.is_ipv4(),
                    }
                } else {
                    Answer::Refused(error)
                };
                self.control.reply(answer).await
            }
            Heard::TooLong => {
                self.rename_from = None;
                self.restart = 0;
                self.control.reply(Answer::LineTooLong).await
            }
        }
    }

    /// Answers; for the commands' files, which use nothing else of the control connection.
    pub(crate) async fn reply(&mut self, answer: Answer<'_>) -> Result<(), Ended> {
        self.control.reply(answer).await
    }

    /// Says which file the next transfer moves, for the log.
    pub(crate) fn log_transfer(&mut self, path: &VirtualPath, incoming: bool) {
        self.logged = self.config.xferlog.as_ref().map(|_| {
            Box::new(Transfer {
                path: path.clone(),
                incoming,
                ascii: matches!(self.type_code, TypeCode::Ascii(_)),
            })
        });
    }

    /// Forgets the user, and where that one was.
    pub(crate) fn log_out(&mut self) {
        if matches!(self.login, Login::In(_)) {
            // Only who has logged in once gets the time for it again.
            self.login_deadline = Instant::now() + self.config.login_timeout;
        }
        self.login = Login::Nobody;
        self.directory = VirtualPath::default();
        self.restart = 0;
        self.rename_from = None;
    }

    /// As if the connection had just been made (RFC 959 §4.1.1, REIN).
    pub(crate) fn reinitialize(&mut self) {
        self.log_out();
        self.data_port = DataPort::Unset;
        self.type_code = TypeCode::Ascii(proto::Format::NonPrint);
        self.facts = FactSet::ALL;
        self.epsv_only = false;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use tokio::net::{TcpListener, TcpStream};
    use tokio_util::sync::CancellationToken;

    use super::Session;
    use crate::config::Config;
    use crate::control::Control;
    use crate::places::Places;

    /// Thousands of sessions do nothing most of the time: what a task takes then is small.
    #[tokio::test]
    async fn a_session_is_small() {
        let root = tempfile::tempdir().unwrap();
        let config = Arc::new(Config::builder(root.path()).build().unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let local = listener.local_addr().unwrap();
        let _client = TcpStream::connect(local).await.unwrap();
        let (stream, peer) = listener.accept().await.unwrap();
        let place = Arc::new(Places::default())
            .take(peer.ip(), &config)
            .unwrap();
        let control = Control::new(stream, 1, peer, local, Duration::from_secs(1)).unwrap();
        let session = Session::new(control, config, CancellationToken::new());
        let size = size_of_val(&session.run(place));
        assert!(size <= 2048, "{size} bytes");
    }
}
