//! `ftplab ls`.

use std::io::{self, Write};

use client::FtpUrl;

use super::how::How;
use super::{remote, shown};
use crate::Failure;

/// List directories on servers.
#[derive(clap::Args, Debug)]
#[command(before_help = "\
Examples:
  ftplab ls ftp://127.0.0.1:2121/
  ftplab ls --active ftp://ann@127.0.0.1:2121/poems/
  ftplab ls --tls --ca server.pem ftp://ann@ftp.example.com/")]
pub(in crate::cli) struct LsOptions {
    /// ftp://[USER[:PASSWORD]@]HOST[:PORT]/PATH
    #[arg(required = true, value_name = "URL")]
    urls: Vec<FtpUrl>,
    /// Names only (NLST).
    #[arg(short = '1', long)]
    names: bool,
    #[command(flatten)]
    how: How,
}

pub(in crate::cli) fn ls(options: &LsOptions) -> Result<(), Failure> {
    remote::run(&options.how, async |remotes| {
        for url in &options.urls {
            let path = Some(url.path.as_slice()).filter(|path| !path.is_empty());
            let remote = remotes.at(url).await?;
            let listing = remote.retrying(async |session| {
                if options.names {
                    session.nlst(path).await
                } else {
                    session.list(path).await
                }
            });
            let lines = listing.await?;
            let mut out = io::stdout().lock();
            for line in lines {
                writeln!(out, "{}", shown::shown(&line))
                    .map_err(|error| Failure::output(&error))?;
            }
        }
        Ok(())
    })
}
