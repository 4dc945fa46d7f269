//! `ftplab put`.

use std::io;
use std::path::{Path, PathBuf};

use client::{ClientError, FtpUrl, Mirror, UrlType};

use super::change::is_directory_there;
use super::get::representation;
use super::how::How;
use super::mirror::{Summary, make_way, up};
use super::send::{Way, send};
use super::{remote, shown, swapped};
use crate::Failure;

/// Send files to a server.
#[derive(clap::Args, Debug)]
#[command(before_help = "\
Examples:
  ftplab put answer.txt ftp://ann@127.0.0.1:2121/
  FTPLAB_PASSWORD=… ftplab put answer.txt ftp://ann@127.0.0.1:2121/incoming/a.txt
  ftplab put -c big.iso ftp://ann@h/                   go on where it was cut
  ftplab put -r site ftp://ann@h/www/                  a folder and all that is in it
  date | ftplab put --append - ftp://ann@h/log")]
pub(in crate::cli) struct PutOptions {
    /// The files, of which - is stdin; then
    /// `ftp://[USER[:PASSWORD]@]HOST[:PORT]/PATH[;type=a|i]`; ending in /, files keep their names.
    #[arg(required = true, value_name = "FILE... URL")]
    arguments: Vec<PathBuf>,
    /// Go on with an upload that was cut; also lets it be retried.
    #[arg(short = 'c', long = "continue", conflicts_with_all = ["append", "recursive"])]
    resume: bool,
    /// Add to the end of the server's file (APPE).
    #[arg(short = 'a', long, conflicts_with = "recursive")]
    append: bool,
    /// Send folders, with everything below them; symbolic links are left out.
    #[arg(short, long)]
    recursive: bool,
    #[command(flatten)]
    how: How,
}

pub(in crate::cli) fn put(options: &PutOptions) -> Result<(), Failure> {
    let (files, url) = files_and_url(&options.arguments)?;
    let url = &url;
    if files.len() > 1 && !url.is_directory() {
        return Err(Failure::usage(
            "several files need a URL of a directory, ending in /",
        ));
    }
    if options.resume && url.type_code == Some(UrlType::Ascii) {
        return Err(Failure::usage(
            "a text transfer (;type=a) cannot be resumed: its bytes are not the file's",
        ));
    }
    let way = match (options.resume, options.append) {
        (true, _) => Way::Resume,
        (_, true) => Way::Append,
        _ => Way::Whole,
    };
    if !options.recursive
        && let Some(folder) = files.iter().find(|local| local.is_dir())
    {
        return Err(Failure::usage(format!(
            "{} is a folder\n  fix: put -r sends it, with all that is in it",
            folder.display()
        )));
    }
    remote::run(&options.how, async |remotes| {
        for local in files {
            let remote = remotes.at(url).await?;
            let path = destination(url, local)?;
            if local == Path::new("-") {
                let sent = remote.once(async |session| {
                    session.type_(representation(url)).await?;
                    if way == Way::Append {
                        session.append(&path, &mut io::stdin()).await
                    } else {
                        session.store(&path, 0, &mut io::stdin()).await
                    }
                });
                message!("{}", shown::transfer("stdin", &sent.await?));
                continue;
            }
            if options.recursive && local.is_dir() {
                let mut summary = Summary::default();
                make_way(remote, &path).await?;
                up(remote, local, &path, Mirror::default(), 0, &mut summary).await?;
                summary.finish()?;
                continue;
            }
            let mut is_directory = false;
            let sent = remote.retrying_if(way == Way::Resume, async |session| {
                let sent = send(session, local, &path, representation(url), way).await;
                is_directory = matches!(sent, Err(ClientError::Refused { .. }))
                    && is_directory_there(session, &path).await;
                sent
            });
            let sent = sent.await.map_err(|failure| {
                if is_directory {
                    failure.with_fix("it is a directory: with / at its end, the file goes into it")
                } else {
                    failure
                }
            });
            let name = shown::shown(local.as_os_str().as_encoded_bytes());
            match sent? {
                Some(transfer) => message!("{}", shown::transfer(&name, &transfer)),
                None => message!("{name}: whole already"),
            }
        }
        Ok(())
    })
}

/// The files and the URL, if it is where it should be.
fn files_and_url(arguments: &[PathBuf]) -> Result<(&[PathBuf], FtpUrl), Failure> {
    let names = || arguments.iter().filter_map(|argument| argument.to_str());
    let expected =
        || Failure::usage("the <URL> is missing: expected FILE... URL, one file or more");
    let (last, files) = arguments.split_last().ok_or_else(expected)?;
    let url = last.to_str().ok_or_else(expected)?;
    let mut named = names().take(files.len());
    // Without a scheme only what is here tells them apart.
    let first = if !url.contains("://") && last.exists() {
        named.find(|name| *name != "-" && !Path::new(name).exists())
    } else {
        named.find(|name| swapped::is_url(name))
    };
    if let Some(first) = first {
        let wrong = format!("{first} is no file here; files come first, and the URL last");
        return Err(swapped::belongs_last(&wrong, first));
    }
    if files.is_empty() {
        return Err(expected());
    }
    let parsed = url.parse();
    let url = parsed.map_err(|error| Failure::usage(format!("{url}: {error}")))?;
    Ok((files, url))
}

/// Where a file goes: the URL's path, and the file's own name if that is a directory.
fn destination(url: &FtpUrl, local: &Path) -> Result<Vec<u8>, Failure> {
    let mut path = url.path.clone();
    if url.is_directory() {
        let whole = std::path::absolute(local).unwrap_or_else(|_| local.to_path_buf());
        let name = whole.file_name().filter(|_| local != Path::new("-"));
        let name = name.ok_or_else(|| {
            Failure::usage(format!(
                "{} has no name to be stored under",
                local.display()
            ))
        })?;
        if !path.is_empty() && !path.ends_with(b"/") {
            path.push(b'/');
        }
        path.extend_from_slice(name.as_encoded_bytes());
    }
    Ok(path)
}
