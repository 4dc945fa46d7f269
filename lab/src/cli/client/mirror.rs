//! `ftplab mirror`.

use std::io::{self, Write};
use std::path::Path;

use client::{Begun, ClientError, Filter, Folder, FtpUrl, Mirror, MirrorEvent, Session};

use tempfile::TempDir;

use super::change::parents;
use super::how::{How, Parallel};
use super::made::Made;
use super::remote::{self, Remote};
use super::shown::{self, shown};
use super::swapped;
use crate::Failure;

/// Make a folder here like a directory on a server, or the other way round.
///
/// Files that have the same size and time on both sides are left alone. Symbolic links are
/// neither followed nor made.
#[derive(clap::Args, Debug)]
#[command(before_help = "\
Examples:
  ftplab mirror ftp://127.0.0.1:2121/ copy                  down
  ftplab mirror --reverse site ftp://ann@h/www/             up
  ftplab mirror --reverse --delete site ftp://ann@h/www/    and remove what site does not have
  ftplab mirror --dry-run --exclude .git/ ftp://h/src src   tell what it would do
  ftplab mirror --parallel 4 --include '*.iso' ftp://h/ .   four files at the same time")]
pub(in crate::cli) struct MirrorOptions {
    /// What to copy: a URL, or with --reverse a folder.
    from: String,
    /// Where to: a folder, or with --reverse a URL.
    to: String,
    /// From here to the server.
    #[arg(short = 'R', long)]
    reverse: bool,
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    parallel: Parallel,
    #[command(flatten)]
    how: How,
}

/// What a mirror does, of all that it could.
#[derive(clap::Args, Debug)]
pub(super) struct Which {
    /// Remove there what is not in the original.
    #[arg(long)]
    delete: bool,
    /// Copy what is newer than its copy, and what has none, whatever the sizes; with --reverse also
    /// what is shorter on the server, as an upload that was cut off is.
    #[arg(short = 'n', long)]
    only_newer: bool,
    /// Tell what would be done, and do nothing.
    #[arg(long)]
    dry_run: bool,
    /// Only files that match; a pattern with a slash is for the path below the directory, any
    /// other for the name. May be given several times.
    #[arg(short = 'i', long, value_name = "GLOB")]
    include: Vec<String>,
    /// Leave out what matches, and do not remove it either; a slash at the end means directories
    /// alone. May be given several times.
    #[arg(short = 'x', long, value_name = "GLOB")]
    exclude: Vec<String>,
}

impl Which {
    pub(super) fn mirror(&self) -> Result<Mirror, Failure> {
        let filter = Filter::new(&self.include, &self.exclude);
        Ok(Mirror {
            skip_same: true,
            only_newer: self.only_newer,
            delete: self.delete,
            dry_run: self.dry_run,
            filter: filter.map_err(|error| Failure::usage(shown::error(&error)))?,
            begun: Begun::default(),
        })
    }
}

pub(in crate::cli) fn mirror(options: &MirrorOptions) -> Result<(), Failure> {
    let (url, folder) = if options.reverse {
        (&options.to, &options.from)
    } else {
        (&options.from, &options.to)
    };
    if swapped::is_url(folder) {
        let wrong = "expected a folder here before the URL: --reverse copies from here to a URL";
        if options.reverse {
            return Err(swapped::belongs_last(wrong, folder));
        }
        let (from, to) = (
            shell_words::quote(&options.from),
            shell_words::quote(folder),
        );
        let fix = if swapped::is_url(&options.from) {
            format!("ftplab mirror {from} FOLDER, then ftplab mirror --reverse FOLDER {to}")
        } else {
            format!(
                "ftplab mirror {to} {from} for down, ftplab mirror --reverse {from} {to} for up"
            )
        };
        return Err(Failure::usage(format!(
            "expected a folder here after the URL: only --reverse copies to a URL\n  fix: {fix}"
        )));
    }
    let url: FtpUrl = url.parse().map_err(|error| {
        let hint = if options.reverse {
            ""
        } else {
            " (--reverse copies to a URL)"
        };
        Failure::usage(format!("{url}: {error}{hint}"))
    })?;
    let mirror = options.which.mirror()?;
    remote::run(&options.how, async |remotes| {
        let remote = remotes.at(&url).await?;
        let (folder, helpers) = (Path::new(folder), options.parallel.helpers());
        let mut summary = Summary::of(&mirror);
        if options.reverse {
            if !mirror.dry_run {
                make_way(remote, &url.path).await?;
            }
            up(remote, folder, &url.path, mirror, helpers, &mut summary).await?;
        } else {
            down(remote, &url.path, folder, mirror, helpers, &mut summary).await?;
        }
        summary.finish()
    })
}

/// Copies a directory down, again after a broken connection: what is here already is the same
/// then.
pub(super) async fn down(
    remote: &mut Remote,
    path: &[u8],
    folder: &Path,
    mut mirror: Mirror,
    helpers: usize,
    summary: &mut Summary,
) -> Result<(), Failure> {
    let (folder, made, _stand_in) =
        target(folder, mirror.dry_run).map_err(|error| remote.failure(&error))?;
    let mut helpers = remote.helpers(helpers).await?;
    let copying = remote.retrying(async |session| {
        let now = mirror.clone();
        mirror.skip_same = true;
        let mut tell = |event: &MirrorEvent<'_>| summary.tell(event);
        session
            .mirror_down(path, &folder, &now, &mut helpers, &mut tell)
            .await
    });
    copying.await?;
    summary.settle(made);
    leave(helpers).await;
    Ok(())
}

/// The folder that files come into, made if it is missing, for as long as [`Made`] lives when
/// nothing comes; in a dry run an empty one stands for it,
/// as long as the guard lives.
pub(super) fn target(
    folder: &Path,
    dry_run: bool,
) -> Result<(Folder, Made, Option<TempDir>), ClientError> {
    if !dry_run || folder.as_os_str().is_empty() || folder.exists() {
        let (folder, made) = Made::open(folder)?;
        return Ok((folder, made, None));
    }
    let stand_in = tempfile::tempdir().map_err(ClientError::Local)?;
    let folder = Folder::open(stand_in.path())?;
    Ok((folder, Made::default(), Some(stand_in)))
}

async fn leave(helpers: Vec<Session>) {
    for helper in helpers {
        // The work is done.
        let _ = helper.quit().await;
    }
}

/// Copies a folder up; likewise.
pub(super) async fn up(
    remote: &mut Remote,
    folder: &Path,
    path: &[u8],
    mut mirror: Mirror,
    helpers: usize,
    summary: &mut Summary,
) -> Result<(), Failure> {
    let folder = Folder::open(folder).map_err(|error| remote.failure(&error))?;
    let path = match path.strip_suffix(b"/") {
        Some(b"") | None => path,
        Some(path) => path,
    };
    let mut helpers = remote.helpers(helpers).await?;
    let copying = remote.retrying(async |session| {
        let now = mirror.clone();
        mirror.skip_same = true;
        let mut tell = |event: &MirrorEvent<'_>| summary.tell(event);
        session
            .mirror_up(&folder, path, &now, &mut helpers, &mut tell)
            .await
    });
    copying.await?;
    leave(helpers).await;
    Ok(())
}

/// Makes the directories that lead to `path`, if they are missing.
pub(super) async fn make_way(remote: &mut Remote, path: &[u8]) -> Result<(), Failure> {
    let path = path.strip_suffix(b"/").unwrap_or(path);
    let Some(end) = path.iter().rposition(|&byte| byte == b'/') else {
        return Ok(());
    };
    let above = &path[..end];
    if above.is_empty() {
        return Ok(());
    }
    let making = remote.retrying(async |session| {
        let home = session.pwd().await?;
        match session.cwd(above).await {
            Ok(()) => session.cwd(home).await,
            Err(ClientError::Refused { .. }) => parents(session, above).await,
            Err(error) => Err(error),
        }
    });
    making.await
}

/// Tells of each file on stdout, and counts.
#[derive(Default)]
pub(super) struct Summary {
    dry_run: bool,
    files: u64,
    bytes: u64,
    same: u64,
    removed: u64,
    failed: u64,
    output: Option<io::Error>,
}

impl Summary {
    pub(super) fn of(mirror: &Mirror) -> Self {
        Self {
            dry_run: mirror.dry_run,
            ..Self::default()
        }
    }

    pub(super) fn tell(&mut self, event: &MirrorEvent<'_>) {
        let would = if self.dry_run { "would have " } else { "" };
        let line = match event {
            MirrorEvent::Transferred { path, bytes } => {
                self.files += 1;
                self.bytes += bytes;
                let bytes = tracer::plural(*bytes, "byte");
                format!("{would}copied {} ({bytes})", shown(path))
            }
            MirrorEvent::Same(_) => {
                self.same += 1;
                return;
            }
            MirrorEvent::Removed(path) => {
                self.removed += 1;
                format!("{would}removed {}", shown(path))
            }
            MirrorEvent::Skipped(path) => {
                format!("skipped {}: neither file nor directory", shown(path))
            }
            MirrorEvent::SessionLost(error) => {
                remote::tell_lost(&shown::error(error));
                return;
            }
            MirrorEvent::Failed { path, error } => {
                self.failed += 1;
                message!("ftplab: {}", shown::at(path, error));
                return;
            }
        };
        if let Err(error) = writeln!(io::stdout(), "{line}") {
            self.output.get_or_insert(error);
        }
    }

    /// A folder that was made for what came stays; for what failed, only if it is not empty.
    pub(super) fn settle(&self, made: Made) {
        if self.failed == 0 {
            made.keep();
        }
    }

    pub(super) fn finish(self) -> Result<(), Failure> {
        if let Some(error) = self.output {
            return Err(Failure::output(&error));
        }
        let Self {
            files,
            bytes,
            same,
            removed,
            failed,
            ..
        } = self;
        let would = if self.dry_run {
            "would have been: "
        } else {
            ""
        };
        let bytes = tracer::plural(bytes, "byte");
        let text = format!("{would}{files} copied ({bytes}), {same} the same, {removed} removed");
        if failed > 0 {
            return Err(Failure::failed(format!("{text}, {failed} failed")));
        }
        message!("{text}");
        Ok(())
    }
}
