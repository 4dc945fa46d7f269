//! Settings that can be replaced while the server runs.

use std::sync::{Arc, PoisonError, RwLock};

use crate::config::Config;
use crate::places::Places;

/// A server's settings. Clones share them: what one of them [`replace`](Self::replace)s, every
/// session that begins later has. Sessions that are running keep what they began with. Servers
/// that run with clones of one another also share its limits: a session counts in all of them.
#[derive(Clone, Debug)]
pub struct Settings {
    current: Arc<RwLock<Arc<Config>>>,
    pub(crate) places: Arc<Places>,
}

impl Settings {
    /// Puts other settings in place of these.
    pub fn replace(&self, config: Config) {
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        *current = Arc::new(config);
    }

    /// The settings as they are now.
    pub(crate) fn current(&self) -> Arc<Config> {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&current)
    }
}

impl From<Config> for Settings {
    fn from(config: Config) -> Self {
        Self {
            current: Arc::new(RwLock::new(Arc::new(config))),
            places: Arc::default(),
        }
    }
}
