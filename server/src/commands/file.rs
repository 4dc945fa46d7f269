//! Files without their content: DELE, RNFR, RNTO, SIZE, MDTM, MFMT.

use std::io;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use cap_std::fs::MetadataExt;
use proto::{Pathname, TimeVal, TypeCode};

use crate::account::Account;
use crate::answer::Answer;
use crate::control::Ended;
use crate::listed::is_of_directory;
use crate::path::VirtualPath;
use crate::session::Session;
use crate::transfer::text_size;
use crate::upload::is_temporary;

/// Counting the line ends of a larger file would keep other sessions waiting.
const MAX_COUNTED: u64 = 16 << 20;

impl Session {
    pub(super) async fn dele(&mut self, account: &Account, path: &Pathname) -> Result<(), Ended> {
        if !account.write {
            return self.reply(Answer::ReadOnly).await;
        }
        let asked = path.as_bytes();
        let Some(path) = self.existing_or_refuse(account, asked).await? else {
            return Ok(());
        };
        if is_of_directory(asked) {
            let error = io::Error::from(io::ErrorKind::IsADirectory);
            return self.reply(Answer::Unavailable(&error)).await;
        }
        // Looked at first: an upload that is not whole yet is not there to be removed.
        let there = account.root.symlink_metadata(&path);
        match there.and_then(|_| account.root.remove_file(&path)) {
            Ok(()) => self.reply(Answer::Deleted).await,
            Err(error) => self.reply(Answer::Unavailable(&error)).await,
        }
    }

    pub(super) async fn rnfr(&mut self, account: &Account, path: &Pathname) -> Result<(), Ended> {
        if !account.write {
            return self.reply(Answer::ReadOnly).await;
        }
        let Some(path) = self.existing_or_refuse(account, path.as_bytes()).await? else {
            return Ok(());
        };
        match account.root.symlink_metadata(&path) {
            Ok(_) if path.is_root() => self.reply(Answer::ReadOnly).await,
            Ok(_) => {
                self.rename_from = Some(path);
                self.reply(Answer::RenameFrom).await
            }
            Err(error) => self.reply(Answer::Unavailable(&error)).await,
        }
    }

    pub(super) async fn rnto(
        &mut self,
        account: &Account,
        from: Option<VirtualPath>,
        to: &Pathname,
    ) -> Result<(), Ended> {
        let Some(from) = from else {
            return self.reply(Answer::RenameFromFirst).await;
        };
        // Only a directory can have a name that ends in a slash.
        let is_misnamed = is_of_directory(to.as_bytes())
            && !(account.root.symlink_metadata(&from)).is_ok_and(|found| found.is_dir());
        let to = self.to_make(account, to.as_bytes());
        if to.is_root() || is_temporary(to.name()) || is_misnamed {
            return self.reply(Answer::NameNotAllowed).await;
        }
        match account.root.rename(&from, &to) {
            Ok(()) => self.reply(Answer::Renamed).await,
            // RFC 959 §5.4 lists 553 for RNTO, and not 550.
            Err(error) => self.reply(Answer::CannotStore(&error)).await,
        }
    }

    /// How many bytes RETR would send, in the type that is set (RFC 3659 §4).
    pub(super) async fn size(&mut self, account: &Account, path: &Pathname) -> Result<(), Ended> {
        let Some(path) = self.existing_or_refuse(account, path.as_bytes()).await? else {
            return Ok(());
        };
        if account.hides(&path) {
            return self.reply(Answer::ReadOnly).await;
        }
        let (file, size) = match account.root.read(&path) {
            Ok(opened) => opened,
            Err(error) => return self.reply(Answer::Unavailable(&error)).await,
        };
        if !matches!(self.type_code, TypeCode::Ascii(_)) {
            return self.reply(Answer::Size(size)).await;
        }
        if size > MAX_COUNTED {
            return self.reply(Answer::TooLargeToCount).await;
        }
        match text_size(&file, size) {
            Ok(size) => self.reply(Answer::Size(size)).await,
            Err(error) => self.reply(Answer::Unavailable(&error)).await,
        }
    }

    pub(super) async fn mdtm(&mut self, account: &Account, path: &Pathname) -> Result<(), Ended> {
        let Some(path) = self.existing_or_refuse(account, path.as_bytes()).await? else {
            return Ok(());
        };
        if account.hides(&path) {
            return self.reply(Answer::ReadOnly).await;
        }
        match account.root.metadata(&path) {
            Ok(metadata) if metadata.is_file() => {
                let time = TimeVal::from_unix(metadata.mtime()).to_string();
                self.reply(Answer::Modified(&time)).await
            }
            Ok(_) => self.reply(Answer::NoPlainFile).await,
            Err(error) => self.reply(Answer::Unavailable(&error)).await,
        }
    }

    pub(super) async fn mfmt(
        &mut self,
        account: &Account,
        time: TimeVal,
        path: &Pathname,
    ) -> Result<(), Ended> {
        let text = time.to_string();
        let done = Answer::ModifySet(&text, path.as_bytes());
        self.set_modified(account, time, path.as_bytes(), done)
            .await
    }

    /// Sets a file's time, and says `done`; what MFMT and SITE UTIME do.
    pub(super) async fn set_modified(
        &mut self,
        account: &Account,
        time: TimeVal,
        path: &[u8],
        done: Answer<'_>,
    ) -> Result<(), Ended> {
        if !account.write {
            return self.reply(Answer::ReadOnly).await;
        }
        let set = self
            .existing(account, path)
            .and_then(|path| account.root.read(&path))
            .and_then(|(file, _)| file.set_modified(moment(time)));
        match set {
            Ok(()) => self.reply(done).await,
            Err(error) => self.reply(Answer::Unavailable(&error)).await,
        }
    }
}

fn moment(time: TimeVal) -> SystemTime {
    let seconds = time.to_unix();
    let distance = Duration::from_secs(seconds.unsigned_abs());
    if seconds < 0 {
        UNIX_EPOCH - distance
    } else {
        UNIX_EPOCH + distance
    }
}
