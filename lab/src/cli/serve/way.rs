//! Whether a name still leads to the same file, asked by somebody who may no longer look.
//!
//! Each folder on the way is held open from when it could be opened. The kernel lets nobody look up
//! a name in a folder that is closed to them, but what was opened can be listed: the listing has
//! the number of the file that each name stands for.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::mem::MaybeUninit;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Component, Path};

use rustix::fs::{AtFlags, FileType, Mode, OFlags, RawDir, SeekFrom, openat, seek, statat};
use rustix::io::Errno;

/// The folders from the root of the file system on.
#[derive(Debug)]
pub(super) struct Way(Vec<Step>);

#[derive(Debug)]
struct Step {
    folder: File,
    name: OsString,
    /// Device and inode of what the name stands for.
    is: (u64, u64),
    /// Its number in the folder's listing, which some file systems choose differently.
    listed: u64,
}

/// Where a way leads now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Leads {
    /// Where it led.
    There,
    /// To another file, or to none.
    Elsewhere,
    /// Nobody can tell.
    Nobody,
}

impl Way {
    /// The way to `path`; `None` when it goes by a symbolic link, which could lead elsewhere unseen.
    ///
    /// # Errors
    /// When a folder cannot be opened and listed.
    pub(super) fn to(path: &Path) -> io::Result<Option<Self>> {
        let mut steps: Vec<Step> = Vec::new();
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        for component in std::path::absolute(path)?.components() {
            let name = match component {
                Component::Normal(name) => name,
                // No link was on the way, so this is what the kernel does.
                Component::ParentDir => {
                    steps.pop();
                    continue;
                }
                _ => continue,
            };
            let folder: File = match steps.last() {
                None => std::fs::OpenOptions::new()
                    .read(true)
                    .custom_flags(i32::try_from(OFlags::DIRECTORY.bits()).unwrap_or(0))
                    .open("/")?,
                Some(step) => openat(&step.folder, &step.name, flags, Mode::empty())?.into(),
            };
            let stat = statat(&folder, name, AtFlags::SYMLINK_NOFOLLOW)?;
            if FileType::from_raw_mode(stat.st_mode) == FileType::Symlink {
                return Ok(None);
            }
            let Some(listed) = listed(&folder, name)? else {
                return Ok(None);
            };
            steps.push(Step {
                folder,
                name: name.to_owned(),
                is: (stat.st_dev, stat.st_ino),
                listed,
            });
        }
        Ok(Some(Self(steps)))
    }

    /// Where it leads now.
    pub(super) fn leads(&self) -> Leads {
        for Step {
            folder,
            name,
            is,
            listed: number,
        } in &self.0
        {
            let same = match statat(folder, name, AtFlags::SYMLINK_NOFOLLOW) {
                Ok(stat) => (stat.st_dev, stat.st_ino) == *is,
                Err(Errno::NOENT) => false,
                Err(Errno::ACCESS) => match listed(folder, name) {
                    Ok(now) => now == Some(*number),
                    Err(_) => return Leads::Nobody,
                },
                Err(_) => return Leads::Nobody,
            };
            if !same {
                return Leads::Elsewhere;
            }
        }
        Leads::There
    }
}

/// The number that a folder's listing has for a name.
fn listed(folder: &File, name: &OsStr) -> io::Result<Option<u64>> {
    let mut room = [MaybeUninit::uninit(); 8192];
    seek(folder, SeekFrom::Start(0))?;
    let mut entries = RawDir::new(folder, &mut room);
    while let Some(entry) = entries.next() {
        let entry = entry?;
        if entry.file_name().to_bytes() == name.as_bytes() {
            return Ok(Some(entry.ino()));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{Leads, Way, listed};

    #[test]
    fn a_name_that_leads_elsewhere_is_noticed() {
        let home = tempfile::tempdir().unwrap();
        let home = home.path().canonicalize().unwrap();
        let folder = home.join("a");
        let file = folder.join("users");
        fs::create_dir(&folder).unwrap();
        fs::write(&file, "old").unwrap();
        let way = Way::to(&folder.join("../a/users")).unwrap().unwrap();
        assert_eq!(way.leads(), Leads::There);
        fs::write(&file, "changed in place").unwrap();
        assert_eq!(way.leads(), Leads::There);
        // The file, then a folder on the way to it.
        for (from, to) in [(&file, home.join("users.old")), (&folder, home.join("b"))] {
            fs::rename(from, &to).unwrap();
            assert_eq!(way.leads(), Leads::Elsewhere);
            fs::rename(to, from).unwrap();
            assert_eq!(way.leads(), Leads::There);
        }
        // What is asked when the folder is closed.
        let step = way.0.last().unwrap();
        assert_eq!(listed(&step.folder, &step.name).unwrap(), Some(step.listed));
        assert_eq!(listed(&step.folder, "none".as_ref()).unwrap(), None);
        std::os::unix::fs::symlink("a", home.join("link")).unwrap();
        assert!(Way::to(&home.join("link/users")).unwrap().is_none());
    }
}
