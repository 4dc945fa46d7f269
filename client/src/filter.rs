//! Which files of a tree a mirror is about.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use globset::GlobMatcher;

use crate::error::ClientError;
use crate::tree::matcher;

/// Patterns for names and paths of a tree. What it leaves out is neither copied nor removed.
///
/// A pattern with a slash within is for the path below the tree's root, any other for a name
/// wherever it is; one that ends with a slash is for directories alone.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    include: Vec<Pattern>,
    exclude: Vec<Pattern>,
}

#[derive(Clone, Debug)]
struct Pattern {
    matcher: GlobMatcher,
    is_for_paths: bool,
    is_for_directories: bool,
}

impl Filter {
    /// Only the files that match one of `include`, if there is any, and nothing that matches one
    /// of `exclude`, nor what is below that.
    ///
    /// # Errors
    /// [`ClientError::Pattern`].
    pub fn new(
        include: &[impl AsRef<[u8]>],
        exclude: &[impl AsRef<[u8]>],
    ) -> Result<Self, ClientError> {
        fn parse(patterns: &[impl AsRef<[u8]>]) -> Result<Vec<Pattern>, ClientError> {
            let patterns = patterns.iter();
            patterns.map(|text| Pattern::parse(text.as_ref())).collect()
        }
        Ok(Self {
            include: parse(include)?,
            exclude: parse(exclude)?,
        })
    }

    /// Whether everything is let through.
    pub fn is_empty(&self) -> bool {
        self.include.is_empty() && self.exclude.is_empty()
    }

    /// Whether only some files are wanted, so that a directory may be empty without them.
    pub(crate) fn is_choosy(&self) -> bool {
        !self.include.is_empty()
    }

    /// Whether the entry that `names` lead to is left out.
    pub(crate) fn leaves_out(&self, names: &[Vec<u8>], is_directory: bool) -> bool {
        let matches = |pattern: &Pattern| pattern.matches(names, is_directory);
        let chosen = is_directory || self.include.is_empty() || self.include.iter().any(matches);
        !chosen || self.exclude.iter().any(matches)
    }
}

impl Pattern {
    fn parse(text: &[u8]) -> Result<Self, ClientError> {
        let name = text.strip_suffix(b"/").unwrap_or(text);
        Ok(Self {
            matcher: matcher(name.strip_prefix(b"/").unwrap_or(name))?,
            is_for_paths: name.contains(&b'/'),
            is_for_directories: name.len() < text.len(),
        })
    }

    fn matches(&self, names: &[Vec<u8>], is_directory: bool) -> bool {
        if self.is_for_directories && !is_directory {
            return false;
        }
        if self.is_for_paths {
            let path = names.join(&b'/');
            return self.matcher.is_match(OsStr::from_bytes(&path));
        }
        let name = names.last();
        name.is_some_and(|name| self.matcher.is_match(OsStr::from_bytes(name)))
    }
}

#[cfg(test)]
mod tests {
    use super::Filter;

    #[test]
    fn names_paths_and_directories() {
        let lets = |include: &[&str], exclude: &[&str], path: &str| {
            let is_directory = path.ends_with('/');
            let names: Vec<_> = path
                .split_terminator('/')
                .map(|name| name.as_bytes().to_vec())
                .collect();
            let filter = Filter::new(include, exclude).unwrap();
            !filter.leaves_out(&names, is_directory)
        };
        assert!(lets(&[], &[], "a"));
        assert!(lets(&["*.txt"], &[], "d/a.txt") && !lets(&["*.txt"], &[], "d/a.md"));
        assert!(lets(&["*.txt"], &[], "d/"));
        assert!(!lets(&[], &["*.{o,a}"], "d/x.o") && lets(&[], &["*.o"], "x.c"));
        assert!(!lets(&[], &["d/*.o"], "d/x.o") && lets(&[], &["d/*.o"], "e/x.o"));
        assert!(!lets(&[], &["/x"], "x") && lets(&[], &["/x/y"], "z/x/y"));
        assert!(!lets(&[], &[".git/"], "a/.git/") && lets(&[], &[".git/"], "a/.git"));
        assert!(!lets(&["*.txt"], &["b*"], "b.txt"));
        assert!(!lets(&[], &["[!a-c]?"], "d1") && lets(&[], &["[!a-c]?"], "a1"));
        assert!(Filter::new(&["["], &[""; 0]).is_err());
    }
}
