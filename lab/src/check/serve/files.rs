//! The server's files, in memory.

use std::collections::BTreeMap;
use std::sync::Arc;

/// The most bytes of all files: 256 MiB.
const MAX_BYTES: usize = 256 << 20;
/// The most files and folders.
const MAX_ENTRIES: usize = 10_000;

/// A file's bytes, or `None` for a folder.
type Entry = Option<Arc<Vec<u8>>>;

/// A tree of files, by absolute path without a `/` at its end.
#[derive(Debug, Default)]
pub(super) struct Files {
    entries: BTreeMap<Vec<u8>, Entry>,
    bytes: usize,
}

impl Files {
    /// Stores a file, in the place of one that is there.
    pub(super) fn store(&mut self, path: &[u8], bytes: Vec<u8>) -> Result<(), String> {
        let path = resolve(b"/", path);
        if self.is_folder(&path) {
            return Err("a folder is there".into());
        }
        if !self.is_folder(parent(&path)) {
            return Err("there is no such folder".into());
        }
        self.remove(&path);
        if self.entries.len() >= MAX_ENTRIES || self.bytes + bytes.len() > MAX_BYTES {
            return Err("there is no room".into());
        }
        self.bytes += bytes.len();
        self.entries.insert(path, Some(Arc::new(bytes)));
        Ok(())
    }

    pub(super) fn make_folder(&mut self, path: &[u8]) -> Result<(), String> {
        let path = resolve(b"/", path);
        if path == b"/" || self.entries.contains_key(&path) {
            return Err("it is there".into());
        }
        if !self.is_folder(parent(&path)) {
            return Err("there is no such folder".into());
        }
        if self.entries.len() >= MAX_ENTRIES {
            return Err("there is no room".into());
        }
        self.entries.insert(path, None);
        Ok(())
    }

    pub(super) fn file(&self, path: &[u8]) -> Option<Arc<Vec<u8>>> {
        self.entries.get(path)?.clone()
    }

    pub(super) fn is_folder(&self, path: &[u8]) -> bool {
        path == b"/" || matches!(self.entries.get(path), Some(None))
    }

    /// Removes a file, or a folder in which nothing is; says whether it did.
    pub(super) fn remove(&mut self, path: &[u8]) -> bool {
        if self.is_folder(path) && self.names_in(path).next().is_some() {
            return false;
        }
        match self.entries.remove(path) {
            None => false,
            Some(entry) => {
                self.bytes -= entry.map_or(0, |bytes| bytes.len());
                true
            }
        }
    }

    /// Gives a file another name.
    pub(super) fn rename(&mut self, from: &[u8], to: &[u8]) -> Result<(), String> {
        let file = self.file(from).ok_or("only files can be renamed")?;
        self.remove(from);
        self.store(to, Arc::unwrap_or_clone(file))
    }

    /// The names in a folder, each with its file's length, or `None` for a folder.
    pub(super) fn names_in<'a>(
        &'a self,
        folder: &'a [u8],
    ) -> impl Iterator<Item = (&'a [u8], Option<usize>)> {
        self.entries
            .iter()
            .filter(move |(path, _)| parent(path) == folder)
            .map(|(path, entry)| (name(path), entry.as_ref().map(|bytes| bytes.len())))
    }
}

/// A path as a client names it, from the folder that it is in; `..` does not leave the root.
pub(super) fn resolve(folder: &[u8], path: &[u8]) -> Vec<u8> {
    let start: &[u8] = if path.starts_with(b"/") { b"" } else { folder };
    let mut parts: Vec<&[u8]> = Vec::new();
    let all = start
        .split(|&b| b == b'/')
        .chain(path.split(|&b| b == b'/'));
    for part in all {
        match part {
            b"" | b"." => {}
            b".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    let mut whole = Vec::new();
    for part in parts {
        whole.push(b'/');
        whole.extend_from_slice(part);
    }
    if whole.is_empty() {
        whole.push(b'/');
    }
    whole
}

/// The folder that it is in.
pub(super) fn parent(path: &[u8]) -> &[u8] {
    match path.iter().rposition(|&byte| byte == b'/') {
        None | Some(0) => b"/",
        Some(at) => path.get(..at).unwrap_or_default(),
    }
}

/// Its last part.
pub(super) fn name(path: &[u8]) -> &[u8] {
    path.rsplit(|&byte| byte == b'/').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{Files, resolve};

    #[test]
    fn paths_are_resolved_and_stay_inside() {
        assert_eq!(resolve(b"/a", b"b"), b"/a/b");
        assert_eq!(resolve(b"/a", b"/b/./c/"), b"/b/c");
        assert_eq!(resolve(b"/a", b"../../.."), b"/");
        assert_eq!(resolve(b"/", b""), b"/");
    }

    #[test]
    fn folders_hold_files() {
        let mut files = Files::default();
        assert!(files.store(b"no/a", vec![1]).is_err());
        files.make_folder(b"d").unwrap();
        files.store(b"d/a", vec![1, 2]).unwrap();
        files.store(b"/b", vec![3]).unwrap();
        let names: Vec<_> = files.names_in(b"/").collect();
        assert_eq!(names, [(&b"b"[..], Some(1)), (b"d", None)]);
        assert!(!files.remove(b"/d"), "it is not empty");
        files.rename(b"/d/a", b"/c").unwrap();
        assert!(files.remove(b"/d"));
        assert_eq!(*files.file(b"/c").unwrap(), vec![1, 2]);
        assert_eq!(files.bytes, 3);
    }
}
