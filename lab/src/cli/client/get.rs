//! `ftplab get` and `ftplab mget`.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::collections::hash_map::{Entry, HashMap};
use std::io;
use std::path::{Path, PathBuf};

use client::{Folder, FtpUrl, Mirror, UrlType};
use futures::future::{join, join_all};
use proto::{EntryKind, Format, TypeCode};

use super::fetch::{
    Fetch, Fetched, as_path, file_name, is_stream, means_folder, pour, split, within,
};
use super::how::{How, Parallel};
use super::made::Made;
use super::mirror::{Summary, down};
use super::progress::tell;
use super::remote::{self, Remote};
use super::{shown, swapped};
use crate::Failure;

/// Fetch files from servers.
#[derive(clap::Args, Debug)]
#[command(before_help = "\
Examples:
  ftplab get ftp://127.0.0.1:2121/poem.txt             into poem.txt here
  ftplab get ftp://127.0.0.1:2121/poem.txt - | less    to stdout
  ftplab get -c ftp://ann@ftp.example.com/big.iso      go on where it was cut
  ftplab get ftp://h/a ftp://h/b folder/               several, into a folder
  ftplab get -r ftp://h/poems                          a directory and all that is in it")]
pub(in crate::cli) struct GetOptions {
    /// `ftp://[USER[:PASSWORD]@]HOST[:PORT]/PATH[;type=a|i]`, one or more; then, if not the
    /// files' own names here, where to put them: a file, a folder (FOLDER/ is made if it is
    /// missing), or - for stdout.
    #[arg(required = true, value_name = "URL... [LOCAL]")]
    arguments: Vec<String>,
    /// Go on with a download that was cut, and keep what comes if this one is.
    #[arg(short = 'c', long = "continue")]
    resume: bool,
    /// Fetch directories, with everything below them.
    #[arg(short, long, conflicts_with = "resume")]
    recursive: bool,
    #[command(flatten)]
    how: How,
}

/// Fetch the files whose names match a pattern.
#[derive(clap::Args, Debug)]
#[command(before_help = "\
Examples:
  ftplab mget 'ftp://127.0.0.1:2121/*.txt'             quoted, so that the shell leaves it alone
  ftplab mget 'ftp://h/{a,b}/[!0-9]*' folder           into a folder
  ftplab mget --parallel 4 'ftp://h/*.iso'             four at the same time")]
pub(in crate::cli) struct MgetOptions {
    /// URLs with *, ?, [a-z] or {a,b} in their paths; then the folder to put the files in, if
    /// not this one.
    #[arg(required = true, value_name = "URL... [FOLDER]")]
    arguments: Vec<String>,
    /// Go on with downloads that were cut, and keep what comes if these are.
    #[arg(short = 'c', long = "continue")]
    resume: bool,
    #[command(flatten)]
    parallel: Parallel,
    #[command(flatten)]
    how: How,
}

pub(in crate::cli) fn get(options: &GetOptions) -> Result<(), Failure> {
    let (urls, local) = urls_and_place(&options.arguments)?;
    let several = urls.len() > 1;
    if several
        && let Some(local) = &local
        && !local.is_dir()
        && !means_folder(local)
    {
        let local = local.display();
        return Err(Failure::usage(format!(
            "several files need a folder, and {local} is none\n  fix: {local}/ makes it"
        )));
    }
    if options.resume && urls.iter().any(|url| url.type_code == Some(UrlType::Ascii)) {
        return Err(Failure::usage(
            "a text transfer (;type=a) cannot be resumed: its bytes are not the file's",
        ));
    }
    remote::run(&options.how, async |remotes| {
        for url in &urls {
            let remote = remotes.at(url).await?;
            let local = local.as_deref();
            if options.recursive {
                let name = file_name(&url.path);
                let folder = match (local, name) {
                    (Some(local), Some(name)) if local.is_dir() => local.join(as_path(name)),
                    (Some(local), _) => local.to_path_buf(),
                    (None, Some(name)) => as_path(name).to_path_buf(),
                    (None, None) => PathBuf::new(),
                };
                let mut summary = Summary::default();
                let mirror = Mirror::default();
                down(remote, &url.path, &folder, mirror, 0, &mut summary).await?;
                summary.finish()?;
            } else {
                one(remote, url, local, options.resume).await?;
            }
        }
        Ok(())
    })
}

pub(in crate::cli) fn mget(options: &MgetOptions) -> Result<(), Failure> {
    let (urls, local) = urls_and_place(&options.arguments)?;
    let (folder, _made) = Made::open(local.as_deref().unwrap_or(Path::new("")))
        .map_err(|error| Failure::failed(shown::error(&error)))?;
    remote::run(&options.how, async |remotes| {
        let mut taken = Taken::default();
        for url in &urls {
            let remote = remotes.at(url).await?;
            let matches = remote
                .retrying(async |session| session.glob(&url.path).await)
                .await?;
            let mut wanted: VecDeque<_> = matches
                .into_iter()
                .filter(|found| {
                    let kind = found.entry.as_ref().map(|entry| entry.kind);
                    matches!(kind, None | Some(EntryKind::File | EntryKind::Symlink))
                })
                .map(|found| found.path)
                .collect();
            let before = wanted.len();
            wanted.retain(|path| taken.has_room(path, "here"));
            let failed = (before - wanted.len()) as u64;
            if before == 0 {
                let pattern = shown::shown(&url.path);
                return Err(Failure::failed(format!("no file matches {pattern}")));
            }
            let errand = Errand {
                wanted: RefCell::new(wanted),
                failed: Cell::new(failed),
                folder: &folder,
                type_code: representation(url),
                resume: options.resume,
            };
            errand.run(remote, options.parallel.helpers()).await?;
        }
        Ok(())
    })
}

/// The names that files get, each for the first that would have it.
#[derive(Default)]
pub(super) struct Taken(HashMap<Vec<u8>, Vec<u8>>);

impl Taken {
    /// Whether `path` may have its name; says so if not. `place` is where: here, or there.
    pub(super) fn has_room(&mut self, path: &[u8], place: &str) -> bool {
        let name = file_name(path).unwrap_or_default().to_vec();
        match self.0.entry(name) {
            Entry::Vacant(none) => {
                none.insert(path.to_vec());
                true
            }
            Entry::Occupied(first) => {
                let (path, first) = (shown::shown(path), shown::shown(first.get()));
                message!("ftplab: {path}: left out: it would replace {first} {place}");
                false
            }
        }
    }
}

/// Files that are fetched into a folder, by several sessions at the same time.
struct Errand<'a> {
    wanted: RefCell<VecDeque<Vec<u8>>>,
    failed: Cell<u64>,
    folder: &'a Folder,
    type_code: TypeCode,
    resume: bool,
}

impl Errand<'_> {
    /// One file that fails does not keep the others; a lost connection leaves them to the other
    /// sessions.
    async fn run(self, remote: &mut Remote, helpers: usize) -> Result<(), Failure> {
        let helpers = helpers.min(self.wanted.borrow().len().saturating_sub(1));
        let mut twins = remote.twins(helpers).await?;
        let helping = join_all(twins.iter_mut().map(|twin| async {
            let done = self.work(twin).await;
            if let Err(failure) = &done
                && !twin.interrupted()
            {
                remote::tell_lost(failure.message());
            }
            done
        }));
        let (mut done, helped) = join(self.work(remote), helping).await;
        if done.is_ok() && !remote.gave_up() {
            // What the last of the others to go had in hand.
            done = self.work(remote).await;
        }
        for twin in twins {
            twin.quit().await;
        }
        let failed = self.failed.get();
        if self.wanted.borrow().is_empty() {
            return match failed {
                0 => Ok(()),
                1 => Err(Failure::failed("1 file failed")),
                count => Err(Failure::failed(format!("{count} files failed"))),
            };
        }
        let lost = std::iter::once(done).chain(helped).find_map(Result::err);
        Err(lost.unwrap_or_else(|| Failure::failed("interrupted")))
    }

    /// Fetches what nobody else has begun with, until nothing is left or the connection is lost.
    async fn work(&self, remote: &mut Remote) -> Result<(), Failure> {
        loop {
            if remote.gave_up() {
                return Err(Failure::failed("interrupted"));
            }
            let Some(path) = self.wanted.borrow_mut().pop_front() else {
                return Ok(());
            };
            let Some(name) = file_name(&path) else {
                continue;
            };
            let (folder, type_code) = (self.folder, self.type_code);
            let fetched = into_folder(remote, &path, type_code, folder, name, self.resume).await;
            match fetched {
                Ok(()) => {}
                Err(failure) if remote.gave_up() || !remote.was_there() => {
                    self.wanted.borrow_mut().push_front(path);
                    return Err(failure);
                }
                Err(failure) => {
                    tell(format_args!("ftplab: {}", failure.message()));
                    self.failed.set(self.failed.get() + 1);
                }
            }
        }
    }
}

/// One file, to where the user wants it.
async fn one(
    remote: &mut Remote,
    url: &FtpUrl,
    local: Option<&Path>,
    resume: bool,
) -> Result<(), Failure> {
    let no_file = || {
        Failure::usage(format!(
            "{} names no file (expected ftp://HOST/FILE); -r fetches a directory, ls lists it",
            shown::url(url)
        ))
    };
    let name = file_name(&url.path)
        .filter(|_| !url.is_directory())
        .ok_or_else(no_file)?;
    let type_code = representation(url);
    // Its folder, if it was made, goes again when the file does not come.
    let (local, _made) = match local {
        Some(local) if local == Path::new("-") => {
            // What went into a pipe cannot be taken back, so there is one try.
            let poured = remote.once(async |session| {
                session.type_(type_code).await?;
                session.retrieve(&url.path, 0, &mut io::stdout()).await
            });
            return poured.await.map(drop);
        }
        Some(local) => within(local, name).map_err(|error| remote.failure(&error))?,
        None => (as_path(name).to_path_buf(), Made::default()),
    };
    if is_stream(&local) {
        let poured = remote.once(async |session| pour(session, &url.path, type_code, &local).await);
        let transfer = poured.await?;
        message!(
            "{}",
            shown::transfer(&local.display().to_string(), &transfer)
        );
        return Ok(());
    }
    let (parent, name) = split(&local).ok_or_else(no_file)?;
    let folder = Folder::open(parent).map_err(|error| remote.failure(&error))?;
    let name = name.as_encoded_bytes();
    into_folder(remote, &url.path, type_code, &folder, name, resume).await
}

async fn into_folder(
    remote: &mut Remote,
    path: &[u8],
    type_code: TypeCode,
    folder: &Folder,
    name: &[u8],
    resume: bool,
) -> Result<(), Failure> {
    let mut fetch = Fetch::new(folder, name, resume);
    let fetched = remote
        .retrying(async |session| fetch.attempt(session, path, type_code).await)
        .await?;
    let name = shown::shown(
        folder
            .path()
            .join(as_path(name))
            .as_os_str()
            .as_encoded_bytes(),
    );
    match fetched {
        Fetched::Now(transfer) => tell(shown::transfer(&name, &transfer)),
        Fetched::Before => tell(format_args!("{name}: whole already")),
    }
    Ok(())
}

/// The arguments that are URLs, and the last one if it is none.
fn urls_and_place(arguments: &[String]) -> Result<(Vec<FtpUrl>, Option<PathBuf>), Failure> {
    let parse = |text: &String| {
        text.parse::<FtpUrl>()
            .map_err(|error| Failure::usage(format!("{text}: {error}")))
    };
    if let [first, .., last] = arguments
        && last.contains("://")
        // Of a host alone nothing can be fetched.
        && (swapped::is_place(first) || !first.contains(['/', ':', '@']))
    {
        let wrong = format!("{first} is no URL; URLs come first, and the place here last");
        return Err(swapped::belongs_last(&wrong, first));
    }
    let (urls, place) = match arguments {
        // Without a scheme, the last of several is a place here.
        [urls @ .., last] if !urls.is_empty() && !last.contains("://") => {
            (urls, Some(PathBuf::from(last)))
        }
        urls => (urls, None),
    };
    Ok((urls.iter().map(parse).collect::<Result<_, _>>()?, place))
}

pub(super) fn representation(url: &FtpUrl) -> TypeCode {
    match url.type_code {
        Some(UrlType::Ascii) => TypeCode::Ascii(Format::NonPrint),
        _ => TypeCode::Image,
    }
}
