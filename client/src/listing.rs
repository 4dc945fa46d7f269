//! Directories as the server shows them: LIST, NLST, MLSD.

use std::io::{self, Write};

use proto::{Command, Entry, Pathname};

use crate::data::refusal;
use crate::error::ClientError;
use crate::session::{Session, pathname};

impl Session {
    /// LIST: the lines as they came, without their ends.
    ///
    /// # Errors
    /// As [`retrieve`](Self::retrieve); also when the listing is longer than the bound.
    pub async fn list(&mut self, path: Option<&[u8]>) -> Result<Vec<Vec<u8>>, ClientError> {
        self.lines(Command::List(optional(path)?)).await
    }

    /// NLST: the names alone.
    ///
    /// # Errors
    /// As [`list`](Self::list).
    pub async fn nlst(&mut self, path: Option<&[u8]>) -> Result<Vec<Vec<u8>>, ClientError> {
        self.lines(Command::Nlst(optional(path)?)).await
    }

    /// MLSD: entries with exact facts (RFC 3659 §7).
    ///
    /// # Errors
    /// As [`list`](Self::list); also when a line is not of MLSD's form.
    pub async fn mlsd(&mut self, path: Option<&[u8]>) -> Result<Vec<Entry>, ClientError> {
        let lines = self.lines(Command::Mlsd(optional(path)?)).await?;
        lines
            .iter()
            .map(|line| Ok(Entry::parse_mlsx(line)?))
            .collect()
    }

    /// The entries of a directory: by MLSD, or by LIST when the server does not know MLSD. The
    /// directory itself, its parent, and names that are no plain names (a path, an empty name)
    /// are left out: no name in the result leads away from where it is put.
    ///
    /// # Errors
    /// As [`mlsd`](Self::mlsd).
    pub async fn entries(&mut self, path: Option<&[u8]>) -> Result<Vec<Entry>, ClientError> {
        let mut entries = if self.mlsd_refused {
            self.list_entries(path).await?
        } else {
            match self.mlsd(path).await {
                Err(error) if Self::is_unknown(&error) => {
                    self.mlsd_refused = true;
                    self.list_entries(path).await?
                }
                listed => listed?,
            }
        };
        entries.retain(Entry::has_plain_name);
        Ok(entries)
    }

    async fn list_entries(&mut self, path: Option<&[u8]>) -> Result<Vec<Entry>, ClientError> {
        // Servers take what follows a dash for options of ls.
        let dashed = path.filter(|path| path.starts_with(b"-"));
        let dashed = dashed.map(|path| [b"./", path].concat());
        let path = dashed.as_deref().or(path);
        let mut entries = Vec::new();
        for line in self.list(path).await? {
            entries.extend(Entry::parse_list(&line)?);
        }
        Ok(entries)
    }

    async fn lines(&mut self, command: Command) -> Result<Vec<Vec<u8>>, ClientError> {
        let max = self.options.max_listing;
        let mut listing = Bounded {
            bytes: Vec::new(),
            max,
        };
        let received = self.receive(&command, 0, false, &mut listing).await;
        let transfer = match received {
            Err(ClientError::Local(_)) => return Err(ClientError::ListingTooLong(max)),
            received => received?,
        };
        // vsftpd's 226 for a directory that it may not read: that one is not empty.
        let unread = b"failed to open directory";
        let text = transfer.reply.text();
        if listing.bytes.is_empty() && text.windows(unread.len()).any(|part| part == unread) {
            return Err(refusal(&command, transfer.reply));
        }
        let text = listing.bytes.strip_suffix(b"\n").unwrap_or(&listing.bytes);
        if text.is_empty() {
            return Ok(Vec::new());
        }
        let lines = text.split(|&byte| byte == b'\n');
        Ok(lines
            .map(|line| line.strip_suffix(b"\r").unwrap_or(line).to_vec())
            .collect())
    }
}

fn optional(path: Option<&[u8]>) -> Result<Option<Pathname>, ClientError> {
    path.map(pathname).transpose()
}

/// Takes bytes up to a bound.
struct Bounded {
    bytes: Vec<u8>,
    max: usize,
}

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if bytes.len() > self.max - self.bytes.len() {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
