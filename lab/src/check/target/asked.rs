//! Sessions before the first script, one after the other, and the time that they have.

use std::cell::Cell;
use std::time::{Duration, Instant};

use client::{ClientError, Session};
use tokio::time::timeout_at;

use super::Target;

/// How long the server may take for its farewell.
const FAREWELL: Duration = Duration::from_secs(2);

/// The time that is left for what is asked. Farewells are not of it: nothing is learned from them.
#[derive(Debug)]
pub(super) struct Asked {
    deadline: Cell<Instant>,
    /// Whether a farewell was waited for in vain.
    is_left: Cell<bool>,
}

impl Asked {
    /// All is to be answered within `patience`, from now on.
    pub(super) fn within(patience: Duration) -> Self {
        Self {
            deadline: Cell::new(Instant::now() + patience),
            is_left: Cell::new(false),
        }
    }

    /// A session in which nothing is awaited beyond the time. Not logged in.
    pub(super) async fn connect(
        &self,
        target: &Target,
        secured: bool,
    ) -> Result<Session, ClientError> {
        let deadline = self.deadline.get();
        let connected = timeout_at(deadline.into(), target.connect(secured)).await;
        let mut session = connected.map_err(|_| ClientError::ReplyTimeout {
            command: None,
            limit: target.patience,
        })??;
        session.set_deadline(Some(deadline));
        Ok(session)
    }

    /// QUIT, and the server's end of the session, so that the next one is not one too many. A
    /// farewell that fails changes nothing; one that nobody answers is the last that is awaited.
    pub(super) async fn farewell(&self, mut session: Session) {
        if self.is_left.get() {
            return;
        }
        let begun = Instant::now();
        session.set_deadline(Some(begun + FAREWELL));
        let _ = session.quit().await;
        self.is_left.set(begun.elapsed() >= FAREWELL);
        self.deadline.set(self.deadline.get() + begun.elapsed());
    }
}
