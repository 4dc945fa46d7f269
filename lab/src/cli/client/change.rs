//! `ftplab rm`, `mkdir` and `mv`.

use client::{ClientError, FtpUrl, Session};

use super::how::How;
use super::{remote, swapped};
use crate::Failure;

/// Remove files on a server.
#[derive(clap::Args, Debug)]
#[command(before_help = "\
Examples:
  ftplab rm ftp://ann@127.0.0.1:2121/old.txt
  ftplab rm -r ftp://ann@127.0.0.1:2121/old/           a directory and all that is in it
  ftplab rm -d ftp://ann@127.0.0.1:2121/empty/         an empty directory")]
pub(in crate::cli) struct RmOptions {
    /// ftp://[USER[:PASSWORD]@]HOST[:PORT]/PATH
    #[arg(required = true, value_name = "URL")]
    urls: Vec<FtpUrl>,
    /// Remove directories, with everything below them.
    #[arg(short, long)]
    recursive: bool,
    /// Remove empty directories.
    #[arg(short = 'd', long)]
    dir: bool,
    #[command(flatten)]
    how: How,
}

/// Make directories on a server.
#[derive(clap::Args, Debug)]
#[command(before_help = "\
Examples:
  ftplab mkdir ftp://ann@127.0.0.1:2121/new
  ftplab mkdir -p ftp://ann@127.0.0.1:2121/a/b/c       and what leads there")]
pub(in crate::cli) struct MkdirOptions {
    /// ftp://[USER[:PASSWORD]@]HOST[:PORT]/PATH
    #[arg(required = true, value_name = "URL")]
    urls: Vec<FtpUrl>,
    /// Make the directories that lead there, too; one that is there is no error.
    #[arg(short, long)]
    parents: bool,
    #[command(flatten)]
    how: How,
}

/// Rename a file or directory on a server.
#[derive(clap::Args, Debug)]
#[command(before_help = "\
Examples:
  ftplab mv ftp://ann@127.0.0.1:2121/a b
  ftplab mv ftp://ann@127.0.0.1:2121/a ftp://ann@127.0.0.1:2121/poems/a")]
pub(in crate::cli) struct MvOptions {
    /// ftp://[USER[:PASSWORD]@]HOST[:PORT]/PATH
    url: String,
    /// The new path, or a URL on the same server.
    to: String,
    #[command(flatten)]
    how: How,
}

pub(in crate::cli) fn rm(options: &RmOptions) -> Result<(), Failure> {
    remote::run(&options.how, async |remotes| {
        for url in &options.urls {
            let path = named(url)?;
            let remote = remotes.at(url).await?;
            let mut is_directory = false;
            let removing = remote.once(async |session| match session.delete(path).await {
                Err(ClientError::Refused { .. }) if options.recursive => {
                    session.remove_tree(path).await
                }
                Err(ClientError::Refused { .. }) if options.dir => session.rmdir(path).await,
                Err(error @ ClientError::Refused { .. }) => {
                    is_directory = is_directory_there(session, path).await;
                    Err(error)
                }
                done => done,
            });
            removing.await.map_err(|failure| {
                if is_directory {
                    failure.with_fix(
                        "it is a directory: rm -r removes it with all that is in it, rm -d only \
                         if it is empty",
                    )
                } else {
                    failure
                }
            })?;
        }
        Ok(())
    })
}

pub(in crate::cli) fn mkdir(options: &MkdirOptions) -> Result<(), Failure> {
    remote::run(&options.how, async |remotes| {
        for url in &options.urls {
            let path = named(url)?;
            let remote = remotes.at(url).await?;
            let making = remote.once(async |session| {
                if options.parents {
                    parents(session, path).await
                } else {
                    session.mkdir(path).await
                }
            });
            making.await?;
        }
        Ok(())
    })
}

/// Whether `path` is a directory that can be entered; the session stays where it is.
pub(super) async fn is_directory_there(session: &mut Session, path: &[u8]) -> bool {
    let Ok(home) = session.pwd().await else {
        return false;
    };
    session.cwd(path).await.is_ok() && session.cwd(home).await.is_ok()
}

/// MKD of each directory on the way; only the last must be there in the end.
pub(super) async fn parents(session: &mut Session, path: &[u8]) -> Result<(), ClientError> {
    let ends = path
        .iter()
        .enumerate()
        .filter(|&(at, &byte)| byte == b'/' && at > 0);
    for (end, _) in ends {
        match session.mkdir(&path[..end]).await {
            Ok(()) | Err(ClientError::Refused { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    match session.mkdir(path).await {
        // 550 for a directory that is there is no failure: one can be in it.
        Err(refused @ ClientError::Refused { .. }) => {
            let home = session.pwd().await?;
            session.cwd(path).await.map_err(|_| refused)?;
            // The next URL's path begins where this one's did.
            session.cwd(home).await
        }
        made => made,
    }
}

pub(in crate::cli) fn mv(options: &MvOptions) -> Result<(), Failure> {
    if options.to.contains("://") && swapped::is_place(&options.url) {
        let wrong = format!(
            "{} is no URL; the URL comes first, and the new name last",
            options.url
        );
        return Err(swapped::belongs_last(&wrong, &options.url));
    }
    let url: FtpUrl = options
        .url
        .parse()
        .map_err(|error| Failure::usage(format!("{}: {error}", options.url)))?;
    let from = named(&url)?;
    let to = if options.to.contains("://") {
        let to: FtpUrl = options.to.parse().map_err(Failure::usage)?;
        if (&to.host, to.port) != (&url.host, url.port) {
            return Err(Failure::usage("both URLs must be on the same server"));
        }
        to.path
    } else {
        options.to.clone().into_bytes()
    };
    remote::run(&options.how, async |remotes| {
        let remote = remotes.at(&url).await?;
        remote
            .once(async |session| session.rename(from, &to).await)
            .await
    })
}

/// The path without a slash at its end; the root and the login's directory are left alone.
fn named(url: &FtpUrl) -> Result<&[u8], Failure> {
    let path = url.path.strip_suffix(b"/").unwrap_or(&url.path);
    if path.is_empty() {
        return Err(Failure::usage("the URL names nothing but the server"));
    }
    Ok(path)
}
