//! The files of a user: everything goes through one directory handle, relative to which the
//! kernel resolves every path, so that neither `..` nor a symbolic link leads out.

use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use cap_std::fs::{Dir, Metadata, MetadataExt, OpenOptions, OpenOptionsExt};
use proto::EntryKind;
use rustix::fs::{Access, AtFlags, Mode, OFlags, ResolveFlags, accessat, openat, openat2, statat};
use rustix::io::Errno;

use crate::attributes::Attributes;
use crate::listed::is_of_directory;
use crate::names::Names;
use crate::path::VirtualPath;
use crate::upload::is_temporary;

/// A directory handle and nothing above it.
#[derive(Debug)]
pub(crate) struct Root {
    dir: Dir,
}

/// An entry of a directory.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) attributes: Attributes,
    /// Where a symbolic link points, if that may be known.
    pub(crate) target: Option<Vec<u8>>,
}

impl Root {
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        Dir::open_ambient_dir(path, cap_std::ambient_authority()).map(|dir| Self { dir })
    }

    /// A folder that is open already.
    pub(crate) fn of(folder: File) -> Self {
        Self {
            dir: Dir::from_std_file(folder),
        }
    }

    /// Opens a regular file for reading, and says how many bytes it has. A FIFO or a device is
    /// refused, and opening one does not wait for its other end.
    pub(crate) fn read(&self, path: &VirtualPath) -> io::Result<(File, u64)> {
        require_whole(path.name())?;
        let mut options = OpenOptions::new();
        options.read(true).custom_flags(NONBLOCK);
        let file = self.dir.open_with(path.as_path(), &options)?.into_std();
        regular(file)
    }

    /// The same, but an error where a link is in the way, or where the kernel cannot tell.
    pub(crate) fn read_without_links(&self, path: &VirtualPath) -> io::Result<(File, u64)> {
        require_whole(path.name())?;
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS;
        let file = openat2(&self.dir, path.as_path(), flags, Mode::empty(), resolve)?;
        regular(file.into())
    }

    /// Opens a regular file that exists, or makes it if `create`, for writing in place.
    pub(crate) fn write(&self, path: &VirtualPath, create: bool) -> io::Result<(File, u64)> {
        require_whole(path.name())?;
        let mut options = OpenOptions::new();
        options.write(true).create(create).custom_flags(NONBLOCK);
        let file = self.dir.open_with(path.as_path(), &options)?.into_std();
        regular(file)
    }

    /// An error unless the kernel would let this process write to the file at `path`, which has no
    /// links in it. It is not opened: that would tell those who watch it of a change, and what
    /// runs cannot be.
    pub(crate) fn require_writable(&self, path: &VirtualPath) -> io::Result<()> {
        let directory = self.dir.open_dir(path.parent().as_path())?;
        let name = OsStr::from_bytes(path.name());
        let asked = |flags| accessat(&directory, name, Access::WRITE_OK, flags);
        let allowed = match asked(AtFlags::EACCESS | AtFlags::SYMLINK_NOFOLLOW) {
            // Flags need a call that is missing before Linux 5.8, and that sandboxes older than it
            // refuse. The call without flags asks for the real user, which this process does not
            // differ from. PERM may also be the answer, of a file that is immutable: then it comes
            // again.
            Err(Errno::NOSYS | Errno::PERM) => asked(AtFlags::empty()),
            allowed => allowed,
        };
        Ok(allowed?)
    }

    /// Makes a file that must not exist yet.
    pub(crate) fn create_new(&self, path: &VirtualPath) -> io::Result<File> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        self.dir
            .open_with(path.as_path(), &options)
            .map(cap_std::fs::File::into_std)
    }

    /// What is there, links followed as long as they stay below the root.
    pub(crate) fn metadata(&self, path: &VirtualPath) -> io::Result<Metadata> {
        require_whole(path.name())?;
        self.dir.metadata(path.as_path())
    }

    /// Where a link in the root leads to, be it to nothing yet; any other path as it is.
    pub(crate) fn behind_link(&self, path: &VirtualPath) -> io::Result<VirtualPath> {
        /// How many links may follow each other, as for the kernel.
        const MAX_LINKS: usize = 40;
        let mut real = path.clone();
        for _ in 0..MAX_LINKS {
            match self.symlink_metadata(&real) {
                Ok(metadata) if metadata.is_symlink() => {}
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                Ok(_) | Err(_) => return Ok(real),
            }
            // All but the last name is there, and is resolved without leaving the root.
            let leads_to = self.dir.read_link_contents(real.as_path())?;
            let way = real.parent().as_path().join(&leads_to);
            let (Some(directory), Some(name)) = (way.parent(), way.file_name()) else {
                return Err(io::ErrorKind::IsADirectory.into());
            };
            if is_of_directory(leads_to.as_os_str().as_bytes()) {
                return Err(io::ErrorKind::IsADirectory.into());
            }
            require_whole(name.as_bytes())?;
            let directory = self.dir.canonicalize(directory)?;
            real = VirtualPath::default()
                .join(directory.as_os_str().as_bytes())
                .child(name.as_bytes());
        }
        Err(io::Error::other("too many links"))
    }

    /// Whether `path`, or as much of it as there is, lies in `directory` or is it, whatever links
    /// and spellings lead there.
    pub(crate) fn leads_into(
        &self,
        path: &VirtualPath,
        directory: &VirtualPath,
    ) -> io::Result<bool> {
        let mut there = path.clone();
        let real = loop {
            match self.dir.canonicalize(there.as_path()) {
                Ok(real) => break real,
                Err(error) if there.is_root() => return Err(error),
                Err(_) => there = there.parent(),
            }
        };
        let real = VirtualPath::default().join(real.as_os_str().as_bytes());
        self.has_on_the_way(real, directory)
    }

    /// Whether `path`, in which there are no links, or a directory on the way to it is
    /// `directory`, under whatever name.
    pub(crate) fn has_on_the_way(
        &self,
        mut path: VirtualPath,
        directory: &VirtualPath,
    ) -> io::Result<bool> {
        let mut wanted = match self.dir.symlink_metadata(directory.as_path()) {
            // Where there is none, nothing can lie.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            wanted => wanted?,
        };
        if wanted.is_symlink() {
            wanted = self.metadata(directory)?;
        }
        while !path.is_root() {
            let found = self.dir.symlink_metadata(path.as_path())?;
            if (found.dev(), found.ino()) == (wanted.dev(), wanted.ino()) {
                return Ok(true);
            }
            path = path.parent();
        }
        Ok(false)
    }

    /// What is there; a link is described itself.
    pub(crate) fn symlink_metadata(&self, path: &VirtualPath) -> io::Result<Metadata> {
        require_whole(path.name())?;
        self.dir.symlink_metadata(path.as_path())
    }

    /// The directory at `path` as a root of its own: what is in it can then be asked for by
    /// name alone, which costs the kernel least.
    pub(crate) fn below(&self, path: &VirtualPath) -> io::Result<Self> {
        self.dir.open_dir(path.as_path()).map(|dir| Self { dir })
    }

    /// What is in the root directory itself.
    pub(crate) fn names(&self) -> io::Result<Names> {
        // One of its own, as reading moves its offset.
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let directory = openat(&self.dir, c".", flags, Mode::empty())?;
        Ok(Names::of(directory))
    }

    /// What the root directory itself has under a name, which is one that `names` gave: the
    /// same as `entry`, but with the one system call that tells it.
    pub(crate) fn child(&self, name: &[u8]) -> io::Result<Found> {
        if name.contains(&b'/') || name == b".." {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        let stat = statat(&self.dir, name, AtFlags::SYMLINK_NOFOLLOW)?;
        let attributes = Attributes::from(&stat);
        Ok(self.found(attributes, Path::new(OsStr::from_bytes(name))))
    }

    /// What is there; a link is described itself, and says where it points.
    pub(crate) fn entry(&self, path: &Path) -> io::Result<Found> {
        require_whole(
            path.as_os_str()
                .as_bytes()
                .rsplit(|&b| b == b'/')
                .next()
                .unwrap_or(b""),
        )?;
        let attributes = Attributes::from(&self.dir.symlink_metadata(path)?);
        Ok(self.found(attributes, path))
    }

    fn found(&self, attributes: Attributes, path: &Path) -> Found {
        let target = if attributes.kind() == EntryKind::Symlink {
            // An absolute link is never followed, and tells of the machine, not of the root.
            let target = self.dir.read_link_contents(path).ok();
            target
                .filter(|target| target.is_relative())
                .map(|target| target.into_os_string().into_vec())
        } else {
            None
        };
        Found { attributes, target }
    }

    /// Whether the directory can be entered.
    pub(crate) fn enter(&self, path: &VirtualPath) -> io::Result<()> {
        // Opening it asks for no right to it; looking something up in it does.
        self.dir.open_dir(path.as_path())?.metadata(".").map(drop)
    }

    pub(crate) fn create_dir(&self, path: &VirtualPath) -> io::Result<()> {
        self.dir.create_dir(path.as_path())
    }

    pub(crate) fn remove_dir(&self, path: &VirtualPath) -> io::Result<()> {
        self.dir.remove_dir(path.as_path())
    }

    pub(crate) fn remove_file(&self, path: &VirtualPath) -> io::Result<()> {
        self.dir.remove_file(path.as_path())
    }

    /// Sets the permission bits of a file or directory.
    pub(crate) fn change_mode(&self, path: &VirtualPath, mode: u32) -> io::Result<()> {
        require_whole(path.name())?;
        let permissions = cap_std::fs::Permissions::from_std(PermissionsExt::from_mode(mode));
        self.dir.set_permissions(path.as_path(), permissions)
    }

    /// Renames a file unless the new name is taken.
    pub(crate) fn rename_new(&self, from: &VirtualPath, to: &VirtualPath) -> io::Result<()> {
        // A second name fails where there is a first one, and nothing comes in between.
        self.dir
            .hard_link(from.as_path(), &self.dir, to.as_path())?;
        self.dir.remove_file(from.as_path())
    }

    pub(crate) fn rename(&self, from: &VirtualPath, to: &VirtualPath) -> io::Result<()> {
        self.dir.rename(from.as_path(), &self.dir, to.as_path())
    }
}

/// `O_NONBLOCK`: opening a FIFO gives an error or returns at once instead of waiting for ever.
const NONBLOCK: i32 = rustix::fs::OFlags::NONBLOCK.bits().cast_signed();

/// An upload that is not whole yet is there for nobody but the one that sends it.
fn require_whole(name: &[u8]) -> io::Result<()> {
    if is_temporary(name) {
        return Err(io::ErrorKind::NotFound.into());
    }
    Ok(())
}

/// The file and how many bytes it has, if it is a regular one.
fn regular(file: File) -> io::Result<(File, u64)> {
    let metadata = file.metadata()?;
    match (metadata.is_file(), metadata.is_dir()) {
        (true, _) => Ok((file, metadata.len())),
        (false, true) => Err(io::ErrorKind::IsADirectory.into()),
        (false, false) => Err(io::Error::other("not a regular file")),
    }
}
