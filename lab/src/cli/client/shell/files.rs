//! The commands that move files.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Seek, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use clap::Parser;
use client::{ClientError, Folder, MirrorEvent};
use glob::MatchOptions;
use proto::EntryKind;

use super::braces::alternatives;
use super::state::{Shell, Trouble};
use crate::Failure;
use crate::cli::client::fetch::{
    Fetch, Fetched, as_path, file_name, is_stream, pour, split, within,
};
use crate::cli::client::get::Taken;
use crate::cli::client::made::Made;
use crate::cli::client::mirror::{Summary, Which, target};
use crate::cli::client::send::{Way, send};
use crate::cli::client::shown::{self, shown};

impl Shell {
    /// Carries out a command that moves files.
    pub(super) async fn files(&mut self, name: &str, words: &[String]) -> Result<(), Trouble> {
        let first = words.first().map_or("", String::as_str);
        let second = words.get(1).map(String::as_str);
        match name {
            "get" => self.fetch(first.as_bytes(), second, false).await,
            "reget" => self.fetch(first.as_bytes(), second, true).await,
            "put" => self.send(Path::new(first), second, Way::Whole).await,
            "reput" => self.send(Path::new(first), second, Way::Resume).await,
            "append" => self.send(Path::new(first), second, Way::Append).await,
            "mget" => {
                let mut failed = Failed::default();
                let mut taken = Taken::default();
                for path in self.matching(words).await? {
                    if !taken.has_room(&path, "here") {
                        failed.0 += 1;
                        continue;
                    }
                    let fetched = self.fetch(&path, None, false).await;
                    failed.unless(fetched, &path)?;
                }
                failed.finish()
            }
            "mdel" => {
                let mut failed = Failed::default();
                for path in self.matching(words).await? {
                    let deleted = self.session()?.delete(&path).await;
                    failed.unless(deleted.map_err(Trouble::from), &path)?;
                }
                failed.finish()
            }
            "mput" => {
                let mut failed = Failed::default();
                let mut taken = Taken::default();
                for pattern in words {
                    for path in matching_here(pattern)? {
                        let name = path.as_os_str().as_encoded_bytes();
                        if !taken.has_room(name, "there") {
                            failed.0 += 1;
                            continue;
                        }
                        let sent = self.send(&path, None, Way::Whole).await;
                        failed.unless(sent, name)?;
                    }
                }
                failed.finish()
            }
            "cat" => {
                for path in words {
                    let type_code = self.type_code;
                    let session = self.session()?;
                    session.type_(type_code).await?;
                    session.retrieve(path, 0, &mut io::stdout()).await?;
                }
                Ok(())
            }
            "more" => {
                let type_code = self.type_code;
                let session = self.session()?;
                session.type_(type_code).await?;
                // All of it first: a person reads more slowly than a server waits.
                let cannot = |error| Failure::failed(format!("no temporary file: {error}"));
                let mut file = tempfile::tempfile().map_err(cannot)?;
                session.retrieve(first, 0, &mut file).await?;
                file.rewind().map_err(cannot)?;
                Ok(page(file)?)
            }
            "mirror" => {
                let asked = MirrorWords::try_parse_from(words).map_err(|error| {
                    // Its first line says what is wrong; the rest speaks of a program.
                    let text = error.render().to_string();
                    let first = text.lines().next().unwrap_or_default();
                    Failure::usage(first.trim_start_matches("error: "))
                })?;
                let mirror = asked.which.mirror()?;
                let mut summary = Summary::of(&mirror);
                let mut tell = |event: &MirrorEvent<'_>| summary.tell(event);
                let session = self.session()?;
                if asked.reverse {
                    let from = Path::new(&asked.from);
                    let name = from.file_name().map(OsStr::as_encoded_bytes);
                    let to = asked.to.as_deref().map(str::as_bytes).or(name);
                    let folder = Folder::open(from)?;
                    session
                        .mirror_up(
                            &folder,
                            to.unwrap_or_default(),
                            &mirror,
                            &mut Vec::new(),
                            &mut tell,
                        )
                        .await?;
                } else {
                    let from = asked.from.as_bytes();
                    let name = file_name(from).map(as_path);
                    let folder = asked.to.as_deref().map(Path::new).or(name);
                    let folder = folder.unwrap_or(Path::new("."));
                    let (folder, made, _stand_in) = target(folder, mirror.dry_run)?;
                    session
                        .mirror_down(from, &folder, &mirror, &mut Vec::new(), &mut tell)
                        .await?;
                    summary.settle(made);
                }
                Ok(summary.finish()?)
            }
            // The table has no other.
            _ => Err(Failure::usage(format!("{name}: no such command")).into()),
        }
    }

    async fn fetch(
        &mut self,
        path: &[u8],
        local: Option<&str>,
        resume: bool,
    ) -> Result<(), Trouble> {
        let no_name = || Failure::usage("that is no file's name here; name one after it");
        let type_code = self.type_code;
        if local == Some("-") {
            let session = self.session()?;
            session.type_(type_code).await?;
            session.retrieve(path, 0, &mut io::stdout()).await?;
            return Ok(());
        }
        let (local, _made) = match local {
            Some(local) if Path::new(local).is_dir() || local.ends_with('/') => {
                within(Path::new(local), file_name(path).ok_or_else(no_name)?)?
            }
            Some(local) => (PathBuf::from(local), Made::default()),
            None => (
                as_path(file_name(path).ok_or_else(no_name)?).to_path_buf(),
                Made::default(),
            ),
        };
        if is_stream(&local) {
            let transfer = pour(self.session()?, path, type_code, &local).await?;
            let name = shown(local.as_os_str().as_encoded_bytes());
            message!("{}", shown::transfer(&name, &transfer));
            return Ok(());
        }
        let (parent, name) = split(&local).ok_or_else(no_name)?;
        let folder = Folder::open(parent)?;
        let mut fetch = Fetch::new(&folder, name.as_encoded_bytes(), resume);
        let fetched = fetch.attempt(self.session()?, path, type_code).await?;
        let name = shown(local.as_os_str().as_encoded_bytes());
        match fetched {
            Fetched::Now(transfer) => message!("{}", shown::transfer(&name, &transfer)),
            Fetched::Before => message!("{name}: whole already"),
        }
        Ok(())
    }

    async fn send(&mut self, local: &Path, remote: Option<&str>, way: Way) -> Result<(), Trouble> {
        let name = local.file_name().map(OsStr::as_encoded_bytes);
        let path = remote.map(str::as_bytes).or(name);
        let path = path.ok_or_else(|| Failure::usage("expected a file"))?;
        let type_code = self.type_code;
        let sent = send(self.session()?, local, path, type_code, way).await?;
        let name = shown(local.as_os_str().as_encoded_bytes());
        match sent {
            Some(transfer) => message!("{}", shown::transfer(&name, &transfer)),
            None => message!("{name}: whole already"),
        }
        Ok(())
    }

    /// The files on the server that match; no match is a failure.
    async fn matching(&mut self, patterns: &[String]) -> Result<Vec<Vec<u8>>, Trouble> {
        let mut paths = Vec::new();
        for pattern in patterns {
            let found = self.session()?.glob(pattern.as_bytes()).await?;
            let before = paths.len();
            paths.extend(found.into_iter().filter_map(|found| {
                let kind = found.entry.map(|entry| entry.kind);
                matches!(kind, None | Some(EntryKind::File | EntryKind::Symlink))
                    .then_some(found.path)
            }));
            if paths.len() == before {
                let pattern = shown(pattern.as_bytes());
                return Err(Failure::failed(format!("no file matches {pattern}")).into());
            }
        }
        Ok(paths)
    }
}

/// The words after mirror.
#[derive(clap::Parser)]
#[command(no_binary_name = true, disable_help_flag = true)]
struct MirrorWords {
    from: String,
    to: Option<String>,
    #[arg(short = 'R', long)]
    reverse: bool,
    #[command(flatten)]
    which: Which,
}

/// Counts what failed of several files: one does not keep the others from being tried.
#[derive(Default)]
struct Failed(u64);

impl Failed {
    /// Tells of a failure; passes it on when nothing else can succeed either.
    fn unless(&mut self, done: Result<(), Trouble>, path: &[u8]) -> Result<(), Trouble> {
        match done {
            Err(Trouble::Client(error))
                if !error.is_transient() && !matches!(error, ClientError::Aborted) =>
            {
                message!("ftplab: {}", shown::at(path, &error));
                self.0 += 1;
                Ok(())
            }
            done => done,
        }
    }

    fn finish(self) -> Result<(), Trouble> {
        match self.0 {
            0 => Ok(()),
            1 => Err(Failure::failed("1 file failed").into()),
            count => Err(Failure::failed(format!("{count} files failed")).into()),
        }
    }
}

/// Shows a file with the user's pager.
fn page(file: File) -> Result<(), Failure> {
    let pager = std::env::var("PAGER").unwrap_or_default();
    let pager = if pager.is_empty() { "less" } else { &pager };
    let mut command = Command::new("/bin/sh");
    let status = command.args(["-c", pager]).stdin(file).status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(Failure::failed(format!("{pager}: {status}"))),
        Err(error) => Err(Failure::failed(format!("{pager}: {error}"))),
    }
}

/// The files here that match: `*`, `?`, `[a-z]`, `[!a]` and `{a,b}`; names that begin with a dot
/// only where the pattern does.
fn matching_here(pattern: &str) -> Result<Vec<PathBuf>, Failure> {
    if Path::new(pattern).is_file() {
        return Ok(vec![PathBuf::from(pattern)]);
    }
    let options = MatchOptions {
        require_literal_leading_dot: true,
        ..MatchOptions::new()
    };
    let mut found = Vec::new();
    for pattern in alternatives(pattern) {
        let paths = glob::glob_with(&pattern, options)
            .map_err(|error| Failure::usage(format!("{pattern}: {error}")))?;
        found.extend(paths.filter_map(Result::ok).filter(|path| path.is_file()));
    }
    found.sort();
    found.dedup();
    if found.is_empty() {
        return Err(Failure::failed(format!("no file here matches {pattern}")));
    }
    Ok(found)
}

/// The names in a folder here, a slash after folders.
pub(super) fn list_local(path: &str) -> Result<(), Trouble> {
    let path = if path.is_empty() { "." } else { path };
    let entries = Folder::open(Path::new(path))?.entries()?;
    let mut out = io::stdout().lock();
    for entry in entries {
        let slash = match entry.kind {
            client::LocalKind::Folder => "/",
            _ => "",
        };
        writeln!(out, "{}{slash}", shown(&entry.name))?;
    }
    Ok(())
}
