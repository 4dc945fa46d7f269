//! Where the client is, and directories coming and going: CWD, CDUP, PWD, MKD, RMD.

use std::io;

use proto::Pathname;

use crate::account::Account;
use crate::answer::Answer;
use crate::control::Ended;
use crate::path::VirtualPath;
use crate::session::Session;
use crate::upload::is_temporary;

impl Session {
    pub(super) async fn cwd(&mut self, account: &Account, path: &Pathname) -> Result<(), Ended> {
        let Some(path) = self.existing_or_refuse(account, path.as_bytes()).await? else {
            return Ok(());
        };
        self.change_to(account, path).await
    }

    pub(super) async fn cdup(&mut self, account: &Account) -> Result<(), Ended> {
        self.change_to(account, self.directory.parent()).await
    }

    async fn change_to(&mut self, account: &Account, path: VirtualPath) -> Result<(), Ended> {
        match account.root.enter(&path) {
            Ok(()) => {
                self.directory = path;
                self.reply(Answer::DirectoryChanged).await
            }
            // Of what is in there no reply tells more than that it is no way.
            Err(_) if account.hides(&path) => {
                let error = io::Error::from(io::ErrorKind::NotFound);
                self.reply(Answer::Unavailable(&error)).await
            }
            Err(error) => self.reply(Answer::Unavailable(&error)).await,
        }
    }

    pub(super) async fn pwd(&mut self) -> Result<(), Ended> {
        self.control
            .reply(Answer::CurrentDirectory(&self.directory))
            .await
    }

    pub(super) async fn mkd(&mut self, account: &Account, path: &Pathname) -> Result<(), Ended> {
        if !account.write {
            return self.reply(Answer::ReadOnly).await;
        }
        let path = self.to_make(account, path.as_bytes());
        if is_temporary(path.name()) {
            let error = io::Error::from(io::ErrorKind::InvalidInput);
            return self.reply(Answer::Unavailable(&error)).await;
        }
        match account.root.create_dir(&path) {
            Ok(()) => self.reply(Answer::Created(&path)).await,
            Err(error) => self.reply(Answer::Unavailable(&error)).await,
        }
    }

    pub(super) async fn rmd(&mut self, account: &Account, path: &Pathname) -> Result<(), Ended> {
        if !account.write {
            return self.reply(Answer::ReadOnly).await;
        }
        let Some(path) = self.existing_or_refuse(account, path.as_bytes()).await? else {
            return Ok(());
        };
        if path.is_root() {
            let error = io::Error::from(io::ErrorKind::PermissionDenied);
            return self.reply(Answer::Unavailable(&error)).await;
        }
        match account.root.remove_dir(&path) {
            Ok(()) => self.reply(Answer::Removed).await,
            Err(error) => self.reply(Answer::Unavailable(&error)).await,
        }
    }
}
