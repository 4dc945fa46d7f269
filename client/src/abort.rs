//! Stopping a transfer that is under way (RFC 959 §4.1.3, ABOR).

use std::sync::Arc;

use proto::{Code, Command};
use tokio::sync::watch;
use tracing::debug;

use crate::channel::Channel;
use crate::error::ClientError;
use crate::session::Session;

/// How many replies may come between ABOR and the answer to the NOOP after it: the transfer's,
/// ABOR's own, and some that a server makes up.
const MAX_REPLIES: usize = 8;

/// Stops a session's transfer from outside: from a signal's handler, or another task.
/// What is asked for is kept until it is answered: by the transfer, or, if that one comes to its
/// end first, by whatever would move bytes next.
#[derive(Clone, Debug, Default)]
pub struct Aborter(Arc<watch::Sender<bool>>);

impl Aborter {
    /// Asks the transfer under way to stop; `false` when there is none. The transfer, or else the
    /// next one, fails with [`ClientError::Aborted`], and the session can go on.
    pub fn abort(&self) -> bool {
        self.0.send_replace(true);
        self.0.receiver_count() > 0
    }

    /// Takes back what was asked for and not answered.
    pub fn forget(&self) {
        self.0.send_replace(false);
    }

    /// Whether the session is gone.
    pub fn is_orphan(&self) -> bool {
        Arc::strong_count(&self.0) == 1
    }

    /// Listens from now on, as long as the result lives; fails when the end was asked for before.
    pub(crate) fn listen(&self) -> Result<Asked, ClientError> {
        self.answer()?;
        Ok(Asked {
            aborter: self.clone(),
            asked: self.0.subscribe(),
        })
    }

    /// Fails, once, when the end was asked for.
    pub(crate) fn answer(&self) -> Result<(), ClientError> {
        if self.0.send_if_modified(std::mem::take) {
            return Err(ClientError::Aborted);
        }
        Ok(())
    }
}

/// A transfer's side of its [`Aborter`].
#[derive(Debug)]
pub(crate) struct Asked {
    aborter: Aborter,
    asked: watch::Receiver<bool>,
}

impl Asked {
    /// What `moving` comes to, unless somebody asks for its end before.
    pub(crate) async fn or(
        &mut self,
        moving: impl Future<Output = Result<(), ClientError>>,
    ) -> Result<(), ClientError> {
        tokio::select! {
            biased;
            moved = moving => moved,
            () = self.wait() => {
                self.aborter.forget();
                Err(ClientError::Aborted)
            }
        }
    }

    /// Waits until somebody asks for the end of the transfer.
    async fn wait(&mut self) {
        if self.asked.wait_for(|asked| *asked).await.is_err() {
            // Nobody is left who could ask.
            std::future::pending::<()>().await;
        }
    }
}

impl Session {
    /// What stops this session's transfers.
    pub fn aborter(&self) -> Aborter {
        self.aborter.clone()
    }

    /// ABOR, and the end of the data connection. Servers differ in how many replies they make of
    /// it (the transfer's 426 or 226, then ABOR's 225 or 226, or one for both), so a NOOP
    /// follows: its 200 is the last.
    pub(crate) async fn abort_transfer(&mut self, data: Channel) -> ClientError {
        let outcome = async {
            self.control.send(&Command::Abor).await?;
            // A FIN would make a whole file of half an upload; and a server that does not listen
            // to commands during a transfer notices this.
            let _ = data.tcp().set_zero_linger();
            debug!(target: "ftplab::client", "data closed");
            drop(data);
            self.control.send(&Command::Noop).await?;
            for _ in 0..MAX_REPLIES {
                let reply = self.control.last_reply().await?;
                if reply.code == Code::OKAY
                    || reply.code == Code::SYNTAX_ERROR
                    || reply.code == Code::NOT_IMPLEMENTED
                {
                    return Ok(());
                }
            }
            Err(ClientError::OutOfStep)
        };
        match outcome.await {
            Ok(()) => ClientError::Aborted,
            Err(error) => error,
        }
    }
}
