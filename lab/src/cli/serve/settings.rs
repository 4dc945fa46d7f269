//! From the flags and the files they name to the server's settings; again at each SIGHUP.

use std::io;
use std::path::{Component, Path, PathBuf};

use server::{Config, PasswordHash, Persona, PersonaError, Tls, User};

use super::ServeOptions;
use super::kept::Kept;
use crate::Failure;
use crate::cli::prompt;

/// Where the users come from.
enum Users {
    /// --user, all with one password.
    Named(Vec<String>, String),
    /// The lines of a file.
    File(PathBuf, Vec<String>),
}

impl Users {
    /// Asks for the password if it has to be asked for.
    fn of(options: &ServeOptions, kept: &Kept) -> Result<Self, Failure> {
        let names = options.user.clone();
        match &options.password_file {
            Some(path) if is_list(&read(kept, path)?) => Ok(Self::File(path.clone(), names)),
            // Served to anybody, it would not be what the file was given for.
            Some(path) if names.is_empty() => Err(Failure::usage(format!(
                "{} has no line that `ftplab passwd` made; a password alone needs --user NAME",
                path.display()
            ))),
            None if names.is_empty() => Ok(Self::Named(names, String::new())),
            path => match prompt::new(&names.join(" and "), path.as_deref())? {
                password if password.is_empty() => Err(Failure::usage(
                    "the password is empty: with it anybody who knows the name could write",
                )),
                password => Ok(Self::Named(names, password)),
            },
        }
    }

    fn read(&self, kept: &Kept) -> Result<Vec<User>, Failure> {
        match self {
            Self::Named(names, password) => Ok(names
                .iter()
                .map(|name| User::new(name.as_str(), password.as_str()))
                .collect()),
            Self::File(path, names) => {
                let users = parse(&read(kept, path)?).map_err(|(line, problem)| {
                    Failure::failed(format!("{}:{line}: {problem}", path.display()))
                })?;
                if users.is_empty() {
                    let path = path.display();
                    return Err(Failure::failed(format!("{path} has no users")));
                }
                for name in names {
                    if !users.iter().any(|(listed, _)| listed == name) {
                        let path = path.display();
                        return Err(Failure::failed(format!("{path} has no user {name:?}")));
                    }
                }
                let wanted = |name: &String| names.is_empty() || names.contains(name);
                let users = users.into_iter().filter(|(name, _)| wanted(name));
                Ok(users.map(|(_, user)| user).collect())
            }
        }
    }
}

/// What is found out once and is the same at every SIGHUP.
pub(super) struct Sources {
    users: Users,
    /// The certificate that was made for this run, when there is no file of one.
    made: Option<Tls>,
    kept: Kept,
}

impl Sources {
    pub(super) fn of(options: &ServeOptions) -> Result<Self, Failure> {
        let mut kept = Kept::default();
        let files = [
            options.password_file.as_deref(),
            options.tls_cert.as_deref(),
            options.tls_key.as_deref(),
            options.persona.as_deref().map(Path::new),
        ];
        for path in files.into_iter().flatten() {
            kept.keep(path);
        }
        if let Some(path) = &options.xferlog {
            kept.keep_log(path).map_err(|error| no_log(path, &error))?;
        }
        Ok(Self {
            users: Users::of(options, &kept)?,
            made: match options.tls_cert {
                Some(_) => None,
                None => Some(make_certificate(options)?),
            },
            kept,
        })
    }
}

fn read(kept: &Kept, path: &Path) -> Result<String, Failure> {
    let not_text = |_| io::Error::new(io::ErrorKind::InvalidData, "expected text in UTF-8");
    kept.read(path)
        .and_then(|bytes| String::from_utf8(bytes).map_err(not_text))
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
    Tls::from_pem((certificate, &chain), (key, &secret)).map_err(Failure::failed)
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

fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let numbered = text.lines().enumerate();
    numbered.filter_map(|(index, line)| {
        let line = line.trim();
        (!line.is_empty() && !line.starts_with('#')).then_some((index + 1, line))
    })
}

/// Whether it is a list of users rather than a password.
fn is_list(text: &str) -> bool {
    lines(text).next().is_some_and(|(_, line)| {
        line.split_once(':')
            .is_some_and(|(_, hash)| hash.starts_with("$argon2"))
    })
}

/// Reads `NAME:HASH[:FOLDER[:read-only]]` lines; an error has its line.
fn parse(text: &str) -> Result<Vec<(String, User)>, (usize, String)> {
    let mut users = Vec::new();
    for (number, line) in lines(text) {
        let expected = || {
            let form = "expected NAME:HASH, NAME:HASH:FOLDER or NAME:HASH:FOLDER:read-only";
            (number, form.to_owned())
        };
        let fields: Vec<_> = line.split(':').collect();
        let (name, hash, folder, write) = match fields[..] {
            [name, hash] => (name, hash, "", true),
            [name, hash, folder] => (name, hash, folder, true),
            [name, hash, folder, "read-only"] => (name, hash, folder, false),
            _ => return Err(expected()),
        };
        if name.is_empty() {
            return Err(expected());
        }
        let hash = PasswordHash::parse(hash).map_err(|error| (number, error.to_string()))?;
        let mut user = User::hashed(name, hash);
        if !folder.is_empty() {
            user = user.root(folder);
        }
        if !write {
            user = user.read_only();
        }
        users.push((name.to_owned(), user));
    }
    Ok(users)
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
        let file = kept.append(path).map_err(|error| no_log(path, &error))?;
        config = config.xferlog_file(file);
    }
    if let Some(name) = &options.persona {
        config = config.persona(read_persona(kept, name)?);
    }
    for user in users {
        config = config.user(if options.read_only {
            user.read_only()
        } else {
            user
        });
    }
    config.build().map_err(Failure::failed)
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

#[cfg(test)]
mod tests {
    use super::{is_list, parse};

    const HASH: &str = "$argon2id$v=19$m=16,t=2,p=1$c2FsdHNhbHQ$RbrhSYtIFBJUq0sOtf3Ccg";

    #[test]
    fn a_list_of_users_is_told_from_a_password() {
        assert!(is_list(&format!("# users\n\nann:{HASH}\n")));
        for password in ["secret\n", "a:b", "", "$argon2"] {
            assert!(!is_list(password), "{password}");
        }
        let users = parse(&format!(
            "ann:{HASH}\nbob:{HASH}:/srv/bob\neve:{HASH}::read-only\n"
        ));
        let names: Vec<_> = users.unwrap().into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["ann", "bob", "eve"]);
        for (text, line) in [
            (format!("ann:{HASH}\nbob"), 2),
            (format!(":{HASH}"), 1),
            (format!("# x\nann:{HASH}:/srv:readonly"), 2),
            ("ann:$argon2id$nonsense".to_owned(), 1),
        ] {
            assert_eq!(parse(&text).unwrap_err().0, line, "{text}");
        }
    }
}
