//! Whole trees of folders on a server: walking, matching patterns, removing.

use globset::{GlobBuilder, GlobMatcher};
use proto::{Entry, EntryKind};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use crate::error::ClientError;
use crate::filter::Filter;
use crate::session::Session;

/// How many entries a tree may have, and how deep it may be: a server can make them up.
const MAX_ENTRIES: usize = 1_000_000;
const MAX_DEPTH: usize = 100;

/// An entry of a tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TreeEntry {
    /// The plain names that lead to it from the tree's root, its own the last.
    pub names: Vec<Vec<u8>>,
    /// What the server says of it.
    pub entry: Entry,
}

/// A path that a pattern matched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Match {
    /// The path.
    pub path: Vec<u8>,
    /// What the server says of it; `None` where the last part of the pattern is a plain name.
    pub entry: Option<Entry>,
}

impl TreeEntry {
    /// The names joined by `/`.
    pub fn path(&self) -> Vec<u8> {
        self.names.join(&b'/')
    }
}

impl Session {
    /// Everything below the directory `root`, each directory before what is in it. Symbolic
    /// links are named but not followed.
    ///
    /// # Errors
    /// As [`entries`](Self::entries); [`ClientError::TreeTooLarge`].
    pub async fn walk(&mut self, root: &[u8]) -> Result<Vec<TreeEntry>, ClientError> {
        self.walk_through(root, &Filter::default(), |_| {}, |_, error| Err(error))
            .await
    }

    /// The same without what the filter leaves out, where it does not look into either. What
    /// befalls the listing of a directory below the root goes to `pass_over`, which may go on.
    /// `leave_out` hears what is left out.
    pub(crate) async fn walk_through(
        &mut self,
        root: &[u8],
        filter: &Filter,
        mut leave_out: impl FnMut(Vec<Vec<u8>>),
        mut pass_over: impl FnMut(&[Vec<u8>], ClientError) -> Result<(), ClientError>,
    ) -> Result<Vec<TreeEntry>, ClientError> {
        let mut found: Vec<TreeEntry> = Vec::new();
        let mut seen = 0;
        let mut open = vec![Vec::new()];
        while let Some(names) = open.pop() {
            if names.len() >= MAX_DEPTH {
                return Err(ClientError::TreeTooLarge("100 levels"));
            }
            let directory = join(root, &names.join(&b'/'));
            let path = Some(directory.as_slice()).filter(|path| !path.is_empty());
            let mut entries = match self.entries(path).await {
                Err(error) if !names.is_empty() => {
                    pass_over(&names, error)?;
                    continue;
                }
                entries => entries?,
            };
            entries.sort_by(|a, b| a.name.cmp(&b.name));
            seen += entries.len();
            if seen > MAX_ENTRIES {
                return Err(ClientError::TreeTooLarge("1000000 entries"));
            }
            for entry in entries {
                let mut names = names.clone();
                names.push(entry.name.clone());
                let is_directory = entry.kind == EntryKind::Directory;
                if filter.leaves_out(&names, is_directory) {
                    leave_out(names);
                    continue;
                }
                if is_directory {
                    open.push(names.clone());
                }
                found.push(TreeEntry { names, entry });
            }
        }
        Ok(found)
    }

    /// The paths that match `pattern`: `*`, `?`, `[a-z]` and `{a,b}` within a name, as a shell
    /// has them; names that begin with a dot only where the pattern does. Sorted.
    ///
    /// # Errors
    /// As [`entries`](Self::entries); [`ClientError::Pattern`]; [`ClientError::TreeTooLarge`].
    pub async fn glob(&mut self, pattern: &[u8]) -> Result<Vec<Match>, ClientError> {
        let (root, rest) = match pattern.strip_prefix(b"/") {
            Some(rest) => (b"/".to_vec(), rest),
            None => (Vec::new(), pattern),
        };
        let mut paths = vec![Match {
            path: root,
            entry: None,
        }];
        for part in rest
            .split(|&byte| byte == b'/')
            .filter(|part| !part.is_empty())
        {
            if !is_pattern(part) {
                for path in &mut paths {
                    *path = Match {
                        path: join(&path.path, part),
                        entry: None,
                    };
                }
                continue;
            }
            let matcher = matcher(part)?;
            let guessed = paths.len() > 1;
            let mut matching: Vec<Match> = Vec::new();
            for Match { path, .. } in paths {
                let listed = Some(path.as_slice()).filter(|path| !path.is_empty());
                let entries = match self.entries(listed).await {
                    // What an earlier part of the pattern matched need not be a directory.
                    Err(ClientError::Refused { .. }) if guessed => continue,
                    entries => entries?,
                };
                for entry in entries {
                    let hidden = entry.name.starts_with(b".") && !part.starts_with(b".");
                    if !hidden && matcher.is_match(OsStr::from_bytes(&entry.name)) {
                        matching.push(Match {
                            path: join(&path, &entry.name),
                            entry: Some(entry),
                        });
                    }
                }
                if matching.len() > MAX_ENTRIES {
                    return Err(ClientError::TreeTooLarge("1000000 entries"));
                }
            }
            matching.sort_by(|a, b| a.path.cmp(&b.path));
            paths = matching;
        }
        Ok(paths)
    }

    /// DELE and RMD of everything below `directory`, and of itself. Links are deleted, not
    /// followed.
    ///
    /// # Errors
    /// As [`walk`](Self::walk); the first refusal ends it.
    pub async fn remove_tree(&mut self, directory: &[u8]) -> Result<(), ClientError> {
        for found in self.walk(directory).await?.iter().rev() {
            let path = join(directory, &found.path());
            if found.entry.kind == EntryKind::Directory {
                self.rmdir(path).await?;
            } else {
                self.delete(path).await?;
            }
        }
        self.rmdir(directory).await
    }
}

/// Whether a name is a pattern.
pub fn is_pattern(name: &[u8]) -> bool {
    name.iter().any(|byte| b"*?[{".contains(byte))
}

/// What matches the names that `pattern` means.
pub(crate) fn matcher(pattern: &[u8]) -> Result<GlobMatcher, ClientError> {
    let text = String::from_utf8_lossy(pattern);
    let glob = GlobBuilder::new(&text)
        .literal_separator(true)
        .backslash_escape(true)
        .build()?;
    Ok(glob.compile_matcher())
}

/// `directory/name`; `name` alone where the directory is the current one.
pub(crate) fn join(directory: &[u8], name: &[u8]) -> Vec<u8> {
    if directory.is_empty() || name.is_empty() || directory.ends_with(b"/") {
        [directory, name].concat()
    } else {
        [directory, b"/", name].concat()
    }
}

#[cfg(test)]
mod tests {
    use super::{is_pattern, join, matcher};
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    #[test]
    fn patterns_match_bytes() {
        let matches = |pattern: &[u8], name: &[u8]| {
            matcher(pattern).unwrap().is_match(OsStr::from_bytes(name))
        };
        assert!(matches(b"*.txt", b"a.txt") && matches(b"*.txt", b"\xff.txt"));
        assert!(matches(b"[ab]?", b"bx") && !matches(b"[ab]?", b"cx"));
        assert!(matches(b"{a,b}", b"b") && !matches(b"*", b"a/b"));
        assert!(matcher(b"[a").is_err());
        assert!(is_pattern(b"a*") && !is_pattern(b"a.b"));
    }

    #[test]
    fn paths_are_joined() {
        for (directory, name, path) in [
            ("", "a", "a"),
            ("/", "a", "/a"),
            ("d", "a", "d/a"),
            ("d/", "a", "d/a"),
            ("d", "", "d"),
        ] {
            assert_eq!(join(directory.as_bytes(), name.as_bytes()), path.as_bytes());
        }
    }
}
