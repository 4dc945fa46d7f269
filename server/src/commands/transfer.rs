//! Files moved: RETR, STOR, STOU, APPE, and REST before them (RFC 959 §4.1.3, RFC 3659 §5).

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};

use proto::{Pathname, TypeCode};

use crate::account::{Account, Storing};
use crate::answer::Answer;
use crate::control::Ended;
use crate::listed::is_of_directory;
use crate::listing::now;
use crate::path::VirtualPath;
use crate::session::Session;
use crate::transfer::{Job, lacks_room};
use crate::upload::{Upload, is_temporary};

impl Session {
    pub(super) async fn rest(&mut self, offset: u64) -> Result<(), Ended> {
        self.restart = offset;
        self.follows_rest = true;
        self.reply(Answer::Restart(offset)).await
    }

    pub(super) async fn retr(&mut self, account: &Account, path: &Pathname) -> Result<(), Ended> {
        let offset = std::mem::take(&mut self.restart);
        let Some(target) = self.existing_or_refuse(account, path.as_bytes()).await? else {
            return Ok(());
        };
        let (file, size) = match account.read(&target) {
            Ok(Some(opened)) => opened,
            Ok(None) => return self.reply(Answer::ReadOnly).await,
            Err(error) => return self.reply(Answer::Unavailable(&error)).await,
        };
        let ascii = self.is_ascii();
        if offset > size && !ascii {
            return self.reply(Answer::RestartBeyondEnd).await;
        }
        let job = if ascii {
            Job::SendText { file, skip: offset }
        } else {
            Job::Send { file, offset, size }
        };
        let opening = Answer::Opening {
            ascii,
            name: path.as_bytes(),
            size: (!ascii).then_some(size - offset.min(size)),
        };
        self.log_transfer(&target, false);
        self.carry(opening, job).await
    }

    pub(super) async fn stor(&mut self, account: &Account, path: &Pathname) -> Result<(), Ended> {
        let offset = std::mem::take(&mut self.restart);
        let target = if offset == 0 {
            self.to_make(account, path.as_bytes())
        } else {
            // What is there goes on, also under the name that listings show.
            match self.existing(account, path.as_bytes()) {
                Ok(target) => target,
                Err(error) => return self.reply(Answer::CannotStore(&error)).await,
            }
        };
        if is_temporary(target.name()) || is_of_directory(path.as_bytes()) {
            return self.reply(Answer::NameNotAllowed).await;
        }
        match account.storing(&target) {
            Storing::Refused => return self.reply(Answer::ReadOnly).await,
            // A new file has nothing to resume.
            Storing::NewOnly if offset > 0 => return self.reply(Answer::RestartBeyondEnd).await,
            Storing::NewOnly => {
                let upload = Upload::create(&account.root, &target);
                return self.receive(upload, path).await;
            }
            Storing::Any => {}
        }
        if target.is_root() {
            return self.reply(Answer::NameNotAllowed).await;
        }
        if offset == 0 {
            let upload = Upload::replace(&account.root, &target);
            return self.receive(upload, path).await;
        }
        if self.is_ascii() {
            return self.reply(Answer::RestartInAscii).await;
        }
        match Upload::resume(&account.root, &target, offset) {
            Ok(Some(upload)) => self.receive(Ok(upload), path).await,
            Ok(None) => self.reply(Answer::RestartBeyondEnd).await,
            Err(error) => self.receive(Err(error), path).await,
        }
    }

    pub(super) async fn appe(&mut self, account: &Account, path: &Pathname) -> Result<(), Ended> {
        // Behind REST it is STOR (RFC 3659 §5.3).
        if self.restart > 0 {
            return self.stor(account, path).await;
        }
        if !account.write {
            return self.reply(Answer::ReadOnly).await;
        }
        // What is there is appended to, also under the name that listings show.
        let target = match self.existing(account, path.as_bytes()) {
            Ok(target) => target,
            Err(error) => return self.reply(Answer::CannotStore(&error)).await,
        };
        if is_temporary(target.name()) || is_of_directory(path.as_bytes()) {
            return self.reply(Answer::NameNotAllowed).await;
        }
        let upload = match account.root.metadata(&target) {
            // Nothing to append to: then it is an upload like any other.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Upload::replace(&account.root, &target)
            }
            _ => Upload::append(&account.root, &target),
        };
        self.receive(upload, path).await
    }

    /// STOR under a name that no file has; 150 tells it (RFC 1123 §4.1.2.9).
    pub(super) async fn stou(&mut self, account: &Account) -> Result<(), Ended> {
        self.restart = 0;
        let Some((name, path)) = self.unique_name(account) else {
            return self.reply(Answer::NameNotAllowed).await;
        };
        if account.storing(&path) == Storing::Refused {
            return self.reply(Answer::ReadOnly).await;
        }
        match Upload::create(&account.root, &path) {
            Ok(mut upload) => {
                upload.keep_partial = self.config.keep_partial;
                self.log_transfer(&path, true);
                let text = self.is_ascii();
                self.carry(Answer::OpeningUnique(&name), Job::Receive { upload, text })
                    .await
            }
            Err(error) => self.reply(Answer::Unavailable(&error)).await,
        }
    }

    fn unique_name(&self, account: &Account) -> Option<(Vec<u8>, VirtualPath)> {
        /// Tells the names of one second apart.
        static NEXT: AtomicU64 = AtomicU64::new(0);
        for _ in 0..1000 {
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            let name = format!("stou-{}-{number}", now()).into_bytes();
            let path = self.directory.child(&name);
            if account.root.symlink_metadata(&path).is_err() {
                return Some((name, path));
            }
        }
        None
    }

    async fn receive(&mut self, upload: io::Result<Upload>, path: &Pathname) -> Result<(), Ended> {
        match upload {
            Ok(mut upload) => {
                upload.keep_partial = self.config.keep_partial;
                self.log_transfer(&self.directory.join(path.as_bytes()), true);
                let ascii = self.is_ascii();
                let opening = Answer::Opening {
                    ascii,
                    name: path.as_bytes(),
                    size: None,
                };
                self.carry(
                    opening,
                    Job::Receive {
                        upload,
                        text: ascii,
                    },
                )
                .await
            }
            Err(error) if lacks_room(&error) => self.reply(Answer::StorageFull).await,
            // RFC 959 §5.4 lists 553 for STOR and APPE, and 550 for RETR.
            Err(error) => self.reply(Answer::CannotStore(&error)).await,
        }
    }

    const fn is_ascii(&self) -> bool {
        matches!(self.type_code, TypeCode::Ascii(_))
    }
}
