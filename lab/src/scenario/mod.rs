//! What happens in a run: one file a scenario.

mod active;
mod passive;
mod session;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

pub(crate) use session::{DOWNLOAD, PASSWORD, UPLOAD, USER};

/// A scenario that `ftplab run` can play.
#[derive(Clone, Copy, Debug)]
pub struct Scenario {
    /// What the user types.
    pub name: &'static str,
    /// What it shows, in one line.
    pub about: &'static str,
    /// How the client dials for data.
    pub(crate) mode: client::DataMode,
}

/// All scenarios, in the order in which they are listed.
pub const ALL: &[Scenario] = &[active::SCENARIO, passive::SCENARIO];

/// The scenario of this name.
pub fn named(name: &str) -> Option<&'static Scenario> {
    ALL.iter().find(|scenario| scenario.name == name)
}

impl Scenario {
    /// Fills the two folders with what the scenario needs.
    #[allow(clippy::unused_self)] // both scenarios so far need the same files
    pub(crate) fn prepare(&self, server: &Path, client: &Path) -> io::Result<()> {
        session::prepare(server, client)
    }

    /// The client's part: from the first SYN to the last.
    pub(crate) async fn play(
        &self,
        server: SocketAddr,
        local: Ipv4Addr,
        folder: &Path,
    ) -> Result<(), client::ClientError> {
        session::play(server, self.mode, local, folder).await
    }
}
