//! Paths as the client sees them: absolute, below the user's root.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// A path below a root, without `.`, `..` and empty components. That alone keeps no symbolic
/// link inside: [`Root`](crate::root::Root) does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct VirtualPath {
    /// `a/b/c`; empty for the root.
    relative: Vec<u8>,
}

impl VirtualPath {
    /// The path that `argument` means in this directory; `..` above the root stays at the root.
    pub(crate) fn join(&self, argument: &[u8]) -> Self {
        let mut joined = if argument.starts_with(b"/") {
            Self::default()
        } else {
            self.clone()
        };
        for component in argument.split(|&byte| byte == b'/') {
            match component {
                b"" | b"." => {}
                b".." => joined = joined.parent(),
                _ => joined.push(component),
            }
        }
        joined
    }

    /// The path of the entry called `name`, one component, in this directory.
    pub(crate) fn child(&self, name: &[u8]) -> Self {
        let mut child = self.clone();
        child.push(name);
        child
    }

    fn push(&mut self, component: &[u8]) {
        if !self.relative.is_empty() {
            self.relative.push(b'/');
        }
        self.relative.extend_from_slice(component);
    }

    /// The directory that holds it; the root holds itself.
    pub(crate) fn parent(&self) -> Self {
        let end = self
            .relative
            .iter()
            .rposition(|&byte| byte == b'/')
            .unwrap_or(0);
        Self {
            relative: self.relative[..end].to_vec(),
        }
    }

    /// Its last component; empty for the root.
    pub(crate) fn name(&self) -> &[u8] {
        let start = self
            .relative
            .iter()
            .rposition(|&byte| byte == b'/')
            .map_or(0, |at| at + 1);
        &self.relative[start..]
    }

    /// Whether it is in `directory`, at any depth.
    pub(crate) fn is_below(&self, directory: &Self) -> bool {
        directory.is_root() && !self.is_root()
            || self
                .relative
                .strip_prefix(directory.relative.as_slice())
                .is_some_and(|rest| rest.starts_with(b"/"))
    }

    /// The names that lead there.
    pub(crate) fn components(&self) -> impl Iterator<Item = &[u8]> {
        let names = self.relative.split(|&byte| byte == b'/');
        names.filter(|name| !name.is_empty())
    }

    /// Bytes of the path.
    pub(crate) fn len(&self) -> usize {
        self.relative.len()
    }

    /// How many directories lead here.
    pub(crate) fn depth(&self) -> usize {
        self.relative.split(|&byte| byte == b'/').count()
    }

    pub(crate) fn is_root(&self) -> bool {
        self.relative.is_empty()
    }

    /// For use with the root's directory handle: relative, `.` for the root itself.
    pub(crate) fn as_path(&self) -> &Path {
        if self.is_root() {
            Path::new(".")
        } else {
            Path::new(OsStr::from_bytes(&self.relative))
        }
    }

    /// Appends the path as the client knows it: `/a/b/c`.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        out.push(b'/');
        out.extend_from_slice(&self.relative);
    }
}

#[cfg(test)]
mod tests {
    use super::VirtualPath;

    #[test]
    fn joining_stays_below_the_root() {
        let home = VirtualPath::default().join(b"/a//b/./");
        for (argument, expected) in [
            ("", "/a/b"),
            ("c", "/a/b/c"),
            ("..", "/a"),
            ("../../..", "/"),
            ("../../../etc/passwd", "/etc/passwd"),
            ("/x/../y", "/y"),
            ("/", "/"),
        ] {
            let mut shown = Vec::new();
            home.join(argument.as_bytes()).write(&mut shown);
            assert_eq!(String::from_utf8(shown).unwrap(), expected, "{argument}");
        }
        assert!(home.is_below(&home.parent()) && home.is_below(&VirtualPath::default()));
        assert!(!home.is_below(&home) && !home.join(b"../bc").is_below(&home));
        assert_eq!(home.name(), b"b");
        assert!(home.parent().parent().is_root());
        assert_eq!(VirtualPath::default().name(), b"");
    }
}
