//! `ftplab serve`: the server alone.

use std::io::{self, IsTerminal, Write};
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Handle};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tracing_subscriber::EnvFilter;

use super::runtime;
use crate::Failure;

/// Serve a folder over FTP until Ctrl-C.
///
/// Without --user anybody may log in as anonymous and read. A named user may also write.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  ftplab serve pub --listen 127.0.0.1:2121        anonymous, read-only
  ftplab serve pub --listen 127.0.0.1:0 --json    any free port, printed as JSON
  FTPLAB_PASSWORD=… ftplab serve pub --user ann   ann may write

The password of --user comes from --password-file, from FTPLAB_PASSWORD, or from a prompt.")]
pub(super) struct ServeOptions {
    /// The folder to serve; nothing outside it can be reached.
    dir: PathBuf,
    /// Address and port to listen on; may be given several times, port 0 picks a free one.
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:2121")]
    listen: Vec<SocketAddr>,
    /// A user who logs in with a password and may write; may be given several times.
    #[arg(long, value_name = "NAME")]
    user: Vec<String>,
    /// Read the users' password from the first line of FILE.
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// Let anonymous users read even though there are named users.
    #[arg(long)]
    anonymous: bool,
    /// Let nobody write.
    #[arg(long)]
    read_only: bool,
    /// End a session that is silent for this long.
    #[arg(long, value_name = "TIME", default_value = "5m", value_parser = duration)]
    idle_timeout: Duration,
    /// Give up a data connection that does not open, or stalls, for this long.
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = duration)]
    data_timeout: Duration,
    /// Sessions at the same time, in all.
    #[arg(long, value_name = "N")]
    max_sessions: Option<usize>,
    /// Sessions at the same time from one address.
    #[arg(long, value_name = "N")]
    max_per_address: Option<usize>,
    /// Ports for passive data connections.
    #[arg(long, value_name = "A-B", value_parser = ports)]
    passive_ports: Option<RangeInclusive<u16>>,
    /// The certificate for AUTH TLS, in PEM form, any chain after it; one is made up for this
    /// run if there is none.
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// The private key of --tls-cert, in PEM form.
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// Refuse logins and data that are not encrypted.
    #[arg(long)]
    require_tls: bool,
    /// Log what happens to stderr: -v sessions, -vv everything.
    #[arg(short = 'v', action = clap::ArgAction::Count)]
    verbose: u8,
    /// Print the address as JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn serve(options: &ServeOptions) -> Result<(), Failure> {
    log(options.verbose);
    let transfers = Builder::new_multi_thread()
        .thread_name("transfers")
        .enable_all()
        .build()
        .map_err(|error| {
            Failure::failed(format!("cannot start the transfers' threads: {error}"))
        })?;
    let config = configure(options, transfers.handle())?;
    let runtime = runtime()?;
    let served = runtime.block_on(async {
        // Before anybody is told that it can be ended.
        let mut asked = AskedToEnd::listen()?;
        let shutdown = CancellationToken::new();
        let mut servers = tokio::task::JoinSet::new();
        for &address in &options.listen {
            let listener = TcpListener::bind(address)
                .await
                .map_err(|e| cannot_listen(address, &e))?;
            let address = listener
                .local_addr()
                .map_err(|e| cannot_listen(address, &e))?;
            announce(options, address)?;
            servers.spawn(server::run(listener, config.clone(), shutdown.clone()));
        }
        let signals = shutdown.clone();
        tokio::spawn(async move {
            asked.again().await;
            eprintln!("ftplab: ending; a second Ctrl-C ends at once");
            signals.cancel();
            asked.again().await;
            std::process::exit(130);
        });
        while let Some(ended) = servers.join_next().await {
            let ended = ended.map_err(|error| Failure::failed(format!("the server: {error}")))?;
            if let Err(error) = ended {
                shutdown.cancel();
                return Err(Failure::failed(error));
            }
        }
        Ok(())
    });
    // The transfers of sessions that were cut off still put their unfinished files away.
    transfers.shutdown_timeout(Duration::from_secs(5));
    served
}

fn configure(options: &ServeOptions, transfers: &Handle) -> Result<server::Config, Failure> {
    let mut config = server::Config::builder(&options.dir)
        .anonymous(options.user.is_empty() || options.anonymous)
        .idle_timeout(options.idle_timeout)
        .data_timeout(options.data_timeout)
        .tls(certificate(options)?)
        .require_tls(options.require_tls)
        .transfers(transfers.clone());
    if let Some(sessions) = options.max_sessions {
        config = config.max_sessions(sessions);
    }
    if let Some(sessions) = options.max_per_address {
        config = config.max_per_address(sessions);
    }
    if let Some(ports) = &options.passive_ports {
        config = config.passive_ports(ports.clone());
    }
    if !options.user.is_empty() {
        let password = password(options.password_file.as_deref())?;
        for name in &options.user {
            let user = server::User::new(name.as_str(), password.as_str());
            config = config.user(if options.read_only {
                user.read_only()
            } else {
                user
            });
        }
    }
    config.build().map_err(Failure::failed)
}

/// The certificate that was given, or one for the addresses that are listened on.
fn certificate(options: &ServeOptions) -> Result<server::Tls, Failure> {
    if let (Some(certificate), Some(key)) = (&options.tls_cert, &options.tls_key) {
        return server::Tls::from_pem_files(certificate, key).map_err(Failure::failed);
    }
    let addresses = options.listen.iter().map(|address| address.ip());
    let mut names: Vec<_> = addresses
        .filter(|ip| !ip.is_unspecified())
        .map(|ip| ip.to_string())
        .collect();
    names.push("localhost".to_owned());
    names.dedup();
    server::Tls::self_signed(names).map_err(Failure::failed)
}

/// The password: from a file, the environment, or a person; never from the command line, where
/// every user of the machine could read it.
pub(super) fn password(file: Option<&Path>) -> Result<String, Failure> {
    if let Some(path) = file {
        let text = std::fs::read_to_string(path)
            .map_err(|error| Failure::failed(format!("cannot read {}: {error}", path.display())))?;
        return Ok(text.lines().next().unwrap_or_default().to_owned());
    }
    if let Ok(password) = std::env::var("FTPLAB_PASSWORD") {
        return Ok(password);
    }
    if !io::stdin().is_terminal() {
        return Err(Failure::usage(
            "no password: set FTPLAB_PASSWORD, give --password-file FILE, or run it on a terminal",
        ));
    }
    rpassword::prompt_password("Password: ")
        .map_err(|error| Failure::failed(format!("cannot read the password: {error}")))
}

fn announce(options: &ServeOptions, address: SocketAddr) -> Result<(), Failure> {
    let line = if options.json {
        serde_json::json!({"event": "listening", "address": address}).to_string()
    } else {
        format!("serving {} at ftp://{address}/", options.dir.display())
    };
    let mut out = io::stdout();
    writeln!(out, "{line}")
        .and_then(|()| out.flush())
        .map_err(|error| Failure::output(&error))
}

fn cannot_listen(address: SocketAddr, error: &io::Error) -> Failure {
    let text = format!("cannot listen on {address}: {error}");
    match error.kind() {
        io::ErrorKind::PermissionDenied => Failure::not_permitted(format!(
            "{text}\n  fix: ports below 1024 are root's; take a higher one, such as --listen {}",
            SocketAddr::new(address.ip(), 2121)
        )),
        io::ErrorKind::AddrInUse => Failure::failed(format!(
            "{text}\n  fix: another program has this port; take another one, or port 0 for any"
        )),
        _ => Failure::failed(text),
    }
}

/// Waits for Ctrl-C or SIGTERM; for ever when signals cannot be handled.
pub(super) async fn asked_to_end() {
    match AskedToEnd::listen() {
        Ok(mut asked) => asked.again().await,
        Err(_) => std::future::pending().await,
    }
}

/// Ctrl-C and SIGTERM.
struct AskedToEnd {
    interrupt: Signal,
    terminate: Signal,
}

impl AskedToEnd {
    /// From here on neither kills the process.
    fn listen() -> Result<Self, Failure> {
        let cannot = |error| Failure::failed(format!("cannot handle signals: {error}"));
        Ok(Self {
            interrupt: signal(SignalKind::interrupt()).map_err(cannot)?,
            terminate: signal(SignalKind::terminate()).map_err(cannot)?,
        })
    }

    /// Waits for the next of them.
    async fn again(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

/// Log lines go to stderr; `RUST_LOG` says more precisely than -v what is wanted.
pub(super) fn log(verbose: u8) {
    let level = ["warn", "info", "debug", "trace"][usize::from(verbose.min(3))];
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(level));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .init();
}

pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let expected = || format!("expected a time such as 15s, 500ms or 5m, got {text:?}");
    let span: jiff::SignedDuration = text.parse().map_err(|_| expected())?;
    Duration::try_from(span)
        .ok()
        .filter(|time| !time.is_zero())
        .ok_or_else(expected)
}

fn ports(text: &str) -> Result<RangeInclusive<u16>, String> {
    let expected = || format!("expected two ports such as 50000-50100, got {text:?}");
    let (first, last) = text.split_once('-').ok_or_else(expected)?;
    let (first, last) = (
        first.parse().map_err(|_| expected())?,
        last.parse().map_err(|_| expected())?,
    );
    if first == 0 || first > last {
        Err(expected())
    } else {
        Ok(first..=last)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    #[test]
    fn times_and_ports_are_read_and_bad_ones_named() {
        assert_eq!(super::duration("15s"), Ok(Duration::from_secs(15)));
        assert_eq!(super::duration("500ms"), Ok(Duration::from_millis(500)));
        assert!(super::duration("-1s").unwrap_err().contains("\"-1s\""));
        assert!(super::duration("soon").is_err());
        assert_eq!(super::ports("50000-50100"), Ok(50000..=50100));
        for bad in ["5", "2-1", "0-5", "1-70000", "a-b"] {
            assert!(super::ports(bad).is_err(), "{bad}");
        }
    }
}
