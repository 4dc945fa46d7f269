//! `ftplab mirror`.

use std::io::{self, Write};
use std::path::Path;

use client::{Folder, FtpUrl, Mirror, MirrorEvent};

use super::how::How;
use super::remote::{self, Remote};
use super::shown::{self, shown};
use crate::Failure;

/// Make a folder here like a directory on a server, or the other way round.
///
/// Files that have the same size and time on both sides are left alone. Symbolic links are
/// neither followed nor made.
#[derive(clap::Args, Debug)]
#[command(before_help = "\
Examples:
  ftplab mirror ftp://127.0.0.1:2121/pub/ pub               down
  ftplab mirror --reverse site ftp://ann@h/www/             up
  ftplab mirror --reverse --delete site ftp://ann@h/www/    and remove what site does not have")]
pub(in crate::cli) struct MirrorOptions {
    /// What to copy: a URL, or with --reverse a folder.
    from: String,
    /// Where to: a folder, or with --reverse a URL.
    to: String,
    /// From here to the server.
    #[arg(short = 'R', long)]
    reverse: bool,
    /// Remove there what is not in the original.
    #[arg(long)]
    delete: bool,
    #[command(flatten)]
    how: How,
}

pub(in crate::cli) fn mirror(options: &MirrorOptions) -> Result<(), Failure> {
    let (url, folder) = if options.reverse {
        (&options.to, &options.from)
    } else {
        (&options.from, &options.to)
    };
    if folder.contains("://") {
        return Err(Failure::usage(if options.reverse {
            format!("{folder}: expected a folder here: --reverse copies from here to a URL")
        } else {
            format!("{folder}: expected a folder here: --reverse copies to a URL")
        }));
    }
    let url: FtpUrl = url.parse().map_err(|error| {
        let hint = if options.reverse {
            ""
        } else {
            " (--reverse copies to a URL)"
        };
        Failure::usage(format!("{url}: {error}{hint}"))
    })?;
    let mirror = Mirror {
        skip_same: true,
        delete: options.delete,
    };
    remote::run(&options.how, async |remotes| {
        let remote = remotes.at(&url).await?;
        let mut summary = Summary::default();
        if options.reverse {
            up(remote, Path::new(folder), &url.path, mirror, &mut summary).await?;
        } else {
            down(remote, &url.path, Path::new(folder), mirror, &mut summary).await?;
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
    summary: &mut Summary,
) -> Result<(), Failure> {
    let folder = Folder::open_or_make(folder).map_err(|error| remote.failure(&error))?;
    let copying = remote.retrying(async |session| {
        let now = mirror;
        mirror.skip_same = true;
        session
            .mirror_down(path, &folder, now, &mut |event| summary.tell(event))
            .await
    });
    copying.await
}

/// Copies a folder up; likewise.
pub(super) async fn up(
    remote: &mut Remote,
    folder: &Path,
    path: &[u8],
    mut mirror: Mirror,
    summary: &mut Summary,
) -> Result<(), Failure> {
    let folder = Folder::open(folder).map_err(|error| remote.failure(&error))?;
    let path = match path.strip_suffix(b"/") {
        Some(b"") | None => path,
        Some(path) => path,
    };
    let copying = remote.retrying(async |session| {
        let now = mirror;
        mirror.skip_same = true;
        session
            .mirror_up(&folder, path, now, &mut |event| summary.tell(event))
            .await
    });
    copying.await
}

/// Tells of each file on stdout, and counts.
#[derive(Default)]
pub(super) struct Summary {
    files: u64,
    bytes: u64,
    same: u64,
    removed: u64,
    failed: u64,
    output: Option<io::Error>,
}

impl Summary {
    pub(super) fn tell(&mut self, event: &MirrorEvent<'_>) {
        let line = match event {
            MirrorEvent::Transferred { path, bytes } => {
                self.files += 1;
                self.bytes += bytes;
                format!("copied {} ({bytes} bytes)", shown(path))
            }
            MirrorEvent::Same(_) => {
                self.same += 1;
                return;
            }
            MirrorEvent::Removed(path) => {
                self.removed += 1;
                format!("removed {}", shown(path))
            }
            MirrorEvent::Skipped(path) => {
                format!("skipped {}: neither file nor directory", shown(path))
            }
            MirrorEvent::Failed { path, error } => {
                self.failed += 1;
                eprintln!("ftplab: {}: {}", shown(path), shown::error(error));
                return;
            }
        };
        if let Err(error) = writeln!(io::stdout(), "{line}") {
            self.output.get_or_insert(error);
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
        let text = format!("{files} copied ({bytes} bytes), {same} the same, {removed} removed");
        if failed > 0 {
            return Err(Failure::failed(format!("{text}, {failed} failed")));
        }
        eprintln!("{text}");
        Ok(())
    }
}
