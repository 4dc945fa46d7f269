//! `ftplab ls`, `get` and `put`: the client alone.

use std::ffi::OsStr;
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use ::client::{ClientError, DataMode, FtpUrl, Options, Session, Transfer, UrlType};
use clap::Args;
use proto::TypeCode;

use super::{runtime, serve};
use crate::Failure;

/// List a directory on a server.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  ftplab ls ftp://127.0.0.1:2121/
  ftplab ls --active ftp://ann@127.0.0.1:2121/pub/")]
pub(super) struct LsOptions {
    /// ftp://[USER[:PASSWORD]@]HOST[:PORT]/PATH
    url: FtpUrl,
    /// Names only (NLST).
    #[arg(short = '1', long)]
    names: bool,
    #[command(flatten)]
    how: How,
}

/// Fetch a file from a server.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  ftplab get ftp://127.0.0.1:2121/poem.txt            into poem.txt here
  ftplab get ftp://127.0.0.1:2121/poem.txt - | less   to stdout")]
pub(super) struct GetOptions {
    /// ftp://[USER[:PASSWORD]@]HOST[:PORT]/PATH[;type=a|i]
    url: FtpUrl,
    /// Where to put it: a file, a folder, or - for stdout; the file's own name unless given.
    local: Option<PathBuf>,
    #[command(flatten)]
    how: How,
}

/// Send a file to a server.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  ftplab put answer.txt ftp://ann@127.0.0.1:2121/
  FTPLAB_PASSWORD=… ftplab put answer.txt ftp://ann@127.0.0.1:2121/incoming/a.txt")]
pub(super) struct PutOptions {
    /// The file.
    local: PathBuf,
    /// ftp://[USER[:PASSWORD]@]HOST[:PORT]/PATH; ending in /, the file keeps its name.
    url: FtpUrl,
    #[command(flatten)]
    how: How,
}

#[derive(Args, Debug)]
struct How {
    /// Let the server dial for data (PORT, EPRT) instead of dialling it (EPSV, PASV).
    #[arg(long)]
    active: bool,
    /// Read the user's password from the first line of FILE; otherwise it is the URL's, or
    /// `FTPLAB_PASSWORD`, or asked for.
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// Show the session on stderr: -v commands and replies, -vv everything.
    #[arg(short = 'v', action = clap::ArgAction::Count)]
    verbose: u8,
}

pub(super) fn ls(options: &LsOptions) -> Result<(), Failure> {
    let lines = talk(&options.url, &options.how, async |session| {
        let path = Some(options.url.path.as_slice()).filter(|path| !path.is_empty());
        if options.names {
            session.nlst(path).await
        } else {
            session.list(path).await
        }
    })?;
    let mut out = io::stdout().lock();
    for line in lines {
        // What a server sends must not steer the terminal.
        let line = tracer::note::Text::new(&line);
        writeln!(out, "{line}").map_err(|error| Failure::output(&error))?;
    }
    Ok(())
}

pub(super) fn get(options: &GetOptions) -> Result<(), Failure> {
    let name = file_name(&options.url.path)
        .ok_or_else(|| Failure::usage("the URL names no file; ftplab ls lists a directory"))?;
    let local = match &options.local {
        Some(local) if local.is_dir() => local.join(name),
        Some(local) => local.clone(),
        None => PathBuf::from(name),
    };
    let to_stdout = options.local.as_deref() == Some(Path::new("-"));
    let transfer = talk(&options.url, &options.how, async |session| {
        session.type_(representation(&options.url)).await?;
        if to_stdout {
            session
                .retrieve(&options.url.path, 0, &mut io::stdout())
                .await
        } else {
            session.download(&options.url.path, &local).await
        }
    })?;
    if !to_stdout {
        eprintln!("{}", said(&local.display().to_string(), &transfer));
    }
    Ok(())
}

pub(super) fn put(options: &PutOptions) -> Result<(), Failure> {
    let mut path = options.url.path.clone();
    if options.url.is_directory() {
        let name = options
            .local
            .file_name()
            .ok_or_else(|| Failure::usage(format!("{} is not a file", options.local.display())))?;
        path.extend_from_slice(name.as_bytes());
    }
    let transfer = talk(&options.url, &options.how, async |session| {
        session.type_(representation(&options.url)).await?;
        session.upload(&options.local, &path).await
    })?;
    eprintln!("{}", said(&options.local.display().to_string(), &transfer));
    Ok(())
}

/// Logs in, does something, and says goodbye.
fn talk<T>(
    url: &FtpUrl,
    how: &How,
    act: impl AsyncFnOnce(&mut Session) -> Result<T, ClientError>,
) -> Result<T, Failure> {
    serve::log(how.verbose);
    let (user, password) = credentials(url, how)?;
    let mode = if how.active {
        DataMode::Active
    } else {
        DataMode::Passive
    };
    let options = Options {
        mode,
        ..Options::default()
    };
    let address = (url.host.as_str(), url.port);
    let outcome = runtime()?.block_on(async {
        let mut session = Session::connect(address, options).await?;
        session.login(&user, &password).await?;
        let done = act(&mut session).await?;
        // The work is done: a server that is rude at the end changes nothing.
        let _ = session.quit().await;
        Ok(done)
    });
    outcome.map_err(|error: ClientError| {
        Failure::failed(format!("{}:{}: {error}", url.host, url.port))
    })
}

fn credentials(url: &FtpUrl, how: &How) -> Result<(Vec<u8>, Vec<u8>), Failure> {
    let Some(user) = url.user.clone() else {
        return Ok((b"anonymous".to_vec(), b"ftplab@".to_vec()));
    };
    let password = match &url.password {
        Some(password) => password.clone(),
        None => serve::password(how.password_file.as_deref())?.into_bytes(),
    };
    Ok((user, password))
}

fn representation(url: &FtpUrl) -> TypeCode {
    match url.type_code {
        Some(UrlType::Ascii) => TypeCode::Ascii(proto::Format::NonPrint),
        _ => TypeCode::Image,
    }
}

/// The last part of a path, if it can be a file's name here.
fn file_name(path: &[u8]) -> Option<&OsStr> {
    let name = path.rsplit(|&byte| byte == b'/').next()?;
    (!name.is_empty() && name != b"." && name != b"..").then(|| OsStr::from_bytes(name))
}

fn said(name: &str, transfer: &Transfer) -> String {
    let rate = tracer::rate(transfer.bytes, transfer.duration);
    let rate = rate.map(|rate| format!(", {rate}")).unwrap_or_default();
    format!(
        "{name}: {} bytes in {}{rate}",
        transfer.bytes,
        tracer::span(transfer.duration)
    )
}
