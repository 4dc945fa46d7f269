//! From the flags and the files they name to the server's settings; again at each SIGHUP.

use std::fmt::Write;
use std::io;
use std::path::{Component, Path};

use server::{Config, ConfigError, Persona, PersonaError, Tls};

use super::ServeOptions;
use super::kept::Kept;
use super::privileges;
use super::users::{Listed, Users};
use crate::Failure;

/// What is found out once and is the same at every SIGHUP.
pub(super) struct Sources {
    users: Users,
    /// The certificate that was made for this run, when there is no file of one.
    made: Option<Tls>,
    kept: Kept,
}

impl Sources {
    pub(super) fn of(options: &ServeOptions) -> Result<Self, Failure> {
        let run_as = options.run_as.as_deref();
        let mut kept = Kept::new(privileges::will_be_given_up(run_as, &options.dir));
        let files = [
            options.password_file.as_deref(),
            options.tls_cert.as_deref(),
            options.tls_key.as_deref(),
            options.persona.as_deref().map(Path::new),
        ];
        for path in files.into_iter().flatten().chain([&*options.dir]) {
            kept.keep(path);
        }
        if let Some(path) = &options.xferlog {
            kept.keep_log(path).map_err(|error| no_log(path, &error))?;
        }
        let users = Users::of(options, &kept)?;
        for folder in users.folders() {
            kept.keep(&folder);
        }
        Ok(Self {
            users,
            made: match options.tls_cert {
                Some(_) => None,
                None => Some(make_certificate(options)?),
            },
            kept,
        })
    }
}

impl Sources {
    /// The list of users, if it cannot be read again.
    pub(super) fn read_once(&self) -> Option<&Path> {
        self.users.read_once()
    }
}

pub(super) fn read(kept: &Kept, path: &Path) -> Result<String, Failure> {
    kept.read(path)
        .map_err(|error| Failure::failed(format!("cannot read {}: {error}", path.display())))
}

fn no_log(path: &Path, error: &io::Error) -> Failure {
    Failure::failed(format!("cannot write the log {}: {error}", path.display()))
}

/// The certificate and the key of --tls-cert and --tls-key.
fn read_certificate(kept: &Kept, certificate: &Path, key: &Path) -> Result<Tls, Failure> {
    let read = |path: &Path, what| {
        kept.read(path).map_err(|error| {
            let path = path.display();
            Failure::failed(format!("{path}: expected {what} in PEM form: {error}"))
        })
    };
    let chain = read(certificate, "a certificate")?;
    let secret = read(key, "a private key")?;
    let (chain, secret) = (chain.as_bytes(), secret.as_bytes());
    Tls::from_pem((certificate, chain), (key, secret)).map_err(Failure::failed)
}

/// The persona of --persona.
fn read_persona(kept: &Kept, name: &str) -> Result<Persona, Failure> {
    match Persona::named(name) {
        Err(PersonaError::Read { source, .. })
            if source.kind() == io::ErrorKind::PermissionDenied =>
        {
            let text = read(kept, Path::new(name))?;
            Persona::parse(name, &text).map_err(Failure::failed)
        }
        Err(PersonaError::Read { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
            Err(Failure::failed(format!(
                "--persona {name}: no persona has that name, and no file\n  \
                 fix: ftplab, iis5, vsftpd, or the path of a persona file"
            )))
        }
        read => read.map_err(Failure::failed),
    }
}

/// Reads every file that the flags name and checks all of it.
pub(super) fn configure(options: &ServeOptions, sources: &Sources) -> Result<Config, Failure> {
    let kept = &sources.kept;
    let users = sources.users.read(kept)?;
    let tls = match (&sources.made, &options.tls_cert, &options.tls_key) {
        (Some(made), ..) => Some(made.clone()),
        (None, Some(certificate), Some(key)) => Some(read_certificate(kept, certificate, key)?),
        // Unreachable: clap asks for both.
        (None, ..) => None,
    };
    let mut config = Config::builder(&options.dir)
        .anonymous(users.is_empty() || options.anonymous)
        .idle_timeout(options.idle_timeout)
        .data_timeout(options.data_timeout)
        .keep_partial(options.keep_partial)
        .require_tls(options.require_tls);
    if let Some(tls) = tls {
        config = config.tls(tls);
    }
    if let Some(sessions) = options.max_sessions {
        config = config.max_sessions(sessions);
    }
    if let Some(sessions) = options.max_per_address {
        config = config.max_per_address(sessions);
    }
    if let Some(ports) = &options.passive_ports {
        config = config.passive_ports(ports.clone());
    }
    if let Some(address) = options.masquerade {
        config = config.passive_address(address);
    }
    if let Some(directory) = &options.anonymous_upload {
        within_root(directory)?;
        config = config.anonymous_upload(directory);
    }
    if let Some(path) = &options.xferlog {
        let (file, problem) = kept.append(path).map_err(|error| no_log(path, &error))?;
        if let Some(error) = problem {
            no_log(path, &error).report();
            message!(
                "  fix: make the file, let this server's user write to it, and send SIGHUP again\n  \
                 until then: what is moved is logged to the file that was open before"
            );
        }
        config = config.xferlog_file(file);
    }
    if let Some(name) = &options.persona {
        config = config.persona(read_persona(kept, name)?);
    }
    let places: Vec<_> = users
        .iter()
        .filter_map(|listed| Some((listed.folder.clone()?, listed.place.clone())))
        .collect();
    let not_served = |folder: &Path, error: &io::Error| {
        let place = places.iter().find(|(listed, _)| listed == folder);
        let place = place.and_then(|(_, place)| place.as_deref());
        not_served(folder, place, error)
    };
    let folders = places.iter().map(|(folder, _)| folder.as_path());
    for folder in folders.chain([&*options.dir]) {
        let opened = kept
            .folder(folder)
            .map_err(|error| not_served(folder, &error))?;
        if let Some(opened) = opened {
            config = config.opened(folder, opened);
        }
    }
    for Listed { user, .. } in users {
        config = config.user(if options.read_only {
            user.read_only()
        } else {
            user
        });
    }
    config.build().map_err(|error| match error {
        ConfigError::Root { path, source } => not_served(&path, &source),
        other => Failure::failed(other),
    })
}

/// A certificate for the addresses that are listened on.
fn make_certificate(options: &ServeOptions) -> Result<Tls, Failure> {
    let addresses = options.listen.iter().map(std::net::SocketAddr::ip);
    let mut names: Vec<_> = addresses
        .filter(|ip| !ip.is_unspecified())
        .map(|ip| ip.to_string())
        .collect();
    names.push("localhost".to_owned());
    names.dedup();
    Tls::self_signed(names).map_err(Failure::failed)
}

impl Sources {
    /// A file of users is served whole: a --user beside it would leave the others out unseen.
    pub(super) fn refuse_choice(&self, options: &ServeOptions) -> Result<(), Failure> {
        let (Users::File(..), Some(path)) = (&self.users, &options.password_file) else {
            return Ok(());
        };
        if options.user.is_empty() {
            return Ok(());
        }
        let path = path.display();
        Err(Failure::usage(format!(
            "{path} has the users and their passwords, and is served whole\n  \
             fix: leave out --user, or give a file with the lines of those who are to log in"
        )))
    }
}

/// Why a folder cannot be served, and which line of the list asks for it.
fn not_served(folder: &Path, place: Option<&str>, error: &io::Error) -> Failure {
    let place = place.map_or_else(String::new, |place| format!("{place}: "));
    let mut message = format!("{place}cannot serve {}: {error}", folder.display());
    if folder.is_relative()
        && let Ok(here) = std::env::current_dir()
    {
        let _ = write!(
            message,
            "; a path that does not begin with / is taken from {}",
            here.display()
        );
    }
    Failure::failed(message)
}

/// Whether a folder can be named within the served one.
fn within_root(directory: &Path) -> Result<(), Failure> {
    let is_within = directory
        .components()
        .all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    if is_within {
        return Ok(());
    }
    Err(Failure::usage(format!(
        "--anonymous-upload {}: expected a folder within the served one, named relative to it, such \
         as incoming",
        directory.display()
    )))
}
