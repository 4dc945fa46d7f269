//! Directories shown: LIST, NLST, MLSD over a data connection; MLST and STAT in the reply.

use std::io;

use proto::{Code, Pathname, write_mlst_line};

use crate::account::Account;
use crate::answer::Answer;
use crate::attributes::Attributes;
use crate::control::Ended;
use crate::listed::is_of_directory;
use crate::listing::{Form, Lister};
use crate::order::Order;
use crate::pattern::Pattern;
use crate::replies::{LAST_LINE, LISTING_HEAD, TRUNCATED};
use crate::rights::Rights;
use crate::session::Session;
use crate::transfer::Job;

/// How much of a listing STAT shows; a reply is no place for more.
const MAX_STATUS: usize = 64 * 1024;

/// The option letters that clients send before a path, and a second hyphen.
const OPTIONS: &[u8] = b"-1aAbBcCdDfFgGhHiIkKlLmnNoOpqQrRsStTuUvwxXZ";

impl Session {
    pub(super) async fn list(
        &mut self,
        account: &Account,
        path: Option<&Pathname>,
    ) -> Result<(), Ended> {
        let (options, argument) = self.options_of(account, path);
        let directory = self.directory.join(argument);
        let is_directory = || {
            let metadata = account.root.metadata(&directory);
            metadata.is_ok_and(|metadata| metadata.is_dir())
        };
        let lister = match self.long_form() {
            Form::Posix
                if options.contains(&b'R')
                    && !options.contains(&b'd')
                    && !account.hides(&directory)
                    && is_directory() =>
            {
                let root = &account.root;
                let hidden = account.drop_box.as_ref();
                let hidden = hidden.map(|path| root.metadata(path));
                match hidden {
                    Some(Err(error)) if error.kind() != io::ErrorKind::NotFound => Err(error),
                    hidden => {
                        let hidden = hidden.and_then(Result::ok).as_ref().map(Attributes::from);
                        let order = Order::asked(options);
                        Lister::tree(root, &directory, argument, hidden, order, account.write)
                    }
                }
            }
            form => self.lister(account, options, argument, form),
        };
        self.send_listing(lister).await
    }

    pub(super) async fn nlst(
        &mut self,
        account: &Account,
        path: Option<&Pathname>,
    ) -> Result<(), Ended> {
        let (options, argument) = self.options_of(account, path);
        let prefix = self.names_prefix(account, options, argument);
        let lister = self.lister(account, options, argument, Form::Names(prefix));
        self.send_listing(lister).await
    }

    /// What NLST puts before each name, so that the client can use it as it is (RFC 1123
    /// §4.1.2.7): the directory as the client wrote it. With the option `d` a directory has that
    /// in its own name.
    fn names_prefix(&self, account: &Account, options: &[u8], argument: &[u8]) -> Vec<u8> {
        let is_directory = account
            .root
            .metadata(&self.directory.join(argument))
            .is_ok_and(|metadata| metadata.is_dir());
        // A name in the current directory needs nothing before it.
        if matches!(argument, b"" | b"." | b"./") {
            return Vec::new();
        }
        if is_directory && options.contains(&b'd') {
            return Vec::new();
        }
        if is_directory {
            let mut prefix = argument.to_vec();
            if !prefix.ends_with(b"/") {
                prefix.push(b'/');
            }
            return prefix;
        }
        let end = argument
            .iter()
            .rposition(|&byte| byte == b'/')
            .map_or(0, |slash| slash + 1);
        argument[..end].to_vec()
    }

    pub(super) async fn mlsd(
        &mut self,
        account: &Account,
        path: Option<&Pathname>,
    ) -> Result<(), Ended> {
        let Some(directory) = self
            .existing_or_refuse(account, path.map_or(b"", Pathname::as_bytes))
            .await?
        else {
            return Ok(());
        };
        let form = Form::Facts(self.facts);
        if account.hides(&directory) {
            return self.reply(Answer::ReadOnly).await;
        }
        match account.root.metadata(&directory) {
            Ok(metadata) if !metadata.is_dir() => return self.reply(Answer::NoDirectory).await,
            _ => {}
        }
        let (root, order) = (&account.root, Order::default());
        let lister = Lister::directory(root, &directory, None, order, form, account.write);
        self.send_listing(lister).await
    }

    /// The form of LIST's lines.
    fn long_form(&self) -> Form {
        match &self.config.persona {
            Some(persona) if persona.is_iis_listing => Form::Iis,
            _ => Form::Posix,
        }
    }

    async fn send_listing(&mut self, lister: io::Result<Lister>) -> Result<(), Ended> {
        // A listing does not resume; the marker is spent all the same.
        self.restart = 0;
        match lister {
            Ok(lister) => {
                self.carry(Answer::OpeningListing, Job::SendListing(lister))
                    .await
            }
            Err(error) => self.reply(Answer::Unavailable(&error)).await,
        }
    }

    /// The facts of one entry, in the reply itself (RFC 3659 §7).
    pub(super) async fn mlst(
        &mut self,
        account: &Account,
        path: Option<&Pathname>,
    ) -> Result<(), Ended> {
        let Some(path) = self
            .existing_or_refuse(account, path.map_or(b"", Pathname::as_bytes))
            .await?
        else {
            return Ok(());
        };
        if account.hides(&path.parent()) {
            return self.reply(Answer::ReadOnly).await;
        }
        let found = match account.root.entry(path.as_path()) {
            Ok(found) => found,
            Err(error) => return self.reply(Answer::Unavailable(&error)).await,
        };
        let mut name = Vec::new();
        path.write(&mut name);
        let mut line = vec![b' '];
        let above = || account.root.metadata(&path.parent());
        // A nicety: what cannot be found out is left out.
        let rights = Rights::told(self.facts, account.write, above).unwrap_or_default();
        let rights = rights.map(|rights| {
            if path.is_root() {
                rights.staying()
            } else {
                rights
            }
        });
        let facts = found.facts(&name, rights.as_ref());
        write_mlst_line(&facts, self.facts, &mut line);
        let lines = [LISTING_HEAD.into(), line, LAST_LINE.into()];
        self.reply_lines(Code::FILE_ACTION_OKAY, lines).await
    }

    /// STAT with a path: LIST over the control connection (RFC 959 §4.1.3), with 212 for what is
    /// in a directory and 213 for a file (§4.2.2).
    pub(super) async fn stat_path(
        &mut self,
        account: &Account,
        path: Option<&Pathname>,
    ) -> Result<(), Ended> {
        let (options, argument) = self.options_of(account, path);
        let mut lister = match self.lister(account, options, argument, self.long_form()) {
            Ok(lister) => lister,
            Err(error) => return self.reply(Answer::Unavailable(&error)).await,
        };
        let code = if lister.is_of_directory() {
            Code::DIRECTORY_STATUS
        } else {
            Code::FILE_STATUS
        };
        let mut listing = Vec::new();
        if let Err(error) = lister.prepare().await {
            return self.reply(Answer::Unavailable(&error)).await;
        }
        let more = lister.fill(&mut listing, MAX_STATUS);
        let mut lines: Vec<Vec<u8>> = vec![LISTING_HEAD.into()];
        lines.extend(
            listing
                .split(|&byte| byte == b'\n')
                .map(<[u8]>::trim_ascii_end)
                .filter(|line| !line.is_empty())
                .map(<[u8]>::to_vec),
        );
        if more {
            lines.push(TRUNCATED.into());
        }
        lines.push(LAST_LINE.into());
        self.reply_lines(code, lines).await
    }

    /// What `argument` names: a directory's entries, a file, or the names that match a pattern
    /// in its last component; with the option `d` a directory is shown as a file is.
    fn lister(
        &self,
        account: &Account,
        options: &[u8],
        argument: &[u8],
        form: Form,
    ) -> io::Result<Lister> {
        let order = Order::asked(options);
        let path = self.directory.join(argument);
        let root = &account.root;
        if account.hides(&path) {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        match root.metadata(&path) {
            Ok(metadata) if metadata.is_dir() && options.contains(&b'd') => {
                let name = if argument.is_empty() { b"." } else { argument };
                Lister::entry(root, &path, name, form, account.write)
            }
            Ok(metadata) if metadata.is_dir() => {
                Lister::directory(root, &path, None, order, form, account.write)
            }
            Err(error)
                if error.kind() == io::ErrorKind::NotFound
                    && let Some(pattern) = Pattern::choice(path.name()) =>
            {
                let (parent, pattern) = (path.parent(), Some(pattern));
                Lister::directory(root, &parent, pattern, order, form, account.write)
            }
            Ok(_) if is_of_directory(argument) => Err(io::ErrorKind::NotADirectory.into()),
            _ => Lister::entry(root, &path, path.name(), form, account.write),
        }
    }

    /// What clients put before a path, `-a`, `-la`, and the path. Every entry is always shown, so
    /// that most mean nothing here: `d`, `R`, `r`, `S` and `t` do. A name that begins with a hyphen
    /// and exists is a name.
    fn options_of<'a>(
        &self,
        account: &Account,
        path: Option<&'a Pathname>,
    ) -> (&'a [u8], &'a [u8]) {
        let argument = path.map_or(&b""[..], Pathname::as_bytes);
        let is_name = |name| {
            let path = self.directory.join(name);
            account.root.symlink_metadata(&path).is_ok()
        };
        // The letters that `ls` and the servers' own listers take.
        let is_option = |word: &[u8]| {
            let word = word.split(|&byte| byte == b' ').next().unwrap_or(word);
            word[1..].iter().all(|letter| OPTIONS.contains(letter))
        };
        let mut rest = argument;
        while rest.starts_with(b"-") && !is_name(rest) && is_option(rest) {
            let end = rest
                .iter()
                .position(|&byte| byte == b' ')
                .unwrap_or(rest.len());
            rest = rest[end..].trim_ascii_start();
        }
        (&argument[..argument.len() - rest.len()], rest)
    }
}
