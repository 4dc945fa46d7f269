//! Ctrl-C, SIGTERM and a closed terminal: asked to end, not killed, so that everything can be put away.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::flag;
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::sleep;

use crate::Failure;

/// Whether the user asked to end. The second time the signal ends the process at once.
#[derive(Clone, Debug)]
pub(crate) struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// Begins to listen for SIGINT, SIGTERM and SIGHUP.
    ///
    /// # Errors
    /// When the kernel refuses a signal handler.
    pub(crate) fn listen() -> Result<Self, Failure> {
        let asked = Arc::new(AtomicBool::new(false));
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            // In this order: the first signal finds the flag unset and sets it, the second ends.
            flag::register_conditional_default(signal, Arc::clone(&asked))
                .and_then(|_| flag::register(signal, Arc::clone(&asked)))
                .map_err(|error| Failure::failed(format!("cannot handle signals: {error}")))?;
        }
        Ok(Self(asked))
    }

    /// Waits until a signal came, in a runtime that drives signals.
    pub(crate) async fn came(&self) {
        let kinds = [SIGHUP, SIGINT, SIGTERM].map(SignalKind::from_raw);
        // Listened to before the flag is looked at: what comes in between is heard.
        let [Ok(mut hup), Ok(mut int), Ok(mut term)] = kinds.map(signal) else {
            return self.seen().await;
        };
        if self.asked() {
            return;
        }
        tokio::select! {
            _ = hup.recv() => {}
            _ = int.recv() => {}
            _ = term.recv() => {}
        }
    }

    /// The same without waking by the signal, for when the kernel has no means for that left.
    async fn seen(&self) {
        /// How often the flag is looked at: nobody feels it, and it costs nothing.
        const MOMENT: Duration = Duration::from_millis(50);
        while !self.asked() {
            sleep(MOMENT).await;
        }
    }

    /// Whether a signal came.
    pub(crate) fn asked(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_signal_is_seen_also_where_it_wakes_nobody() {
        let interrupt = Interrupt(Arc::default());
        // After the first look.
        let raised = async { interrupt.0.store(true, Ordering::Relaxed) };
        tokio::join!(biased; interrupt.seen(), raised);
        assert!(interrupt.asked());
    }
}
