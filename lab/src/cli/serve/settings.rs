//! From the flags and the files they name to the server's settings; again at each SIGHUP.

use std::cell::RefCell;
use std::io;
use std::path::{Component, Path, PathBuf};

use server::{Config, PasswordHash, Persona, PersonaError, Tls, User};

use super::ServeOptions;
use super::kept::Kept;
use super::privileges;
use crate::Failure;
use crate::cli::prompt;

/// Where the users come from.
enum Users {
    /// --user, all with one password.
    Named(Vec<String>, String),
    /// The lines of a file.
    File(ListFile, Vec<String>),
}

/// A list of users.
struct ListFile {
    path: PathBuf,
    /// What was read at the start, until it is used; for good when it cannot be read twice.
    text: RefCell<Option<String>>,
    /// A pipe: read to its end, it is empty.
    is_read_once: bool,
}

impl ListFile {
    fn text(&self, kept: &Kept) -> Result<String, Failure> {
        let mut text = self.text.borrow_mut();
        let known = if self.is_read_once {
            text.clone()
        } else {
            text.take()
        };
        known.map_or_else(|| read(kept, &self.path), Ok)
    }
}

/// A line of a list.
struct Listed {
    name: String,
    user: User,
    folder: Option<PathBuf>,
}

impl Users {
    /// Asks for the password if it has to be asked for.
    fn of(options: &ServeOptions, kept: &Kept) -> Result<Self, Failure> {
        let names = options.user.clone();
        let password = match &options.password_file {
            None if names.is_empty() => String::new(),
            None => checked(prompt::new(&names.join(" and "), None)?)?,
            Some(path) => {
                let text = read(kept, path)?;
                if is_list(&text) {
                    let file = ListFile {
                        path: path.clone(),
                        text: RefCell::new(Some(text)),
                        is_read_once: !path.is_file(),
                    };
                    return Ok(Self::File(file, names));
                }
                // Served to anybody, it would not be what the file was given for.
                if names.is_empty() {
                    return Err(Failure::usage(format!(
                        "{} has no line that `ftplab passwd` made; a password alone needs --user NAME",
                        path.display()
                    )));
                }
                checked(prompt::first_line(&text))?
            }
        };
        Ok(Self::Named(names, password))
    }

    fn read(&self, kept: &Kept) -> Result<Vec<Listed>, Failure> {
        match self {
            Self::Named(names, password) => Ok(names
                .iter()
                .map(|name| Listed {
                    name: name.clone(),
                    user: User::new(name.as_str(), password.as_str()),
                    folder: None,
                })
                .collect()),
            Self::File(file, names) => {
                let path = file.path.display();
                let users = parse(&file.text(kept)?).map_err(|(line, problem)| {
                    Failure::failed(format!("{path}:{line}: {problem}"))
                })?;
                if users.is_empty() {
                    return Err(Failure::failed(format!("{path} has no users")));
                }
                for name in names {
                    if !users.iter().any(|listed| listed.name == *name) {
                        return Err(Failure::failed(format!("{path} has no user {name:?}")));
                    }
                }
                let wanted = |listed: &Listed| names.is_empty() || names.contains(&listed.name);
                Ok(users.into_iter().filter(wanted).collect())
            }
        }
    }
}

/// A password that may protect something.
fn checked(password: String) -> Result<String, Failure> {
    if password.is_empty() {
        return Err(Failure::usage(
            "the password is empty: with it anybody who knows the name could write",
        ));
    }
    Ok(password)
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
        if let Users::File(file, _) = &users
            && let Ok(listed) = parse(file.text.borrow().as_deref().unwrap_or_default())
        {
            for folder in listed.iter().filter_map(|listed| listed.folder.as_deref()) {
                kept.keep(folder);
            }
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
        match &self.users {
            Users::File(file, _) if file.is_read_once => Some(&file.path),
            _ => None,
        }
    }
}

fn read(kept: &Kept, path: &Path) -> Result<String, Failure> {
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
fn parse(text: &str) -> Result<Vec<Listed>, (usize, String)> {
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
        let folder = (!folder.is_empty()).then(|| PathBuf::from(folder));
        if let Some(folder) = &folder {
            user = user.root(folder);
        }
        if !write {
            user = user.read_only();
        }
        let name = name.to_owned();
        users.push(Listed { name, user, folder });
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
    let folders = users.iter().filter_map(|listed| listed.folder.as_deref());
    for folder in folders.chain([&*options.dir]) {
        let opened = kept.folder(folder).map_err(|error| {
            Failure::failed(format!("cannot serve {}: {error}", folder.display()))
        })?;
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
        let names: Vec<_> = users
            .unwrap()
            .into_iter()
            .map(|listed| listed.name)
            .collect();
        assert_eq!(names, ["ann", "bob", "eve"]);
        for (text, line) in [
            (format!("ann:{HASH}\nbob"), 2),
            (format!(":{HASH}"), 1),
            (format!("# x\nann:{HASH}:/srv:readonly"), 2),
            ("ann:$argon2id$nonsense".to_owned(), 1),
        ] {
            assert_eq!(parse(&text).err().unwrap().0, line, "{text}");
        }
    }
}
