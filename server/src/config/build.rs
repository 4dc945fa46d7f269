//! Checking the settings, and opening what they name.

use std::fs::File;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{ANONYMOUS, Config, ConfigBuilder, ConfigError};
use crate::account::{Account, Secret};
use crate::path::VirtualPath;
use crate::root::Root;
use crate::xferlog::Xferlog;

impl ConfigBuilder {
    /// Checks the settings and opens the roots.
    ///
    /// # Errors
    /// [`ConfigError`] says which setting is wrong.
    pub fn build(self) -> Result<Config, ConfigError> {
        let Self {
            root,
            anonymous,
            users,
            anonymous_upload,
            xferlog,
            opened,
            mut config,
        } = self;
        if config.require_tls && config.tls.is_none() {
            return Err(ConfigError::NoCertificate);
        }
        if config.greeting.chars().any(char::is_control) {
            return Err(ConfigError::Greeting);
        }
        if let Some(ports) = &config.passive_ports
            && (ports.is_empty() || *ports.start() == 0)
        {
            return Err(ConfigError::PassivePorts(*ports.start(), *ports.end()));
        }
        if let Some(path) = xferlog {
            let log =
                Xferlog::open(&path).map_err(|source| ConfigError::Xferlog { path, source })?;
            config.xferlog = Some(log);
        }
        let open = |path: &Path| open(path, &opened);
        let shared = open(&root)?;
        let anonymous_upload = match anonymous_upload {
            None => None,
            Some(_) if !anonymous => return Err(ConfigError::NoAnonymous),
            Some(directory) => {
                let path = VirtualPath::default().join(directory.as_os_str().as_bytes());
                if path.is_root() {
                    return Err(ConfigError::UploadIntoRoot);
                }
                shared.enter(&path).map_err(|source| ConfigError::Root {
                    path: root.join(directory),
                    source,
                })?;
                Some(path)
            }
        };
        if anonymous {
            config.accounts.push(Arc::new(Account {
                name: ANONYMOUS.to_vec(),
                root: Arc::clone(&shared),
                write: false,
                secret: Secret::Anonymous,
                drop_box: anonymous_upload,
            }));
        }
        for user in users {
            if config.account(&user.name).is_some() {
                let name = String::from_utf8_lossy(&user.name).into_owned();
                return Err(ConfigError::DuplicateUser(name));
            }
            let root = match &user.root {
                Some(root) => open(root)?,
                None => Arc::clone(&shared),
            };
            config.accounts.push(Arc::new(Account {
                name: user.name,
                root,
                write: user.write,
                secret: user.secret,
                drop_box: None,
            }));
        }
        config.decoy = config
            .accounts
            .iter()
            .find(|account| matches!(account.secret, Secret::Hash(_)))
            .map(|account| account.secret.clone());
        if config.accounts.is_empty() {
            return Err(ConfigError::NoUser);
        }
        Ok(config)
    }
}

fn open(path: &Path, opened: &[(PathBuf, Arc<File>)]) -> Result<Arc<Root>, ConfigError> {
    let root = match opened.iter().find(|(name, _)| name == path) {
        Some((_, folder)) => folder.try_clone().map(Root::of),
        None => Root::open(path),
    };
    root.map(Arc::new).map_err(|source| ConfigError::Root {
        path: path.to_path_buf(),
        source,
    })
}

#[cfg(test)]
mod tests {
    use super::{Config, ConfigError};
    use crate::User;

    #[test]
    fn wrong_settings_are_named() {
        let root = tempfile::tempdir().unwrap();
        let builder = || Config::builder(root.path());
        assert!(builder().build().is_ok());
        assert!(matches!(
            Config::builder(root.path().join("none")).build(),
            Err(ConfigError::Root { .. })
        ));
        assert!(matches!(
            builder().anonymous(false).build(),
            Err(ConfigError::NoUser)
        ));
        assert!(matches!(
            builder().require_tls(true).build(),
            Err(ConfigError::NoCertificate)
        ));
        assert!(matches!(
            builder().greeting("a\r\nb").build(),
            Err(ConfigError::Greeting)
        ));
        assert!(matches!(
            builder().passive_ports(0..=9).build(),
            Err(ConfigError::PassivePorts(0, 9))
        ));
        assert!(matches!(
            builder().user(User::new("ftp", "x")).build(),
            Err(ConfigError::DuplicateUser(_))
        ));
    }
}
