//! Ctrl-C, SIGTERM and a closed terminal: asked to end, not killed, so that everything can be put away.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::flag;
use tokio::signal::unix::{SignalKind, signal};

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
            return std::future::pending().await;
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

    /// Whether a signal came.
    pub(crate) fn asked(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
