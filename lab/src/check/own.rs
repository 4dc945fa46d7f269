//! ftplab's own server, started for a run of scripts.

use std::net::{IpAddr, SocketAddr};
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::target::Account;
use crate::Failure;
use crate::swept::Swept;

/// A server on loopback, with two users and a folder of its own; gone when this is dropped.
pub(super) struct OwnServer {
    pub(super) address: SocketAddr,
    shutdown: CancellationToken,
    thread: Option<JoinHandle<()>>,
    _root: Swept,
}

const PASSWORD: &str = "open-sesame";

impl OwnServer {
    /// Starts it at an address of loopback. In a network of its own it has FTP's own port, and so
    /// dials from port 20.
    ///
    /// # Errors
    /// When there is no place for its files, or no port.
    pub(super) fn start(at: IpAddr, private: bool) -> Result<Self, Failure> {
        let port = if private { 21 } else { 0 };
        let failed =
            |what: &str, error: &dyn std::fmt::Display| Failure::failed(format!("{what}: {error}"));
        let root = Swept::new("ftplab-check-")
            .map_err(|error| failed("a folder for the server", &error))?;
        let tls = server::Tls::self_signed(vec!["localhost".into()])
            .map_err(|error| failed("a certificate for the server", &error))?;
        let config = server::Config::builder(root.path())
            .anonymous(true)
            .user(server::User::new("ann", PASSWORD))
            .user(server::User::new("ben", PASSWORD))
            .tls(tls)
            .build()
            .map_err(|error| failed("the server", &error))?;
        let shutdown = CancellationToken::new();
        let (ready, listening) = mpsc::channel();
        let stop = shutdown.clone();
        let thread = std::thread::spawn(move || {
            let run = async {
                let listener = tokio::net::TcpListener::bind((at, port)).await?;
                let _ = ready.send(listener.local_addr());
                server::run(listener, config, stop)
                    .await
                    .map_err(|error| std::io::Error::other(error.to_string()))
            };
            let ran = tokio::runtime::Builder::new_multi_thread()
                .worker_threads(2)
                .enable_all()
                .build()
                .and_then(|runtime| runtime.block_on(run));
            if let Err(error) = ran {
                let _ = ready.send(Err(error));
            }
        });
        let address = listening
            .recv_timeout(Duration::from_secs(10))
            .map_err(|error| failed("the server did not start", &error))?
            .map_err(|error| failed("the server cannot listen", &error))?;
        Ok(Self {
            address,
            shutdown,
            thread: Some(thread),
            _root: root,
        })
    }

    /// Its two users.
    pub(super) fn accounts() -> (Account, Account) {
        let account = |name: &str| Account {
            name: name.into(),
            password: PASSWORD.into(),
        };
        (account("ann"), account("ben"))
    }
}

impl Drop for OwnServer {
    fn drop(&mut self) {
        self.shutdown.cancel();
        if let Some(thread) = self.thread.take() {
            // It panicked, and said so already.
            let _ = thread.join();
        }
    }
}
