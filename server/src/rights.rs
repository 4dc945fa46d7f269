//! What the server's process may do with an entry, for the `perm` fact of `MLSx`.

use std::io;

use cap_std::fs::Metadata;
use proto::{EntryKind, FactSet, Perm};
use rustix::process::{getegid, geteuid, getgroups};

use crate::attributes::Attributes;

/// The rights of the account and of the process in one directory.
#[derive(Clone, Debug)]
pub(crate) struct Rights {
    /// The account may change something.
    write: bool,
    /// Entries of the directory can come, go and change their names.
    changeable: bool,
    user: u32,
    groups: Vec<u32>,
}

const READ: u32 = 4;
const WRITE: u32 = 2;
const ENTER: u32 = 1;

impl Rights {
    /// In the directory that `metadata` is of, for an account that may `write`; nothing where the
    /// `chosen` facts do not tell.
    pub(crate) fn told(
        chosen: FactSet,
        write: bool,
        metadata: impl FnOnce() -> io::Result<Metadata>,
    ) -> io::Result<Option<Self>> {
        chosen
            .contains(FactSet::PERM)
            .then(|| Self::within(&Attributes::from(&metadata()?), write))
            .transpose()
    }

    fn within(directory: &Attributes, write: bool) -> io::Result<Self> {
        let mut groups: Vec<u32> = getgroups()?.iter().map(|group| group.as_raw()).collect();
        groups.push(getegid().as_raw());
        let mut rights = Self {
            write,
            changeable: false,
            user: geteuid().as_raw(),
            groups,
        };
        rights.changeable = write && rights.may(directory, WRITE) && rights.may(directory, ENTER);
        Ok(rights)
    }

    /// For an entry that cannot go or have another name: the root.
    pub(crate) fn staying(mut self) -> Self {
        self.changeable = false;
        self
    }

    /// RFC 3659 §7.5.5. What is shown as `.` or `..` is in another directory, about which nothing
    /// is promised. A file is stored under another name first and renamed, so that its directory
    /// has to let it as well.
    pub(crate) fn perm(&self, kind: EntryKind, entry: &Attributes) -> Perm {
        let changes = self.write && self.may(entry, WRITE);
        let is_here = !matches!(kind, EntryKind::Current | EntryKind::Parent);
        let named = Perm::NONE.and("df", self.changeable && is_here);
        match kind {
            EntryKind::Directory | EntryKind::Current | EntryKind::Parent => {
                let enters = self.may(entry, ENTER);
                named
                    .and("e", enters)
                    .and("l", enters && self.may(entry, READ))
                    .and("cmp", enters && changes)
            }
            EntryKind::File => named
                .and("r", self.may(entry, READ))
                .and("a", changes)
                .and("w", changes && self.changeable),
            EntryKind::Symlink | EntryKind::Other => named,
        }
    }

    /// As the kernel decides by the mode; root may do everything.
    fn may(&self, entry: &Attributes, what: u32) -> bool {
        let class = if self.user == entry.user {
            6
        } else if self.groups.contains(&entry.group) {
            3
        } else {
            0
        };
        self.user == 0 || entry.mode >> class & what != 0
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::{MetadataExt, PermissionsExt};

    use cap_std::fs::Metadata;
    use proto::{EntryKind, Perm};

    use super::Rights;
    use crate::attributes::Attributes;

    #[test]
    fn what_the_mode_forbids_is_not_promised() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "x").unwrap();
        let owner = fs::metadata(&file).unwrap();
        let metadata = |path, mode| {
            fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
            Attributes::from(&Metadata::from_just_metadata(fs::metadata(path).unwrap()))
        };
        let nobody_of = |write, changeable| Rights {
            write,
            changeable,
            user: owner.uid() + 1,
            groups: vec![owner.gid() + 1],
        };
        for (mode, write, changeable, expected) in [
            (0o644, true, true, "dfr"),
            (0o640, true, true, "df"),
            (0o646, true, true, "adfrw"),
            (0o646, true, false, "ar"),
            (0o646, false, false, "r"),
        ] {
            let found = metadata(file.as_path(), mode);
            let rights = nobody_of(write, changeable);
            let perm = rights.perm(EntryKind::File, &found);
            assert_eq!(perm, Perm::of(expected), "{mode:o}");
            let group = Rights {
                groups: vec![owner.gid()],
                ..nobody_of(false, false)
            };
            assert_eq!(
                group.perm(EntryKind::File, &found),
                Perm::of("r"),
                "{mode:o}"
            );
        }
        for (mode, expected) in [
            (0o755, "el"),
            (0o700, ""),
            (0o711, "e"),
            (0o757, "celmp"),
            (0o754, ""),
        ] {
            let found = metadata(folder.path(), mode);
            let perm = nobody_of(true, false).perm(EntryKind::Directory, &found);
            assert_eq!(perm, Perm::of(expected), "{mode:o}");
        }
    }
}
