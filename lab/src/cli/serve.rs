//! `ftplab serve`: the server alone.

mod kept;
mod log;
mod privileges;
mod settings;
mod users;
mod way;

use std::io::{self, IsTerminal, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use server::Settings;
use signal_hook::consts::{SIGINT, SIGTERM};
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Handle};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tracing_subscriber::EnvFilter;

use super::runtime;
use crate::Failure;
use crate::message::Log;

/// Serve a folder over FTP until Ctrl-C.
///
/// Without --user anybody may log in as anonymous and read. A named user may also write.
#[derive(Args, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
#[command(before_help = "\
Examples:
  ftplab serve pub --listen 127.0.0.1:2121        anonymous, read-only
  ftplab serve pub --listen 127.0.0.1:0 --json    any free port, printed as JSON
  FTPLAB_PASSWORD=… ftplab serve pub --user ann   ann may write
  ftplab serve pub --password-file users          the users that ftplab passwd made

The password of --user comes from --password-file, from FTPLAB_PASSWORD, or from a prompt.
SIGHUP reads the files that the flags name again; sessions that are open go on as they were.")]
pub(super) struct ServeOptions {
    /// The folder to serve; nothing outside it can be reached.
    dir: PathBuf,
    /// Address and port to listen on, or a port of 127.0.0.1; may be given several times, port 0
    /// picks a free one.
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:2121", value_parser = endpoint)]
    listen: Vec<SocketAddr>,
    /// A user who logs in with a password and may write; may be given several times.
    #[arg(long, value_name = "NAME")]
    user: Vec<String>,
    /// Read the password of every --user from the first line of FILE; or, without --user, the users
    /// themselves, their hashes and their folders, from lines that `ftplab passwd` made.
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// Let anonymous users read even though there are named users.
    #[arg(long)]
    anonymous: bool,
    /// Let anonymous users put new files into this folder, unseen by them; it is named relative to
    /// the served DIR.
    #[arg(long, value_name = "DIR", conflicts_with = "read_only")]
    anonymous_upload: Option<PathBuf>,
    /// Keep what came of an upload that was cut, so that the client can resume it.
    #[arg(long)]
    keep_partial: bool,
    /// Let nobody write.
    #[arg(long)]
    read_only: bool,
    /// End a session that is silent for this long.
    #[arg(long, value_name = "TIME", default_value = "5m", value_parser = duration)]
    idle_timeout: Duration,
    /// Give up a data connection that does not open, or stalls, for this long.
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = duration)]
    data_timeout: Duration,
    /// Sessions at the same time, in all [default: 10000].
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    max_sessions: Option<usize>,
    /// Sessions at the same time from one address [default: 10000].
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    max_per_address: Option<usize>,
    /// Ports for passive data connections.
    #[arg(long, value_name = "A-B", value_parser = ports)]
    passive_ports: Option<RangeInclusive<u16>>,
    /// The IPv4 address to name in passive mode, for a server behind address translation.
    #[arg(long, value_name = "ADDR")]
    masquerade: Option<Ipv4Addr>,
    /// Append a line to FILE for each file that was moved, in wu-ftpd's form, times in UTC.
    #[arg(long, value_name = "FILE")]
    xferlog: Option<PathBuf>,
    /// Speak in the words of ftplab, iis5, vsftpd, or of a persona file.
    #[arg(long, value_name = "NAME|FILE")]
    persona: Option<String>,
    /// Become this user (a name or a number) once the ports are open. Root becomes the owner of
    /// DIR without it, unless that is root as well.
    #[arg(long, value_name = "USER")]
    run_as: Option<String>,
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
    /// Log what happens to stderr: -v each login, command and transfer in a line, -vv everything.
    #[arg(short = 'v', action = clap::ArgAction::Count)]
    verbose: u8,
    /// Print the address as JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn serve(options: &ServeOptions) -> Result<(), Failure> {
    log::log(options.verbose);
    let sources = settings::Sources::of(options)?;
    sources.refuse_choice(options)?;
    let config = settings::configure(options, &sources)?;
    let runtime = runtime()?;
    let listeners = runtime.block_on(bind(&options.listen))?;
    // While this is the only thread, and with every file open that root alone may read.
    let ports = listeners.iter().map(|(_, address)| address.port());
    if let Some(user) = privileges::give_up(options.run_as.as_deref(), &options.dir, ports)? {
        tracing::info!(%user, "privileges given up");
    }
    let transfers = Builder::new_multi_thread()
        .thread_name("transfers")
        .enable_all()
        .build()
        .map_err(|error| {
            Failure::failed(format!("cannot start the transfers' threads: {error}"))
        })?;
    let settings = Settings::from(config.with_transfers(transfers.handle().clone()));
    let served = runtime.block_on(async {
        // Before anybody is told that it can be ended, or to read its files again.
        let mut asked = AskedToEnd::listen()?;
        let hangups = signal(SignalKind::hangup())
            .map_err(|error| Failure::failed(format!("cannot handle signals: {error}")))?;
        let shutdown = CancellationToken::new();
        let mut servers = tokio::task::JoinSet::new();
        for (listener, address) in listeners {
            servers.spawn(server::run(listener, settings.clone(), shutdown.clone()));
            announce(options, address)?;
        }
        let reloading = reload(hangups, options, &sources, &settings, transfers.handle());
        let mut reloading = std::pin::pin!(reloading);
        let signals = shutdown.clone();
        tokio::spawn(async move {
            asked.again().await;
            message!(
                "{} ftplab: ending; a second Ctrl-C ends at once",
                log::time()
            );
            signals.cancel();
            let signal = asked.again().await;
            std::process::exit(128 + signal);
        });
        loop {
            let ended = tokio::select! {
                ended = servers.join_next() => ended,
                () = &mut reloading => continue,
            };
            let Some(ended) = ended else { break };
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

/// Opens every port, and says where each is.
async fn bind(addresses: &[SocketAddr]) -> Result<Vec<(TcpListener, SocketAddr)>, Failure> {
    for (at, address) in addresses.iter().enumerate() {
        // Port 0 is another one each time.
        if address.port() != 0 && addresses[..at].contains(address) {
            return Err(Failure::usage(format!("--listen {address} is given twice")));
        }
    }
    let mut listeners = Vec::new();
    for &address in addresses {
        let listener = TcpListener::bind(address).await.map_err(|error| {
            match covering(&listeners, address) {
                Some(first) if error.kind() == io::ErrorKind::AddrInUse => Failure::usage(format!(
                    "--listen {address} is part of --listen {first} already"
                )),
                _ => cannot_listen(address, &error),
            }
        })?;
        let address = listener
            .local_addr()
            .map_err(|e| cannot_listen(address, &e))?;
        listeners.push((listener, address));
    }
    Ok(listeners)
}

/// The one of our own listeners that has the address already: `0.0.0.0` has all of IPv4, and `[::]`
/// of both.
fn covering(listeners: &[(TcpListener, SocketAddr)], address: SocketAddr) -> Option<SocketAddr> {
    let covers = |first: &SocketAddr| {
        first.port() == address.port()
            && (first.ip().is_unspecified() || address.ip().is_unspecified())
    };
    let mut addresses = listeners.iter().map(|(_, first)| *first);
    addresses.find(covers)
}

/// Reads the settings again at each SIGHUP; when they are wrong, the old ones stay.
async fn reload(
    mut hangups: Signal,
    options: &ServeOptions,
    sources: &settings::Sources,
    current: &Settings,
    transfers: &Handle,
) {
    loop {
        if hangups.recv().await.is_none() {
            return std::future::pending().await;
        }
        match settings::configure(options, sources) {
            Ok(config) => {
                current.replace(config.with_transfers(transfers.clone()));
                message!("{} ftplab: settings read again", log::time());
                if let Some(path) = sources.read_once() {
                    let path = path.display();
                    message!("ftplab: the users stay: {path} is a pipe, and was read at the start");
                }
            }
            Err(failure) => {
                failure.report();
                message!("{} ftplab: the old settings stay", log::time());
            }
        }
    }
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

/// Waits for Ctrl-C or SIGTERM, and says which came; for ever when signals cannot be handled.
pub(super) async fn asked_to_end() -> i32 {
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

    /// Waits for the next of them, and says which came.
    async fn again(&mut self) -> i32 {
        tokio::select! {
            _ = self.interrupt.recv() => SIGINT,
            _ = self.terminate.recv() => SIGTERM,
        }
    }
}

/// Log lines go to stderr; `RUST_LOG` says more precisely than -v what is wanted.
pub(super) fn log(verbose: u8) {
    let level = ["warn", "info", "debug", "trace"][usize::from(verbose.min(3))];
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(level));
    tracing_subscriber::fmt()
        .log_internal_errors(false)
        .with_env_filter(filter)
        .with_writer(Log::default)
        .with_ansi(io::stderr().is_terminal())
        .init();
}

pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let expected = || format!("expected a time such as 15s, 500ms or 5m, got {text:?}");
    let span: jiff::SignedDuration = text.parse().map_err(|_| expected())?;
    Duration::try_from(span)
        .ok()
        .filter(|time| !time.is_zero())
        .ok_or_else(expected)
}

/// `ADDR:PORT`; a port alone is one that only this machine can reach.
fn endpoint(text: &str) -> Result<SocketAddr, String> {
    let here = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    if let Ok(address) = text.parse() {
        return Ok(address);
    }
    let port = text.strip_prefix("localhost:").unwrap_or(text);
    match (port.parse(), text.parse::<IpAddr>()) {
        (Ok(port), _) => Ok(here(port)),
        (_, Ok(ip)) => Err(format!(
            "the port is missing: expected {}",
            SocketAddr::new(ip, 2121)
        )),
        _ => Err(
            "expected ADDR:PORT, such as 127.0.0.1:2121 for this machine or 0.0.0.0:2121 \
             for all, or a port alone"
                .to_owned(),
        ),
    }
}

fn at_least_one(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(count @ 1..) => Ok(count),
        _ => Err("expected a number from 1 on: with none, nobody could come in".to_owned()),
    }
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
        for (text, address) in [
            ("2121", "127.0.0.1:2121"),
            ("localhost:0", "127.0.0.1:0"),
            ("0.0.0.0:21", "0.0.0.0:21"),
            ("[::1]:21", "[::1]:21"),
        ] {
            assert_eq!(super::endpoint(text), Ok(address.parse().unwrap()));
        }
        assert!(super::endpoint("::1").unwrap_err().contains("[::1]:2121"));
        assert!(
            super::endpoint("example.com:21")
                .unwrap_err()
                .contains("ADDR:PORT")
        );
        for bad in ["5", "2-1", "0-5", "1-70000", "a-b"] {
            assert!(super::ports(bad).is_err(), "{bad}");
        }
    }
}
