//! Whom the scripts are played against: a server, a client, or each with its own.

use std::io::Write;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};
use std::sync::Arc;

use script::{Plays, Script};

use super::own::OwnServer;
use super::secured::Logins;
use super::serve::{Clients, Lines};
use super::shown::Secrets;
use super::target::{Account, Target};
use super::verdict::Played;
use super::watch::Watch;
use super::{CheckOptions, End, Place, play, serve};
use crate::{Failure, net};

/// Why the wire is not watched, or who watches it.
type Watched = Arc<Result<Watch, String>>;

/// The server and the client under test; one of the two may be missing.
pub(super) struct Opponents {
    target: Option<(Target, Watched)>,
    clients: Option<(Clients, Watched)>,
    secrets: Secrets,
    /// Last, as it is the last to go.
    own: Option<OwnServer>,
}

impl Opponents {
    /// Starts what is to be started, and finds out what the server can do.
    ///
    /// # Errors
    /// When no server is there, or a command line cannot be read.
    pub(super) fn meet(
        scripts: &[Script],
        options: &CheckOptions,
        end: &End,
    ) -> Result<Self, Failure> {
        let clients = Clients::new(Lines {
            get: options.client.as_deref(),
            put: options.client_put.as_deref(),
            list: options.client_list.as_deref(),
            active: options.client_active.as_deref(),
        })?;
        let name = options.server.as_deref();
        let own = match name {
            Some("self") => Some(IpAddr::V4(Ipv4Addr::LOCALHOST)),
            Some("self6") => Some(IpAddr::V6(Ipv6Addr::LOCALHOST)),
            _ => None,
        };
        nobody_is_ignored(options, own.is_some())?;
        // A server elsewhere cannot be reached from a network of our own.
        let private = (own.is_some() || name.is_none()) && enter(options.place)?;
        let runtime = crate::cli::runtime()?;
        let logins = Logins::of(scripts, options.tls);
        let mut started = None;
        let mut target = None;
        if let Some(at) = own {
            let server = OwnServer::start(at, private)?;
            let (first, second) = OwnServer::accounts();
            let found = Target::explore(
                server.address,
                first,
                Some(second),
                None,
                true,
                logins,
                options.timeout,
            );
            target = Some(runtime.block_on(unless_ended(found, end))?);
            started = Some(server);
        } else if let Some(name) = name {
            let found = other(name, options, logins)?;
            target = Some(runtime.block_on(unless_ended(found, end))?);
        }
        if let Some(target) = target.as_ref().filter(|_| !options.tls) {
            tell_of_tls(target);
        }
        let here = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let at = target.as_ref().map_or(here, |target| target.server.ip());
        let watched: Watched = Arc::new(Watch::begin(at));
        let clients = (!clients.name.is_empty()).then(|| {
            // What happens on lo is watched by one, so that scripts can be played alone there.
            let shared = watched.as_ref().as_ref().is_ok_and(Watch::is_on_loopback);
            let watched = if shared || target.is_none() {
                Arc::clone(&watched)
            } else {
                Arc::new(Watch::begin(here))
            };
            (clients, watched)
        });
        Ok(Self {
            secrets: target.as_ref().map(Target::secrets).unwrap_or_default(),
            target: target.map(|target| (target, watched)),
            clients,
            own: started,
        })
    }

    /// Plays a script against whom it is for.
    pub(super) async fn play(&self, script: &Script, number: usize, end: &End) -> Played {
        let played = match (script.header.plays, &self.target, &self.clients) {
            (Plays::Client, Some((target, watched)), _) => {
                play::play(script, target, watched, number, end).await
            }
            (Plays::Server, _, Some((clients, watched))) => {
                tokio::select! {
                    played = serve::play(script, clients, watched) => played,
                    // The client goes with what is dropped here.
                    () = end.wait() => Played::broken_off(),
                }
            }
            (Plays::Client, None, _) => Played::skipped("it tests a server: --server".into()),
            (Plays::Lab, _, _) => Played::skipped("it tests nobody: ftplab run".into()),
            (Plays::Server, _, None) => Played::skipped("it tests a client: --client".into()),
        };
        played.clean(&self.secrets)
    }

    /// Whether nothing of what they send can be seen.
    pub(super) fn are_unseen(&self) -> bool {
        let target = self.target.as_ref().map(|(_, watched)| watched);
        let clients = self.clients.as_ref().map(|(_, watched)| watched);
        target.into_iter().chain(clients).any(|it| it.is_err())
    }

    /// Against whom, in words.
    pub(super) fn told(&self) -> String {
        let server = self.target.as_ref().map(|(target, _)| {
            let under = if target.secured { " under TLS" } else { "" };
            let name = &target.account.name;
            if self.own.is_some() {
                let server = target.server;
                format!("ftplab's own server, at {server}, as its user {name}{under}")
            } else {
                format!("{}, as {name}{under}", target.server)
            }
        });
        let client = self.clients.as_ref().map(|(clients, _)| &clients.name);
        match (server, client) {
            (Some(server), Some(client)) => format!("{server}, and against {client}"),
            (Some(server), None) => server,
            (None, client) => client.cloned().unwrap_or_default(),
        }
    }
}

/// That the scripts log in under TLS though nobody said so.
fn tell_of_tls(target: &Target) {
    if let (Some(why), true) = (&target.no_clear_login, target.secured) {
        let why = target.secrets().clean(why);
        // Where nobody reads that, there is nobody to tell.
        let _ = writeln!(
            std::io::stderr(),
            "ftplab: {} lets nobody in without TLS ({why}): the scripts log in as with --tls",
            target.server
        );
    }
}

/// Flags about a server that somebody else runs, where none is played against.
fn nobody_is_ignored(options: &CheckOptions, own: bool) -> Result<(), Failure> {
    let given = [
        ("--user", options.user.is_some()),
        ("--second-user", options.second_user.is_some()),
        ("--folder", options.folder.is_some()),
        ("--tls", options.tls && !own),
    ];
    let Some((flag, _)) = given.iter().find(|(_, given)| *given) else {
        return Ok(());
    };
    let why = if own {
        "ftplab's own server has users and a folder of its own"
    } else if options.server.is_none() {
        "there is no server to log in to: --server"
    } else {
        return Ok(());
    };
    Err(Failure::usage(format!("{flag} is of no use here: {why}")))
}

/// Leaves the machine's network where that is wanted and allowed; says whether it did.
fn enter(place: Place) -> Result<bool, Failure> {
    if place == Place::Loopback {
        return Ok(false);
    }
    match net::enter() {
        Ok(_) => {}
        Err(refusal) if place == Place::Private => {
            let fix = refusal.obstacle().fix();
            let fix = fix.map_or_else(String::new, |fix| format!("\n  fix: {fix}"));
            return Err(Failure::not_permitted(format!(
                "a private network is not allowed here: {refusal}{fix}"
            )));
        }
        Err(refusal) => {
            tracing::debug!(%refusal, "no private network");
            return Ok(false);
        }
    }
    crate::cli::runtime()?
        .block_on(net::alone())
        .map_err(|error| Failure::failed(format!("the private network: {error}")))?;
    Ok(true)
}

/// A server that somebody else runs.
fn other<'a>(
    name: &str,
    options: &'a CheckOptions,
    logins: Logins,
) -> Result<impl Future<Output = Result<Target, Failure>> + 'a, Failure> {
    let password = |variable: &str| std::env::var(variable).unwrap_or_default();
    let account = |name: &str, variable: &str| Account {
        name: name.to_owned(),
        password: match (name, password(variable)) {
            ("anonymous" | "ftp", given) if given.is_empty() => "ftplab@example.com".into(),
            (_, given) => given,
        },
    };
    let server = resolve(name)?;
    let user = options.user.as_deref().unwrap_or("anonymous");
    let needed = [
        (options.user.as_deref(), "FTPLAB_PASSWORD"),
        (options.second_user.as_deref(), "FTPLAB_SECOND_PASSWORD"),
    ];
    for (name, variable) in needed {
        if let Some(name) = name
            && !matches!(name, "anonymous" | "ftp")
            && std::env::var_os(variable).is_none()
        {
            return Err(Failure::failed(format!(
                "no password for {name}\n  fix: set {variable}"
            )));
        }
    }
    let named = options.user.is_some()
        || options.folder.is_some()
        || !password("FTPLAB_PASSWORD").is_empty();
    let first = account(user, "FTPLAB_PASSWORD");
    let second = options
        .second_user
        .as_deref()
        .map(|name| account(name, "FTPLAB_SECOND_PASSWORD"));
    let folder = options.folder.as_deref();
    Ok(Target::explore(
        server,
        first,
        second,
        folder,
        named,
        logins,
        options.timeout,
    ))
}

/// The same, as long as nobody asks to end.
async fn unless_ended(
    found: impl Future<Output = Result<Target, Failure>>,
    end: &End,
) -> Result<Target, Failure> {
    tokio::select! {
        found = found => found,
        () = end.wait() => Err(End::interrupted()),
    }
}

/// `HOST`, `HOST:PORT`, `[::1]:2121`, each also as `ftp://HOST:PORT/`
fn resolve(name: &str) -> Result<SocketAddr, Failure> {
    let asked = name;
    let url = name.strip_prefix("ftp://");
    let name = url.map_or(name, |rest| rest.strip_suffix('/').unwrap_or(rest));
    if name.contains('@') || name.contains('/') {
        return Err(Failure::usage(
            "--server takes HOST, HOST:PORT or ftp://HOST:PORT/\n  \
             fix: name the user with --user and the folder with --folder",
        ));
    }
    // An address in brackets without a port.
    let name = name
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .unwrap_or(name);
    let with_port = if name.parse::<std::net::Ipv6Addr>().is_ok() {
        format!("[{name}]:21")
    } else if let Some((_, port)) = name.rsplit_once(':') {
        if !port.parse::<u16>().is_ok_and(|port| port > 0) {
            return Err(Failure::usage(format!(
                "--server {asked}: no port `{port}`\n  \
                 fix: write HOST or HOST:PORT, with a port from 1 to 65535"
            )));
        }
        name.to_owned()
    } else {
        format!("{name}:21")
    };
    with_port
        .to_socket_addrs()
        .map_err(|error| Failure::usage(format!("--server {asked}: {error}")))?
        .next()
        .ok_or_else(|| Failure::usage(format!("--server {asked}: no address")))
}
